/* Who sees that the bot is typing, and for how long. */
#include "unit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "bridge/typing.h"

enum { HALF = 500, EVERY = 5000, TIMES = 4, MOST = 2000 };

static struct typing typing;
static struct buf shown;
static int times;
static int64_t start, after; /* between them the chats were begun */

static void show(void *self, const char *address)
{
    assert_ptr_equal(self, &typing);
    buf_addf(&shown, "%s ", address);
    times++;
}

static int open_all(void **state)
{
    (void)state;
    shown = BUF_INIT(64 * 1024);
    times = 0;
    typing_init(&typing, show, &typing);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    typing_free(&typing);
    buf_free(&shown);
    return 0;
}

static void begin(const char *address)
{
    start = clock_mono_ms();
    typing_begin(&typing, address);
    after = clock_mono_ms();
}

#define assert_shown(now, who) unit_shown((now), (who), __LINE__)

/* Since the last time. */
static void unit_shown(int64_t now, const char *who, int line)
{
    typing_run(&typing, now);
    if (strcmp(buf_str(&shown), who))
        fail_msg("line %d: \"%s\", not \"%s\"", line, buf_str(&shown), who);
    buf_clear(&shown);
}

static void nobody_is_never_due(void **state)
{
    (void)state;
    assert_true(typing_due(&typing) == INT64_MAX);
    assert_shown(INT64_MAX - EVERY, "");
}

static void it_is_shown_after_half_a_second(void **state)
{
    (void)state;
    begin("a");
    assert_in_range(typing_due(&typing), start + HALF, after + HALF);
    assert_shown(start + HALF - 1, "");
    assert_shown(typing_due(&typing), "a ");
}

static void it_is_shown_again_a_few_times(void **state)
{
    (void)state;
    begin("a");
    int64_t now = typing_due(&typing);
    for (int i = 0; i < TIMES; i++) {
        assert_shown(now, "a ");
        assert_shown(now + EVERY - 1, "");
        now += EVERY;
    }
    for (int i = 0; i < 5; i++, now += EVERY)
        assert_shown(now, "");
    assert_true(typing_due(&typing) == INT64_MAX);
    assert_int_equal(typing.by_address.count, 0);
}

/* A program that slept does not show at once what it missed. */
static void what_was_missed_is_not_made_up_for(void **state)
{
    (void)state;
    begin("a");
    assert_shown(after + 60000, "a ");
    assert_shown(after + 60000, "");
    assert_int_equal(typing_due(&typing), after + 60000 + EVERY);
}

static void an_answer_ends_it(void **state)
{
    (void)state;
    assert_false(typing_end(&typing, "a"));
    begin("a");
    assert_false(typing_end(&typing, "a")); /* it was never shown */
    assert_true(typing_due(&typing) == INT64_MAX);
    assert_shown(after + EVERY, "");
    begin("a");
    assert_shown(after + HALF, "a ");
    assert_true(typing_end(&typing, "a"));
    assert_false(typing_end(&typing, "a"));
    assert_shown(after + HALF + EVERY, "");
    begin("a"); /* and a new message begins anew */
    assert_shown(after + HALF, "a ");
}

/* The bridge takes back what the server still shows. */
static void an_answer_that_comes_after_the_last_time_ends_it_too(void **state)
{
    (void)state;
    begin("a");
    int64_t now = after + HALF;
    for (int i = 0; i < TIMES; i++, now += EVERY)
        assert_shown(now, "a ");
    assert_true(typing_end(&typing, "a"));
    assert_false(typing_end(&typing, "a"));
}

static void a_second_message_changes_nothing(void **state)
{
    (void)state;
    begin("a");
    int64_t due = typing_due(&typing), first = after;
    typing_begin(&typing, "a");
    assert_true(typing_due(&typing) == due);
    assert_shown(first + HALF, "a ");
    typing_begin(&typing, "a");
    assert_shown(first + HALF + EVERY - 1, "");
    assert_shown(first + HALF + EVERY, "a ");
    assert_int_equal(typing.by_address.count, 1);
}

static void chats_are_apart(void **state)
{
    (void)state;
    begin("a");
    assert_shown(after + HALF, "a ");
    int64_t first = after + HALF;
    begin("ab");
    begin("b");
    assert_true(typing_due(&typing) < first + EVERY);
    assert_shown(after + HALF, first + EVERY <= after + HALF ? "a ab b " : "ab b ");
    assert_false(typing_end(&typing, "c"));
    assert_true(typing_end(&typing, "ab"));
    assert_shown(after + HALF + EVERY, "a b ");
    assert_true(typing_end(&typing, "a"));
    assert_true(typing_end(&typing, "b"));
    assert_true(typing_due(&typing) == INT64_MAX);
}

/* More than this many at a time are not told; their answers come all the same. */
static void so_many_and_no_more(void **state)
{
    (void)state;
    char address[16];
    for (int i = 0; i < MOST + 100; i++) {
        snprintf(address, sizeof address, "%d", i);
        begin(address);
    }
    typing_run(&typing, after + HALF);
    assert_int_equal(times, MOST);
    assert_false(typing_end(&typing, "2000"));
    assert_true(typing_end(&typing, "0"));
    begin("2000");
    typing_run(&typing, after + HALF);
    assert_true(typing_end(&typing, "2000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
        TEST(nobody_is_never_due),
        TEST(it_is_shown_after_half_a_second),
        TEST(it_is_shown_again_a_few_times),
        TEST(what_was_missed_is_not_made_up_for),
        TEST(an_answer_ends_it),
        TEST(an_answer_that_comes_after_the_last_time_ends_it_too),
        TEST(a_second_message_changes_nothing),
        TEST(chats_are_apart),
        TEST(so_many_and_no_more),
    };
    return cmocka_run_group_tests_name("typing", tests, NULL, NULL);
}
