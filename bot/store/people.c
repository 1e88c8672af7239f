/* Coordinators, reserve contacts and staff: who they are, what they have the duty for, in which chats they
 * are reached, and the one-time codes that bind a chat. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/requests.h"
#include "store/store_internal.h"

/* ---- roster ---- */

static int read_duties(struct store *store, struct coordinator *person, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_DUTIES);
    int row;
    sqlite3_bind_int64(rows, 1, person->id);
    sqlite3_bind_int(rows, 2, DUTIES_MOST);
    while ((row = sql_row(store, rows, err)) > 0)
        sql_read_text(rows, 0, person->duties[person->n_duties++], SCOPE_SIZE);
    return row;
}

static int read_chats(struct store *store, struct coordinator *person, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_CHATS);
    int row;
    sqlite3_bind_int64(rows, 1, person->id);
    sqlite3_bind_int(rows, 2, CHATS_MOST);
    while ((row = sql_row(store, rows, err)) > 0) {
        struct chat_of *chat = &person->chats[person->n_chats++];
        sql_read_text(rows, 0, chat->network, sizeof chat->network);
        sql_read_text(rows, 1, chat->chat, sizeof chat->chat);
        chat->reachable = sqlite3_column_int(rows, 2) != 0;
    }
    return row;
}

static int read_people(struct store *store, struct arena *arena, struct roster *roster, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_PEOPLE);
    size_t cap = 0;
    int row;
    while ((row = sql_row(store, rows, err)) > 0) {
        roster->people = arena_room(arena, roster->people, roster->count, &cap, sizeof *roster->people);
        struct coordinator *person = &roster->people[roster->count++];
        person->id = sqlite3_column_int64(rows, 0);
        sql_read_text(rows, 1, person->label, sizeof person->label);
        person->paused_until = sqlite3_column_int64(rows, 2);
    }
    return row;
}

int store_roster(struct store *store, struct arena *arena, struct roster *roster, struct err *err)
{
    memset(roster, 0, sizeof *roster);
    int rc = read_people(store, arena, roster, err);
    for (size_t i = 0; i < roster->count && !rc; i++)
        rc = read_duties(store, &roster->people[i], err) || read_chats(store, &roster->people[i], err) ? -1
                                                                                                       : 0;
    return rc;
}

/* ---- codes ---- */

enum { CODE_LETTERS = 12, CODE_GROUP = 4 };
static const char letters[] = "34679CDFGHJKMNPRTWX"; /* as in references: nothing that looks alike */

/* 12 letters of 19: 51 bits, and few tries. */
static void make_code(char code[CODE_LETTERS + 1])
{
    enum { FAIR = 247 }; /* 13 × 19: above it a byte would favour the first letters */
    size_t n = 0;
    while (n < CODE_LETTERS) {
        unsigned char byte;
        key_random(&byte, 1);
        if (byte < FAIR)
            code[n++] = letters[byte % 19];
    }
    code[n] = '\0';
}

int store_invite(struct store *store, const char *scope, const char *label, int64_t coordinator,
                 int64_t expires, char code[CODE_TEXT], struct err *err)
{
    char plain[CODE_LETTERS + 1];
    unsigned char hash[KEY_HASH];
    make_code(plain);
    store_key(store, "code", plain, hash);
    sqlite3_stmt *add = sql_use(store, SQL_CODE_ADD);
    sql_key(add, 1, hash);
    sql_text(add, 2, scope);
    sql_text(add, 3, label);
    if (coordinator)
        sqlite3_bind_int64(add, 4, coordinator);
    else
        sqlite3_bind_null(add, 4);
    sqlite3_bind_int64(add, 5, expires);
    snprintf(code, CODE_TEXT, "%.4s-%.4s-%.4s", plain, plain + CODE_GROUP, plain + (size_t)(2 * CODE_GROUP));
    int rc = sql_run(store, add, err);
    key_wipe(plain, sizeof plain);
    return rc;
}

int store_code(struct store *store, const char *code, int64_t now, struct code *found, struct err *err)
{
    sqlite3_stmt *get = sql_use(store, SQL_CODE);
    memset(found, 0, sizeof *found);
    store_key(store, "code", code, found->hash);
    sql_key(get, 1, found->hash);
    sqlite3_bind_int64(get, 2, now);
    int row = sql_row(store, get, err);
    if (row > 0) {
        sql_read_text(get, 0, found->scope, sizeof found->scope);
        sql_read_text(get, 1, found->label, sizeof found->label);
        found->coordinator = sqlite3_column_int64(get, 2);
    }
    sqlite3_reset(get);
    return row;
}

/* The person that a chat belongs to, or `otherwise`. -1 on failure. */
static int64_t owner_of(struct store *store, const unsigned char key[KEY_HASH], int64_t otherwise,
                        struct err *err)
{
    sqlite3_stmt *get = sql_use(store, SQL_CHAT_OWNER);
    sql_key(get, 1, key);
    int row = sql_row(store, get, err);
    int64_t owner = row > 0 ? sqlite3_column_int64(get, 0) : row < 0 ? -1 : otherwise;
    sqlite3_reset(get);
    return owner;
}

static int add_person(struct store *store, const char *label, int64_t *id, struct err *err)
{
    sqlite3_stmt *add = sql_use(store, SQL_PERSON_ADD);
    sql_text(add, 1, label);
    int rc = sql_run(store, add, err);
    *id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

int store_bind(struct store *store, const struct code *code, const char *network, const char *chat,
               struct err *err)
{
    unsigned char key[KEY_HASH];
    store_key(store, network, chat, key);
    int64_t person = code->coordinator ? code->coordinator : owner_of(store, key, 0, err);
    if (person < 0 || (!person && add_person(store, code->label, &person, err)))
        return -1;
    sqlite3_stmt *used = sql_use(store, SQL_CODE_REMOVE), *duty = sql_use(store, SQL_DUTY_ADD),
                 *bound = sql_use(store, SQL_CHAT_ADD);
    sql_key(used, 1, code->hash);
    sqlite3_bind_int64(duty, 1, person);
    sql_text(duty, 2, code->scope);
    sql_key(bound, 1, key);
    sqlite3_bind_int64(bound, 2, person);
    sql_text(bound, 3, network);
    sql_text(bound, 4, chat);
    if (sql_run(store, used, err) || sql_run(store, bound, err))
        return -1;
    if (*code->scope && sql_run(store, duty, err))
        return -1;
    return sql_run(store, sql_use(store, SQL_PEOPLE_LEFT),
                   err); /* the chat may have been another's only one */
}

int store_bad_codes(struct store *store, const char *network, const char *chat, int64_t now, int *count,
                    struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *tries = sql_use(store, SQL_TRIES);
    store_key(store, network, chat, key);
    sql_key(tries, 1, key);
    sqlite3_bind_int64(tries, 2, now - CLOCK_DAY);
    int row = sql_row(store, tries, err);
    *count = row > 0 ? sqlite3_column_int(tries, 0) : 0;
    sqlite3_reset(tries);
    return row < 0 ? -1 : 0;
}

int store_bad_code(struct store *store, const char *network, const char *chat, int64_t now, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *add = sql_use(store, SQL_TRY_ADD);
    store_key(store, network, chat, key);
    sql_key(add, 1, key);
    sqlite3_bind_int64(add, 2, now);
    sqlite3_bind_int64(add, 3, now - CLOCK_DAY);
    return sql_run(store, add, err);
}

/* ---- leaving ---- */

int store_unbind(struct store *store, const char *network, const char *chat, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *gone = sql_use(store, SQL_CHAT_REMOVE);
    store_key(store, network, chat, key);
    sql_key(gone, 1, key);
    store->needs_wipe = store->forgot = true;
    return erased_note_key(store, "bound", key, err) || sql_run(store, gone, err) ||
                   sql_run(store, sql_use(store, SQL_PEOPLE_LEFT), err)
               ? -1
               : 0;
}

int store_revoke(struct store *store, int64_t coordinator, struct err *err)
{
    sqlite3_stmt *gone = sql_use(store, SQL_PERSON_REMOVE);
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)coordinator);
    sqlite3_bind_int64(gone, 1, coordinator);
    if (erased_note(store, "person", number, err) || sql_run(store, gone, err))
        return -1;
    store->needs_wipe = store->forgot = true;
    return sqlite3_changes(store->db) > 0;
}

int store_pause(struct store *store, int64_t coordinator, int64_t until, struct err *err)
{
    sqlite3_stmt *pause = sql_use(store, SQL_PERSON_PAUSE);
    sqlite3_bind_int64(pause, 1, coordinator);
    sqlite3_bind_int64(pause, 2, until);
    return sql_run(store, pause, err);
}

int store_reachable(struct store *store, const char *network, const char *chat, bool reachable,
                    struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *set = sql_use(store, SQL_CHAT_REACHABLE);
    store_key(store, network, chat, key);
    sql_key(set, 1, key);
    sqlite3_bind_int(set, 2, reachable);
    return sql_run(store, set, err);
}
