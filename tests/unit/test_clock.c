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

/* ---- working hours ---- */

static bool works(int64_t ms)
{
    struct civil c = clock_oslo(ms);
    return c.weekday < 5 && c.hour >= 8 && c.hour < 16;
}

static void the_edges_of_working_hours_are_eight_and_four(void **state)
{
    (void)state;
    static const char *const edges[][2] = {
        {"2026-11-16T06:59:59.999Z", "2026-11-16T07:00:00.000Z"}, /* Monday before eight */
        {"2026-11-16T07:00:00.000Z", "2026-11-16T07:00:00.000Z"},
        {"2026-11-16T14:59:59.999Z", "2026-11-16T14:59:59.999Z"},
        {"2026-11-16T15:00:00.000Z", "2026-11-17T07:00:00.000Z"}, /* four o'clock: the next morning */
        {"2026-11-20T15:00:00.000Z", "2026-11-23T07:00:00.000Z"}, /* Friday: Monday */
        {"2026-11-21T11:00:00.000Z", "2026-11-23T07:00:00.000Z"},
        {"2026-11-22T22:59:59.999Z", "2026-11-23T07:00:00.000Z"}, /* the last of Sunday */
        {"2026-11-22T23:00:00.000Z", "2026-11-23T07:00:00.000Z"},
        {"2026-07-31T14:00:00.000Z", "2026-08-03T06:00:00.000Z"}, /* into the next month, in summer */
        {"2027-12-31T15:00:00.000Z", "2028-01-03T07:00:00.000Z"}, /* … and year */
        {"2028-02-28T15:30:00.000Z", "2028-02-29T07:00:00.000Z"}, /* … a leap day */
        {"2026-10-23T14:00:00.000Z", "2026-10-26T07:00:00.000Z"}, /* over the change to winter */
        {"2026-10-25T00:30:00.000Z", "2026-10-26T07:00:00.000Z"},
        {"2027-03-26T15:00:00.000Z", "2027-03-29T06:00:00.000Z"}, /* … and to summer */
        {"2027-03-28T01:30:00.000Z", "2027-03-29T06:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        char text[CLOCK_TEXT];
        clock_format(clock_working(at(edges[i][0])), text);
        assert_string_equal(text, edges[i][1]);
    }
}

/* Minute by minute backwards over three weeks: the next moment is this one if it is in working hours, else
 * that of the minute after. */
static void assert_working_around(const char *sunday)
{
    int64_t from = at(sunday) - 10 * CLOCK_DAY, next = 0;
    for (int64_t ms = at(sunday) + 11 * CLOCK_DAY; ms >= from; ms -= CLOCK_MINUTE) {
        next = works(ms) ? ms : next;
        if (next)
            assert_int_equal(clock_working(ms), next);
    }
    assert_true(next > 0);
}

static void at_all_hours_over_both_changes_the_next_working_moment_is_found(void **state)
{
    (void)state;
    assert_working_around("2026-10-25T00:00:00Z");
    assert_working_around("2027-03-28T00:00:00Z");
    assert_working_around("2026-12-31T00:00:00Z"); /* no clock changes, but the year does */
}

static void a_working_moment_is_its_own_in_any_year(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t ms = INT64_C(820454400000) + (int64_t)unit_random(2000000000) * 1000 + unit_random(1000);
        int64_t next = clock_working(ms);
        assert_true(works(next) && next >= ms && next - ms <= 65 * CLOCK_HOUR);
        assert_true(next != ms || works(ms));
        assert_int_equal(clock_working(next), next);
    }
}

static void a_day_in_oslo_begins_at_its_midnight(void **state)
{
    (void)state;
    assert_int_equal(clock_oslo_day(2026, 11, 22), at("2026-11-21T23:00:00Z"));
    assert_int_equal(clock_oslo_day(2026, 7, 1), at("2026-06-30T22:00:00Z"));
    assert_int_equal(clock_oslo_day(2026, 10, 25), at("2026-10-24T22:00:00Z")); /* 25 hours long */
    assert_int_equal(clock_oslo_day(2026, 10, 26), at("2026-10-25T23:00:00Z"));
    assert_int_equal(clock_oslo_day(2027, 3, 28), at("2027-03-27T23:00:00Z")); /* 23 hours */
    assert_int_equal(clock_oslo_day(2027, 3, 29), at("2027-03-28T22:00:00Z"));
    for (int64_t ms = at("1996-01-01T11:00:00Z"); ms < at("2060-01-01T00:00:00Z"); ms += CLOCK_DAY) {
        struct civil c = clock_oslo(ms);
        char expected[64];
        snprintf(expected, sizeof expected, "%04d-%02d-%02d 00:00:00", c.year, c.month, c.day);
        assert_civil(clock_oslo(clock_oslo_day(c.year, c.month, c.day)), expected, c.weekday);
    }
}

static void months_and_days_outside_their_range_are_carried(void **state)
{
    (void)state;
    static const struct {
        int year, month, day, to[3];
    } carried[] = {
        {2026, 13, 1, {2027, 1, 1}},    {2026, 12, 32, {2027, 1, 1}},   {2026, 0, 1, {2025, 12, 1}},
        {2026, -11, 1, {2025, 1, 1}},   {2026, -12, 1, {2024, 12, 1}},  {2026, 24, 1, {2027, 12, 1}},
        {2026, 25, 1, {2028, 1, 1}},    {2026, 11, 0, {2026, 10, 31}},  {2026, 1, 0, {2025, 12, 31}},
        {2026, 3, -1, {2026, 2, 27}},   {2027, 2, 29, {2027, 3, 1}},    {2028, 2, 30, {2028, 3, 1}},
        {2026, 11, 31, {2026, 12, 1}},  {2026, 1, 365, {2026, 12, 31}}, {2026, 1, 366, {2027, 1, 1}},
        {2026, 12, -333, {2026, 1, 1}}, {2026, 14, 29, {2027, 3, 1}},   {2026, 10, 58, {2026, 11, 27}},
    };
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++) {
        const int *to = carried[i].to;
        if (clock_oslo_day(carried[i].year, carried[i].month, carried[i].day) !=
            clock_oslo_day(to[0], to[1], to[2]))
            fail_msg("%d-%d-%d", carried[i].year, carried[i].month, carried[i].day);
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
        cmocka_unit_test(the_edges_of_working_hours_are_eight_and_four),
        cmocka_unit_test(at_all_hours_over_both_changes_the_next_working_moment_is_found),
        cmocka_unit_test(a_working_moment_is_its_own_in_any_year),
        cmocka_unit_test(a_day_in_oslo_begins_at_its_midnight),
        cmocka_unit_test(months_and_days_outside_their_range_are_carried),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
