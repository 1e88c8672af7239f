/* Updates of the Bot API: from JSON to what a bridge needs to know of each. */
#include <stdlib.h>
#include <string.h>

#include "wire/http.h"
#include "wire/json.h"
#include "wire/telegram.h"

enum { LANGUAGE_MOST = 35, QUERY_MOST = 64, ALBUM_MOST = 64, COMMAND_MOST = 32, PAYLOAD_MOST = 64 };

static const json_t *member(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

static int64_t whole(const json_t *object, const char *name)
{
    return (int64_t)json_integer_value(member(object, name));
}

/* A text of the arena's; U+0000, which the contract does not know, becomes a blank. NULL when there is none
 * or it is longer than `most`. */
static const char *text_of(const json_t *object, const char *name, size_t most, struct arena *arena,
                           size_t *len)
{
    const json_t *value = member(object, name);
    size_t size = json_string_length(value);
    if (!json_is_string(value) || size > most)
        return NULL;
    char *copy = arena_bytes(arena, size + 1);
    memcpy(copy, json_string_value(value), size);
    copy[size] = '\0';
    for (char *nul; (nul = memchr(copy, '\0', size));)
        *nul = ' ';
    if (len)
        *len = size;
    return copy;
}

/* ms; 0 where there is none that can be. */
static int64_t time_of(const json_t *object, const char *name)
{
    int64_t seconds = whole(object, name);
    return seconds > 0 && seconds < INT64_MAX / 1000 ? 1000 * seconds : 0;
}

/* ---- commands ---- */

static bool is_command_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A mark in a link, such as t.me/bot?start=poster: it says where the person comes from, not what they want.
 */
static bool is_mark(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!(is_command_char(text[i]) || text[i] == '-') || text[i] == '_')
            return false;
    return len <= PAYLOAD_MOST;
}

static bool is_payload(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_command_char(text[i]) && text[i] != '-')
            return false;
    return len >= 1 && len <= PAYLOAD_MOST;
}

static char *with_spaces(const char *text, size_t len, struct arena *arena)
{
    char *words = arena_strndup(arena, text, len);
    for (char *at; (at = strchr(words, '_'));)
        *at = ' ';
    return words;
}

static const char *start_words(const char *rest, size_t len, struct arena *arena)
{
    if (is_mark(rest, len))
        return "";
    const char *words = is_payload(rest, len) ? with_spaces(rest, len, arena)
                                              : arena_strndup(arena, rest, len);
    return words[strspn(words, " ")] ? words : "";
}

const char *telegram_command(const char *text, size_t len, struct arena *arena)
{
    size_t name = 1, at;
    if (len < 2 || text[0] != '/')
        return NULL;
    while (name < len && is_command_char(text[name]))
        name++;
    for (at = name; at < len && (text[at] == '@' || (at > name && is_command_char(text[at]))); at++)
        ;
    if (name == 1 || name > COMMAND_MOST + 1 || (at < len && text[at] != ' ' && text[at] != '\n'))
        return NULL;
    while (at < len && (text[at] == ' ' || text[at] == '\n'))
        at++;
    while (len > at && (text[len - 1] == ' ' || text[len - 1] == '\n'))
        len--;
    if (name == 6 && memcmp(text, "/start", 6) == 0)
        return start_words(text + at, len - at, arena);
    return arena_printf(arena, "%s%s%s", with_spaces(text + 1, name - 1, arena), at < len ? " " : "",
                        arena_strndup(arena, text + at, len - at));
}

/* ---- contents of a message ---- */

/* Kinds of content that cannot be read, as `kind` names them to the core. */
static const char *const unreadable[] = {
    "voice", "audio", "photo", "sticker", "video",      "video_note", "animation", "document", "contact",
    "poll",  "dice",  "game",  "story",   "paid_media", "checklist",  "invoice",   "gift",     "giveaway",
};

/* Contents with which Telegram tells what happened to a chat; nobody says anything with them. */
static const char *const service[] = {
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "users_shared",
    "chat_shared",
    "connected_website",
    "successful_payment",
    "refunded_payment",
    "passport_data",
    "proximity_alert_triggered",
    "chat_background_set",
    "boost_added",
    "web_app_data",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "unique_gift",
    "giveaway_created",
    "giveaway_winners",
    "giveaway_completed",
    "checklist_tasks_done",
    "checklist_tasks_added",
};

static const char *found_in(const json_t *message, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (member(message, names[i]))
            return names[i];
    return NULL;
}

static bool take_text(const json_t *message, const char *name, struct arena *arena,
                      struct telegram_update *update)
{
    struct event *event = &update->event;
    const char *text = text_of(message, name, CONTRACT_IN_LARGEST, arena, &event->text_len);
    if (!text)
        return false;
    const char *command = telegram_command(text, event->text_len, arena);
    event->kind = command && !*command ? EVENT_STARTED : EVENT_TEXT;
    event->text = event->kind == EVENT_TEXT ? command ? command : text : NULL;
    event->text_len = !event->text ? 0 : command ? strlen(command) : event->text_len;
    return true;
}

/* About a hundred metres: nobody needs to know the house. */
static double rounded(double degrees)
{
    const double steps = 1000;
    double scaled = degrees * steps;
    return (double)(int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5) / steps;
}

static bool take_location(const json_t *message, struct telegram_update *update)
{
    const json_t *venue = member(message, "venue");
    const json_t *location = member(venue ? venue : message, "location");
    const json_t *lat = member(location, "latitude"), *lon = member(location, "longitude");
    if (!json_is_number(lat) || !json_is_number(lon))
        return false;
    double north = json_number_value(lat), east = json_number_value(lon);
    if (!(north >= -90 && north <= 90 && east >= -180 && east <= 180))
        return false;
    update->event.kind = EVENT_LOCATION;
    update->event.lat = rounded(north);
    update->event.lon = rounded(east);
    return true;
}

/* What the message says. A caption is words too, and words come first. */
static void take_contents(const json_t *message, struct arena *arena, struct telegram_update *update)
{
    bool said = take_text(message, "text", arena, update) || take_text(message, "caption", arena, update);
    if (said && (!update->edit_date || update->event.kind == EVENT_TEXT))
        return;
    if (update->edit_date) { /* a live position that moves, a picture that was changed */
        update->kind = TELEGRAM_IGNORED;
        return;
    }
    if (take_location(message, update))
        return;
    const char *kind = found_in(message, unreadable, sizeof unreadable / sizeof *unreadable);
    if (!kind && found_in(message, service, sizeof service / sizeof *service)) {
        update->kind = TELEGRAM_IGNORED;
        return;
    }
    update->event.kind = EVENT_UNSUPPORTED;
    update->event.what = kind ? kind : "unknown";
    update->album = text_of(message, "media_group_id", ALBUM_MOST, arena, NULL);
}

/* ---- kinds of updates ---- */

static bool take_chat(const json_t *holder, struct telegram_update *update)
{
    const json_t *chat = member(holder, "chat");
    if (!json_is_integer(member(chat, "id")))
        return false;
    update->chat = whole(chat, "id");
    return true;
}

static bool is_private(const json_t *holder)
{
    const char *type = json_string_value(member(member(holder, "chat"), "type"));
    return type && strcmp(type, "private") == 0;
}

static void take_sender(const json_t *from, struct arena *arena, struct telegram_update *update)
{
    update->event.language = text_of(from, "language_code", LANGUAGE_MOST, arena, NULL);
    if (json_is_true(member(from, "is_bot")))
        update->kind = TELEGRAM_IGNORED;
}

static void take_group(const json_t *message, struct telegram_update *update)
{
    int64_t from = whole(message, "migrate_from_chat_id"), to = whole(message, "migrate_to_chat_id");
    update->kind = TELEGRAM_GROUPED;
    update->event.kind = EVENT_GROUP;
    update->migrated = from ? from : to;
}

static void take_message(const json_t *message, struct arena *arena, struct telegram_update *update)
{
    if (!take_chat(message, update))
        return;
    update->message_id = whole(message, "message_id");
    update->edit_date = whole(message, "edit_date");
    update->event.time = time_of(message, update->edit_date ? "edit_date" : "date");
    if (!is_private(message)) {
        take_group(message, update);
        return;
    }
    update->kind = TELEGRAM_MESSAGE;
    take_contents(message, arena, update);
    take_sender(member(message, "from"), arena, update);
}

static void take_buttons(const json_t *message, struct arena *arena, struct telegram_update *update)
{
    const json_t *rows = member(member(message, "reply_markup"), "inline_keyboard");
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r);
        for (size_t i = 0; i < json_array_size(row) && update->n_buttons < TELEGRAM_BUTTONS_MOST; i++) {
            const json_t *button = json_array_get(row, i);
            const char *label = text_of(button, "text", 1024, arena, NULL);
            const char *value = text_of(button, "callback_data", CONTRACT_VALUE_LARGEST, arena, NULL);
            if (label && value)
                update->buttons[update->n_buttons++] = (struct button){label, value};
        }
    }
}

/* A press has no time of its own: it is as old as the bridge's reading of it (0). */
static void take_press(const json_t *press, struct arena *arena, struct telegram_update *update)
{
    const json_t *message = member(press, "message");
    update->query = text_of(press, "id", QUERY_MOST, arena, NULL);
    update->kind = TELEGRAM_IGNORED;
    const char *data = text_of(press, "data", 4 * CONTRACT_VALUE_LARGEST, arena, NULL);
    if (!update->query || !data || !take_chat(message, update) || !is_private(message))
        return;
    update->kind = TELEGRAM_PRESS;
    update->event.kind = EVENT_CHOICE;
    update->event.choice = data;
    update->message_id = whole(message, "message_id");
    take_buttons(message, arena, update);
    take_sender(member(press, "from"), arena, update);
}

static bool is_member(const char *status)
{
    return strcmp(status, "left") && strcmp(status, "kicked");
}

static void take_member(const json_t *change, struct arena *arena, struct telegram_update *update)
{
    const char *status = json_string_value(member(member(change, "new_chat_member"), "status"));
    if (!status || !take_chat(change, update))
        return;
    update->event.time = time_of(change, "date");
    update->kind = TELEGRAM_MEMBER;
    update->event.kind = is_member(status) ? EVENT_UNBLOCKED : EVENT_BLOCKED;
    if (is_private(change))
        take_sender(member(change, "from"), arena, update);
    else if (is_member(status))
        take_group(change, update);
    else
        update->kind = TELEGRAM_IGNORED;
}

static void take_update(const json_t *object, struct arena *arena, struct telegram_update *update)
{
    static const struct {
        const char *name;
        void (*take)(const json_t *, struct arena *, struct telegram_update *);
    } kinds[] = {
        {"message", take_message},
        {"edited_message", take_message},
        {"callback_query", take_press},
        {"my_chat_member", take_member},
    };
    int64_t id = whole(object, "update_id");
    update->kind = TELEGRAM_STRANGE;
    if (id <= 0 || id == INT64_MAX)
        return;
    update->id = id;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const json_t *contents = member(object, kinds[i].name);
        if (!contents)
            continue;
        if (json_is_object(contents))
            kinds[i].take(contents, arena, update);
        return;
    }
    update->kind = TELEGRAM_IGNORED; /* of a kind that was not asked for */
}

int telegram_read_updates(const char *body, size_t len, struct arena *arena, struct telegram_update **updates,
                          size_t *count)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const json_t *result = member(root, "result");
    size_t n = json_array_size(result);
    int rc = json_is_true(member(root, "ok")) && json_is_array(result) ? 0 : -1;
    *count = 0;
    *updates = NULL;
    if (n > TELEGRAM_UPDATES_MOST)
        n = TELEGRAM_UPDATES_MOST; /* the rest comes again: it is not confirmed */
    if (rc == 0 && n)
        *updates = arena_alloc(arena, n * sizeof **updates);
    for (size_t i = 0; rc == 0 && i < n; i++)
        take_update(json_array_get(result, i), arena, &(*updates)[(*count)++]);
    json_decref(root);
    return rc;
}
