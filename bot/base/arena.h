/* Memory that is given back all at once: a turn's (reset after each message) or a data set's (kept until the
 * next edit replaces it). Everything an arena hands out is owned by the arena and borrowed until its reset.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out since the last reset */
};

#define ARENA_INIT ((struct arena){NULL, 0})

/* Zeroed memory, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((warn_unused_result));
/* The same without zeroing, byte-aligned use (text). */
char *arena_bytes(struct arena *arena, size_t size) __attribute__((warn_unused_result));
/* Copies with a NUL behind. */
char *arena_strndup(struct arena *arena, const char *text, size_t len) __attribute__((warn_unused_result));
char *arena_strdup(struct arena *arena, const char *text) __attribute__((warn_unused_result));
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

/* Makes room for one more element in an array of the arena's that doubles: `items` has `count` used and
 * `*cap` places of `size` bytes. The array to use from now on; what is added is zeroed. */
void *arena_room(struct arena *arena, void *items, size_t count, size_t *cap, size_t size)
    __attribute__((warn_unused_result));

void arena_reset(struct arena *arena); /* everything handed out is gone; keeps one block */
void arena_free(struct arena *arena);  /* gives all memory back; the arena can be used again */

#endif
