/* What a resident does with requests that were sent: see, change, withdraw, look at what is stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "talk/flows.h"

enum { BUTTONS_MOST = 4 };

/* ---- lists ---- */

static struct scope wish_scope(struct turn *t, const struct wish *wish)
{
    enum { VALUES = 3 };
    struct value *v = arena_alloc(t->arena, VALUES * sizeof *v);
    value_text(&v[0], "sted", wish->place);
    value_text(&v[1], "tema", wish->topic);
    value_text(&v[2], "dato", date_of(t, wish->created, t->next->language));
    return (struct scope){v, VALUES};
}

static void value_wishes(struct turn *t, struct value *value)
{
    const struct wish *wish = desk_of(t)->wish;
    struct scope *items = arena_alloc(t->arena, sizeof *items);
    if (wish)
        *items = wish_scope(t, wish);
    value_list(value, "onsker", items, wish ? 1 : 0);
}

static struct scope status_scope(struct turn *t, const struct request *r)
{
    enum { VALUES = 12 };
    struct value *v = arena_alloc(t->arena, VALUES * sizeof *v);
    value_text(&v[0], "ref", ref_of(t, r));
    value_recipient(t, &v[1], r->scope, t->next->language);
    value_text(&v[3], "dato", date_of(t, r->created, t->next->language));
    value_truth(&v[11], "besvart", r->ending == ENDING_ANSWERED);
    value_truth(&v[4], "sendt", r->state == REQUEST_SENT);
    value_truth(&v[5], "tatt", r->state == REQUEST_TAKEN);
    value_truth(&v[6], "blitt_med", r->ending == ENDING_JOINED);
    value_truth(&v[7], "ikke_na", r->ending == ENDING_DECLINED);
    value_truth(&v[8], "ikke_nadd", r->ending == ENDING_NOT_REACHED);
    value_truth(&v[9], "trukket", r->ending == ENDING_WITHDRAWN);
    value_truth(&v[10], "utlopt", r->ending == ENDING_EXPIRED);
    return (struct scope){v, VALUES};
}

static struct scope stored_scope(struct turn *t, const struct request *r)
{
    enum { VALUES = 11 };
    struct value *v = arena_alloc(t->arena, VALUES * sizeof *v);
    value_text(&v[0], "ref", ref_of(t, r));
    value_recipient(t, &v[1], r->scope, t->next->language);
    value_text(&v[3], "dato", date_of(t, r->created, t->next->language));
    value_text(&v[4], "navn", r->alias);
    value_text(&v[5], "sted", r->place);
    value_contact(&v[6], r->reach, r->contact);
    value_text(&v[9], "ord", r->words);
    value_truth(&v[10], "apen", request_open(r));
    return (struct scope){v, VALUES};
}

enum { SHOWN_MOST = 8, STORED_PAGE = 2 };

/* At most `most` of the resident's requests, the newest first, without the `from` first ones. */
static void value_requests(struct turn *t, struct value *value,
                           struct scope (*scope_of)(struct turn *, const struct request *), size_t from,
                           size_t most)
{
    const struct desk *desk = desk_of(t);
    size_t left = from < desk->n_own ? desk->n_own - from : 0, n = left < most ? left : most;
    struct scope *items = arena_alloc(t->arena, (n + 1) * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = scope_of(t, &desk->own[from + i]);
    value_list(value, "foresporsler", items, n);
}

static const char *action_of(struct turn *t, const char *act, const struct request *request)
{
    return arena_printf(t->arena, "%s:%lld", act, (long long)request->id);
}

/* A button for each open request that may: its reference and where it went. */
static void offer_each(struct turn *t, const char *act, const char *word, bool taken_only)
{
    const struct desk *desk = desk_of(t);
    size_t n = 0;
    for (size_t i = 0; i < desk->n_own && n < BUTTONS_MOST; i++) {
        const struct request *r = &desk->own[i];
        if (!request_open(r) || (taken_only && r->state != REQUEST_TAKEN))
            continue;
        const char *name = scope_name(t, r->scope, t->next->language);
        offer_both(t, action_of(t, act, r), word,
                   word ? name : arena_printf(t->arena, "%s %s", ref_of(t, r), name));
        n++;
    }
}

static const struct request *only_open(const struct turn *t)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_own; i++)
        if (request_open(&desk->own[i]))
            return own_open(t) == 1 ? &desk->own[i] : NULL;
    return NULL;
}

/* ---- status ---- */

static void say_status(struct turn *t)
{
    struct value *v = values_new(t, say_part(t, "status_liste"), 2);
    value_requests(t, &v[0], status_scope, 0, SHOWN_MOST);
    value_wishes(t, &v[1]);
    say_remember(t, "status_liste");
    offer_each(t, "relay", "skriv", true);
    if (own_open(t))
        offer_intent(t, "endre");
    if (own_open(t) || desk_of(t)->wish)
        offer_intent(t, "trekk");
    offer_intent(t, "finn_kontaktpunkt");
}

/* ---- withdrawing ---- */

static void ask_withdraw(struct turn *t, const struct request *r)
{
    struct value *v = values_new(t, say_part(t, "trekk_sikker"), 4);
    value_recipient(t, &v[0], r->scope, t->next->language);
    value_text(&v[2], "ref", ref_of(t, r));
    value_truth(&v[3], "tatt", r->state == REQUEST_TAKEN);
    say_remember(t, "trekk_sikker");
    t->next->asked = ASKED_WITHDRAW;
    t->next->about = r->id;
    offer_word(t, action_of(t, "gone", r), "trekk_ja");
    offer_word(t, "keep", "trekk_nei");
}

static void withdraw(struct turn *t, const struct request *request)
{
    struct request *r = change(t, request);
    if (!request_close(r, ENDING_WITHDRAWN, t->world->now))
        return;
    notify_withdrawn(t, r);
    if (t->next->relay == r->id)
        t->next->relay = 0;
    struct value *v = values_new(t, say_part(t, "trukket"), 3);
    value_recipient(t, &v[0], r->scope, t->next->language);
    value_text(&v[2], "ref", ref_of(t, r));
    say_remember(t, "trukket");
    offer_menu(t);
}

static void take_back_wish(struct turn *t)
{
    const struct wish *wish = desk_of(t)->wish;
    if (!wish)
        return;
    value_text(values_new(t, say_part(t, "start_trukket"), 1), "sted", wish->place);
    say_remember(t, "start_trukket");
    t->step->effects.unwish = true;
    offer_menu(t);
}

static void start_withdrawing(struct turn *t)
{
    const struct request *only = only_open(t);
    if (only && !desk_of(t)->wish) {
        ask_withdraw(t, only);
    } else if (!own_open(t)) {
        take_back_wish(t);
    } else {
        say_part(t, "trekk_hvilken");
        say_remember(t, "trekk_hvilken");
        offer_each(t, "withdraw", NULL, false);
        if (desk_of(t)->wish)
            offer_word(t, "unwish", "start_gruppe");
        offer_word(t, "keep", "trekk_nei");
    }
}

/* ---- changing ---- */

static void start_changing(struct turn *t)
{
    const struct request *only = only_open(t);
    if (only) {
        join_edit(t, only);
        return;
    }
    say_part(t, "endre_hvilken");
    say_remember(t, "endre_hvilken");
    offer_each(t, "edit", NULL, false);
    offer_word(t, "keep", "avbryt");
}

/* ---- what is stored ---- */

static const char *language_name(const struct turn *t)
{
    static const char *const names[] = {"bokmål", "bokmål", "nynorsk", "English"};
    return names[t->next->language];
}

/* Everything, some requests at a time: their words may be long. */
static void say_stored(struct turn *t, size_t from)
{
    const struct draft *draft = &t->next->draft;
    struct value *v = values_new(t, say_part(t, "innsyn_liste"), 9);
    value_text(&v[0], "sted", t->next->has_place ? t->next->place : NULL);
    value_text(&v[1], "sprak", language_name(t));
    value_truth(&v[2], "utkast", draft->kind != DRAFT_NONE);
    value_text(&v[3], "utkast_navn", draft->alias);
    value_text(&v[4], "utkast_kontakt", draft->contact);
    value_text(&v[5], "utkast_ord", draft->words[0] ? draft->words : t->next->pending);
    value_truth(&v[6], "koordinator", desk_of(t)->me != NULL);
    value_requests(t, &v[7], stored_scope, from, STORED_PAGE);
    value_wishes(t, &v[8]);
    say_remember(t, "innsyn_liste");
    if (from + STORED_PAGE < desk_of(t)->n_own)
        offer_word(t, arena_printf(t->arena, "stored:%zu", from + STORED_PAGE), "flere");
    offer_intent(t, "slett");
    offer_menu(t);
}

bool request_intent(struct turn *t, const struct intent *intent)
{
    const struct desk *desk = desk_of(t);
    const char *label = intent->label;
    if (strcmp(label, "status") == 0 && (desk->n_own || desk->wish))
        say_status(t);
    else if (strcmp(label, "trekk") == 0 && (own_open(t) || desk->wish))
        start_withdrawing(t);
    else if (strcmp(label, "endre") == 0 && own_open(t))
        start_changing(t);
    else if (strcmp(label, "innsyn") == 0)
        say_stored(t, 0);
    else
        return false;
    return true;
}

void request_named(struct turn *t, const struct request *request)
{
    const struct intent *intent = t->world->understood->intent;
    const char *label = intent ? intent->label : "";
    bool open = request_open(request);
    if (open && strcmp(label, "trekk") == 0)
        ask_withdraw(t, request);
    else if (open && strcmp(label, "endre") == 0)
        join_edit(t, request);
    else
        say_status(t);
}

void request_erase(struct turn *t)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_own; i++)
        if (request_open(&desk->own[i]))
            notify_withdrawn(t, &desk->own[i]);
}

bool request_relay_wanted(struct turn *t)
{
    static const char *const words[] = {"svar",
                                        "skriv",
                                        "skriv til koordinatoren",
                                        "svar koordinatoren",
                                        "reply",
                                        "write to the coordinator",
                                        "skriv til dem"};
    const struct desk *desk = desk_of(t);
    const struct request *taken = NULL;
    size_t n = 0;
    bool asked = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        asked = asked || strcmp(t->world->understood->text.plain, words[i]) == 0;
    for (size_t i = 0; asked && i < desk->n_own; i++)
        if (desk->own[i].state == REQUEST_TAKEN) {
            taken = &desk->own[i];
            n++;
        }
    if (n == 1) {
        relay_open(t, taken);
    } else if (n) {
        say_part(t, "relay_hvilken");
        say_remember(t, "relay_hvilken");
        offer_each(t, "relay", NULL, true);
    }
    return n > 0;
}

/* ---- buttons and answers ---- */

static const struct request *request_at(const struct turn *t, const char *action, const char *act)
{
    size_t len = strlen(act);
    if (strncmp(action, act, len) || action[len] != ':')
        return NULL;
    const struct request *request = own_request(t, strtoll(action + len + 1, NULL, 10));
    return request && request_open(request) ? request : NULL;
}

static void keep_it(struct turn *t)
{
    t->next->asked = ASKED_NOTHING;
    t->next->about = 0;
    if (own_open(t) || desk_of(t)->wish)
        say_status(t);
    else
        offer_menu(t);
}

void request_press(struct turn *t, const char *action)
{
    const struct request *request;
    t->next->asked = ASKED_NOTHING;
    if ((request = request_at(t, action, "gone")))
        withdraw(t, request);
    else if ((request = request_at(t, action, "withdraw")))
        ask_withdraw(t, request);
    else if ((request = request_at(t, action, "edit")))
        join_edit(t, request);
    else if ((request = request_at(t, action, "relay")))
        relay_open(t, request);
    else if (strncmp(action, "stored:", 7) == 0)
        say_stored(t, strtoul(action + 7, NULL, 10));
    else if (strcmp(action, "unwish") == 0)
        take_back_wish(t);
    else
        keep_it(t);
}

bool request_asked(struct turn *t)
{
    const struct understood *u = t->world->understood;
    const char *label = u->intent ? u->intent->label : "";
    const struct request *request = own_request(t, t->state->about);
    bool yes = strcmp(label, "ja") == 0 || strcmp(label, "trekk") == 0, no = strcmp(label, "nei") == 0;
    if (!yes && !no) {
        t->next->asked = ASKED_NOTHING;
        return false;
    }
    t->next->asked = ASKED_NOTHING;
    t->next->about = 0;
    if (yes && request && request_open(request))
        withdraw(t, request);
    else
        keep_it(t);
    return true;
}

/* ---- standing buttons: `s.<act>.<reference>.<seq>` ---- */

/* The resident's answer to a question that a notice asked: only as long as nothing has changed since. */
static bool decide(struct turn *t, const char *act, const struct request *request, int seq)
{
    bool reserve = strcmp(act, "reserve") == 0, moves = strcmp(act, "move") == 0,
         stays = strcmp(act, "stay") == 0, waits = strcmp(act, "wait") == 0;
    if (!reserve && !moves && !stays && !waits)
        return false;
    if (!request_open(request) || ((moves || stays) && !request->proposed[0]))
        return false;
    char other[SCOPE_SIZE];
    reserve_today(t, request, other);
    if (reserve && !*other)
        return false;
    if ((moves || stays) &&
        request->seq != seq) { /* changed since: it may be another place that is asked about */
        request_ask_move(t, request);
        return true;
    }
    request_decide(t, request,
                   reserve ? arena_strdup(t->arena, other)
                   : moves ? request->proposed
                           : NULL,
                   stays);
    return true;
}

bool standing_press(struct turn *t, const char *action)
{
    char act[16], ref[REF_SIZE];
    int seq = 0, end = 0;
    if (sscanf(action, "s.%15[a-z].%7[A-Z0-9].%9d%n", act, ref, &seq, &end) != 3 || action[end])
        return false;
    int64_t id = ref_read(ref, strlen(ref));
    const struct request *own = id ? own_request(t, id) : NULL;
    if (own && strcmp(act, "relay") == 0) {
        relay_open(t, own);
        return true;
    }
    if (own && decide(t, act, own, seq))
        return true;
    const struct request *held = id ? held_request(t, id) : NULL;
    return held && coordinator_press(t, act, held);
}

/* ---- reachable or not ---- */

void request_gone(struct turn *t)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_own; i++) {
        if (!request_open(&desk->own[i]) || desk->own[i].unreachable)
            continue;
        struct request *r = change(t, &desk->own[i]);
        r->unreachable = true;
        if (r->reach == REACH_HERE && request_close(r, ENDING_WITHDRAWN, t->world->now))
            notify_withdrawn(t, r);
        else
            r->seq++;
    }
}

void request_back(struct turn *t)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_own; i++)
        if (desk->own[i].unreachable) {
            struct request *r = change(t, &desk->own[i]);
            r->unreachable = false;
            r->seq++;
        }
}
