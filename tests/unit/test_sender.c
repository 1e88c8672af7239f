/* The queue of what a bridge sends: who goes first, who waits for what, and that nobody who may go is kept.
 * The requests never leave: they are begun at an address where nobody listens and ended by the tests. */
#include "unit.h"

#include "base/clock.h"
#include "bridge/sender.h"

enum { FLIGHT_MOST = 8, LOG = 256 };

struct job {
    struct send send;
    char name;
};

static struct http *http;
static struct sender sender;
static struct job *flying[LOG]; /* by name */
static char begun[LOG];         /* names, in order */
static bool allowed;
static char ends_at_once; /* the name of one that cannot be written */
static int64_t start;

static bool may_send(void *self, int64_t now)
{
    (void)now;
    assert_ptr_equal(self, &sender);
    return allowed;
}

static void never_done(void *user, const struct http_answer *answer)
{
    (void)user;
    (void)answer;
    fail();
}

static struct http_call *begin(void *self, struct send *send)
{
    struct job *job = (struct job *)send;
    size_t len = strlen(begun);
    assert_ptr_equal(self, &sender);
    assert_null(send->call);
    assert_true(len + 1 < sizeof begun);
    begun[len] = job->name;
    begun[len + 1] = '\0';
    if (job->name == ends_at_once) {
        sender_drop(send);
        return NULL;
    }
    flying[(unsigned char)job->name] = job;
    return http_post(http, "http://127.0.0.1:1/", "{}", 2, 60000, never_done, job);
}

static void make(double chat_burst, double all_burst)
{
    const struct sender_config config = {chat_burst, 1,       all_burst, 10,   FLIGHT_MOST,
                                         http,       &sender, may_send,  begin};
    sender_init(&sender, &config, start);
}

static int open_all(void **state)
{
    struct err err = {.count = 0};
    (void)state;
    http = http_new(&err);
    assert_no_fault(&err);
    begun[0] = ends_at_once = '\0';
    allowed = true;
    start = clock_mono_ms() + 50; /* chats that are made during the test have all their permissions then */
    make(3, 100);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    sender_free(&sender);
    http_free(http);
    return 0;
}

static struct job *add(const char *address, enum sender_queue queue, char name)
{
    struct job *job = sender_new(&sender, sender_chat(&sender, address), queue, sizeof *job);
    assert_null(job->send.call);
    assert_int_equal(job->name, 0);
    assert_true(job->send.give_up == SENDER_NEVER);
    job->name = name;
    return job;
}

/* As when the request has ended; the job is in no list. */
static struct job *land(char name)
{
    struct job *job = flying[(unsigned char)name];
    assert_non_null(job->send.call);
    http_cancel(http, job->send.call);
    sender_landed(&job->send);
    assert_null(job->send.call);
    return job;
}

static void end_one(char name)
{
    sender_drop(&land(name)->send);
}

#define assert_begun(now, names) unit_begun((now), (names), __LINE__)

/* Since the last time. */
static void unit_begun(int64_t now, const char *names, int line)
{
    sender_run(&sender, now);
    if (strcmp(begun, names))
        fail_msg("line %d: \"%s\", not \"%s\"", line, begun, names);
    begun[0] = '\0';
}

static int64_t due(int64_t now)
{
    return sender_due(&sender, now, 0);
}

/* ---- order ---- */

static void urgent_ones_go_first_and_small_ones_last(void **state)
{
    (void)state;
    add("1", QUEUE_SMALL, 's');
    add("2", QUEUE_NORMAL, 'n');
    add("3", QUEUE_SMALL, 't');
    add("4", QUEUE_URGENT, 'u');
    add("5", QUEUE_NORMAL, 'm');
    add("6", QUEUE_URGENT, 'v');
    assert_int_equal(sender.n_queued, 6);
    assert_begun(start, "uvnmst");
    assert_int_equal(sender.n_queued, 0);
    assert_int_equal(sender.n_flight, 6);
}

static void a_chat_has_one_on_its_way(void **state)
{
    (void)state;
    add("1", QUEUE_NORMAL, 'a');
    add("1", QUEUE_NORMAL, 'b');
    add("2", QUEUE_NORMAL, 'c');
    add("1", QUEUE_NORMAL, 'd');
    assert_begun(start, "ac");
    add("1", QUEUE_URGENT, 'u');
    assert_begun(start, "");
    end_one('a');
    assert_begun(start, "u");
    end_one('c');
    assert_begun(start, "");
    end_one('u');
    assert_begun(start, "b");
    end_one('b');
    assert_begun(start + 1000, "d");
}

static void so_many_are_on_their_way_and_no_more(void **state)
{
    (void)state;
    char address[2] = "a";
    for (; *address < 'a' + FLIGHT_MOST + 2; ++*address)
        add(address, QUEUE_NORMAL, *address);
    assert_begun(start, "abcdefgh");
    assert_true(due(start) == SENDER_NEVER);
    assert_begun(start, "");
    end_one('c');
    assert_int_equal(due(start), start);
    assert_begun(start, "i");
    end_one('a');
    end_one('b');
    assert_begun(start, "j");
}

/* ---- again ---- */

static void what_is_sent_again_goes_before_what_came_later(void **state)
{
    (void)state;
    add("1", QUEUE_NORMAL, 'a');
    add("1", QUEUE_NORMAL, 'b');
    add("2", QUEUE_NORMAL, 'c');
    assert_begun(start, "ac");
    add("3", QUEUE_NORMAL, 'd');
    sender_again(&land('a')->send, 0);
    assert_int_equal(sender.n_queued, 3);
    assert_begun(start, "ad");
    end_one('a');
    assert_begun(start, "b");
}

/* Else a person would read the second answer before the first. */
static void what_waits_to_be_sent_again_is_not_overtaken_in_its_chat(void **state)
{
    (void)state;
    add("1", QUEUE_NORMAL, 'a');
    add("1", QUEUE_NORMAL, 'b');
    assert_begun(start, "a");
    sender_again(&land('a')->send, start + 5000);
    assert_begun(start, "");
    assert_int_equal(due(start), start + 5000);
    assert_begun(start + 4999, "");
    add("1", QUEUE_URGENT, 'u'); /* which may */
    assert_begun(start + 4999, "u");
    end_one('u');
    assert_begun(start + 5000, "a");
    end_one('a');
    assert_begun(start + 5000, "b");
}

static void what_waits_to_be_sent_again_stops_no_other_chat(void **state)
{
    (void)state;
    add("1", QUEUE_NORMAL, 'a');
    assert_begun(start, "a");
    sender_again(&land('a')->send, start + 5000);
    add("2", QUEUE_NORMAL, 'b');
    assert_begun(start, "b");
    assert_int_equal(due(start), start + 5000);
    assert_begun(start + 4999, "");
    assert_begun(start + 5000, "a");
}

/* ---- held chats ---- */

static void a_chat_that_is_held_stops_nobody_else(void **state)
{
    (void)state;
    int64_t mono = clock_mono_ms(), wall = clock_wall_ms();
    add("1", QUEUE_URGENT, 'a');
    add("2", QUEUE_NORMAL, 'b');
    struct chat *chat = sender_chat(&sender, "1");
    assert_false(sender_is_held(&sender, "1"));
    sender_hold(chat, 60000);
    assert_in_range(chat->held_until, mono + 60000, mono + 80000);
    assert_in_range(chat->held_until_wall, wall + 60000, wall + 80000);
    assert_true(sender_is_held(&sender, "1"));
    assert_false(sender_is_held(&sender, "2"));
    assert_false(sender_is_held(&sender, "3")); /* which nobody knows */
    assert_int_equal(sender_held(&sender), 1);
    assert_begun(start, "b");
    assert_true(due(start) == chat->held_until);
    assert_begun(chat->held_until - 1, "");
    assert_begun(chat->held_until, "a");
    sender_hold(chat, 0);
    assert_false(sender_is_held(&sender, "1"));
    assert_int_equal(sender_held(&sender), 0);
}

/* ---- pace ---- */

static void a_chat_has_a_pace(void **state)
{
    (void)state;
    for (char name = 'a'; name < 'f'; name++)
        add("1", QUEUE_NORMAL, name);
    for (char name = 'a'; name < 'd'; name++) {
        assert_begun(start, ((char[]){name, '\0'}));
        end_one(name);
    }
    assert_begun(start, "");
    assert_int_equal(due(start), start + 1000);
    assert_begun(start + 999, "");
    assert_begun(start + 1000, "d");
    end_one('d');
    assert_begun(start + 1001, "");
    add("2", QUEUE_NORMAL, 'x');
    assert_begun(start + 1001, "x");
    assert_begun(start + 2000, "e");
}

static void a_small_thing_leaves_room_for_a_message(void **state)
{
    (void)state;
    for (char name = 'a'; name < 'd'; name++)
        add("1", QUEUE_SMALL, name);
    assert_begun(start, "a");
    end_one('a');
    assert_begun(start, "b");
    end_one('b');
    assert_begun(start, ""); /* one permission is left, for a message */
    assert_int_equal(due(start), start + 1000);
    add("1", QUEUE_NORMAL, 'n');
    assert_begun(start, "n");
    end_one('n');
    assert_begun(start + 1999, "");
    assert_begun(start + 2000, "c");
}

static void all_together_have_a_pace(void **state)
{
    (void)state;
    sender_free(&sender);
    make(3, 2);
    char address[2] = "a";
    for (; *address < 'e'; ++*address)
        add(address, QUEUE_NORMAL, *address);
    assert_begun(start, "ab");
    assert_int_equal(due(start), start + 100);
    assert_begun(start + 99, "");
    assert_begun(start + 100, "c");
    assert_begun(start + 100, "");
    assert_begun(start + 200, "d");
}

/* ---- dropping ---- */

static void what_is_dropped_is_gone_wherever_it_is(void **state)
{
    (void)state;
    struct job *waits = add("1", QUEUE_NORMAL, 'a');
    struct chat *chat = sender_chat(&sender, "1");
    add("1", QUEUE_NORMAL, 'b');
    add("1", QUEUE_NORMAL, 'c');
    waits->send.arena = ARENA_INIT;
    memset(arena_alloc(&waits->send.arena, 100), 1, 100); /* freed with it */
    assert_int_equal(chat->sends, 3);
    sender_drop(&waits->send);
    assert_int_equal(chat->sends, 2);
    assert_begun(start, "b");
    sender_drop(&flying['b']->send); /* on its way */
    assert_int_equal(chat->sends, 1);
    assert_int_equal(sender.n_flight, 0);
    assert_false(chat->busy);
    assert_begun(start, "c");
    struct job *again = land('c');
    sender_again(&again->send, start + 100);
    assert_int_equal(sender.n_queued, 1);
    sender_drop(&again->send); /* queued again */
    assert_int_equal(sender.n_queued, 0);
    assert_int_equal(chat->sends, 0);
    assert_true(due(start) == SENDER_NEVER);
}

/* It costs no permission, and the next one has its turn. */
static void what_cannot_be_begun_is_dropped_by_its_network(void **state)
{
    (void)state;
    ends_at_once = 'a';
    for (int i = 0; i < 5; i++)
        add("1", QUEUE_NORMAL, 'a');
    add("1", QUEUE_NORMAL, 'b');
    assert_begun(start, "aaaaab");
    assert_int_equal(sender_chat(&sender, "1")->sends, 1);
    assert_int_equal(sender.n_flight, 1);
    add("1", QUEUE_NORMAL, 'c');
    end_one('b');
    assert_begun(start, "c");
}

static void what_comes_too_late_is_not_sent(void **state)
{
    (void)state;
    int64_t wall = clock_wall_ms();
    add("1", QUEUE_NORMAL, 'a')->send.give_up = wall - 1;
    add("1", QUEUE_NORMAL, 'b')->send.give_up = wall + 60000;
    add("2", QUEUE_NORMAL, 'c')->send.give_up = 0;
    assert_begun(start, "b");
    assert_int_equal(sender.n_queued, 0);
    assert_int_equal(sender_chat(&sender, "1")->sends, 1);
    assert_int_equal(sender_chat(&sender, "2")->sends, 0);
}

/* ---- memory ---- */

static void chats_with_nothing_to_send_are_forgotten(void **state)
{
    (void)state;
    sender_chat(&sender, "idle");
    add("flies", QUEUE_NORMAL, 'f');
    assert_begun(start, "f");
    add("flies", QUEUE_NORMAL, 'w');
    sender_chat(&sender, "held")->held_until = start + 15000;
    sender_chat(&sender, "spent");
    pace_take(&sender_chat(&sender, "spent")->pace, 20, start);
    sender_run(&sender, start + 9999);
    assert_int_equal(sender.chats.count, 4);
    sender_run(&sender, start + 10000);
    assert_int_equal(sender.chats.count, 3);
    assert_null(map_get(&sender.chats, "idle", 4));
    end_one('f');
    sender_run(&sender, start + 20000);
    assert_int_equal(sender.chats.count, 1);
    assert_non_null(map_get(&sender.chats, "flies", 5)); /* another one is on its way */
    assert_string_equal(begun, "w");
    end_one('w');
    sender_run(&sender, start + 30000);
    assert_int_equal(sender.chats.count, 0);
}

static void everything_is_given_back_at_the_end(void **state)
{
    (void)state;
    add("1", QUEUE_NORMAL, 'a');
    add("1", QUEUE_SMALL, 'b');
    add("2", QUEUE_URGENT, 'c');
    sender_hold(sender_chat(&sender, "3"), 60000);
    add("3", QUEUE_URGENT, 'd');
    assert_begun(start, "ca"); /* the rest is for a sanitizer */
}

/* ---- when ---- */

static void it_is_due_when_something_may_go(void **state)
{
    (void)state;
    assert_true(due(start) == SENDER_NEVER);
    assert_true(sender_due(&sender, start, start + 500) == SENDER_NEVER);
    struct job *job = add("1", QUEUE_NORMAL, 'a');
    assert_int_equal(due(start), start);
    assert_int_equal(sender_due(&sender, start, start + 500), start + 500);
    job->send.due = start + 700;
    assert_int_equal(due(start), start + 700);
    assert_int_equal(sender_due(&sender, start, start + 500), start + 700);
    assert_int_equal(sender_due(&sender, start, start + 900), start + 900);
    add("2", QUEUE_SMALL, 'b')->send.due = start + 300;
    assert_int_equal(due(start), start + 300);
    assert_begun(start + 300, "b");
    add("2", QUEUE_NORMAL, 'c');
    assert_int_equal(due(start + 300), start + 700); /* of the other chat */
    sender_drop(&job->send);
    assert_true(due(start + 300) == SENDER_NEVER); /* when `b` has ended */
}

static void nothing_is_begun_that_may_not_be(void **state)
{
    (void)state;
    add("1", QUEUE_URGENT, 'a');
    allowed = false;
    assert_begun(start, "");
    allowed = true;
    assert_begun(start, "a");
}

/* While the server fails one message tries, and the others wait for its end: that is no time, and a program
 * that took it for now would turn in circles for as long as the server keeps silent. */
static void what_may_not_be_begun_is_not_due_now(void **state)
{
    (void)state;
    add("1", QUEUE_NORMAL, 'a');
    assert_begun(start, "a");
    add("2", QUEUE_NORMAL, 'b');
    allowed = false;
    assert_begun(start, "");
    assert_true(due(start) > start);
    end_one('a');
    allowed = true;
    assert_int_equal(due(start), start);
}

/* What is due is begun then, and what is not due is not; in each chat the queue's order holds. */
static void it_never_turns_in_circles_and_never_sleeps_too_long(void **state)
{
    (void)state;
    int64_t now = start;
    for (int round = 0; round < 5000; round++) {
        const char address[] = {(char)('1' + unit_random(5)), '\0'};
        char name = (char)('a' + unit_random(26));
        if (sender.n_queued < 20)
            add(address, (enum sender_queue)unit_random(QUEUES), name);
        if (unit_random(20) == 0)
            sender_chat(&sender, address)->held_until = now + unit_random(3000);
        sender_run(&sender, now);
        int64_t next = due(now);
        if (next <= now)
            fail_msg("round %d: due %lld ms ago", round, (long long)(now - next));
        begun[0] = '\0';
        if (next != SENDER_NEVER) {
            sender_run(&sender, next);
            assert_int_equal(strlen(begun) > 0, true);
            now = next;
        }
        begun[0] = '\0';
        struct send *first = TAILQ_FIRST(&sender.flight);
        for (uint32_t left = unit_random(3); first && left; left--, first = TAILQ_FIRST(&sender.flight)) {
            http_cancel(http, first->call);
            sender_landed(first);
            if (unit_random(4) == 0)
                sender_again(first, now + unit_random(2000));
            else
                sender_drop(first);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
        TEST(urgent_ones_go_first_and_small_ones_last),
        TEST(a_chat_has_one_on_its_way),
        TEST(so_many_are_on_their_way_and_no_more),
        TEST(what_is_sent_again_goes_before_what_came_later),
        TEST(what_waits_to_be_sent_again_is_not_overtaken_in_its_chat),
        TEST(what_waits_to_be_sent_again_stops_no_other_chat),
        TEST(a_chat_that_is_held_stops_nobody_else),
        TEST(a_chat_has_a_pace),
        TEST(a_small_thing_leaves_room_for_a_message),
        TEST(all_together_have_a_pace),
        TEST(what_is_dropped_is_gone_wherever_it_is),
        TEST(what_cannot_be_begun_is_dropped_by_its_network),
        TEST(what_comes_too_late_is_not_sent),
        TEST(chats_with_nothing_to_send_are_forgotten),
        TEST(everything_is_given_back_at_the_end),
        TEST(it_is_due_when_something_may_go),
        TEST(nothing_is_begun_that_may_not_be),
        TEST(what_may_not_be_begun_is_not_due_now),
        TEST(it_never_turns_in_circles_and_never_sleeps_too_long),
    };
    return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
