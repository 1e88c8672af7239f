#include "text/care_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

enum { LARGEST_FILE = 4 * 1024 * 1024, ROUNDS = 40, GRAM_LEAST = 3, GRAM_MOST = 5 };

struct care_model {
    float weights[CARE_BUCKETS];
    float bias;
    double threshold;
};

/* ---- features ---- */

static uint32_t hash_bytes(uint32_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619U; /* FNV-1a */
    return hash;
}

struct gathering {
    uint16_t *features;
    size_t count;
};

static void put_feature(struct gathering *g, uint32_t hash)
{
    if (g->count < CARE_FEATURES_MOST)
        g->features[g->count++] = (uint16_t)((hash ^ (hash >> 15)) % CARE_BUCKETS);
}

static void add_feature(struct gathering *g, uint32_t kind, const char *a, size_t a_len, const char *b,
                        size_t b_len)
{
    put_feature(g, hash_bytes(hash_bytes(2166136261U ^ kind, a, a_len), b, b_len));
}

/* The grams of one word with a space on both sides; those that begin at one letter share their hash. */
static void add_grams(struct gathering *g, const char *word, size_t len)
{
    char padded[64];
    if (len > sizeof padded - 2)
        len = sizeof padded - 2;
    padded[0] = ' ';
    memcpy(padded + 1, word, len);
    padded[len + 1] = ' ';
    for (size_t i = 0; i + GRAM_LEAST <= len + 2; i++) {
        uint32_t hash = 2166136261U;
        for (size_t n = 1; n <= GRAM_MOST && i + n <= len + 2; n++) {
            hash = (hash ^ (unsigned char)padded[i + n - 1]) * 16777619U;
            if (n >= GRAM_LEAST)
                put_feature(g, hash);
        }
    }
}

/* The features of at most `words` words from *at on, which moves behind them. Returns how many words were
 * read. */
static size_t gather_words(struct gathering *g, const char **at, size_t words)
{
    const char *last = "", *before = "";
    size_t last_len = 0, before_len = 0, read = 0;
    while (**at && read < words) {
        size_t len = strcspn(*at, " ");
        if (**at != '_') {
            add_feature(g, 101, *at, len, "", 0);
            add_feature(g, 102, last, last_len, *at, len);
            add_feature(g, 103, before, before_len, *at, len);
            add_grams(g, *at, len);
            before = last;
            before_len = last_len;
            last = *at;
            last_len = len;
            read++;
        }
        *at += len + ((*at)[len] == ' ');
    }
    return read;
}

size_t care_model_features(const char *canon, uint16_t *features)
{
    struct gathering g = {features, 0};
    gather_words(&g, &canon, SIZE_MAX);
    return g.count;
}

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

double care_model_score(const struct care_model *model, const char *canon)
{
    uint16_t features[CARE_FEATURES_MOST];
    double best = 0;
    for (const char *start = canon;;) {
        struct gathering g = {features, 0};
        const char *at = start;
        if (gather_words(&g, &at, CARE_WINDOW) >= 2) {
            double score = care_model_score_features(model, features, g.count);
            best = score > best ? score : best;
        }
        if (!*at)
            return best;
        start = skip_words(start, CARE_WINDOW / 2);
    }
}

double care_model_score_best(const struct care_model *model, const char *canon)
{
    enum { SENTENCE_MOST = 1024 };
    char sentence[SENTENCE_MOST];
    double best = care_model_score(model, canon);
    for (const char *at = canon; at;) {
        const char *stop = strstr(at, " . ");
        size_t len = stop ? (size_t)(stop - at) : strlen(at);
        if (len < SENTENCE_MOST) { /* a longer one is covered by the windows */
            memcpy(sentence, at, len);
            sentence[len] = '\0';
            double score = care_model_score(model, sentence);
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
    for (int i = 0; i < CARE_BUCKETS; i++)
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
    if (*end || bucket < 0 || bucket >= CARE_BUCKETS)
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
