/* What must survive: the inbox (which messages were handled), the conversations, the outbox (what was not yet
 * delivered). One SQLite file (WAL, synchronous=FULL); this header is all that the rest of the program sees
 * of it.
 *
 * All changes of a batch go between store_begin and store_commit; what store_commit has returned 0 for is on
 * disk. A call returns -1 and a line in `err` when the database cannot serve; then the batch is to be rolled
 * back. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "talk/state.h"

struct store;

/* Opens, makes or migrates the database (`:memory:` for tests and the chat in process). One process only: a
 * second one is refused. NULL with lines in `err`. Owned by the caller. */
struct store *store_open(const char *path, struct err *err);
void store_close(struct store *store);
/* Takes the lock that an open store holds: its descriptor, to be closed by the caller, or -1 with a line in
 * `err` when another process has it. */
int store_lock(const char *path, struct err *err);
/* Whether another process has the database open. */
bool store_in_use(const char *path);
/* Whether the database could be used: its folder is there and can be written, and an existing file is a
 * database that this version knows. Changes nothing. 0, or -1 with a line in `err`. */
int store_check(const char *path, struct err *err);

int store_begin(struct store *store, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/* ---- inbox: keyed 16-byte hashes of (network, id) ---- */

/* 1: seen before, 0: new, -1. */
int store_seen(struct store *store, const char *network, const char *id, struct err *err);
int store_remember(struct store *store, const char *network, const char *id, int64_t now, struct err *err);

/* ---- conversations ---- */

/* Fills *state: a new conversation's when there is none, or when what is stored cannot be read. 0 or -1. */
int store_load_state(struct store *store, const char *network, const char *chat, struct state *state,
                     struct err *err);
int store_save_state(struct store *store, const char *network, const char *chat, const struct state *state,
                     int64_t now, struct err *err);
/* Deletes all that is stored of the chat, but for the farewell that is still to be delivered: what waits in
 * the outbox goes too, so put the farewell there afterwards. Marks that traces are to be wiped (store_wipe).
 */
int store_forget(struct store *store, const char *network, const char *chat, struct err *err);
/* A chat has a new token: its conversation and waiting replies move. */
int store_move(struct store *store, const char *network, const char *from, const char *to, struct err *err);

/* ---- outbox ---- */

struct out_row {
    int64_t seq; /* order of writing, also over restarts */
    const char *id, *network, *chat;
    bool urgent;
    int64_t created, expires, held_until; /* ms; 0: none */
    int64_t request; /* it tells of, 0: none, -1: several; it goes when the request (any) is deleted */
    int tries;
};

/* Adds a reply; returns its seq, or -1. */
int64_t store_out_add(struct store *store, const struct out_row *row, const char *payload, size_t len,
                      struct err *err);
/* The bytes to send, appended to `out`. 0, or -1 (also when the row is gone). */
int store_out_payload(struct store *store, int64_t seq, struct buf *out, struct err *err);
int store_out_hold(struct store *store, int64_t seq, int64_t until, struct err *err);
int store_out_remove(struct store *store, int64_t seq, struct err *err);
/* What waits for a chat goes: it cannot be reached. */
int store_out_drop(struct store *store, const char *network, const char *chat, struct err *err);
/* What waits for a chat about anybody's request goes: it is no coordinator's any more. */
int store_out_drop_requests(struct store *store, const char *network, const char *chat, struct err *err);
/* Calls `each` for every row in order of seq; texts are borrowed until it returns. */
typedef void store_out_visit(void *user, const struct out_row *row);
int store_out_each(struct store *store, store_out_visit *each, void *user, struct err *err);

/* ---- messages that crash the core ---- */

/* Before each message's turn and after it: the hash of (network, id) in a file that outlives the process (not
 * the machine, which is enough: a crash of the machine is not the message's doing). */
void store_turn_begins(struct store *store, const char *network, const char *id);
void store_turn_ended(struct store *store);
/* Whether any message that is remembered has done so. */
bool store_any_crashed(const struct store *store);
/* How often the process died during this message. -1 on failure. */
int store_crashes(struct store *store, const char *network, const char *id, struct err *err);

/* ---- housekeeping ---- */

enum { STORE_SLICES = 64 };

struct retention {
    int64_t conversation_ms, inbox_ms; /* ages after which rows go */
    int64_t open_ms;                   /* … wishes and proposals; 0: never */
};

/* Deletes what is too old in one of STORE_SLICES parts of the tables, so that no call takes long. Does
 * nothing while the clock is doubtful. Outside a batch. */
int store_purge(struct store *store, unsigned slice, const struct retention *keep, int64_t now,
                struct err *err);
/* True from a jump of the wall clock of more than 24 h against the last stored time on: deletion waits until
 * an operator confirms the clock (store_trust_clock). Notes the time; outside a batch. */
bool store_clock_doubtful(struct store *store, int64_t now);
void store_trust_clock(struct store *store, int64_t now);
/* Whether the database serves again: a small write of its own, outside a batch. 0 or -1. */
int store_probe(struct store *store, int64_t now, struct err *err);
/* After store_forget, or when store_needs_wipe says so: truncates the WAL, so that no trace is left. */
int store_wipe(struct store *store, struct err *err);
bool store_needs_wipe(const struct store *store);

/* Counts a message that was not understood, by day (UTC); no word of it is kept. 0 or -1. */
int store_not_understood(struct store *store, int64_t now, struct err *err);
/* How many in the last `days` days, today among them. -1 on failure. */
int64_t store_not_understood_in(struct store *store, int64_t now, int days);

/* Rows, for status and tests. -1 on failure. */
int64_t store_count_conversations(struct store *store);
int64_t store_count_inbox(struct store *store);

#endif
