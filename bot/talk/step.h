/* The dialogue: what the bot does about one event. `dialogue_step(state, event, world) → step` is pure: no
 * clock, no I/O, no allocation beyond the arena; same input, same output.
 *
 * Where things are: dialogue.c decides whose turn it is (care first, then commands, then what was asked, then
 * what is wanted); the flow_*.c answer; notices.c words what others hear. */
#ifndef TALK_STEP_H
#define TALK_STEP_H

#include "place/contact_points.h"
#include "talk/desk.h"
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
    const struct desk *desk;
    bool hurried; /* this chat writes more than core.messages_a_minute … */
    bool told;    /* … and has been told so */
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
    int64_t about;     /* a request whose person's words or name stand in it; -1: several, 0: none */
};

/* Who gets a message that nobody's turn asked for. */
enum audience {
    TO_RESIDENT, /* whose request it is */
    TO_TAKER,
    TO_SCOPE,  /* everybody who has the duty `scope`, is not on pause, and is not `but` */
    TO_WISHER, /* who wished for a group: `wish` */
};

struct notice {
    enum audience to;
    const struct request *request; /* it is about; NULL: about none */
    const char *scope;             /* TO_SCOPE */
    int64_t but;                   /* TO_SCOPE: a coordinator who knows already, 0: nobody */
    const struct wish *wish;       /* TO_WISHER */
    bool heard; /* TO_RESIDENT: the coordinator's own words; what is written next may be the answer */
    struct say say;
};

enum { SAVES_MOST = 12, NOTICES_MOST = 24, CONFIRMED_MOST = DUTIES_MOST };

/* What a step changes outside the conversation; stored in one transaction with the replies and notices. */
struct effects {
    struct request *saves[SAVES_MOST]; /* requests as they are now */
    size_t n_saves;
    struct notice *notices[NOTICES_MOST];
    size_t n_notices;
    bool bind;     /* desk->code binds this chat */
    bool bad_code; /* a code that is none was tried */
    bool unbind;   /* this chat is no coordinator's any more */
    bool pause;
    int64_t pause_until;                   /* 0: the pause ends */
    const char *confirmed[CONFIRMED_MOST]; /* contact points whose details are right today */
    size_t n_confirmed;
    const char *proposal, *proposal_point; /* what a coordinator wants changed, for staff */
    const struct wish *wish;               /* registered */
    bool unwish;                           /* this chat's wish is taken back */
    const struct wish *told[NOTICES_MOST]; /* wishes whose people hear that a group could start */
    size_t n_told;
    bool searched, requested, unmet; /* counted, by `kommune` and month */
    const char *kommune;
    const struct request *purge; /* deleted: its time is over */
};

struct step {
    struct state next;
    struct say say; /* nothing when n_parts is 0 */
    struct effects effects;
    bool forget; /* delete what is stored of this conversation; next is not kept */
    bool missed; /* what they wrote was not understood */
    bool stop;   /* the person cannot be reached: drop what waits to be sent */
};

/* What time brings to a request (reminders, the reserve contact, its end), or, if `gone`, that the person who
 * had taken it is no coordinator any more. Nobody's turn: only step->effects are filled. */
void dialogue_time(const struct request *request, bool gone, const struct world *world, struct arena *arena,
                   struct step *step);

void dialogue_step(const struct state *state, const struct event *event, const struct world *world,
                   struct arena *arena, struct step *step);

#endif
