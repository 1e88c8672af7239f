/* Questions with a ready answer, `hvorfor?`, and what was not understood. */
#include <stdio.h>
#include <string.h>

#include "talk/flows.h"

/* ---- answers ---- */

static void answer_language(struct turn *t)
{
    say_part(t, "sprak");
    offer_word(t, "language:nb", "nb");
    offer_word(t, "language:nn", "nn");
    offer_word(t, "language:en", "en");
}

static void answer_human(struct turn *t)
{
    const struct kommune *kommune = t->next->kommune[0]
                                        ? gazetteer_kommune(t->world->gazetteer, t->next->kommune)
                                        : NULL;
    struct part *part = say_part(t, "menneske");
    struct value *v = values_new(t, part, 3);
    part->lines = "alle";
    value_text(&v[2], "kommunen", find_authority(t));
    value_text(&v[0], "sted", t->next->has_place ? t->next->place : "");
    value_text(&v[1], "kommune", kommune ? kommune->short_name : "");
    offer_intent(t, "finn_kontaktpunkt");
}

/* Next of kin: what there is for them, and where. */
static void answer_kin(struct turn *t)
{
    struct part *part = say_part(t, "parorende");
    value_truth(values_new(t, part, 1), "kjent", t->next->has_place);
    find_about(t, "parorende");
    if (t->next->has_place) {
        find_wish(t, "finn_kontaktpunkt");
        return;
    }
    t->next->asked = ASKED_PLACE; /* the text asks */
    snprintf(t->next->wish, KEY_SIZE, "finn_kontaktpunkt");
    t->step->say.ask_location = true;
}

/* Some topics have help lines of their own; they stand between the warm words and the places. */
static const struct {
    const char *topic, *reply, *class;
} topic_lines[] = {
    {"etterlatte", "etterlatte", "etterlatte"},
    {"rus", "tema_rus", "rus"},
};

static bool say_topic_lines(struct turn *t)
{
    for (size_t i = 0; i < sizeof topic_lines / sizeof *topic_lines; i++)
        if (strcmp(t->next->topic, topic_lines[i].topic) == 0) {
            say_part(t, "tema_sted");
            say_lines(t, topic_lines[i].reply, topic_lines[i].class);
            return true;
        }
    return false;
}

static void answer_topic(struct turn *t)
{
    bool said = say_topic_lines(t);
    if (!t->next->has_place) {
        find_ask(t, said ? "finn_kontaktpunkt" : "tema");
        return;
    }
    if (!said)
        say_part(t, "tema_sted");
    find_wish(t, "finn_kontaktpunkt");
}

/* Some answers end in an offer to do something for the person. */
static void offer_deed(struct turn *t, const char *label)
{
    static const struct {
        const char *label, *action, *word;
    } deeds[] = {{"start_gruppe", "wish", "registrer"},
                 {"for_kommuner", "message", "send_melding"},
                 {"fagdag", "message", "send_melding"},
                 {"materiell", "message", "send_melding"},
                 {"frivillig", "message", "send_melding"}};
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        if (strcmp(deeds[i].label, label) == 0)
            offer_word(t, deeds[i].action, deeds[i].word);
}

void answer_beside(struct turn *t, const struct intent *intent)
{
    say_lines(t, intent->reply, "alle");
    offer_deed(t, intent->label);
}

/* Greeting, menu and the like: any reply whose declared `linjer` shows the general help lines. */
static void answer_plain(struct turn *t, const struct intent *intent)
{
    say_lines(t, intent->reply, "alle");
    if (t->next->asked == ASKED_PLACE && find_offers_places(t->state))
        return; /* the places of the open question follow */
    offer_deed(t, intent->label);
    for (size_t i = 0; i < intent->n_choices; i++)
        offer_intent(t, intent->choices[i]);
    if (intent->n_choices == 0)
        offer_menu(t);
}

void answer_intent(struct turn *t, const struct intent *intent)
{
    const char *label = intent->label;
    say_remember(t, intent->reply);
    if (strcmp(label, "sprak") == 0)
        answer_language(t);
    else if (strcmp(label, "menneske") == 0)
        answer_human(t);
    else if (strcmp(label, "tema") == 0)
        answer_topic(t);
    else if (strcmp(label, "parorende") == 0)
        answer_kin(t);
    else if (strcmp(label, "hvorfor") == 0)
        answer_why(t);
    else
        answer_plain(t, intent);
}

void answer_reminder(struct turn *t)
{
    if (t->next->asked != ASKED_PLACE || t->step->say.ask_location)
        return;
    say_part(t, "sted_igjen");
    t->step->say.ask_location = true;
    find_offer_again(t);
}

/* The bridge may have made a room that can be read, and invited the person there. */
void answer_encrypted(struct turn *t)
{
    bool invited = t->event->what && strcmp(t->event->what, "invited") == 0;
    struct part *part = say_part(t, "kryptert");
    part->lines = "alle";
    value_truth(values_new(t, part, 1), "invitert", invited);
}

/* ---- why ---- */

/* Which explanation fits the reply that was said last. */
static const char *why_key(const char *last)
{
    static const struct {
        const char *last, *why;
    } table[] = {
        {"finn_kontaktpunkt", "hvorfor_finn_kontaktpunkt"},
        {"bli_med_sted", "hvorfor_finn_kontaktpunkt"},
        {"sted_ukjent", "hvorfor_finn_kontaktpunkt"},
        {"sted_flertydig", "hvorfor_finn_kontaktpunkt"},
        {"sted_bekreft", "hvorfor_finn_kontaktpunkt"},
        {"sted_region", "hvorfor_finn_kontaktpunkt"},
        {"sted_flere", "hvorfor_finn_kontaktpunkt"},
        {"tema", "hvorfor_finn_kontaktpunkt"},
        {"treff", "hvorfor_treff"},
        {"bli_med", "hvorfor_treff"},
        {"treff_langt", "hvorfor_treff_langt"},
        {"bli_med_langt", "hvorfor_treff_langt"},
        {"kostnad", "hvorfor_kostnad"},
        {"henvisning", "hvorfor_henvisning"},
        {"taushet", "hvorfor_taushet"},
        {"hvem_kan", "hvorfor_hvem_kan"},
        {"mulig_krise", "hvorfor_krise"},
        {"krise_selvmord", "hvorfor_krise"},
        {"krise_akutt", "hvorfor_krise"},
        {"krise_vold", "hvorfor_krise"},
        {"krise_barn", "hvorfor_krise"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].last, last) == 0)
            return table[i].why;
    return "hvorfor";
}

void answer_why(struct turn *t)
{
    say_lines(t, why_key(t->state->last_key), "alle");
    memcpy(t->next->last_key, t->state->last_key, KEY_SIZE); /* `hvorfor?` twice asks about the same */
    if (t->next->asked != ASKED_PLACE)
        offer_menu(t);
}

/* ---- not understood ---- */

/* `Mente du: Takk?` helps nobody. */
static bool worth_asking(const struct intent *intent)
{
    static const char *const small_talk[] = {"hilsen", "takk", "farvel", "bot", "slett"};
    for (size_t i = 0; i < sizeof small_talk / sizeof *small_talk; i++)
        if (strcmp(small_talk[i], intent->label) == 0)
            return false;
    return true;
}

void answer_missed(struct turn *t)
{
    const struct understood *u = t->world->understood;
    bool again = ++t->next->misses > 1;
    t->step->missed = true;
    struct part *part = say_part(t, again ? "annet_igjen" : "annet");
    part->lines = "alle";
    say_remember(t, part->key);
    if (u->intent && !again && worth_asking(u->intent)) /* the best guess, too weak to act on */
        offer_intent(t, u->intent->label);
    for (size_t i = 0; i < u->n_suggestions && !again; i++)
        if (worth_asking(u->suggestions[i]))
            offer_intent(t, u->suggestions[i]->label);
    bool offered = t->step->say.n_offers > 0;
    if (!again)
        value_truth(values_new(t, part, 1), "har_forslag", offered);
    if (offered) {
        offer_intent(t, "finn_kontaktpunkt");
        offer_intent(t, "hjelp");
    } else {
        offer_menu(t);
    }
}
