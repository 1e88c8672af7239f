#include "place/mentions.h"

#include <string.h>

#include "place/finder.h"

enum { LONGEST_NAME_WORDS = 4, LONGEST_NAME_BYTES = 60, WORDS_MOST = 800 };

/* ---- adding ---- */

static struct mention *found_before(const struct finder *f, const char *raw)
{
    for (size_t i = 0; i < f->found->count; i++)
        if (strcmp(f->found->list[i].text, raw) == 0)
            return &f->found->list[i];
    return NULL;
}

/* Where the list is full the one that tells least gives way. */
static struct mention *room_for(struct mentions *m, enum role role)
{
    size_t least = 0;
    if (m->count < MENTIONS_MOST)
        return &m->list[m->count++];
    for (size_t i = 1; i < m->count; i++)
        if (m->list[i].role <= m->list[least].role)
            least = i;
    if (m->list[least].role >= role)
        return NULL;
    memmove(&m->list[least], &m->list[least + 1], (m->count - 1 - least) * sizeof m->list[0]);
    return &m->list[m->count - 1];
}

void finder_add(struct finder *f, size_t i, size_t n, const struct place *places, bool spelled)
{
    const struct word *first = &f->text->words[i], *last = &f->text->words[i + n - 1];
    const char *raw = arena_strndup(f->arena, f->text->raw + first->raw_at,
                                    last->raw_at + last->raw_len - first->raw_at);
    enum role role = finder_role(f, i, n);
    struct mention *again = found_before(f, raw);
    if (again) { /* said twice: the more telling time counts */
        again->role = role > again->role ? role : again->role;
        return;
    }
    struct mention *mention = room_for(f->found, role);
    if (!mention)
        return;
    f->found->words += n;
    *mention = (struct mention){
        .text = raw,
        .places = places,
        .count = places_count(places),
        .role = role,
        .spelled = spelled,
        .whole = n == f->n_words,
        .at = i,
        .n = n,
    };
}

/* ---- does the sentence make it a place? ---- */

static bool is_capital(const struct finder *f, size_t i)
{
    return f->text->words[i].capital && !f->shouting;
}

/* A capital that does not only begin a sentence. */
static bool capital_inside(const struct finder *f, size_t i)
{
    return is_capital(f, i) && i > 0 &&
           (!f->text->words[i].mark_before || f->text->plain[f->text->words[i].at - 2] == ',');
}

/* `Moss, Vestby og Ås`: the word goes on a list of places. */
static bool lists_on(const struct finder *f, size_t i)
{
    if (!f->found->count)
        return false;
    const struct mention *last = &f->found->list[f->found->count - 1];
    size_t end = last->at + last->n;
    return end == i || (end + 1 == i && finder_is(f, end, CUE_JOIN));
}

/* `bor på …`, `… kommune`, or the answer to where the person lives. */
static bool strongly_placed(const struct finder *f, size_t i, size_t n)
{
    enum { ANSWER_WORDS = 4, VERB_NEAR = 4 };
    size_t after = i + n;
    bool at_mark = f->text->words[i].mark_before;
    if (f->asked && f->n_words <= ANSWER_WORDS)
        return true;
    if (finder_is(f, after, CUE_PLACE) && !f->text->words[after].mark_before)
        return true;
    if (i > 0 && !at_mark && (f->cues[i - 1] & (CUE_PLACE | CUE_LIVE)) &&
        !finder_is(f, after, CUE_PREPOSITION))
        return true;
    if (i > 0 && finder_is(f, i - 1, CUE_BE) && finder_before(f, i, VERB_NEAR, CUE_LIVE))
        return true; /* `hjemkommunen min er Sola` */
    return finder_placed(f, i, CUE_PREPOSITION) &&
           finder_before(f, i, VERB_NEAR, CUE_LIVE | CUE_LIVED | CUE_MOVE | CUE_COME);
}

/* `hilsen Anne Vik`, `jeg heter Kari Nes`, `gift med en Berg`. */
static bool is_persons_name(const struct finder *f, size_t i)
{
    enum { NAME_NEAR = 4, POSSESSIVE = 4 };
    bool behind_mark = f->text->words[i].mark_before;
    if (!behind_mark && i > 1 && finder_is(f, i - 2, CUE_OTHER) && f->text->words[i - 1].len <= POSSESSIVE &&
        is_capital(f, i) && !finder_is(f, i - 1, CUE_PREPOSITION | CUE_LIVE | CUE_BE | CUE_JOIN))
        return true; /* `datteren min Frøya` */
    return !finder_placed(f, i, CUE_LOCATIVE) &&
           (finder_before(f, i, NAME_NEAR, CUE_NAME) || finder_is(f, i + 1, CUE_NAME)) &&
           !finder_before(f, i, 2 * NAME_NEAR, CUE_PLACE) &&
           !(i > 2 && finder_is(f, i - 3, CUE_SEEK)); /* `noe som heter`, `et sted som heter Grong` */
}

static const struct place *find_slice(const struct finder *f, size_t i, size_t n)
{
    if (i + n > f->n_words)
        return NULL;
    const struct word *first = &f->text->words[i], *last = &f->text->words[i + n - 1];
    size_t len = last->at + last->len - first->at;
    return len > LONGEST_NAME_BYTES ? NULL : gazetteer_find(f->gazetteer, f->text->plain + first->at, len);
}

/* `Å i Lofoten`, `Vang, Valdres`: what stands behind holds one of its meanings. */
static bool told_by_next(const struct finder *f, size_t i, const struct place *places)
{
    size_t next = i + 1;
    if (finder_is(f, next, CUE_LOCATIVE) && !finder_is(f, next, CUE_FROM))
        next++;
    else if (next >= f->n_words || !is_capital(f, next))
        return false;
    for (size_t n = 3; n >= 1; n--) {
        const struct place *near = find_slice(f, next, n);
        if (near && places_beside(f, places, near) != places)
            return true;
    }
    return false;
}

/* Whether a name that is an ordinary word too is meant as a place. */
static bool common_is_place(const struct finder *f, size_t i, const struct place *places,
                            enum caution caution)
{
    size_t len;
    finder_word(f, i, &len);
    enum { TOWN = 1000 };
    bool whole = f->n_words == 1, placed = finder_placed(f, i, CUE_LOCATIVE);
    if (caution == CAUTION_NEVER && len <= 3 && !is_capital(f, i) && !finder_ends_clause(f, i) &&
        !finder_is(f, i + 1, CUE_JOIN | CUE_PLACE) && !told_by_next(f, i, places))
        return false; /* `kommer til å gråte` */
    if (strongly_placed(f, i, 1) || told_by_next(f, i, places))
        return true;
    if (placed && capital_inside(f, i))
        return true;
    if (caution == CAUTION_NEVER)
        return whole && is_capital(f, i) && len > 2 &&
               (places->precision == PRECISION_KOMMUNE || places->precision == PRECISION_OLD ||
                places->population >= TOWN);
    if (whole || (placed && finder_ends_clause(f, i)) || (i == 0 && finder_stops(f, i)) ||
        (lists_on(f, i) && is_capital(f, i)))
        return true;
    bool before_capital = i > 0 && f->text->words[i - 1].capital;
    return len > 2 && is_capital(f, i) && !before_capital &&
           (capital_inside(f, i) || finder_ends_clause(f, i));
}

/* `Karlstad i Värmland` */
static bool told_abroad(const struct finder *f, size_t i)
{
    size_t len, next = i + (finder_is(f, i + 1, CUE_LOCATIVE) ? 2 : 1);
    if (next >= f->n_words)
        return false;
    const char *word = finder_word(f, next, &len);
    return gazetteer_abroad(f->gazetteer, word, len) && !finder_is(f, next - 1, CUE_FROM);
}

static bool is_place(const struct finder *f, size_t i, const struct place *places, enum caution caution)
{
    size_t len;
    finder_word(f, i, &len);
    if ((is_persons_name(f, i) && !strongly_placed(f, i, 1)) || told_abroad(f, i))
        return false;
    if (finder_is(f, i, CUE_PLACE) && find_slice(f, i + 1, 1)) /* `på øya Vega` */
        return false;
    if (caution != CAUTION_NONE)
        return common_is_place(f, i, places, caution);
    return len >= 4 || is_capital(f, i) || f->n_words == 1 || strongly_placed(f, i, 1) ||
           finder_placed(f, i, CUE_PREPOSITION);
}

/* ---- names ---- */

/* The name without an ending; also `mosse` of `mossekanten`. */
static const struct place *find_stem(const struct finder *f, const char *word, size_t len, bool linked)
{
    const struct place *places = gazetteer_find(f->gazetteer, word, len);
    if (!places && len >= 5)
        places = gazetteer_find_bare(f->gazetteer, word, len);
    if (!places && linked && len > 4 && word[len - 1] == 'e')
        places = gazetteer_find(f->gazetteer, word, len - 1);
    return places;
}

/* Endings that a name takes inside a sentence: `Hortens`, `bergensområdet`, `tromsøkanten`. */
static const struct place *find_inflected(const struct finder *f, size_t i)
{
    static const char *const endings[] = {
        "sområdet", "sområde",     "området",    "område",    "omraadet", "omradet", "somraadet",
        "somradet", "sdistriktet", "distriktet", "distrikt",  "skanten",  "kanten",  "straktene",
        "traktene", "straktan",    "traktan",    "sregionen", "regionen", "trakten", "skommune",
        "kommune",  "kommunen",    "sentrum",    "sbygda",    "omegn",    "områda",  "s"};
    size_t len;
    const char *word = finder_word(f, i, &len);
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
        size_t end = strlen(endings[e]);
        if (len < end + 3 || memcmp(word + len - end, endings[e], end))
            continue;
        if (end == 1 && (gazetteer_caution(f->gazetteer, word, len - 1) || len < 5))
            continue;
        const struct place *places = find_stem(f, word, len - end, end > 1);
        if (places)
            return places;
    }
    return NULL;
}

/* `Oslo-området` tells a city. */
static const struct place *find_city(const struct finder *f, size_t i, size_t n)
{
    size_t len;
    const char *word = finder_word(f, i, &len);
    return n == 2 && finder_is(f, i + 1, CUE_PLACE) ? find_stem(f, word, len, true) : NULL;
}

/* Names of several words, and names that were written apart (`lille hammer`). */
static bool try_several(struct finder *f, size_t i, size_t *used)
{
    size_t first_len;
    const char *first = finder_word(f, i, &first_len);
    bool several = gazetteer_starts(f->gazetteer, first, first_len);
    for (size_t n = LONGEST_NAME_WORDS; n >= 2; n--) {
        const struct place *places = several ? find_slice(f, i, n) : NULL;
        if (!places)
            continue;
        const struct place *city = places->precision == PRECISION_REGION ? find_city(f, i, n) : NULL;
        finder_add(f, i, n, city ? city : places, false);
        *used = n;
        return true;
    }
    return false;
}

static bool try_apart(struct finder *f, size_t i, size_t *used)
{
    enum { SHORTEST = 8 };
    bool expected = finder_placed(f, i, CUE_PREPOSITION) || strongly_placed(f, i, 2) || f->n_words <= 3;
    for (size_t n = 3; n >= 2 && expected; n--) {
        if (i + n > f->n_words || f->text->words[i + 1].mark_before || f->text->words[i + n - 1].mark_before)
            continue;
        const struct word *start = &f->text->words[i], *last = &f->text->words[i + n - 1];
        size_t len = last->at + last->len - start->at;
        const struct place *places = len >= SHORTEST && len <= LONGEST_NAME_BYTES
                                         ? gazetteer_find_bare(f->gazetteer, f->text->plain + start->at, len)
                                         : NULL;
        if (places) {
            const struct place *city = places->precision == PRECISION_REGION ? find_city(f, i, n) : NULL;
            finder_add(f, i, n, city ? city : places, false);
            *used = n;
            return true;
        }
    }
    return false;
}

static bool try_name(struct finder *f, size_t i)
{
    size_t len;
    const char *word = finder_word(f, i, &len);
    const struct place *places = find_slice(f, i, 1);
    enum caution caution = gazetteer_caution(f->gazetteer, word, len);
    if (!places || places->precision == PRECISION_REGION) { /* `Bergensområdet` tells a city */
        const struct place *city = find_inflected(f, i);
        places = city ? city : places;
    }
    if (!places || !is_place(f, i, places, caution))
        return false;
    finder_add(f, i, 1, places, false);
    return true;
}

/* ---- misspelt names ---- */

/* Of short words too many are one letter from a name: `i fjor`, `hele`. */
static double by_length(size_t len, double dearest)
{
    return len < 6 && dearest < 1 ? 0.2 : dearest;
}

/* How sure the sentence makes it that a place stands at word `i`, as the dearest spelling to believe in. */
static double dearest_spelling(const struct finder *f, size_t i)
{
    enum { ANSWER_WORDS = 5, LONG = 8 };
    size_t len;
    finder_word(f, i, &len);
    if (f->cues[i] & ~(unsigned)(CUE_AWAY | CUE_SEEK) || len < 4)
        return 0;
    if ((f->asked && f->n_words <= ANSWER_WORDS) || strongly_placed(f, i, 1) || f->n_words == 1)
        return 2.1;
    if (lists_on(f, i) && is_capital(f, i))
        return 1.3;
    if (finder_placed(f, i, CUE_LOCATIVE))
        return capital_inside(f, i) ? 2.1 : len >= LONG ? 1.3 : by_length(len, 0.7);
    if (finder_is(f, i + 1, CUE_PLACE))
        return 1.3;
    if (f->text->words[i].mark_before && finder_stops(f, i)) /* `Tønsebrg, har dere noe` */
        return is_capital(f, i) ? 2.1 : 1.3;
    return capital_inside(f, i) || f->n_words <= 3 ? by_length(len, 0.7) : 0;
}

/* A name without æøå; hardly ever anything else when it is a town's, unless it is a word too. */
static const struct place *find_without_letters(const struct finder *f, size_t i, bool expected)
{
    enum { TOWN = 1000 };
    size_t len;
    const char *word = finder_word(f, i, &len);
    if (len < 4 || (f->cues[i] && !expected))
        return NULL;
    const struct place *bare = gazetteer_find_bare(f->gazetteer, word, len);
    bool known = bare && (bare->precision == PRECISION_KOMMUNE || bare->population >= TOWN);
    return expected || (known && !gazetteer_is_no_name(f->gazetteer, word, len)) ? bare : NULL;
}

/* Names without æøå, and misspelt ones: only where the sentence or the question says that a place comes. */
static bool try_misspelt(struct finder *f, size_t i)
{
    enum { CERTAIN_LETTERS = 6 };
    const double certain = 0.5;
    size_t len;
    const char *word = finder_word(f, i, &len);
    double dearest = dearest_spelling(f, i);
    if (is_persons_name(f, i) || find_slice(f, i, 1))
        return false;
    const struct place *bare = find_without_letters(f, i, dearest > 1);
    if (bare) {
        finder_add(f, i, 1, bare, false);
        return true;
    }
    if (dearest <= 0 || gazetteer_is_no_name(f->gazetteer, word, len))
        return false;
    struct spelling spelling = gazetteer_spell(f->gazetteer, word, len, dearest);
    if (!spelling.places)
        return false;
    finder_add(f, i, 1, spelling.places, spelling.cost > certain || len < CERTAIN_LETTERS);
    return true;
}

/* ---- abroad ---- */

/* Whether the sentence says that the person is there, and does not only tell of it (`krigen i Ukraina`). */
static bool is_there(const struct finder *f, size_t i, size_t n)
{
    enum role role = finder_role(f, i, n);
    enum { VERB_NEAR = 7 };
    if (role == ROLE_OTHER)
        return false;
    if (finder_placed(f, i, CUE_FROM))
        return finder_before(f, i, VERB_NEAR, CUE_WRITE);
    return f->n_words <= n + 1 || f->asked || role == ROLE_HOME || role == ROLE_SEEK ||
           (finder_placed(f, i, CUE_LOCATIVE) && finder_before(f, i, VERB_NEAR, CUE_BE | CUE_LIVED));
}

/* Beside a place in Norway it counts only where the person says that they live there. */
static const char *find_abroad(const struct finder *f, bool beside_others)
{
    for (size_t i = 0; i < f->n_words; i++)
        for (size_t n = 3; n >= 1; n--) {
            if (i + n > f->n_words)
                continue;
            const struct word *first = &f->text->words[i], *last = &f->text->words[i + n - 1];
            const char *words = f->text->plain + first->at;
            size_t len = last->at + last->len - first->at;
            bool found = gazetteer_abroad(f->gazetteer, words, len) ||
                         (n == 1 && len > 4 && words[len - 1] == 's' &&
                          gazetteer_abroad(f->gazetteer, words, len - 1));
            if (found && is_there(f, i, n) &&
                (!beside_others || finder_role(f, i, n) == ROLE_HOME || finder_before(f, i, 4, CUE_LIVED)))
                return arena_strndup(f->arena, f->text->raw + first->raw_at,
                                     last->raw_at + last->raw_len - first->raw_at);
        }
    return NULL;
}

static bool skip_abroad(const struct finder *f, size_t i, size_t *used)
{
    size_t first_len;
    const char *first = finder_word(f, i, &first_len);
    for (size_t n = gazetteer_starts(f->gazetteer, first, first_len) ? 3 : 1; n >= 1; n--) {
        if (i + n > f->n_words)
            continue;
        const struct word *start = &f->text->words[i], *last = &f->text->words[i + n - 1];
        if (gazetteer_abroad(f->gazetteer, f->text->plain + start->at, last->at + last->len - start->at)) {
            *used = n;
            return true;
        }
    }
    return false;
}

/* ---- public ---- */

/* `KARI NES` and, in more than a list of names, `Kari Nes Vil Ha Hjelp`. */
static bool all_capitals(const struct text *text)
{
    enum { LIST = 5 };
    size_t first = 0, second = 0;
    for (size_t i = 0; i < text->n_words; i++) {
        const struct word *word = &text->words[i];
        char next = word->raw_len > 1 ? text->raw[word->raw_at + 1] : 'a';
        first += word->capital;
        second += word->capital && !(next >= 'a' && next <= 'z') && (unsigned char)next < 0x80;
    }
    size_t capitals = text->n_words > LIST ? first : second;
    return text->n_words > 2 && 4 * capitals >= 3 * text->n_words;
}

static const unsigned *read_cues(const struct text *text, size_t n_words, struct arena *arena)
{
    unsigned *cues = arena_alloc(arena, (n_words + 1) * sizeof *cues);
    for (size_t i = 0; i < n_words; i++)
        cues[i] = cue_of(text->plain + text->words[i].at, text->words[i].len);
    return cues;
}

static size_t best_mention(const struct mentions *m)
{
    size_t best = 0;
    for (size_t i = 1; i < m->count; i++)
        if (m->list[i].role > m->list[best].role)
            best = i;
    return best;
}

static void put_main_first(struct mentions *m)
{
    size_t best = best_mention(m);
    if (!best)
        return;
    struct mention first = m->list[best];
    memmove(&m->list[1], &m->list[0], best * sizeof first);
    m->list[0] = first;
}

struct mentions mentions_find(const struct gazetteer *gazetteer, const struct text *text, bool asked,
                              struct arena *arena)
{
    struct mentions found = {.count = 0};
    size_t n_words = text->n_words < WORDS_MOST ? text->n_words : WORDS_MOST;
    struct finder f = {
        gazetteer, text, arena, &found, read_cues(text, n_words, arena), n_words, asked, all_capitals(text)};
    for (size_t i = 0; i < n_words;) {
        size_t used = 1;
        if (!finder_post(&f, i, &used) && !try_several(&f, i, &used) && !skip_abroad(&f, i, &used) &&
            !try_name(&f, i) && !try_apart(&f, i, &used))
            try_misspelt(&f, i);
        i += used;
    }
    finder_decide(&f);
    put_main_first(&found);
    if (!found.count || found.list[0].role <= ROLE_NAMED)
        found.abroad = find_abroad(&f, found.count > 0);
    return found;
}

const struct mention *mentions_main(const struct mentions *mentions)
{
    return mentions->count && mentions->list[0].role != ROLE_NOT ? &mentions->list[0] : NULL;
}
