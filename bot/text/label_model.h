/* Which label a message is likely to have, learned from the labelled messages (`make label-model`): one
 * linear support vector machine a label (squared hinge loss, a label's lessons weighing the more the fewer
 * they are) over the features of text/features.h of the canonical and of the plain text, weighted by rarity
 * (idf) and scaled to length 1, words and grams of each text apart. It speaks where patterns are silent or
 * weak; see decide.c for how the two are put together. Read only after loading. */
#ifndef TEXT_LABEL_MODEL_H
#define TEXT_LABEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "text/normalise.h"

enum { LABELS_MOST = 48, LABEL_BUCKETS = 32768, LABEL_SIZE_MOST = 40 };

struct label_model;

/* Owned by the caller. NULL with a line in `err`. */
struct label_model *label_model_load(const char *path, struct err *err);
void label_model_free(struct label_model *model);

size_t label_model_count(const struct label_model *model);
const char *label_model_name(const struct label_model *model, size_t label);

/* The margin of each label: above 0 is yes, about -1 is no. `margins` has room for LABELS_MOST. */
void label_model_score(const struct label_model *model, const struct text *text, float *margins);

/* ---- learning (selvhjelpsctl train-labels) ---- */

struct label_lesson {
    uint16_t *features; /* buckets, each once; made by label_model_features, the arena's */
    size_t count;
    size_t label;
    bool held;   /* an example or a reject, which `check` holds: it weighs more */
    bool reject; /* it is not of this label; what it is instead is not told */
};

/* The different buckets of a text; the array is the arena's. */
size_t label_model_features(const struct text *text, struct arena *arena, uint16_t **features);
/* Learns by dual coordinate descent (Hsieh et al. 2008, algorithm 1 for the squared hinge loss), in an order
 * of its own: the same lessons give the same model. `names` are copied. Owned by the caller. */
struct label_model *label_model_learn(const struct label_lesson *lessons, size_t count,
                                      const char *const *names, size_t n_names);
void label_model_score_features(const struct label_model *model, const uint16_t *features, size_t count,
                                float *margins);
/* Writes the model; 0 or -1. */
int label_model_save(const struct label_model *model, const char *path, struct err *err);

#endif
