/* The Matrix client-server API in JSON (spec.matrix.org, v1.x): what is asked of a homeserver and what it
 * answers. Pure; the one place where this form is read and written. All that comes in is hostile: an event of
 * an unknown form says nothing and never makes the others unreadable; counts and sizes are bounded. */
#ifndef WIRE_MATRIX_H
#define WIRE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
    MATRIX_ID_MOST = 255,          /* bytes of a user, room or event id (spec, appendices) */
    MATRIX_TOKEN_MOST = 4096,      /* of a position in a stream */
    MATRIX_EVENT_MOST = 48 * 1024, /* what we write; the server's bound is 65,536 with its own additions */
    MATRIX_EVENTS_MOST = 20000,    /* taken from one answer */
    MATRIX_GAP_PAGE = 100,
};

/* ---- answers ---- */

enum matrix_error {
    MATRIX_NONE,
    MATRIX_OTHER,
    MATRIX_SERVER,    /* no sense in the answer, or the server's own fault; try again */
    MATRIX_LIMITED,   /* wait retry_ms */
    MATRIX_TOKEN,     /* the access token is not valid (any more) */
    MATRIX_LOCKED,    /* the account is locked or deactivated */
    MATRIX_FORBIDDEN, /* not allowed; in a room: not (any more) in it */
    MATRIX_NOT_FOUND,
    MATRIX_TOO_LARGE,
};

struct matrix_answer {
    enum matrix_error error;
    const char *code; /* errcode, "" */
    int64_t retry_ms; /* 0: not said */
    bool soft;        /* MATRIX_TOKEN: signed out softly, the device is still there */
};

/* Judges an answer by its HTTP status and body. `retry_after` is the header's value in seconds, -1: none. The
 * code is the arena's. */
void matrix_read_answer(int status, const char *body, size_t len, int64_t retry_after, struct arena *arena,
                        struct matrix_answer *answer);

/* Whether the server speaks a version that this bridge knows (v1.1 or later). */
bool matrix_read_versions(const char *body, size_t len);

/* Sign-in, /account/whoami; texts are the arena's. 0, or -1 when a member is missing or does not fit. */
struct matrix_login {
    const char *user, *device; /* device may be NULL for whoami */
    const char *token;         /* NULL for whoami */
};
int matrix_read_login(const char *body, size_t len, struct arena *arena, struct matrix_login *login);

/* A text member of the answer's object (filter_id, room_id, event_id), the arena's; NULL when it is none of
 * at most MATRIX_ID_MOST bytes. */
const char *matrix_read_text(const char *body, size_t len, const char *name, struct arena *arena);

/* ---- events ---- */

enum matrix_kind {
    MATRIX_IGNORED,
    MATRIX_TEXT,
    MATRIX_LOCATION,
    MATRIX_REACTION,   /* text is the emoji, target the event */
    MATRIX_UNREADABLE, /* voice, picture …: what */
    MATRIX_ENCRYPTED,
    MATRIX_MEMBER,    /* target is the user, what the membership */
    MATRIX_TOMBSTONE, /* target is the new room */
    MATRIX_CREATED,   /* by the bot, in place of the encrypted room target */
};

struct matrix_event {
    enum matrix_kind kind;
    const char *id, *sender;
    int64_t time; /* ms, as the sender's server claims */
    const char *text;
    size_t text_len;
    const char *edits; /* id of the event that it changes, NULL */
    const char *target, *what;
    double lat, lon; /* rounded to about 100 m */
};

struct matrix_room {
    const char *id;
    struct matrix_event *events; /* oldest first */
    size_t n_events;
    bool limited; /* earlier ones are missing: they end at `prev` */
    const char *prev;
    int members; /* joined and invited as the server's summary says, -1: not said */
};

struct matrix_invite {
    const char *room, *sender, *id; /* id: of the invitation, or NULL */
    bool direct;
};

struct matrix_sync {
    const char *next;
    struct matrix_room *joined;
    size_t n_joined;
    struct matrix_invite *invites;
    size_t n_invites;
    const char **left; /* rooms */
    size_t n_left;
};

/* Reads the answer to /sync; everything is the arena's. `self` is the bot's user id. 0, or -1: not readable.
 */
int matrix_read_sync(const char *body, size_t len, const char *self, struct arena *arena,
                     struct matrix_sync *sync);

/* Reads the answer to /messages (newest first, as asked for); *end is where it goes on, NULL at the
 * beginning. 0 or -1. */
int matrix_read_messages(const char *body, size_t len, const char *self, struct arena *arena,
                         struct matrix_event **events, size_t *count, const char **end);

/* The room whose place this one takes, by the content of its m.room.create; the arena's, or NULL. */
const char *matrix_read_predecessor(const char *body, size_t len, struct arena *arena);

/* Reads /joined_members: how many, and the id of one who is not `self` (NULL: none). 0 or -1. */
int matrix_read_members(const char *body, size_t len, const char *self, struct arena *arena, int *count,
                        const char **other);

/* ---- requests ---- */

/* A path under the homeserver's address: `parts` are percent-encoded and joined to "/_matrix/client/v3". */
void matrix_write_path(struct buf *out, const char *const *parts, size_t count);

void matrix_write_login(const char *user, const char *password, const char *device, struct buf *out);
/* What a bot in private rooms needs to hear of: messages and the few states that tell where it is. */
void matrix_write_filter(struct buf *out);
/* A notice; `html` may be NULL. Left out is the HTML where both would be too large. */
void matrix_write_notice(const char *text, const char *html, struct buf *out);
void matrix_write_typing(bool typing, int64_t ms, struct buf *out);
/* A private room without encryption with one person, in place of an encrypted one. */
void matrix_write_room(const char *invited, const char *name, const char *replaces, struct buf *out);

#endif
