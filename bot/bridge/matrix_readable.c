/* Rooms with encryption: the person is told so, and once invited to a room that can be read. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bridge/matrix_internal.h"

/* Once a day, and not for each message: what the core says of it does not change. */
static bool tell_encrypted(struct room *room, struct item *item, const char *kind)
{
    struct matrix *matrix = room->matrix;
    char day[24];
    snprintf(day, sizeof day, "%lld", (long long)(item->event->time / CLOCK_DAY));
    struct event event = {.kind = EVENT_ENCRYPTED, .time = item->event->time, .what = kind};
    event.id = matrix_hash_id(matrix, "encrypted", room->id, day, &item->batch->arena);
    matrix->counts.encrypted++;
    return event_tell(matrix, room, &event, item);
}

enum { READABLE_REFUSED = 1, READABLE_MADE = 2 }; /* values in JOURNAL_READABLE */

static int readable_state(struct matrix *matrix, const struct room *room)
{
    char token[TOKEN_SIZE];
    if (bridge_token(matrix->bridge, room->id, token))
        return READABLE_REFUSED;
    return journal_get(bridge_journal(matrix->bridge), JOURNAL_READABLE, token, NULL);
}

static void note_readable(struct matrix *matrix, const char *room_id, int state)
{
    char token[TOKEN_SIZE];
    if (bridge_token(matrix->bridge, room_id, token) == 0)
        journal_mark(bridge_journal(matrix->bridge), JOURNAL_READABLE, token, state, clock_wall_ms());
}

/* The chat goes on in the new room. It is the stream that tells, so that nothing is lost when the program
 * dies between making the room and telling the core. */
void readable_made(struct matrix *matrix, struct batch *batch, const char *room_id, const char *encrypted_id)
{
    char token[TOKEN_SIZE];
    if (bridge_token(matrix->bridge, encrypted_id, token))
        return;
    struct item *item = sync_item(batch, NULL);
    struct event moved = {.kind = EVENT_MOVED, .time = clock_wall_ms(), .from = token};
    moved.id = matrix_hash_id(matrix, "moved", encrypted_id, room_id, &batch->arena);
    if (event_tell(matrix, rooms_get(matrix, room_id), &moved, item))
        return;
    log_warn("a new room is not told of: the core takes nothing");
    sync_settle(matrix, item);
}

static void room_made(void *user, const struct http_answer *http)
{
    struct room *room = user;
    struct matrix *matrix = room->matrix;
    struct item *item = room->doing;
    enum matrix_error error = rooms_landed(room, http);
    const char *id = error == MATRIX_NONE
                         ? matrix_read_text(http->body, http->len, "room_id", &matrix->scratch)
                         : NULL;
    bool again_later = !id && error != MATRIX_NONE && rooms_may_try(room, error) && error != MATRIX_OTHER;
    room->doing = NULL;
    room->phase = room->stale ? ROOM_NEW : ROOM_OPEN;
    if (again_later && error != MATRIX_LIMITED)
        rooms_again(room);
    matrix->counts.rooms_made += id != NULL;
    if (!again_later) /* not again for each message */
        note_readable(matrix, room->id, id ? READABLE_MADE : READABLE_REFUSED);
    if (again_later || !tell_encrypted(room, item, id ? "invited" : NULL))
        TAILQ_INSERT_HEAD(&room->items, item, in_room);
    arena_reset(&matrix->scratch);
}

bool rooms_make_readable(struct room *room, struct item *item)
{
    struct matrix *matrix = room->matrix;
    const char *const parts[] = {"createRoom"};
    int state = readable_state(matrix, room);
    if (state || !room->other)
        return tell_encrypted(room, item, state == READABLE_MADE ? "invited" : NULL);
    room->doing = item;
    room->phase = ROOM_ASKING;
    room->stale = false;
    matrix_write_room(room->other, "Selvhjelp (uten kryptering)", room->id, &matrix->body);
    rooms_begin(room, "POST", parts, 1, NULL, room_made);
    return true;
}
