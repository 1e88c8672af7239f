/* Matrix: small answers and requests of the client-server API; its events have test_matrix_event.c. */
#include "unit.h"

#include "wire/json.h"
#include "wire/matrix.h"

static struct arena arena;

static int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* In memory that ends with the body, so that a sanitizer sees a read behind it. */
static char *exact(const char *body, size_t len)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, body, len);
    return copy;
}

/* ---- answers ---- */

static struct matrix_answer read_bytes(int status, const char *body, size_t len, int64_t retry_after)
{
    struct matrix_answer answer;
    char *copy = exact(body, len);
    memset(&answer, 0xAA, sizeof answer);
    matrix_read_answer(status, copy, len, retry_after, &arena, &answer);
    free(copy);
    return answer;
}

static struct matrix_answer read_answer(int status, const char *body)
{
    return read_bytes(status, body, strlen(body), -1);
}

static void a_good_answer_is_good(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "{\"event_id\":\"$a\"}", "{\"errcode\":7}", " {\n}\n"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (int status = 200; status < 300; status += 99) {
            struct matrix_answer answer = read_answer(status, bodies[i]);
            assert_int_equal(answer.error, MATRIX_NONE);
            assert_string_equal(answer.code, "");
            assert_int_equal(answer.retry_ms, 0);
            assert_false(answer.soft);
        }
}

static void an_error_says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *code;
        enum matrix_error error;
    } cases[] = {
        {429, "M_LIMIT_EXCEEDED", MATRIX_LIMITED},
        {429, "M_UNKNOWN", MATRIX_LIMITED},
        {429, "", MATRIX_LIMITED},
        {400, "M_LIMIT_EXCEEDED", MATRIX_LIMITED},
        {401, "M_UNKNOWN_TOKEN", MATRIX_TOKEN},
        {401, "M_MISSING_TOKEN", MATRIX_TOKEN},
        {403, "M_UNKNOWN_TOKEN", MATRIX_TOKEN},
        {401, "M_USER_LOCKED", MATRIX_LOCKED},
        {403, "M_USER_DEACTIVATED", MATRIX_LOCKED},
        {403, "M_USER_SUSPENDED", MATRIX_LOCKED},
        {403, "M_FORBIDDEN", MATRIX_FORBIDDEN},
        {401, "M_FORBIDDEN", MATRIX_FORBIDDEN},
        {403, "M_GUEST_ACCESS_FORBIDDEN", MATRIX_FORBIDDEN},
        {404, "M_NOT_FOUND", MATRIX_NOT_FOUND},
        {413, "M_TOO_LARGE", MATRIX_TOO_LARGE},
        {400, "M_BAD_JSON", MATRIX_OTHER},
        {400, "M_UNKNOWN", MATRIX_OTHER},
        {404, "M_UNRECOGNIZED", MATRIX_OTHER},
        {403, "M_UNABLE_TO_AUTHORISE_JOIN", MATRIX_OTHER},
        {403, "m_forbidden", MATRIX_OTHER},
        {400, "", MATRIX_SERVER},
        {404, "", MATRIX_SERVER},
        {500, "M_UNKNOWN", MATRIX_SERVER},
        {500, "", MATRIX_SERVER},
        {502, "M_UNKNOWN", MATRIX_SERVER},
        {302, "", MATRIX_SERVER},
        {0, "", MATRIX_SERVER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct matrix_answer answer = read_answer(
            cases[i].status, arena_printf(&arena, "{\"errcode\":\"%s\",\"error\":\"x\"}", cases[i].code));
        assert_string_equal(answer.code, cases[i].code);
        if (answer.error != cases[i].error)
            fail_msg("%d %s: %d, not %d", cases[i].status, cases[i].code, (int)answer.error,
                     (int)cases[i].error);
    }
}

/* A gateway before the homeserver answers in its own words: nothing that the homeserver said is known. */
static void what_is_no_answer_of_a_homeserver_is_a_fault_of_the_server(void **state)
{
    (void)state;
    static const char *const odd[] = {"",
                                      "<html>502 Bad Gateway</html>",
                                      "null",
                                      "[]",
                                      "[{\"errcode\":\"M_FORBIDDEN\"}]",
                                      "\"M_FORBIDDEN\"",
                                      "{\"errcode\":\"M_FORBIDDEN\"",
                                      "{\"errcode\":\"M_FORBIDDEN\"}}",
                                      "{\"errcode\":\"M_FORBIDDEN\"}\xE5"};
    static const int statuses[] = {200, 204, 302, 400, 401, 403, 404, 413, 500, 502};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++) {
            struct matrix_answer answer = read_answer(statuses[k], odd[i]);
            if (answer.error != MATRIX_SERVER || *answer.code || answer.retry_ms || answer.soft)
                fail_msg("%d %s: %d %s", statuses[k], odd[i], (int)answer.error, answer.code);
        }
    assert_int_equal(read_bytes(200, "{}\0", 3, -1).error, MATRIX_SERVER);
    char *deep = arena_bytes(&arena, 100000);
    memset(deep, '[', 100000);
    memcpy(deep, "{\"a\":", 5);
    assert_int_equal(read_bytes(403, deep, 100000, -1).error, MATRIX_SERVER);
}

static void an_odd_code_is_none(void **state)
{
    (void)state;
    const char *at_most = unit_repeated("M", 64, &arena);
    static const char *const odd[] = {"7",          "null", "[]", "{}", "true", "\"M_FORBIDDEN\\u0000\"",
                                      "\"\\u0000\""};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct matrix_answer answer = read_answer(403, arena_printf(&arena, "{\"errcode\":%s}", odd[i]));
        assert_string_equal(answer.code, "");
        assert_int_equal(answer.error, MATRIX_SERVER);
    }
    assert_string_equal(read_answer(403, arena_printf(&arena, "{\"errcode\":\"%s\"}", at_most)).code,
                        at_most);
    assert_string_equal(read_answer(403, arena_printf(&arena, "{\"errcode\":\"%sM\"}", at_most)).code, "");
}

static int64_t pause_of(int status, int64_t retry_after, const char *retry_ms)
{
    const char *body = arena_printf(&arena, "{\"errcode\":\"M_UNKNOWN\",\"retry_after_ms\":%s}", retry_ms);
    return read_bytes(status, body, strlen(body), retry_after).retry_ms;
}

static void the_header_tells_the_pause_before_the_body(void **state)
{
    (void)state;
    assert_int_equal(pause_of(429, -1, "1500"), 1500);
    assert_int_equal(pause_of(429, 3, "1500"), 3000);
    assert_int_equal(pause_of(429, 3, "null"), 3000);
    assert_int_equal(pause_of(429, 0, "1500"), 1500);
    assert_int_equal(pause_of(429, -1, "0"), 0);
    assert_int_equal(pause_of(429, -1, "\"1500\""), 0);
    assert_int_equal(pause_of(429, -1, "[1500]"), 0);
    assert_int_equal(pause_of(400, 3, "1500"), 0);
    assert_int_equal(pause_of(500, 3, "1500"), 0);
    assert_int_equal(pause_of(200, 3, "1500"), 0);
    assert_int_equal(read_bytes(429, "<html>", 6, 17).retry_ms, 17000);
    assert_int_equal(read_bytes(429, "", 0, -1).retry_ms, 0);
}

/* Callers add it to the time. */
static void a_pause_is_at_most_a_week(void **state)
{
    (void)state;
    const int64_t week = INT64_C(604800000);
    assert_int_equal(pause_of(429, -1, "604799999"), week - 1);
    assert_int_equal(pause_of(429, -1, "604800001"), week);
    assert_int_equal(pause_of(429, -1, "9223372036854775807"), week);
    assert_int_equal(pause_of(429, -1, "-1"), 0);
    assert_int_equal(pause_of(429, -1, "-9223372036854775808"), 0);
    assert_int_equal(pause_of(429, 604801, "1"), week);
    assert_in_range(pause_of(429, INT64_MAX, "1"), 0, week);
    assert_in_range(pause_of(429, INT64_MIN, "1"), 0, week);
    assert_in_range(pause_of(429, INT64_MAX / 1000 + 1, "1"), 0, week);
}

static void a_soft_sign_out_is_told(void **state)
{
    (void)state;
    assert_true(read_answer(401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"soft_logout\":true}").soft);
    static const char *const hard[] = {"false", "1", "\"true\"", "null", "[true]"};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        struct matrix_answer answer = read_answer(
            401, arena_printf(&arena, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"soft_logout\":%s}", hard[i]));
        assert_int_equal(answer.error, MATRIX_TOKEN);
        assert_false(answer.soft);
    }
}

/* ---- versions, sign-in, texts ---- */

static bool knows(const char *body)
{
    char *copy = exact(body, strlen(body));
    bool known = matrix_read_versions(copy, strlen(body));
    free(copy);
    return known;
}

static void a_server_of_v1_is_known(void **state)
{
    (void)state;
    static const char *const known[] = {"[\"v1.1\"]", "[\"r0.6.1\",\"v1.1\",\"v1.2\"]", "[7,null,\"v1.11\"]",
                                        "[\"v1.15\",\"v2.0\"]"};
    static const char *const unknown[] = {
        "[]",           "[\"r0.5.0\"]", "[\"v10.1\"]",  "[\"v2.0\"]", "[\"1.1\"]", "[\"xv1.1\"]",
        "[[\"v1.1\"]]", "\"v1.1\"",     "{\"v1.1\":1}", "null",       "7",         "[\"v1\"]"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!knows(arena_printf(&arena, "{\"versions\":%s,\"unstable_features\":{}}", known[i])))
            fail_msg("not known: %s", known[i]);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (knows(arena_printf(&arena, "{\"versions\":%s}", unknown[i])))
            fail_msg("known: %s", unknown[i]);
    assert_false(knows(""));
    assert_false(knows("{}"));
    assert_false(knows("<html>v1.1</html>"));
    assert_false(knows("[\"v1.1\"]"));
}

static int read_login(const char *body, struct matrix_login *login)
{
    char *copy = exact(body, strlen(body));
    memset(login, 0xAA, sizeof *login);
    int rc = matrix_read_login(copy, strlen(body), &arena, login);
    free(copy);
    return rc;
}

static void a_sign_in_is_read(void **state)
{
    (void)state;
    struct matrix_login login;
    assert_done(read_login("{\"user_id\":\"@bot:a.no\",\"access_token\":\"syt_x\",\"device_id\":\"ABC\","
                           "\"home_server\":\"a.no\",\"well_known\":{}}",
                           &login));
    assert_string_equal(login.user, "@bot:a.no");
    assert_string_equal(login.token, "syt_x");
    assert_string_equal(login.device, "ABC");
    assert_done(read_login("{\"user_id\":\"@bot:a.no\",\"is_guest\":false}", &login));
    assert_string_equal(login.user, "@bot:a.no");
    assert_null(login.token);
    assert_null(login.device);
    assert_done(read_login("{\"user_id\":\"@b:a\",\"access_token\":7,\"device_id\":[]}", &login));
    assert_null(login.token);
    assert_null(login.device);
    static const char *const none[] = {
        "", "{}", "[]", "{\"user_id\":7}", "{\"user_id\":null}", "<html>", "{\"user_id\":\"@b:a\\u0000\"}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (read_login(none[i], &login) != -1)
            fail_msg("read: %s", none[i]);
}

/* The device and the secret that are kept must be whole. */
static void what_is_too_long_is_not_cut_off(void **state)
{
    (void)state;
    struct matrix_login login;
    const char *id = unit_repeated("a", MATRIX_ID_MOST, &arena),
               *token = unit_repeated("t", MATRIX_TOKEN_MOST, &arena);
    assert_done(
        read_login(arena_printf(&arena, "{\"user_id\":\"%s\",\"device_id\":\"%s\",\"access_token\":\"%s\"}",
                                id, id, token),
                   &login));
    assert_string_equal(login.user, id);
    assert_string_equal(login.device, id);
    assert_string_equal(login.token, token);
    assert_done(read_login(
        arena_printf(&arena, "{\"user_id\":\"@b:a\",\"device_id\":\"%sa\",\"access_token\":\"%st\"}", id,
                     token),
        &login));
    assert_null(login.device);
    assert_null(login.token);
    assert_int_equal(read_login(arena_printf(&arena, "{\"user_id\":\"%sa\"}", id), &login), -1);
}

static const char *read_text(const char *body)
{
    char *copy = exact(body, strlen(body));
    const char *text = matrix_read_text(copy, strlen(body), "room_id", &arena);
    free(copy);
    return text;
}

static void a_text_is_there_or_not(void **state)
{
    (void)state;
    const char *id = unit_repeated("a", MATRIX_ID_MOST, &arena);
    assert_string_equal(read_text("{\"room_id\":\"!a:b\",\"event_id\":\"$c\"}"), "!a:b");
    assert_string_equal(read_text(arena_printf(&arena, "{\"room_id\":\"%s\"}", id)), id);
    assert_null(read_text(arena_printf(&arena, "{\"room_id\":\"%sa\"}", id)));
    static const char *const none[] = {"",
                                       "{}",
                                       "{\"room_id\":7}",
                                       "{\"room_id\":null}",
                                       "{\"room_id\":\"!a\\u0000:b\"}",
                                       "{\"Room_id\":\"!a:b\"}",
                                       "[\"room_id\",\"!a:b\"]",
                                       "{\"a\":{\"room_id\":\"!a:b\"}}",
                                       "<html>"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (read_text(none[i]))
            fail_msg("read: %s", none[i]);
}

static const char *predecessor(const char *body)
{
    char *copy = exact(body, strlen(body));
    const char *room = matrix_read_predecessor(copy, strlen(body), &arena);
    free(copy);
    return room;
}

static void a_room_may_name_the_one_before_it(void **state)
{
    (void)state;
    assert_string_equal(predecessor("{\"predecessor\":{\"room_id\":\"!a:b\",\"event_id\":\"$c\"}}"), "!a:b");
    assert_null(predecessor("{\"predecessor\":{\"room_id\":7}}"));
    assert_null(predecessor("{\"predecessor\":\"!a:b\",\"room_id\":\"!a:b\"}"));
}

/* ---- members ---- */

static int members;
static const char *other;

static int read_members(const char *body)
{
    char *copy = exact(body, strlen(body));
    other = "?";
    members = -7;
    int rc = matrix_read_members(copy, strlen(body), "@bot:a.no", &arena, &members, &other);
    free(copy);
    return rc;
}

static void members_are_counted_and_one_is_named(void **state)
{
    (void)state;
    assert_done(read_members("{\"joined\":{\"@bot:a.no\":{},\"@kari:b.no\":{\"display_name\":\"Kari\"}}}"));
    assert_int_equal(members, 2);
    assert_string_equal(other, "@kari:b.no");
    assert_done(read_members("{\"joined\":{\"@kari:b.no\":7,\"@bot:a.no\":null}}"));
    assert_int_equal(members, 2);
    assert_string_equal(other, "@kari:b.no");
    assert_done(read_members("{\"joined\":{\"@bot:a.no\":{}}}"));
    assert_int_equal(members, 1);
    assert_null(other);
    assert_done(read_members("{\"joined\":{}}"));
    assert_int_equal(members, 0);
    assert_null(other);
    assert_done(read_members("{\"joined\":{\"@bot:a.no\":{},\"@k:b\":{},\"@l:c\":{}}}"));
    assert_int_equal(members, 3);
    assert_true(strcmp(other, "@k:b") == 0 || strcmp(other, "@l:c") == 0);
}

/* The name is whole or none, but everybody counts: a room of three is no private one. */
static void a_member_with_a_long_name_counts(void **state)
{
    (void)state;
    const char *name = unit_repeated("å", 128, &arena);
    assert_done(read_members(arena_printf(&arena, "{\"joined\":{\"@bot:a.no\":{},\"%s\":{}}}", name)));
    assert_int_equal(members, 2);
    assert_null(other);
    assert_done(
        read_members(arena_printf(&arena, "{\"joined\":{\"@bot:a.no\":{},\"%s\":{},\"@k:b\":{}}}", name)));
    assert_int_equal(members, 3);
    assert_string_equal(other, "@k:b");
}

static void what_tells_no_members_is_not_read(void **state)
{
    (void)state;
    static const char *const none[] = {
        "", "{}", "[]", "{\"joined\":[]}", "{\"joined\":null}", "<html>", "{\"joined\":{\"@bot:a.no\":{}}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (read_members(none[i]) != -1)
            fail_msg("read: %s", none[i]);
        assert_null(other);
    }
}

/* Names and pictures are what anybody likes. */
static void what_a_member_is_called_hides_nobody(void **state)
{
    (void)state;
    assert_done(read_members("{\"joined\":{\"@bot:a.no\":{},\"@k:b\":{\"display_name\":\"\\u0000\","
                             "\"avatar_url\":7}}}"));
    assert_int_equal(members, 2);
    assert_string_equal(other, "@k:b");
}

/* ---- paths ---- */

static const char *path_of(const char *const *parts, size_t count)
{
    struct buf out = BUF_INIT(4096);
    matrix_write_path(&out, parts, count);
    assert_done(buf_done(&out));
    const char *path = arena_strdup(&arena, buf_str(&out));
    buf_free(&out);
    return path;
}

static void a_path_is_escaped(void **state)
{
    (void)state;
    const char *const send[] = {"rooms", "!aB9-._~:a.no", "send", "m.room.message", "x/y?z#%&= +"};
    assert_string_equal(path_of(send, 5), "/_matrix/client/v3/rooms/%21aB9-._~%3Aa.no/send/m.room.message/"
                                          "x%2Fy%3Fz%23%25%26%3D%20%2B");
    const char *const odd[] = {"å😢", "\x01\x7F\xFF", "$a|\"<>\\^`{}[]@!'()*,;"};
    assert_string_equal(path_of(odd, 3), "/_matrix/client/v3/%C3%A5%F0%9F%98%A2/%01%7F%FF/"
                                         "%24a%7C%22%3C%3E%5C%5E%60%7B%7D%5B%5D%40%21%27%28%29%2A%2C%3B");
    const char *const empty[] = {"user", ""};
    assert_string_equal(path_of(empty, 2), "/_matrix/client/v3/user/");
    assert_string_equal(path_of(empty, 0), "/_matrix/client/v3");
}

/* Every byte comes back, and none that means something in an address is left. */
static void every_byte_survives_a_path(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        const char text[] = {'a', (char)c, 'b', '\0'}, *const parts[] = {text};
        const char *path = path_of(parts, 1) + strlen("/_matrix/client/v3/");
        unsigned back = 0;
        assert_int_equal(strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"),
                         strlen(path));
        assert_int_equal(path[0], 'a');
        if (path[1] == '%')
            assert_int_equal(sscanf(path + 2, "%2Xb", &back), 1);
        else
            back = (unsigned char)path[1];
        assert_int_equal(back, c);
    }
}

/* ---- requests ---- */

static void assert_json(struct buf *out, const char *expected, int line)
{
    json_error_t error;
    assert_done(buf_done(out));
    json_t *is = json_loadb(buf_str(out), out->len, JSON_REJECT_DUPLICATES, &error),
           *wanted = json_loads(expected, 0, &error);
    if (!wanted || !json_equal(is, wanted))
        fail_msg("line %d: %s\nis no %s", line, buf_str(out), expected);
    json_decref(is);
    json_decref(wanted);
    buf_free(out);
}

#define ASSERT_JSON(out, expected) assert_json((out), (expected), __LINE__)

static void a_sign_in_is_asked_for(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(4096);
#define LOGIN                                                                                                \
    "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":\"@bot:a.no\"},"         \
    "\"password\":\"p\\\"å\\\\\",\"initial_device_display_name\":\"selvhjelpsbot\""
    matrix_write_login("@bot:a.no", "p\"å\\", NULL, &out);
    ASSERT_JSON(&out, LOGIN "}");
    matrix_write_login("@bot:a.no", "p\"å\\", "ABC", &out);
    ASSERT_JSON(&out, LOGIN ",\"device_id\":\"ABC\"}");
}

/* The account's state, receipts and who else is there are none of the bot's business; of state it wants the
 * members alone, and each room's newest 50 events. */
static void the_filter_wants_messages_and_members(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(4096);
    matrix_write_filter(&out);
    ASSERT_JSON(
        &out, "{\"presence\":{\"types\":[]},\"account_data\":{\"types\":[]},\"room\":{"
              "\"timeline\":{\"types\":[\"m.room.message\",\"m.room.encrypted\",\"m.reaction\",\"m.sticker\","
              "\"m.room.member\",\"m.room.tombstone\",\"m.room.create\",\"m.poll.start\",\"org.matrix."
              "msc3381.poll.start\"],"
              "\"limit\":50},\"state\":{\"types\":[\"m.room.member\"],\"lazy_load_members\":true},"
              "\"ephemeral\":{\"types\":[]},\"account_data\":{\"types\":[]},\"include_leave\":false}}");
}

static void a_notice_is_written(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(128 * 1024);
    matrix_write_notice("Hei\n«deg» \"😢\"", NULL, &out);
    ASSERT_JSON(&out, "{\"msgtype\":\"m.notice\",\"body\":\"Hei\\n«deg» \\\"😢\\\"\"}");
    matrix_write_notice("a", "<p>a</p>", &out);
    ASSERT_JSON(&out, "{\"msgtype\":\"m.notice\",\"body\":\"a\",\"format\":\"org.matrix.custom.html\","
                      "\"formatted_body\":\"<p>a</p>\"}");
}

static void html_that_is_too_large_is_left_out(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(256 * 1024);
    matrix_write_notice("a", unit_repeated("x", MATRIX_EVENT_MOST - 2, &arena), &out);
    assert_contains(buf_str(&out), "formatted_body");
    buf_clear(&out);
    matrix_write_notice("a", unit_repeated("x", MATRIX_EVENT_MOST, &arena), &out);
    ASSERT_JSON(&out, "{\"msgtype\":\"m.notice\",\"body\":\"a\"}");
}

/* The bound is one of the event as it is sent: in JSON a line end is two bytes, a control character six. */
static void html_that_is_too_large_in_json_is_left_out(void **state)
{
    (void)state;
    static const char *const costly[] = {"\n", "\"", "\\", "\x01"};
    for (size_t i = 0; i < sizeof costly / sizeof *costly; i++) {
        struct buf out = BUF_INIT(512 * 1024);
        matrix_write_notice("a", unit_repeated(costly[i], 40000, &arena), &out);
        assert_done(buf_done(&out));
        if (out.len > 65536 - 4096)
            fail_msg("%zu bytes", out.len);
        buf_free(&out);
    }
}

/* A form without a text in it is refused by the server. */
static void html_that_is_no_utf8_is_left_out(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(4096);
    matrix_write_notice("a", "<p>\xED\xA0\x80</p>", &out);
    ASSERT_JSON(&out, "{\"msgtype\":\"m.notice\",\"body\":\"a\"}");
}

static void small_requests_are_written(void **state)
{
    (void)state;
    struct buf out = BUF_INIT(4096);
    matrix_write_typing(true, 9, &out);
    ASSERT_JSON(&out, "{\"typing\":true,\"timeout\":9}");
    matrix_write_typing(false, 0, &out);
    ASSERT_JSON(&out, "{\"typing\":false}");
    matrix_write_room("@kari:b.no", "Rom", "!gammelt:b.no", &out);
    ASSERT_JSON(&out,
                "{\"preset\":\"trusted_private_chat\",\"invite\":[\"@kari:b.no\"],\"is_direct\":true,"
                "\"name\":\"Rom\",\"creation_content\":{\"no.selvhjelpsbot.replaces\":\"!gammelt:b.no\"}}");
}

/* Bytes that are no UTF-8 cannot be said in JSON: the writer fails. */
static void what_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct buf notice = BUF_INIT(4096), login = BUF_INIT(4096), room = BUF_INIT(4096), small = BUF_INIT(20);
    matrix_write_notice("p\xE5", NULL, &notice);
    matrix_write_login("@b:a", "p\xE5", "ABC", &login);
    matrix_write_room("@\xE5:a", "x", "!a:b", &room);
    matrix_write_notice("a", NULL, &small);
    assert_int_equal(buf_done(&notice), -1);
    assert_int_equal(buf_done(&login), -1);
    assert_int_equal(buf_done(&room), -1);
    assert_int_equal(buf_done(&small), -1);
    buf_free(&notice);
    buf_free(&login);
    buf_free(&room);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, clean)
        TEST(a_good_answer_is_good),
        TEST(an_error_says_what_it_is),
        TEST(what_is_no_answer_of_a_homeserver_is_a_fault_of_the_server),
        TEST(an_odd_code_is_none),
        TEST(the_header_tells_the_pause_before_the_body),
        TEST(a_pause_is_at_most_a_week),
        TEST(a_soft_sign_out_is_told),
        TEST(a_server_of_v1_is_known),
        TEST(a_sign_in_is_read),
        TEST(what_is_too_long_is_not_cut_off),
        TEST(a_text_is_there_or_not),
        TEST(a_room_may_name_the_one_before_it),
        TEST(members_are_counted_and_one_is_named),
        TEST(a_member_with_a_long_name_counts),
        TEST(what_tells_no_members_is_not_read),
        TEST(what_a_member_is_called_hides_nobody),
        TEST(a_path_is_escaped),
        TEST(every_byte_survives_a_path),
        TEST(a_sign_in_is_asked_for),
        TEST(the_filter_wants_messages_and_members),
        TEST(a_notice_is_written),
        TEST(html_that_is_too_large_is_left_out),
        TEST(html_that_is_too_large_in_json_is_left_out),
        TEST(html_that_is_no_utf8_is_left_out),
        TEST(small_requests_are_written),
        TEST(what_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
