/* What the two files that read Matrix' JSON share; nobody else includes it. */
#ifndef WIRE_MATRIX_JSON_H
#define WIRE_MATRIX_JSON_H

#include "wire/json.h"

/* A text member of at most `most` bytes without U+0000, the arena's, or NULL. */
const char *matrix_text(const json_t *object, const char *name, size_t most, struct arena *arena);

/* In the content of m.room.create: the encrypted room whose place this one takes. */
#define MATRIX_REPLACES "no.selvhjelpsbot.replaces"

#endif
