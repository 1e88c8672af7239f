/* What the files of the core share: its parts, the batch under way, what it has counted. */
#ifndef BOT_CORE_INTERNAL_H
#define BOT_CORE_INTERNAL_H

#include "dataset.h"
#include "outbox.h"
#include "turn.h"
#include "watch.h"
#include "wire/mqtt.h"

struct counts {
    int64_t received, accepted, repeated, refused, unreadable, left, crisis_uncommitted, builtin, batches,
        failed_batches, runaway;
};

/* One message of the batch that is under way. */
struct item {
    struct mqtt_message *message;
    struct topic topic;
    struct outcome outcome;
    struct buf answer; /* to an ask, published after the commit */
};

struct core {
    const struct settings *settings;
    struct dataset data;
    struct store *store;
    struct outbox *outbox;
    struct mqtt *mqtt;
    struct watch *watch;
    struct turns turns;
    struct arena arena; /* of the batch */
    struct item *items;
    size_t n_items;
    struct counts counts;
    const char *root;
    int64_t since, last_accepted, status_due, purge_due, wipe_due, database_due;
    unsigned slice;
    bool database_down;
};

/* Publishes the retained status: state, counters, what staff have to mend (core_status.c). */
void core_say_status(struct core *core, int64_t now);

#endif
