#include "ctl/lessons.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "understand.h"

enum { LARGEST_FILE = 8 * 1024 * 1024 };

struct reading {
    struct lessons *lessons;
    enum lessons_of of;
    const struct intents *intents;
    const struct gazetteer *gazetteer;
};

static void keep_lesson(struct lessons *l, const char *key, struct lesson lesson)
{
    if (!*key || map_get(&l->seen, key, strlen(key)))
        return;
    lesson.label = arena_strdup(&l->arena, lesson.label);
    MEM_ROOM(l->list, l->count, l->cap);
    l->list[l->count++] = lesson;
    map_put(&l->seen, key, strlen(key), l);
}

static void add_lesson(struct reading *r, const char *label, bool held, bool reject, const char *message,
                       size_t len)
{
    struct text text = understand_text(r->intents, r->gazetteer, message, len, &r->lessons->arena);
    keep_lesson(r->lessons, text.canon, (struct lesson){label, held, reject, text});
}

/* The language of a message: its variety, or for a dialect what its telling words say clearly. */
static const char *language_of_lesson(const char *variety, const struct text *text)
{
    enum { CLEAR = 3 };
    int lead;
    enum language language = language_of(text, &lead);
    if (strcmp(variety, "dia") == 0)
        return lead >= CLEAR ? language_code(language) : NULL;
    bool own = strcmp(variety, "nb") == 0 || strcmp(variety, "nn") == 0 || strcmp(variety, "en") == 0;
    return own ? variety : NULL;
}

static void add_language(struct reading *r, const char *variety, const char *message, size_t len)
{
    struct text text = understand_text(r->intents, r->gazetteer, message, len, &r->lessons->arena);
    const char *language = language_of_lesson(variety, &text);
    if (language) /* the canonical text has one form for both languages */
        keep_lesson(r->lessons, text.plain, (struct lesson){language, false, false, text_as_written(&text)});
}

/* label<TAB>variety<TAB>message */
static void add_line(struct reading *r, const char *line, size_t len)
{
    char label[64], variety[8];
    const char *end = line + len, *tab = memchr(line, '\t', len);
    const char *second = tab ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : NULL;
    if (!second || line[0] == '#' || tab - line >= (ptrdiff_t)sizeof label ||
        second - tab > (ptrdiff_t)sizeof variety)
        return;
    snprintf(label, sizeof label, "%.*s", (int)(tab - line), line);
    snprintf(variety, sizeof variety, "%.*s", (int)(second - tab - 1), tab + 1);
    if (r->of == LESSONS_OF_LANGUAGE)
        add_language(r, variety, second + 1, (size_t)(end - second - 1));
    else
        add_lesson(r, label, false, false, second + 1, (size_t)(end - second - 1));
}

static void add_examples(struct reading *r)
{
    for (size_t i = 0; i < intents_count(r->intents); i++) {
        const struct intent *intent = intents_at(r->intents, i);
        for (size_t k = 0; k < intent->n_examples; k++)
            add_lesson(r, intent->label, true, false, intent->examples[k].text,
                       strlen(intent->examples[k].text));
    }
}

/* Behind everything else: a message that stands somewhere with its label says more. */
static void add_rejects(struct reading *r)
{
    for (size_t i = 0; i < intents_count(r->intents); i++) {
        const struct intent *intent = intents_at(r->intents, i);
        for (size_t k = 0; k < intent->n_rejects; k++)
            add_lesson(r, intent->label, true, true, intent->rejects[k].text,
                       strlen(intent->rejects[k].text));
    }
}

static int add_file(struct reading *r, const char *path, struct err *err)
{
    struct buf text = BUF_INIT(LARGEST_FILE);
    int rc = file_read(path, &text, err);
    const char *at = buf_str(&text), *end = at + text.len, *line;
    size_t len;
    while (rc == 0 && file_next_line(&at, end, &line, &len))
        add_line(r, line, len);
    buf_free(&text);
    return rc;
}

int lessons_read(struct lessons *lessons, enum lessons_of of, const struct intents *intents,
                 const struct gazetteer *gazetteer, char **files, size_t n_files, struct err *err)
{
    struct reading r = {lessons, of, intents, gazetteer};
    int rc = 0;
    memset(lessons, 0, sizeof *lessons);
    if (of == LESSONS_OF_LABELS)
        add_examples(&r);
    for (size_t i = 0; i < n_files && rc == 0; i++)
        rc = add_file(&r, files[i], err);
    if (of == LESSONS_OF_LABELS)
        add_rejects(&r);
    return rc;
}

void lessons_free(struct lessons *lessons)
{
    free(lessons->list);
    map_free(&lessons->seen);
    arena_free(&lessons->arena);
}

bool lesson_is_crisis(const struct lesson *lesson)
{
    return strncmp(lesson->label, "krise_", 6) == 0;
}
