/* The dialogue: what the bot does about one event. `dialogue_step(state, event, world) → step` is pure: no
 * clock, no I/O, no allocation beyond the arena; same input, same output.
 *
 * Where things are: dialogue.c decides whose turn it is (care first, then commands, then what was asked, then
 * what is wanted); flow_care.c, flow_find.c, flow_answers.c and flow_privacy.c answer. */
#ifndef TALK_STEP_H
#define TALK_STEP_H

#include "place/contact_points.h"
#include "talk/event.h"
#include "talk/state.h"
#include "talk/understood.h"
#include "text/template.h"

/* What the dialogue may read. All borrowed. */
struct world {
    int64_t now;                         /* ms, wall time */
    const struct understood *understood; /* of EVENT_TEXT; NULL otherwise */
    const struct gazetteer *gazetteer;
    const struct registry *registry;
    const struct intents *intents;
    int far_km, hits; /* settings core.far_km and core.hits */
};

enum { PARTS_MOST = 6 };

/* A piece of a reply: a text with its values. Pieces are put together with an empty line between. */
struct part {
    const char *key;
    struct scope scope;
    const char *lines; /* class of help lines that its variable `linjer` gets; NULL: none */
};

/* A button: its label is a word of the reply set (`word`) or stands here (`literal`). */
struct offer {
    char action[ACTION_SIZE];
    const char *word, *literal;
};

struct say {
    struct part parts[PARTS_MOST];
    size_t n_parts;
    struct offer offers[CHOICES_MOST];
    size_t n_offers;
    bool ask_location; /* the network may offer to share the position */
    bool urgent;       /* crisis: may overtake, never waits */
};

struct step {
    struct state next;
    struct say say; /* nothing when n_parts is 0 */
    bool forget;    /* delete what is stored of this conversation; next is not kept */
    bool missed;    /* what they wrote was not understood */
    bool stop;      /* the person cannot be reached: drop what waits to be sent */
};

void dialogue_step(const struct state *state, const struct event *event, const struct world *world,
                   struct arena *arena, struct step *step);

#endif
