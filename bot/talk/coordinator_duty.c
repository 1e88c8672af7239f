/* What a coordinator does beside answering: hands on, takes a pause, keeps the contact point's details right,
 * comes and goes. And what becomes of a request when its recipient changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "talk/command.h"
#include "talk/coordinator.h"
#include "talk/join.h"

/* ---- handing on ---- */

static bool may_go_to(const struct turn *t, const struct request *r, const char *scope)
{
    return *scope && strcmp(r->scope, scope) && roster_present(desk_of(t)->roster, scope, t->world->now);
}

/* From the resident's kommune; a place without a position comes last. */
static double distance(const struct turn *t, const struct request *r, const struct contact_point *point)
{
    const double far = 1e5;
    const struct kommune *kommune = gazetteer_kommune(t->world->gazetteer, r->kommune);
    return kommune && point->placed ? position_km(&kommune->position, &point->position) : far;
}

/* Of those that have somebody, the one that comes after `last` by distance (and id where that is the same);
 * NULL: the nearest of all. */
static const struct contact_point *next_point(const struct turn *t, const struct request *r,
                                              const struct contact_point *last)
{
    const struct contact_point *best = NULL;
    char scope[SCOPE_SIZE];
    double from = last ? distance(t, r, last) : -1, least = 1e9;
    for (size_t i = 0; i < registry_count(t->world->registry); i++) {
        const struct contact_point *point = registry_at(t->world->registry, i);
        double km = distance(t, r, point);
        bool after = km > from || (km >= from && last && strcmp(point->id, last->id) > 0);
        snprintf(scope, sizeof scope, "p:%s", point->id);
        if (!after || km >= least || point->status == POINT_CLOSED || !may_go_to(t, r, scope))
            continue;
        best = point;
        least = km;
    }
    return best;
}

/* Other contact points near the resident that have somebody: the resident is asked before one of them gets
 * it. */
static void offer_points(struct turn *t, const struct request *r)
{
    enum { OFFERED = 3 };
    const struct contact_point *last = NULL;
    for (int i = 0; i < OFFERED && (last = next_point(t, r, last)); i++)
        offer_literal(t, arena_printf(t->arena, "ko:to:%lld:p:%s", (long long)r->id, last->id), last->name);
}

void coordinator_pass(struct turn *t, const struct request *r)
{
    bool reserve = may_go_to(t, r, r->reserve);
    struct part *part = say_part(t, "ko_videre");
    struct value *v = values_new(t, part, 3);
    value_text(&v[0], "ref", ref_of(t, r));
    value_reserve(t, &v[1], reserve ? r->reserve : "");
    say_remember(t, "ko_videre");
    if (reserve)
        offer_word(t, arena_printf(t->arena, "ko:to:%lld:%s", (long long)r->id, r->reserve), "ko_reserve");
    if (r->kind == REQUEST_JOIN)
        offer_points(t, r);
    if (!t->step->say.n_offers) {
        part->key = "ko_videre_ingen";
        part->scope.count = 1;
    }
    offer_word(t, "ko:list", "ko_liste");
}

/* The request changes hands; the new ones hear that it is there. */
static struct request *move(struct turn *t, const struct request *request, const char *scope)
{
    struct request *r = change(t, request);
    if (request_hand_on(r, scope, t->world->now))
        join_announce(t, r, "ko_ny");
    return r;
}

static void value_moved(struct turn *t, struct value *v, const struct request *r)
{
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
}

static void pass_to_reserve(struct turn *t, const struct request *request)
{
    struct request *r = move(t, request, request->reserve);
    value_moved(t, notice_values(t, notify(t, TO_RESIDENT, r, "fs_flyttet"), 3), r);
    struct value *v = values_new(t, say_part(t, "ko_videre_sendt"), 3);
    value_text(&v[0], "ref", ref_of(t, r));
    value_reserve(t, &v[1], r->scope);
}

static void value_move(struct turn *t, struct value *v, const struct request *r)
{
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ny_mottaker", scope_name(t, r->proposed, r->language));
    value_text(&v[3], "ref", ref_of(t, r));
}

void request_ask_move(struct turn *t, const struct request *r)
{
    value_move(t, values_new(t, say_part(t, "fs_foreslatt"), 4), r);
    offer_standing(t, "move", r, "nytt_sted_ja");
    offer_standing(t, "stay", r, "nytt_sted_nei");
}

static void ask_resident(struct turn *t, const struct request *request, const char *scope)
{
    struct request *r = change(t, request);
    request_propose(r, scope, t->world->now);
    struct notice *notice = notify(t, TO_RESIDENT, r, "fs_foreslatt");
    value_move(t, notice_values(t, notice, 4), r);
    notice_offer(t, notice, "move", r, "nytt_sted_ja");
    notice_offer(t, notice, "stay", r, "nytt_sted_nei");
    struct value *v = values_new(t, say_part(t, "ko_videre_spurt"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "ny_mottaker", scope_name(t, scope, t->next->language));
}

void coordinator_pass_to(struct turn *t, const char *action)
{
    char *scope;
    const struct request *r = held_request(t, strtoll(action, &scope, 10));
    bool mine = r && request_open(r) && (r->taker == desk_of(t)->me->id || r->state == REQUEST_SENT);
    if (!mine || *scope != ':' || !may_go_to(t, r, scope + 1)) {
        coordinator_choose(t, "list");
        return;
    }
    scope++;
    if (strcmp(scope, r->reserve) == 0)
        pass_to_reserve(t, r);
    else
        ask_resident(t, r, scope);
    offer_word(t, "ko:list", "ko_liste");
}

/* ---- the resident's word on it ---- */

static void tell_asker(struct turn *t, const struct request *old, const char *key, const char *scope)
{
    struct notice *notice = old->taker ? notify(t, TO_TAKER, old, key)
                                       : notify_scope(t, old->scope, 0, old, key);
    struct value *v = notice_values(t, notice, 2);
    value_text(&v[0], "ref", ref_of(t, old));
    value_text(&v[1], "ny_mottaker", scope_name(t, scope, LANGUAGE_NB));
}

void request_decide(struct turn *t, const struct request *request, const char *scope, bool refused)
{
    bool proposed = request->proposed[0] && (refused || (scope && strcmp(scope, request->proposed) == 0));
    if (scope && may_go_to(t, request, scope)) {
        if (proposed || request->taker)
            tell_asker(t, request, "ko_videre_ja", scope);
        struct request *r = move(t, request, scope);
        value_moved(t, values_new(t, say_part(t, "fs_flyttet"), 3), r);
    } else if (proposed) {
        struct request *r = change(t, request);
        tell_asker(t, request, "ko_videre_nei", request->proposed);
        request_propose(r, "", t->world->now);
        say_part(t, "fs_blir");
    } else {
        say_part(t, "fs_blir");
    }
    offer_intent(t, "status");
    offer_intent(t, "trekk");
}

/* ---- pause ---- */

bool coordinator_pause(struct turn *t, const char *text)
{
    struct effects *effects = &t->step->effects;
    int64_t until = command_date(text, t->world->now);
    bool ends = strncasecmp(text, "slutt", 5) == 0 || strncasecmp(text, "av", 2) == 0 ||
                strncasecmp(text, "ferdig", 6) == 0;
    if (!until && !ends && *text && strncasecmp(text, "til", 3)) /* `pause fra jobben hjelper ikke` */
        return false;
    effects->pause = until || ends;
    effects->pause_until = until;
    if (until)
        value_text(values_new(t, say_part(t, "ko_pause"), 1), "dato", date_of(t, until, t->next->language));
    else
        say_part(t, ends ? "ko_pause_slutt" : "ko_pause_feil");
    offer_word(t, "ko:list", "ko_liste");
    return true;
}

/* ---- the contact point's details ---- */

static const char *first_point(const struct turn *t)
{
    const struct coordinator *me = desk_of(t)->me;
    for (size_t i = 0; i < me->n_duties; i++)
        if (scope_duty(me->duties[i]) == DUTY_COORDINATOR)
            return me->duties[i] + 2;
    return NULL;
}

bool coordinator_right(struct turn *t)
{
    const struct coordinator *me = desk_of(t)->me;
    struct effects *effects = &t->step->effects;
    struct scope *items = arena_alloc(t->arena, (me->n_duties + 1) * sizeof *items);
    for (size_t i = 0; i < me->n_duties; i++) {
        if (scope_duty(me->duties[i]) != DUTY_COORDINATOR)
            continue;
        struct value *v = arena_alloc(t->arena, sizeof *v);
        value_text(v, "navn", scope_name(t, me->duties[i], t->next->language));
        items[effects->n_confirmed] = (struct scope){v, 1};
        effects->confirmed[effects->n_confirmed++] = me->duties[i] + 2;
    }
    if (!effects->n_confirmed)
        return false; /* a reserve contact has no place of their own */
    struct value *v = values_new(t, say_part(t, "ko_stemmer"), 2);
    value_list(&v[0], "steder", items, effects->n_confirmed);
    value_text(&v[1], "dato", date_of(t, t->world->now, t->next->language));
    offer_word(t, "ko:list", "ko_liste");
    return true;
}

bool coordinator_edit(struct turn *t, const char *text)
{
    struct effects *effects = &t->step->effects;
    const char *point = first_point(t);
    if (!point || own_open(t) || strchr(text, '?')) /* about a request of their own, or a question */
        return false;
    if (!*text || strlen(text) >= WORDS_SIZE) {
        say_part(t, *text ? "ko_svar_langt" : "ko_endre_tomt");
        return true;
    }
    const char *scope = arena_printf(t->arena, "p:%s", point);
    effects->proposal = text;
    effects->proposal_point = point;
    struct value *v = notice_values(t, notify_scope(t, "s", 0, NULL, "ko_forslag"), 2);
    value_text(&v[0], "sted", scope_name(t, scope, LANGUAGE_NB));
    value_text(&v[1], "tekst", text);
    value_text(values_new(t, say_part(t, "ko_endre_takk"), 1), "sted",
               scope_name(t, scope, t->next->language));
    return true;
}

/* ---- coming and going ---- */

void coordinator_bind(struct turn *t)
{
    const struct desk *desk = desk_of(t);
    const struct code *code = desk->code;
    if (!code) {
        t->step->effects.bad_code = !desk->code_blocked;
        say_part(t, desk->code_blocked ? "koble_sperret" : "koble_feil");
        offer_menu(t);
        return;
    }
    const char *scope = code->scope;
    const struct coordinator *again = code->coordinator ? roster_find(desk->roster, code->coordinator) : NULL;
    if (!*scope && again && again->n_duties)
        scope = again->duties[0];
    t->step->effects.bind = true;
    struct value *v = values_new(t, say_part(t, "koblet"), 4);
    bool point = scope_duty(scope) == DUTY_COORDINATOR;
    value_text(&v[0], "sted", point ? scope_name(t, scope, t->next->language) : NULL);
    value_reserve(t, &v[1], point ? "" : scope);
    value_truth(&v[3], "stab", scope_duty(scope) == DUTY_STAFF);
    say_remember(t, "koblet");
    state_drop_draft(t->next);
}

void coordinator_unbind(struct turn *t)
{
    const struct coordinator *me = desk_of(t)->me;
    t->step->effects.unbind = true;
    state_drop_pending(t->next);
    value_text(values_new(t, say_part(t, "ko_frakoblet"), 1), "sted",
               me->n_duties ? scope_name(t, me->duties[0], t->next->language) : NULL);
    offer_menu(t);
}
