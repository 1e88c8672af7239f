/* Learns the care model from labelled messages (label<TAB>variety<TAB>message) and writes it; `make
 * care-model`. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/lessons.h"
#include "text/care_model.h"
#include "text/features.h"
#include "text/intents.h"
#include "text/normalise.h"

/* Share of non-crisis messages, none of which the model has seen, that may come out as possible. */
static const double false_alarms = 0.06;
enum { FOLDS = 5 };

struct course {
    struct care_lesson *list;
    double *scores; /* each lesson's, from a model that did not see it */
    size_t count;
    struct arena arena;
};

static void prepare(struct course *c, const struct lessons *lessons)
{
    uint16_t features[FEATURES_MOST];
    c->list = mem_new(lessons->count, sizeof *c->list);
    for (size_t i = 0; i < lessons->count; i++) {
        if (lessons->list[i].reject && lesson_is_crisis(&lessons->list[i]))
            continue; /* perhaps another crisis */
        struct care_lesson *lesson = &c->list[c->count++];
        lesson->crisis = !lessons->list[i].reject && lesson_is_crisis(&lessons->list[i]);
        lesson->count = features_of(lessons->list[i].text.canon, features);
        lesson->features = arena_alloc(&c->arena, (lesson->count + 1) * sizeof *features);
        memcpy(lesson->features, features, lesson->count * sizeof *features);
    }
}

/* Scores every lesson by a model learned from the other folds. */
static void cross_validate(struct course *l)
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

static double share_above(const struct course *l, bool crisis, double threshold)
{
    size_t all = 0, above = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->list[i].crisis == crisis) {
            all++;
            above += l->scores[i] >= threshold;
        }
    return all ? (double)above / (double)all : 0;
}

static double choose_threshold(const struct course *l)
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
    struct lessons lessons;
    struct course course = {.count = 0};
    struct dataset *data = ctl_dataset(ctl);
    if (lessons_read(&lessons, LESSONS_OF_LABELS, data->intents, data->gazetteer, argv + 2, (size_t)argc - 2,
                     &err) == 0) {
        prepare(&course, &lessons);
        cross_validate(&course);
        struct care_model *model = care_model_learn(course.list, course.count);
        care_model_set_threshold(model, choose_threshold(&course));
        double threshold = care_model_threshold(model);
        printf("%zu messages; by %d-fold cross-validation the model alone finds %.1f %% of the crisis "
               "messages with "
               "%.1f %% false alarms (threshold %.2f)\n",
               course.count, FOLDS, 100 * share_above(&course, true, threshold),
               100 * share_above(&course, false, threshold), threshold);
        care_model_save(model, argv[1], &err);
        care_model_free(model);
    }
    fprintf(stderr, "%s", err.text);
    lessons_free(&lessons);
    free(course.list);
    free(course.scores);
    arena_free(&course.arena);
    return err.count ? 1 : 0;
}
