#include "bridge/sender.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
    SWEEP_MS = 10000, /* chats with nothing to send are forgotten */
    SMALL_LEAVES = 1, /* permissions that a small thing leaves for a message */
};

void sender_init(struct sender *sender, const struct sender_config *config, int64_t now)
{
    sender->config = *config;
    sender->chats = MAP_INIT;
    TAILQ_INIT(&sender->flight);
    for (int i = 0; i < QUEUES; i++)
        TAILQ_INIT(&sender->queues[i]);
    sender->pace = pace_full(config->all_burst, config->all_a_second, now);
    sender->sweep_at = now + SWEEP_MS;
}

/* ---- chats ---- */

struct chat *sender_chat(struct sender *sender, const char *address)
{
    size_t len = strlen(address);
    struct chat *chat = map_get(&sender->chats, address, len);
    if (chat)
        return chat;
    chat = mem_new(1, sizeof *chat + len + 1);
    memcpy(chat->address, address, len + 1);
    chat->pace = pace_full(sender->config.chat_burst, sender->config.chat_a_second, clock_mono_ms());
    map_put(&sender->chats, chat->address, len, chat);
    return chat;
}

void sender_hold(struct chat *chat, int64_t ms)
{
    chat->held_until = clock_mono_ms() + ms;
    chat->held_until_wall = clock_wall_ms() + ms;
}

void sender_let_urgent_pass(struct sender *sender)
{
    sender->urgent_alone = true;
}

bool sender_is_held(const struct sender *sender, const char *address)
{
    const struct chat *chat = map_get(&sender->chats, address, strlen(address));
    return chat && chat->held_until > clock_mono_ms();
}

size_t sender_held(const struct sender *sender)
{
    const struct chat *chat;
    int64_t now = clock_mono_ms();
    size_t held = 0;
    for (size_t at = 0; (chat = map_next(&sender->chats, &at));)
        held += chat->held_until > now;
    return held;
}

static void forget_chat(struct sender *sender, struct chat *chat)
{
    map_remove(&sender->chats, chat->address, strlen(chat->address));
    free(chat);
}

/* Chats that have nothing to send, are not held and have all their permissions back need no memory. */
static void sweep(struct sender *sender, int64_t now)
{
    struct chat *chat;
    sender->sweep_at = now + SWEEP_MS;
    for (size_t at = 0; (chat = map_next(&sender->chats, &at));)
        if (!chat->sends && chat->held_until <= now &&
            pace_due(&chat->pace, sender->config.chat_burst, now) <= now)
            forget_chat(sender, chat);
}

/* ---- the queue ---- */

static void enqueue(struct send *send, bool first)
{
    struct send_list *queue = &send->sender->queues[send->queue];
    if (first)
        TAILQ_INSERT_HEAD(queue, send, queued);
    else
        TAILQ_INSERT_TAIL(queue, send, queued);
    send->sender->n_queued++;
    send->listed = true;
}

static void unqueue(struct send *send)
{
    TAILQ_REMOVE(&send->sender->queues[send->queue], send, queued);
    send->sender->n_queued--;
    send->listed = false;
}

void *sender_new(struct sender *sender, struct chat *chat, enum sender_queue queue, size_t size)
{
    struct send *send = mem_new(1, size);
    send->sender = sender;
    send->chat = chat;
    send->queue = queue;
    send->give_up = SENDER_NEVER;
    chat->sends++;
    enqueue(send, false);
    return send;
}

void sender_landed(struct send *send)
{
    TAILQ_REMOVE(&send->sender->flight, send, queued);
    send->sender->n_flight--;
    send->chat->busy = false;
    send->call = NULL;
    send->listed = false;
}

void sender_again(struct send *send, int64_t due)
{
    send->due = send->chat->again[send->queue] = due;
    enqueue(send, true);
}

void sender_drop(struct send *send)
{
    if (send->call) {
        http_cancel(send->sender->config.http, send->call);
        sender_landed(send);
    } else if (send->listed) {
        unqueue(send);
    }
    send->chat->sends--;
    arena_free(&send->arena);
    free(send);
}

/* ---- when ---- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* From when it may go, as far as its own chat is concerned; SENDER_NEVER while another message of it is on
 * its way. */
static int64_t send_due(const struct send *send, int64_t now)
{
    const struct chat *chat = send->chat;
    double needed = send->queue == QUEUE_SMALL ? 1 + SMALL_LEAVES : 1;
    if (chat->busy)
        return SENDER_NEVER;
    return later(later(later(send->due, chat->again[send->queue]), chat->held_until),
                 pace_due(&chat->pace, needed, now));
}

/* The send whose turn it is now, or NULL; *due is then when the next one may go. */
static struct send *first_due(const struct sender *sender, int64_t now, int64_t *due)
{
    struct send *send;
    *due = SENDER_NEVER;
    int queues = sender->urgent_alone && !TAILQ_EMPTY(&sender->queues[QUEUE_URGENT]) ? QUEUE_URGENT + 1
                                                                                     : QUEUES;
    for (int i = 0; i < queues; i++) {
        TAILQ_FOREACH(send, &sender->queues[i], queued)
        {
            int64_t at = send_due(send, now);
            if (at <= now)
                return send;
            *due = at < *due ? at : *due;
        }
    }
    return NULL;
}

static void start(struct sender *sender, struct send *send, int64_t now)
{
    unqueue(send);
    struct chat *chat = send->chat;
    struct http_call *call = sender->config.begin(sender->config.self, send);
    if (!call)
        return;
    TAILQ_INSERT_TAIL(&sender->flight, send, queued);
    sender->n_flight++;
    send->call = call;
    chat->busy = send->listed = true;
    pace_take(&chat->pace, 1, now);
    pace_take(&sender->pace, 1, now);
}

void sender_run(struct sender *sender, int64_t now)
{
    struct send *send;
    int64_t due, wall = clock_wall_ms();
    while (sender->n_flight < sender->config.flight_most &&
           sender->config.may_send(sender->config.self, now) && pace_due(&sender->pace, 1, now) <= now &&
           (send = first_due(sender, now, &due))) {
        if (wall > send->give_up)
            sender_drop(send);
        else
            start(sender, send, now);
    }
    sender->urgent_alone = sender->urgent_alone && !TAILQ_EMPTY(&sender->queues[QUEUE_URGENT]);
    if (now >= sender->sweep_at)
        sweep(sender, now);
}

int64_t sender_due(const struct sender *sender, int64_t now, int64_t free_at)
{
    int64_t due;
    bool waits = free_at <= now && !sender->config.may_send(sender->config.self, now);
    if (sender->n_queued == 0 || sender->n_flight >= sender->config.flight_most || waits)
        return SENDER_NEVER;
    if (first_due(sender, now, &due))
        due = now;
    return due == SENDER_NEVER ? due : later(due, later(pace_due(&sender->pace, 1, now), free_at));
}

/* ---- ending ---- */

static void drop_all(struct send_list *list)
{
    for (struct send *send; (send = TAILQ_FIRST(list));)
        sender_drop(send);
}

void sender_free(struct sender *sender)
{
    struct chat *chat;
    drop_all(&sender->flight);
    for (int i = 0; i < QUEUES; i++)
        drop_all(&sender->queues[i]);
    for (size_t at = 0; (chat = map_next(&sender->chats, &at));)
        forget_chat(sender, chat);
    map_free(&sender->chats);
}
