/* What a conversation remembers between messages, and its form in the database. */
#ifndef TALK_STATE_H
#define TALK_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "talk/event.h"
#include "text/language.h"

enum { CHOICES_MOST = 8, ACTION_SIZE = 128, LABEL_SIZE = 64, NAME_SIZE = 64, KEY_SIZE = 40, TOPIC_SIZE = 24 };

/* What the bot asked last and still waits for. */
enum asked {
    ASKED_NOTHING,
    ASKED_PLACE,      /* where do you live? */
    ASKED_PLACE_SURE, /* did you mean …? */
    ASKED_DELETE,     /* delete everything? */
    ASKED_LAST = ASKED_DELETE,
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
    char tag[EVENT_TAG];     /* turn that offered the choices */
    struct choice choices[CHOICES_MOST];
    size_t n_choices;
};

/* Appends the state as text, `name=value` lines. */
void state_write(const struct state *state, struct buf *out);
/* Reads what state_write wrote; -1 when it is anything else, then *state is a new conversation's. */
int state_read(struct state *state, const char *text, size_t len);

#endif
