/* Strange updates: each costs nothing but itself. */
#include "updates.h"

static void an_update_of_another_form_says_nothing_but_its_id(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "\"message\":7",
        "\"message\":null",
        "\"message\":[]",
        "\"message\":\"hei\"",
        "\"message\":{}",
        "\"message\":{\"chat\":7,\"text\":\"a\"}",
        "\"message\":{\"chat\":{\"id\":\"4711\",\"type\":\"private\"},\"text\":\"a\"}",
        "\"message\":{\"chat\":{\"id\":4711.5,\"type\":\"private\"},\"text\":\"a\"}",
        "\"message\":{\"chat\":{\"type\":\"private\"},\"text\":\"a\"}",
        "\"edited_message\":[{}]",
        "\"callback_query\":true",
        "\"my_chat_member\":{" PRIVATE ",\"new_chat_member\":{}}",
        "\"my_chat_member\":{" PRIVATE "}",
        "\"my_chat_member\":{\"new_chat_member\":{\"status\":\"kicked\"}}",
        "\"my_chat_member\":{" PRIVATE ",\"new_chat_member\":{\"status\":7}}",
    };
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
        if (update_of(strange[i])->kind != TELEGRAM_STRANGE)
            fail_msg("%s: %d", strange[i], (int)updates[0].kind);
    static const char *const others[] = {"\"poll\":{}", "\"channel_post\":{" GROUP "}", "\"inline_query\":7",
                                         "\"x\":null"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(update_of(others[i])->kind, TELEGRAM_IGNORED);
}

static void strange_ones_cost_the_others_nothing(void **state)
{
    (void)state;
    static const char good[] = "{\"update_id\":9,\"message\":{" HEAD ",\"text\":\"a\"}}";
    static const char *const strange[] = {"7",
                                          "null",
                                          "[]",
                                          "\"x\"",
                                          "{}",
                                          "{\"update_id\":\"8\"}",
                                          "{\"update_id\":8.5}",
                                          "{\"message\":{\"text\":\"a\"}}",
                                          "{\"update_id\":null,\"message\":{}}"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        read_list(arena_printf(&arena, "%s,%s,%s", good, strange[i], good));
        assert_int_equal(count, 3);
        assert_int_equal(updates[1].kind, TELEGRAM_STRANGE);
        assert_int_equal(updates[1].id, 0);
        assert_text(&updates[0], "a");
        assert_text(&updates[2], "a");
    }
}

/* An offset of one more confirms an update, and none is negative. */
static void an_id_that_cannot_be_confirmed_is_none(void **state)
{
    (void)state;
    static const char *const ids[] = {"-1", "-9223372036854775808", "9223372036854775807"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        read_list(arena_printf(&arena, "{\"update_id\":%s,\"message\":{" HEAD ",\"text\":\"a\"}}", ids[i]));
        assert_int_equal(count, 1);
        if (updates[0].id)
            fail_msg("%s is kept", ids[i]);
        assert_int_equal(updates[0].kind, TELEGRAM_STRANGE);
    }
}

static void odd_contents_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    assert_unsupported(message("\"text\":7"), "unknown");
    assert_unsupported(message("\"text\":null"), "unknown");
    assert_text(message("\"text\":\"a\\u0000b\\u0000\""), "a b ");
    assert_text(message("\"text\":\"\\u0000/start\""), " /start");
    struct telegram_update *update = update_of("\"message\":{\"message_id\":\"15\",\"date\":\"x\"," PRIVATE
                                               ",\"from\":7,\"text\":\"a\"}");
    assert_text(update, "a");
    assert_int_equal(update->message_id, 0);
    assert_int_equal(update->event.time, 0);
    update = message(
        arena_printf(&arena, "\"text\":\"%s\"", unit_repeated("x", CONTRACT_IN_LARGEST, &arena)));
    assert_int_equal(update->event.text_len, CONTRACT_IN_LARGEST);
    assert_unsupported(
        message(arena_printf(&arena, "\"text\":\"%s\"", unit_repeated("x", CONTRACT_IN_LARGEST + 1, &arena))),
        "unknown");
}

static void huge_numbers_are_survived(void **state)
{
    (void)state;
    static const char *const numbers[] = {"9223372036854775807", "-9223372036854775808", "9223372036854776",
                                          "-1", "1e300"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *n = numbers[i];
        struct telegram_update *update = update_of(arena_printf(
            &arena,
            "\"edited_message\":{\"message_id\":%s,\"date\":%s,\"edit_date\":%s," PRIVATE ",\"text\":\"a\"}",
            n, n, n));
        assert_text(update, "a");
        update = update_of(
            arena_printf(&arena, "\"message\":{\"message_id\":1,\"date\":%s," PRIVATE ",\"text\":\"a\"}", n));
        assert_true(strtod(n, NULL) > 0 ? update->event.time >= 0 : update->event.time <= 0);
        update = update_of(arena_printf(&arena,
                                        "\"my_chat_member\":{" PRIVATE ",\"date\":%s,\"new_chat_member\":{"
                                        "\"status\":\"member\"}}",
                                        n));
        assert_int_equal(update->kind, TELEGRAM_MEMBER);
    }
}

static void deep_and_unknown_members_are_survived(void **state)
{
    (void)state;
    const char *deep = arena_printf(&arena, "%s%s", unit_repeated("[", 1000, &arena),
                                    unit_repeated("]", 1000, &arena));
    assert_text(
        message(arena_printf(&arena, "\"text\":\"a\",\"x\":%s,\"reply_to_message\":{\"text\":\"b\"}", deep)),
        "a");
    assert_unsupported(message(arena_printf(&arena, "\"text\":%s", deep)), "unknown");
    char *endless = arena_bytes(&arena, 300000);
    memset(endless, '[', 300000);
    memcpy(endless, "{\"ok\":true,\"result\":", 20);
    assert_int_equal(read_bytes(endless, 300000), -1);
    assert_int_equal(count, 0);
}

static void what_is_no_list_is_not_read(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "[]",
                                         "null",
                                         "{}",
                                         "{\"ok\":true}",
                                         "{\"ok\":true,\"result\":{}}",
                                         "{\"ok\":false,\"result\":[]}",
                                         "{\"ok\":1,\"result\":[]}",
                                         "{\"result\":[]}",
                                         "{\"ok\":true,\"result\":[]",
                                         "{\"ok\":true,\"result\":[]}x"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        if (read_bytes(bodies[i], strlen(bodies[i])) != -1)
            fail_msg("read: %s", bodies[i]);
        assert_int_equal(count, 0);
        assert_null(updates);
    }
    static const char mended[] =
        "{\"ok\":true,\"result\":[{\"update_id\":99999999999999999999},{\"update_id\":1,"
        "\"message\":{\"text\":\"\xE5\"}},{\"update_id\":2,\"x\":\"\\ud800\"}]}";
    assert_done(read_bytes(mended, sizeof mended - 1)); /* one strange text does not cost the others */
    assert_int_equal(count, 3);
    assert_int_equal(updates[2].id, 2);
    assert_done(read_bytes("{\"ok\":true,\"result\":[]}", 23));
    assert_int_equal(count, 0);
}

/* The server gives a hundred at most; what is over that comes again. */
static void a_hundred_updates_are_read_at_a_time(void **state)
{
    (void)state;
    struct buf list = BUF_INIT(1024 * 1024);
    for (int i = 1; i <= 150; i++) {
        buf_addf(&list, "%s{\"update_id\":%d,\"message\":{" HEAD ",\"text\":\"nr %d\"}}", i > 1 ? "," : "", i,
                 i);
        if (i != 1 && i != 99 && i != 100 && i != 101 && i != 150)
            continue;
        read_list(buf_str(&list));
        assert_int_equal(count, i < 100 ? i : TELEGRAM_UPDATES_MOST);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(updates[k].id, k + 1);
        assert_text(&updates[count - 1], arena_printf(&arena, "nr %zu", count));
    }
    buf_free(&list);
}

/* Bytes changed at random: never more than what is said, never a crash. */
static void damaged_bodies_are_survived(void **state)
{
    (void)state;
    static const char good[] =
        "{\"ok\":true,\"result\":[{\"update_id\":8,\"message\":{" HEAD
        ",\"text\":\"/start a_b\"}},{\"update_id\":9,"
        "\"callback_query\":{\"id\":\"4\",\"data\":\"a\"," PERSON ",\"message\":{\"message_id\":9," PRIVATE
        ",\"reply_markup\":{\"inline_keyboard\":[[{\"text\":\"a\",\"callback_data\":\"a\"}]]}}}}]}";
    for (int round = 0; round < 50000; round++) {
        char body[sizeof good];
        memcpy(body, good, sizeof good);
        for (uint32_t n = 1 + unit_random(2); n > 0; n--)
            body[unit_random(sizeof good - 1)] = unit_random(2) ? (char)unit_random(256)
                                                                : "{}[]\":,09\\"[unit_random(10)];
        int rc = read_bytes(body, unit_random(20) ? sizeof good - 1 : unit_random(sizeof good));
        assert_true(rc == 0 ? count <= 3 : count == 0);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(an_update_of_another_form_says_nothing_but_its_id),
        TEST(strange_ones_cost_the_others_nothing),
        TEST(an_id_that_cannot_be_confirmed_is_none),
        TEST(odd_contents_are_read_as_far_as_they_go),
        TEST(huge_numbers_are_survived),
        TEST(deep_and_unknown_members_are_survived),
        TEST(what_is_no_list_is_not_read),
        TEST(a_hundred_updates_are_read_at_a_time),
        TEST(damaged_bodies_are_survived),
    };
    return cmocka_run_group_tests_name("telegram_strange", tests, NULL, NULL);
}
