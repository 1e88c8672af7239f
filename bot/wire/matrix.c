/* Requests and small answers of the client-server API; events are read in matrix_event.c. */
#include "wire/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "wire/http.h"
#include "wire/matrix_json.h"

const char *matrix_text(const json_t *object, const char *name, size_t most, struct arena *arena)
{
    const json_t *value = json_object_get(object, name);
    bool whole = !memchr(json_is_string(value) ? json_string_value(value) : "", '\0',
                         json_string_length(value));
    return whole ? json_text(object, name, most, arena) : NULL;
}

/* ---- answers ---- */

static enum matrix_error error_of(int status, const char *code)
{
    static const struct {
        const char *code;
        enum matrix_error error;
    } codes[] = {
        {"M_LIMIT_EXCEEDED", MATRIX_LIMITED},  {"M_UNKNOWN_TOKEN", MATRIX_TOKEN},
        {"M_MISSING_TOKEN", MATRIX_TOKEN},     {"M_USER_LOCKED", MATRIX_LOCKED},
        {"M_USER_DEACTIVATED", MATRIX_LOCKED}, {"M_USER_SUSPENDED", MATRIX_LOCKED},
        {"M_FORBIDDEN", MATRIX_FORBIDDEN},     {"M_GUEST_ACCESS_FORBIDDEN", MATRIX_FORBIDDEN},
        {"M_NOT_FOUND", MATRIX_NOT_FOUND},     {"M_TOO_LARGE", MATRIX_TOO_LARGE},
    };
    if (status == 429)
        return MATRIX_LIMITED;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].code, code) == 0)
            return codes[i].error;
    return status >= 400 && status < 500 && *code ? MATRIX_OTHER : MATRIX_SERVER;
}

/* No server asks for more than a week in earnest. */
static int64_t waiting(int64_t ms)
{
    const int64_t most = INT64_C(7) * 86400 * 1000;
    return ms < 0 ? 0 : ms < most ? ms : most;
}

void matrix_read_answer(int status, const char *body, size_t len, int64_t retry_after, struct arena *arena,
                        struct matrix_answer *answer)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const char *code = matrix_text(root, "errcode", 64, arena);
    json_int_t retry_ms = json_integer_value(json_object_get(root, "retry_after_ms"));
    *answer = (struct matrix_answer){.code = code ? code : ""};
    if (status < 200 || status > 299)
        answer->error = error_of(status, answer->code);
    else if (!root)
        answer->error = MATRIX_SERVER;
    if (answer->error == MATRIX_LIMITED) /* the header is the newer form */
        answer->retry_ms = waiting(retry_after > 0 && retry_after < 1000000 ? 1000 * retry_after : retry_ms);
    answer->soft = json_is_true(json_object_get(root, "soft_logout"));
    json_decref(root);
}

/* `v1.3` and later ones; the bridge uses nothing newer than v1.1, and r0.6 had the same under another path.
 */
bool matrix_read_versions(const char *body, size_t len)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const json_t *versions = json_object_get(root, "versions");
    bool known = false;
    for (size_t i = 0; i < json_array_size(versions) && !known; i++) {
        const char *version = json_string_value(json_array_get(versions, i));
        known = version && strncmp(version, "v1.", 3) == 0;
    }
    json_decref(root);
    return known;
}

int matrix_read_login(const char *body, size_t len, struct arena *arena, struct matrix_login *login)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    login->user = matrix_text(root, "user_id", MATRIX_ID_MOST, arena);
    login->device = matrix_text(root, "device_id", MATRIX_ID_MOST, arena);
    login->token = matrix_text(root, "access_token", MATRIX_TOKEN_MOST, arena);
    json_decref(root);
    return login->user ? 0 : -1;
}

const char *matrix_read_text(const char *body, size_t len, const char *name, struct arena *arena)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const char *text = matrix_text(root, name, MATRIX_ID_MOST, arena);
    json_decref(root);
    return text;
}

const char *matrix_read_predecessor(const char *body, size_t len, struct arena *arena)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    const char *former = matrix_text(json_object_get(root, "predecessor"), "room_id", MATRIX_ID_MOST, arena);
    json_decref(root);
    return former;
}

int matrix_read_members(const char *body, size_t len, const char *self, struct arena *arena, int *count,
                        const char **other)
{
    json_t *root = json_read_mended(body, len, HTTP_BODY_MOST);
    json_t *joined = json_object_get(root, "joined");
    const char *user;
    json_t *value;
    *other = NULL;
    *count = (int)json_object_size(joined);
    json_object_foreach(joined, user, value)
    {
        if (strcmp(user, self) && strlen(user) <= MATRIX_ID_MOST)
            *other = arena_strdup(arena, user);
    }
    int rc = json_is_object(joined) ? 0 : -1;
    json_decref(root);
    return rc;
}

/* ---- requests ---- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
}

void matrix_write_path(struct buf *out, const char *const *parts, size_t count)
{
    buf_add_str(out, "/_matrix/client/v3");
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, '/');
        for (const char *at = parts[i]; *at; at++) {
            if (is_plain(*at))
                buf_add_char(out, *at);
            else
                buf_addf(out, "%%%02X", (unsigned)(unsigned char)*at);
        }
    }
}

void matrix_write_login(const char *user, const char *password, const char *device, struct buf *out)
{
    json_t *root = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s}", "type", "m.login.password", "identifier",
                             "type", "m.id.user", "user", user, "password", password,
                             "initial_device_display_name", "selvhjelpsbot");
    if (device)
        json_object_set_new(root, "device_id", json_string(device));
    json_write(root, out);
}

void matrix_write_filter(struct buf *out)
{
    json_t *timeline = json_pack("[s, s, s, s, s, s, s, s, s]", "m.room.message", "m.room.encrypted",
                                 "m.reaction", "m.sticker", "m.room.member", "m.room.tombstone",
                                 "m.room.create", "m.poll.start", "org.matrix.msc3381.poll.start");
    json_t *none = json_array();
    json_t *root = json_pack("{s:{s:O}, s:{s:O}, s:{s:{s:o, s:i}, s:{s:[s], s:b}, s:{s:O}, s:{s:O}, s:b}}",
                             "presence", "types", none, "account_data", "types", none, "room", "timeline",
                             "types", timeline, "limit", 50, "state", "types", "m.room.member",
                             "lazy_load_members", 1, "ephemeral", "types", none, "account_data", "types",
                             none, "include_leave", 0);
    json_decref(none);
    json_write(root, out);
}

/* Bytes that a text has in JSON. */
static size_t size_in_json(const char *text)
{
    size_t size = 0;
    for (; *text; text++)
        size += (unsigned char)*text < ' ' ? 6 : *text == '"' || *text == '\\' ? 2 : 1;
    return size;
}

void matrix_write_notice(const char *text, const char *html, struct buf *out)
{
    json_t *root = json_pack("{s:s, s:s}", "msgtype", "m.notice", "body", text);
    json_t *formatted = html ? json_string(html) : NULL; /* NULL too where it is no UTF-8 */
    if (formatted && size_in_json(text) + size_in_json(html) < MATRIX_EVENT_MOST) {
        json_object_set_new(root, "format", json_string("org.matrix.custom.html"));
        json_object_set(root, "formatted_body", formatted);
    }
    json_decref(formatted);
    json_write(root, out);
}

void matrix_write_typing(bool typing, int64_t ms, struct buf *out)
{
    json_t *root = json_pack("{s:b}", "typing", (int)typing);
    if (typing)
        json_object_set_new(root, "timeout", json_integer((json_int_t)ms));
    json_write(root, out);
}

void matrix_write_room(const char *invited, const char *name, const char *replaces, struct buf *out)
{
    json_write(json_pack("{s:s, s:[s], s:b, s:s, s:{s:s}}", "preset", "trusted_private_chat", "invite",
                         invited, "is_direct", 1, "name", name, "creation_content", MATRIX_REPLACES,
                         replaces),
               out);
}
