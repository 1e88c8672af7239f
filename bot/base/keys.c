#include "base/keys.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

void key_start(void)
{
    if (sodium_init() < 0)
        log_fatal("libsodium does not start; is /dev/urandom there?");
}

void key_hide_process(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
        log_fatal("core dumps cannot be switched off");
}

void key_random(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void key_wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}

void key_hash(unsigned char out[KEY_HASH], const unsigned char *secret, const struct key_part *parts,
              size_t count)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, secret, secret ? KEY_SECRET : 0, KEY_HASH);
    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;
        crypto_generichash_update(&state, (const unsigned char *)&len, sizeof len);
        crypto_generichash_update(&state, parts[i].bytes, parts[i].len);
    }
    crypto_generichash_final(&state, out, KEY_HASH);
}

void key_hash_text(const unsigned char hash[KEY_HASH], char out[KEY_HASH_TEXT])
{
    sodium_bin2base64(out, KEY_HASH_TEXT, hash, KEY_HASH, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
