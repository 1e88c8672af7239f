#include "store/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/store_internal.h"

enum { KEY_FILE_LARGEST = 64 * 1024 };

/* ---- a copy ---- */

struct store_copy {
    sqlite3 *to;
    sqlite3_backup *backup;
};

static void remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char name[4200];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

struct store_copy *store_copy_begin(struct store *store, const char *path, struct err *err)
{
    struct store_copy *copy = mem_new(1, sizeof *copy);
    mode_t before = umask(0077);
    sqlite3_stmt *set = sql_use(store,
                                SQL_META_SET); /* what is erased from now on is not in the copy for sure */
    sql_text(set, 1, "copied");
    sqlite3_bind_int64(set, 2, clock_wall_ms());
    sql_run(store, set, err);
    remove_database(path);
    int rc = sqlite3_open_v2(path, &copy->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    umask(before);
    if (rc == SQLITE_OK)
        copy->backup = sqlite3_backup_init(copy->to, "main", store->db, "main");
    if (copy->backup)
        return copy;
    err_at(err, path, 0, "the copy cannot be made: %s", sqlite3_errmsg(copy->to));
    store_copy_end(copy);
    return NULL;
}

int store_copy_step(struct store_copy *copy, int pages, struct err *err)
{
    int rc = sqlite3_backup_step(copy->backup, pages);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return 1;
    return err_add(err, "the copy of the database fails: %s", sqlite3_errstr(rc));
}

void store_copy_remove(const char *path)
{
    remove_database(path);
}

void store_copy_end(struct store_copy *copy)
{
    if (!copy)
        return;
    sqlite3_backup_finish(copy->backup);
    sqlite3_close(copy->to);
    free(copy);
}

/* ---- one connection ---- */

static int execute(sqlite3 *db, const char *sql, const char *path, struct err *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return err_at(err, path, 0, "`%.40s`: %s", sql, sqlite3_errmsg(db));
}

static int64_t number_of(sqlite3 *db, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = otherwise;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static sqlite3 *open_database(const char *path, int flags, struct err *err)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK)
        return db;
    err_at(err, path, 0, "cannot be opened: %s", db ? sqlite3_errmsg(db) : "out of memory");
    sqlite3_close(db);
    return NULL;
}

/* ---- packing ---- */

static int add_file(sqlite3 *db, const struct backup_file *file, struct err *err)
{
    struct buf bytes = BUF_INIT(KEY_FILE_LARGEST);
    sqlite3_stmt *add = NULL;
    if (!*file->path || !file_exists(file->path))
        return 0; /* that network is not used */
    int rc = file_read(file->path, &bytes, err);
    if (!rc &&
        sqlite3_prepare_v2(db, "INSERT INTO backup_files VALUES (?1, ?2)", -1, &add, NULL) == SQLITE_OK) {
        sqlite3_bind_text(add, 1, file->name, -1, SQLITE_STATIC);
        sqlite3_bind_blob(add, 2, buf_str(&bytes), (int)bytes.len, SQLITE_STATIC);
        rc = sqlite3_step(add) == SQLITE_DONE ? 0 : err_at(err, file->path, 0, "%s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(add);
    key_wipe(bytes.data, bytes.len);
    buf_free(&bytes);
    return rc;
}

static int vacuum_into(sqlite3 *db, const char *path, struct err *err)
{
    sqlite3_stmt *into = NULL;
    mode_t before = umask(0077);
    int rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &into, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(into, 1, path, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(into);
    umask(before);
    sqlite3_finalize(into);
    return rc == SQLITE_DONE ? 0 : err_at(err, path, 0, "cannot be written: %s", sqlite3_errmsg(db));
}

int backup_pack(const char *copy, const char *file, const struct backup_file *files, size_t n_files,
                int64_t now, struct err *err)
{
    char made[80], part[4200];
    sqlite3 *db = open_database(copy, SQLITE_OPEN_READWRITE, err);
    if (!db)
        return -1;
    int64_t copied = number_of(db, "SELECT value FROM meta WHERE name='copied'", now);
    snprintf(made, sizeof made, "INSERT INTO backup VALUES (%lld)", (long long)(copied < now ? copied : now));
    snprintf(part, sizeof part, "%s.part", file);
    remove_database(part);
    int rc = execute(db,
                     "CREATE TABLE backup (made INTEGER NOT NULL);"
                     "CREATE TABLE backup_files (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)",
                     copy, err) ||
                     execute(db, made, copy, err)
                 ? -1
                 : 0;
    for (size_t i = 0; i < n_files && !rc; i++)
        rc = add_file(db, &files[i], err);
    if (!rc)
        rc = vacuum_into(db, part, err);
    sqlite3_close(db);
    remove_database(copy);
    if (!rc && rename(part, file))
        rc = err_at(err, file, 0, "cannot be put in place");
    if (rc)
        remove_database(part);
    return rc;
}

/* ---- restoring ---- */

/* What a restoration works with. */
struct restoring {
    sqlite3 *db; /* the new database, not yet in place */
    const char *path, *database;
    struct restored *restored;
};

static int check_backup(sqlite3 *db, const char *file, int64_t now, struct restored *restored,
                        struct err *err)
{
    restored->made = number_of(db, "SELECT made FROM backup", 0);
    if (!restored->made)
        return err_at(err, file, 0, "is no backup of selvhjelpsbot (selvhjelpsctl backup makes one)");
    if (restored->made < now - BACKUP_DAYS * CLOCK_DAY)
        return err_at(err, file, 0, "is more than %d days old: what has been erased since is no longer known",
                      BACKUP_DAYS);
    if (number_of(db, "PRAGMA user_version", 0) > schema_newest())
        return err_at(err, file, 0, "was made by a newer version of selvhjelpsbot; install that one");
    if (number_of(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'", 0) != 1)
        return err_at(err, file, 0, "is damaged");
    return 0;
}

static int erase_chat(struct restoring *r, const char *key, int depth, struct err *err);

/* The chat whose former key is looked for. */
struct former {
    struct restoring *restoring;
    const char *key;
    int depth;
};

/* A chat that moved after the backup stands there under its former key. */
static int erase_former(void *user, const struct erased *note, struct err *err)
{
    struct former *former = user;
    char old[2 * KEY_HASH + 1];
    if (strcmp(note->kind, "moved") || note->at < former->restoring->restored->made ||
        strcmp(note->key + (size_t)(2 * KEY_HASH), former->key))
        return 0;
    snprintf(old, sizeof old, "%.*s", 2 * KEY_HASH, note->key);
    return erase_chat(former->restoring, old, former->depth + 1, err);
}

static int erase_chat(struct restoring *r, const char *key, int depth, struct err *err)
{
    enum { MOVES_MOST = 8 };
    static const char *const tables[] = {"conversations", "requests", "wishes"};
    struct former former = {r, key, depth};
    char sql[160];
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE key=x'%s'", tables[i], key);
        if (execute(r->db, sql, r->path, err))
            return -1;
    }
    return depth < MOVES_MOST ? erased_each(r->database, erase_former, &former, err) : 0;
}

static int erase_again(void *user, const struct erased *note, struct err *err)
{
    struct restoring *r = user;
    char sql[160];
    if (note->at < r->restored->made || strcmp(note->kind, "moved") == 0)
        return 0;
    r->restored->erased++;
    if (strcmp(note->kind, "chat") == 0)
        return erase_chat(r, note->key, 0, err);
    if (strcmp(note->kind, "person") == 0)
        snprintf(sql, sizeof sql, "DELETE FROM coordinators WHERE id=%s", note->key);
    else
        snprintf(sql, sizeof sql, "DELETE FROM coordinator_chats WHERE key=x'%s'", note->key);
    return execute(r->db, sql, r->path, err);
}

/* No reference may be given twice: the next one lies behind all that may have been given since. */
static int skip_references(struct restoring *r, const char *database, struct err *err)
{
    enum { GIVEN_SINCE_MOST = 5000 };
    char sql[240];
    sqlite3 *old = file_exists(database) ? open_database(database, SQLITE_OPEN_READONLY, NULL) : NULL;
    static const char given[] = "SELECT seq FROM sqlite_sequence WHERE name='requests'";
    int64_t last = old ? number_of(old, given, 0) : 0;
    bool known = last && last >= number_of(r->db, given, 0); /* else it was begun anew */
    sqlite3_close(old);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO sqlite_sequence SELECT 'requests', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence"
        " WHERE name='requests'); UPDATE sqlite_sequence SET seq=max(seq, %lld)+%d WHERE name='requests'",
        (long long)last, known ? 1 : GIVEN_SINCE_MOST);
    return execute(r->db, sql, r->path, err);
}

enum phase { PHASE_LOOK, PHASE_WRITE, PHASE_PLACE, PHASE_UNDO };

/* One key file of the backup: looked at, written beside its place, put there, or its part taken away. */
static int handle_file(struct restoring *r, const char *path, const void *bytes, size_t len, bool replace,
                       enum phase phase, struct err *err)
{
    char part[4200];
    struct buf now = BUF_INIT(KEY_FILE_LARGEST);
    bool there = file_exists(path) && file_read(path, &now, NULL) == 0;
    bool same = there && now.len == len && memcmp(buf_str(&now), bytes, len) == 0;
    int rc = 0;
    buf_free(&now);
    snprintf(part, sizeof part, "%s.restoring", path);
    if (phase == PHASE_LOOK && there && !same && !replace)
        rc = err_at(err, path, 0, "there is another key file; add --replace to write over it");
    else if (phase == PHASE_WRITE && !same)
        rc = file_write(part, bytes, len, 0600, err);
    else if (phase == PHASE_PLACE && !same) {
        rc = rename(part, path) ? err_at(err, path, 0, "cannot be put in place") : 0;
        r->restored->files += rc == 0;
    } else if (phase == PHASE_UNDO) {
        unlink(part);
    }
    return rc;
}

static int handle_files(struct restoring *r, const struct backup_file *files, size_t n_files, bool replace,
                        enum phase phase, struct err *err)
{
    sqlite3_stmt *rows = NULL;
    int rc = 0;
    if (sqlite3_prepare_v2(r->db, "SELECT name, bytes FROM backup_files", -1, &rows, NULL) != SQLITE_OK)
        return err_at(err, r->path, 0, "%s", sqlite3_errmsg(r->db));
    while (!rc && sqlite3_step(rows) == SQLITE_ROW)
        for (size_t i = 0; i < n_files && !rc; i++)
            if (strcmp(files[i].name, (const char *)sqlite3_column_text(rows, 0)) == 0)
                rc = handle_file(r, files[i].path, sqlite3_column_blob(rows, 1),
                                 (size_t)sqlite3_column_bytes(rows, 1), replace, phase, err);
    sqlite3_finalize(rows);
    return rc;
}

/* The new database beside the old one, with what was erased since taken out. */
static int prepare(struct restoring *r, const char *file, const char *database, int64_t now, struct err *err)
{
    char time[96];
    sqlite3 *backup = open_database(file, SQLITE_OPEN_READONLY, err);
    int rc = backup ? check_backup(backup, file, now, r->restored, err) : -1;
    remove_database(r->path);
    if (!rc)
        rc = vacuum_into(backup, r->path, err);
    sqlite3_close(backup);
    if (rc || !(r->db = open_database(r->path, SQLITE_OPEN_READWRITE, err)))
        return -1;
    snprintf(time, sizeof time, "INSERT OR REPLACE INTO meta VALUES ('time', %lld)", (long long)now);
    return execute(r->db, "PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON", r->path, err) ||
                   erased_each(database, erase_again, r, err) ||
                   execute(
                       r->db,
                       "DELETE FROM coordinators WHERE id NOT IN (SELECT coordinator FROM coordinator_chats)",
                       r->path, err) ||
                   /* replies of then are late now, and their bridges have sent them or not */
                   execute(r->db, "DELETE FROM outbox", r->path, err) || execute(r->db, time, r->path, err) ||
                   skip_references(r, database, err)
               ? -1
               : 0;
}

static int put_in_place(struct restoring *r, const char *database, struct err *err)
{
    char log[4200];
    if (execute(r->db, "DROP TABLE backup; DROP TABLE backup_files; PRAGMA user_version", r->path, err) ||
        execute(r->db, "VACUUM", r->path, err))
        return -1;
    sqlite3_close(r->db);
    r->db = NULL;
    snprintf(log, sizeof log, "%s-wal", database);
    unlink(log);
    snprintf(log, sizeof log, "%s-shm", database);
    unlink(log);
    return rename(r->path, database) ? err_at(err, database, 0, "cannot be put in place") : 0;
}

int backup_restore(const char *file, const char *database, const struct backup_file *files, size_t n_files,
                   bool replace, int64_t now, struct restored *restored, struct err *err)
{
    char path[4200];
    struct restoring r = {NULL, path, database, restored};
    memset(restored, 0, sizeof *restored);
    snprintf(path, sizeof path, "%s.restoring", database);
    int lock = store_lock(database, err);
    int rc = lock < 0 ? -1 : 0;
    if (!rc && file_exists(database) && !replace)
        rc = err_at(err, database, 0,
                    "there is a database already; add --replace to put the backup in its place");
    if (!rc)
        rc = prepare(&r, file, database, now, err) ||
                     handle_files(&r, files, n_files, replace, PHASE_LOOK, err) ||
                     handle_files(&r, files, n_files, replace, PHASE_WRITE, err) ||
                     handle_files(&r, files, n_files, replace, PHASE_PLACE, err) ||
                     put_in_place(&r, database, err)
                 ? -1
                 : 0;
    if (rc && r.db)
        handle_files(&r, files, n_files, replace, PHASE_UNDO, NULL);
    sqlite3_close(r.db);
    if (rc)
        remove_database(path);
    if (lock >= 0)
        close(lock);
    return rc;
}
