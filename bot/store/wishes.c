/* Wishes for a group, what coordinators say of their contact points, and counts by kommune and month. */
#include <string.h>

#include "store/requests.h"
#include "store/store_internal.h"

/* ---- wishes ---- */

static void read_wish(sqlite3_stmt *s, struct wish *wish)
{
    memset(wish, 0, sizeof *wish);
    sql_read_text(s, 0, wish->network, sizeof wish->network);
    sql_read_text(s, 1, wish->chat, sizeof wish->chat);
    sql_read_text(s, 2, wish->place, sizeof wish->place);
    sql_read_text(s, 3, wish->kommune, sizeof wish->kommune);
    wish->lat = sqlite3_column_double(s, 4);
    wish->lon = sqlite3_column_double(s, 5);
    sql_read_text(s, 6, wish->topic, sizeof wish->topic);
    wish->created = sqlite3_column_int64(s, 7);
    wish->told = sqlite3_column_int(s, 8) != 0;
}

int store_wish(struct store *store, const struct wish *wish, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *add = sql_use(store, SQL_WISH_ADD);
    store_key(store, wish->network, wish->chat, key);
    sql_key(add, 1, key);
    sql_text(add, 2, wish->network);
    sql_text(add, 3, wish->chat);
    sql_text(add, 4, wish->place);
    sql_text(add, 5, wish->kommune);
    sqlite3_bind_double(add, 6, wish->lat);
    sqlite3_bind_double(add, 7, wish->lon);
    sql_text(add, 8, wish->topic);
    sqlite3_bind_int64(add, 9, wish->created);
    sqlite3_bind_int(add, 10, wish->told);
    return sql_run(store, add, err);
}

int store_unwish(struct store *store, const char *network, const char *chat, struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *gone = sql_use(store, SQL_WISH_REMOVE);
    store_key(store, network, chat, key);
    sql_key(gone, 1, key);
    store->needs_wipe = store->forgot = true;
    return sql_run(store, gone, err);
}

int store_wish_of(struct store *store, const char *network, const char *chat, struct wish *wish,
                  struct err *err)
{
    unsigned char key[KEY_HASH];
    sqlite3_stmt *get = sql_use(store, SQL_WISH);
    store_key(store, network, chat, key);
    sql_key(get, 1, key);
    int row = sql_row(store, get, err);
    if (row > 0)
        read_wish(get, wish);
    sqlite3_reset(get);
    return row;
}

int store_wishes(struct store *store, struct arena *arena, const struct wish **list, size_t *count,
                 struct err *err)
{
    enum { WISHES_MOST = 2000 };
    sqlite3_stmt *rows = sql_use(store, SQL_WISHES);
    struct wish *wishes = NULL;
    size_t n = 0, cap = 0;
    int row;
    sqlite3_bind_int(rows, 1, WISHES_MOST);
    while ((row = sql_row(store, rows, err)) > 0) {
        wishes = arena_room(arena, wishes, n, &cap, sizeof *wishes);
        read_wish(rows, &wishes[n++]);
    }
    *list = wishes;
    *count = n;
    return row;
}

/* ---- contact points ---- */

int store_confirm(struct store *store, const char *point, const char *day, struct err *err)
{
    sqlite3_stmt *confirm = sql_use(store, SQL_CONFIRM);
    sql_text(confirm, 1, point);
    sql_text(confirm, 2, day);
    return sql_run(store, confirm, err);
}

int store_confirmed(struct store *store, store_confirmed_visit *each, void *user, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_CONFIRMED);
    int row;
    while ((row = sql_row(store, rows, err)) > 0)
        each(user, (const char *)sqlite3_column_text(rows, 0), (const char *)sqlite3_column_text(rows, 1));
    return row;
}

int store_propose(struct store *store, const char *point, const char *text, int64_t now, struct err *err)
{
    sqlite3_stmt *propose = sql_use(store, SQL_PROPOSE);
    sql_text(propose, 1, point);
    sql_text(propose, 2, text);
    sqlite3_bind_int64(propose, 3, now);
    return sql_run(store, propose, err);
}

int store_proposals(struct store *store, int64_t after, size_t most, struct arena *arena,
                    struct proposal **list, size_t *count, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_PROPOSALS);
    sqlite3_bind_int64(rows, 1, after);
    sqlite3_bind_int64(rows, 2, (int64_t)most);
    size_t cap = 0;
    int row;
    *list = NULL;
    *count = 0;
    while ((row = sql_row(store, rows, err)) > 0) {
        *list = arena_room(arena, *list, *count, &cap, sizeof **list);
        struct proposal *proposal = &(*list)[(*count)++];
        proposal->id = sqlite3_column_int64(rows, 0);
        proposal->point = arena_strdup(arena, (const char *)sqlite3_column_text(rows, 1));
        proposal->text = arena_strdup(arena, (const char *)sqlite3_column_text(rows, 2));
        proposal->created = sqlite3_column_int64(rows, 3);
    }
    return row;
}

/* ---- counts ---- */

int store_count(struct store *store, int month, const char *kommune, unsigned what, struct err *err)
{
    sqlite3_stmt *add = sql_use(store, SQL_COUNT_ADD);
    sqlite3_bind_int(add, 1, month);
    sql_text(add, 2, kommune);
    sqlite3_bind_int(add, 3, (what & COUNT_SEARCHES) != 0);
    sqlite3_bind_int(add, 4, (what & COUNT_REQUESTS) != 0);
    sqlite3_bind_int(add, 5, (what & COUNT_UNMET) != 0);
    return sql_run(store, add, err);
}

int store_counts(struct store *store, int after, int before, struct arena *arena, struct month_count **list,
                 size_t *count, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_COUNTS);
    sqlite3_bind_int(rows, 1, after);
    sqlite3_bind_int(rows, 2, before);
    size_t cap = 0;
    int row;
    *list = NULL;
    *count = 0;
    while ((row = sql_row(store, rows, err)) > 0) {
        *list = arena_room(arena, *list, *count, &cap, sizeof **list);
        struct month_count *one = &(*list)[(*count)++];
        one->month = sqlite3_column_int(rows, 0);
        sql_read_text(rows, 1, one->kommune, sizeof one->kommune);
        one->searches = sqlite3_column_int64(rows, 2);
        one->requests = sqlite3_column_int64(rows, 3);
        one->unmet = sqlite3_column_int64(rows, 4);
    }
    return row;
}
