/* From a reply to messages, and from what the server says of them to how the reply ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/telegram_internal.h"

enum {
    KEYBOARD_SHOWN = 1, /* values in JOURNAL_KEYBOARD */
    KEYBOARD_GONE = 2,
    TIMEOUT_MS = 30000, /* long: a message that was given up too soon would be sent twice */
    AGAIN_FIRST_MS = 1000,
    AGAIN_MOST_MS = 60000,
    OFFLINE_MOST_MS = 600000, /* an offline answer is no longer true then */
    MARK_MOST_MS = 10000,
    JITTER_MS = 1000,
};

static const char check[] = "\u2713 ";

/* The few words that are the bridge's own: on the button that shares the position, and above buttons that
 * need a message of their own. */
static const struct {
    const char *language, *share, *hint, *choose;
} words[] = {
    {"nb", "📍 Del posisjonen min", "Skriv sted eller postnummer", "Velg her:"},
    {"nn", "📍 Del posisjonen min", "Skriv stad eller postnummer", "Vel her:"},
    {"en", "📍 Share my location", "Write a place or a postal code", "Choose here:"},
};

static void reply_done(void *user, const struct http_answer *http);

static size_t words_in(const char *language)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (language && strcmp(words[i].language, language) == 0)
            return i;
    return 0;
}

/* ---- making messages ---- */

static bool has_keyboard(struct telegram *telegram, const char *address)
{
    char token[TOKEN_SIZE];
    return bridge_token(telegram->bridge, address, token) == 0 &&
           journal_get(bridge_journal(telegram->bridge), JOURNAL_KEYBOARD, token, NULL) == KEYBOARD_SHOWN;
}

static struct message *new_message(struct telegram *telegram, struct chat *chat, enum send_kind kind,
                                   bool urgent)
{
    enum sender_queue queue = kind == SEND_MARK ? QUEUE_SMALL : urgent ? QUEUE_URGENT : QUEUE_NORMAL;
    struct message *message = sender_new(&telegram->sender, chat, queue, sizeof *message);
    message->telegram = telegram;
    message->kind = kind;
    message->to = strtoll(chat->address, NULL, 10);
    return message;
}

/* Two kinds of keyboard cannot stand under one message: the buttons get the last one. */
static void make_parts(struct message *message, const char *markdown)
{
    bool two = message->n_buttons && message->above;
    message->n_parts = telegram_text(markdown, two, &message->send.arena, &message->parts);
    if (!two || message->n_parts != 1)
        return;
    const char *choose = words[words_in(message->language)].choose;
    struct telegram_part *parts = arena_alloc(&message->send.arena, 2 * sizeof *parts);
    parts[0] = message->parts[0];
    parts[1] = (struct telegram_part){choose, choose};
    message->parts = parts;
    message->n_parts = 2;
}

static void end_reply(struct message *message, enum delivery delivery, int64_t until, const char *reason)
{
    struct telegram *telegram = message->telegram;
    if (message->kind == SEND_REPLY)
        bridge_delivered(telegram->bridge, message->reply->out->id, delivery, until, reason);
    sender_drop(&message->send);
}

void reply_deliver(void *self, const struct bridge_reply *reply)
{
    struct telegram *telegram = self;
    const struct out *out = reply->out;
    struct chat *chat = sender_chat(&telegram->sender, reply->address);
    typing_end(&telegram->typing, reply->address);
    if (chat->held_until > clock_mono_ms()) {
        bridge_delivered(telegram->bridge, out->id, DELIVERY_LATER, chat->held_until_wall, "rate limit");
        return;
    }
    struct message *message = new_message(telegram, chat, SEND_REPLY, out->urgent);
    message->reply = reply;
    message->language = out->language;
    message->buttons = out->buttons;
    message->n_buttons = out->n_buttons;
    message->above = out->ask_location                        ? TELEGRAM_ASK_LOCATION
                     : has_keyboard(telegram, reply->address) ? TELEGRAM_REMOVE_KEYBOARD
                                                              : TELEGRAM_NO_KEYBOARD;
    make_parts(message, out->text);
    message->next = (size_t)(reply->parts > 0 ? reply->parts : 0);
    if (message->n_parts == 0)
        end_reply(message, DELIVERY_NEVER, 0, "nothing to show");
    else if (message->next >= message->n_parts)
        end_reply(message, DELIVERY_SENT, 0, NULL);
}

void reply_offline(void *self, const char *address, const char *text, bool urgent)
{
    struct telegram *telegram = self;
    struct message *message = new_message(telegram, sender_chat(&telegram->sender, address), SEND_OFFLINE,
                                          urgent);
    typing_end(&telegram->typing, address);
    message->send.give_up = clock_wall_ms() + OFFLINE_MOST_MS;
    make_parts(message, text);
    if (message->n_parts == 0)
        sender_drop(&message->send);
}

/* ---- marks ---- */

/* What was chosen stays to be read, and so do buttons that stay good; the other ones would only answer that
 * they no longer count. */
void reply_mark(struct telegram *telegram, int64_t chat, const struct press *press)
{
    char address[24];
    struct button buttons[TELEGRAM_BUTTONS_MOST], *copy;
    size_t count = 0;
    bool marked = false;
    telegram_address(chat, address);
    struct message *message = new_message(telegram, sender_chat(&telegram->sender, address), SEND_MARK,
                                          false);
    for (size_t i = 0; i < press->n_buttons; i++) {
        const struct button *button = &press->buttons[i];
        bool chosen = strcmp(button->value, press->choice) == 0;
        if (!chosen && !contract_stays(button->value))
            continue;
        bool mark = chosen && strncmp(button->label, check, sizeof check - 1) != 0;
        marked = marked || mark;
        buttons[count].value = arena_strdup(&message->send.arena, button->value);
        buttons[count++].label = arena_printf(&message->send.arena, "%s%s", mark ? check : "", button->label);
    }
    if (!marked) { /* it is already, or the message has no such button */
        sender_drop(&message->send);
        return;
    }
    copy = arena_alloc(&message->send.arena, count * sizeof *copy);
    memcpy(copy, buttons, count * sizeof *copy);
    message->buttons = copy;
    message->n_buttons = count;
    message->message_id = press->message_id;
    message->send.give_up = clock_wall_ms() + MARK_MOST_MS;
}

/* ---- requests ---- */

static enum telegram_keyboard keyboard_of(const struct message *message)
{
    bool last = message->next + 1 == message->n_parts;
    if (message->bare)
        return TELEGRAM_NO_KEYBOARD;
    if (last && message->n_buttons)
        return TELEGRAM_BUTTONS;
    bool first_of_two = message->next == 0 && message->n_buttons;
    return message->above && (first_of_two || (last && !message->n_buttons)) ? message->above
                                                                             : TELEGRAM_NO_KEYBOARD;
}

/* The body of the request goes to telegram->body; the name of its method. */
static const char *write_request(struct message *message)
{
    struct buf *body = &message->telegram->body;
    if (message->kind == SEND_MARK) {
        telegram_write_edit_buttons(message->to, message->message_id, message->buttons, message->n_buttons,
                                    body);
        return "editMessageReplyMarkup";
    }
    const struct telegram_part *part = &message->parts[message->next];
    const struct telegram_send send = {
        .chat = message->to,
        .text = message->plain ? part->plain : part->html,
        .html = !message->plain,
        .keyboard = keyboard_of(message),
        .buttons = message->buttons,
        .n_buttons = message->n_buttons,
        .share_label = words[words_in(message->language)].share,
        .hint = words[words_in(message->language)].hint,
    };
    telegram_write_send(&send, body);
    return "sendMessage";
}

struct http_call *reply_begin(void *self, struct send *send)
{
    struct telegram *telegram = self;
    struct message *message = (struct message *)send;
    const char *method = write_request(message);
    if (buf_done(&telegram->body) == 0)
        return telegram_call(telegram, method, TIMEOUT_MS, reply_done, message);
    buf_clear(&telegram->body);
    log_warn("a reply cannot be written in Telegram's form");
    telegram->counts.refused++;
    end_reply(message, DELIVERY_NEVER, 0, "cannot be written for Telegram");
    return NULL;
}

/* ---- how it ended ---- */

static void chat_gone(struct message *message)
{
    struct telegram *telegram = message->telegram;
    if (message->kind != SEND_REPLY)
        sender_drop(&message->send);
    else if (gone_add(&telegram->gone, telegram->bridge, message->send.chat->address,
                      message->reply->out->id))
        sender_drop(&message->send); /* reported by gone_known */
    else
        end_reply(message, DELIVERY_LATER, clock_wall_ms() + AGAIN_MOST_MS,
                  "blocked, the core does not know yet");
}

static void note_keyboard(const struct message *message)
{
    struct telegram *telegram = message->telegram;
    char token[TOKEN_SIZE];
    int state = message->above == TELEGRAM_ASK_LOCATION ? KEYBOARD_SHOWN : KEYBOARD_GONE;
    if (message->above && !message->bare &&
        bridge_token(telegram->bridge, message->send.chat->address, token) == 0)
        journal_mark(bridge_journal(telegram->bridge), JOURNAL_KEYBOARD, token, state, clock_wall_ms());
}

/* One message arrived; the rest of the reply follows. */
static void sent(struct message *message)
{
    message->send.attempts = 0;
    message->telegram->counts.sent += message->kind != SEND_MARK;
    message->telegram->counts.marks += message->kind == SEND_MARK;
    message->next++;
    if (message->kind == SEND_MARK || message->next >= message->n_parts) {
        note_keyboard(message);
        end_reply(message, DELIVERY_SENT, 0, NULL);
        return;
    }
    if (message->kind == SEND_REPLY)
        bridge_part_sent(message->telegram->bridge, message->reply->out->id, (int)message->next);
    sender_again(&message->send, 0);
}

/* Nothing goes to this chat before the time that the server named. */
static void flooded(struct message *message, const struct telegram_answer *answer)
{
    struct chat *chat = message->send.chat;
    uint32_t jitter = 0;
    key_random(&jitter, sizeof jitter);
    int64_t wait = (answer->retry_after > 0 ? answer->retry_after : 1) * CLOCK_SECOND + jitter % JITTER_MS;
    message->telegram->counts.rate_limited++;
    sender_hold(chat, wait);
    if (message->kind == SEND_REPLY)
        end_reply(message, DELIVERY_LATER, chat->held_until_wall, "rate limit");
    else if (message->kind == SEND_OFFLINE)
        sender_again(&message->send, chat->held_until);
    else
        sender_drop(&message->send);
}

/* What the server says may quote the message; words before the first quotation mark don't. */
static void log_refusal(const struct telegram_answer *answer)
{
    int words_end = (int)strcspn(answer->description, "\"\n<&");
    log_warn("Telegram refuses a message (%d): %.*s", answer->code, words_end < 80 ? words_end : 80,
             answer->description);
}

/* Without its markup, then without its keyboard; then it is given up. */
static void refused(struct message *message, const struct telegram_answer *answer, bool markup)
{
    log_refusal(answer);
    if (message->kind == SEND_MARK || message->bare || (markup && message->plain)) {
        message->telegram->counts.refused++;
        end_reply(message, DELIVERY_NEVER, 0, "refused by Telegram");
        return;
    }
    message->telegram->counts.html_refused += markup;
    message->plain = true;
    message->bare = !markup;
    bridge_status_soon(message->telegram->bridge);
    sender_again(&message->send, 0);
}

static void take_error(struct message *message, const struct telegram_answer *answer)
{
    enum telegram_error error = telegram_error_of(answer);
    if (message->kind == SEND_MARK && error != TELEGRAM_FLOOD) {
        sender_drop(
            &message->send); /* "message is not modified", "message to edit not found": nothing is lost */
        return;
    }
    switch (error) {
    case TELEGRAM_FLOOD:
        flooded(message, answer);
        break;
    case TELEGRAM_GONE:
        chat_gone(message);
        break;
    case TELEGRAM_MIGRATED:
        if (message->moved) {
            refused(message, answer, false);
            break;
        }
        message->moved = true;
        message->to = answer->migrate_to;
        sender_again(&message->send, 0);
        break;
    case TELEGRAM_MARKUP:
        refused(message, answer, true);
        break;
    case TELEGRAM_TOKEN:
    case TELEGRAM_CONFLICT:
    case TELEGRAM_SERVER:
        sender_again(&message->send, clock_mono_ms() + AGAIN_MOST_MS);
        break;
    case TELEGRAM_OTHER:
        refused(message, answer, false);
        break;
    }
}

static void reply_done(void *user, const struct http_answer *http)
{
    struct message *message = user;
    struct telegram *telegram = message->telegram;
    struct telegram_answer answer;
    sender_landed(&message->send);
    switch (telegram_judge(telegram, http, &answer)) {
    case VERDICT_GOOD:
        sent(message);
        break;
    case VERDICT_AGAIN:
        telegram->counts.failures++;
        if (message->kind == SEND_MARK)
            sender_drop(&message->send);
        else
            sender_again(&message->send, clock_mono_ms() + pace_backoff(++message->send.attempts,
                                                                        AGAIN_FIRST_MS, AGAIN_MOST_MS));
        break;
    case VERDICT_ERROR:
        take_error(message, &answer);
        break;
    }
    arena_reset(&telegram->scratch);
}
