/* Which language a person writes. */
#include "unit.h"

#include "base/file.h"
#include "text/language.h"

static struct arena arena;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static enum language of(const char *message)
{
    struct text text = text_normalise(message, strlen(message), NULL, &arena);
    return language_of(&text, NULL);
}

static void assert_language(const char *message, enum language language)
{
    if (of(message) != language)
        fail_msg("\"%s\" is taken for %s", message, language_code(of(message)));
}

static void the_words_tell(void **state)
{
    (void)state;
    assert_language("Hva koster det å være med?", LANGUAGE_NB);
    assert_language("Jeg vil ikke leve lenger", LANGUAGE_NB);
    assert_language("Kva kostar det å vere med?", LANGUAGE_NN);
    assert_language("kva kosta det", LANGUAGE_NN);
    assert_language("Eg bur i Volda og treng nokon å snakke med", LANGUAGE_NN);
    assert_language("How much does it cost?", LANGUAGE_EN);
    assert_language("i want to join a group", LANGUAGE_EN);
}

static int lead_of(const char *message)
{
    int lead = -100;
    struct text text = text_normalise(message, strlen(message), NULL, &arena);
    language_of(&text, &lead);
    return lead;
}

static void the_lead_grows_with_what_tells(void **state)
{
    (void)state;
    assert_true(lead_of("how much does it cost for me") > lead_of("how much koster det"));
    assert_true(lead_of("eg bur ikkje her") > lead_of("eg bor ikke her"));
    assert_true(lead_of("Horten") <= 0);
}

static void dialect_counts_as_bokmal(void **state)
{
    (void)state;
    assert_language("æ bor i Tromsø og vil møte andre", LANGUAGE_NB);
    assert_language("åssen blir jæ med", LANGUAGE_NB);
    assert_language("koffor det?", LANGUAGE_NB);
    assert_language("ka koste det for mæ", LANGUAGE_NB);
}

static void what_tells_nothing_is_unknown(void **state)
{
    (void)state;
    static const char *const messages[] = {"",     "Lillehammer", "3187", "Oslo",
                                           "Time", "👍",           "?",    "Dzień dobry"};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        assert_language(messages[i], LANGUAGE_UNKNOWN);
}

static void one_english_word_does_not_make_norwegian_english(void **state)
{
    (void)state;
    assert_language("jeg er helt lost and alone altså, hva gjør jeg", LANGUAGE_NB);
    assert_language("Eg er heilt down for tida", LANGUAGE_NN);
}

static void codes_of_networks_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum language language;
    } cases[] = {
        {"nb", LANGUAGE_NB},       {"no", LANGUAGE_NB},           {"nn", LANGUAGE_NN},
        {"en", LANGUAGE_EN},       {"nn-NO", LANGUAGE_NN},        {"nb_NO", LANGUAGE_NB},
        {"en-GB", LANGUAGE_EN},    {"en_GB", LANGUAGE_EN},        {"uk", LANGUAGE_UNKNOWN},
        {"", LANGUAGE_UNKNOWN},    {"n", LANGUAGE_UNKNOWN},       {"nob", LANGUAGE_UNKNOWN},
        {"eng", LANGUAGE_UNKNOWN}, {"english", LANGUAGE_UNKNOWN}, {"de", LANGUAGE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (language_from_code(cases[i].code) != cases[i].language)
            fail_msg("code %s", cases[i].code);
    assert_int_equal(language_from_code(NULL), LANGUAGE_UNKNOWN);
}

static void codes_go_round(void **state)
{
    (void)state;
    assert_string_equal(language_code(LANGUAGE_UNKNOWN), "");
    for (int language = LANGUAGE_NB; language <= LANGUAGE_EN; language++)
        assert_int_equal(language_from_code(language_code((enum language)language)), language);
}

/* The table in language.c is searched by halving: a word out of place is never found. */
static void the_table_of_words_is_sorted(void **state)
{
    (void)state;
    struct err err = {.count = 0};
    struct buf source = BUF_INIT(100000);
    char last[64] = "";
    int count = 0;
    assert_int_equal(file_read("bot/text/language.c", &source, &err), 0);
    const char *at = strstr(buf_str(&source), "hints[] = {");
    assert_non_null(at);
    for (const char *end = strstr(at, "\n};"); (at = strstr(at, "{\"")) && at < end; count++) {
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at + 2, "\""), at + 2);
        if (strcmp(last, word) >= 0)
            fail_msg("\"%s\" stands behind \"%s\"", word, last);
        snprintf(last, sizeof last, "%s", word);
        at += 2;
    }
    assert_true(count > 100);
    buf_free(&source);
}

static void a_long_message_is_bounded_work(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(40000);
    while (text.len < 32000)
        buf_add_str(&text, "ord ");
    assert_int_equal(of(buf_str(&text)), LANGUAGE_UNKNOWN);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_words_tell, clean),
        cmocka_unit_test_teardown(the_lead_grows_with_what_tells, clean),
        cmocka_unit_test_teardown(dialect_counts_as_bokmal, clean),
        cmocka_unit_test_teardown(what_tells_nothing_is_unknown, clean),
        cmocka_unit_test_teardown(one_english_word_does_not_make_norwegian_english, clean),
        cmocka_unit_test_teardown(codes_of_networks_are_read, clean),
        cmocka_unit_test_teardown(codes_go_round, clean),
        cmocka_unit_test_teardown(the_table_of_words_is_sorted, clean),
        cmocka_unit_test_teardown(a_long_message_is_bounded_work, clean),
    };
    return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
