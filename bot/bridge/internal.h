/* What the files of the bridge loop share; nobody else includes it. loop.c has the wait and the status,
 * inbound.c the messages to the core, outbound.c the replies, offline.c what the bridge answers by itself.
 *
 * Times named `now`, `…_at` and `due` are monotonic ms; `wall` is wall time in ms. NEVER is later than any
 * due. */
#ifndef BRIDGE_INTERNAL_H
#define BRIDGE_INTERNAL_H

#include <sys/queue.h>

#include "base/arena.h"
#include "base/map.h"
#include "bridge/journal.h"
#include "bridge/loop.h"
#include "wire/mqtt.h"

#define NEVER INT64_MAX

/* A message kept until the core accepts it. */
struct message {
    TAILQ_ENTRY(message) in_chat, on_way, unsettled;
    struct in_chat *chat;
    struct event event; /* its texts lie behind this struct */
    size_t size;
    int64_t taken_at, sent_at;
    int64_t due, pause; /* next repeat, while under way */
    int number;         /* of its last publication, for PUBACK 0x10 */
    bool under_way;
    bool own;      /* made by the bridge (moved): the network is not told of it */
    bool watched;  /* on the unsettled list: may still get an offline answer */
    bool answered; /* got one, so it is late */
    bool urgent;
    const char *offline_text; /* a literal */
};

TAILQ_HEAD(message_list, message);

/* Messages from one address, in the order in which they were taken. */
struct in_chat {
    TAILQ_ENTRY(in_chat) ready; /* on the ready list while its first message is not under way */
    struct message_list messages;
    char token[TOKEN_SIZE];
    char address[TOKEN_ADDRESS_MOST + 1];
};

struct inbound {
    struct map by_id, chats;
    struct message_list way;
    TAILQ_HEAD(, in_chat) ready;
    size_t n_way, bytes;
    int64_t repeat_at; /* no message under way is due before */
};

/* A reply kept until the network said how it ended. */
struct reply {
    TAILQ_ENTRY(reply) in_chat;
    struct out_chat *chat;
    char *id, *payload;
    size_t len;
    bool urgent, under_way;
    struct arena arena; /* holds `out` while under way */
    struct out out;
    struct bridge_reply given;
};

struct out_chat {
    TAILQ_ENTRY(out_chat) ready; /* on the ready list while it has replies and none is under way */
    TAILQ_HEAD(, reply) replies;
    bool is_ready;
    char address[TOKEN_ADDRESS_MOST + 1];
};

struct outbound {
    struct map by_id, chats;
    TAILQ_HEAD(, out_chat) ready;
    size_t n_way;
    struct result *results; /* to report; ids and reasons are owned */
    size_t n_results, cap_results;
    int64_t results_at; /* when the oldest came */
};

/* What the bridge knows of the core. */
struct watch {
    bool online, offline; /* as status/core said since the connection; both false: it said nothing */
    bool unheard;         /* the broker said that nobody subscribes to `in` */
    bool heard;           /* it accepted something since it was last known to be away */
    int64_t since;        /* of the core's status, to know another core by */
    int64_t ready_at;     /* the connection's beginning, or the end of the last one */
    bool ready;
    struct message_list unsettled;
    int64_t answer_at; /* no unsettled message is due for an answer before */
};

struct counts {
    int64_t taken, again, accepted, refused, published, repeated, old, unfit;
    int64_t delivered, later, never, shown_before, dropped, malformed, offline_answers;
};

struct bridge {
    char *root, *network;
    const struct network_ops *ops;
    void *self;
    bridge_offline_text *offline_text;
    struct token_keys *keys;
    struct journal *journal;
    struct mqtt *mqtt;
    struct inbound in;
    struct outbound out;
    struct watch watch;
    struct counts counts;
    struct arena scratch; /* reset after each message */
    struct buf payload;
    int64_t silence_ms, repeat_first_ms, repeat_most_ms, offline_pause_ms, late_ms, status_ms;
    size_t window;
    int64_t since, status_at, malformed_said_at;
    bool journal_fails;
};

/* ---- loop.c ---- */

/* Counts something from the broker that the contract does not know, and says so in the log now and then. */
void bridge_malformed(struct bridge *bridge);

/* ---- inbound.c ---- */

void inbound_init(struct bridge *bridge);
void inbound_free(struct bridge *bridge);
/* Publishes what may be under way and repeats what is due. */
void inbound_run(struct bridge *bridge, int64_t now);
int64_t inbound_due(const struct bridge *bridge, int64_t now);
void inbound_accepted(struct bridge *bridge, const char *id, const char *refused);
/* Nobody subscribes to the publication with this number. True when it was a message of ours. */
bool inbound_unheard(struct bridge *bridge, int number);
/* Publishes a text once that waits behind a stuck message of its chat or outside the full window: a core that
 * can accept nothing (a full disk) still answers a crisis, and must see the message for that. It keeps its
 * place. */
void inbound_show(struct bridge *bridge, struct message *message);
/* The core is back: repeats now what was last published before that time. */
void inbound_hurry(struct bridge *bridge, int64_t before);

/* ---- outbound.c ---- */

void outbound_init(struct bridge *bridge);
void outbound_free(struct bridge *bridge);
void outbound_take(struct bridge *bridge, const char *token, const char *payload, size_t len);
/* Gives the network the replies whose turn it is. */
void outbound_deliver(struct bridge *bridge);
/* Syncs the journal, then reports. With `all`, without waiting for more to gather. */
void outbound_report(struct bridge *bridge, int64_t now, bool all);
int64_t outbound_due(const struct bridge *bridge, int64_t now);

/* ---- offline.c ---- */

void offline_init(struct bridge *bridge, int64_t now);
/* A message was taken, or is about to be forgotten. */
void offline_watch(struct bridge *bridge, struct message *message);
void offline_unwatch(struct bridge *bridge, struct message *message);
/* The connection came or went. */
void offline_connection(struct bridge *bridge, bool ready, int64_t now);
/* The core said its status, accepted something, or nobody subscribed to a message. */
void offline_core_status(struct bridge *bridge, const struct status *status);
void offline_core_heard(struct bridge *bridge);
void offline_core_unheard(struct bridge *bridge);
/* Answers whom the core has left without an answer for too long. */
void offline_run(struct bridge *bridge, int64_t now);
int64_t offline_due(const struct bridge *bridge);

#endif
