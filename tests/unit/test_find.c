/* Finding a place and the contact points nearest to it, turn by turn. */
#include "talk.h"

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
    say("jeg bor i Lilihammår");
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

/* ---- a registry of the test's own ---- */

/* A point `km` north of Oslo's centre in the kommune Bergen; `extra` are further members. */
static void add(struct buf *json, const char *id, double km, const char *extra)
{
    buf_addf(json,
             "%s{\"type\":\"Feature\",\"id\":\"%s\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[10."
             "74609,%.6f]},"
             "\"properties\":{\"kind\":\"senter\",\"name\":\"%s\",\"kommune\":\"4601\",\"form\":\"physical\","
             "\"pos_quality\":\"town\",\"source\":\"s\",\"status\":\"unconfirmed\"%s}}\n",
             json->data[json->len - 2] == '[' ? "" : ",", id, 59.91273 + km / 111.19508, id, extra);
}

/* Near ones at 10 km and every 10 km on, far ones (core.far_km is 60) at 100 km and every 10 km on. */
static void use_points(int near, int far)
{
    struct err err = {.count = 0};
    struct buf json = BUF_INIT(20000);
    char id[16];
    buf_add_str(&json, "{\"type\":\"FeatureCollection\",\"features\":[\n");
    for (int i = 0; i < near; i++) {
        snprintf(id, sizeof id, "near%d", i);
        add(&json, id, 10 + 10 * i, "");
    }
    for (int i = 0; i < far; i++) {
        snprintf(id, sizeof id, "far%d", i);
        add(&json, id, 100 + 10 * i, "");
    }
    add(&json, "angst", 15, ",\"topics\":[\"angst\"]");
    buf_add_str(&json, "]}");
    registry_free(own_registry);
    own_registry = registry_load(unit_write("points.geojson", buf_str(&json)), unit_gazetteer(), &err);
    buf_free(&json);
    assert_no_fault(&err);
    assert_non_null(own_registry);
    now.introduced = true;
}

/* The names of the contact points in the last reply, joined with blanks. */
static void check_shown(const char *expected, int line)
{
    struct buf names = BUF_INIT(1000);
    const struct scope *scope = &step.say.parts[step.say.n_parts - 1].scope;
    for (size_t i = 0; i < scope->count; i++)
        if (strcmp(scope->values[i].name, "treff") == 0 && scope->values[i].kind == VALUE_LIST)
            for (size_t k = 0; k < scope->values[i].count; k++)
                buf_addf(&names, "%s%s", k ? " " : "", text_value(&scope->values[i].items[k], "navn"));
    if (strcmp(buf_str(&names), expected)) {
        print_error("shown \"%s\", not \"%s\"\n", buf_str(&names), expected);
        _fail(__FILE__, line);
    }
    buf_free(&names);
}
#define assert_shown(expected) check_shown((expected), __LINE__)

static const char *first_shown(void)
{
    const struct scope *scope = &step.say.parts[step.say.n_parts - 1].scope;
    for (size_t i = 0; i < scope->count; i++)
        if (strcmp(scope->values[i].name, "treff") == 0 && scope->values[i].count)
            return text_value(&scope->values[i].items[0], "navn");
    return "";
}

static bool has_button(const char *action)
{
    for (size_t i = 0; i < now.n_choices; i++)
        if (strcmp(now.choices[i].action, action) == 0)
            return true;
    return false;
}

/* ---- near and far ---- */

static void at_most_core_hits_are_shown(void **state)
{
    (void)state;
    use_points(5, 0);
    say("jeg bor i Oslo");
    assert_said("treff");
    assert_shown("near0 near1 near2");
    assert_int_equal(now.shown, 3);
    hits_shown = 1;
    say("jeg bor i Oslo");
    assert_shown("near0");
    assert_true(has_button("more"));
    hits_shown = 5;
    say("jeg bor i Oslo");
    assert_shown("near0 near1 near2 near3 near4");
    assert_false(has_button("more")); /* there are no more */
}

static void beside_near_ones_far_ones_are_left_out(void **state)
{
    (void)state;
    use_points(1, 3);
    say("jeg bor i Oslo");
    assert_said("treff");
    assert_shown("near0");
    assert_true(has_button("more"));
}

static void more_shows_the_far_ones_too(void **state)
{
    (void)state;
    use_points(1, 4);
    say("jeg bor i Oslo");
    assert_shown("near0");
    press(button("more"));
    assert_said("treff");
    assert_shown("far0 far1 far2");
    press(button("more"));
    assert_shown("far3");
    assert_false(has_button("more"));
    say("flere");
    assert_true(step.say.n_parts >= 1);
}

static void more_may_be_said_in_words(void **state)
{
    (void)state;
    use_points(1, 4);
    say("jeg bor i Oslo");
    say("flere");
    assert_shown("far0 far1 far2");
}

static void where_all_are_far_that_is_said(void **state)
{
    (void)state;
    use_points(0, 5);
    say("jeg bor i Oslo");
    assert_said("treff_langt");
    assert_shown("far0 far1 far2");
    assert_true(has_button("intent:menneske"));
    assert_false(has_button("more"));
    assert_false(has_button("intent:bli_med"));
    say("Jeg vil bli med i en gruppe");
    assert_said("bli_med_langt");
}

static void without_any_the_answer_still_leaves_a_way_on(void **state)
{
    (void)state;
    use_points(0, 0);
    say("jeg bor i Oslo");
    assert_said("treff_langt");
    assert_shown("");
    assert_true(has_button("intent:menneske"));
    assert_true(has_button("where"));
}

/* ---- topics ---- */

static void a_topic_is_remembered_while_the_place_is_asked_for(void **state)
{
    (void)state;
    now.introduced = true;
    say("Finnes det en gruppe for angst?");
    assert_int_equal(now.asked, ASKED_PLACE);
    assert_string_equal(now.topic, "angst");
    say("Hva koster det?"); /* in between */
    assert_string_equal(now.topic, "angst");
    say("Moss");
    assert_said("treff");
    assert_contains(first_shown(), "Angst"); /* the one for the topic */
    assert_string_equal(now.topic, "");
}

static void a_topic_is_forgotten_once_places_were_shown(void **state)
{
    (void)state;
    use_points(3, 0);
    say("Jeg har angst og bor i Oslo. Finnes det en gruppe?");
    assert_shown("angst near0 near1");
    assert_string_equal(now.topic, "");
    say("jeg bor i Oslo");
    assert_shown("near0 near1 near2");
    assert_false(has_button("more:angst"));
}

static void more_goes_on_with_the_topic(void **state)
{
    (void)state;
    use_points(5, 0);
    say("Jeg har angst og bor i Oslo. Finnes det en gruppe?");
    assert_shown("angst near0 near1");
    assert_true(has_button("more:angst"));
    assert_false(has_button("more"));
    press(button("more:angst"));
    assert_shown("near2 near3 near4");
    assert_string_equal(now.topic, "");
}

static void more_goes_on_with_the_topic_to_the_end(void **state)
{
    (void)state;
    use_points(8, 0);
    say("Jeg har angst og bor i Oslo. Finnes det en gruppe?");
    press(button("more:angst"));
    assert_shown("near2 near3 near4");
    press(button("more:angst"));
    assert_false(has_button("more"));
}

static void leaving_forgets_the_topic(void **state)
{
    static const char *const ways[] = {"avbryt", "start på nytt", "nei"};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        start(NULL);
        now.introduced = true;
        say("Finnes det en gruppe for angst?");
        assert_string_equal(now.topic, "angst");
        say(ways[i]);
        if (now.topic[0])
            fail_msg("\"%s\" keeps the topic %s", ways[i], now.topic);
    }
}

static void a_question_about_the_spelling_keeps_the_topic(void **state)
{
    (void)state;
    use_points(3, 0);
    say("Finnes det en gruppe for angst?");
    say("Olso");
    assert_said("sted_bekreft");
    assert_string_equal(now.topic, "angst");
    say("ja");
    assert_said("treff");
    assert_shown("angst near0 near1");
    assert_string_equal(now.topic, "");
}

/* ---- pins ---- */

static void a_pin_outside_norway_is_answered_and_not_kept(void **state)
{
    static const struct {
        double lat, lon;
    } pins[] = {{58.9395, 11.1712}, {51.5074, -0.1278}, {57.5, 3.5}, {68.9585, 33.0827}, {90, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
        start(NULL);
        now.introduced = true;
        deliver((struct event){.kind = EVENT_LOCATION, .lat = pins[i].lat, .lon = pins[i].lon});
        assert_said("sted_utlandet");
        assert_false(now.has_place);
        assert_int_equal(now.asked, ASKED_PLACE); /* where in Norway to look */
        say("Horten");
        assert_said("treff");
    }
}

static void a_pin_keeps_the_topic_for_its_search(void **state)
{
    (void)state;
    use_points(3, 0);
    say("Finnes det en gruppe for angst?");
    deliver((struct event){.kind = EVENT_LOCATION, .lat = 59.91273, .lon = 10.74609});
    assert_shown("angst near0 near1");
    assert_string_equal(now.topic, "");
    assert_string_equal(now.place, "Oslo");
}

static void a_pin_gets_the_kommune_of_the_nearest_settlement(void **state)
{
    (void)state;
    now.introduced = true;
    deliver((struct event){.kind = EVENT_LOCATION, .lat = 63.4578, .lon = 10.9240}); /* Værnes */
    assert_string_equal(now.kommune, "5035");
    assert_string_equal(now.place, "Stjørdal");
    deliver((struct event){.kind = EVENT_LOCATION, .lat = 69.0119, .lon = 23.0415});
    assert_string_equal(now.place, "Kautokeino");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
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
        TEST(at_most_core_hits_are_shown),
        TEST(beside_near_ones_far_ones_are_left_out),
        TEST(more_shows_the_far_ones_too),
        TEST(more_may_be_said_in_words),
        TEST(where_all_are_far_that_is_said),
        TEST(without_any_the_answer_still_leaves_a_way_on),
        TEST(a_topic_is_remembered_while_the_place_is_asked_for),
        TEST(a_topic_is_forgotten_once_places_were_shown),
        TEST(more_goes_on_with_the_topic),
        TEST(more_goes_on_with_the_topic_to_the_end),
        TEST(leaving_forgets_the_topic),
        TEST(a_question_about_the_spelling_keeps_the_topic),
        TEST(a_pin_outside_norway_is_answered_and_not_kept),
        TEST(a_pin_keeps_the_topic_for_its_search),
        TEST(a_pin_gets_the_kommune_of_the_nearest_settlement),
    };
    return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
