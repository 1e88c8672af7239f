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
    const struct intents *intents;
    const struct gazetteer *gazetteer;
};

static void add_lesson(struct reading *r, const char *label, bool held, bool reject, const char *message,
                       size_t len)
{
    struct lessons *l = r->lessons;
    struct text text = understand_text(r->intents, r->gazetteer, message, len, &l->arena);
    if (!text.canon_len || map_get(&l->seen, text.canon, text.canon_len))
        return;
    MEM_ROOM(l->list, l->count, l->cap);
    l->list[l->count++] = (struct lesson){arena_strdup(&l->arena, label), held, reject, text};
    map_put(&l->seen, text.canon, text.canon_len, l);
}

static void add_line(struct reading *r, const char *line, size_t len)
{
    char label[64];
    const char *tab = memchr(line, '\t', len);
    const char *message = tab ? memchr(tab + 1, '\t', (size_t)(line + len - tab - 1)) : NULL;
    if (!message || line[0] == '#' || tab - line >= (ptrdiff_t)sizeof label)
        return;
    memcpy(label, line, (size_t)(tab - line));
    label[tab - line] = '\0';
    add_lesson(r, label, false, false, message + 1, (size_t)(line + len - message - 1));
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

int lessons_read(struct lessons *lessons, const struct intents *intents, const struct gazetteer *gazetteer,
                 char **files, size_t n_files, struct err *err)
{
    struct reading r = {lessons, intents, gazetteer};
    int rc = 0;
    memset(lessons, 0, sizeof *lessons);
    add_examples(&r);
    for (size_t i = 0; i < n_files && rc == 0; i++)
        rc = add_file(&r, files[i], err);
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
