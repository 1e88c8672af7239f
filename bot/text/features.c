#include "text/features.h"

#include <string.h>

enum { GRAM_LEAST = 3, GRAM_MOST = 5 };

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

static void put_feature(struct gathering *g, uint32_t hash, uint16_t kind)
{
    if (g->count < FEATURES_MOST)
        g->features[g->count++] = (uint16_t)(((hash ^ (hash >> 15)) % FEATURE_WORD) | kind);
}

static void add_feature(struct gathering *g, uint32_t kind, const char *a, size_t a_len, const char *b,
                        size_t b_len)
{
    put_feature(g, hash_bytes(hash_bytes(2166136261U ^ kind, a, a_len), b, b_len), FEATURE_WORD);
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
                put_feature(g, hash, 0);
        }
    }
}

size_t features_of_words(const char **at, size_t words, uint16_t *features, size_t *count)
{
    struct gathering g = {features, *count};
    const char *last = "", *before = "";
    size_t last_len = 0, before_len = 0, read = 0;
    while (**at && read < words) {
        size_t len = strcspn(*at, " ");
        if (len && **at != '_') {
            add_feature(&g, 101, *at, len, "", 0);
            add_feature(&g, 102, last, last_len, *at, len);
            add_feature(&g, 103, before, before_len, *at, len);
            add_grams(&g, *at, len);
            before = last;
            before_len = last_len;
            last = *at;
            last_len = len;
            read++;
        }
        *at += len + ((*at)[len] == ' ');
    }
    *count = g.count;
    return read;
}

size_t features_of(const char *canon, uint16_t *features)
{
    size_t count = 0;
    features_of_words(&canon, SIZE_MAX, features, &count);
    return count;
}
