/* What the Bot API's server answers: updates, answers, names; and what is made of them must be good for the
 * core and for the server. */
#include "fuzz.h"

#include <string.h>

#include "wire/telegram.h"

static void demand(bool good)
{
    if (!good)
        __builtin_trap();
}

/* Anybody can send a press with other bytes; the core refuses it then. */
static bool is_value(const char *choice)
{
    for (const char *c = choice; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return strlen(choice) <= CONTRACT_VALUE_LARGEST;
}

/* The core takes what the bridge gives it: the bridge checks only sizes. */
static void core_takes(const struct telegram_update *update, struct arena *arena)
{
    struct event event = update->event, again;
    const char *id, *reason = NULL;
    struct buf out = BUF_INIT(256 * 1024);
    event.id = "1";
    if (event.kind == EVENT_TEXT)
        demand(event.text && strlen(event.text) == event.text_len);
    contract_write_in(&event, &out);
    demand(buf_done(&out) == 0);
    if (out.len <= CONTRACT_IN_LARGEST && (!event.choice || is_value(event.choice))) {
        demand(contract_read_in(buf_str(&out), out.len, arena, &again, &id, &reason) == 0);
        demand(again.kind == event.kind);
    }
    buf_free(&out);
}

static void server_takes(const struct telegram_update *update)
{
    struct buf out = BUF_INIT(TELEGRAM_REQUEST_MOST);
    if (update->query)
        telegram_write_answer_query(update->query, &out);
    if (update->kind == TELEGRAM_PRESS)
        telegram_write_edit_buttons(update->chat, update->message_id, update->buttons, update->n_buttons,
                                    &out);
    demand(buf_done(&out) == 0);
    demand(update->n_buttons <= TELEGRAM_BUTTONS_MOST);
    buf_free(&out);
}

static void try_updates(const char *body, size_t len, struct arena *arena)
{
    struct telegram_update *updates;
    size_t count;
    if (telegram_read_updates(body, len, arena, &updates, &count)) {
        demand(count == 0);
        return;
    }
    demand(count <= TELEGRAM_UPDATES_MOST);
    for (size_t i = 0; i < count; i++) {
        server_takes(&updates[i]);
        demand(updates[i].id >= 0 && updates[i].id < INT64_MAX);
        if (updates[i].kind != TELEGRAM_IGNORED && updates[i].kind != TELEGRAM_STRANGE)
            core_takes(&updates[i], arena);
    }
}

static void try_answer(const char *body, size_t len, struct arena *arena)
{
    struct telegram_answer answer;
    telegram_read_answer(body, len, arena, &answer);
    demand(answer.description && answer.retry_after >= 0 && answer.retry_after < INT64_MAX / 1000 / 2);
    demand(answer.readable || !answer.ok);
    telegram_error_of(&answer);
    telegram_is_webhook(&answer);
    telegram_read_me(body, len, arena);
}

static void try_command(const char *text, size_t len, struct arena *arena)
{
    const char *words = telegram_command(text, len, arena);
    demand(!words || (len >= 2 && text[0] == '/' && strlen(words) < len));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    const char *body = arena_strndup(&arena, (const char *)bytes, len);
    int64_t guess = telegram_guess_update(body, len);
    demand(guess >= 0 && guess < INT64_MAX);
    try_updates(body, len, &arena);
    try_answer(body, len, &arena);
    try_command(body, len, &arena);
    arena_free(&arena);
    return 0;
}
