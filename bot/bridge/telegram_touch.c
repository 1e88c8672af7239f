/* Small requests that nothing depends on: a press is answered so that the button stops waiting, and who waits
 * for an answer sees that the bot is typing. One that fails is forgotten. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bridge/telegram_internal.h"

enum {
    TOUCHES_MOST = 32, /* under way at a time */
    TIMEOUT_MS = 10000,
    TYPING_FIRST_MS = 500,  /* most answers are there before */
    TYPING_EVERY_MS = 5000, /* Telegram shows it for five seconds */
    TYPING_TIMES = 4,
    TYPING_MOST = 2000, /* chats */
};

void touch_init(struct telegram *telegram)
{
    TAILQ_INIT(&telegram->touch.typing);
    LIST_INIT(&telegram->touch.touches);
    telegram->touch.by_address = MAP_INIT;
}

static void end_typing(struct toucher *toucher, struct typing *typing)
{
    map_remove(&toucher->by_address, typing->address, strlen(typing->address));
    TAILQ_REMOVE(&toucher->typing, typing, entry);
    free(typing);
}

void touch_free(struct telegram *telegram)
{
    struct typing *typing;
    struct touch *touch;
    while ((typing = TAILQ_FIRST(&telegram->touch.typing)))
        end_typing(&telegram->touch, typing);
    while ((touch = LIST_FIRST(&telegram->touch.touches))) {
        http_cancel(telegram->http, touch->call);
        LIST_REMOVE(touch, entry);
        free(touch);
    }
    map_free(&telegram->touch.by_address);
}

/* ---- requests ---- */

static void touch_done(void *user, const struct http_answer *http)
{
    struct touch *touch = user;
    (void)http;
    LIST_REMOVE(touch, entry);
    touch->telegram->touch.n_touches--;
    free(touch);
}

/* The body is telegram->body. */
static void post(struct telegram *telegram, const char *method)
{
    struct touch *touch = mem_new(1, sizeof *touch);
    touch->telegram = telegram;
    LIST_INSERT_HEAD(&telegram->touch.touches, touch, entry);
    telegram->touch.n_touches++;
    touch->call = telegram_call(telegram, method, TIMEOUT_MS, touch_done, touch);
}

/* Each press is answered, also while much else is under way: a button that waits for ever looks broken. */
void touch_answer_query(struct telegram *telegram, const char *query)
{
    telegram_write_answer_query(query, &telegram->body);
    post(telegram, "answerCallbackQuery");
}

/* ---- typing ---- */

void touch_typing(struct telegram *telegram, int64_t chat)
{
    struct toucher *toucher = &telegram->touch;
    char address[24];
    telegram_address(chat, address);
    if (map_get(&toucher->by_address, address, strlen(address)) || toucher->by_address.count >= TYPING_MOST)
        return;
    struct typing *typing = mem_new(1, sizeof *typing);
    memcpy(typing->address, address, sizeof address);
    typing->id = chat;
    typing->due = clock_mono_ms() + TYPING_FIRST_MS;
    typing->left = TYPING_TIMES;
    map_put(&toucher->by_address, typing->address, strlen(typing->address), typing);
    TAILQ_INSERT_TAIL(&toucher->typing, typing, entry);
}

void touch_typed(struct telegram *telegram, const char *address)
{
    struct typing *typing = map_get(&telegram->touch.by_address, address, strlen(address));
    if (typing)
        end_typing(&telegram->touch, typing);
}

/* The server wants nothing for this chat. */
static bool is_held(const struct telegram *telegram, const char *address, int64_t now)
{
    const struct chat *chat = map_get(&telegram->send.chats, address, strlen(address));
    return chat && chat->held_until > now;
}

static void type(struct telegram *telegram, struct typing *typing, int64_t now)
{
    if (telegram_may_call(telegram, now) && telegram->touch.n_touches < TOUCHES_MOST &&
        !is_held(telegram, typing->address, now)) {
        telegram_write_typing(typing->id, &telegram->body);
        post(telegram, "sendChatAction");
        telegram->counts.typings++;
    }
    typing->due = now + TYPING_EVERY_MS;
    if (--typing->left == 0)
        end_typing(&telegram->touch, typing);
}

void touch_run(struct telegram *telegram, int64_t now)
{
    struct typing *typing, *next;
    for (typing = TAILQ_FIRST(&telegram->touch.typing); typing; typing = next) {
        next = TAILQ_NEXT(typing, entry);
        if (typing->due <= now)
            type(telegram, typing, now);
    }
}

int64_t touch_due(const struct telegram *telegram)
{
    const struct typing *typing;
    int64_t due = NEVER;
    TAILQ_FOREACH(typing, &telegram->touch.typing, entry)
    due = typing->due < due ? typing->due : due;
    return due;
}
