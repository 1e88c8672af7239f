/* From what a person typed to words that patterns and the place finder can read.
 *
 *   raw    what was written, as valid UTF-8 in NFC, mojibake and HTML entities of æøå mended
 *   plain  lower case, accents other than æøå dropped (ä → æ, ö → ø), one space between words; a sentence
 * mark
 *          (. ! ? : ; … line end) becomes the word `.`, a comma the word `,`; none at the ends; emoji that
 * carry a feeling or an answer become words (emojitrist, emojija …) canon  plain with each word folded by the
 * word list (`æ` → `jeg`), also misspelt ones; a comma is a `.` too
 *
 * Pure: all memory is the arena's. */
#ifndef TEXT_NORMALISE_H
#define TEXT_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "text/words.h"

struct word {
    uint32_t at, len;         /* in plain */
    uint32_t raw_at, raw_len; /* in raw */
    bool capital;             /* began with a capital letter */
    bool mark_before;         /* a sentence mark or comma, or the start, stands before it */
};

struct text {
    const char *raw, *plain, *canon; /* NUL-terminated */
    size_t raw_len, plain_len, canon_len;
    const struct word *words; /* of plain, marks left out */
    size_t n_words;
    bool question; /* a question mark stands in it */
};

enum { TEXT_LARGEST = 32 * 1024 };

/* True when the bytes are UTF-8 without NUL and without control characters other than tab and line ends. */
bool text_valid(const char *bytes, size_t len);

/* Normalises at most TEXT_LARGEST bytes (the rest is not looked at); bytes that are not UTF-8 count as
 * spaces. `words` may be NULL: then canon equals plain. */
struct text text_normalise(const char *bytes, size_t len, const struct words *words, struct arena *arena);

/* The plain form of a short text (a place name, a label), NUL-terminated; the arena's. */
const char *text_plain(const char *text, struct arena *arena);

#endif
