/* Reply texts: what a set must have, what is refused, how it renders. */
#include "unit.h"

#include "text/replies.h"
#include "wire/markup.h"

static struct err err;
static struct replies *replies;
static char folder[32];

static void put(const char *file, const char *text)
{
    char name[200];
    snprintf(name, sizeof name, "%s/%s", folder, file);
    unit_write(name, text);
}

static void put_all(const char *key, const char *text)
{
    static const char *const languages[] = {"nb", "nn", "en"};
    for (size_t i = 0; i < 3; i++) {
        char name[100];
        snprintf(name, sizeof name, "%s/%s.md", languages[i], key);
        put(name, text);
    }
}

/* A small set that is right. */
static int start(void **state)
{
    static int number;
    (void)state;
    err_clear(&err);
    replies = NULL;
    snprintf(folder, sizeof folder, "r%d", number++);
    put("variables.ini", "[svar]\nsted = Horten\negen? = ja\ntreff[].navn = LINK\ntreff[].ny? = ja\n");
    put_all("svar", "Du bor i {{sted}}.\n{{#egen?}}\nEgen.\n{{/egen?}}\n{{#treff}}\n- {{navn}}{{#ny?}} "
                    "(ny){{/ny?}}\n{{/treff}}\n");
    put_all("hei", "Hei på deg!\n\n");
    put("nb/ord.ini", "[valg]\nja = Ja\n[tid]\nmandag = mandag\n");
    put("nn/ord.ini", "[valg]\nja = Ja, takk\n");
    put("en/ord.ini", "[valg]\nja = Yes\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    replies_free(replies);
    return 0;
}

static void load(void)
{
    replies = replies_load(unit_path(folder), &err);
    assert_no_fault(&err);
    assert_non_null(replies);
}

static void assert_refused(const char *part)
{
    err_clear(&err);
    if (replies_load(unit_path(folder), &err))
        fail_msg("accepted; expected: %s", part);
    assert_says(&err, part);
}

static void an_unknown_variable_is_refused_with_file_and_line(void **state)
{
    (void)state;
    put("nn/svar.md", "Hei\n\nDu bur i {{stad}}.\n");
    assert_refused("nn/svar.md:3: unknown variable {{stad}}; declare it in variables.ini under [svar]");
    put("nn/svar.md", "Hei {{navn}}");
    assert_refused("nn/svar.md:1: unknown variable {{navn}}"); /* a member outside its list */
    put("nn/svar.md", "Hei");
    put("en/hei.md", "{{sted}}");
    assert_refused("en/hei.md:1: unknown variable {{sted}}"); /* another key's variable */
}

static void a_variable_used_as_what_it_is_not_is_refused(void **state)
{
    (void)state;
    put("nb/svar.md", "a\n{{egen}}");
    assert_refused("nb/svar.md:2: {{egen}} is no text");
    put("nb/svar.md", "{{treff}}");
    assert_refused("nb/svar.md:1: {{treff}} is no text");
}

static void a_broken_template_is_refused_with_file_and_line(void **state)
{
    (void)state;
    put("nb/svar.md", "a\n\n{{#egen?}}\nb");
    assert_refused("nb/svar.md:3: ");
}

static void a_key_must_stand_in_every_language(void **state)
{
    (void)state;
    put("nb/ny.md", "Bare på bokmål");
    assert_refused("nn/ny.md is missing");
    assert_says(&err, "en/ny.md is missing");
}

static void a_declared_key_must_have_a_text(void **state)
{
    (void)state;
    put("variables.ini",
        "[svar]\nsted = x\negen? = ja\ntreff[].navn = x\ntreff[].ny? = ja\n[borte]\na = b\n");
    assert_refused("borte");
}

static void a_missing_language_folder_is_refused(void **state)
{
    (void)state;
    char name[100], away[100];
    snprintf(name, sizeof name, "%s/en", folder);
    snprintf(away, sizeof away, "%s/away", folder);
    assert_int_equal(rename(unit_path(name), unit_path(away)), 0);
    assert_refused("/en: the folder cannot be opened");
}

static void an_empty_text_is_refused(void **state)
{
    (void)state;
    put("nn/hei.md", " \n\n");
    assert_refused("nn/hei.md:1: the text is empty");
}

static void a_text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    put("nn/hei.md", "G\xE5 tur");
    assert_refused("nn/hei.md: is not UTF-8");
}

static void a_text_that_renders_too_long_is_refused(void **state)
{
    (void)state;
    char text[12100];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put("en/hei.md", text);
    assert_refused("en/hei.md: with its example values the text is empty or longer than 12000 bytes");
    text[12000] = '\0';
    put("en/hei.md", text);
    err_clear(&err);
    load();
}

static void a_text_that_can_render_empty_is_refused(void **state)
{
    (void)state;
    put("en/svar.md", "{{#egen?}}x{{/egen?}}");
    assert_refused("en/svar.md: with its example values the text is empty");
}

static void variables_declared_twice_are_refused(void **state)
{
    (void)state;
    put("variables.ini", "[svar]\nsted = a\n\nsted = b\negen? = ja\ntreff[].navn = x\ntreff[].ny? = ja\n");
    assert_refused("variables.ini:4: sted is declared twice");
}

static void words_are_short_texts(void **state)
{
    (void)state;
    put("nb/ord.ini", "[valg]\nja =\n");
    assert_refused("nb/ord.ini:2: ja must be a text of 1 to 40 bytes");
    put("nb/ord.ini", "[valg]\n\nja = 12345678901234567890123456789012345678901\n");
    assert_refused("nb/ord.ini:3: ");
    put("nb/ord.ini", "[valg]\nja = J\xE5\n");
    assert_refused("nb/ord.ini:2: ");
}

static void all_faults_come_together(void **state)
{
    (void)state;
    put("nb/svar.md", "{{a}}{{b}}");
    put("nn/svar.md", "{{c}}");
    assert_refused("{{a}}");
    assert_says(&err, "{{b}}");
    assert_says(&err, "{{c}}");
    assert_int_equal(err.count, 3);
}

/* ---- rendering ---- */

static void assert_renders(enum language language, const char *key, const struct scope *scope,
                           const char *expected)
{
    struct buf out = BUF_INIT(1000);
    assert_int_equal(replies_render(replies, language, key, scope, &out), 0);
    assert_string_equal(buf_str(&out), expected);
    buf_free(&out);
}

static void a_text_is_rendered_with_its_values(void **state)
{
    (void)state;
    load();
    struct value members[] = {{.name = "navn", .kind = VALUE_TEXT, .text = "A_B"}};
    struct value more[] = {{.name = "navn", .kind = VALUE_TEXT, .text = "C"},
                           {.name = "ny", .kind = VALUE_TRUTH, .truth = true, .text = ""}};
    struct scope items[] = {{members, 1}, {more, 2}};
    struct value values[] = {{.name = "treff", .kind = VALUE_LIST, .text = "", .items = items, .count = 2},
                             {.name = "sted", .kind = VALUE_TEXT, .text = "*Bø*"}};
    assert_renders(LANGUAGE_NB, "svar", &(struct scope){values, 2},
                   "Du bor i \\*Bø\\*.\n- A\\_B\n- C (ny)\n");
}

static void a_declared_value_that_is_not_given_counts_as_empty(void **state)
{
    (void)state;
    load();
    assert_renders(LANGUAGE_NB, "svar", NULL, "Du bor i .\n");
    assert_renders(LANGUAGE_NB, "svar", &(struct scope){NULL, 0}, "Du bor i .\n");
}

static void a_value_of_the_wrong_kind_counts_as_empty(void **state)
{
    (void)state;
    load();
    struct value values[] = {{.name = "sted", .kind = VALUE_TRUTH, .text = "", .truth = true},
                             {.name = "egen", .kind = VALUE_TEXT, .text = "x"}};
    assert_renders(LANGUAGE_NB, "svar", &(struct scope){values, 2}, "Du bor i .\n");
}

static void an_unknown_language_gets_bokmal(void **state)
{
    (void)state;
    put("nb/hei.md", "Hei!");
    put("nn/hei.md", "Hei du!");
    load();
    assert_renders(LANGUAGE_UNKNOWN, "hei", NULL, "Hei!");
    assert_renders(LANGUAGE_NN, "hei", NULL, "Hei du!");
}

static void an_unknown_key_or_a_full_buffer_is_an_error(void **state)
{
    (void)state;
    load();
    struct buf out = BUF_INIT(5);
    assert_int_equal(replies_render(replies, LANGUAGE_NB, "nei", NULL, &out), -1);
    assert_int_equal(replies_render(replies, LANGUAGE_NB, "hei", NULL, &out), -1);
    assert_false(replies_has(replies, "nei"));
    assert_true(replies_has(replies, "hei"));
    buf_free(&out);
}

static void words_come_in_the_language(void **state)
{
    (void)state;
    load();
    assert_string_equal(replies_word(replies, LANGUAGE_NB, "valg", "ja"), "Ja");
    assert_string_equal(replies_word(replies, LANGUAGE_NN, "valg", "ja"), "Ja, takk");
    assert_string_equal(replies_word(replies, LANGUAGE_UNKNOWN, "valg", "ja"), "Ja");
    assert_string_equal(replies_word(replies, LANGUAGE_NB, "tid", "mandag"), "mandag");
    assert_null(replies_word(replies, LANGUAGE_NB, "valg", "mandag"));
    assert_null(replies_word(replies, LANGUAGE_EN, "tid", "mandag"));
    char name[300];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null(replies_word(replies, LANGUAGE_NB, "valg", name));
}

static void examples_show_every_section_or_hide_the_optional_ones(void **state)
{
    (void)state;
    load();
    struct buf full = BUF_INIT(1000), bare = BUF_INIT(1000);
    assert_int_equal(replies_example(replies, LANGUAGE_NB, "svar", true, &full), 0);
    assert_string_equal(buf_str(&full), "Du bor i Horten.\nEgen.\n- LINK (ny)\n- LINK (ny)\n");
    assert_int_equal(replies_example(replies, LANGUAGE_NB, "svar", false, &bare), 0);
    assert_string_equal(buf_str(&bare), "Du bor i Horten.\n");
    assert_int_equal(replies_example(replies, LANGUAGE_NB, "nei", false, &bare), -1);
    buf_free(&full);
    buf_free(&bare);
}

/* ---- the real folder ---- */

static void every_real_reply_renders_and_shows_no_trace_of_markup(void **state)
{
    (void)state;
    const struct replies *real = unit_replies();
    assert_true(replies_count(real) > 40);
    for (size_t i = 0; i < replies_count(real); i++)
        for (int language = LANGUAGE_NB; language <= LANGUAGE_EN; language++)
            for (int full = 0; full < 2; full++) {
                const char *key = replies_key(real, i);
                struct buf text = BUF_INIT(REPLY_LARGEST), plain = BUF_INIT(REPLY_LARGEST * 2);
                if (replies_example(real, (enum language)language, key, full, &text) ||
                    markup_plain(buf_str(&text), &plain) || !plain.len)
                    fail_msg("%s/%s.md does not render", language_code((enum language)language), key);
                static const char *const traces[] = {"{{", "}}", "**", "](", "\n\n\n", "\\"};
                for (size_t k = 0; k < sizeof traces / sizeof *traces; k++)
                    if (strstr(buf_str(&plain), traces[k]))
                        fail_msg("%s/%s.md shows \"%s\":\n%s", language_code((enum language)language), key,
                                 traces[k], buf_str(&plain));
                buf_free(&text);
                buf_free(&plain);
            }
}

static void every_real_reply_about_unreadable_messages_carries_the_numbers(void **state)
{
    (void)state;
    static const char *const keys[] = {"kan_ikke_lese", "kryptert", "gruppechat"};
    const struct replies *real = unit_replies();
    struct value line[] = {{.name = "nummer", .kind = VALUE_TEXT, .text = "116 123"},
                           {.name = "navn", .kind = VALUE_TEXT, .text = "M"},
                           {.name = "tid", .kind = VALUE_TEXT, .text = "d"}};
    struct scope item = {line, 3};
    struct value lines = {.name = "linjer", .kind = VALUE_LIST, .text = "", .items = &item, .count = 1};
    for (size_t i = 0; i < 3; i++)
        for (int language = LANGUAGE_NB; language <= LANGUAGE_EN; language++) {
            struct buf text = BUF_INIT(REPLY_LARGEST);
            assert_int_equal(
                replies_render(real, (enum language)language, keys[i], &(struct scope){&lines, 1}, &text), 0);
            assert_contains(buf_str(&text), "116 123");
            buf_free(&text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(an_unknown_variable_is_refused_with_file_and_line),
        TEST(a_variable_used_as_what_it_is_not_is_refused),
        TEST(a_broken_template_is_refused_with_file_and_line),
        TEST(a_key_must_stand_in_every_language),
        TEST(a_declared_key_must_have_a_text),
        TEST(a_missing_language_folder_is_refused),
        TEST(an_empty_text_is_refused),
        TEST(a_text_that_is_not_utf8_is_refused),
        TEST(a_text_that_renders_too_long_is_refused),
        TEST(a_text_that_can_render_empty_is_refused),
        TEST(variables_declared_twice_are_refused),
        TEST(words_are_short_texts),
        TEST(all_faults_come_together),
        TEST(a_text_is_rendered_with_its_values),
        TEST(a_declared_value_that_is_not_given_counts_as_empty),
        TEST(a_value_of_the_wrong_kind_counts_as_empty),
        TEST(an_unknown_language_gets_bokmal),
        TEST(an_unknown_key_or_a_full_buffer_is_an_error),
        TEST(words_come_in_the_language),
        TEST(examples_show_every_section_or_hide_the_optional_ones),
        TEST(every_real_reply_renders_and_shows_no_trace_of_markup),
        TEST(every_real_reply_about_unreadable_messages_carries_the_numbers),
    };
    return cmocka_run_group_tests_name("replies", tests, NULL, NULL);
}
