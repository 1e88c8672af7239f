/* The topics file: which words tell of which topic. */
#include "unit.h"

#include "text/topics.h"

static struct err err;
static struct arena arena;
static struct topics *topics;

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    topics = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    topics_free(topics);
    arena_free(&arena);
    return 0;
}

static void use(const char *text)
{
    topics_free(topics);
    topics = topics_load(unit_write("topics.txt", text), &err);
    assert_no_fault(&err);
    assert_non_null(topics);
}

/* `expected`: the topic's name, "" for none. */
static void check(const struct topics *list, const char *message, const char *expected, int line)
{
    struct text text = text_normalise(message, strlen(message), NULL, &arena);
    const char *topic = topics_find(list, &text);
    if (strcmp(topic ? topic : "", expected)) {
        print_error("\"%s\" is about \"%s\", not \"%s\"\n", message, topic ? topic : "", expected);
        _fail(__FILE__, line);
    }
}
#define assert_topic(message, expected) check(topics, (message), (expected), __LINE__)

/* ---- reading ---- */

static void a_topic_needs_name_and_equals_sign(void **state)
{
    (void)state;
    static const char *const lines[] = {"angst\n", "= angst\n", "   = angst\n", "angst* panikk*\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        err_clear(&err);
        assert_null(topics_load(unit_write("topics.txt", lines[i]), &err));
        assert_says(&err, "topics.txt:1: write: topic = word word");
    }
}

static void a_topic_needs_a_word(void **state)
{
    (void)state;
    static const char *const lines[] = {"# c\n\nangst =\n", "# c\n\nangst =   \t \n",
                                        "# c\nrus = drikk\nangst ="};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        err_clear(&err);
        assert_null(topics_load(unit_write("topics.txt", lines[i]), &err));
        assert_says(&err, "topics.txt:3: the topic \"angst\" has no word");
    }
}

static void every_fault_is_told_with_its_line(void **state)
{
    (void)state;
    assert_null(topics_load(unit_write("topics.txt", "angst\nrus = drikk\nspill =\n"), &err));
    assert_int_equal(err.count, 2);
    assert_says(&err, "topics.txt:1: ");
    assert_says(&err, "topics.txt:3: ");
}

static void too_many_words_are_refused(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(60000);
    buf_add_str(&text, "angst =");
    for (int i = 0; i < 2500; i++)
        buf_addf(&text, " ord%d", i);
    assert_null(topics_load(unit_write("topics.txt", buf_str(&text)), &err));
    assert_says(&err, "topics.txt:1: ");
    buf_free(&text);
}

static void a_star_alone_is_no_word(void **state)
{
    (void)state;
    topics = topics_load(unit_write("topics.txt", "angst = *\n"), &err);
    if (topics)
        assert_topic("hei du", ""); /* it would stand everywhere */
}

static void a_missing_or_empty_file_is_an_empty_list(void **state)
{
    (void)state;
    topics = topics_load(unit_path("missing.txt"), &err);
    assert_no_fault(&err);
    assert_non_null(topics);
    assert_topic("jeg har angst", "");
    assert_false(topics_has(topics, "angst"));
    use("");
    assert_topic("jeg har angst", "");
    use("# only a remark\n\n");
    assert_topic("jeg har angst", "");
}

static void a_list_has_the_topics_it_names(void **state)
{
    (void)state;
    use("angst = angst* panikk*\nrus=drikk\n");
    assert_true(topics_has(topics, "angst"));
    assert_true(topics_has(topics, "rus"));
    assert_false(topics_has(topics, "panikk"));
    assert_false(topics_has(topics, "angs"));
    assert_false(topics_has(topics, ""));
}

/* ---- finding ---- */

static void a_word_is_whole(void **state)
{
    (void)state;
    use("rus = rus\n");
    assert_topic("rus", "rus");
    assert_topic("jeg sliter med rus.", "rus");
    assert_topic("Rus, og annet", "rus");
    assert_topic("russ", "");
    assert_topic("en gruppe for rusne", "");
    assert_topic("virus", "");
    assert_topic("virus og rus", "rus"); /* the first that is no whole word hides none */
    assert_topic("", "");
}

static void a_star_stands_for_any_ending(void **state)
{
    (void)state;
    use("angst = angst*\n");
    assert_topic("angst", "angst");
    assert_topic("angstanfall hver dag", "angst");
    assert_topic("angsten min", "angst");
    assert_topic("sosialangst", ""); /* the beginning is not open */
    assert_topic("langs tråden", "");
}

static void a_plus_joins_words(void **state)
{
    (void)state;
    use("angst = sosial+angst\novergrep = seksuelt+misbruk*\n");
    assert_topic("jeg har sosial angst", "angst");
    assert_topic("angst og sosial", "");
    assert_topic("sosial. angst", ""); /* a mark stands between */
    assert_topic("sosial angstlidelse", "");
    assert_topic("seksuelt misbruket", "overgrep");
}

static void what_is_said_first_wins(void **state)
{
    (void)state;
    use("angst = angst*\nrus = drikk*\n");
    assert_topic("angst fordi jeg drikker", "angst");
    assert_topic("jeg drikker av angst", "rus");
    use("rus = drikk*\nangst = angst*\n");
    assert_topic("angst fordi jeg drikker", "angst");
    assert_topic("jeg drikker av angst", "rus");
    use("en = angst\nto = angst*\n"); /* of two for one word the upper line */
    assert_topic("angst", "en");
}

static void the_real_list_knows_its_topics(void **state)
{
    (void)state;
    const struct topics *real = intents_topics(unit_data()->intents);
    static const struct {
        const char *message, *topic;
    } cases[] = {{"jeg har angst", "angst"},    {"panikkanfall", "angst"},
                 {"drikker for mye", "rus"},    {"pårørende til en alkoholiker", "parorende"},
                 {"spilleavhengig", "spill"},   {"jeg ble voldtatt", "overgrep"},
                 {"jeg er ensom", "ensomhet"},  {"jeg har ingen venner", "ensomhet"},
                 {"finnes det noe i Moss", ""}, {"hva koster det", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(real, cases[i].message, cases[i].topic, __LINE__);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (*cases[i].topic)
            assert_true(topics_has(real, cases[i].topic));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_topic_needs_name_and_equals_sign),
        TEST(a_topic_needs_a_word),
        TEST(every_fault_is_told_with_its_line),
        TEST(too_many_words_are_refused),
        TEST(a_star_alone_is_no_word),
        TEST(a_missing_or_empty_file_is_an_empty_list),
        TEST(a_list_has_the_topics_it_names),
        TEST(a_word_is_whole),
        TEST(a_star_stands_for_any_ending),
        TEST(a_plus_joins_words),
        TEST(what_is_said_first_wins),
        TEST(the_real_list_knows_its_topics),
    };
    return cmocka_run_group_tests_name("topics", tests, NULL, NULL);
}
