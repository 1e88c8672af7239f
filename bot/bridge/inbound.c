/* Messages to the core: kept, published in order, repeated until accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/internal.h"

void inbound_init(struct bridge *bridge)
{
    bridge->in.by_id = bridge->in.chats = MAP_INIT;
    TAILQ_INIT(&bridge->in.way);
    TAILQ_INIT(&bridge->in.ready);
    bridge->in.repeat_at = NEVER;
}

/* ---- keeping ---- */

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *copy_text(char **at, const char *text, size_t len)
{
    char *copy = *at;
    if (!text)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *at += len + 1;
    return copy;
}

static const char *copy_string(char **at, const char *text)
{
    return copy_text(at, text, text ? strlen(text) : 0);
}

/* A copy with all its texts in one allocation. */
static struct message *copy_message(const struct event *event)
{
    size_t size = sizeof(struct message) + text_size(event->id) + text_size(event->language) +
                  text_size(event->edits) + (event->text ? event->text_len + 1 : 0) +
                  text_size(event->choice) + text_size(event->what) + text_size(event->from);
    struct message *message = mem_new(1, size);
    char *at = (char *)(message + 1);
    message->size = size;
    message->event = *event;
    message->event.id = copy_string(&at, event->id);
    message->event.language = copy_string(&at, event->language);
    message->event.edits = copy_string(&at, event->edits);
    message->event.text = copy_text(&at, event->text, event->text_len);
    message->event.choice = copy_string(&at, event->choice);
    message->event.what = copy_string(&at, event->what);
    message->event.from = copy_string(&at, event->from);
    return message;
}

static struct in_chat *chat_of(struct bridge *bridge, const char *address, const char *token)
{
    struct in_chat *chat = map_get(&bridge->in.chats, address, strlen(address));
    if (chat)
        return chat;
    chat = mem_new(1, sizeof *chat);
    TAILQ_INIT(&chat->messages);
    snprintf(chat->address, sizeof chat->address, "%s", address);
    snprintf(chat->token, sizeof chat->token, "%s", token);
    map_put(&bridge->in.chats, chat->address, strlen(chat->address), chat);
    return chat;
}

static void keep(struct bridge *bridge, struct in_chat *chat, const struct event *event, bool own)
{
    struct inbound *in = &bridge->in;
    struct message *message = copy_message(event);
    message->chat = chat;
    message->own = own;
    message->taken_at = clock_mono_ms();
    message->answered = journal_get(bridge->journal, JOURNAL_OFFLINE_MESSAGE, event->id, NULL) != 0;
    if (TAILQ_EMPTY(&chat->messages))
        TAILQ_INSERT_TAIL(&in->ready, chat, ready);
    TAILQ_INSERT_TAIL(&chat->messages, message, in_chat);
    map_put(&in->by_id, message->event.id, strlen(message->event.id), message);
    in->bytes += message->size;
    offline_watch(bridge, message);
}

static void forget_chat(struct bridge *bridge, struct in_chat *chat)
{
    map_remove(&bridge->in.chats, chat->address, strlen(chat->address));
    free(chat);
}

/* Takes a message out of every list. Its chat goes on with the next one, or is forgotten. */
static void release(struct bridge *bridge, struct message *message)
{
    struct inbound *in = &bridge->in;
    struct in_chat *chat = message->chat;
    bool first = TAILQ_FIRST(&chat->messages) == message;
    offline_unwatch(bridge, message);
    map_remove(&in->by_id, message->event.id, strlen(message->event.id));
    in->bytes -= message->size;
    TAILQ_REMOVE(&chat->messages, message, in_chat);
    if (message->under_way) {
        TAILQ_REMOVE(&in->way, message, on_way);
        in->n_way--;
    } else if (first) {
        TAILQ_REMOVE(&in->ready, chat, ready);
    }
    if (TAILQ_EMPTY(&chat->messages))
        forget_chat(bridge, chat);
    else if (first)
        TAILQ_INSERT_TAIL(&in->ready, chat, ready);
}

void inbound_free(struct bridge *bridge)
{
    struct inbound *in = &bridge->in;
    struct message *message;
    for (size_t at = 0; (message = map_next(&in->by_id, &at));) {
        release(bridge, message);
        free(message);
    }
    map_free(&in->by_id);
    map_free(&in->chats);
}

/* ---- taking ---- */

/* The contract's own reader says whether the message fits, also its UTF-8. */
static bool fits_contract(struct bridge *bridge, const struct event *event)
{
    struct event again;
    const char *id, *reason = NULL;
    struct event late = *event;
    late.late = true; /* the longest form */
    buf_clear(&bridge->payload);
    contract_write_in(&late, &bridge->payload);
    bool fits = buf_done(&bridge->payload) == 0 &&
                contract_read_in(buf_str(&bridge->payload), bridge->payload.len, &bridge->scratch, &again,
                                 &id, &reason) == 0;
    arena_reset(&bridge->scratch);
    return fits;
}

/* After a change of key the chat has a new token. The core is told once for each older key, before the chat's
 * first message, so that a conversation goes on. The journal remembers it when the core has accepted it. */
static void announce_moves(struct bridge *bridge, struct in_chat *chat, int64_t wall)
{
    char former[TOKEN_SIZE], id[sizeof "moved:" + KEY_HASH_TEXT], hash_text[KEY_HASH_TEXT];
    unsigned char hash[KEY_HASH];
    for (size_t age = token_keys_count(bridge->keys) - 1; age > 0; age--) {
        if (token_encode(bridge->keys, age, bridge->network, TOKEN_CHAT, chat->address, former, NULL) ||
            journal_get(bridge->journal, JOURNAL_MOVED, former, NULL))
            continue;
        const struct key_part parts[] = {{former, strlen(former)}, {chat->token, strlen(chat->token)}};
        key_hash(hash, NULL, parts, 2);
        key_hash_text(hash, hash_text);
        snprintf(id, sizeof id, "moved:%s", hash_text);
        struct event moved = {.kind = EVENT_MOVED, .id = id, .time = wall, .from = former};
        if (!map_get(&bridge->in.by_id, id, strlen(id)))
            keep(bridge, chat, &moved, true);
    }
}

enum bridge_take bridge_take(struct bridge *bridge, const char *address, const struct event *event)
{
    struct inbound *in = &bridge->in;
    char token[TOKEN_SIZE];
    int64_t wall = clock_wall_ms();
    if (event->id && map_get(&in->by_id, event->id, strlen(event->id))) {
        bridge->counts.again++;
        return BRIDGE_TAKEN;
    }
    if (in->by_id.count >= BRIDGE_KEPT_MOST || in->bytes >= BRIDGE_KEPT_BYTES_MOST)
        return BRIDGE_FULL;
    if (event->time < wall - BRIDGE_DAYS_MOST * CLOCK_DAY) {
        bridge->counts.old++;
        return BRIDGE_OLD;
    }
    if (!event->id || bridge_token(bridge, address, token) || !fits_contract(bridge, event)) {
        bridge->counts.unfit++;
        return BRIDGE_UNFIT;
    }
    struct in_chat *chat = chat_of(bridge, address, token);
    const struct message *head = TAILQ_FIRST(&chat->messages);
    bool stuck = head && head->answered;
    announce_moves(bridge, chat, wall);
    keep(bridge, chat, event, false);
    if (stuck)
        inbound_show(bridge, TAILQ_LAST(&chat->messages, message_list));
    bridge->counts.taken++;
    return BRIDGE_TAKEN;
}

size_t bridge_kept(const struct bridge *bridge)
{
    return bridge->in.by_id.count;
}

/* ---- publishing ---- */

static int publish(struct bridge *bridge, struct message *message, int64_t now, int64_t wall)
{
    char topic[CONTRACT_TOPIC_LARGEST];
    message->event.late = message->answered || wall - message->event.time > bridge->late_ms;
    buf_clear(&bridge->payload);
    contract_write_in(&message->event, &bridge->payload);
    topic_write(topic, bridge->root, TOPIC_IN, bridge->network, message->chat->token);
    int number = mqtt_publish(bridge->mqtt, topic, buf_str(&bridge->payload), bridge->payload.len, false);
    if (number < 0)
        return -1;
    message->number = number;
    message->sent_at = now;
    message->due = now + message->pause;
    if (message->due < bridge->in.repeat_at)
        bridge->in.repeat_at = message->due;
    message->pause = 2 * message->pause < bridge->repeat_most_ms ? 2 * message->pause
                                                                 : bridge->repeat_most_ms;
    return 0;
}

void inbound_show(struct bridge *bridge, struct message *message)
{
    if (message->under_way || message->event.kind != EVENT_TEXT || !mqtt_ready(bridge->mqtt))
        return;
    if (publish(bridge, message, clock_mono_ms(), clock_wall_ms()) == 0)
        bridge->counts.published++;
}

/* Each chat's first message, in the order in which the chats got ready, while the window has room. */
static void publish_ready(struct bridge *bridge, int64_t now, int64_t wall)
{
    struct inbound *in = &bridge->in;
    struct in_chat *chat;
    while (in->n_way < bridge->window && (chat = TAILQ_FIRST(&in->ready))) {
        struct message *message = TAILQ_FIRST(&chat->messages);
        message->pause = bridge->repeat_first_ms;
        if (publish(bridge, message, now, wall))
            return;
        bridge->counts.published++;
        message->under_way = true;
        TAILQ_REMOVE(&in->ready, chat, ready);
        TAILQ_INSERT_TAIL(&in->way, message, on_way);
        in->n_way++;
    }
}

static void end_message(struct bridge *bridge, struct message *message, const char *refused)
{
    release(bridge, message);
    if (!message->own)
        bridge->ops->accepted(bridge->self, message->event.id, refused);
    free(message);
}

static void repeat_due(struct bridge *bridge, int64_t now, int64_t wall)
{
    struct message *message, *next;
    bridge->in.repeat_at = NEVER;
    for (message = TAILQ_FIRST(&bridge->in.way); message; message = next) {
        next = TAILQ_NEXT(message, on_way);
        if (message->due > now) {
            if (message->due < bridge->in.repeat_at)
                bridge->in.repeat_at = message->due;
        } else if (message->event.time < wall - BRIDGE_DAYS_MOST * CLOCK_DAY) {
            log_warn("a message that the core has not accepted for %d days is given up", BRIDGE_DAYS_MOST);
            bridge->counts.old++;
            end_message(bridge, message, "older than seven days");
        } else if (publish(bridge, message, now, wall) == 0) {
            bridge->counts.repeated++;
        } else {
            bridge->in.repeat_at = now;
            return;
        }
    }
}

void inbound_run(struct bridge *bridge, int64_t now)
{
    if (!mqtt_ready(bridge->mqtt))
        return;
    int64_t wall = clock_wall_ms();
    if (now >= bridge->in.repeat_at)
        repeat_due(bridge, now, wall);
    publish_ready(bridge, now, wall);
}

int64_t inbound_due(const struct bridge *bridge, int64_t now)
{
    const struct inbound *in = &bridge->in;
    if (!mqtt_ready(bridge->mqtt))
        return NEVER;
    return in->n_way < bridge->window && !TAILQ_EMPTY(&in->ready) ? now : in->repeat_at;
}

void inbound_hurry(struct bridge *bridge, int64_t before)
{
    struct message *message;
    TAILQ_FOREACH(message, &bridge->in.way, on_way)
    {
        if (message->sent_at >= before)
            continue;
        message->due = 0;
        message->pause = bridge->repeat_first_ms;
        bridge->in.repeat_at = 0;
    }
}

/* ---- answers ---- */

void inbound_accepted(struct bridge *bridge, const char *id, const char *refused)
{
    struct message *message = map_get(&bridge->in.by_id, id, strlen(id));
    if (!message)
        return; /* a repeat's, or one of a former run */
    if (refused) {
        bridge->counts.refused++;
        log_warn("the core refuses a message: %.80s", refused);
    } else {
        bridge->counts.accepted++;
    }
    if (message->event.kind == EVENT_MOVED && !refused)
        journal_mark(bridge->journal, JOURNAL_MOVED, message->event.from, 1, clock_wall_ms());
    end_message(bridge, message, refused);
}

bool inbound_unheard(struct bridge *bridge, int number)
{
    const struct message *message;
    TAILQ_FOREACH(message, &bridge->in.way, on_way)
    if (message->number == number)
        return true;
    return false;
}
