/* What the files of the core share: its parts, the batch under way, what it has counted. */
#ifndef BOT_CORE_INTERNAL_H
#define BOT_CORE_INTERNAL_H

#include "ask.h"
#include "dataset.h"
#include "outbox.h"
#include "store/backup.h"
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
    int64_t told_refused;    /* edits whose refusal staff have been told of */
    int64_t copy_due;        /* when a copy that was not fetched is removed, monotonic */
    struct store_copy *copy; /* of a backup that is under way, or NULL */
    char copy_id[CONTRACT_ID_LARGEST + 1], copy_for[CONTRACT_NETWORK_LARGEST + 1]; /* whose ask it answers */
};

/* Whether an ask is for a backup; then it is begun, and answered when the copy is whole (core_backup.c). */
bool core_backup_asked(struct core *core, const struct topic *topic, const struct ask *ask);
/* Copies some pages more; nothing when none is under way. True while one is. */
bool core_backup_run(struct core *core, int64_t mono);
/* Removes a copy that was not fetched. */
void core_backup_forget(struct core *core);
void core_backup_end(struct core *core);
void core_publish_answer(struct core *core, const char *name, const struct answer *answer);

/* Publishes the retained status: state, counters, what staff have to mend (core_status.c). */
void core_say_status(struct core *core, int64_t now);

#endif
