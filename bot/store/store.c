#include "store/store.h"

#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/store_internal.h"

/* ---- statements ---- */

sqlite3_stmt *sql_use(struct store *store, enum statement which)
{
    sqlite3_stmt *statement = store->statements[which];
    sqlite3_reset(statement);
    return statement;
}

static int failed(struct store *store, struct err *err)
{
    return err_add(err, "the database does not serve: %s", sqlite3_errmsg(store->db));
}

int sql_run(struct store *store, sqlite3_stmt *statement, struct err *err)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE)
        failed(store, err);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? 0 : -1;
}

int sql_row(struct store *store, sqlite3_stmt *statement, struct err *err)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        failed(store, err);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? 0 : -1;
}

void sql_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void sql_key(sqlite3_stmt *statement, int at, const unsigned char *key)
{
    sqlite3_bind_blob(statement, at, key, KEY_HASH, SQLITE_TRANSIENT);
}

void sql_read_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    size_t len = text ? strlen((const char *)text) : 0;
    if (len >= size)
        for (len = size - 1; len && (text[len] & 0xC0) == 0x80;) /* not within a character */
            len--;
    if (len)
        memcpy(out, text, len);
    out[len] = '\0';
}

void store_key(const struct store *store, const char *a, const char *b, unsigned char out[KEY_HASH])
{
    struct key_part parts[] = {{a, strlen(a)}, {b, strlen(b)}};
    key_hash(out, store->secret, parts, 2);
}

/* ---- opening ---- */

int store_lock(const char *path, struct err *err)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_at(err, name, 0, "cannot be made: %s", strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    return err_at(err, path, 0, "another process uses this database; stop it first");
}

bool store_in_use(const char *path)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);
    return used;
}

/* The secret of the key hashes: made once, kept in the database. */
static int load_secret(struct store *store, struct err *err)
{
    sqlite3_stmt *get = sql_use(store, SQL_META_GET);
    sql_text(get, 1, "secret");
    int row = sql_row(store, get, err);
    if (row < 0)
        return -1;
    if (row && sqlite3_column_bytes(get, 0) == KEY_SECRET) {
        memcpy(store->secret, sqlite3_column_blob(get, 0), KEY_SECRET);
        sqlite3_reset(get);
        return 0;
    }
    sqlite3_reset(get);
    key_random(store->secret, KEY_SECRET);
    sqlite3_stmt *set = sql_use(store, SQL_META_SET);
    sql_text(set, 1, "secret");
    sqlite3_bind_blob(set, 2, store->secret, KEY_SECRET, SQLITE_STATIC);
    return sql_run(store, set, err);
}

static int load_time(struct store *store, struct err *err)
{
    sqlite3_stmt *get = sql_use(store, SQL_META_GET);
    sql_text(get, 1, "time");
    int row = sql_row(store, get, err);
    if (row > 0)
        store->time_noted = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return row < 0 ? -1 : 0;
}

static int64_t count(struct store *store, enum statement which)
{
    sqlite3_stmt *rows = sql_use(store, which);
    int64_t n = sql_row(store, rows, NULL) > 0 ? sqlite3_column_int64(rows, 0) : -1;
    sqlite3_reset(rows);
    return n;
}

/* A turn that was under way when the last process died counts against its message. */
static int count_crash(struct store *store, struct err *err)
{
    unsigned char hash[KEY_HASH];
    store->any_crashed = count(store, SQL_COUNT_CRASHED) > 0;
    if (!store->marker || !marker_found(store->marker, hash))
        return 0;
    store->any_crashed = true;
    sqlite3_stmt *crashed = sql_use(store, SQL_CRASHED);
    sql_key(crashed, 1, hash);
    sqlite3_bind_int64(crashed, 2, clock_wall_ms());
    return sql_run(store, crashed, err);
}

static int open_all(struct store *store, const char *path, struct err *err)
{
    bool memory = strcmp(path, ":memory:") == 0;
    if (!memory && (file_make_parent(path, err) || (store->lock = store_lock(path, err)) < 0))
        return -1;
    if (!memory) {
        erased_path(path, store->erased, sizeof store->erased);
        erased_prune(path, clock_wall_ms(), NULL);
    }
    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL))
        return err_at(err, path, 0, "the database cannot be opened: %s", sqlite3_errmsg(store->db));
    if (!memory && !(store->marker = marker_open(path, err)))
        return -1;
    if (schema_prepare(store, err) || load_secret(store, err) || load_time(store, err))
        return -1;
    return count_crash(store, err);
}

struct store *store_open(const char *path, struct err *err)
{
    struct store *store = mem_new(1, sizeof *store);
    store->lock = -1;
    store->needs_wipe = true; /* the last process may have died between an erasure and its wipe */
    if (open_all(store, path, err) == 0)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < SQL_STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    marker_close(store->marker);
    if (store->lock >= 0)
        close(store->lock);
    key_wipe(store->secret, sizeof store->secret);
    free(store);
}

/* `/var/lib/x` → `/var/lib`, `build` → `.` */
static void folder_of_folder(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder)
        *slash = '\0';
    else if (!slash)
        memcpy(folder, ".", 2);
}

static int take_version(void *user, int columns, char **values, char **names)
{
    (void)names;
    *(int *)user = columns == 1 && values[0] ? (int)strtol(values[0], NULL, 10) : 0;
    return 0;
}

int store_check(const char *path, struct err *err)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path)
        snprintf(folder, sizeof folder, "/");
    if (access(folder, F_OK)) /* it is made at start if its own folder is there */
        folder_of_folder(folder);
    if (access(folder, W_OK | X_OK))
        return err_at(err, path, 0, "core.database: %s cannot be written: %s", folder, strerror(errno));
    sqlite3 *db = NULL;
    int rc = file_exists(path) ? sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL)
                               : SQLITE_OK;
    int version = 0;
    if (rc == SQLITE_OK && db)
        rc = sqlite3_exec(db, "PRAGMA user_version", take_version, &version, NULL);
    if (version > schema_newest()) {
        sqlite3_close(db);
        return err_at(err, path, 0,
                      "core.database was written by a newer version of selvhjelpsbot; install that one");
    }
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) /* busy: a core is running on it */
        err_at(err, path, 0, "core.database is no database that can be read: %s",
               db ? sqlite3_errmsg(db) : "?");
    sqlite3_close(db);
    return rc == SQLITE_OK || rc == SQLITE_BUSY ? 0 : -1;
}

/* ---- batches ---- */

int store_begin(struct store *store, struct err *err)
{
    if (store->in_batch)
        return 0;
    if (sql_run(store, sql_use(store, SQL_BEGIN), err))
        return -1;
    store->in_batch = true;
    return 0;
}

int store_commit(struct store *store, struct err *err)
{
    if (!store->in_batch)
        return 0;
    if (sql_run(store, sql_use(store, SQL_COMMIT), err)) {
        store_rollback(store);
        return -1;
    }
    store->in_batch = false;
    return 0;
}

void store_rollback(struct store *store)
{
    /* SQLite may have rolled back by itself (full disk); then this is refused, which is what we want */
    if (store->in_batch && !sqlite3_get_autocommit(store->db))
        sql_run(store, sql_use(store, SQL_ROLLBACK), NULL);
    store->in_batch = false;
}

/* ---- inbox ---- */

int store_seen(struct store *store, const char *network, const char *id, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *seen = sql_use(store, SQL_SEEN);
    store_key(store, network, id, key);
    sql_key(seen, 1, key);
    int row = sql_row(store, seen, err);
    sqlite3_reset(seen);
    return row;
}

int store_remember(struct store *store, const char *network, const char *id, int64_t now, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *remember = sql_use(store, SQL_REMEMBER);
    store_key(store, network, id, key);
    sql_key(remember, 1, key);
    sqlite3_bind_int64(remember, 2, now);
    return sql_run(store, remember, err);
}

/* ---- conversations ---- */

int store_load_state(struct store *store, const char *network, const char *chat, struct state *state,
                     struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *load = sql_use(store, SQL_LOAD);
    store_key(store, network, chat, key);
    sql_key(load, 1, key);
    memset(state, 0, sizeof *state);
    int row = sql_row(store, load, err);
    if (row > 0)
        state_read(state, (const char *)sqlite3_column_text(load, 0), (size_t)sqlite3_column_bytes(load, 0));
    sqlite3_reset(load);
    return row < 0 ? -1 : 0;
}

int store_save_state(struct store *store, const char *network, const char *chat, const struct state *state,
                     int64_t now, struct err *err)
{
    unsigned char key[KEY_HASH];
    struct buf text = BUF_INIT(16 * 1024);
    sqlite3_stmt *save = sql_use(store, SQL_SAVE);
    store_key(store, network, chat, key);
    state_write(state, &text);
    sql_key(save, 1, key);
    sql_text(save, 2, network);
    sql_text(save, 3, chat);
    sqlite3_bind_text(save, 4, buf_str(&text), (int)text.len, SQLITE_STATIC);
    sqlite3_bind_int64(save, 5, now);
    int rc = buf_done(&text) ? err_add(err, "a conversation's state is too large")
                             : sql_run(store, save, err);
    sqlite3_clear_bindings(save);
    buf_free(&text);
    return rc;
}

int store_forget(struct store *store, const char *network, const char *chat, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *forget = sql_use(store, SQL_FORGET);
    store_key(store, network, chat, key);
    sql_key(forget, 1, key);
    store->needs_wipe = store->forgot = true;
    return erased_note_key(store, "chat", key, err) || sql_run(store, forget, err) ||
                   store_out_drop(store, network, chat, err) || requests_forget(store, key, err)
               ? -1
               : 0;
}

int store_move(struct store *store, const char *network, const char *from, const char *to, struct err *err)
{
    unsigned char old_key[KEY_HASH], new_key[KEY_HASH];
    sqlite3_stmt *gone = sql_use(store, SQL_MOVE_DELETE), *move = sql_use(store, SQL_MOVE),
                 *out = sql_use(store, SQL_MOVE_OUT);
    store_key(store, network, from, old_key);
    store_key(store, network, to, new_key);
    if (memcmp(old_key, new_key, KEY_HASH) == 0)
        return 0;
    sqlite3_stmt *load = sql_use(store, SQL_LOAD);
    sql_key(load, 1, old_key);
    int row = sql_row(store, load, err);
    sqlite3_reset(load);
    if (row < 0)
        return -1;
    sql_key(gone, 1, new_key);
    sql_key(move, 1, old_key);
    sql_key(move, 2, new_key);
    sql_text(move, 3, to);
    sql_text(out, 1, network);
    sql_text(out, 2, from);
    sql_text(out, 3, to);
    if (erased_note_move(store, old_key, new_key, err))
        return -1;
    /* a chat without a conversation must not wipe out that of the new token */
    if (row && sql_run(store, gone, err))
        return -1;
    return (row && sql_run(store, move, err)) || sql_run(store, out, err) ||
                   requests_move(store, old_key, new_key, to, err)
               ? -1
               : 0;
}

/* ---- crashes ---- */

void store_turn_begins(struct store *store, const char *network, const char *id)
{
    unsigned char key[KEY_HASH];
    if (!store->marker)
        return;
    store_key(store, network, id, key);
    marker_set(store->marker, key);
}

void store_turn_ended(struct store *store)
{
    if (store->marker)
        marker_clear(store->marker);
}

bool store_any_crashed(const struct store *store)
{
    return store->any_crashed;
}

int store_crashes(struct store *store, const char *network, const char *id, struct err *err)
{
    unsigned char key[KEY_HASH];
    if (!store->any_crashed)
        return 0;
    sqlite3_stmt *crashes = sql_use(store, SQL_CRASHES);
    store_key(store, network, id, key);
    sql_key(crashes, 1, key);
    int row = sql_row(store, crashes, err);
    int times = row > 0 ? sqlite3_column_int(crashes, 0) : row;
    sqlite3_reset(crashes);
    return times;
}

/* ---- housekeeping ---- */

/* The first and the next key of one slice of the key space. */
static void slice_keys(unsigned slice, unsigned char low[KEY_HASH], unsigned char high[KEY_HASH + 1])
{
    enum { WIDTH = 256 / STORE_SLICES };
    unsigned next = (slice % STORE_SLICES + 1) * WIDTH;
    memset(low, 0, KEY_HASH);
    memset(high, 0, KEY_HASH + 1);
    low[0] = (unsigned char)(slice % STORE_SLICES * WIDTH);
    if (next > 255)
        memset(high, 0xFF, KEY_HASH + 1); /* one byte longer than any key, so greater than all */
    else
        high[0] = (unsigned char)next;
}

static int purge_one(struct store *store, enum statement which, unsigned slice, int64_t before,
                     struct err *err)
{
    unsigned char low[KEY_HASH], high[KEY_HASH + 1];
    sqlite3_stmt *purge = sql_use(store, which);
    slice_keys(slice, low, high);
    sql_key(purge, 1, low);
    sqlite3_bind_blob(purge, 2, high, KEY_HASH + 1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(purge, 3, before);
    int rc = sql_run(store, purge, err);
    store->needs_wipe = store->needs_wipe || sqlite3_changes(store->db) > 0;
    return rc;
}

/* Tables that stay small: once a round. */
static int purge_small(struct store *store, const struct retention *keep, int64_t now, struct err *err)
{
    const struct {
        enum statement which;
        int64_t before;
    } tables[] = {{SQL_PURGE_TRIES, now - CLOCK_DAY},
                  {SQL_PURGE_CODES, now},
                  {SQL_PURGE_PROPOSALS, now - keep->open_ms},
                  {SQL_PURGE_WISHES, now - keep->open_ms}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *purge = sql_use(store, tables[i].which);
        sqlite3_bind_int64(purge, 1, tables[i].before);
        if (sql_run(store, purge, err))
            return -1;
        store->needs_wipe = store->needs_wipe || sqlite3_changes(store->db) > 0;
    }
    return 0;
}

int store_purge(struct store *store, unsigned slice, const struct retention *keep, int64_t now,
                struct err *err)
{
    if (store_clock_doubtful(store, now))
        return 0;
    if (purge_one(store, SQL_PURGE_INBOX, slice, now - keep->inbox_ms, err) ||
        purge_one(store, SQL_PURGE_CRASHED, slice, now - keep->inbox_ms, err) ||
        purge_one(store, SQL_PURGE_CONVERSATIONS, slice, now - keep->conversation_ms, err))
        return -1;
    return slice % STORE_SLICES || !keep->open_ms ? 0 : purge_small(store, keep, now, err);
}

static void note_time(struct store *store, int64_t now)
{
    sqlite3_stmt *set = sql_use(store, SQL_META_SET);
    sql_text(set, 1, "time");
    sqlite3_bind_int64(set, 2, now);
    if (sql_run(store, set, NULL) == 0)
        store->time_noted = now;
}

int store_probe(struct store *store, int64_t now, struct err *err)
{
    sqlite3_stmt *set = sql_use(store, SQL_META_SET);
    sql_text(set, 1, "probe");
    sqlite3_bind_int64(set, 2, now);
    return sql_run(store, set, err);
}

bool store_clock_doubtful(struct store *store, int64_t now)
{
    int64_t jump = now > store->time_noted ? now - store->time_noted : store->time_noted - now;
    if (store->time_noted && jump > CLOCK_DAY)
        store->clock_doubtful = true;
    else if (!store->clock_doubtful && jump > CLOCK_MINUTE)
        note_time(store, now);
    return store->clock_doubtful;
}

void store_trust_clock(struct store *store, int64_t now)
{
    store->clock_doubtful = false;
    note_time(store, now);
}

bool store_needs_wipe(const struct store *store)
{
    return store->needs_wipe;
}

int store_wipe(struct store *store, struct err *err)
{
    if (sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        return failed(store, err);
    store->needs_wipe = false;
    return 0;
}

static const int64_t day_ms = 24LL * 60 * 60 * 1000;

int store_not_understood(struct store *store, int64_t now, struct err *err)
{
    sqlite3_stmt *add = sql_use(store, SQL_DAY_ADD);
    sqlite3_bind_int64(add, 1, now / day_ms);
    return sql_run(store, add, err);
}

int64_t store_not_understood_in(struct store *store, int64_t now, int days)
{
    sqlite3_bind_int64(sql_use(store, SQL_DAYS), 1, now / day_ms - days);
    return count(store, SQL_DAYS);
}

int64_t store_count_conversations(struct store *store)
{
    return count(store, SQL_COUNT_CONVERSATIONS);
}

int64_t store_count_inbox(struct store *store)
{
    return count(store, SQL_COUNT_INBOX);
}
