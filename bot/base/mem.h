/* Allocation that does not fail: when memory runs out the process says so and ends, and the supervisor starts
 * it again. Everything accepted is on disk by then, so this is the honest way out of a state that no code
 * path below could handle well. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for `count` objects of `size` bytes; owned by the caller, ended with free(). Never NULL. */
void *mem_new(size_t count, size_t size) __attribute__((malloc, warn_unused_result));

/* Like realloc for `count` objects of `size` bytes; what is added is not zeroed. Never NULL. */
void *mem_grow(void *old, size_t count, size_t size) __attribute__((warn_unused_result));

/* A copy of `len` bytes with a NUL behind them; owned by the caller. */
char *mem_strndup(const char *text, size_t len) __attribute__((malloc, warn_unused_result));
char *mem_strdup(const char *text) __attribute__((malloc, warn_unused_result));

/* Makes room for one more element in an array that doubles: `*items` has `count` used and `*cap` places. */
#define MEM_ROOM(items, count, cap)                                                                          \
    do {                                                                                                     \
        if ((count) == (cap)) {                                                                              \
            (cap) = (cap) ? 2 * (cap) : 16;                                                                  \
            (items) = mem_grow((items), (cap), sizeof *(items));                                             \
        }                                                                                                    \
    } while (0)

#endif
