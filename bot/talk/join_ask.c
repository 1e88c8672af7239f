/* The questions of a request's steps, with their buttons. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "talk/join.h"

static void offer_ways_out(struct turn *t)
{
    offer_word(t, "step:back", "tilbake");
    offer_word(t, "step:stop", "avbryt");
}

static const char *days(struct turn *t, int64_t ms)
{
    return arena_printf(t->arena, "%lld", (long long)(ms / CLOCK_DAY));
}

static void ask_age(struct turn *t)
{
    const struct draft *draft = &t->next->draft;
    if (draft->kind == DRAFT_START)
        say_part(t, "start_alder");
    else
        value_text(values_new(t, say_part(t, "join_alder"), 1), "mottaker",
                   scope_name(t, draft->scope, t->next->language));
    offer_word(t, "step:adult", "alder_ja");
    offer_word(t, "step:minor", "alder_nei");
    offer_ways_out(t);
}

/* Whose fylke's reserve contact it would be: the contact point's, or the resident's where it has none. */
static void find_reserve(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    const struct contact_point *point = scope_point(draft->scope, t->world->registry);
    const char *kommune = point && point->kommune ? point->kommune->number : t->next->kommune;
    roster_reserve(desk_of(t)->roster, kommune, t->world->now, draft->reserve);
}

static void consent_to_wish(struct turn *t)
{
    struct value *v = values_new(t, say_part(t, "start_samtykke"), 3);
    value_text(&v[0], "sted", t->next->place);
    value_truth(&v[1], "tema", t->next->draft.words[0] != '\0');
    value_text(&v[2], "lengst", days(t, desk_of(t)->periods.open_most));
}

static void consent_to_request(struct turn *t)
{
    const struct draft *draft = &t->next->draft;
    const struct periods *periods = &desk_of(t)->periods;
    bool message = draft->kind == DRAFT_MESSAGE;
    find_reserve(t);
    struct value *v = values_new(t, say_part(t, message ? "melding_samtykke" : "join_samtykke"), 5);
    value_text(&v[0], "mottaker", scope_name(t, draft->scope, t->next->language));
    value_reserve(t, &v[1], message ? draft->scope : draft->reserve);
    value_text(&v[3], "dager", days(t, periods->kept));
    value_text(&v[4], "lengst", days(t, periods->open_most));
}

static void ask_consent(struct turn *t)
{
    if (t->next->draft.kind == DRAFT_START)
        consent_to_wish(t);
    else
        consent_to_request(t);
    offer_word(t, "step:yes", "samtykke_ja");
    offer_word(t, "step:no", "samtykke_nei");
    offer_ways_out(t);
}

static void ask_reach(struct turn *t)
{
    say_part(t, "join_kontakt");
    offer_word(t, "step:here", "kontakt_her");
    offer_word(t, "step:phone", "kontakt_telefon");
    offer_word(t, "step:email", "kontakt_epost");
    offer_ways_out(t);
}

static void ask_words(struct turn *t)
{
    bool message = t->next->draft.kind == DRAFT_MESSAGE;
    say_part(t, message ? "melding_ord" : "join_ord");
    if (!message)
        offer_word(t, "step:skip", "hopp_over");
    offer_ways_out(t);
}

static void ask_theme(struct turn *t)
{
    say_part(t, "start_tema");
    offer_word(t, "step:skip", "hopp_over");
    offer_ways_out(t);
}

static void ask_summary(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    struct value *v = values_new(t, say_part(t, "join_oppsummering"), 8);
    draft->seen = true;
    value_recipient(t, &v[0], draft->scope, t->next->language);
    value_truth(&v[2], "endring", draft->changes != 0);
    value_text(&v[3], "navn", draft->alias);
    value_contact(&v[4], draft->reach, draft->contact);
    value_text(&v[7], "ord", draft->words);
    offer_word(t, "step:send", draft->changes ? "lagre" : "send");
    offer_word(t, "step:name", "endre_navn");
    offer_word(t, "step:reach", "endre_kontakt");
    offer_word(t, "step:words", "endre_ord");
    offer_ways_out(t);
}

void join_wrong(struct turn *t, const char *key)
{
    enum asked step = t->next->draft.step;
    say_part(t, key);
    if ((step == ASKED_WORDS || step == ASKED_THEME) && t->next->draft.kind != DRAFT_MESSAGE)
        offer_word(t, "step:skip", "hopp_over");
    offer_ways_out(t);
}

void join_ask(struct turn *t)
{
    t->step->say.n_offers = 0; /* one question at a time */
    switch (t->next->draft.step) {
    case ASKED_AGE:
        ask_age(t);
        break;
    case ASKED_THEME:
        ask_theme(t);
        break;
    case ASKED_CONSENT:
        ask_consent(t);
        break;
    case ASKED_NAME:
        say_part(t, t->next->draft.kind == DRAFT_MESSAGE ? "melding_navn" : "join_navn");
        offer_ways_out(t);
        break;
    case ASKED_REACH:
        ask_reach(t);
        break;
    case ASKED_PHONE:
        say_part(t, "join_telefon");
        offer_ways_out(t);
        break;
    case ASKED_EMAIL:
        say_part(t, "join_epost");
        offer_ways_out(t);
        break;
    case ASKED_WORDS:
        ask_words(t);
        break;
    case ASKED_SUMMARY:
        ask_summary(t);
        break;
    default:
        return;
    }
    t->next->asked = t->next->draft.step;
    say_remember(t, t->step->say.parts[t->step->say.n_parts - 1].key);
}
