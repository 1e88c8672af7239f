/* What the files of the Telegram bridge share; nobody else includes it. Times are monotonic ms where nothing
 * else is said. */
#ifndef BRIDGE_TELEGRAM_INTERNAL_H
#define BRIDGE_TELEGRAM_INTERNAL_H

#include <sys/queue.h>

#include "base/arena.h"
#include "base/map.h"
#include "bridge/journal.h"
#include "bridge/loop.h"
#include "bridge/pace.h"
#include "wire/http.h"
#include "wire/telegram.h"
#include "wire/telegram_text.h"

#define NEVER INT64_MAX

enum { TELEGRAM_REASON = 160 };

/* ---- in ---- */

/* A press whose buttons are to be marked when the core has accepted it. */
struct press {
    struct arena arena; /* holds the buttons */
    int64_t message_id;
    const char *choice;
    struct button buttons[TELEGRAM_BUTTONS_MOST];
    size_t n_buttons;
};

/* An update that the server has not been told to forget. */
struct entry {
    TAILQ_ENTRY(entry) entry;
    int64_t update_id, chat;
    char *in_id; /* of what was made of it; NULL: nothing was */
    bool settled;
    bool group;          /* the group is not to be told of again */
    struct press *press; /* or NULL */
};

struct poller {
    struct http_call *call; /* NULL: none under way */
    int64_t due, started;
    int64_t not_before; /* the server, or somebody else's poll, wants none */
    int64_t offset;     /* of the call under way */
    int limit;
    TAILQ_HEAD(, entry) window;
    size_t n_window, n_unsettled;
    int conflicts; /* in a row */
    bool webhook;
    int64_t lag_ms;   /* age of the oldest new message of the last answer that had any */
    int64_t noted_at; /* when the time of reading was last written down, wall */
    int64_t gap_ms;   /* before this start nothing was read for so long */
};

/* ---- out ---- */

struct chat {
    char address[24];
    int64_t id;
    struct pace pace;
    int64_t held_until, held_until_wall; /* the server wants no message before */
    bool busy;                           /* a message is on its way */
    int sends;                           /* queued or on their way */
};

enum send_kind { SEND_REPLY, SEND_OFFLINE, SEND_MARK };
enum send_queue { QUEUE_URGENT, QUEUE_NORMAL, QUEUE_MARKS, QUEUES };

struct send {
    TAILQ_ENTRY(send) queued;
    struct telegram *telegram;
    struct chat *chat;
    enum send_kind kind;
    enum send_queue queue;
    struct http_call *call; /* NULL: it waits */
    int64_t due;
    int64_t give_up; /* wall time; NEVER: not by itself */
    int attempts;
    int64_t to; /* the chat's id; another one after a group has moved */
    bool plain; /* its HTML was refused */
    bool bare;  /* so was the message as a whole: only the words */
    bool moved;
    bool listed; /* in a queue, or under way */
    struct arena arena;
    const struct bridge_reply *reply; /* SEND_REPLY */
    struct telegram_part *parts;
    size_t n_parts, next;
    enum telegram_keyboard above; /* of the first part, or of the only one */
    const char *language;
    const struct button *buttons; /* of the last part */
    size_t n_buttons;
    int64_t message_id; /* SEND_MARK */
};

TAILQ_HEAD(send_list, send);

/* A reply to a chat that can be sent nothing: it ends when the core knows that. */
struct gone {
    LIST_ENTRY(gone) entry;
    char *in_id, *out_id;
};

struct sender {
    LIST_HEAD(, gone) gone;
    struct map chats; /* by address */
    struct send_list queues[QUEUES], flight;
    size_t n_flight, n_queued;
    struct pace pace;
    int64_t sweep_at;
};

/* ---- beside ---- */

struct typing {
    TAILQ_ENTRY(typing) entry;
    char address[24];
    int64_t id, due;
    int left;
};

struct touch {
    LIST_ENTRY(touch) entry;
    struct telegram *telegram;
    struct http_call *call;
};

struct toucher {
    TAILQ_HEAD(, typing) typing;
    struct map by_address;
    LIST_HEAD(, touch) touches;
    size_t n_touches;
};

/* ---- all ---- */

/* Whether the server answers. */
struct health {
    int failures; /* in a row */
    int64_t since, pause_until;
    char reason[TELEGRAM_REASON];
};

struct telegram_counts {
    int64_t polls, updates, ignored, strange, sent, marks, typings, failures, html_refused, refused,
        rate_limited, conflicts;
};

struct telegram {
    const struct settings *settings;
    struct bridge *bridge;
    struct http *http;
    char *url; /* with the token, up to the method's name */
    int poll_seconds;
    bool known, refused, stopping; /* the server knows the token; it refuses it; no new requests */
    struct http_call *me;
    int64_t me_due;
    struct health health;
    struct poller poll;
    struct sender send;
    struct toucher touch;
    struct telegram_counts counts;
    struct arena scratch; /* of the answer that is being read */
    struct buf body;
    char faults[4][TELEGRAM_REASON + 80];
};

/* ---- telegram.c ---- */

/* How a call ended. */
enum verdict {
    VERDICT_GOOD,
    VERDICT_AGAIN, /* no answer, or none that says anything: the server is to be left alone for a while */
    VERDICT_ERROR, /* the server has judged: see the answer */
};

struct http_call *telegram_call(struct telegram *telegram, const char *method, int64_t timeout_ms,
                                http_done *done, void *user); /* its body is telegram->body */
/* Reads an answer, and notes whether the server is well and the token good. */
enum verdict telegram_judge(struct telegram *telegram, const struct http_answer *http,
                            struct telegram_answer *answer);
/* The server answered sensibly, or did not. */
void telegram_well(struct telegram *telegram);
void telegram_unwell(struct telegram *telegram, const char *reason);
/* Whether a request may be made now; while the server fails, one at a time. */
bool telegram_may_call(const struct telegram *telegram, int64_t now);
/* The address of a chat. */
void telegram_address(int64_t id, char out[24]);

/* ---- telegram_poll.c ---- */

void poll_init(struct telegram *telegram, int64_t now);
void poll_free(struct telegram *telegram);
void poll_run(struct telegram *telegram, int64_t now);
int64_t poll_due(const struct telegram *telegram);
/* The core has accepted or refused a message. */
void poll_settled(struct telegram *telegram, const char *in_id, bool accepted);

/* ---- telegram_in.c ---- */

/* Gives the core what is to be made of an update; fills in the entry. False: not now, read it again later. */
bool in_take(struct telegram *telegram, const struct telegram_update *update, struct entry *entry);
/* The entry is settled. */
void in_settled(struct telegram *telegram, struct entry *entry, bool accepted);

/* ---- telegram_out.c ---- */

void out_init(struct telegram *telegram, int64_t now);
void out_free(struct telegram *telegram);
void out_run(struct telegram *telegram, int64_t now);
int64_t out_due(const struct telegram *telegram, int64_t now);
struct chat *out_chat(struct telegram *telegram, const char *address);
struct send *out_new(struct telegram *telegram, struct chat *chat, enum send_kind kind, bool urgent);
/* Its request has ended: it is in no list until out_again or out_drop. */
void out_landed(struct send *send);
/* Queues it once more, before what came later. */
void out_again(struct send *send, int64_t due);
/* Forgets it. */
void out_drop(struct send *send);
size_t out_held(const struct telegram *telegram);

/* ---- telegram_reply.c ---- */

void reply_deliver(void *self, const struct bridge_reply *reply);
void reply_offline(void *self, const char *address, const char *text, bool urgent);
/* Marks the chosen one of the buttons under a message. */
void reply_mark(struct telegram *telegram, int64_t chat, const struct press *press);
/* The body of the request for what is next of a send; the name of its method. */
const char *reply_write(struct send *send, struct buf *body);
/* Its request cannot be written. */
void reply_unfit(struct send *send);
/* The request has ended. */
void reply_done(void *user, const struct http_answer *answer);
/* The core knows (or refused to know) that a chat can be sent nothing. */
void reply_gone_known(struct telegram *telegram, const char *in_id);
void reply_free(struct telegram *telegram);

/* ---- telegram_touch.c ---- */

void touch_init(struct telegram *telegram);
void touch_free(struct telegram *telegram);
void touch_run(struct telegram *telegram, int64_t now);
int64_t touch_due(const struct telegram *telegram);
void touch_answer_query(struct telegram *telegram, const char *query);
/* Somebody waits for an answer; it is being sent. */
void touch_typing(struct telegram *telegram, int64_t chat);
void touch_typed(struct telegram *telegram, const char *address);

#endif
