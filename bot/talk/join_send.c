/* What becomes of a finished draft: a request that coordinators hear of, a changed one, or a wish. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "talk/join.h"

/* ---- a request ---- */

void join_nobody(struct turn *t, const char *scope)
{
    struct value *v = values_new(t, say_part(t, scope_is_reserve(scope) ? "melding_ingen" : "join_ingen"), 4);
    value_text(&v[0], "mottaker", scope_name(t, scope, t->next->language));
    value_ways(t, &v[1], scope);
    say_remember(t, "join_ingen");
    offer_intent(t, "finn_kontaktpunkt");
    offer_intent(t, "menneske");
    t->step->effects.unmet = true;
    t->step->effects.kommune = arena_strdup(t->arena, t->next->kommune);
}

static struct request *make_request(struct turn *t)
{
    const struct draft *draft = &t->next->draft;
    struct request *request = arena_alloc(t->arena, sizeof *request);
    int64_t now = t->world->now;
    *request = (struct request){.id = desk_of(t)->next_id,
                                .seq = 1,
                                .kind = draft->kind == DRAFT_MESSAGE ? REQUEST_MESSAGE : REQUEST_JOIN,
                                .reach = draft->reach,
                                .language = t->next->language,
                                .created = now,
                                .since = now,
                                .changed = now};
    memcpy(request->scope, draft->scope, SCOPE_SIZE);
    if (draft->kind == DRAFT_JOIN)
        memcpy(request->reserve, draft->reserve, SCOPE_SIZE);
    memcpy(request->alias, draft->alias, ALIAS_SIZE);
    memcpy(request->contact, draft->contact, CONTACT_SIZE);
    memcpy(request->words, draft->words, WORDS_SIZE);
    request->alarming = draft->alarming;
    snprintf(request->place, sizeof request->place, "%s", t->next->place);
    memcpy(request->kommune, t->next->kommune, sizeof request->kommune);
    snprintf(request->network, NETWORK_SIZE, "%s", desk_of(t)->network);
    snprintf(request->chat, CHAT_SIZE, "%s", desk_of(t)->chat);
    return change(t, request);
}

void join_announce(struct turn *t, const struct request *request, const char *key)
{
    const struct kommune *kommune = gazetteer_kommune(t->world->gazetteer, request->kommune);
    struct notice *notice = notify_scope(t, request->scope, 0, request, key);
    struct value *v = notice_values(t, notice, 8);
    value_text(&v[0], "ref", ref_of(t, request));
    value_text(&v[1], "sted", scope_name(t, request->scope, LANGUAGE_NB));
    value_truth(&v[2], "reserve", scope_is_reserve(request->scope));
    value_truth(&v[3], "melding", request->kind == REQUEST_MESSAGE);
    value_text(&v[4], "kommune", kommune ? kommune->short_name : request->place);
    value_truth(&v[5], "her", request->reach == REACH_HERE);
    value_truth(&v[6], "telefon", request->reach == REACH_PHONE);
    value_truth(&v[7], "epost", request->reach == REACH_EMAIL);
    notice_offer(t, notice, "take", request, "ko_ta");
    notice_offer(t, notice, "pass", request, "ko_videre");
}

static void send(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    if (!roster_present(desk_of(t)->roster, draft->scope, t->world->now)) {
        join_nobody(t, draft->scope);
        state_drop_draft(t->next);
        return;
    }
    struct request *request = make_request(t);
    join_announce(t, request, "ko_ny");
    struct value *v = values_new(t, say_part(t, "join_sendt"), 4);
    value_recipient(t, &v[0], request->scope, t->next->language);
    value_text(&v[2], "ref", ref_of(t, request));
    value_truth(&v[3], "her", request->reach == REACH_HERE);
    say_remember(t, "join_sendt");
    t->step->effects.requested = true;
    t->step->effects.kommune = arena_strdup(t->arena, t->next->kommune);
    state_drop_draft(t->next);
    offer_intent(t, "status");
    offer_intent(t, "endre");
    offer_intent(t, "trekk");
}

/* ---- a change ---- */

void join_edit(struct turn *t, const struct request *request)
{
    struct draft *draft = &t->next->draft;
    state_drop_draft(t->next);
    draft->kind = request->kind == REQUEST_MESSAGE ? DRAFT_MESSAGE : DRAFT_JOIN;
    draft->changes = request->id;
    draft->reach = request->reach;
    draft->alarming = request->alarming;
    memcpy(draft->scope, request->scope, SCOPE_SIZE);
    memcpy(draft->reserve, request->reserve, SCOPE_SIZE);
    memcpy(draft->alias, request->alias, ALIAS_SIZE);
    memcpy(draft->contact, request->contact, CONTACT_SIZE);
    memcpy(draft->words, request->words, WORDS_SIZE);
    draft->step = ASKED_SUMMARY;
    join_ask(t);
}

static void tell_taker(struct turn *t, const struct request *request)
{
    struct notice *notice = notify(t, TO_TAKER, request, "ko_endret");
    struct value *v = notice_values(t, notice, 6);
    value_text(&v[0], "ref", ref_of(t, request));
    value_text(&v[1], "navn", request->alias);
    value_contact(&v[2], request->reach, request->contact);
    value_text(&v[5], "ord", request->words);
    notice_offer(t, notice, "answer", request, "ko_svar");
    notice_offer(t, notice, "close", request, "ko_ferdig");
}

static void save_change(struct turn *t)
{
    const struct draft *draft = &t->next->draft;
    const struct request *old = own_request(t, draft->changes);
    if (!old || !request_open(old)) {
        say_part(t, "endre_ingen");
        state_drop_draft(t->next);
        offer_menu(t);
        return;
    }
    struct request *request = change(t, old);
    memcpy(request->alias, draft->alias, ALIAS_SIZE);
    memcpy(request->contact, draft->contact, CONTACT_SIZE);
    memcpy(request->words, draft->words, WORDS_SIZE);
    request->reach = draft->reach;
    request_note(request);
    request->alarming = draft->alarming;
    if (request->taker)
        tell_taker(t, request);
    struct value *v = values_new(t, say_part(t, "endre_lagret"), 3);
    value_recipient(t, &v[0], request->scope, t->next->language);
    value_text(&v[2], "ref", ref_of(t, request));
    say_remember(t, "endre_lagret");
    state_drop_draft(t->next);
    offer_intent(t, "status");
}

/* ---- a wish ---- */

enum { GROUP_LEAST = 4 };
static const double group_km = 25;

static bool is_near(const struct wish *a, const struct wish *b)
{
    struct position here = position_of(a->lat, a->lon), there = position_of(b->lat, b->lon);
    return position_km(&here, &there) <= group_km;
}

/* Who hears that a group could start: the nearest contact point with somebody present, else the reserve. */
static void starter_scope(struct turn *t, const struct wish *wish, char scope[SCOPE_SIZE])
{
    enum { LOOKED_AT = 5 };
    struct hit hits[LOOKED_AT];
    const struct kommune *kommune = gazetteer_kommune(t->world->gazetteer, wish->kommune);
    struct search search = {position_of(wish->lat, wish->lon), kommune, NULL};
    size_t n = registry_nearest(t->world->registry, &search, hits, LOOKED_AT);
    for (size_t i = 0; i < n; i++)
        if (hits[i].km <= 2 * group_km && join_possible(t, hits[i].point)) {
            snprintf(scope, SCOPE_SIZE, "p:%s", hits[i].point->id);
            return;
        }
    roster_reserve(desk_of(t)->roster, wish->kommune, t->world->now, scope);
}

static void tell_wisher(struct turn *t, const struct wish *wish, const char *scope)
{
    struct notice *notice = notify(t, TO_WISHER, NULL, "start_klar");
    struct value *v = notice_values(t, notice, 3);
    const struct contact_point *point = scope_point(scope, t->world->registry);
    notice->wish = wish;
    value_text(&v[0], "sted", wish->place);
    value_text(&v[1], "mottaker", point ? point->name : NULL);
    value_truth(&v[2], "reservekontakt", scope_is_reserve(scope));
    notice_offer_join(notice);
}

/* Four open wishes near each other that have not been told of: the coordinator hears how many and where, the
 * people that they are enough. */
static void tell_group(struct turn *t, const struct wish *wish)
{
    const struct desk *desk = desk_of(t);
    struct effects *effects = &t->step->effects;
    char scope[SCOPE_SIZE];
    size_t near = 1;
    for (size_t i = 0; i < desk->n_wishes; i++)
        near += !desk->wishes[i].told && is_near(wish, &desk->wishes[i]);
    starter_scope(t, wish, scope);
    if (near < GROUP_LEAST || !*scope)
        return;
    struct notice *notice = notify_scope(t, scope, 0, NULL, "ko_start");
    struct value *v = notice_values(t, notice, 3);
    value_text(&v[0], "antall", arena_printf(t->arena, "%zu", near));
    value_text(&v[1], "sted", wish->place);
    value_truth(&v[2], "reserve", scope_is_reserve(scope));
    for (size_t i = 0; i < desk->n_wishes && effects->n_told + 1 < NOTICES_MOST - 1; i++)
        if (!desk->wishes[i].told && is_near(wish, &desk->wishes[i])) {
            tell_wisher(t, &desk->wishes[i], scope);
            effects->told[effects->n_told++] = &desk->wishes[i];
        }
    tell_wisher(t, wish, scope);
}

static void register_wish(struct turn *t)
{
    const struct desk *desk = desk_of(t);
    const struct state *next = t->next;
    struct wish *wish = arena_alloc(t->arena, sizeof *wish);
    *wish = (struct wish){.lat = next->lat, .lon = next->lon, .created = t->world->now};
    snprintf(wish->network, NETWORK_SIZE, "%s", desk->network);
    snprintf(wish->chat, CHAT_SIZE, "%s", desk->chat);
    snprintf(wish->place, sizeof wish->place, "%s", next->place);
    snprintf(wish->topic, sizeof wish->topic, "%.60s", next->draft.words);
    memcpy(wish->kommune, next->kommune, sizeof wish->kommune);
    bool others = false;
    for (size_t i = 0; i < desk->n_wishes; i++)
        others = others || is_near(wish, &desk->wishes[i]);
    size_t told = t->step->effects.n_notices;
    tell_group(t, wish);
    wish->told = t->step->effects.n_notices > told;
    t->step->effects.wish = wish;
    struct value *v = values_new(t, say_part(t, "start_registrert"), 2);
    value_text(&v[0], "sted", wish->place);
    value_truth(&v[1], "flere", others);
    say_remember(t, "start_registrert");
    state_drop_draft(t->next);
    offer_intent(t, "finn_kontaktpunkt");
    offer_intent(t, "bli_med");
}

void join_finish(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    if (draft->kind == DRAFT_START)
        register_wish(t);
    else if (!draft->alias[0] || !draft->reach) /* a button from before */
        join_ask(t);
    else if (draft->changes)
        save_change(t);
    else
        send(t);
}
