/* RFC 3339 and the civil time of Oslo. */
#include "unit.h"

#include <time.h>

#include "base/clock.h"

static int64_t at(const char *text)
{
    int64_t ms = -1;
    assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

static void assert_civil(struct civil c, const char *expected, int weekday)
{
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
             c.second);
    assert_string_equal(text, expected);
    assert_int_equal(c.weekday, weekday);
}

static void writes_utc_with_milliseconds(void **state)
{
    (void)state;
    char text[CLOCK_TEXT];
    clock_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_format(INT64_C(1795323667123), text);
    assert_string_equal(text, "2026-11-22T05:01:07.123Z");
    clock_format(INT64_C(951782400000), text);
    assert_string_equal(text, "2000-02-29T00:00:00.000Z");
}

static void clamps_times_outside_its_years(void **state)
{
    (void)state;
    char text[CLOCK_TEXT];
    clock_format(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_format(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void reads_the_forms_of_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-22T05:01:07.123Z", INT64_C(1795323667123)},
        {"2026-11-22t05:01:07.123z", INT64_C(1795323667123)},
        {"2026-11-22T06:01:07.123+01:00", INT64_C(1795323667123)},
        {"2026-11-21T23:31:07.123-05:30", INT64_C(1795323667123)},
        {"2026-11-22T05:01:07.1Z", INT64_C(1795323667100)},
        {"2026-11-22T05:01:07.12Z", INT64_C(1795323667120)},
        {"2026-11-22T05:01:07.123999999999Z", INT64_C(1795323667123)},
        {"2026-11-22T05:01:07-00:00", INT64_C(1795323667000)},
        {"2024-02-29T12:00:00Z", INT64_C(1709208000000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)}, /* a leap second is the next one */
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(at(cases[i].text), cases[i].ms);
}

static void refuses_what_is_no_time_and_leaves_the_value(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T05:01:07",
        "2026-11-22 05:01:07Z",
        "2026-11-22T05:01Z",
        "2026-13-22T05:01:07Z",
        "2026-00-22T05:01:07Z",
        "2026-11-31T05:01:07Z",
        "2026-11-00T05:01:07Z",
        "2025-02-29T05:01:07Z",
        "2100-02-29T05:01:07Z",
        "2026-11-22T24:01:07Z",
        "2026-11-22T05:60:07Z",
        "2026-11-22T05:01:61Z",
        "2026-11-22T05:01:07.Z",
        "2026-11-22T05:01:07,5Z",
        "2026-11-22T05:01:07ZZ",
        "2026-11-22T05:01:07Z ",
        " 2026-11-22T05:01:07Z",
        "2026-11-22T5:01:07Z",
        "+2026-11-22T05:01:07Z",
        "2026-11-22T05:01:07+24:00",
        "2026-11-22T05:01:07+1:00",
        "2026-11-22T05:01:07+0100",
        "2026-11-22T05:01:07+01:60",
        "2026-11-22T05:01:07 +01:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:60Z",
        "12026-11-22T05:01:07Z",
        "2026-1\xC2\xB9-22T05:01:07Z",
        "-026-11-22T05:01:07Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 42;
        if (clock_parse(cases[i], &ms) != -1 || ms != 42)
            fail_msg("\"%s\" was taken as %lld", cases[i], (long long)ms);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char text[CLOCK_TEXT];
        int64_t ms = (int64_t)unit_random(253402300) * 1000000 + unit_random(1000000);
        clock_format(ms, text);
        assert_int_equal(at(text), ms);
    }
}

static void oslo_turns_to_summer_on_29_march_2026(void **state)
{
    (void)state;
    assert_civil(clock_oslo(at("2026-03-29T00:59:59.999Z")), "2026-03-29 01:59:59", 6);
    assert_civil(clock_oslo(at("2026-03-29T01:00:00Z")), "2026-03-29 03:00:00", 6);
}

static void oslo_turns_to_winter_on_25_october_2026(void **state)
{
    (void)state;
    assert_civil(clock_oslo(at("2026-10-25T00:59:59.999Z")), "2026-10-25 02:59:59", 6);
    assert_civil(clock_oslo(at("2026-10-25T01:00:00Z")), "2026-10-25 02:00:00", 6);
    assert_civil(clock_oslo(at("2026-10-25T02:00:00Z")), "2026-10-25 03:00:00", 6);
}

static void oslo_changes_day_before_utc(void **state)
{
    (void)state;
    assert_civil(clock_oslo(at("2026-11-21T22:59:59Z")), "2026-11-21 23:59:59", 5);
    assert_civil(clock_oslo(at("2026-11-21T23:00:00Z")), "2026-11-22 00:00:00", 6);
    assert_civil(clock_oslo(at("2026-07-31T22:00:00Z")), "2026-08-01 00:00:00", 5);
    assert_civil(clock_oslo(at("2026-12-31T23:30:00Z")), "2027-01-01 00:30:00", 4);
    assert_civil(clock_utc(at("2026-12-31T23:30:00Z")), "2026-12-31 23:30:00", 3);
}

/* The system's own zone data must say the same, from 1996 on. */
static void oslo_agrees_with_the_zone_data(void **state)
{
    (void)state;
    if (access("/usr/share/zoneinfo/Europe/Oslo", R_OK)) {
        print_message("no zone data here; skipped\n");
        skip();
    }
    setenv("TZ", "Europe/Oslo", 1);
    tzset();
    for (int i = 0; i < 50000; i++) {
        time_t seconds = (time_t)820454400 + (time_t)unit_random(2000000000);
        if (i % 2) /* often near a change of clocks or of day */
            seconds = seconds / 3600 * 3600 - (time_t)unit_random(2);
        struct tm tm;
        assert_non_null(localtime_r(&seconds, &tm));
        struct civil c = clock_oslo((int64_t)seconds * 1000);
        assert_int_equal(c.year, tm.tm_year + 1900);
        assert_int_equal(c.month, tm.tm_mon + 1);
        assert_int_equal(c.day, tm.tm_mday);
        assert_int_equal(c.hour, tm.tm_hour);
        assert_int_equal(c.minute, tm.tm_min);
        assert_int_equal(c.second, tm.tm_sec);
        assert_int_equal(c.weekday, (tm.tm_wday + 6) % 7);
    }
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
    (void)state;
    int64_t before = clock_mono_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ns();
        assert_true(now >= before);
        before = now;
    }
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_utc_with_milliseconds),
        cmocka_unit_test(clamps_times_outside_its_years),
        cmocka_unit_test(reads_the_forms_of_rfc_3339),
        cmocka_unit_test(refuses_what_is_no_time_and_leaves_the_value),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(oslo_turns_to_summer_on_29_march_2026),
        cmocka_unit_test(oslo_turns_to_winter_on_25_october_2026),
        cmocka_unit_test(oslo_changes_day_before_utc),
        cmocka_unit_test(oslo_agrees_with_the_zone_data),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
