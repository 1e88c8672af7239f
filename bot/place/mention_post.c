/* Four digits that are a postal code, and those that are not: years, sums, clock times, telephone numbers. */
#include <string.h>

#include "place/finder.h"

static bool is_number(const struct finder *f, size_t i)
{
    size_t len;
    if (i >= f->n_words)
        return false;
    const char *word = finder_word(f, i, &len);
    return strspn(word, "0123456789") >= len;
}

static bool is_code(const char *word, size_t len)
{
    return len == 4 && strspn(word, "0123456789") >= 4;
}

/* The post town, or one of its kommune's names, stands at word `i`: how many words long, 0 when it does not.
 */
static size_t town_at(const struct finder *f, size_t i, const struct place *post)
{
    const char *town = text_plain(post->name + 5, f->arena);
    for (size_t n = 3; n >= 1; n--) {
        if (i + n > f->n_words)
            continue;
        const struct word *first = &f->text->words[i], *last = &f->text->words[i + n - 1];
        size_t len = last->at + last->len - first->at;
        const char *words = f->text->plain + first->at;
        if (strlen(town) == len && memcmp(town, words, len) == 0)
            return n;
        for (const struct place *p = gazetteer_find(f->gazetteer, words, len); p; p = p->next)
            if (p->kommune && p->kommune == post->kommune)
                return n;
    }
    return 0;
}

/* `22 59 13 00`, `9012 3456`, `12 000`: a number beside a number is no postal code. */
static bool among_numbers(const struct finder *f, size_t i)
{
    bool before = i > 0 && !f->text->words[i].mark_before && is_number(f, i - 1);
    return before || (is_number(f, i + 1) && !f->text->words[i + 1].mark_before);
}

bool finder_post(struct finder *f, size_t i, size_t *used)
{
    size_t len;
    const char *word = finder_word(f, i, &len);
    const struct place *post = is_code(word, len) ? gazetteer_post(f->gazetteer, word) : NULL;
    if (!post || among_numbers(f, i) || finder_is(f, i + 1, CUE_UNIT))
        return false;
    size_t town = town_at(f, i + 1, post);
    bool year = (word[0] == '1' && word[1] == '9') || (word[0] == '2' && word[1] == '0');
    bool cue = finder_before(f, i, 2, CUE_POST) || (i > 0 && finder_is(f, i - 1, CUE_POST)) ||
               (finder_is(f, i + 1, CUE_BE) && finder_is(f, i + 2, CUE_POST));
    bool placed = finder_placed(f, i, CUE_LOCATIVE) || finder_is(f, i > 0 ? i - 1 : f->n_words, CUE_LIVE);
    bool lives = finder_before(f, i, 3, CUE_LIVE | CUE_SEEK);
    bool other = finder_before(f, i, 4, CUE_BEFORE_NUMBER) && !cue;
    enum { FEW_WORDS = 3, SOME_WORDS = 6 };
    bool alone = f->n_words <= (f->asked ? SOME_WORDS : year ? 1 : FEW_WORDS) || (i == 0 && !year);
    bool sentence_end = finder_ends_clause(f, i) && !year;
    if (!town && !cue && (other || !(alone || ((placed || lives) && (!year || lives)) || sentence_end)))
        return false;
    finder_add(f, i, 1 + town, post, false);
    struct mention *mention = f->found->count ? &f->found->list[f->found->count - 1] : NULL;
    if (mention && mention->at == i && mention->role == ROLE_NAMED)
        mention->role = ROLE_HOME; /* nobody writes another's postal code */
    *used = 1 + town;
    return true;
}
