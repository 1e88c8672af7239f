/* The reply texts: `<language>/<key>.md` (Mustache in CommonMark), `variables.ini` that declares each key's
 * variables with example values, and `<language>/ord.ini` with button labels and small words. A set is loaded
 * and checked as a whole: every key in every language, every variable declared, every text rendered with its
 * examples.
 *
 * variables.ini, a section a key:   navn = example        a text, may be empty; also usable as a section
 *                                   egen? = ja            true or false, as a section only
 *                                   treff[].navn = …      member of the list `treff` */
#ifndef TEXT_REPLIES_H
#define TEXT_REPLIES_H

#include "base/buf.h"
#include "base/err.h"
#include "text/language.h"
#include "text/template.h"

enum { REPLY_LARGEST = 12000 }; /* bytes of a rendered text */

struct replies;

/* Owned by the caller. NULL with lines in `err` (file and line) for each fault. */
struct replies *replies_load(const char *folder, struct err *err);
void replies_free(struct replies *replies);

bool replies_has(const struct replies *replies, const char *key);

/* Appends the text of `key` in `language` (unknown: nb). `scope` supplies values; a declared variable that it
 * lacks counts as empty. 0, or -1: no such key, or the text does not fit. */
int replies_render(const struct replies *replies, enum language language, const char *key,
                   const struct scope *scope, struct buf *out) __attribute__((warn_unused_result));

/* A small word of ord.ini, NULL when there is none; borrowed until the set is freed. */
const char *replies_word(const struct replies *replies, enum language language, const char *section,
                         const char *name);

/* For `check` and the staff page: the keys, and a text rendered with its example values (`full`: every
 * section shown; else every optional one hidden). */
size_t replies_count(const struct replies *replies);
const char *replies_key(const struct replies *replies, size_t i);
int replies_example(const struct replies *replies, enum language language, const char *key, bool full,
                    struct buf *out) __attribute__((warn_unused_result));

#endif
