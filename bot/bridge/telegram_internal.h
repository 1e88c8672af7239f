/* What the files of the Telegram bridge share; nobody else includes it. Times are monotonic ms where nothing
 * else is said. */
#ifndef BRIDGE_TELEGRAM_INTERNAL_H
#define BRIDGE_TELEGRAM_INTERNAL_H

#include <sys/queue.h>

#include "base/arena.h"
#include "bridge/gone.h"
#include "bridge/health.h"
#include "bridge/journal.h"
#include "bridge/loop.h"
#include "bridge/pace.h"
#include "bridge/sender.h"
#include "bridge/typing.h"
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

enum send_kind { SEND_REPLY, SEND_OFFLINE, SEND_MARK };

struct message {
    struct send send;
    struct telegram *telegram;
    enum send_kind kind;
    int64_t to; /* the chat's id; another one after a group has moved */
    bool plain; /* its HTML was refused */
    bool bare;  /* so was the message as a whole: only the words */
    bool moved;
    const struct bridge_reply *reply; /* SEND_REPLY */
    struct telegram_part *parts;
    size_t n_parts, next;
    enum telegram_keyboard above; /* of the first part, or of the only one */
    const char *language;
    const struct button *buttons; /* of the last part */
    size_t n_buttons;
    int64_t message_id; /* SEND_MARK */
};

/* ---- beside ---- */

struct touch {
    LIST_ENTRY(touch) entry;
    struct telegram *telegram;
    struct http_call *call;
};

/* ---- all ---- */

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
    struct sender sender;
    struct gone_list gone;
    struct typing typing;
    LIST_HEAD(, touch) touches;
    size_t n_touches;
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
/* The server answered sensibly. */
void telegram_well(struct telegram *telegram);
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

/* ---- telegram_reply.c ---- */

void reply_deliver(void *self, const struct bridge_reply *reply);
void reply_offline(void *self, const char *address, const char *text, bool urgent);
/* Marks the chosen one of the buttons under a message. */
void reply_mark(struct telegram *telegram, int64_t chat, const struct press *press);
/* Begins the request of a message, for the sender. */
struct http_call *reply_begin(void *self, struct send *send);

/* ---- telegram_touch.c ---- */

void touch_free(struct telegram *telegram);
void touch_answer_query(struct telegram *telegram, const char *query);
/* Somebody waits for an answer. */
void touch_show_typing(void *self, const char *address);

#endif
