/* The learned labels: learning is repeatable, files go round, broken files are refused with their line. */
#include "unit.h"

#include <math.h>

#include "base/file.h"
#include "text/label_model.h"

static struct err err;
static struct arena arena;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* ---- lessons ---- */

enum { COST, PLACE, REFERRAL, JOIN, N_NAMES };

static const char *const names[] = {"kostnad", "finn_kontaktpunkt", "henvisning", "bli_med"};

struct example {
    size_t label;
    const char *message;
    bool reject;
};

static const struct example handful[] = {{COST, "hva koster det å være med", false},
                                         {COST, "koster det noe å være med", false},
                                         {COST, "er det gratis å være med", false},
                                         {COST, "er det gratis eller koster det penger", false},
                                         {PLACE, "hvor er nærmeste gruppe", false},
                                         {PLACE, "finnes det en gruppe der jeg bor", false},
                                         {PLACE, "hvor er det en gruppe nær der jeg bor", false},
                                         {PLACE, "nærmeste gruppe takk", false},
                                         {REFERRAL, "trenger jeg henvisning fra legen", false},
                                         {REFERRAL, "må jeg ha henvisning", false},
                                         {REFERRAL, "må legen henvise meg", false},
                                         {REFERRAL, "henvisning fra legen trenger jeg det", false},
                                         {JOIN, "jeg vil melde meg på", false},
                                         {JOIN, "hvordan melder jeg meg på", false},
                                         {JOIN, "kan jeg melde meg på her", false},
                                         {JOIN, "påmelding her takk", false}};
enum { HANDFUL = sizeof handful / sizeof *handful };

static struct text text_of(const char *message)
{
    return text_normalise(message, strlen(message), NULL, &arena);
}

static struct label_model *learn(const struct example *examples, size_t count)
{
    struct label_lesson *lessons = arena_alloc(&arena, (count + 1) * sizeof *lessons);
    for (size_t i = 0; i < count; i++) {
        struct text text = text_of(examples[i].message);
        lessons[i].count = label_model_features(&text, &arena, &lessons[i].features);
        lessons[i].label = examples[i].label;
        lessons[i].reject = examples[i].reject;
    }
    struct label_model *model = label_model_learn(lessons, count, names, N_NAMES);
    assert_non_null(model);
    return model;
}

/* ---- scores ---- */

static double margin(const struct label_model *model, const char *message, size_t label)
{
    float margins[LABELS_MOST];
    struct text text = text_of(message);
    label_model_score(model, &text, margins);
    return (double)margins[label];
}

static size_t best(const struct label_model *model, const char *message)
{
    size_t label = 0;
    for (size_t i = 1; i < label_model_count(model); i++)
        if (margin(model, message, i) > margin(model, message, label))
            label = i;
    return label;
}

static void assert_finite(const struct label_model *model, const struct text *text)
{
    float *margins = malloc(LABELS_MOST * sizeof *margins); /* exact, for a sanitizer */
    assert_non_null(margins);
    label_model_score(model, text, margins);
    for (size_t i = 0; i < label_model_count(model); i++)
        if (!isfinite((double)margins[i]))
            fail_msg("label %zu has no margin: %.40s", i, text->plain);
    free(margins);
}

/* The text in buffers that end where it does. */
static void assert_finite_exactly(const struct label_model *model, const char *message, size_t len)
{
    struct text text = text_normalise(message, len, NULL, &arena);
    char *canon = strdup(text.canon), *plain = strdup(text.plain);
    assert_non_null(canon);
    assert_non_null(plain);
    text.canon = canon;
    text.plain = plain;
    assert_finite(model, &text);
    free(canon);
    free(plain);
}

/* ---- learning ---- */

static void a_handful_of_lessons_finds_the_labels_again(void **state)
{
    (void)state;
    struct label_model *model = learn(handful, HANDFUL);
    assert_int_equal(label_model_count(model), N_NAMES);
    for (size_t i = 0; i < N_NAMES; i++)
        assert_string_equal(label_model_name(model, i), names[i]);
    for (size_t i = 0; i < HANDFUL; i++) {
        if (best(model, handful[i].message) != handful[i].label)
            fail_msg("%s: %s", names[best(model, handful[i].message)], handful[i].message);
        assert_true(margin(model, handful[i].message, handful[i].label) > 0);
    }
    assert_int_equal(best(model, "koster det penger å være med"), COST); /* not a lesson */
    assert_int_equal(best(model, "er det en gruppe nær meg"), PLACE);
    assert_int_equal(best(model, "jeg har ikke henvisning fra legen"), REFERRAL);
    assert_int_equal(best(model, "melde meg på takk"), JOIN);
    label_model_free(model);
}

static void features_and_texts_are_scored_alike(void **state)
{
    (void)state;
    struct label_model *model = learn(handful, HANDFUL);
    struct text text = text_of("hvor er det gratis");
    uint16_t *features;
    float one[LABELS_MOST], two[LABELS_MOST];
    size_t count = label_model_features(&text, &arena, &features);
    label_model_score_features(model, features, count, one);
    label_model_score(model, &text, two);
    assert_memory_equal(one, two, N_NAMES * sizeof *one);
    label_model_free(model);
}

static void a_reject_pushes_its_label_down_and_no_other(void **state)
{
    static const char message[] = "er det gratis for en gruppe";
    struct example examples[HANDFUL + 1];
    (void)state;
    memcpy(examples, handful, sizeof handful);
    struct label_model *without = learn(examples, HANDFUL);
    examples[HANDFUL] = (struct example){COST, message, true};
    struct label_model *with = learn(examples, HANDFUL + 1);
    examples[HANDFUL] = (struct example){REFERRAL, message, false};
    struct label_model *told = learn(examples, HANDFUL + 1);
    assert_true(margin(with, message, COST) < margin(without, message, COST) - 0.3);
    assert_true(margin(with, message, COST) < 0);
    for (size_t i = 0; i < N_NAMES; i++)
        if (i != COST && margin(with, message, i) < margin(without, message, i) - 0.15)
            fail_msg("%s fell from %f to %f", names[i], margin(without, message, i),
                     margin(with, message, i));
    /* a lesson that tells the label pushes all the others down */
    assert_true(margin(told, message, PLACE) < margin(with, message, PLACE) - 0.15);
    for (size_t i = 0; i < HANDFUL; i++)
        assert_int_equal(best(with, handful[i].message), handful[i].label);
    label_model_free(without);
    label_model_free(with);
    label_model_free(told);
}

static void a_label_with_few_lessons_is_not_drowned(void **state)
{
    static const char *const verbs[] = {"finne", "se", "høre om", "lese om", "vite om",
                                        "møte",  "ha", "treffe",  "besøke",  "prøve"};
    static const char *const things[] = {"en gruppe", "noen grupper", "en gruppe her", "gruppe i kveld",
                                         "en ny gruppe"};
    enum { VERBS = 10, THINGS = 5, MANY = VERBS * THINGS, FEW = 2 };
    struct example examples[MANY + FEW];
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        char *message = arena_printf(&arena, "jeg vil gjerne %s %s", verbs[i % VERBS], things[i / VERBS]);
        examples[i] = (struct example){PLACE, message, false};
    }
    examples[MANY] = (struct example){JOIN, "jeg vil gjerne melde meg på en gruppe", false};
    examples[MANY + 1] = (struct example){JOIN, "melde meg på nå", false};
    struct label_model *model = learn(examples, MANY + FEW);
    assert_int_equal(best(model, "jeg vil gjerne melde meg på en gruppe"), JOIN);
    assert_int_equal(best(model, "jeg vil gjerne melde meg på en ny gruppe her"), JOIN);
    assert_true(margin(model, "jeg vil gjerne melde meg på en gruppe", JOIN) > 0);
    assert_int_equal(best(model, "jeg vil gjerne se en gruppe"), PLACE);
    label_model_free(model);
}

static void nothing_to_learn_from_gives_a_model_all_the_same(void **state)
{
    static const struct example empty[] = {{COST, "", false}, {PLACE, "", false}};
    (void)state;
    struct label_model *none = learn(handful, 0), *hollow = learn(empty, 2), *one = learn(handful, 1);
    assert_finite_exactly(none, "hva koster det", 14);
    assert_finite_exactly(hollow, "hva koster det", 14);
    assert_finite_exactly(one, "hva koster det", 14);
    assert_true(margin(one, "hva koster det", JOIN) < 0); /* a label without a lesson */
    label_model_free(none);
    label_model_free(hollow);
    label_model_free(one);
}

/* ---- features ---- */

static void features_stand_once_each(void **state)
{
    char *longest = malloc(TEXT_LARGEST + 1);
    (void)state;
    assert_non_null(longest);
    for (size_t i = 0; i < TEXT_LARGEST; i++)
        longest[i] = i % 7 == 6 ? ' ' : (char)('a' + unit_random(26));
    longest[TEXT_LARGEST] = '\0';
    const char *const messages[] = {
        "", "a", "gruppe gruppe gruppe", "Hva koster det? Hva koster det?", "æøå ÆØÅ 😀", longest};
    for (size_t n = 0; n < sizeof messages / sizeof *messages; n++) {
        struct text text = text_of(messages[n]);
        bool *seen = arena_alloc(&arena, LABEL_BUCKETS * sizeof *seen);
        uint16_t *features;
        size_t count = label_model_features(&text, &arena, &features);
        assert_true((count == 0) == (n == 0));
        assert_true(count <= 8000);
        for (size_t i = 0; i < count; i++) {
            assert_true((unsigned)features[i] < (unsigned)LABEL_BUCKETS);
            assert_false(seen[features[i]]);
            seen[features[i]] = true;
        }
    }
    free(longest);
}

/* Without a word list both forms are the same: each bucket stands in both halves. */
static void both_forms_of_a_text_are_kept_apart(void **state)
{
    (void)state;
    struct text text = text_of("hva koster det å være med i en gruppe");
    uint16_t *features;
    size_t count = label_model_features(&text, &arena, &features);
    assert_int_equal(count % 2, 0);
    for (size_t i = 0; i < count / 2; i++)
        assert_int_equal(features[i] + LABEL_BUCKETS / 2, features[count / 2 + i]);
}

/* ---- texts of every kind ---- */

static void any_text_is_scored_in_bounds(void **state)
{
    static const char *const messages[] = {"",
                                           " ",
                                           "a",
                                           "____ ___ _",
                                           "😀😀😀 🖤",
                                           "привет как дела",
                                           "如何加入小组",
                                           "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
                                           "\xff\xfe\x80\xc3",
                                           "\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf",
                                           "%s%n%x ../../ '; --"};
    (void)state;
    struct label_model *model = learn(handful, HANDFUL);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        assert_finite_exactly(model, messages[i], strlen(messages[i]));
    assert_finite_exactly(model, "hva\0koster", 10);
    label_model_free(model);
}

static void the_longest_text_is_scored_in_bounds(void **state)
{
    static const char *const fillers[] = {"hva koster det ", "a", "a ", "å", "å ", "😀", ". ", "_ ", "\xff"};
    char *longest = malloc(TEXT_LARGEST);
    (void)state;
    assert_non_null(longest);
    struct label_model *model = learn(handful, HANDFUL);
    for (size_t n = 0; n < sizeof fillers / sizeof *fillers; n++) {
        for (size_t i = 0; i < TEXT_LARGEST; i++)
            longest[i] = fillers[n][i % strlen(fillers[n])];
        assert_finite_exactly(model, longest, TEXT_LARGEST);
    }
    for (size_t i = 0; i < TEXT_LARGEST; i++)
        longest[i] = (char)unit_random(256);
    assert_finite_exactly(model, longest, TEXT_LARGEST);
    free(longest);
    label_model_free(model);
}

/* ---- the file ---- */

/* What lies in the file, the arena's. */
static const char *contents(const char *path)
{
    struct buf text = BUF_INIT(8 * 1024 * 1024);
    assert_int_equal(file_read(path, &text, &err), 0);
    const char *copy = arena_strndup(&arena, buf_str(&text), text.len);
    buf_free(&text);
    return copy;
}

static void the_same_lessons_give_the_same_file(void **state)
{
    (void)state;
    struct label_model *a = learn(handful, HANDFUL), *b = learn(handful, HANDFUL);
    assert_int_equal(label_model_save(a, unit_path("a.weights"), &err), 0);
    assert_int_equal(label_model_save(b, unit_path("b.weights"), &err), 0);
    assert_no_fault(&err);
    const char *one = contents(unit_path("a.weights")), *two = contents(unit_path("b.weights"));
    assert_contains(one, "\nlabel kostnad ");
    assert_true(strcmp(one, two) == 0);
    label_model_free(a);
    label_model_free(b);
}

static struct label_model *through_a_file(const struct label_model *model)
{
    assert_int_equal(label_model_save(model, unit_path("m.weights"), &err), 0);
    struct label_model *read = label_model_load(unit_path("m.weights"), &err);
    assert_no_fault(&err);
    assert_non_null(read);
    return read;
}

static void a_saved_model_gives_the_same_margins(void **state)
{
    static const char *const others[] = {"", "er det noe for meg her", "hva er det", "jeg bor der", "takk"};
    enum { OTHERS = sizeof others / sizeof *others };
    (void)state;
    struct label_model *model = learn(handful, HANDFUL), *read = through_a_file(model);
    assert_int_equal(label_model_count(read), N_NAMES);
    for (size_t n = 0; n < HANDFUL + OTHERS; n++) {
        const char *message = n < HANDFUL ? handful[n].message : others[n - HANDFUL];
        for (size_t i = 0; i < N_NAMES; i++) {
            assert_string_equal(label_model_name(read, i), names[i]);
            double before = margin(model, message, i), after = margin(read, message, i);
            if (fabs(before - after) > 1e-4)
                fail_msg("%s: %f became %f: %s", names[i], before, after, message);
        }
    }
    label_model_free(read);
    label_model_free(model);
}

static void a_read_model_is_written_as_it_was(void **state)
{
    (void)state;
    struct label_model *model = label_model_load("intents/labels.weights", &err);
    assert_no_fault(&err);
    assert_non_null(model);
    assert_int_equal(label_model_save(model, unit_path("real.weights"), &err), 0);
    assert_true(strcmp(contents("intents/labels.weights"), contents(unit_path("real.weights"))) == 0);
    label_model_free(model);
}

static void saving_where_no_folder_is_is_refused(void **state)
{
    (void)state;
    struct label_model *model = learn(handful, HANDFUL);
    assert_int_equal(label_model_save(model, unit_path("no_folder/m.weights"), &err), -1);
    assert_says(&err, "no_folder");
    label_model_free(model);
}

/* ---- broken files ---- */

static void assert_refused(const char *text, const char *part)
{
    err_clear(&err);
    struct label_model *model = label_model_load(unit_write("m.weights", text), &err);
    label_model_free(model);
    if (model)
        fail_msg("accepted: %.80s", text);
    assert_says(&err, part);
    assert_says(&err, "/m.weights");
    assert_int_equal(err.count, 1);
}

#define A "label a 0.5 0.1\n"

static void broken_label_lines_are_refused(void **state)
{
    static const char *const lines[] = {"label",
                                        "label ",
                                        "label b",
                                        "label b 0.5",
                                        "label b x 0.1",
                                        "label b 0.5 x",
                                        "label b 0 0.1",
                                        "label b 1 0.1",
                                        "label b -0.5 0.1",
                                        "label b nan 0.1",
                                        "label b inf 0.1",
                                        "label b 0.5 nan",
                                        "label b 0.5 x",
                                        "label b 0.5 inf",
                                        "label b 0.5 100",
                                        "label b -0 0.1",
                                        "Label b 0.5 0.1",
                                        "nonsense",
                                        " ",
                                        "b 0.5 0.1",
                                        "\xff\xfe",
                                        "label\tb",
                                        "0.5",
                                        "label b 1e99 0",
                                        "label b 0.5 1e99"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_refused(arena_printf(&arena, "# made\n" A "%s\n", lines[i]), "m.weights:3: ");
    assert_refused("label aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd 0.5 0.1\n", "m.weights:1: ");
}

static void something_behind_a_label_is_refused(void **state)
{
    (void)state;
    assert_refused(A "label b 0.5 0.1 0.2\n", "m.weights:2: ");
    assert_refused(A "label b 0.5 0.1x\n", "m.weights:2: ");
}

static void broken_bucket_lines_are_refused(void **state)
{
    static const char *const lines[] = {
        "32768 0101", /* out of range */
        "65536 0101",
        "4294967297 0101",
        "99999999999999999999999 0101",
        "-1 0101",
        "5", /* too short */
        "5 ",
        "5 01",
        "5 010",
        "5 01010", /* too long */
        "5 010101",
        "5 0101 ",
        "5 0101\r ",
        "5 01g1", /* not hexadecimal */
        "5 0x01",
        "5 01-1",
        "5  101",
        "5 01\xc3\xa5",
        "5\t0101",
        "50101",
        "x 0101",
        " 0101",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_refused(arena_printf(&arena, A "\n# bucket\n5 0101\n%s\n", lines[i]), "m.weights:5: ");
}

/* strtoul takes 2^64 - 1 below zero for 1. */
static void a_bucket_below_zero_is_refused(void **state)
{
    (void)state;
    assert_refused(A "-18446744073709551615 0101\n", "m.weights:2: ");
}

static void a_line_longer_than_any_is_refused(void **state)
{
    char line[4000];
    (void)state;
    for (size_t len = 100; len < sizeof line; len += 59) {
        memset(line, '0', len);
        line[len] = '\0';
        assert_refused(arena_printf(&arena, A "5 %s\n", line), "m.weights:2: ");
        assert_refused(arena_printf(&arena, A "label b 0.5 %s1x\n%s\n", line, line), "m.weights:");
    }
}

static void files_without_a_label_are_refused(void **state)
{
    (void)state;
    assert_refused("", "has no label");
    assert_refused("\n\n", "has no label");
    assert_refused("# only a comment\n", "has no label");
    err_clear(&err);
    assert_null(label_model_load(unit_path("missing.weights"), &err));
    assert_says(&err, "missing.weights");
    err_clear(&err);
    assert_null(label_model_load(unit_folder(), &err));
    assert_says(&err, unit_folder());
}

static const char *many_labels(size_t count)
{
    struct buf text = BUF_INIT(100000);
    for (size_t i = 0; i < count; i++)
        buf_addf(&text, "label l%zu 0.5 0.1\n", i);
    buf_addf(&text, "32767 ff");
    for (size_t i = 0; i < count; i++)
        buf_addf(&text, "80");
    buf_addf(&text, "\n");
    const char *copy = arena_strdup(&arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

static void there_are_at_most_labels_most(void **state)
{
    (void)state;
    struct label_model *model = label_model_load(unit_write("full.weights", many_labels(LABELS_MOST)), &err);
    assert_no_fault(&err);
    assert_int_equal(label_model_count(model), LABELS_MOST);
    assert_string_equal(label_model_name(model, LABELS_MOST - 1), "l47");
    assert_finite_exactly(model, "hva koster det", 14);
    label_model_free(model);
    assert_refused(many_labels(LABELS_MOST + 1), "m.weights:49: ");
}

static void a_huge_file_is_refused(void **state)
{
    enum { HUGE_FILE = 8 * 1024 * 1024 + 1 };
    char *text = malloc(HUGE_FILE + 1);
    (void)state;
    assert_non_null(text);
    memset(text, '\n', HUGE_FILE); /* nothing else would be wrong with it */
    memcpy(text, A, sizeof A - 1);
    text[HUGE_FILE] = '\0';
    assert_refused(text, "largest size");
    free(text);
}

static void the_extremes_of_a_file_are_read(void **state)
{
    (void)state;
    const char *path = unit_write("m.weights", "label a 1e-300 -99.9\r\nlabel b 0.999 99.9\n\n"
                                               "0 ff807f\n32767 ff7f80\n16384 000000");
    struct label_model *model = label_model_load(path, &err);
    assert_no_fault(&err);
    assert_non_null(model);
    assert_string_equal(label_model_name(model, 1), "b");
    uint16_t features[] = {0, 16384, 32767};
    float margins[LABELS_MOST];
    label_model_score_features(model, features, 3, margins);
    assert_float_equal(margins[0], -99.9F, 1e-3F);
    assert_float_equal(margins[1], 99.9F - 0.999F, 1e-3F); /* 127 and -128 of them */
    label_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_handful_of_lessons_finds_the_labels_again),
        TEST(features_and_texts_are_scored_alike),
        TEST(a_reject_pushes_its_label_down_and_no_other),
        TEST(a_label_with_few_lessons_is_not_drowned),
        TEST(nothing_to_learn_from_gives_a_model_all_the_same),
        TEST(features_stand_once_each),
        TEST(both_forms_of_a_text_are_kept_apart),
        TEST(any_text_is_scored_in_bounds),
        TEST(the_longest_text_is_scored_in_bounds),
        TEST(the_same_lessons_give_the_same_file),
        TEST(a_saved_model_gives_the_same_margins),
        TEST(a_read_model_is_written_as_it_was),
        TEST(saving_where_no_folder_is_is_refused),
        TEST(broken_label_lines_are_refused),
        TEST(something_behind_a_label_is_refused),
        TEST(broken_bucket_lines_are_refused),
        TEST(a_bucket_below_zero_is_refused),
        TEST(a_line_longer_than_any_is_refused),
        TEST(files_without_a_label_are_refused),
        TEST(there_are_at_most_labels_most),
        TEST(a_huge_file_is_refused),
        TEST(the_extremes_of_a_file_are_read),
    };
    return cmocka_run_group_tests_name("label_model", tests, NULL, NULL);
}
