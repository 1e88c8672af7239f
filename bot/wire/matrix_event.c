/* Events of the client-server API: from JSON to what a bridge needs to know of each. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/contract.h"
#include "wire/http.h"
#include "wire/matrix.h"
#include "wire/matrix_json.h"

static const json_t *member(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

/* ---- text ---- */

/* A reply begins with what it answers, in lines that start with `> `, and an empty line (spec, rich replies,
 * the fallback of before v1.13); the person's own words stand behind it. */
static const char *without_quote(const char *text)
{
    const char *at = text;
    while (strncmp(at, "> ", 2) == 0 || strncmp(at, ">\n", 2) == 0) {
        const char *end = strchr(at, '\n');
        if (!end)
            return text;
        at = end + 1;
    }
    if (at != text && *at == '\n')
        at++;
    return *at ? at : text;
}

static bool is_reply(const json_t *content)
{
    return member(member(content, "m.relates_to"), "m.in_reply_to") != NULL;
}

static void take_unreadable(struct matrix_event *event, const char *what)
{
    event->kind = MATRIX_UNREADABLE;
    event->what = what;
}

static void take_text(const json_t *content, const json_t *outer, struct arena *arena,
                      struct matrix_event *event)
{
    const json_t *body = member(content, "body");
    size_t len = json_string_length(body);
    if (!json_is_string(body) || len > CONTRACT_IN_LARGEST) {
        take_unreadable(event, "unknown");
        return;
    }
    char *text = arena_bytes(arena, len + 1);
    memcpy(text, json_string_value(body), len);
    text[len] = '\0';
    for (char *nul; (nul = memchr(text, '\0', len));)
        *nul = ' ';
    event->kind = MATRIX_TEXT;
    event->text = is_reply(outer) || is_reply(content) ? without_quote(text) : text;
    event->text_len = strlen(event->text);
}

/* ---- locations ---- */

static bool read_number(const char **at, double least, double most, double *number)
{
    char *end;
    if (!strchr("-0123456789", **at))
        return false;
    *number = strtod(*at, &end);
    if (end == *at || strspn(*at, "-.0123456789") != (size_t)(end - *at))
        return false;
    *at = end;
    return *number >= least && *number <= most;
}

/* `geo:59.91,10.75`, then perhaps an altitude and parameters (RFC 5870). Latitude first, unlike GeoJSON. */
static bool read_geo(const char *uri, double *lat, double *lon)
{
    double altitude;
    const char *at = uri;
    if (strncmp(at, "geo:", 4))
        return false;
    at += 4;
    if (!read_number(&at, -90, 90, lat) || *at++ != ',' || !read_number(&at, -180, 180, lon))
        return false;
    if (*at == ',') {
        at++;
        if (!read_number(&at, -1e6, 1e6, &altitude))
            return false;
    }
    return *at == '\0' || *at == ';';
}

/* About a hundred metres: nobody needs to know the house. */
static double rounded(double degrees)
{
    return round(degrees * 1000) / 1000;
}

static void take_location(const json_t *content, struct arena *arena, struct matrix_event *event)
{
    const char *uri = matrix_text(content, "geo_uri", 256, arena);
    double lat, lon;
    event->kind = MATRIX_UNREADABLE;
    event->what = "location";
    if (!uri || !read_geo(uri, &lat, &lon))
        return;
    event->kind = MATRIX_LOCATION;
    event->lat = rounded(lat);
    event->lon = rounded(lon);
}

/* ---- messages ---- */

static const struct {
    const char *type, *what;
} unreadable[] = {
    {"m.audio", "voice"},
    {"m.image", "photo"},
    {"m.video", "video"},
    {"m.file", "document"},
};

/* A notice is a bot's and is never answered. */
static void take_content(const json_t *content, const json_t *outer, struct arena *arena,
                         struct matrix_event *event)
{
    const char *type = json_string_value(member(content, "msgtype"));
    if (!type || strcmp(type, "m.notice") == 0)
        return;
    if (strcmp(type, "m.text") == 0 || strcmp(type, "m.emote") == 0) {
        take_text(content, outer, arena, event);
        return;
    }
    if (strcmp(type, "m.location") == 0) {
        take_location(content, arena, event);
        return;
    }
    event->kind = MATRIX_UNREADABLE;
    event->what = "unknown";
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++)
        if (strcmp(type, unreadable[i].type) == 0)
            event->what = unreadable[i].what;
}

static void take_message(const json_t *content, struct arena *arena, struct matrix_event *event)
{
    const json_t *relates = member(content, "m.relates_to"), *fresh = member(content, "m.new_content");
    const char *relation = json_string_value(member(relates, "rel_type"));
    if (!relation || strcmp(relation, "m.replace")) {
        take_content(content, content, arena, event);
        return;
    }
    event->edits = matrix_text(relates, "event_id", MATRIX_ID_MOST, arena);
    if (event->edits && json_is_object(fresh))
        take_content(fresh, content, arena, event);
    if (event->kind != MATRIX_TEXT)
        event->kind = MATRIX_IGNORED; /* a picture that was changed says nothing new */
}

static void take_reaction(const json_t *content, struct arena *arena, struct matrix_event *event)
{
    const json_t *relates = member(content, "m.relates_to");
    event->target = matrix_text(relates, "event_id", MATRIX_ID_MOST, arena);
    event->text = matrix_text(relates, "key", 64, arena);
    if (event->target && event->text) {
        event->kind = MATRIX_REACTION;
        event->text_len = strlen(event->text);
    }
}

/* ---- kinds of events ---- */

static void take_creation(const json_t *content, struct arena *arena, struct matrix_event *event)
{
    event->target = matrix_text(content, MATRIX_REPLACES, MATRIX_ID_MOST, arena);
    if (event->target)
        event->kind = MATRIX_CREATED;
}

static void take_kind(const json_t *object, const char *type, struct arena *arena, struct matrix_event *event)
{
    const json_t *content = member(object, "content");
    if (strcmp(type, "m.room.message") == 0) {
        take_message(content, arena, event);
    } else if (strcmp(type, "m.room.encrypted") == 0) {
        event->kind = MATRIX_ENCRYPTED;
    } else if (strcmp(type, "m.room.create") == 0) {
        take_creation(content, arena, event);
    } else if (strcmp(type, "m.reaction") == 0) {
        take_reaction(content, arena, event);
    } else if (strcmp(type, "m.sticker") == 0) {
        take_unreadable(event, "sticker");
    } else if (strstr(type, "poll.start")) {
        take_unreadable(event, "poll");
    } else if (strcmp(type, "m.room.member") == 0) {
        event->target = matrix_text(object, "state_key", MATRIX_ID_MOST, arena);
        event->what = matrix_text(content, "membership", 16, arena);
        if (event->target && event->what)
            event->kind = MATRIX_MEMBER;
    } else if (strcmp(type, "m.room.tombstone") == 0) {
        const char *key = json_string_value(member(object, "state_key"));
        event->target = matrix_text(content, "replacement_room", MATRIX_ID_MOST, arena);
        if (key && !*key && event->target && *event->target == '!')
            event->kind = MATRIX_TOMBSTONE;
    }
}

/* What the bot said itself says nothing to it, but where it came and went does. */
static void take_event(const json_t *object, const char *self, struct arena *arena,
                       struct matrix_event *event)
{
    const char *type = json_string_value(member(object, "type"));
    event->id = matrix_text(object, "event_id", MATRIX_ID_MOST, arena);
    event->sender = matrix_text(object, "sender", MATRIX_ID_MOST, arena);
    event->time = (int64_t)json_integer_value(member(object, "origin_server_ts"));
    if (!type || !event->id || !event->sender)
        return;
    take_kind(object, type, arena, event);
    bool own = strcmp(event->sender, self) == 0;
    if (own ? event->kind != MATRIX_MEMBER && event->kind != MATRIX_CREATED : event->kind == MATRIX_CREATED)
        event->kind = MATRIX_IGNORED;
}

static size_t take_events(const json_t *list, const char *self, struct arena *arena,
                          struct matrix_event **events)
{
    size_t count = json_array_size(list);
    count = count < MATRIX_EVENTS_MOST ? count : MATRIX_EVENTS_MOST;
    *events = count ? arena_alloc(arena, count * sizeof **events) : NULL;
    for (size_t i = 0; i < count; i++)
        take_event(json_array_get(list, i), self, arena, &(*events)[i]);
    return count;
}

/* ---- sync ---- */

static bool is_id(const char *text)
{
    return strlen(text) >= 1 && strlen(text) <= MATRIX_ID_MOST;
}

static void take_joined(const char *id, const json_t *room, const char *self, struct arena *arena,
                        struct matrix_room *out)
{
    const json_t *timeline = member(room, "timeline");
    json_int_t joined = json_integer_value(member(member(room, "summary"), "m.joined_member_count"));
    out->id = arena_strdup(arena, id);
    out->n_events = take_events(member(timeline, "events"), self, arena, &out->events);
    out->limited = json_is_true(member(timeline, "limited"));
    out->prev = matrix_text(timeline, "prev_batch", MATRIX_TOKEN_MOST, arena);
    out->members = joined > 0 && joined <= INT_MAX ? (int)joined : -1;
}

/* An invitation is told of by a few stripped events, unsigned; the one about us has its sender. */
static bool take_invite(const char *id, const json_t *room, const char *self, struct arena *arena,
                        struct matrix_invite *out)
{
    const json_t *events = member(member(room, "invite_state"), "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        const char *type = json_string_value(member(event, "type"));
        const char *target = json_string_value(member(event, "state_key"));
        if (!type || strcmp(type, "m.room.member") || !target || strcmp(target, self))
            continue;
        out->room = arena_strdup(arena, id);
        out->sender = matrix_text(event, "sender", MATRIX_ID_MOST, arena);
        out->id = matrix_text(event, "event_id", MATRIX_ID_MOST, arena);
        out->direct = json_is_true(member(member(event, "content"), "is_direct"));
        return out->sender != NULL;
    }
    return false;
}

static void take_rooms(json_t *rooms, const char *self, struct arena *arena, struct matrix_sync *sync)
{
    json_t *joined = json_object_get(rooms, "join"), *invited = json_object_get(rooms, "invite"),
           *left = json_object_get(rooms, "leave"), *room;
    const char *id;
    sync->joined = arena_alloc(arena, (json_object_size(joined) + 1) * sizeof *sync->joined);
    sync->invites = arena_alloc(arena, (json_object_size(invited) + 1) * sizeof *sync->invites);
    sync->left = arena_alloc(arena, (json_object_size(left) + 1) * sizeof *sync->left);
    json_object_foreach(joined, id, room)
    {
        if (is_id(id))
            take_joined(id, room, self, arena, &sync->joined[sync->n_joined++]);
    }
    json_object_foreach(invited, id, room)
    {
        if (is_id(id) && take_invite(id, room, self, arena, &sync->invites[sync->n_invites]))
            sync->n_invites++;
    }
    json_object_foreach(left, id, room)
    {
        if (is_id(id))
            sync->left[sync->n_left++] = arena_strdup(arena, id);
    }
}

int matrix_read_sync(const char *body, size_t len, const char *self, struct arena *arena,
                     struct matrix_sync *sync)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    memset(sync, 0, sizeof *sync);
    sync->next = matrix_text(root, "next_batch", MATRIX_TOKEN_MOST, arena);
    if (sync->next)
        take_rooms(json_object_get(root, "rooms"), self, arena, sync);
    json_decref(root);
    return sync->next ? 0 : -1;
}

int matrix_read_messages(const char *body, size_t len, const char *self, struct arena *arena,
                         struct matrix_event **events, size_t *count, const char **end)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const json_t *chunk = member(root, "chunk");
    *count = take_events(chunk, self, arena, events);
    *end = matrix_text(root, "end", MATRIX_TOKEN_MOST, arena);
    int rc = json_is_array(chunk) ? 0 : -1;
    json_decref(root);
    return rc;
}
