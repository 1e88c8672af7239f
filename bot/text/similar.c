/* Likeness to the examples: cosine of trigram vectors over canonical words, weighted by rarity (tf-idf). */
#include "text/intents_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BUCKETS = 8192 };

struct posting {
    uint32_t example;
    float weight;
};

struct bucket {
    struct posting *postings;
    size_t count, cap;
    float rarity;
};

struct example {
    uint32_t intent;
    int line;
    float norm;
};

struct similar {
    struct bucket buckets[BUCKETS];
    struct example *examples;
    size_t count, cap;
};

/* Trigrams of ` text ` as bucket numbers (FNV-1a); at most `most`. */
static size_t trigrams(const char *text, size_t len, uint16_t *out, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n < most; i++) {
        uint32_t hash = 2166136261U;
        for (size_t k = 0; k < 3; k++) {
            size_t at = i + k;
            unsigned char c = at == 0 || at > len ? ' ' : (unsigned char)text[at - 1];
            hash = (hash ^ c) * 16777619U;
        }
        out[n++] = (uint16_t)((hash ^ (hash >> 15)) % BUCKETS);
    }
    return n;
}

enum { GRAMS_MOST = 600 };

static int compare_numbers(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Sorts and folds repeats: out gets the different buckets, counts how often each occurs. */
static size_t count_grams(const char *text, size_t len, uint16_t *out, float *counts)
{
    uint16_t all[GRAMS_MOST];
    size_t n = trigrams(text, len, all, GRAMS_MOST), different = 0;
    qsort(all, n, sizeof *all, compare_numbers);
    for (size_t i = 0; i < n; i++) {
        if (different && out[different - 1] == all[i]) {
            counts[different - 1] += 1.0F;
        } else {
            out[different] = all[i];
            counts[different++] = 1.0F;
        }
    }
    return different;
}

static void add_example(struct similar *s, const struct intents *intents, const struct intent *intent,
                        const struct intent_line *line, struct arena *arena)
{
    uint16_t grams[GRAMS_MOST];
    float counts[GRAMS_MOST];
    struct text text = text_normalise(line->text, strlen(line->text), intents->words, arena);
    size_t n = count_grams(text.canon, text.canon_len, grams, counts);
    MEM_ROOM(s->examples, s->count, s->cap);
    s->examples[s->count] = (struct example){(uint32_t)intent->number, line->line, 0};
    for (size_t i = 0; i < n; i++) {
        struct bucket *bucket = &s->buckets[grams[i]];
        MEM_ROOM(bucket->postings, bucket->count, bucket->cap);
        bucket->postings[bucket->count++] = (struct posting){(uint32_t)s->count, counts[i]};
    }
    s->count++;
}

static void weigh(struct similar *s)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        struct bucket *bucket = &s->buckets[b];
        bucket->rarity = logf(1.0F + (float)s->count / (1.0F + (float)bucket->count));
        for (size_t i = 0; i < bucket->count; i++) {
            struct posting *posting = &bucket->postings[i];
            posting->weight = (1.0F + logf(posting->weight)) * bucket->rarity;
            s->examples[posting->example].norm += posting->weight * posting->weight;
        }
    }
    for (size_t i = 0; i < s->count; i++)
        s->examples[i].norm = sqrtf(s->examples[i].norm) + 1e-6F;
}

struct similar *similar_new(const struct intents *intents)
{
    struct similar *s = mem_new(1, sizeof *s);
    struct arena scratch = ARENA_INIT;
    for (size_t i = 0; i < intents->count; i++)
        for (size_t k = 0; k < intents->list[i]->n_examples; k++) {
            add_example(s, intents, intents->list[i], &intents->list[i]->examples[k], &scratch);
            arena_reset(&scratch);
        }
    arena_free(&scratch);
    weigh(s);
    return s;
}

void similar_free(struct similar *s)
{
    if (!s)
        return;
    for (size_t b = 0; b < BUCKETS; b++)
        free(s->buckets[b].postings);
    free(s->examples);
    free(s);
}

void intents_likeness(const struct intents *intents, const struct text *text, struct arena *arena,
                      float *likeness, int *lines)
{
    const struct similar *s = intents->similar;
    memset(likeness, 0, intents_count(intents) * sizeof *likeness);
    memset(lines, 0, intents_count(intents) * sizeof *lines);
    if (!s)
        return;
    uint16_t grams[GRAMS_MOST];
    float counts[GRAMS_MOST], norm = 0;
    float *sums = arena_alloc(arena, (s->count + 1) * sizeof *sums);
    size_t n = count_grams(text->canon, text->canon_len, grams, counts);
    for (size_t i = 0; i < n; i++) {
        const struct bucket *bucket = &s->buckets[grams[i]];
        float weight = (1.0F + logf(counts[i])) * bucket->rarity;
        norm += weight * weight;
        for (size_t k = 0; k < bucket->count; k++)
            sums[bucket->postings[k].example] += weight * bucket->postings[k].weight;
    }
    norm = sqrtf(norm) + 1e-6F;
    for (size_t i = 0; i < intents->count; i++) {
        likeness[i] = 0;
        lines[i] = 0;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct example *example = &s->examples[i];
        float cosine = sums[i] / (norm * example->norm);
        if (cosine > likeness[example->intent]) {
            likeness[example->intent] = cosine;
            lines[example->intent] = example->line;
        }
    }
}
