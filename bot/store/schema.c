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
    /* key: of the chat, as in conversations; what is text here stands in talk/request.h, roster.h, desk.h */
    "CREATE TABLE requests (id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, kind INTEGER NOT "
    "NULL,"
    " state INTEGER NOT NULL, ending INTEGER NOT NULL, reach INTEGER NOT NULL, language INTEGER NOT NULL,"
    " unreachable INTEGER NOT NULL, alarming INTEGER NOT NULL, key BLOB NOT NULL, network TEXT NOT NULL, "
    "chat TEXT NOT NULL,"
    " scope TEXT NOT NULL, reserve TEXT NOT NULL, proposed TEXT NOT NULL, taker INTEGER NOT NULL,"
    " alias TEXT NOT NULL, contact TEXT NOT NULL, words TEXT NOT NULL, place TEXT NOT NULL,"
    " kommune TEXT NOT NULL, created INTEGER NOT NULL, closed INTEGER NOT NULL, since INTEGER NOT NULL,"
    " changed INTEGER NOT NULL, reminded INTEGER NOT NULL, due INTEGER NOT NULL);"
    "CREATE INDEX requests_key ON requests (key);"
    "CREATE INDEX requests_scope ON requests (scope);"
    "CREATE INDEX requests_taker ON requests (taker);"
    "CREATE INDEX requests_due ON requests (due);"
    "ALTER TABLE outbox ADD COLUMN request INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE coordinators (id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL,"
    " paused_until INTEGER NOT NULL);"
    "CREATE TABLE duties (coordinator INTEGER NOT NULL REFERENCES coordinators ON DELETE CASCADE,"
    " scope TEXT NOT NULL, PRIMARY KEY (coordinator, scope)) WITHOUT ROWID;"
    "CREATE TABLE coordinator_chats (key BLOB PRIMARY KEY,"
    " coordinator INTEGER NOT NULL REFERENCES coordinators ON DELETE CASCADE,"
    " network TEXT NOT NULL, chat TEXT NOT NULL, reachable INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE codes (hash BLOB PRIMARY KEY, scope TEXT NOT NULL, label TEXT NOT NULL,"
    " coordinator INTEGER REFERENCES coordinators ON DELETE CASCADE, expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tries (key BLOB PRIMARY KEY, bad INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE confirmed (point TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE proposals (id INTEGER PRIMARY KEY, point TEXT NOT NULL, text TEXT NOT NULL,"
    " created INTEGER NOT NULL);"
    "CREATE TABLE wishes (key BLOB PRIMARY KEY, network TEXT NOT NULL, chat TEXT NOT NULL,"
    " place TEXT NOT NULL, kommune TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL, topic TEXT NOT NULL,"
    " created INTEGER NOT NULL, told INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE counts (month INTEGER NOT NULL, kommune TEXT NOT NULL, searches INTEGER NOT NULL,"
    " requests INTEGER NOT NULL, unmet INTEGER NOT NULL, PRIMARY KEY (month, kommune)) WITHOUT ROWID;",
};
enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

#define REQUEST_COLUMNS                                                                                      \
    "id, seq, kind, state, ending, reach, language, unreachable, network, chat, scope, reserve, proposed, "  \
    "taker,"                                                                                                 \
    " alias, contact, words, place, kommune, created, closed, since, changed, reminded, due, alarming"
#define WISH_COLUMNS "network, chat, place, kommune, lat, lon, topic, created, told"

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
    [SQL_DROP_ABOUT] = "DELETE FROM outbox WHERE network=?1 AND chat=?2 AND request<>0",
    [SQL_FORGET_OUT] = "DELETE FROM outbox WHERE network=?1 AND chat=?2",
    [SQL_MOVE_DELETE] = "DELETE FROM conversations WHERE key=?1",
    [SQL_MOVE] = "UPDATE conversations SET key=?2, chat=?3 WHERE key=?1",
    [SQL_MOVE_OUT] = "UPDATE outbox SET chat=?3 WHERE network=?1 AND chat=?2",
    [SQL_OUT_ADD] = "INSERT INTO outbox (id, network, chat, urgent, created, expires, held_until, payload,"
                    " request) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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

    [SQL_REQUEST_NEXT] = "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name='requests'",
    [SQL_REQUEST_ADD] = "INSERT INTO requests (" REQUEST_COLUMNS ", key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                        " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
                        " ?25, ?26, ?27)",
    [SQL_REQUEST_UPDATE] = "UPDATE requests SET (" REQUEST_COLUMNS ", key) = (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                           " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
                           " ?24, ?25, ?26, ?27) WHERE id=?1 AND seq=?28",
    [SQL_REQUEST] = "SELECT " REQUEST_COLUMNS " FROM requests WHERE id=?1",
    [SQL_REQUESTS_OF] = "SELECT " REQUEST_COLUMNS " FROM requests WHERE key=?1 ORDER BY id DESC LIMIT ?2",
    [SQL_REQUESTS_FOR] = "SELECT " REQUEST_COLUMNS
                         " FROM requests WHERE scope=?1 ORDER BY state=2, iif(state=2, -id, id) LIMIT ?2",
    [SQL_REQUESTS_TAKEN] = "SELECT " REQUEST_COLUMNS
                           " FROM requests WHERE taker=?1 ORDER BY state=2, iif(state=2, -id, id) LIMIT ?2",
    [SQL_REQUESTS_DUE] = "SELECT " REQUEST_COLUMNS " FROM requests WHERE due<=?1 ORDER BY due LIMIT ?2",
    [SQL_REQUESTS_ALL] = "SELECT " REQUEST_COLUMNS " FROM requests WHERE id>?1 ORDER BY id LIMIT ?2",
    [SQL_REQUEST_FIRST_DUE] = "SELECT min(due) FROM requests",
    [SQL_REQUESTS_HURRY] = "UPDATE requests SET due=?2 WHERE scope=?1 AND state=0 AND due>?2",
    [SQL_REQUESTS_COUNT] = "SELECT count(*), coalesce(min(since), 0) FROM requests WHERE state=?1",
    [SQL_REQUEST_DELETE] = "DELETE FROM requests WHERE id=?1",
    [SQL_REQUEST_DELETE_OUT] = "DELETE FROM outbox WHERE request=?1 OR request=-1",
    [SQL_REQUESTS_FORGET] = "DELETE FROM requests WHERE key=?1",
    [SQL_REQUESTS_FORGET_OUT] =
        "DELETE FROM outbox WHERE request=-1 OR request IN (SELECT id FROM requests WHERE key=?1)",
    [SQL_REQUESTS_MOVE] = "UPDATE requests SET key=?2, chat=?3 WHERE key=?1",
    [SQL_PEOPLE] = "SELECT id, label, paused_until FROM coordinators ORDER BY id",
    [SQL_DUTIES] = "SELECT scope FROM duties WHERE coordinator=?1 ORDER BY scope LIMIT ?2",
    [SQL_CHATS] = "SELECT network, chat, reachable FROM coordinator_chats WHERE coordinator=?1 LIMIT ?2",
    [SQL_PERSON_ADD] = "INSERT INTO coordinators (label, paused_until) VALUES (?1, 0)",
    [SQL_DUTY_ADD] = "INSERT OR IGNORE INTO duties VALUES (?1, ?2)",
    [SQL_CHAT_ADD] = "INSERT OR REPLACE INTO coordinator_chats VALUES (?1, ?2, ?3, ?4, 1)",
    [SQL_CHAT_OWNER] = "SELECT coordinator FROM coordinator_chats WHERE key=?1",
    [SQL_CHAT_REMOVE] = "DELETE FROM coordinator_chats WHERE key=?1",
    [SQL_CHAT_MOVE] = "UPDATE OR REPLACE coordinator_chats SET key=?2, chat=?3 WHERE key=?1",
    [SQL_CHAT_REACHABLE] = "UPDATE coordinator_chats SET reachable=?2 WHERE key=?1",
    [SQL_PEOPLE_LEFT] =
        "DELETE FROM coordinators WHERE id NOT IN (SELECT coordinator FROM coordinator_chats)",
    [SQL_PERSON_REMOVE] = "DELETE FROM coordinators WHERE id=?1",
    [SQL_PERSON_PAUSE] = "UPDATE coordinators SET paused_until=?2 WHERE id=?1",
    [SQL_CODE_ADD] = "INSERT INTO codes VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_CODE] = "SELECT scope, label, coalesce(coordinator, 0) FROM codes WHERE hash=?1 AND expires>?2",
    [SQL_CODE_REMOVE] = "DELETE FROM codes WHERE hash=?1",
    [SQL_TRIES] = "SELECT bad FROM tries WHERE key=?1 AND since>?2",
    [SQL_TRY_ADD] = "INSERT INTO tries VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET"
                    " bad=iif(since>?3, bad+1, 1), since=iif(since>?3, since, ?2)",
    [SQL_PURGE_TRIES] = "DELETE FROM tries WHERE since<?1",
    [SQL_PURGE_CODES] = "DELETE FROM codes WHERE expires<?1",
    [SQL_CONFIRM] =
        "INSERT INTO confirmed VALUES (?1, ?2) ON CONFLICT (point) DO UPDATE SET day=excluded.day",
    [SQL_CONFIRMED] = "SELECT point, day FROM confirmed",
    [SQL_PROPOSE] = "INSERT INTO proposals (point, text, created) VALUES (?1, ?2, ?3)",
    [SQL_PROPOSALS] = "SELECT id, point, text, created FROM proposals WHERE id>?1 ORDER BY id LIMIT ?2",
    [SQL_PURGE_PROPOSALS] = "DELETE FROM proposals WHERE created<?1",
    [SQL_WISH_ADD] = "INSERT OR REPLACE INTO wishes (key, " WISH_COLUMNS
                     ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                     " ?8, ?9, ?10)",
    [SQL_WISH_REMOVE] = "DELETE FROM wishes WHERE key=?1",
    [SQL_WISH] = "SELECT " WISH_COLUMNS " FROM wishes WHERE key=?1",
    [SQL_WISHES] = "SELECT " WISH_COLUMNS " FROM wishes ORDER BY created LIMIT ?1",
    [SQL_WISH_MOVE] = "UPDATE OR REPLACE wishes SET key=?2, chat=?3 WHERE key=?1",
    [SQL_PURGE_WISHES] = "DELETE FROM wishes WHERE created<?1",
    [SQL_COUNT_ADD] =
        "INSERT INTO counts VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (month, kommune) DO UPDATE SET"
        " searches=searches+excluded.searches, requests=requests+excluded.requests,"
        " unmet=unmet+excluded.unmet",
    [SQL_COUNTS] = "SELECT month, kommune, searches, requests, unmet FROM counts WHERE month="
                   "(SELECT min(month) FROM counts WHERE month>?1 AND month<?2) ORDER BY kommune",
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
