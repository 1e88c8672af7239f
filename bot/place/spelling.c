/* Finding the name that a misspelt word means.
 *
 * Names and word are folded to how they sound (`Kristiansand` and `kristjansann` are nearly one), then
 * compared by a weighted optimal string alignment distance (Damerau 1964; insertions, deletions,
 * substitutions and swapped neighbours). The weights are ours, chosen on tests/understanding/places.tsv.
 * Costs are in tenths. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "place/gazetteer_private.h"

enum {
    EDIT = 10,    /* any other letter for a letter, one too many or too few */
    VOWEL = 6,    /* a vowel for another: `Lilehammar` */
    KIN = 5,      /* consonants of one place of articulation: d/t, g/k, b/p; a mute one more or less */
    SWAP = 7,     /* two neighbours changed places */
    FIRST = 4,    /* the first letter is seldom wrong */
    CHEAPEST = 5, /* of all these */
    NEAR_TIE = 2, /* two names so close in cost are equally likely */
    TIE_ASKS = 5, /* what a tie adds, so that it is asked about */
    SHORTEST = 4  /* letters of a name that can be misspelt */
};

/* ---- what an edit costs ---- */

static bool is_vowel(unsigned char c)
{
    return strchr("aeiouy\xE6\xF8\xE5", c) != NULL;
}

static bool is_kin(unsigned char a, unsigned char b)
{
    static const char *const kin[] = {"dt", "gk", "bp", "ij", "kq", "sz", "vf", "vu", "mn"};
    for (size_t i = 0; i < sizeof kin / sizeof *kin; i++)
        if (strchr(kin[i], a) && strchr(kin[i], b))
            return true;
    return false;
}

static int replaced(unsigned char a, unsigned char b)
{
    if (a == b)
        return 0;
    if ((a == 'o' && b == 0xE5) || (a == 0xE5 && b == 'o') || (a == 'e' && b == 0xE6) ||
        (a == 0xE6 && b == 'e'))
        return KIN - 2;
    if (is_vowel(a) && is_vowel(b))
        return VOWEL;
    return is_kin(a, b) ? KIN : EDIT;
}

/* A letter that is there and is not heard, or heard and not there. */
static int lost(unsigned char c)
{
    return strchr("dghter", c) ? VOWEL + 1 : is_vowel(c) ? VOWEL + 2 : EDIT;
}

/* ---- how a name sounds ---- */

/* One byte for each letter; æøå as in Latin-1. */
static size_t to_letters(const char *plain, size_t len, unsigned char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n < FOLDED_MOST; i++) {
        unsigned char c = (unsigned char)plain[i];
        if (c == 0xC3 && i + 1 < len && strchr("\xA6\xB8\xA5", plain[i + 1]))
            out[n++] = (unsigned char)(plain[++i] + 0x40);
        else if (c >= 'a' && c <= 'z')
            out[n++] = c;
    }
    return n;
}

static bool is_pair(const unsigned char *at, size_t left, const char *pair)
{
    return left >= 2 && at[0] == (unsigned char)pair[0] && at[1] == (unsigned char)pair[1];
}

/* The letter that a group at `at` sounds like; *used is how many letters it takes. 0: none is heard. */
static unsigned char heard(const unsigned char *at, size_t left, bool first, size_t *used)
{
    static const struct {
        const char *pair;
        unsigned char sound;
    } pairs[] = {{"aa", 0xE5}, {"ae", 0xE6}, {"oe", 0xF8}, {"hv", 'v'}, {"hj", 'j'}, {"gj", 'j'},
                 {"ck", 'k'},  {"ph", 'f'},  {"th", 't'},  {"nd", 'n'}, {"ld", 'l'}, {"dt", 't'},
                 {"rd", 'r'},  {"kv", 'q'},  {"qu", 'q'},  {"gh", 'g'}, {"ch", 'k'}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (is_pair(at, left, pairs[i].pair)) {
            *used = 2;
            return pairs[i].sound;
        }
    *used = 1;
    switch (at[0]) {
    case 'c':
        return 'k';
    case 'w':
        return 'v';
    case 'z':
        return 's';
    case 'x':
        return 'k';
    case 'h':
        return first || left > 1 ? 'h' : 0;
    default:
        return at[0];
    }
}

static size_t fold_sound(const char *plain, size_t len, unsigned char *out)
{
    unsigned char letters[FOLDED_MOST];
    size_t n = to_letters(plain, len, letters), made = 0, used;
    for (size_t i = 0; i < n; i += used) {
        unsigned char sound = heard(letters + i, n - i, i == 0, &used);
        if (sound && (!made || out[made - 1] != sound)) /* doubled letters are one */
            out[made++] = sound;
    }
    return made;
}

/* a … z, æ, ø, å as 0 … 28. */
static unsigned letter_number(unsigned char c)
{
    return c < 0x80 ? c - (unsigned)'a' : c == 0xE6 ? 26U : c == 0xF8 ? 27U : 28U;
}

/* A bit for each letter; å counts as o and æ as e, which differ by less than any edit costs. */
static uint32_t letter_set(const unsigned char *letters, size_t len)
{
    uint32_t set = 0;
    for (size_t i = 0; i < len; i++)
        set |= 1U << letter_number(letters[i] == 0xE5 ? 'o' : letters[i] == 0xE6 ? 'e' : letters[i]);
    return set;
}

/* What a name's obscurity adds: people seldom misspell a hamlet's name into a town's. */
static int obscurity(const struct name *name)
{
    const struct place *p = name->places;
    if (name->caution)
        return 6;
    if (p->precision == PRECISION_KOMMUNE || p->population >= 5000)
        return 0;
    return p->population >= 1000 || p->precision == PRECISION_REGION ? 1 : 3;
}

static void fill_costs(struct sounds *s)
{
    static const unsigned char letters[] = "abcdefghijklmnopqrstuvwxyz\xE6\xF8\xE5";
    for (size_t a = 0; letters[a]; a++) {
        s->lost[letters[a]] = (uint8_t)lost(letters[a]);
        for (size_t b = 0; letters[b]; b++)
            s->replaced[letter_number(letters[a])][letter_number(letters[b])] = (uint8_t)replaced(letters[a],
                                                                                                  letters[b]);
    }
}

static void index_sound(struct gazetteer *g, struct name *name, const unsigned char *sound, size_t len)
{
    struct sounds *s = &g->sounds;
    s->letters[s->count] = letter_set(sound, len);
    s->lens[s->count] = (uint8_t)len;
    s->obscurity[s->count] = (uint8_t)obscurity(name);
    s->begin[s->count][0] = sound[0];
    s->begin[s->count][1] = sound[1];
    s->folded[s->count] = arena_strndup(&g->arena, (const char *)sound, len);
    s->names[s->count++] = name;
}

/* `Harstad` is heard as `hastad` too: in much of the country `rs` is one sound. True when there is one. */
static bool without_r(unsigned char *sound, size_t *len)
{
    for (size_t i = 1; i + 1 < *len; i++)
        if (sound[i] == 'r' && sound[i + 1] == 's') {
            memmove(sound + i, sound + i + 1, *len - i - 1);
            (*len)--;
            return true;
        }
    return false;
}

void sounds_index(struct gazetteer *g)
{
    struct sounds *s = &g->sounds;
    size_t most = 2 * g->n_names + 1;
    s->letters = mem_new(most, sizeof *s->letters);
    s->lens = mem_new(most, sizeof *s->lens);
    s->obscurity = mem_new(most, sizeof *s->obscurity);
    s->begin = mem_new(most, sizeof *s->begin);
    fill_costs(s);
    s->folded = mem_new(most, sizeof *s->folded);
    s->names = mem_new(most, sizeof *s->names);
    for (size_t i = 0; i < g->n_names; i++) {
        unsigned char sound[FOLDED_MOST];
        struct name *name = g->all_names[i];
        size_t len = fold_sound(name->plain, name->len, sound);
        if (len < SHORTEST - 1 || name->len > FOLDED_MOST)
            continue;
        index_sound(g, name, sound, len);
        if (without_r(sound, &len))
            index_sound(g, name, sound, len);
    }
}

/* ---- how far apart ---- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Weighted optimal string alignment; anything above `most` may come back as any number above it. */
static int distance(const struct sounds *s, const unsigned char *a, size_t a_len, const unsigned char *b,
                    size_t b_len, int most)
{
    int rows[3][FOLDED_MOST + 1];
    int *before = rows[0], *last = rows[1], *now = rows[2], last_least = 0;
    last[0] = 0;
    for (size_t j = 1; j <= b_len; j++)
        last[j] = last[j - 1] + s->lost[b[j - 1]];
    for (size_t i = 1; i <= a_len; i++) {
        const uint8_t *costs = s->replaced[letter_number(a[i - 1])];
        now[0] = last[0] + s->lost[a[i - 1]];
        int row_least = now[0];
        for (size_t j = 1; j <= b_len; j++) {
            int first = i == 1 && j == 1 && a[0] != b[0] ? FIRST : 0;
            now[j] = last[j - 1] + costs[letter_number(b[j - 1])] + first;
            now[j] = least(now[j], least(last[j] + s->lost[a[i - 1]], now[j - 1] + s->lost[b[j - 1]]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + SWAP);
            row_least = least(row_least, now[j]);
        }
        if (row_least > most && last_least > most) /* a swap reaches back two rows */
            return most + 1;
        last_least = row_least;
        int *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b_len];
}

/* ---- the likeliest name ---- */

/* The longer the word, the more may be wrong with it. */
static int allowed(size_t len)
{
    static const int by_length[] = {0, 0, 0, 2, 7, 10, 13, 17};
    return len < sizeof by_length / sizeof *by_length ? by_length[len] : 21;
}

static bool same_place(const struct name *a, const struct name *b)
{
    return a->places->kommune == b->places->kommune;
}

/* What the edits from one to the other cost at least: a letter that only one of them has must go or change.
 */
static int at_least(const struct sounds *s, size_t i, uint32_t letters, size_t len)
{
    int mine = __builtin_popcount(letters & ~s->letters[i]),
        its = __builtin_popcount(s->letters[i] & ~letters);
    int longer = (int)s->lens[i] - (int)len;
    int edits = mine > its ? mine : its, lengths = longer < 0 ? -longer : longer;
    return s->obscurity[i] + (edits > lengths ? edits * CHEAPEST : lengths * (VOWEL + 1));
}

/* The first letter is right, sounds like it, is missing, or changed places with the second. */
static bool may_begin(const struct sounds *s, size_t i, const unsigned char *word)
{
    const unsigned char *name = s->begin[i];
    return name[0] == word[0] || name[1] == word[0] || name[0] == word[1] ||
           s->replaced[letter_number(name[0])][letter_number(word[0])] < EDIT;
}

struct best {
    const struct name *name;
    int cost, second; /* second: of the best name of another place */
};

static void keep_better(struct best *best, const struct name *name, int cost)
{
    if (cost < best->cost) {
        if (best->name && !same_place(best->name, name))
            best->second = best->cost;
        best->cost = cost;
        best->name = name;
    } else if (best->name && cost < best->second && !same_place(best->name, name)) {
        best->second = cost;
    }
}

struct spelling gazetteer_spell(const struct gazetteer *g, const char *plain, size_t len, double most)
{
    const struct sounds *s = &g->sounds;
    unsigned char sound[FOLDED_MOST];
    size_t n = len <= 2 * FOLDED_MOST ? fold_sound(plain, len, sound) : 0;
    if (n < SHORTEST - 1)
        return (struct spelling){NULL, 0};
    int limit = least((int)(most * 10 + 0.5), allowed(n)), worth = limit;
    uint32_t letters = letter_set(sound, n);
    struct best best = {NULL, limit + 1, INT_MAX};
    for (size_t i = 0; i < s->count; i++) {
        const unsigned char *folded = (const unsigned char *)s->folded[i];
        if (!may_begin(s, i, sound) || at_least(s, i, letters, n) > worth)
            continue;
        int dearest = worth - s->obscurity[i];
        int cost = distance(s, sound, n, folded, s->lens[i], dearest) + s->obscurity[i];
        keep_better(&best, s->names[i], cost);
        worth = least(limit, best.cost + NEAR_TIE); /* dearer ones change nothing */
    }
    if (!best.name || best.cost > limit)
        return (struct spelling){NULL, 0};
    int tie = best.second - best.cost <= NEAR_TIE ? TIE_ASKS : 0;
    return (struct spelling){best.name->places, least(best.cost + tie, limit) / 10.0};
}
