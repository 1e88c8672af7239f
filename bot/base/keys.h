/* Randomness, hashes and their text form (libsodium). */
#ifndef BASE_KEYS_H
#define BASE_KEYS_H

#include <stddef.h>

#include "base/err.h"

enum { KEY_HASH = 16, KEY_SECRET = 32, KEY_HASH_TEXT = 23 };

/* Must be called once at start; ends the program when the system has no randomness. */
void key_start(void);

/* For a program that holds a secret of others: it leaves no core dump, and no other account of the machine
 * can look into it. */
void key_hide_process(void);

void key_random(void *out, size_t len);

/* Overwrites a secret so that the compiler cannot leave it out. */
void key_wipe(void *secret, size_t len);

/* A 16-byte BLAKE2b hash of parts joined unambiguously (each part's length goes before it). `secret` has
 * KEY_SECRET bytes, or is NULL for an unkeyed hash. */
struct key_part {
    const void *bytes;
    size_t len;
};
void key_hash(unsigned char out[KEY_HASH], const unsigned char *secret, const struct key_part *parts,
              size_t count);

/* The hash as 22 characters of unpadded base64url with NUL. */
void key_hash_text(const unsigned char hash[KEY_HASH], char out[KEY_HASH_TEXT]);

#endif
