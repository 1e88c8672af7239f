/* The way of a message, in order. Read this file first. */
#include "turn.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/keys.h"
#include "builtin.h"
#include "render.h"
#include "understand.h"

enum { CRASHES_MOST = 2 };

/* An id that a repeated turn makes again: (network, id of the message, number of the reply). */
static const char *reply_id(const char *network, const char *id, int n, struct arena *arena)
{
    unsigned char hash[KEY_HASH];
    char text[KEY_HASH_TEXT];
    struct key_part parts[] = {{"reply", 5}, {network, strlen(network)}, {id, strlen(id)}, {&n, sizeof n}};
    key_hash(hash, NULL, parts, 4);
    key_hash_text(hash, text);
    return arena_strdup(arena, text);
}

static void name_turn(const struct incoming *in, struct event *event)
{
    unsigned char hash[KEY_HASH];
    struct key_part parts[] = {
        {"turn", 4}, {in->network, strlen(in->network)}, {event->id, strlen(event->id)}};
    key_hash(hash, NULL, parts, 3);
    snprintf(event->tag, EVENT_TAG, "%02x%02x%02x%02x", hash[0], hash[1], hash[2], hash[3]);
}

int turns_begin(struct turns *turns, const struct dataset *data, const struct settings *settings,
                struct store *store, struct err *err)
{
    *turns = (struct turns){.data = data,
                            .settings = settings,
                            .store = store,
                            .far_km = settings_int(settings, "core.far_km"),
                            .hits = settings_int(settings, "core.hits"),
                            .expires_ms = settings_int(settings, "core.reply_hours") * CLOCK_HOUR,
                            .work = deskwork_new(store, settings, err)};
    return turns->work ? 0 : -1;
}

void turns_end(struct turns *turns)
{
    deskwork_free(turns->work);
    turns->work = NULL;
}

bool turns_ready(const struct turns *turns)
{
    const struct dataset *d = turns->data;
    return d->intents && d->gazetteer && d->registry && d->replies && d->helplines;
}

/* ---- the steps of the path ---- */

static int receive(const struct incoming *in, struct arena *arena, struct event *event, struct outcome *out)
{
    if (contract_read_in(in->payload, in->len, arena, event, &out->id, &out->reason)) {
        out->verdict = TURN_REFUSED;
        return -1;
    }
    name_turn(in, event);
    return 0;
}

/* The state before the turn; a chat that moved brings its conversation along. */
static int recall(const struct turns *turns, const struct incoming *in, const struct event *event,
                  struct state *state, struct outcome *out, struct err *err)
{
    if (event->kind == EVENT_MOVED) {
        if (store_move(turns->store, in->network, event->from, in->chat, err))
            return -1;
        out->moved_from = event->from;
        if (deskwork_reload(turns->work, err)) /* it may have been a coordinator's */
            return -1;
    }
    return store_load_state(turns->store, in->network, in->chat, state, err);
}

static void make_step(const struct turns *turns, const struct sender *sender, const struct state *state,
                      const struct desk *desk, int64_t now, struct arena *arena, struct step *step,
                      struct outcome *out)
{
    const struct event *event = sender->event;
    struct understood understood;
    const struct dataset *data = turns->data;
    struct world world = {.now = now,
                          .gazetteer = data->gazetteer,
                          .registry = data->registry,
                          .intents = data->intents,
                          .far_km = turns->far_km,
                          .hits = turns->hits,
                          .desk = desk};
    if (event->kind == EVENT_TEXT) {
        bool asked = state->asked == ASKED_PLACE || state->asked == ASKED_PLACE_SURE;
        understand(data->intents, data->gazetteer, event->text, event->text_len, asked, false, arena,
                   &understood);
        world.understood = &understood;
        deskwork_count(turns->work, sender, now, &world.hurried, &world.told);
        out->runaway = understood.runaway;
        out->runaway_line = understood.runaway_line;
    }
    dialogue_step(state, event, &world, arena, step);
}

static void write_reply(const struct incoming *in, const struct event *event, struct out *reply,
                        int64_t about, int64_t now, struct arena *arena, struct outcome *out)
{
    reply->id = reply_id(in->network, event->id, 0, arena);
    reply->answers = event->id;
    contract_write_out(reply, &out->payload);
    out->row = (struct out_row){.id = reply->id,
                                .network = in->network,
                                .chat = in->chat,
                                .urgent = reply->urgent,
                                .created = now,
                                .expires = reply->expires,
                                .request = about};
    out->replied = !out->payload.failed && out->payload.len <= CONTRACT_OUT_LARGEST;
}

/* What the turn changed and said goes into the open batch. */
static int keep(const struct turns *turns, const struct sender *sender, const struct desk *desk,
                struct step *step, int64_t now, struct arena *arena, struct outcome *out, struct err *err)
{
    struct store *store = turns->store;
    const struct sender *in = sender;
    int rc = step->forget ? store_forget(store, in->network, in->chat, err)
             : step->stop ? store_out_drop(store, in->network, in->chat, err)
                          : 0;
    if (!rc && !step->forget)
        rc = store_save_state(store, in->network, in->chat, &step->next, now, err);
    if (!rc && step->missed)
        rc = store_not_understood(store, now, err);
    if (!rc && out->replied) {
        out->row.seq = store_out_add(store, &out->row, buf_str(&out->payload), out->payload.len, err);
        rc = out->row.seq < 0 ? -1 : 0;
    }
    if (!rc)
        rc = deskwork_keep(turns->work, turns->data, sender, desk, step, now, arena, &out->pushed, err);
    out->forget = step->forget;
    out->stop = step->stop;
    return rc ? rc : store_remember(store, in->network, sender->event->id, now, err);
}

static int take_through(const struct turns *turns, const struct incoming *in, const struct event *event,
                        int64_t now, struct arena *arena, struct outcome *out, struct err *err)
{
    struct state *state = arena_alloc(arena, sizeof *state);
    struct step *step = arena_alloc(arena, sizeof *step);
    struct out *reply = arena_alloc(arena, sizeof *reply);
    struct sender sender = {in->network, in->chat, event};
    struct desk desk;
    if (recall(turns, in, event, state, out, err) ||
        deskwork_look(turns->work, &sender, state, now, arena, &desk, err))
        return -1;
    make_step(turns, &sender, state, &desk, now, arena, step, out);
    if (step->say.n_parts) {
        render_say(turns->data, step, now, arena, reply, &out->builtin);
        if (!reply->urgent)
            reply->expires = now + turns->expires_ms;
        write_reply(in, event, reply, step->say.about, now, arena, out);
    }
    return keep(turns, &sender, &desk, step, now, arena, out, err);
}

/* ---- what stands in the way ---- */

/* The answer for a message that cannot go the ordinary way: built-in, and stored like any other. */
static int answer_builtin(const struct turns *turns, const struct incoming *in, const struct event *event,
                          bool crisis, int64_t now, struct arena *arena, struct outcome *out, struct err *err)
{
    struct out *reply = arena_alloc(arena, sizeof *reply);
    struct err dropped = {.count = 0};
    struct state state;
    if (store_load_state(turns->store, in->network, in->chat, &state, &dropped))
        state.language = LANGUAGE_UNKNOWN;
    render_builtin(crisis, state.language ? state.language : language_from_code(event->language), reply);
    write_reply(in, event, reply, 0, now, arena, out);
    out->builtin = true;
    out->row.seq = store_out_add(turns->store, &out->row, buf_str(&out->payload), out->payload.len, err);
    return out->row.seq < 0 ? -1 : store_remember(turns->store, in->network, event->id, now, err);
}

/* Without all data files: by the intents' own patterns if they are there, and by the built-in words. */
static bool may_be_crisis(const struct turns *turns, const struct event *event, struct arena *arena)
{
    const struct intents *intents = turns->data->intents;
    if (event->kind != EVENT_TEXT)
        return false;
    if (!intents)
        return builtin_is_crisis(event->text, event->text_len);
    struct text text = text_normalise(event->text, event->text_len, intents_words(intents), arena);
    struct intent_score *scores = arena_alloc(arena, intents_count(intents) * sizeof *scores);
    const char *calmed = intents_score(intents, &text, arena, scores);
    return care_decide(intents, scores, calmed).level != CARE_NONE ||
           builtin_is_crisis(event->text, event->text_len);
}

void turn_run(const struct turns *turns, const struct incoming *in, int64_t now, struct arena *arena,
              struct outcome *out, struct err *err)
{
    struct event event;
    *out = (struct outcome){.verdict = TURN_ACCEPTED, .payload = BUF_INIT(2 * CONTRACT_OUT_LARGEST)};
    if (receive(in, arena, &event, out))
        return;
    int seen = store_seen(turns->store, in->network, event.id, err);
    int crashes = seen ? 0 : store_crashes(turns->store, in->network, event.id, err);
    int rc = seen < 0 || crashes < 0 ? -1 : 0;
    if (seen > 0) {
        out->verdict = TURN_REPEATED;
    } else if (!rc && crashes >= CRASHES_MOST) {
        rc = answer_builtin(turns, in, &event, true, now, arena, out, err);
        out->verdict = TURN_REFUSED;
        out->reason = "crashed the core twice";
    } else if (!rc && !turns_ready(turns)) {
        out->verdict = may_be_crisis(turns, &event, arena) ? TURN_ACCEPTED : TURN_LEFT;
        if (out->verdict == TURN_ACCEPTED)
            rc = answer_builtin(turns, in, &event, true, now, arena, out, err);
    } else if (!rc) {
        store_turn_begins(turns->store, in->network, event.id);
        rc = take_through(turns, in, &event, now, arena, out, err);
        store_turn_ended(turns->store);
    }
    if (rc)
        out->verdict = TURN_FAILED;
}

void turn_emergency(const struct turns *turns, const struct incoming *in, int64_t now, struct arena *arena,
                    struct outcome *out)
{
    struct event event;
    struct state state = {.language = LANGUAGE_UNKNOWN};
    struct step *step = arena_alloc(arena, sizeof *step);
    struct out *reply = arena_alloc(arena, sizeof *reply);
    *out = (struct outcome){.verdict = TURN_LEFT, .payload = BUF_INIT(2 * CONTRACT_OUT_LARGEST)};
    if (receive(in, arena, &event, out) || event.kind != EVENT_TEXT)
        return;
    if (turns_ready(turns)) {
        struct sender sender = {in->network, in->chat, &event};
        struct roster nobody = {NULL, 0};
        struct desk desk = {.network = in->network, .chat = in->chat, .roster = &nobody};
        make_step(turns, &sender, &state, &desk, now, arena, step, out);
        if (!step->say.urgent)
            return;
        render_say(turns->data, step, now, arena, reply, &out->builtin);
        reply->n_buttons = 0; /* nothing remembers them */
    } else if (may_be_crisis(turns, &event, arena)) {
        render_builtin(true, language_from_code(event.language), reply);
    } else {
        return;
    }
    write_reply(in, &event, reply, 0, now, arena, out);
}
