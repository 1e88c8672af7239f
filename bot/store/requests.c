#include "store/requests.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_internal.h"

/* ---- a row ---- */

static void bind_request(struct store *store, sqlite3_stmt *s, const struct request *r,
                         unsigned char key[KEY_HASH])
{
    const int64_t first[] = {r->id,     r->seq,   r->kind,     r->state,
                             r->ending, r->reach, r->language, r->unreachable};
    const char *const texts[] = {r->network, r->chat, r->scope, r->reserve, r->proposed};
    const char *const more[] = {r->alias, r->contact, r->words, r->place, r->kommune};
    const int64_t last[] = {r->created, r->closed, r->since, r->changed, r->reminded, r->due, r->alarming};
    int at = 1;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        sqlite3_bind_int64(s, at++, first[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sql_text(s, at++, texts[i]);
    sqlite3_bind_int64(s, at++, r->taker);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        sql_text(s, at++, more[i]);
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        sqlite3_bind_int64(s, at++, last[i]);
    store_key(store, r->network, r->chat, key);
    sql_key(s, at, key);
}

static void read_request(sqlite3_stmt *s, struct request *r)
{
    memset(r, 0, sizeof *r);
    r->id = sqlite3_column_int64(s, 0);
    r->seq = r->stored = sqlite3_column_int(s, 1);
    r->kind = (enum request_kind)sqlite3_column_int(s, 2);
    r->state = (enum request_state)sqlite3_column_int(s, 3);
    r->ending = (enum ending)sqlite3_column_int(s, 4);
    r->reach = (enum reach)sqlite3_column_int(s, 5);
    r->language = (enum language)sqlite3_column_int(s, 6);
    r->unreachable = sqlite3_column_int(s, 7) != 0;
    sql_read_text(s, 8, r->network, sizeof r->network);
    sql_read_text(s, 9, r->chat, sizeof r->chat);
    sql_read_text(s, 10, r->scope, sizeof r->scope);
    sql_read_text(s, 11, r->reserve, sizeof r->reserve);
    sql_read_text(s, 12, r->proposed, sizeof r->proposed);
    r->taker = sqlite3_column_int64(s, 13);
    sql_read_text(s, 14, r->alias, sizeof r->alias);
    sql_read_text(s, 15, r->contact, sizeof r->contact);
    sql_read_text(s, 16, r->words, sizeof r->words);
    sql_read_text(s, 17, r->place, sizeof r->place);
    sql_read_text(s, 18, r->kommune, sizeof r->kommune);
    r->created = sqlite3_column_int64(s, 19);
    r->closed = sqlite3_column_int64(s, 20);
    r->since = sqlite3_column_int64(s, 21);
    r->changed = sqlite3_column_int64(s, 22);
    r->reminded = sqlite3_column_int(s, 23);
    r->due = sqlite3_column_int64(s, 24);
    r->alarming = sqlite3_column_int(s, 25) != 0;
}

/* ---- one ---- */

int store_request_next(struct store *store, int64_t *id, struct err *err)
{
    sqlite3_stmt *next = sql_use(store, SQL_REQUEST_NEXT);
    int row = sql_row(store, next, err);
    if (row > 0)
        *id = sqlite3_column_int64(next, 0);
    sqlite3_reset(next);
    return row > 0 ? 0 : -1;
}

int store_request_save(struct store *store, const struct request *request, struct err *err)
{
    unsigned char key[KEY_HASH];
    bool new = request->stored == 0;
    sqlite3_stmt *save = sql_use(store, new ? SQL_REQUEST_ADD : SQL_REQUEST_UPDATE);
    bind_request(store, save, request, key);
    if (!new)
        sqlite3_bind_int(save, 28, request->stored);
    int rc = sql_run(store, save, err);
    if (!rc && sqlite3_changes(store->db) != 1)
        rc = err_add(err, "a request was changed by somebody else in the middle of a turn");
    sqlite3_clear_bindings(save);
    return rc;
}

int store_request(struct store *store, int64_t id, struct request *request, struct err *err)
{
    sqlite3_stmt *get = sql_use(store, SQL_REQUEST);
    sqlite3_bind_int64(get, 1, id);
    int row = sql_row(store, get, err);
    if (row > 0)
        read_request(get, request);
    sqlite3_reset(get);
    return row;
}

int store_request_delete(struct store *store, int64_t id, struct err *err)
{
    sqlite3_stmt *out = sql_use(store, SQL_REQUEST_DELETE_OUT), *gone = sql_use(store, SQL_REQUEST_DELETE);
    sqlite3_bind_int64(out, 1, id);
    sqlite3_bind_int64(gone, 1, id);
    store->needs_wipe = store->forgot = true;
    return sql_run(store, out, err) || sql_run(store, gone, err) ? -1 : 0;
}

/* ---- lists ---- */

/* A list that grows by doubling in the arena. */
struct list {
    struct request *items;
    size_t count, cap;
};

static struct request *list_room(struct list *list, struct arena *arena)
{
    list->items = arena_room(arena, list->items, list->count, &list->cap, sizeof *list->items);
    return &list->items[list->count++];
}

static int read_list(struct store *store, sqlite3_stmt *rows, struct arena *arena, struct list *list,
                     struct err *err)
{
    int row;
    while ((row = sql_row(store, rows, err)) > 0)
        read_request(rows, list_room(list, arena));
    return row;
}

int store_requests_of(struct store *store, const char *network, const char *chat, struct arena *arena,
                      const struct request **list, size_t *count, struct err *err)
{
    unsigned char key[KEY_HASH];
    struct list read = {NULL, 0, 0};
    sqlite3_stmt *rows = sql_use(store, SQL_REQUESTS_OF);
    store_key(store, network, chat, key);
    sql_key(rows, 1, key);
    sqlite3_bind_int(rows, 2, REQUESTS_READ_MOST);
    int rc = read_list(store, rows, arena, &read, err);
    *list = read.items;
    *count = read.count;
    return rc;
}

static int by_id(const void *a, const void *b)
{
    int64_t first = ((const struct request *)a)->id, second = ((const struct request *)b)->id;
    return first < second ? -1 : first > second;
}

/* The same request is found by its scope and by its taker. */
static void drop_twins(struct list *list)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_id);
    for (size_t i = 0; i < list->count; i++)
        if (!kept || list->items[kept - 1].id != list->items[i].id)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

int store_requests_for(struct store *store, const struct coordinator *person, struct arena *arena,
                       const struct request **list, size_t *count, struct err *err)
{
    struct list read = {NULL, 0, 0};
    int rc = 0;
    for (size_t i = 0; i < person->n_duties && !rc; i++) {
        sqlite3_stmt *rows = sql_use(store, SQL_REQUESTS_FOR);
        sql_text(rows, 1, person->duties[i]);
        sqlite3_bind_int(rows, 2, REQUESTS_READ_MOST);
        rc = read_list(store, rows, arena, &read, err);
    }
    if (!rc) {
        sqlite3_stmt *rows = sql_use(store, SQL_REQUESTS_TAKEN);
        sqlite3_bind_int64(rows, 1, person->id);
        sqlite3_bind_int(rows, 2, REQUESTS_READ_MOST);
        rc = read_list(store, rows, arena, &read, err);
    }
    drop_twins(&read);
    *list = read.items;
    *count = read.count;
    return rc;
}

int store_requests_due(struct store *store, int64_t now, size_t most, struct arena *arena,
                       struct request **list, size_t *count, struct err *err)
{
    struct list read = {NULL, 0, 0};
    sqlite3_stmt *rows = sql_use(store, SQL_REQUESTS_DUE);
    sqlite3_bind_int64(rows, 1, now);
    sqlite3_bind_int64(rows, 2, (int64_t)most);
    int rc = read_list(store, rows, arena, &read, err);
    *list = read.items;
    *count = read.count;
    return rc;
}

int store_requests_all(struct store *store, int64_t after, size_t most, struct arena *arena,
                       const struct request **list, size_t *count, struct err *err)
{
    struct list read = {NULL, 0, 0};
    sqlite3_stmt *rows = sql_use(store, SQL_REQUESTS_ALL);
    sqlite3_bind_int64(rows, 1, after);
    sqlite3_bind_int64(rows, 2, (int64_t)most);
    int rc = read_list(store, rows, arena, &read, err);
    *list = read.items;
    *count = read.count;
    return rc;
}

int store_requests_count(struct store *store, enum request_state state, int64_t *count, int64_t *oldest)
{
    sqlite3_stmt *rows = sql_use(store, SQL_REQUESTS_COUNT);
    sqlite3_bind_int(rows, 1, (int)state);
    int row = sql_row(store, rows, NULL);
    *count = row > 0 ? sqlite3_column_int64(rows, 0) : 0;
    *oldest = row > 0 ? sqlite3_column_int64(rows, 1) : 0;
    sqlite3_reset(rows);
    return row > 0 ? 0 : -1;
}

int64_t store_request_first_due(struct store *store)
{
    sqlite3_stmt *first = sql_use(store, SQL_REQUEST_FIRST_DUE);
    int64_t due = INT64_MAX;
    if (sql_row(store, first, NULL) > 0 && sqlite3_column_type(first, 0) != SQLITE_NULL)
        due = sqlite3_column_int64(first, 0);
    sqlite3_reset(first);
    return due;
}

int store_requests_hurry(struct store *store, const char *scope, int64_t now, struct err *err)
{
    sqlite3_stmt *hurry = sql_use(store, SQL_REQUESTS_HURRY);
    sql_text(hurry, 1, scope);
    sqlite3_bind_int64(hurry, 2, now);
    return sql_run(store, hurry, err);
}

/* ---- with the chat ---- */

static int run_keyed(struct store *store, enum statement which, const unsigned char key[KEY_HASH],
                     struct err *err)
{
    sqlite3_stmt *statement = sql_use(store, which);
    sql_key(statement, 1, key);
    return sql_run(store, statement, err);
}

int requests_forget(struct store *store, const unsigned char key[KEY_HASH], struct err *err)
{
    return run_keyed(store, SQL_REQUESTS_FORGET_OUT, key, err) ||
                   run_keyed(store, SQL_REQUESTS_FORGET, key, err) ||
                   run_keyed(store, SQL_WISH_REMOVE, key, err)
               ? -1
               : 0;
}

int requests_move(struct store *store, const unsigned char from[KEY_HASH], const unsigned char to[KEY_HASH],
                  const char *chat, struct err *err)
{
    static const enum statement moves[] = {SQL_REQUESTS_MOVE, SQL_WISH_MOVE, SQL_CHAT_MOVE};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        sqlite3_stmt *move = sql_use(store, moves[i]);
        sql_key(move, 1, from);
        sql_key(move, 2, to);
        sql_text(move, 3, chat);
        if (sql_run(store, move, err))
            return -1;
    }
    return 0;
}
