/* A second look at messages in which no crisis pattern matched: a linear model over letters and words,
 * learned from the labelled messages in tests/understanding/ (`make care-model`). People in danger find words
 * that nobody listed; the model's word is only ever `possible`: the numbers are shown shortly and the answer
 * follows.
 *
 * The score is the logistic function of the sum of the features' weights (text/features.h), divided by the
 * square root of their number. Learned by stochastic gradient descent with L2 regularisation. */
#ifndef TEXT_CARE_MODEL_H
#define TEXT_CARE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CARE_WINDOW = 20 };

struct care_model;

/* Reads `bucket weight` lines and the threshold. Owned by the caller. NULL with a line in `err`. */
struct care_model *care_model_load(const char *path, struct err *err);
void care_model_free(struct care_model *model);

/* Probability, 0 to 1, that a canonical text (words blanked out as `___` are passed over) is a crisis
 * message. A long text is looked at in windows of CARE_WINDOW words, and the highest score counts: one line
 * in a long story is enough. One word alone says too little: 0. */
double care_model_score(const struct care_model *model, const char *canon);
/* The highest score of the text, of each of its sentences and of any few words of it: a question before or
 * behind a cry for help, with or without a mark between, must not drown it. */
double care_model_score_best(const struct care_model *model, const char *canon);
/* From this score on a message counts as possible. */
double care_model_threshold(const struct care_model *model);

/* ---- learning (selvhjelpsctl train-care) ---- */

struct care_lesson {
    uint16_t *features; /* the arena's of who made it */
    size_t count;
    bool crisis;
};

/* Learns from lessons in a fixed order of its own: the same lessons give the same model. Owned by the caller.
 */
struct care_model *care_model_learn(const struct care_lesson *lessons, size_t count);
void care_model_set_threshold(struct care_model *model, double threshold);
double care_model_score_features(const struct care_model *model, const uint16_t *features, size_t count);
/* Writes the model; 0 or -1. */
int care_model_save(const struct care_model *model, const char *path, struct err *err);

#endif
