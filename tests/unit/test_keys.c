/* Randomness and hashes. */
#include "unit.h"

#include "base/keys.h"

static int start(void **state)
{
    (void)state;
    key_start();
    return 0;
}

static void hash2(unsigned char out[KEY_HASH], const unsigned char *secret, const char *a, const char *b)
{
    struct key_part parts[] = {{a, strlen(a)}, {b, strlen(b)}};
    key_hash(out, secret, parts, 2);
}

static void the_same_parts_give_the_same_hash(void **state)
{
    (void)state;
    unsigned char a[KEY_HASH], b[KEY_HASH];
    hash2(a, NULL, "telegram", "17");
    hash2(b, NULL, "telegram", "17");
    assert_memory_equal(a, b, KEY_HASH);
}

static void the_border_between_parts_counts(void **state)
{
    (void)state;
    unsigned char a[KEY_HASH], b[KEY_HASH], c[KEY_HASH];
    struct key_part one[] = {{"telegram17", 10}};
    hash2(a, NULL, "telegram", "17");
    hash2(b, NULL, "telegram1", "7");
    key_hash(c, NULL, one, 1);
    assert_memory_not_equal(a, b, KEY_HASH);
    assert_memory_not_equal(a, c, KEY_HASH);
}

static void the_secret_counts_and_none_is_another(void **state)
{
    (void)state;
    unsigned char a[KEY_HASH], b[KEY_HASH], c[KEY_HASH], zero[KEY_SECRET] = {0}, one[KEY_SECRET] = {1};
    hash2(a, NULL, "a", "b");
    hash2(b, zero, "a", "b");
    hash2(c, one, "a", "b");
    assert_memory_not_equal(a, b, KEY_HASH);
    assert_memory_not_equal(b, c, KEY_HASH);
}

static void empty_parts_count_too(void **state)
{
    (void)state;
    unsigned char none[KEY_HASH], one[KEY_HASH], two[KEY_HASH];
    struct key_part parts[] = {{"", 0}, {"", 0}};
    key_hash(none, NULL, parts, 0);
    key_hash(one, NULL, parts, 1);
    key_hash(two, NULL, parts, 2);
    assert_memory_not_equal(none, one, KEY_HASH);
    assert_memory_not_equal(one, two, KEY_HASH);
}

static void a_hash_is_22_characters_that_fit_an_address(void **state)
{
    (void)state;
    char text[KEY_HASH_TEXT];
    unsigned char hash[KEY_HASH];
    memset(hash, 0xFF, sizeof hash);
    key_hash_text(hash, text);
    assert_string_equal(text, "_____________________w");
    memset(hash, 0, sizeof hash);
    key_hash_text(hash, text);
    assert_string_equal(text, "AAAAAAAAAAAAAAAAAAAAAA");
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0};
    key_random(a, sizeof a);
    key_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_parts_give_the_same_hash),
        cmocka_unit_test(the_border_between_parts_counts),
        cmocka_unit_test(the_secret_counts_and_none_is_another),
        cmocka_unit_test(empty_parts_count_too),
        cmocka_unit_test(a_hash_is_22_characters_that_fit_an_address),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests_name("keys", tests, start, NULL);
}
