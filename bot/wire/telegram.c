/* Requests and answers of the Bot API; its updates are read in telegram_update.c. */
#include "wire/telegram.h"

#include <stdlib.h>
#include <string.h>

#include "wire/http.h"
#include "wire/json.h"

/* ---- answers ---- */

static int64_t whole(const json_t *object, const char *name)
{
    return (int64_t)json_integer_value(json_object_get(object, name));
}

/* No server asks for more than a week in earnest. */
static int64_t waiting(int64_t seconds)
{
    const int64_t most = 7 * 86400;
    return seconds < 0 ? 0 : seconds < most ? seconds : most;
}

void telegram_read_answer(const char *body, size_t len, struct arena *arena, struct telegram_answer *answer)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const json_t *ok = json_object_get(root, "ok"), *parameters = json_object_get(root, "parameters");
    const char *description = json_string_value(json_object_get(root, "description"));
    int64_t code = whole(root, "error_code");
    *answer = (struct telegram_answer){
        .readable = json_is_boolean(ok),
        .ok = json_is_true(ok),
        .code = code >= 0 && code < 1000 ? (int)code : 0,
        .description = arena_strdup(arena, description ? description : ""),
        .retry_after = waiting(whole(parameters, "retry_after")),
        .migrate_to = whole(parameters, "migrate_to_chat_id"),
    };
    json_decref(root);
}

static bool says(const struct telegram_answer *answer, const char *words)
{
    return strcasestr(answer->description, words) != NULL;
}

/* By its code, and for 400 by its description, which is all that tells them apart. */
enum telegram_error telegram_error_of(const struct telegram_answer *answer)
{
    switch (answer->code) {
    case 401:
    case 404:
        return TELEGRAM_TOKEN;
    case 403:
        return TELEGRAM_GONE;
    case 409:
        return TELEGRAM_CONFLICT;
    case 429:
        return TELEGRAM_FLOOD;
    default:
        break;
    }
    if (answer->code >= 500 || answer->code < 400)
        return TELEGRAM_SERVER;
    if (answer->migrate_to)
        return TELEGRAM_MIGRATED;
    if (says(answer, "chat not found") || says(answer, "user not found") || says(answer, "PEER_ID_INVALID") ||
        says(answer, "user is deactivated"))
        return TELEGRAM_GONE;
    return says(answer, "can't parse") ? TELEGRAM_MARKUP : TELEGRAM_OTHER;
}

bool telegram_is_webhook(const struct telegram_answer *answer)
{
    return says(answer, "webhook");
}

const char *telegram_read_me(const char *body, size_t len, struct arena *arena)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const char *name = json_string_value(json_object_get(json_object_get(root, "result"), "username"));
    name = name && *name ? arena_strdup(arena, name) : NULL;
    json_decref(root);
    return name;
}

int64_t telegram_guess_update(const char *body, size_t len)
{
    static const char name[] = "\"update_id\"";
    const char *at = memmem(body, len, name, sizeof name - 1);
    if (!at)
        return 0;
    at += sizeof name - 1;
    at += strspn(at, " \t\r\n:");
    int64_t id = strtoll(at, NULL, 10);
    return id > 0 && id < INT64_MAX ? id : 0;
}

/* ---- requests ---- */

void telegram_write_get_updates(int64_t offset, int limit, int timeout_seconds, struct buf *out)
{
    json_t *root = json_pack("{s:i, s:i, s:[s, s, s, s]}", "limit", limit, "timeout", timeout_seconds,
                             "allowed_updates", "message", "edited_message", "callback_query",
                             "my_chat_member");
    if (offset)
        json_object_set_new(root, "offset", json_integer(offset));
    json_write(root, out);
}

/* One button a row: labels are sentences, and a telephone is narrow. */
static json_t *inline_keyboard(const struct button *buttons, size_t count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            rows, json_pack("[{s:s, s:s}]", "text", buttons[i].label, "callback_data", buttons[i].value));
    return json_pack("{s:o}", "inline_keyboard", rows);
}

static json_t *keyboard_of(const struct telegram_send *send)
{
    switch (send->keyboard) {
    case TELEGRAM_BUTTONS:
        return inline_keyboard(send->buttons, send->n_buttons);
    case TELEGRAM_ASK_LOCATION:
        return json_pack("{s:[[{s:s, s:b}]], s:b, s:b, s:s}", "keyboard", "text", send->share_label,
                         "request_location", 1, "one_time_keyboard", 1, "resize_keyboard", 1,
                         "input_field_placeholder", send->hint);
    case TELEGRAM_REMOVE_KEYBOARD:
        return json_pack("{s:b}", "remove_keyboard", 1);
    case TELEGRAM_NO_KEYBOARD:
        break;
    }
    return NULL;
}

void telegram_write_send(const struct telegram_send *send, struct buf *out)
{
    json_t *root = json_pack("{s:I, s:s, s:{s:b}}", "chat_id", (json_int_t)send->chat, "text", send->text,
                             "link_preview_options", "is_disabled", 1);
    json_t *keyboard = keyboard_of(send);
    if (send->html)
        json_object_set_new(root, "parse_mode", json_string("HTML"));
    if (keyboard)
        json_object_set_new(root, "reply_markup", keyboard);
    json_write(root, out);
}

void telegram_write_answer_query(const char *query, struct buf *out)
{
    json_write(json_pack("{s:s}", "callback_query_id", query), out);
}

void telegram_write_edit_buttons(int64_t chat, int64_t message, const struct button *buttons,
                                 size_t n_buttons, struct buf *out)
{
    json_write(json_pack("{s:I, s:I, s:o}", "chat_id", (json_int_t)chat, "message_id", (json_int_t)message,
                         "reply_markup", inline_keyboard(buttons, n_buttons)),
               out);
}

void telegram_write_typing(int64_t chat, struct buf *out)
{
    json_write(json_pack("{s:I, s:s}", "chat_id", (json_int_t)chat, "action", "typing"), out);
}
