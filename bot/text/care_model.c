#include "text/care_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/features.h"

enum { LARGEST_FILE = 4 * 1024 * 1024, ROUNDS = 40 };

struct care_model {
    float weights[FEATURE_BUCKETS];
    float bias;
    double threshold;
};

/* ---- scoring ---- */

double care_model_score_features(const struct care_model *model, const uint16_t *features, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)model->weights[features[i]];
    sum = count ? sum / sqrt((double)count) : 0;
    return 1.0 / (1.0 + exp(-sum - (double)model->bias));
}

/* Behind the first `words` words. */
static const char *skip_words(const char *at, size_t words)
{
    for (; *at && words; words--) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return at;
}

/* The highest score of any `words` words that stand together, each window overlapping half of the last. */
static double best_window(const struct care_model *model, const char *canon, size_t words)
{
    uint16_t features[FEATURES_MOST];
    double best = 0;
    for (const char *start = canon;;) {
        size_t count = 0;
        const char *at = start;
        if (features_of_words(&at, words, features, &count) >= 2) {
            double score = care_model_score_features(model, features, count);
            best = score > best ? score : best;
        }
        if (!*at)
            return best;
        start = skip_words(start, words / 2);
    }
}

double care_model_score(const struct care_model *model, const char *canon)
{
    return best_window(model, canon, CARE_WINDOW);
}

double care_model_score_best(const struct care_model *model, const char *canon)
{
    enum { CRY_WORDS = 5, SENTENCE_MOST = 1024 };
    double best = best_window(model, canon, CARE_WINDOW), cry = best_window(model, canon, CRY_WORDS);
    char sentence[SENTENCE_MOST];
    best = cry > best ? cry : best;
    for (const char *at = canon; at;) {
        const char *stop = strstr(at, " . ");
        size_t len = stop ? (size_t)(stop - at) : strlen(at);
        if (len < SENTENCE_MOST) { /* a longer one is covered by the windows */
            memcpy(sentence, at, len);
            sentence[len] = '\0';
            double score = best_window(model, sentence, CARE_WINDOW);
            best = score > best ? score : best;
        }
        at = stop ? stop + 3 : NULL;
    }
    return best;
}

double care_model_threshold(const struct care_model *model)
{
    return model->threshold;
}

void care_model_set_threshold(struct care_model *model, double threshold)
{
    model->threshold = threshold;
}

/* ---- learning ---- */

/* A fixed sequence of pseudo-random numbers (Lehmer, MINSTD): learning must not depend on the day. */
static uint32_t next_number(uint32_t *state)
{
    *state = (uint32_t)((uint64_t)*state * 48271U % 2147483647U);
    return *state;
}

static void shuffle(size_t *order, size_t count, uint32_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = next_number(state) % i, kept = order[i - 1];
        order[i - 1] = order[k];
        order[k] = kept;
    }
}

static void learn_one(struct care_model *model, const struct care_lesson *lesson, double rate, double decay)
{
    double error = (lesson->crisis ? 1.0 : 0.0) -
                   care_model_score_features(model, lesson->features, lesson->count);
    float step = (float)(rate * error / sqrt((double)lesson->count + 1e-9));
    for (size_t i = 0; i < lesson->count; i++) {
        float *weight = &model->weights[lesson->features[i]];
        *weight = *weight * (float)(1.0 - decay) + step;
    }
    model->bias += (float)(0.1 * rate * error);
}

struct care_model *care_model_learn(const struct care_lesson *lessons, size_t count)
{
    const double first_rate = 1.0, decay = 2e-3;
    struct care_model *model = mem_new(1, sizeof *model);
    size_t *order = mem_new(count, sizeof *order);
    uint32_t state = 20261122;
    model->threshold = 0.5;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (int round = 0; round < ROUNDS; round++) {
        shuffle(order, count, &state);
        double rate = first_rate / (1.0 + 0.15 * round);
        for (size_t i = 0; i < count; i++)
            learn_one(model, &lessons[order[i]], rate, decay);
    }
    free(order);
    return model;
}

/* ---- file ---- */

int care_model_save(const struct care_model *model, const char *path, struct err *err)
{
    struct buf out = BUF_INIT(LARGEST_FILE);
    buf_add_str(
        &out, "# Made by `make care-model` from the labelled messages in tests/understanding/; do not edit.\n"
              "# threshold, bias, then bucket and weight (zero: left out)\n");
    buf_addf(&out, "threshold %.4f\nbias %.4f\n", model->threshold, (double)model->bias);
    for (int i = 0; i < FEATURE_BUCKETS; i++)
        if (fabsf(model->weights[i]) >= 0.005F)
            buf_addf(&out, "%d %.2f\n", i, (double)model->weights[i]);
    int rc = buf_done(&out) ? err_at(err, path, 0, "the model is too large")
                            : file_write(path, buf_str(&out), out.len, 0644, err);
    buf_free(&out);
    return rc;
}

static int read_line(struct care_model *model, const char *line, size_t len)
{
    char text[64], *end;
    if (len >= sizeof text)
        return -1;
    memcpy(text, line, len);
    text[len] = '\0';
    char *space = strchr(text, ' ');
    if (!space)
        return -1;
    double value = strtod(space + 1, &end);
    if (*end || end == space + 1 || !(fabs(value) < 1000))
        return -1;
    *space = '\0';
    if (strcmp(text, "threshold") == 0) {
        model->threshold = value;
        return 0;
    }
    if (strcmp(text, "bias") == 0) {
        model->bias = (float)value;
        return 0;
    }
    long bucket = strtol(text, &end, 10);
    if (*end || bucket < 0 || bucket >= FEATURE_BUCKETS)
        return -1;
    model->weights[bucket] = (float)value;
    return 0;
}

struct care_model *care_model_load(const char *path, struct err *err)
{
    unsigned before = err->count;
    struct buf text = BUF_INIT(LARGEST_FILE);
    struct care_model *model = mem_new(1, sizeof *model);
    int number = 0;
    if (file_read(path, &text, err) == 0) {
        const char *at = buf_str(&text), *end = at + text.len, *line;
        size_t len;
        while (err->count == before && file_next_line(&at, end, &line, &len)) {
            number++;
            if (len && line[0] != '#' && read_line(model, line, len))
                err_at(err, path, number,
                       "is no bucket and weight; make the file again with `make care-model`");
        }
        if (err->count == before && !(model->threshold > 0 && model->threshold < 1))
            err_at(err, path, 0,
                   "has no threshold between 0 and 1; make the file again with `make care-model`");
    }
    buf_free(&text);
    if (err->count == before)
        return model;
    care_model_free(model);
    return NULL;
}

void care_model_free(struct care_model *model)
{
    free(model);
}
