/* From an update to what the core is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bridge/telegram_internal.h"

enum { ID_MOST = TOKEN_SIZE + 128 };

/* ---- ids: the same whenever the update is read again (DESIGN, the contract) ---- */

static void write_id(const struct telegram_update *update, const char *token, char id[ID_MOST])
{
    long long message = (long long)update->message_id;
    if (update->kind == TELEGRAM_PRESS)
        snprintf(id, ID_MOST, "q%s", update->query);
    else if (update->kind == TELEGRAM_GROUPED)
        snprintf(id, ID_MOST, "%s.group", token);
    else if (update->kind == TELEGRAM_MEMBER)
        snprintf(id, ID_MOST, "%s.m%lld.%s", token, (long long)(update->event.time / 1000),
                 update->event.kind == EVENT_BLOCKED ? "blocked" : "unblocked");
    else if (update->album && update->event.kind == EVENT_UNSUPPORTED)
        snprintf(id, ID_MOST, "%s.g%s", token, update->album); /* ten pictures at once are one */
    else if (update->edit_date)
        snprintf(id, ID_MOST, "%s.%lld.e%lld", token, message, (long long)update->edit_date);
    else
        snprintf(id, ID_MOST, "%s.%lld", token, message);
}

/* ---- groups: told of once, then never again ---- */

static bool is_told(struct telegram *telegram, int64_t group)
{
    char address[24], token[TOKEN_SIZE];
    telegram_address(group, address);
    return group && bridge_token(telegram->bridge, address, token) == 0 &&
           journal_get(bridge_journal(telegram->bridge), JOURNAL_GROUP, token, NULL) != 0;
}

static void note_told(struct telegram *telegram, int64_t group)
{
    char address[24], token[TOKEN_SIZE];
    telegram_address(group, address);
    if (bridge_token(telegram->bridge, address, token) == 0)
        journal_mark(bridge_journal(telegram->bridge), JOURNAL_GROUP, token, 1, clock_wall_ms());
}

/* A group that has got a new id is the same group. */
static bool is_muted(struct telegram *telegram, const struct telegram_update *update)
{
    if (is_told(telegram, update->chat))
        return true;
    if (!is_told(telegram, update->migrated))
        return false;
    note_told(telegram, update->chat);
    return true;
}

/* ---- taking ---- */

static struct press *copy_press(const struct telegram_update *update)
{
    struct press *press = mem_new(1, sizeof *press);
    press->message_id = update->message_id;
    press->choice = arena_strdup(&press->arena, update->event.choice);
    for (size_t i = 0; i < update->n_buttons; i++)
        press->buttons[press->n_buttons++] = (struct button){
            arena_strdup(&press->arena, update->buttons[i].label),
            arena_strdup(&press->arena, update->buttons[i].value)};
    return press;
}

/* Something that the core has to think of; what it cannot read is answered once for a whole album. */
static bool expects_answer(const struct telegram_update *update)
{
    return update->kind == TELEGRAM_PRESS || (update->kind == TELEGRAM_MESSAGE && !update->edit_date &&
                                              update->event.kind != EVENT_UNSUPPORTED);
}

static void note_taken(struct telegram *telegram, const struct telegram_update *update, const char *address,
                       const char *id, struct entry *entry)
{
    entry->in_id = mem_strdup(id);
    entry->chat = update->chat;
    entry->group = update->kind == TELEGRAM_GROUPED;
    if (update->kind == TELEGRAM_PRESS && update->message_id)
        entry->press = copy_press(update);
    if (expects_answer(update))
        typing_begin(&telegram->typing, address);
}

static bool tell_core(struct telegram *telegram, const struct telegram_update *update, struct entry *entry)
{
    char address[24], token[TOKEN_SIZE], id[ID_MOST], edits[ID_MOST];
    struct event event = update->event;
    telegram_address(update->chat, address);
    if (bridge_token(telegram->bridge, address, token))
        return true; /* an id is never too long for a token */
    write_id(update, token, id);
    event.id = id;
    if (event.time <= 0)
        event.time = clock_wall_ms();
    if (update->edit_date) {
        snprintf(edits, sizeof edits, "%s.%lld", token, (long long)update->message_id);
        event.edits = edits;
    }
    switch (bridge_take(telegram->bridge, address, &event)) {
    case BRIDGE_TAKEN:
        note_taken(telegram, update, address, id, entry);
        return true;
    case BRIDGE_FULL:
        return false;
    case BRIDGE_OLD:
    case BRIDGE_UNFIT:
        break;
    }
    return true;
}

bool in_take(struct telegram *telegram, const struct telegram_update *update, struct entry *entry)
{
    if (update->query)
        touch_answer_query(telegram, update->query);
    switch (update->kind) {
    case TELEGRAM_MESSAGE:
    case TELEGRAM_PRESS:
    case TELEGRAM_MEMBER:
        return tell_core(telegram, update, entry);
    case TELEGRAM_GROUPED:
        if (!is_muted(telegram, update))
            return tell_core(telegram, update, entry);
        break;
    case TELEGRAM_STRANGE:
        telegram->counts.strange++;
        return true;
    case TELEGRAM_IGNORED:
        break;
    }
    telegram->counts.ignored++;
    return true;
}

void in_settled(struct telegram *telegram, struct entry *entry, bool accepted)
{
    if (accepted && entry->group)
        note_told(telegram, entry->chat);
    if (accepted && entry->press)
        reply_mark(telegram, entry->chat, entry->press);
}
