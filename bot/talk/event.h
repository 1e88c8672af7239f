/* What can come in from a chat: one event for each message of the contract's `in/` topic. Texts are borrowed
 * from the decoded message or the turn's arena. */
#ifndef TALK_EVENT_H
#define TALK_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_TEXT,
    EVENT_CHOICE,
    EVENT_LOCATION,
    EVENT_STARTED,
    EVENT_BLOCKED,
    EVENT_UNBLOCKED,
    EVENT_GROUP,
    EVENT_ENCRYPTED,
    EVENT_MOVED,
    EVENT_UNSUPPORTED,
};

enum { EVENT_TAG = 9 };

struct event {
    enum event_kind kind;
    const char *id;       /* unique within the network */
    int64_t time;         /* when it was written, ms */
    const char *language; /* the sender's, as the network says, or NULL */
    bool late;            /* it waited for an outage to end */
    const char *edits;    /* id of the message that it changes, or NULL */
    const char *text;     /* EVENT_TEXT: valid UTF-8 */
    size_t text_len;
    const char *choice;  /* EVENT_CHOICE: the pressed button's value */
    double lat, lon;     /* EVENT_LOCATION, degrees */
    const char *what;    /* EVENT_UNSUPPORTED: voice, photo …; EVENT_ENCRYPTED: invited; or NULL */
    const char *from;    /* EVENT_MOVED: the chat's former token */
    char tag[EVENT_TAG]; /* eight hex digits made of the id: names the turn's buttons */
};

#endif
