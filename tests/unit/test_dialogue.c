/* dialogue_step over the real data: purity, and the main flows turn by turn.
 * It is over 600 lines because a flow is told turn by turn, and the helpers are the same for all. */
#include "unit.h"

#include "talk/step.h"
#include "understand.h"

/* A conversation under test. The step's memory is the arena's, until the next turn. */
static struct state now;
static struct step step;
static struct arena arena, understanding;
static struct understood understood;
static int turn;

static int start(void **state)
{
    (void)state;
    memset(&now, 0, sizeof now);
    turn = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    arena_free(&understanding);
    return 0;
}

static struct world world_of(const struct understood *u)
{
    struct dataset *data = unit_data();
    return (struct world){.now = INT64_C(1795323667123),
                          .understood = u,
                          .gazetteer = data->gazetteer,
                          .registry = data->registry,
                          .intents = data->intents,
                          .far_km = 60,
                          .hits = 3};
}

/* What the core does after the step: buttons get their words, and the state is kept. */
static void keep_state(void)
{
    for (size_t i = 0; i < step.next.n_choices && i < step.say.n_offers; i++) {
        const struct offer *offer = &step.say.offers[i];
        const char *label = offer->word
                                ? replies_word(unit_data()->replies, step.next.language, "valg", offer->word)
                                : offer->literal;
        if (!label)
            fail_msg("the button %s has no label", offer->word);
        snprintf(step.next.choices[i].label, LABEL_SIZE, "%.*s", LABEL_SIZE - 1, label);
    }
    now = step.next;
}

static void deliver(struct event event)
{
    struct world world = world_of(event.kind == EVENT_TEXT ? &understood : NULL);
    event.id = "1";
    event.time = world.now;
    if (!event.tag[0])
        snprintf(event.tag, sizeof event.tag, "%08x", ++turn);
    arena_reset(&arena);
    dialogue_step(&now, &event, &world, &arena, &step);
    keep_state();
}

static struct event text_event(const char *text)
{
    arena_reset(&understanding);
    understand(unit_data()->intents, unit_data()->gazetteer, text, strlen(text), now.asked == ASKED_PLACE,
               false, &understanding, &understood);
    return (struct event){.kind = EVENT_TEXT, .text = text, .text_len = strlen(text)};
}

static void say(const char *text)
{
    deliver(text_event(text));
}

static void press(const char *value)
{
    deliver((struct event){.kind = EVENT_CHOICE, .choice = value});
}

/* The value of the button with this action in the last reply. */
static const char *button(const char *action)
{
    static char value[64];
    for (size_t i = 0; i < now.n_choices; i++)
        if (strncmp(now.choices[i].action, action, strlen(action)) == 0) {
            snprintf(value, sizeof value, "%s.%zu", now.tag, i + 1);
            return value;
        }
    fail_msg("no button %s", action);
    return "";
}

/* The keys of the reply's parts, joined with blanks. */
static void check_said(const char *expected, int line)
{
    struct buf keys = BUF_INIT(1000);
    for (size_t i = 0; i < step.say.n_parts; i++)
        buf_addf(&keys, "%s%s", i ? " " : "", step.say.parts[i].key);
    if (strcmp(buf_str(&keys), expected)) {
        print_error("said \"%s\", not \"%s\"\n", buf_str(&keys), expected);
        _fail(__FILE__, line);
    }
    buf_free(&keys);
}
#define assert_said(expected) check_said((expected), __LINE__)

static const char *text_value(const struct scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->count; i++)
        if (strcmp(scope->values[i].name, name) == 0 && scope->values[i].kind == VALUE_TEXT)
            return scope->values[i].text;
    return "";
}

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
            char *warm = arena_bytes(&arena, 1); /* so that both runs get their memory at the same place */
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

/* ---- finding ---- */

static void a_place_is_asked_for_and_taken(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg vil finne et kontaktpunkt");
    assert_said("finn_kontaktpunkt");
    assert_int_equal(now.asked, ASKED_PLACE);
    assert_true(step.say.ask_location);
    say("Horten");
    assert_said("treff");
    assert_int_equal(now.asked, ASKED_NOTHING);
    assert_true(now.has_place);
    assert_string_equal(now.place, "Horten");
    assert_string_equal(now.kommune, "3901");
    assert_string_equal(text_value(&step.say.parts[0].scope, "sted"), "Horten");
}

static void a_bare_place_or_postal_code_is_enough(void **state)
{
    (void)state;
    now.introduced = true;
    say("Horten");
    assert_said("treff");
    start(NULL);
    now.introduced = true;
    say("3187");
    assert_said("treff");
    assert_string_equal(now.place, "3187 Horten");
}

static void a_known_place_is_not_asked_for_again(void **state)
{
    (void)state;
    now.introduced = true;
    say("jeg bor i Horten");
    say("Jeg vil finne et kontaktpunkt");
    assert_said("treff");
}

static void joining_waits_for_the_place(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg vil bli med i en gruppe");
    assert_said("bli_med_sted");
    assert_string_equal(now.wish, "bli_med");
    say("Horten");
    assert_said("bli_med");
}

static void namesakes_make_a_question_with_choices(void **state)
{
    (void)state;
    now.introduced = true;
    say("jeg bor i Herøy");
    assert_said("sted_flertydig");
    assert_false(now.has_place);
    assert_true(step.say.n_offers >= 2);
    press(button("place:1818|"));
    assert_string_equal(now.kommune, "1818");
    assert_true(now.has_place);
}

static void a_choice_may_be_typed_as_number_or_words(void **state)
{
    (void)state;
    now.introduced = true;
    say("Herøy");
    char label[LABEL_SIZE], action[ACTION_SIZE];
    memcpy(label, now.choices[1].label, LABEL_SIZE);
    memcpy(action, now.choices[1].action, ACTION_SIZE);
    struct state asked = now;
    say("2");
    assert_memory_equal(now.kommune, action + strlen("place:"), 4);
    now = asked;
    say(label);
    assert_memory_equal(now.kommune, action + strlen("place:"), 4);
    now = asked;
    say("9");
    assert_false(now.has_place);
}

static void a_misspelt_place_is_asked_about(void **state)
{
    (void)state;
    now.introduced = true;
    say("jeg bor i Lilehammer");
    assert_said("sted_bekreft");
    assert_int_equal(now.asked, ASKED_PLACE_SURE);
    assert_string_equal(text_value(&step.say.parts[0].scope, "forslag"), "Lillehammer");
    struct state asked = now;
    say("ja");
    assert_string_equal(now.place, "Lillehammer");
    now = asked;
    say("nei");
    assert_false(now.has_place);
    assert_int_equal(now.asked, ASKED_PLACE);
}

static void an_unknown_place_gets_a_next_step(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg vil finne et kontaktpunkt");
    say("Blaaland");
    assert_said("sted_ukjent");
    assert_true(step.say.n_offers >= 1);
    assert_true(step.say.ask_location);
    assert_int_equal(now.asked, ASKED_PLACE);
    say("Horten");
    assert_said("treff");
}

static void far_away_says_so_and_offers_a_human(void **state)
{
    (void)state;
    now.introduced = true;
    say("Jeg bor i Florø");
    assert_said("treff_langt");
    button("intent:menneske");
}

static void a_shared_position_is_a_place(void **state)
{
    (void)state;
    now.introduced = true;
    deliver((struct event){.kind = EVENT_LOCATION, .lat = 59.417, .lon = 10.483});
    assert_said("treff");
    assert_string_equal(now.kommune, "3901");
    deliver((struct event){.kind = EVENT_LOCATION, .lat = 48.85, .lon = 2.35});
    assert_said("sted_utlandet");
    assert_string_equal(now.kommune, "3901");
    deliver((struct event){.kind = EVENT_LOCATION, .lat = -90, .lon = 180});
    assert_said("sted_utlandet");
}

static void more_shows_the_next_ones_and_starts_again_at_the_end(void **state)
{
    (void)state;
    now.introduced = true;
    say("jeg bor i Oslo");
    assert_said("treff");
    int shown = now.shown;
    assert_true(shown >= 1 && shown <= 3);
    press(button("more"));
    assert_true(now.shown > shown);
    for (int i = 0; i < 20; i++) { /* the buttons may lead on for ever, but never out of bounds */
        bool more = false;
        for (size_t k = 0; k < now.n_choices; k++)
            more = more || strcmp(now.choices[k].action, "more") == 0;
        if (!more)
            break;
        press(button("more"));
    }
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
        TEST(a_place_is_asked_for_and_taken),
        TEST(a_bare_place_or_postal_code_is_enough),
        TEST(a_known_place_is_not_asked_for_again),
        TEST(joining_waits_for_the_place),
        TEST(namesakes_make_a_question_with_choices),
        TEST(a_choice_may_be_typed_as_number_or_words),
        TEST(a_misspelt_place_is_asked_about),
        TEST(an_unknown_place_gets_a_next_step),
        TEST(far_away_says_so_and_offers_a_human),
        TEST(a_shared_position_is_a_place),
        TEST(more_shows_the_next_ones_and_starts_again_at_the_end),
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
