/* The languages that the bot answers in, and which one a person writes. */
#ifndef TEXT_LANGUAGE_H
#define TEXT_LANGUAGE_H

#include "text/normalise.h"

enum language { LANGUAGE_UNKNOWN, LANGUAGE_NB, LANGUAGE_NN, LANGUAGE_EN };

/* nb, nn, en; "" for unknown. */
const char *language_code(enum language language);
/* From a code as networks send it (`nb`, `no`, `nn-NO`, `en_GB`, `uk`…); unknown for other languages. */
enum language language_from_code(const char *code);

/* What the words themselves say: counts of words that only one language has. Unknown when nothing tells, as
 * in a lone place name. Dialect counts as bokmål, which its writers read, unless nynorsk words outweigh it.
 * `lead` (may be NULL) receives by how much the language leads over the next. */
enum language language_of(const struct text *text, int *lead);

#endif
