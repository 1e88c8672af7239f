/* Small requests that nothing depends on: a press is answered so that the button stops waiting, and who waits
 * for an answer sees that the bot is typing. One that fails is forgotten, and says nothing of the server:
 * what holds up messages is what happens to messages. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bridge/telegram_internal.h"

enum {
    TYPING_BESIDE = 32, /* as many others under way: then nobody is shown it */
    TIMEOUT_MS = 10000,
};

static void end_touch(struct touch *touch)
{
    LIST_REMOVE(touch, entry);
    touch->telegram->n_touches--;
    free(touch);
}

void touch_free(struct telegram *telegram)
{
    for (struct touch *touch; (touch = LIST_FIRST(&telegram->touches));) {
        http_cancel(telegram->http, touch->call);
        end_touch(touch);
    }
}

static void touch_done(void *user, const struct http_answer *http)
{
    (void)http;
    end_touch(user);
}

/* The body is telegram->body. */
static void post(struct telegram *telegram, const char *method)
{
    struct touch *touch = mem_new(1, sizeof *touch);
    touch->telegram = telegram;
    LIST_INSERT_HEAD(&telegram->touches, touch, entry);
    telegram->n_touches++;
    touch->call = telegram_call(telegram, method, TIMEOUT_MS, touch_done, touch);
}

/* Each press is answered, also while much else is under way: a button that waits for ever looks broken. */
void touch_answer_query(struct telegram *telegram, const char *query)
{
    telegram_write_answer_query(query, &telegram->body);
    post(telegram, "answerCallbackQuery");
}

void touch_show_typing(void *self, const char *address)
{
    struct telegram *telegram = self;
    if (telegram->health.failures || telegram->n_touches >= TYPING_BESIDE ||
        sender_is_held(&telegram->sender, address))
        return;
    telegram_write_typing(strtoll(address, NULL, 10), &telegram->body);
    post(telegram, "sendChatAction");
    telegram->counts.typings++;
}
