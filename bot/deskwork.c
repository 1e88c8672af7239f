#include "deskwork.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/map.h"
#include "base/mem.h"
#include "notice.h"

enum { BAD_CODES_MOST = 5, DUE_AT_ONCE = 20 };

/* One chat's messages of this minute. */
struct hurry {
    char *key;
    int count;
};

struct deskwork {
    struct store *store;
    struct roster roster;
    struct arena arena; /* the roster's */
    struct periods periods;
    int open_most, messages_most;
    struct map hurries;
    int64_t minute; /* that they were counted in */
    int64_t due;
};

/* ---- making ---- */

static void forget_minute(struct deskwork *work)
{
    size_t at = 0;
    for (struct hurry *hurry; (hurry = map_next(&work->hurries, &at));) {
        map_remove(&work->hurries, hurry->key, strlen(hurry->key));
        free(hurry->key);
        free(hurry);
    }
}

int deskwork_reload(struct deskwork *work, struct err *err)
{
    arena_reset(&work->arena);
    work->due = store_request_first_due(work->store);
    return store_roster(work->store, &work->arena, &work->roster, err);
}

struct deskwork *deskwork_new(struct store *store, const struct settings *settings, struct err *err)
{
    struct deskwork *work = mem_new(1, sizeof *work);
    work->store = store;
    work->open_most = settings_int(settings, "requests.open_most");
    work->messages_most = settings_int(settings, "core.messages_a_minute");
    work->periods = (struct periods){.first = settings_ms(settings, "requests.first_reminder_hours") * 3600,
                                     .second = settings_ms(settings, "requests.second_reminder_hours") * 3600,
                                     .reserve = settings_ms(settings, "requests.reserve_days") * 86400,
                                     .taken = settings_ms(settings, "requests.taken_reminder_days") * 86400,
                                     .open_most = settings_int(settings, "requests.open_days") * CLOCK_DAY,
                                     .kept = settings_int(settings, "requests.kept_days") * CLOCK_DAY};
    if (deskwork_reload(work, err) == 0)
        return work;
    deskwork_free(work);
    return NULL;
}

void deskwork_free(struct deskwork *work)
{
    if (!work)
        return;
    forget_minute(work);
    map_free(&work->hurries);
    arena_free(&work->arena);
    free(work);
}

const struct roster *deskwork_roster(const struct deskwork *work)
{
    return &work->roster;
}

const struct periods *deskwork_periods(const struct deskwork *work)
{
    return &work->periods;
}

static void confirm_one(void *user, const char *point, const char *day)
{
    registry_confirm(user, point, day);
}

void deskwork_confirm(struct deskwork *work, struct registry *registry)
{
    if (registry)
        store_confirmed(work->store, confirm_one, registry, NULL);
}

/* ---- before the step ---- */

static int look_for_code(struct deskwork *work, const struct sender *sender, int64_t now, struct arena *arena,
                         struct desk *desk, struct err *err)
{
    int bad = 0;
    const char *text = sender->event->kind == EVENT_TEXT
                           ? desk_code_in(sender->event->text, sender->event->text_len, arena)
                           : NULL;
    if (!text)
        return 0;
    if (store_bad_codes(work->store, sender->network, sender->chat, now, &bad, err))
        return -1;
    desk->code_blocked = bad >= BAD_CODES_MOST;
    struct code *code = arena_alloc(arena, sizeof *code);
    int found = desk->code_blocked ? 0 : store_code(work->store, text, now, code, err);
    desk->code = found > 0 ? code : NULL;
    return found < 0 ? -1 : 0;
}

static int look_for_wishes(struct deskwork *work, const struct sender *sender, const struct state *state,
                           struct arena *arena, struct desk *desk, struct err *err)
{
    struct wish *wish = arena_alloc(arena, sizeof *wish);
    int own = store_wish_of(work->store, sender->network, sender->chat, wish, err);
    desk->wish = own > 0 ? wish : NULL;
    bool registers = state->draft.kind == DRAFT_START;
    return own < 0     ? -1
           : registers ? store_wishes(work->store, arena, &desk->wishes, &desk->n_wishes, err)
                       : 0;
}

int deskwork_look(struct deskwork *work, const struct sender *sender, const struct state *state, int64_t now,
                  struct arena *arena, struct desk *desk, struct err *err)
{
    *desk = (struct desk){.network = sender->network,
                          .chat = sender->chat,
                          .roster = &work->roster,
                          .me = roster_of_chat(&work->roster, sender->network, sender->chat),
                          .periods = work->periods,
                          .open_most = work->open_most};
    if (store_requests_of(work->store, sender->network, sender->chat, arena, &desk->own, &desk->n_own, err) ||
        look_for_wishes(work, sender, state, arena, desk, err) ||
        look_for_code(work, sender, now, arena, desk, err))
        return -1;
    if (state->draft.kind && store_request_next(work->store, &desk->next_id, err))
        return -1;
    return desk->me ? store_requests_for(work->store, desk->me, arena, &desk->held, &desk->n_held, err) : 0;
}

void deskwork_count(struct deskwork *work, const struct sender *sender, int64_t now, bool *hurried,
                    bool *told)
{
    char key[NETWORK_SIZE + CHAT_SIZE];
    *hurried = *told = false;
    if (!work->messages_most)
        return;
    if (work->minute != now / CLOCK_MINUTE)
        forget_minute(work);
    work->minute = now / CLOCK_MINUTE;
    int len = snprintf(key, sizeof key, "%s/%s", sender->network, sender->chat);
    struct hurry *hurry = map_get(&work->hurries, key, (size_t)len);
    if (!hurry) {
        hurry = mem_new(1, sizeof *hurry);
        hurry->key = mem_strndup(key, (size_t)len);
        map_put(&work->hurries, hurry->key, (size_t)len, hurry);
    }
    hurry->count++;
    *hurried = hurry->count > work->messages_most;
    *told = hurry->count > work->messages_most + 1;
}

/* ---- after the step ---- */

/* What carrying out effects needs. */
struct work {
    struct deskwork *desk;
    struct notices notices;
    struct err *err;
};

static struct work work_of(struct deskwork *work, const struct dataset *data, int64_t now,
                           struct arena *arena, struct pushed *pushed, struct err *err)
{
    struct notices notices = {.store = work->store,
                              .data = data,
                              .roster = &work->roster,
                              .now = now,
                              .arena = arena,
                              .pushed = pushed};
    return (struct work){work, notices, err};
}

/* Nobody with the duty can be reached any more: time looks at what waits there, in working hours. */
static int hurry_duties(struct deskwork *work, const struct coordinator *person, int64_t now, struct err *err)
{
    for (size_t i = 0; i < person->n_duties; i++)
        if (!roster_present(&work->roster, person->duties[i], now) &&
            store_requests_hurry(work->store, person->duties[i], clock_working(now), err))
            return -1;
    work->due = store_request_first_due(work->store);
    return 0;
}

/* After a change of the roster by or about `person`, which is copied first: the reload takes the old one
 * away. */
static int roster_changed(struct deskwork *work, const struct coordinator *person, int64_t now,
                          struct err *err)
{
    struct coordinator before = {.id = 0};
    if (person)
        before = *person;
    return deskwork_reload(work, err) || hurry_duties(work, &before, now, err) ? -1 : 0;
}

static int save_requests(struct work *w, const struct effects *effects)
{
    for (size_t i = 0; i < effects->n_saves; i++)
        if (store_request_save(w->desk->store, effects->saves[i], w->err))
            return -1;
    return 0;
}

static int push_notices(struct work *w, const struct effects *effects)
{
    for (size_t i = 0; i < effects->n_notices; i++)
        if (notice_push(&w->notices, effects->notices[i], w->err))
            return -1;
    return 0;
}

/* A step of nobody's turn about one request, and what it brings. */
static int run_time(struct work *w, const struct request *request, bool gone)
{
    int64_t now = w->notices.now, morning = clock_working(now);
    bool ends = !request_open(request) || now >= request->created + w->desk->periods.open_most;
    if (!gone && !ends && morning > now) { /* it was due while nothing ran; nobody is woken for that */
        struct request later = *request;
        later.due = morning;
        return store_request_save(w->desk->store, &later, w->err);
    }
    struct step *step = arena_alloc(w->notices.arena, sizeof *step);
    struct desk desk = {.network = "", .chat = "", .roster = &w->desk->roster, .periods = w->desk->periods};
    struct world world = {.now = w->notices.now,
                          .gazetteer = w->notices.data->gazetteer,
                          .registry = w->notices.data->registry,
                          .intents = w->notices.data->intents,
                          .desk = &desk};
    dialogue_time(request, gone, &world, w->notices.arena, step);
    if (save_requests(w, &step->effects) || push_notices(w, &step->effects))
        return -1;
    if (!step->effects.purge)
        return 0;
    w->notices.pushed->dropped = true;
    return store_request_delete(w->desk->store, step->effects.purge->id, w->err);
}

/* What a person had taken who is no coordinator any more. `held` was read before. */
static int free_taken(struct work *w, const struct request *held, size_t n, int64_t coordinator)
{
    for (size_t i = 0; i < n; i++)
        if (held[i].taker == coordinator && request_open(&held[i]) && run_time(w, &held[i], true))
            return -1;
    w->desk->due = store_request_first_due(w->desk->store);
    return 0;
}

/* What waits for somebody who is no coordinator any more, and what they had begun to write to a resident. */
static int drop_answers(struct work *w, const struct coordinator *person)
{
    for (size_t i = 0; i < person->n_chats; i++) {
        const struct chat_of *chat = &person->chats[i];
        struct state state;
        if (store_out_drop_requests(w->desk->store, chat->network, chat->chat, w->err) ||
            store_load_state(w->desk->store, chat->network, chat->chat, &state, w->err))
            return -1;
        w->notices.pushed->dropped = true;
        if (state.asked != ASKED_ANSWER && state.asked != ASKED_ANSWER_SURE)
            continue;
        state_drop_pending(&state);
        if (store_save_state(w->desk->store, chat->network, chat->chat, &state, w->notices.now, w->err))
            return -1;
    }
    return 0;
}

static int unbind(struct work *w, const struct sender *sender, const struct desk *desk,
                  const struct coordinator *me)
{
    int64_t id = me->id;
    if (drop_answers(w, me) || store_unbind(w->desk->store, sender->network, sender->chat, w->err) ||
        roster_changed(w->desk, me, w->notices.now, w->err))
        return -1;
    return roster_find(&w->desk->roster, id) ? 0 : free_taken(w, desk->held, desk->n_held, id);
}

static int keep_people(struct work *w, const struct sender *sender, const struct desk *desk,
                       const struct effects *effects)
{
    struct store *store = w->desk->store;
    int64_t now = w->notices.now;
    if (effects->bad_code && store_bad_code(store, sender->network, sender->chat, now, w->err))
        return -1;
    if (effects->bind && (store_bind(store, desk->code, sender->network, sender->chat, w->err) ||
                          deskwork_reload(w->desk, w->err)))
        return -1;
    const struct coordinator *me = roster_of_chat(&w->desk->roster, sender->network, sender->chat);
    if (me && effects->pause &&
        (store_pause(store, me->id, effects->pause_until, w->err) ||
         roster_changed(w->desk, me, now, w->err)))
        return -1;
    return me && effects->unbind ? unbind(w, sender, desk, me) : 0;
}

static int keep_point(struct work *w, const struct effects *effects)
{
    char day[16];
    struct civil today = clock_oslo(w->notices.now);
    snprintf(day, sizeof day, "%04d-%02d-%02d", today.year % 10000, today.month % 100, today.day % 100);
    for (size_t i = 0; i < effects->n_confirmed; i++) {
        if (store_confirm(w->desk->store, effects->confirmed[i], day, w->err))
            return -1;
        registry_confirm(w->notices.data->registry, effects->confirmed[i], day);
    }
    return effects->proposal ? store_propose(w->desk->store, effects->proposal_point, effects->proposal,
                                             w->notices.now, w->err)
                             : 0;
}

static int keep_wishes(struct work *w, const struct sender *sender, const struct effects *effects)
{
    struct store *store = w->desk->store;
    for (size_t i = 0; i < effects->n_told; i++) {
        struct wish wish = *effects->told[i];
        wish.told = true;
        if (store_wish(store, &wish, w->err))
            return -1;
    }
    if (effects->unwish && store_unwish(store, sender->network, sender->chat, w->err))
        return -1;
    return effects->wish ? store_wish(store, effects->wish, w->err) : 0;
}

static int keep_counts(struct work *w, const struct effects *effects)
{
    unsigned what = (effects->searched ? COUNT_SEARCHES : 0U) | (effects->requested ? COUNT_REQUESTS : 0U) |
                    (effects->unmet ? COUNT_UNMET : 0U);
    struct civil today = clock_oslo(w->notices.now);
    if (!what || !effects->kommune || !*effects->kommune)
        return 0;
    return store_count(w->desk->store, today.year * 12 + today.month - 1, effects->kommune, what, w->err);
}

static const struct chat_of *find_chat(const struct coordinator *person, const char *network,
                                       const char *chat)
{
    for (size_t i = 0; person && i < person->n_chats; i++)
        if (strcmp(person->chats[i].chat, chat) == 0 && strcmp(person->chats[i].network, network) == 0)
            return &person->chats[i];
    return NULL;
}

/* Whoever has lost the last chat cannot hear those who wait for them: what they had taken is free again. */
static int free_if_silent(struct work *w, int64_t coordinator)
{
    const struct coordinator *person = roster_find(&w->desk->roster, coordinator);
    const struct request *held;
    size_t n;
    for (size_t i = 0; person && i < person->n_chats; i++)
        if (person->chats[i].reachable)
            return 0;
    if (!person)
        return 0;
    if (store_requests_for(w->desk->store, person, w->notices.arena, &held, &n, w->err))
        return -1;
    return free_taken(w, held, n, coordinator);
}

static int set_reachable(struct work *w, const char *network, const char *chat, bool reachable)
{
    const struct coordinator *person = roster_of_chat(&w->desk->roster, network, chat);
    const struct chat_of *known = find_chat(person, network, chat);
    int64_t id = person ? person->id : 0;
    if (!known || known->reachable == reachable)
        return 0;
    if (store_reachable(w->desk->store, network, chat, reachable, w->err) ||
        roster_changed(w->desk, person, w->notices.now, w->err))
        return -1;
    return reachable ? 0 : free_if_silent(w, id);
}

int deskwork_keep(struct deskwork *work, const struct dataset *data, const struct sender *sender,
                  const struct desk *desk, struct step *step, int64_t now, struct arena *arena,
                  struct pushed *pushed, struct err *err)
{
    const struct effects *effects = &step->effects;
    struct work w = work_of(work, data, now, arena, pushed, err);
    w.notices.sender = sender;
    w.notices.forgotten = step->forget;
    if ((!step->forget && save_requests(&w, effects)) || keep_point(&w, effects) ||
        keep_wishes(&w, sender, effects) || keep_counts(&w, effects) || push_notices(&w, effects) ||
        keep_people(&w, sender, desk, effects) ||
        set_reachable(&w, sender->network, sender->chat, sender->event->kind != EVENT_BLOCKED))
        return -1;
    pushed->dropped = pushed->dropped || (step->forget && desk->n_own);
    if (effects->n_saves)
        work->due = store_request_first_due(work->store);
    return 0;
}

/* A resident who cannot be reached in the chat: who had taken the request hears, and may call or write. */
static int resident_silent(struct work *w, const char *network, const char *chat)
{
    const struct request *own;
    size_t n;
    if (store_requests_of(w->desk->store, network, chat, w->notices.arena, &own, &n, w->err))
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct request r = own[i];
        if (!request_open(&r) || r.unreachable)
            continue;
        char ref[REF_SIZE];
        ref_write(r.id, ref);
        struct value v[] = {
            {.name = "ref", .kind = VALUE_TEXT, .text = ref},
            {.name = "navn", .kind = VALUE_TEXT, .text = r.alias},
            {.name = "telefon", .kind = VALUE_TEXT, .text = r.reach == REACH_PHONE ? r.contact : ""},
            {.name = "epost", .kind = VALUE_TEXT, .text = r.reach == REACH_EMAIL ? r.contact : ""}};
        struct notice notice = {.to = TO_TAKER, .request = &r};
        notice.say.parts[notice.say.n_parts++] = (struct part){.key = "ko_kan_ikke_nas", .scope = {v, 4}};
        r.unreachable = true;
        r.seq++;
        if (store_request_save(w->desk->store, &r, w->err) || notice_push(&w->notices, &notice, w->err))
            return -1;
    }
    return 0;
}

int deskwork_unreachable(struct deskwork *work, const struct dataset *data, const char *network,
                         const char *chat, int64_t now, struct arena *arena, struct pushed *pushed,
                         struct err *err)
{
    struct work w = work_of(work, data, now, arena, pushed, err);
    return set_reachable(&w, network, chat, false) || resident_silent(&w, network, chat) ? -1 : 0;
}

int deskwork_alarm(struct deskwork *work, const struct dataset *data, const char *fault, int64_t now,
                   struct arena *arena, struct pushed *pushed, struct err *err)
{
    struct work w = work_of(work, data, now, arena, pushed, err);
    struct value value = {.name = "feil", .kind = VALUE_TEXT, .text = fault};
    struct notice notice = {.to = TO_SCOPE, .scope = "s"};
    notice.say.parts[notice.say.n_parts++] = (struct part){.key = "ko_alarm", .scope = {&value, 1}};
    return notice_push(&w.notices, &notice, err);
}

/* ---- time ---- */

int deskwork_tick(struct deskwork *work, const struct dataset *data, int64_t now, struct arena *arena,
                  struct pushed *pushed, struct err *err)
{
    struct request *due;
    size_t n;
    struct work w = work_of(work, data, now, arena, pushed, err);
    if (store_requests_due(work->store, now, DUE_AT_ONCE, arena, &due, &n, err))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (run_time(&w, &due[i], false))
            return -1;
    work->due = store_request_first_due(work->store);
    return 0;
}

int64_t deskwork_due(const struct deskwork *work)
{
    return work->due;
}

int deskwork_revoke(struct deskwork *work, const struct dataset *data, int64_t coordinator, int64_t now,
                    struct arena *arena, struct pushed *pushed, struct err *err)
{
    const struct coordinator *person = roster_find(&work->roster, coordinator);
    const struct request *held = NULL;
    size_t n = 0;
    struct work w = work_of(work, data, now, arena, pushed, err);
    if (!person)
        return 0;
    if (store_requests_for(work->store, person, arena, &held, &n, err) || drop_answers(&w, person) ||
        store_revoke(work->store, coordinator, err) < 0 || roster_changed(work, person, now, err) ||
        free_taken(&w, held, n, coordinator))
        return -1;
    work->due = store_request_first_due(work->store);
    return 1;
}
