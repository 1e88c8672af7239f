/* The growable buffer with its compulsory limit. */
#include "unit.h"

#include "base/buf.h"

static void is_an_empty_string_before_use(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(10);
    assert_string_equal(buf_str(&buf), "");
    assert_int_equal(buf_done(&buf), 0);
    buf_free(&buf);
}

static void gathers_what_is_added(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(100);
    buf_add(&buf, "ab", 2);
    buf_add_str(&buf, "cd");
    buf_add_char(&buf, 'e');
    buf_addf(&buf, "%d-%s", 7, "x");
    assert_string_equal(buf_str(&buf), "abcde7-x");
    assert_int_equal(buf.len, 8);
    assert_int_equal(buf_done(&buf), 0);
    buf_free(&buf);
}

static void takes_exactly_its_limit(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(4);
    buf_add_str(&buf, "abcd");
    assert_int_equal(buf_done(&buf), 0);
    buf_add(&buf, "", 0);
    assert_int_equal(buf_done(&buf), 0);
    buf_add_char(&buf, 'e');
    assert_int_equal(buf_done(&buf), -1);
    assert_string_equal(buf_str(&buf), "abcd");
    buf_free(&buf);
}

static void drops_what_passes_the_limit_and_stays_failed(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(4);
    buf_add_str(&buf, "abc");
    buf_add_str(&buf, "defg");
    buf_add_char(&buf, 'x'); /* would fit, but a gap must not go unseen */
    assert_int_equal(buf_done(&buf), -1);
    assert_int_equal(buf.len, 3);
    assert_string_equal(buf_str(&buf), "abc");
    buf_free(&buf);
}

static void formatted_text_obeys_the_limit(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(5);
    buf_addf(&buf, "%s", "12345");
    assert_int_equal(buf_done(&buf), 0);
    buf_addf(&buf, "%d", 6);
    assert_int_equal(buf_done(&buf), -1);
    assert_string_equal(buf_str(&buf), "12345");
    buf_free(&buf);
}

static void clear_forgets_the_failure_and_keeps_the_limit(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(3);
    buf_add_str(&buf, "abcd");
    buf_clear(&buf);
    assert_int_equal(buf_done(&buf), 0);
    assert_string_equal(buf_str(&buf), "");
    buf_add_str(&buf, "abcd");
    assert_int_equal(buf_done(&buf), -1);
    buf_free(&buf);
}

static void can_be_used_again_after_free(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(3);
    buf_add_str(&buf, "abc");
    buf_free(&buf);
    assert_string_equal(buf_str(&buf), "");
    buf_add_str(&buf, "abcd");
    assert_int_equal(buf_done(&buf), -1);
    buf_add_str(&buf, "a");
    buf_free(&buf);
}

static void keeps_bytes_that_are_zero(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(10);
    buf_add(&buf, "a\0b", 3);
    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "a\0b\0", 4);
    buf_free(&buf);
}

static void a_huge_addition_fails_without_overflow(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(10);
    buf_add_char(&buf, 'a');
    buf_add(&buf, "b", SIZE_MAX);
    assert_int_equal(buf_done(&buf), -1);
    assert_string_equal(buf_str(&buf), "a");
    buf_free(&buf);
}

static void grows_over_many_additions(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT(100000);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf_done(&buf), 0);
    assert_int_equal(buf.len, 100000);
    assert_int_equal(strlen(buf_str(&buf)), 100000);
    assert_int_equal(buf.data[99999], 'a' + 99999 % 26);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_empty_string_before_use),
        cmocka_unit_test(gathers_what_is_added),
        cmocka_unit_test(takes_exactly_its_limit),
        cmocka_unit_test(drops_what_passes_the_limit_and_stays_failed),
        cmocka_unit_test(formatted_text_obeys_the_limit),
        cmocka_unit_test(clear_forgets_the_failure_and_keeps_the_limit),
        cmocka_unit_test(can_be_used_again_after_free),
        cmocka_unit_test(keeps_bytes_that_are_zero),
        cmocka_unit_test(a_huge_addition_fails_without_overflow),
        cmocka_unit_test(grows_over_many_additions),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
