/* Hash table from byte strings to pointers. Keys are borrowed: whoever puts an entry keeps its key alive
 * until the entry is removed or the map freed. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map {
    struct map_slot *slots;
    size_t count, used, size; /* entries; entries and tombstones; slots (a power of two or 0) */
};

#define MAP_INIT ((struct map){NULL, 0, 0, 0})

/* The value, or NULL. */
void *map_get(const struct map *map, const char *key, size_t len);
/* Sets the value (not NULL); replaces an earlier one, whose key stays the stored key. */
void map_put(struct map *map, const char *key, size_t len, void *value);
/* Takes the entry out and returns its value, or NULL. */
void *map_remove(struct map *map, const char *key, size_t len);
/* Walks the entries in no order: start with *at = 0; returns the next value, or NULL at the end. The entry
 * just returned may be removed during the walk. */
void *map_next(const struct map *map, size_t *at);
void map_free(struct map *map); /* not the values */

/* A fast hash of bytes, keyed by a random value of the process so that hostile keys cannot collide on purpose
 * (SipHash-2-4 through libsodium). */
uint64_t map_hash(const char *key, size_t len);

#endif
