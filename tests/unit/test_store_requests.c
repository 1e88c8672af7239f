/* Requests, the people who receive them, wishes and counts on real files: what survives a reopen, what
 * happens once only, and what goes with what. */
#include "stored.h"

#include "base/clock.h"
#include "store/requests.h"

/* ---- helpers ---- */

static int64_t next_id(void)
{
    int64_t id = -1;
    assert_done(store_request_next(store, &id, &err));
    return id;
}

static struct request new_request(const char *chat, const char *scope)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.id = next_id();
    r.seq = 1;
    r.language = LANGUAGE_NB;
    snprintf(r.network, sizeof r.network, "matrix");
    snprintf(r.chat, sizeof r.chat, "%s", chat);
    snprintf(r.scope, SCOPE_SIZE, "%s", scope);
    snprintf(r.alias, ALIAS_SIZE, "Kari");
    r.created = r.since = r.changed = noon;
    r.due = noon + CLOCK_DAY;
    return r;
}

static int64_t add(const char *chat, const char *scope)
{
    struct request r = new_request(chat, scope);
    assert_done(store_request_save(store, &r, &err));
    return r.id;
}

static struct request loaded(int64_t id)
{
    struct request r;
    memset(&r, 0x5A, sizeof r);
    assert_int_equal(store_request(store, id, &r, &err), 1);
    return r;
}

static bool is_there(int64_t id)
{
    struct request r;
    int found = store_request(store, id, &r, &err);
    assert_true(found >= 0);
    return found == 1;
}

/* Their ids in the order of the list, each with a blank behind. */
static const char *ids(const struct request *list, size_t count)
{
    struct buf text = BUF_INIT(100000);
    for (size_t i = 0; i < count; i++)
        buf_addf(&text, "%lld ", (long long)list[i].id);
    const char *kept = arena_strdup(&arena, buf_str(&text));
    buf_free(&text);
    return kept;
}

static const char *of(const char *network, const char *chat)
{
    const struct request *list;
    size_t count;
    assert_done(store_requests_of(store, network, chat, &arena, &list, &count, &err));
    return ids(list, count);
}

static const char *held_by(const struct coordinator *person)
{
    const struct request *list;
    size_t count;
    assert_done(store_requests_for(store, person, &arena, &list, &count, &err));
    return ids(list, count);
}

static const char *due_at(int64_t now, size_t most)
{
    struct request *list;
    size_t count;
    assert_done(store_requests_due(store, now, most, &arena, &list, &count, &err));
    return ids(list, count);
}

static const char *all(void)
{
    const struct request *list;
    size_t count;
    assert_done(store_requests_all(store, 0, 1000, &arena, &list, &count, &err));
    return ids(list, count);
}

static void add_out(const char *id, const char *chat, int64_t request)
{
    struct out_row row = {.id = id, .network = "matrix", .chat = chat, .created = noon, .request = request};
    assert_true(store_out_add(store, &row, "secretpayload", 13, &err) > 0);
}

static void list_row(void *user, const struct out_row *row)
{
    buf_addf(user, "%s@%s ", row->id, row->chat);
}

static void assert_outbox(const char *expected)
{
    struct buf list = BUF_INIT(10000);
    assert_done(store_out_each(store, list_row, &list, &err));
    assert_string_equal(buf_str(&list), expected);
    buf_free(&list);
}

/* Whether the word stands in the database or what SQLite keeps beside it. */
static bool on_disk(const char *word)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".turn"};
    bool found = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[300];
        struct stat st;
        snprintf(path, sizeof path, "%s%s", database, endings[i]);
        FILE *file = fopen(path, "rb");
        if (!file)
            continue;
        assert_done(fstat(fileno(file), &st));
        char *bytes = malloc((size_t)st.st_size + 1);
        assert_non_null(bytes);
        size_t len = fread(bytes, 1, (size_t)st.st_size, file);
        fclose(file);
        found = found || (len && memmem(bytes, len, word, strlen(word)));
        free(bytes);
    }
    return found;
}

/* ---- one request ---- */

static void a_request_comes_back_as_it_was_over_a_reopen(void **state)
{
    (void)state;
    struct request r = new_request("kari", "p:bodo");
    r.kind = REQUEST_MESSAGE;
    r.state = REQUEST_TAKEN;
    r.ending = ENDING_DECLINED;
    r.reach = REACH_EMAIL;
    r.language = LANGUAGE_NN;
    r.unreachable = true;
    r.taker = 42;
    r.reminded = 3;
    r.closed = noon + 1;
    r.since = noon + 2;
    r.changed = noon + 3;
    snprintf(r.reserve, SCOPE_SIZE, "f:18");
    snprintf(r.proposed, SCOPE_SIZE, "p:mo");
    snprintf(r.contact, CONTACT_SIZE, "kari@x.no");
    snprintf(r.place, sizeof r.place, "Bodø");
    snprintf(r.kommune, sizeof r.kommune, "1804");
    memset(r.words, '\n', WORDS_SIZE - 1); /* as long as they may be */
    memset(r.alias, 'a', ALIAS_SIZE - 1);
    memset(r.chat, 'c', CHAT_SIZE - 1);
    assert_done(store_request_save(store, &r, &err));
    reopen();
    struct request back = loaded(r.id);
    assert_int_equal(back.stored, 1);
    r.stored = 1;
    assert_memory_equal(&back, &r, sizeof r);
}

static void an_unknown_id_is_none(void **state)
{
    (void)state;
    add("kari", "p:bodo");
    assert_false(is_there(0) || is_there(2) || is_there(-1) || is_there(INT64_MAX));
    assert_no_fault(&err);
}

/* Two turns that began with the same request: the second one's change is refused. */
static void a_second_save_from_the_same_seq_is_refused(void **state)
{
    (void)state;
    int64_t id = add("kari", "p:bodo");
    struct request first = loaded(id), second = loaded(id);
    assert_true(request_take(&first, 1, noon) && request_take(&second, 2, noon));
    assert_done(store_request_save(store, &first, &err));
    assert_int_equal(store_request_save(store, &second, &err), -1);
    assert_says(&err, "changed by somebody else");
    assert_int_equal(loaded(id).taker, 1);
    assert_int_equal(loaded(id).seq, 2);
    err_clear(&err);
    assert_int_equal(store_request_save(store, &first, &err), -1); /* nor the same change twice */
}

static void a_new_request_is_saved_once(void **state)
{
    (void)state;
    struct request r = new_request("kari", "p:bodo");
    assert_done(store_request_save(store, &r, &err));
    snprintf(r.alias, ALIAS_SIZE, "Ola");
    assert_int_equal(store_request_save(store, &r, &err), -1);
    assert_string_equal(loaded(r.id).alias, "Kari");
    assert_string_equal(all(), "1 ");
}

static void a_change_to_what_is_deleted_is_refused(void **state)
{
    (void)state;
    struct request r = loaded(add("kari", "p:bodo"));
    assert_done(store_request_delete(store, r.id, &err));
    assert_true(request_touch(&r, noon));
    assert_int_equal(store_request_save(store, &r, &err), -1);
    assert_false(is_there(r.id));
}

static void an_id_is_never_used_twice(void **state)
{
    (void)state;
    assert_int_equal(next_id(), 1);
    int64_t first = add("kari", "p:bodo"), last = add("ola", "p:bodo");
    assert_int_equal(last, first + 1);
    assert_done(store_request_delete(store, last, &err));
    assert_int_equal(next_id(), last + 1);
    assert_done(store_forget(store, "matrix", "kari", &err));
    reopen();
    assert_string_equal(all(), "");
    assert_int_equal(next_id(), last + 1);
    assert_int_equal(add("ola", "p:bodo"), last + 1);
}

static void a_rolled_back_request_is_gone(void **state)
{
    (void)state;
    assert_done(store_begin(store, &err));
    add("kari", "p:bodo");
    store_rollback(store);
    assert_string_equal(all(), "");
    assert_done(store_begin(store, &err));
    add("kari", "p:bodo");
    assert_done(store_commit(store, &err));
    reopen();
    assert_string_equal(all(), "1 ");
}

static void deleting_takes_what_is_to_be_sent_about_it_along_and_leaves_no_trace(void **state)
{
    (void)state;
    struct request r = new_request("karischat", "p:bodo");
    snprintf(r.words, WORDS_SIZE, "hemmeligeord");
    snprintf(r.contact, CONTACT_SIZE, "hemmelig@x.no");
    assert_done(store_request_save(store, &r, &err));
    int64_t other = add("ola", "p:bodo");
    add_out("1", "coordinator", r.id);
    add_out("2", "coordinator", other);
    add_out("3", "karischat", 0);
    assert_true(on_disk("hemmeligeord"));
    assert_done(store_wipe(store, &err));
    assert_done(store_request_delete(store, r.id, &err));
    assert_true(store_needs_wipe(store));
    assert_done(store_wipe(store, &err));
    assert_outbox("2@coordinator 3@karischat ");
    assert_string_equal(all(), "2 ");
    assert_false(on_disk("hemmeligeord") || on_disk("hemmelig@x.no"));
    assert_done(store_request_delete(store, 99, &err)); /* nothing: no harm */
}

/* ---- lists ---- */

static void a_residents_requests_come_newest_first(void **state)
{
    (void)state;
    add("kari", "p:bodo");
    add("ola", "p:bodo");
    add("kari", "p:mo");
    struct request closed = loaded(1);
    assert_true(request_close(&closed, ENDING_WITHDRAWN, noon));
    assert_done(store_request_save(store, &closed, &err));
    assert_string_equal(of("matrix", "kari"), "3 1 "); /* closed ones are there */
    assert_string_equal(of("matrix", "ola"), "2 ");
    assert_string_equal(of("telegram", "kari"), "");
    assert_string_equal(of("matri", "xkari"), "");
    assert_string_equal(all(), "1 2 3 ");
}

static void a_coordinator_sees_their_scopes_and_what_they_took(void **state)
{
    (void)state;
    struct coordinator kari = {.id = 5, .duties = {"f:18", "p:bodo"}, .n_duties = 2};
    struct coordinator staff = {.id = 6, .duties = {"s"}, .n_duties = 1}, none = {.id = 7};
    add("a", "p:bodo");
    add("b", "p:mo");
    add("c", "f:18");
    add("d", "p:bodo2");
    struct request r = loaded(2); /* taken by Kari, then moved out of her scopes */
    r.taker = 5;
    r.seq++;
    assert_done(store_request_save(store, &r, &err));
    r = loaded(1); /* found twice: listed once */
    assert_true(request_take(&r, 5, noon));
    assert_done(store_request_save(store, &r, &err));
    assert_string_equal(held_by(&kari), "1 2 3 ");
    assert_string_equal(held_by(&staff), "");
    assert_string_equal(held_by(&none), "");
}

static void what_is_due_comes_earliest_first(void **state)
{
    (void)state;
    static const int64_t dues[] = {30, 10, 20, 40};
    assert_true(store_request_first_due(store) == INT64_MAX);
    for (size_t i = 0; i < 4; i++) {
        struct request r = new_request("kari", "p:bodo");
        r.due = noon + dues[i];
        r.state = i == 2 ? REQUEST_CLOSED : REQUEST_SENT; /* closed ones too: to be deleted */
        assert_done(store_request_save(store, &r, &err));
    }
    assert_true(store_request_first_due(store) == noon + 10);
    assert_string_equal(due_at(noon + 9, 10), "");
    assert_string_equal(due_at(noon + 30, 10), "2 3 1 ");
    assert_string_equal(due_at(noon + 100, 2), "2 3 ");
    assert_done(store_request_delete(store, 2, &err));
    assert_true(store_request_first_due(store) == noon + 20);
}

static void hurry_brings_the_scopes_waiting_requests_forward(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        add("kari", i == 3 ? "p:mo" : "p:bodo");
    struct request r = loaded(2);
    assert_true(request_close(&r, ENDING_JOINED, noon));
    assert_done(store_request_save(store, &r, &err));
    r = loaded(5);
    r.due = noon - 7; /* due already: it does not become later */
    r.seq++;
    assert_done(store_request_save(store, &r, &err));
    assert_done(store_requests_hurry(store, "p:bodo", noon + 1, &err));
    assert_string_equal(due_at(noon + 1, 10), "5 1 3 ");
    assert_true(loaded(5).due == noon - 7 && loaded(1).due == noon + 1);
    assert_true(loaded(2).due == noon + CLOCK_DAY && loaded(4).due == noon + CLOCK_DAY);
    assert_int_equal(loaded(1).seq, 1); /* no transition: who has it in hand may go on */
}

/* ---- with the chat ---- */

static void forgetting_a_chat_takes_its_requests_and_what_tells_of_them_along(void **state)
{
    (void)state;
    struct request r = new_request("karischat", "p:bodo");
    snprintf(r.words, WORDS_SIZE, "hemmeligeord");
    snprintf(r.alias, ALIAS_SIZE, "hemmeligalias");
    snprintf(r.contact, CONTACT_SIZE, "hemmelig@x.no");
    assert_done(store_request_save(store, &r, &err));
    int64_t other = add("ola", "p:bodo");
    add_out("1", "karischat", 0);
    add_out("2", "coordinator", r.id); /* her words, on their way to somebody else */
    add_out("3", "coordinator", other);
    add_out("4", "coordinator", 0);
    assert_true(on_disk("hemmeligeord"));
    assert_done(store_wipe(store, &err));
    assert_done(store_forget(store, "matrix", "karischat", &err));
    assert_true(store_needs_wipe(store));
    assert_done(store_wipe(store, &err));
    assert_string_equal(all(), "2 ");
    assert_outbox("3@coordinator 4@coordinator ");
    static const char *const traces[] = {"karischat", "hemmeligeord", "hemmeligalias", "hemmelig@x.no"};
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
        if (on_disk(traces[i]))
            fail_msg("%s is still there", traces[i]);
}

static void forgetting_the_same_name_in_another_network_takes_nothing(void **state)
{
    (void)state;
    add("kari", "p:bodo");
    add_out("1", "coordinator", 1);
    assert_done(store_forget(store, "telegram", "kari", &err));
    assert_string_equal(all(), "1 ");
    assert_outbox("1@coordinator ");
}

static void a_moved_chat_keeps_its_requests(void **state)
{
    (void)state;
    add("old", "p:bodo");
    add("new", "p:bodo");
    add("old", "p:mo");
    add("third", "p:mo");
    assert_done(store_move(store, "matrix", "old", "new", &err));
    reopen();
    assert_string_equal(of("matrix", "new"), "3 2 1 ");
    assert_string_equal(of("matrix", "old"), "");
    assert_string_equal(of("matrix", "third"), "4 ");
    assert_string_equal(loaded(1).chat, "new"); /* where notices go */
    assert_int_equal(loaded(1).seq, 1);
    assert_done(store_forget(store, "matrix", "old", &err));
    assert_string_equal(all(), "1 2 3 4 ");
}

static void a_change_after_the_move_keeps_the_new_chat(void **state)
{
    (void)state;
    add("old", "p:bodo");
    assert_done(store_move(store, "matrix", "old", "new", &err));
    struct request r = loaded(1);
    assert_true(request_take(&r, 5, noon));
    assert_done(store_request_save(store, &r, &err));
    assert_string_equal(of("matrix", "new"), "1 ");
    assert_string_equal(of("matrix", "old"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_request_comes_back_as_it_was_over_a_reopen),
        TEST(an_unknown_id_is_none),
        TEST(a_second_save_from_the_same_seq_is_refused),
        TEST(a_new_request_is_saved_once),
        TEST(a_change_to_what_is_deleted_is_refused),
        TEST(an_id_is_never_used_twice),
        TEST(a_rolled_back_request_is_gone),
        TEST(deleting_takes_what_is_to_be_sent_about_it_along_and_leaves_no_trace),
        TEST(a_residents_requests_come_newest_first),
        TEST(a_coordinator_sees_their_scopes_and_what_they_took),
        TEST(what_is_due_comes_earliest_first),
        TEST(hurry_brings_the_scopes_waiting_requests_forward),
        TEST(forgetting_a_chat_takes_its_requests_and_what_tells_of_them_along),
        TEST(forgetting_the_same_name_in_another_network_takes_nothing),
        TEST(a_moved_chat_keeps_its_requests),
        TEST(a_change_after_the_move_keeps_the_new_chat),
    };
    return cmocka_run_group_tests_name("store_requests", tests, NULL, NULL);
}
