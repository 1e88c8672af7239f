/* From CommonMark to what a notice in Matrix holds, also from texts and labels that were made to break it. */
#include "unit.h"

#include <jansson.h>

#include "allowed.h"
#include "wire/contract.h"
#include "wire/matrix.h"
#include "wire/matrix_html.h"

static struct arena arena;
static struct buf text, html;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    buf_free(&text);
    buf_free(&html);
    return 0;
}

/* As large as the bridge makes them. Everything that any test makes is held against what clients take, and
 * must come whole through JSON. */
static int show(const char *markdown, const struct button *buttons, size_t n_buttons)
{
    struct buf notice = BUF_INIT(256 * 1024);
    buf_free(&text);
    buf_free(&html);
    text = BUF_INIT(32 * 1024);
    html = BUF_INIT(128 * 1024);
    int rc = matrix_show(markdown, buttons, n_buttons, &text, &html);
    const char *why = allowed_fault(buf_str(&html));
    if (why)
        fail_msg("%s: \"%.300s\" of \"%.300s\"", why, buf_str(&html), markdown);
    assert_done(buf_done(&html));
    if (rc)
        return rc;
    matrix_write_notice(buf_str(&text), html.len ? buf_str(&html) : NULL, &notice);
    json_t *root = buf_done(&notice) ? NULL : json_loadb(buf_str(&notice), notice.len, 0, NULL);
    const char *formatted = json_string_value(json_object_get(root, "formatted_body"));
    if (!root || strcmp(json_string_value(json_object_get(root, "body")), buf_str(&text)))
        fail_msg("the text does not come through: \"%.300s\"", buf_str(&text));
    if (formatted && strcmp(formatted, buf_str(&html)))
        fail_msg("the HTML does not come through: \"%.300s\"", buf_str(&html));
    assert_true(notice.len < 65536 - 4096);
    json_decref(root);
    buf_free(&notice);
    return 0;
}

#define assert_shown(markdown, plain, rich) check((markdown), (plain), (rich), __LINE__)

static void check(const char *markdown, const char *plain, const char *rich, int line)
{
    assert_done(show(markdown, NULL, 0));
    if (strcmp(buf_str(&text), plain) || strcmp(buf_str(&html), rich))
        fail_msg("line %d: \"%s\" becomes \"%s\" and \"%s\"", line, markdown, buf_str(&text), buf_str(&html));
}

/* ---- markup ---- */

static void a_reply_is_shown_in_both_forms(void **state)
{
    (void)state;
    assert_shown("Hei", "Hei", "<p>Hei</p>\n");
    assert_shown("a\n\nb", "a\n\nb", "<p>a</p>\n<p>b</p>\n");
    assert_shown("Ring **113** *nå*", "Ring 113 nå", "<p>Ring <strong>113</strong> <em>nå</em></p>\n");
    assert_shown("a\\\nb", "a\nb", "<p>a<br>\nb</p>\n");
    assert_shown("- a\n- b", "- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    assert_shown("3. a\n4. b", "3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>\n");
    assert_shown("> a", "> a", "<blockquote>\n<p>a</p>\n</blockquote>\n");
    assert_shown("# A", "A", "<h1>A</h1>\n");
    assert_shown("`a<b`", "a<b", "<p><code>a&lt;b</code></p>\n");
    assert_shown("", "", "");
}

static void links_are_kept(void **state)
{
    (void)state;
    assert_shown("[LINK](https://linkoslo.no)", "LINK (https://linkoslo.no)",
                 "<p><a href=\"https://linkoslo.no\">LINK</a></p>\n");
    assert_shown("<https://a.no/?b&c>", "https://a.no/?b&c",
                 "<p><a href=\"https://a.no/?b&amp;c\">https://a.no/?b&amp;c</a></p>\n");
    assert_shown("[a](http://a.no)", "a (http://a.no)", "<p><a href=\"http://a.no\">a</a></p>\n");
    assert_done(show("<a@b.no>", NULL, 0));
    assert_string_equal(buf_str(&html), "<p><a href=\"mailto:a@b.no\">a@b.no</a></p>\n");
}

/* The plain text says where such a link leads. */
static void a_link_to_elsewhere_leaves_the_plain_text(void **state)
{
    (void)state;
    static const char *const links[] = {"[b](tel:113)",
                                        "[b](javascript:alert(1))",
                                        "[b](java&#115;cript:x)",
                                        "[b](data:text/html,x)",
                                        "[b](side.html)",
                                        "[b](//b.no)",
                                        "[b](matrix:r/x)",
                                        "[b](httpss://b.no)",
                                        "[b](<https:b.no>)",
                                        "<tel:113>",
                                        "[b](https://a.no) og [b](vbscript:x)",
                                        "[b][1]\n\n[1]: javascript:x"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        assert_done(show(links[i], NULL, 0));
        if (html.len || !text.len)
            fail_msg("\"%s\" becomes \"%s\"", links[i], buf_str(&html));
    }
}

/* A picture that the reader's client fetched from anywhere would tell where the reader is; clients leave out
 * what is not on a homeserver, and its words with it. */
static void a_picture_is_its_words(void **state)
{
    (void)state;
    static const char *const pictures[] = {"![kart](https://a.no/k.png)", "a ![kart](mxc://a/b 'c') b",
                                           "[![kart](https://a.no/k.png)](https://a.no)",
                                           "![kart][1]\n\n[1]: k"};
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        assert_done(show(pictures[i], NULL, 0));
        assert_null(strstr(buf_str(&html), "<img"));
        assert_contains(buf_str(&text), "kart");
        if (html.len)
            assert_contains(buf_str(&html), "kart");
    }
}

static void raw_html_is_text(void **state)
{
    (void)state;
    assert_shown("<b>x</b> & <script>alert(1)</script>", "<b>x</b> & <script>alert(1)</script>",
                 "<p>&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
    assert_shown("<div onclick=\"x\">\n\na", "<div onclick=\"x\">\n\na",
                 "<p>&lt;div onclick=&quot;x&quot;&gt;</p>\n<p>a</p>\n");
    assert_shown("<!-- a -->", "<!-- a -->", "<p>&lt;!-- a --&gt;</p>\n");
    assert_shown("&lt;b&gt;", "<b>", "<p>&lt;b&gt;</p>\n");
    static const char *const raw[] = {"<a href=\"javascript:x\">a</a>",
                                      "<img src=x onerror=y>",
                                      "<mx-reply>a",
                                      "**<i>**",
                                      "`<a href=\"x:y\">`",
                                      "<?php ?>",
                                      "<![CDATA[<b>]]>",
                                      "</p></div>a",
                                      "[a](<https://a.no/\"onclick=\"b>)"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        assert_done(show(raw[i], NULL, 0)); /* held against what is allowed */
}

/* Half a surrogate pair is no character: nothing can be sent with it. */
static void entities_are_characters(void **state)
{
    (void)state;
    static const char *const odd[] = {"&#xD800;", "&#55357;", "&#xDFFF;", "&#0;", "&#x110000;", "&#1;"};
    assert_shown("&aring; &laquo;a&raquo;", "å «a»", "<p>å «a»</p>\n");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_done(show(arena_printf(&arena, "a %s b", odd[i]), NULL, 0));
}

/* ---- choices ---- */

static void choices_are_numbered_in_both_forms(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"Ja", "a.1"}, {"Nei, takk", "a.2"}, {"Æ «x»", "a.3"}};
    assert_done(show("Vil du?", buttons, 3));
    assert_string_equal(buf_str(&text), "Vil du?\n\n1. Ja\n2. Nei, takk\n3. Æ «x»");
    assert_string_equal(buf_str(&html), "<p>Vil du?</p>\n<ol>\n<li>Ja</li>\n<li>Nei, takk</li>\n<li>Æ "
                                        "«x»</li>\n</ol>\n");
    assert_done(show("- a\n- b", buttons, 1));
    assert_string_equal(buf_str(&text), "- a\n- b\n\n1. Ja");
    assert_string_equal(buf_str(&html), "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<ol>\n<li>Ja</li>\n</ol>\n");
}

/* Where a link leaves no HTML, the choices stand in the text. */
static void choices_are_never_lost(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"Ja", "a.1"}, {"Nei", "a.2"}};
    assert_done(show("[ring](tel:113)", buttons, 2));
    assert_contains(buf_str(&text), "\n\n1. Ja\n2. Nei");
    assert_int_equal(html.len, 0);
    struct button many[CONTRACT_CHOICES_MOST];
    for (size_t i = 0; i < CONTRACT_CHOICES_MOST; i++)
        many[i] = (struct button){"valg", "a"};
    assert_done(show("a", many, CONTRACT_CHOICES_MOST));
    assert_contains(buf_str(&text), "\n12. valg");
}

/* A label is no markup. */
static void a_label_is_shown_as_it_is(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"<b>x</b> & \"y\"", "1"},
                                            {"**a** [b](javascript:x)", "2"},
                                            {"</li></ol><script>", "3"},
                                            {"&lt;", "4"},
                                            {"<a href=\"javascript:x\">", "5"}};
    assert_done(show("a", buttons, 5));
    assert_string_equal(buf_str(&text), "a\n\n1. <b>x</b> & \"y\"\n2. **a** [b](javascript:x)\n"
                                        "3. </li></ol><script>\n4. &lt;\n5. <a href=\"javascript:x\">");
    assert_contains(buf_str(&html),
                    "<li>&lt;b&gt;x&lt;/b&gt; &amp; \"y\"</li>\n<li>**a** [b](javascript:x)</li>"
                    "\n<li>&lt;/li&gt;&lt;/ol&gt;&lt;script&gt;</li>\n<li>&amp;lt;</li>\n");
}

/* A line of its own in a label would look like another choice. */
static void a_label_stands_on_one_line(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"Ja\n2. Slett alt", "a.1"}, {"Nei\r\n\n", "a.2"}};
    size_t lines = 0;
    assert_done(show("a", buttons, 2));
    for (const char *at = buf_str(&text); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 3); /* one empty line, two choices */
    assert_null(strchr(buf_str(&text), '\r'));
}

/* ---- sizes ---- */

static void a_text_that_does_not_fit_is_told(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"Ja", "a.1"}};
    const char *fits = unit_repeated("x", 32 * 1024, &arena);
    assert_done(show(fits, NULL, 0));
    assert_int_equal(text.len, 32 * 1024);
    assert_int_equal(show(arena_printf(&arena, "%sx", fits), NULL, 0), -1);
    assert_int_equal(show(fits, buttons, 1), -1);
}

/* Half of a tag is worse than none. */
static void html_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    assert_done(show(unit_repeated("\"", 30000, &arena), NULL, 0)); /* six times as long in HTML */
    assert_int_equal(html.len, 0);
    assert_int_equal(text.len, 30000);
}

static void texts_made_to_break_it_do_not(void **state)
{
    (void)state;
    static const char *const again[] = {"> ",  "- ",  "*",  "**a ",  "[",     "[a](",     "`", "<",     "&#x",
                                        "\n#", "1. ", "![", "_a_",   "\\",    "\n\n",     "&", "* a\n", "<b ",
                                        "a\n", "]()", "\t", "~~~\n", "|a|\n", "[a]: b\n", "(", "\"",    "'"};
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        size_t times = CONTRACT_OUT_LARGEST / strlen(again[i]) / 2;
        int rc = show(unit_repeated(again[i], times, &arena), NULL, 0);
        assert_in_range(rc + 1, 0, 1);
    }
}

/* Pieces of markup in no order. */
static void nothing_breaks_it(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",  " ", "\n",           "\n\n", "**",  "*",   "_",  "`",  "[",        "](",  ")",
        "<",  ">", "https://a.no", "x:y",  "- ",  "1. ", "> ", "# ", "&lt;",     "&",   "&#x41;",
        "\"", "'", "\\",           "!",    "<b>", "```", "å",  "😢",  "<a@b.no>", "    "};
    const size_t n = sizeof pieces / sizeof *pieces;
    for (int round = 0; round < 20000; round++) {
        struct buf markdown = BUF_INIT(4096), label = BUF_INIT(4096);
        for (uint32_t left = unit_random(30); left; left--)
            buf_add_str(&markdown, pieces[unit_random((uint32_t)n)]);
        for (uint32_t left = unit_random(4); left; left--)
            buf_add_str(&label, pieces[unit_random((uint32_t)n)]);
        const struct button buttons[2] = {{buf_str(&label), "1"}, {"<", "2"}};
        assert_done(show(buf_str(&markdown), buttons, unit_random(3)));
        buf_free(&markdown);
        buf_free(&label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(a_reply_is_shown_in_both_forms),
        TEST(links_are_kept),
        TEST(a_link_to_elsewhere_leaves_the_plain_text),
        TEST(a_picture_is_its_words),
        TEST(raw_html_is_text),
        TEST(entities_are_characters),
        TEST(choices_are_numbered_in_both_forms),
        TEST(choices_are_never_lost),
        TEST(a_label_is_shown_as_it_is),
        TEST(a_label_stands_on_one_line),
        TEST(a_text_that_does_not_fit_is_told),
        TEST(html_that_does_not_fit_is_left_out),
        TEST(texts_made_to_break_it_do_not),
        TEST(nothing_breaks_it),
    };
    return cmocka_run_group_tests_name("matrix html", tests, NULL, NULL);
}
