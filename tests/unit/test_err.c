/* Faults for a person, gathered line by line. */
#include "unit.h"

static void lines_gather_with_file_and_line(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    assert_int_equal(err_add(&err, "no %s", "broker"), -1);
    assert_int_equal(err_at(&err, "a.ini", 7, "bad %d", 3), -1);
    assert_int_equal(err_at(&err, "folder", 0, "is empty"), -1);
    assert_string_equal(err.text, "no broker\na.ini:7: bad 3\nfolder: is empty\n");
    assert_int_equal(err.count, 3);
    assert_int_equal(err.len, strlen(err.text));
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    assert_int_equal(err_add(NULL, "x"), -1);
    assert_int_equal(err_at(NULL, "f", 1, "x"), -1);
}

static void lines_without_room_are_counted_but_never_cut_in_two(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    for (int i = 0; i < 1000; i++)
        err_at(&err, "file", i + 1, "fault number %d", i);
    assert_int_equal(err.count, 1000);
    assert_true(err.len < sizeof err.text);
    assert_int_equal(err.text[err.len], '\0');
    assert_int_equal(err.text[err.len - 1], '\n');
    for (const char *line = err.text; *line; line = strchr(line, '\n') + 1)
        assert_memory_equal(line, "file:", 5);
}

static void a_line_of_any_length_is_bounded(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    char name[3000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    err_at(&err, name, 1, "%s", name);
    err_add(&err, "%s", name);
    err_add(&err, "last");
    assert_int_equal(err.count, 3);
    assert_int_equal(err.len, strlen(err.text));
    assert_says(&err, "\nlast\n");
}

static void the_first_line_for_a_log(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    char out[64], small[4];
    assert_string_equal(err_first(&err, out, sizeof out), "");
    err_add(&err, "first");
    err_add(&err, "second");
    assert_string_equal(err_first(&err, out, sizeof out), "first");
    assert_string_equal(err_first(&err, small, sizeof small), "fir");
}

static void clear_empties(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    err_add(&err, "first");
    err_clear(&err);
    assert_int_equal(err.count, 0);
    assert_int_equal(err.len, 0);
    assert_string_equal(err.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_gather_with_file_and_line),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(lines_without_room_are_counted_but_never_cut_in_two),
        cmocka_unit_test(a_line_of_any_length_is_bounded),
        cmocka_unit_test(the_first_line_for_a_log),
        cmocka_unit_test(clear_empties),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
