/* A request (forespørsel): what a resident asks a contact point, and who has it now.
 *
 *              resident sends              a coordinator takes it
 *    (draft) ──────────────────▶  SENT  ──────────────────────────▶  TAKEN
 *                                 │ ▲ │                                │ │
 *        handed on, or to the     └─┘ │     released: handed on, or    │ │ the taker closes it:
 *        reserve after a week         │ ◀── the taker is gone ─────────┘ │ joined · declined · not reached
 *                                     │                                  ▼
 *                                     └──────────────────────────────▶ CLOSED ──▶ (row deleted after 30 days)
 *                                  withdrawn by the resident (also when taken), or expired after 180 days
 *
 * draft    lives in the conversation (talk/state.h), nobody but the resident has seen it
 * SENT     `scope` says whose it is; everybody with that duty may take it; taker is 0
 * TAKEN    `taker` alone may answer, hand on and close it
 * CLOSED   `ending` says how; nothing changes any more
 *
 * who              may
 * resident         send, change words and contact (SENT, TAKEN), withdraw (SENT, TAKEN), say yes to another
 *                  recipient
 * coordinator      take (SENT, in their scope)
 * taker            answer, hand on, close
 * time             hand to the reserve contact, expire; an operator's revocation releases
 *
 * Each transition is one function here, adds one to `seq`, and is stored together with its messages in one
 * transaction that goes through only if the stored `seq` is the one it began with. So a repeat changes
 * nothing. */
#ifndef TALK_REQUEST_H
#define TALK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "text/language.h"

enum {
    REF_SIZE = 8,
    POINT_SIZE = 64, /* a contact point's id */
    SCOPE_SIZE = 72,
    ALIAS_SIZE = 164,   /* 40 characters; 80 of who sends a message */
    CONTACT_SIZE = 128, /* telephone or e-mail */
    WORDS_SIZE = 1504,  /* the resident's own words; also the longest message that is passed on */
    CHAT_SIZE = 401,
    NETWORK_SIZE = 33
};

enum request_kind { REQUEST_JOIN, REQUEST_MESSAGE };
enum request_state { REQUEST_SENT, REQUEST_TAKEN, REQUEST_CLOSED };
enum ending {
    ENDING_NONE,
    ENDING_JOINED,
    ENDING_DECLINED,
    ENDING_NOT_REACHED,
    ENDING_WITHDRAWN,
    ENDING_EXPIRED,
    ENDING_ANSWERED /* a message */
};
enum reach { REACH_UNSAID, REACH_HERE, REACH_PHONE, REACH_EMAIL };

struct request {
    int64_t id; /* also tells the reference; never used twice */
    int seq;    /* transitions so far */
    int stored; /* … of them in the database; 0: the request is new */
    enum request_kind kind;
    enum request_state state;
    enum ending ending;
    enum reach reach;
    enum language language;
    bool unreachable; /* the resident has closed the chat */
    bool alarming;    /* the words may tell of a crisis */
    char network[NETWORK_SIZE], chat[CHAT_SIZE];
    char scope[SCOPE_SIZE];    /* whose it is: `p:<contact point>`, `f:<fylke>`, `f:land` (talk/roster.h) */
    char reserve[SCOPE_SIZE];  /* the reserve contact that the resident said yes to; empty: none */
    char proposed[SCOPE_SIZE]; /* a scope that the resident is being asked about; empty: none */
    int64_t taker;             /* coordinator, 0: nobody */
    char alias[ALIAS_SIZE], contact[CONTACT_SIZE], words[WORDS_SIZE];
    char place[64], kommune[5];
    int64_t created, closed; /* ms */
    int64_t since;           /* when it came into this state and scope */
    int64_t changed;         /* last transition, or message of the taker */
    int reminded;            /* reminders given: SENT since `since`, TAKEN since `changed` */
    int64_t due;             /* when time has to look at it next */
};

/* ---- references: four characters without look-alikes or vowels, and one that checks them ---- */

/* Writes the reference of a request's id (1 and up). 130,000 have five characters, the next 2.4 million six;
 * ids that follow each other have references that don't. */
void ref_write(int64_t id, char out[REF_SIZE]);
/* The id of a reference as typed (small letters are fine); 0 when it is none: any one wrong character and any
 * two that changed places are noticed. */
int64_t ref_read(const char *text, size_t len);

/* ---- transitions: true when it took place; false, with nothing changed, when this state does not allow it
 */

bool request_take(struct request *request, int64_t coordinator, int64_t now);
/* The taker's hold ends and the request is anybody's in its scope again. */
bool request_release(struct request *request, int64_t now);
/* Gives it to another scope; clears taker and proposal. */
bool request_hand_on(struct request *request, const char *scope, int64_t now);
/* Asks the resident whether `scope` may have it; empty: the question is settled. */
bool request_propose(struct request *request, const char *scope, int64_t now);
bool request_close(struct request *request, enum ending ending, int64_t now);
/* The taker has written to the resident. */
bool request_touch(struct request *request, int64_t now);
/* The resident has written, or changed alias, contact or words: that quiets no reminder. */
bool request_note(struct request *request);

bool request_open(const struct request *request); /* not closed */
bool scope_is_reserve(const char *scope);

/* ---- time ---- */

/* Periods in ms, from the settings. */
struct periods {
    int64_t first, second,
        reserve;             /* after which nobody having taken it is a reminder, another, the reserve */
    int64_t taken;           /* silence after which the taker is reminded */
    int64_t open_most, kept; /* open at most; kept after it was closed */
};

enum due { DUE_NOTHING, DUE_REMIND, DUE_REMIND_LAST, DUE_RESERVE, DUE_REMIND_TAKER, DUE_RELEASE, DUE_EXPIRE };

/* What is due for an open request at `now`, given whether anybody can take it in its scope today. */
enum due request_is_due(const struct request *request, const struct periods *periods, bool somebody,
                        int64_t now);
/* Sets request->due: the next moment to look, in working hours of Oslo but for expiry; after a reminder never
 * before some hours have gone, also when time has been lost (the program was down). */
void request_plan(struct request *request, const struct periods *periods, int64_t now);

/* ---- contact ---- */

/* Checks and tidies a telephone number: eight digits in Norway (not beginning with 0 or 1), or `+` and 8 to
 * 15 digits (E.164). Writes `912 34 567` or `+46701234567`. False when it is none. */
bool contact_phone(const char *text, char out[CONTACT_SIZE]);
/* Checks an e-mail address in form: one @, something before it, a name with a dot behind it, no blanks. */
bool contact_email(const char *text, char out[CONTACT_SIZE]);

#endif
