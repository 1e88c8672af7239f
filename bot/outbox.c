#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

enum { UNDER_WAY_MOST = 1000, RETRY_SOON_MS = 500 };

/* One waiting reply, in its chat's list by order of writing. */
struct entry {
    struct entry *next;
    struct queue *queue;
    struct out_row row; /* texts: the entry's id, the queue's network and chat */
    char *id;
    int64_t next_try; /* monotonic; 0: never published in this run */
    int64_t pause;
};

struct network {
    char name[CONTRACT_NETWORK_LARGEST + 1];
    bool offline; /* one that never announced itself counts as online */
};

/* The waiting replies of one chat. */
struct queue {
    char *key; /* network/chat */
    struct network *network;
    const char *chat;
    struct entry *first;
    int64_t due;  /* monotonic; INT64_MAX: nothing to do */
    size_t place; /* in the heap */
};

struct outbox {
    struct store *store;
    outbox_publish *publish;
    void *user;
    int64_t first_pause, most_pause, give_up;
    struct map ids, queues, networks;
    struct queue **heap; /* by due, the least first */
    size_t n_queues, cap;
    struct outbox_counts counts;
};

/* ---- heap of chats by due time ---- */

static void put(struct outbox *o, size_t at, struct queue *queue)
{
    o->heap[at] = queue;
    queue->place = at;
}

static void sift(struct outbox *o, struct queue *queue)
{
    size_t at = queue->place;
    while (at > 0 && o->heap[(at - 1) / 2]->due > queue->due) {
        put(o, at, o->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < o->n_queues && o->heap[child + 1]->due < o->heap[child]->due)
            child++;
        if (child >= o->n_queues || o->heap[child]->due >= queue->due)
            break;
        put(o, at, o->heap[child]);
        at = child;
    }
    put(o, at, queue);
}

static void set_due(struct outbox *o, struct queue *queue, int64_t due)
{
    queue->due = due;
    sift(o, queue);
}

static void remove_queue(struct outbox *o, struct queue *queue)
{
    struct queue *last = o->heap[--o->n_queues];
    if (last != queue) {
        put(o, queue->place, last);
        sift(o, last);
    }
    map_remove(&o->queues, queue->key, strlen(queue->key));
    free(queue->key);
    free(queue);
}

/* ---- chats and replies ---- */

static struct network *network_of(struct outbox *o, const char *name)
{
    struct network *network = map_get(&o->networks, name, strlen(name));
    if (!network) {
        network = mem_new(1, sizeof *network);
        snprintf(network->name, sizeof network->name, "%s", name);
        map_put(&o->networks, network->name, strlen(network->name), network);
    }
    return network;
}

static size_t chat_key(char *out, size_t size, const char *network, const char *chat)
{
    return (size_t)snprintf(out, size, "%s/%s", network, chat);
}

static struct queue *find_queue(struct outbox *o, const char *network, const char *chat)
{
    char key[CONTRACT_TOPIC_LARGEST];
    return map_get(&o->queues, key, chat_key(key, sizeof key, network, chat));
}

static struct queue *queue_of(struct outbox *o, const char *network, const char *chat)
{
    char key[CONTRACT_TOPIC_LARGEST];
    size_t len = chat_key(key, sizeof key, network, chat);
    struct queue *queue = map_get(&o->queues, key, len);
    if (queue)
        return queue;
    queue = mem_new(1, sizeof *queue);
    queue->key = mem_strndup(key, len);
    queue->network = network_of(o, network);
    queue->chat = queue->key + strlen(network) + 1;
    queue->due = INT64_MAX;
    map_put(&o->queues, queue->key, len, queue);
    MEM_ROOM(o->heap, o->n_queues, o->cap);
    queue->place = o->n_queues++;
    o->heap[queue->place] = queue;
    return queue;
}

static void free_entry(struct outbox *o, struct entry *entry)
{
    struct entry **at = &entry->queue->first;
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    if (entry->next_try)
        o->counts.under_way--;
    o->counts.waiting--;
    map_remove(&o->ids, entry->id, strlen(entry->id));
    free(entry->id);
    free(entry);
}

/* Takes a reply out; its chat goes on with the next one, or is forgotten. */
static void remove_entry(struct outbox *o, struct entry *entry)
{
    struct queue *queue = entry->queue;
    free_entry(o, entry);
    if (queue->first)
        set_due(o, queue, 0);
    else
        remove_queue(o, queue);
}

void outbox_added(struct outbox *o, const struct out_row *row)
{
    if (map_get(&o->ids, row->id, strlen(row->id)))
        return;
    struct entry *entry = mem_new(1, sizeof *entry);
    entry->queue = queue_of(o, row->network, row->chat);
    entry->row = *row;
    entry->id = mem_strdup(row->id);
    entry->row.id = entry->id;
    entry->row.network = entry->queue->network->name;
    entry->row.chat = entry->queue->chat;
    entry->pause = o->first_pause;
    struct entry **at = &entry->queue->first;
    while (*at)
        at = &(*at)->next;
    *at = entry;
    map_put(&o->ids, entry->id, strlen(entry->id), entry);
    o->counts.waiting++;
    if (entry->queue->first == entry || entry->row.urgent)
        set_due(o, entry->queue, 0);
}

void outbox_dropped(struct outbox *o, const char *network, const char *chat)
{
    struct queue *queue = find_queue(o, network, chat);
    if (!queue)
        return;
    while (queue->first)
        free_entry(o, queue->first);
    remove_queue(o, queue);
}

/* ---- loading ---- */

static void load_row(void *user, const struct out_row *row)
{
    outbox_added(user, row);
}

static void clear(struct outbox *o)
{
    while (o->n_queues) {
        struct queue *queue = o->heap[0];
        while (queue->first)
            free_entry(o, queue->first);
        remove_queue(o, queue);
    }
}

int outbox_reload(struct outbox *o, struct err *err)
{
    clear(o);
    return store_out_each(o->store, load_row, o, err);
}

struct outbox *outbox_new(struct store *store, const struct settings *settings, outbox_publish *publish,
                          void *user, struct err *err)
{
    struct outbox *o = mem_new(1, sizeof *o);
    o->store = store;
    o->publish = publish;
    o->user = user;
    o->first_pause = settings_ms(settings, "core.repeat_first_seconds");
    o->most_pause = settings_ms(settings, "core.repeat_most_seconds");
    o->give_up = settings_int(settings, "core.outbox_days") * CLOCK_DAY;
    if (outbox_reload(o, err) == 0)
        return o;
    outbox_free(o);
    return NULL;
}

void outbox_free(struct outbox *o)
{
    if (!o)
        return;
    clear(o);
    size_t at = 0;
    for (struct network *network; (network = map_next(&o->networks, &at));)
        free(network);
    map_free(&o->networks);
    map_free(&o->queues);
    map_free(&o->ids);
    free(o->heap);
    free(o);
}

/* ---- results ---- */

const struct out_row *outbox_find(const struct outbox *o, const char *network, const char *id)
{
    const struct entry *entry = map_get(&o->ids, id, strlen(id));
    return entry && strcmp(entry->queue->network->name, network) == 0 ? &entry->row : NULL;
}

int outbox_result(struct outbox *o, const char *network, const struct result *result, int64_t now,
                  struct err *err)
{
    struct entry *entry = map_get(&o->ids, result->id, strlen(result->id));
    if (!entry || strcmp(entry->queue->network->name, network))
        return 0;
    if (result->delivery == DELIVERY_LATER) {
        int64_t until = result->until > now ? result->until : now + o->first_pause;
        if (store_out_hold(o->store, entry->row.seq, until, err))
            return -1;
        entry->row.held_until = until;
        if (entry->next_try)
            o->counts.under_way--;
        entry->next_try = 0;
        set_due(o, entry->queue, 0);
        return 0;
    }
    if (store_out_remove(o->store, entry->row.seq, err))
        return -1;
    if (result->delivery == DELIVERY_SENT)
        o->counts.sent++;
    else
        o->counts.never++;
    remove_entry(o, entry);
    return 0;
}

/* The bridge is back: what it may have missed goes out at once, not after the pause that its silence earned.
 */
static void forget_tries(struct outbox *o, struct queue *queue)
{
    for (struct entry *entry = queue->first; entry; entry = entry->next) {
        if (entry->next_try)
            o->counts.under_way--;
        entry->next_try = 0;
        entry->pause = o->first_pause;
    }
}

void outbox_network(struct outbox *o, const char *name, bool online)
{
    struct network *network = network_of(o, name);
    if (network->offline == !online)
        return;
    network->offline = !online;
    size_t at = 0;
    for (struct queue *queue; online && (queue = map_next(&o->queues, &at));)
        if (queue->network == network) {
            forget_tries(o, queue);
            set_due(o, queue, 0);
        }
}

/* ---- publishing ---- */

static bool expired(const struct outbox *o, const struct entry *entry, int64_t now)
{
    return (entry->row.expires && entry->row.expires <= now) || entry->row.created + o->give_up <= now;
}

/* The reply whose turn it is: the first urgent one, else the first. */
static struct entry *head(const struct queue *queue)
{
    for (struct entry *entry = queue->first; entry; entry = entry->next)
        if (entry->row.urgent)
            return entry;
    return queue->first;
}

static int publish_entry(struct outbox *o, struct entry *entry, int64_t mono, struct err *err)
{
    struct buf payload = BUF_INIT(4 * CONTRACT_OUT_LARGEST);
    int rc = store_out_payload(o->store, entry->row.seq, &payload, err);
    if (rc == 0 && o->publish(o->user, &entry->row, buf_str(&payload), payload.len) == 0) {
        if (entry->next_try)
            o->counts.repeated++;
        else
            o->counts.under_way++;
        entry->next_try = mono + entry->pause;
        entry->pause = 2 * entry->pause < o->most_pause ? 2 * entry->pause : o->most_pause;
    }
    buf_free(&payload);
    return rc;
}

/* Does what is due for one chat and sets its next time. */
static int run_queue(struct outbox *o, struct queue *queue, int64_t now, int64_t mono, bool trusted,
                     struct err *err)
{
    struct entry *entry = head(queue);
    if (!entry)
        BUG("an empty queue stands in the heap");
    if (trusted && expired(o, entry, now)) {
        if (store_out_remove(o->store, entry->row.seq, err))
            return -1;
        o->counts.expired++;
        remove_entry(o, entry);
        return 0;
    }
    if (queue->network->offline) {
        set_due(o, queue, mono + CLOCK_MINUTE); /* looks in for expiry; outbox_network wakes it */
        return 0;
    }
    if (entry->row.held_until > now) {
        int64_t wait = entry->row.held_until - now;
        set_due(o, queue, mono + (wait < CLOCK_MINUTE ? wait : CLOCK_MINUTE));
        return 0;
    }
    if (entry->next_try > mono) {
        set_due(o, queue, entry->next_try);
        return 0;
    }
    if (!entry->next_try && o->counts.under_way >= UNDER_WAY_MOST && !entry->row.urgent) {
        set_due(o, queue, mono + RETRY_SOON_MS);
        return 0;
    }
    if (publish_entry(o, entry, mono, err))
        return -1;
    set_due(o, queue, entry->next_try > mono ? entry->next_try : mono + RETRY_SOON_MS);
    return 0;
}

int outbox_run(struct outbox *o, int64_t now, int64_t mono, bool trusted, struct err *err)
{
    while (o->n_queues && o->heap[0]->due <= mono)
        if (run_queue(o, o->heap[0], now, mono, trusted, err))
            return -1;
    return 0;
}

int64_t outbox_due(const struct outbox *o)
{
    return o->n_queues ? o->heap[0]->due : INT64_MAX;
}

void outbox_count(const struct outbox *o, struct outbox_counts *counts)
{
    *counts = o->counts;
    counts->oldest = 0;
    for (size_t i = 0; i < o->n_queues; i++) {
        int64_t created = o->heap[i]->first->row.created;
        if (!counts->oldest || created < counts->oldest)
            counts->oldest = created;
    }
}
