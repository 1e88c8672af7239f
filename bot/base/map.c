#include "base/map.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

struct map_slot {
    const char *key; /* NULL: never used */
    size_t len;
    uint64_t hash;
    void *value; /* NULL with a key: removed */
};

uint64_t map_hash(const char *key, size_t len)
{
    static unsigned char secret[crypto_shorthash_KEYBYTES];
    static bool ready;
    if (!ready) {
        if (sodium_init() < 0)
            log_fatal("libsodium does not start; is /dev/urandom there?");
        randombytes_buf(secret, sizeof secret);
        ready = true;
    }
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t hash;
    crypto_shorthash(out, (const unsigned char *)key, len, secret);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

static struct map_slot *find(const struct map *map, const char *key, size_t len, uint64_t hash)
{
    if (!map->size)
        return NULL;
    for (size_t i = hash & (map->size - 1);; i = (i + 1) & (map->size - 1)) {
        struct map_slot *slot = &map->slots[i];
        if (!slot->key)
            return slot;
        if (slot->hash == hash && slot->len == len && memcmp(slot->key, key, len) == 0)
            return slot;
    }
}

static void resize(struct map *map)
{
    struct map old = *map;
    map->size = 16;
    while (map->size < 3 * (old.count + 1))
        map->size *= 2;
    map->slots = mem_new(map->size, sizeof *map->slots);
    map->used = old.count;
    for (size_t i = 0; i < old.size; i++) {
        struct map_slot *from = &old.slots[i];
        if (from->value)
            *find(map, from->key, from->len, from->hash) = *from;
    }
    free(old.slots);
}

void *map_get(const struct map *map, const char *key, size_t len)
{
    if (!map->count)
        return NULL;
    return find(map, key, len, map_hash(key, len))->value;
}

void map_put(struct map *map, const char *key, size_t len, void *value)
{
    if (3 * (map->used + 1) > 2 * map->size)
        resize(map);
    uint64_t hash = map_hash(key, len);
    struct map_slot *slot = find(map, key, len, hash);
    if (!slot->key) {
        *slot = (struct map_slot){key, len, hash, NULL};
        map->used++;
    }
    if (!slot->value) {
        slot->key = key; /* a removed entry's key may be gone */
        map->count++;
    }
    slot->value = value;
}

void *map_remove(struct map *map, const char *key, size_t len)
{
    if (!map->count)
        return NULL;
    struct map_slot *slot = find(map, key, len, map_hash(key, len));
    void *value = slot->value;
    if (value) {
        static const char removed[] = "";
        slot->key = removed; /* the caller may free its key now; no real key has this hash and length */
        slot->len = SIZE_MAX;
        slot->value = NULL;
        map->count--;
    }
    return value;
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->size) {
        void *value = map->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}

void map_free(struct map *map)
{
    free(map->slots);
    *map = MAP_INIT;
}
