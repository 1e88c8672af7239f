/* From CommonMark to the HTML that Telegram takes, also from texts that were made to break it. */
#include "parts.h"

#include "wire/contract.h"

/* ---- markup ---- */

static void paragraphs_are_kept(void **state)
{
    (void)state;
    assert_html("Hei", "Hei");
    assert_html("a\n\n\n\nb\n", "a\n\nb");
    assert_html("a\nb\\\nc  \nd", "a\nb\nc\nd");
    assert_html("a\n***\nb", "a\n\nb");
}

static void where_there_is_nothing_to_show_there_is_no_part(void **state)
{
    (void)state;
    static const char *const empty[] = {"",
                                        "\n\n \n",
                                        "***",
                                        "# ",
                                        "> ",
                                        "[](https://a.no)",
                                        "```\n   \n```",
                                        "```\n\t\n```",
                                        "[a]: https://a.no",
                                        "****"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        size_t count = make_two(empty[i]);
        if (count && strcmp(empty[i], "****"))
            fail_msg("\"%s\" shows \"%s\"", empty[i], parts[0].html);
    }
}

static void strong_words_are_bold_and_emphasis_is_slanted(void **state)
{
    (void)state;
    assert_html("Ring **113** nå, *ikke* vent", "Ring <b>113</b> nå, <i>ikke</i> vent");
    assert_html("__a__ _b_", "<b>a</b> <i>b</i>");
    assert_html("***a***", "<i><b>a</b></i>");
    assert_html("*a **b** c*", "<i>a <b>b</b> c</i>");
    assert_html("**a *b* c**", "<b>a <i>b</i> c</b>");
    assert_html("\\*a\\* a_b_c 2 * 3 * 4", "*a* a_b_c 2 * 3 * 4");
    assert_html("~~a~~ ||b||", "~~a~~ ||b||");
}

/* Telegram would show them, but a tag within the same tag says nothing more. */
static void the_same_within_the_same_is_one(void **state)
{
    (void)state;
    assert_html("**a __b__ c**", "<b>a b c</b>");
    assert_html("# a **b** *c*", "<b>a b <i>c</i></b>");
    assert_html("> a\n> > b\n>\n> c", "<blockquote>a\n\nb\n\nc</blockquote>");
}

static void emphasis_that_crosses_does_not(void **state)
{
    (void)state;
    static const char *const crossing[] = {"**a *b** c*",
                                           "*a **b* c**",
                                           "**a [b** c](https://a.no)",
                                           "[a *b](https://a.no) c*",
                                           "*a `b* c`",
                                           "> *a\n\nb*",
                                           "- **a\n- b**",
                                           "_a __b_ c__",
                                           "***a** b*",
                                           "***a* b**",
                                           "**a*",
                                           "*a**"};
    for (size_t i = 0; i < sizeof crossing / sizeof *crossing; i++) {
        assert_int_equal(make_parts(crossing[i]), 1);
        assert_contains(parts[0].html, "a");
    }
}

static void web_addresses_are_links(void **state)
{
    (void)state;
    assert_html("[LINK](https://linkoslo.no)", "<a href=\"https://linkoslo.no\">LINK</a>");
    assert_html("se [her](http://a.no/b?c=d#e).", "se <a href=\"http://a.no/b?c=d#e\">her</a>.");
    assert_html("<https://a.no>", "<a href=\"https://a.no\">https://a.no</a>");
    assert_html("[**a** b](https://a.no)", "<a href=\"https://a.no\"><b>a</b> b</a>");
    assert_html("**se [a](https://a.no)**", "<b>se <a href=\"https://a.no\">a</a></b>");
    assert_html("[`a`](https://a.no)", "<a href=\"https://a.no\"><code>a</code></a>");
    assert_html("[a][1]\n\n[1]: https://a.no 'b'", "<a href=\"https://a.no\">a</a>");
    assert_html("https://a.no www.b.no", "https://a.no www.b.no"); /* Telegram finds these by itself */
    assert_html("![kart](https://a.no/k.png)", "kart");
    assert_html("[[a](https://a.no) b](https://b.no)", "[<a href=\"https://a.no\">a</a> b](https://b.no)");
}

static void other_addresses_are_told_in_the_text(void **state)
{
    (void)state;
    assert_html("[post](mailto:a@b.no)", "post (a@b.no)");
    assert_html("<a@b.no>", "a@b.no");
    assert_html("[ring oss](tel:+4712345678)", "ring oss (+4712345678)");
    assert_html("[116123](tel:116123)", "116123");
    assert_html("[a](javascript:alert(1))", "a (javascript:alert(1))");
    assert_html("[a](side.html)", "a (side.html)");
    assert_html("[a](http:/b)", "a (http:/b)");
    assert_html("[a](tg://user?id=1)", "a (tg://user?id=1)");
    assert_html("**[a](mailto:a@b.no)**", "<b>a (a@b.no)</b>");
}

static void lists_get_dots_or_keep_their_numbers(void **state)
{
    (void)state;
    assert_html("Her:\n\n- a\n- b\n\nslutt", "Her:\n\n• a\n• b\n\nslutt");
    assert_html("Her:\n- a\n- b", "Her:\n\n• a\n• b");
    assert_html("* a\n\n* b", "• a\n• b");
    assert_html("- **a** (b)\n  mer\n- c", "• <b>a</b> (b)\n  mer\n• c");
    assert_html("3. a\n4. b", "3. a\n4. b");
    assert_html("- a\n  - b\n    - c\n- d", "• a\n  • b\n    • c\n• d");
    assert_html("1. a\n   - x\n   - y\n2. b", "1. a\n  • x\n  • y\n2. b");
    assert_html("1. a\n   1. x\n2. b", "1. a\n  1. x\n2. b");
}

static void a_list_may_begin_at_nought(void **state)
{
    (void)state;
    assert_html("0. a\n1. b", "0. a\n1. b");
}

static void quotes_are_quotes(void **state)
{
    (void)state;
    assert_html("Hei:\n\n> a\\\n> b\n\nSvar?", "Hei:\n\n<blockquote>a\nb</blockquote>\n\nSvar?");
    assert_html("> a\n\n<!-- -->\n\n> b",
                "<blockquote>a</blockquote>\n\n&lt;!-- --&gt;\n\n<blockquote>b</blockquote>");
    assert_html("> **a**\n>\n> [b](https://a.no)",
                "<blockquote><b>a</b>\n\n<a href=\"https://a.no\">b</a></blockquote>");
    assert_html("> - a\n> - b", "<blockquote>• a\n• b</blockquote>");
    assert_html("- a\n\n  > b\n- c", "• a\n\n<blockquote>b</blockquote>\n• c");
    assert_html("> # a\n> b", "<blockquote><b>a</b>\n\nb</blockquote>");
}

static void a_quote_in_a_list_stands_beside_its_dot(void **state)
{
    (void)state;
    assert_html("- > a\n- b", "• <blockquote>a</blockquote>\n• b");
}

static void code_and_headings(void **state)
{
    (void)state;
    assert_html("skriv `koble <kode>`", "skriv <code>koble &lt;kode&gt;</code>");
    assert_html("`**a** [b](https://a.no)`", "<code>**a** [b](https://a.no)</code>");
    assert_html("```c\nint a;\n\nint b;\n```\n\nslutt", "<code>int a;\n\nint b;</code>\n\nslutt");
    assert_html("> ```\n> a\n> ```\n\nb", "<blockquote><code>a</code></blockquote>\n\nb");
    assert_html("# A\nb\n\n## C *d*", "<b>A</b>\n\nb\n\n<b>C <i>d</i></b>");
    assert_html("A\n===\nb", "<b>A</b>\n\nb");
}

/* The line ends behind the code are taken away, and what follows is not code. */
static void code_ends_where_it_ends(void **state)
{
    (void)state;
    assert_html("```\na\n\n\n```\n\nbcd", "<code>a</code>\n\nbcd");
    assert_html("```\na\n\n\n```\n\nåcd", "<code>a</code>\n\nåcd");
    assert_html("```\na\n\n\n```\n\n**bold** word", "<code>a</code>\n\n<b>bold</b> word");
    assert_html("> ```\n> a\n>\n>\n> ```\n>\n> b\n\nc", "<blockquote><code>a</code>\n\nb</blockquote>\n\nc");
    assert_html("- ```\n  a\n\n\n\n\n  ```\n- b", "• <code>a</code>\n• b");
}

static void what_html_would_read_is_escaped(void **state)
{
    (void)state;
    assert_html("<b>x</b> & \"y\" 'z'", "&lt;b&gt;x&lt;/b&gt; &amp; &quot;y&quot; 'z'");
    assert_html("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_html("**<i>**", "<b>&lt;i&gt;</b>");
    assert_html("[a](<https://a.no/?b=\"c\"&d>)", "<a href=\"https://a.no/?b=&quot;c&quot;&amp;d\">a</a>");
    assert_html("[a](https://a.no/\\<b\\>)", "<a href=\"https://a.no/&lt;b&gt;\">a</a>");
    assert_html("<https://a.no/?b&c>", "<a href=\"https://a.no/?b&amp;c\">https://a.no/?b&amp;c</a>");
    assert_html("&lt;b&gt; &amp;amp; &amp;lt; &quot;", "&lt;b&gt; &amp;amp; &amp;lt; &quot;");
    assert_int_equal(make_parts("**<b>** & \"x\" &lt;"), 1);
    assert_string_equal(parts[0].plain, "<b> & \"x\" <");
}

static void entities_are_the_characters_that_they_name(void **state)
{
    (void)state;
    assert_html("&aelig;&oslash;&aring;&AElig;&Oslash;&Aring; &laquo;a&raquo; 1&ndash;2&hellip;",
                "æøåÆØÅ «a» 1–2…");
    assert_html("&unknown; &copy", "&amp;unknown; &amp;copy");
}

static void entities_in_an_address_are_too(void **state)
{
    (void)state;
    assert_html("[a](https://a.no/?b=1&amp;c=2)", "<a href=\"https://a.no/?b=1&amp;c=2\">a</a>");
}

/* ---- hostile texts ---- */

/* One that is too long may be told or left out, but not lead somewhere else. */
static void a_long_address_leads_where_it_says(void **state)
{
    (void)state;
    for (size_t len = 500; len < 1600; len += 10) {
        const char *address = text_of("https://a.no/%s", repeated("x", len));
        assert_int_equal(make_parts(text_of("[her](%s) b", address)), 1);
        const char *html = parts[0].html;
        if (strcmp(html, "her b") && strcmp(html, text_of("<a href=\"%s\">her</a> b", address)))
            fail_msg("an address of %zu bytes became \"%s\"", strlen(address), html);
    }
}

static void a_long_address_is_not_cut_within_a_character(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        assert_int_equal(
            make_parts(text_of("[her](https://a.no/%.*s%s) b", (int)shift, "xxx", repeated("å", 600))), 1);
        assert_int_equal(make_parts(text_of("[her](mailto:%.*s%s) b", (int)shift, "xxx", repeated("😀", 300))),
                         1);
    }
}

/* Written once and used often: the text is short, but its HTML is not. */
static void an_address_used_often_makes_no_message_that_cannot_be_sent(void **state)
{
    (void)state;
    const char *markdown = text_of("%s\n\n[a]: https://a.no/%s", repeated("[a] ", 3900), repeated("x", 490));
    assert_true(strlen(markdown) < CONTRACT_OUT_LARGEST + 256);
    assert_true(make_parts(markdown) >= 1);
}

static void deep_and_unclosed_markup_is_survived(void **state)
{
    (void)state;
    static const char *const pieces[] = {"[",   "](",  "*a ",  "**a ", "_a _", "`",  "``a",  "> ",
                                         "- ",  "1. ", "<",    "![",   "&",    "\\", "[a][", "#",
                                         "~~~", "|",   "\n> ", "\n- ", "*",    "_*"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        make_parts(repeated(pieces[i], 3000));
        make_parts(text_of("%sx", repeated(pieces[i], 3000)));
        make_two(text_of("a\n\n%s\n\nå", repeated(pieces[i], 40)));
        arena_reset(&arena);
    }
    make_parts(text_of("%sa%s", repeated("*a **b ", 40), repeated("** *", 40)));
    make_parts(text_of("%sa%s", repeated("[", 1000), repeated("](https://a.no)", 1000)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(paragraphs_are_kept),
        TEST(where_there_is_nothing_to_show_there_is_no_part),
        TEST(strong_words_are_bold_and_emphasis_is_slanted),
        TEST(the_same_within_the_same_is_one),
        TEST(emphasis_that_crosses_does_not),
        TEST(web_addresses_are_links),
        TEST(other_addresses_are_told_in_the_text),
        TEST(lists_get_dots_or_keep_their_numbers),
        TEST(a_list_may_begin_at_nought),
        TEST(quotes_are_quotes),
        TEST(a_quote_in_a_list_stands_beside_its_dot),
        TEST(code_and_headings),
        TEST(code_ends_where_it_ends),
        TEST(what_html_would_read_is_escaped),
        TEST(entities_are_the_characters_that_they_name),
        TEST(entities_in_an_address_are_too),
        TEST(a_long_address_leads_where_it_says),
        TEST(a_long_address_is_not_cut_within_a_character),
        TEST(an_address_used_often_makes_no_message_that_cannot_be_sent),
        TEST(deep_and_unclosed_markup_is_survived),
    };
    return cmocka_run_group_tests_name("telegram_text", tests, NULL, NULL);
}
