/* `selvhjelpsctl patterns FILE…`: how long it takes to understand a message, and the slowest patterns. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "understand.h"

enum { LARGEST_FILE = 8 * 1024 * 1024, SLOWEST = 10, ROUNDS = 3 };

struct message {
    const char *written;
    size_t len;
    struct text text;       /* as the patterns see it */
    const uint8_t *indexed; /* a bit for each pattern that the index lets see it */
};

struct trial {
    const struct dataset *data;
    struct message *list;
    size_t count, cap;
    struct arena arena;
};

/* One pattern over all messages. */
struct speed {
    const char *file;
    int line;
    double us; /* a message, in the fastest round */
    size_t indexed, matched;
};

/* ---- reading ---- */

static void add_message(struct trial *t, const char *written, size_t len)
{
    MEM_ROOM(t->list, t->count, t->cap);
    struct message *m = &t->list[t->count++];
    m->written = arena_strndup(&t->arena, written, len);
    m->len = len;
    m->text = understand_text(t->data->intents, t->data->gazetteer, m->written, len, &t->arena);
    m->indexed = intents_indexed(t->data->intents, &m->text, &t->arena);
}

static void read_messages(struct trial *t, const char *path, struct err *err)
{
    struct buf text = BUF_INIT(LARGEST_FILE);
    const char *at, *end, *line;
    size_t len;
    if (file_read(path, &text, err)) {
        buf_free(&text);
        return;
    }
    at = buf_str(&text);
    end = at + text.len;
    for (int number = 1; file_next_line(&at, end, &line, &len); number++) {
        if (!len || line[0] == '#')
            continue;
        const char *behind = line + len, *tab = memchr(line, '\t', len);
        tab = tab ? memchr(tab + 1, '\t', (size_t)(behind - tab - 1)) : NULL;
        if (tab)
            add_message(t, tab + 1, (size_t)(behind - tab - 1));
        else
            err_at(err, path, number, "not label<TAB>variety<TAB>message");
    }
    buf_free(&text);
}

/* ---- measuring ---- */

static double us_since(int64_t ns)
{
    return (double)(clock_mono_ns() - ns) / 1000;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The second run over all messages counts; the first one warms up. */
static void print_understanding(const struct trial *t)
{
    double *times = mem_new(t->count, sizeof *times), sum = 0;
    struct arena arena = ARENA_INIT;
    for (size_t i = 0; i < 2 * t->count; i++) {
        const struct message *m = &t->list[i % t->count];
        struct understood understood;
        int64_t start = clock_mono_ns();
        understand(t->data->intents, t->data->gazetteer, m->written, m->len, false, false, &arena,
                   &understood);
        times[i % t->count] = us_since(start);
        arena_reset(&arena);
    }
    for (size_t i = 0; i < t->count; i++)
        sum += times[i];
    qsort(times, t->count, sizeof *times, by_value);
    printf("understanding a message: mean %.1f µs, 99th percentile %.1f µs (%zu messages)\n",
           sum / (double)t->count, times[(t->count - 1) * 99 / 100], t->count);
    arena_free(&arena);
    free(times);
}

static void measure_pattern(const struct trial *t, size_t number, struct speed *speed)
{
    for (size_t i = 0; i < t->count; i++)
        speed->indexed += t->list[i].indexed[number / 8] >> number % 8 & 1;
    for (int round = 0; round < ROUNDS; round++) {
        size_t matched = 0;
        int64_t start = clock_mono_ns();
        for (size_t i = 0; i < t->count; i++)
            matched += intents_match_alone(t->data->intents, number, &t->list[i].text);
        double us = us_since(start) / (double)t->count;
        if (round == 0 || us < speed->us)
            speed->us = us;
        speed->matched = matched;
    }
}

static int slower_first(const void *a, const void *b)
{
    const struct speed *x = a, *y = b;
    return (x->us < y->us) - (x->us > y->us);
}

static void print_patterns(const struct trial *t)
{
    struct speed *list = NULL, speed = {.us = 0};
    size_t count = 0, cap = 0;
    while ((speed.file = intents_pattern(t->data->intents, count, &speed.line))) {
        MEM_ROOM(list, count, cap);
        list[count] = speed;
        measure_pattern(t, count, &list[count]);
        count++;
    }
    if (count)
        qsort(list, count, sizeof *list, slower_first);
    printf("µs a message   indexed   matched   the slowest of %zu patterns, each alone over every message\n",
           count);
    for (size_t i = 0; i < count && i < SLOWEST; i++)
        printf("%12.2f %9zu %9zu   %s:%d\n", list[i].us, list[i].indexed, list[i].matched, list[i].file,
               list[i].line);
    free(list);
}

int ctl_patterns(struct ctl *ctl, int argc, char **argv)
{
    if (argc < 2)
        return ctl_usage("patterns FILE…   (label<TAB>variety<TAB>message, one a line)");
    struct err err = {.count = 0};
    struct trial trial = {.data = ctl_dataset(ctl), .arena = ARENA_INIT};
    for (int i = 1; i < argc; i++)
        read_messages(&trial, argv[i], &err);
    if (!err.count && !trial.count)
        err_at(&err, argv[1], 0, "holds no message");
    if (!err.count) {
        print_understanding(&trial);
        print_patterns(&trial);
    }
    fprintf(stderr, "%s", err.text);
    free(trial.list);
    arena_free(&trial.arena);
    return err.count ? 1 : 0;
}
