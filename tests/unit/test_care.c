/* Care: level and class from the crisis intents' scores. */
#include "unit.h"

#include "text/care.h"

static struct intents *intents;
static struct intent_score scores[INTENTS_MOST];
static struct text text = {
    .raw = "", .plain = "", .canon = ""}; /* for the model, which this folder has not */

static int load(void **state)
{
    struct err err = {.count = 0};
    (void)state;
    unit_write("i/words.txt", "");
    unit_write("i/sets.txt", "");
    unit_write("i/a_talk.intent", "class talk\npattern hei\n");
    unit_write("i/krise_a.intent", "class crisis\npriority 1\npattern dø\n");
    unit_write("i/krise_b.intent", "class crisis\npriority 5\npattern slår\n");
    unit_write("i/krise_c.intent", "class crisis\npriority 3\npattern brann\n");
    intents = intents_load(unit_path("i"), &err);
    assert_no_fault(&err);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    intents_free(intents);
    return 0;
}

static int start(void **state)
{
    (void)state;
    memset(scores, 0, sizeof scores);
    return 0;
}

static struct intent_score *of(const char *label)
{
    return &scores[intents_find(intents, label)->number];
}

static void assert_care(enum care_level level, const char *label)
{
    struct care care = care_decide(intents, scores, text.canon);
    assert_int_equal(care.level, level);
    assert_string_equal(care.class ? care.class->label : "", label);
}

static void nothing_is_none(void **state)
{
    (void)state;
    of("a_talk")->best = 100;
    assert_care(CARE_NONE, "");
    assert_int_equal(care_decide(intents, scores, text.canon).line, 0);
}

static void full_weight_is_certain_less_is_possible(void **state)
{
    (void)state;
    of("krise_a")->best = 99;
    assert_care(CARE_POSSIBLE, "krise_a");
    of("krise_a")->best = 1;
    assert_care(CARE_POSSIBLE, "krise_a");
    of("krise_a")->best = 100;
    of("krise_a")->line = 17;
    assert_care(CARE_CERTAIN, "krise_a");
    assert_int_equal(care_decide(intents, scores, text.canon).line, 17);
}

static void the_best_score_decides_the_class(void **state)
{
    (void)state;
    of("krise_b")->best = 60;
    of("krise_a")->best = 100;
    assert_care(CARE_CERTAIN, "krise_a");
}

static void priority_decides_between_equal_scores(void **state)
{
    (void)state;
    of("krise_a")->best = of("krise_b")->best = of("krise_c")->best = 100;
    assert_care(CARE_CERTAIN, "krise_b");
    of("krise_b")->best = 0;
    assert_care(CARE_CERTAIN, "krise_c");
}

static void a_passed_limit_counts_as_possible(void **state)
{
    (void)state;
    of("krise_a")->limit = true;
    assert_care(CARE_POSSIBLE, "krise_a");
    of("a_talk")->limit = true;
    assert_care(CARE_POSSIBLE, "krise_a");
}

static void a_passed_limit_hides_nothing_that_matched(void **state)
{
    (void)state;
    of("krise_b")->limit = true;
    of("krise_a")->best = 100;
    assert_care(CARE_CERTAIN, "krise_a");
    of("krise_a")->limit = true;
    assert_care(CARE_CERTAIN, "krise_a");
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_string_equal(care_name(CARE_NONE), "none");
    assert_string_equal(care_name(CARE_POSSIBLE), "possible");
    assert_string_equal(care_name(CARE_CERTAIN), "certain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_none, start),
        cmocka_unit_test_setup(full_weight_is_certain_less_is_possible, start),
        cmocka_unit_test_setup(the_best_score_decides_the_class, start),
        cmocka_unit_test_setup(priority_decides_between_equal_scores, start),
        cmocka_unit_test_setup(a_passed_limit_counts_as_possible, start),
        cmocka_unit_test_setup(a_passed_limit_hides_nothing_that_matched, start),
        cmocka_unit_test_setup(levels_have_names, start),
    };
    return cmocka_run_group_tests_name("care", tests, load, unload);
}
