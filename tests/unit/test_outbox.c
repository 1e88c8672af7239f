/* The outbox with a publish function that only notes, and with times that the tests choose. */
#include "unit.h"

#include "base/clock.h"
#include "outbox.h"

static const int64_t noon = INT64_C(1795323667123);

static struct err err;
static struct store *store;
static struct settings *settings;
static struct outbox *outbox;
static struct buf published; /* `id id …`, in order */
static bool connected;

static int note(void *user, const struct out_row *row, const char *payload, size_t len)
{
    char expected[100];
    assert_ptr_equal(user, &published);
    snprintf(expected, sizeof expected, "payload of %s", row->id);
    assert_int_equal(len, strlen(expected));
    assert_string_equal(payload, expected);
    if (!connected)
        return -1;
    buf_addf(&published, "%s ", row->id);
    return 0;
}

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    connected = true;
    published = BUF_INIT(1 << 20);
    settings = settings_new();
    assert_int_equal(settings_set(settings, "core.repeat_first_seconds=5", &err), 0);
    assert_int_equal(settings_set(settings, "core.repeat_most_seconds=30", &err), 0);
    assert_int_equal(settings_set(settings, "core.outbox_days=7", &err), 0);
    store = store_open(":memory:", &err);
    assert_non_null(store);
    outbox = outbox_new(store, settings, note, &published, &err);
    assert_non_null(outbox);
    return 0;
}

static int end(void **state)
{
    (void)state;
    outbox_free(outbox);
    store_close(store);
    settings_free(settings);
    buf_free(&published);
    return 0;
}

/* ---- what a test says ---- */

/* Stores a reply without telling the outbox; the texts are the caller's. */
static struct out_row stored(struct out_row row)
{
    char payload[100];
    snprintf(payload, sizeof payload, "payload of %s", row.id);
    if (!row.network)
        row.network = "matrix";
    if (!row.created)
        row.created = noon;
    row.seq = store_out_add(store, &row, payload, strlen(payload), &err);
    assert_true(row.seq > 0);
    return row;
}

static void add_row(struct out_row row)
{
    row = stored(row);
    outbox_added(outbox, &row);
}

static void add(const char *id, const char *chat)
{
    add_row((struct out_row){.id = id, .chat = chat});
}

static void run_at(int64_t now, int64_t mono, bool trusted)
{
    assert_int_equal(outbox_run(outbox, now, mono, trusted, &err), 0);
    assert_no_fault(&err);
}

/* Runs `ms` after noon (monotonic: ms + 1000) and says what went out. */
static void assert_goes_out(int64_t ms, const char *expected)
{
    buf_clear(&published);
    run_at(noon + ms, 1000 + ms, true);
    assert_string_equal(buf_str(&published), expected);
}

static void result_of(const char *network, const char *id, enum delivery delivery, int64_t until)
{
    struct result result = {.id = id, .delivery = delivery, .until = until};
    assert_int_equal(outbox_result(outbox, network, &result, noon, &err), 0);
    assert_no_fault(&err);
}

static void sent(const char *id)
{
    result_of("matrix", id, DELIVERY_SENT, 0);
}

static struct outbox_counts counts(void)
{
    struct outbox_counts c;
    outbox_count(outbox, &c);
    return c;
}

static void count_row(void *user, const struct out_row *row)
{
    (void)row;
    ++*(int *)user;
}

static void assert_stored(int expected)
{
    int rows = 0;
    assert_int_equal(store_out_each(store, count_row, &rows, &err), 0);
    assert_int_equal(rows, expected);
}

/* ---- order ---- */

static void one_reply_a_chat_is_under_way(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    add("3", "y");
    assert_goes_out(0, "1 3 ");
    assert_goes_out(1, "");
    assert_int_equal(counts().waiting, 3);
    assert_int_equal(counts().under_way, 2);
    sent("1");
    assert_goes_out(2, "2 ");
    sent("2");
    sent("3");
    assert_goes_out(3, "");
    assert_int_equal(counts().sent, 3);
    assert_int_equal(counts().waiting, 0);
    assert_int_equal(counts().under_way, 0);
    assert_int_equal(counts().oldest, 0);
    assert_stored(0);
}

static void the_same_chat_name_on_another_network_is_another_chat(void **state)
{
    (void)state;
    add("1", "x");
    add_row((struct out_row){.id = "2", .network = "sms", .chat = "x"});
    assert_goes_out(0, "1 2 ");
}

static void an_urgent_reply_overtakes(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    assert_goes_out(0, "1 ");
    add_row((struct out_row){.id = "3", .chat = "x", .urgent = true});
    assert_goes_out(1, "3 ");
    assert_int_equal(counts().under_way, 2);
    sent("3");
    assert_goes_out(2, ""); /* the first is still under way */
    sent("1");
    assert_goes_out(3, "2 ");
}

static void an_urgent_reply_overtakes_one_that_is_held(void **state)
{
    (void)state;
    add("1", "x");
    assert_goes_out(0, "1 ");
    result_of("matrix", "1", DELIVERY_LATER, noon + CLOCK_HOUR);
    add_row((struct out_row){.id = "2", .chat = "x", .urgent = true});
    assert_goes_out(1, "2 ");
}

/* Whether the reply has gone out so far (`published` begins with a space then). */
static bool has_gone(int chat, int number)
{
    char word[32];
    snprintf(word, sizeof word, " %d-%d ", chat, number);
    return strstr(buf_str(&published), word) != NULL;
}

enum { CHATS = 40, EACH = 5 };

static void add_to_many_chats(void)
{
    char id[32], chat[32];
    for (int i = 0; i < CHATS * EACH; i++) {
        snprintf(id, sizeof id, "%d-%d", i % CHATS, i / CHATS);
        snprintf(chat, sizeof chat, "c%d", i % CHATS);
        add(id, chat);
    }
}

static void the_order_of_each_of_many_chats_is_kept(void **state)
{
    int next[CHATS] = {0}, done = 0;
    char id[32];
    (void)state;
    add_to_many_chats();
    buf_add_char(&published, ' ');
    for (int64_t ms = 0; done < CHATS * EACH && ms < 100000; ms += 10) {
        run_at(noon + ms, 1000 + ms, true);
        int chat = (int)unit_random(CHATS); /* delivered in any order over the chats */
        if (next[chat] == EACH)
            continue;
        assert_true(has_gone(chat, next[chat]));
        assert_false(has_gone(chat, next[chat] + 1));
        snprintf(id, sizeof id, "%d-%d", chat, next[chat]++);
        sent(id);
        done++;
    }
    assert_int_equal(done, CHATS * EACH);
    assert_int_equal(counts().waiting, 0);
    assert_stored(0);
}

/* ---- repeats ---- */

static void a_repeat_doubles_its_pause_up_to_the_most(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 5000, 15000, 35000, 65000, 95000};
    add("1", "x");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (i)
            assert_goes_out(times[i] - 1, "");
        assert_goes_out(times[i], "1 ");
    }
    assert_int_equal(counts().repeated, 5);
    assert_int_equal(counts().under_way, 1);
}

static void the_next_reply_begins_with_a_short_pause_again(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    assert_goes_out(0, "1 ");
    assert_goes_out(5000, "1 ");
    sent("1");
    assert_goes_out(6000, "2 ");
    assert_goes_out(10999, "");
    assert_goes_out(11000, "2 ");
}

static void what_could_not_be_published_is_tried_again_soon(void **state)
{
    (void)state;
    add("1", "x");
    connected = false;
    assert_goes_out(0, "");
    assert_int_equal(counts().under_way, 0);
    assert_int_equal(outbox_due(outbox), 1500);
    connected = true;
    assert_goes_out(499, "");
    assert_goes_out(500, "1 ");
    assert_goes_out(5500, "1 "); /* the pause is still the first */
}

/* ---- results ---- */

static void later_holds_the_chat_until_the_time(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    add("3", "y");
    assert_goes_out(0, "1 3 ");
    sent("3");
    result_of("matrix", "1", DELIVERY_LATER, noon + 90000);
    assert_int_equal(counts().under_way, 0);
    for (int64_t ms = 1000; ms < 90000; ms += 1000)
        assert_goes_out(ms, "");
    assert_goes_out(90000, "1 ");
    sent("1");
    assert_goes_out(90001, "2 ");
}

static void later_without_a_time_waits_the_first_pause(void **state)
{
    (void)state;
    add("1", "x");
    assert_goes_out(0, "1 ");
    result_of("matrix", "1", DELIVERY_LATER, 0);
    assert_goes_out(4999, "");
    assert_goes_out(5000, "1 ");
    result_of("matrix", "1", DELIVERY_LATER, noon - CLOCK_DAY);
}

static void what_is_held_is_held_over_a_restart(void **state)
{
    (void)state;
    add("1", "x");
    assert_goes_out(0, "1 ");
    result_of("matrix", "1", DELIVERY_LATER, noon + 20000);
    outbox_free(outbox);
    outbox = outbox_new(store, settings, note, &published, &err);
    assert_goes_out(10000, "");
    assert_goes_out(20000, "1 ");
}

static void never_gives_a_reply_up(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    assert_goes_out(0, "1 ");
    result_of("matrix", "1", DELIVERY_NEVER, 0);
    assert_goes_out(1, "2 ");
    assert_int_equal(counts().never, 1);
    assert_int_equal(counts().sent, 0);
    assert_stored(1);
}

static void a_result_counts_once_and_from_its_own_network_only(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    assert_goes_out(0, "1 ");
    result_of("sms", "1", DELIVERY_SENT, 0);
    result_of("sms", "1", DELIVERY_NEVER, 0);
    result_of("sms", "1", DELIVERY_LATER, noon + 5000);
    result_of("matrix", "unknown", DELIVERY_SENT, 0);
    assert_goes_out(1, "");
    assert_stored(2);
    assert_int_equal(counts().under_way, 1);
    sent("1");
    sent("1");
    assert_int_equal(counts().sent, 1);
    assert_goes_out(2, "2 ");
}

static void a_result_may_come_before_its_reply_went_out(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    sent("2");
    sent("1");
    assert_goes_out(0, "");
    assert_int_equal(counts().waiting, 0);
    assert_int_equal(counts().under_way, 0);
}

/* ---- age ---- */

static void an_old_reply_is_given_up_when_the_clock_is_trusted(void **state)
{
    (void)state;
    add_row((struct out_row){.id = "1", .chat = "x", .expires = noon + 1000});
    add("2", "x");
    run_at(noon + 1000, 2000, false);
    assert_string_equal(buf_str(&published), "1 ");
    assert_int_equal(counts().expired, 0);
    assert_goes_out(6000, "2 ");
    assert_int_equal(counts().expired, 1);
    assert_int_equal(counts().under_way, 1);
    assert_stored(1);
}

static void a_reply_is_given_up_after_outbox_days(void **state)
{
    (void)state;
    add("1", "x");
    assert_goes_out(7 * CLOCK_DAY - 1, "1 ");
    assert_goes_out(7 * CLOCK_DAY + 5000, "");
    assert_int_equal(counts().expired, 1);
    assert_stored(0);
}

static void age_is_looked_at_while_the_network_is_offline(void **state)
{
    (void)state;
    outbox_network(outbox, "matrix", false);
    add_row((struct out_row){.id = "1", .chat = "x", .expires = noon + 1000});
    assert_goes_out(0, "");
    assert_goes_out(CLOCK_MINUTE, "");
    assert_int_equal(counts().expired, 1);
    assert_true(outbox_due(outbox) == INT64_MAX);
}

/* ---- networks ---- */

static void nothing_goes_to_a_network_that_is_offline(void **state)
{
    (void)state;
    outbox_network(outbox, "matrix", false);
    add("1", "x");
    add_row((struct out_row){.id = "2", .network = "sms", .chat = "x"});
    assert_goes_out(0, "2 ");
    assert_goes_out(1000, "");
    outbox_network(outbox, "sms", true); /* it was: nothing changes */
    assert_goes_out(1001, "");
    outbox_network(outbox, "matrix", true);
    assert_goes_out(1002, "1 ");
}

static void online_again_publishes_at_once_and_with_a_short_pause(void **state)
{
    (void)state;
    add("1", "x");
    assert_goes_out(0, "1 ");
    assert_goes_out(5000, "1 ");
    assert_goes_out(15000, "1 ");
    outbox_network(outbox, "matrix", false);
    assert_goes_out(35000, "");
    outbox_network(outbox, "matrix", true);
    assert_int_equal(counts().under_way, 0);
    assert_goes_out(35001, "1 ");
    assert_int_equal(counts().under_way, 1);
    assert_goes_out(40001, "1 ");
}

/* ---- memory and store ---- */

static void a_dropped_chat_goes_out_no_more(void **state)
{
    (void)state;
    add("1", "x");
    add("2", "x");
    add("3", "y");
    assert_goes_out(0, "1 3 ");
    assert_int_equal(store_forget(store, "matrix", "x", &err), 0);
    outbox_dropped(outbox, "matrix", "x");
    outbox_dropped(outbox, "matrix", "nobody");
    assert_goes_out(5000, "3 ");
    assert_int_equal(counts().waiting, 1);
    assert_int_equal(counts().under_way, 1);
    sent("1"); /* a late word of it does no harm */
    assert_int_equal(counts().sent, 0);
    add("4", "x");
    assert_goes_out(5001, "4 ");
}

static void a_reload_after_a_rollback_is_what_the_store_says(void **state)
{
    (void)state;
    add("1", "x");
    assert_goes_out(0, "1 ");
    assert_int_equal(store_begin(store, &err), 0);
    add("2", "x");
    sent("1");
    store_rollback(store);
    assert_int_equal(outbox_reload(outbox, &err), 0);
    assert_int_equal(counts().waiting, 1);
    assert_int_equal(counts().under_way, 0);
    assert_goes_out(1, "1 ");
    sent("1");
    assert_goes_out(2, "");
    assert_stored(0);
}

static void a_moved_chat_goes_out_under_its_new_name(void **state)
{
    (void)state;
    add("1", "old");
    add("2", "new");
    assert_goes_out(0, "1 2 ");
    assert_int_equal(store_move(store, "matrix", "old", "new", &err), 0);
    assert_int_equal(outbox_reload(outbox, &err), 0);
    assert_goes_out(1, "1 ");
    sent("1");
    assert_goes_out(2, "2 ");
}

static void what_waits_is_loaded_at_start_in_order(void **state)
{
    (void)state;
    stored((struct out_row){.id = "b", .chat = "x"});
    stored((struct out_row){.id = "a", .chat = "x", .created = noon - 5});
    outbox_free(outbox);
    outbox = outbox_new(store, settings, note, &published, &err);
    assert_int_equal(counts().waiting, 2);
    assert_goes_out(0, "b ");
    sent("b");
    assert_goes_out(1, "a ");
}

static void a_reply_added_twice_waits_once(void **state)
{
    (void)state;
    struct out_row row = stored((struct out_row){.id = "1", .chat = "x"});
    outbox_added(outbox, &row);
    outbox_added(outbox, &row);
    assert_int_equal(counts().waiting, 1);
    assert_int_equal(counts().oldest, noon);
    assert_goes_out(0, "1 ");
}

/* ---- when ---- */

static void due_tells_when_there_is_something_to_do(void **state)
{
    (void)state;
    assert_true(outbox_due(outbox) == INT64_MAX);
    add("1", "x");
    assert_true(outbox_due(outbox) <= 1000);
    assert_goes_out(0, "1 ");
    assert_int_equal(outbox_due(outbox), 6000);
    add("2", "y");
    assert_true(outbox_due(outbox) <= 3000);
    assert_goes_out(2000, "2 ");
    assert_int_equal(outbox_due(outbox), 6000);
    sent("1");
    assert_goes_out(2001, "");
    assert_int_equal(outbox_due(outbox), 8000);
    result_of("matrix", "2", DELIVERY_LATER, noon + 12001);
    assert_goes_out(2001, "");
    assert_int_equal(outbox_due(outbox), 13001);
    result_of("matrix", "2", DELIVERY_NEVER, 0);
    assert_true(outbox_due(outbox) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(one_reply_a_chat_is_under_way),
        TEST(the_same_chat_name_on_another_network_is_another_chat),
        TEST(an_urgent_reply_overtakes),
        TEST(an_urgent_reply_overtakes_one_that_is_held),
        TEST(the_order_of_each_of_many_chats_is_kept),
        TEST(a_repeat_doubles_its_pause_up_to_the_most),
        TEST(the_next_reply_begins_with_a_short_pause_again),
        TEST(what_could_not_be_published_is_tried_again_soon),
        TEST(later_holds_the_chat_until_the_time),
        TEST(later_without_a_time_waits_the_first_pause),
        TEST(what_is_held_is_held_over_a_restart),
        TEST(never_gives_a_reply_up),
        TEST(a_result_counts_once_and_from_its_own_network_only),
        TEST(a_result_may_come_before_its_reply_went_out),
        TEST(an_old_reply_is_given_up_when_the_clock_is_trusted),
        TEST(a_reply_is_given_up_after_outbox_days),
        TEST(age_is_looked_at_while_the_network_is_offline),
        TEST(nothing_goes_to_a_network_that_is_offline),
        TEST(online_again_publishes_at_once_and_with_a_short_pause),
        TEST(a_dropped_chat_goes_out_no_more),
        TEST(a_reload_after_a_rollback_is_what_the_store_says),
        TEST(a_moved_chat_goes_out_under_its_new_name),
        TEST(what_waits_is_loaded_at_start_in_order),
        TEST(a_reply_added_twice_waits_once),
        TEST(due_tells_when_there_is_something_to_do),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
