/* From pieces to the bytes of a reply, over the real texts and help lines. */
#include "unit.h"

#include "builtin.h"
#include "render.h"
#include "wire/markup.h"

/* A Monday in November 2026, Oslo: 11:01 (Kors på halsen is closed) and 17:01 (it is open). */
static const int64_t morning = INT64_C(1795428060000), evening = INT64_C(1795449660000);

static struct arena arena;
static struct step step;
static struct out reply;
static bool builtin;

static int start(void **state)
{
    (void)state;
    memset(&step, 0, sizeof step);
    memset(&reply, 0, sizeof reply);
    step.next.language = LANGUAGE_NB;
    snprintf(step.next.tag, sizeof step.next.tag, "0a1b2c3d");
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void part(const char *key, const char *lines)
{
    step.say.parts[step.say.n_parts++] = (struct part){.key = key, .lines = lines};
}

static void offer(const char *action, const char *word, const char *literal)
{
    struct offer *o = &step.say.offers[step.say.n_offers];
    snprintf(o->action, ACTION_SIZE, "%s", action);
    o->word = word;
    o->literal = literal;
    snprintf(step.next.choices[step.say.n_offers++].action, ACTION_SIZE, "%s", action);
    step.next.n_choices = step.say.n_offers;
}

static void render_at(int64_t now)
{
    render_say(unit_data(), &step, now, &arena, &reply, &builtin);
    assert_non_null(reply.text);
}

static void render(void)
{
    render_at(morning);
    assert_false(builtin);
}

/* ---- text ---- */

static void pieces_stand_with_an_empty_line_between(void **state)
{
    struct buf expected = BUF_INIT(REPLY_LARGEST);
    (void)state;
    part("takk", NULL);
    part("kostnad", NULL);
    render();
    const struct scope none = {NULL, 0};
    assert_int_equal(replies_render(unit_data()->replies, LANGUAGE_NB, "takk", &none, &expected), 0);
    buf_add_str(&expected, "\n\n");
    assert_int_equal(replies_render(unit_data()->replies, LANGUAGE_NB, "kostnad", &none, &expected), 0);
    assert_string_equal(reply.text, buf_str(&expected));
    buf_free(&expected);
}

static void the_reply_is_in_the_language_of_the_conversation(void **state)
{
    static const struct {
        enum language language;
        const char *code, *part;
    } cases[] = {{LANGUAGE_NB, "nb", "Snakk med et menneske nå"},
                 {LANGUAGE_NN, "nn", "eit menneske"},
                 {LANGUAGE_EN, "en", "robot"}};
    (void)state;
    part("krise_selvmord", "krise_selvmord");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        step.next.language = cases[i].language;
        render();
        assert_string_equal(reply.language, cases[i].code);
        assert_contains(reply.text, cases[i].part);
        assert_contains(reply.text, "116 123");
    }
}

static void urgent_and_location_are_passed_on(void **state)
{
    (void)state;
    part("takk", NULL);
    render();
    assert_false(reply.urgent || reply.ask_location);
    step.say.urgent = step.say.ask_location = true;
    render();
    assert_true(reply.urgent && reply.ask_location);
}

/* ---- help lines ---- */

static void help_lines_are_filled_in(void **state)
{
    (void)state;
    part("krise_selvmord", "krise_selvmord");
    render();
    assert_contains(reply.text, "- **113** Ambulanse (hele døgnet)\n");
    assert_contains(reply.text, "- **116 123** Mental Helse Hjelpetelefonen (hele døgnet)\n");
    assert_contains(reply.text, "- **22 40 00 40** Kirkens SOS (hele døgnet)\n");
    assert_null(strstr(reply.text, "{{"));
    assert_null(strstr(reply.text, "116 006")); /* of another class */
}

static void for_whom_a_line_is_stands_there_too(void **state)
{
    (void)state;
    part("krise_vold", "krise_vold");
    render();
    assert_contains(reply.text, "VO-linjen (hele døgnet): vold og overgrep, gratis og anonymt\n");
    step.next.language = LANGUAGE_NN;
    render();
    assert_contains(reply.text, "vald og overgrep");
}

static void open_lines_come_first_at_the_given_time(void **state)
{
    (void)state;
    part("krise_barn", "krise_barn");
    render_at(evening);
    const char *youth = strstr(reply.text, "800 33 321"), *all = strstr(reply.text, "116 123");
    assert_true(youth && all && youth < all);
    assert_contains(youth, "åpen nå, til kl. 22");
    render_at(morning);
    youth = strstr(reply.text, "800 33 321"), all = strstr(reply.text, "116 123");
    assert_true(youth && all && all < youth);
    assert_contains(youth, "åpner i dag kl. 16");
}

static void without_a_class_or_lines_the_list_is_empty(void **state)
{
    struct dataset without = *unit_data();
    (void)state;
    part("krise_selvmord", NULL);
    render();
    assert_null(strstr(reply.text, "116 123"));
    step.say.parts[0].lines = "no_such_class";
    render();
    assert_null(strstr(reply.text, "116 123"));
    without.helplines = NULL;
    step.say.parts[0].lines = "krise_selvmord";
    render_say(&without, &step, morning, &arena, &reply, &builtin);
    assert_false(builtin);
    assert_contains(reply.text, "**113**"); /* what the text itself says */
}

static void a_piece_keeps_its_own_values_beside_the_lines(void **state)
{
    static const struct value values[] = {
        {.name = "kommunen", .kind = VALUE_TEXT, .text = "Lillehammer kommune"},
        {.name = "kommune", .kind = VALUE_TEXT, .text = "Lillehammer"},
        {.name = "sted", .kind = VALUE_TEXT, .text = "Lillehammer"}};
    (void)state;
    part("menneske", "alle");
    step.say.parts[0].scope = (struct scope){values, 3};
    render();
    assert_contains(reply.text, "116 123");
    assert_contains(reply.text, "Lillehammer");
}

/* ---- nothing unescaped ---- */

/* Read as CommonMark, the value is there just as it was written. */
static void what_a_person_wrote_is_no_markup(void **state)
{
    static struct value value = {.name = "skrevet", .kind = VALUE_TEXT};
    static const char *const hostile[] = {"**fet**",     "[lenke](http://x.no)",
                                          "<b>x</b>",    "`kode`",
                                          "{{#linjer}}", "# overskrift",
                                          "![](x.png)",  "_under_",
                                          "a*b\\*c",     "&lt;&#42;",
                                          "<http://x>",  "1. - > +"};
    (void)state;
    part("sted_ukjent", NULL);
    step.say.parts[0].scope = (struct scope){&value, 1};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct buf plain = BUF_INIT(REPLY_LARGEST);
        value.text = hostile[i];
        render();
        assert_int_equal(markup_plain(reply.text, &plain), 0);
        assert_contains(buf_str(&plain), hostile[i]);
        buf_free(&plain);
    }
    value.text = "a\n\n# b";
    render();
    assert_null(strstr(reply.text, "\n# b")); /* no line of its own */
    value.text = "a*b";
    render();
    assert_contains(reply.text, "a\\*b");
}

/* ---- buttons ---- */

static void a_button_has_a_label_and_a_value_of_its_turn(void **state)
{
    (void)state;
    part("takk", NULL);
    offer("intent:kostnad", "kostnad", NULL);
    offer("place:1804", NULL, "Bodø");
    offer("no", "nei", NULL);
    render();
    assert_int_equal(reply.n_buttons, 3);
    assert_string_equal(reply.buttons[0].label, "Hva koster det?");
    assert_string_equal(reply.buttons[0].value, "0a1b2c3d.1");
    assert_string_equal(reply.buttons[1].label, "Bodø");
    assert_string_equal(reply.buttons[1].value, "0a1b2c3d.2");
    assert_string_equal(reply.buttons[2].label, "Nei");
    assert_string_equal(reply.buttons[2].value, "0a1b2c3d.3");
}

static void the_labels_are_kept_for_answers_in_words(void **state)
{
    (void)state;
    part("takk", NULL);
    offer("intent:kostnad", "kostnad", NULL);
    offer("place:1804", NULL, "Bodø");
    step.next.language = LANGUAGE_EN;
    render();
    const char *cost = replies_word(unit_data()->replies, LANGUAGE_EN, "valg", "kostnad");
    assert_string_equal(step.next.choices[0].label, cost);
    assert_string_equal(reply.buttons[0].label, cost);
    assert_string_equal(step.next.choices[1].label, "Bodø");
    assert_string_equal(step.next.choices[0].action, "intent:kostnad");
    assert_int_equal(step.next.n_choices, 2);
}

static void a_word_that_is_missing_shows_as_a_question_mark(void **state)
{
    (void)state;
    part("takk", NULL);
    offer("x", "no_such_word", NULL);
    render();
    assert_string_equal(reply.buttons[0].label, "?");
}

static void a_value_fits_the_contract(void **state)
{
    (void)state;
    part("takk", NULL);
    for (int i = 0; i < CHOICES_MOST; i++)
        offer("no", "nei", NULL);
    render();
    struct buf payload = BUF_INIT(CONTRACT_OUT_LARGEST);
    struct out back;
    reply.id = "1";
    contract_write_out(&reply, &payload);
    assert_int_equal(contract_read_out(buf_str(&payload), payload.len, &arena, &back), 0);
    assert_int_equal(back.n_buttons, CHOICES_MOST);
    assert_string_equal(back.text, reply.text);
    buf_free(&payload);
}

/* ---- built-in ---- */

static void a_missing_text_is_replaced_by_the_built_in_one(void **state)
{
    (void)state;
    part("takk", NULL);
    part("no_such_key", NULL);
    offer("no", "nei", NULL);
    render_at(morning);
    assert_true(builtin);
    assert_string_equal(reply.text, builtin_text(BUILTIN_FAILED, LANGUAGE_NB));
    assert_int_equal(reply.n_buttons, 0);
    assert_int_equal(step.next.n_choices, 0); /* nothing was offered */
    assert_false(reply.urgent);
}

static void in_a_crisis_the_built_in_text_has_the_numbers(void **state)
{
    (void)state;
    part("no_such_key", "krise_selvmord");
    step.say.urgent = true;
    step.next.language = LANGUAGE_EN;
    render_at(morning);
    assert_true(builtin && reply.urgent);
    assert_string_equal(reply.text, builtin_text(BUILTIN_CRISIS, LANGUAGE_EN));
    assert_string_equal(reply.language, "en");
}

static void without_any_texts_there_is_still_an_answer(void **state)
{
    const struct dataset nothing = {.replies = NULL};
    (void)state;
    part("krise_selvmord", "krise_selvmord");
    step.say.urgent = true;
    render_say(&nothing, &step, morning, &arena, &reply, &builtin);
    assert_true(builtin);
    assert_string_equal(reply.text, builtin_text(BUILTIN_CRISIS, LANGUAGE_NB));
}

static void a_text_that_is_too_long_is_replaced(void **state)
{
    (void)state;
    static char longest[2 * REPLY_LARGEST];
    static struct value value = {.name = "skrevet", .kind = VALUE_TEXT, .text = longest};
    memset(longest, 'x', sizeof longest - 1);
    part("sted_ukjent", NULL);
    step.say.parts[0].scope = (struct scope){&value, 1};
    render_at(morning);
    assert_true(builtin);
    assert_string_equal(reply.text, builtin_text(BUILTIN_FAILED, LANGUAGE_NB));
}

static void the_built_in_reply_of_an_unknown_language_is_nb(void **state)
{
    (void)state;
    render_builtin(true, LANGUAGE_UNKNOWN, &reply);
    assert_string_equal(reply.language, "nb");
    assert_string_equal(reply.text, builtin_text(BUILTIN_CRISIS, LANGUAGE_NB));
    assert_true(reply.urgent);
    render_builtin(false, LANGUAGE_NN, &reply);
    assert_string_equal(reply.language, "nn");
    assert_string_equal(reply.text, builtin_text(BUILTIN_FAILED, LANGUAGE_NN));
    assert_false(reply.urgent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(pieces_stand_with_an_empty_line_between),
        TEST(the_reply_is_in_the_language_of_the_conversation),
        TEST(urgent_and_location_are_passed_on),
        TEST(help_lines_are_filled_in),
        TEST(for_whom_a_line_is_stands_there_too),
        TEST(open_lines_come_first_at_the_given_time),
        TEST(without_a_class_or_lines_the_list_is_empty),
        TEST(a_piece_keeps_its_own_values_beside_the_lines),
        TEST(what_a_person_wrote_is_no_markup),
        TEST(a_button_has_a_label_and_a_value_of_its_turn),
        TEST(the_labels_are_kept_for_answers_in_words),
        TEST(a_word_that_is_missing_shows_as_a_question_mark),
        TEST(a_value_fits_the_contract),
        TEST(a_missing_text_is_replaced_by_the_built_in_one),
        TEST(in_a_crisis_the_built_in_text_has_the_numbers),
        TEST(without_any_texts_there_is_still_an_answer),
        TEST(a_text_that_is_too_long_is_replaced),
        TEST(the_built_in_reply_of_an_unknown_language_is_nb),
    };
    return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
