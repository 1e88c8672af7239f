/* What the tests of Matrix' events share: answers of /sync that are read, and what is said of their events.
 */
#ifndef UNIT_SYNCED_H
#define UNIT_SYNCED_H

#include "unit.h"

#include "wire/contract.h"
#include "wire/matrix.h"

#define SELF "@bot:a.no"

static struct arena arena;
static struct matrix_sync sync_read;

static inline int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* From memory that ends with the body, so that a sanitizer sees a read behind it. */
static inline int read_bytes(const char *body, size_t len)
{
    char *exact = malloc(len ? len : 1);
    memcpy(exact, body, len);
    memset(&sync_read, 0xAA, sizeof sync_read);
    int rc = matrix_read_sync(exact, len, SELF, &arena, &sync_read);
    free(exact);
    return rc;
}

/* An answer with these rooms. */
static inline void read_rooms(const char *rooms)
{
    const char *body = arena_printf(&arena, "{\"next_batch\":\"s2\",\"rooms\":{%s}}", rooms);
    if (read_bytes(body, strlen(body)))
        fail_msg("not read: %.300s", body);
    assert_string_equal(sync_read.next, "s2");
}

/* The one room with these events. */
static inline const struct matrix_room *room_of(const char *events)
{
    read_rooms(arena_printf(&arena, "\"join\":{\"!r:a.no\":{\"timeline\":{\"events\":[%s]}}}", events));
    assert_int_equal(sync_read.n_joined, 1);
    return &sync_read.joined[0];
}

/* The one event, between an id, a sender and a time and the end of the object. */
static inline const struct matrix_event *event_of(const char *members)
{
    const struct matrix_room *room = room_of(arena_printf(
        &arena, "{\"event_id\":\"$e\",\"sender\":\"@kari:b.no\",\"origin_server_ts\":1795323667123,%s}",
        members));
    assert_int_equal(room->n_events, 1);
    assert_string_equal(room->events[0].id, "$e");
    assert_string_equal(room->events[0].sender, "@kari:b.no");
    assert_true(room->events[0].time == INT64_C(1795323667123));
    return &room->events[0];
}

/* A message with these contents. */
static inline const struct matrix_event *message(const char *contents)
{
    return event_of(arena_printf(&arena, "\"type\":\"m.room.message\",\"content\":{%s}", contents));
}

static inline const struct matrix_event *text(const char *body)
{
    return message(arena_printf(&arena, "\"msgtype\":\"m.text\",\"body\":%s", body));
}

#define assert_text(event, is)       unit_assert_text((event), (is), __LINE__)
#define assert_unreadable(event, is) unit_assert_unreadable((event), (is), __LINE__)

static inline void unit_assert_text(const struct matrix_event *event, const char *is, int line)
{
    if (event->kind != MATRIX_TEXT || strcmp(event->text, is) || event->text_len != strlen(is))
        fail_msg("line %d: kind %d \"%s\" (%zu), not \"%s\"", line, (int)event->kind,
                 event->text ? event->text : "", event->text_len, is);
}

static inline void unit_assert_unreadable(const struct matrix_event *event, const char *is, int line)
{
    if (event->kind != MATRIX_UNREADABLE || !event->what || strcmp(event->what, is))
        fail_msg("line %d: kind %d \"%s\", not \"%s\"", line, (int)event->kind,
                 event->what ? event->what : "", is);
}

#endif
