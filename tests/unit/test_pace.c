/* How fast a bridge goes: never more than the bucket allows, and never slower than it could. */
#include "unit.h"

#include "base/keys.h"
#include "bridge/pace.h"

#define NOW (INT64_C(1000000))

static void a_full_bucket_gives_at_once_and_then_with_time(void **state)
{
    (void)state;
    struct pace pace = pace_full(3, 1, NOW);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pace_due(&pace, 1, NOW), NOW);
        pace_take(&pace, 1, NOW);
    }
    assert_int_equal(pace_due(&pace, 1, NOW), NOW + 1000);
    assert_in_range(pace_due(&pace, 1, NOW + 999), NOW + 1000, NOW + 1001); /* ms are as fine as it gets */
    assert_int_equal(pace_due(&pace, 1, NOW + 1000), NOW + 1000);
    pace_take(&pace, 1, NOW + 1000);
    assert_int_equal(pace_due(&pace, 1, NOW + 1000), NOW + 2000);
    assert_int_equal(pace_due(&pace, 3, NOW + 1000), NOW + 4000);
}

static void it_never_holds_more_than_its_most(void **state)
{
    (void)state;
    struct pace pace = pace_full(3, 1, NOW);
    int64_t later = NOW + 3600 * 1000;
    assert_int_equal(pace_due(&pace, 3, later), later);
    pace_take(&pace, 3, later);
    assert_int_equal(pace_due(&pace, 1, later), later + 1000);
}

static void a_mark_waits_for_what_it_leaves(void **state)
{
    (void)state;
    struct pace pace = pace_full(3, 1, NOW);
    pace_take(&pace, 2, NOW);
    assert_int_equal(pace_due(&pace, 1, NOW), NOW);
    assert_int_equal(pace_due(&pace, 2, NOW), NOW + 1000);
}

static void rates_need_not_be_whole(void **state)
{
    (void)state;
    struct pace pace = pace_full(25, 25, NOW), slow = pace_full(1, 1.0 / 3, NOW);
    pace_take(&pace, 25, NOW);
    assert_int_equal(pace_due(&pace, 1, NOW), NOW + 40);
    assert_int_equal(pace_due(&pace, 25, NOW), NOW + 1000);
    pace_take(&slow, 1, NOW);
    assert_in_range(pace_due(&slow, 1, NOW), NOW + 3000, NOW + 3001);
}

/* What was taken too early is owed. */
static void a_debt_is_paid_first(void **state)
{
    (void)state;
    struct pace pace = pace_full(3, 1, NOW);
    pace_take(&pace, 5, NOW);
    assert_int_equal(pace_due(&pace, 1, NOW), NOW + 3000);
    assert_in_range(pace_due(&pace, 1, NOW + 2999), NOW + 3000, NOW + 3001);
}

static void a_clock_that_stands_or_runs_backwards_gives_nothing(void **state)
{
    (void)state;
    struct pace pace = pace_full(3, 1, NOW);
    pace_take(&pace, 3, NOW);
    assert_true(pace_due(&pace, 1, NOW) > NOW);
    assert_int_equal(pace_due(&pace, 1, NOW - 3600 * 1000), NOW - 3599 * 1000);
    pace_take(&pace, 0, NOW - 5000);
    assert_true(pace_due(&pace, 1, NOW - 5000) > NOW - 5000);
}

/* Who waits until `due` each time sends in any stretch of time at most what bucket and rate allow, and all of
 * it.
 */
static void nobody_who_waits_is_too_fast_or_starved(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        double most = 1 + unit_random(30), a_second = (1 + unit_random(300)) / 10.0;
        struct pace pace = pace_full(most, a_second, NOW);
        int64_t now = NOW;
        double taken = 0;
        for (int i = 0; i < 500; i++) {
            double want = 1 + unit_random((uint32_t)most);
            int64_t due = pace_due(&pace, want, now);
            assert_true(due >= now);
            assert_int_equal(pace_due(&pace, want, due), due); /* then it is there */
            if (due > now)
                assert_true(pace_due(&pace, want, due - 2) > due - 2); /* and not much before */
            now = due;
            pace_take(&pace, want, now);
            taken += want;
            assert_true(taken <= most + a_second * (double)(now - NOW) / 1000 + 1e-6);
        }
        assert_true(taken >= a_second * (double)(now - NOW - 501) / 1000 - most);
    }
}

static void failures_make_the_pauses_longer_up_to_the_most(void **state)
{
    (void)state;
    static const int64_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (int i = 0; i < 8; i++)
        for (int round = 0; round < 200; round++)
            assert_in_range(pace_backoff(i + 1, 1000, 60000), expected[i], expected[i] + expected[i] / 4);
    for (int round = 0; round < 200; round++) {
        assert_in_range(pace_backoff(1000000000, 1000, 60000), 60000, 75000);
        assert_in_range(pace_backoff(INT32_MAX, 5000, 60000), 60000, 75000);
        assert_in_range(pace_backoff(0, 1000, 60000), 1000, 1250);
        assert_in_range(pace_backoff(3, 1000, 1000), 1000, 1250);
        assert_in_range(pace_backoff(9, 1, 7), 7, 8);
    }
}

/* They spread over the whole quarter. */
static void those_that_failed_together_do_not_come_back_together(void **state)
{
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (int round = 0; round < 1000; round++) {
        int64_t pause = pace_backoff(1, 1000, 60000);
        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
    }
    assert_true(least < 1020);
    assert_true(most > 1230);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_gives_at_once_and_then_with_time),
        cmocka_unit_test(it_never_holds_more_than_its_most),
        cmocka_unit_test(a_mark_waits_for_what_it_leaves),
        cmocka_unit_test(rates_need_not_be_whole),
        cmocka_unit_test(a_debt_is_paid_first),
        cmocka_unit_test(a_clock_that_stands_or_runs_backwards_gives_nothing),
        cmocka_unit_test(nobody_who_waits_is_too_fast_or_starved),
        cmocka_unit_test(failures_make_the_pauses_longer_up_to_the_most),
        cmocka_unit_test(those_that_failed_together_do_not_come_back_together),
    };
    key_start();
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
