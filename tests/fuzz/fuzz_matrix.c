/* What a homeserver answers, and what notices are made of: what is read must be good for the core and for the
 * next request, and what is shown must be HTML that clients take. The input is a body, or CommonMark. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "../unit/allowed.h"
#include "wire/contract.h"
#include "wire/matrix.h"
#include "wire/matrix_html.h"

#define SELF "@bot:a.no"

static void demand(bool good)
{
    if (!good)
        __builtin_trap();
}

static bool is_id(const char *text)
{
    return text && strlen(text) <= MATRIX_ID_MOST;
}

/* The core takes what the bridge makes of it, where it is not too large. */
static void core_takes(const struct matrix_event *read, struct arena *arena)
{
    struct event event = {.id = "1", .time = 1}, again; /* the bridge mends odd ids */
    const char *id, *reason = NULL;
    struct buf out = BUF_INIT(256 * 1024);
    event.kind = read->kind == MATRIX_TEXT       ? EVENT_TEXT
                 : read->kind == MATRIX_LOCATION ? EVENT_LOCATION
                                                 : EVENT_UNSUPPORTED;
    event.text = read->text;
    event.text_len = read->text_len;
    event.what = read->what;
    event.lat = read->lat;
    event.lon = read->lon;
    contract_write_in(&event, &out);
    demand(buf_done(&out) == 0);
    if (out.len <= CONTRACT_IN_LARGEST) {
        demand(contract_read_in(buf_str(&out), out.len, arena, &again, &id, &reason) == 0);
        demand(again.kind == event.kind);
    }
    buf_free(&out);
}

static void try_event(const struct matrix_event *event, struct arena *arena)
{
    if (event->kind == MATRIX_IGNORED)
        return;
    demand(is_id(event->id) && is_id(event->sender));
    demand(!event->edits || (event->kind == MATRIX_TEXT && is_id(event->edits)));
    demand(strcmp(event->sender, SELF) != 0 || event->kind == MATRIX_MEMBER);
    if (event->kind == MATRIX_TEXT || event->kind == MATRIX_REACTION)
        demand(event->text && strlen(event->text) == event->text_len);
    if (event->kind == MATRIX_TEXT)
        demand(event->text_len <= CONTRACT_IN_LARGEST);
    if (event->kind == MATRIX_LOCATION)
        demand(fabs(event->lat) <= 90 && fabs(event->lon) <= 180);
    if (event->kind == MATRIX_UNREADABLE || event->kind == MATRIX_MEMBER)
        demand(event->what != NULL);
    if (event->kind == MATRIX_REACTION || event->kind == MATRIX_MEMBER || event->kind == MATRIX_TOMBSTONE)
        demand(is_id(event->target));
    if (event->kind == MATRIX_TEXT || event->kind == MATRIX_LOCATION || event->kind == MATRIX_UNREADABLE)
        core_takes(event, arena);
}

static void try_path(const char *part)
{
    struct buf path = BUF_INIT(4096);
    matrix_write_path(&path, &part, 1);
    demand(buf_done(&path) == 0);
    demand(strspn(buf_str(&path), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%/") ==
           path.len);
    buf_free(&path);
}

static void try_sync(const char *body, size_t len, struct arena *arena)
{
    struct matrix_sync sync;
    if (matrix_read_sync(body, len, SELF, arena, &sync)) {
        demand(sync.n_joined + sync.n_invites + sync.n_left == 0);
        return;
    }
    demand(sync.next && strlen(sync.next) <= MATRIX_TOKEN_MOST);
    for (size_t i = 0; i < sync.n_joined; i++) {
        const struct matrix_room *room = &sync.joined[i];
        demand(is_id(room->id) && *room->id && room->n_events <= MATRIX_EVENTS_MOST);
        demand(!room->prev || strlen(room->prev) <= MATRIX_TOKEN_MOST);
        try_path(room->id);
        for (size_t k = 0; k < room->n_events; k++)
            try_event(&room->events[k], arena);
    }
    for (size_t i = 0; i < sync.n_invites; i++)
        demand(is_id(sync.invites[i].room) && is_id(sync.invites[i].sender));
    for (size_t i = 0; i < sync.n_left; i++)
        demand(is_id(sync.left[i]));
}

static void try_small_answers(const char *body, size_t len, struct arena *arena)
{
    static const int statuses[] = {0, 200, 302, 400, 401, 403, 404, 413, 429, 500};
    struct matrix_answer answer;
    struct matrix_event *events;
    struct matrix_login login;
    const char *end, *other;
    size_t count;
    int members;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        matrix_read_answer(statuses[i], body, len, -1, arena, &answer);
        demand(answer.code && answer.retry_ms >= 0 && answer.retry_ms <= INT64_C(7) * 86400 * 1000);
        demand(statuses[i] == 200 || answer.error != MATRIX_NONE);
    }
    if (matrix_read_messages(body, len, SELF, arena, &events, &count, &end) == 0)
        for (size_t i = 0; i < count; i++)
            try_event(&events[i], arena);
    if (matrix_read_members(body, len, SELF, arena, &members, &other) == 0)
        demand(members >= 0 && (!other || (members > 0 && strcmp(other, SELF) && is_id(other))));
    demand(matrix_read_login(body, len, arena, &login) || login.user);
    matrix_read_versions(body, len);
    other = matrix_read_predecessor(body, len, arena);
    demand(!other || is_id(other));
    other = matrix_read_text(body, len, "event_id", arena);
    demand(!other || is_id(other));
}

/* As the bridge shows a reply; what the core sends is UTF-8. */
static void try_show(const char *markdown, size_t len, struct arena *arena)
{
    struct buf text = BUF_INIT(32 * 1024), html = BUF_INIT(128 * 1024), notice = BUF_INIT(256 * 1024);
    const char *label = arena_strndup(arena, markdown, len < 64 ? strcspn(markdown, "\n") : 0);
    const struct button buttons[] = {{"Ja", "a.1"}, {label, "a.2"}};
    if (strlen(markdown) != len || len > CONTRACT_OUT_LARGEST || !shown_is_utf8(markdown))
        return;
    if (matrix_show(markdown, buttons, 2, &text, &html) == 0) {
        demand(strstr(buf_str(&text), "\n1. Ja\n2. ") != NULL);
        demand(html.len == 0 || strstr(buf_str(&html), "<ol>\n<li>Ja</li>\n<li>") != NULL);
        matrix_write_notice(buf_str(&text), html.len ? buf_str(&html) : NULL, &notice);
        demand(buf_done(&notice) == 0);
    }
    demand(!allowed_fault(buf_str(&html)));
    buf_free(&text);
    buf_free(&html);
    buf_free(&notice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = ARENA_INIT;
    const char *body = arena_strndup(&arena, (const char *)bytes, len);
    try_sync(body, len, &arena);
    try_small_answers(body, len, &arena);
    try_show(body, len, &arena);
    arena_free(&arena);
    return 0;
}
