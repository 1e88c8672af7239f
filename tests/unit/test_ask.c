/* What staff's programs ask of requests and coordinators, and what they are answered. */
#include "unit.h"

#include "ask.h"
#include "base/clock.h"
#include "store/store_internal.h"

static const int64_t noon = INT64_C(1795323667123);

static struct err err;
static struct arena arena;
static struct settings *settings;
static struct store *store;
static struct turns turns;
static struct pushed pushed;
static struct buf payload; /* of the last answer, as it goes over the broker */

static int start(void **state)
{
    (void)state;
    err_clear(&err);
    pushed = (struct pushed){.count = 0};
    payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    settings = settings_new();
    store = store_open(":memory:", &err);
    assert_non_null(store);
    assert_int_equal(turns_begin(&turns, unit_data(), settings, store, &err), 0);
    assert_no_fault(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    turns_end(&turns);
    store_close(store);
    settings_free(settings);
    buf_free(&payload);
    arena_free(&arena);
    return 0;
}

/* ---- asking ---- */

#define END ((const char *)NULL)

/* What is answered, read back as the program that asks reads it. Names and texts in turn, up to END. */
static struct answer asked(const char *what, ...)
{
    struct ask ask = {.id = "the-id", .what = what};
    struct answer answer, back;
    va_list pairs;
    va_start(pairs, what);
    for (const char *name; (name = va_arg(pairs, const char *));)
        ask_add(&ask, name, va_arg(pairs, const char *));
    va_end(pairs);
    assert_done(ask_answer(&turns, &ask, noon, &arena, &answer, &pushed, &err));
    assert_no_fault(&err);
    buf_clear(&payload);
    answer_write(&answer, &payload);
    assert_done(buf_done(&payload));
    if (answer_read(buf_str(&payload), payload.len, &arena, &back))
        fail_msg("cannot be read: %s", buf_str(&payload));
    assert_string_equal(back.id, "the-id");
    return back;
}

static void assert_refused(const struct answer *answer)
{
    if (!answer->error || !*answer->error || answer->n_rows)
        fail_msg("not refused: %s", buf_str(&payload));
}

static void assert_silent(const char *word)
{
    if (strstr(buf_str(&payload), word))
        fail_msg("\"%s\" stands in %s", word, buf_str(&payload));
}

/* What the code in the answer is good for. */
static struct code code_of(const struct answer *answer)
{
    struct code code;
    const char *text = answer_cell(answer, 0, "code");
    if (answer->error)
        fail_msg("refused: %s", answer->error);
    assert_int_equal(answer->n_rows, 1);
    assert_int_equal(strlen(text), CODE_TEXT - 1);
    assert_int_equal(
        store_code(store, arena_printf(&arena, "%.4s%.4s%.4s", text, text + 5, text + 10), noon, &code, &err),
        1);
    return code;
}

static void bind(const struct code *code, const char *network, const char *chat)
{
    assert_done(store_bind(store, code, network, chat, &err));
    assert_done(deskwork_reload(turns.work, &err));
}

/* The number of a new coordinator. */
static const char *add_person(const char *scope, const char *label, const char *network, const char *chat)
{
    struct answer answer = asked("invite", "scope", scope, "label", label, END);
    struct code code = code_of(&answer);
    bind(&code, network, chat);
    const struct coordinator *person = roster_of_chat(deskwork_roster(turns.work), network, chat);
    assert_non_null(person);
    return arena_printf(&arena, "%lld", (long long)person->id);
}

static int64_t expires(const struct answer *answer)
{
    int64_t ms = 0;
    assert_done(clock_parse(answer_cell(answer, 0, "expires"), &ms));
    return ms;
}

static void an_invitation_for_each_kind_of_scope(void **state)
{
    (void)state;
    static const char *const scopes[] = {"p:link-bergen", "f:46", "f:land", "s"};
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        struct answer answer = asked("invite", "scope", scopes[i], "label", "Kåre Øst", END);
        struct code code = code_of(&answer);
        assert_string_equal(code.scope, scopes[i]);
        assert_string_equal(code.label, "Kåre Øst");
        assert_int_equal(code.coordinator, 0);
        assert_int_equal(expires(&answer), noon + 7 * CLOCK_DAY); /* requests.code_days */
        assert_false(deskwork_roster(turns.work)->count);
    }
}

static void an_invitation_lasts_as_long_as_was_said(void **state)
{
    (void)state;
    static const char *const odd[] = {"", "0", "-3", "x", "99999999999999999999", "1000"};
    struct answer answer = asked("invite", "scope", "s", "days", "3", END);
    assert_int_equal(expires(&answer), noon + 3 * CLOCK_DAY);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        answer = asked("invite", "scope", "s", "days", odd[i], END);
        assert_true(expires(&answer) > noon && expires(&answer) <= noon + 60 * CLOCK_DAY);
    }
}

static void an_unknown_scope_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {
        "",        "p:",   "p:nowhere", "link-bergen", "p:link-bergen ", "P:link-bergen",
        "f:",      "f:99", "f:4",       "f:460",       "f:xx",           "f:landet",
        "staff",   "S",    "x:46",      "p:f:46",      "'; --",          unit_repeated("p:x", 600, &arena),
        "p:\n46å", "*"};
    struct answer answer = asked("invite", END);
    assert_refused(&answer);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        answer = asked("invite", "scope", bad[i], "label", "Kari", END);
        assert_refused(&answer);
    }
}

static void without_data_files_a_scope_is_refused(void **state)
{
    (void)state;
    struct dataset nothing = {.intents = NULL};
    turns.data = &nothing;
    struct answer point = asked("invite", "scope", "p:link-bergen", END);
    assert_refused(&point);
    struct answer fylke = asked("invite", "scope", "f:46", END);
    assert_refused(&fylke);
    struct answer staff = asked("invite", "scope", "s", END);
    assert_null(staff.error);
}

static void a_further_chat_of_somebody_who_is_there(void **state)
{
    (void)state;
    const char *kari = add_person("p:link-bergen", "Kari", "matrix", "kari");
    struct answer answer = asked("invite", "coordinator", kari, END);
    struct code code = code_of(&answer);
    assert_int_equal(code.coordinator, strtoll(kari, NULL, 10));
    assert_string_equal(code.scope, "");
    bind(&code, "telegram", "kari2");
    answer = asked("coordinators", END);
    assert_int_equal(answer.n_rows, 1);
    assert_string_equal(answer_cell(&answer, 0, "id"), kari);
    assert_string_equal(answer_cell(&answer, 0, "label"), "Kari");
    assert_string_equal(answer_cell(&answer, 0, "duties"), "p:link-bergen");
    assert_contains(answer_cell(&answer, 0, "chats"), "matrix");
    assert_contains(answer_cell(&answer, 0, "chats"), "telegram");
    assert_string_equal(answer_cell(&answer, 0, "reachable"), "2");
    const char *bad[] = {
        "0", "-1", "999", "x", " ", arena_printf(&arena, "%sx", kari), arena_printf(&arena, "%s 2", kari)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        answer = asked("invite", "coordinator", bad[i], "scope", "s", END);
        assert_refused(&answer);
    }
}

static void coordinators_are_told_as_they_are(void **state)
{
    (void)state;
    struct answer answer = asked("coordinators", END);
    assert_null(answer.error);
    assert_int_equal(answer.n_rows, 0);
    const char *kari = add_person("p:link-bergen", "Kari", "matrix", "kari");
    const char *ola = add_person("f:46", "Ola", "console", "ola");
    struct answer more = asked("invite", "scope", "f:land", "label", "Ola", END);
    struct code code = code_of(&more);
    bind(&code, "console", "ola");
    assert_done(store_pause(store, strtoll(kari, NULL, 10), noon + CLOCK_DAY, &err));
    assert_done(store_pause(store, strtoll(ola, NULL, 10), noon - 1, &err)); /* it is over */
    assert_done(store_reachable(store, "console", "ola", false, &err));
    assert_done(deskwork_reload(turns.work, &err));
    answer = asked("coordinators", END);
    assert_int_equal(answer.n_rows, 2);
    assert_string_equal(answer_cell(&answer, 0, "paused_until"), "2026-11-23T05:01:07.123Z");
    assert_string_equal(answer_cell(&answer, 0, "reachable"), "1");
    assert_string_equal(answer_cell(&answer, 1, "paused_until"), "");
    assert_string_equal(answer_cell(&answer, 1, "reachable"), "0");
    assert_string_equal(answer_cell(&answer, 1, "duties"), "f:46 f:land");
}

/* It is cut to LABEL_MOST somewhere: not in the middle of a letter. */
static void a_long_label_does_not_spoil_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *label = arena_printf(&arena, "%s%s", i ? "x" : "", unit_repeated("å", 100, &arena));
        add_person("s", label, "matrix", i ? "a" : "b");
        struct answer answer = asked("coordinators", END);
        assert_int_equal(answer.n_rows, i + 1);
        assert_contains(answer_cell(&answer, i, "label"), "åå");
    }
}

/* ---- requests ---- */

static struct request stored(const char *alias)
{
    struct request r;
    memset(&r, 0, sizeof r);
    assert_done(store_request_next(store, &r.id, &err));
    r.seq = 1;
    r.reach = REACH_PHONE;
    r.language = LANGUAGE_NB;
    snprintf(r.network, NETWORK_SIZE, "matrix");
    snprintf(r.chat, CHAT_SIZE, "thetoken");
    snprintf(r.scope, SCOPE_SIZE, "p:link-bergen");
    snprintf(r.alias, ALIAS_SIZE, "%s", alias);
    snprintf(r.contact, CONTACT_SIZE, "912 34 567");
    snprintf(r.words, WORDS_SIZE, "Jeg sover dårlig.\nOg mer");
    snprintf(r.place, sizeof r.place, "Straume");
    snprintf(r.kommune, sizeof r.kommune, "4626");
    r.created = r.since = r.changed = noon - 3 * CLOCK_DAY;
    r.due = noon + CLOCK_DAY;
    return r;
}

static void save(const struct request *r)
{
    assert_done(store_request_save(store, r, &err));
}

static void a_revoked_coordinator_is_gone(void **state)
{
    (void)state;
    const char *kari = add_person("p:link-bergen", "Kari", "matrix", "kari");
    add_person("p:link-bergen", "Ola", "matrix", "ola");
    struct request r = stored("Zorro");
    assert_true(request_take(&r, strtoll(kari, NULL, 10), noon - CLOCK_DAY));
    save(&r);
    const char *bad[] = {"", "0", "-1", "999", "x", arena_printf(&arena, "%sx", kari)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer refused = asked("revoke", "coordinator", bad[i], END);
        assert_refused(&refused);
    }
    assert_int_equal(deskwork_roster(turns.work)->count, 2);
    assert_int_equal(pushed.count, 0);
    struct answer answer = asked("revoke", "coordinator", kari, END);
    assert_null(answer.error);
    assert_int_equal(answer.n_rows, 0);
    assert_int_equal(deskwork_roster(turns.work)->count, 1);
    assert_string_equal(deskwork_roster(turns.work)->people[0].label, "Ola");
    assert_int_equal(store_request(store, r.id, &r, &err), 1);
    assert_int_equal(r.state, REQUEST_SENT);
    assert_int_equal(r.taker, 0);
    assert_true(pushed.count >= 2); /* Ola and the resident hear */
    for (size_t i = 0; i < pushed.count; i++)
        assert_string_not_equal(pushed.rows[i].chat, "kari");
    answer = asked("revoke", "coordinator", kari, END);
    assert_refused(&answer);
}

static void requests_are_told_without_what_is_personal(void **state)
{
    (void)state;
    static const char *const personal[] = {"Zorro", "912", "34 567", "Jeg sover", "dårlig", "4626"};
    static const char *const never[] = {"thetoken", "Straume"};
    static const char *const other[] = {"", "no", "YES", "yes ", "1", "true"};
    struct request r = stored("Zorro");
    char ref[REF_SIZE];
    save(&r);
    ref_write(r.id, ref);
    struct answer answer = asked("requests", END);
    for (size_t i = 0; i <= sizeof other / sizeof *other; i++) {
        assert_int_equal(answer.n_rows, 1);
        assert_string_equal(answer_cell(&answer, 0, "reference"), ref);
        assert_string_equal(answer_cell(&answer, 0, "scope"), "p:link-bergen");
        for (size_t k = 0; k < sizeof personal / sizeof *personal; k++)
            assert_silent(personal[k]);
        for (size_t k = 0; k < sizeof never / sizeof *never; k++)
            assert_silent(never[k]);
        answer = asked("requests", "personal", other[i % 6], END);
    }
    answer = asked("requests", "personal", "yes", END);
    assert_string_equal(answer_cell(&answer, 0, "name"), "Zorro");
    assert_string_equal(answer_cell(&answer, 0, "contact"), "912 34 567");
    assert_string_equal(answer_cell(&answer, 0, "words"), "Jeg sover dårlig.\nOg mer");
    assert_string_equal(answer_cell(&answer, 0, "kommune"), "4626");
    assert_silent("thetoken");
}

static void each_request_has_a_row_in_its_state(void **state)
{
    (void)state;
    enum { OPEN = 2, ALL = OPEN + ENDING_ANSWERED };
    const char *seen[ALL];
    assert_int_equal(asked("requests", END).n_rows, 0);
    for (int i = 0; i < ALL; i++) {
        struct request r = stored("Zorro");
        if (i)
            assert_true(request_take(&r, 7, noon));
        if (i >= OPEN)
            assert_true(request_close(&r, (enum ending)(i - OPEN + 1), noon));
        save(&r);
    }
    struct answer answer = asked("requests", END);
    assert_int_equal(answer.n_rows, ALL);
    for (size_t i = 0; i < ALL; i++) {
        seen[i] = answer_cell(&answer, i, "state");
        assert_string_not_equal(seen[i], "");
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    assert_string_equal(answer_cell(&answer, 0, "taker"), "");
    assert_string_equal(answer_cell(&answer, 1, "taker"), "7");
    assert_string_equal(answer_cell(&answer, 0, "created"), "2026-11-19T05:01:07.123Z");
    assert_string_equal(answer_cell(&answer, 1, "since"), "2026-11-22T05:01:07.123Z");
}

/* Page by page until none is left: each once, though the last one seen was deleted meanwhile. */
static void read_pages(const char *personal, size_t many)
{
    const char *after = "";
    size_t seen = 0;
    int64_t last = 0;
    for (size_t pages = 0;; pages++) {
        struct answer page = asked("requests", "personal", personal, "after", after, END);
        assert_null(page.error);
        for (size_t i = 0; i < page.n_rows; i++, seen++) {
            after = answer_cell(&page, i, "reference");
            int64_t id = ref_read(after, strlen(after));
            assert_true(id > last);
            last = id;
        }
        if (!page.n_rows)
            break;
        if (!pages)
            assert_done(store_request_delete(store, last, &err));
    }
    assert_int_equal(seen, many);
}

/* Each as large as it can be: every page must fit a message. */
static void requests_come_in_pages(void **state)
{
    (void)state;
    enum { MANY = 1200 };
    struct request r = stored("");
    snprintf(r.words, WORDS_SIZE, "%s", unit_repeated("\"", WORDS_SIZE - 1, &arena));
    snprintf(r.alias, ALIAS_SIZE, "%s", unit_repeated("\\", ALIAS_SIZE - 1, &arena));
    snprintf(r.scope, SCOPE_SIZE, "%s", unit_repeated("p", SCOPE_SIZE - 1, &arena));
    for (r.id = 1; r.id <= MANY; r.id++)
        save(&r);
    read_pages("yes", MANY);
    read_pages("", MANY - 1);
}

/* ---- the rest ---- */

/* One row of an answer against what it should say. */
static void assert_counts(const struct answer *answer, size_t row, const char *const expected[5])
{
    static const char *const names[] = {"month", "kommune", "searches", "requests", "unmet"};
    for (size_t k = 0; k < 5; k++)
        assert_string_equal(answer_cell(answer, row, names[k]), expected[k]);
}

/* A closed month at a time; numbers that could tell of one person never leave. It is November 2026. */
static void counts_are_told_month_by_month_and_small_ones_hidden(void **state)
{
    (void)state;
    assert_int_equal(asked("counts", END).n_rows, 0);
    for (int i = 0; i < 12; i++)
        assert_done(store_count(store, 2026 * 12 + 8, "4601", COUNT_SEARCHES, &err));
    assert_done(store_count(store, 2026 * 12 + 8, "4601", COUNT_REQUESTS | COUNT_UNMET, &err));
    for (int i = 0; i < 5; i++)
        assert_done(store_count(store, 2026 * 12 + 9, "0301", COUNT_REQUESTS, &err));
    for (int i = 0; i < 4; i++)
        assert_done(store_count(store, 2026 * 12 + 9, "4601", COUNT_REQUESTS, &err));
    assert_done(store_count(store, 2026 * 12 + 10, "0301", COUNT_REQUESTS, &err));
    struct answer september = asked("counts", END);
    assert_int_equal(september.n_rows, 1);
    assert_counts(&september, 0, (const char *const[]){"2026-09", "4601", "12", "<5", "<5"});
    struct answer october = asked("counts", "after", "2026-09", END);
    assert_int_equal(october.n_rows, 2);
    assert_counts(&october, 0, (const char *const[]){"2026-10", "0301", "0", "5", "0"});
    assert_counts(&october, 1, (const char *const[]){"2026-10", "4601", "0", "<5", "0"});
    assert_int_equal(asked("counts", "after", "2026-10", END).n_rows, 0); /* November is not over */
    static const char *const rubbish[] = {"x", "2025", "-1--1", "99999999999-99999999999", "å"};
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        asked("counts", "after", rubbish[i], END);
        assert_silent("2026-11");
    }
}

static void proposals_are_told(void **state)
{
    (void)state;
    assert_int_equal(asked("proposals", END).n_rows, 0);
    assert_done(store_propose(store, "link-bergen", "Ny telefon: 55 55 55 55\n\"x\"", noon, &err));
    assert_done(store_propose(store, "link-oslo", "Vi har flyttet", noon + 1, &err));
    struct answer answer = asked("proposals", END);
    assert_int_equal(answer.n_rows, 2);
    assert_string_equal(answer_cell(&answer, 0, "contact_point"), "link-bergen");
    assert_string_equal(answer_cell(&answer, 0, "text"), "Ny telefon: 55 55 55 55\n\"x\"");
    assert_string_equal(answer_cell(&answer, 0, "created"), "2026-11-22T05:01:07.123Z");
    assert_string_equal(answer_cell(&answer, 1, "text"), "Vi har flyttet");
    assert_string_not_equal(answer_cell(&answer, 0, "id"), answer_cell(&answer, 1, "id"));
}

static void an_unknown_question_is_told_so(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "Requests", "requests ", "request", "invite\n", "å"};
    save(&(struct request){.id = 1, .seq = 1, .alias = "Zorro"});
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer answer = asked(bad[i], "personal", "yes", "coordinator", "1", END);
        assert_refused(&answer);
        assert_silent("Zorro");
    }
}

static void a_store_that_fails_is_told(void **state)
{
    (void)state;
    struct ask ask = {.id = "a", .what = "proposals"};
    struct answer answer;
    assert_int_equal(sqlite3_exec(store->db, "DROP TABLE proposals", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(ask_answer(&turns, &ask, noon, &arena, &answer, &pushed, &err), -1);
    assert_true(err.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(an_invitation_for_each_kind_of_scope),
        TEST(an_invitation_lasts_as_long_as_was_said),
        TEST(an_unknown_scope_is_refused),
        TEST(without_data_files_a_scope_is_refused),
        TEST(a_further_chat_of_somebody_who_is_there),
        TEST(coordinators_are_told_as_they_are),
        TEST(a_long_label_does_not_spoil_the_list),
        TEST(a_revoked_coordinator_is_gone),
        TEST(requests_are_told_without_what_is_personal),
        TEST(each_request_has_a_row_in_its_state),
        TEST(requests_come_in_pages),
        TEST(counts_are_told_month_by_month_and_small_ones_hidden),
        TEST(proposals_are_told),
        TEST(an_unknown_question_is_told_so),
        TEST(a_store_that_fails_is_told),
    };
    return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
