/* Replies: decoded, given to the network one at a time for each chat, recorded, reported. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/internal.h"

enum {
    REPORT_MOST = 250, /* results in one message: also the longest ids stay within its size */
    REPORT_SOON = 100, /* as many do not wait for more */
    REPORT_WAIT_MS = 200,
    RESULTS_MOST = 4000, /* more are not gathered: what they would say is asked again */
    JOURNAL_PATIENCE_MS = 1000,
};

void outbound_init(struct bridge *bridge)
{
    bridge->out.by_id = bridge->out.chats = MAP_INIT;
    TAILQ_INIT(&bridge->out.ready);
}

/* ---- results ---- */

static void add_result(struct bridge *bridge, const char *id, enum delivery delivery, int64_t until,
                       const char *reason)
{
    struct outbound *out = &bridge->out;
    if (out->n_results == 0)
        out->results_at = clock_mono_ms();
    MEM_ROOM(out->results, out->n_results, out->cap_results);
    out->results[out->n_results++] = (struct result){
        mem_strdup(id), delivery, until, reason ? mem_strndup(reason, strnlen(reason, 200)) : NULL};
}

static void free_result(const struct result *result)
{
    free((void *)(uintptr_t)result->id);
    free((void *)(uintptr_t)result->reason);
}

static void drop_results(struct outbound *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_result(&out->results[i]);
    out->n_results -= count;
    if (out->n_results)
        memmove(out->results, out->results + count, out->n_results * sizeof *out->results);
}

/* ---- keeping ---- */

static struct out_chat *chat_of(struct outbound *out, const char *address)
{
    struct out_chat *chat = map_get(&out->chats, address, strlen(address));
    if (chat)
        return chat;
    chat = mem_new(1, sizeof *chat);
    TAILQ_INIT(&chat->replies);
    snprintf(chat->address, sizeof chat->address, "%s", address);
    map_put(&out->chats, chat->address, strlen(chat->address), chat);
    return chat;
}

static void make_ready(struct outbound *out, struct out_chat *chat)
{
    if (chat->is_ready)
        return;
    TAILQ_INSERT_TAIL(&out->ready, chat, ready);
    chat->is_ready = true;
}

static void make_unready(struct outbound *out, struct out_chat *chat)
{
    if (chat->is_ready)
        TAILQ_REMOVE(&out->ready, chat, ready);
    chat->is_ready = false;
}

/* The reply whose turn it is: one of a chat is under way at a time, and one urgent beside it, which need not
 * wait for an ordinary one that the network holds back. NULL when there is none. */
static struct reply *next_reply(const struct out_chat *chat)
{
    struct reply *reply;
    bool busy = false, urgent_busy = false;
    TAILQ_FOREACH(reply, &chat->replies, in_chat)
    {
        if (!reply->under_way)
            return (reply->urgent ? urgent_busy : busy) ? NULL : reply;
        busy = true;
        urgent_busy = urgent_busy || reply->urgent;
    }
    return NULL;
}

/* Urgent ones stand before all that are neither urgent nor under way. */
static void insert(struct out_chat *chat, struct reply *reply)
{
    struct reply *other;
    TAILQ_FOREACH(other, &chat->replies, in_chat)
    {
        if (reply->urgent && !other->urgent && !other->under_way) {
            TAILQ_INSERT_BEFORE(other, reply, in_chat);
            return;
        }
    }
    TAILQ_INSERT_TAIL(&chat->replies, reply, in_chat);
}

static void keep(struct outbound *out, const char *address, const struct out *read, const char *payload,
                 size_t len)
{
    struct out_chat *chat = chat_of(out, address);
    struct reply *reply = mem_new(1, sizeof *reply);
    reply->chat = chat;
    reply->id = mem_strdup(read->id);
    reply->payload = mem_strndup(payload, len);
    reply->len = len;
    reply->urgent = read->urgent;
    insert(chat, reply);
    map_put(&out->by_id, reply->id, strlen(reply->id), reply);
    if (next_reply(chat))
        make_ready(out, chat);
}

/* Forgets a reply; its chat goes on with the next one, or is forgotten. */
static void release(struct outbound *out, struct reply *reply)
{
    struct out_chat *chat = reply->chat;
    map_remove(&out->by_id, reply->id, strlen(reply->id));
    TAILQ_REMOVE(&chat->replies, reply, in_chat);
    if (reply->under_way)
        out->n_way--;
    arena_free(&reply->arena);
    free(reply->payload);
    free(reply->id);
    free(reply);
    if (!TAILQ_EMPTY(&chat->replies)) {
        if (next_reply(chat))
            make_ready(out, chat);
        return;
    }
    make_unready(out, chat);
    map_remove(&out->chats, chat->address, strlen(chat->address));
    free(chat);
}

void outbound_free(struct bridge *bridge)
{
    struct outbound *out = &bridge->out;
    struct reply *reply;
    for (size_t at = 0; (reply = map_next(&out->by_id, &at));)
        release(out, reply);
    map_free(&out->by_id);
    map_free(&out->chats);
    drop_results(out, out->n_results);
    free(out->results);
}

size_t bridge_replies(const struct bridge *bridge)
{
    return bridge->out.by_id.count;
}

/* ---- taking ---- */

/* The outcome that a reply has before anything is done, told by its result; false: it is to be delivered. */
static bool settled_before(struct bridge *bridge, const char *token, const struct out *reply,
                           char address[TOKEN_ADDRESS_MOST + 1])
{
    int64_t wall = clock_wall_ms();
    if (journal_get(bridge->journal, JOURNAL_SENT, reply->id, NULL) == JOURNAL_WHOLE) {
        bridge->counts.shown_before++;
        add_result(bridge, reply->id, DELIVERY_SENT, 0, NULL);
    } else if (reply->expires && wall > reply->expires) {
        bridge->counts.never++;
        add_result(bridge, reply->id, DELIVERY_NEVER, 0, "expired");
    } else if (token_decode(bridge->keys, bridge->network, TOKEN_CHAT, token, address, NULL)) {
        bridge->counts.never++;
        log_warn("a reply's chat token does not decode with the keys in the key file");
        add_result(bridge, reply->id, DELIVERY_NEVER, 0, "unknown chat");
    } else {
        return false;
    }
    return true;
}

void outbound_take(struct bridge *bridge, const char *token, const char *payload, size_t len)
{
    struct outbound *out = &bridge->out;
    char address[TOKEN_ADDRESS_MOST + 1];
    struct out reply;
    if (contract_read_out(payload, len, &bridge->scratch, &reply))
        bridge_malformed(bridge);
    else if (map_get(&out->by_id, reply.id, strlen(reply.id)))
        bridge->counts.dropped++; /* repeated while it is being delivered */
    else if (out->n_results >= RESULTS_MOST || out->by_id.count >= BRIDGE_REPLIES_MOST)
        bridge->counts.dropped++; /* the core repeats it */
    else if (!settled_before(bridge, token, &reply, address))
        keep(out, address, &reply, payload, len);
    arena_reset(&bridge->scratch);
}

/* ---- delivering ---- */

static void deliver_first(struct bridge *bridge, struct out_chat *chat)
{
    struct outbound *out = &bridge->out;
    struct reply *reply = next_reply(chat);
    make_unready(out, chat);
    if (contract_read_out(reply->payload, reply->len, &reply->arena, &reply->out))
        BUG("a reply that was readable no longer is");
    if (reply->out.expires && clock_wall_ms() > reply->out.expires) {
        bridge->counts.never++;
        add_result(bridge, reply->id, DELIVERY_NEVER, 0, "expired");
        release(out, reply);
        return;
    }
    reply->under_way = true;
    out->n_way++;
    reply->given = (struct bridge_reply){&reply->out, chat->address,
                                         journal_get(bridge->journal, JOURNAL_SENT, reply->id, NULL)};
    bridge->ops->deliver(bridge->self, &reply->given); /* may have ended the reply when it returns */
}

void outbound_deliver(struct bridge *bridge)
{
    for (struct out_chat *chat; (chat = TAILQ_FIRST(&bridge->out.ready));)
        deliver_first(bridge, chat);
}

void bridge_delivered(struct bridge *bridge, const char *id, enum delivery delivery, int64_t until,
                      const char *reason)
{
    struct outbound *out = &bridge->out;
    struct reply *reply = map_get(&out->by_id, id, strlen(id));
    if (!reply || !reply->under_way)
        BUG("a network reports a reply that it was not given");
    if (delivery == DELIVERY_SENT) {
        journal_mark(bridge->journal, JOURNAL_SENT, id, JOURNAL_WHOLE, clock_wall_ms());
        bridge->counts.delivered++;
    } else if (delivery == DELIVERY_LATER) {
        bridge->counts.later++;
    } else {
        bridge->counts.never++;
    }
    add_result(bridge, id, delivery, until, reason);
    release(out, reply);
}

void bridge_part_sent(struct bridge *bridge, const char *id, int parts)
{
    journal_mark(bridge->journal, JOURNAL_SENT, id, parts, clock_wall_ms());
}

/* ---- reporting ---- */

/* Writes down what was done. False: it is not on disk. */
static bool sync_journal(struct bridge *bridge)
{
    bool failed = journal_commit(bridge->journal, clock_wall_ms()) != 0;
    if (failed && !bridge->journal_fails)
        log_warn("%.300s; replies may be shown twice if the program ends now",
                 journal_fault(bridge->journal) ? journal_fault(bridge->journal) : "the journal");
    if (!failed && bridge->journal_fails)
        log_info("the journal is written again");
    bridge->journal_fails = failed;
    return !failed;
}

static int publish_results(struct bridge *bridge)
{
    struct outbound *out = &bridge->out;
    char topic[CONTRACT_TOPIC_LARGEST];
    struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    size_t count = out->n_results < REPORT_MOST ? out->n_results : REPORT_MOST;
    topic_write(topic, bridge->root, TOPIC_DELIVERED, bridge->network, NULL);
    contract_write_delivered(&(struct delivered){out->results, count}, &payload);
    int rc = buf_done(&payload) ? 0
                                : mqtt_publish(bridge->mqtt, topic, buf_str(&payload), payload.len, false);
    if (rc >= 0)
        drop_results(out, count);
    buf_free(&payload);
    return rc < 0 ? -1 : 0;
}

/* The journal goes first, so that a reply reported is a reply remembered. On a disk that stays full the
 * report is made after a second all the same: the core would hold back every later reply to the chat. */
void outbound_report(struct bridge *bridge, int64_t now, bool all)
{
    struct outbound *out = &bridge->out;
    bool synced = sync_journal(bridge);
    int64_t waited = now - out->results_at;
    if (!synced && !all && waited < JOURNAL_PATIENCE_MS)
        return;
    if (!all && out->n_way && out->n_results < REPORT_SOON && waited < REPORT_WAIT_MS)
        return;
    while (out->n_results && mqtt_ready(bridge->mqtt))
        if (publish_results(bridge))
            return;
}

int64_t outbound_due(const struct bridge *bridge, int64_t now)
{
    const struct outbound *out = &bridge->out;
    if (!TAILQ_EMPTY(&out->ready))
        return now;
    int64_t due = bridge->journal_fails ? now + JOURNAL_PATIENCE_MS : NEVER;
    if (out->n_results && mqtt_ready(bridge->mqtt))
        due = out->results_at + (bridge->journal_fails ? JOURNAL_PATIENCE_MS : REPORT_WAIT_MS);
    return due;
}
