/* Chat tokens: they come back, and nothing else does. */
#include "unit.h"

#include "base/keys.h"
#include "bridge/token.h"

#define KEY_A "A 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_B "B ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"

#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static struct token_keys *open_text(const char *name, const char *text, struct err *err)
{
    const char *path = unit_write(name, text);
    assert_int_equal(chmod(path, 0600), 0);
    return token_keys_open(path, false, err);
}

static struct token_keys *keys_of(const char *text)
{
    struct err err = {.count = 0};
    struct token_keys *keys = open_text("key", text, &err);
    assert_no_fault(&err);
    assert_non_null(keys);
    return keys;
}

static void encode(const struct token_keys *keys, const char *network, const char *address,
                   char out[TOKEN_SIZE])
{
    struct err err = {.count = 0};
    assert_int_equal(token_encode(keys, 0, network, TOKEN_CHAT, address, out, &err), 0);
    assert_no_fault(&err);
}

static void comes_back(void **state)
{
    (void)state;
    struct token_keys *keys = keys_of(KEY_A);
    char token[TOKEN_SIZE], again[TOKEN_SIZE], address[TOKEN_ADDRESS_MOST + 1],
        long_one[TOKEN_ADDRESS_MOST + 1];
    memset(long_one, 'x', TOKEN_ADDRESS_MOST);
    long_one[TOKEN_ADDRESS_MOST] = '\0';
    const char *addresses[] = {"1", "-1001234567890", "!rom:tjener.no", "blåbær@example.org", long_one};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        encode(keys, "telegram", addresses[i], token);
        encode(keys, "telegram", addresses[i], again);
        assert_string_equal(token, again);
        assert_true(strlen(token) <= 400);
        assert_int_equal(strspn(token, DIGITS), strlen(token));
        assert_null(strstr(token, "rom"));
        assert_int_equal(token_decode(keys, "telegram", TOKEN_CHAT, token, address, NULL), 0);
        assert_string_equal(address, addresses[i]);
    }
    token_keys_free(keys);
}

/* The format is a contract with the database of the core: it must not change by accident. Computed by
 * `python3`, hashlib.blake2b and an XChaCha20 of its own from the definition in token.h. */
static void format_is_fixed(void **state)
{
    (void)state;
    struct token_keys *keys = keys_of(KEY_A);
    char token[TOKEN_SIZE];
    encode(keys, "telegram", "4711", token);
    assert_string_equal(token, "AIcDhqtaKqhc25sGtaD9KK8OiJaWeELQUT5efZII");
    token_keys_free(keys);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct token_keys *keys = keys_of(KEY_A);
    struct err err = {.count = 0};
    char token[TOKEN_SIZE], address[TOKEN_ADDRESS_MOST + 1], huge[2000];
    memset(huge, 'A', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_int_equal(token_encode(keys, 0, "n", TOKEN_CHAT, "", token, &err), -1);
    assert_int_equal(token_encode(keys, 0, "n", TOKEN_CHAT, huge, token, &err), -1);
    assert_null(strstr(err.text, "AAAA"));
    assert_int_equal(token_encode(keys, 1, "n", TOKEN_CHAT, "1", token, &err), -1);
    for (size_t len = 0; len < sizeof huge; len++)
        assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, huge + sizeof huge - 1 - len, address, NULL),
                         -1);
    token_keys_free(keys);
}

static void networks_differ(void **state)
{
    (void)state;
    struct token_keys *keys = keys_of(KEY_A);
    char one[TOKEN_SIZE], two[TOKEN_SIZE], address[TOKEN_ADDRESS_MOST + 1];
    encode(keys, "ab", "c", one);
    encode(keys, "a", "bc", two);
    assert_string_not_equal(one, two);
    assert_int_equal(token_decode(keys, "a", TOKEN_CHAT, one, address, NULL), -1);
    assert_string_equal(address, "");
    assert_int_equal(token_decode(keys, "ab", (enum token_type)'x', one, address, NULL), -1);
    token_keys_free(keys);
}

/* Each character changed to each other one, each shortening, and things put behind. */
static void tampering_is_seen(void **state)
{
    (void)state;
    static const char digits[] = DIGITS " =\n";
    struct token_keys *keys = keys_of(KEY_A KEY_B);
    char token[TOKEN_SIZE], changed[TOKEN_SIZE + 1], address[TOKEN_ADDRESS_MOST + 1];
    encode(keys, "n", "4711", token);
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++) {
        for (size_t k = 0; k < sizeof digits - 1; k++) {
            memcpy(changed, token, len + 1);
            changed[i] = digits[k];
            if (changed[i] != token[i])
                assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, changed, address, NULL), -1);
        }
        memcpy(changed, token, len + 1);
        changed[i] = '\0';
        assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, changed, address, NULL), -1);
    }
    for (size_t k = 0; k < sizeof digits - 1; k++) {
        snprintf(changed, sizeof changed, "%s%c", token, digits[k]);
        assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, changed, address, NULL), -1);
    }
    token_keys_free(keys);
}

static void random_tokens_do_not_decode(void **state)
{
    (void)state;
    static const char digits[] = DIGITS;
    struct token_keys *keys = keys_of(KEY_A);
    char token[TOKEN_SIZE], address[TOKEN_ADDRESS_MOST + 1];
    for (int round = 0; round < 20000; round++) {
        size_t len = 1 + unit_random(TOKEN_SIZE - 1);
        for (size_t i = 0; i < len; i++)
            token[i] = i ? digits[unit_random(64)] : 'A';
        token[len] = '\0';
        assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, token, address, NULL), -1);
    }
    token_keys_free(keys);
}

static void old_keys_decode(void **state)
{
    (void)state;
    char before[TOKEN_SIZE], after[TOKEN_SIZE], aged[TOKEN_SIZE], address[TOKEN_ADDRESS_MOST + 1];
    struct token_keys *keys = keys_of(KEY_A);
    encode(keys, "n", "4711", before);
    token_keys_free(keys);
    keys = keys_of("# rotated in 2026\n\n" KEY_A KEY_B);
    assert_int_equal(token_keys_count(keys), 2);
    encode(keys, "n", "4711", after);
    assert_int_equal(before[0], 'A');
    assert_int_equal(after[0], 'B');
    assert_int_equal(token_encode(keys, 1, "n", TOKEN_CHAT, "4711", aged, NULL), 0);
    assert_string_equal(aged, before);
    assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, before, address, NULL), 0);
    assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, after, address, NULL), 0);
    token_keys_free(keys);
    keys = keys_of(KEY_B);
    assert_int_equal(token_decode(keys, "n", TOKEN_CHAT, before, address, NULL), -1);
    token_keys_free(keys);
}

static void file_is_made_once(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    const char *path = unit_path("new/key");
    char one[TOKEN_SIZE], two[TOKEN_SIZE];
    struct stat st;
    assert_null(token_keys_open(path, false, &err));
    assert_says(&err, "cannot be opened");
    struct token_keys *keys = token_keys_open(path, true, NULL);
    assert_non_null(keys);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    encode(keys, "n", "4711", one);
    token_keys_free(keys);
    keys = token_keys_open(path, true, NULL);
    encode(keys, "n", "4711", two);
    assert_string_equal(one, two);
    token_keys_free(keys);
}

static void open_modes_are_refused(void **state)
{
    (void)state;
    const mode_t modes[] = {0640, 0604, 0660, 0644, 0610};
    const char *path = unit_write("modes", KEY_A);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct err err = {.count = 0};
        chmod(path, modes[i]);
        assert_null(token_keys_open(path, true, &err));
        assert_says(&err, "chmod 600");
    }
    chmod(path, 0400);
    struct token_keys *keys = token_keys_open(path, true, NULL);
    assert_non_null(keys);
    token_keys_free(keys);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *text, *says;
    } files[] = {
        {"", "holds no key"},
        {"# only words\n", "holds no key"},
        {KEY_A KEY_A, ":2: the key version A stands twice"},
        {KEY_A "\nB 00\n", ":3: is no key"},
        {"1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", "is no key"},
        {"A 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n", "is no key"},
        {"A  00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", "is no key"},
        {"A 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0\n", "is no key"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct err err = {.count = 0};
        assert_null(open_text("bad", files[i].text, &err));
        assert_says(&err, files[i].says);
        assert_null(strstr(err.text, "0001020304"));
    }
    static char large[9000];
    struct err err = {.count = 0};
    memset(large, '\n', sizeof large - 1);
    assert_null(open_text("large", large, &err));
    assert_says(&err, "is larger than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(format_is_fixed),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(networks_differ),
        cmocka_unit_test(tampering_is_seen),
        cmocka_unit_test(random_tokens_do_not_decode),
        cmocka_unit_test(old_keys_decode),
        cmocka_unit_test(file_is_made_once),
        cmocka_unit_test(open_modes_are_refused),
        cmocka_unit_test(bad_files_are_refused),
    };
    key_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
