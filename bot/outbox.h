/* When each stored reply is to be published: rebuilt from the store at start, in memory while running.
 *
 * Per chat at most one undelivered reply is under way, but an urgent one may overtake. A reply is repeated
 * with growing pauses until `delivered` says sent or never, as long as its network is online; `later` holds
 * its chat until the given time; after its `expires`, or after core.outbox_days, it is given up and counted.
 */
#ifndef BOT_OUTBOX_H
#define BOT_OUTBOX_H

#include "base/settings.h"
#include "store/store.h"
#include "wire/contract.h"

struct outbox;

struct outbox_counts {
    int64_t waiting, under_way, sent, never, expired, repeated;
    int64_t oldest; /* wall time of the oldest waiting reply, 0: none */
};

/* Publishes the bytes of one reply; 0, or -1 when it could not (not connected). */
typedef int outbox_publish(void *user, const struct out_row *row, const char *payload, size_t len);

/* Borrows store and settings. Loads what waits. NULL with a line in `err`. Owned by the caller. */
struct outbox *outbox_new(struct store *store, const struct settings *settings, outbox_publish *publish,
                          void *user, struct err *err);
void outbox_free(struct outbox *outbox);
/* Forgets everything in memory and reads the store again (after a batch was rolled back, or
 * replies moved to another token). */
int outbox_reload(struct outbox *outbox, struct err *err);

/* After the commit: a reply was stored. */
void outbox_added(struct outbox *outbox, const struct out_row *row);
/* After the commit: the chat's replies are gone from the store. */
void outbox_dropped(struct outbox *outbox, const char *network, const char *chat);

/* A waiting reply of this network, or NULL; borrowed until the outbox changes. */
const struct out_row *outbox_find(const struct outbox *outbox, const char *network, const char *id);

/* Inside a batch: what a bridge reports. 0, or -1 when the store failed. An unknown id, or one of
 * another network, is no failure. */
int outbox_result(struct outbox *outbox, const char *network, const struct result *result, int64_t now,
                  struct err *err);

/* A network came online or went offline. */
void outbox_network(struct outbox *outbox, const char *network, bool online);

/* Publishes what is due. `now` wall, `mono` monotonic ms; `trusted`: the clock may be believed, so that what
 * is too old is given up. 0, or -1 when the store failed. */
int outbox_run(struct outbox *outbox, int64_t now, int64_t mono, bool trusted, struct err *err);
/* Monotonic ms of the next thing to do; INT64_MAX: nothing. */
int64_t outbox_due(const struct outbox *outbox);
void outbox_count(const struct outbox *outbox, struct outbox_counts *counts);

#endif
