/* What a bridge must still know after it was killed: positions in its network, which replies (or parts of a
 * split one) went out, whom the bridge answered by itself. One append-only file, a record a line:
 *
 *     <8 hex digits of a hash of the rest> P <name> <value>
 *     <8 hex digits of a hash of the rest> <set> <time, ms> <value> <hash of the key>
 *
 * Records gather in memory and journal_commit writes and syncs them together. A line that was torn by a power
 * cut is cut off at open. The file is rewritten whole (atomically) when it has grown past four times its live
 * size or 4 MiB, and after a write that failed: memory has everything, so nothing is lost as long as the
 * process lives.
 *
 * Marks are bounded: each set keeps what is at most 8 days old (the contract repeats nothing older than 7)
 * and the 50,000 newest. Keys are kept as 16-byte hashes. A lock beside the file (`<path>.lock`) keeps two
 * processes apart. Times are wall time in ms. */
#ifndef BRIDGE_JOURNAL_H
#define BRIDGE_JOURNAL_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    JOURNAL_WHOLE = INT_MAX,   /* value of a mark in JOURNAL_SENT: nothing of the reply is left to send */
    JOURNAL_KEPT_MOST = 50000, /* marks in one set */
    JOURNAL_KEPT_DAYS = 8,
    JOURNAL_VALUE_MOST = 4096, /* bytes of a position */
    JOURNAL_POSITIONS_MOST = 32,
};

enum journal_set {
    JOURNAL_SENT,         /* key: id of an `out`; value: how many of its parts went out, or JOURNAL_WHOLE */
    JOURNAL_OFFLINE_CHAT, /* key: chat token; the time is that of the last offline answer */
    JOURNAL_OFFLINE_MESSAGE, /* key: id of an `in` that had an offline answer */
    JOURNAL_MOVED,           /* key: chat token whose change of key was announced */
    JOURNAL_GROUP,           /* key: token of a group that was told of; it is not told of again */
    JOURNAL_KEYBOARD, /* key: chat token; value: 1 a keyboard stands where the letters were, 2 no longer */
    JOURNAL_READABLE, /* key: token of an encrypted room; value: 1 no other room could be made, 2 one was */
    JOURNAL_SETS,
};

struct journal;

/* Locks, reads and mends the file, or makes it (mode 0600, its folder too). NULL with a line in `err`, for
 * example when another process has it. Owned by the caller. */
struct journal *journal_open(const char *path, int64_t now, struct err *err);
/* Does not commit; gives the lock back. */
void journal_close(struct journal *journal);

/* The value of a position, borrowed until it is set again; NULL when it never was. */
const char *journal_position(const struct journal *journal, const char *name);
/* `name`: 1 to 64 characters of A-Za-z0-9_.-; `value`: printable ASCII without spaces, at most
 * JOURNAL_VALUE_MOST bytes. 0, or -1 when it does not fit (then nothing changes). */
int journal_set_position(struct journal *journal, const char *name, const char *value)
    __attribute__((warn_unused_result));

/* The value (> 0) of a mark, 0 when there is none; *time is set when it is not NULL and there is one. */
int journal_get(const struct journal *journal, enum journal_set set, const char *key, int64_t *time);
/* Sets a mark; `value` > 0. */
void journal_mark(struct journal *journal, enum journal_set set, const char *key, int value, int64_t now);

/* Writes and syncs what was recorded since the last time. 0, or -1: not on disk yet; call again later (it
 * tries again at most once a second). */
int journal_commit(struct journal *journal, int64_t now) __attribute__((warn_unused_result));
/* Why the last commit failed, borrowed; NULL when it did not. */
const char *journal_fault(const struct journal *journal);

/* Bytes of the file, for tests and counters. */
size_t journal_size(const struct journal *journal);
/* Lines that were unreadable at open and left out. */
size_t journal_mended(const struct journal *journal);

#endif
