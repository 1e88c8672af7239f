/* Whether a network's server is well: how long it is left alone, and what staff hear of it. */
#include "unit.h"

#include "base/clock.h"
#include "base/keys.h"
#include "bridge/health.h"

#define SLACK 20000 /* a slow machine's */

static void assert_pause(const struct health *health, int64_t since, int64_t least)
{
    assert_in_range(health->pause_until, since + least, since + least + least / 4 + SLACK);
}

static void a_server_that_never_failed_is_asked(void **state)
{
    (void)state;
    struct health health = {.server = "the server"};
    char line[200] = "?";
    assert_true(health_may_ask(&health, 0, clock_mono_ms()));
    assert_true(health_may_ask(&health, 50, clock_mono_ms()));
    assert_false(health_well(&health));
    assert_false(health_tell(&health, line, sizeof line));
    assert_string_equal(line, "?");
}

static void one_that_fails_is_left_alone_and_then_tried_by_one(void **state)
{
    (void)state;
    struct health health = {.server = "the server"};
    int64_t before = clock_mono_ms();
    health_failed(&health, 502, NULL);
    assert_int_equal(health.failures, 1);
    assert_in_range(health.since, before, clock_mono_ms());
    assert_pause(&health, before, 1000);
    assert_false(health_may_ask(&health, 0, health.pause_until - 1));
    assert_true(health_may_ask(&health, 0, health.pause_until));
    assert_false(health_may_ask(&health, 1, health.pause_until));
    assert_false(health_may_ask(&health, 1, health.pause_until + 1000000));
}

static void those_that_failed_together_are_one(void **state)
{
    (void)state;
    struct health health = {.server = "the server"};
    health_failed(&health, 0, "a");
    int64_t until = health.pause_until = clock_mono_ms() + SLACK, since = health.since;
    for (int i = 0; i < 50; i++)
        health_failed(&health, 0, "b");
    assert_int_equal(health.failures, 1);
    assert_true(health.pause_until == until && health.since == since);
    assert_string_equal(health.reason, "b"); /* the last one's */
}

static void each_failure_makes_the_pause_longer(void **state)
{
    (void)state;
    static const int64_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    struct health health = {.server = "the server"};
    int64_t since = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        int64_t before = clock_mono_ms();
        health.pause_until = before;
        health_failed(&health, 500, NULL);
        assert_int_equal(health.failures, i + 1);
        assert_in_range(health.pause_until, before + expected[i], before + expected[i] * 5 / 4 + 500);
        assert_true(i == 0 || health.since == since); /* the first one's */
        since = health.since;
    }
}

static void what_is_well_again_is_as_new(void **state)
{
    (void)state;
    struct health health = {.server = "the server"};
    health_failed(&health, 500, NULL);
    health_failed(&health, 500, NULL);
    assert_true(health_well(&health));
    assert_false(health_well(&health));
    assert_string_equal(health.server, "the server");
    assert_int_equal(health.failures, 0);
    assert_string_equal(health.reason, "");
    assert_true(health_may_ask(&health, 50, clock_mono_ms()));
    int64_t before = clock_mono_ms();
    health_failed(&health, 500, NULL);
    assert_pause(&health, before, 1000);
}

static void why_it_fails_is_kept(void **state)
{
    (void)state;
    struct health health = {.server = "the server"};
    char endless[1000];
    health_failed(&health, 502, "not this");
    assert_string_equal(health.reason, "HTTP status 502");
    health_failed(&health, 0, "Timeout was reached");
    assert_string_equal(health.reason, "Timeout was reached");
    health_failed(&health, 0, NULL);
    assert_string_equal(health.reason, "no answer");
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    health_failed(&health, 0, endless);
    assert_int_equal(strlen(health.reason), HEALTH_REASON - 1);
}

static void staff_hear_of_it_after_a_minute(void **state)
{
    (void)state;
    struct health health = {.server = "the homeserver"};
    char line[200] = "?", small[10];
    health_failed(&health, 502, NULL);
    health.since = clock_mono_ms() - 60000 + SLACK;
    assert_false(health_tell(&health, line, sizeof line));
    assert_string_equal(line, "?");
    health.since = clock_mono_ms() - 60000;
    assert_true(health_tell(&health, line, sizeof line));
    assert_contains(line, "the homeserver");
    assert_contains(line, "HTTP status 502");
    health.since = clock_mono_ms() - 7 * 60000;
    assert_true(health_tell(&health, line, sizeof line));
    assert_contains(line, " 7 minutes ");
    assert_true(health_tell(&health, small, sizeof small));
    assert_string_equal(small, "the homes");
    health_well(&health);
    assert_false(health_tell(&health, line, sizeof line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_never_failed_is_asked),
        cmocka_unit_test(one_that_fails_is_left_alone_and_then_tried_by_one),
        cmocka_unit_test(those_that_failed_together_are_one),
        cmocka_unit_test(each_failure_makes_the_pause_longer),
        cmocka_unit_test(what_is_well_again_is_as_new),
        cmocka_unit_test(why_it_fails_is_kept),
        cmocka_unit_test(staff_hear_of_it_after_a_minute),
    };
    key_start();
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
