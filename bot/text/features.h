/* What the learned models see of a message: character 3-, 4- and 5-grams inside words of the canonical text,
 * its words, and pairs of words that stand together or with one between, hashed to FEATURE_BUCKETS (FNV-1a).
 */
#ifndef TEXT_FEATURES_H
#define TEXT_FEATURES_H

#include <stddef.h>
#include <stdint.h>

enum { FEATURE_BUCKETS = 65536, FEATURES_MOST = 4000, FEATURE_WORD = 0x8000 };

/* FEATURE_WORD is set in those of words and pairs, not in those of grams. */

/* Of a whole text; words blanked out as `___` are passed over. Returns how many of FEATURES_MOST; repeats
 * stand as often as they occur. */
size_t features_of(const char *canon, uint16_t *features);
/* Of at most `words` words from *at on, which moves behind them; appended to the *count features that are
 * there. Returns how many words were read. */
size_t features_of_words(const char **at, size_t words, uint16_t *features, size_t *count);

#endif
