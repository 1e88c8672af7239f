/* A reply that is too long for a message of Telegram's: where it is cut, and that nothing is lost. */
#include "parts.h"

#include "wire/contract.h"
#include "wire/markup.h"

/* ---- where it is cut ---- */

static void units_are_those_of_utf16(void **state)
{
    (void)state;
    assert_int_equal(telegram_units("", 0), 0);
    assert_int_equal(telegram_units("abc", 3), 3);
    assert_int_equal(telegram_units("abc", 2), 2);
    assert_int_equal(telegram_units("å–€", strlen("å–€")), 3);
    assert_int_equal(telegram_units("😀", strlen("😀")), 2);
    assert_int_equal(telegram_units("🇳🇴", strlen("🇳🇴")), 4);
    assert_int_equal(telegram_units("e\u0301", strlen("e\u0301")), 2);
}

/* `head` of the first part, and what is left for the second. */
static void assert_cut(const char *markdown, const char *first, const char *second)
{
    assert_int_equal(make_parts(markdown), 2);
    assert_string_equal(parts[0].plain, first);
    assert_string_equal(parts[1].plain, second);
}

static void a_message_holds_4096_units_and_no_more(void **state)
{
    (void)state;
    const char *full = repeated("a", 4096), *emoji = repeated("😀", 2048);
    assert_html(full, full);
    assert_html(emoji, emoji);
    assert_html(text_of("**%s**", full), text_of("<b>%s</b>", full));
    assert_int_equal(make_parts(repeated("&", 4096)), 1); /* counted without the escapes */
    assert_int_equal(make_parts(repeated("å", 4096)), 1); /* and not in bytes */
    assert_cut(text_of("%sb", full), full, "b");
    assert_cut(text_of("%s😀", emoji), emoji, "😀");
    assert_cut(text_of("a%s", emoji), text_of("a%s", repeated("😀", 2047)), "😀");
    assert_cut(text_of("%s b", full), full, "b");
}

static void a_pair_of_units_is_not_parted(void **state)
{
    (void)state;
    assert_cut(text_of("%s😀b", repeated("a", 4095)), repeated("a", 4095), "😀b");
    assert_cut(text_of("%s😀b", repeated("a", 4094)), text_of("%s😀", repeated("a", 4094)), "b");
}

static void what_a_reader_sees_as_one_is_not_parted(void **state)
{
    (void)state;
    static const char *const one[] = {
        "😀",
        "👍🏽",
        "👨‍👩‍👧‍👦",
        "🇳🇴",
        "1️⃣",
        "❤️",
        "👩🏾‍🚒",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "🏳️‍🌈",
        "e\u0301",
        "a\u030a\u0323",
        "o\u0328\u0301",
    };
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        size_t units = shown_units(one[i]);
        for (size_t before = 4096 - units; before <= 4096; before++) {
            const char *head = repeated("x", before);
            bool fits = before + units <= 4096;
            assert_cut(text_of("%s%s%s", head, one[i], repeated("y", 20)),
                       fits ? text_of("%s%s%s", head, one[i], repeated("y", 4096 - before - units)) : head,
                       fits ? repeated("y", 20 + before + units - 4096)
                            : text_of("%s%s", one[i], repeated("y", 20)));
            arena_reset(&arena);
        }
    }
}

/* Where there are nothing but flags, each takes two of the same kind of characters. */
static void no_flag_is_parted_among_many(void **state)
{
    (void)state;
    for (size_t before = 0; before < 4; before++) {
        assert_true(make_parts(text_of("%s%s", repeated("x", before), repeated("🇳🇴", 2500))) >= 3);
        for (const struct telegram_part *part = parts; part < parts + 3; part++)
            if (!begins(part->plain + (part == parts ? before : 0), "🇳") || !ends(part->plain, "🇴"))
                fail_msg("a flag was parted, %zu letters before them", before);
    }
}

static void the_best_place_is_a_paragraph_then_a_line_then_a_word(void **state)
{
    (void)state;
    const char *words = repeated("abc ", 750), *more = repeated("def ", 375);
    const char *end = text_of("%.*s", 2999, words), *rest = text_of("%.*s", 1499, more);
    assert_cut(text_of("%s\n\n%s", words, more), end, rest);
    assert_cut(text_of("%s\\\n%s", end, more), end, rest);
    assert_cut(text_of("a\n\n%s\n\n%s", end, more), text_of("a\n\n%s", end), rest);
    assert_cut(text_of("%s\\\n%s\n\n%s", end, repeated("g ", 50), more),
               text_of("%s\n%.*s", end, 99, repeated("g ", 50)), rest);
    assert_cut(text_of("%s\n\n%s\\\n%s", end, repeated("g ", 50), more), end,
               text_of("%s\n%s", repeated("g ", 50), rest));
    assert_cut(text_of("%sæ%s", words, repeated("x", 1500)), end, text_of("æ%s", repeated("x", 1500)));
}

/* The server takes tabs away too, and refuses what is empty then. */
static void no_part_is_nothing_but_blanks(void **state)
{
    (void)state;
    assert_html(text_of("%s\t", repeated("a", 4096)), repeated("a", 4096));
    assert_cut(text_of("%s\t \tb", repeated("a", 4095)), repeated("a", 4095), "b");
}

/* A part may not be shorter than half, so that there are few: rather a worse place. */
static void a_place_too_early_is_passed_over(void **state)
{
    (void)state;
    const char *words = repeated("abc ", 1200);
    assert_int_equal(make_parts(text_of("kort\n\n%s", words)), 2);
    assert_true(shown_units(parts[0].plain) > 4090);
    assert_int_equal(make_parts(text_of("%s\n\n%s", repeated("x", 2000), repeated("y", 5000))), 2);
    assert_int_equal(shown_units(parts[0].plain), 4096);
}

/* ---- what is open at a cut ---- */

static void assert_all_around(const char *open, const char *close, size_t least)
{
    for (size_t i = 0; i < least; i++) {
        if (!begins(parts[i].html, open) || !ends(parts[i].html, close))
            fail_msg("part %zu: %.80s … %s", i + 1, parts[i].html,
                     parts[i].html + strlen(parts[i].html) - strlen(close));
        assert_null(strstr(parts[i].html + 1, open));
    }
}

static void tags_are_closed_at_a_cut_and_opened_again(void **state)
{
    (void)state;
    const char *words = text_of("%sslutt", repeated("ord ", 2600));
    assert_int_equal(make_parts(text_of("**%s**", words)), 3);
    assert_all_around("<b>", "</b>", 3);
    assert_int_equal(make_parts(text_of("[%s](https://a.no/?b=\\\"c)", words)), 3);
    assert_all_around("<a href=\"https://a.no/?b=&quot;c\">", "</a>", 3);
    assert_int_equal(make_parts(text_of("> %s", words)), 3);
    assert_all_around("<blockquote>", "</blockquote>", 3);
    assert_int_equal(make_parts(text_of("`%s`", words)), 3);
    assert_all_around("<code>", "</code>", 3);
    assert_int_equal(make_parts(text_of("> ***%s***", words)), 3);
    assert_all_around("<blockquote><i><b>", "</b></i></blockquote>", 3);
    assert_int_equal(make_parts(text_of("- **a**\n- b **%s** c", words)), 3);
    assert_true(begins(parts[0].html, "• <b>a</b>\n• b <b>ord") && ends(parts[0].html, "</b>"));
    assert_true(begins(parts[2].html, "<b>ord") && ends(parts[2].html, "slutt</b> c"));
}

/* The end of a word that is bold, and the beginning of the next, at and around the cut. */
static void a_tag_that_ends_or_begins_at_a_cut_is_not_empty(void **state)
{
    (void)state;
    for (size_t before = 4080; before <= 4100; before++) {
        const char *head = repeated("x", before);
        assert_int_equal(make_parts(text_of("%s **abc** *def* %s", head, repeated("y", 100))), 2);
        assert_int_equal(make_parts(text_of("**%s** [def](https://a.no) %s", head, repeated("y", 100))), 2);
        assert_int_equal(make_parts(text_of("%s**abc***def*%s", head, repeated("y", 100))), 2);
        assert_int_equal(make_parts(text_of("> %s\n\n**abc**", head)), 1 + (before > 4091));
        arena_reset(&arena);
    }
}

static void two_keyboards_get_two_messages(void **state)
{
    (void)state;
    assert_int_equal(make_two("a\n\n**b**\n\n*c*"), 2);
    assert_string_equal(parts[0].html, "a\n\n<b>b</b>");
    assert_string_equal(parts[1].html, "<i>c</i>");
    assert_int_equal(make_parts("a\n\nb"), 1);
    assert_int_equal(make_two("a\nb"), 1);
    assert_string_equal(parts[0].plain, "a\nb");
    assert_int_equal(make_two("> a\n>\n> b"), 2);
    assert_string_equal(parts[0].html, "<blockquote>a</blockquote>");
    assert_string_equal(parts[1].html, "<blockquote>b</blockquote>");
    assert_int_equal(make_two("a:\n\n- b\n- c"), 2);
    assert_string_equal(parts[1].html, "• b\n• c");
    assert_int_equal(make_two(text_of("%s\n\nb", repeated("a", 4094))), 2); /* it is in two already */
    assert_string_equal(parts[1].plain, "b");
    assert_int_equal(make_two(text_of("%s\n\nb", repeated("a", 4093))), 2);
    assert_int_equal(make_two(text_of("a\n\nb\n\n%s", repeated("c", 4095))), 2);
    assert_int_equal(make_two(""), 0);
}

/* ---- whatever the text ---- */

static const char *const plain_pieces[] = {
    "hjelp ",
    "selvhjelp ",
    "å ",
    "sjølv ",
    "ord",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n\n",
    ". ",
    "😀",
    "👍🏽",
    "👨‍👩‍👧 ",
    "🇳🇴",
    "e\u0301",
    "**",
    "**",
    "*",
    "*",
    "_",
    "__",
    "`",
    "> ",
    "- ",
    "1. ",
    "  - ",
    "# ",
    "[",
    "](",
    "https://a.no/b",
    ")",
    "mailto:a@b.no",
    "<",
    ">",
    "&",
    "\"",
    "&amp;",
    "&lt;",
    "\\",
    "\\\n",
    "[a](https://a.no) ",
    "**b** ",
    "*i* ",
    "> sitat\n",
    "\n- punkt\n",
    "|",
    "!",
    "~",
    "113",
    "–",
};

static const char *random_text(const char *extra)
{
    struct buf text = BUF_INIT(CONTRACT_OUT_LARGEST);
    uint32_t most = unit_random(4) ? 200 : 6000, words = unit_random(20);
    for (uint32_t n = unit_random(most); n > 0; n--) {
        if (*extra && unit_random(20) == 0)
            buf_add_str(&text, extra);
        else if (unit_random(20) < words)
            buf_add_str(&text, plain_pieces[unit_random(8)]);
        else
            buf_add_str(&text, plain_pieces[unit_random(sizeof plain_pieces / sizeof *plain_pieces)]);
    }
    const char *copy = arena_strndup(&arena, buf_str(&text), text.len);
    buf_free(&text);
    return copy;
}

static void add_without_blanks(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text != ' ' && *text != '\n')
            buf_add_char(out, *text);
}

/* The parts say all that the whole says, in order and once. */
static void assert_nothing_lost(const char *markdown, size_t count)
{
    struct buf whole = BUF_INIT(64 * 1024), joined = BUF_INIT(64 * 1024), bare = BUF_INIT(64 * 1024);
    struct markup_rich rich = {.text = &whole};
    assert_done(markup_rich(markdown, &arena, &rich));
    add_without_blanks(&bare, buf_str(&whole));
    for (size_t i = 0; i < count; i++)
        add_without_blanks(&joined, parts[i].plain);
    if (strcmp(buf_str(&bare), buf_str(&joined)))
        fail_msg("of \"%s\"\nis shown \"%s\"\nnot     \"%s\"", markdown, buf_str(&joined), buf_str(&bare));
    buf_free(&whole);
    buf_free(&joined);
    buf_free(&bare);
}

static void try_random_texts(int rounds, const char *extra)
{
    size_t several = 0;
    for (int round = 0; round < rounds; round++) {
        const char *markdown = random_text(extra);
        bool in_two = unit_random(4) == 0;
        size_t count = make(markdown, in_two, __FILE__, __LINE__);
        assert_nothing_lost(markdown, count);
        several += count > 1 && !in_two;
        arena_reset(&arena);
    }
    assert_true(several > (size_t)rounds / 20); /* else nothing was tried */
}

static void random_texts_can_be_sent_and_lose_nothing(void **state)
{
    (void)state;
    try_random_texts(6000, "");
}

static void random_texts_with_code_too(void **state)
{
    (void)state;
    try_random_texts(4000, "\n```\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(units_are_those_of_utf16),
        TEST(a_message_holds_4096_units_and_no_more),
        TEST(a_pair_of_units_is_not_parted),
        TEST(what_a_reader_sees_as_one_is_not_parted),
        TEST(no_flag_is_parted_among_many),
        TEST(the_best_place_is_a_paragraph_then_a_line_then_a_word),
        TEST(no_part_is_nothing_but_blanks),
        TEST(a_place_too_early_is_passed_over),
        TEST(tags_are_closed_at_a_cut_and_opened_again),
        TEST(a_tag_that_ends_or_begins_at_a_cut_is_not_empty),
        TEST(two_keyboards_get_two_messages),
        TEST(random_texts_can_be_sent_and_lose_nothing),
        TEST(random_texts_with_code_too),
    };
    return cmocka_run_group_tests_name("telegram_parts", tests, NULL, NULL);
}
