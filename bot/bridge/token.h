/* Chat tokens: the name under which a chat is known outside its bridge. A token is made of the network
 * address alone, with a key that only the bridge has, so that no table is needed and neither broker, core,
 * database nor log sees an address.
 *
 *     siv   = BLAKE2b-192(key k1; network, type, address, each with its length before it)
 *     token = version letter + base64url(siv ‖ XChaCha20(key k2, nonce siv; type ‖ address)), unpadded
 *
 * k1 and k2 come from a version's master key by crypto_kdf. The same address always gives the same token; a
 * token that was changed, or made for another network, does not decode (SIV mode: siv is nonce and
 * authenticator).
 *
 * The key file has one version a line, `A <64 hex digits>`, the newest last; empty lines and lines that start
 * with # are skipped. The newest makes tokens, all decode. It belongs to the backup: without it no kept reply
 * finds its chat. */
#ifndef BRIDGE_TOKEN_H
#define BRIDGE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
    TOKEN_SIZE = 400 + 1,     /* of a token, with NUL; the contract's limit */
    TOKEN_ADDRESS_MOST = 274, /* bytes of an address, so that the token stays within 400 characters */
    TOKEN_VERSIONS_MOST = 52,
};

/* What kind of address a token hides; part of what is hashed, so that no kind can be taken for another. */
enum token_type { TOKEN_CHAT = 'c' };

struct token_keys;

/* Reads the key file. A missing one is made (mode 0600) when `make`, else it is an error. One that others
 * than its owner can read or write is refused. Owned by the caller; NULL with a line in `err`. Two programs
 * must not make the same file at once: the journal's lock is taken first. */
struct token_keys *token_keys_open(const char *path, bool make, struct err *err);
void token_keys_free(struct token_keys *keys); /* wipes the keys */

size_t token_keys_count(const struct token_keys *keys);

/* The token of an address (1 to TOKEN_ADDRESS_MOST bytes). `age` 0 is the newest key, 1 the one before, and
 * so on, below token_keys_count. 0, or -1 with a line in `err` (which never holds the address). */
int token_encode(const struct token_keys *keys, size_t age, const char *network, enum token_type type,
                 const char *address, char out[TOKEN_SIZE], struct err *err)
    __attribute__((warn_unused_result));

/* The address of a token. 0, or -1 when it is none of this network and these keys. */
int token_decode(const struct token_keys *keys, const char *network, enum token_type type, const char *token,
                 char address[TOKEN_ADDRESS_MOST + 1], struct err *err) __attribute__((warn_unused_result));

#endif
