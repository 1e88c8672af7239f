/* Requests: references, the transitions drawn in request.h, and what time brings. */
#include "unit.h"

#include <ctype.h>

#include "base/clock.h"
#include "talk/request.h"

/* ---- references ---- */

static const char ref_letters[] = "34679CDFGHJKMNPRTWX";

/* Read from memory of its own length, so that a look behind the end is seen. */
static int64_t read_ref(const char *text, size_t len)
{
    char *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    int64_t id = ref_read(exact, len);
    free(exact);
    return id;
}

static void random_ref(char ref[REF_SIZE])
{
    ref_write(1 + (int64_t)unit_random(400000), ref);
}

/* Which also says that no two ids have the same reference. */
static void every_reference_leads_back_to_its_id(void **state)
{
    (void)state;
    for (int64_t id = 1; id <= 400000; id++) {
        char ref[REF_SIZE];
        ref_write(id, ref);
        if (ref_read(ref, strlen(ref)) != id)
            fail_msg("%lld is written as %s", (long long)id, ref);
        assert_int_equal(strlen(ref), id < 130321 ? 5 : 6);
        assert_int_equal(strspn(ref, ref_letters), strlen(ref));
    }
}

/* Two requests of the same day must not be mixed up by a glance at the beginning. */
static void neighbours_begin_differently(void **state)
{
    (void)state;
    char ref[REF_SIZE], next[REF_SIZE];
    for (int64_t id = 1; id < 200000; id++) {
        ref_write(id, ref);
        ref_write(id + 1, next);
        assert_true(strncmp(ref, next, 2) != 0);
    }
}

static void any_one_wrong_character_is_noticed(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char ref[REF_SIZE];
        random_ref(ref);
        size_t len = strlen(ref);
        for (size_t at = 0; at < len; at++) {
            char right = ref[at];
            for (int c = 0; c < 256; c++) {
                if (c == right || c == tolower((unsigned char)right))
                    continue;
                ref[at] = (char)c;
                if (ref_read(ref, len))
                    fail_msg("character %zu of %s was %c", at, ref, right);
            }
            ref[at] = right;
        }
    }
}

static void any_two_characters_that_changed_places_are_noticed(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char ref[REF_SIZE];
        random_ref(ref);
        for (size_t i = 0; ref[i]; i++)
            for (size_t k = i + 1; ref[k]; k++) {
                char swapped[REF_SIZE];
                memcpy(swapped, ref, sizeof swapped);
                swapped[i] = ref[k];
                swapped[k] = ref[i];
                if (ref[i] != ref[k] && ref_read(swapped, strlen(swapped)))
                    fail_msg("%s passes for %s", swapped, ref);
            }
    }
}

static void small_letters_are_fine(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char ref[REF_SIZE];
        random_ref(ref);
        int64_t id = ref_read(ref, strlen(ref));
        for (size_t i = 0; ref[i]; i++)
            if (unit_random(3))
                ref[i] = (char)tolower((unsigned char)ref[i]);
        assert_int_equal(read_ref(ref, strlen(ref)), id);
    }
}

static void what_is_no_reference_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      "3",     "3333",       "3333333", "33333",  "333333",
                                        "hallo", "K7 PX", "K7-PX",      " 33334",  "33334 ", "ÆØÅ",
                                        "æ3333", "😢3",    "\n\n\n\n\n", "-----",   "00000",  "12345",
                                        "ABCDE", "aeiou", "+3333"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (read_ref(texts[i], strlen(texts[i])))
            fail_msg("\"%s\" was taken", texts[i]);
    assert_int_equal(read_ref("\0\0\0\0\0", 5), 0); /* a NUL is no letter, though every text has one */
    assert_int_equal(read_ref("\0\0\0\0\0\0", 6), 0);
}

/* An id that has five characters has not six as well: each request has one reference. */
static void random_letters_are_read_only_as_they_are_written(void **state)
{
    (void)state;
    for (int round = 0; round < 500000; round++) {
        char text[REF_SIZE] = "", ref[REF_SIZE];
        size_t len = 5 + unit_random(2);
        for (size_t i = 0; i < len; i++)
            text[i] = ref_letters[unit_random(19)];
        int64_t id = ref_read(text, len);
        if (!id)
            continue;
        ref_write(id, ref);
        assert_string_equal(ref, text);
    }
}

/* ---- transitions ---- */

enum act { TAKE, RELEASE, HAND_ON, PROPOSE, SETTLE, CLOSE, TOUCH, ACTS };

enum { THEN = 1000 }; /* the moment of every act below */

static bool perform(struct request *request, enum act act)
{
    switch (act) {
    case TAKE:
        return request_take(request, 42, THEN);
    case RELEASE:
        return request_release(request, THEN);
    case HAND_ON:
        return request_hand_on(request, "f:18", THEN);
    case PROPOSE:
        return request_propose(request, "p:other", THEN);
    case SETTLE:
        return request_propose(request, "", THEN);
    case CLOSE:
        return request_close(request, ENDING_DECLINED, THEN);
    default:
        return request_touch(request, THEN);
    }
}

/* One that a reserve contact could get, that has been reminded, and with a proposal that waits. */
static struct request in_state(enum request_state state)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.id = 7;
    r.seq = r.stored = 4;
    r.state = state;
    r.reach = REACH_HERE;
    snprintf(r.scope, SCOPE_SIZE, "p:bodo");
    snprintf(r.reserve, SCOPE_SIZE, "f:land");
    snprintf(r.proposed, SCOPE_SIZE, "p:asked");
    snprintf(r.alias, ALIAS_SIZE, "Kari");
    r.created = 50;
    r.since = 100;
    r.changed = 200;
    r.reminded = 2;
    r.due = 900;
    r.taker = state == REQUEST_TAKEN ? 41 : 0;
    if (state == REQUEST_CLOSED) {
        r.ending = ENDING_JOINED;
        r.closed = 200;
    }
    return r;
}

static void assert_becomes(enum request_state from, enum act act, const struct request *expected)
{
    struct request r = in_state(from);
    assert_true(perform(&r, act));
    assert_memory_equal(&r, expected, sizeof r);
}

/* What each entry into a state does. */
static struct request entered(enum request_state from, enum request_state to)
{
    struct request r = in_state(from);
    r.state = to;
    r.since = r.changed = THEN;
    r.reminded = 0;
    r.seq = 5;
    return r;
}

static void each_state_allows_its_transitions_and_refuses_the_others_unchanged(void **state)
{
    (void)state;
    static const bool allowed[ACTS][3] = {
        [TAKE] = {true, false, false},   [RELEASE] = {false, true, false}, [HAND_ON] = {true, true, false},
        [PROPOSE] = {true, true, false}, [SETTLE] = {true, true, false},   [CLOSE] = {true, true, false},
        [TOUCH] = {true, true, false},
    };
    for (enum act act = TAKE; act < ACTS; act++)
        for (enum request_state from = REQUEST_SENT; from <= REQUEST_CLOSED; from++) {
            struct request before = in_state(from), after = in_state(from);
            if (perform(&after, act) != allowed[act][from])
                fail_msg("act %d in state %d", (int)act, (int)from);
            if (!allowed[act][from])
                assert_memory_equal(&after, &before, sizeof after);
            assert_int_equal(after.seq, before.seq + allowed[act][from]);
            assert_int_equal(after.stored, before.stored); /* the store's, not ours */
        }
}

static void taking_gives_it_to_one_and_drops_the_proposal(void **state)
{
    (void)state;
    struct request expected = entered(REQUEST_SENT, REQUEST_TAKEN);
    expected.taker = 42;
    expected.proposed[0] = '\0';
    assert_becomes(REQUEST_SENT, TAKE, &expected);
}

static void a_second_taker_is_refused_and_so_is_the_same_one_again(void **state)
{
    (void)state;
    struct request r = in_state(REQUEST_SENT);
    assert_true(request_take(&r, 42, THEN));
    struct request taken;
    memcpy(&taken, &r, sizeof r);
    assert_false(request_take(&r, 43, THEN + 1));
    assert_false(request_take(&r, 42, THEN + 1));
    assert_memory_equal(&r, &taken, sizeof r);
}

static void a_released_one_is_anybodys_again(void **state)
{
    (void)state;
    struct request expected = entered(REQUEST_TAKEN, REQUEST_SENT);
    expected.taker = 0;
    assert_becomes(REQUEST_TAKEN, RELEASE, &expected);
    struct request r = in_state(REQUEST_TAKEN);
    assert_true(request_release(&r, THEN) && request_take(&r, 43, THEN));
    assert_int_equal(r.taker, 43);
}

static void handing_on_clears_taker_and_proposal(void **state)
{
    (void)state;
    for (enum request_state from = REQUEST_SENT; from <= REQUEST_TAKEN; from++) {
        struct request r = in_state(from), before = in_state(from);
        assert_true(request_hand_on(&r, "f:18", THEN));
        assert_int_equal(r.state, REQUEST_SENT);
        assert_int_equal(r.taker, 0);
        assert_string_equal(r.scope, "f:18");
        assert_string_equal(r.proposed, "");
        assert_string_equal(r.reserve, before.reserve);
        assert_true(r.since == THEN && r.changed == THEN && r.reminded == 0 && r.created == before.created);
    }
}

static void handing_on_to_nobody_is_refused(void **state)
{
    (void)state;
    struct request r = in_state(REQUEST_TAKEN), before = in_state(REQUEST_TAKEN);
    assert_false(request_hand_on(&r, "", THEN));
    assert_memory_equal(&r, &before, sizeof r);
}

/* The scope may be one of the request's own: the caller has it at hand. */
static void a_request_is_handed_on_to_a_scope_that_stands_in_it(void **state)
{
    (void)state;
    struct request r = in_state(REQUEST_SENT);
    assert_true(request_hand_on(&r, r.reserve, THEN));
    assert_string_equal(r.scope, "f:land");
    r = in_state(REQUEST_SENT);
    assert_true(request_hand_on(&r, r.scope, THEN));
    assert_string_equal(r.scope, "p:bodo");
    r = in_state(REQUEST_SENT);
    assert_true(request_hand_on(&r, r.proposed, THEN));
    assert_string_equal(r.scope, "p:asked");
}

static void a_proposal_changes_nothing_but_itself(void **state)
{
    (void)state;
    for (enum request_state from = REQUEST_SENT; from <= REQUEST_TAKEN; from++) {
        struct request expected = in_state(from);
        snprintf(expected.proposed, SCOPE_SIZE, "p:other");
        expected.changed = THEN;
        expected.seq = 5;
        assert_becomes(from, PROPOSE, &expected);
    }
}

static void proposing_or_settling_twice_changes_nothing(void **state)
{
    (void)state;
    struct request r = in_state(REQUEST_TAKEN), once;
    assert_false(request_propose(&r, "p:asked", THEN));
    assert_int_equal(r.seq, 4);
    assert_true(request_propose(&r, "", THEN));
    assert_string_equal(r.proposed, "");
    memcpy(&once, &r, sizeof r);
    assert_false(request_propose(&r, "", THEN + 1));
    assert_memory_equal(&r, &once, sizeof r);
}

static void closing_says_how_and_is_final(void **state)
{
    (void)state;
    for (enum ending ending = ENDING_JOINED; ending <= ENDING_ANSWERED; ending++) {
        struct request r = in_state(REQUEST_TAKEN), closed;
        assert_true(request_close(&r, ending, THEN));
        assert_int_equal(r.state, REQUEST_CLOSED);
        assert_int_equal(r.ending, ending);
        assert_true(r.closed == THEN && r.changed == THEN);
        assert_string_equal(r.proposed, "");
        assert_false(request_open(&r));
        memcpy(&closed, &r, sizeof r);
        assert_false(request_close(&r, ENDING_WITHDRAWN, THEN + 1));
        assert_memory_equal(&r, &closed, sizeof r);
    }
}

/* A message to the taker is a sign of life; one to nobody does not make the waiting shorter. */
static void a_message_ends_the_silence_of_the_taker_only(void **state)
{
    (void)state;
    struct request expected = in_state(REQUEST_SENT);
    expected.changed = THEN;
    expected.seq = 5;
    assert_becomes(REQUEST_SENT, TOUCH, &expected);
    expected = in_state(REQUEST_TAKEN);
    expected.changed = THEN;
    expected.seq = 5;
    expected.reminded = 0;
    assert_becomes(REQUEST_TAKEN, TOUCH, &expected);
}

/* ---- time ---- */

static const struct periods periods = {.first = 24 * CLOCK_HOUR,
                                       .second = 72 * CLOCK_HOUR,
                                       .reserve = 7 * CLOCK_DAY,
                                       .taken = 7 * CLOCK_DAY,
                                       .open_most = 180 * CLOCK_DAY,
                                       .kept = 30 * CLOCK_DAY};

static int64_t at(const char *text)
{
    int64_t ms = -1;
    assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

static struct request sent_at(const char *time)
{
    struct request r;
    memset(&r, 0, sizeof r);
    snprintf(r.scope, SCOPE_SIZE, "p:bodo");
    snprintf(r.reserve, SCOPE_SIZE, "f:land");
    r.created = r.since = r.changed = at(time);
    return r;
}

/* What the dialogue does about it (flow_time.c), as far as it concerns time. */
static void do_what_is_due(struct request *r, enum due due, int64_t now)
{
    enum { IN_VAIN = 3 };
    if (due == DUE_EXPIRE)
        assert_true(request_close(r, ENDING_EXPIRED, now));
    else if (due == DUE_RESERVE && *r->reserve)
        assert_true(request_hand_on(r, r->reserve, now));
    else if (due == DUE_RESERVE)
        r->reminded = IN_VAIN;
    else
        r->reminded++;
}

struct look {
    const char *when;
    enum due due;
};

/* Follows a request from look to look: nothing is due a moment before, and this at it. */
static void follow(struct request *r, bool somebody, const struct look *looks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char when[CLOCK_TEXT];
        request_plan(r, &periods, i ? at(looks[i - 1].when) : r->created);
        clock_format(r->due, when);
        assert_string_equal(when, looks[i].when);
        assert_int_equal(request_is_due(r, &periods, somebody, r->due - 1), DUE_NOTHING);
        enum due due = request_is_due(r, &periods, somebody, r->due);
        assert_int_equal(due, looks[i].due);
        do_what_is_due(r, due, r->due);
    }
}
#define FOLLOW(request, somebody, ...)                                                                       \
    follow((request), (somebody), (const struct look[]){__VA_ARGS__},                                        \
           sizeof((const struct look[]){__VA_ARGS__}) / sizeof(struct look))

static void nobody_answers_and_the_reserve_contact_gets_it_after_a_week(void **state)
{
    (void)state;
    struct request r = sent_at("2026-11-02T09:00:00Z"); /* a Monday */
    FOLLOW(&r, true, {"2026-11-03T09:00:00.000Z", DUE_REMIND}, {"2026-11-05T09:00:00.000Z", DUE_REMIND_LAST},
           {"2026-11-09T09:00:00.000Z", DUE_RESERVE}, {"2026-11-10T09:00:00.000Z", DUE_REMIND},
           {"2026-11-12T09:00:00.000Z", DUE_REMIND_LAST}, {"2026-11-16T09:00:00.000Z", DUE_REMIND},
           {"2026-11-23T09:00:00.000Z", DUE_REMIND}, {"2026-11-30T09:00:00.000Z", DUE_REMIND});
}

static void without_a_reserve_contact_it_is_asked_for_once_and_reminders_go_on(void **state)
{
    (void)state;
    struct request r = sent_at("2026-11-02T09:00:00Z");
    r.reserve[0] = '\0';
    FOLLOW(&r, true, {"2026-11-03T09:00:00.000Z", DUE_REMIND}, {"2026-11-05T09:00:00.000Z", DUE_REMIND_LAST},
           {"2026-11-09T09:00:00.000Z", DUE_RESERVE}, {"2026-11-16T09:00:00.000Z", DUE_REMIND},
           {"2026-11-23T09:00:00.000Z", DUE_REMIND});
}

/* Winter comes on Sunday 25 October: Monday's eight o'clock is 07:00 UTC, Friday's was 06:00. */
static void nobody_is_reminded_at_night_or_on_a_weekend_in_which_winter_comes(void **state)
{
    (void)state;
    struct request friday = sent_at("2026-10-23T13:30:00Z"), thursday = sent_at("2026-10-22T13:30:00Z"),
                   night = sent_at("2026-10-22T01:00:00Z");
    FOLLOW(&friday, true, {"2026-10-26T07:00:00.000Z", DUE_REMIND},
           {"2026-10-26T13:30:00.000Z", DUE_REMIND_LAST}, {"2026-10-30T13:30:00.000Z", DUE_RESERVE});
    FOLLOW(&thursday, true, {"2026-10-23T13:30:00.000Z", DUE_REMIND},
           {"2026-10-26T07:00:00.000Z", DUE_REMIND_LAST}, {"2026-10-29T13:30:00.000Z", DUE_RESERVE});
    FOLLOW(&night, true, {"2026-10-23T06:00:00.000Z", DUE_REMIND},
           {"2026-10-26T07:00:00.000Z", DUE_REMIND_LAST}, {"2026-10-29T07:00:00.000Z", DUE_RESERVE});
}

/* And summer on Sunday 28 March: Monday's eight o'clock is 06:00 UTC, and 15:30 UTC is after hours. */
static void nor_on_the_weekend_in_which_summer_comes(void **state)
{
    (void)state;
    struct request r = sent_at("2027-03-26T14:30:00Z"); /* half past three in Oslo */
    FOLLOW(&r, true, {"2027-03-29T06:00:00.000Z", DUE_REMIND}, {"2027-03-30T06:00:00.000Z", DUE_REMIND_LAST},
           {"2027-04-05T06:00:00.000Z", DUE_RESERVE}, {"2027-04-06T06:00:00.000Z", DUE_REMIND});
}

static void where_nobody_is_there_the_reserve_contact_gets_it_at_the_first_look(void **state)
{
    (void)state;
    struct request r = sent_at("2026-11-02T09:00:00Z");
    FOLLOW(&r, false, {"2026-11-03T09:00:00.000Z", DUE_RESERVE});
    assert_string_equal(r.scope, "f:land");
    FOLLOW(&r, false, {"2026-11-04T09:00:00.000Z", DUE_REMIND}); /* there is nobody behind the reserve */
    struct request alone = sent_at("2026-11-02T09:00:00Z");
    alone.reserve[0] = '\0';
    FOLLOW(&alone, false, {"2026-11-03T09:00:00.000Z", DUE_RESERVE},
           {"2026-11-16T09:00:00.000Z", DUE_REMIND});
}

static void a_silent_taker_is_reminded_each_week_and_a_message_begins_it_anew(void **state)
{
    (void)state;
    struct request r = sent_at("2026-10-12T09:00:00Z");
    assert_true(request_take(&r, 42, at("2026-10-12T20:00:00Z"))); /* in the evening */
    FOLLOW(&r, true, {"2026-10-20T06:00:00.000Z", DUE_REMIND_TAKER},
           {"2026-10-27T07:00:00.000Z", DUE_REMIND_TAKER});
    assert_true(request_touch(&r, at("2026-10-28T10:00:00Z")));
    FOLLOW(&r, false, {"2026-11-04T10:00:00.000Z", DUE_REMIND_TAKER});
    assert_true(request_release(&r, at("2026-11-05T10:00:00Z")));
    FOLLOW(&r, true, {"2026-11-06T10:00:00.000Z", DUE_REMIND});
}

static void what_is_open_ends_after_half_a_year_to_the_minute_also_on_a_sunday(void **state)
{
    (void)state;
    struct request r = sent_at("2026-01-06T03:00:00Z");
    r.reminded = 30;
    FOLLOW(&r, true, {"2026-07-05T03:00:00.000Z", DUE_EXPIRE});
    struct request taken = sent_at("2026-01-06T03:00:00Z");
    assert_true(request_take(&taken, 42, at("2026-07-01T10:00:00Z")));
    FOLLOW(&taken, true, {"2026-07-05T03:00:00.000Z", DUE_EXPIRE}, {"2026-08-04T03:00:00.000Z", DUE_NOTHING});
}

static void expiry_does_not_wait_for_the_next_look(void **state)
{
    (void)state;
    struct request r = sent_at("2026-01-06T03:00:00Z");
    r.due = INT64_MAX;
    assert_int_equal(request_is_due(&r, &periods, true, at("2026-07-05T02:59:59.999Z")), DUE_NOTHING);
    assert_int_equal(request_is_due(&r, &periods, true, at("2026-07-05T03:00:00Z")), DUE_EXPIRE);
}

static void a_closed_one_is_kept_a_month_and_nothing_is_due(void **state)
{
    (void)state;
    struct request r = sent_at("2026-11-02T09:00:00Z");
    assert_true(request_close(&r, ENDING_WITHDRAWN, at("2026-11-07T22:00:00Z"))); /* a Saturday night */
    request_plan(&r, &periods, r.closed);
    assert_int_equal(r.due, at("2026-12-07T22:00:00Z"));
    assert_int_equal(request_is_due(&r, &periods, true, at("2028-01-01T00:00:00Z")), DUE_NOTHING);
}

/* Written in the night to Friday, both the first and the second reminder fall into the weekend: they must not
 * come together on Monday, and the resident not hear at once that nobody has answered. */
static void the_second_reminder_does_not_come_with_the_first(void **state)
{
    (void)state;
    struct request r = sent_at("2026-11-05T23:00:00Z"); /* Friday, 00:00 in Oslo */
    request_plan(&r, &periods, r.created);
    int64_t first = r.due;
    assert_int_equal(first, at("2026-11-09T07:00:00Z"));
    assert_int_equal(request_is_due(&r, &periods, true, first), DUE_REMIND);
    r.reminded++;
    request_plan(&r, &periods, first);
    assert_true(r.due > first);
}

/* From any moment, whoever is there: no look is earlier than the one before, all are in working hours, and
 * the last one is the end. Looks without end would keep the program busy for ever. */
static void every_request_comes_to_its_end_in_working_hours(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct request r = sent_at("2026-09-01T00:00:00Z");
        r.created = r.since = r.changed = r.created + (int64_t)unit_random(300 * 1440) * CLOCK_MINUTE;
        if (unit_random(2))
            r.reserve[0] = '\0';
        int64_t before = r.created;
        for (int looks = 0; request_open(&r); looks++) {
            request_plan(&r, &periods, before);
            assert_true(r.due >= before && looks < 60);
            before = r.due;
            enum due due = request_is_due(&r, &periods, unit_random(2), r.due);
            struct civil c = clock_oslo(r.due);
            assert_int_not_equal(due, DUE_NOTHING);
            assert_true(due == DUE_EXPIRE || (c.weekday < 5 && c.hour >= 8 && c.hour < 16));
            do_what_is_due(&r, due, r.due);
            if (request_open(&r) && !unit_random(8) && !request_take(&r, 42, r.due))
                assert_true(request_release(&r, r.due));
        }
        assert_int_equal(r.closed, r.created + periods.open_most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reference_leads_back_to_its_id),
        cmocka_unit_test(neighbours_begin_differently),
        cmocka_unit_test(any_one_wrong_character_is_noticed),
        cmocka_unit_test(any_two_characters_that_changed_places_are_noticed),
        cmocka_unit_test(small_letters_are_fine),
        cmocka_unit_test(what_is_no_reference_is_none),
        cmocka_unit_test(random_letters_are_read_only_as_they_are_written),
        cmocka_unit_test(each_state_allows_its_transitions_and_refuses_the_others_unchanged),
        cmocka_unit_test(taking_gives_it_to_one_and_drops_the_proposal),
        cmocka_unit_test(a_second_taker_is_refused_and_so_is_the_same_one_again),
        cmocka_unit_test(a_released_one_is_anybodys_again),
        cmocka_unit_test(handing_on_clears_taker_and_proposal),
        cmocka_unit_test(handing_on_to_nobody_is_refused),
        cmocka_unit_test(a_request_is_handed_on_to_a_scope_that_stands_in_it),
        cmocka_unit_test(a_proposal_changes_nothing_but_itself),
        cmocka_unit_test(proposing_or_settling_twice_changes_nothing),
        cmocka_unit_test(closing_says_how_and_is_final),
        cmocka_unit_test(a_message_ends_the_silence_of_the_taker_only),
        cmocka_unit_test(nobody_answers_and_the_reserve_contact_gets_it_after_a_week),
        cmocka_unit_test(without_a_reserve_contact_it_is_asked_for_once_and_reminders_go_on),
        cmocka_unit_test(nobody_is_reminded_at_night_or_on_a_weekend_in_which_winter_comes),
        cmocka_unit_test(nor_on_the_weekend_in_which_summer_comes),
        cmocka_unit_test(where_nobody_is_there_the_reserve_contact_gets_it_at_the_first_look),
        cmocka_unit_test(a_silent_taker_is_reminded_each_week_and_a_message_begins_it_anew),
        cmocka_unit_test(what_is_open_ends_after_half_a_year_to_the_minute_also_on_a_sunday),
        cmocka_unit_test(expiry_does_not_wait_for_the_next_look),
        cmocka_unit_test(a_closed_one_is_kept_a_month_and_nothing_is_due),
        cmocka_unit_test(the_second_reminder_does_not_come_with_the_first),
        cmocka_unit_test(every_request_comes_to_its_end_in_working_hours),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
