/* What the flows of the dialogue share. Each flow function answers one kind of turn by filling t->step. */
#ifndef TALK_FLOWS_H
#define TALK_FLOWS_H

#include "talk/step.h"

/* One turn under way. */
struct turn {
    const struct state *state; /* before */
    const struct event *event;
    const struct world *world;
    struct arena *arena;
    struct step *step;
    struct state *next; /* &step->next */
};

/* ---- saying (say.c) ---- */

/* Adds a piece without values; the last one said is remembered for `hvorfor?` unless it is a prefix. */
struct part *say_part(struct turn *t, const char *key);
/* A piece whose variable `linjer` shows the help lines of `class`. */
void say_lines(struct turn *t, const char *key, const char *class);
/* Makes `key` the reply that `hvorfor?` asks about. */
void say_remember(struct turn *t, const char *key);

/* Values for a piece: `count` places in the arena, set one by one. */
struct value *values_new(struct turn *t, struct part *part, size_t count);
void value_text(struct value *value, const char *name, const char *text); /* NULL: empty */
void value_truth(struct value *value, const char *name, bool truth);
void value_list(struct value *value, const char *name, const struct scope *items, size_t count);

/* Buttons: `word` is a label of the reply set. Actions stand in actions.c. */
void offer_word(struct turn *t, const char *action, const char *word);
void offer_literal(struct turn *t, const char *action, const char *literal);
/* A button that asks what the intent of this label answers. */
void offer_intent(struct turn *t, const char *label);
/* The menu: what most people want. */
void offer_menu(struct turn *t);

/* ---- flows ---- */

void care_certain(struct turn *t);        /* the crisis reply; the flow stays where it was */
void care_possible_first(struct turn *t); /* the numbers, shortly, before the answer */
bool care_was_said(const struct turn *t); /* the last thing said was a crisis reply */
void care_again(struct turn *t);          /* somebody in a crisis goes on writing: the door stays open */

void find_ask(struct turn *t, const char *wish);  /* where do you live? */
void find_wish(struct turn *t, const char *wish); /* find or join: asks for the place if it is not known */
bool find_mentioned(struct turn *t, const char *wish); /* acts on the place that was mentioned; false: none */
void find_unknown(struct turn *t);                     /* asked for a place, got none */
/* Whose switchboard to ring: `Horten kommune`; empty when no place is known. The arena's. */
const char *find_authority(const struct turn *t);
void find_abroad(struct turn *t);      /* a place outside Norway */
void find_offer_again(struct turn *t); /* the places of an open question, once more */
/* The action of the offered place that the mention tells (`den i Vestfold`), or NULL. */
const char *find_offered_beside(const struct turn *t);
bool find_offers_places(const struct state *state);  /* the buttons offered last are places */
void find_location(struct turn *t);                  /* a shared position */
void find_chosen(struct turn *t, const char *place); /* a place button: `kommune|lat|lon|name` */
/* The next contact points of the last search; `topic` as it was asked about, or NULL. */
void find_more(struct turn *t, const char *topic);
/* Keeps what the search to come is about; NULL: nothing said. */
void find_about(struct turn *t, const char *topic);
/* Keeps the place of a message that asks something else; only where it is certain. */
void find_keep_place(struct turn *t);

void answer_intent(struct turn *t, const struct intent *intent); /* a question and its answer */
void answer_missed(struct turn *t);                              /* nothing was understood */
void answer_why(struct turn *t);
void answer_reminder(struct turn *t); /* still waiting for the place? one line */

void privacy_ask(struct turn *t);
void privacy_decide(struct turn *t, bool yes);

#endif
