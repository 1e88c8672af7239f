/* Strange events in Matrix: anybody may write one, and each costs nothing but itself. A stream whose answer
 * cannot be read stands still for everybody, until somebody mends it by hand. */
#include "synced.h"

#include "base/clock.h"
#include "wire/http.h"

#define GOOD                                                                                                 \
    "{\"type\":\"m.room.message\",\"event_id\":\"$g\",\"sender\":\"@k:b\",\"content\":{\"msgtype\":"         \
    "\"m.text\",\"body\":\"a\"}}"

/* The event between two good ones is none, or is something; the others are read. */
static const struct matrix_event *between(const char *event)
{
    const struct matrix_room *room = room_of(arena_printf(&arena, GOOD ",%s," GOOD, event));
    assert_int_equal(room->n_events, 3);
    assert_text(&room->events[0], "a");
    assert_text(&room->events[2], "a");
    return &room->events[1];
}

static const struct matrix_event *content_between(const char *members)
{
    return between(arena_printf(&arena,
                                "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\","
                                "\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\",%s}}",
                                members));
}

static void an_event_of_another_form_says_nothing(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "7",
        "null",
        "[]",
        "\"x\"",
        "{}",
        "{\"type\":7,\"event_id\":\"$e\",\"sender\":\"@k:b\",\"content\":{}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@k:b\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}"
        "}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}"
        "}",
        "{\"type\":\"m.room.message\",\"event_id\":7,\"sender\":\"@k:b\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"b\"}}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":[],\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"b\"}}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\"}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\",\"content\":null}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\",\"content\":[\"msgtype\"]}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\",\"content\":{}}",
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\",\"content\":{\"msgtype\":7}}",
    };
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
        if (between(strange[i])->kind != MATRIX_IGNORED)
            fail_msg("%s: %d", strange[i], (int)sync_read.joined[0].events[1].kind);
}

/* In rooms of the first versions servers make ids as they like; but each is whole. */
static void an_id_is_whole_or_there_is_no_event(void **state)
{
    (void)state;
    const char *most = unit_repeated("e", MATRIX_ID_MOST, &arena);
    const char *const kept[] = {"", "$ e", "$å", "$😢:b", "$/../x", most};
    const char *const none[] = {"$e\\u0000", "\\u0000", arena_printf(&arena, "%se", most),
                                unit_repeated("å", 128, &arena), unit_repeated("e", 60000, &arena)};
    static const char form[] = "{\"type\":\"m.room.message\",\"event_id\":\"%s\",\"sender\":\"@k:b\","
                               "\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}}";
    struct buf event = BUF_INIT(128 * 1024);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++, buf_clear(&event)) {
        buf_addf(&event, form, kept[i]);
        assert_text(between(buf_str(&event)), "b");
        assert_string_equal(sync_read.joined[0].events[1].id, kept[i]);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++, buf_clear(&event)) {
        buf_addf(&event, form, none[i]);
        if (between(buf_str(&event))->kind != MATRIX_IGNORED)
            fail_msg("%.40s", none[i]);
    }
    buf_free(&event);
}

/* ---- texts ---- */

static void nul_is_a_blank(void **state)
{
    (void)state;
    assert_text(text("\"a\\u0000b\\u0000\""), "a b ");
    assert_text(text("\"\\u0000hei\""), " hei");
    const char *many = unit_repeated("\\u0000", CONTRACT_IN_LARGEST, &arena);
    assert_int_equal(text(arena_printf(&arena, "\"%s\"", many))->text_len, CONTRACT_IN_LARGEST);
    assert_text(message("\"msgtype\":\"m.text\",\"body\":\"> a\\n\\u0000\\nb\",\"m.relates_to\":{"
                        "\"m.in_reply_to\":{}}"),
                " \nb");
}

/* Whoever writes too much, or in no form that a client should write, is answered that it could not be read:
 * silence would look like an answer that never comes. */
static void words_that_cannot_be_taken_are_answered_as_unknown(void **state)
{
    (void)state;
    const char *most = unit_repeated("x", CONTRACT_IN_LARGEST, &arena);
    assert_int_equal(text(arena_printf(&arena, "\"%s\"", most))->text_len, CONTRACT_IN_LARGEST);
    assert_unreadable(text(arena_printf(&arena, "\"%sx\"", most)), "unknown");
    assert_unreadable(text("7"), "unknown");
    assert_unreadable(text("null"), "unknown");
    assert_unreadable(message("\"msgtype\":\"m.emote\""), "unknown");
}

/* ---- numbers ---- */

static void huge_times_are_survived(void **state)
{
    (void)state;
    static const char *const numbers[] = {"9223372036854775807", "-9223372036854775808", "-1",   "1e300",
                                          "1795323667123.5",     "\"1795323667123\"",    "null", "[]"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct matrix_event *event = between(
            arena_printf(&arena,
                         "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\","
                         "\"origin_server_ts\":%s,\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}}",
                         numbers[i]));
        assert_text(event, "b");
    }
}

static int members_of(const char *count)
{
    read_rooms(
        arena_printf(&arena, "\"join\":{\"!r:a\":{\"summary\":{\"m.joined_member_count\":%s}}}", count));
    return sync_read.joined[0].members;
}

/* 4294967298 is 2 in its last 32 bits. */
static void a_count_that_cannot_be_is_not_said(void **state)
{
    (void)state;
    assert_int_equal(members_of("2"), 2);
    assert_int_equal(members_of("\"2\""), -1);
    assert_int_equal(members_of("2.0"), -1);
    assert_int_equal(members_of("null"), -1);
    assert_true(members_of("4294967298") != 2);
    assert_true(members_of("-5") < 0);
}

/* ---- what would make all of the answer unreadable ---- */

/* Rooms of versions before 6 take integers of any size, and any room takes these names. */
static void a_number_too_large_costs_only_itself(void **state)
{
    (void)state;
    static const char *const numbers[] = {"9223372036854775808",
                                          "-9223372036854775809",
                                          "99999999999999999999999999999999",
                                          "1e999",
                                          "-1e999",
                                          "1e99999999999999999999",
                                          "12345678901234567890.5"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_text(content_between(arena_printf(&arena, "\"x\":%s", numbers[i])), "b");
        assert_text(content_between(arena_printf(&arena, "\"x\":[1,{\"y\":%s}]", numbers[i])), "b");
        between(numbers[i]);
    }
    assert_text(content_between(arena_printf(&arena, "\"x\":%s", unit_repeated("9", 60000, &arena))), "b");
    between(arena_printf(&arena, "{\"origin_server_ts\":%s}", unit_repeated("9", 400, &arena)));
}

static void a_nul_in_a_name_costs_only_itself(void **state)
{
    (void)state;
    assert_text(content_between("\"\\u0000\":7"), "b");
    assert_text(content_between("\"a\\u0000b\":{\"\\u0000\":\"\\u0000\"}"), "b");
    assert_text(content_between("\"x\":\"\\\\u0000 \\\\\",\"\\u0000\":7"), "b");
    assert_text(between("{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\",\"content\":{"
                        "\"msgtype\":\"m.text\",\"body\":\"c:\\\\u0000\",\"\\u0000\":1}}"),
                "c:\\u0000");
}

static void half_a_character_costs_only_itself(void **state)
{
    (void)state;
    static const char *const halves[] = {"\\ud83d",        "\\udc4d",     "\\ud83d\\ud83d",
                                         "\\udc4d\\ud83d", "\\uD83Da",    "\\ud83d\\n",
                                         "\\ud83d\\u0041", "\\ud83d\\\\", "\\ud83d\\\\udc4d"};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        assert_text(content_between(arena_printf(&arena, "\"x\":\"%s\"", halves[i])), "b");
        assert_text(content_between(arena_printf(&arena, "\"%s\":7", halves[i])), "b");
    }
    assert_text(text("\"\\ud83d\\udc4d \\uD83D\\uDC4D\""), "👍 👍");
}

/* What has to be mended keeps the words of all others, in whatever script they are. */
static void mending_changes_nothing_else(void **state)
{
    (void)state;
    static const char words[] =
        "å ß ࠀ ก 한 힣 ퟿ \uE000 € 😢 👍🏽 𐀀 \U000FFFFF \U00100000 \U0010FFFF",
                      escaped[] = "\\u00e5\\\"\\\\\\/\\b\\f\\n\\r\\t \\ud83d\\udc4d \\\\u0000";
    const char *event = arena_printf(
        &arena,
        "{\"type\":\"m.room.message\",\"event_id\":\"$e\",\"sender\":\"@k:b\","
        "\"origin_server_ts\":1795323667123,\"x\":1e999,\"content\":{\"msgtype\":"
        "\"m.text\",\"body\":\"%s%s\"}}",
        words, escaped);
    const struct matrix_event *read = between(event);
    assert_text(read, arena_printf(&arena, "%så\"\\/\b\f\n\r\t 👍 \\u0000", words));
    assert_true(read->time == INT64_C(1795323667123));
    assert_unreadable(
        between("{\"type\":\"m.sticker\",\"event_id\":\"$e\",\"sender\":\"@k:b\",\"x\":-1e999}"), "sticker");
}

/* Bytes that are no UTF-8, at every place where the answer may end. */
static void broken_bytes_cost_only_themselves(void **state)
{
    (void)state;
    static const char *const broken[] = {"\xE5",         "\xC3",         "\xC0\xAF",         "\xE0\x80\xAF",
                                         "\xED\xA0\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xFF\x80"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_text(content_between(arena_printf(&arena, "\"x\":\"%s\"", broken[i])), "b");
    static const char body[] =
        "{\"next_batch\":\"s\",\"a\":[1e999,\"\\ud83d\\ud83d\\u0000abc\xF0\x9F\",-12345]}";
    for (size_t len = 0; len < sizeof body - 1; len++)
        assert_int_equal(read_bytes(body, len), -1); /* and nothing is read behind it */
    assert_done(read_bytes(body, sizeof body - 1));
}

static void depth_costs_only_itself(void **state)
{
    (void)state;
    const char *shallow = arena_printf(&arena, "%s%s", unit_repeated("[", 1000, &arena),
                                       unit_repeated("]", 1000, &arena));
    const char *deep = arena_printf(&arena, "%s%s", unit_repeated("[", 30000, &arena),
                                    unit_repeated("]", 30000, &arena));
    const char *objects = arena_printf(&arena, "%s7%s", unit_repeated("{\"a\":", 9000, &arena),
                                       unit_repeated("}", 9000, &arena));
    assert_text(content_between(arena_printf(&arena, "\"x\":%s", shallow)), "b");
    assert_text(content_between(arena_printf(&arena, "\"x\":%s", deep)), "b");
    assert_text(content_between(arena_printf(&arena, "\"x\":%s", objects)), "b");
    assert_text(content_between(arena_printf(&arena, "\"x\":\"%s\"", unit_repeated("[", 30000, &arena))),
                "b");
    between(deep);
}

/* The same in what is asked for of old. */
static void older_events_survive_a_strange_one_too(void **state)
{
    (void)state;
    struct matrix_event *events;
    const char *end;
    size_t count;
    const char body[] = "{\"end\":\"t1\",\"chunk\":[{\"\\u0000\":99999999999999999999}," GOOD "]}";
    assert_done(matrix_read_messages(body, strlen(body), SELF, &arena, &events, &count, &end));
    assert_int_equal(count, 2);
    assert_text(&events[1], "a");
    int members;
    const char *other, joined[] = "{\"joined\":{\"@k:b\":{\"display_name\":\"\\ud83d\"},\"" SELF "\":{}}}";
    assert_done(matrix_read_members(joined, strlen(joined), SELF, &arena, &members, &other));
    assert_int_equal(members, 2);
}

/* ---- rooms ---- */

static void strange_rooms_cost_the_others_nothing(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "7",
        "null",
        "[]",
        "{\"timeline\":7}",
        "{\"timeline\":[]}",
        "{\"timeline\":{\"events\":{}}}",
        "{\"timeline\":{\"events\":7,\"limited\":\"true\",\"prev_batch\":7}}",
        "{\"summary\":[]}"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        read_rooms(arena_printf(
            &arena, "\"join\":{\"!r:a\":%s,\"!g:a\":{\"timeline\":{\"events\":[" GOOD "]}}}", strange[i]));
        assert_int_equal(sync_read.n_joined, 2);
        bool first = strcmp(sync_read.joined[0].id, "!g:a") == 0;
        const struct matrix_room *good = &sync_read.joined[!first], *odd = &sync_read.joined[first];
        assert_int_equal(good->n_events, 1);
        assert_text(&good->events[0], "a");
        assert_int_equal(odd->n_events, 0);
        assert_false(odd->limited);
        assert_null(odd->prev);
        assert_int_equal(odd->members, -1);
    }
    static const char *const lists[] = {"7", "null", "[]", "[{}]", "\"join\""};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        read_rooms(
            arena_printf(&arena, "\"join\":%s,\"invite\":%s,\"leave\":%s", lists[i], lists[i], lists[i]));
        assert_int_equal(sync_read.n_joined + sync_read.n_invites + sync_read.n_left, 0);
    }
}

static void rooms_have_names_of_the_right_size(void **state)
{
    (void)state;
    const char *most = unit_repeated("r", MATRIX_ID_MOST, &arena);
    static const char invited[] =
        "{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"sender\":\"@k:b\","
        "\"state_key\":\"" SELF "\"}]}}";
    read_rooms(
        arena_printf(&arena,
                     "\"join\":{\"\":{},\"%s\":{},\"%sr\":{}},\"invite\":{\"\":%s,\"%s\":%s,\"%sr\":%s}"
                     ",\"leave\":{\"\":{},\"%s\":{},\"%sr\":{}}",
                     most, most, invited, most, invited, most, invited, most, most));
    assert_int_equal(sync_read.n_joined, 1);
    assert_string_equal(sync_read.joined[0].id, most);
    assert_int_equal(sync_read.n_invites, 1);
    assert_string_equal(sync_read.invites[0].room, most);
    assert_int_equal(sync_read.n_left, 1);
    assert_string_equal(sync_read.left[0], most);
}

static void strange_invitations_are_none(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "7",
        "{}",
        "{\"invite_state\":[]}",
        "{\"invite_state\":{\"events\":{}}}",
        "{\"invite_state\":{\"events\":[7,null,{}]}}",
        "{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"sender\":\"@k:b\",\"state_key\":\"@k:"
        "b\"}]}}",
        "{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"sender\":\"@k:b\"}]}}",
        "{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\",\"sender\":7,\"state_key\":\"" SELF
        "\"}]}}",
        "{\"invite_state\":{\"events\":[{\"type\":7,\"sender\":\"@k:b\",\"state_key\":\"" SELF "\"}]}}",
        "{\"invite_state\":{\"events\":[{\"type\":\"m.room.name\",\"sender\":\"@k:b\",\"state_key\":\"" SELF
        "\"}]}}",
    };
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        read_rooms(arena_printf(&arena, "\"invite\":{\"!i:b\":%s}", strange[i]));
        if (sync_read.n_invites)
            fail_msg("%s", strange[i]);
    }
}

static void a_position_that_is_too_long_is_none(void **state)
{
    (void)state;
    const char *most = unit_repeated("s", MATRIX_TOKEN_MOST, &arena);
    const char *body = arena_printf(&arena, "{\"next_batch\":\"%s\"}", most);
    assert_done(read_bytes(body, strlen(body)));
    assert_string_equal(sync_read.next, most);
    body = arena_printf(&arena, "{\"next_batch\":\"%ss\"}", most);
    assert_int_equal(read_bytes(body, strlen(body)), -1);
    read_rooms(arena_printf(
        &arena, "\"join\":{\"!r:a\":{\"timeline\":{\"limited\":true,\"prev_batch\":\"%ss\"}}}", most));
    assert_true(sync_read.joined[0].limited);
    assert_null(sync_read.joined[0].prev);
}

static void what_is_no_answer_is_not_read(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "[]",
                                         "null",
                                         "{}",
                                         "{\"rooms\":{}}",
                                         "{\"next_batch\":7,\"rooms\":{}}",
                                         "{\"next_batch\":null}",
                                         "{\"next_batch\":\"s\\u0000\"}",
                                         "{\"next_batch\":\"s\"",
                                         "{\"next_batch\":\"s\"}x",
                                         "{\"next_batch\":\"s\"}\xE5",
                                         "[{\"next_batch\":\"s\"}]"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        if (read_bytes(bodies[i], strlen(bodies[i])) != -1)
            fail_msg("read: %s", bodies[i]);
        assert_int_equal(sync_read.n_joined + sync_read.n_invites + sync_read.n_left, 0);
    }
    assert_int_equal(read_bytes("{\"next_batch\":\"s\"}\0", 19), -1);
}

/* ---- many ---- */

static void thousands_of_events_are_read_in_no_time(void **state)
{
    (void)state;
    struct buf body = BUF_INIT(HTTP_BODY_MOST);
    int64_t start = clock_mono_ms();
    buf_add_str(&body, "{\"next_batch\":\"s2\",\"rooms\":{\"join\":{\"!r:a\":{\"timeline\":{\"events\":[");
    for (int i = 0; i < MATRIX_EVENTS_MOST + 10; i++)
        buf_addf(&body,
                 "%s{\"type\":\"m.room.message\",\"event_id\":\"$%d\",\"sender\":\"@k:b\",\"content\":{"
                 "\"msgtype\":\"m.text\",\"body\":\"%d\"}}",
                 i ? "," : "", i, i);
    buf_add_str(&body, "]}}}}}");
    assert_done(buf_done(&body));
    assert_done(read_bytes(buf_str(&body), body.len));
    assert_int_equal(sync_read.joined[0].n_events, MATRIX_EVENTS_MOST);
    for (int i = 0; i < MATRIX_EVENTS_MOST; i += 997)
        assert_int_equal(strtol(sync_read.joined[0].events[i].text, NULL, 10), i);
    buf_clear(&body);
    buf_add_str(&body, "{\"next_batch\":\"s2\",\"rooms\":{\"join\":{\"!0:a\":{}");
    for (int i = 1; i < 50000; i++)
        buf_addf(&body, ",\"!%d:a\":{\"timeline\":{\"events\":[{}]}}", i);
    buf_add_str(&body, "}}}");
    assert_done(read_bytes(buf_str(&body), body.len));
    assert_int_equal(sync_read.n_joined, 50000);
    buf_free(&body);
    assert_true(clock_mono_ms() - start < 20000);
}

static void an_answer_that_is_too_long_is_not_read(void **state)
{
    (void)state;
    static const char good[] = "{\"next_batch\":\"s2\"}";
    char *body = malloc(HTTP_BODY_MOST + 1);
    memset(body, ' ', HTTP_BODY_MOST + 1);
    memcpy(body, good, strlen(good));
    assert_done(read_bytes(body, HTTP_BODY_MOST));
    assert_int_equal(read_bytes(body, HTTP_BODY_MOST + 1), -1);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(an_event_of_another_form_says_nothing),
        TEST(an_id_is_whole_or_there_is_no_event),
        TEST(nul_is_a_blank),
        TEST(words_that_cannot_be_taken_are_answered_as_unknown),
        TEST(huge_times_are_survived),
        TEST(a_count_that_cannot_be_is_not_said),
        TEST(a_number_too_large_costs_only_itself),
        TEST(a_nul_in_a_name_costs_only_itself),
        TEST(half_a_character_costs_only_itself),
        TEST(mending_changes_nothing_else),
        TEST(broken_bytes_cost_only_themselves),
        TEST(depth_costs_only_itself),
        TEST(older_events_survive_a_strange_one_too),
        TEST(strange_rooms_cost_the_others_nothing),
        TEST(rooms_have_names_of_the_right_size),
        TEST(strange_invitations_are_none),
        TEST(a_position_that_is_too_long_is_none),
        TEST(what_is_no_answer_is_not_read),
        TEST(thousands_of_events_are_read_in_no_time),
        TEST(an_answer_that_is_too_long_is_not_read),
    };
    return cmocka_run_group_tests_name("strange events in matrix", tests, NULL, NULL);
}
