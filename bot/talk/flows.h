/* What the flows of the dialogue share. Each flow function answers one kind of turn by filling t->step. */
#ifndef TALK_FLOWS_H
#define TALK_FLOWS_H

#include "talk/step.h"

/* From these scores on a message counts as a command, or a question to the bot, where it could also be a name
 * or words for somebody else. */
#define SURE_COMMAND  0.6
#define SURE_QUESTION 0.5
#define SURE_WISH     0.8
#define SURE_LABEL    0.95

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

/* A person is told at the start that a robot writes, and that an answer comes late. */
void say_prefixes(struct turn *t);

/* Values for a piece: `count` places in the arena, set one by one. */
struct value *values_new(struct turn *t, struct part *part, size_t count);
void value_text(struct value *value, const char *name, const char *text); /* NULL: empty */
void value_truth(struct value *value, const char *name, bool truth);
void value_list(struct value *value, const char *name, const struct scope *items, size_t count);

/* Buttons: `word` is a label of the reply set. What an action means is in dialogue.c. */
void offer_word(struct turn *t, const char *action, const char *word);
void offer_literal(struct turn *t, const char *action, const char *literal);
/* A button that asks what the intent of this label answers. */
void offer_intent(struct turn *t, const char *label);
/* The menu: what most people want. */
void offer_menu(struct turn *t);

/* … whose label is a word and what follows it: `Ta K7PXM`. */
void offer_both(struct turn *t, const char *action, const char *word, const char *literal);

/* ---- buttons (choices.c) ---- */

/* The button of a value `tag.number`; NULL when it is not of the last turn that offered any. */
const struct choice *choice_pressed(const struct state *state, const char *value);
/* The button that the message answers: by its number in reading order, or by its words; NULL: none, or
 * several. */
const struct choice *choice_typed(const struct turn *t);

/* ---- effects and notices (notices.c) ---- */

/* The request as it will be after this turn: a copy that is saved, made on first use. */
struct request *change(struct turn *t, const struct request *request);
/* A message to somebody else about a request; NULL: about none. Its piece has no values yet. */
struct notice *notify(struct turn *t, enum audience to, const struct request *request, const char *key);
/* … to everybody who has a duty, but `but` (0: nobody). */
struct notice *notify_scope(struct turn *t, const char *scope, int64_t but, const struct request *request,
                            const char *key);
struct value *notice_values(struct turn *t, struct notice *notice, size_t count);
/* A button that works at any time, also for numbers and words where nothing else is asked: `s.take.K7PXM.3`.
 */
void notice_offer(struct turn *t, struct notice *notice, const char *act, const struct request *request,
                  const char *word);
void notice_offer_join(struct notice *notice); /* `s.join`: the way to a group */
void offer_standing(struct turn *t, const char *act, const struct request *request, const char *word);
/* Those who have had the request hear only that it is withdrawn. */
void notify_withdrawn(struct turn *t, const struct request *request);

const char *ref_of(struct turn *t, const struct request *request); /* the arena's */
/* What a scope is called to a person: the contact point's name, the fylke, the whole country. */
const char *scope_name(struct turn *t, const char *scope, enum language language);
/* The request `ref` among those that this coordinator may know of, or NULL. */
const struct request *held_request(const struct turn *t, int64_t id);
/* Sets `mottaker` and `reservekontakt?` at v[0] and v[1]. */
void value_recipient(struct turn *t, struct value *v, const char *scope, enum language language);
/* Sets `reserve` and `landet?` at v[0] and v[1]; both are empty where there is none. */
void value_reserve(struct turn *t, struct value *v, const char *scope);
/* Sets `telefon`, `epost` and `nett` of a scope's contact point at v[0] to v[2]. */
void value_ways(struct turn *t, struct value *v, const char *scope);
/* Sets `her?`, `telefon` and `epost` of a request at v[0] to v[2]. */
void value_contact(struct value *v, enum reach reach, const char *contact);
/* `18. november`; the arena's. */
const char *date_of(struct turn *t, int64_t ms, enum language language);
/* `dager`: whole days since, empty for none. */
const char *days_since(struct turn *t, int64_t since);
const struct desk *desk_of(const struct turn *t);
const struct request *own_request(const struct turn *t, int64_t id); /* this resident's, or NULL */
size_t own_open(const struct turn *t);                               /* how many are open */

/* ---- flows ---- */

/* Asked for a name, and `Liv` is one: the word that sounds like a crisis is none here. */
bool join_is_liv(const struct turn *t);
bool join_is_step(enum asked asked);
/* Whether the contact point has somebody who can receive a request today. */
bool join_possible(const struct turn *t, const struct contact_point *point);
void join_begin(struct turn *t, const char *point);  /* a request to this contact point */
void join_message(struct turn *t);                   /* a message to the reserve contact */
void join_wish(struct turn *t);                      /* the wish to start a group */
bool join_text(struct turn *t);                      /* an answer to a step; false: something else was said */
void join_press(struct turn *t, const char *action); /* a step's button, without its prefix */
void join_ask(struct turn *t); /* says the question of the step where the draft stands */
void join_back(struct turn *t);
void join_keep(struct turn *t); /* a crisis came in between: what was typed stays */
void join_edit(struct turn *t, const struct request *request);

/* What a resident does with requests that were sent. */
bool request_intent(struct turn *t,
                    const struct intent *intent); /* status, trekk, endre, innsyn; false: nothing there */
/* The resident's word on who may have the request: `scope` gets it, NULL: it stays where it is, and if
 * `refused` the taker hears that the resident would rather not. */
void request_decide(struct turn *t, const struct request *request, const char *scope, bool refused);
void request_ask_move(struct turn *t, const struct request *request); /* may `proposed` have it? */
/* The person typed the request's reference, perhaps with `trekk` or `endre`. */
void request_named(struct turn *t, const struct request *request);
void request_press(struct turn *t, const char *action);
bool request_asked(struct turn *t);        /* yes or no to a question about one */
void request_gone(struct turn *t);         /* the resident cannot be reached any more */
void request_back(struct turn *t);         /* … or can again */
void request_erase(struct turn *t);        /* `slett`: the coordinators hear that open ones are withdrawn */
bool request_relay_wanted(struct turn *t); /* `skriv til koordinatoren`; false: not said, or to nobody */
bool standing_press(struct turn *t, const char *action); /* a button under a notice; false: it is none */

/* The way to the coordinator: what is written goes to them while it is open. */
void relay_open(struct turn *t, const struct request *request);
/* The request whose coordinator would get what is written: the way is open, or they wrote just now; or NULL.
 */
const struct request *relay_request(const struct turn *t);
bool relay_text(struct turn *t); /* false: the message is not for the coordinator */
void relay_ask(struct turn *t);  /* shall the coordinator have what was just written? */
void relay_decide(struct turn *t, bool yes);
void relay_close(struct turn *t);

/* Coordinators. False: no coordinator's chat, or no command; then nothing of it shows. */
bool coordinator_text(struct turn *t);
bool coordinator_press(struct turn *t, const char *act,
                       const struct request *request);       /* a standing button */
void coordinator_choose(struct turn *t, const char *action); /* a button of a reply, behind `ko:` */
void coordinator_bind(struct turn *t);                       /* `koble KODE` */

/* The reserve contact that could have the request today (flow_time.c). */
void reserve_today(const struct turn *t, const struct request *request, char scope[SCOPE_SIZE]);
/* What time brings to a request; the turn is nobody's. */
void time_passes(struct turn *t, const struct request *request);
/* The one who took it is gone: it is anybody's in its scope again, and everybody hears. */
void taker_gone(struct turn *t, const struct request *request);

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
/* The answer to one of two things asked at once, with the button of what it offers to do; no other choices.
 */
void answer_beside(struct turn *t, const struct intent *intent);
void answer_missed(struct turn *t); /* nothing was understood */
void answer_why(struct turn *t);
void answer_reminder(struct turn *t);
/* A message in a room with encryption. */
void answer_encrypted(struct turn *t); /* still waiting for the place? one line */

void privacy_ask(struct turn *t);
void privacy_decide(struct turn *t, bool yes);

#endif
