/* Memory that is given back all at once. */
#include "unit.h"

#include "base/arena.h"

static bool all_zero(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

static void memory_is_zeroed_also_where_it_was_used_before(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    for (int round = 0; round < 3; round++) {
        unsigned char *bytes = arena_alloc(&arena, 5000);
        assert_true(all_zero(bytes, 5000));
        memset(bytes, 0xAA, 5000);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

static void memory_is_aligned_for_any_type(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    for (size_t size = 0; size < 200; size++) {
        char *odd = arena_bytes(&arena, 1 + size % 7);
        odd[0] = 'x';
        assert_int_equal((uintptr_t)arena_alloc(&arena, size) % _Alignof(max_align_t), 0);
    }
    arena_free(&arena);
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 3000 };
    struct arena arena = ARENA_INIT;
    static char *pieces[PIECES];
    static size_t sizes[PIECES];
    for (int i = 0; i < PIECES; i++) {
        sizes[i] = 1 + unit_random(300);
        pieces[i] = i % 2 ? arena_bytes(&arena, sizes[i]) : arena_alloc(&arena, sizes[i]);
        memset(pieces[i], i % 251, sizes[i]);
    }
    for (int i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal((unsigned char)pieces[i][k], i % 251);
    arena_free(&arena);
}

static void a_piece_may_be_larger_than_a_block(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    unsigned char *large = arena_alloc(&arena, 3000000);
    assert_true(all_zero(large, 3000000));
    large[2999999] = 1;
    assert_non_null(arena_alloc(&arena, 10));
    arena_reset(&arena);
    assert_true(all_zero(arena_alloc(&arena, 3000000), 3000000));
    arena_free(&arena);
}

static void counts_what_it_handed_out_since_the_reset(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    char *text = arena_bytes(&arena, 100);
    text[0] = '\0';
    assert_int_equal(arena.used, 100);
    arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    arena_free(&arena);
}

static void copies_are_terminated(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strdup(&arena, "blåbær"), "blåbær");
    assert_string_equal(arena_strndup(&arena, "x", 0), "");
    assert_string_equal(arena_printf(&arena, "%s %d", "nr", 7), "nr 7");
    assert_string_equal(arena_printf(&arena, "%s", ""), "");
    arena_free(&arena);
}

static void formatted_text_may_be_long(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    const char *text = arena_printf(&arena, "%0*d", 200000, 5);
    assert_int_equal(strlen(text), 200000);
    assert_int_equal(text[199999], '5');
    arena_free(&arena);
}

static void reset_of_an_unused_arena_is_harmless_and_free_allows_use_again(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    arena_reset(&arena);
    arena_free(&arena);
    assert_string_equal(arena_strdup(&arena, "a"), "a");
    arena_free(&arena);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_also_where_it_was_used_before),
        cmocka_unit_test(memory_is_aligned_for_any_type),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(a_piece_may_be_larger_than_a_block),
        cmocka_unit_test(counts_what_it_handed_out_since_the_reset),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(formatted_text_may_be_long),
        cmocka_unit_test(reset_of_an_unused_arena_is_harmless_and_free_allows_use_again),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
