/* Learns the care model from labelled messages (label<TAB>variety<TAB>message) and writes it; `make
 * care-model`. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/care_model.h"
#include "text/features.h"
#include "text/intents.h"
#include "text/normalise.h"

/* Share of non-crisis messages, none of which the model has seen, that may come out as possible. */
static const double false_alarms = 0.04;
enum { FOLDS = 5, LARGEST_FILE = 8 * 1024 * 1024 };

struct lessons {
    struct care_lesson *list;
    double *scores; /* each lesson's, from a model that did not see it */
    size_t count, cap;
    struct arena arena;
    struct map seen; /* canonical texts: a message that stands in two files must not test itself */
};

static void add_lesson(struct lessons *l, const struct words *words, const char *message, size_t len,
                       bool crisis, struct arena *scratch)
{
    uint16_t features[FEATURES_MOST];
    struct text text = text_normalise(message, len, words, scratch);
    if (map_get(&l->seen, text.canon, text.canon_len)) {
        arena_reset(scratch);
        return;
    }
    MEM_ROOM(l->list, l->count, l->cap);
    struct care_lesson *lesson = &l->list[l->count++];
    lesson->crisis = crisis;
    lesson->count = features_of(text.canon, features);
    lesson->features = arena_alloc(&l->arena, (lesson->count + 1) * sizeof *features);
    memcpy(lesson->features, features, lesson->count * sizeof *features);
    map_put(&l->seen, arena_strndup(&l->arena, text.canon, text.canon_len), text.canon_len, lesson->features);
    arena_reset(scratch);
}

/* `label<TAB>variety<TAB>message` */
static void add_line(struct lessons *l, const struct words *words, const char *line, size_t len,
                     struct arena *scratch)
{
    const char *tab = memchr(line, '\t', len);
    const char *message = tab ? memchr(tab + 1, '\t', (size_t)(line + len - tab - 1)) : NULL;
    if (message && line[0] != '#')
        add_lesson(l, words, message + 1, (size_t)(line + len - message - 1), strncmp(line, "krise_", 6) == 0,
                   scratch);
}

/* The intents' own examples teach too. */
static void add_examples(struct lessons *l, const struct intents *intents)
{
    struct arena scratch = ARENA_INIT;
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        for (size_t k = 0; k < intent->n_examples; k++)
            add_lesson(l, intents_words(intents), intent->examples[k].text, strlen(intent->examples[k].text),
                       intent->class == INTENT_CRISIS, &scratch);
    }
    arena_free(&scratch);
}

static int read_lessons(struct lessons *l, const struct words *words, const char *path, struct err *err)
{
    struct buf text = BUF_INIT(LARGEST_FILE);
    struct arena scratch = ARENA_INIT;
    int rc = file_read(path, &text, err);
    const char *at = buf_str(&text), *end = at + text.len, *line;
    size_t len;
    while (file_next_line(&at, end, &line, &len))
        add_line(l, words, line, len, &scratch);
    arena_free(&scratch);
    buf_free(&text);
    return rc;
}

/* Scores every lesson by a model learned from the other folds. */
static void cross_validate(struct lessons *l)
{
    struct care_lesson *others = mem_new(l->count, sizeof *others);
    l->scores = mem_new(l->count, sizeof *l->scores);
    for (size_t fold = 0; fold < FOLDS; fold++) {
        size_t n = 0;
        for (size_t i = 0; i < l->count; i++)
            if (i % FOLDS != fold)
                others[n++] = l->list[i];
        struct care_model *model = care_model_learn(others, n);
        for (size_t i = fold; i < l->count; i += FOLDS)
            l->scores[i] = care_model_score_features(model, l->list[i].features, l->list[i].count);
        care_model_free(model);
    }
    free(others);
}

static double share_above(const struct lessons *l, bool crisis, double threshold)
{
    size_t all = 0, above = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->list[i].crisis == crisis) {
            all++;
            above += l->scores[i] >= threshold;
        }
    return all ? (double)above / (double)all : 0;
}

static double choose_threshold(const struct lessons *l)
{
    double threshold = 0.05;
    while (threshold < 0.95 && share_above(l, false, threshold) > false_alarms)
        threshold += 0.01;
    return threshold;
}

int ctl_train_care(struct ctl *ctl, int argc, char **argv)
{
    if (argc < 3)
        return ctl_usage("train-care MODEL FILE…");
    struct err err = {.count = 0};
    struct lessons lessons = {.count = 0};
    struct intents *intents = intents_load(settings_text(ctl->settings, "core.intents"), &err);
    if (intents)
        add_examples(&lessons, intents);
    for (int i = 2; intents && i < argc; i++)
        read_lessons(&lessons, intents_words(intents), argv[i], &err);
    if (!err.count) {
        cross_validate(&lessons);
        struct care_model *model = care_model_learn(lessons.list, lessons.count);
        care_model_set_threshold(model, choose_threshold(&lessons));
        double threshold = care_model_threshold(model);
        printf("%zu messages; by %d-fold cross-validation the model alone finds %.1f %% of the crisis "
               "messages with "
               "%.1f %% false alarms (threshold %.2f)\n",
               lessons.count, FOLDS, 100 * share_above(&lessons, true, threshold),
               100 * share_above(&lessons, false, threshold), threshold);
        care_model_save(model, argv[1], &err);
        care_model_free(model);
    }
    fprintf(stderr, "%s", err.text);
    intents_free(intents);
    free(lessons.list);
    free(lessons.scores);
    map_free(&lessons.seen);
    arena_free(&lessons.arena);
    return err.count ? 1 : 0;
}
