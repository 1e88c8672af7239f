/* Before the step: what the dialogue may know of requests (talk/desk.h) is loaded. After it: what it wants
 * changed outside the conversation is stored, and the messages to others are rendered and put into the
 * outbox. All inside the turn's open batch. */
#ifndef BOT_DESKWORK_H
#define BOT_DESKWORK_H

#include "dataset.h"
#include "store/requests.h"
#include "talk/step.h"

struct deskwork;

/* Borrows store and settings; reads the roster. NULL with a line in `err`. Owned by the caller. */
struct deskwork *deskwork_new(struct store *store, const struct settings *settings, struct err *err);
void deskwork_free(struct deskwork *work);
/* Reads the roster again (after a batch was rolled back, or somebody else changed it). 0 or -1. */
int deskwork_reload(struct deskwork *work, struct err *err);
/* What coordinators have said of their contact points, into a registry that was loaded anew. */
void deskwork_confirm(struct deskwork *work, struct registry *registry);
const struct roster *deskwork_roster(const struct deskwork *work);
const struct periods *deskwork_periods(const struct deskwork *work);

/* Whose turn it is. Borrowed. */
struct sender {
    const char *network, *chat;
    const struct event *event;
};

/* Fills *desk; lists are the arena's. */
int deskwork_look(struct deskwork *work, const struct sender *sender, const struct state *state, int64_t now,
                  struct arena *arena, struct desk *desk, struct err *err);
/* Counts this chat's messages of the minute: *hurried when there are more than core.messages_a_minute, *told
 * from the second one too many on. */
void deskwork_count(struct deskwork *work, const struct sender *sender, int64_t now, bool *hurried,
                    bool *told);

/* Replies to others, already in the store's outbox: rows are the arena's. */
struct pushed {
    struct out_row *rows;
    size_t count, cap;
    bool dropped; /* replies that waited are gone: the outbox has to be read again */
};

/* Carries out the step's effects, after the conversation was saved (or forgotten). */
int deskwork_keep(struct deskwork *work, const struct dataset *data, const struct sender *sender,
                  const struct desk *desk, struct step *step, int64_t now, struct arena *arena,
                  struct pushed *pushed, struct err *err);
/* A chat could not be reached: a reply ended as `never`. What a coordinator had taken who has no other chat
 * is free again. */
int deskwork_unreachable(struct deskwork *work, const struct dataset *data, const char *network,
                         const char *chat, int64_t now, struct arena *arena, struct pushed *pushed,
                         struct err *err);

/* Tells the staff who have a chat of a fault that they have to mend: a line for a person. */
int deskwork_alarm(struct deskwork *work, const struct dataset *data, const char *fault, int64_t now,
                   struct arena *arena, struct pushed *pushed, struct err *err);

/* What time brings: at most a few requests at a call. */
int deskwork_tick(struct deskwork *work, const struct dataset *data, int64_t now, struct arena *arena,
                  struct pushed *pushed, struct err *err);
/* Wall time of the next thing that time brings; INT64_MAX: nothing. */
int64_t deskwork_due(const struct deskwork *work);
/* Removes a coordinator; what they had taken is free again and everybody hears. 1, 0: there is none, -1. */
int deskwork_revoke(struct deskwork *work, const struct dataset *data, int64_t coordinator, int64_t now,
                    struct arena *arena, struct pushed *pushed, struct err *err);

#endif
