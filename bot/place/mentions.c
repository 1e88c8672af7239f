#include "place/mentions.h"

#include <string.h>

enum { LONGEST_NAME_WORDS = 4, LONGEST_NAME_BYTES = 60 };

/* ---- word lists ---- */

/* Place names that are ordinary words, in plain form: they need a sentence that makes them a place. */
static const char *const ordinary[] = {
    "al",      "ask",    "berg",   "borg",    "bra",    "bru",    "by",      "bø",        "dal",    "dale",
    "eid",     "eide",   "fjell",  "flå",     "fossen", "foss",   "gran",    "grimstad",  "grong",  "ha",
    "hamn",    "haug",   "haugen", "heim",    "hol",    "hole",   "holt",    "hus",       "hå",     "ja",
    "kjær",    "kroken", "kvam",   "land",    "lier",   "lund",   "lunde",   "mo",        "moen",   "mot",
    "mære",    "nes",    "nord",   "nå",      "os",     "oppdal", "rem",     "ringer",    "roa",    "ro",
    "sand",    "sande",  "sel",    "skei",    "ski",    "skien",  "skog",    "sol",       "sola",   "stange",
    "straume", "strand", "stryn",  "sund",    "sør",    "time",   "tinn",    "to",        "torp",   "tun",
    "tvers",   "vang",   "vega",   "vest",    "vestby", "vik",    "vil",     "voll",      "våler",  "øst",
    "øyer",    "å",      "ål",     "ås",      "alta",   "bygda",  "sentrum", "sentralen", "senter", "hell",
    "bank",    "lia",    "lien",   "norge",   "noreg",  "sveio",  "eg",      "er",        "en",     "et",
    "de",      "hei",    "her",    "der",     "for",    "med",    "min",     "mann",      "moa",    "rana",
    "lærdal",  "bjerke", "vinje",  "fredrik", "frogn",  "alver",  "rød",     "lom",       "lura",   "hvaler",
    "gol",
};

/* Of the list above, those that are rarely anything but a place when written alone with a capital. */
static const char *const place_words[] = {
    "grimstad", "oppdal", "skien",  "alta",   "stryn", "vestby", "våler",  "øyer",  "lier",  "gran",
    "ski",      "sola",   "stange", "strand", "sveio", "rana",   "lærdal", "vinje", "frogn", "alver",
    "lom",      "hvaler", "gol",    "ål",     "ås",    "flå",    "grong",  "tinn",  "vega",  "bjerke"};

/* Ordinary words that are no place even when they are the whole message. */
static const char *const never_alone[] = {
    "al",   "bra",     "by",     "ja",    "to",    "time",   "vil",   "nå",   "hei",  "her", "der",  "for",
    "med",  "min",     "mann",   "er",    "en",    "et",     "de",    "eg",   "sol",  "hus", "land", "heim",
    "bank", "ro",      "mot",    "ask",   "kjær",  "ha",     "dal",   "vest", "nord", "sør", "øst",  "strand",
    "skog", "sentrum", "senter", "norge", "noreg", "ringer", "tvers", "sand", "hell", "rød", "sel"};

/* Countries and cities outside Norway that residents name most; without accents, as in plain text. */
static const char *const foreign[] = {
    "sverige",  "danmark",   "finland",   "island",    "polen",     "tyskland", "england",   "skottland",
    "irland",   "frankrike", "spania",    "italia",    "portugal",  "ukraina",  "russland",  "latvia",
    "litauen",  "estland",   "thailand",  "usa",       "amerika",   "canada",   "australia", "stockholm",
    "gøteborg", "malmø",     "strømstad", "københavn", "kobenhavn", "aarhus",   "helsinki",  "reykjavik",
    "london",   "berlin",    "hamburg",   "paris",     "madrid",    "alicante", "warszawa",  "kyiv",
    "kiev",     "new york",  "sweden",    "denmark",   "poland",    "germany",  "spain",     "ukraine"};

/* A place stands behind these. */
static const char *const before[] = {
    "i",      "på",      "paa",       "pa",       "fra",     "frå",     "til",    "te",      "ved",
    "nær",    "in",      "from",      "near",     "to",      "rundt",   "kring",  "utenfor", "utanfor",
    "utafor", "omkring", "around",    "mellom",   "outside", "live",    "bosatt", "kommune", "naer",
    "mot",    "forbi",   "naerheten", "nærheten", "av",      "innafor", "for",    "at"};

static const char *const home_words[] = {
    "bor",     "bur", "budd", "bodd", "bosatt", "live", "living", "leve",     "holder",   "held",   "flytta",
    "flyttet", "nær", "naer", "near", "bo",     "bu",   "moved",  "hjemsted", "heimstad", "hjemme", "heime"};

static const char *const away_words[] = {"opprinnelig", "opphavleg", "jobber",     "jobbar",   "arbeider",
                                         "arbeidar",    "jobbe",     "originally", "fødd",     "født",
                                         "oppvokst",    "oppvaksen", "work",       "works",    "studerte",
                                         "frå",         "fra",       "from",       "utskrevet"};

/* Behind a number, these say that it is no postal code. */
static const char *const units[] = {"kr",        "kroner", "nok",  "år",       "aar",     "meter", "m",
                                    "km",        "ganger", "folk", "personer", "prosent", "gram",  "mg",
                                    "tabletter", "piller", "stk",  "timer",    "dager"};

static bool listed(const char *const *list, size_t count, const char *word, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (list[i][0] == word[0] && strncmp(list[i], word, len) == 0 && !list[i][len])
            return true;
    return false;
}
#define LISTED(list, word, len) listed(list, sizeof(list) / sizeof(list)[0], word, len)

/* ---- reading the sentence ---- */

struct finder {
    const struct gazetteer *gazetteer;
    const struct text *text;
    struct arena *arena;
    struct mentions *found;
    bool asked, shouting; /* shouting: (nearly) every word begins with a capital, so capitals tell nothing */
};

static const char *word_at(const struct finder *f, size_t i, size_t *len)
{
    *len = f->text->words[i].len;
    return f->text->plain + f->text->words[i].at;
}

static bool word_in(const struct finder *f, size_t i, const char *const *list, size_t count)
{
    size_t len;
    if (i >= f->text->n_words)
        return false;
    const char *word = word_at(f, i, &len);
    return listed(list, count, word, len);
}
#define WORD_IN(f, i, list) word_in(f, i, list, sizeof(list) / sizeof(list)[0])

/* Whether what stands before word `i` makes it a place. */
static bool placed_by_sentence(const struct finder *f, size_t i)
{
    return i > 0 && !f->text->words[i].mark_before && WORD_IN(f, i - 1, before);
}

static bool capital_inside(const struct finder *f, size_t i)
{
    const struct word *word = &f->text->words[i];
    return word->capital && !f->shouting && (!word->mark_before || (i > 0 && f->text->words[i - 1].capital));
}

/* ---- meanings ---- */

static size_t count_meanings(const struct place *places)
{
    size_t count = 0;
    for (; places; places = places->next)
        count++;
    return count;
}

/* Where one meaning is a town of 20,000 or more, namesakes of less than a fifteenth do not make a question.
 */
static const struct place *drop_small_namesakes(const struct finder *f, const struct place *places)
{
    long most = 0;
    for (const struct place *p = places; p; p = p->next)
        most = p->population > most ? p->population : most;
    if (most < 20000 || !places->next || places->precision == PRECISION_REGION)
        return places;
    struct place *kept = NULL, **at = &kept;
    for (const struct place *p = places; p; p = p->next)
        if (p->population >= most / 15 || (p->precision == PRECISION_KOMMUNE && p->population == 0)) {
            *at = arena_alloc(f->arena, sizeof **at);
            **at = *p;
            (*at)->next = NULL;
            at = &(*at)->next;
        }
    return kept;
}

static bool overlaps(const struct finder *f, const char *raw)
{
    for (size_t i = 0; i < f->found->count; i++)
        if (strcmp(f->found->list[i].text, raw) == 0)
            return true;
    return false;
}

static bool said_of(const struct finder *f, size_t i, const char *const *list, size_t count)
{
    for (size_t back = 1; back <= 4 && back <= i; back++) {
        if (f->text->words[i - back + 1].mark_before)
            return false;
        if (word_in(f, i - back, list, count))
            return true;
    }
    return false;
}

static void add_mention(struct finder *f, size_t i, size_t n, const struct place *places, bool spelled)
{
    if (f->found->count == MENTIONS_MOST)
        return;
    const struct word *first = &f->text->words[i], *last = &f->text->words[i + n - 1];
    const char *raw = arena_strndup(f->arena, f->text->raw + first->raw_at,
                                    last->raw_at + last->raw_len - first->raw_at);
    if (overlaps(f, raw))
        return;
    places = drop_small_namesakes(f, places);
    struct mention *mention = &f->found->list[f->found->count++];
    f->found->words += n;
    *mention = (struct mention){
        .text = raw,
        .places = places,
        .count = count_meanings(places),
        .home = said_of(f, i, home_words, sizeof home_words / sizeof *home_words),
        .away = said_of(f, i, away_words, sizeof away_words / sizeof *away_words),
        .spelled = spelled,
        .whole = n == f->text->n_words,
    };
}

/* ---- names ---- */

static const struct place *find_slice(const struct finder *f, size_t i, size_t n)
{
    const struct word *first = &f->text->words[i], *last = &f->text->words[i + n - 1];
    size_t len = last->at + last->len - first->at;
    return len > LONGEST_NAME_BYTES ? NULL : gazetteer_find(f->gazetteer, f->text->plain + first->at, len);
}

/* Endings that a name takes inside a sentence: `Hortens`, `bergensområdet`, `tromsøkanten`. */
static const struct place *find_inflected(const struct finder *f, size_t i)
{
    static const char *const endings[] = {"s",        "sområdet", "sområde",   "området",  "område",
                                          "omraadet", "omradet",  "somraadet", "somradet", "distriktet",
                                          "kanten",   "skanten",  "traktene",  "regionen", "sregionen",
                                          "trakten",  "kommune"};
    size_t len;
    const char *word = word_at(f, i, &len);
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
        size_t end = strlen(endings[e]);
        if (len < end + 3 || memcmp(word + len - end, endings[e], end))
            continue;
        if (end == 1 && LISTED(ordinary, word, len - 1))
            continue;
        const struct place *places = gazetteer_find(f->gazetteer, word, len - end);
        if (places)
            return places;
    }
    return NULL;
}

/* Names without æøå (`Tromso`, `Alesund`, `Bodoe`): every way to put the letters back, at most three places.
 */
static const struct place *find_without_letters(const struct finder *f, const char *word, size_t len,
                                                size_t from, int left)
{
    static const struct {
        const char *ascii, *letter;
    } back[] = {{"ae", "æ"}, {"oe", "ø"}, {"aa", "å"}, {"o", "ø"}, {"a", "å"}, {"e", "æ"}};
    char out[LONGEST_NAME_BYTES + 8];
    if (len > LONGEST_NAME_BYTES || left == 0)
        return NULL;
    for (size_t i = from; i < len; i++)
        for (size_t k = 0; k < sizeof back / sizeof *back; k++) {
            size_t size = strlen(back[k].ascii);
            if (i + size > len || memcmp(word + i, back[k].ascii, size))
                continue;
            memcpy(out, word, i);
            memcpy(out + i, back[k].letter, 2);
            memcpy(out + i + 2, word + i + size, len - i - size);
            size_t out_len = len - size + 2;
            const struct place *places = gazetteer_find(f->gazetteer, out, out_len);
            if (!places)
                places = find_without_letters(f, out, out_len, i + 2, left - 1);
            if (places)
                return places;
        }
    return NULL;
}

/* A name of one word: needs no help from the sentence unless it is an ordinary word or very short. */
static bool stands_alone(const struct finder *f, size_t i)
{
    size_t len;
    const char *word = word_at(f, i, &len);
    bool whole = f->text->n_words == 1;
    if (f->asked && f->text->n_words <= 3)
        return true;
    if (placed_by_sentence(f, i) && (!LISTED(ordinary, word, len) || f->text->words[i].capital ||
                                     LISTED(place_words, word, len) || i + 1 == f->text->n_words))
        return true;
    if (whole && f->text->words[i].capital && !LISTED(never_alone, word, len))
        return true;
    if (!LISTED(ordinary, word, len))
        return len >= 4 || (capital_inside(f, i) || whole);
    return LISTED(place_words, word, len) ? f->text->words[i].capital || whole
                                          : capital_inside(f, i) && len > 2;
}

static bool try_name(struct finder *f, size_t i, size_t *used)
{
    size_t first_len;
    const char *first = word_at(f, i, &first_len);
    bool several = gazetteer_starts(f->gazetteer, first, first_len);
    for (size_t n = LONGEST_NAME_WORDS; n >= 2 && several; n--) {
        const struct place *places = i + n <= f->text->n_words ? find_slice(f, i, n) : NULL;
        if (places) {
            add_mention(f, i, n, places, false);
            *used = n;
            return true;
        }
    }
    const struct place *places = find_slice(f, i, 1);
    if (!places || places->precision == PRECISION_REGION) { /* `Bergensområdet` tells a city */
        const struct place *city = find_inflected(f, i);
        places = city ? city : places;
    }
    if (!places || !stands_alone(f, i))
        return false;
    add_mention(f, i, 1, places, false);
    return true;
}

/* Misspelt or ASCII-only names: only where the sentence or the question says that a place comes. */
static bool try_misspelt(struct finder *f, size_t i)
{
    size_t len;
    const char *word = word_at(f, i, &len);
    bool placed = placed_by_sentence(f, i) || (f->asked && f->text->n_words <= 4) || f->text->n_words == 1;
    if (len < 4 || !placed || LISTED(before, word, len) || LISTED(home_words, word, len))
        return false;
    const struct place *places = find_without_letters(f, word, len, 0, 2);
    bool spelled = !places;
    if (!places && (capital_inside(f, i) || f->asked || f->text->n_words == 1 || len >= 6))
        places = gazetteer_spell(f->gazetteer, word, len);
    if (!places)
        return false;
    add_mention(f, i, 1, places, spelled);
    return true;
}

/* ---- postal codes ---- */

static bool is_code(const char *word, size_t len)
{
    return len == 4 && strspn(word, "0123456789") >= 4;
}

/* The post town, or the code's own name, stands right behind the number. */
static size_t town_behind(const struct finder *f, size_t i, const struct place *post)
{
    const char *town = text_plain(post->name + 5, f->arena);
    for (size_t n = 1; n <= 3 && i + n < f->text->n_words; n++) {
        const struct word *first = &f->text->words[i + 1], *last = &f->text->words[i + n];
        size_t len = last->at + last->len - first->at;
        if (strlen(town) == len && memcmp(town, f->text->plain + first->at, len) == 0)
            return n;
    }
    return 0;
}

static bool try_post(struct finder *f, size_t i, size_t *used)
{
    static const char *const cues[] = {"postnummer",  "postnr", "postnummeret", "postkode", "postcode", "zip",
                                       "postadresse", "bor",    "bur",          "live",     "adresse"};
    size_t len;
    const char *word = word_at(f, i, &len);
    const struct place *post = is_code(word, len) ? gazetteer_post(f->gazetteer, word) : NULL;
    if (!post || WORD_IN(f, i + 1, units))
        return false;
    size_t town = town_behind(f, i, post);
    bool year = (word[0] == '1' && word[1] == '9') || (word[0] == '2' && word[1] == '0');
    bool cue = said_of(f, i, cues, sizeof cues / sizeof *cues);
    bool placed = placed_by_sentence(f, i);
    if (!town && !cue && !(placed && !year) && f->text->n_words > (f->asked ? 5U : 1U))
        return false;
    add_mention(f, i, 1 + town, post, false);
    *used = 1 + town;
    return true;
}

/* ---- public ---- */

/* `Herøy i Nordland`: the fylke beside it decides between namesakes. */
static void decide_by_fylke(const struct finder *f, struct mention *mention)
{
    const char *padded = arena_printf(f->arena, " %s ", f->text->plain);
    const struct place *fits = NULL;
    for (const struct place *p = mention->places; p; p = p->next) {
        const char *fylke = p->kommune ? text_plain(p->kommune->fylke, f->arena) : "?";
        if (!strstr(padded, arena_printf(f->arena, " %s ", fylke)))
            continue;
        if (fits)
            return;
        fits = p;
    }
    if (!fits)
        return;
    struct place *only = arena_alloc(f->arena, sizeof *only);
    *only = *fits;
    only->next = NULL;
    mention->places = only;
    mention->count = 1;
}

static const char *find_abroad(const struct finder *f)
{
    for (size_t i = 0; i < f->text->n_words; i++) {
        size_t len;
        const char *word = word_at(f, i, &len);
        const struct word *raw = &f->text->words[i];
        bool stays = f->text->n_words <= 2 || f->asked ||
                     said_of(f, i, home_words, sizeof home_words / sizeof *home_words);
        if (LISTED(foreign, word, len) && stays &&
            !said_of(f, i, away_words, sizeof away_words / sizeof *away_words))
            return arena_strndup(f->arena, f->text->raw + raw->raw_at, raw->raw_len);
    }
    return NULL;
}

static bool all_capitals(const struct text *text)
{
    size_t capitals = 0;
    for (size_t i = 0; i < text->n_words; i++)
        capitals += text->words[i].capital;
    return text->n_words > 2 && 4 * capitals >= 3 * text->n_words;
}

struct mentions mentions_find(const struct gazetteer *gazetteer, const struct text *text, bool asked,
                              struct arena *arena)
{
    struct mentions found = {.count = 0};
    struct finder f = {gazetteer, text, arena, &found, asked, all_capitals(text)};
    size_t words = text->n_words < 800 ? text->n_words : 800;
    for (size_t i = 0; i < words;) {
        size_t used = 1;
        if (!try_post(&f, i, &used) && !try_name(&f, i, &used))
            try_misspelt(&f, i);
        i += used;
    }
    for (size_t i = 0; i < found.count; i++)
        if (found.list[i].count > 1 && found.list[i].places->precision != PRECISION_REGION)
            decide_by_fylke(&f, &found.list[i]);
    if (!found.count)
        found.abroad = find_abroad(&f);
    return found;
}

const struct mention *mentions_main(const struct mentions *mentions)
{
    for (size_t i = 0; i < mentions->count; i++)
        if (mentions->list[i].home && !mentions->list[i].away)
            return &mentions->list[i];
    for (size_t i = 0; i < mentions->count; i++)
        if (!mentions->list[i].away)
            return &mentions->list[i];
    return mentions->count ? &mentions->list[0] : NULL;
}
