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

/* Two kinds of keyboard cannot stand under one message: the buttons get the last one. */
static void make_parts(struct send *send, const char *markdown)
{
    bool two = send->n_buttons && send->above;
    send->n_parts = telegram_text(markdown, two, &send->arena, &send->parts);
    if (!two || send->n_parts != 1)
        return;
    const char *choose = words[words_in(send->language)].choose;
    struct telegram_part *parts = arena_alloc(&send->arena, 2 * sizeof *parts);
    parts[0] = send->parts[0];
    parts[1] = (struct telegram_part){choose, choose};
    send->parts = parts;
    send->n_parts = 2;
}

static void end_reply(struct send *send, enum delivery delivery, int64_t until, const char *reason)
{
    struct telegram *telegram = send->telegram;
    if (send->kind == SEND_REPLY)
        bridge_delivered(telegram->bridge, send->reply->out->id, delivery, until, reason);
    out_drop(send);
}

void reply_deliver(void *self, const struct bridge_reply *reply)
{
    struct telegram *telegram = self;
    const struct out *out = reply->out;
    struct chat *chat = out_chat(telegram, reply->address);
    touch_typed(telegram, reply->address);
    if (chat->held_until > clock_mono_ms()) {
        bridge_delivered(telegram->bridge, out->id, DELIVERY_LATER, chat->held_until_wall, "rate limit");
        return;
    }
    struct send *send = out_new(telegram, chat, SEND_REPLY, out->urgent);
    send->reply = reply;
    send->language = out->language;
    send->buttons = out->buttons;
    send->n_buttons = out->n_buttons;
    send->above = out->ask_location                        ? TELEGRAM_ASK_LOCATION
                  : has_keyboard(telegram, reply->address) ? TELEGRAM_REMOVE_KEYBOARD
                                                           : TELEGRAM_NO_KEYBOARD;
    make_parts(send, out->text);
    send->next = (size_t)(reply->parts > 0 ? reply->parts : 0);
    if (send->n_parts == 0)
        end_reply(send, DELIVERY_NEVER, 0, "nothing to show");
    else if (send->next >= send->n_parts)
        end_reply(send, DELIVERY_SENT, 0, NULL);
}

void reply_offline(void *self, const char *address, const char *text, bool urgent)
{
    struct telegram *telegram = self;
    struct send *send = out_new(telegram, out_chat(telegram, address), SEND_OFFLINE, urgent);
    touch_typed(telegram, address);
    send->give_up = clock_wall_ms() + OFFLINE_MOST_MS;
    make_parts(send, text);
    if (send->n_parts == 0)
        out_drop(send);
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
    struct send *send = out_new(telegram, out_chat(telegram, address), SEND_MARK, false);
    for (size_t i = 0; i < press->n_buttons; i++) {
        const struct button *button = &press->buttons[i];
        bool chosen = strcmp(button->value, press->choice) == 0;
        if (!chosen && !contract_stays(button->value))
            continue;
        bool mark = chosen && strncmp(button->label, check, sizeof check - 1) != 0;
        marked = marked || mark;
        buttons[count].value = arena_strdup(&send->arena, button->value);
        buttons[count++].label = arena_printf(&send->arena, "%s%s", mark ? check : "", button->label);
    }
    if (!marked) { /* it is already, or the message has no such button */
        out_drop(send);
        return;
    }
    copy = arena_alloc(&send->arena, count * sizeof *copy);
    memcpy(copy, buttons, count * sizeof *copy);
    send->buttons = copy;
    send->n_buttons = count;
    send->message_id = press->message_id;
    send->give_up = clock_wall_ms() + MARK_MOST_MS;
}

/* ---- requests ---- */

static enum telegram_keyboard keyboard_of(const struct send *send)
{
    bool last = send->next + 1 == send->n_parts;
    if (send->bare)
        return TELEGRAM_NO_KEYBOARD;
    if (last && send->n_buttons)
        return TELEGRAM_BUTTONS;
    bool first_of_two = send->next == 0 && send->n_buttons;
    return send->above && (first_of_two || (last && !send->n_buttons)) ? send->above : TELEGRAM_NO_KEYBOARD;
}

const char *reply_write(struct send *send, struct buf *body)
{
    if (send->kind == SEND_MARK) {
        telegram_write_edit_buttons(send->to, send->message_id, send->buttons, send->n_buttons, body);
        return "editMessageReplyMarkup";
    }
    const struct telegram_part *part = &send->parts[send->next];
    const struct telegram_send message = {
        .chat = send->to,
        .text = send->plain ? part->plain : part->html,
        .html = !send->plain,
        .keyboard = keyboard_of(send),
        .buttons = send->buttons,
        .n_buttons = send->n_buttons,
        .share_label = words[words_in(send->language)].share,
        .hint = words[words_in(send->language)].hint,
    };
    telegram_write_send(&message, body);
    return "sendMessage";
}

void reply_unfit(struct send *send)
{
    log_warn("a reply cannot be written in Telegram's form");
    send->telegram->counts.refused++;
    end_reply(send, DELIVERY_NEVER, 0, "cannot be written for Telegram");
}

/* ---- chats that can be sent nothing ---- */

static void forget_gone(struct gone *gone)
{
    LIST_REMOVE(gone, entry);
    free(gone->in_id);
    free(gone->out_id);
    free(gone);
}

void reply_gone_known(struct telegram *telegram, const char *in_id)
{
    struct gone *gone, *next;
    for (gone = LIST_FIRST(&telegram->send.gone); gone; gone = next) {
        next = LIST_NEXT(gone, entry);
        if (strcmp(gone->in_id, in_id))
            continue;
        bridge_delivered(telegram->bridge, gone->out_id, DELIVERY_NEVER, 0, "blocked");
        forget_gone(gone);
    }
}

void reply_free(struct telegram *telegram)
{
    for (struct gone *gone; (gone = LIST_FIRST(&telegram->send.gone));)
        forget_gone(gone);
}

/* The id is made of the reply's, so that a repeat after a crash is known. */
static void write_gone_id(const struct send *send, char id[8 + KEY_HASH_TEXT])
{
    unsigned char hash[KEY_HASH];
    char text[KEY_HASH_TEXT];
    const char *out_id = send->reply->out->id;
    const struct key_part parts[] = {{send->chat->address, strlen(send->chat->address)},
                                     {out_id, strlen(out_id)}};
    key_hash(hash, NULL, parts, 2);
    key_hash_text(hash, text);
    snprintf(id, 8 + KEY_HASH_TEXT, "gone:%s", text);
}

/* The core must know that the person cannot be reached before it hears that the reply never arrives: else a
 * crash in between would leave a request open that nobody can answer. */
static void chat_gone(struct send *send)
{
    char id[8 + KEY_HASH_TEXT];
    if (send->kind != SEND_REPLY) {
        out_drop(send);
        return;
    }
    write_gone_id(send, id);
    struct event blocked = {.kind = EVENT_BLOCKED, .id = id, .time = clock_wall_ms()};
    if (bridge_take(send->telegram->bridge, send->chat->address, &blocked) != BRIDGE_TAKEN) {
        end_reply(send, DELIVERY_LATER, clock_wall_ms() + AGAIN_MOST_MS,
                  "blocked, the core does not know yet");
        return;
    }
    struct gone *gone = mem_new(1, sizeof *gone);
    gone->in_id = mem_strdup(id);
    gone->out_id = mem_strdup(send->reply->out->id);
    LIST_INSERT_HEAD(&send->telegram->send.gone, gone, entry);
    out_drop(send);
}

/* ---- how it ended ---- */

static void note_keyboard(const struct send *send)
{
    struct telegram *telegram = send->telegram;
    char token[TOKEN_SIZE];
    int state = send->above == TELEGRAM_ASK_LOCATION ? KEYBOARD_SHOWN : KEYBOARD_GONE;
    if (send->above && !send->bare && bridge_token(telegram->bridge, send->chat->address, token) == 0)
        journal_mark(bridge_journal(telegram->bridge), JOURNAL_KEYBOARD, token, state, clock_wall_ms());
}

/* One message arrived; the rest of the reply follows. */
static void sent(struct send *send)
{
    send->attempts = 0;
    send->telegram->counts.sent += send->kind != SEND_MARK;
    send->telegram->counts.marks += send->kind == SEND_MARK;
    send->next++;
    if (send->kind == SEND_MARK || send->next >= send->n_parts) {
        note_keyboard(send);
        end_reply(send, DELIVERY_SENT, 0, NULL);
        return;
    }
    if (send->kind == SEND_REPLY)
        bridge_part_sent(send->telegram->bridge, send->reply->out->id, (int)send->next);
    out_again(send, 0);
}

/* Nothing goes to this chat before the time that the server named. */
static void flooded(struct send *send, const struct telegram_answer *answer)
{
    struct chat *chat = send->chat;
    uint32_t jitter = 0;
    key_random(&jitter, sizeof jitter);
    int64_t wait = (answer->retry_after > 0 ? answer->retry_after : 1) * CLOCK_SECOND + jitter % JITTER_MS;
    send->telegram->counts.rate_limited++;
    chat->held_until = clock_mono_ms() + wait;
    chat->held_until_wall = clock_wall_ms() + wait;
    if (send->kind == SEND_REPLY)
        end_reply(send, DELIVERY_LATER, chat->held_until_wall, "rate limit");
    else if (send->kind == SEND_OFFLINE)
        out_again(send, chat->held_until);
    else
        out_drop(send);
}

/* What the server says may quote the message; words before the first quotation mark don't. */
static void log_refusal(const struct telegram_answer *answer)
{
    int words_end = (int)strcspn(answer->description, "\"\n<&");
    log_warn("Telegram refuses a message (%d): %.*s", answer->code, words_end < 80 ? words_end : 80,
             answer->description);
}

/* Without its markup, then without its keyboard; then it is given up. */
static void refused(struct send *send, const struct telegram_answer *answer, bool markup)
{
    log_refusal(answer);
    if (send->kind == SEND_MARK || send->bare || (markup && send->plain)) {
        send->telegram->counts.refused++;
        end_reply(send, DELIVERY_NEVER, 0, "refused by Telegram");
        return;
    }
    send->telegram->counts.html_refused += markup;
    send->plain = true;
    send->bare = !markup;
    bridge_status_soon(send->telegram->bridge);
    out_again(send, 0);
}

static void take_error(struct send *send, const struct telegram_answer *answer)
{
    enum telegram_error error = telegram_error_of(answer);
    if (send->kind == SEND_MARK && error != TELEGRAM_FLOOD) {
        out_drop(send); /* "message is not modified", "message to edit not found": nothing is lost */
        return;
    }
    switch (error) {
    case TELEGRAM_FLOOD:
        flooded(send, answer);
        break;
    case TELEGRAM_GONE:
        chat_gone(send);
        break;
    case TELEGRAM_MIGRATED:
        if (send->moved) {
            refused(send, answer, false);
            break;
        }
        send->moved = true;
        send->to = answer->migrate_to;
        out_again(send, 0);
        break;
    case TELEGRAM_MARKUP:
        refused(send, answer, true);
        break;
    case TELEGRAM_TOKEN:
    case TELEGRAM_CONFLICT:
    case TELEGRAM_SERVER:
        out_again(send, clock_mono_ms() + AGAIN_MOST_MS);
        break;
    case TELEGRAM_OTHER:
        refused(send, answer, false);
        break;
    }
}

void reply_done(void *user, const struct http_answer *http)
{
    struct send *send = user;
    struct telegram *telegram = send->telegram;
    struct telegram_answer answer;
    out_landed(send);
    switch (telegram_judge(telegram, http, &answer)) {
    case VERDICT_GOOD:
        sent(send);
        break;
    case VERDICT_AGAIN:
        telegram->counts.failures++;
        if (send->kind == SEND_MARK)
            out_drop(send);
        else
            out_again(send, clock_mono_ms() + pace_backoff(++send->attempts, AGAIN_FIRST_MS, AGAIN_MOST_MS));
        break;
    case VERDICT_ERROR:
        take_error(send, &answer);
        break;
    }
    arena_reset(&telegram->scratch);
}
