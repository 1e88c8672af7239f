/* From a reply to a notice in a room, and from what the server says of it to how the reply ended. The
 * transaction id is made of the reply's, so that a repeat after a crash is known to the server and shown
 * once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/matrix_internal.h"

enum {
    TIMEOUT_MS = 30000,
    AGAIN_FIRST_MS = 1000,
    AGAIN_MOST_MS = 60000,
    URGENT_MOST_MS = 60000,   /* an urgent reply waits here for so long rather than go back to the core */
    OFFLINE_MOST_MS = 600000, /* an offline answer is no longer true then */
    TEXT_MOST = 32 * 1024,
    HTML_MOST = 128 * 1024,
};

/* ---- making messages ---- */

/* What a 👍 may say: the choice that says yes in any of the languages. */
static const char *yes_of(const struct out *out)
{
    static const char *const words[] = {"Ja", "Yes"};
    for (size_t i = 0; i < out->n_buttons; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (strcmp(out->buttons[i].label, words[k]) == 0 ||
                (strncmp(out->buttons[i].label, words[k], strlen(words[k])) == 0 &&
                 strchr(", ", out->buttons[i].label[strlen(words[k])])))
                return out->buttons[i].value;
    return NULL;
}

static void make_id(char txn[KEY_HASH_TEXT], const char *out_id)
{
    unsigned char hash[KEY_HASH];
    const struct key_part part = {out_id, strlen(out_id)};
    if (*out_id)
        key_hash(hash, NULL, &part, 1);
    else
        key_random(hash, sizeof hash);
    key_hash_text(hash, txn);
}

static struct message *make_message(struct matrix *matrix, const char *address, const char *markdown,
                                    const struct out *out, bool urgent)
{
    struct buf text = BUF_INIT(TEXT_MOST), html = BUF_INIT(HTML_MOST);
    struct message *message = sender_new(&matrix->sender, sender_chat(&matrix->sender, address),
                                         urgent ? QUEUE_URGENT : QUEUE_NORMAL, sizeof *message);
    struct arena *arena = &message->send.arena;
    bool fits = matrix_show(markdown, out ? out->buttons : NULL, out ? out->n_buttons : 0, &text, &html) == 0;
    message->text = arena_strdup(arena, fits ? buf_str(&text) : markdown);
    message->html = fits && html.len ? arena_strdup(arena, buf_str(&html)) : NULL;
    make_id(message->txn, out ? out->id : "");
    buf_free(&text);
    buf_free(&html);
    return message;
}

/* The bot has done typing; clients show that by themselves when the message comes, but not all at once. */
static void end_typing(struct matrix *matrix, const char *address)
{
    const char *const parts[] = {"rooms", address, "typing",
                                 matrix->session.user ? matrix->session.user : ""};
    if (!typing_end(&matrix->typing, address) || !matrix->session.user)
        return;
    matrix_write_typing(false, 0, &matrix->body);
    matrix_touch(matrix, "PUT", parts, 4);
}

void reply_deliver(void *self, const struct bridge_reply *reply)
{
    struct matrix *matrix = self;
    const struct out *out = reply->out;
    struct chat *chat = sender_chat(&matrix->sender, reply->address);
    end_typing(matrix, reply->address);
    if (chat->held_until > clock_mono_ms()) {
        bridge_delivered(matrix->bridge, out->id, DELIVERY_LATER, chat->held_until_wall, "rate limit");
        return;
    }
    struct message *message = make_message(matrix, reply->address, out->text, out, out->urgent);
    message->reply = reply;
    message->yes = yes_of(out);
}

void reply_offline(void *self, const char *address, const char *text, bool urgent)
{
    struct matrix *matrix = self;
    end_typing(matrix, address);
    struct message *message = make_message(matrix, address, text, NULL, urgent);
    message->send.give_up = clock_wall_ms() + OFFLINE_MOST_MS;
}

/* ---- how it ended ---- */

static void end_reply(struct matrix *matrix, struct message *message, enum delivery delivery, int64_t until,
                      const char *reason)
{
    if (message->reply)
        bridge_delivered(matrix->bridge, message->reply->out->id, delivery, until, reason);
    sender_drop(&message->send);
}

static void chat_gone(struct matrix *matrix, struct message *message)
{
    if (!message->reply)
        sender_drop(&message->send);
    else if (gone_add(&matrix->gone, matrix->bridge, message->send.chat->address, message->reply->out->id))
        sender_drop(&message->send); /* reported by gone_known */
    else
        end_reply(matrix, message, DELIVERY_LATER, clock_wall_ms() + AGAIN_MOST_MS,
                  "the core does not know yet");
}

static void remember(struct room *room, const char *id, const char *yes)
{
    free(room->said[SAID_MOST - 1]);
    memmove(room->said + 1, room->said, (SAID_MOST - 1) * sizeof *room->said);
    free(room->yes_value);
    room->said[0] = id ? mem_strdup(id) : NULL;
    room->yes_value = yes && id ? mem_strdup(yes) : NULL;
}

static void sent(struct matrix *matrix, struct message *message, const struct http_answer *http)
{
    struct room *room = rooms_find(matrix, message->send.chat->address);
    matrix->counts.sent++;
    if (room && message->reply)
        remember(room, matrix_read_text(http->body, http->len, "event_id", &matrix->scratch), message->yes);
    if (room && room->leave_at && message->reply)
        room->leave_at = 1; /* what was to be said there has been said */
    end_reply(matrix, message, DELIVERY_SENT, 0, NULL);
}

static void limited(struct matrix *matrix, struct message *message, const struct matrix_answer *answer)
{
    struct chat *chat = message->send.chat;
    matrix->counts.rate_limited++;
    sender_hold(chat, answer->retry_ms ? answer->retry_ms : AGAIN_FIRST_MS);
    bool urgent = message->send.queue == QUEUE_URGENT;
    if (urgent)
        sender_let_urgent_pass(&matrix->sender);
    if (message->reply && (!urgent || answer->retry_ms > URGENT_MOST_MS))
        end_reply(matrix, message, DELIVERY_LATER, chat->held_until_wall, "rate limit");
    else
        sender_again(&message->send, chat->held_until);
}

static void refused(struct matrix *matrix, struct message *message, const struct matrix_answer *answer)
{
    log_warn("the homeserver refuses a message: %.40s", answer->code);
    if (message->html) { /* once more without its HTML: the plain text is complete */
        message->html = NULL;
        sender_again(&message->send, 0);
        return;
    }
    matrix->counts.refused++;
    end_reply(matrix, message, DELIVERY_NEVER, 0, "refused by the homeserver");
}

static void send_done(void *user, const struct http_answer *http)
{
    struct message *message = user;
    struct matrix *matrix = message->send.sender->config.self;
    struct matrix_answer answer;
    sender_landed(&message->send);
    switch (matrix_judge(matrix, http, &answer)) {
    case MATRIX_NONE:
        sent(matrix, message, http);
        break;
    case MATRIX_LIMITED:
        limited(matrix, message, &answer);
        break;
    case MATRIX_FORBIDDEN:
    case MATRIX_NOT_FOUND:
        chat_gone(matrix, message);
        break;
    case MATRIX_TOO_LARGE:
    case MATRIX_OTHER:
        refused(matrix, message, &answer);
        break;
    case MATRIX_SERVER:
    case MATRIX_TOKEN:
    case MATRIX_LOCKED:
        matrix->counts.failures++;
        sender_again(&message->send,
                     clock_mono_ms() + pace_backoff(++message->send.attempts, AGAIN_FIRST_MS, AGAIN_MOST_MS));
        break;
    }
    arena_reset(&matrix->scratch);
}

struct http_call *reply_begin(void *self, struct send *send)
{
    struct matrix *matrix = self;
    struct message *message = (struct message *)send;
    const char *const parts[] = {"rooms", send->chat->address, "send", "m.room.message", message->txn};
    matrix_write_notice(message->text, message->html, &matrix->body);
    if (buf_done(&matrix->body) == 0)
        return matrix_call(matrix, "PUT", parts, 5, NULL, TIMEOUT_MS, send_done, message);
    buf_clear(&matrix->body);
    matrix->counts.refused++;
    end_reply(matrix, message, DELIVERY_NEVER, 0, "cannot be written for Matrix");
    return NULL;
}
