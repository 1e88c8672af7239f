/* What the learned models see of a text: words, pairs and grams, told apart, bounded, blanks passed over. */
#include "unit.h"

#include "text/features.h"
#include "text/normalise.h"

static uint16_t *features; /* FEATURES_MOST, exact, for a sanitizer */

static int start(void **state)
{
    (void)state;
    features = malloc(FEATURES_MOST * sizeof *features);
    assert_non_null(features);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(features);
    return 0;
}

static size_t words_among(const uint16_t *list, size_t count)
{
    size_t words = 0;
    for (size_t i = 0; i < count; i++)
        words += (list[i] & FEATURE_WORD) != 0;
    return words;
}

static bool holds(const uint16_t *list, size_t count, uint16_t feature)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == feature)
            return true;
    return false;
}

/* Both texts have the same features in the same order. */
static void assert_alike(const char *a, const char *b)
{
    uint16_t other[FEATURES_MOST];
    size_t count = features_of(a, features);
    if (features_of(b, other) != count || memcmp(features, other, count * sizeof *other))
        fail_msg("\"%s\" and \"%s\" differ", a, b);
}

/* ---- words and grams ---- */

/* A word of n letters in spaces holds n grams of three, n - 1 of four and n - 2 of five. */
static void words_and_grams_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        size_t words, grams;
    } cases[] = {{"", 0, 0},
                 {"i", 3, 1},
                 {"du", 3, 2 + 1},
                 {"hei", 3, 3 + 2 + 1},
                 {"gruppe", 3, 6 + 5 + 4},
                 {"du gruppe", 6, 3 + 15},
                 {"hei hei", 6, 6 + 6}, /* repeats stand as often as they occur */
                 {". ,", 6, 1 + 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = features_of(cases[i].text, features), words = words_among(features, count);
        if (words != cases[i].words || count - words != cases[i].grams)
            fail_msg("\"%s\": %zu words, %zu grams", cases[i].text, words, count - words);
    }
}

static void grams_do_not_know_the_order_of_words_but_pairs_do(void **state)
{
    uint16_t other[64];
    (void)state;
    size_t count = features_of("gruppe kurs", features);
    assert_int_equal(features_of("kurs gruppe", other), count);
    size_t missing_words = 0, missing_grams = 0;
    for (size_t i = 0; i < count; i++)
        if (!holds(other, count, features[i]))
            *(features[i] & FEATURE_WORD ? &missing_words : &missing_grams) += 1;
    assert_int_equal(missing_grams, 0);
    assert_int_equal(missing_words, 2); /* the pair, and the word that begins */
}

static void a_pair_with_one_word_between_is_seen(void **state)
{
    uint16_t one[64], two[64];
    (void)state;
    size_t n_one = features_of("ta livet mitt", one), n_two = features_of("ta bilen mitt", two), shared = 0;
    for (size_t i = 0; i < n_one; i++)
        shared += one[i] & FEATURE_WORD && holds(two, n_two, one[i]);
    /* `ta`, with nothing before it and nothing before that; `mitt`; `ta … mitt` */
    assert_int_equal(shared, 5);
}

static void the_same_text_gives_the_same_features(void **state)
{
    (void)state;
    assert_alike("jeg vil bli med i en gruppe", "jeg vil bli med i en gruppe");
}

/* The grams of a word end after its 62nd byte; the word itself counts whole. */
static void a_very_long_word_is_cut_for_its_grams_only(void **state)
{
    char one[200], two[200];
    uint16_t other[FEATURES_MOST];
    (void)state;
    memset(one, 'a', sizeof one);
    memset(two, 'a', sizeof two);
    one[199] = two[199] = '\0';
    two[100] = 'b';
    size_t count = features_of(one, features);
    assert_int_equal(features_of(two, other), count);
    assert_int_equal(words_among(features, count), 3);
    assert_int_equal(count, 3 + 62 + 61 + 60);
    assert_int_not_equal(features[0], other[0]);
    assert_memory_equal(features + 3, other + 3, (count - 3) * sizeof *other);
}

/* ---- blanks ---- */

static void blanks_are_passed_over(void **state)
{
    (void)state;
    assert_alike("pappa ____ ___ alltid", "pappa alltid");
    assert_alike("___ pappa alltid", "pappa alltid");
    assert_alike("pappa alltid ___", "pappa alltid");
    assert_alike("_", "");
    assert_alike("___ ___ ______", "");
}

/* decide.c gives the end of a long story with the space that stood before it. */
static void a_space_in_front_is_no_word(void **state)
{
    (void)state;
    const char *at = " hei du";
    size_t count = 0;
    assert_int_equal(features_of_words(&at, 10, features, &count), 2);
    assert_alike(" hei du", "hei du");
}

/* ---- bounds ---- */

static void there_are_at_most_features_most(void **state)
{
    enum { LARGEST = 32 * 1024 };
    static const size_t lengths[] = {1, 2, 6, 40, 80, LARGEST};
    char *text = malloc(LARGEST + 1); /* exact */
    (void)state;
    assert_non_null(text);
    for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        for (size_t i = 0; i < LARGEST; i++)
            text[i] = i % (lengths[n] + 1) == lengths[n] ? ' ' : (char)('a' + unit_random(26));
        text[LARGEST] = '\0';
        size_t count = features_of(text, features);
        assert_true(count <= FEATURES_MOST);
        assert_true(lengths[n] > 80 || count == FEATURES_MOST);
    }
    free(text);
}

static void letters_of_several_bytes_stay_in_bounds(void **state)
{
    static const char *const texts[] = {"å",      "æøå æøå",    "😀 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
                                        "привет", "\xc3\xa5 i", "\xff\xfe \x80"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *exact = strdup(texts[i]);
        assert_non_null(exact);
        size_t count = features_of(exact, features);
        assert_true(count > 3 && count <= FEATURES_MOST);
        free(exact);
    }
}

/* ---- some words of a text ---- */

static void some_words_are_read_and_passed(void **state)
{
    const char *text = "jeg vil ___ bli med", *at = text;
    size_t count = 0;
    (void)state;
    assert_int_equal(features_of_words(&at, 2, features, &count), 2);
    assert_string_equal(at, "___ bli med");
    assert_int_equal(count, 6 + 6 + 6);
    assert_int_equal(features_of_words(&at, 1, features, &count), 1); /* the blank is no word */
    assert_string_equal(at, "med");
    assert_int_equal(count, 9 + 6 + 6 + 6);
    assert_int_equal(features_of_words(&at, 5, features, &count), 1); /* no more are there */
    assert_string_equal(at, "");
    assert_ptr_equal(at, text + strlen(text));
    size_t before = count;
    assert_int_equal(features_of_words(&at, 5, features, &count), 0);
    assert_int_equal(count, before);
    assert_ptr_equal(at, text + strlen(text));
}

static void no_words_read_nothing(void **state)
{
    const char *text = "jeg vil", *at = text;
    size_t count = 0;
    (void)state;
    assert_int_equal(features_of_words(&at, 0, features, &count), 0);
    assert_ptr_equal(at, text);
    assert_int_equal(count, 0);
}

static void what_was_there_is_kept(void **state)
{
    const char *at = "gruppe";
    size_t count = 2;
    (void)state;
    features[0] = 7;
    features[1] = 9;
    assert_int_equal(features_of_words(&at, 1, features, &count), 1);
    assert_int_equal(count, 2 + 3 + 15);
    assert_int_equal(features[0], 7);
    assert_int_equal(features[1], 9);
}

static void words_are_counted_where_there_is_no_room(void **state)
{
    const char *at = "jeg vil bli med";
    size_t count = FEATURES_MOST;
    (void)state;
    assert_int_equal(features_of_words(&at, 10, features, &count), 4);
    assert_string_equal(at, "");
    assert_int_equal(count, FEATURES_MOST);
}

static void all_words_at_once_are_the_whole_text(void **state)
{
    static const char text[] = "jeg vil bli med i gruppe . hva koster det";
    uint16_t other[FEATURES_MOST];
    const char *at = text;
    size_t count = 0;
    (void)state;
    assert_int_equal(features_of_words(&at, 100, other, &count), 10);
    assert_int_equal(features_of(text, features), count);
    assert_memory_equal(features, other, count * sizeof *other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(words_and_grams_are_told_apart),
        TEST(grams_do_not_know_the_order_of_words_but_pairs_do),
        TEST(a_pair_with_one_word_between_is_seen),
        TEST(the_same_text_gives_the_same_features),
        TEST(a_very_long_word_is_cut_for_its_grams_only),
        TEST(blanks_are_passed_over),
        TEST(a_space_in_front_is_no_word),
        TEST(there_are_at_most_features_most),
        TEST(letters_of_several_bytes_stay_in_bounds),
        TEST(some_words_are_read_and_passed),
        TEST(no_words_read_nothing),
        TEST(what_was_there_is_kept),
        TEST(words_are_counted_where_there_is_no_room),
        TEST(all_words_at_once_are_the_whole_text),
    };
    return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
