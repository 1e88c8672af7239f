/* HTTP requests against a small server of the test's own, on this machine: what comes back, and what does
 * not. */
#include "server.h"

#include <signal.h>

#include "base/clock.h"

/* ---- the client ---- */

static struct http *http;
static struct arena arena;

/* How a call ended. */
struct ended {
    int times, status;
    char *body;
    size_t len;
    int64_t retry_after;
    const char *failure;
    const char *next; /* a request that `done` starts */
    struct ended *then;
};

static int start(void **state)
{
    struct err err = {.count = 0};
    (void)state;
    http = http_new(&err);
    assert_no_fault(&err);
    assert_non_null(http);
    connections = gathered = forbidden = 0;
    most_open = atomic_load(&open_now);
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_free(http);
    arena_free(&arena);
    return 0;
}

static const char *url_of(const char *path)
{
    return arena_printf(&arena, "http://127.0.0.1:%d%s", port, path);
}

static void ended(void *user, const struct http_answer *is)
{
    struct ended *end = user;
    end->times++;
    end->status = is->status;
    end->body = arena_strndup(&arena, is->body, is->len);
    end->len = is->len;
    end->retry_after = is->retry_after;
    end->failure = is->failure;
    assert_int_equal(is->body[is->len], '\0');
    if (end->next)
        http_post(http, url_of(end->next), "{}", 2, PATIENCE_MS, ended, end->then);
}

static struct http_call *post(const char *path, const char *body, int64_t timeout_ms, struct ended *end)
{
    *end = (struct ended){.status = -1};
    return http_post(http, url_of(path), body, strlen(body), timeout_ms, ended, end);
}

/* Until all of them have ended. */
static void await(const struct ended *all, size_t count)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    for (bool open = true; open;) {
        open = false;
        for (size_t i = 0; i < count; i++)
            open = open || all[i].times == 0;
        if (clock_mono_ms() > until)
            fail_msg("a call never ended");
        if (open)
            http_wait(http, NULL, 0, 100);
        http_run(http);
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(all[i].times, 1);
}

static struct ended ask(const char *path, const char *body)
{
    struct ended end;
    post(path, body, PATIENCE_MS, &end);
    await(&end, 1);
    return end;
}

/* No answer came, and the reason says nothing of where. */
static void assert_failed(const struct ended *end)
{
    assert_int_equal(end->status, 0);
    assert_non_null(end->failure);
    assert_true(*end->failure);
    assert_null(strstr(end->failure, "127.0.0.1"));
    assert_null(strstr(end->failure, "secret"));
    assert_null(strchr(end->failure, '/'));
}

/* ---- answers ---- */

static void what_is_sent_arrives_and_what_is_answered_comes_back(void **state)
{
    (void)state;
    struct ended end = ask("/echo", "{\"text\":\"Hei på «deg» 😢\"}");
    assert_int_equal(end.status, 200);
    assert_string_equal(end.body, "{\"text\":\"Hei på «deg» 😢\"}");
    assert_int_equal(end.len, strlen("{\"text\":\"Hei på «deg» 😢\"}"));
    assert_null(end.failure);
    assert_int_equal(end.retry_after, -1);
    assert_int_equal(ask("/echo", "").len, 0);
    end = ask("/head", "{}");
    assert_contains(end.body, "\r\nContent-Type: application/json\r\n");
    assert_contains(end.body, "\r\nUser-Agent: selvhjelpsbot/");
    assert_contains(end.body, "\r\nContent-Length: 2\r\n");
}

static void url_and_body_are_copied(void **state)
{
    (void)state;
    char url[64], body[] = "{\"a\":1}";
    struct ended end = {.status = -1};
    snprintf(url, sizeof url, "%s", url_of("/echo"));
    http_post(http, url, body, strlen(body), PATIENCE_MS, ended, &end);
    memset(url, 'x', sizeof url);
    memset(body, 'x', sizeof body);
    await(&end, 1);
    assert_int_equal(end.status, 200);
    assert_string_equal(end.body, "{\"a\":1}");
}

static void large_bodies_and_odd_bytes_come_whole(void **state)
{
    (void)state;
    const char *large = unit_repeated("0123456789", 30000, &arena);
    struct ended end = ask("/echo", large);
    assert_int_equal(end.len, 300000);
    assert_string_equal(end.body, large);
    end = ask("/zero", "{}");
    assert_int_equal(end.len, 3);
    assert_memory_equal(end.body, "a\0b", 4);
    end = ask("/chunks", "{}");
    assert_string_equal(end.body, "{\"a\":1}");
}

static void an_error_is_an_answer_and_may_say_when(void **state)
{
    (void)state;
    struct ended end = ask("/flood", "{}");
    assert_int_equal(end.status, 429);
    assert_int_equal(end.retry_after, 17);
    assert_string_equal(end.body, "{\"ok\":false}");
    assert_null(end.failure);
    end = ask("/odd", "{}");
    assert_int_equal(end.status, 503);
    assert_int_equal(end.retry_after, -1);
    assert_string_equal(end.body, "");
}

static void redirections_are_not_followed(void **state)
{
    (void)state;
    assert_int_equal(ask("/moved", "{}").status, 302);
    assert_int_equal(forbidden, 0);
}

static void connections_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask("/echo", "{}").status, 200);
    assert_int_equal(connections, 1);
}

/* A connection that the server has closed meanwhile is no failure: the request is made on a new one. */
static void a_connection_that_was_closed_is_opened_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask("/last", "{}").status, 200);
        wait_ms(50);
    }
    assert_int_equal(connections, 3);
}

/* ---- no answer ---- */

static void a_lost_connection_is_told(void **state)
{
    (void)state;
    static const char *const paths[] = {"/close", "/torn", "/garbage"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct ended end = ask(paths[i], "{}");
        assert_failed(&end);
    }
    int closed = port;
    struct ended end;
    port = 1; /* nobody listens there */
    end = ask("/bot123:secret/getMe", "{}");
    port = closed;
    assert_failed(&end);
    assert_int_equal(ask("/echo", "{}").status, 200);
}

static void an_answer_has_a_largest_size(void **state)
{
    (void)state;
    struct ended end = ask("/full", "{}");
    assert_int_equal(end.status, 200);
    assert_int_equal(end.len, HTTP_BODY_MOST);
    end = ask("/long", "{}");
    assert_failed(&end);
    assert_contains(end.failure, "too long");
    assert_int_equal(ask("/echo", "{}").status, 200);
}

static void who_is_slow_is_not_waited_for(void **state)
{
    (void)state;
    static const char *const paths[] = {"/silent", "/drip"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct ended end;
        int64_t before = clock_mono_ms();
        post(paths[i], "{}", 300, &end);
        await(&end, 1);
        assert_failed(&end);
        assert_in_range(clock_mono_ms() - before, 290, 3000);
    }
}

/* The wait ends by itself when a call's time is over, however long the caller would wait. */
static void the_wait_knows_of_the_timeouts(void **state)
{
    (void)state;
    struct ended end;
    int64_t before = clock_mono_ms();
    post("/silent", "{}", 300, &end);
    for (int i = 0; i < 100 && !end.times; i++) {
        http_wait(http, NULL, 0, 10000);
        http_run(http);
    }
    assert_failed(&end);
    assert_true(clock_mono_ms() - before < 5000);
}

/* ---- ending calls, many calls ---- */

static void a_cancelled_call_is_gone_and_the_others_go_on(void **state)
{
    (void)state;
    struct ended ends[3], never;
    struct http_call *call = post("/silent", "{}", PATIENCE_MS, &never), *unsent;
    post("/pause", "{}", PATIENCE_MS, &ends[0]);
    http_run(http);
    http_wait(http, NULL, 0, 20);
    http_run(http);
    http_cancel(http, call);
    unsent = post("/silent", "{}", PATIENCE_MS, &never);
    http_cancel(http, unsent);
    post("/echo", "a", PATIENCE_MS, &ends[1]);
    post("/echo", "b", PATIENCE_MS, &ends[2]);
    await(ends, 3);
    assert_int_equal(never.times, 0);
    assert_string_equal(ends[2].body, "b");
}

/* One whose answer is there already, but not told yet. */
static void a_call_may_be_cancelled_at_any_time(void **state)
{
    (void)state;
    for (int ms = 0; ms < 20; ms++) {
        struct ended end;
        struct http_call *call = post("/echo", "{}", PATIENCE_MS, &end);
        for (int i = 0; i < ms && !end.times; i++) {
            http_run(http);
            wait_ms(1);
        }
        if (!end.times)
            http_cancel(http, call);
        assert_true(end.times <= 1);
    }
    assert_int_equal(ask("/echo", "{}").status, 200);
}

static void what_is_under_way_ends_with_the_client(void **state)
{
    (void)state;
    struct ended ends[5];
    for (size_t i = 0; i < 5; i++)
        post("/silent", "{}", PATIENCE_MS, &ends[i]);
    http_run(http);
    http_wait(http, NULL, 0, 20);
    http_run(http);
    http_free(http);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ends[i].times, 0);
    http = http_new(NULL);
    http_free(NULL);
}

static void done_may_start_another(void **state)
{
    (void)state;
    struct ended ends[3] = {{.next = "/flood", .then = &ends[1]}, {.next = "/echo", .then = &ends[2]}};
    http_post(http, url_of("/echo"), "{}", 2, PATIENCE_MS, ended, &ends[0]);
    await(ends, 3);
    assert_int_equal(ends[0].status, 200);
    assert_int_equal(ends[1].status, 429);
    assert_int_equal(ends[2].status, 200);
}

static void fifty_go_side_by_side(void **state)
{
    (void)state;
    static struct ended ends[AT_ONCE];
    for (size_t i = 0; i < AT_ONCE; i++)
        post("/gather", "{}", PATIENCE_MS, &ends[i]);
    await(ends, AT_ONCE);
    for (size_t i = 0; i < AT_ONCE; i++)
        assert_int_equal(ends[i].status, 200);
}

static void more_than_the_most_wait_for_their_turn(void **state)
{
    (void)state;
    static struct ended ends[HTTP_CALLS_MOST + 40];
    size_t count = sizeof ends / sizeof *ends;
    for (size_t i = 0; i < count; i++)
        post("/pause", "{}", PATIENCE_MS, &ends[i]);
    await(ends, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ends[i].status, 200);
    assert_in_range(connections, 1, HTTP_CALLS_MOST);
    assert_in_range(most_open, 1,
                    HTTP_CALLS_MOST + 2); /* of an earlier test, a connection may still be closing */
}

/* ---- the program's own descriptors ---- */

static void the_wait_sees_other_descriptors(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    struct pollfd fds[] = {{.fd = pipes[0], .events = POLLIN, .revents = 77},
                           {.fd = pipes[1], .events = POLLOUT, .revents = 77}};
    int64_t before = clock_mono_ms();
    http_wait(http, fds, 1, 100);
    assert_int_equal(fds[0].revents, 0);
    assert_true(clock_mono_ms() - before >= 90);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    before = clock_mono_ms();
    http_wait(http, fds, 2, 10000);
    assert_int_equal(fds[0].revents, POLLIN);
    assert_int_equal(fds[1].revents, POLLOUT);
    assert_true(clock_mono_ms() - before < 5000);
    close(pipes[0]);
    close(pipes[1]);
}

/* Plain HTTP is allowed since the secret stays on this machine; a proxy in the environment would take it out.
 */
static void a_proxy_does_not_get_what_is_for_this_machine(void **state)
{
    (void)state;
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv(names[i], "http://127.0.0.1:1", 1);
        struct ended end = ask("/echo", "{}");
        unsetenv(names[i]);
        if (end.status != 200)
            fail_msg("%s: %s", names[i], end.failure);
    }
}

/* ---- addresses ---- */

static void a_secret_may_be_sent_to(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://api.telegram.org",  "https://api.telegram.org/",
        "https://a.no:8443/bot-api", "HTTPS://a.no",
        "https://192.0.2.7",         "https://[2001:db8::1]:443",
        "http://127.0.0.1",          "http://127.0.0.1:8081",
        "http://127.0.0.1:8081/api", "http://localhost:8081",
        "http://[::1]:8081",         "https://blåbær.no",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct err err = {.count = 0};
        if (http_check_base(good[i], "telegram.api_base", &err))
            fail_msg("%s is refused: %s", good[i], err.text);
        assert_no_fault(&err);
    }
}

static void a_secret_may_not_be_sent_to(void **state)
{
    (void)state;
    static const struct {
        const char *base, *why;
    } bad[] = {
        {"", "is no address"},
        {"api.telegram.org", "is no address"},
        {"//api.telegram.org", "is no address"},
        {"https://", "is no address"},
        {"https://a.no:99999", "is no address"},
        {"https://a.no:x", "is no address"},
        {"https://a b.no", "is no address"},
        {"https://a.no\r\nX: y", "is no address"},
        {"http://api.telegram.org", "must begin with https"},
        {"http://127.0.0.1.a.no", "must begin with https"},
        {"http://localhost.a.no", "must begin with https"},
        {"http://127.0.0.2", "must begin with https"},
        {"http://0.0.0.0", "must begin with https"},
        {"http://192.168.0.1", "must begin with https"},
        {"http://[::2]", "must begin with https"},
        {"http://[::ffff:192.0.2.1]", "must begin with https"},
        {"ftp://127.0.0.1", "must begin with https"},
        {"file:///etc/passwd", ""},
        {"gopher://127.0.0.1", "must begin with https"},
        {"https://kari@a.no", "must have neither"},
        {"https://kari:hemmelig@a.no", "must have neither"},
        {"https://:hemmelig@a.no", "must have neither"},
        {"http://127.0.0.1@a.no", "must have neither"},
        {"http://localhost:8081@a.no", "must have neither"},
        {"https://a.no/?b=c", "must have neither"},
        {"https://a.no?b", "must have neither"},
        {"https://a.no/#b", "must have neither"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {.count = 0};
        if (http_check_base(bad[i].base, "telegram.api_base", &err) != -1)
            fail_msg("%s is accepted", bad[i].base);
        assert_says(&err, "telegram.api_base ");
        assert_says(&err, bad[i].why);
        assert_int_equal(err.count, 1);
        assert_null(strstr(err.text, "hemmelig"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        TEST(what_is_sent_arrives_and_what_is_answered_comes_back),
        TEST(url_and_body_are_copied),
        TEST(large_bodies_and_odd_bytes_come_whole),
        TEST(an_error_is_an_answer_and_may_say_when),
        TEST(redirections_are_not_followed),
        TEST(connections_are_kept),
        TEST(a_connection_that_was_closed_is_opened_again),
        TEST(a_lost_connection_is_told),
        TEST(an_answer_has_a_largest_size),
        TEST(who_is_slow_is_not_waited_for),
        TEST(the_wait_knows_of_the_timeouts),
        TEST(a_cancelled_call_is_gone_and_the_others_go_on),
        TEST(a_call_may_be_cancelled_at_any_time),
        TEST(what_is_under_way_ends_with_the_client),
        TEST(done_may_start_another),
        TEST(fifty_go_side_by_side),
        TEST(more_than_the_most_wait_for_their_turn),
        TEST(the_wait_sees_other_descriptors),
        TEST(a_proxy_does_not_get_what_is_for_this_machine),
        TEST(a_secret_may_be_sent_to),
        TEST(a_secret_may_not_be_sent_to),
    };
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        unsetenv(proxies[i]); /* what is tested is on this machine */
    signal(SIGPIPE, SIG_IGN);
    start_server();
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
