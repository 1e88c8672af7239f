/* What coordinators type: commands, the sentences that are none, dates, and one-time codes. */
#include "unit.h"

#include "base/clock.h"
#include "talk/command.h"
#include "talk/desk.h"

static struct arena arena;

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static char good_ref[REF_SIZE]; /* a reference that checks */

static int start(void **state)
{
    (void)state;
    ref_write(12345, good_ref);
    return 0;
}

/* ---- commands ---- */

static void assert_command(const char *text, enum verb verb, const char *ref, const char *rest)
{
    struct command c = command_read(text, &arena);
    if (c.verb != verb || strcmp(c.ref ? c.ref : "", ref ? ref : "") != 0 || strcmp(c.rest, rest) != 0)
        fail_msg("\"%s\" is verb %d, reference \"%s\", rest \"%s\"", text, (int)c.verb, c.ref ? c.ref : "",
                 c.rest);
}

static void assert_none(const char *text)
{
    struct command c = command_read(text, &arena);
    if (c.verb != VERB_NONE)
        fail_msg("\"%s\" was taken as verb %d", text, (int)c.verb);
    assert_null(c.ref);
}

struct form {
    const char *text;
    enum verb verb;
};

/* Words that stand alone. */
static const struct form alone[] = {
    {"ny", VERB_LIST},          {"nye", VERB_LIST},         {"liste", VERB_LIST},
    {"lista", VERB_LIST},       {"listen", VERB_LIST},      {"stemmer", VERB_RIGHT},
    {"hjelp", VERB_HELP},       {"koble fra", VERB_UNBIND}, {"kople frå", VERB_UNBIND},
    {"kople fra", VERB_UNBIND}, {"koble frå", VERB_UNBIND},
};

/* Words that a reference follows. */
static const struct form with_ref[] = {
    {"ta", VERB_TAKE},          {"tar", VERB_TAKE},    {"svar", VERB_ANSWER}, {"send videre", VERB_PASS},
    {"send vidare", VERB_PASS}, {"videre", VERB_PASS}, {"vidare", VERB_PASS}, {"ferdig", VERB_CLOSE},
};

static void each_word_that_stands_alone_is_a_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        char text[64];
        assert_command(alone[i].text, alone[i].verb, NULL, "");
        snprintf(text, sizeof text, "/%s", alone[i].text);
        assert_command(text, alone[i].verb, NULL, "");
        snprintf(text, sizeof text, "  %s. ", alone[i].text);
        assert_command(text, alone[i].verb, NULL, "");
    }
}

static void each_word_takes_a_reference(void **state)
{
    (void)state;
    static const char *const around[][3] = {
        {"", " ", ""}, {"/", " ", ""}, {" ", "  ", " "}, {"", ": ", "."}, {"", ", ", ""}};
    for (size_t i = 0; i < sizeof with_ref / sizeof *with_ref; i++)
        for (size_t k = 0; k < sizeof around / sizeof *around; k++) {
            char text[64];
            snprintf(text, sizeof text, "%s%s%s%s%s", around[k][0], with_ref[i].text, around[k][1], good_ref,
                     around[k][2]);
            assert_command(text, with_ref[i].verb, good_ref, "");
        }
}

/* Only a to z. */
static const char *in_capitals(const char *text)
{
    static char capitals[64];
    size_t n = 0;
    for (; *text && n + 1 < sizeof capitals; text++)
        capitals[n++] = *text >= 'a' && *text <= 'z' ? (char)(*text - 0x20) : *text;
    capitals[n] = '\0';
    return capitals;
}

static void capitals_are_fine(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        assert_command(in_capitals(alone[i].text), alone[i].verb, NULL, "");
    for (size_t i = 0; i < sizeof with_ref / sizeof *with_ref; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s %s", in_capitals(with_ref[i].text), good_ref);
        assert_command(text, with_ref[i].verb, good_ref, "");
    }
    assert_command("PAUSE TIL 15.12", VERB_PAUSE, NULL, "TIL 15.12");
}

static void the_capital_of_a_ring_is_a_ring(void **state)
{
    (void)state;
    assert_command("KOPLE FRÅ", VERB_UNBIND, NULL, "");
}

static void a_reference_is_kept_as_it_was_typed(void **state)
{
    (void)state;
    static const char *const refs[] = {"K7PXM", "k7pxm", "K7PX34", "34679", "KMNPR", "B7OI1", "q2q2q"};
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
        char text[64];
        snprintf(text, sizeof text, "ta %s", refs[i]);
        assert_command(text, VERB_TAKE, refs[i], "");
    }
}

/* In small letters without a figure it looks like a word; only a reference that checks is one. */
static void small_letters_are_a_reference_when_they_check(void **state)
{
    (void)state;
    int found = 0;
    for (int64_t id = 1; id < 20000 && found < 50; id++) {
        char ref[REF_SIZE], text[64], wrong;
        ref_write(id, ref);
        if (strpbrk(ref, "34679"))
            continue;
        found++;
        for (size_t i = 0; ref[i]; i++)
            ref[i] = (char)(ref[i] + 0x20);
        snprintf(text, sizeof text, "ta %s", ref);
        assert_command(text, VERB_TAKE, ref, "");
        wrong = ref[0] == 'x' ? 'w' : 'x';
        snprintf(text, sizeof text, "ta %c%s", wrong, ref + 1);
        assert_none(text);
    }
    assert_int_equal(found, 50);
}

static void an_answer_keeps_its_text(void **state)
{
    (void)state;
    assert_command("svar K7PXM Hei, kom på onsdag!", VERB_ANSWER, "K7PXM", "Hei, kom på onsdag!");
    assert_command("svar k7pxm: hei", VERB_ANSWER, "k7pxm", "hei");
    assert_command("Svar Hei på deg", VERB_ANSWER, NULL, "Hei på deg");
    assert_command("svar", VERB_ANSWER, NULL, "");
    assert_command("svar hallo i dag", VERB_ANSWER, NULL, "hallo i dag"); /* five letters, no reference */
    assert_command("svar K7PXM ta K7PXM", VERB_ANSWER, "K7PXM", "ta K7PXM");
    assert_command("svar K7PXMÅ hei", VERB_ANSWER, NULL, "K7PXMÅ hei");
    assert_command("svar K7PXMKK hei", VERB_ANSWER, NULL, "K7PXMKK hei");
}

static void with_a_good_reference_a_word_behind_it_does_no_harm(void **state)
{
    (void)state;
    char text[64];
    snprintf(text, sizeof text, "ta %s, takk", good_ref);
    assert_command(text, VERB_TAKE, good_ref, "takk");
    snprintf(text, sizeof text, "send videre %s nå", good_ref);
    assert_command(text, VERB_PASS, good_ref, "nå");
}

static void closing_may_say_how(void **state)
{
    (void)state;
    assert_command("ferdig", VERB_CLOSE, NULL, "");
    assert_command("ferdig K7PXM", VERB_CLOSE, "K7PXM", "");
    assert_command("ferdig K7PXM blitt med", VERB_CLOSE, "K7PXM", "blitt med");
}

static void pause_and_edit_keep_what_stands_behind(void **state)
{
    (void)state;
    assert_command("pause til 15. desember", VERB_PAUSE, NULL, "til 15. desember");
    assert_command("pause slutt", VERB_PAUSE, NULL, "slutt");
    assert_command("pause", VERB_PAUSE, NULL, "");
    assert_command("pause 15122", VERB_PAUSE, NULL, "15122"); /* a date perhaps, no reference */
    assert_command("endre Telefonen er 12 34 56 78", VERB_EDIT, NULL, "Telefonen er 12 34 56 78");
    assert_command("endre 12345 er feil", VERB_EDIT, NULL, "12345 er feil");
    assert_command("endre", VERB_EDIT, NULL, "");
}

static const char *const ordinary[] = {
    "",
    " ",
    "/",
    "K7PXM",
    "hei",
    "ta kontakt med meg",
    "ta det med ro",
    "ta bussen",
    "ta toget",
    "tar du imot?",
    "ta K7PXM nå",
    "tak K7PXM",
    "taK7PXM",
    "det tar tid",
    "ny i byen",
    "ny her",
    "nye folk",
    "nytt",
    "en ny",
    "liste over grupper",
    "listen er lang",
    "det stemmer",
    "stemmer det?",
    "stemmer ikke",
    "stemmeriktig",
    "send videre hilsen",
    "send",
    "send K7PXM",
    "sender videre K7PXM",
    "videre",
    "videre i livet",
    "ferdig med skolen",
    "ferdigmat",
    "er du ferdig?",
    "fersk",
    "hjelp meg",
    "hjelp K7PXM",
    "hjelpe",
    "trenger hjelp",
    "selvhjelp",
    "liste K7PXM",
    "koble fra alt",
    "koble av",
    "koble",
    "koblet fra",
    "fra",
    "koble K7PX-MN34-679C",
    "svart hull",
    "jeg svarer",
    "besvar",
    "pausen",
    "en pause",
    "endrer",
    "vil endre",
};

static void ordinary_sentences_are_no_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++)
        assert_none(ordinary[i]);
}

/* Telephones add a full stop or an exclamation mark, and some apps a line end. */
static void what_ends_a_sentence_or_a_line_does_not_matter(void **state)
{
    (void)state;
    static const char *const ends[] = {".", "!", "\n", "\r\n", " !", " \n"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[64];
        snprintf(text, sizeof text, "stemmer%s", ends[i]);
        assert_command(text, VERB_RIGHT, NULL, "");
        snprintf(text, sizeof text, "ta K7PXM%s", ends[i]);
        assert_command(text, VERB_TAKE, "K7PXM", "");
    }
}

static void anything_can_be_read_without_harm(void **state)
{
    (void)state;
    enum { MANY = 10000 };
    static const char *const begins[] = {"", "ta ", "svar K7PXM ", "koble", "/", "ferdig ", "send videre "};
    char *text = malloc(MANY + 32);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        for (int c = 1; c < 256; c++) {
            int n = snprintf(text, 32, "%s", begins[i]);
            memset(text + n, c, MANY);
            text[n + MANY] = '\0';
            struct command command = command_read(text, &arena);
            assert_true(command.rest >= text && command.rest <= text + n + MANY);
            assert_true(!command.ref || strlen(command.ref) <= 6);
            arena_reset(&arena);
        }
    free(text);
}

/* ---- dates ---- */

static int64_t at(const char *text)
{
    int64_t ms = -1;
    assert_int_equal(clock_parse(text, &ms), 0);
    return ms;
}

/* The day that was understood, as `2026-12-15`; "none" when there is none. It always begins at midnight. */
static void assert_date(const char *text, const char *now, const char *expected)
{
    char day[32] = "none";
    int64_t ms = command_date(text, at(now));
    if (ms) {
        struct civil c = clock_oslo(ms);
        assert_true(c.hour == 0 && c.minute == 0 && c.second == 0 && ms % 1000 == 0);
        snprintf(day, sizeof day, "%04d-%02d-%02d", c.year, c.month, c.day);
    }
    if (strcmp(day, expected) != 0)
        fail_msg("\"%s\" at %s is %s, not %s", text, now, day, expected);
}

static const char november[] = "2026-11-22T11:00:00Z";

static void every_way_to_write_a_day_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "15.12",        "15.12.",       "15. 12.",           "15.12.2026",
        "15.12.26",     "15. desember", "15 desember",       "15. des",
        "15 des.",      "15.desember",  "15. desember 2026", "15. desember, 2026",
        "15. DESEMBER", "2026-12-15",   " 15.12 ",           "15 12",
        "15/12"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];
        assert_date(texts[i], november, "2026-12-15");
        snprintf(text, sizeof text, "til %s", texts[i]);
        assert_date(text, november, "2026-12-15");
        snprintf(text, sizeof text, "Til: %s", texts[i]);
        assert_date(text, november, "2026-12-15");
    }
}

static void every_month_is_known(void **state)
{
    (void)state;
    static const char *const months[] = {"januar", "februar", "mars",      "april",   "mai",      "juni",
                                         "juli",   "august",  "september", "oktober", "november", "desember"};
    for (int month = 1; month <= 12; month++) {
        char text[32], expected[32];
        snprintf(text, sizeof text, "7. %s", months[month - 1]);
        snprintf(expected, sizeof expected, "%d-%02d-07", month == 12 ? 2026 : 2027, month);
        assert_date(text, november, expected);
        snprintf(text, sizeof text, "7.%d", month);
        assert_date(text, november, expected);
    }
}

static void without_a_year_it_is_the_next_one_to_come(void **state)
{
    (void)state;
    assert_date("23.11", november, "2026-11-23");
    assert_date("22.11", november, "2027-11-22"); /* today has begun */
    assert_date("21.11", november, "2027-11-21");
    assert_date("1.1", "2026-12-31T22:59:59Z", "2027-01-01"); /* a second before it */
    assert_date("1.1", "2026-12-31T23:00:00Z", "2028-01-01"); /* it has begun in Oslo */
    assert_date("31.12", "2026-12-31T12:00:00Z", "2027-12-31");
    assert_date("2. januar", "2026-12-31T12:00:00Z", "2027-01-02");
}

/* The days on which clocks change have a midnight like all others. */
static void days_begin_at_midnight_also_when_clocks_change(void **state)
{
    (void)state;
    assert_int_equal(command_date("25.10", at("2026-10-01T11:00:00Z")), at("2026-10-24T22:00:00Z"));
    assert_int_equal(command_date("26.10", at("2026-10-01T11:00:00Z")), at("2026-10-25T23:00:00Z"));
    assert_int_equal(command_date("28.3", at("2027-03-01T11:00:00Z")), at("2027-03-27T23:00:00Z"));
    assert_int_equal(command_date("29.3", at("2027-03-01T11:00:00Z")), at("2027-03-28T22:00:00Z"));
}

static void february_29_is_a_day_in_leap_years_only(void **state)
{
    (void)state;
    assert_date("29.2", "2028-01-10T11:00:00Z", "2028-02-29");
    assert_date("29. februar 2028", "2027-06-01T11:00:00Z", "2028-02-29");
    assert_date("29.2", "2027-06-01T11:00:00Z", "2028-02-29"); /* the next one to come */
    assert_date("29.2", november, "none");
    assert_date("29.2.2027", november, "none");
    assert_date("2027-02-29", november, "none");
    assert_date("30.2", "2028-01-10T11:00:00Z", "none");
}

static void days_that_no_month_has_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"31.11",      "31. november", "2026-11-31", "31.4",       "31. juni",
                                        "32.1",       "0.12",         "15.0",       "15.13",      "15.99",
                                        "2026-13-01", "2026-00-10",   "2026-12-00", "2026-12-32", "99.12"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_date(texts[i], november, "none");
}

static void the_past_and_more_than_a_year_are_none(void **state)
{
    (void)state;
    assert_date("15.12.2025", november, "none");
    assert_date("22.11.2026", november, "none"); /* today */
    assert_date("2026-11-21", november, "none");
    assert_date("23.11.2026", november, "2026-11-23");
    assert_date("22.11.2027", november, "2027-11-22");
    assert_date("24.11.2027", november, "none");
    assert_date("1. januar 2028", november, "none");
    assert_date("15.12.2126", november, "none");
}

static void what_is_no_date_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "til",
                                        "slutt",
                                        "av",
                                        "i morgen",
                                        "torsdag",
                                        "til jul",
                                        "desember",
                                        "15",
                                        "15.",
                                        "til 15",
                                        "15. i måneden",
                                        "15. dag",
                                        "-15.12",
                                        "15.-12",
                                        "2026",
                                        "2026-12",
                                        "2026-12-",
                                        "2026/12/15",
                                        "20261215",
                                        "2026-desember-15",
                                        "den gang",
                                        "1.x",
                                        "..12",
                                        "15\n",
                                        "15😢",
                                        "%d.%d"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_date(texts[i], november, "none");
}

/* A month is a whole word: else who is away over Christmas would be on pause till July. */
static void a_holiday_is_no_month(void **state)
{
    (void)state;
    assert_date("2. juledag", november, "none");
    assert_date("til 1. juledag", november, "none");
    assert_date("2. marsipan", november, "none");
}

/* Figures without end must not run over into a day that nobody has written. */
static void hostile_figures_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"15.4294967308",
                                        "15.12.4294969322",
                                        "15.12.2147483647",
                                        "15.1.2147483648",
                                        "15.12.999999999",
                                        "15.12.9223372036854775807",
                                        "4294967311.12",
                                        "18446744073709551631.12",
                                        "9223372036854775807-12-15",
                                        "15.99999999999999999999999999",
                                        "15.12.99999999999999999999999999",
                                        "15.-4294967284"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_date(texts[i], november, "none");
}

static void noise_is_none_or_a_day_within_a_year(void **state)
{
    (void)state;
    static const char letters[] = "0011223456789..  --desmarjuløtil\n";
    int64_t now = at(november);
    for (int round = 0; round < 300000; round++) {
        char text[14];
        size_t len = unit_random(sizeof text);
        for (size_t i = 0; i < len; i++)
            text[i] = letters[unit_random(sizeof letters - 1)];
        text[len] = '\0';
        int64_t ms = command_date(text, now);
        assert_true(ms == 0 || (ms > now && ms <= now + 366 * CLOCK_DAY && clock_oslo(ms).hour == 0));
    }
}

/* ---- one-time codes ---- */

static void assert_code(const char *text, const char *expected)
{
    size_t len = strlen(text);
    char *exact = malloc(len ? len : 1); /* no NUL behind it: the length counts */
    assert_non_null(exact);
    memcpy(exact, text, len);
    const char *code = desk_code_in(exact, len, &arena);
    free(exact);
    if (strcmp(code ? code : "none", expected) != 0)
        fail_msg("\"%s\" has the code %s, not %s", text, code ? code : "none", expected);
}

static void a_code_is_found_however_it_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "koble K7PX-MN34-679C",   "Koble k7px-mn34-679c",     "KOBLE K7PXMN34679C",
        "kople K7PX MN34 679C",   "/koble K7PX-MN34-679C",    "/kople K7PX-MN34-679C",
        "koble: K7PX-MN34-679C",  "  koble K7PX-MN34-679C  ", "koble K7PX-MN34-679C.",
        "koble K7PX-MN34-679C\n", "koble K7PX - MN34 - 679C"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_code(texts[i], "K7PXMN34679C");
}

/* A wrong one is looked up as well, and counted: it must not pass as an ordinary message. */
static void a_wrong_code_is_a_code_too(void **state)
{
    (void)state;
    assert_code("koble K7PX-MN34-679O", "K7PXMN34679O");
    assert_code("koble K7PX-MN34-679", "K7PXMN34679");
    assert_code("koble K7PXMN34", "K7PXMN34");
}

static void other_messages_have_no_code(void **state)
{
    (void)state;
    char long_one[1000] = "koble ";
    memset(long_one + 6, 'K', sizeof long_one - 7);
    assert_code(long_one, "none");
    static const char *const texts[] = {"",
                                        "koble",
                                        "koble ",
                                        "koble av",
                                        "koble fra",
                                        "kople frå",
                                        "koble K7PXMN3",
                                        "K7PX-MN34-679C",
                                        "koblet K7PX-MN34-679C",
                                        "kobleK7PX-MN34-679C",
                                        "ta K7PX-MN34-679C",
                                        "jeg vil koble K7PX-MN34-679C",
                                        "//koble K7PX-MN34-679C",
                                        "koble K7PX-MN34-679C-XXXX-XXXX-XXXX-X",
                                        "koble K7PX_MN34_679C",
                                        "koble K7PX-MN34-679Å",
                                        "koble K7PX/MN34/679C",
                                        "koble 😢😢😢😢"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_code(texts[i], "none");
}

/* Who wants to be put in touch with a group is no coordinator with a wrong code. */
static void sentences_that_begin_with_koble_have_no_code(void **state)
{
    (void)state;
    static const char *const texts[] = {"Koble meg til en gruppe", "koble av i helgen", "koble fra familien",
                                        "kople meg til nokon", "koble meg til noen HER"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_code(texts[i], "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(each_word_that_stands_alone_is_a_command),
        TEST(each_word_takes_a_reference),
        TEST(capitals_are_fine),
        TEST(the_capital_of_a_ring_is_a_ring),
        TEST(a_reference_is_kept_as_it_was_typed),
        TEST(small_letters_are_a_reference_when_they_check),
        TEST(an_answer_keeps_its_text),
        TEST(with_a_good_reference_a_word_behind_it_does_no_harm),
        TEST(closing_may_say_how),
        TEST(pause_and_edit_keep_what_stands_behind),
        TEST(ordinary_sentences_are_no_commands),
        TEST(what_ends_a_sentence_or_a_line_does_not_matter),
        TEST(anything_can_be_read_without_harm),
        TEST(every_way_to_write_a_day_is_read),
        TEST(every_month_is_known),
        TEST(without_a_year_it_is_the_next_one_to_come),
        TEST(days_begin_at_midnight_also_when_clocks_change),
        TEST(february_29_is_a_day_in_leap_years_only),
        TEST(days_that_no_month_has_are_none),
        TEST(the_past_and_more_than_a_year_are_none),
        TEST(what_is_no_date_is_none),
        TEST(a_holiday_is_no_month),
        TEST(hostile_figures_are_none),
        TEST(noise_is_none_or_a_day_within_a_year),
        TEST(a_code_is_found_however_it_is_written),
        TEST(a_wrong_code_is_a_code_too),
        TEST(other_messages_have_no_code),
        TEST(sentences_that_begin_with_koble_have_no_code),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
