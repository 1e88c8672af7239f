/* From CommonMark to plain text. */
#include "unit.h"

#include "wire/markup.h"

static void check(const char *markdown, const char *expected, int line)
{
    struct buf out = BUF_INIT(10000);
    assert_int_equal(markup_plain(markdown, &out), 0);
    if (strcmp(buf_str(&out), expected)) {
        print_error("\"%s\" shows \"%s\", not \"%s\"\n", markdown, buf_str(&out), expected);
        _fail(__FILE__, line);
    }
    buf_free(&out);
}
#define assert_plain(markdown, expected) check((markdown), (expected), __LINE__)

static void paragraphs_have_an_empty_line_between(void **state)
{
    (void)state;
    assert_plain("a", "a");
    assert_plain("a\n\n\n\nb\n", "a\n\nb");
    assert_plain("", "");
    assert_plain("\n\n", "");
    assert_plain("a\nb", "a\nb");
    assert_plain("a  \nb", "a\nb");
    assert_plain("a\\\nb", "a\nb");
}

static void emphasis_leaves_the_words(void **state)
{
    (void)state;
    assert_plain("Ring **113** nå, *ikke* vent", "Ring 113 nå, ikke vent");
    assert_plain("***a***", "a");
    assert_plain("\\*a\\*", "*a*");
}

static void lists_get_dashes(void **state)
{
    (void)state;
    assert_plain("Her:\n\n- a\n- b\n\nslutt", "Her:\n\n- a\n- b\n\nslutt");
    assert_plain("- **a** (b)\n  mer\n- c", "- a (b)\n  mer\n- c");
    assert_plain("* a\n\n* b", "- a\n- b");
    assert_plain("- a\n  - b\n- c", "- a\n  - b\n- c");
}

static void numbered_lists_keep_their_numbers(void **state)
{
    (void)state;
    assert_plain("1. a\n2. b", "1. a\n2. b");
    assert_plain("3. a\n4. b", "3. a\n4. b");
}

static void a_list_inside_does_not_stop_the_numbers(void **state)
{
    (void)state;
    assert_plain("1. a\n   - x\n2. b", "1. a\n  - x\n2. b");
}

static void a_link_shows_its_address_where_it_differs(void **state)
{
    (void)state;
    assert_plain("[LINK](https://linkoslo.no)", "LINK (https://linkoslo.no)");
    assert_plain("<https://linkoslo.no>", "https://linkoslo.no");
    assert_plain("[https://a.no](https://a.no)", "https://a.no");
    assert_plain("se [her](https://a.no) og [der](https://b.no).",
                 "se her (https://a.no) og der (https://b.no).");
    assert_plain("[**fet**](https://a.no)", "fet (https://a.no)");
}

static void html_is_text(void **state)
{
    (void)state;
    assert_plain("<b>x</b>", "<b>x</b>");
    assert_plain("<script>alert(1)</script>", "<script>alert(1)</script>");
}

static void entities_are_read(void **state)
{
    (void)state;
    assert_plain("A &amp; B &lt;", "A & B <");
}

static void headings_are_paragraphs_and_quotes_are_marked(void **state)
{
    (void)state;
    assert_plain("# a\n\nb", "a\n\nb");
    assert_plain("> a\n\nb", "> a\n\nb");
}

static void what_does_not_fit_is_an_error(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(5);
    assert_int_equal(markup_plain("123456", &out), -1);
    buf_free(&out);
}

static void hostile_texts_are_survived(void **state)
{
    (void)state;
    static const char *const pieces[] = {"*",    "**",           "_",  "[", "](",    ")", "- ", "1. ", "\n",
                                         "\n\n", "  ",           "> ", "`", "```\n", "<", "&",  "\\",  "a",
                                         "å",    "https://x.no", "#",  "|", "!["};
    for (int round = 0; round < 20000; round++) {
        struct buf text = BUF_INIT(2000), out = BUF_INIT(3000);
        for (uint32_t n = unit_random(60); n > 0; n--)
            buf_add_str(&text, pieces[unit_random(sizeof pieces / sizeof *pieces)]);
        if (markup_plain(buf_str(&text), &out) == 0 && out.len)
            assert_int_not_equal(out.data[out.len - 1], '\n');
        buf_free(&text);
        buf_free(&out);
    }
}

static void long_links_are_bounded(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(10000), out = BUF_INIT(10000);
    buf_add_str(&text, "[a](https://x.no/");
    for (int i = 0; i < 3000; i++)
        buf_add_char(&text, 'x');
    buf_add_str(&text, ")");
    assert_int_equal(markup_plain(buf_str(&text), &out), 0);
    buf_free(&text);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_have_an_empty_line_between),
        cmocka_unit_test(emphasis_leaves_the_words),
        cmocka_unit_test(lists_get_dashes),
        cmocka_unit_test(numbered_lists_keep_their_numbers),
        cmocka_unit_test(a_list_inside_does_not_stop_the_numbers),
        cmocka_unit_test(a_link_shows_its_address_where_it_differs),
        cmocka_unit_test(html_is_text),
        cmocka_unit_test(entities_are_read),
        cmocka_unit_test(headings_are_paragraphs_and_quotes_are_marked),
        cmocka_unit_test(what_does_not_fit_is_an_error),
        cmocka_unit_test(hostile_texts_are_survived),
        cmocka_unit_test(long_links_are_bounded),
    };
    return cmocka_run_group_tests_name("markup", tests, NULL, NULL);
}
