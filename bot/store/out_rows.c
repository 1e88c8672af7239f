/* The outbox: replies as the bytes to send, until they are delivered. */
#include "store/store_internal.h"

int64_t store_out_add(struct store *store, const struct out_row *row, const char *payload, size_t len,
                      struct err *err)
{
    sqlite3_stmt *add = sql_use(store, SQL_OUT_ADD);
    sql_text(add, 1, row->id);
    sql_text(add, 2, row->network);
    sql_text(add, 3, row->chat);
    sqlite3_bind_int(add, 4, row->urgent);
    sqlite3_bind_int64(add, 5, row->created);
    sqlite3_bind_int64(add, 6, row->expires);
    sqlite3_bind_int64(add, 7, row->held_until);
    sqlite3_bind_text(add, 8, payload, (int)len, SQLITE_STATIC);
    sqlite3_bind_int64(add, 9, row->request);
    int rc = sql_run(store, add, err);
    sqlite3_clear_bindings(add);
    return rc ? -1 : sqlite3_last_insert_rowid(store->db);
}

int store_out_payload(struct store *store, int64_t seq, struct buf *out, struct err *err)
{
    sqlite3_stmt *payload = sql_use(store, SQL_OUT_PAYLOAD);
    sqlite3_bind_int64(payload, 1, seq);
    int row = sql_row(store, payload, err);
    if (row > 0)
        buf_add(out, sqlite3_column_text(payload, 0), (size_t)sqlite3_column_bytes(payload, 0));
    else if (row == 0)
        err_add(err, "the reply is no longer in the outbox");
    sqlite3_reset(payload);
    return row > 0 ? buf_done(out) : -1;
}

int store_out_hold(struct store *store, int64_t seq, int64_t until, struct err *err)
{
    sqlite3_stmt *hold = sql_use(store, SQL_OUT_HOLD);
    sqlite3_bind_int64(hold, 1, seq);
    sqlite3_bind_int64(hold, 2, until);
    return sql_run(store, hold, err);
}

int store_out_remove(struct store *store, int64_t seq, struct err *err)
{
    sqlite3_stmt *gone = sql_use(store, SQL_OUT_REMOVE);
    sqlite3_bind_int64(gone, 1, seq);
    store->needs_wipe = store->needs_wipe || store->forgot;
    return sql_run(store, gone, err);
}

int store_out_drop(struct store *store, const char *network, const char *chat, struct err *err)
{
    sqlite3_stmt *drop = sql_use(store, SQL_FORGET_OUT);
    sql_text(drop, 1, network);
    sql_text(drop, 2, chat);
    return sql_run(store, drop, err);
}

int store_out_drop_requests(struct store *store, const char *network, const char *chat, struct err *err)
{
    sqlite3_stmt *drop = sql_use(store, SQL_DROP_ABOUT);
    sql_text(drop, 1, network);
    sql_text(drop, 2, chat);
    return sql_run(store, drop, err);
}

int store_out_each(struct store *store, store_out_visit *each, void *user, struct err *err)
{
    sqlite3_stmt *rows = sql_use(store, SQL_OUT_EACH);
    int row;
    while ((row = sql_row(store, rows, err)) > 0) {
        struct out_row out = {
            .seq = sqlite3_column_int64(rows, 0),
            .id = (const char *)sqlite3_column_text(rows, 1),
            .network = (const char *)sqlite3_column_text(rows, 2),
            .chat = (const char *)sqlite3_column_text(rows, 3),
            .urgent = sqlite3_column_int(rows, 4) != 0,
            .created = sqlite3_column_int64(rows, 5),
            .expires = sqlite3_column_int64(rows, 6),
            .held_until = sqlite3_column_int64(rows, 7),
        };
        each(user, &out);
    }
    return row;
}
