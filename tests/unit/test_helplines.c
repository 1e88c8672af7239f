/* Help lines: hours in Oslo time, order, what is refused; and the built-in numbers against the file. */
#include "unit.h"

#include "base/clock.h"
#include "builtin.h"
#include "text/helplines.h"

static struct err err;
static struct helplines *lines;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    lines = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    helplines_free(lines);
    return 0;
}

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

#define WHO "hvem_nb = alle\nhvem_nn = alle\nhvem_en = all\n"

static void load(const char *text)
{
    lines = helplines_load(unit_write("helplines.ini", text), &err);
    assert_no_fault(&err);
    assert_non_null(lines);
}

static void assert_refused(const char *text, const char *part)
{
    err_clear(&err);
    if (helplines_load(unit_write("helplines.ini", text), &err))
        fail_msg("accepted; expected \"%s\":\n%s", part, text);
    assert_says(&err, part);
}

static bool good_hours(const char *hours)
{
    char text[400];
    err_clear(&err);
    snprintf(text, sizeof text,
             "[a]\nnavn = A\nnummer = 116 123\ntid = %s\nklasser = alle\nrekkefolge = 1\nbekreftet = "
             "2026-10\n" WHO,
             hours);
    struct helplines *read = helplines_load(unit_write("helplines.ini", text), &err);
    helplines_free(read);
    if (!read)
        assert_says(&err, "helplines.ini:4: ");
    return read != NULL;
}

static void hours_of_every_written_form_are_read(void **state)
{
    (void)state;
    static const char *const hours[] = {"alltid",
                                        "man-fre 09:00-15:00",
                                        "man 09:00-15:00; tir 18:00-21:00",
                                        "lør-søn 00:00-24:00",
                                        "man-søn 08:30-22:15",
                                        "søn 23:59-24:00"};
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++)
        if (!good_hours(hours[i]))
            fail_msg("refused: %s", hours[i]);
}

static void bad_hours_are_refused(void **state)
{
    (void)state;
    static const char eleven_spans[] =
        "man 01:00-02:00;man 02:00-03:00;man 03:00-04:00;man 04:00-05:00;man 05:00-06:00;man 06:00-07:00;"
        "man 07:00-08:00;man 08:00-09:00;man 09:00-10:00;man 10:00-11:00;man 11:00-12:00";
    static const char *const hours[] = {
        "",
        "alltid nesten",
        "9-15",
        "man",
        "man 9:00-15:00",
        "man 09:00",
        "man 09:00-",
        "man 09:00-25:00",
        "man 09:75-15:00",
        "man 09:00-15:60",
        "man 15:00-09:00",
        "man 09:00-09:00",
        "fre-man 09:00-15:00",
        "mandag 09:00-15:00",
        "mon 09:00-15:00",
        "man-fre 09:00-15:00 og lør",
        "man  09:00-15:00",
        "MAN 09:00-15:00",
        "man 09.00-15.00",
        "man 24:00-24:30",
        "man-fre 09:00-15:00, lør 10:00-12:00",
        eleven_spans,
    };
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++)
        if (good_hours(hours[i]))
            fail_msg("accepted: \"%s\"", hours[i]);
}

static void a_line_lacking_something_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("", "holds no help line");
    assert_refused("; a\n[a]\nnavn = A\ntid = alltid\nklasser = alle\nbekreftet = 2026\n" WHO,
                   "helplines.ini:3: [a] needs");
    assert_refused("[a]\nnavn = A\nnummer = 113\nklasser = alle\nbekreftet = 2026\n" WHO, "[a] needs");
    assert_refused("[a]\nnavn = A\nnummer = 113\ntid = alltid\nbekreftet = 2026\n" WHO, "[a] needs");
    assert_refused("[a]\nnavn = A\nnummer = 113\ntid = alltid\nklasser = alle\n" WHO, "[a] needs");
    assert_refused("[a]\nnummer = 113\ntid = alltid\nklasser = alle\nbekreftet = 2026\n" WHO, "[a] needs");
    assert_refused(
        "[a]\nnavn = A\nnummer = 113\ntid = alltid\nklasser = alle\nbekreftet = 2026\nhvem_nb = x\n",
        "hvem_nn");
    assert_refused(
        "[a]\nnavn = A\nnummer = 113\ntid = alltid\nklasser = alle\nbekreftet = 2026\nfarge = rød\n" WHO,
        "helplines.ini:7: farge is unknown");
}

static void one_bad_value(const char *name, const char *value)
{
    char text[600];
    snprintf(text, sizeof text,
             "[a]\nnavn = A\nnummer = 113\ntid = alltid\nklasser = alle\nbekreftet = 2026-10\n" WHO
             "%s = %s\n",
             name, value);
    assert_refused(text, "helplines.ini:10: ");
}

static void a_number_is_digits_that_can_be_rung(void **state)
{
    (void)state;
    static const char *const numbers[] = {"", "12", "123456789", "11x", "+47 113", "116-123", "ring 113"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        one_bad_value("nummer", numbers[i]);
}

static void the_date_confirmed_is_a_date(void **state)
{
    (void)state;
    static const char *const dates[] = {"",        "nylig",        "26",        "2026-1",
                                        "2026/10", "oktober 2026", "2026-10-1", "----",
                                        "2026-13", "2026-00",      "2026-10-32"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        one_bad_value("bekreftet", dates[i]);
}

/* A line that is read must also be shown: an order outside the range is refused, not silently left out. */
static void an_order_that_would_hide_a_line_is_refused(void **state)
{
    (void)state;
    static const char *const orders[] = {"100", "-1", "99999999999", "først", ""};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        one_bad_value("rekkefolge", orders[i]);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    one_bad_value("navn_nn", "Kors p\xE5 halsen");
}

static const char four[] = "[natt]\nnavn = N\nnummer = 111 11\ntid = man-søn 00:00-06:00\nklasser = "
                           "alle\nrekkefolge = 1\nbekreftet = 2026\n" WHO
                           "[alltid]\nnavn = A\nnavn_en = Always\nnummer = 222 22\ntid = alltid\nklasser = "
                           "krise_vold, alle\nrekkefolge = 9\nbekreftet = 2026\n" WHO
                           "[dag]\nnavn = D\nnummer = 333 33\ntid = man-fre 09:00-15:30; lør "
                           "10:00-12:00\nklasser = alle\nrekkefolge = 3\nbekreftet = 2026\n" WHO
                           "[vold]\nnavn = V\nnummer = 444 44\ntid = alltid\nklasser = "
                           "krise_vold\nrekkefolge = 2\nbekreftet = 2026\n" WHO;

static void a_line_is_open_by_the_clock_of_oslo(void **state)
{
    (void)state;
    load(four);
    const struct helpline *day = helplines_find(lines, "dag");
    assert_non_null(day);
    assert_false(helpline_open(day, at("2026-11-23T07:59:59Z"))); /* Monday 08:59:59 */
    assert_true(helpline_open(day, at("2026-11-23T08:00:00Z")));
    assert_true(helpline_open(day, at("2026-11-23T14:29:59Z")));
    assert_false(helpline_open(day, at("2026-11-23T14:30:00Z")));
    assert_true(helpline_open(day, at("2026-07-20T07:00:00Z")));  /* 09:00 in summer */
    assert_false(helpline_open(day, at("2026-07-20T14:00:00Z"))); /* 16:00 */
    assert_true(helpline_open(day, at("2026-11-28T09:30:00Z")));  /* Saturday 10:30 */
    assert_false(helpline_open(day, at("2026-11-29T09:30:00Z"))); /* Sunday */
    assert_true(helpline_open(helplines_find(lines, "alltid"), at("2026-11-29T03:00:00Z")));
}

static void midnight_belongs_to_the_new_day(void **state)
{
    (void)state;
    load("[a]\nnavn = A\nnummer = 113\ntid = søn 18:00-24:00\nklasser = alle\nbekreftet = 2026\n" WHO);
    const struct helpline *line = helplines_at(lines, 0);
    assert_true(helpline_open(line, at("2026-11-22T22:59:59Z")));
    assert_false(helpline_open(line, at("2026-11-22T23:00:00Z")));
}

static void open_ones_come_first_then_their_order(void **state)
{
    (void)state;
    const struct helpline *out[8];
    load(four);
    size_t n = helplines_pick(lines, "alle", at("2026-11-23T12:00:00Z"), out, 8);
    assert_int_equal(n, 3);
    assert_string_equal(out[0]->id, "dag");
    assert_string_equal(out[1]->id, "alltid");
    assert_string_equal(out[2]->id, "natt");
    n = helplines_pick(lines, "alle", at("2026-11-23T02:00:00Z"), out, 8);
    assert_int_equal(n, 3);
    assert_string_equal(out[0]->id, "natt");
    assert_string_equal(out[1]->id, "alltid");
    assert_string_equal(out[2]->id, "dag");
}

static void only_lines_of_the_class_and_no_more_than_asked_for(void **state)
{
    (void)state;
    const struct helpline *out[8];
    load(four);
    size_t n = helplines_pick(lines, "krise_vold", at("2026-11-23T12:00:00Z"), out, 8);
    assert_int_equal(n, 2);
    assert_string_equal(out[0]->id, "vold");
    assert_string_equal(out[1]->id, "alltid");
    assert_int_equal(helplines_pick(lines, "alle", 0, out, 2), 2);
    assert_int_equal(helplines_pick(lines, "krise", 0, out, 8), 0); /* a part of a name is no class */
    assert_int_equal(helplines_pick(lines, "", 0, out, 8), 0);
}

static void names_fall_back_to_bokmal(void **state)
{
    (void)state;
    load(four);
    assert_string_equal(helplines_find(lines, "alltid")->name[LANGUAGE_EN], "Always");
    assert_string_equal(helplines_find(lines, "alltid")->name[LANGUAGE_NN], "A");
    assert_null(helplines_find(lines, "nothing"));
}

/* Words of the test's own: what staff write in replies/ is theirs. */
static const struct replies *words(void)
{
    static struct replies *replies;
    static const char *const languages[] = {"nb", "nn", "en"};
    static const char days[] = "mandag = mandag\ntirsdag = tirsdag\nonsdag = onsdag\ntorsdag = "
                               "torsdag\nfredag = fredag\nlordag = lørdag\nsondag = søndag\n";
    if (replies)
        return replies;
    unit_write("words/variables.ini", "");
    for (size_t i = 0; i < 3; i++) {
        char name[64], text[600];
        snprintf(name, sizeof name, "words/%s/hei.md", languages[i]);
        unit_write(name, "Hei");
        snprintf(name, sizeof name, "words/%s/ord.ini", languages[i]);
        snprintf(text, sizeof text,
                 "[tid]\nalltid = døgnåpen\napen_til = %s til kl. {{kl}}\napner_i_dag = i dag kl. "
                 "{{kl}}\napner_i_morgen = i morgen kl. {{kl}}\n"
                 "apner_dag = {{dag}} kl. {{kl}}\n%s",
                 i == 1 ? "open" : "åpen", days);
        unit_write(name, text);
    }
    replies = replies_load(unit_path("words"), &err);
    assert_no_fault(&err);
    return replies;
}

static void assert_hours(const char *id, enum language language, const char *when, const char *expected)
{
    struct buf out = BUF_INIT(200);
    helpline_hours(helplines_find(lines, id), words(), language, at(when), &out);
    if (strcmp(buf_str(&out), expected))
        fail_msg("%s at %s: \"%s\", not \"%s\"", id, when, buf_str(&out), expected);
    buf_free(&out);
}

static void hours_are_said_in_words(void **state)
{
    (void)state;
    load(four);
    assert_hours("alltid", LANGUAGE_NB, "2026-11-23T12:00:00Z", "døgnåpen");
    assert_hours("dag", LANGUAGE_NB, "2026-11-23T12:00:00Z", "åpen til kl. 15.30");
    assert_hours("dag", LANGUAGE_NB, "2026-11-23T06:00:00Z", "i dag kl. 9");
    assert_hours("dag", LANGUAGE_NB, "2026-11-23T18:00:00Z", "i morgen kl. 9");
    assert_hours("dag", LANGUAGE_NB, "2026-11-27T18:00:00Z", "i morgen kl. 10"); /* Friday evening */
    assert_hours("dag", LANGUAGE_NB, "2026-11-28T18:00:00Z", "mandag kl. 9");    /* Saturday evening */
    assert_hours("dag", LANGUAGE_NN, "2026-11-28T18:00:00Z", "mandag kl. 9");
    assert_hours("dag", LANGUAGE_NN, "2026-11-23T12:00:00Z", "open til kl. 15.30");
    assert_hours("natt", LANGUAGE_NB, "2026-11-23T03:00:00Z", "åpen til kl. 6");
}

static void once_a_week_is_named_by_its_day_also_a_week_ahead(void **state)
{
    (void)state;
    load("[a]\nnavn = A\nnummer = 113\ntid = ons 18:00-21:00\nklasser = alle\nbekreftet = 2026\n" WHO);
    assert_hours("a", LANGUAGE_NB, "2026-11-25T20:30:00Z", "onsdag kl. 18"); /* just closed */
    assert_hours("a", LANGUAGE_NB, "2026-11-25T16:00:00Z", "i dag kl. 18");
    assert_hours("a", LANGUAGE_NB, "2026-11-24T20:00:00Z", "i morgen kl. 18");
}

static void the_last_span_of_a_day_gives_way_to_a_later_one(void **state)
{
    (void)state;
    load("[a]\nnavn = A\nnummer = 113\ntid = man 18:00-21:00; man 09:00-12:00\nklasser = alle\nbekreftet = "
         "2026\n" WHO);
    assert_hours("a", LANGUAGE_NB, "2026-11-23T12:00:00Z", "i dag kl. 18");
    assert_hours("a", LANGUAGE_NB, "2026-11-23T05:00:00Z", "i dag kl. 9");
}

/* ---- the real file and the built-in texts ---- */

static const struct helpline *by_number(const char *number)
{
    for (size_t i = 0; i < helplines_count(lines); i++)
        if (strcmp(helplines_at(lines, i)->number, number) == 0)
            return helplines_at(lines, i);
    return NULL;
}

static void load_real(void)
{
    lines = helplines_load("replies/helplines.ini", &err);
    assert_no_fault(&err);
}

/* A number is two digits or more in a row, with single blanks inside, as in **116 123**. */
static void every_built_in_number_stands_in_the_file(void **state)
{
    (void)state;
    load_real();
    for (int which = 0; which < BUILTIN_COUNT; which++)
        for (int language = LANGUAGE_UNKNOWN; language <= LANGUAGE_EN; language++) {
            int numbers = 0;
            const char *text = builtin_text((enum builtin)which, (enum language)language);
            while ((text = strpbrk(text, "0123456789"))) {
                char number[32];
                size_t len = strspn(text, "0123456789 ");
                while (len && text[len - 1] == ' ')
                    len--;
                snprintf(number, sizeof number, "%.*s", (int)len, text);
                const struct helpline *line = by_number(number);
                if (!line)
                    fail_msg("the built-in number %s does not stand in replies/helplines.ini", number);
                assert_true(line->always); /* the built-in texts say: day and night */
                text += len;
                numbers++;
            }
            assert_true(numbers >= 2);
        }
}

static void the_five_numbers_stand_in_both(void **state)
{
    (void)state;
    static const char *const numbers[] = {"113", "112", "116 123", "116 006", "116 111"};
    load_real();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char bold[32];
        snprintf(bold, sizeof bold, "**%s**", numbers[i]);
        assert_non_null(by_number(numbers[i]));
        for (int language = LANGUAGE_NB; language <= LANGUAGE_EN; language++)
            assert_contains(builtin_text(BUILTIN_CRISIS, (enum language)language), bold);
    }
}

static void every_crisis_class_has_an_open_line_at_any_hour(void **state)
{
    (void)state;
    static const char *const classes[] = {"krise_selvmord", "krise_akutt", "krise_vold", "krise_barn",
                                          "alle"};
    const struct helpline *out[LINES_SHOWN];
    load_real();
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        for (int hour = 0; hour < 168; hour++) {
            int64_t now = at("2026-11-23T00:00:00Z") + hour * CLOCK_HOUR;
            size_t n = helplines_pick(lines, classes[i], now, out, LINES_SHOWN);
            assert_true(n >= 2);
            assert_true(helpline_open(out[0], now));
        }
}

static void every_real_line_is_shown_somewhere(void **state)
{
    (void)state;
    static const char *const classes[] = {"krise_selvmord", "krise_akutt", "krise_vold", "krise_barn",
                                          "alle",           "etterlatte",  "rus"};
    const struct helpline *out[HELPLINES_MOST];
    load_real();
    for (size_t i = 0; i < helplines_count(lines); i++) {
        bool shown = false;
        for (size_t c = 0; c < sizeof classes / sizeof *classes; c++)
            for (size_t n = helplines_pick(lines, classes[c], 0, out, HELPLINES_MOST); n > 0; n--)
                shown = shown || out[n - 1] == helplines_at(lines, i);
        if (!shown)
            fail_msg("[%s] belongs to no class that is ever asked for", helplines_at(lines, i)->id);
    }
}

static void crisis_words_of_the_worst_day(void **state)
{
    (void)state;
    static const char *const yes[] = {"Jeg VIL DØ",
                                      "eg vil ikkje leve",
                                      "æ vil dø",
                                      "I want to die",
                                      "han slår meg",
                                      "tok en overdose",
                                      "jeg orker ikke mer, vil bare dø",
                                      "vil\u00A0dø",
                                      "hun puster ikke!"};
    static const char *const no[] = {"Hei", "Hva koster det?", "Jeg bor i Oslo",
                                     "",    "dør i kjelleren", "hvor dør"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!builtin_is_crisis(yes[i], strlen(yes[i])))
            fail_msg("missed: %s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (builtin_is_crisis(no[i], strlen(no[i])))
            fail_msg("false alarm: %s", no[i]);
}

static void the_offline_answer_is_in_the_language_written(void **state)
{
    (void)state;
    bool urgent = true;
    assert_string_equal(builtin_offline("Kva kostar det?", 15, "nb", &urgent),
                        builtin_text(BUILTIN_OFFLINE, LANGUAGE_NN));
    assert_false(urgent);
    assert_string_equal(builtin_offline("Horten", 6, "en-GB", &urgent),
                        builtin_text(BUILTIN_OFFLINE, LANGUAGE_EN));
    assert_string_equal(builtin_offline("Horten", 6, NULL, &urgent),
                        builtin_text(BUILTIN_OFFLINE, LANGUAGE_NB));
    assert_string_equal(builtin_offline("i want to die", 13, NULL, &urgent),
                        builtin_text(BUILTIN_CRISIS, LANGUAGE_EN));
    assert_true(urgent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(hours_of_every_written_form_are_read),
        TEST(bad_hours_are_refused),
        TEST(a_line_lacking_something_is_refused_with_its_line),
        TEST(a_number_is_digits_that_can_be_rung),
        TEST(the_date_confirmed_is_a_date),
        TEST(an_order_that_would_hide_a_line_is_refused),
        TEST(text_that_is_not_utf8_is_refused),
        TEST(a_line_is_open_by_the_clock_of_oslo),
        TEST(midnight_belongs_to_the_new_day),
        TEST(open_ones_come_first_then_their_order),
        TEST(only_lines_of_the_class_and_no_more_than_asked_for),
        TEST(names_fall_back_to_bokmal),
        TEST(hours_are_said_in_words),
        TEST(once_a_week_is_named_by_its_day_also_a_week_ahead),
        TEST(the_last_span_of_a_day_gives_way_to_a_later_one),
        TEST(every_built_in_number_stands_in_the_file),
        TEST(the_five_numbers_stand_in_both),
        TEST(every_crisis_class_has_an_open_line_at_any_hour),
        TEST(every_real_line_is_shown_somewhere),
        TEST(crisis_words_of_the_worst_day),
        TEST(the_offline_answer_is_in_the_language_written),
    };
    return cmocka_run_group_tests_name("helplines", tests, NULL, NULL);
}
