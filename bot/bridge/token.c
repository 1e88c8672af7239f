#include "bridge/token.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/keys.h"
#include "base/mem.h"

enum {
    SIV = crypto_stream_xchacha20_NONCEBYTES,
    MASTER = crypto_kdf_KEYBYTES,
    PLAIN_MOST = 1 + TOKEN_ADDRESS_MOST, /* type and address */
    FILE_MOST = 8192,
    LINE_MOST = 200,
};

_Static_assert(SIV == 24 && MASTER == 32, "sizes that the format of a token rests on");
_Static_assert(1 + ((SIV + PLAIN_MOST) * 4 + 2) / 3 <= TOKEN_SIZE - 1, "the longest address fits a token");

struct version {
    char letter;
    unsigned char siv_key[crypto_generichash_KEYBYTES];
    unsigned char stream_key[crypto_stream_xchacha20_KEYBYTES];
};

struct token_keys {
    struct version versions[TOKEN_VERSIONS_MOST];
    size_t count;
};

/* ---- key file ---- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static const struct version *find(const struct token_keys *keys, char letter)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->versions[i].letter == letter)
            return &keys->versions[i];
    return NULL;
}

static void add_version(struct token_keys *keys, char letter, const unsigned char master[MASTER])
{
    static const char context[crypto_kdf_CONTEXTBYTES + 1] = "chattokn";
    struct version *version = &keys->versions[keys->count++];
    version->letter = letter;
    crypto_kdf_derive_from_key(version->siv_key, sizeof version->siv_key, 1, context, master);
    crypto_kdf_derive_from_key(version->stream_key, sizeof version->stream_key, 2, context, master);
}

static int read_line(struct token_keys *keys, const char *path, int number, const char *line, size_t len,
                     struct err *err)
{
    unsigned char master[MASTER];
    size_t bytes = 0;
    int rc = 0;
    if (len == 0 || line[0] == '#')
        return 0;
    if (len != 2 + 2 * MASTER || !is_letter(line[0]) || line[1] != ' ' ||
        sodium_hex2bin(master, sizeof master, line + 2, 2 * MASTER, NULL, &bytes, NULL) || bytes != MASTER)
        rc = err_at(err, path, number, "is no key: write a letter, a space and 64 hex digits");
    else if (find(keys, line[0]))
        rc = err_at(err, path, number, "the key version %c stands twice", line[0]);
    else if (keys->count == TOKEN_VERSIONS_MOST)
        rc = err_at(err, path, number, "more than %d key versions", TOKEN_VERSIONS_MOST);
    else
        add_version(keys, line[0], master);
    sodium_memzero(master, sizeof master);
    return rc;
}

static int read_lines(struct token_keys *keys, const char *path, const char *text, size_t size,
                      struct err *err)
{
    const char *at = text, *line;
    size_t len;
    for (int number = 1; file_next_line(&at, text + size, &line, &len); number++)
        if (read_line(keys, path, number, line, len, err))
            return -1;
    return keys->count ? 0 : err_at(err, path, 0, "holds no key; restore it from the backup");
}

/* The mode is asked of the open file, so that nobody can change it in between. */
static int check_mode(const char *path, int fd, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_at(err, path, 0, "cannot be examined: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_at(err, path, 0, "is not a regular file");
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_at(err, path, 0, "others than its owner have access to this key: chmod 600 %s", path);
    return 0;
}

static int read_keys(struct token_keys *keys, const char *path, int fd, struct err *err)
{
    char text[FILE_MOST];
    size_t size = 0;
    ssize_t n = 0;
    int rc = check_mode(path, fd, err);
    while (rc == 0 && size < sizeof text && (n = read(fd, text + size, sizeof text - size)) > 0)
        size += (size_t)n;
    if (rc == 0 && n < 0)
        rc = err_at(err, path, 0, "cannot be read: %s", strerror(errno));
    else if (rc == 0 && size == sizeof text)
        rc = err_at(err, path, 0, "is larger than %d bytes", FILE_MOST - 1);
    if (rc == 0)
        rc = read_lines(keys, path, text, size, err);
    sodium_memzero(text, sizeof text);
    return rc;
}

static int make_file(const char *path, struct err *err)
{
    unsigned char master[MASTER];
    char line[2 + 2 * MASTER + 2] = "A ";
    key_random(master, sizeof master);
    sodium_bin2hex(line + 2, sizeof line - 2, master, sizeof master);
    line[sizeof line - 2] = '\n';
    int rc = file_make_parent(path, err);
    if (rc == 0)
        rc = file_write(path, line, sizeof line - 1, 0600, err);
    sodium_memzero(master, sizeof master);
    sodium_memzero(line, sizeof line);
    return rc;
}

struct token_keys *token_keys_open(const char *path, bool make, struct err *err)
{
    if (make && !file_exists(path) && make_file(path, err))
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err_at(err, path, 0, "the key file cannot be opened: %s", strerror(errno));
        return NULL;
    }
    struct token_keys *keys = mem_new(1, sizeof *keys);
    int rc = read_keys(keys, path, fd, err);
    close(fd);
    if (rc == 0)
        return keys;
    token_keys_free(keys);
    return NULL;
}

void token_keys_free(struct token_keys *keys)
{
    if (keys)
        sodium_memzero(keys, sizeof *keys);
    free(keys);
}

size_t token_keys_count(const struct token_keys *keys)
{
    return keys->count;
}

/* ---- tokens ---- */

static void hash_part(crypto_generichash_state *state, const void *bytes, size_t size)
{
    uint64_t len = size;
    unsigned char prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (unsigned char)(len >> (8 * i));
    crypto_generichash_update(state, prefix, sizeof prefix);
    crypto_generichash_update(state, bytes, size);
}

/* `plain` is the type's byte and the address. */
static void make_siv(const struct version *version, const char *network, const unsigned char *plain,
                     size_t len, unsigned char siv[SIV])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, version->siv_key, sizeof version->siv_key, SIV);
    hash_part(&state, network, strlen(network));
    hash_part(&state, plain, 1);
    hash_part(&state, plain + 1, len - 1);
    crypto_generichash_final(&state, siv, SIV);
    sodium_memzero(&state, sizeof state);
}

int token_encode(const struct token_keys *keys, size_t age, const char *network, enum token_type type,
                 const char *address, char out[TOKEN_SIZE], struct err *err)
{
    unsigned char plain[PLAIN_MOST], sealed[SIV + PLAIN_MOST];
    size_t len = strlen(address);
    out[0] = '\0';
    if (age >= keys->count)
        return err_add(err, "there is no key that old");
    if (len < 1 || len > TOKEN_ADDRESS_MOST)
        return err_add(err, "an address must have 1 to %d bytes, not %zu", TOKEN_ADDRESS_MOST, len);
    const struct version *version = &keys->versions[keys->count - 1 - age];
    plain[0] = (unsigned char)type;
    memcpy(plain + 1, address, len);
    make_siv(version, network, plain, len + 1, sealed);
    crypto_stream_xchacha20_xor(sealed + SIV, plain, len + 1, sealed, version->stream_key);
    out[0] = version->letter;
    sodium_bin2base64(out + 1, TOKEN_SIZE - 1, sealed, SIV + len + 1,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return 0;
}

int token_decode(const struct token_keys *keys, const char *network, enum token_type type, const char *token,
                 char address[TOKEN_ADDRESS_MOST + 1], struct err *err)
{
    unsigned char sealed[SIV + PLAIN_MOST], plain[PLAIN_MOST], siv[SIV];
    size_t len = strlen(token), size = 0;
    const struct version *version = len ? find(keys, token[0]) : NULL;
    address[0] = '\0';
    if (!version)
        return err_add(err, "a chat token of a key version that is not in the key file");
    if (len >= TOKEN_SIZE ||
        sodium_base642bin(sealed, sizeof sealed, token + 1, len - 1, NULL, &size, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        size < SIV + 2)
        return err_add(err, "a chat token that is none");
    crypto_stream_xchacha20_xor(plain, sealed + SIV, size - SIV, sealed, version->stream_key);
    make_siv(version, network, plain, size - SIV, siv);
    if (sodium_memcmp(siv, sealed, SIV) || plain[0] != (unsigned char)type || memchr(plain, 0, size - SIV))
        return err_add(err, "a chat token of another network or key, or a changed one");
    memcpy(address, plain + 1, size - SIV - 1);
    address[size - SIV - 1] = '\0';
    return 0;
}
