/* INI files with line numbers. */
#include "unit.h"

#include "base/buf.h"
#include "base/inifile.h"

static struct err err;
static struct buf pairs;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    pairs = BUF_INIT(10000);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_free(&pairs);
    return 0;
}

static void take(void *user, const char *section, const char *name, const char *value, int line)
{
    assert_ptr_equal(user, &pairs);
    buf_addf(&pairs, "%d %s.%s=%s\n", line, section, name, value);
}

static int read_text(const char *text)
{
    return inifile_read(unit_write("test.ini", text), take, &pairs, &err);
}

static void pairs_come_with_section_and_line(void **state)
{
    (void)state;
    assert_int_equal(read_text("; top\na = 1\n\n[del en]\nnavn = Bø i Telemark\n# note\nb=2\n[c]\nb = 3"), 0);
    assert_string_equal(buf_str(&pairs), "2 .a=1\n5 del en.navn=Bø i Telemark\n7 del en.b=2\n9 c.b=3\n");
}

static void windows_line_ends_and_a_byte_order_mark_do_no_harm(void **state)
{
    (void)state;
    assert_int_equal(read_text("\xEF\xBB\xBF[a]\r\nb = c\r\n"), 0);
    assert_string_equal(buf_str(&pairs), "2 a.b=c\n");
}

static void an_empty_file_and_an_empty_value_are_fine(void **state)
{
    (void)state;
    assert_int_equal(read_text(""), 0);
    assert_int_equal(read_text("[a]\nb =\n"), 0);
    assert_string_equal(buf_str(&pairs), "2 a.b=\n");
}

static void a_line_that_is_none_has_its_number(void **state)
{
    (void)state;
    assert_int_equal(read_text("[a]\nb = c\nnonsense\n"), -1);
    assert_says(&err, "test.ini:3: ");
    err_clear(&err);
    assert_int_equal(read_text("[a]\n[open\n"), -1);
    assert_says(&err, "test.ini:2: ");
}

static void a_line_of_190_bytes_fits_and_one_more_does_not(void **state)
{
    (void)state;
    char text[512] = "[a]\nb = ", expected[512];
    memset(text + strlen(text), 'x', 186);
    snprintf(expected, sizeof expected, "2 a.b=%s\n", text + 8);
    assert_int_equal(read_text(text), 0);
    assert_string_equal(buf_str(&pairs), expected);
    text[strlen(text)] = 'x';
    snprintf(text + strlen(text), 20, "\nc = d\n");
    buf_clear(&pairs);
    assert_int_equal(read_text(text), -1);
    assert_says(&err, "test.ini:2: ");
    assert_string_equal(buf_str(&pairs), "3 a.c=d\n"); /* what follows is still read, with its own line */
}

static void a_missing_file_is_a_fault(void **state)
{
    (void)state;
    assert_int_equal(inifile_read(unit_path("nothing.ini"), take, &pairs, &err), -1);
    assert_says(&err, "nothing.ini");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pairs_come_with_section_and_line, start, end),
        cmocka_unit_test_setup_teardown(windows_line_ends_and_a_byte_order_mark_do_no_harm, start, end),
        cmocka_unit_test_setup_teardown(an_empty_file_and_an_empty_value_are_fine, start, end),
        cmocka_unit_test_setup_teardown(a_line_that_is_none_has_its_number, start, end),
        cmocka_unit_test_setup_teardown(a_line_of_190_bytes_fits_and_one_more_does_not, start, end),
        cmocka_unit_test_setup_teardown(a_missing_file_is_a_fault, start, end),
    };
    return cmocka_run_group_tests_name("inifile", tests, NULL, NULL);
}
