/* The few things that everything written and read as JSON here shares (Jansson). */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* An object from bytes that may be hostile, owned by the caller; NULL when it is none or longer than `most`.
 * Jansson bounds the depth at 2048 by itself and refuses what is not UTF-8; `flags` are its own
 * (JSON_REJECT_DUPLICATES, JSON_ALLOW_NUL). */
json_t *json_read(const char *bytes, size_t len, size_t most, size_t flags);

/* The same for what strangers wrote and a server passed on, where one text must not make the others
 * unreadable: what Jansson refuses is mended first. Half a character (a lone surrogate, bytes that are no
 * UTF-8) becomes U+FFFD or `?`, a number beyond measure 0, what lies deeper than JSON_DEPTH_MOST null. */
enum { JSON_DEPTH_MOST = 100 };
json_t *json_read_mended(const char *bytes, size_t len, size_t most);

/* Appends the value, and takes it. The buffer fails where `root` is NULL (a text was not UTF-8). */
void json_write(json_t *root, struct buf *out);

/* A text member of at most `most` bytes, the arena's; NULL when it is missing, no text or too long. */
const char *json_text(const json_t *object, const char *name, size_t most, struct arena *arena);

#endif
