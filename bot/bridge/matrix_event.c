/* From an event of a room to what the core is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bridge/matrix_internal.h"

enum { FULL_MS = 500 }; /* until the bridge may have room again */

/* ---- telling ---- */

bool event_tell(struct matrix *matrix, struct room *room, struct event *event, struct item *item)
{
    if (event->time <= 0 || event->time > clock_wall_ms() + CLOCK_DAY)
        event->time = clock_wall_ms(); /* the sender's server may claim anything */
    enum bridge_take taken = bridge_take(matrix->bridge, room->id, event);
    if (taken == BRIDGE_FULL)
        return false;
    if (!item)
        return true;
    if (taken != BRIDGE_TAKEN || map_get(&matrix->stream.by_in_id, event->id, strlen(event->id))) {
        sync_settle(matrix, item); /* nothing is to come of it, or another item stands for the same */
        return true;
    }
    item->in_id = mem_strdup(event->id);
    map_put(&matrix->stream.by_in_id, item->in_id, strlen(item->in_id), item);
    return true;
}

/* Ids of rooms of the first versions may hold anything. */
static const char *fitting_id(struct matrix *matrix, const char *id, struct arena *arena)
{
    return !id || contract_id_fits(id) ? id : matrix_hash_id(matrix, "event", id, "", arena);
}

static bool tell_event(struct matrix *matrix, struct room *room, struct item *item, struct event *event)
{
    struct arena *arena = &item->batch->arena;
    event->id = fitting_id(matrix, item->event->id, arena);
    event->time = item->event->time;
    event->edits = fitting_id(matrix, item->event->edits, arena);
    item->room_id = arena_strdup(&item->batch->arena, room->id);
    if (!event_tell(matrix, room, event, item))
        return false;
    if (!event->edits && event->kind != EVENT_BLOCKED)
        typing_begin(&matrix->typing, room->id);
    return true;
}

/* ---- kinds ---- */

/* 👍, in any skin; other pictures are not words. */
static bool is_yes(const char *text)
{
    return strncmp(text, "\U0001F44D", 4) == 0;
}

static bool take_reaction(struct matrix *matrix, struct room *room, struct item *item)
{
    const struct matrix_event *event = item->event;
    if (!is_yes(event->text) || !room->yes_value || !room->said[0] || strcmp(room->said[0], event->target)) {
        matrix->counts.ignored++;
        sync_settle(matrix, item);
        return true;
    }
    return tell_event(matrix, room, item, &(struct event){.kind = EVENT_CHOICE, .choice = room->yes_value});
}

/* A room of several: told of once, and left when the core's answer has been sent. */
static bool take_group(struct matrix *matrix, struct room *room, struct item *item)
{
    struct event group = {.kind = EVENT_GROUP, .time = item->event->time};
    group.id = matrix_hash_id(matrix, "group", room->id, "", &item->batch->arena);
    if (!event_tell(matrix, room, &group, item))
        return false;
    rooms_leave(room, 15 * CLOCK_SECOND);
    return true;
}

/* Somebody came or went. Who is there is asked before anything else of the room is dealt with. */
static bool take_member(struct matrix *matrix, struct room *room, struct item *item)
{
    const struct matrix_event *event = item->event;
    bool self = strcmp(event->target, matrix->session.user) == 0;
    bool goes = strcmp(event->what, "leave") == 0 || strcmp(event->what, "ban") == 0;
    bool alone = !self && goes && room->members <= 1 && room->phase == ROOM_OPEN;
    if (alone) { /* as it was asked after this event: nobody is left to talk to */
        struct event blocked = {.kind = EVENT_BLOCKED};
        if (!tell_event(matrix, room, item, &blocked))
            return false;
        rooms_leave(room, 0);
        return true;
    }
    if (room->members > 2)
        return take_group(matrix, room, item);
    sync_settle(matrix, item);
    return true;
}

/* Only who wrote a message may change it (spec, m.replace). */
static bool changes_ours(const struct room *room, const struct matrix_event *event)
{
    for (size_t i = 0; i < SAID_MOST && event->edits; i++)
        if (room->said[i] && strcmp(room->said[i], event->edits) == 0)
            return true;
    return false;
}

static bool take_words(struct matrix *matrix, struct room *room, struct item *item)
{
    const struct matrix_event *event = item->event;
    if (changes_ours(room, event)) {
        sync_settle(matrix, item);
        return true;
    }
    struct event told = {.kind = EVENT_TEXT, .text = event->text, .text_len = event->text_len};
    if (event->kind == MATRIX_LOCATION)
        told = (struct event){.kind = EVENT_LOCATION, .lat = event->lat, .lon = event->lon};
    else if (event->kind == MATRIX_UNREADABLE)
        told = (struct event){.kind = EVENT_UNSUPPORTED, .what = event->what};
    return tell_event(matrix, room, item, &told);
}

/* Deals with one item; false: not now. The item is settled, or will be when the core answers. */
static bool take_item(struct matrix *matrix, struct room *room, struct item *item)
{
    switch (item->event->kind) {
    case MATRIX_MEMBER:
        return take_member(matrix, room, item);
    case MATRIX_TOMBSTONE:
        rooms_follow(room, item->event, item);
        return true;
    case MATRIX_REACTION:
        return room->members > 2 ? take_group(matrix, room, item) : take_reaction(matrix, room, item);
    case MATRIX_ENCRYPTED:
        if (room->members > 2)
            return take_group(matrix, room, item);
        return rooms_make_readable(room, item);
    case MATRIX_TEXT:
    case MATRIX_LOCATION:
    case MATRIX_UNREADABLE:
        return room->members > 2 ? take_group(matrix, room, item) : take_words(matrix, room, item);
    case MATRIX_CREATED:
    case MATRIX_IGNORED:
        break;
    }
    sync_settle(matrix, item);
    return true;
}

void event_run_room(struct matrix *matrix, struct room *room)
{
    for (struct item *item; room->phase == ROOM_OPEN && (item = TAILQ_FIRST(&room->items));) {
        TAILQ_REMOVE(&room->items, item, in_room);
        if (item->gap_from)
            rooms_read_gap(room, item);
        else if (!take_item(matrix, room, item)) {
            TAILQ_INSERT_HEAD(&room->items, item, in_room);
            room->due = clock_mono_ms() + FULL_MS;
            return;
        }
    }
}
