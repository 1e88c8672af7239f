/* The form of what staff's programs ask and are answered: what is written is read back, hostile bytes are
 * refused. */
#include "unit.h"

#include "wire/ask.h"

static struct arena arena;
static struct buf payload;

static int start(void **state)
{
    (void)state;
    payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_free(&payload);
    arena_free(&arena);
    return 0;
}

/* A copy without a NUL behind it, so that a sanitizer sees a read past the end. */
static char *exact(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return copy;
}

static int read_ask(const char *text, size_t len, struct ask *ask, const char **id)
{
    char *copy = exact(text, len);
    int rc = ask_read(copy, len, &arena, ask, id);
    free(copy);
    return rc;
}

static int read_answer(const char *text, size_t len, struct answer *answer)
{
    char *copy = exact(text, len);
    int rc = answer_read(copy, len, &arena, answer);
    free(copy);
    return rc;
}

static struct ask good_ask(const char *text)
{
    struct ask ask;
    const char *id = NULL;
    if (read_ask(text, strlen(text), &ask, &id))
        fail_msg("refused: %.200s", text);
    assert_string_equal(id, ask.id);
    return ask;
}

static void assert_no_ask(const char *text, const char *expected_id)
{
    struct ask ask;
    const char *id = "x";
    if (read_ask(text, strlen(text), &ask, &id) != -1)
        fail_msg("accepted: %.200s", text);
    if (!expected_id && id)
        fail_msg("has the id %s: %.200s", id, text);
    if (expected_id && (!id || strcmp(id, expected_id) != 0))
        fail_msg("has the id %s, not %s: %.200s", id ? id : "NULL", expected_id, text);
}

static void assert_no_answer(const char *text)
{
    struct answer answer;
    if (read_answer(text, strlen(text), &answer) != -1)
        fail_msg("accepted: %.200s", text);
}

static void an_ask_goes_round(void **state)
{
    (void)state;
    static const char *const names[] = {"scope",    "label", "coordinator", "days",
                                        "personal", "e",     "ø",           "with"};
    const char *texts[] = {"p:link-bergen", "Kåre \"K\" \\ 😢\n\tx",           "",          "7", "yes",
                           "\x01",          unit_repeated("å", 1000, &arena), "{\"id\":1}"};
    struct ask ask = {.id = "id-1!~", .what = "invite"};
    for (size_t i = 0; i < ASK_MOST; i++)
        ask_add(&ask, names[i], texts[i]);
    ask_add(&ask, "one too many", "x");
    assert_int_equal(ask.count, ASK_MOST);
    ask_write(&ask, &payload);
    assert_done(buf_done(&payload));
    struct ask back = good_ask(buf_str(&payload));
    assert_string_equal(back.id, "id-1!~");
    assert_string_equal(back.what, "invite");
    assert_int_equal(back.count, ASK_MOST);
    for (size_t i = 0; i < ASK_MOST; i++)
        assert_string_equal(ask_with(&back, names[i]), texts[i]);
    assert_string_equal(ask_with(&back, "one too many"), "");
    assert_string_equal(ask_with(&back, ""), "");
}

static void what_may_be_missing_may_be_missing(void **state)
{
    (void)state;
    struct ask ask = good_ask("{\"id\":\"a\",\"ask\":\"counts\",\"more\":[{}]}");
    assert_int_equal(ask.count, 0);
    assert_string_equal(ask_with(&ask, "scope"), "");
    ask = good_ask(" {\"with\":{},\"ask\":\"counts\",\"id\":\"a\"}\n");
    assert_int_equal(ask.count, 0);
}

static void what_is_no_ask_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", NULL},
        {"null", NULL},
        {"[]", NULL},
        {"{}", NULL},
        {"\"a\"", NULL},
        {"{\"id\":\"a\",\"ask\":\"x\"", NULL},
        {"{\"id\":\"a\",\"ask\":\"x\"} x", NULL},
        {"{\"ask\":\"x\"}", NULL},
        {"{\"id\":7,\"ask\":\"x\"}", NULL},
        {"{\"id\":\"\",\"ask\":\"x\"}", NULL},
        {"{\"id\":\"a b\",\"ask\":\"x\"}", NULL},
        {"{\"id\":\"å\",\"ask\":\"x\"}", NULL},
        {"{\"id\":\"a\\n\",\"ask\":\"x\"}", NULL},
        {"{\"id\":\"a\\u0000b\",\"ask\":\"x\"}", NULL},
        {"{\"id\":\"a\",\"ask\":\"x\\u0000\"}", NULL},
        {"{\"id\":\"a\",\"id\":\"b\",\"ask\":\"x\"}", NULL},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":\"1\",\"b\":\"2\"}}", NULL},
        {"{\"id\":\"a\",\"ask\":\"\xE5\"}", NULL},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":\"\xC3\"}}", NULL},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":\"\xED\xA0\x80\"}}", NULL},
        {"{\"id\":\"a\"}", "a"},
        {"{\"id\":\"a\",\"ask\":7}", "a"},
        {"{\"id\":\"a\",\"ask\":null}", "a"},
        {"{\"id\":\"a\",\"ask\":[\"x\"]}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":[]}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":\"b\"}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":7}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":7}}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":null}}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":true}}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":[\"x\"]}}", "a"},
        {"{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":{\"c\":\"x\"}}}", "a"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_no_ask(bad[i][0], bad[i][1]);
}

/* An ask with this id, and with a member `b` behind the others. */
static const char *ask_of(const char *id, const char *others, const char *text)
{
    return arena_printf(&arena, "{\"id\":\"%s\",\"ask\":\"x\",\"with\":{%s,\"b\":\"%s\"}}", id, others, text);
}

static void an_ask_has_limits(void **state)
{
    (void)state;
    static const char eight[] =
        "\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\"";
    good_ask(ask_of(unit_repeated("i", 300, &arena), eight, unit_repeated("t", ASK_TEXT_LARGEST, &arena)));
    assert_no_ask(ask_of("a", eight, unit_repeated("t", ASK_TEXT_LARGEST + 1, &arena)), "a");
    assert_no_ask(ask_of("a", eight, "\",\"c\":\""), "a");
    assert_no_ask(ask_of(unit_repeated("i", 301, &arena), eight, ""), NULL);
    const char *large = unit_repeated(" ", 300 * 1024, &arena);
    assert_no_ask(arena_printf(&arena, "{\"id\":\"a\",\"ask\":\"x\"}%s", large), NULL);
    assert_no_ask(arena_printf(&arena, "{\"id\":\"a\",\"ask\":\"x\",\"more\":\"%s\"}", large), NULL);
    assert_no_answer(arena_printf(&arena, "{\"id\":\"a\",\"columns\":[],\"rows\":[]}%s", large));
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static const char *const opening[] = {"[", "{\"a\":", "[[{\"a\":["};
    static const char *const before[] = {
        "", "{\"id\":\"a\",\"ask\":\"x\",\"with\":", "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":",
        "{\"id\":\"a\",\"ask\":\"x\",\"columns\":[],\"rows\":[],\"more\":"};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
            const char *text = arena_printf(&arena, "%s%s", before[k],
                                            unit_repeated(opening[i], 25000, &arena));
            assert_no_ask(text, NULL);
            assert_no_answer(text);
        }
}

/* A payload that was cut off anywhere is none. */
static void no_beginning_is_accepted(void **state)
{
    (void)state;
    static const char ask_text[] = "{\"id\":\"a\",\"ask\":\"x\",\"with\":{\"b\":\"æ\"}}",
                      answer_text[] = "{\"id\":\"a\",\"error\":\"e\",\"columns\":[\"c\"],\"rows\":[[\"æ\"]]}";
    struct ask ask;
    struct answer answer;
    const char *id;
    for (size_t len = 0; len < sizeof ask_text - 1; len++)
        assert_int_equal(read_ask(ask_text, len, &ask, &id), -1);
    for (size_t len = 0; len < sizeof answer_text - 1; len++)
        assert_int_equal(read_answer(answer_text, len, &answer), -1);
    good_ask(ask_text);
    assert_done(read_answer(answer_text, sizeof answer_text - 1, &answer));
}

static void an_answer_goes_round(void **state)
{
    (void)state;
    struct answer answer = {.id = "a", .n_columns = COLUMNS_MOST};
    for (size_t i = 0; i < COLUMNS_MOST; i++)
        answer.columns[i] = arena_printf(&arena, "c%zu", i);
    for (int i = 0; i < 300; i++) {
        const char **row = answer_row(&answer, &arena);
        for (size_t k = 0; k < COLUMNS_MOST; k++)
            assert_string_equal(row[k], "");
        row[0] = arena_printf(&arena, "%d", i);
        row[COLUMNS_MOST - 1] = "å \"x\" \\\n😢";
    }
    answer_write(&answer, &payload);
    struct answer back;
    assert_done(read_answer(buf_str(&payload), payload.len, &back));
    assert_string_equal(back.id, "a");
    assert_null(back.error);
    assert_int_equal(back.n_columns, COLUMNS_MOST);
    assert_int_equal(back.n_rows, 300);
    for (size_t i = 0; i < 300; i++) {
        assert_string_equal(answer_cell(&back, i, "c0"), arena_printf(&arena, "%zu", i));
        assert_string_equal(answer_cell(&back, i, "c7"), "");
        assert_string_equal(answer_cell(&back, i, "c15"), "å \"x\" \\\n😢");
        assert_string_equal(answer_cell(&back, i, "c16"), "");
    }
}

/* As long as a fault can be (base/err.h). */
static void an_error_goes_round(void **state)
{
    (void)state;
    for (size_t len = 1; len < sizeof((struct err *)NULL)->text; len = len * 2 + 1) {
        struct answer answer = {.id = "a", .error = unit_repeated("e", len, &arena)}, back;
        buf_clear(&payload);
        answer_write(&answer, &payload);
        assert_done(read_answer(buf_str(&payload), payload.len, &back));
        assert_non_null(back.error);
        assert_int_equal(back.n_rows, 0);
    }
}

static void what_is_no_answer_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"id\":\"a\"}",
        "{\"columns\":[],\"rows\":[]}",
        "{\"id\":7,\"columns\":[],\"rows\":[]}",
        "{\"id\":\"a\",\"rows\":[]}",
        "{\"id\":\"a\",\"columns\":[]}",
        "{\"id\":\"a\",\"columns\":{},\"rows\":[]}",
        "{\"id\":\"a\",\"columns\":[],\"rows\":{}}",
        "{\"id\":\"a\",\"columns\":[],\"rows\":null}",
        "{\"id\":\"a\",\"columns\":[7],\"rows\":[]}",
        "{\"id\":\"a\",\"columns\":[null],\"rows\":[[null]]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[[]]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[[\"x\"],[\"x\",\"y\"]]}",
        "{\"id\":\"a\",\"columns\":[\"c\",\"d\"],\"rows\":[[\"x\",\"y\"],[\"x\"]]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[\"x\"]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[[7]]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[{\"c\":\"x\"}]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[[\"\xE5\"]]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[[\"x\\u0000\"]]}",
        "{\"id\":\"a\",\"columns\":[\"c\"],\"rows\":[[\"x\"]],\"rows\":[[\"y\"]]}",
        "{\"id\":\"a\",\"columns\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\","
        "\"12\","
        "\"13\",\"14\",\"15\",\"16\",\"17\"],\"rows\":[]}",
        /* an error that cannot be read is not none */
        "{\"id\":\"a\",\"error\":7,\"columns\":[],\"rows\":[]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_no_answer(bad[i]);
}

/* Nothing may be lost in silence: it fails, or what is written can be read whole. */
static void what_is_not_utf8_is_not_lost_in_silence(void **state)
{
    (void)state;
    struct ask ask = {.id = "a", .what = "invite"};
    ask_add(&ask, "coordinator", "K\xE5re");
    ask_write(&ask, &payload);
    if (buf_done(&payload) == 0)
        assert_int_equal(good_ask(buf_str(&payload)).count, 1);
    buf_clear(&payload);
    struct answer answer = {.id = "a", .columns = {"c", "d"}, .n_columns = 2}, back;
    const char **row = answer_row(&answer, &arena);
    row[0] = "K\xE5re";
    row[1] = "x";
    answer_write(&answer, &payload);
    if (buf_done(&payload) == 0)
        assert_done(read_answer(buf_str(&payload), payload.len, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(an_ask_goes_round),
        TEST(what_may_be_missing_may_be_missing),
        TEST(what_is_no_ask_is_refused),
        TEST(an_ask_has_limits),
        TEST(deep_nesting_is_refused),
        TEST(no_beginning_is_accepted),
        TEST(an_answer_goes_round),
        TEST(an_error_goes_round),
        TEST(what_is_no_answer_is_refused),
        TEST(what_is_not_utf8_is_not_lost_in_silence),
    };
    return cmocka_run_group_tests_name("ask form", tests, NULL, NULL);
}
