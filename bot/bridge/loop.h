/* The bridge loop: everything that is the same for each network. A network (console, Telegram, Matrix, mail)
 * reads its messages and sends replies; the loop speaks the contract for it: chat tokens, repeats, window,
 * order, offline answers, the journal, `delivered`, status.
 *
 * The network owns the wait:
 *
 *     n = bridge_prepare(bridge, fds, most);      what to poll for
 *     poll(fds …, until bridge_due(bridge));      or curl_multi_poll, with the network's own descriptors
 *     … read the network …                        bridge_take(), bridge_delivered(), bridge_set_position()
 *     bridge_run(bridge, fds, n);                 calls the network's functions, syncs, then publishes
 *
 * A message's way:    take ─▶ waiting ─▶ under way ⇄ repeated ─▶ accepted or refused ─▶ ops->accepted
 *                              └──────── core silent ─▶ ops->offline (the message stays and is handled late)
 * A reply's way:      out ─▶ waiting ─▶ ops->deliver ─▶ bridge_delivered ─▶ journal synced ─▶ `delivered`
 *
 * Nothing is lost when the process dies: the network moves its own position only past what ops->accepted
 * named, and the core repeats replies that were never reported. */
#ifndef BRIDGE_LOOP_H
#define BRIDGE_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/settings.h"
#include "bridge/token.h"
#include "talk/event.h"
#include "wire/contract.h"

struct bridge;

enum {
    BRIDGE_KEPT_MOST = 10000, /* messages kept until the core accepts them */
    BRIDGE_KEPT_BYTES_MOST = 64 * 1024 * 1024,
    BRIDGE_REPLIES_MOST = 2000, /* replies kept until they are delivered */
    BRIDGE_DAYS_MOST = 7,       /* age from which a message is no longer sent */
};

struct bridge_reply {
    const struct out *out;
    const char *address;
    int parts; /* of a split reply that went out before a restart: do not send them again */
};

/* What a network does. The functions may call bridge_take, bridge_delivered and the others below, but not
 * bridge_run. None may block for long. */
struct network_ops {
    /* Send a reply and call bridge_delivered for its id, now or later. One for each address at a time, urgent
     * ones first; an urgent one may be given while an ordinary one of its address is not ended. Everything in
     * `reply` is borrowed until bridge_delivered for it. */
    void (*deliver)(void *self, const struct bridge_reply *reply);
    /* Send this text (CommonMark, borrowed) by the bridge itself because the core is silent. Not reported. */
    void (*offline)(void *self, const char *address, const char *text, bool urgent);
    /* The core has the message, or refused it (`refused` is the reason, else NULL): the upstream position may
     * move past it. Called once for each message taken (BRIDGE_TAKEN), in a run of the program. */
    void (*accepted)(void *self, const char *id, const char *refused);
    /* Add the network's own counters and faults to the status that is about to be said; its texts are
     * borrowed until the function is called again. May be NULL. */
    void (*status)(void *self, struct status *status);
};

/* The built-in text for a silent core (CommonMark, a literal), given the message's text (UTF-8) and the
 * sender's language or NULL; sets *urgent when crisis words stand in it. */
typedef const char *bridge_offline_text(const char *text, size_t len, const char *language, bool *urgent);

struct bridge_config {
    const struct settings *settings; /* bridge.*, broker.* */
    const char *network;
    const char *journal, *key_file; /* paths */
    const struct network_ops *ops;  /* borrowed for the bridge's life */
    void *self;                     /* given to each of them */
    bridge_offline_text *offline_text;
};

/* Opens journal and key file (both made when missing) and prepares the connection; a broker that is away is
 * no error. Borrows `config` until it returns. NULL with a line in `err`. Owned by the caller. */
struct bridge *bridge_new(const struct bridge_config *config, struct err *err);
/* Syncs, reports what is left to report if the broker is there, says offline. */
void bridge_free(struct bridge *bridge);

/* Looks whether bridge_new would do: names, key file (if there), broker settings. Makes and locks nothing. 0
 * or -1. */
int bridge_check(const struct bridge_config *config, struct err *err);

/* ---- the wait ---- */

/* Fills at most `most` entries, returns how many (0 or 1). */
size_t bridge_prepare(const struct bridge *bridge, struct pollfd *fds, size_t most);
/* Monotonic time in ms at which bridge_run wants to be called at the latest. */
int64_t bridge_due(const struct bridge *bridge);
/* 0, or -1: stop, another program of this name took the session over (already said in the log; exit status
 * 3). */
int bridge_run(struct bridge *bridge, const struct pollfd *fds, size_t n) __attribute__((warn_unused_result));
enum { BRIDGE_EXIT_TAKEN_OVER = 3 };

/* ---- messages to the core ---- */

enum bridge_take {
    BRIDGE_TAKEN, /* kept (copied) until ops->accepted; also when it is kept already */
    BRIDGE_FULL,  /* not now: stop reading upstream, try again after ops->accepted */
    BRIDGE_OLD,   /* older than seven days: never sent, move on */
    BRIDGE_UNFIT, /* id, address, UTF-8 or size do not fit the contract: never sent, move on or tell the
                     person */
};

/* Takes a message that the network read from `address` (1 to TOKEN_ADDRESS_MOST bytes). `event` has id and
 * time; `late` is set by the bridge; `from` of a moved chat is its former *token* (bridge_token). */
enum bridge_take bridge_take(struct bridge *bridge, const char *address, const struct event *event)
    __attribute__((warn_unused_result));

/* The token of an address, by the newest key. 0, or -1 when it is too long. */
int bridge_token(const struct bridge *bridge, const char *address, char out[TOKEN_SIZE])
    __attribute__((warn_unused_result));

/* Messages kept that the core has not accepted; replies not delivered yet. */
size_t bridge_kept(const struct bridge *bridge);
size_t bridge_replies(const struct bridge *bridge);

/* ---- replies ---- */

/* How a reply ended; `id` is the out's. `until` (wall time in ms, 0: none) says when to try again for
 * DELIVERY_LATER; then the core repeats it and the bridge forgets it. `reason` may be NULL. */
void bridge_delivered(struct bridge *bridge, const char *id, enum delivery delivery, int64_t until,
                      const char *reason);
/* The first `parts` parts of a split reply went out. */
void bridge_part_sent(struct bridge *bridge, const char *id, int parts);

/* ---- positions, in the journal; on disk after the next bridge_run ---- */

const char *bridge_position(const struct bridge *bridge, const char *name); /* borrowed; NULL: none */
int bridge_set_position(struct bridge *bridge, const char *name, const char *value)
    __attribute__((warn_unused_result));

/* The journal, for marks of the network's own (on disk after the next bridge_run); borrowed. */
struct journal *bridge_journal(const struct bridge *bridge);

/* ---- status ---- */

/* Connected to the broker, so that a status arrives. */
bool bridge_connected(const struct bridge *bridge);
/* Say the status soon: something in it has changed that staff should know. */
void bridge_status_soon(struct bridge *bridge);
/* The program is about to stop for this reason (a line for staff, borrowed): it stands in the status that is
 * left behind. */
void bridge_last_words(struct bridge *bridge, const char *fault);

#endif
