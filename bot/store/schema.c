/* Tables, migrations and the text of every statement. */
#include <stdio.h>
#include <string.h>

#include "store/store_internal.h"

/* One entry a version; PRAGMA user_version counts how many have been applied. Never change an old one. */
static const char *const migrations[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE inbox (key BLOB PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE conversations (key BLOB PRIMARY KEY, network TEXT NOT NULL, chat TEXT NOT NULL,"
    " state TEXT NOT NULL, updated INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, network TEXT NOT NULL,"
    " chat TEXT NOT NULL, urgent INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " held_until INTEGER NOT NULL, payload TEXT NOT NULL);"
    "CREATE TABLE crashed (key BLOB PRIMARY KEY, times INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT "
    "ROWID;",
    "CREATE TABLE days (day INTEGER PRIMARY KEY, not_understood INTEGER NOT NULL);",
};
enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

/* The outbox holds little (what is not yet delivered), so it needs no index over chats. */
static const char *const sql[SQL_STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SEEN] = "SELECT 1 FROM inbox WHERE key=?1",
    [SQL_REMEMBER] = "INSERT OR IGNORE INTO inbox VALUES (?1, ?2)",
    [SQL_LOAD] = "SELECT state FROM conversations WHERE key=?1",
    [SQL_SAVE] = "INSERT INTO conversations VALUES (?1, ?2, ?3, ?4, ?5)"
                 " ON CONFLICT (key) DO UPDATE SET state=excluded.state, updated=excluded.updated",
    [SQL_FORGET] = "DELETE FROM conversations WHERE key=?1",
    [SQL_FORGET_OUT] = "DELETE FROM outbox WHERE network=?1 AND chat=?2",
    [SQL_MOVE_DELETE] = "DELETE FROM conversations WHERE key=?1",
    [SQL_MOVE] = "UPDATE conversations SET key=?2, chat=?3 WHERE key=?1",
    [SQL_MOVE_OUT] = "UPDATE outbox SET chat=?3 WHERE network=?1 AND chat=?2",
    [SQL_OUT_ADD] = "INSERT INTO outbox (id, network, chat, urgent, created, expires, held_until, payload)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_OUT_PAYLOAD] = "SELECT payload FROM outbox WHERE seq=?1",
    [SQL_OUT_HOLD] = "UPDATE outbox SET held_until=?2 WHERE seq=?1",
    [SQL_OUT_REMOVE] = "DELETE FROM outbox WHERE seq=?1",
    [SQL_OUT_EACH] =
        "SELECT seq, id, network, chat, urgent, created, expires, held_until FROM outbox ORDER BY seq",
    [SQL_CRASHES] = "SELECT times FROM crashed WHERE key=?1",
    [SQL_CRASHED] = "INSERT INTO crashed VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET times=times+1",
    [SQL_PURGE_INBOX] = "DELETE FROM inbox WHERE key>=?1 AND key<?2 AND seen<?3",
    [SQL_PURGE_CONVERSATIONS] = "DELETE FROM conversations WHERE key>=?1 AND key<?2 AND updated<?3",
    [SQL_PURGE_CRASHED] = "DELETE FROM crashed WHERE key>=?1 AND key<?2 AND seen<?3",
    [SQL_META_GET] = "SELECT value FROM meta WHERE name=?1",
    [SQL_META_SET] = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=excluded.value",
    [SQL_COUNT_CONVERSATIONS] = "SELECT count(*) FROM conversations",
    [SQL_COUNT_CRASHED] = "SELECT count(*) FROM crashed",
    [SQL_DAY_ADD] = "INSERT INTO days VALUES (?1, 1) ON CONFLICT (day) DO UPDATE SET"
                    " not_understood=not_understood+1",
    [SQL_DAYS] = "SELECT coalesce(sum(not_understood), 0) FROM days WHERE day>?1",
    [SQL_COUNT_INBOX] = "SELECT count(*) FROM inbox",
};

static int execute(struct store *store, const char *text, struct err *err)
{
    if (sqlite3_exec(store->db, text, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return err_add(err, "the database refuses `%.60s`: %s", text, sqlite3_errmsg(store->db));
}

static int read_version(struct store *store, int *version, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL);
    if (rc != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW) {
        sqlite3_finalize(statement);
        return err_add(err, "the database cannot be read: %s", sqlite3_errmsg(store->db));
    }
    *version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return 0;
}

int schema_newest(void)
{
    return MIGRATIONS;
}

static int migrate(struct store *store, struct err *err)
{
    int version = 0;
    if (read_version(store, &version, err))
        return -1;
    if (version > MIGRATIONS)
        return err_add(err, "the database was written by a newer version of selvhjelpsbot; install that one");
    for (; version < MIGRATIONS; version++) {
        char number[64];
        snprintf(number, sizeof number, "PRAGMA user_version=%d", version + 1);
        if (execute(store, "BEGIN IMMEDIATE", err) || execute(store, migrations[version], err) ||
            execute(store, number, err) || execute(store, "COMMIT", err))
            return -1;
    }
    return 0;
}

int schema_prepare(struct store *store, struct err *err)
{
    /* journal_size_limit keeps the WAL small after a busy hour; secure_delete overwrites what is deleted */
    if (execute(store,
                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
                "PRAGMA cache_size=-2048; PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=16777216",
                err) ||
        migrate(store, err))
        return -1;
    for (int i = 0; i < SQL_STATEMENTS; i++)
        if (sqlite3_prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL))
            return err_add(err, "the database refuses `%.60s`: %s", sql[i], sqlite3_errmsg(store->db));
    return 0;
}
