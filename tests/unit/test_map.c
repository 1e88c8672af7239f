/* The hash table from byte strings to pointers. */
#include "unit.h"

#include "base/map.h"

static int values[10000];

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map map = MAP_INIT;
    size_t at = 0;
    assert_null(map_get(&map, "a", 1));
    assert_null(map_remove(&map, "a", 1));
    assert_null(map_next(&map, &at));
    map_free(&map);
}

static void finds_what_was_put(void **state)
{
    (void)state;
    struct map map = MAP_INIT;
    map_put(&map, "a", 1, &values[0]);
    map_put(&map, "ab", 2, &values[1]);
    assert_ptr_equal(map_get(&map, "a", 1), &values[0]);
    assert_ptr_equal(map_get(&map, "abc", 2), &values[1]);
    assert_null(map_get(&map, "abc", 3));
    assert_int_equal(map.count, 2);
    map_free(&map);
}

static void keys_may_be_empty_or_hold_zero_bytes(void **state)
{
    (void)state;
    struct map map = MAP_INIT;
    map_put(&map, "", 0, &values[0]);
    map_put(&map, "a\0b", 3, &values[1]);
    map_put(&map, "a\0c", 3, &values[2]);
    assert_ptr_equal(map_get(&map, "", 0), &values[0]);
    assert_ptr_equal(map_get(&map, "a\0b", 3), &values[1]);
    assert_ptr_equal(map_get(&map, "a\0c", 3), &values[2]);
    assert_null(map_get(&map, "a", 1));
    map_free(&map);
}

static void putting_again_replaces_the_value_and_keeps_the_key(void **state)
{
    (void)state;
    struct map map = MAP_INIT;
    char other[2] = "a";
    map_put(&map, "a", 1, &values[0]);
    map_put(&map, other, 1, &values[1]);
    memset(other, 'z', sizeof other); /* the second key need not live on */
    assert_ptr_equal(map_get(&map, "a", 1), &values[1]);
    assert_int_equal(map.count, 1);
    map_free(&map);
}

static void a_removed_key_may_be_freed(void **state)
{
    (void)state;
    struct map map = MAP_INIT;
    char *key = strdup("forgotten");
    map_put(&map, key, 9, &values[0]);
    map_put(&map, "kept", 4, &values[1]);
    assert_ptr_equal(map_remove(&map, "forgotten", 9), &values[0]);
    free(key);
    assert_null(map_get(&map, "forgotten", 9));
    assert_null(map_remove(&map, "forgotten", 9));
    assert_ptr_equal(map_get(&map, "kept", 4), &values[1]);
    map_put(&map, "forgotten", 9, &values[2]);
    assert_ptr_equal(map_get(&map, "forgotten", 9), &values[2]);
    assert_int_equal(map.count, 2);
    map_free(&map);
}

static void the_walk_meets_each_entry_once(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static char keys[MANY][16];
    struct map map = MAP_INIT;
    for (int i = 0; i < MANY; i++) {
        values[i] = 0;
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        map_put(&map, keys[i], strlen(keys[i]), &values[i]);
    }
    size_t at = 0;
    for (int *value; (value = map_next(&map, &at));)
        ++*value;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(values[i], 1);
    map_free(&map);
}

static void the_entry_just_met_may_be_removed(void **state)
{
    (void)state;
    enum { MANY = 500 };
    static char keys[MANY][16];
    struct map map = MAP_INIT;
    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        map_put(&map, keys[i], strlen(keys[i]), keys[i]);
    }
    size_t at = 0, met = 0;
    for (char *key; (key = map_next(&map, &at)); met++)
        assert_ptr_equal(map_remove(&map, key, strlen(key)), key);
    assert_int_equal(met, MANY);
    assert_int_equal(map.count, 0);
    map_free(&map);
}

/* Coming and going must neither lose entries nor fill the table with traces of what is gone. */
static void survives_long_coming_and_going(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    static char keys[KEYS][16];
    bool in[KEYS] = {false};
    struct map map = MAP_INIT;
    for (int i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof keys[i], "k%d", i);
    for (int round = 0; round < 200000; round++) {
        uint32_t i = unit_random(KEYS);
        if (in[i])
            assert_ptr_equal(map_remove(&map, keys[i], strlen(keys[i])), &values[i]);
        else
            map_put(&map, keys[i], strlen(keys[i]), &values[i]);
        in[i] = !in[i];
    }
    size_t count = 0;
    for (int i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_get(&map, keys[i], strlen(keys[i])), in[i] ? &values[i] : NULL);
        count += in[i];
    }
    assert_int_equal(map.count, count);
    assert_true(map.size <= 4096);
    map_free(&map);
}

static void hash_is_stable_within_a_run_and_tells_keys_apart(void **state)
{
    (void)state;
    assert_int_equal(map_hash("a", 1), map_hash("ab", 1));
    assert_int_not_equal(map_hash("a", 1), map_hash("b", 1));
    assert_int_not_equal(map_hash("", 0), map_hash("\0", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(finds_what_was_put),
        cmocka_unit_test(keys_may_be_empty_or_hold_zero_bytes),
        cmocka_unit_test(putting_again_replaces_the_value_and_keeps_the_key),
        cmocka_unit_test(a_removed_key_may_be_freed),
        cmocka_unit_test(the_walk_meets_each_entry_once),
        cmocka_unit_test(the_entry_just_met_may_be_removed),
        cmocka_unit_test(survives_long_coming_and_going),
        cmocka_unit_test(hash_is_stable_within_a_run_and_tells_keys_apart),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
