/* The queue of what is to be sent: urgent replies, other replies, marks on buttons. In each the oldest goes
 * first whose chat may be sent to; a chat has one message on its way at a time, and as many as Telegram
 * allows: about one a second with a small burst, and some thirty a second over all chats (Bot API, FAQ).
 * Where the server fails, one message at a time tries whether it is well again. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bridge/telegram_internal.h"

enum {
    FLIGHT_MOST = 32,   /* messages on their way */
    TIMEOUT_MS = 30000, /* long: a message that was given up too soon would be sent twice */
    SWEEP_MS = 10000,   /* chats with nothing to send are forgotten */
    MARK_LEAVES = 1,    /* permissions that a mark leaves for a reply */
};
static const double chat_burst = 3, chat_a_second = 1, all_burst = 25, all_a_second = 25;

void out_init(struct telegram *telegram, int64_t now)
{
    struct sender *sender = &telegram->send;
    sender->chats = MAP_INIT;
    LIST_INIT(&sender->gone);
    TAILQ_INIT(&sender->flight);
    for (int i = 0; i < QUEUES; i++)
        TAILQ_INIT(&sender->queues[i]);
    sender->pace = pace_full(all_burst, all_a_second, now);
    sender->sweep_at = now + SWEEP_MS;
}

struct chat *out_chat(struct telegram *telegram, const char *address)
{
    struct sender *sender = &telegram->send;
    struct chat *chat = map_get(&sender->chats, address, strlen(address));
    if (chat)
        return chat;
    chat = mem_new(1, sizeof *chat);
    snprintf(chat->address, sizeof chat->address, "%s", address);
    chat->id = strtoll(address, NULL, 10);
    chat->pace = pace_full(chat_burst, chat_a_second, clock_mono_ms());
    map_put(&sender->chats, chat->address, strlen(chat->address), chat);
    return chat;
}

size_t out_held(const struct telegram *telegram)
{
    const struct chat *chat;
    int64_t now = clock_mono_ms();
    size_t held = 0;
    for (size_t at = 0; (chat = map_next(&telegram->send.chats, &at));)
        held += chat->held_until > now;
    return held;
}

/* ---- the queue ---- */

struct send *out_new(struct telegram *telegram, struct chat *chat, enum send_kind kind, bool urgent)
{
    struct send *send = mem_new(1, sizeof *send);
    send->telegram = telegram;
    send->chat = chat;
    send->kind = kind;
    send->queue = kind == SEND_MARK ? QUEUE_MARKS : urgent ? QUEUE_URGENT : QUEUE_NORMAL;
    send->to = chat->id;
    send->give_up = NEVER;
    chat->sends++;
    send->listed = true;
    TAILQ_INSERT_TAIL(&telegram->send.queues[send->queue], send, queued);
    telegram->send.n_queued++;
    return send;
}

static void unqueue(struct send *send)
{
    TAILQ_REMOVE(&send->telegram->send.queues[send->queue], send, queued);
    send->telegram->send.n_queued--;
    send->listed = false;
}

void out_landed(struct send *send)
{
    struct sender *sender = &send->telegram->send;
    TAILQ_REMOVE(&sender->flight, send, queued);
    sender->n_flight--;
    send->chat->busy = false;
    send->call = NULL;
    send->listed = false;
}

void out_again(struct send *send, int64_t due)
{
    send->due = due;
    send->listed = true;
    TAILQ_INSERT_HEAD(&send->telegram->send.queues[send->queue], send, queued);
    send->telegram->send.n_queued++;
}

void out_drop(struct send *send)
{
    if (send->call) {
        http_cancel(send->telegram->http, send->call);
        out_landed(send);
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

static double needed(const struct send *send)
{
    return send->kind == SEND_MARK ? 1 + MARK_LEAVES : 1;
}

/* From when it may go, as far as its own chat is concerned; NEVER while another message of it is on its way.
 */
static int64_t send_due(const struct send *send, int64_t now)
{
    const struct chat *chat = send->chat;
    if (chat->busy)
        return NEVER;
    return later(later(send->due, chat->held_until), pace_due(&chat->pace, needed(send), now));
}

/* The send whose turn it is now, or NULL; *due is then when the next one may go. A chat's ordinary message
 * never goes before an urgent one of it that could. */
static struct send *first_due(const struct telegram *telegram, int64_t now, int64_t *due)
{
    struct send *send;
    *due = NEVER;
    for (int i = 0; i < QUEUES; i++) {
        TAILQ_FOREACH(send, &telegram->send.queues[i], queued)
        {
            int64_t at = send_due(send, now);
            if (at <= now)
                return send;
            *due = at < *due ? at : *due;
        }
    }
    return NULL;
}

/* ---- sending ---- */

static bool is_over(const struct send *send, int64_t wall)
{
    return wall > send->give_up;
}

static void start(struct telegram *telegram, struct send *send, int64_t now)
{
    const char *method = reply_write(send, &telegram->body);
    if (buf_done(&telegram->body)) {
        buf_clear(&telegram->body);
        reply_unfit(send);
        return;
    }
    unqueue(send);
    TAILQ_INSERT_TAIL(&telegram->send.flight, send, queued);
    telegram->send.n_flight++;
    send->chat->busy = send->listed = true;
    pace_take(&send->chat->pace, 1, now);
    pace_take(&telegram->send.pace, 1, now);
    send->call = telegram_call(telegram, method, TIMEOUT_MS, reply_done, send);
}

/* Chats that have nothing to send, are not held and have all their permissions back need no memory. */
static void sweep(struct telegram *telegram, int64_t now)
{
    struct chat *chat;
    telegram->send.sweep_at = now + SWEEP_MS;
    for (size_t at = 0; (chat = map_next(&telegram->send.chats, &at));) {
        if (chat->sends || chat->held_until > now || pace_due(&chat->pace, chat_burst, now) > now)
            continue;
        map_remove(&telegram->send.chats, chat->address, strlen(chat->address));
        free(chat);
    }
}

void out_run(struct telegram *telegram, int64_t now)
{
    struct sender *sender = &telegram->send;
    struct send *send;
    int64_t due, wall = clock_wall_ms();
    while (sender->n_flight < FLIGHT_MOST && telegram_may_call(telegram, now) &&
           pace_due(&sender->pace, 1, now) <= now && (send = first_due(telegram, now, &due))) {
        if (is_over(send, wall))
            out_drop(send);
        else
            start(telegram, send, now);
    }
    if (now >= sender->sweep_at)
        sweep(telegram, now);
}

int64_t out_due(const struct telegram *telegram, int64_t now)
{
    const struct sender *sender = &telegram->send;
    int64_t due = NEVER;
    if (sender->n_queued == 0 || sender->n_flight >= FLIGHT_MOST || !telegram->known)
        return NEVER;
    if (telegram->health.failures && sender->n_flight)
        return NEVER; /* the one that tries will tell */
    if (first_due(telegram, now, &due))
        due = now;
    return due == NEVER ? NEVER
                        : later(due, later(pace_due(&sender->pace, 1, now), telegram->health.pause_until));
}

/* ---- ending ---- */

static void drop_all(struct send_list *list)
{
    for (struct send *send; (send = TAILQ_FIRST(list));)
        out_drop(send);
}

/* What is on its way is cut off; the caller has waited for it. */
void out_free(struct telegram *telegram)
{
    struct chat *chat;
    drop_all(&telegram->send.flight);
    for (int i = 0; i < QUEUES; i++)
        drop_all(&telegram->send.queues[i]);
    for (size_t at = 0; (chat = map_next(&telegram->send.chats, &at));) {
        map_remove(&telegram->send.chats, chat->address, strlen(chat->address));
        free(chat);
    }
    map_free(&telegram->send.chats);
}
