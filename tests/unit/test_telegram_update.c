/* Updates of the Bot API: what is made of each. Strange ones have test_telegram_strange.c. */
#include "updates.h"

#include <math.h>

/* ---- messages ---- */

static void a_text_has_all_that_is_needed(void **state)
{
    (void)state;
    struct telegram_update *update = message(
        "\"text\":\"Hei på «deg»\\n😢\",\"entities\":[{\"type\":\"bold\"}]");
    assert_text(update, "Hei på «deg»\n😢");
    assert_int_equal(update->chat, 4711);
    assert_int_equal(update->message_id, 15);
    assert_int_equal(update->edit_date, 0);
    assert_int_equal(update->event.time, INT64_C(1795323667000));
    assert_string_equal(update->event.language, "nb");
    assert_null(update->query);
    assert_null(update->album);
    assert_int_equal(update->n_buttons, 0);
    assert_false(update->event.late);
}

static void a_command_is_its_words_and_start_opens_the_chat(void **state)
{
    (void)state;
    assert_text(message("\"text\":\"/hva_er_selvhjelp@bot\""), "hva er selvhjelp");
    assert_text(message("\"text\":\"/start a_b_c\""), "a b c");
    assert_text(message("\"text\":\"/\""), "/");
    static const char *const opening[] = {"\"text\":\"/start\"", "\"text\":\"/start@bot\"",
                                          "\"text\":\"/start plakat\""};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
        struct telegram_update *update = message(opening[i]);
        assert_int_equal(update->kind, TELEGRAM_MESSAGE);
        assert_int_equal(update->event.kind, EVENT_STARTED);
        assert_null(update->event.text);
        assert_int_equal(update->event.text_len, 0);
    }
}

static void a_caption_is_words_too(void **state)
{
    (void)state;
    assert_text(message("\"photo\":[{\"file_id\":\"x\"}],\"caption\":\"se her\""), "se her");
    assert_text(message("\"document\":{},\"caption\":\"vedlagt\",\"media_group_id\":\"9\""), "vedlagt");
    assert_unsupported(message("\"photo\":[],\"caption\":7"), "photo");
}

/* All that the Bot API can hold, and what a person of it has to hear. */
static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const char *const kinds[] = {"voice",      "audio",     "photo",    "sticker",   "video",
                                        "video_note", "animation", "document", "contact",   "poll",
                                        "dice",       "game",      "story",    "paid_media"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct telegram_update *update = message(arena_printf(&arena, "\"%s\":{}", kinds[i]));
        assert_unsupported(update, kinds[i]);
        assert_null(update->album);
    }
    assert_unsupported(message("\"animation\":{},\"document\":{}"), "animation"); /* a GIF comes as both */
    assert_unsupported(message("\"hologram\":{}"), "unknown");
    assert_unsupported(message("\"photo\":[],\"reply_to_message\":{\"text\":\"a\"},\"pinned_message\":{}"),
                       "photo");
}

static void service_messages_are_nothing(void **state)
{
    (void)state;
    static const char *const kinds[] = {"pinned_message",       "message_auto_delete_timer_changed",
                                        "write_access_allowed", "users_shared",
                                        "chat_shared",          "connected_website",
                                        "successful_payment",   "proximity_alert_triggered",
                                        "chat_background_set",  "web_app_data"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct telegram_update *update = message(arena_printf(&arena, "\"%s\":{}", kinds[i]));
        if (update->kind != TELEGRAM_IGNORED)
            fail_msg("%s is answered", kinds[i]);
    }
}

/* What came with Bot API 9.1 (July 2025): somebody ticked off a task in a list. */
static void service_messages_of_checklists_are_nothing_too(void **state)
{
    (void)state;
    assert_int_equal(message("\"checklist_tasks_done\":{\"marked_as_done_task_ids\":[1]}")->kind,
                     TELEGRAM_IGNORED);
    assert_int_equal(message("\"checklist_tasks_added\":{\"tasks\":[]}")->kind, TELEGRAM_IGNORED);
}

static void pictures_of_an_album_belong_together(void **state)
{
    (void)state;
    struct telegram_update *update = message("\"photo\":[],\"media_group_id\":\"13579\"");
    assert_unsupported(update, "photo");
    assert_string_equal(update->album, "13579");
    assert_null(message("\"photo\":[],\"media_group_id\":7")->album);
}

/* ---- places ---- */

static struct telegram_update *location(const char *lat, const char *lon)
{
    return message(arena_printf(&arena, "\"location\":{\"latitude\":%s,\"longitude\":%s}", lat, lon));
}

static void a_location_is_rounded_to_a_hundred_metres(void **state)
{
    (void)state;
    static const struct {
        const char *lat, *lon;
        double rounded_lat, rounded_lon;
    } cases[] = {
        {"59.912731", "10.746093", 59.913, 10.746},
        {"59.9124999", "10.7465001", 59.912, 10.747},
        {"-33.868499", "-151.209301", -33.868, -151.209},
        {"-33.8687", "-0.0006", -33.869, -0.001},
        {"0.0004", "-0.0004", 0, 0},
        {"90", "180", 90, 180},
        {"-90.0", "-180.0", -90, -180},
        {"89.9996", "-179.9996", 90, -180},
        {"78", "1e1", 78, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct telegram_update *update = location(cases[i].lat, cases[i].lon);
        assert_int_equal(update->kind, TELEGRAM_MESSAGE);
        assert_int_equal(update->event.kind, EVENT_LOCATION);
        if (fabs(update->event.lat - cases[i].rounded_lat) > 1e-9 ||
            fabs(update->event.lon - cases[i].rounded_lon) > 1e-9)
            fail_msg("%s, %s: %.6f, %.6f", cases[i].lat, cases[i].lon, update->event.lat, update->event.lon);
    }
}

static void a_place_off_the_globe_is_no_location(void **state)
{
    (void)state;
    static const struct {
        const char *lat, *lon;
    } cases[] = {{"90.0001", "0"}, {"-91", "0"},   {"0", "180.0001"},
                 {"0", "-1e300"},  {"1e300", "0"}, {"\"59\"", "10"},
                 {"59", "null"},   {"true", "10"}, {"9223372036854775807", "0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_unsupported(location(cases[i].lat, cases[i].lon), "unknown");
    assert_unsupported(message("\"location\":{}"), "unknown");
    assert_unsupported(message("\"location\":[59,10]"), "unknown");
}

static void a_venue_is_its_location(void **state)
{
    (void)state;
    struct telegram_update *update = message(
        "\"venue\":{\"title\":\"Kafé\",\"location\":{\"latitude\":59.9127,\"longitude\":10.7461}},"
        "\"location\":{\"latitude\":59.9127,\"longitude\":10.7461}");
    assert_int_equal(update->event.kind, EVENT_LOCATION);
    assert_float_equal(update->event.lat, 59.913, 1e-9);
    update = message("\"venue\":{\"location\":{\"latitude\":1,\"longitude\":2}}");
    assert_int_equal(update->event.kind, EVENT_LOCATION);
    assert_float_equal(update->event.lon, 2, 1e-9);
    assert_unsupported(message("\"venue\":{\"title\":\"Kafé\"}"), "unknown");
}

/* ---- changes ---- */

static void a_changed_text_is_told(void **state)
{
    (void)state;
    struct telegram_update *update = edited("\"text\":\"jeg mente Bergen\"");
    assert_text(update, "jeg mente Bergen");
    assert_int_equal(update->message_id, 15);
    assert_int_equal(update->edit_date, 1795323700);
    assert_int_equal(update->event.time, INT64_C(1795323700000));
    assert_text(edited("\"photo\":[],\"caption\":\"ny tekst\""), "ny tekst");
    assert_text(edited("\"text\":\"/hjelp\""), "hjelp");
}

static void other_changes_are_nothing(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "\"location\":{\"latitude\":59.9,\"longitude\":10.7,\"live_period\":900}", "\"photo\":[]",
        "\"text\":\"/start\"", "\"poll\":{}", "\"x\":1"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++)
        assert_int_equal(edited(contents[i])->kind, TELEGRAM_IGNORED);
}

/* ---- who writes, and where ---- */

static void what_bots_write_is_nothing(void **state)
{
    (void)state;
    static const char bot[] = "\"from\":{\"id\":1,\"is_bot\":true}," PRIVATE ",\"date\":1,\"message_id\":1";
    assert_int_equal(update_of(arena_printf(&arena, "\"message\":{%s,\"text\":\"a\"}", bot))->kind,
                     TELEGRAM_IGNORED);
    struct telegram_update *update = update_of(
        arena_printf(&arena,
                     "\"callback_query\":{\"id\":\"1\",\"data\":\"a\",\"from\":{\"is_bot\":true},"
                     "\"message\":{%s}}",
                     bot));
    assert_int_equal(update->kind, TELEGRAM_IGNORED);
    assert_string_equal(update->query, "1");
}

static void a_message_without_a_sender_is_read(void **state)
{
    (void)state;
    struct telegram_update *update = update_of("\"message\":{\"message_id\":1,\"date\":1," PRIVATE
                                               ",\"text\":\"a\"}");
    assert_text(update, "a");
    assert_null(update->event.language);
    update = update_of("\"message\":{\"message_id\":1,\"date\":1,\"from\":{\"language_code\":"
                       "\"en-123456789012345678901234567890123456\"}," PRIVATE ",\"text\":\"a\"}");
    assert_text(update, "a");
    assert_null(update->event.language);
}

static void groups_are_told_of_whatever_is_written_there(void **state)
{
    (void)state;
    static const char *const contents[] = {"\"text\":\"hei\"", "\"text\":\"/start@bot\"",
                                           "\"new_chat_members\":[]", "\"photo\":[]",
                                           "\"group_chat_created\":true"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct telegram_update *update = update_of(arena_printf(
            &arena, "\"message\":{\"message_id\":1,\"date\":1795323667," GROUP ",%s}", contents[i]));
        assert_int_equal(update->kind, TELEGRAM_GROUPED);
        assert_int_equal(update->event.kind, EVENT_GROUP);
        assert_true(update->chat == INT64_C(-1001234567890));
        assert_int_equal(update->migrated, 0);
        assert_null(update->event.text);
        assert_int_equal(update->event.time, INT64_C(1795323667000));
    }
    struct telegram_update *update = update_of(
        "\"edited_message\":{\"message_id\":1,\"date\":1,\"edit_date\":2," GROUP ",\"text\":\"a\"}");
    assert_int_equal(update->kind, TELEGRAM_GROUPED);
}

static void a_group_that_moves_is_the_same(void **state)
{
    (void)state;
    struct telegram_update *update = update_of("\"message\":{\"message_id\":1,\"date\":1," GROUP
                                               ",\"migrate_from_chat_id\":-55}");
    assert_int_equal(update->kind, TELEGRAM_GROUPED);
    assert_int_equal(update->migrated, -55);
    update = update_of("\"message\":{\"message_id\":1,\"date\":1,\"chat\":{\"id\":-55,\"type\":\"group\"},"
                       "\"migrate_to_chat_id\":-1001234567890}");
    assert_int_equal(update->chat, -55);
    assert_true(update->migrated == INT64_C(-1001234567890));
}

/* ---- presses ---- */

#define PRESS                                                                                                \
    "\"callback_query\":{\"id\":\"4382bf\"," PERSON ",\"chat_instance\":\"-1\",\"data\":\"0123abcd.2\""

static void a_press_brings_its_buttons(void **state)
{
    (void)state;
    struct telegram_update *update = update_of(
        PRESS ",\"message\":{\"message_id\":99," PRIVATE
              ",\"date\":1795323000,\"text\":\"Velg\",\"reply_markup\":{"
              "\"inline_keyboard\":[[{\"text\":\"Én\",\"callback_data\":\"0123abcd.1\"}],[{\"text\":\"To\","
              "\"callback_data\":\"0123abcd.2\"},{\"text\":\"Tre\",\"callback_data\":\"s.7\"}],"
              "[{\"text\":\"nett\",\"url\":\"https://a.no\"}]]}}}");
    assert_int_equal(update->kind, TELEGRAM_PRESS);
    assert_int_equal(update->event.kind, EVENT_CHOICE);
    assert_string_equal(update->event.choice, "0123abcd.2");
    assert_string_equal(update->event.language, "nb");
    assert_int_equal(update->event.time, 0); /* a press has none */
    assert_string_equal(update->query, "4382bf");
    assert_int_equal(update->chat, 4711);
    assert_int_equal(update->message_id, 99);
    assert_int_equal(update->n_buttons, 3);
    assert_string_equal(update->buttons[0].label, "Én");
    assert_string_equal(update->buttons[2].label, "Tre");
    assert_string_equal(update->buttons[2].value, "s.7");
}

static void strange_buttons_are_left_out(void **state)
{
    (void)state;
    struct telegram_update *update = update_of(
        PRESS ",\"message\":{\"message_id\":99," PRIVATE
              ",\"reply_markup\":{\"inline_keyboard\":[7,[],{},[7,null,{}],"
              "[{\"text\":7,\"callback_data\":\"a\"},{\"text\":\"a\",\"callback_data\":"
              "\"12345678901234567890123456789012345678901234567890123456789012345\"}],"
              "[{\"text\":\"god\",\"callback_data\":\"a\"}]]}}}");
    assert_int_equal(update->kind, TELEGRAM_PRESS);
    assert_int_equal(update->n_buttons, 1);
    assert_string_equal(update->buttons[0].label, "god");
    struct buf many = BUF_INIT(64 * 1024);
    buf_add_str(&many, PRESS ",\"message\":{" PRIVATE ",\"reply_markup\":{\"inline_keyboard\":[");
    for (int i = 0; i < 100; i++)
        buf_addf(&many, "%s[{\"text\":\"%d\",\"callback_data\":\"%d\"}]", i ? "," : "", i, i);
    buf_add_str(&many, "]}}}");
    update = update_of(buf_str(&many));
    assert_int_equal(update->n_buttons, TELEGRAM_BUTTONS_MOST);
    assert_string_equal(update->buttons[TELEGRAM_BUTTONS_MOST - 1].label, "23");
    buf_free(&many);
}

/* A message too old to be had has only its chat and id. */
static void a_press_under_a_message_that_cannot_be_had_counts(void **state)
{
    (void)state;
    struct telegram_update *update = update_of(PRESS ",\"message\":{\"message_id\":99," PRIVATE
                                                     ",\"date\":0}}");
    assert_int_equal(update->kind, TELEGRAM_PRESS);
    assert_int_equal(update->message_id, 99);
    assert_int_equal(update->n_buttons, 0);
}

/* They are answered all the same, or the button waits for ever. */
static void other_presses_are_answered_but_say_nothing(void **state)
{
    (void)state;
    static const char *const presses[] = {
        "\"id\":\"4382bf\",\"data\":\"a\"",                             /* no message */
        "\"id\":\"4382bf\",\"data\":\"a\",\"inline_message_id\":\"x\"", /* of an inline message */
        "\"id\":\"4382bf\",\"data\":\"a\",\"message\":{\"message_id\":1," GROUP "}", /* in a group */
        "\"id\":\"4382bf\",\"data\":\"a\",\"message\":7",
        "\"id\":\"4382bf\",\"data\":\"a\",\"message\":{\"chat\":{}}",
        "\"id\":\"4382bf\",\"game_short_name\":\"x\",\"message\":{" PRIVATE "}",
        "\"id\":\"4382bf\",\"data\":7,\"message\":{" PRIVATE "}",
    };
    for (size_t i = 0; i < sizeof presses / sizeof *presses; i++) {
        struct telegram_update *update = update_of(
            arena_printf(&arena, "\"callback_query\":{%s}", presses[i]));
        if (update->kind != TELEGRAM_IGNORED || !update->query || strcmp(update->query, "4382bf"))
            fail_msg("%s", presses[i]);
    }
    static const char *const ids[] = {
        "7", "null", "\"1234567890123456789012345678901234567890123456789012345678901234567\""};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct telegram_update *update = update_of(arena_printf(
            &arena,
            "\"callback_query\":{\"id\":%s,\"data\":\"a\",\"message\":{\"message_id\":1," PRIVATE "}}",
            ids[i]));
        assert_int_equal(update->kind, TELEGRAM_IGNORED);
        assert_null(update->query);
    }
}

/* ---- blocked and unblocked ---- */

static struct telegram_update *member(const char *chat, const char *status)
{
    return update_of(arena_printf(&arena,
                                  "\"my_chat_member\":{%s," PERSON
                                  ",\"date\":1795323667,\"old_chat_member\":{"
                                  "\"status\":\"member\"},\"new_chat_member\":{\"status\":%s}}",
                                  chat, status));
}

static void a_person_blocks_and_unblocks(void **state)
{
    (void)state;
    struct telegram_update *update = member(PRIVATE, "\"kicked\"");
    assert_int_equal(update->kind, TELEGRAM_MEMBER);
    assert_int_equal(update->event.kind, EVENT_BLOCKED);
    assert_int_equal(update->chat, 4711);
    assert_int_equal(update->event.time, INT64_C(1795323667000));
    update = member(PRIVATE, "\"member\"");
    assert_int_equal(update->kind, TELEGRAM_MEMBER);
    assert_int_equal(update->event.kind, EVENT_UNBLOCKED);
    assert_string_equal(update->event.language, "nb");
}

static void a_group_that_takes_the_bot_in_is_told_of(void **state)
{
    (void)state;
    static const char *const in[] = {"\"member\"", "\"administrator\"", "\"restricted\""};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        struct telegram_update *update = member(GROUP, in[i]);
        assert_int_equal(update->kind, TELEGRAM_GROUPED);
        assert_int_equal(update->event.kind, EVENT_GROUP);
        assert_int_equal(update->event.time, INT64_C(1795323667000));
    }
    assert_int_equal(member("\"chat\":{\"id\":-100,\"type\":\"channel\"}", "\"administrator\"")->kind,
                     TELEGRAM_GROUPED);
    assert_int_equal(member(GROUP, "\"left\"")->kind, TELEGRAM_IGNORED);
    assert_int_equal(member(GROUP, "\"kicked\"")->kind, TELEGRAM_IGNORED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(a_text_has_all_that_is_needed),
        TEST(a_command_is_its_words_and_start_opens_the_chat),
        TEST(a_caption_is_words_too),
        TEST(what_cannot_be_read_is_named),
        TEST(service_messages_are_nothing),
        TEST(service_messages_of_checklists_are_nothing_too),
        TEST(pictures_of_an_album_belong_together),
        TEST(a_location_is_rounded_to_a_hundred_metres),
        TEST(a_place_off_the_globe_is_no_location),
        TEST(a_venue_is_its_location),
        TEST(a_changed_text_is_told),
        TEST(other_changes_are_nothing),
        TEST(what_bots_write_is_nothing),
        TEST(a_message_without_a_sender_is_read),
        TEST(groups_are_told_of_whatever_is_written_there),
        TEST(a_group_that_moves_is_the_same),
        TEST(a_press_brings_its_buttons),
        TEST(strange_buttons_are_left_out),
        TEST(a_press_under_a_message_that_cannot_be_had_counts),
        TEST(other_presses_are_answered_but_say_nothing),
        TEST(a_person_blocks_and_unblocks),
        TEST(a_group_that_takes_the_bot_in_is_told_of),
    };
    return cmocka_run_group_tests_name("telegram_update", tests, NULL, NULL);
}
