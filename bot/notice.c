#include "notice.h"

#include <string.h>

#include "base/keys.h"
#include "render.h"

/* ---- one chat ---- */

/* An id that nothing else has: of the request's transition, or of the message that brought it. */
static const char *notice_id(const struct notices *n, const struct notice *notice, const char *network,
                             const char *chat, const char *said)
{
    unsigned char hash[KEY_HASH];
    char text[KEY_HASH_TEXT];
    int64_t number[] = {notice->request ? notice->request->id : 0, notice->request ? notice->request->seq : 0,
                        n->now};
    const char *cause = n->sender ? n->sender->event->id : "", *key = notice->say.parts[0].key;
    struct key_part parts[] = {{"notice", 6},       {number, sizeof number},    {cause, strlen(cause)},
                               {key, strlen(key)},  {network, strlen(network)}, {chat, strlen(chat)},
                               {said, strlen(said)}};
    key_hash(hash, NULL, parts, sizeof parts / sizeof *parts);
    key_hash_text(hash, text);
    return arena_strdup(n->arena, text);
}

/* The words of a person whose request is over must not lie in the coordinator's conversation. */
static bool drop_what_waits(const struct notices *n, const struct notice *notice, struct state *state)
{
    bool over = notice->request && (!request_open(notice->request) || n->forgotten);
    if (!over || !state->about || state->about != notice->request->id)
        return false;
    state_drop_pending(state);
    return true;
}

/* Numbers and words answer the notice's buttons, where no other question is open. The buttons of the last
 * reply stay good. */
static bool take_choices(const struct notice *notice, const struct step *step, struct state *state)
{
    bool busy = state->asked != ASKED_NOTHING || state->relay || state->draft.kind;
    if (busy || !notice->say.n_offers)
        return false;
    state->n_standing = notice->say.n_offers < STANDING_MOST ? notice->say.n_offers : STANDING_MOST;
    for (size_t i = 0; i < state->n_standing; i++) {
        memcpy(state->standing[i].action, notice->say.offers[i].action, ACTION_SIZE);
        memcpy(state->standing[i].label, step->next.choices[i].label, LABEL_SIZE);
    }
    return true;
}

/* What somebody was about to write must not go to the wrong person: an answer that was asked for before the
 * notice is shown again before it is sent, and a resident's way to another coordinator closes. */
static bool turn_attention(const struct notices *n, const struct notice *notice, struct state *state)
{
    enum { ANSWER_WITHIN_MS = 30 * 60 * 1000 };
    bool changed = false;
    if (state->asked == ASKED_ANSWER && state->relay_until) {
        state->relay_until = 0;
        changed = true;
    }
    if (notice->heard) {
        state->relay = state->relay == notice->request->id ? state->relay : 0;
        state->heard = notice->request->id;
        state->heard_until = n->now + ANSWER_WITHIN_MS;
        changed = true;
    }
    return changed;
}

static int put(struct notices *n, const struct notice *notice, const char *network, const char *chat,
               struct out *out, struct err *err)
{
    struct buf payload = BUF_INIT(2 * CONTRACT_OUT_LARGEST);
    struct pushed *pushed = n->pushed;
    int rc = 0;
    out->id = notice_id(n, notice, network, chat, out->text);
    contract_write_out(out, &payload);
    if (!payload.failed && payload.len <= CONTRACT_OUT_LARGEST) {
        pushed->rows = arena_room(n->arena, pushed->rows, pushed->count, &pushed->cap, sizeof *pushed->rows);
        struct out_row *row = &pushed->rows[pushed->count++];
        *row = (struct out_row){.id = out->id,
                                .network = arena_strdup(n->arena, network),
                                .chat = arena_strdup(n->arena, chat),
                                .urgent = out->urgent,
                                .created = n->now,
                                .request = notice->request && !n->forgotten ? notice->request->id : 0};
        row->seq = store_out_add(n->store, row, buf_str(&payload), payload.len, err);
        rc = row->seq < 0 ? -1 : 0;
    }
    buf_free(&payload);
    return rc;
}

static int push_to(struct notices *n, const struct notice *notice, const char *network, const char *chat,
                   enum language language, struct err *err)
{
    struct step *step = arena_alloc(n->arena, sizeof *step);
    struct out *out = arena_alloc(n->arena, sizeof *out);
    struct state state;
    bool builtin;
    if (store_load_state(n->store, network, chat, &state, err))
        return -1;
    step->say = notice->say;
    step->next.language = state.language ? state.language : language;
    render_say(n->data, step, n->now, n->arena, out, &builtin);
    bool dropped = drop_what_waits(n, notice, &state);
    bool offered = take_choices(notice, step, &state), turned = turn_attention(n, notice, &state);
    if ((dropped || offered || turned) && store_save_state(n->store, network, chat, &state, n->now, err))
        return -1;
    return put(n, notice, network, chat, out, err);
}

/* ---- the audience ---- */

/* A chat that hears nothing now must not keep words either. */
static int drop_in(struct notices *n, const struct notice *notice, const struct chat_of *chat,
                   struct err *err)
{
    struct state state;
    if (store_load_state(n->store, chat->network, chat->chat, &state, err))
        return -1;
    return drop_what_waits(n, notice, &state)
               ? store_save_state(n->store, chat->network, chat->chat, &state, n->now, err)
               : 0;
}

static int push_to_person(struct notices *n, const struct notice *notice, const struct coordinator *person,
                          struct err *err)
{
    for (size_t i = 0; i < person->n_chats; i++) {
        const struct chat_of *chat = &person->chats[i];
        if (!chat->reachable ? drop_in(n, notice, chat, err)
                             : push_to(n, notice, chat->network, chat->chat, LANGUAGE_NB, err))
            return -1;
    }
    return 0;
}

static int push_to_scope(struct notices *n, const struct notice *notice, struct err *err)
{
    for (size_t i = 0; i < n->roster->count; i++) {
        const struct coordinator *person = &n->roster->people[i];
        if (person->id != notice->but && coordinator_has(person, notice->scope) &&
            coordinator_present(person, n->now) && push_to_person(n, notice, person, err))
            return -1;
    }
    return 0;
}

int notice_push(struct notices *n, const struct notice *notice, struct err *err)
{
    const struct request *r = notice->request;
    const struct coordinator *taker = r ? roster_find(n->roster, r->taker) : NULL;
    switch (notice->to) {
    case TO_RESIDENT:
        return r->unreachable ? 0 : push_to(n, notice, r->network, r->chat, r->language, err);
    case TO_TAKER:
        return taker ? push_to_person(n, notice, taker, err) : 0;
    case TO_SCOPE:
        return push_to_scope(n, notice, err);
    case TO_WISHER:
        return push_to(n, notice, notice->wish->network, notice->wish->chat, LANGUAGE_NB, err);
    }
    return 0;
}
