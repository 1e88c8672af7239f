/* From CommonMark to plain text, and to a text with its spans. */
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

/* ---- text and spans ---- */

/* The spans as `b[0,3) a[4,7)=https://a.no`, in their order. */
static void add_spans(struct buf *out, const struct markup_rich *rich)
{
    static const char names[] = {[MARKUP_QUOTE] = 'q',
                                 [MARKUP_BOLD] = 'b',
                                 [MARKUP_EMPHASIS] = 'i',
                                 [MARKUP_CODE] = 'c',
                                 [MARKUP_LINK] = 'a'};
    for (size_t i = 0; i < rich->n_spans; i++) {
        const struct markup_span *span = &rich->spans[i];
        buf_addf(out, "%s%c[%zu,%zu)", i ? " " : "", names[span->kind], span->start, span->end);
        assert_int_equal(span->href != NULL, span->kind == MARKUP_LINK);
        if (span->href)
            buf_addf(out, "=%s", span->href);
    }
}

static void check_rich(const char *markdown, const char *text, const char *spans, int line)
{
    struct buf out = BUF_INIT(10000), is = BUF_INIT(10000);
    struct arena arena = ARENA_INIT;
    struct markup_rich rich = {.text = &out};
    assert_int_equal(markup_rich(markdown, &arena, &rich), 0);
    add_spans(&is, &rich);
    bool same = strcmp(buf_str(&out), text) == 0 && strcmp(buf_str(&is), spans) == 0;
    if (!same)
        print_error("\"%s\" is \"%s\" with %s, not \"%s\" with %s\n", markdown, buf_str(&out), buf_str(&is),
                    text, spans);
    buf_free(&out);
    buf_free(&is);
    arena_free(&arena);
    if (!same)
        _fail(__FILE__, line);
}
#define assert_rich(markdown, text, spans) check_rich((markdown), (text), (spans), __LINE__)

static void spans_say_where_and_what(void **state)
{
    (void)state;
    assert_rich("", "", "");
    assert_rich("Hei", "Hei", "");
    assert_rich("Ring **113** nå, *ikke* vent", "Ring 113 nå, ikke vent", "b[5,8) i[14,18)");
    assert_rich("å **å** `å`", "å å å", "b[3,5) c[6,8)");
    assert_rich("***a***", "a", "i[0,1) b[0,1)");
    assert_rich("*a **b** c*", "a b c", "i[0,5) b[2,3)");
    assert_rich("# a\n\nb", "a\n\nb", "b[0,1)");
    assert_rich("a\n\n> b\n> c\n\nd", "a\n\nb\nc\n\nd", "q[3,6)");
    assert_rich("> **a** b", "a b", "q[0,3) b[0,1)");
    assert_rich("```\na\nb\n```", "a\nb", "c[0,3)");
}

static void spans_know_their_links(void **state)
{
    (void)state;
    assert_rich("se [her](https://a.no) og <http://b.no>", "se her og http://b.no",
                "a[3,6)=https://a.no a[10,21)=http://b.no");
    assert_rich("[**a** b](https://a.no)", "a b", "a[0,3)=https://a.no b[0,1)");
    assert_rich("[a](mailto:b@c.no) [1](tel:1) [d](e.html)", "a (b@c.no) 1 d (e.html)", "");
    assert_rich("**[a](tel:113)**", "a (113)", "b[0,7)");
}

/* Emphasis does not mark up code, and nothing is marked twice. */
static void spans_do_not_repeat(void **state)
{
    (void)state;
    assert_rich("`**a**`", "**a**", "c[0,5)");
    assert_rich("**a __b__ c**", "a b c", "b[0,5)");
    assert_rich("> a\n> > b", "a\n\nb", "q[0,4)");
    assert_rich("# **a**", "a", "b[0,1)");
    assert_rich("[](https://a.no)b", "b", "");
}

static void dots_stand_in_lists_and_spans_know_where(void **state)
{
    (void)state;
    assert_rich("- **a**\n- b\n  - *c*", "• a\n• b\n  • c", "b[4,5) i[18,19)");
    assert_rich("1. a\n2. **b**", "1. a\n2. b", "b[8,9)");
}

static void a_text_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(5);
    struct arena arena = ARENA_INIT;
    struct markup_rich rich = {.text = &out};
    assert_int_equal(markup_rich("**12345**", &arena, &rich), 0);
    buf_clear(&out);
    assert_int_equal(markup_rich("**123456**", &arena, &rich), -1);
    buf_free(&out);
    arena_free(&arena);
}

/* Each within another or apart, outermost first, at the ends of characters. */
static void assert_nested(const struct markup_rich *rich, const char *markdown)
{
    size_t len = rich->text->len;
    for (size_t i = 0; i < rich->n_spans; i++) {
        const struct markup_span *a = &rich->spans[i];
        bool good = a->start < a->end && a->end <= len &&
                    ((unsigned char)rich->text->data[a->start] & 0xC0) != 0x80 &&
                    (a->end == len || ((unsigned char)rich->text->data[a->end] & 0xC0) != 0x80);
        for (size_t k = i + 1; k < rich->n_spans && good; k++) {
            const struct markup_span *b = &rich->spans[k];
            good = b->start >= a->start && (b->start >= a->end || b->end <= a->end);
        }
        if (!good)
            fail_msg("span %zu of %zu, [%zu,%zu) of %zu: \"%s\"", i, rich->n_spans, a->start, a->end, len,
                     markdown);
    }
}

static void try_nesting(const char *extra)
{
    static const char *const pieces[] = {"*",        "**", "_",      "[",    "](https://a.no)",
                                         "](tel:1)", "- ", "1. ",    "\n",   "\n\n",
                                         "  ",       "> ", "`",      "\n# ", "<b>",
                                         "&",        "\\", "a",      "å",    "ord ",
                                         "   - ",    "😀",  "\n> > ", "***",  "\n\n\n"};
    for (int round = 0; round < 20000; round++) {
        struct buf text = BUF_INIT(2000), out = BUF_INIT(10000);
        struct arena arena = ARENA_INIT;
        struct markup_rich rich = {.text = &out};
        for (uint32_t n = unit_random(60); n > 0; n--)
            buf_add_str(&text, *extra && unit_random(10) == 0
                                   ? extra
                                   : pieces[unit_random(sizeof pieces / sizeof *pieces)]);
        if (markup_rich(buf_str(&text), &arena, &rich) == 0)
            assert_nested(&rich, buf_str(&text));
        buf_free(&text);
        buf_free(&out);
        arena_free(&arena);
    }
}

static void spans_of_any_text_are_nested(void **state)
{
    (void)state;
    try_nesting("");
}

static void spans_of_any_text_with_code_are_nested(void **state)
{
    (void)state;
    try_nesting("\n```\n");
}

/* More tags within each other than are kept. */
static void deep_spans_are_bounded(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(100000), out = BUF_INIT(100000);
    struct arena arena = ARENA_INIT;
    struct markup_rich rich = {.text = &out};
    for (int i = 0; i < 100; i++)
        buf_add_str(&text, i % 2 ? "**a " : "*b ");
    for (int i = 100; i-- > 0;)
        buf_add_str(&text, i % 2 ? "c**" : "d*");
    buf_add_str(&text, "\n\n**e**");
    assert_int_equal(markup_rich(buf_str(&text), &arena, &rich), 0);
    assert_nested(&rich, buf_str(&text));
    assert_true(rich.n_spans > 0);
    assert_int_equal(rich.spans[rich.n_spans - 1].end,
                     out.len); /* and the next paragraph is as it should be */
    assert_int_equal(rich.spans[rich.n_spans - 1].start, out.len - 1);
    buf_free(&text);
    buf_free(&out);
    arena_free(&arena);
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
        cmocka_unit_test(spans_say_where_and_what),
        cmocka_unit_test(spans_know_their_links),
        cmocka_unit_test(spans_do_not_repeat),
        cmocka_unit_test(dots_stand_in_lists_and_spans_know_where),
        cmocka_unit_test(a_text_that_does_not_fit_is_an_error),
        cmocka_unit_test(spans_of_any_text_are_nested),
        cmocka_unit_test(spans_of_any_text_with_code_are_nested),
        cmocka_unit_test(deep_spans_are_bounded),
    };
    return cmocka_run_group_tests_name("markup", tests, NULL, NULL);
}
