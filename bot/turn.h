/* The way of one message: receive, normalise, understand, step, render, store. The commit and the publishing
 * come after it, for a whole batch (core.c). */
#ifndef BOT_TURN_H
#define BOT_TURN_H

#include "dataset.h"
#include "deskwork.h"
#include "store/store.h"
#include "talk/step.h"
#include "wire/contract.h"

/* What turns need; all borrowed. */
struct turns {
    const struct dataset *data;
    const struct settings *settings;
    struct store *store;
    int far_km, hits;
    int64_t expires_ms; /* an ordinary reply is not shown later than this after it was made */
    struct deskwork *work;
};

struct incoming {
    const char *network, *chat;
    const char *payload;
    size_t len;
};

enum verdict {
    TURN_ACCEPTED, /* handled; a reply may have been made */
    TURN_REPEATED, /* handled before: accepted again, nothing else */
    TURN_REFUSED,  /* cannot be read, or crashed the core twice */
    TURN_LEFT,     /* cannot be handled now: not accepted, the bridge will repeat it */
    TURN_FAILED,   /* the database failed: roll the batch back */
};

struct outcome {
    enum verdict verdict;
    const char *id;     /* of the message, NULL if it could not be read */
    const char *reason; /* TURN_REFUSED */
    bool replied;       /* row and payload are set */
    bool builtin;       /* the reply is a built-in text */
    bool forget, stop;  /* what waits for this chat in the outbox is gone */
    const char *moved_from;
    struct out_row row;   /* texts are the arena's */
    struct buf payload;   /* the caller's to free */
    struct pushed pushed; /* messages to others, stored too */
    const struct intent *runaway;
    int runaway_line;
};

/* Takes one message through the path, inside the store's open batch. */
void turn_run(const struct turns *turns, const struct incoming *in, int64_t now, struct arena *arena,
              struct outcome *out, struct err *err);

/* When the store cannot serve: a reply for a message that may be a crisis, not stored and not accepted; its
 * id is the one that the stored reply will have, so that the bridge shows it once. replied is false for other
 * messages. */
void turn_emergency(const struct turns *turns, const struct incoming *in, int64_t now, struct arena *arena,
                    struct outcome *out);

/* Makes what turns need; the data set, settings and store are borrowed. 0, or -1 with lines in `err`.
 * turns_end gives back what it took. */
int turns_begin(struct turns *turns, const struct dataset *data, const struct settings *settings,
                struct store *store, struct err *err);
void turns_end(struct turns *turns);

/* True when all parts of the data set are there; without them only built-in texts can be said. */
bool turns_ready(const struct turns *turns);

#endif
