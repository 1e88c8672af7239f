/* What a conversation remembers between messages, and its form in the database. */
#ifndef TALK_STATE_H
#define TALK_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "talk/event.h"
#include "talk/request.h"
#include "text/language.h"

enum {
    CHOICES_MOST = 8,
    STANDING_MOST = 4,
    ACTION_SIZE = 128,
    LABEL_SIZE = 64,
    NAME_SIZE = 64,
    KEY_SIZE = 40,
    TOPIC_SIZE = 24
};

/* What the bot asked last and still waits for. */
enum asked {
    ASKED_NOTHING,
    ASKED_PLACE,      /* where do you live? */
    ASKED_PLACE_SURE, /* did you mean …? */
    ASKED_DELETE,     /* delete everything? */
    /* the steps of a request (flow_join.c) */
    ASKED_AGE,     /* 18 or over? */
    ASKED_THEME,   /* a group for what? */
    ASKED_CONSENT, /* may it be passed on? */
    ASKED_NAME,
    ASKED_REACH, /* here, telephone, e-mail? */
    ASKED_PHONE,
    ASKED_EMAIL,
    ASKED_WORDS,   /* anything more to say? */
    ASKED_SUMMARY, /* send it? */
    /* about a request that was sent, `about` */
    ASKED_WITHDRAW,    /* sure? */
    ASKED_RELAY_SURE,  /* shall the coordinator get `pending`? */
    ASKED_ANSWER,      /* a coordinator: what do you answer? */
    ASKED_ANSWER_SURE, /* … shall `pending` go to this person? */
    ASKED_UNBIND,      /* … shall this chat be no coordinator's any more? */
    ASKED_LAST = ASKED_UNBIND,
};

enum draft_kind { DRAFT_NONE, DRAFT_JOIN, DRAFT_MESSAGE, DRAFT_START };

/* A request as it is being written; nobody but the resident has seen it. */
struct draft {
    enum draft_kind kind;
    enum asked step;          /* where it stands, also while something else is asked in between */
    bool alarming;            /* the words may tell of a crisis */
    bool seen;                /* the summary was shown: an answer leads back to it */
    int64_t changes;          /* the sent request that it changes, 0: a new one */
    char scope[SCOPE_SIZE];   /* who is to get it */
    char reserve[SCOPE_SIZE]; /* … and who if nobody answers, as it was said before the yes */
    char alias[ALIAS_SIZE], contact[CONTACT_SIZE], words[WORDS_SIZE];
    enum reach reach;
};

/* A button as it was offered: what pressing it does, and what it says (for answers in words). */
struct choice {
    char action[ACTION_SIZE];
    char label[LABEL_SIZE];
};

struct state {
    enum language language;
    bool language_chosen; /* by the person; then what they write does not change it */
    bool introduced;      /* has been told that it is a robot */
    bool has_place;
    char place[NAME_SIZE]; /* as said to the person */
    char kommune[5];       /* number; empty when not certain */
    double lat, lon;
    enum asked asked;
    char wish[KEY_SIZE];     /* intent that waits for the place */
    char topic[TOPIC_SIZE];  /* … and what it is about; forgotten once the place is known, it is nobody's
                                business */
    char last_key[KEY_SIZE]; /* reply said last, for `hvorfor?` */
    int misses;              /* messages not understood in a row */
    int shown;               /* contact points shown of the last search */
    struct draft draft;
    int64_t about; /* request that the open question concerns */
    int64_t relay; /* request whose coordinator gets what is written, until `relay_until`; 0: none */
    int64_t
        relay_until; /* also: until when the answer that was asked for goes out without being shown again */
    int64_t heard;   /* request whose coordinator wrote last: what is written next may be the answer … */
    int64_t heard_until;      /* … until then */
    char pending[WORDS_SIZE]; /* a message that waits for a yes before it goes to somebody */
    bool alarming;            /* it may tell of a crisis */
    char tag[EVENT_TAG];      /* turn that offered the choices */
    struct choice choices[CHOICES_MOST];
    size_t n_choices;
    struct choice standing[STANDING_MOST]; /* buttons under a notice that came after the last reply: pressing
                                              works always, these answer to numbers and words */
    size_t n_standing;
};

/* Leaves what was being written and asked: the draft, the waiting message, the question. */
void state_drop_draft(struct state *state);
/* Only the waiting message and the question about it. */
void state_drop_pending(struct state *state);

/* Appends the state as text, `name=value` lines. */
void state_write(const struct state *state, struct buf *out);
/* Reads what state_write wrote; -1 when it is anything else, then *state is a new conversation's. */
int state_read(struct state *state, const char *text, size_t len);

#endif
