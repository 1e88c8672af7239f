/* The learned second look: learning is repeatable, files go round, broken files are refused. */
#include "unit.h"

#include "base/file.h"
#include "text/care.h"
#include "text/care_model.h"
#include "text/features.h"

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

static struct text text_of(const char *message)
{
    return text_normalise(message, strlen(message), NULL, &arena);
}

static struct care_model *learn(void)
{
    static const struct {
        const char *message;
        bool crisis;
    } messages[] = {{"jeg orker ikke mer nå", true},
                    {"alt er mørkt og jeg vil bort", true},
                    {"orker ikke mer av dette livet", true},
                    {"vil bare bort fra alt", true},
                    {"hva koster det å være med", false},
                    {"hvor er nærmeste gruppe", false},
                    {"jeg bor i oslo", false},
                    {"er det gratis å bli med", false}};
    enum { COUNT = sizeof messages / sizeof *messages };
    struct care_lesson lessons[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct text text = text_of(messages[i].message);
        lessons[i].features = arena_alloc(&arena, FEATURES_MOST * sizeof *lessons[i].features);
        lessons[i].count = features_of(text.canon, lessons[i].features);
        lessons[i].crisis = messages[i].crisis;
    }
    return care_model_learn(lessons, COUNT);
}

static double score(const struct care_model *model, const char *message)
{
    struct text text = text_of(message);
    return care_model_score(model, text.canon);
}

static void learning_tells_the_lessons_apart(void **state)
{
    (void)state;
    struct care_model *model = learn();
    assert_true(score(model, "jeg orker ikke mer") > 0.5);
    assert_true(score(model, "hva koster gruppe") < 0.5);
    double nothing = score(model, "");
    assert_true(nothing >= 0 && nothing <= 1);
    care_model_free(model);
}

static void the_same_lessons_give_the_same_model(void **state)
{
    (void)state;
    struct care_model *a = learn(), *b = learn();
    struct buf one = BUF_INIT(4000000), two = BUF_INIT(4000000);
    char first[600], second[600];
    snprintf(first, sizeof first, "%s", unit_path("a.model"));
    snprintf(second, sizeof second, "%s", unit_path("b.model"));
    assert_int_equal(care_model_save(a, first, &err), 0);
    assert_int_equal(care_model_save(b, second, &err), 0);
    assert_int_equal(file_read(first, &one, &err), 0);
    assert_int_equal(file_read(second, &two, &err), 0);
    assert_string_equal(buf_str(&one), buf_str(&two));
    buf_free(&one);
    buf_free(&two);
    care_model_free(a);
    care_model_free(b);
}

static void a_model_goes_round_through_its_file(void **state)
{
    (void)state;
    struct care_model *model = learn();
    care_model_set_threshold(model, 0.25);
    const char *path = unit_path("m.model");
    assert_int_equal(care_model_save(model, path, &err), 0);
    struct care_model *read = care_model_load(path, &err);
    assert_no_fault(&err);
    assert_float_equal(care_model_threshold(read), 0.25, 1e-9);
    assert_float_equal(score(read, "jeg orker ikke mer"), score(model, "jeg orker ikke mer"), 0.02);
    care_model_free(read);
    care_model_free(model);
}

static void broken_files_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "has no threshold"},
        {"threshold 0.5\nnonsense\n", "m.model:2: "},
        {"threshold 0\n", "has no threshold"},
        {"threshold 1\n", "has no threshold"},
        {"threshold nan\n", "m.model:1: "},
        {"threshold 0.5\n-1 2\n", "m.model:2: "},
        {"threshold 0.5\n65536 2\n", "m.model:2: "},
        {"threshold 0.5\n1 inf\n", "m.model:2: "},
        {"threshold 0.5\n1 2x\n", "m.model:2: "},
        {"threshold 0.5\n1 \n", "m.model:2: "},
        {"threshold 0.5\nx 2\n", "m.model:2: "},
        {"threshold 0.5\n\n#\n1 9999\n", "m.model:4: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err_clear(&err);
        if (care_model_load(unit_write("m.model", cases[i].text), &err))
            fail_msg("accepted: %s", cases[i].text);
        assert_says(&err, cases[i].part);
    }
    err_clear(&err);
    assert_null(care_model_load(unit_path("missing.model"), &err));
    assert_says(&err, "missing.model");
}

static void features_are_bounded_for_the_longest_text(void **state)
{
    (void)state;
    uint16_t *features = malloc(FEATURES_MOST * sizeof *features); /* exact, for a sanitizer */
    char *message = malloc(TEXT_LARGEST + 1);
    for (size_t i = 0; i < TEXT_LARGEST; i++)
        message[i] = i % 7 == 6 ? ' ' : (char)('a' + unit_random(26));
    message[TEXT_LARGEST] = '\0';
    struct text text = text_of(message);
    assert_true(features_of(text.canon, features) <= FEATURES_MOST);
    memset(message, 'a', TEXT_LARGEST);
    text = text_of(message);
    size_t count = features_of(text.canon, features);
    assert_true(count <= FEATURES_MOST);
    for (size_t i = 0; i < count; i++)
        assert_true((unsigned)features[i] < (unsigned)FEATURE_BUCKETS);
    text = text_of("");
    assert_int_equal(features_of(text.canon, features), 0);
    free(message);
    free(features);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(learning_tells_the_lessons_apart, start, end),
        cmocka_unit_test_setup_teardown(the_same_lessons_give_the_same_model, start, end),
        cmocka_unit_test_setup_teardown(a_model_goes_round_through_its_file, start, end),
        cmocka_unit_test_setup_teardown(broken_files_are_refused_with_their_line, start, end),
        cmocka_unit_test_setup_teardown(features_are_bounded_for_the_longest_text, start, end),
    };
    return cmocka_run_group_tests_name("care_model", tests, NULL, NULL);
}
