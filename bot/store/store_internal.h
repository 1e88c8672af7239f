/* What the files of store/ share: the connection, its statements, and how a statement runs. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/keys.h"
#include "store/store.h"

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_SEEN,
    SQL_REMEMBER,
    SQL_LOAD,
    SQL_SAVE,
    SQL_FORGET,
    SQL_FORGET_OUT,
    SQL_DROP_ABOUT,
    SQL_MOVE_DELETE,
    SQL_MOVE,
    SQL_MOVE_OUT,
    SQL_OUT_ADD,
    SQL_OUT_PAYLOAD,
    SQL_OUT_HOLD,
    SQL_OUT_REMOVE,
    SQL_OUT_EACH,
    SQL_CRASHES,
    SQL_CRASHED,
    SQL_PURGE_INBOX,
    SQL_PURGE_CONVERSATIONS,
    SQL_PURGE_CRASHED,
    SQL_META_GET,
    SQL_META_SET,
    SQL_COUNT_CONVERSATIONS,
    SQL_DAY_ADD,
    SQL_DAYS,
    SQL_COUNT_INBOX,
    SQL_COUNT_CRASHED,
    SQL_REQUEST_NEXT,
    SQL_REQUEST_ADD,
    SQL_REQUEST_UPDATE,
    SQL_REQUEST,
    SQL_REQUESTS_OF,
    SQL_REQUESTS_FOR,
    SQL_REQUESTS_TAKEN,
    SQL_REQUESTS_DUE,
    SQL_REQUESTS_ALL,
    SQL_REQUEST_FIRST_DUE,
    SQL_REQUESTS_HURRY,
    SQL_REQUESTS_COUNT,
    SQL_REQUEST_DELETE,
    SQL_REQUEST_DELETE_OUT,
    SQL_REQUESTS_FORGET,
    SQL_REQUESTS_FORGET_OUT,
    SQL_REQUESTS_MOVE,
    SQL_PEOPLE,
    SQL_DUTIES,
    SQL_CHATS,
    SQL_PERSON_ADD,
    SQL_DUTY_ADD,
    SQL_CHAT_ADD,
    SQL_CHAT_OWNER,
    SQL_CHAT_REMOVE,
    SQL_CHAT_MOVE,
    SQL_CHAT_REACHABLE,
    SQL_PEOPLE_LEFT,
    SQL_PERSON_REMOVE,
    SQL_PERSON_PAUSE,
    SQL_CODE_ADD,
    SQL_CODE,
    SQL_CODE_REMOVE,
    SQL_TRIES,
    SQL_TRY_ADD,
    SQL_PURGE_TRIES,
    SQL_PURGE_CODES,
    SQL_CONFIRM,
    SQL_CONFIRMED,
    SQL_PROPOSE,
    SQL_PROPOSALS,
    SQL_PURGE_PROPOSALS,
    SQL_WISH_ADD,
    SQL_WISH_REMOVE,
    SQL_WISH,
    SQL_WISHES,
    SQL_WISH_MOVE,
    SQL_PURGE_WISHES,
    SQL_COUNT_ADD,
    SQL_COUNTS,
    SQL_STATEMENTS,
};

struct marker;

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_STATEMENTS];
    unsigned char secret[KEY_SECRET];
    struct marker *marker; /* NULL in memory */
    int lock;              /* descriptor of the lock file, -1 in memory */
    char erased[4096];     /* file that notes erasures (erased.c); empty in memory */
    bool in_batch, needs_wipe, clock_doubtful;
    bool forgot;      /* something was erased in this run: rows that go later (a farewell) are wiped too */
    bool any_crashed; /* some message has crashed a process: only then the table is looked at */
    int64_t time_noted;
};

/* The prepared statement, reset and ready to bind. */
sqlite3_stmt *sql_use(struct store *store, enum statement which);
/* Steps a statement that gives no row; resets it. 0, or -1 with a line in `err`. */
int sql_run(struct store *store, sqlite3_stmt *statement, struct err *err);
/* Steps once: 1 a row, 0 none (then reset), -1. */
int sql_row(struct store *store, sqlite3_stmt *statement, struct err *err);

void sql_text(sqlite3_stmt *statement, int at, const char *text);                /* borrowed until the step */
void sql_key(sqlite3_stmt *statement, int at, const unsigned char *key);         /* KEY_HASH bytes, copied */
void sql_read_text(sqlite3_stmt *statement, int column, char *out, size_t size); /* cut to size */
/* The row key of two texts, hashed with the store's secret. */
void store_key(const struct store *store, const char *a, const char *b, unsigned char out[KEY_HASH]);

int schema_newest(void);                                  /* the version that this program writes */
int schema_prepare(struct store *store, struct err *err); /* makes or migrates, prepares statements */

/* What else of a chat is deleted with its conversation, or moves with it (requests.c). */
int requests_forget(struct store *store, const unsigned char key[KEY_HASH], struct err *err);
int requests_move(struct store *store, const unsigned char from[KEY_HASH], const unsigned char to[KEY_HASH],
                  const char *chat, struct err *err);

/* ---- erased.c ---- */

struct erased {
    int64_t at;
    char kind[16]; /* chat, bound (a coordinator's chat), person (a coordinator), moved (a chat) */
    char key[4 * KEY_HASH + 1]; /* hex; of moved the old and the new one; of person a number */
};
typedef int erased_visit(void *user, const struct erased *note, struct err *err);

void erased_path(const char *database, char *out, size_t size);
/* Notes an erasure, on disk when it returns 0. */
int erased_note(const struct store *store, const char *kind, const char *key, struct err *err);
int erased_note_key(const struct store *store, const char *kind, const unsigned char key[KEY_HASH],
                    struct err *err);
int erased_note_move(const struct store *store, const unsigned char from[KEY_HASH],
                     const unsigned char to[KEY_HASH], struct err *err);
/* Calls `each` for every note until one returns not 0. */
int erased_each(const char *database, erased_visit *each, void *user, struct err *err);
/* Drops what no backup can bring back any more. */
int erased_prune(const char *database, int64_t now, struct err *err);

struct marker *marker_open(const char *database, struct err *err);
void marker_close(struct marker *marker);
void marker_set(struct marker *marker, const unsigned char hash[KEY_HASH]);
void marker_clear(struct marker *marker);
/* The hash that stood in it when it was opened, if a turn was under way. */
bool marker_found(const struct marker *marker, unsigned char hash[KEY_HASH]);

#endif
