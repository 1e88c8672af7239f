/* Matrix' answers of /sync and /messages, as a homeserver sends them; strange ones have
 * test_matrix_strange.c. */
#include "synced.h"

#include <math.h>

/* ---- /sync ---- */

static void an_answer_without_news_is_a_position(void **state)
{
    (void)state;
    static const char rooms[] = "{\"next_batch\":\"s1_2\",\"rooms\":{\"join\":{},\"invite\":{},"
                                "\"leave\":{},\"knock\":{}},\"device_one_time_keys_count\":{}}";
    const char *const bodies[] = {"{\"next_batch\":\"s1_2\"}", "{\"next_batch\":\"s1_2\",\"rooms\":{}}",
                                  rooms};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_done(read_bytes(bodies[i], strlen(bodies[i])));
        assert_string_equal(sync_read.next, "s1_2");
        assert_int_equal(sync_read.n_joined + sync_read.n_invites + sync_read.n_left, 0);
    }
}

#define EVENT(id, body)                                                                                      \
    "{\"type\":\"m.room.message\",\"event_id\":\"" id "\",\"sender\":\"@kari:b.no\","                        \
    "\"origin_server_ts\":1,\"content\":{\"msgtype\":\"m.text\",\"body\":\"" body "\"},"                     \
    "\"unsigned\":{\"age\":12}}"

static void rooms_and_their_events_are_read_in_order(void **state)
{
    (void)state;
    read_rooms(
        "\"join\":{\"!a:a.no\":{\"summary\":{\"m.heroes\":[\"@kari:b.no\"],"
        "\"m.joined_member_count\":2,\"m.invited_member_count\":1},\"state\":{\"events\":["
        "{\"type\":\"m.room.member\",\"event_id\":\"$s\",\"sender\":\"@x:b\",\"state_key\":\"@x:b\","
        "\"content\":{\"membership\":\"join\"}}]},\"timeline\":{\"limited\":true,\"prev_batch\":\"p1\","
        "\"events\":[" EVENT("$1", "a") "," EVENT("$2", "b") "," EVENT(
            "$3", "c") "]},\"ephemeral\":{\"events\":[]},\"unread_notifications\":{}},"
                       "\"!b:a.no\":{\"timeline\":{\"limited\":false,\"prev_batch\":\"p2\",\"events\":[]}}}");
    assert_int_equal(sync_read.n_joined, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct matrix_room *room = &sync_read.joined[i];
        bool first = strcmp(room->id, "!a:a.no") == 0;
        assert_string_equal(room->id, first ? "!a:a.no" : "!b:a.no");
        assert_int_equal(room->limited, first);
        assert_string_equal(room->prev, first ? "p1" : "p2");
        assert_int_equal(room->n_events, first ? 3 : 0);
        for (size_t k = 0; k < room->n_events; k++) {
            assert_string_equal(room->events[k].id, k == 0 ? "$1" : k == 1 ? "$2" : "$3");
            assert_text(&room->events[k], k == 0 ? "a" : k == 1 ? "b" : "c");
        }
    }
}

static void invitations_name_who_invites(void **state)
{
    (void)state;
#define BOT_INVITED "{\"type\":\"m.room.member\",\"sender\":\"@kari:b.no\",\"state_key\":\"" SELF "\","
    read_rooms("\"invite\":{\"!i:b.no\":{\"invite_state\":{\"events\":["
               "{\"type\":\"m.room.create\",\"sender\":\"@x:b.no\",\"state_key\":\"\",\"content\":{}},"
               "{\"type\":\"m.room.member\",\"sender\":\"@kari:b.no\",\"state_key\":\"@kari:b.no\","
               "\"content\":{\"membership\":\"join\"}}," BOT_INVITED
               "\"event_id\":\"$inv\",\"content\":{\"membership\":\"invite\",\"is_direct\":true}}]}}}");
    assert_int_equal(sync_read.n_invites, 1);
    assert_string_equal(sync_read.invites[0].room, "!i:b.no");
    assert_string_equal(sync_read.invites[0].sender, "@kari:b.no");
    assert_string_equal(sync_read.invites[0].id, "$inv");
    assert_true(sync_read.invites[0].direct);
    read_rooms("\"invite\":{\"!i:b.no\":{\"invite_state\":{\"events\":[" BOT_INVITED
               "\"content\":{\"membership\":\"invite\"}}]}}}");
    assert_int_equal(sync_read.n_invites, 1);
    assert_null(sync_read.invites[0].id);
    assert_false(sync_read.invites[0].direct);
}

static void rooms_that_were_left_are_named(void **state)
{
    (void)state;
    read_rooms("\"leave\":{\"!l:b.no\":{\"timeline\":{\"events\":[" EVENT("$1", "a") "]}},\"!m:b.no\":{}}");
    assert_int_equal(sync_read.n_left, 2);
    assert_int_equal(strcmp(sync_read.left[0], "!l:b.no") == 0, strcmp(sync_read.left[1], "!m:b.no") == 0);
    assert_int_equal(sync_read.n_joined + sync_read.n_invites, 0);
}

/* ---- /messages ---- */

static void older_events_are_read(void **state)
{
    (void)state;
    struct matrix_event *events;
    const char *end;
    size_t count;
    const char body[] = "{\"start\":\"t9\",\"end\":\"t1\",\"state\":[" EVENT("$s", "s") "],\"chunk\":[" EVENT(
        "$3", "c") "," EVENT("$2", "b") "]}";
    assert_done(matrix_read_messages(body, strlen(body), SELF, &arena, &events, &count, &end));
    assert_int_equal(count, 2);
    assert_string_equal(end, "t1");
    assert_string_equal(events[0].id, "$3");
    assert_text(&events[1], "b");
    assert_done(matrix_read_messages("{\"chunk\":[]}", 12, SELF, &arena, &events, &count, &end));
    assert_int_equal(count, 0);
    assert_null(end);
    static const char *const none[] = {
        "", "{}", "[]", "{\"chunk\":{}}", "{\"end\":\"t\",\"chunk\":null}", "<html>", "{\"chunk\":[]"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (matrix_read_messages(none[i], strlen(none[i]), SELF, &arena, &events, &count, &end) != -1)
            fail_msg("read: %s", none[i]);
        assert_int_equal(count, 0);
    }
}

/* ---- texts ---- */

static void words_are_text(void **state)
{
    (void)state;
    assert_text(text("\"Hei på «deg» 😢\\n\\\"linje\\\"\""), "Hei på «deg» 😢\n\"linje\"");
    assert_text(message("\"msgtype\":\"m.emote\",\"body\":\"er trist\""), "er trist");
    assert_text(message("\"msgtype\":\"m.text\",\"body\":\"a\",\"format\":\"org.matrix.custom.html\","
                        "\"formatted_body\":\"<b>b</b>\""),
                "a");
    assert_null(text("\"a\"")->edits);
    assert_null(text("\"a\"")->target);
}

static void notices_and_own_words_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(message("\"msgtype\":\"m.notice\",\"body\":\"a\"")->kind, MATRIX_IGNORED);
    const struct matrix_room *room = room_of(
        "{\"type\":\"m.room.message\",\"event_id\":\"$1\",\"sender\":\"" SELF "\",\"content\":{\"msgtype\":"
        "\"m.text\",\"body\":\"a\"}},{\"type\":\"m.room.encrypted\",\"event_id\":\"$2\",\"sender\":\"" SELF
        "\",\"content\":{}},{\"type\":\"m.room.message\",\"event_id\":\"$3\",\"sender\":\"" SELF
        ".evil\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}}");
    assert_int_equal(room->n_events, 3);
    assert_int_equal(room->events[0].kind, MATRIX_IGNORED);
    assert_int_equal(room->events[1].kind, MATRIX_IGNORED);
    assert_text(&room->events[2], "b");
}

#define REPLY "\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$x\"}}"

static const struct matrix_event *reply(const char *body)
{
    return message(arena_printf(&arena, "\"msgtype\":\"m.text\",\"body\":\"%s\"," REPLY, body));
}

static void what_a_reply_quotes_is_not_said_again(void **state)
{
    (void)state;
    assert_text(reply("> <@bot:a.no> Vil du bli med?\\n\\nJa"), "Ja");
    assert_text(reply("> <@bot:a.no> a\\n> b\\n>\\n> c\\n\\nJa\\n\\nnei"), "Ja\n\nnei");
    assert_text(reply("> a\\nJa"), "Ja");
    assert_text(reply("> a\\n\\n\\nJa"), "\nJa");
    assert_text(reply("Ja"), "Ja"); /* clients of v1.13 write no such lines any more */
    assert_text(reply(""), "");
    assert_text(reply("Ja\\n> a"), "Ja\n> a");
    assert_text(reply(">a\\n\\nJa"), ">a\n\nJa");
    assert_text(text("\"> a\\n\\nJa\""), "> a\n\nJa"); /* no reply */
}

/* Where nothing stands behind it, the quote is all there is. */
static void a_quote_alone_is_the_text(void **state)
{
    (void)state;
    assert_text(reply("> a"), "> a");
    assert_text(reply("> a\\n"), "> a\n");
    assert_text(reply("> a\\n\\n"), "> a\n\n");
    assert_text(reply(">\\n>\\n"), ">\n>\n");
}

/* ---- edits ---- */

#define EDITS(id) "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":" id "}"

static void an_edit_is_the_new_text_and_says_of_what(void **state)
{
    (void)state;
    const struct matrix_event *event = message(
        "\"msgtype\":\"m.text\",\"body\":\" * ny\",\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"ny\"}"
        "," EDITS("\"$old\""));
    assert_text(event, "ny");
    assert_string_equal(event->edits, "$old");
    event = message("\"msgtype\":\"m.text\",\"body\":\"> x\\n\\n * ny\",\"m.new_content\":{\"msgtype\":"
                    "\"m.text\",\"body\":\"> a\\n\\nny\"},\"m.relates_to\":{\"rel_type\":\"m.replace\","
                    "\"event_id\":\"$old\",\"m.in_reply_to\":{\"event_id\":\"$x\"}}");
    assert_text(event, "ny");
}

static void an_edit_that_says_nothing_new_is_ignored(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "\"msgtype\":\"m.text\",\"body\":\"a\"," EDITS("\"$old\""),
        "\"msgtype\":\"m.text\",\"body\":\"a\",\"m.new_content\":\"b\"," EDITS("\"$old\""),
        "\"msgtype\":\"m.text\",\"body\":\"a\",\"m.new_content\":{}," EDITS("\"$old\""),
        "\"msgtype\":\"m.image\",\"body\":\"a\",\"m.new_content\":{\"msgtype\":\"m.image\",\"body\":\"b\"}"
        "," EDITS("\"$old\""),
        "\"m.new_content\":{\"msgtype\":\"m.notice\",\"body\":\"b\"}," EDITS("\"$old\""),
        "\"m.new_content\":{\"msgtype\":\"m.location\",\"geo_uri\":\"geo:59.9,10.7\"}," EDITS("\"$old\""),
        "\"msgtype\":\"m.text\",\"body\":\"a\",\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}"
        "," EDITS("7"),
        "\"msgtype\":\"m.text\",\"body\":\"a\",\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"b\"}"
        "," EDITS("\"$\\u0000\""),
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++)
        if (message(contents[i])->kind != MATRIX_IGNORED)
            fail_msg("%s", contents[i]);
}

static void other_relations_are_words_as_ever(void **state)
{
    (void)state;
    const struct matrix_event *event = message(
        "\"msgtype\":\"m.text\",\"body\":\"a\",\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"b\"},"
        "\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$t\"}");
    assert_text(event, "a");
    assert_null(event->edits);
    assert_text(message("\"msgtype\":\"m.text\",\"body\":\"a\",\"m.relates_to\":7"), "a");
    assert_text(message("\"msgtype\":\"m.text\",\"body\":\"a\",\"m.relates_to\":{\"rel_type\":[]}"), "a");
}

/* ---- locations ---- */

static const struct matrix_event *place(const char *uri)
{
    return message(
        arena_printf(&arena, "\"msgtype\":\"m.location\",\"body\":\"her\",\"geo_uri\":\"%s\"", uri));
}

static void a_place_is_known_to_a_hundred_metres(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        double lat, lon;
    } cases[] = {
        {"geo:59.91273,10.74609", 59.913, 10.746},
        {"geo:-33.8688,151.2093", -33.869, 151.209},
        {"geo:59.91,10.75;u=35", 59.91, 10.75},
        {"geo:59.91,10.75,120", 59.91, 10.75},
        {"geo:59.91,10.75,-3.5;crs=wgs84;u=1", 59.91, 10.75},
        {"geo:60,10", 60, 10},
        {"geo:90,180", 90, 180},
        {"geo:-90,-180", -90, -180},
        {"geo:0,0", 0, 0},
        {"geo:59.9127394999999999999999,10.7", 59.913, 10.7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct matrix_event *event = place(cases[i].uri);
        if (event->kind != MATRIX_LOCATION || fabs(event->lat - cases[i].lat) > 1e-9 ||
            fabs(event->lon - cases[i].lon) > 1e-9)
            fail_msg("%s: kind %d %f %f", cases[i].uri, (int)event->kind, event->lat, event->lon);
    }
}

static void what_is_no_place_on_earth_cannot_be_read(void **state)
{
    (void)state;
    static const char *const uris[] = {
        "",           "geo:",           "geo:,",          "geo:59.9",         "geo:59.9,",
        "59.9,10.7",  "geo:59.9;10.7",  "geo:59.9 ,10.7", "geo:59.9, 10.7",   "geo: 59.9,10.7",
        "geo:91,10",  "geo:-90.1,10",   "geo:59,180.001", "geo:59,-181",      "geo:nan,10",
        "geo:59,inf", "geo:-inf,10",    "geo:-nan,10",    "geo:0x3b,10",      "geo:5.9e1,10",
        "geo:+59,10", "geo:59,10x",     "geo:59,10,",     "geo:59,10,2,3",    "geo:59,10,1e3",
        "geo:--5,10", "geo:5.9.9,10.7", "geo:-,10",       "geo:59,10\\u0000", "http://a.no/geo:59,10",
        "geo:.,10",   "geo:٥٩,10",
    };
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        const struct matrix_event *event = place(uris[i]);
        if (event->kind != MATRIX_UNREADABLE || strcmp(event->what, "location"))
            fail_msg("%s: kind %d %f %f", uris[i], (int)event->kind, event->lat, event->lon);
    }
    assert_unreadable(message("\"msgtype\":\"m.location\",\"body\":\"her\""), "location");
    assert_unreadable(message("\"msgtype\":\"m.location\",\"geo_uri\":{\"lat\":59}"), "location");
    assert_unreadable(place(arena_printf(&arena, "geo:59,10;u=%s", unit_repeated("1", 256, &arena))),
                      "location");
}

/* ---- others ---- */

static void what_the_bot_cannot_read_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *type, *what;
    } cases[] = {{"m.audio", "voice"},
                 {"m.image", "photo"},
                 {"m.video", "video"},
                 {"m.file", "document"},
                 {"m.server_notice", "unknown"},
                 {"no.tull", "unknown"},
                 {"", "unknown"},
                 {"m.key.verification.request", "unknown"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_unreadable(
            message(arena_printf(&arena, "\"msgtype\":\"%s\",\"body\":\"a\",\"url\":\"mxc://a/b\"",
                                 cases[i].type)),
            cases[i].what);
    assert_unreadable(event_of("\"type\":\"m.sticker\",\"content\":{\"body\":\"a\"}"), "sticker");
    assert_unreadable(event_of("\"type\":\"m.poll.start\",\"content\":{}"), "poll");
    assert_unreadable(event_of("\"type\":\"org.matrix.msc3381.poll.start\",\"content\":{}"), "poll");
    assert_int_equal(event_of("\"type\":\"m.room.encrypted\",\"content\":{\"algorithm\":\"x\"}")->kind,
                     MATRIX_ENCRYPTED);
}

static void other_events_are_ignored(void **state)
{
    (void)state;
    static const char *const types[] = {
        "m.room.redaction", "m.room.name", "m.room.encryption", "m.poll.response",
        "m.poll.end",       "m.typing",    "m.call.invite",     ""};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(event_of(arena_printf(&arena,
                                               "\"type\":\"%s\",\"state_key\":\"\",\"content\":{\"msgtype\":"
                                               "\"m.text\",\"body\":\"a\"}",
                                               types[i]))
                             ->kind,
                         MATRIX_IGNORED);
}

static const struct matrix_event *reaction(const char *relates)
{
    return event_of(
        arena_printf(&arena, "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":%s}", relates));
}

static void a_reaction_is_a_picture_on_an_event(void **state)
{
    (void)state;
    const struct matrix_event *event = reaction(
        "{\"rel_type\":\"m.annotation\",\"event_id\":\"$m\",\"key\":\"👍🏽\"}");
    assert_int_equal(event->kind, MATRIX_REACTION);
    assert_string_equal(event->target, "$m");
    assert_string_equal(event->text, "👍🏽");
    assert_int_equal(event->text_len, strlen("👍🏽"));
    static const char *const none[] = {"{}",
                                       "7",
                                       "{\"event_id\":\"$m\"}",
                                       "{\"key\":\"👍\"}",
                                       "{\"event_id\":7,\"key\":\"👍\"}",
                                       "{\"event_id\":\"$m\",\"key\":null}",
                                       "{\"event_id\":\"$m\",\"key\":\"\\u0000\"}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (reaction(none[i])->kind != MATRIX_IGNORED)
            fail_msg("%s", none[i]);
    assert_int_equal(
        reaction(arena_printf(&arena, "{\"event_id\":\"$m\",\"key\":\"%s\"}", unit_repeated("👍", 17, &arena)))
            ->kind,
        MATRIX_IGNORED);
}

static void members_come_and_go(void **state)
{
    (void)state;
    const struct matrix_event *event = event_of("\"type\":\"m.room.member\",\"state_key\":\"@kari:b.no\","
                                                "\"content\":{\"membership\":\"leave\"}");
    assert_int_equal(event->kind, MATRIX_MEMBER);
    assert_string_equal(event->target, "@kari:b.no");
    assert_string_equal(event->what, "leave");
    const struct matrix_room *room = room_of(
        "{\"type\":\"m.room.member\",\"event_id\":\"$1\",\"sender\":\"" SELF "\",\"state_key\":\"" SELF
        "\",\"content\":{\"membership\":\"join\"}}");
    assert_int_equal(room->events[0].kind, MATRIX_MEMBER); /* its own coming counts */
    static const char *const none[] = {"\"content\":{\"membership\":\"join\"}",
                                       "\"state_key\":7,\"content\":{\"membership\":\"join\"}",
                                       "\"state_key\":\"@k:b\",\"content\":{}", "\"state_key\":\"@k:b\"",
                                       "\"state_key\":\"@k:b\",\"content\":{\"membership\":[]}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (event_of(arena_printf(&arena, "\"type\":\"m.room.member\",%s", none[i]))->kind != MATRIX_IGNORED)
            fail_msg("%s", none[i]);
}

static const struct matrix_event *tombstone(const char *members)
{
    return event_of(arena_printf(&arena, "\"type\":\"m.room.tombstone\",%s", members));
}

static void a_room_may_be_replaced(void **state)
{
    (void)state;
    const struct matrix_event *event = tombstone(
        "\"state_key\":\"\",\"content\":{\"body\":\"x\",\"replacement_room\":\"!ny:b.no\"}");
    assert_int_equal(event->kind, MATRIX_TOMBSTONE);
    assert_string_equal(event->target, "!ny:b.no");
    static const char *const none[] = {
        "\"content\":{\"replacement_room\":\"!ny:b.no\"}", "\"state_key\":\"\",\"content\":{}",
        "\"state_key\":\"\",\"content\":{\"replacement_room\":7}", "\"state_key\":\"\""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(tombstone(none[i])->kind, MATRIX_IGNORED);
}

/* The bot goes where it leads: to a room, not to an alias or up in the path of a request; and whoever may
 * write no more than the state of his own name replaces no room. */
static void a_room_is_replaced_by_a_room_alone(void **state)
{
    (void)state;
    static const char *const targets[] = {"", "..", ".", "#alias:b.no", "@kari:b.no", "ny:b.no"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (tombstone(arena_printf(&arena, "\"state_key\":\"\",\"content\":{\"replacement_room\":\"%s\"}",
                                   targets[i]))
                ->kind != MATRIX_IGNORED)
            fail_msg("\"%s\"", targets[i]);
    static const char *const keys[] = {"\"@kari:b.no\"", "7", "null"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (tombstone(arena_printf(&arena, "\"state_key\":%s,\"content\":{\"replacement_room\":\"!ny:b.no\"}",
                                   keys[i]))
                ->kind != MATRIX_IGNORED)
            fail_msg("%s", keys[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(an_answer_without_news_is_a_position),
        TEST(rooms_and_their_events_are_read_in_order),
        TEST(invitations_name_who_invites),
        TEST(rooms_that_were_left_are_named),
        TEST(older_events_are_read),
        TEST(words_are_text),
        TEST(notices_and_own_words_are_ignored),
        TEST(what_a_reply_quotes_is_not_said_again),
        TEST(a_quote_alone_is_the_text),
        TEST(an_edit_is_the_new_text_and_says_of_what),
        TEST(an_edit_that_says_nothing_new_is_ignored),
        TEST(other_relations_are_words_as_ever),
        TEST(a_place_is_known_to_a_hundred_metres),
        TEST(what_is_no_place_on_earth_cannot_be_read),
        TEST(what_the_bot_cannot_read_is_named),
        TEST(other_events_are_ignored),
        TEST(a_reaction_is_a_picture_on_an_event),
        TEST(members_come_and_go),
        TEST(a_room_may_be_replaced),
        TEST(a_room_is_replaced_by_a_room_alone),
    };
    return cmocka_run_group_tests_name("matrix events", tests, NULL, NULL);
}
