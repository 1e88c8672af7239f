/* Requests: references, the transitions drawn in request.h, what time brings, and how people are reached. */
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

static void the_last_references_lead_back_too(void **state)
{
    (void)state;
    char ref[REF_SIZE];
    for (int64_t id = 2476098; id > 2470000; id--) {
        ref_write(id, ref);
        assert_int_equal(ref_read(ref, strlen(ref)), id);
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
        for (size_t at = 0; ref[at]; at++) {
            char right = ref[at];
            for (int c = 0; c < 256; c++) {
                if (c == right || c == tolower((unsigned char)right))
                    continue;
                ref[at] = (char)c;
                if (ref_read(ref, at < 5 && !ref[5] ? 5 : 6))
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
    static const char *const texts[] = {"",        "3",      "3333",     "3333333", "33333",  "333333", "hallo",
                                        "K7 PX",   "K7-PX",  " 33334",   "33334 ",  "ÆØÅ",    "æ3333",  "😢3",
                                        "\n\n\n\n\n", "-----", "00000", "12345",  "ABCDE",    "aeiou",  "+3333"};
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
    memset(expected.proposed, 0, 1);
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
    for (enum ending ending = ENDING_JOINED; ending <= ENDING_EXPIRED; ending++) {
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

static void open_is_what_is_not_closed(void **state)
{
    (void)state;
    for (enum request_state s = REQUEST_SENT; s <= REQUEST_CLOSED; s++) {
        struct request r = in_state(s);
        assert_int_equal(request_open(&r), s != REQUEST_CLOSED);
    }
}

static void reserve_scopes_are_those_of_a_fylke_or_the_country(void **state)
{
    (void)state;
    assert_true(scope_is_reserve("f:land") && scope_is_reserve("f:18"));
    assert_false(scope_is_reserve("p:f:18") || scope_is_reserve("s") || scope_is_reserve("") ||
                 scope_is_reserve("f") || scope_is_reserve("fredrikstad"));
}
