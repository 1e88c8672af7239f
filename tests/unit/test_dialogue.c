/* dialogue_step over the real data: purity, and the main flows turn by turn (finding: test_find.c). */
#include "talk.h"

/* ---- purity ---- */

static void the_same_input_gives_the_same_bytes(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "Hei",   "Jeg bor i Horten", "Herøy",   "Hva koster det?", "jeg vil dø", "vet ikke om jeg orker mer",
        "slett", "asdf qwer",        "engelsk", "flere",           "3187",       ""};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        for (int asked = ASKED_NOTHING; asked <= ASKED_LAST; asked++) {
            struct step first, second;
            struct state before = now, kept;
            before.asked = (enum asked)asked;
            before.introduced = i % 2;
            kept = before;
            struct event event = text_event(messages[i]);
            event.id = "1";
            memcpy(event.tag, "0000000a", EVENT_TAG);
            struct world world = world_of(&understood);
            memset(&first, 0x11, sizeof first);
            memset(&second, 0x22, sizeof second);
            arena_free(&arena);
            arena_reset(&arena);
            char *warm = arena_bytes(&arena,
                                     65536); /* so that both runs get their memory at the same place */
            warm[0] = 0;
            arena_reset(&arena);
            dialogue_step(&before, &event, &world, &arena, &first);
            arena_reset(&arena);
            dialogue_step(&before, &event, &world, &arena, &second);
            assert_memory_equal(&first, &second, sizeof first);
            assert_memory_equal(&before, &kept, sizeof before); /* the state given is not touched */
        }
}

static void every_answer_says_something_and_leaves_a_way_on(void **state)
{
    (void)state;
    static const char *const messages[] = {"Hei",
                                           "Horten",
                                           "Herøy",
                                           "Hva koster det?",
                                           "jeg vil bli med",
                                           "asdf qwer zxcv",
                                           "?",
                                           "",
                                           "nei",
                                           "ja",
                                           "tilbake",
                                           "avbryt",
                                           "start på nytt",
                                           "hjelp",
                                           "slett",
                                           "hvorfor det?",
                                           "takk",
                                           "polsk",
                                           "jeg bor i Narnia",
                                           "9999",
                                           "Blaaland"};
    for (int round = 0; round < 3000; round++) {
        if (unit_random(10) == 0)
            start(NULL);
        if (unit_random(4) == 0 && now.n_choices) {
            char value[32];
            snprintf(value, sizeof value, "%s.%u", now.tag, 1 + unit_random((uint32_t)now.n_choices));
            press(value);
        } else {
            say(messages[unit_random(sizeof messages / sizeof *messages)]);
        }
        assert_true(step.say.n_parts >= 1 && step.say.n_parts <= PARTS_MOST);
        assert_true(step.say.n_offers <= CHOICES_MOST);
        for (size_t i = 0; i < step.say.n_parts; i++)
            if (!replies_has(unit_data()->replies, step.say.parts[i].key))
                fail_msg("no reply %s", step.say.parts[i].key);
        if (step.forget)
            start(NULL);
    }
}

/* ---- the start ---- */

static void the_first_answer_says_that_a_robot_writes(void **state)
{
    (void)state;
    say("Hva koster det?");
    assert_said("forste kostnad");
    say("Hva koster det?");
    assert_said("kostnad");
}

static void a_greeting_says_it_itself(void **state)
{
    (void)state;
    deliver((struct event){.kind = EVENT_STARTED});
    assert_said("hilsen");
    assert_string_equal(step.say.parts[0].lines, "alle");
    assert_true(step.say.n_offers >= 3);
}

static void a_late_answer_says_so(void **state)
{
    (void)state;
    now.introduced = true;
    struct event event = text_event("Hva koster det?");
    event.late = true;
    deliver(event);
    assert_said("sen kostnad");
}

/* ---- questions in the middle of a flow ---- */

static void a_question_is_answered_and_the_flow_goes_on(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg vil bli med i en gruppe");
    say("Hva koster det?");
    assert_said("kostnad sted_igjen");
    assert_int_equal(now.asked, ASKED_PLACE);
    say("Horten");
    assert_said("bli_med");
}

static void cancel_leaves_the_flow_and_start_over_forgets_the_place(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg vil bli med i en gruppe");
    say("avbryt");
    assert_int_equal(now.asked, ASKED_NOTHING);
    assert_string_equal(now.wish, "");
    say("Horten");
    assert_true(now.has_place);
    say("start på nytt");
    assert_false(now.has_place);
    assert_true(now.introduced);
}

/* ---- care ---- */

static void a_crisis_comes_first_in_every_state(void **state)
{
    (void)state;
    for (int asked = ASKED_NOTHING; asked <= ASKED_LAST; asked++) {
        start(NULL);
        now.asked = (enum asked)asked;
        say("jeg vil ta livet av meg");
        assert_said("krise_selvmord");
        assert_true(step.say.urgent);
        assert_string_equal(step.say.parts[0].lines, "krise_selvmord");
    }
}

static void a_crisis_in_the_middle_keeps_the_flow(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg vil bli med i en gruppe");
    struct state before = now;
    say("jeg vil ta livet av meg");
    assert_said("krise_selvmord");
    assert_int_equal(now.asked, ASKED_PLACE);
    assert_string_equal(now.wish, before.wish);
    say("Horten");
    assert_said("bli_med");
}

static void a_crisis_leaves_the_buttons_working(void **state)
{
    (void)state;
    now.introduced = true;
    say("Herøy");
    char value[64];
    snprintf(value, sizeof value, "%s", button("place:1818|"));
    say("jeg vil ta livet av meg");
    press(value);
    assert_string_equal(now.kommune, "1818");
}

static void a_possible_crisis_gets_the_numbers_and_then_the_answer(void **state)
{
    (void)state;
    now.introduced = true;
    struct event event = text_event("Hva koster det?");
    understood.care = (struct care){CARE_POSSIBLE, intents_find(unit_data()->intents, "krise_selvmord"), 1};
    deliver(event);
    assert_said("mulig_krise kostnad");
    assert_string_equal(step.say.parts[0].lines, "alle");
    assert_true(step.say.urgent);
}

static void a_possible_crisis_that_says_nothing_else_hears_no_word_about_not_understanding(void **state)
{
    (void)state;
    now.introduced = true;
    struct event event = text_event("xyzzy qwerty plugh");
    understood.intent = NULL;
    understood.care = (struct care){CARE_POSSIBLE, intents_find(unit_data()->intents, "krise_selvmord"), 1};
    deliver(event);
    assert_said("mulig_krise");
    assert_int_equal(now.misses, 0);
}

static void an_edited_message_is_looked_at_for_care_only(void **state)
{
    (void)state;
    now.introduced = true;
    struct event event = text_event("Hva koster det?");
    event.edits = "0";
    deliver(event);
    assert_said("endret_melding");
    event = text_event("jeg vil ta livet av meg");
    event.edits = "0";
    deliver(event);
    assert_said("krise_selvmord");
}

/* ---- buttons ---- */

static void an_old_button_is_answered_and_not_executed(void **state)
{
    (void)state;
    now.introduced = true;
    say("Herøy");
    char old[64];
    snprintf(old, sizeof old, "%s", button("place:1818|"));
    say("Hva koster det?");
    press(old);
    assert_said("gammel_knapp");
    assert_false(now.has_place);
}

static void values_that_are_no_button_are_answered_too(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",           ".",           "1",           "00000001",    "00000001.",
        "00000001.0", "00000001.9",  "00000001.1x", "00000001.-1", "00000001.18446744073709551617",
        "x.1",        "00000001.1.1"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        start(NULL);
        now.introduced = true;
        say("Herøy");
        assert_string_equal(now.tag, "00000001");
        press(values[i]);
        if (now.has_place)
            fail_msg("\"%s\" was executed", values[i]);
        assert_said("gammel_knapp");
    }
}

static void a_button_before_any_turn_is_old(void **state)
{
    (void)state;
    now.introduced = true;
    press(".1");
    assert_said("gammel_knapp");
}

/* ---- deleting ---- */

static void delete_asks_and_yes_deletes(void **state)
{
    (void)state;
    now.introduced = true;
    say("slett");
    assert_said("slett");
    assert_int_equal(now.asked, ASKED_DELETE);
    assert_false(step.forget);
    say("ja");
    assert_said("slettet");
    assert_true(step.forget);
}

static void no_and_anything_else_delete_nothing(void **state)
{
    (void)state;
    now.introduced = true;
    say("slett");
    say("nei");
    assert_said("slett_avbrutt");
    assert_false(step.forget);
    assert_int_equal(now.asked, ASKED_NOTHING);
    say("slett");
    say("Hva koster det?");
    assert_said("kostnad");
    assert_false(step.forget);
    say("ja");
    assert_false(step.forget);
}

static void delete_works_by_button_too(void **state)
{
    (void)state;
    now.introduced = true;
    say("slett alt om meg");
    press(button("delete:no"));
    assert_false(step.forget);
    say("slett alt om meg");
    press(button("delete:yes"));
    assert_true(step.forget);
}

/* ---- not understood ---- */

static void a_second_miss_gets_another_answer(void **state)
{
    (void)state;
    now.introduced = true;
    say("xyzzy qwerty plugh");
    assert_said("annet");
    assert_int_equal(now.misses, 1);
    say("plugh xyzzy qwerty");
    assert_said("annet_igjen");
    assert_true(step.say.n_offers >= 3);
    say("Hva koster det?");
    assert_int_equal(now.misses, 0);
}

static void an_empty_message_gets_the_menu(void **state)
{
    (void)state;
    now.introduced = true;
    say("🦄");
    assert_said("tom_melding");
    assert_true(step.say.n_offers >= 3);
}

static void why_explains_what_was_said_last(void **state)
{
    (void)state;
    now.introduced = true;
    say("Hva koster det?");
    say("hvorfor?");
    assert_said("hvorfor_kostnad");
    say("hvorfor?");
    assert_said("hvorfor_kostnad");
    start(NULL);
    now.introduced = true;
    say("hvorfor?");
    assert_said("hvorfor");
}

/* ---- language ---- */

static void the_language_is_the_one_written(void **state)
{
    (void)state;
    say("Kva kostar det?");
    assert_int_equal(now.language, LANGUAGE_NN);
    say("Horten"); /* tells nothing: it stays */
    assert_int_equal(now.language, LANGUAGE_NN);
    say("How much does it cost?");
    assert_int_equal(now.language, LANGUAGE_EN);
}

static void the_sender_s_language_counts_where_the_words_tell_nothing(void **state)
{
    (void)state;
    struct event event = text_event("Horten");
    event.language = "nn-NO";
    deliver(event);
    assert_int_equal(now.language, LANGUAGE_NN);
    start(NULL);
    event = text_event("Horten");
    event.language = "pl";
    deliver(event);
    assert_int_equal(now.language, LANGUAGE_NB);
}

static void a_chosen_language_stays(void **state)
{
    (void)state;
    now.introduced = true;
    say("kan du skrive nynorsk?");
    assert_said("sprak");
    press(button("language:nn"));
    assert_said("sprak_byttet");
    assert_int_equal(now.language, LANGUAGE_NN);
    say("Hva koster det?");
    assert_int_equal(now.language, LANGUAGE_NN);
}

/* ---- other events ---- */

static void what_cannot_be_read_is_answered_with_the_numbers(void **state)
{
    (void)state;
    static const struct {
        enum event_kind kind;
        const char *key;
    } events[] = {
        {EVENT_GROUP, "gruppechat"}, {EVENT_ENCRYPTED, "kryptert"}, {EVENT_UNSUPPORTED, "kan_ikke_lese"}};
    for (size_t i = 0; i < 3; i++) {
        now.introduced = true;
        deliver((struct event){.kind = events[i].kind, .what = "voice"});
        assert_said(events[i].key);
        assert_string_equal(step.say.parts[0].lines, "alle");
    }
}

static void blocked_is_silent_and_stops(void **state)
{
    (void)state;
    deliver((struct event){.kind = EVENT_BLOCKED});
    assert_int_equal(step.say.n_parts, 0);
    assert_true(step.stop);
    deliver((struct event){.kind = EVENT_UNBLOCKED});
    assert_int_equal(step.say.n_parts, 0);
    assert_false(step.stop);
    deliver((struct event){.kind = EVENT_MOVED, .from = "old"});
    assert_int_equal(step.say.n_parts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(the_same_input_gives_the_same_bytes),
        TEST(every_answer_says_something_and_leaves_a_way_on),
        TEST(the_first_answer_says_that_a_robot_writes),
        TEST(a_greeting_says_it_itself),
        TEST(a_late_answer_says_so),
        TEST(a_question_is_answered_and_the_flow_goes_on),
        TEST(cancel_leaves_the_flow_and_start_over_forgets_the_place),
        TEST(a_crisis_comes_first_in_every_state),
        TEST(a_crisis_in_the_middle_keeps_the_flow),
        TEST(a_crisis_leaves_the_buttons_working),
        TEST(a_possible_crisis_gets_the_numbers_and_then_the_answer),
        TEST(a_possible_crisis_that_says_nothing_else_hears_no_word_about_not_understanding),
        TEST(an_edited_message_is_looked_at_for_care_only),
        TEST(an_old_button_is_answered_and_not_executed),
        TEST(values_that_are_no_button_are_answered_too),
        TEST(a_button_before_any_turn_is_old),
        TEST(delete_asks_and_yes_deletes),
        TEST(no_and_anything_else_delete_nothing),
        TEST(delete_works_by_button_too),
        TEST(a_second_miss_gets_another_answer),
        TEST(an_empty_message_gets_the_menu),
        TEST(why_explains_what_was_said_last),
        TEST(the_language_is_the_one_written),
        TEST(the_sender_s_language_counts_where_the_words_tell_nothing),
        TEST(a_chosen_language_stays),
        TEST(what_cannot_be_read_is_answered_with_the_numbers),
        TEST(blocked_is_silent_and_stops),
    };
    return cmocka_run_group_tests_name("dialogue", tests, NULL, NULL);
}
