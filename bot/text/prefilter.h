/* The index that decides which patterns can match at all. For each pattern it finds literals of which every
 * match must contain at least one (after the idea of RE2's prefilter), and looks for all literals of all
 * patterns in one pass over the text (Aho and Corasick, CACM 18(6), 1975). */
#ifndef TEXT_PREFILTER_H
#define TEXT_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prefilter;

struct prefilter *prefilter_new(void);
void prefilter_free(struct prefilter *filter);

/* Adds pattern number `id` (0, 1, 2 … in order); it must be meant for whole words of canonical text. False
 * when no literal of two bytes or more is required: the pattern then runs on every text. */
bool prefilter_add(struct prefilter *filter, const char *pattern, uint32_t id);
/* Call once after the last pattern. */
void prefilter_build(struct prefilter *filter);

/* Sets the bit of each pattern that can match `text`. `bits` has prefilter_bytes() zeroed bytes. */
size_t prefilter_bytes(const struct prefilter *filter);
void prefilter_run(const struct prefilter *filter, const char *text, size_t len, uint8_t *bits);

#endif
