#include "text/label_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/features.h"

enum { LARGEST_FILE = 8 * 1024 * 1024, ROUNDS = 25, FULL = 127, RARITY_FULL = 255, RARITY_MOST = 12 };

static const double cost = 0.5; /* of an error, against the length of the weights: LIBLINEAR's C */

static const double held_weight = 4;

struct label_model {
    char names[LABELS_MOST][LABEL_SIZE_MOST];
    size_t count;
    float scale[LABELS_MOST], bias[LABELS_MOST]; /* a weight is its number times the label's scale */
    uint8_t rarity[LABEL_BUCKETS];               /* idf, RARITY_FULL is RARITY_MOST; 0: never seen */
    size_t stride;                               /* of a bucket's weights: the labels in whole lanes */
    int8_t *weights;                             /* by bucket, then by label; made by settle */
};

enum { LANE = 16 };

/* All labels are known: room for the weights. */
static void settle(struct label_model *model)
{
    model->stride = (model->count + LANE - 1) / LANE * LANE;
    model->weights = mem_new(LABEL_BUCKETS * model->stride, sizeof *model->weights);
}

static int8_t *weights_of(const struct label_model *model, size_t bucket)
{
    return model->weights + bucket * model->stride;
}

/* ---- features ---- */

/* Keeps each bucket once, in the order of the text. */
static size_t distinct(uint16_t *features, size_t count)
{
    uint64_t seen[LABEL_BUCKETS / 64] = {0};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bit = 1ULL << (features[i] % 64);
        if (!(seen[features[i] / 64] & bit))
            features[kept++] = features[i];
        seen[features[i] / 64] |= bit;
    }
    return kept;
}

/* The buckets in four blocks: grams and words of the canonical text, grams and words of the plain one. */
enum { GRAMS = 8192, WORDS = 8192, BLOCKS = 4 };

static size_t block_of(uint16_t bucket)
{
    size_t half = bucket / (GRAMS + WORDS);
    return 2 * half + (bucket % (GRAMS + WORDS) >= GRAMS);
}

static uint16_t bucket_of(uint16_t feature, size_t half)
{
    size_t in_half = feature & FEATURE_WORD ? GRAMS + (feature % WORDS) : feature % GRAMS;
    return (uint16_t)(half * (GRAMS + WORDS) + in_half);
}

/* Of both forms of the text: the canonical one knows that `eg` is `jeg`, the plain one what was written. */
static size_t both_features(const struct text *text, uint16_t *features)
{
    size_t count = features_of(text->canon, features);
    size_t all = count + features_of(text->plain, features + count);
    for (size_t i = 0; i < all; i++)
        features[i] = bucket_of(features[i], i >= count);
    return distinct(features, all);
}

size_t label_model_features(const struct text *text, struct arena *arena, uint16_t **features)
{
    uint16_t all[2 * FEATURES_MOST];
    size_t count = both_features(text, all);
    *features = arena_alloc(arena, (count + 1) * sizeof **features);
    memcpy(*features, all, count * sizeof *all);
    return count;
}

/* ---- scoring ---- */

static double rarity_of(const struct label_model *model, uint16_t feature)
{
    return (double)model->rarity[feature] * RARITY_MOST / RARITY_FULL;
}

/* What each block's values are multiplied with, so that its length is 1. */
static void block_scales(const struct label_model *model, const uint16_t *features, size_t count,
                         float scales[BLOCKS])
{
    double squares[BLOCKS] = {0};
    for (size_t i = 0; i < count; i++)
        squares[block_of(features[i])] += rarity_of(model, features[i]) * rarity_of(model, features[i]);
    for (size_t block = 0; block < BLOCKS; block++)
        scales[block] = squares[block] > 0 ? (float)(1.0 / sqrt(squares[block])) : 0;
}

/* One lane of labels over all features, so that its sums stay in registers. */
static void add_lane(const struct label_model *model, size_t lane, const uint16_t *features,
                     const float *values, size_t count, float sums[static LANE])
{
    for (size_t i = 0; i < count; i++) {
        const int8_t *weights = weights_of(model, features[i]) + lane;
        for (size_t k = 0; k < LANE; k++)
            sums[k] += values[i] * (float)weights[k];
    }
}

void label_model_score_features(const struct label_model *model, const uint16_t *features, size_t count,
                                float *margins)
{
    float sums[LABELS_MOST] = {0}, scales[BLOCKS], values[2 * FEATURES_MOST];
    block_scales(model, features, count, scales);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)rarity_of(model, features[i]) * scales[block_of(features[i])];
    for (size_t lane = 0; lane < model->stride; lane += LANE)
        add_lane(model, lane, features, values, count, sums + lane);
    for (size_t label = 0; label < model->count; label++)
        margins[label] = sums[label] * model->scale[label] + model->bias[label];
}

void label_model_score(const struct label_model *model, const struct text *text, float *margins)
{
    uint16_t features[2 * FEATURES_MOST];
    size_t count = both_features(text, features);
    label_model_score_features(model, features, count, margins);
}

size_t label_model_count(const struct label_model *model)
{
    return model->count;
}

const char *label_model_name(const struct label_model *model, size_t label)
{
    return model->names[label];
}

/* ---- learning ---- */

/* A fixed sequence of pseudo-random numbers (Lehmer, MINSTD): learning must not depend on the day. */
static uint32_t next_number(uint32_t *state)
{
    *state = (uint32_t)((uint64_t)*state * 48271U % 2147483647U);
    return *state;
}

static void learn_rarity(struct label_model *model, const struct label_lesson *lessons, size_t count)
{
    unsigned *seen = mem_new(LABEL_BUCKETS, sizeof *seen);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lessons[i].count; k++)
            seen[lessons[i].features[k]]++;
    for (size_t bucket = 0; bucket < LABEL_BUCKETS; bucket++) {
        double idf = seen[bucket] > 1 ? log((1.0 + (double)count) / (1.0 + seen[bucket])) + 1 : 0;
        double scaled = idf / RARITY_MOST * RARITY_FULL;
        model->rarity[bucket] = (uint8_t)(scaled > RARITY_FULL ? RARITY_FULL : scaled);
    }
    free(seen);
}

/* The lessons as the learner sees them: values by rarity, length 1. */
struct pupil {
    const struct label_lesson *lessons;
    size_t count;
    float **values;
    uint32_t *order;
    double cost[LABELS_MOST]; /* of an error in a lesson, by its label */
    struct arena arena;
};

/* The fewer lessons a label has, the more each of them weighs. */
static void weigh_labels(struct pupil *p, size_t labels)
{
    size_t sizes[LABELS_MOST] = {0};
    for (size_t i = 0; i < p->count; i++)
        sizes[p->lessons[i].label]++;
    for (size_t label = 0; label < labels; label++)
        p->cost[label] = cost * (double)p->count /
                         ((double)labels * (double)(sizes[label] ? sizes[label] : 1));
}

static void prepare(struct pupil *p, const struct label_model *model)
{
    weigh_labels(p, model->count);
    p->values = arena_alloc(&p->arena, p->count * sizeof *p->values);
    p->order = arena_alloc(&p->arena, p->count * sizeof *p->order);
    for (size_t i = 0; i < p->count; i++) {
        const struct label_lesson *lesson = &p->lessons[i];
        float scales[BLOCKS];
        p->order[i] = (uint32_t)i;
        p->values[i] = arena_alloc(&p->arena, (lesson->count + 1) * sizeof **p->values);
        block_scales(model, lesson->features, lesson->count, scales);
        for (size_t k = 0; k < lesson->count; k++)
            p->values[i][k] = (float)rarity_of(model, lesson->features[k]) *
                              scales[block_of(lesson->features[k])];
    }
}

static void shuffle(uint32_t *order, size_t count, uint32_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = next_number(state) % i;
        uint32_t held = order[i - 1];
        order[i - 1] = order[k];
        order[k] = held;
    }
}

/* One step of the dual coordinate descent for one lesson; the bias is the weight behind the last bucket. */
static void teach(const struct pupil *p, size_t i, double sign, double *alpha, double *weights)
{
    const struct label_lesson *lesson = &p->lessons[i];
    const double diagonal = 1.0 / (2.0 * p->cost[lesson->label] * (lesson->held ? held_weight : 1));
    double margin = weights[LABEL_BUCKETS];
    for (size_t k = 0; k < lesson->count; k++)
        margin += weights[lesson->features[k]] * (double)p->values[i][k];
    double gradient = sign * margin - 1.0 + diagonal * alpha[i], old = alpha[i];
    if (old <= 0 && gradient >= 0)
        return;
    alpha[i] = fmax(old - gradient / (BLOCKS + 1.0 + diagonal), 0); /* the blocks' lengths and the bias' 1 */
    double change = (alpha[i] - old) * sign;
    for (size_t k = 0; k < lesson->count; k++)
        weights[lesson->features[k]] += change * (double)p->values[i][k];
    weights[LABEL_BUCKETS] += change;
}

static void keep_weights(struct label_model *model, size_t label, const double *weights)
{
    double most = 1e-9;
    for (size_t bucket = 0; bucket < LABEL_BUCKETS; bucket++)
        most = fmax(most, fabs(weights[bucket]));
    model->scale[label] = (float)(most / FULL);
    model->bias[label] = (float)weights[LABEL_BUCKETS];
    for (size_t bucket = 0; bucket < LABEL_BUCKETS; bucket++)
        weights_of(model, bucket)[label] = (int8_t)lround(weights[bucket] / most * FULL);
}

static void learn_label(struct label_model *model, struct pupil *p, size_t label, double *alpha,
                        double *weights)
{
    uint32_t state = 20261122U + (uint32_t)label;
    memset(alpha, 0, p->count * sizeof *alpha);
    memset(weights, 0, (LABEL_BUCKETS + 1) * sizeof *weights);
    for (int round = 0; round < ROUNDS; round++) {
        shuffle(p->order, p->count, &state);
        for (size_t n = 0; n < p->count; n++) {
            size_t i = p->order[n];
            const struct label_lesson *lesson = &p->lessons[i];
            bool same = lesson->label == label;
            if (same || !lesson->reject)
                teach(p, i, same && !lesson->reject ? 1.0 : -1.0, alpha, weights);
        }
    }
    keep_weights(model, label, weights);
}

struct label_model *label_model_learn(const struct label_lesson *lessons, size_t count,
                                      const char *const *names, size_t n_names)
{
    struct label_model *model = mem_new(1, sizeof *model);
    struct pupil pupil = {.lessons = lessons, .count = count, .arena = ARENA_INIT};
    double *alpha = mem_new(count, sizeof *alpha), *weights = mem_new(LABEL_BUCKETS + 1, sizeof *weights);
    model->count = n_names < LABELS_MOST ? n_names : LABELS_MOST;
    for (size_t i = 0; i < model->count; i++)
        snprintf(model->names[i], LABEL_SIZE_MOST, "%s", names[i]);
    settle(model);
    learn_rarity(model, lessons, count);
    prepare(&pupil, model);
    for (size_t label = 0; label < model->count; label++)
        learn_label(model, &pupil, label, alpha, weights);
    free(alpha);
    free(weights);
    arena_free(&pupil.arena);
    return model;
}

/* ---- the file ---- */

static bool is_used(const struct label_model *model, size_t bucket)
{
    for (size_t label = 0; label < model->count; label++)
        if (weights_of(model, bucket)[label])
            return true;
    return false;
}

int label_model_save(const struct label_model *model, const char *path, struct err *err)
{
    struct buf out = BUF_INIT(LARGEST_FILE);
    buf_add_str(&out,
                "# Made by selvhjelpsctl from the labelled messages; do not edit. The model of "
                "text/label_model.h:\n# label name scale bias; then bucket rarity and a weight a label, "
                "each two hexadecimal digits\n");
    for (size_t label = 0; label < model->count; label++)
        buf_addf(&out, "label %s %.6g %.5f\n", model->names[label], (double)model->scale[label],
                 (double)model->bias[label]);
    for (size_t bucket = 0; bucket < LABEL_BUCKETS; bucket++) {
        if (!model->rarity[bucket] || !is_used(model, bucket))
            continue;
        buf_addf(&out, "%zu %02x", bucket, model->rarity[bucket]);
        for (size_t label = 0; label < model->count; label++)
            buf_addf(&out, "%02x", (unsigned)(uint8_t)weights_of(model, bucket)[label]);
        buf_add_char(&out, '\n');
    }
    int rc = buf_done(&out) ? err_at(err, path, 0, "the model is too large")
                            : file_write(path, buf_str(&out), out.len, 0644, err);
    buf_free(&out);
    return rc;
}

static int read_label(struct label_model *model, const char *line)
{
    char name[LABEL_SIZE_MOST];
    double scale, bias;
    int end = 0;
    if (model->weights || model->count == LABELS_MOST ||
        sscanf(line, "label %39s %lf %lf%n", name, &scale, &bias, &end) != 3 || line[end] ||
        !(scale > 0 && scale < 1) || !(fabs(bias) < 100))
        return -1;
    memcpy(model->names[model->count], name, sizeof name);
    model->scale[model->count] = (float)scale;
    model->bias[model->count++] = (float)bias;
    return 0;
}

static int hex_value(const char *digits)
{
    static const char all[] = "0123456789abcdef";
    const char *high = *digits ? strchr(all, digits[0]) : NULL;
    const char *low = high && digits[1] ? strchr(all, digits[1]) : NULL;
    return low ? (int)((high - all) * 16 + (low - all)) : -1;
}

static int read_bucket(struct label_model *model, const char *line)
{
    char *at;
    unsigned long bucket = strtoul(line, &at, 10);
    if (!model->count || *line < '0' || *line > '9' || *at != ' ' || bucket >= LABEL_BUCKETS ||
        strlen(at + 1) != 2 * (model->count + 1))
        return -1;
    if (!model->weights)
        settle(model);
    for (size_t i = 0; i <= model->count; i++) {
        int value = hex_value(at + 1 + 2 * i);
        if (value < 0)
            return -1;
        if (i == 0)
            model->rarity[bucket] = (uint8_t)value;
        else
            weights_of(model, bucket)[i - 1] = (int8_t)(value < 128 ? value : value - 256);
    }
    return 0;
}

static int read_model_line(struct label_model *model, const char *line, size_t len)
{
    enum { LONGEST = 2 * LABELS_MOST + 64 };
    char text[LONGEST];
    if (len >= sizeof text)
        return -1;
    memcpy(text, line, len);
    text[len] = '\0';
    return strncmp(text, "label ", 6) == 0 ? read_label(model, text) : read_bucket(model, text);
}

struct label_model *label_model_load(const char *path, struct err *err)
{
    unsigned before = err->count;
    struct buf text = BUF_INIT(LARGEST_FILE);
    struct label_model *model = mem_new(1, sizeof *model);
    if (file_read(path, &text, err) == 0) {
        const char *at = buf_str(&text), *end = at + text.len, *line;
        size_t len;
        for (int number = 1; err->count == before && file_next_line(&at, end, &line, &len); number++)
            if (len && line[0] != '#' && read_model_line(model, line, len))
                err_at(err, path, number,
                       "is no label or bucket; make the file again with `make label-model language-model`");
    }
    buf_free(&text);
    if (err->count == before && model->weights && model->count)
        return model;
    if (err->count == before)
        err_at(err, path, 0,
               "has no label or no bucket; make the file again with `make label-model language-model`");
    label_model_free(model);
    return NULL;
}

void label_model_free(struct label_model *model)
{
    if (model)
        free(model->weights);
    free(model);
}
