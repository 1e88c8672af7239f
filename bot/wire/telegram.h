/* The Bot API in JSON (core.telegram.org/bots/api): what is asked of the server and what it answers. Pure;
 * the one place where this form is read and written. All that comes in is hostile: an update of an unknown
 * form is one that says nothing, and never makes the others unreadable. */
#ifndef WIRE_TELEGRAM_H
#define WIRE_TELEGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "talk/event.h"
#include "wire/contract.h"

enum {
    TELEGRAM_UPDATES_MOST = 100, /* in one answer, the server's own bound */
    TELEGRAM_REQUEST_MOST = 256 * 1024,
    TELEGRAM_BUTTONS_MOST = 24, /* read from a message that somebody pressed a button of */
};

/* ---- answers ---- */

struct telegram_answer {
    bool readable; /* it is an answer of this API at all */
    bool ok;
    int code;                /* error_code */
    const char *description; /* "" where there is none */
    int64_t retry_after;     /* s, 0: not said */
    int64_t migrate_to;      /* the chat's new id, 0: not said */
};

/* Texts are the arena's. */
void telegram_read_answer(const char *body, size_t len, struct arena *arena, struct telegram_answer *answer);

/* What an error says of a message to a chat. */
enum telegram_error {
    TELEGRAM_OTHER,
    TELEGRAM_GONE,     /* nothing can ever be sent to this chat: blocked, deleted, never there */
    TELEGRAM_MARKUP,   /* its HTML cannot be read */
    TELEGRAM_MIGRATED, /* the group has a new id, migrate_to */
    TELEGRAM_FLOOD,    /* too many messages: wait retry_after */
    TELEGRAM_TOKEN,    /* the token is not valid (any more) */
    TELEGRAM_CONFLICT, /* somebody else reads this bot's messages, by polling or by a webhook */
    TELEGRAM_SERVER,   /* its own fault; try again */
};
enum telegram_error telegram_error_of(const struct telegram_answer *answer);
/* A conflict with a webhook, not with a second poller. */
bool telegram_is_webhook(const struct telegram_answer *answer);

/* The bot's user name, the arena's; NULL when the answer to getMe has none. */
const char *telegram_read_me(const char *body, size_t len, struct arena *arena);

/* ---- updates ---- */

enum telegram_kind {
    TELEGRAM_IGNORED, /* nothing is to be made of it */
    TELEGRAM_STRANGE, /* an update that has not the form of one; its id is 0 when it has none */
    TELEGRAM_MESSAGE, /* also a changed one (edit_date) */
    TELEGRAM_PRESS,
    TELEGRAM_MEMBER,  /* blocked or unblocked */
    TELEGRAM_GROUPED, /* anything in a chat of several */
};

struct telegram_update {
    int64_t id;
    enum telegram_kind kind;
    int64_t chat;
    int64_t message_id; /* of the message, or of the one whose button was pressed (0: not to be had) */
    int64_t edit_date;  /* s, 0: not a changed one */
    int64_t migrated;   /* TELEGRAM_GROUPED: the former or the new id of the same group, 0: none */
    const char *query;  /* TELEGRAM_PRESS: its id, to be answered; also set with TELEGRAM_IGNORED */
    const char *album;  /* id of the album that a picture belongs to, or NULL */
    /* kind, time, language, text, choice, location, what. The ids are the bridge's to give. */
    struct event event;
    struct button buttons[TELEGRAM_BUTTONS_MOST]; /* TELEGRAM_PRESS: of the message */
    size_t n_buttons;
};

/* Reads the answer to getUpdates; everything is the arena's. 0, or -1: no readable list. */
int telegram_read_updates(const char *body, size_t len, struct arena *arena, struct telegram_update **updates,
                          size_t *count);
/* The first `"update_id": N` in a body that is not readable, 0 when there is none. */
int64_t telegram_guess_update(const char *body, size_t len);

/* Words of a command as a person would say them: `/start_paa_nytt@bot` → `start paa nytt`; NULL when `text`
 * is no command. A /start without a payload of several words gives "" (the chat was opened). The arena's. */
const char *telegram_command(const char *text, size_t len, struct arena *arena);

/* ---- requests: the JSON of each goes to `out` ---- */

/* `offset` 0: none. */
void telegram_write_get_updates(int64_t offset, int limit, int timeout_seconds, struct buf *out);

enum telegram_keyboard {
    TELEGRAM_NO_KEYBOARD,
    TELEGRAM_BUTTONS,      /* under the message, from `buttons` */
    TELEGRAM_ASK_LOCATION, /* in place of the letters: share where I am */
    TELEGRAM_REMOVE_KEYBOARD,
};

struct telegram_send {
    int64_t chat;
    const char *text;
    bool html;
    enum telegram_keyboard keyboard;
    const struct button *buttons;
    size_t n_buttons;
    const char *share_label, *hint; /* TELEGRAM_ASK_LOCATION: on the button, and where one writes instead */
};

void telegram_write_send(const struct telegram_send *send, struct buf *out);
void telegram_write_answer_query(const char *query, struct buf *out);
void telegram_write_edit_buttons(int64_t chat, int64_t message, const struct button *buttons,
                                 size_t n_buttons, struct buf *out);
void telegram_write_typing(int64_t chat, struct buf *out);

#endif
