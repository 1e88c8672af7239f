/* Learns the label model and the language model from labelled messages (label<TAB>variety<TAB>message) and
 * writes them; `make label-model`, `make language-model`. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/lessons.h"
#include "text/label_model.h"

enum { FOLDS = 5 };

struct course {
    struct label_lesson *list;
    size_t count;
    const char *names[LABELS_MOST];
    size_t n_names;
    struct arena arena;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t number_of(const struct course *c, const char *name)
{
    size_t i = 0;
    while (i < c->n_names && strcmp(c->names[i], name))
        i++;
    return i;
}

static int collect_names(struct course *c, const struct lessons *lessons, struct err *err)
{
    for (size_t i = 0; i < lessons->count; i++)
        if (number_of(c, lessons->list[i].label) == c->n_names) {
            if (c->n_names == LABELS_MOST)
                return err_at(err, "labels", 0, "there are more than %d", LABELS_MOST);
            c->names[c->n_names++] = lessons->list[i].label;
        }
    qsort(c->names, c->n_names, sizeof *c->names, compare_names); /* the same file whatever the order */
    return 0;
}

static void prepare(struct course *c, const struct lessons *lessons)
{
    c->list = mem_new(lessons->count, sizeof *c->list);
    for (size_t i = 0; i < lessons->count; i++) {
        struct label_lesson *lesson = &c->list[c->count++];
        lesson->held = lessons->list[i].held;
        lesson->reject = lessons->list[i].reject;
        lesson->label = number_of(c, lessons->list[i].label);
        lesson->count = label_model_features(&lessons->list[i].text, &c->arena, &lesson->features);
    }
}

static size_t best_label(const struct label_model *model, const struct label_lesson *lesson)
{
    float margins[LABELS_MOST];
    size_t best = 0;
    label_model_score_features(model, lesson->features, lesson->count, margins);
    for (size_t i = 1; i < label_model_count(model); i++)
        if (margins[i] > margins[best])
            best = i;
    return best;
}

/* The share of lessons whose label a model learned from the others finds. */
static double cross_validate(const struct course *c)
{
    struct label_lesson *others = mem_new(c->count, sizeof *others);
    size_t right = 0, all = 0;
    for (size_t fold = 0; fold < FOLDS; fold++) {
        size_t n = 0;
        for (size_t i = 0; i < c->count; i++)
            if (i % FOLDS != fold)
                others[n++] = c->list[i];
        struct label_model *model = label_model_learn(others, n, c->names, c->n_names);
        for (size_t i = fold; i < c->count; i += FOLDS) {
            all += !c->list[i].reject;
            right += !c->list[i].reject && best_label(model, &c->list[i]) == c->list[i].label;
        }
        label_model_free(model);
    }
    free(others);
    return (double)right / (double)(all ? all : 1);
}

static int train(struct ctl *ctl, enum lessons_of of, char **argv, size_t n_files)
{
    struct err err = {.count = 0};
    struct lessons lessons;
    struct course course = {.count = 0};
    struct dataset *data = ctl_dataset(ctl);
    if (lessons_read(&lessons, of, data->intents, data->gazetteer, argv + 2, n_files, &err) == 0 &&
        collect_names(&course, &lessons, &err) == 0) {
        prepare(&course, &lessons);
        double share = cross_validate(&course);
        struct label_model *model = label_model_learn(course.list, course.count, course.names,
                                                      course.n_names);
        printf("%zu messages, %zu labels; by %d-fold cross-validation the model alone finds %.1f %%\n",
               course.count, course.n_names, FOLDS, 100 * share);
        label_model_save(model, argv[1], &err);
        label_model_free(model);
    }
    fprintf(stderr, "%s", err.text);
    lessons_free(&lessons);
    free(course.list);
    arena_free(&course.arena);
    return err.count ? 1 : 0;
}

int ctl_train_labels(struct ctl *ctl, int argc, char **argv)
{
    if (argc < 3)
        return ctl_usage("train-labels MODEL FILE…");
    return train(ctl, LESSONS_OF_LABELS, argv, (size_t)argc - 2);
}

int ctl_train_language(struct ctl *ctl, int argc, char **argv)
{
    if (argc < 3)
        return ctl_usage("train-language MODEL FILE…");
    return train(ctl, LESSONS_OF_LANGUAGE, argv, (size_t)argc - 2);
}
