/* Rooms: coming when invited, looking who is there, filling gaps, following to a new room, making one that
 * can be read, leaving. A room does one such thing at a time, and each is tried again with growing pauses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/matrix_internal.h"

enum {
    TIMEOUT_MS = 60000, /* joining over federation is slow */
    FIRST_MS = 1000,
    MOST_MS = 60000,
    TRIES_MOST = 8,
    GAP_PAGES = 5,
    GROUP_MS = 15000, /* at the latest, a room of several is left */
    KNOWN_MS = 600000,
};
static const double invites_burst = 20, invites_a_second = 0.5;

/* ---- the table ---- */

struct room *rooms_find(struct matrix *matrix, const char *id)
{
    return map_get(&matrix->rooms.by_id, id, strlen(id));
}

struct room *rooms_get(struct matrix *matrix, const char *id)
{
    struct room *room = rooms_find(matrix, id);
    if (room)
        return room;
    size_t len = strlen(id);
    room = mem_new(1, sizeof *room + len + 1);
    memcpy(room->id, id, len + 1);
    room->matrix = matrix;
    TAILQ_INIT(&room->items);
    map_put(&matrix->rooms.by_id, room->id, len, room);
    TAILQ_INSERT_TAIL(&matrix->rooms.list, room, entry);
    return room;
}

static void set(char **text, const char *with)
{
    free(*text);
    *text = with ? mem_strdup(with) : NULL;
}

static void settle_items(struct matrix *matrix, struct room *room)
{
    for (struct item *item; (item = TAILQ_FIRST(&room->items));) {
        TAILQ_REMOVE(&room->items, item, in_room);
        sync_settle(matrix, item);
    }
    if (room->doing)
        sync_settle(matrix, room->doing);
    if (room->invitation)
        sync_settle(matrix, room->invitation);
    room->doing = room->invitation = NULL;
}

/* Whatever the room was doing, it does no longer. */
static void stop_doing(struct matrix *matrix, struct room *room)
{
    if (room->call)
        http_cancel(matrix->http, room->call);
    room->call = NULL;
    settle_items(matrix, room);
}

static void forget(struct matrix *matrix, struct room *room)
{
    char **const texts[] = {&room->other, &room->server, &room->invited, &room->moved_from, &room->yes_value};
    stop_doing(matrix, room);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(*texts[i]);
    for (size_t i = 0; i < SAID_MOST; i++)
        free(room->said[i]);
    map_remove(&matrix->rooms.by_id, room->id, strlen(room->id));
    TAILQ_REMOVE(&matrix->rooms.list, room, entry);
    free(room);
}

void rooms_init(struct matrix *matrix, int64_t now)
{
    matrix->rooms.by_id = MAP_INIT;
    TAILQ_INIT(&matrix->rooms.list);
    matrix->rooms.invites = pace_full(invites_burst, invites_a_second, now);
}

void rooms_free(struct matrix *matrix)
{
    for (struct room *room; (room = TAILQ_FIRST(&matrix->rooms.list));)
        forget(matrix, room);
    map_free(&matrix->rooms.by_id);
}

void rooms_changed(struct room *room)
{
    room->stale = true;
    if (room->phase == ROOM_ASKING || room->phase == ROOM_READING || room->phase == ROOM_LEAVING)
        return;
    room->phase = ROOM_NEW;
    room->due = 0;
    room->attempts = 0;
}

void rooms_leave(struct room *room, int64_t after_ms)
{
    int64_t now = clock_mono_ms();
    if (after_ms) {
        room->leave_at = room->leave_at ? room->leave_at : now + after_ms;
        return;
    }
    room->phase = ROOM_LEAVING;
    room->due = now;
    room->attempts = 0;
}

/* ---- invitations ---- */

static bool is_allowed(const struct matrix *matrix, const char *sender)
{
    const char *list = settings_text(matrix->settings, "matrix.allowed_servers"),
               *server = strchr(sender, ':');
    size_t len = server ? strlen(server + 1) : 0;
    if (!*list)
        return true;
    for (const char *at = list; *at && server;) {
        size_t word = strcspn(at, " ,");
        if (word == len && strncmp(at, server + 1, len) == 0)
            return true;
        at += word;
        at += strspn(at, " ,");
    }
    return false;
}

void rooms_invited(struct matrix *matrix, struct batch *batch, const struct matrix_invite *invite)
{
    struct room *room = rooms_get(matrix, invite->room);
    const char *server = strchr(invite->sender, ':');
    if (room->phase == ROOM_INVITED || room->phase == ROOM_JOINING)
        return;
    matrix->counts.invites++;
    set(&room->server, server ? server + 1 : NULL);
    set(&room->invited, matrix_hash_id(matrix, "invited", invite->room,
                                       invite->id ? invite->id : invite->sender, &batch->arena));
    room->attempts = 0;
    if (!room->invitation)
        room->invitation = sync_item(batch, NULL);
    if (is_allowed(matrix, invite->sender)) {
        room->phase = ROOM_INVITED;
        room->due = 0;
    } else {
        matrix->counts.invites_refused++;
        rooms_leave(room, 0);
    }
}

/* The bot was put out, or the invitation was taken back. The person cannot be reached here any more. */
void rooms_left(struct matrix *matrix, struct batch *batch, const char *id)
{
    struct room *room = rooms_find(matrix, id);
    bool own = room && (room->phase == ROOM_LEAVING || room->phase == ROOM_GONE || room->phase == ROOM_LEFT);
    bool never_came = room && (room->phase == ROOM_INVITED || room->phase == ROOM_JOINING);
    if (!own && !never_came) {
        room = rooms_get(matrix, id);
        struct event blocked = {.kind = EVENT_BLOCKED, .time = clock_wall_ms()};
        blocked.id = matrix_hash_id(matrix, "left", id, matrix->stream.since ? matrix->stream.since : "",
                                    &batch->arena);
        struct item *item = sync_item(batch, NULL);
        if (!event_tell(matrix, room, &blocked, item))
            sync_settle(matrix, item);
    }
    if (room && room->phase != ROOM_GONE && room->phase != ROOM_LEFT) {
        stop_doing(matrix, room);
        room->phase = ROOM_GONE;
        room->due = 0;
    }
}

/* ---- requests: each has a function that begins it and one that takes its answer ---- */

void rooms_again(struct room *room)
{
    room->due = clock_mono_ms() + pace_backoff(++room->attempts, FIRST_MS, MOST_MS);
}

bool rooms_may_try(const struct room *room, enum matrix_error error)
{
    if (error == MATRIX_SERVER || error == MATRIX_TOKEN || error == MATRIX_LOCKED || error == MATRIX_LIMITED)
        return true;
    return room->attempts < TRIES_MOST && error != MATRIX_FORBIDDEN;
}

enum matrix_error rooms_landed(struct room *room, const struct http_answer *http)
{
    struct matrix_answer answer;
    room->call = NULL;
    enum matrix_error error = matrix_judge(room->matrix, http, &answer);
    if (error == MATRIX_LIMITED) {
        room->matrix->counts.rate_limited++;
        room->due = clock_mono_ms() + (answer.retry_ms ? answer.retry_ms : FIRST_MS);
    }
    return error;
}

void rooms_begin(struct room *room, const char *method, const char *const *parts, size_t n, const char *query,
                 http_done *done)
{
    room->call = matrix_call(room->matrix, method, parts, n, query, TIMEOUT_MS, done, room);
}

/* ---- joining ---- */

/* Who is there is known: the core hears that a chat was opened, that the one of a former room goes on here,
 * or that this is a room of several. */
static void came(struct room *room)
{
    struct matrix *matrix = room->matrix;
    char token[TOKEN_SIZE];
    struct event event = {.kind = EVENT_STARTED, .time = clock_wall_ms(), .id = room->invited};
    if (room->members > 2) {
        event.kind = EVENT_GROUP;
        event.id = matrix_hash_id(matrix, "group", room->id, "", &room->invitation->batch->arena);
        rooms_leave(room, GROUP_MS);
    } else if (room->takes_place && bridge_token(matrix->bridge, room->moved_from, token) == 0) {
        event.kind = EVENT_MOVED;
        event.from = token;
    }
    if (event_tell(matrix, room, &event, room->invitation))
        room->invitation = NULL;
    else
        rooms_again(room);
}

static void ask_who(struct room *room)
{
    room->matrix->counts.joins++;
    room->phase = ROOM_NEW;
    room->due = 0;
    room->attempts = 0;
}

/* A room takes the place of another only where it says so itself: else a stranger's tombstone could lead one
 * person's chat into another's room. */
static void predecessor_known(void *user, const struct http_answer *http)
{
    struct room *room = user;
    struct matrix *matrix = room->matrix;
    enum matrix_error error = rooms_landed(room, http);
    if (error == MATRIX_NONE || !rooms_may_try(room, error)) {
        const char *former = error == MATRIX_NONE
                                 ? matrix_read_predecessor(http->body, http->len, &matrix->scratch)
                                 : NULL;
        room->takes_place = former && strcmp(former, room->moved_from) == 0;
        ask_who(room);
    } else {
        room->phase = ROOM_INVITED; /* joining once more does no harm */
        if (error != MATRIX_LIMITED)
            rooms_again(room);
    }
    arena_reset(&matrix->scratch);
}

static void ask_predecessor(struct room *room)
{
    const char *const parts[] = {"rooms", room->id, "state", "m.room.create"};
    rooms_begin(room, "GET", parts, 4, NULL, predecessor_known);
}

static void joined(void *user, const struct http_answer *http)
{
    struct room *room = user;
    struct matrix *matrix = room->matrix;
    enum matrix_error error = rooms_landed(room, http);
    arena_reset(&matrix->scratch);
    if (error == MATRIX_NONE && room->moved_from) {
        ask_predecessor(room);
    } else if (error == MATRIX_NONE) {
        ask_who(room);
    } else if (rooms_may_try(room, error)) {
        room->phase = ROOM_INVITED;
        if (error != MATRIX_LIMITED)
            rooms_again(room);
    } else {
        log_warn("a room that the bot was invited to cannot be joined");
        settle_items(matrix, room);
        rooms_leave(room, 0);
    }
}

static void join(struct room *room, int64_t now)
{
    struct matrix *matrix = room->matrix;
    const char *const parts[] = {"join", room->id};
    int64_t due = pace_due(&matrix->rooms.invites, 1, now);
    if (due > now) {
        room->due = due;
        return;
    }
    pace_take(&matrix->rooms.invites, 1, now);
    room->phase = ROOM_JOINING;
    buf_add_str(&matrix->body, "{}");
    const char *query = room->server ? arena_printf(&matrix->scratch, "?server_name=%s",
                                                    matrix_escape(room->server, &matrix->scratch))
                                     : NULL;
    rooms_begin(room, "POST", parts, 2, query, joined);
    arena_reset(&matrix->scratch);
}

void rooms_follow(struct room *room, const struct matrix_event *tombstone, struct item *item)
{
    struct matrix *matrix = room->matrix;
    struct room *fresh = rooms_get(matrix, tombstone->target);
    const char *server = strchr(tombstone->sender, ':');
    if (fresh != room && fresh->phase == ROOM_NEW && !fresh->invitation) {
        set(&fresh->server, server ? server + 1 : NULL);
        set(&fresh->invited, matrix_hash_id(matrix, "moved", room->id, fresh->id, &item->batch->arena));
        set(&fresh->moved_from, room->id);
        fresh->invitation = item; /* settled when the core knows */
        fresh->phase = ROOM_INVITED;
        fresh->due = 0;
    } else {
        sync_settle(matrix, item);
    }
    if (fresh != room)
        rooms_leave(room, 60 * CLOCK_SECOND);
}

/* ---- who is there ---- */

static void members_known(void *user, const struct http_answer *http)
{
    struct room *room = user;
    struct matrix *matrix = room->matrix;
    const char *other = NULL;
    enum matrix_error error = rooms_landed(room, http);
    if (error == MATRIX_NONE && matrix_read_members(http->body, http->len, matrix->session.user,
                                                    &matrix->scratch, &room->members, &other) == 0) {
        set(&room->other, other);
        room->phase = room->stale ? ROOM_NEW : ROOM_OPEN;
        room->attempts = 0;
        if (room->invitation && room->phase == ROOM_OPEN)
            came(room);
    } else if (rooms_may_try(room, error)) {
        room->phase = ROOM_NEW;
        if (error != MATRIX_LIMITED)
            rooms_again(room);
    } else { /* not in it any more; /sync tells of it too */
        settle_items(matrix, room);
        room->phase = ROOM_GONE;
    }
    arena_reset(&matrix->scratch);
}

static void ask_members(struct room *room)
{
    const char *const parts[] = {"rooms", room->id, "joined_members"};
    room->phase = ROOM_ASKING;
    room->stale = false;
    rooms_begin(room, "GET", parts, 3, NULL, members_known);
}

/* ---- gaps ---- */

/* What is older stands before what was read already. */
static void take_older(struct room *room, const struct matrix_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == MATRIX_IGNORED)
            continue;
        struct item *item = sync_item(room->doing->batch, &events[i]);
        TAILQ_INSERT_HEAD(&room->items, item, in_room);
    }
}

static void read_page(struct room *room);

static void end_gap(struct room *room)
{
    struct item *gap = room->doing;
    room->doing = NULL;
    room->phase = room->stale ? ROOM_NEW : ROOM_OPEN;
    room->attempts = 0;
    sync_settle(room->matrix, gap);
}

static void page_read(void *user, const struct http_answer *http)
{
    struct room *room = user;
    struct matrix *matrix = room->matrix;
    struct matrix_event *events;
    const char *end = NULL;
    size_t count = 0;
    enum matrix_error error = rooms_landed(room, http);
    arena_reset(&matrix->scratch);
    if (error == MATRIX_NONE &&
        matrix_read_messages(http->body, http->len, matrix->session.user, &room->doing->batch->arena, &events,
                             &count, &end) == 0) {
        take_older(room, events, count);
        room->gap_at = end;
        room->gap_pages++;
        if (!end || room->gap_pages >= GAP_PAGES)
            end_gap(room);
        else
            read_page(room);
    } else if (rooms_may_try(room, error)) {
        if (error != MATRIX_LIMITED)
            rooms_again(room); /* run_room reads on */
    } else {
        log_warn("messages that a room's stream left out cannot be read");
        end_gap(room);
    }
}

static void read_page(struct room *room)
{
    struct matrix *matrix = room->matrix;
    const char *const parts[] = {"rooms", room->id, "messages"};
    const char *query = arena_printf(&matrix->scratch, "?dir=b&limit=%d&from=%s&to=%s", MATRIX_GAP_PAGE,
                                     matrix_escape(room->gap_at, &matrix->scratch),
                                     matrix_escape(room->doing->gap_to, &matrix->scratch));
    rooms_begin(room, "GET", parts, 3, query, page_read);
    arena_reset(&matrix->scratch);
}

void rooms_read_gap(struct room *room, struct item *gap)
{
    room->phase = ROOM_READING;
    room->doing = gap;
    room->gap_at = gap->gap_from;
    room->gap_pages = 0;
    room->attempts = 0;
    read_page(room);
}

/* ---- leaving ---- */

static void left(void *user, const struct http_answer *http)
{
    struct room *room = user;
    enum matrix_error error = rooms_landed(room, http);
    arena_reset(&room->matrix->scratch);
    if (error == MATRIX_LIMITED)
        return;
    if (error != MATRIX_NONE && rooms_may_try(room, error)) {
        rooms_again(room);
        return;
    }
    room->matrix->counts.leaves += error == MATRIX_NONE;
    settle_items(room->matrix, room);
    room->phase = ROOM_GONE;
}

static void leave(struct room *room)
{
    const char *const parts[] = {"rooms", room->id, "leave"};
    buf_add_str(&room->matrix->body, "{}");
    rooms_begin(room, "POST", parts, 3, NULL, left);
}

static void leave_behind(struct room *room)
{
    const char *const parts[] = {"rooms", room->id, "forget"};
    struct matrix *matrix = room->matrix;
    buf_add_str(&matrix->body, "{}");
    matrix_touch(matrix, "POST", parts, 3);
    room->phase = ROOM_LEFT;
    room->due = clock_mono_ms() + KNOWN_MS;
}

/* ---- the wait ---- */

/* When the room has something to do; NEVER: nothing. */
static int64_t room_due(const struct room *room)
{
    if (room->call)
        return NEVER;
    switch (room->phase) {
    case ROOM_NEW:
        return TAILQ_EMPTY(&room->items) && !room->invitation ? NEVER : room->due;
    case ROOM_OPEN:
        if (room->invitation)
            return room->due;
        return !TAILQ_EMPTY(&room->items) ? room->due : room->leave_at ? room->leave_at : NEVER;
    default:
        return room->due;
    }
}

static void run_room(struct matrix *matrix, struct room *room, int64_t now)
{
    switch (room->phase) {
    case ROOM_INVITED:
        join(room, now);
        break;
    case ROOM_LEAVING:
        leave(room);
        break;
    case ROOM_GONE:
        leave_behind(room);
        break;
    case ROOM_LEFT:
        forget(matrix, room);
        break;
    case ROOM_NEW:
        ask_members(room);
        break;
    case ROOM_OPEN:
        if (room->invitation)
            came(room);
        else if (TAILQ_EMPTY(&room->items))
            rooms_leave(room, 0);
        else
            event_run_room(matrix, room);
        break;
    case ROOM_READING:
        read_page(room);
        break;
    case ROOM_ASKING:
    case ROOM_JOINING:
        break;
    }
}

void rooms_run(struct matrix *matrix, int64_t now)
{
    struct room *room, *next;
    for (room = TAILQ_FIRST(&matrix->rooms.list); room; room = next) {
        next = TAILQ_NEXT(room, entry);
        for (enum room_phase before = ROOM_LEFT + 1; room_due(room) <= now && matrix_ready(matrix, now);) {
            bool last = room->phase == ROOM_LEFT || room->phase == before;
            before = room->phase;
            run_room(matrix, room, now);
            if (last)
                break; /* forgotten, or not a step further */
        }
    }
}

int64_t rooms_due(const struct matrix *matrix)
{
    const struct room *room;
    int64_t due = NEVER;
    TAILQ_FOREACH(room, &matrix->rooms.list, entry)
    due = room_due(room) < due ? room_due(room) : due;
    return due > matrix->health.pause_until || due == NEVER ? due : matrix->health.pause_until;
}
