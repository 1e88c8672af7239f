/* What the tests of Telegram's updates share: updates that are read from bodies, and what is said of them. */
#ifndef UNIT_UPDATES_H
#define UNIT_UPDATES_H

#include "unit.h"

#include "wire/telegram.h"

static struct arena arena;
static struct telegram_update *updates;
static size_t count;

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
    int rc = telegram_read_updates(exact, len, &arena, &updates, &count);
    free(exact);
    return rc;
}

static inline void read_list(const char *list)
{
    const char *body = arena_printf(&arena, "{\"ok\":true,\"result\":[%s]}", list);
    if (read_bytes(body, strlen(body)))
        fail_msg("not read: %s", body);
}

/* The one update of `members`, between an id and the end of the object. */
static inline struct telegram_update *update_of(const char *members)
{
    read_list(arena_printf(&arena, "{\"update_id\":817,%s}", members));
    assert_int_equal(count, 1);
    assert_int_equal(updates[0].id, 817);
    return &updates[0];
}

#define PERSON  "\"from\":{\"id\":4711,\"is_bot\":false,\"first_name\":\"Kari\",\"language_code\":\"nb\"}"
#define PRIVATE "\"chat\":{\"id\":4711,\"first_name\":\"Kari\",\"type\":\"private\"}"
#define GROUP   "\"chat\":{\"id\":-1001234567890,\"title\":\"x\",\"type\":\"supergroup\"}"
#define HEAD    "\"message_id\":15," PERSON "," PRIVATE ",\"date\":1795323667"

/* A private message with these contents. */
static inline struct telegram_update *message(const char *contents)
{
    return update_of(arena_printf(&arena, "\"message\":{" HEAD ",%s}", contents));
}

static inline struct telegram_update *edited(const char *contents)
{
    return update_of(
        arena_printf(&arena, "\"edited_message\":{" HEAD ",\"edit_date\":1795323700,%s}", contents));
}

static inline void assert_text(const struct telegram_update *update, const char *text)
{
    assert_int_equal(update->kind, TELEGRAM_MESSAGE);
    assert_int_equal(update->event.kind, EVENT_TEXT);
    assert_string_equal(update->event.text, text);
    assert_int_equal(update->event.text_len, strlen(text));
}

static inline void assert_unsupported(const struct telegram_update *update, const char *what)
{
    assert_int_equal(update->kind, TELEGRAM_MESSAGE);
    assert_int_equal(update->event.kind, EVENT_UNSUPPORTED);
    assert_string_equal(update->event.what, what);
}

#endif
