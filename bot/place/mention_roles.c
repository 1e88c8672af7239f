/* Reading the sentence around a place: what it is to the person, and which of several meanings it has. */
#include <string.h>

#include "place/finder.h"

/* ---- the sentence ---- */

const char *finder_word(const struct finder *f, size_t i, size_t *len)
{
    *len = f->text->words[i].len;
    return f->text->plain + f->text->words[i].at;
}

bool finder_is(const struct finder *f, size_t i, unsigned cues)
{
    return i < f->n_words && (f->cues[i] & cues);
}

bool finder_before(const struct finder *f, size_t i, size_t back, unsigned cues)
{
    for (; back > 0 && i > 0 && !f->text->words[i].mark_before; back--)
        if (f->cues[--i] & cues)
            return true;
    return false;
}

bool finder_placed(const struct finder *f, size_t i, unsigned prepositions)
{
    if (i == 0 || f->text->words[i].mark_before)
        return false;
    if (f->cues[i - 1] & prepositions)
        return true;
    return i > 1 && !f->text->words[i - 1].mark_before && (f->cues[i - 1] & CUE_ADJECTIVE) &&
           (f->cues[i - 2] & prepositions);
}

bool finder_ends_clause(const struct finder *f, size_t i)
{
    return i + 1 >= f->n_words || f->text->words[i + 1].mark_before;
}

bool finder_stops(const struct finder *f, size_t i)
{
    const struct word *word = &f->text->words[i];
    const char *behind = f->text->raw + word->raw_at + word->raw_len;
    behind += strspn(behind, " ");
    return finder_ends_clause(f, i) || strchr("-(/", *behind) || strncmp(behind, "\u2013", 3) == 0;
}

/* ---- what a place is to the person ---- */

enum { CLAUSE_MOST = 9 };

/* The cues of the words before a place in its clause, nearest first. */
struct clause {
    unsigned cues[CLAUSE_MOST];
    size_t n;
};

static bool any(const struct clause *c, size_t from, size_t to, unsigned cues)
{
    for (size_t k = from; k < c->n && k < to; k++)
        if (c->cues[k] & cues)
            return true;
    return false;
}

enum { CUE_VERBS = CUE_LIVE | CUE_LIVED | CUE_MOVE | CUE_AWAY | CUE_PAST | CUE_SEEK };

/* Walks back to where the clause begins: a mark, `men`, or the `og` that joins another verb (but `bor og
 * jobber i` is one). */
static struct clause clause_before(const struct finder *f, size_t i)
{
    struct clause c = {.n = 0};
    while (c.n < CLAUSE_MOST && i > 0 && !f->text->words[i].mark_before) {
        unsigned cue = f->cues[--i];
        if ((cue & CUE_BREAK) ||
            ((cue & CUE_JOIN) && any(&c, 0, c.n, CUE_VERBS) && !finder_is(f, i - 1, CUE_LIVE)))
            break;
        c.cues[c.n++] = cue;
    }
    return c;
}

/* Whether the person who writes is named; `i` is a preposition before it is a dialect's `jeg`. */
static bool any_self(const struct clause *c, size_t from, size_t to)
{
    for (size_t k = from; k < c->n && k < to; k++)
        if ((c->cues[k] & CUE_SELF) && !(c->cues[k] & CUE_PREPOSITION))
            return true;
    return false;
}

/* Whose verb stands at place `verb` of the clause: `søsteren min bor`, `jeg har en venn som bor`. */
static bool somebody_else(const struct clause *c, size_t verb)
{
    enum { NEAR = 4 };
    for (size_t k = verb + 1; k < c->n && k <= verb + NEAR; k++) {
        if (c->cues[k] & CUE_OTHER)
            return !any_self(c, k + 1, k + 4) || k > verb + 1;
        if (any_self(c, k, k + 1))
            return false;
    }
    return false;
}

/* `til Moss flytta jeg`, `i Oslo jobber jeg`: the verb behind the place. */
static enum role role_behind(const struct finder *f, size_t after, bool from)
{
    bool self = finder_is(f, after + 1, CUE_SELF);
    if (after >= f->n_words || f->text->words[after].mark_before)
        return ROLE_NAMED;
    if (f->cues[after] & CUE_LIVE)
        return self || !finder_is(f, after + 1, CUE_OTHER) ? ROLE_HOME : ROLE_OTHER;
    if ((f->cues[after] & CUE_MOVE) && self)
        return from ? ROLE_AWAY : ROLE_HOME;
    return (f->cues[after] & (CUE_AWAY | CUE_PAST)) && self ? ROLE_AWAY : ROLE_NAMED;
}

/* What the verb at place `k` of the clause makes of the place; ROLE_NAMED when it is no such verb. */
static enum role role_of_verb(const struct clause *c, size_t k, bool from)
{
    unsigned cue = c->cues[k];
    if (cue & CUE_COMMUTE)
        return from ? ROLE_HOME : ROLE_AWAY;
    if (cue & CUE_MOVE)
        return from ? ROLE_AWAY : somebody_else(c, k) ? ROLE_OTHER : ROLE_HOME;
    if (cue & CUE_PAST)
        return ROLE_AWAY;
    if ((cue & CUE_LIVED) && somebody_else(c, k))
        return ROLE_OTHER;
    if (cue & CUE_LIVE) {
        if ((any(c, k > 2 ? k - 2 : 0, k + 3, CUE_NOT) && !from) || any(c, k + 1, k + 3, CUE_PAST))
            return ROLE_AWAY;
        return somebody_else(c, k) ? ROLE_OTHER : ROLE_HOME;
    }
    if (cue & CUE_AWAY) /* `bor og jobber i Oslo` */
        return any(c, k + 1, k + 3, CUE_LIVE) ? ROLE_HOME : ROLE_AWAY;
    if ((cue & CUE_SEEK) && !from)
        return ROLE_SEEK;
    return ROLE_NAMED;
}

/* `ikke i Oslo`, but not `ikke langt fra Oslo`. */
static bool denied(const struct finder *f, size_t i)
{
    return finder_before(f, i, 2, CUE_NOT) && !finder_placed(f, i, CUE_FROM);
}

static bool is_word(const struct finder *f, size_t i, size_t back, const char *wanted)
{
    size_t len;
    if (i < back || f->text->words[i - back + 1].mark_before)
        return false;
    const char *word = finder_word(f, i - back, &len);
    return strlen(wanted) == len && memcmp(word, wanted, len) == 0;
}

/* `nei, jeg mener Horten`, `skal være Horten` */
static bool corrected(const struct finder *f, size_t i)
{
    bool comma = f->text->words[i].mark_before && i > 0;
    return finder_before(f, i, 3, CUE_CORRECT) || (comma && finder_is(f, i - 1, CUE_CORRECT)) ||
           (is_word(f, i, 1, "være") && is_word(f, i, 2, "skal"));
}

enum role finder_role(const struct finder *f, size_t i, size_t n)
{
    if (denied(f, i))
        return ROLE_NOT;
    if (corrected(f, i))
        return ROLE_MEANT;
    struct clause c = clause_before(f, i);
    bool placed = c.n && (c.cues[0] & CUE_PREPOSITION), from = placed && (c.cues[0] & CUE_FROM);
    enum role role = role_behind(f, i + n, from);
    if (role != ROLE_NAMED)
        return role;
    bool is_there = placed && !from && c.n > 1 && (c.cues[1] & CUE_BE) && !(c.cues[1] & CUE_AWAY);
    if (is_there && any_self(&c, 0, c.n)) /* `jeg er i Moss` */
        return ROLE_HOME;
    for (size_t k = 0; k < c.n; k++) {
        enum role verb = role_of_verb(&c, k, from);
        if ((c.cues[k] & CUE_LIVED) && verb == ROLE_NAMED)
            return ROLE_NAMED;
        if (verb == ROLE_SEEK && any(&c, k + 1, c.n, CUE_LIVE | CUE_AWAY | CUE_PAST))
            continue; /* `bor et stykke utenfor noe som heter …` */
        if (verb != ROLE_NAMED)
            return verb;
    }
    if (any(&c, 0, c.n, CUE_OTHER) && !any_self(&c, 0, c.n))
        return ROLE_OTHER;
    return ROLE_NAMED;
}

/* ---- which meaning ---- */

size_t places_count(const struct place *places)
{
    size_t count = 0;
    for (; places; places = places->next)
        count++;
    return count;
}

static bool in_kommune_of(const struct place *place, const struct place *near)
{
    for (; near; near = near->next)
        if (near->kommune && near->kommune == place->kommune)
            return true;
    return false;
}

static double km_to(const struct place *place, const struct place *near)
{
    double best = 1e9;
    for (; near; near = near->next) {
        double km = position_km(&place->position, &near->position);
        best = km < best ? km : best;
    }
    return best;
}

static const struct place *copy_of(const struct finder *f, const struct place *place)
{
    struct place *only = arena_alloc(f->arena, sizeof *only);
    *only = *place;
    only->next = NULL;
    return only;
}

const struct place *mentions_choose(const struct place *places, const struct place *near, struct arena *arena)
{
    struct finder f = {.arena = arena};
    const struct place *chosen = places_beside(&f, places, near);
    return chosen != places ? chosen : NULL;
}

/* In the same kommune or region; else, where one meaning is near and the others are much farther, that one.
 */
const struct place *places_beside(const struct finder *f, const struct place *places,
                                  const struct place *near)
{
    const double near_km = 45, times_farther = 2.5;
    const struct place *fits = NULL, *nearest = NULL;
    double best = 1e9, second = 1e9;
    for (const struct place *p = places; p; p = p->next) {
        double km = km_to(p, near);
        if (in_kommune_of(p, near)) {
            if (fits)
                return places;
            fits = p;
        }
        if (km < best) {
            second = best;
            best = km;
            nearest = p;
        } else if (km < second) {
            second = km;
        }
    }
    if (!fits && near->precision != PRECISION_REGION && best <= near_km && second >= times_farther * best &&
        second > near_km)
        fits = nearest;
    return fits ? copy_of(f, fits) : places;
}

/* Whether only `i`, `på`, `ved`, a comma or nothing stands between two mentions. */
static bool stand_together(const struct finder *f, const struct mention *a, const struct mention *b)
{
    size_t between = b->at - (a->at + a->n);
    size_t last = b->at - 1;
    for (size_t i = a->at + a->n; i <= b->at; i++)
        if (f->text->words[i].mark_before && f->text->plain[f->text->words[i].at - 2] != ',')
            return false;
    for (size_t i = a->at + a->n; i <= last; i++)
        if (f->cues[i] & (CUE_JOIN | CUE_FROM | CUE_TO | CUE_LIVE | CUE_MOVE | CUE_SELF) &&
            !(f->cues[i] & CUE_PREPOSITION))
            return false;
    return between == 0 ||
           (between <= 3 && (f->cues[last] & CUE_PREPOSITION) && !(f->cues[last] & (CUE_FROM | CUE_TO)));
}

/* A region with one of its places named too says nothing more: `Lofoten? I'm in Svolvær`. */
static bool holds_another(const struct finder *f, size_t region)
{
    const struct mentions *m = f->found;
    if (m->list[region].places->precision != PRECISION_REGION)
        return false;
    for (size_t k = 0; k < m->count; k++)
        if (k != region && m->list[k].count == 1 && m->list[k].role >= ROLE_NAMED &&
            in_kommune_of(m->list[k].places, m->list[region].places))
            return true;
    return false;
}

static void take_out(struct finder *f, size_t k)
{
    struct mentions *m = f->found;
    memmove(&m->list[k], &m->list[k + 1], (m->count - k - 1) * sizeof m->list[0]);
    m->count--;
}

static void set_places(struct mention *mention, const struct place *places)
{
    mention->places = places;
    mention->count = places_count(places);
}

/* `Os i Østerdalen`: the second only tells which Os. True when it was so. */
static bool qualifies(struct finder *f, struct mention *a, const struct mention *b)
{
    const double one_place_km = 40;
    const struct place *beside = places_beside(f, a->places, b->places);
    bool told = a->count > 1 && beside != a->places, apart = a->at + a->n == b->at || b->at + b->n == a->at;
    if (a->count > 1 && !told)
        return false;
    if (!told && !in_kommune_of(beside, b->places) && (apart || km_to(beside, b->places) > one_place_km))
        return false;
    size_t end = b->at + b->n > a->at + a->n ? b->at + b->n : a->at + a->n;
    set_places(a, beside);
    a->at = a->at < b->at ? a->at : b->at;
    a->n = end - a->at;
    a->whole = a->n == f->n_words;
    return true;
}

static bool is_post(const struct mention *mention)
{
    return mention->places->precision == PRECISION_POST;
}

/* A place and the wider one, or the postal code, beside it are one. */
static void merge_neighbours(struct finder *f)
{
    struct mentions *m = f->found;
    for (size_t k = 0; k + 1 < m->count;) {
        struct mention *a = &m->list[k], *b = &m->list[k + 1];
        bool joined = stand_together(f, a, b) && a->role != ROLE_AWAY;
        if (joined && is_post(a) && !is_post(b) && qualifies(f, b, a)) {
            b->role = a->role > b->role ? a->role : b->role;
            take_out(f, k);
        } else if (joined && qualifies(f, a, b)) {
            take_out(f, k + 1);
        } else {
            k++;
        }
    }
}

/* Elsewhere in the message: a place of one meaning decides another's. */
static void decide_by_others(struct finder *f)
{
    struct mentions *m = f->found;
    for (size_t k = 0; k < m->count; k++)
        for (size_t other = 0; other < m->count && m->list[k].count > 1; other++) {
            const struct mention *by = &m->list[other];
            if (other == k || m->list[k].places->precision == PRECISION_REGION ||
                (by->count > 1 && by->places->precision != PRECISION_REGION))
                continue;
            set_places(&m->list[k], places_beside(f, m->list[k].places, by->places));
            if (m->list[k].count == 1 && by->places->precision == PRECISION_REGION)
                m->list[other].role = ROLE_AWAY; /* it only told where */
        }
}

/* Where one meaning is a town of 20,000 or more, namesakes of less than a fifteenth do not make a question.
 */
static bool is_outshone(const struct place *place, long most)
{
    enum { LARGE = 20000, TIMES = 15 };
    return most >= LARGE && place->population < most / TIMES &&
           !(place->precision == PRECISION_KOMMUNE && place->population == 0);
}

/* Kommuner first, then the larger town; of many kommuner the population is not known. */
static bool goes_before(const struct place *a, const struct place *b)
{
    if (a->precision != b->precision)
        return a->precision < b->precision;
    return a->precision == PRECISION_KOMMUNE || a->population >= b->population;
}

/* The likeliest is to be the first button. */
static void put_in_order(const struct finder *f, struct place **at, const struct place *place)
{
    struct place *copy = arena_alloc(f->arena, sizeof *copy);
    *copy = *place;
    while (*at && goes_before(*at, place))
        at = &(*at)->next;
    copy->next = *at;
    *at = copy;
}

const struct place *places_prominent(const struct finder *f, const struct place *places)
{
    long most = 0;
    bool others = false, towns = false;
    struct place *kept = NULL;
    for (const struct place *p = places; p; p = p->next) {
        most = p->population > most ? p->population : most;
        others = others || p->precision != PRECISION_HAMLET;
        towns = towns || p->precision != PRECISION_REGION;
    }
    if (!places || !places->next || !towns)
        return places;
    for (const struct place *p = places; p; p = p->next)
        if (!is_outshone(p, most) && p->precision != PRECISION_REGION &&
            !(others && p->precision == PRECISION_HAMLET))
            put_in_order(f, &kept, p);
    return kept;
}

/* `Hol kommune`: a kommune, of today or of the past. A place too small for GeoNames (500 people) was none. */
static void decide_by_kommune(struct finder *f, struct mention *mention)
{
    size_t len, after = mention->at + mention->n;
    const struct place *only = NULL;
    if (after >= f->n_words)
        return;
    const char *word = finder_word(f, after, &len);
    if (len < 7 || memcmp(word, "kommune", 7))
        return;
    for (const struct place *p = mention->places; p; p = p->next)
        if (p->precision == PRECISION_KOMMUNE || p->precision == PRECISION_OLD ||
            strcmp(p->source, "GeoNames") == 0) {
            if (only)
                return;
            only = p;
        }
    if (only)
        set_places(mention, copy_of(f, only));
}

void finder_decide(struct finder *f)
{
    for (size_t k = 0; k < f->found->count; k++)
        decide_by_kommune(f, &f->found->list[k]);
    merge_neighbours(f);
    for (int round = 0; round < 2; round++) { /* first with all meanings, then with the likely ones */
        decide_by_others(f);
        for (size_t k = 0; k < f->found->count; k++)
            set_places(&f->found->list[k], places_prominent(f, f->found->list[k].places));
    }
    for (size_t k = f->found->count; k-- > 0;)
        if (holds_another(f, k))
            take_out(f, k);
}

const char *role_name(enum role role)
{
    static const char *const names[] = {"not", "other", "away", "named", "home", "seek", "meant"};
    return names[role];
}
