#include "text/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/normalise.h"

enum { LARGEST_FILE = 1024 * 1024, LONGEST_WORD = 40, SHORTEST_SPELLED = 6 };

struct entry {
    const char *form, *canon;
    size_t form_len;
    int line;
    bool target;        /* spelling may lead here */
    bool made;          /* by the loader, from a form with æøå */
    struct entry *next; /* in the list of a deletion key */
};

/* One key of the spelling index: a known word with one letter taken out leads to that word (the idea of
 * W. Garbe's SymSpell: equal deletions of both words find every pair within one edit). */
struct deletion {
    struct entry *entry;
    struct deletion *next;
};

struct words {
    struct arena arena;
    struct map forms;     /* form → entry */
    struct map first;     /* first word of a form of several words → entry */
    struct map deletions; /* word with a letter less → deletion list */
    struct entry **entries;
    size_t count, cap;
};

static struct entry *find(const struct words *words, const char *form, size_t len)
{
    return map_get(&words->forms, form, len);
}

static struct entry *add_entry(struct words *words, const char *form, size_t len, const char *canon, int line)
{
    struct entry *entry = arena_alloc(&words->arena, sizeof *entry);
    entry->form = arena_strndup(&words->arena, form, len);
    entry->form_len = len;
    entry->canon = canon;
    entry->line = line;
    map_put(&words->forms, entry->form, len, entry);
    const char *space = memchr(entry->form, ' ', len);
    if (space)
        map_put(&words->first, entry->form, (size_t)(space - entry->form), entry);
    MEM_ROOM(words->entries, words->count, words->cap);
    words->entries[words->count++] = entry;
    return entry;
}

/* ---- loading ---- */

struct rule {
    const char *path;
    int line;
    struct err *err;
};

static bool next_token(const char **at, const char *end, const char **token, size_t *len)
{
    while (*at < end && (**at == ' ' || **at == '\t'))
        (*at)++;
    *token = *at;
    while (*at < end && **at != ' ' && **at != '\t')
        (*at)++;
    *len = (size_t)(*at - *token);
    return *len > 0;
}

/* A form as it stands in the file (`selv+hjelp`) is claimed for `canon`; the same claim twice does no harm.
 */
static void claim(struct words *words, const struct rule *rule, const char *token, size_t len,
                  const char *canon, bool target)
{
    char form[3 * LONGEST_WORD];
    if (len >= sizeof form) {
        err_at(rule->err, rule->path, rule->line, "a form is longer than %d bytes", 3 * LONGEST_WORD - 1);
        return;
    }
    for (size_t i = 0; i < len; i++)
        form[i] = token[i] == '+' ? ' ' : token[i];
    struct entry *old = find(words, form, len);
    if (old && strcmp(old->canon, canon)) {
        err_at(rule->err, rule->path, rule->line,
               "\"%.*s\" already folds to \"%s\" in line %d; a form can have one meaning only", (int)len,
               form, old->canon, old->line);
        return;
    }
    struct entry *entry = old ? old : add_entry(words, form, len, canon, rule->line);
    entry->target = entry->target || target;
}

static void read_list(struct words *words, const struct rule *rule, const char *at, const char *end,
                      bool target)
{
    const char *token;
    size_t len;
    while (next_token(&at, end, &token, &len))
        claim(words, rule, token, len, arena_strndup(&words->arena, token, len), target);
}

static void read_fold(struct words *words, const struct rule *rule, const char *line, const char *arrow,
                      const char *end)
{
    const char *token, *at = line;
    size_t len;
    struct buf canon = BUF_INIT(200);
    while (next_token(&at, arrow, &token, &len)) {
        if (canon.len)
            buf_add_char(&canon, ' ');
        buf_add(&canon, token, len);
    }
    if (!canon.len || buf_done(&canon)) {
        err_at(rule->err, rule->path, rule->line, "write: canonical word <- form form …");
    } else {
        const char *kept = arena_strdup(&words->arena, buf_str(&canon));
        if (!strchr(kept, ' '))
            claim(words, rule, kept, strlen(kept), kept, true);
        for (at = arrow + 2; next_token(&at, end, &token, &len);)
            claim(words, rule, token, len, kept, true);
    }
    buf_free(&canon);
}

static void read_line(struct words *words, const struct rule *rule, const char *line, size_t len)
{
    const char *hash = memchr(line, '#', len);
    const char *end = hash ? hash : line + len;
    const char *arrow = memmem(line, (size_t)(end - line), "<-", 2);
    const char *token, *at = line;
    size_t token_len;
    if (arrow) {
        read_fold(words, rule, line, arrow, end);
        return;
    }
    if (!next_token(&at, end, &token, &token_len))
        return;
    if (token_len == 5 && memcmp(token, "known", 5) == 0)
        read_list(words, rule, at, end, true);
    else if (token_len == 4 && memcmp(token, "keep", 4) == 0)
        read_list(words, rule, at, end, false);
    else
        err_at(rule->err, rule->path, rule->line, "a line is `word <- forms`, `known words` or `keep words`");
}

/* ---- forms without æøå ---- */

enum { SPELLINGS = 2 };
static const struct {
    const char *letter, *ascii[SPELLINGS];
} without[] = {{"æ", {"ae", "e"}}, {"ø", {"oe", "o"}}, {"å", {"aa", "a"}}};

static size_t write_without(const char *form, size_t len, int spelling, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        bool replaced = false;
        for (size_t k = 0; k < 3 && !replaced; k++)
            if (i + 1 < len && memcmp(form + i, without[k].letter, 2) == 0) {
                for (const char *c = without[k].ascii[spelling]; *c; c++)
                    out[n++] = *c;
                i += 2;
                replaced = true;
            }
        if (!replaced)
            out[n++] = form[i++];
    }
    return n;
}

/* A made form of one or two letters would catch too much (`å` must not make `a` mean it). */
static void add_forms_without(struct words *words)
{
    size_t count = words->count;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = words->entries[i];
        for (int spelling = 0; spelling < SPELLINGS; spelling++) {
            char form[3 * LONGEST_WORD];
            size_t len = write_without(entry->form, entry->form_len, spelling, form);
            if (len < 3 && spelling > 0)
                continue;
            if (len < 2 || (len == entry->form_len && memcmp(form, entry->form, len) == 0))
                continue;
            if (!find(words, form, len))
                add_entry(words, form, len, entry->canon, entry->line)->made = true;
        }
    }
}

/* ---- spelling ---- */

static size_t letter_size(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static size_t letters(const char *word, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i += letter_size((unsigned char)word[i]))
        count++;
    return count;
}

/* The word with the letter at byte `at` taken out; the length of it. */
static size_t without_letter(const char *word, size_t len, size_t at, char *out)
{
    size_t size = letter_size((unsigned char)word[at]);
    if (at + size > len)
        size = len - at;
    memcpy(out, word, at);
    memcpy(out + at, word + at + size, len - at - size);
    return len - size;
}

static void index_key(struct words *words, const char *key, size_t len, struct entry *entry)
{
    struct deletion *old = map_get(&words->deletions, key, len);
    struct deletion *deletion = arena_alloc(&words->arena, sizeof *deletion);
    deletion->entry = entry;
    if (old) {
        deletion->next = old->next;
        old->next = deletion;
    } else {
        map_put(&words->deletions, arena_strndup(&words->arena, key, len), len, deletion);
    }
}

static void index_spelling(struct words *words)
{
    char key[LONGEST_WORD + 1];
    for (size_t i = 0; i < words->count; i++) {
        struct entry *entry = words->entries[i];
        if (!entry->target || entry->made || entry->form_len > LONGEST_WORD ||
            memchr(entry->form, ' ', entry->form_len) ||
            letters(entry->form, entry->form_len) < SHORTEST_SPELLED)
            continue;
        index_key(words, entry->form, entry->form_len, entry);
        for (size_t at = 0; at < entry->form_len; at += letter_size((unsigned char)entry->form[at]))
            index_key(words, key, without_letter(entry->form, entry->form_len, at, key), entry);
    }
}

/* Whether two words differ by at most one insertion, deletion, change or swap of neighbours. */
static bool within_one_edit(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t head = 0, tail = 0;
    while (head < a_len && head < b_len && a[head] == b[head])
        head++;
    while (head && ((unsigned char)a[head] & 0xC0) == 0x80)
        head--; /* back to the start of a letter */
    while (tail < a_len - head && tail < b_len - head && a[a_len - 1 - tail] == b[b_len - 1 - tail])
        tail++;
    while (tail && ((unsigned char)a[a_len - tail] & 0xC0) == 0x80)
        tail--;
    const char *x = a + head, *y = b + head;
    size_t x_len = a_len - head - tail, y_len = b_len - head - tail;
    size_t x_letters = letters(x, x_len), y_letters = letters(y, y_len);
    if (x_letters <= 1 && y_letters <= 1)
        return true;
    if (x_letters != 2 || y_letters != 2 || x_len != y_len)
        return false;
    size_t x_first = letter_size((unsigned char)x[0]), y_first = letter_size((unsigned char)y[0]);
    return x_first == y_len - y_first && memcmp(x, y + y_first, x_first) == 0 &&
           memcmp(x + x_first, y, y_first) == 0;
}

struct spelling {
    const char *word;
    size_t len;
    const char *found;
    bool several;
};

static void try_key(const struct words *words, const char *key, size_t len, struct spelling *spelling)
{
    for (struct deletion *d = map_get(&words->deletions, key, len); d; d = d->next) {
        const struct entry *entry = d->entry;
        if (entry->form[0] != spelling->word[0] ||
            !within_one_edit(spelling->word, spelling->len, entry->form, entry->form_len))
            continue;
        if (spelling->found && strcmp(spelling->found, entry->canon))
            spelling->several = true;
        spelling->found = entry->canon;
    }
}

const char *words_spell(const struct words *words, const char *word, size_t len)
{
    if (len > LONGEST_WORD || letters(word, len) < SHORTEST_SPELLED)
        return NULL;
    char key[LONGEST_WORD + 1];
    struct spelling spelling = {word, len, NULL, false};
    try_key(words, word, len, &spelling);
    for (size_t at = 0; at < len; at += letter_size((unsigned char)word[at]))
        try_key(words, key, without_letter(word, len, at, key), &spelling);
    return spelling.several ? NULL : spelling.found;
}

/* ---- public ---- */

struct words *words_load(const char *path, struct err *err)
{
    unsigned before = err->count;
    struct words *words = mem_new(1, sizeof *words);
    struct buf text = BUF_INIT(LARGEST_FILE);
    struct rule rule = {path, 0, err};
    if (file_read(path, &text, err) == 0) {
        const char *at = buf_str(&text), *end = at + text.len, *line;
        size_t len;
        if (!text_valid(at, text.len))
            err_at(err, path, 0, "is not UTF-8 text");
        while (file_next_line(&at, end, &line, &len)) {
            rule.line++;
            read_line(words, &rule, line, len);
        }
    }
    buf_free(&text);
    if (err->count != before) {
        words_free(words);
        return NULL;
    }
    add_forms_without(words);
    index_spelling(words);
    return words;
}

void words_free(struct words *words)
{
    if (!words)
        return;
    map_free(&words->forms);
    map_free(&words->first);
    map_free(&words->deletions);
    free(words->entries);
    arena_free(&words->arena);
    free(words);
}

const char *words_fold(const struct words *words, const char *form, size_t len)
{
    struct entry *entry = find(words, form, len);
    return entry ? entry->canon : NULL;
}

bool words_starts_several(const struct words *words, const char *word, size_t len)
{
    return map_get(&words->first, word, len) != NULL;
}

size_t words_count(const struct words *words)
{
    return words->count;
}
