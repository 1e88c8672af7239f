/* What the files of the Matrix bridge share; nobody else includes it. Times are monotonic ms where nothing
 * else is said. */
#ifndef BRIDGE_MATRIX_INTERNAL_H
#define BRIDGE_MATRIX_INTERNAL_H

#include <sys/queue.h>

#include "base/arena.h"
#include "base/keys.h"
#include "base/map.h"
#include "bridge/gone.h"
#include "bridge/health.h"
#include "bridge/journal.h"
#include "bridge/loop.h"
#include "bridge/sender.h"
#include "bridge/typing.h"
#include "wire/http.h"
#include "wire/matrix.h"
#include "wire/matrix_html.h"

#define NEVER INT64_MAX

enum { MATRIX_FAULT = 240, MATRIX_SECRET_MOST = 4096, SAID_MOST = 4 };

/* ---- the stream ---- */

/* One answer of /sync. Its position is written down when nothing of it and of those before it is unsettled.
 */
struct batch {
    TAILQ_ENTRY(batch) entry;
    struct arena arena; /* holds the events */
    const char *next;
    size_t n_unsettled;
};

/* Something of a batch that has to be dealt with before the position may move. */
struct item {
    TAILQ_ENTRY(item) in_room;
    struct batch *batch;
    const struct matrix_event *event; /* the arena's of the batch */
    char *in_id;                      /* of what the core was told; NULL: not yet */
    const char *room_id;              /* where a receipt for the event is due, the arena's; or NULL */
    const char
        *made_for; /* encrypted room that another one was made for: noted when the core knows; or NULL */
    const char *gap_from,
        *gap_to; /* no event, but messages that the stream left out, between these positions */
};

TAILQ_HEAD(item_list, item);
TAILQ_HEAD(batch_list, batch);

struct stream {
    struct batch_list batches;
    size_t n_batches;
    struct map by_in_id; /* items that wait for the core */
    struct http_call *call;
    int64_t due, started;
    char *since;   /* of the next request; NULL: the first sync */
    int64_t began; /* of an earlier run without a position, wall time; NEVER: none */
    bool first;    /* the answer under way is history */
};

/* ---- rooms ---- */

enum room_phase {
    ROOM_NEW, /* who is there is not known */
    ROOM_ASKING,
    ROOM_READING, /* what the stream left out */
    ROOM_OPEN,
    ROOM_INVITED, /* to be joined */
    ROOM_JOINING,
    ROOM_LEAVING,
    ROOM_GONE, /* left; to be forgotten at the server */
    ROOM_LEFT, /* done with; known for a while, since the stream still tells of it */
};

struct room {
    TAILQ_ENTRY(room) entry;
    struct matrix *matrix;
    struct item_list items; /* not dealt with yet, oldest first */
    enum room_phase phase;
    int members;
    char *other;             /* user id of the person, NULL: nobody else is there */
    char *server;            /* through which the room is reached when joining */
    char *invited;           /* id made of the invitation */
    struct item *invitation; /* keeps its batch open until the room was joined */
    char *moved_from;        /* room whose place this one takes */
    bool takes_place;        /* and says so itself */
    struct item *doing;      /* what the request under way is for: a gap, or a message that cannot be read */
    const char *gap_at;      /* where the gap is read on, the arena's of its batch */
    int gap_pages;
    int64_t leave_at; /* when it has been dealt with; 0: stays */
    struct http_call *call;
    int64_t due;
    int attempts;
    char *said[SAID_MOST]; /* ids of the last replies here, newest first */
    char *yes_value;       /* what a 👍 on the newest means, NULL: nothing */
    bool stale;            /* somebody came or went while it was asked who is there */
    char id[];
};

struct rooms {
    struct map by_id;
    TAILQ_HEAD(, room) list;
    struct pace invites;
};

/* ---- out ---- */

struct message {
    struct send send;
    const struct bridge_reply *reply; /* NULL: an offline answer */
    char txn[KEY_HASH_TEXT];
    const char *text, *html; /* html: NULL none */
    const char *yes;         /* value of the choice that says yes, or NULL */
};

struct touch {
    LIST_ENTRY(touch) entry;
    struct matrix *matrix;
    struct http_call *call;
};

/* ---- all ---- */

enum session_phase { SESSION_VERSIONS, SESSION_LOGIN, SESSION_WHOAMI, SESSION_FILTER, SESSION_READY };

struct session {
    enum session_phase phase;
    struct http_call *call;
    int64_t due;
    bool locked;
    char *user, *device, *filter;
    char token[MATRIX_SECRET_MOST], password[256];
};

struct matrix_counts {
    int64_t syncs, events, ignored, gaps, invites, invites_refused, joins, leaves, encrypted, rooms_made,
        sent, refused, rate_limited, failures, sign_ins, typings;
};

struct matrix {
    const struct settings *settings;
    struct bridge *bridge;
    struct http *http;
    char *base; /* without a slash at its end */
    struct health health;
    struct session session;
    struct stream stream;
    struct rooms rooms;
    struct sender sender;
    struct gone_list gone;
    LIST_HEAD(, touch) touches;
    size_t n_touches;
    struct typing typing;
    struct matrix_counts counts;
    bool refused, stopping;
    const char *why; /* it is refused, a literal */
    struct arena scratch;
    struct buf body;
    char faults[4][MATRIX_FAULT];
};

/* ---- matrix.c ---- */

/* Begins a request: `parts` of the path (percent-encoded), perhaps a query that is appended as it stands, and
 * as body matrix->body where that has any. */
struct http_call *matrix_call(struct matrix *matrix, const char *method, const char *const *parts,
                              size_t n_parts, const char *query, int64_t timeout_ms, http_done *done,
                              void *user);
/* Reads an answer and notes whether the server is well; looks after the sign-in. The error. */
enum matrix_error matrix_judge(struct matrix *matrix, const struct http_answer *http,
                               struct matrix_answer *answer);
/* The same for a request that a server which is well cannot refuse. */
enum matrix_error matrix_judge_needed(struct matrix *matrix, const struct http_answer *http,
                                      struct matrix_answer *answer);
/* A small request on which nothing depends. */
void matrix_touch(struct matrix *matrix, const char *method, const char *const *parts, size_t n_parts);
bool matrix_ready(const struct matrix *matrix, int64_t now);
/* A short id made of several texts: `<prefix>:<22 characters>`, the arena's. */
const char *matrix_hash_id(struct matrix *matrix, const char *prefix, const char *a, const char *b,
                           struct arena *arena);
char *matrix_escape(const char *text, struct arena *arena); /* for a query */

/* ---- matrix_session.c ---- */

int session_init(struct matrix *matrix, struct err *err);
void session_free(struct matrix *matrix);
void session_run(struct matrix *matrix, int64_t now);
int64_t session_due(const struct matrix *matrix);
/* The token is not valid any more. */
void session_lost(struct matrix *matrix, bool soft);
void session_locked(struct matrix *matrix);

/* ---- matrix_sync.c ---- */

void sync_init(struct matrix *matrix, int64_t now);
void sync_free(struct matrix *matrix);
void sync_run(struct matrix *matrix, int64_t now);
int64_t sync_due(const struct matrix *matrix);
struct item *sync_item(struct batch *batch, const struct matrix_event *event);
/* The item is dealt with. It is gone then. */
void sync_settle(struct matrix *matrix, struct item *item);
/* The core has accepted or refused a message. */
void sync_accepted(struct matrix *matrix, const char *in_id);

/* ---- matrix_event.c ---- */

/* Deals with what has gathered in a room whose members are known. */
void event_run_room(struct matrix *matrix, struct room *room);
/* Tells the core of something in a room; the item (NULL: none) is settled when the core has it. False: not
 * now. */
bool event_tell(struct matrix *matrix, struct room *room, struct event *event, struct item *item);

/* ---- matrix_rooms.c ---- */

void rooms_init(struct matrix *matrix, int64_t now);
void rooms_free(struct matrix *matrix);
void rooms_run(struct matrix *matrix, int64_t now);
int64_t rooms_due(const struct matrix *matrix);
struct room *rooms_get(struct matrix *matrix, const char *id);  /* made where it is new */
struct room *rooms_find(struct matrix *matrix, const char *id); /* NULL: unknown */
void rooms_invited(struct matrix *matrix, struct batch *batch, const struct matrix_invite *invite);
void rooms_left(struct matrix *matrix, struct batch *batch, const char *id);
/* Who is there must be asked again. */
void rooms_changed(struct room *room);
void rooms_leave(struct room *room, int64_t after_ms);
/* The room has been replaced: join the new one, and tell the core that the chat goes on there. */
void rooms_follow(struct room *room, const struct matrix_event *tombstone, struct item *item);
/* Reads what the stream left out, before anything behind it is dealt with. */
void rooms_read_gap(struct room *room, struct item *gap);

/* A room does one thing at a time: begins a request for it, whose answer is judged by rooms_landed (a wait
 * that the server asks for is kept), and perhaps tried again later with growing pauses. */
void rooms_begin(struct room *room, const char *method, const char *const *parts, size_t n, const char *query,
                 http_done *done);
enum matrix_error rooms_landed(struct room *room, const struct http_answer *http);
/* Whether it is worth another try. What the server fails in passes. */
bool rooms_may_try(const struct room *room, enum matrix_error error);
void rooms_again(struct room *room);

/* ---- matrix_readable.c ---- */

/* The stream tells of a room that the bridge has made in place of an encrypted one. */
void readable_made(struct matrix *matrix, struct batch *batch, const char *room_id, const char *encrypted_id);

/* Makes a room that can be read and invites the person; then tells the core of the encrypted one. */
bool rooms_make_readable(struct room *room, struct item *item); /* false: not now */

/* ---- matrix_reply.c ---- */

void reply_deliver(void *self, const struct bridge_reply *reply);
void reply_offline(void *self, const char *address, const char *text, bool urgent);
struct http_call *reply_begin(void *self, struct send *send);

#endif
