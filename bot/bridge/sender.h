/* The queue of what a bridge is to send over HTTP, for networks that limit how fast one may: urgent messages,
 * other messages, small things. In each the oldest goes first whose chat may be sent to. A chat has one
 * message on its way at a time; what the server holds back stops nobody else. While the server fails, one
 * message at a time tries whether it is well again.
 *
 * A network embeds `struct send` as the first member of its own, and gives functions that begin a request.
 * Times are monotonic ms where nothing else is said. */
#ifndef BRIDGE_SENDER_H
#define BRIDGE_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/map.h"
#include "bridge/pace.h"
#include "wire/http.h"

#define SENDER_NEVER INT64_MAX

enum sender_queue { QUEUE_URGENT, QUEUE_NORMAL, QUEUE_SMALL, QUEUES };

struct chat {
    struct pace pace;
    int64_t again[QUEUES]; /* one of these waits to be sent again, and nothing later goes before it */
    int64_t held_until, held_until_wall; /* the server wants no message before */
    bool busy;                           /* a message is on its way */
    int sends;                           /* queued or on their way */
    char address[];
};

struct send {
    TAILQ_ENTRY(send) queued;
    struct sender *sender;
    struct chat *chat;
    enum sender_queue queue;
    struct http_call *call; /* NULL: it waits */
    bool listed;            /* in a queue, or under way */
    int64_t due;
    int64_t give_up; /* wall time; SENDER_NEVER: not by itself */
    int attempts;
    struct arena arena;
};

TAILQ_HEAD(send_list, send);

struct sender_config {
    double chat_burst, chat_a_second, all_burst, all_a_second;
    size_t flight_most;
    struct http *http;
    void *self; /* given to the functions below */
    /* Whether a request may be made now at all. */
    bool (*may_send)(void *self, int64_t now);
    /* Begins the request of a send, whose end calls sender_landed first; NULL: it was ended (sender_drop)
     * instead. */
    struct http_call *(*begin)(void *self, struct send *send);
};

struct sender {
    struct sender_config config;
    struct map chats; /* by address */
    struct send_list queues[QUEUES], flight;
    size_t n_flight, n_queued;
    struct pace pace;
    int64_t sweep_at;
    bool urgent_alone; /* nothing else goes until the urgent ones have gone */
};

void sender_init(struct sender *sender, const struct sender_config *config, int64_t now);
/* Cuts off what is on its way. */
void sender_free(struct sender *sender);

/* The chat of an address; borrowed until the next sender_run, or as long as it has sends. */
struct chat *sender_chat(struct sender *sender, const char *address);
/* The server wants no message to this chat for so long (ms). */
void sender_hold(struct chat *chat, int64_t ms);
/* The server has sent an urgent message back for a while, and may count all chats together: it gets the next
 * turn. */
void sender_let_urgent_pass(struct sender *sender);
bool sender_is_held(const struct sender *sender, const char *address);
size_t sender_held(const struct sender *sender);

/* A send of `size` bytes (a struct send first), zeroed, at the end of its queue. Owned by the sender. */
void *sender_new(struct sender *sender, struct chat *chat, enum sender_queue queue, size_t size);
/* Its request has ended: it is in no list until sender_again or sender_drop. */
void sender_landed(struct send *send);
/* Queues it once more, before what came later. */
void sender_again(struct send *send, int64_t due);
/* Forgets it. */
void sender_drop(struct send *send);

/* Begins what may go. */
void sender_run(struct sender *sender, int64_t now);
/* When sender_run has something to do, if the server may be asked from `free_at`; SENDER_NEVER: when a
 * request ends. */
int64_t sender_due(const struct sender *sender, int64_t now, int64_t free_at);

#endif
