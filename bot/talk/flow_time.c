/* What time brings to a request: reminders, the reserve contact, the end. Nobody is forgotten. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "talk/flows.h"
#include "talk/join.h"

enum { ASKED_IN_VAIN = 3 }; /* reminders after which no reserve is looked for; the people here are reminded */

static void remind(struct turn *t, struct request *r, bool last)
{
    struct notice *notice = notify_scope(t, r->scope, 0, r, "ko_purring");
    struct value *v = notice_values(t, notice, 4);
    r->reminded++;
    r->seq++;
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "sted", scope_name(t, r->scope, LANGUAGE_NB));
    value_text(&v[2], "dager", days_since(t, r->since));
    value_truth(&v[3], "siste",
                last && !scope_is_reserve(r->scope) && *r->reserve &&
                    roster_present(desk_of(t)->roster, r->reserve, t->world->now));
    notice_offer(t, notice, "take", r, "ko_ta");
    notice_offer(t, notice, "pass", r, "ko_videre");
}

/* The reserve contact that could have it today: the one that was named before the yes, else any for the
 * place; that one is asked about. Empty: none. */
void reserve_today(const struct turn *t, const struct request *r, char scope[SCOPE_SIZE])
{
    const struct roster *roster = desk_of(t)->roster;
    snprintf(scope, SCOPE_SIZE, "%s", r->reserve);
    if (scope_is_reserve(r->scope))
        scope[0] = '\0';
    else if (!*scope || !roster_present(roster, scope, t->world->now))
        roster_reserve(roster, r->kommune, t->world->now, scope);
}

/* Who waits hears that it takes long, is given other ways, and is asked whether somebody else may have it. */
static void tell_waiting(struct turn *t, const struct request *r, const char *key)
{
    char reserve[SCOPE_SIZE];
    struct notice *notice = notify(t, TO_RESIDENT, r, key);
    struct value *v = notice_values(t, notice, 8);
    reserve_today(t, r, reserve);
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
    value_reserve(t, &v[3], arena_strdup(t->arena, reserve));
    value_ways(t, &v[5], r->scope);
    if (!*reserve)
        return;
    notice_offer(t, notice, "reserve", r, "reserve_ja");
    notice_offer(t, notice, "wait", r, "vent");
}

/* Nobody is left who could take it: staff must find somebody. */
static void tell_staff_of(struct turn *t, const struct request *r)
{
    struct value *v = notice_values(t, notify_scope(t, "s", 0, NULL, "ko_ingen"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "sted", scope_name(t, r->scope, LANGUAGE_NB));
}

static void to_reserve(struct turn *t, struct request *r)
{
    char other[SCOPE_SIZE];
    reserve_today(t, r, other);
    if (*other && strcmp(other, r->reserve) &&
        r->reminded < ASKED_IN_VAIN) { /* not named before: a new yes is needed */
        tell_waiting(t, r, "fs_ventet");
        r->reminded = ASKED_IN_VAIN;
        r->seq++;
        return;
    }
    const char *before = scope_name(t, r->scope, r->language);
    bool at_reserve = scope_is_reserve(r->scope), week = r->reminded >= 2;
    bool reserve = *r->reserve && !scope_is_reserve(r->scope) &&
                   roster_present(desk_of(t)->roster, r->reserve, t->world->now);
    struct notice *notice = notify(t, TO_RESIDENT, r, reserve ? "fs_reserve" : "fs_ingen_reserve");
    struct value *v = notice_values(t, notice, reserve ? 6 : 7);
    value_text(&v[0], "mottaker", before);
    value_truth(&v[1], "reservekontakt", at_reserve);
    value_text(&v[2], "ref", ref_of(t, r));
    value_truth(&v[3], "uke", week);
    if (reserve) {
        request_hand_on(r, r->reserve, t->world->now);
        value_reserve(t, &v[4], r->reserve);
        join_announce(t, r, "ko_ny");
    } else {
        value_ways(t, &v[4], r->scope);
        tell_staff_of(t, r);
        r->reminded = r->reminded < ASKED_IN_VAIN ? ASKED_IN_VAIN : r->reminded + 1;
        r->seq++;
    }
}

static void remind_taker(struct turn *t, struct request *r)
{
    struct notice *notice = notify(t, TO_TAKER, r, "ko_purring_tatt");
    struct value *v = notice_values(t, notice, 3);
    r->reminded++;
    r->seq++;
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    value_text(&v[2], "dager", days_since(t, r->since));
    notice_offer(t, notice, "answer", r, "ko_svar");
    notice_offer(t, notice, "close", r, "ko_ferdig");
    if (r->reminded == 1) /* the resident need not wait in silence either */
        tell_waiting(t, r, "fs_stille");
}

static void expire(struct turn *t, struct request *r)
{
    struct value *v;
    request_close(r, ENDING_EXPIRED, t->world->now);
    v = notice_values(t, notify(t, TO_RESIDENT, r, "fs_utlopt"), 3);
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
    struct notice *notice = r->taker ? notify(t, TO_TAKER, r, "ko_lukket")
                                     : notify_scope(t, r->scope, 0, r, "ko_lukket");
    value_text(notice_values(t, notice, 1), "ref", ref_of(t, r));
}

void taker_gone(struct turn *t, const struct request *request)
{
    struct request *r = change(t, request);
    if (!request_release(r, t->world->now))
        return;
    if (!roster_present(desk_of(t)->roster, r->scope, t->world->now)) {
        to_reserve(t, r);
        return;
    }
    struct notice *notice = notify_scope(t, r->scope, request->taker, r, "ko_ledig");
    struct value *v = notice_values(t, notice, 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "sted", scope_name(t, r->scope, LANGUAGE_NB));
    notice_offer(t, notice, "take", r, "ko_ta");
    v = notice_values(t, notify(t, TO_RESIDENT, r, "fs_ledig"), 3);
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
}

void time_passes(struct turn *t, const struct request *request)
{
    const struct desk *desk = desk_of(t);
    bool somebody = roster_present(desk->roster, request->scope, t->world->now);
    if (!request_open(request)) {
        t->step->effects.purge = request->due <= t->world->now ? request : NULL;
        return;
    }
    const struct coordinator *taker = roster_find(desk->roster, request->taker);
    bool away = !taker || !coordinator_present(taker, t->world->now);
    if (request->state == REQUEST_TAKEN && away && request->due <= t->world->now) {
        taker_gone(t, request);
        return;
    }
    switch (request_is_due(request, &desk->periods, somebody, t->world->now)) {
    case DUE_REMIND:
        remind(t, change(t, request), false);
        break;
    case DUE_REMIND_LAST: {
        struct request *r = change(t, request);
        remind(t, r, true);
        tell_waiting(t, r, "fs_ventet");
        break;
    }
    case DUE_RESERVE:
        to_reserve(t, change(t, request));
        break;
    case DUE_REMIND_TAKER:
        remind_taker(t, change(t, request));
        break;
    case DUE_RELEASE:
        taker_gone(t, request);
        break;
    case DUE_EXPIRE:
        expire(t, change(t, request));
        break;
    case DUE_NOTHING:
        break;
    }
}
