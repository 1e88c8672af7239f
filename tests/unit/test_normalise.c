/* From what a person typed to words. */
#include "unit.h"

#include <utf8proc.h>

#include "text/normalise.h"

static struct arena arena;
static struct words *words;

static int start(void **state)
{
    struct err err = {.count = 0};
    (void)state;
    words = words_load(unit_write("words.txt",
                                  "jeg <- eg æ jg\nmå <- maa\nvil ikke <- vilikke\nhjelp <- hælp\n"
                                  "selvhjelp <- selv+hjelp\nvær <- vær\nsnill <- sniill\n"
                                  "known psykolog fastlege\nkeep hjelm\n"),
                       &err);
    assert_no_fault(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    words_free(words);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct text plain_of(const char *text)
{
    return text_normalise(text, strlen(text), NULL, &arena);
}

static void assert_plain(const char *text, const char *plain)
{
    assert_string_equal(plain_of(text).plain, plain);
    assert_string_equal(text_plain(text, &arena), plain);
}

static void assert_canon(const char *text, const char *canon)
{
    assert_string_equal(text_normalise(text, strlen(text), words, &arena).canon, canon);
}

static void valid_text_is_utf8_without_control_characters(void **state)
{
    (void)state;
    assert_true(text_valid("", 0));
    assert_true(text_valid("a\tb\r\nblåbær 😢", 18));
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"a\0b", 3},
        {"\x01", 1},
        {"\x1B[2J", 4},
        {"\x7F", 1},
        {"\xE5", 1},
        {"\xC3", 1},
        {"a\xC3(", 3},
        {"\xC0\x80", 2},
        {"\xC1\xBF", 2},
        {"\xE0\x80\x80", 3},
        {"\xED\xA0\x80", 3},
        {"\xF4\x90\x80\x80", 4},
        {"\xF8\x88\x80\x80\x80", 5},
        {"\x80", 1},
        {"\xF0\x9F\x98", 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_valid(bad[i].bytes, bad[i].len))
            fail_msg("case %zu was taken for text", i);
}

static void plain_is_lower_case_with_single_blanks(void **state)
{
    (void)state;
    assert_plain("  Hei   PÅ\tdeg  ", "hei på deg");
    assert_plain("ÆØÅ æøå", "æøå æøå");
    assert_plain("bokstav-en/to(tre)", "bokstav en to tre");
    assert_plain("", "");
    assert_plain(" \t ", "");
    assert_plain("116 123", "116 123");
}

static void accents_other_than_norwegian_ones_go(void **state)
{
    (void)state;
    assert_plain("Idéen på en kafé i Kárášjohka", "ideen på en kafe i karasjohka");
    assert_plain("Mälaren Göteborg", "mælaren gøteborg");
    assert_plain("Đŋŧł Œ", "dntl ø");
}

static void composed_and_decomposed_letters_are_the_same(void **state)
{
    (void)state;
    struct text composed = plain_of("Bodø på Ås"), decomposed = plain_of("Bodø pa\xCC\x8A A\xCC\x8As");
    assert_string_equal(decomposed.raw, "Bodø på Ås");
    assert_string_equal(decomposed.plain, composed.plain);
    assert_int_equal(decomposed.raw_len, strlen("Bodø på Ås"));
    assert_plain("kafe\xCC\x81", "kafe");
}

static void mojibake_and_entities_are_mended(void **state)
{
    (void)state;
    assert_string_equal(plain_of("Ã¦ fÃ¥r bÃ¸ker").raw, "æ får bøker");
    assert_plain("Ã†rlig Ã˜l Ã…s", "ærlig øl ås");
    assert_plain("f&aring;r b&oslash;ker &AElig;", "får bøker æ");
    assert_plain("a &amp; b &ukjent;", "a b ukjent");
    assert_string_equal(plain_of("Ã").raw, "Ã"); /* half of one is left alone */
}

static void invisible_characters_vanish_inside_words(void **state)
{
    (void)state;
    assert_plain("selv\xE2\x80\x8Bhjelp", "selvhjelp");
    assert_plain("selv\xC2\xADhjelp", "selvhjelp");
    assert_plain("\xEF\xBB\xBFhei", "hei");
    assert_plain("\xE2\x80\xAE"
                 "dø",
                 "dø");
    assert_plain("d'e bra, ka’nt", "de bra , kant");
}

static void emoji_and_typed_faces_become_words(void **state)
{
    (void)state;
    assert_plain("😢", "emojitrist");
    assert_plain("hei👍🏽", "hei emojija");
    assert_plain("bra ❤️ takk🙏🙏", "bra emojihjerte takk emojitakk emojitakk");
    assert_plain("nei :(", "nei emojitrist");
    assert_plain("glad i deg <3", "glad i deg emojihjerte");
    assert_plain("🦄", "");
}

static void sentence_marks_become_words_but_not_at_the_ends(void **state)
{
    (void)state;
    assert_plain("Hei! Er du der?", "hei . er du der");
    assert_plain("...hei...", "hei");
    assert_plain("ja, takk", "ja , takk");
    assert_plain("a\nb", "a . b");
    assert_plain("a!!!?? b", "a . b");
    assert_plain("a, ... b", "a . b");
    assert_plain("a; b: c… d", "a . b . c . d");
    assert_plain("?!", "");
}

static void a_question_is_noticed(void **state)
{
    (void)state;
    assert_true(plain_of("koster det noe?").question);
    assert_false(plain_of("det koster noe").question);
}

static void words_know_where_they_stand_in_both_texts(void **state)
{
    (void)state;
    struct text text = plain_of("  Jeg bor, på ÅS!");
    static const struct {
        const char *plain, *raw;
        bool capital, mark;
    } expected[] = {{"jeg", "Jeg", true, true},
                    {"bor", "bor", false, false},
                    {"på", "på", false, true},
                    {"ås", "ÅS", true, false}};
    assert_int_equal(text.n_words, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct word *w = &text.words[i];
        assert_int_equal(w->len, strlen(expected[i].plain));
        assert_memory_equal(text.plain + w->at, expected[i].plain, w->len);
        assert_int_equal(w->raw_len, strlen(expected[i].raw));
        assert_memory_equal(text.raw + w->raw_at, expected[i].raw, w->raw_len);
        assert_int_equal(w->capital, expected[i].capital);
        assert_int_equal(w->mark_before, expected[i].mark);
    }
}

static void canon_equals_plain_without_a_word_list(void **state)
{
    (void)state;
    struct text text = plain_of("Æ vil, ikke. Dø");
    assert_string_equal(text.canon, text.plain);
    assert_int_equal(text.canon_len, text.plain_len);
}

static void canon_folds_words(void **state)
{
    (void)state;
    assert_canon("Æ må jg eg", "jeg må jeg jeg");
    assert_canon("vilikke selv hjelp", "vil ikke selvhjelp");
    assert_canon("Selv. Hjelp", "selv . hjelp"); /* a mark parts the words of a form */
    assert_canon("maa ma", "må ma");             /* two letters are too few to guess an å */
}

static void canon_spells_long_words_and_keeps_kept_ones(void **state)
{
    (void)state;
    assert_canon("psykolg psykollog spykolog", "psykolog psykolog spykolog");
    assert_canon("hjelm", "hjelm");
    assert_canon("1psykolog 12345678", "1psykolog 12345678");
}

static void letters_in_a_row_are_squeezed(void **state)
{
    (void)state;
    assert_canon("hjeeeelp", "hjelp");
    assert_canon("hjellllp", "hjelp");
    assert_canon("sniiiill", "snill"); /* by the listed form with two */
    assert_canon("neiiii", "nei");     /* also where no rule knows the word */
    assert_canon("1000000", "1000000");
    assert_canon("åååå", "åååå");
}

static void bytes_that_are_no_text_count_as_blanks(void **state)
{
    (void)state;
    struct text text = text_normalise("a\xFF"
                                      "b\0c\xC3",
                                      6, NULL, &arena);
    assert_string_equal(text.plain, "a b c");
    assert_string_equal(text.raw, "a b c ");
    assert_plain("sm\xE5 ord", "sm ord"); /* Latin-1 */
}

static void no_more_than_32_KiB_is_looked_at(void **state)
{
    (void)state;
    size_t len = 40000;
    char *bytes = malloc(len); /* exact, so that a sanitizer sees a read behind it */
    for (size_t i = 0; i < len; i++)
        bytes[i] = i % 5 == 4 ? ' ' : 'a';
    memcpy(bytes + TEXT_LARGEST - 1, "\xC3\xA5", 2); /* a letter across the border */
    struct text text = text_normalise(bytes, len, words, &arena);
    assert_true(text.raw_len <= TEXT_LARGEST);
    assert_true(utf8proc_iterate((const utf8proc_uint8_t *)text.raw, 4, &(utf8proc_int32_t){0}) > 0);
    assert_true(text_valid(text.raw, text.raw_len));
    free(bytes);
}

/* What must hold of any input at all. */
static void assert_sound(const char *bytes, size_t len)
{
    struct text text = text_normalise(bytes, len, words, &arena);
    assert_int_equal(strlen(text.raw), text.raw_len);
    assert_int_equal(strlen(text.plain), text.plain_len);
    assert_int_equal(strlen(text.canon), text.canon_len);
    for (size_t at = 0; at < text.raw_len;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.raw + at,
                                              (utf8proc_ssize_t)(text.raw_len - at), &point);
        assert_true(n > 0);
        at += (size_t)n;
    }
    const char *both[] = {text.plain, text.canon};
    for (size_t k = 0; k < 2; k++) {
        size_t n = strlen(both[k]);
        assert_true(text_valid(both[k], n));
        assert_null(strstr(both[k], "  "));
        assert_null(strpbrk(both[k], "\t\n\r!?ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
        if (n) {
            assert_false(both[k][0] == ' ' || both[k][0] == '.' || both[k][0] == ',');
            assert_false(both[k][n - 1] == ' ' || both[k][n - 1] == '.' || both[k][n - 1] == ',');
        }
    }
    size_t last = 0;
    for (size_t i = 0; i < text.n_words; i++) {
        const struct word *w = &text.words[i];
        assert_true(w->len > 0 && w->raw_len > 0);
        assert_true(w->at >= last && w->at + w->len <= text.plain_len);
        assert_true((size_t)w->raw_at + w->raw_len <= text.raw_len);
        assert_null(memchr(text.plain + w->at, ' ', w->len));
        last = w->at + w->len;
    }
}

static const char *const fragments[] = {
    "a",
    "B",
    "æ",
    "Å",
    " ",
    ".",
    ",",
    "?",
    "\n",
    "😢",
    "👍🏽",
    "<3",
    ":(",
    ":-(",
    "\xE2\x80\x8B",
    "\xCC\x8A",
    "\xCC\x81",
    "Ã¦",
    "Ã",
    "&aring;",
    "&",
    "\xFF",
    "\xC3",
    "\xE2\x82",
    "İ",
    "ß",
    "ﬁ",
    "\xCE\x90",
    "\xE0\xA5\x98",
    "ก",
    "中",
    "ا",
    "\xF0\x9D\x85\xA0",
    "Ⱥ",
    "'",
    "’",
    "\x01",
    "12",
    "Ǆ",
    "𐐀",
    "eeee",
    "vilikke",
    "selv",
    "hjelp",
    "psykolg",
    "Ω",
};

static void any_bytes_give_sound_words(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char bytes[400];
        size_t len = 0;
        for (uint32_t n = unit_random(24); n > 0; n--) {
            const char *piece = fragments[unit_random(sizeof fragments / sizeof *fragments)];
            memcpy(bytes + len, piece, strlen(piece));
            len += strlen(piece);
        }
        for (uint32_t n = unit_random(3); n > 0 && len; n--)
            bytes[unit_random((uint32_t)len)] = (char)unit_random(256);
        char *exact = malloc(len + 1);
        memcpy(exact, bytes, len);
        assert_sound(exact, len);
        free(exact);
        arena_reset(&arena);
    }
}

static void the_longest_outputs_fit(void **state)
{
    (void)state;
    static const char *const pieces[] = {"✅",         ":(",
                                         "<3",        "😢",
                                         "a.",        "\xCC\x8A",
                                         "a\xCC\x8A", "\xE0\xA5\x98\xCC\x81",
                                         "Ⱥ ",        "\xCE\x90\xCC\x81"};
    char *bytes = malloc(TEXT_LARGEST);
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        size_t piece = strlen(pieces[p]), len = 0;
        for (; len + piece <= TEXT_LARGEST; len += piece)
            memcpy(bytes + len, pieces[p], piece);
        assert_sound(bytes, len);
        arena_reset(&arena);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(valid_text_is_utf8_without_control_characters, clean),
        cmocka_unit_test_teardown(plain_is_lower_case_with_single_blanks, clean),
        cmocka_unit_test_teardown(accents_other_than_norwegian_ones_go, clean),
        cmocka_unit_test_teardown(composed_and_decomposed_letters_are_the_same, clean),
        cmocka_unit_test_teardown(mojibake_and_entities_are_mended, clean),
        cmocka_unit_test_teardown(invisible_characters_vanish_inside_words, clean),
        cmocka_unit_test_teardown(emoji_and_typed_faces_become_words, clean),
        cmocka_unit_test_teardown(sentence_marks_become_words_but_not_at_the_ends, clean),
        cmocka_unit_test_teardown(a_question_is_noticed, clean),
        cmocka_unit_test_teardown(words_know_where_they_stand_in_both_texts, clean),
        cmocka_unit_test_teardown(canon_equals_plain_without_a_word_list, clean),
        cmocka_unit_test_teardown(canon_folds_words, clean),
        cmocka_unit_test_teardown(canon_spells_long_words_and_keeps_kept_ones, clean),
        cmocka_unit_test_teardown(letters_in_a_row_are_squeezed, clean),
        cmocka_unit_test_teardown(bytes_that_are_no_text_count_as_blanks, clean),
        cmocka_unit_test_teardown(no_more_than_32_KiB_is_looked_at, clean),
        cmocka_unit_test_teardown(any_bytes_give_sound_words, clean),
        cmocka_unit_test_teardown(the_longest_outputs_fit, clean),
    };
    return cmocka_run_group_tests_name("normalise", tests, start, end);
}
