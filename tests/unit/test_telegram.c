/* The Bot API's answers, commands and requests; its updates have test_telegram_update.c. */
#include "unit.h"

#include <jansson.h>

#include "wire/telegram.h"

static struct arena arena;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* ---- answers ---- */

/* From memory that ends with the body, so that a sanitizer sees a read behind it. */
static struct telegram_answer read_bytes(const char *body, size_t len)
{
    struct telegram_answer answer;
    char *exact = malloc(len ? len : 1);
    memcpy(exact, body, len);
    memset(&answer, 0xAA, sizeof answer);
    telegram_read_answer(exact, len, &arena, &answer);
    free(exact);
    return answer;
}

static struct telegram_answer read_answer(const char *body)
{
    return read_bytes(body, strlen(body));
}

static void a_good_answer_is_good(void **state)
{
    (void)state;
    struct telegram_answer answer = read_answer("{\"ok\":true,\"result\":{\"message_id\":7}}");
    assert_true(answer.readable && answer.ok);
    assert_int_equal(answer.code, 0);
    assert_string_equal(answer.description, "");
    assert_int_equal(answer.retry_after, 0);
    assert_int_equal(answer.migrate_to, 0);
}

static void an_error_says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum telegram_error error;
    } cases[] = {
        {"400,\"description\":\"Bad Request: chat not found\"", TELEGRAM_GONE},
        {"400,\"description\":\"Bad Request: user not found\"", TELEGRAM_GONE},
        {"400,\"description\":\"Bad Request: PEER_ID_INVALID\"", TELEGRAM_GONE},
        {"400,\"description\":\"Bad Request: user is deactivated\"", TELEGRAM_GONE},
        {"400,\"description\":\"Bad Request: PEER_FLOOD\"", TELEGRAM_OTHER},
        {"403,\"description\":\"Forbidden: bot was blocked by the user\"", TELEGRAM_GONE},
        {"403,\"description\":\"Forbidden: user is deactivated\"", TELEGRAM_GONE},
        {"403,\"description\":\"Forbidden: bot was kicked from the group chat\"", TELEGRAM_GONE},
        {"403,\"description\":\"Forbidden: bot can't initiate conversation with a user\"", TELEGRAM_GONE},
        {"403", TELEGRAM_GONE},
        {"400,\"description\":\"Bad Request: can't parse entities: Unsupported start tag \\\"x\\\" at byte "
         "offset 0\"",
         TELEGRAM_MARKUP},
        {"400,\"description\":\"Bad Request: message text is empty\"", TELEGRAM_OTHER},
        {"400,\"description\":\"Bad Request: message is too long\"", TELEGRAM_OTHER},
        {"400,\"description\":\"Bad Request: BUTTON_DATA_INVALID\"", TELEGRAM_OTHER},
        {"400,\"description\":\"Bad Request: message is not modified\"", TELEGRAM_OTHER},
        {"400", TELEGRAM_OTHER},
        {"413,\"description\":\"Request Entity Too Large\"", TELEGRAM_OTHER},
        {"400,\"description\":\"Bad Request: group chat was upgraded to a supergroup chat\","
         "\"parameters\":{\"migrate_to_chat_id\":-1001234567890}",
         TELEGRAM_MIGRATED},
        {"429,\"description\":\"Too Many Requests: retry after 3\",\"parameters\":{\"retry_after\":3}",
         TELEGRAM_FLOOD},
        {"429", TELEGRAM_FLOOD},
        {"401,\"description\":\"Unauthorized\"", TELEGRAM_TOKEN},
        {"404,\"description\":\"Not Found\"", TELEGRAM_TOKEN},
        {"409,\"description\":\"Conflict: terminated by other getUpdates request; make sure that only one "
         "bot "
         "instance is running\"",
         TELEGRAM_CONFLICT},
        {"500,\"description\":\"Internal Server Error\"", TELEGRAM_SERVER},
        {"502,\"description\":\"Bad Gateway\"", TELEGRAM_SERVER},
        {"504", TELEGRAM_SERVER},
        {"0", TELEGRAM_SERVER},
        {"-400", TELEGRAM_SERVER},
        {"\"400\"", TELEGRAM_SERVER},
        {"null,\"description\":7,\"parameters\":[]", TELEGRAM_SERVER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *body = arena_printf(&arena, "{\"ok\":false,\"error_code\":%s}", cases[i].body);
        struct telegram_answer answer = read_answer(body);
        if (!answer.readable || answer.ok || telegram_error_of(&answer) != cases[i].error)
            fail_msg("%s: %d, not %d", body, (int)telegram_error_of(&answer), (int)cases[i].error);
    }
}

static void an_error_brings_its_parameters(void **state)
{
    (void)state;
    struct telegram_answer answer = read_answer(
        "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after "
        "10072\",\"parameters\":{\"retry_after\":10072}}");
    assert_int_equal(answer.code, 429);
    assert_int_equal(answer.retry_after, 10072);
    assert_int_equal(answer.migrate_to, 0);
    assert_string_equal(answer.description, "Too Many Requests: retry after 10072");
    answer = read_answer("{\"ok\":false,\"error_code\":400,\"description\":\"x\",\"parameters\":{"
                         "\"migrate_to_chat_id\":-1009007199254740993}}");
    assert_true(answer.migrate_to == INT64_C(-1009007199254740993));
    assert_int_equal(answer.retry_after, 0);
    answer = read_answer("{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":\"5\"}}");
    assert_int_equal(answer.retry_after, 0);
}

/* Callers multiply by 1,000 and add to the time. */
static void a_pause_that_cannot_be_is_none(void **state)
{
    (void)state;
    static const char *const odd[] = {"-1", "-9223372036854775808", "9223372036854775807",
                                      "9300000000000000"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct telegram_answer answer = read_answer(arena_printf(
            &arena, "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":%s}}", odd[i]));
        if (answer.retry_after < 0 || answer.retry_after > INT64_MAX / 1000 / 2)
            fail_msg("%s: %lld", odd[i], (long long)answer.retry_after);
    }
}

/* 4294967697 is 401 in its last 32 bits: a bridge stops at a 401. */
static void a_huge_code_is_no_other_code(void **state)
{
    (void)state;
    struct telegram_answer answer = read_answer("{\"ok\":false,\"error_code\":4294967697}");
    assert_int_not_equal(answer.code, 401);
    assert_int_not_equal(telegram_error_of(&answer), TELEGRAM_TOKEN);
}

static void a_webhook_is_told_from_a_second_poller(void **state)
{
    (void)state;
    struct telegram_answer answer = read_answer(
        "{\"ok\":false,\"error_code\":409,\"description\":\"Conflict: can't use getUpdates method "
        "while webhook is active; use deleteWebhook to delete the webhook first\"}");
    assert_int_equal(telegram_error_of(&answer), TELEGRAM_CONFLICT);
    assert_true(telegram_is_webhook(&answer));
    answer = read_answer("{\"ok\":false,\"error_code\":409,\"description\":\"Conflict: terminated by other "
                         "getUpdates request; make sure that only one bot instance is running\"}");
    assert_false(telegram_is_webhook(&answer));
    answer = read_answer("{\"ok\":false,\"error_code\":409}");
    assert_int_equal(telegram_error_of(&answer), TELEGRAM_CONFLICT);
    assert_false(telegram_is_webhook(&answer));
}

static void what_is_no_answer_is_not_readable(void **state)
{
    (void)state;
    static const char *const odd[] = {"",
                                      "<html>502 Bad Gateway</html>",
                                      "null",
                                      "[]",
                                      "[{\"ok\":true}]",
                                      "\"ok\"",
                                      "true",
                                      "{}",
                                      "{\"ok\":1}",
                                      "{\"ok\":\"true\"}",
                                      "{\"ok\":null}",
                                      "{\"ok\":true",
                                      "{\"ok\":true}}",
                                      "{\"ok\":true}\xE5",
                                      "{\"error_code\":401}"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct telegram_answer answer = read_answer(odd[i]);
        if (answer.readable || answer.ok)
            fail_msg("read: %s", odd[i]);
        assert_string_equal(answer.description, "");
    }
    assert_true(read_answer("{\"ok\":true,\"a\":\"\xE5\"}").ok); /* half a character is mended */
    struct telegram_answer answer = read_answer(
        "{\"ok\":false,\"error_code\":400,\"description\":\"a\\u0000b\"}");
    assert_true(answer.readable);
    char *deep = arena_bytes(&arena, 100000);
    memset(deep, '[', 100000);
    memcpy(deep, "{\"ok\":", 6);
    assert_false(read_bytes(deep, 100000).readable);
}

static const char *read_me(const char *body)
{
    return telegram_read_me(body, strlen(body), &arena);
}

static void the_bot_has_a_name_or_none(void **state)
{
    (void)state;
    assert_string_equal(read_me("{\"ok\":true,\"result\":{\"id\":1,\"is_bot\":true,\"first_name\":\"S\","
                                "\"username\":\"selvhjelpsbot\"}}"),
                        "selvhjelpsbot");
    static const char *const none[] = {"{\"ok\":true,\"result\":{}}",
                                       "{\"ok\":true,\"result\":{\"username\":7}}",
                                       "{\"ok\":true,\"result\":{\"username\":\"\"}}",
                                       "{\"ok\":true,\"result\":[]}",
                                       "{\"ok\":true}",
                                       "<html>",
                                       ""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(read_me(none[i]));
}

/* ---- an update's id in a body that cannot be read ---- */

static int64_t guess(const char *body)
{
    char *exact = malloc(strlen(body) + 1);
    memcpy(exact, body, strlen(body) + 1);
    int64_t id = telegram_guess_update(exact, strlen(exact));
    free(exact);
    return id;
}

static void the_first_update_of_a_broken_body_is_found(void **state)
{
    (void)state;
    assert_int_equal(guess("{\"ok\":true,\"result\":[{\"update_id\":817,\"message\":{\"text\":\"\xE5"), 817);
    assert_int_equal(guess("{\"result\":[{ \"update_id\" :\r\n\t 817 ,{\"update_id\":818"), 817);
    assert_int_equal(guess("{\"message\":{\"text\":\"\\\"update_id\\\":5\"},\"update_id\":817"), 817);
    assert_true(guess("\"update_id\":9007199254740993}") == INT64_C(9007199254740993));
    assert_int_equal(guess("\"update_id\":12"), 12);
    assert_int_equal(guess(""), 0);
    assert_int_equal(guess("\"update_id\""), 0);
    assert_int_equal(guess("\"update_id\":"), 0);
    assert_int_equal(guess("\"update_id\":\"817\""), 0);
    assert_int_equal(guess("\"update_id\":null"), 0);
    assert_int_equal(guess("update_id:817"), 0);
    assert_int_equal(telegram_guess_update("\0\0\"update_id\":817", 17), 817);
}

/* What is found is confirmed with an offset one higher, and an offset is never negative. */
static void what_cannot_be_confirmed_is_no_id(void **state)
{
    (void)state;
    assert_int_equal(guess("\"update_id\":-817}"), 0);
    assert_true(guess("\"update_id\":9223372036854775807}") < INT64_MAX);
    assert_true(guess("\"update_id\":99999999999999999999}") < INT64_MAX);
}

/* ---- commands ---- */

static const char *command(const char *text)
{
    char *exact = malloc(strlen(text) + 1);
    memcpy(exact, text, strlen(text));
    const char *words = telegram_command(exact, strlen(text), &arena);
    free(exact);
    return words;
}

static void commands_are_the_words_of_a_person(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"/hjelp", "hjelp"},
        {"/start_paa_nytt", "start paa nytt"},
        {"/start_paa_nytt@selvhjelpsbot", "start paa nytt"},
        {"/slett_meg@Selvhjelps_Bot", "slett meg"},
        {"/koble ABC-123", "koble ABC-123"},
        {"/koble@bot  ABC_123 ", "koble ABC_123"},
        {"/svar\nja\ntakk\n", "svar ja\ntakk"},
        {"/hjelp ", "hjelp"},
        {"/finn Ål i Hallingdal", "finn Ål i Hallingdal"},
        {"/113", "113"},
        {"/a23456789012345678901234567890A2", "a23456789012345678901234567890A2"},
        {"/start", ""},
        {"/start@selvhjelpsbot", ""},
        {"/start  \n", ""},
        {"/start plakat", ""},
        {"/start plakat-2026", ""},
        {"/start hjelp_meg", "hjelp meg"},
        {"/start@bot koble_ABC-123", "koble ABC-123"},
        {"/start jeg vil bli med", "jeg vil bli med"},
        {"/start blåbær", "blåbær"},
        {"/starter", "starter"},
        {"/stars abc", "stars abc"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words = command(cases[i].text);
        if (!words || strcmp(words, cases[i].words))
            fail_msg("\"%s\" is \"%s\", not \"%s\"", cases[i].text, words ? words : "(none)", cases[i].words);
    }
}

static void other_texts_are_no_commands(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "/",
                                        "hei",
                                        " /hjelp",
                                        "//",
                                        "/ hjelp",
                                        "/hjelp!",
                                        "/hjelp.",
                                        "/hjelp/",
                                        "/blåbær",
                                        "/å",
                                        "/@bot",
                                        "/a-b",
                                        "/12/2026",
                                        "/\n",
                                        "a/b",
                                        "/hjelp\tmeg",
                                        "/hjelp@bot!",
                                        "/a234567890123456789012345678901A23",
                                        "\\start"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (command(texts[i]))
            fail_msg("\"%s\" is \"%s\"", texts[i], command(texts[i]));
    assert_null(telegram_command("/hjelp", 1, &arena));
    assert_string_equal(telegram_command("/hjelp meg", 4, &arena), "hje");
}

/* A link may have 64 characters; more were not made by the bot's own links. */
static void a_payload_has_at_most_64_characters(void **state)
{
    (void)state;
    const char *mark = unit_repeated("a", 64, &arena), *words = unit_repeated("a_", 32, &arena);
    assert_string_equal(command(arena_printf(&arena, "/start %s", mark)), "");
    assert_string_equal(command(arena_printf(&arena, "/start %sa", mark)), arena_printf(&arena, "%sa", mark));
    assert_null(strchr(command(arena_printf(&arena, "/start %s", words)), '_'));
    assert_string_equal(command(arena_printf(&arena, "/start %sa", words)),
                        arena_printf(&arena, "%sa", words));
}

/* Nobody writes a message of blanks: the chat was opened. */
static void a_payload_without_words_opens_the_chat(void **state)
{
    (void)state;
    assert_string_equal(command("/start _"), "");
    assert_string_equal(command("/start ____"), "");
}

/* ---- requests ---- */

/* What was written is JSON, and is the JSON of `expected` (in which the members may stand in another order).
 */
static void assert_json(struct buf *out, const char *expected, int line)
{
    json_t *is = json_loadb(buf_str(out), out->len, JSON_REJECT_DUPLICATES, NULL);
    json_t *wanted = json_loads(expected, JSON_REJECT_DUPLICATES, NULL);
    bool same = is && wanted && json_equal(is, wanted) && buf_done(out) == 0;
    if (!same)
        print_error("%s\nis not %s\n", buf_str(out), expected);
    json_decref(is);
    json_decref(wanted);
    buf_free(out);
    if (!same)
        _fail(__FILE__, line);
}

#define ALLOWED "\"allowed_updates\":[\"message\",\"edited_message\",\"callback_query\",\"my_chat_member\"]"

static void updates_are_asked_for(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(TELEGRAM_REQUEST_MOST);
    telegram_write_get_updates(0, 100, 50, &out);
    assert_json(&out, "{\"limit\":100,\"timeout\":50," ALLOWED "}", __LINE__);
    telegram_write_get_updates(1, 100, 1, &out);
    assert_json(&out, "{\"limit\":100,\"timeout\":1,\"offset\":1," ALLOWED "}", __LINE__);
    telegram_write_get_updates(INT64_C(9007199254740993), 1, 0, &out);
    assert_json(&out, "{\"limit\":1,\"timeout\":0,\"offset\":9007199254740993," ALLOWED "}", __LINE__);
}

#define PREVIEW "\"link_preview_options\":{\"is_disabled\":true}"

static void a_message_is_written(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(TELEGRAM_REQUEST_MOST);
    struct telegram_send send = {.chat = 4711, .text = "<b>«Hei»</b> \"du\"\\\n😢", .html = true};
    telegram_write_send(&send, &out);
    assert_json(
        &out,
        "{\"chat_id\":4711,\"text\":\"<b>«Hei»</b> \\\"du\\\"\\\\\\n😢\",\"parse_mode\":\"HTML\"," PREVIEW "}",
        __LINE__);
    send = (struct telegram_send){.chat = INT64_C(-1009007199254740993), .text = "a"};
    telegram_write_send(&send, &out);
    assert_json(&out, "{\"chat_id\":-1009007199254740993,\"text\":\"a\"," PREVIEW "}", __LINE__);
}

static void each_keyboard_is_written(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"Ja, «takk»", "0123abcd.1"}, {"Nei", "s.\"2\""}};
    struct buf out = BUF_INIT(TELEGRAM_REQUEST_MOST);
    struct telegram_send send = {.chat = 1,
                                 .text = "a",
                                 .keyboard = TELEGRAM_BUTTONS,
                                 .buttons = buttons,
                                 .n_buttons = 2,
                                 .share_label = "📍 Del",
                                 .hint = "Skriv stedet"};
    telegram_write_send(&send, &out);
    assert_json(&out,
                "{\"chat_id\":1,\"text\":\"a\"," PREVIEW ",\"reply_markup\":{\"inline_keyboard\":["
                "[{\"text\":\"Ja, «takk»\",\"callback_data\":\"0123abcd.1\"}],"
                "[{\"text\":\"Nei\",\"callback_data\":\"s.\\\"2\\\"\"}]]}}",
                __LINE__);
    send.keyboard = TELEGRAM_ASK_LOCATION;
    telegram_write_send(&send, &out);
    assert_json(&out,
                "{\"chat_id\":1,\"text\":\"a\"," PREVIEW
                ",\"reply_markup\":{\"keyboard\":[[{\"text\":\"📍 Del\","
                "\"request_location\":true}]],\"one_time_keyboard\":true,\"resize_keyboard\":true,"
                "\"input_field_placeholder\":\"Skriv stedet\"}}",
                __LINE__);
    send.keyboard = TELEGRAM_REMOVE_KEYBOARD;
    telegram_write_send(&send, &out);
    assert_json(&out,
                "{\"chat_id\":1,\"text\":\"a\"," PREVIEW ",\"reply_markup\":{\"remove_keyboard\":true}}",
                __LINE__);
    send.keyboard = TELEGRAM_NO_KEYBOARD;
    telegram_write_send(&send, &out);
    assert_json(&out, "{\"chat_id\":1,\"text\":\"a\"," PREVIEW "}", __LINE__);
}

static void small_requests_are_written(void **state)
{
    (void)state;
    static const struct button buttons[] = {{"✓ Ja", "a.1"}};
    struct buf out = BUF_INIT(TELEGRAM_REQUEST_MOST);
    telegram_write_answer_query("4382bfdwdsb323b2d9", &out);
    assert_json(&out, "{\"callback_query_id\":\"4382bfdwdsb323b2d9\"}", __LINE__);
    telegram_write_typing(-5, &out);
    assert_json(&out, "{\"chat_id\":-5,\"action\":\"typing\"}", __LINE__);
    telegram_write_edit_buttons(-5, INT64_C(4294967296), buttons, 1, &out);
    assert_json(&out,
                "{\"chat_id\":-5,\"message_id\":4294967296,\"reply_markup\":{\"inline_keyboard\":[[{\"text\":"
                "\"✓ Ja\",\"callback_data\":\"a.1\"}]]}}",
                __LINE__);
    telegram_write_edit_buttons(1, 2, NULL, 0, &out);
    assert_json(&out, "{\"chat_id\":1,\"message_id\":2,\"reply_markup\":{\"inline_keyboard\":[]}}", __LINE__);
}

/* Bytes that are no UTF-8 cannot be said in JSON: the writer fails. */
static void what_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(TELEGRAM_REQUEST_MOST), small = BUF_INIT(20);
    telegram_write_send(&(struct telegram_send){.chat = 1, .text = "p\xE5"}, &text);
    assert_int_equal(buf_done(&text), -1);
    telegram_write_send(&(struct telegram_send){.chat = 1, .text = "a"}, &small);
    assert_int_equal(buf_done(&small), -1);
    buf_free(&text);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(a_good_answer_is_good),
        TEST(an_error_says_what_it_is),
        TEST(an_error_brings_its_parameters),
        TEST(a_pause_that_cannot_be_is_none),
        TEST(a_huge_code_is_no_other_code),
        TEST(a_webhook_is_told_from_a_second_poller),
        TEST(what_is_no_answer_is_not_readable),
        TEST(the_bot_has_a_name_or_none),
        TEST(the_first_update_of_a_broken_body_is_found),
        TEST(what_cannot_be_confirmed_is_no_id),
        TEST(commands_are_the_words_of_a_person),
        TEST(other_texts_are_no_commands),
        TEST(a_payload_has_at_most_64_characters),
        TEST(a_payload_without_words_opens_the_chat),
        TEST(updates_are_asked_for),
        TEST(a_message_is_written),
        TEST(each_keyboard_is_written),
        TEST(small_requests_are_written),
        TEST(what_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests_name("telegram", tests, NULL, NULL);
}
