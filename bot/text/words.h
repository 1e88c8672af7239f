/* The word list `intents/words.txt`: it folds the forms of nynorsk, dialects and usual typos to one canonical
 * word, so that patterns are few. One rule a line, `#` starts a comment:
 *
 *     jeg <- eg æ jg j              a canonical word (or words) and its forms
 *     selvhjelp <- selv+hjelp       + joins a form of two or three words
 *     vil ikke <- vilikke
 *     known psykolog fastlege       right as they stand; also targets for spelling
 *     keep hjelm                    right as they stand; never changed into something else
 *
 * Forms without æøå (`maa`, `ma` for `må`) are made by the loader where no other word stands in their way.
 * A word that no rule knows, of six letters or more, is spelled to the only known word within one edit
 * (insertion, deletion, change, swap of neighbours) that begins with the same letter. */
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct words;

/* Reads the list. Owned by the caller, ends with words_free. NULL with lines in `err` when a rule is broken
 * or two rules claim one form. */
struct words *words_load(const char *path, struct err *err);
void words_free(struct words *words);

/* What `count` words (joined by single spaces in `form`, lower case) fold to: a NUL-terminated text borrowed
 * from the list, or NULL when no rule knows them. */
const char *words_fold(const struct words *words, const char *form, size_t len);
/* True when a form of several words begins with this one. */
bool words_starts_several(const struct words *words, const char *word, size_t len);
/* The fold of the known word nearest in spelling to an unknown one, or NULL when there is none or more than
 * one. */
const char *words_spell(const struct words *words, const char *word, size_t len);

size_t words_count(const struct words *words);

#endif
