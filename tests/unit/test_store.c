/* The store on real files: what survives a reopen, what is refused, and what leaves no trace. */
#include "stored.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store/store.h"

static void begin(void)
{
    assert_int_equal(store_begin(store, &err), 0);
}

static void commit(void)
{
    assert_int_equal(store_commit(store, &err), 0);
    assert_no_fault(&err);
}

static struct state some_state(const char *place)
{
    struct state s = {.language = LANGUAGE_NN, .introduced = true, .has_place = true, .misses = 2};
    snprintf(s.place, sizeof s.place, "%s", place);
    snprintf(s.kommune, sizeof s.kommune, "1804");
    s.lat = 67.28;
    s.lon = 14.40;
    s.asked = ASKED_PLACE_SURE;
    return s;
}

static void save(const char *chat, const char *place, int64_t time)
{
    struct state s = some_state(place);
    assert_int_equal(store_save_state(store, "matrix", chat, &s, time, &err), 0);
}

static struct state loaded(const char *network, const char *chat)
{
    struct state s;
    memset(&s, 0x5A, sizeof s);
    assert_int_equal(store_load_state(store, network, chat, &s, &err), 0);
    assert_no_fault(&err);
    return s;
}

static int64_t add_out(const char *id, const char *chat, const char *payload)
{
    struct out_row row = {.id = id, .network = "matrix", .chat = chat, .created = noon, .expires = noon + 5};
    int64_t seq = store_out_add(store, &row, payload, strlen(payload), &err);
    assert_no_fault(&err);
    assert_true(seq > 0);
    return seq;
}

static void list_row(void *user, const struct out_row *row)
{
    buf_addf(user, "%s@%s/%s ", row->id, row->network, row->chat);
}

static void assert_outbox(const char *expected)
{
    struct buf list = BUF_INIT(100000);
    assert_int_equal(store_out_each(store, list_row, &list, &err), 0);
    assert_string_equal(buf_str(&list), expected);
    buf_free(&list);
}

/* Whether the bytes stand in the file of this name; a file that is not there holds nothing. */
static bool stands_in(const char *ending, const char *word)
{
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", database, ending);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    assert_int_equal(fstat(fileno(file), &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    size_t len = fread(bytes, 1, (size_t)st.st_size, file);
    fclose(file);
    bool found = len && memmem(bytes, len, word, strlen(word));
    free(bytes);
    return found;
}

static bool on_disk(const char *word)
{
    return stands_in("", word) || stands_in("-wal", word) || stands_in("-shm", word) ||
           stands_in("-journal", word) || stands_in(".turn", word);
}

/* ---- inbox ---- */

static void a_message_is_seen_once_it_was_remembered(void **state)
{
    (void)state;
    assert_int_equal(store_seen(store, "matrix", "m1", &err), 0);
    begin();
    assert_int_equal(store_remember(store, "matrix", "m1", noon, &err), 0);
    assert_int_equal(store_remember(store, "matrix", "m1", noon + 1, &err), 0); /* no harm */
    assert_int_equal(store_seen(store, "matrix", "m1", &err), 1);
    commit();
    assert_int_equal(store_seen(store, "sms", "m1", &err), 0);
    assert_int_equal(store_seen(store, "matri", "xm1", &err), 0); /* the border counts */
    assert_int_equal(store_count_inbox(store), 1);
    reopen();
    assert_int_equal(store_seen(store, "matrix", "m1", &err), 1);
    assert_int_equal(store_seen(store, "matrix", "m2", &err), 0);
}

static void the_inbox_keeps_no_id_in_the_clear(void **state)
{
    (void)state;
    assert_int_equal(store_remember(store, "matrix", "secretmessageid", noon, &err), 0);
    assert_false(on_disk("secretmessageid"));
}

/* ---- conversations ---- */

static void a_conversation_comes_back_as_it_was(void **state)
{
    (void)state;
    save("a", "Bodø", noon);
    save("b", "Herøy", noon);
    save("a", "Mo i = Rana", noon + 1); /* in place of the former */
    reopen();
    struct state a = loaded("matrix", "a"), b = loaded("matrix", "b");
    assert_int_equal(a.language, LANGUAGE_NN);
    assert_true(a.introduced && a.has_place);
    assert_string_equal(a.place, "Mo i = Rana");
    assert_string_equal(b.place, "Herøy");
    assert_string_equal(b.kommune, "1804");
    assert_true(b.lat > 67.27 && b.lat < 67.29 && b.lon > 14.39 && b.lon < 14.41);
    assert_int_equal(b.asked, ASKED_PLACE_SURE);
    assert_int_equal(b.misses, 2);
    assert_int_equal(store_count_conversations(store), 2);
}

static void an_unknown_chat_has_a_new_conversation(void **state)
{
    (void)state;
    save("a", "Bodø", noon);
    struct state other = loaded("sms", "a"), fresh;
    memset(&fresh, 0, sizeof fresh);
    assert_memory_equal(&other, &fresh, sizeof fresh);
}

static void a_state_that_cannot_be_read_is_a_new_conversation(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    save("a", "Bodø", noon);
    store_close(store);
    store = NULL;
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE conversations SET state='\x01 broken'", NULL, NULL, NULL), 0);
    sqlite3_close(db);
    reopen();
    assert_false(loaded("matrix", "a").has_place);
}

static void forget_and_wipe_leave_no_trace(void **state)
{
    (void)state;
    begin();
    save("chattokenofkari", "Hemmeligvik", noon);
    save("chattokenofola", "Åpenvik", noon);
    add_out("1", "chattokenofkari", "replytokari");
    add_out("2", "chattokenofola", "replytoola");
    commit();
    assert_true(on_disk("Hemmeligvik") && on_disk("replytokari")); /* else the test proves nothing */
    assert_int_equal(store_wipe(store, &err), 0);
    assert_false(store_needs_wipe(store));
    begin();
    assert_int_equal(store_forget(store, "matrix", "chattokenofkari", &err), 0);
    commit();
    assert_true(store_needs_wipe(store));
    assert_int_equal(store_wipe(store, &err), 0);
    assert_false(store_needs_wipe(store));
    assert_false(on_disk("Hemmeligvik"));
    assert_false(on_disk("chattokenofkari"));
    assert_false(on_disk("replytokari"));
    assert_true(on_disk("Åpenvik") && on_disk("replytoola"));
    assert_false(loaded("matrix", "chattokenofkari").has_place);
    assert_outbox("2@matrix/chattokenofola ");
}

static void the_farewell_leaves_no_trace_either(void **state)
{
    (void)state;
    begin();
    save("chattokenofkari", "Hemmeligvik", noon);
    assert_int_equal(store_forget(store, "matrix", "chattokenofkari", &err), 0);
    int64_t seq = add_out("1", "chattokenofkari", "farewelltokari");
    commit();
    assert_int_equal(store_wipe(store, &err), 0);
    assert_true(on_disk("farewelltokari"));
    assert_int_equal(store_out_remove(store, seq, &err), 0);
    assert_true(store_needs_wipe(store));
    assert_int_equal(store_wipe(store, &err), 0);
    assert_false(on_disk("chattokenofkari"));
    assert_false(on_disk("farewelltokari"));
}

static void a_store_just_opened_needs_a_wipe(void **state)
{
    (void)state;
    assert_int_equal(store_wipe(store, &err), 0);
    reopen();
    assert_true(store_needs_wipe(store));
}

static void a_moved_chat_takes_its_conversation_and_replies_along(void **state)
{
    (void)state;
    save("old", "Bodø", noon);
    save("new", "Oslo", noon);
    add_out("1", "old", "x");
    add_out("2", "third", "y");
    assert_int_equal(store_move(store, "matrix", "old", "new", &err), 0);
    assert_string_equal(loaded("matrix", "new").place, "Bodø");
    assert_false(loaded("matrix", "old").has_place);
    assert_int_equal(store_count_conversations(store), 1);
    assert_outbox("1@matrix/new 2@matrix/third ");
}

static void a_move_of_nothing_or_to_itself_loses_nothing(void **state)
{
    (void)state;
    save("new", "Oslo", noon);
    add_out("1", "old", "x");
    assert_int_equal(store_move(store, "matrix", "old", "new", &err), 0);
    assert_int_equal(store_move(store, "matrix", "new", "new", &err), 0);
    assert_string_equal(loaded("matrix", "new").place, "Oslo");
    assert_outbox("1@matrix/new ");
}

/* ---- outbox ---- */

static void the_outbox_keeps_its_order_over_a_reopen(void **state)
{
    (void)state;
    int64_t first = add_out("c", "x", "1"), second = add_out("a", "y", "2");
    assert_true(second > first);
    assert_int_equal(store_out_remove(store, second, &err), 0);
    reopen();
    int64_t third = add_out("b", "x", "3");
    assert_true(third > second); /* a number is not given twice */
    assert_outbox("c@matrix/x b@matrix/x ");
}

static struct out_row kept;

static void keep_row(void *user, const struct out_row *row)
{
    (void)user;
    kept = *row;
    kept.id = kept.network = kept.chat = NULL;
}

static void a_row_and_its_payload_come_back_whole(void **state)
{
    (void)state;
    struct buf payload = BUF_INIT(100);
    struct out_row row = {.id = "1", .network = "sms", .chat = "x", .urgent = true, .created = noon};
    int64_t seq = store_out_add(store, &row, "«æøå»\n", 11, &err);
    assert_int_equal(store_out_hold(store, seq, noon + 7, &err), 0);
    reopen();
    assert_int_equal(store_out_each(store, keep_row, NULL, &err), 0);
    assert_true(kept.seq == seq && kept.urgent && kept.created == noon && kept.expires == 0);
    assert_true(kept.held_until == noon + 7);
    assert_int_equal(store_out_payload(store, seq, &payload, &err), 0);
    assert_string_equal(buf_str(&payload), "«æøå»\n");
    buf_free(&payload);
}

static void the_payload_of_a_row_that_is_gone_is_a_fault(void **state)
{
    (void)state;
    struct buf payload = BUF_INIT(100);
    assert_int_equal(store_out_payload(store, 99, &payload, &err), -1);
    assert_says(&err, "no longer in the outbox");
    buf_free(&payload);
}

/* ---- crashes ---- */

static void a_turn_that_did_not_end_counts_as_a_crash(void **state)
{
    (void)state;
    assert_false(store_any_crashed(store));
    for (int times = 1; times <= 2; times++) {
        store_turn_begins(store, "matrix", "bad");
        reopen(); /* as after a crash: the turn was not ended */
        assert_true(store_any_crashed(store));
        assert_int_equal(store_crashes(store, "matrix", "bad", &err), times);
        assert_int_equal(store_crashes(store, "matrix", "good", &err), 0);
    }
    reopen(); /* counted once only */
    assert_int_equal(store_crashes(store, "matrix", "bad", &err), 2);
}

static void a_turn_that_ended_is_no_crash(void **state)
{
    (void)state;
    store_turn_begins(store, "matrix", "m");
    store_turn_ended(store);
    reopen();
    assert_false(store_any_crashed(store));
    assert_int_equal(store_crashes(store, "matrix", "m", &err), 0);
}

/* The real thing: a process that is killed in the middle of a turn. */
static void a_killed_process_leaves_the_mark(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        store = store_open(database, &err);
        if (store)
            store_turn_begins(store, "matrix", "bad");
        _exit(store ? 7 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    reopen();
    assert_int_equal(store_crashes(store, "matrix", "bad", &err), 1);
}

/* ---- housekeeping ---- */

static void fill_old_and_new(void)
{
    char id[32];
    begin();
    for (int i = 0; i < 200; i++) {
        int64_t time = i % 2 ? noon : noon - 40 * CLOCK_DAY;
        snprintf(id, sizeof id, "m%d", i);
        assert_int_equal(store_remember(store, "matrix", id, time, &err), 0);
        save(id, "Bodø", time);
    }
    commit();
}

static const struct retention keep = {.conversation_ms = 30 * CLOCK_DAY, .inbox_ms = 35 * CLOCK_DAY};

static void all_slices_together_purge_what_is_old_and_only_that(void **state)
{
    (void)state;
    fill_old_and_new();
    assert_int_equal(store_wipe(store, &err), 0);
    for (unsigned slice = 0; slice < STORE_SLICES; slice++) {
        int64_t before = store_count_inbox(store);
        assert_int_equal(store_purge(store, slice, &keep, noon, &err), 0);
        assert_true(before - store_count_inbox(store) < 30); /* a part, not all of it */
    }
    assert_int_equal(store_count_inbox(store), 100);
    assert_int_equal(store_count_conversations(store), 100);
    assert_int_equal(store_seen(store, "matrix", "m1", &err), 1);
    assert_int_equal(store_seen(store, "matrix", "m2", &err), 0);
    assert_true(store_needs_wipe(store));
}

static void purge_all(int64_t now)
{
    for (unsigned slice = 0; slice < STORE_SLICES; slice++)
        assert_int_equal(store_purge(store, slice, &keep, now, &err), 0);
}

static void nothing_is_purged_while_the_clock_is_doubtful(void **state)
{
    (void)state;
    fill_old_and_new();
    assert_false(store_clock_doubtful(store, noon));
    reopen();
    int64_t ahead = noon + 400 * CLOCK_DAY;
    purge_all(ahead);
    assert_true(store_clock_doubtful(store, noon)); /* also when it has gone back: until confirmed */
    purge_all(noon);
    assert_int_equal(store_count_inbox(store), 200);
    store_trust_clock(store, ahead);
    assert_false(store_clock_doubtful(store, ahead));
    purge_all(ahead);
    assert_int_equal(store_count_inbox(store), 0);
    assert_int_equal(store_count_conversations(store), 0);
}

static void a_clock_in_small_steps_or_back_by_an_hour_is_believed(void **state)
{
    (void)state;
    for (int hour = 0; hour < 72; hour++)
        assert_false(store_clock_doubtful(store, noon + hour * CLOCK_HOUR));
    assert_false(store_clock_doubtful(store, noon + 70 * CLOCK_HOUR));
    assert_true(store_clock_doubtful(store, noon));
}

/* ---- batches ---- */

static void rollback_undoes_all_of_a_batch(void **state)
{
    (void)state;
    save("a", "Bodø", noon);
    add_out("1", "a", "x");
    begin();
    begin(); /* again within a batch: the same one */
    store_remember(store, "matrix", "m", noon, &err);
    save("a", "Oslo", noon);
    save("b", "Oslo", noon);
    add_out("2", "a", "y");
    store_forget(store, "matrix", "a", &err);
    store_rollback(store);
    assert_int_equal(store_seen(store, "matrix", "m", &err), 0);
    assert_string_equal(loaded("matrix", "a").place, "Bodø");
    assert_int_equal(store_count_conversations(store), 1);
    assert_outbox("1@matrix/a ");
    store_rollback(store); /* outside a batch: nothing */
    begin();
    save("b", "Oslo", noon);
    commit();
    assert_int_equal(store_count_conversations(store), 2);
}

static void an_uncommitted_batch_is_gone_after_a_reopen(void **state)
{
    (void)state;
    begin();
    save("a", "Bodø", noon);
    reopen();
    assert_int_equal(store_count_conversations(store), 0);
}

/* ---- opening ---- */

static void a_second_opener_is_refused(void **state)
{
    (void)state;
    assert_null(store_open(database, &err));
    assert_says(&err, "another process uses this database");
    save("a", "Bodø", noon); /* and the first one is not disturbed */
    err_clear(&err);
    reopen();
    assert_int_equal(store_count_conversations(store), 1);
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    store_close(store);
    store = NULL;
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=1000", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_null(store_open(database, &err));
    assert_says(&err, "newer version");
}

static void what_is_no_database_is_refused(void **state)
{
    (void)state;
    const char *path = unit_write("noise.db", "this is no database, but it is long enough to look at, "
                                              "and then some more of it, so that there is a header");
    assert_null(store_open(path, &err));
    assert_true(err.count > 0);
    assert_null(store_open("/proc/none/x.db", &err));
}

static void check_says_whether_a_database_can_be_used(void **state)
{
    (void)state;
    assert_int_equal(store_check(database, &err), 0); /* in use */
    store_close(store);
    store = NULL;
    assert_int_equal(store_check(database, &err), 0);
    assert_int_equal(store_check(unit_path("none.db"), &err), 0);
    assert_int_equal(store_check(unit_path("made-at-start/none.db"), &err), 0);
    assert_no_fault(&err);
    assert_int_not_equal(access(unit_path("none.db"), F_OK), 0); /* changes nothing */
    assert_int_not_equal(access(unit_path("made-at-start"), F_OK), 0);
}

static void check_names_what_cannot_be_used(void **state)
{
    (void)state;
    char noise[200];
    memset(noise, 'x', sizeof noise);
    const char *path = unit_write_bytes("noise2.db", noise, sizeof noise);
    assert_int_equal(store_check(path, &err), -1);
    assert_says(&err, "no database");
    err_clear(&err);
    assert_int_equal(store_check(unit_path("not/there/at/all.db"), &err), -1);
    assert_says(&err, "cannot be written");
}

static void the_probe_serves_and_says_so_when_it_cannot(void **state)
{
    (void)state;
    assert_int_equal(store_probe(store, noon, &err), 0);
    assert_int_equal(store_probe(store, noon + 1, &err), 0);
    reopen();
    assert_int_equal(store_probe(store, noon + 2, &err), 0);
    assert_no_fault(&err);
}

static void the_store_in_memory_serves_too(void **state)
{
    (void)state;
    struct store *memory = store_open(":memory:", &err);
    assert_non_null(memory);
    store_turn_begins(memory, "a", "b");
    store_turn_ended(memory);
    assert_int_equal(store_remember(memory, "a", "b", noon, &err), 0);
    assert_int_equal(store_seen(memory, "a", "b", &err), 1);
    assert_int_equal(store_wipe(memory, &err), 0);
    store_close(memory);
    store_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_message_is_seen_once_it_was_remembered),
        TEST(the_inbox_keeps_no_id_in_the_clear),
        TEST(a_conversation_comes_back_as_it_was),
        TEST(an_unknown_chat_has_a_new_conversation),
        TEST(a_state_that_cannot_be_read_is_a_new_conversation),
        TEST(forget_and_wipe_leave_no_trace),
        TEST(the_farewell_leaves_no_trace_either),
        TEST(a_store_just_opened_needs_a_wipe),
        TEST(a_moved_chat_takes_its_conversation_and_replies_along),
        TEST(a_move_of_nothing_or_to_itself_loses_nothing),
        TEST(the_outbox_keeps_its_order_over_a_reopen),
        TEST(a_row_and_its_payload_come_back_whole),
        TEST(the_payload_of_a_row_that_is_gone_is_a_fault),
        TEST(a_turn_that_did_not_end_counts_as_a_crash),
        TEST(a_turn_that_ended_is_no_crash),
        TEST(a_killed_process_leaves_the_mark),
        TEST(all_slices_together_purge_what_is_old_and_only_that),
        TEST(nothing_is_purged_while_the_clock_is_doubtful),
        TEST(a_clock_in_small_steps_or_back_by_an_hour_is_believed),
        TEST(rollback_undoes_all_of_a_batch),
        TEST(an_uncommitted_batch_is_gone_after_a_reopen),
        TEST(a_second_opener_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(what_is_no_database_is_refused),
        TEST(check_says_whether_a_database_can_be_used),
        TEST(check_names_what_cannot_be_used),
        TEST(the_probe_serves_and_says_so_when_it_cannot),
        TEST(the_store_in_memory_serves_too),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
