/* Backup and restore on real files: what comes back, what is refused, and what is left beside it. */
#include "backups.h"

#include <sqlite3.h>

/* ---- copies ---- */

/* A batch in the middle of copying: rows are added, changed and erased. */
static void go_on(int steps)
{
    assert_done(store_begin(store, &err));
    save_chat(arena_printf(&arena, "new%d", steps), "Mo");
    save_chat(arena_printf(&arena, "old%d", steps % 200), "Voss");
    assert_done(store_forget(store, "matrix", arena_printf(&arena, "old%d", 399 - steps % 200), &err));
    if (steps == 10 || steps == 30) /* which makes the copy begin again */
        store_rollback(store);
    else
        assert_done(store_commit(store, &err));
}

static void a_copy_has_what_is_written_meanwhile(void **state)
{
    (void)state;
    struct store_copy *made;
    int rc, steps = 0;
    for (int i = 0; i < 400; i++)
        save_chat(arena_printf(&arena, "old%d", i), "Bodø");
    assert_non_null(made = store_copy_begin(store, copy, &err));
    for (; (rc = store_copy_step(made, 1, &err)) > 0 && steps < 5000; steps++)
        go_on(steps);
    store_copy_end(made);
    assert_done(rc);
    assert_true(steps > 20); /* it was in small steps indeed */
    struct store *other = store_open(copy, &err);
    assert_non_null(other);
    assert_int_equal(store_count_conversations(other), store_count_conversations(store));
    struct store *own = store;
    for (int i = 0; i < 400 + steps; i++) {
        const char *chat = arena_printf(&arena, "%s%d", i < 400 ? "old" : "new", i < 400 ? i : i - 400);
        store = own;
        const char *expected = place_of(chat);
        store = other;
        assert_string_equal(place_of(chat), expected);
    }
    store_close(other);
    store = own;
}

static void a_copy_is_made_anew(void **state)
{
    (void)state;
    write_text(copy, "rubbish");
    write_text(arena_printf(&arena, "%s-wal", copy), "rubbish");
    save_chat("a", "Bodø");
    make_copy();
    assert_int_equal(mode_of(copy), 0600);
    struct store *own = store;
    store = store_open(copy, &err);
    assert_non_null(store);
    assert_string_equal(place_of("a"), "Bodø");
    store_close(store);
    store = own;
    assert_null(store_copy_begin(store, arena_printf(&arena, "%s/nowhere/copy", folder), &err));
    assert_says(&err, "nowhere/copy");
    store_copy_end(NULL);
}

/* ---- there and back ---- */

static const char key_bytes[] = "key\0with\n\xFF bytes";

static void write_keys(void)
{
    write_bytes(keys[0], key_bytes, sizeof key_bytes);
    write_text(keys[1], "second");
}

static void assert_keys(void)
{
    size_t len;
    const char *bytes = text_in(keys[0], &len);
    assert_int_equal(len, sizeof key_bytes);
    assert_memory_equal(bytes, key_bytes, sizeof key_bytes);
    assert_string_equal(text_in(keys[1], NULL), "second");
}

static void everything_comes_back(void **state)
{
    (void)state;
    int64_t made = clock_wall_ms() - 3 * CLOCK_DAY;
    mode_t before = umask(0);
    write_keys();
    save_chat("a", "Bodø");
    int64_t id = add_request("a"), kari = add_person("kari", 0);
    add_wish("a");
    assert_done(store_count(store, 2026 * 12, "4601", COUNT_SEARCHES, &err));
    back_up_at(made);
    assert_tidy();
    assert_int_equal(mode_of(backup), 0600);
    lose_database();
    unlink(keys[0]);
    unlink(keys[1]);
    assert_done(try_restore(false));
    umask(before);
    assert_no_fault(&err);
    assert_tidy();
    assert_true(restored.made == made);
    assert_int_equal(restored.erased, 0);
    assert_int_equal(restored.files, 2);
    assert_int_equal(mode_of(database), 0600);
    assert_int_equal(mode_of(keys[0]), 0600);
    assert_int_equal(mode_of(keys[1]), 0600);
    assert_keys();
    assert_false(file_exists(nowhere));
    reopen();
    struct request r;
    assert_string_equal(place_of("a"), "Bodø");
    assert_int_equal(store_request(store, id, &r, &err), 1);
    assert_string_equal(r.words, "Noen ord fra a");
    assert_int_equal(requests_of("a"), 1);
    assert_true(has_wish("a"));
    assert_int_equal(person_of("kari")->id, kari);
    struct month_count *counts;
    size_t n;
    assert_done(store_counts(store, -1, INT32_MAX, &arena, &counts, &n, &err));
    assert_int_equal(n, 1);
}

/* A backup can be put back again and again, and one can be made of what was put back. */
static void a_restored_database_can_be_backed_up(void **state)
{
    (void)state;
    save_chat("a", "Bodø");
    for (int i = 0; i < 3; i++) {
        back_up();
        save_chat("a", "Mo");
        restore();
        assert_string_equal(place_of("a"), "Bodø");
        restore();
        assert_string_equal(place_of("a"), "Bodø");
    }
}

static void a_backup_takes_the_place_of_an_older_one(void **state)
{
    (void)state;
    save_chat("a", "Bodø");
    back_up();
    save_chat("a", "Mo");
    back_up();
    assert_tidy();
    restore();
    assert_string_equal(place_of("a"), "Mo");
}

static void a_backup_that_fails_leaves_the_older_one(void **state)
{
    (void)state;
    save_chat("a", "Bodø");
    back_up();
    save_chat("a", "Mo");
    assert_done(mkdir(keys[0], 0700)); /* a key file that cannot be read must not be left out in silence */
    make_copy();
    assert_int_equal(backup_pack(copy, backup, files, FILES, clock_wall_ms(), &err), -1);
    assert_says(&err, "matrix-key");
    assert_tidy();
    err_clear(&err);
    make_copy();
    assert_int_equal(backup_pack(copy, nowhere, files, 0, clock_wall_ms(), &err), -1);
    assert_says(&err, "nowhere");
    assert_tidy();
    assert_done(rmdir(keys[0]));
    restore();
    assert_string_equal(place_of("a"), "Bodø");
    err_clear(&err);
    assert_int_equal(backup_pack(copy, backup, files, FILES, clock_wall_ms(), &err), -1); /* there is none */
}

static void list_row(void *user, const struct out_row *row)
{
    (void)row;
    (*(int *)user)++;
}

static void the_outbox_is_empty_afterwards(void **state)
{
    (void)state;
    struct out_row row = {.id = "o", .network = "matrix", .chat = "a", .created = clock_wall_ms()};
    int rows = 0;
    assert_true(store_out_add(store, &row, "{}", 2, &err) > 0);
    back_up();
    restore();
    assert_done(store_out_each(store, list_row, &rows, &err));
    assert_int_equal(rows, 0);
}

/* ---- refusals ---- */

/* The backup is not put back, and nothing has changed. */
static void assert_not_restored(bool replace, const char *why)
{
    assert_int_equal(try_restore(replace), -1);
    assert_says(&err, why);
    assert_tidy();
    err_clear(&err);
    reopen();
    assert_string_equal(place_of("a"), "now");
    assert_keys();
}

/* A backup, and a database in which chat a has gone on. */
static void prepare(void)
{
    write_keys();
    save_chat("a", "then");
    back_up();
    save_chat("a", "now");
}

static void a_database_there_is_kept_unless_replaced(void **state)
{
    (void)state;
    prepare();
    assert_not_restored(false, "--replace");
    restore();
    assert_string_equal(place_of("a"), "then");
}

static void another_key_file_is_kept_unless_replaced(void **state)
{
    (void)state;
    prepare();
    write_text(keys[1], "a new key");
    lose_database();
    assert_int_equal(try_restore(false), -1);
    assert_says(&err, "--replace");
    assert_says(&err, "console-key");
    assert_tidy();
    assert_false(file_exists(database));
    assert_string_equal(text_in(keys[1], NULL), "a new key");
    restore();
    assert_int_equal(restored.files, 1); /* the first was the same */
    assert_keys();
}

static void the_same_key_files_need_no_replacing(void **state)
{
    (void)state;
    prepare();
    lose_database();
    assert_done(try_restore(false));
    assert_int_equal(restored.files, 0);
    assert_keys();
}

static void a_database_in_use_is_left_alone(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(backup_restore(backup, database, files, FILES, true, clock_wall_ms(), &restored, &err),
                     -1);
    assert_says(&err, "another process uses this database");
    assert_tidy();
    assert_string_equal(place_of("a"), "now");
    save_chat("a", "later");
    err_clear(&err);
    reopen();
    assert_string_equal(place_of("a"), "later");
}

static void what_is_no_backup_is_refused(void **state)
{
    (void)state;
    prepare();
    unlink(backup);
    assert_not_restored(true, "backup");
    write_text(backup, "");
    assert_not_restored(true, "backup");
    write_text(backup, "Dear all, enclosed you find our backup.");
    assert_not_restored(true, "backup");
    unlink(backup);
    assert_done(mkdir(backup, 0700));
    assert_not_restored(true, "backup");
    assert_done(rmdir(backup));
    make_copy(); /* a database, but nobody has packed it */
    assert_done(rename(copy, backup));
    assert_not_restored(true, "no backup");
}

static void change_backup(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(backup, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_newer_version_is_refused(void **state)
{
    (void)state;
    prepare();
    change_backup("PRAGMA user_version=1000");
    assert_not_restored(true, "newer version");
}

static void a_damaged_backup_is_refused(void **state)
{
    (void)state;
    enum { PAGE = 4096 };
    size_t len;
    for (int i = 0; i < 60; i++)
        save_chat(arena_printf(&arena, "c%d", i), "Mo");
    prepare();
    const char *good = text_in(backup, &len);
    char *bad = arena_bytes(&arena, len);
    assert_true(len > (size_t)20 * PAGE);
    for (size_t at = 0; at < len; at += (size_t)3 * PAGE) {
        memcpy(bad, good, len);
        memset(bad + at, 0xA5, PAGE);
        write_bytes(backup, bad, len);
        assert_not_restored(true, "backup");
    }
    write_bytes(backup, good, len / 2); /* the disk was full */
    assert_not_restored(true, "backup");
    write_bytes(backup, good, len);
    restore();
}

static void a_backup_is_good_for_400_days(void **state)
{
    (void)state;
    write_keys();
    save_chat("a", "now");
    back_up_at(clock_wall_ms() - BACKUP_DAYS * CLOCK_DAY - 1);
    assert_not_restored(true, "days old");
    back_up_at(clock_wall_ms() - BACKUP_DAYS * CLOCK_DAY + CLOCK_HOUR);
    save_chat("a", "later");
    restore();
    assert_string_equal(place_of("a"), "now");
}

/* The second key file cannot be written: the first and the database stay as they are. */
static void nothing_is_changed_by_half(void **state)
{
    (void)state;
    prepare();
    write_text(keys[0], "a new key");
    const struct backup_file elsewhere[] = {files[0], {"console.key_file", nowhere}};
    close_store();
    assert_int_equal(backup_restore(backup, database, elsewhere, 2, true, clock_wall_ms(), &restored, &err),
                     -1);
    assert_says(&err, "nowhere");
    assert_tidy();
    err_clear(&err);
    reopen();
    assert_string_equal(place_of("a"), "now");
    assert_string_equal(text_in(keys[0], NULL), "a new key");
}

/* ---- references ---- */

enum { GIVEN = 40 };

static void add_requests(int count)
{
    for (int i = 0; i < count; i++)
        add_request("a");
}

static void references_go_on_behind_the_last(void **state)
{
    (void)state;
    add_requests(3);
    back_up();
    add_requests(GIVEN);
    int64_t last = next_request() - 1;
    assert_done(store_request_delete(store, last, &err));
    restore();
    assert_true(next_request() > last);
    int64_t again = add_request("a");
    restore(); /* the same backup once more */
    assert_true(next_request() > again);
}

static void references_go_on_though_the_last_is_not_known(void **state)
{
    (void)state;
    add_requests(3);
    back_up();
    add_requests(GIVEN);
    int64_t last = next_request() - 1;
    lose_database();
    restore();
    assert_true(next_request() > last);
}

/* The disk was lost, and somebody has begun anew before the backup was found. */
static void references_go_on_over_a_database_begun_anew(void **state)
{
    (void)state;
    add_requests(3);
    back_up();
    add_requests(GIVEN);
    int64_t last = next_request() - 1;
    lose_database();
    reopen();
    add_requests(2);
    restore();
    assert_true(next_request() > last);
}

static void references_begin_though_there_were_none(void **state)
{
    (void)state;
    back_up();
    add_requests(GIVEN);
    int64_t last = next_request() - 1;
    lose_database();
    restore();
    assert_true(next_request() > last);
    assert_true(add_request("a") > last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(a_copy_has_what_is_written_meanwhile),
        TEST(a_copy_is_made_anew),
        TEST(everything_comes_back),
        TEST(a_restored_database_can_be_backed_up),
        TEST(a_backup_takes_the_place_of_an_older_one),
        TEST(a_backup_that_fails_leaves_the_older_one),
        TEST(the_outbox_is_empty_afterwards),
        TEST(a_database_there_is_kept_unless_replaced),
        TEST(another_key_file_is_kept_unless_replaced),
        TEST(the_same_key_files_need_no_replacing),
        TEST(a_database_in_use_is_left_alone),
        TEST(what_is_no_backup_is_refused),
        TEST(a_newer_version_is_refused),
        TEST(a_damaged_backup_is_refused),
        TEST(a_backup_is_good_for_400_days),
        TEST(nothing_is_changed_by_half),
        TEST(references_go_on_behind_the_last),
        TEST(references_go_on_though_the_last_is_not_known),
        TEST(references_go_on_over_a_database_begun_anew),
        TEST(references_begin_though_there_were_none),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
