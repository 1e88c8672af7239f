#include "bridge/matrix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/matrix_internal.h"
#include "bridge/program.h"

enum {
    REQUEST_MOST = 256 * 1024,
    URL_MOST = 32 * 1024,
    TOUCH_MS = 10000,
    TOUCHES_MOST = 24, /* so that receipts for many messages hold up none */
    TYPING_MS = 10000,
    CHECK_MS = 20000,
    WAIT_MOST_MS = 1000,
    DRAIN_MS = 5000,
    FLIGHT_MOST = 16,
};
/* A server's own limit is told by 429; these keep the bridge from meeting it all the time (the specification
 * names no figure, Synapse's default is 10 at once and one in five seconds for an account that it does not
 * know as a bot). */
static const double room_burst = 4, room_a_second = 1, all_burst = 50, all_a_second = 50;

/* ---- calls ---- */

struct http_call *matrix_call(struct matrix *matrix, const char *method, const char *const *parts,
                              size_t n_parts, const char *query, int64_t timeout_ms, http_done *done,
                              void *user)
{
    struct buf url = BUF_INIT(URL_MOST);
    buf_add_str(&url, matrix->base);
    if (n_parts)
        matrix_write_path(&url, parts, n_parts);
    if (query)
        buf_add_str(&url, query);
    if (buf_done(&url) || buf_done(&matrix->body))
        BUG("a request to the homeserver that does not fit");
    const struct http_request request = {
        .method = method,
        .url = buf_str(&url),
        .bearer = n_parts && *matrix->session.token ? matrix->session.token : NULL, /* /versions needs none */
        .body = matrix->body.len ? buf_str(&matrix->body) : NULL,
        .len = matrix->body.len,
        .timeout_ms = timeout_ms,
    };
    struct http_call *call = http_start(matrix->http, &request, done, user);
    buf_free(&url);
    if (matrix->body.data)
        key_wipe(matrix->body.data, matrix->body.cap); /* it may have held the password */
    buf_clear(&matrix->body);
    return call;
}

static enum matrix_error judge(struct matrix *matrix, const struct http_answer *http,
                               struct matrix_answer *answer, bool needed)
{
    matrix_read_answer(http->status, http->body, http->len, http->retry_after, &matrix->scratch, answer);
    enum matrix_error error = http->status ? answer->error : MATRIX_SERVER;
    bool expected = error == MATRIX_NONE || error == MATRIX_LIMITED || error == MATRIX_TOKEN ||
                    error == MATRIX_LOCKED;
    if (error == MATRIX_SERVER || (needed && !expected)) {
        health_failed(&matrix->health, http->status, http->failure);
        return answer->error = MATRIX_SERVER;
    }
    if (health_well(&matrix->health))
        bridge_status_soon(matrix->bridge);
    if (error == MATRIX_TOKEN)
        session_lost(matrix, answer->soft);
    else if (error == MATRIX_LOCKED)
        session_locked(matrix);
    return error;
}

enum matrix_error matrix_judge(struct matrix *matrix, const struct http_answer *http,
                               struct matrix_answer *answer)
{
    return judge(matrix, http, answer, false);
}

enum matrix_error matrix_judge_needed(struct matrix *matrix, const struct http_answer *http,
                                      struct matrix_answer *answer)
{
    return judge(matrix, http, answer, true);
}

bool matrix_ready(const struct matrix *matrix, int64_t now)
{
    return matrix->session.phase == SESSION_READY && !matrix->refused && !matrix->stopping &&
           now >= matrix->health.pause_until;
}

static void end_touch(struct touch *touch)
{
    LIST_REMOVE(touch, entry);
    touch->matrix->n_touches--;
    free(touch);
}

static void touch_done(void *user, const struct http_answer *http)
{
    struct touch *touch = user;
    (void)http;
    end_touch(touch);
}

static void free_touches(struct matrix *matrix)
{
    for (struct touch *touch; (touch = LIST_FIRST(&matrix->touches));) {
        http_cancel(matrix->http, touch->call);
        end_touch(touch);
    }
}

void matrix_touch(struct matrix *matrix, const char *method, const char *const *parts, size_t n_parts)
{
    if (!matrix_ready(matrix, clock_mono_ms()) || matrix->n_touches >= TOUCHES_MOST) {
        buf_clear(&matrix->body);
        return;
    }
    struct touch *touch = mem_new(1, sizeof *touch);
    touch->matrix = matrix;
    LIST_INSERT_HEAD(&matrix->touches, touch, entry);
    matrix->n_touches++;
    touch->call = matrix_call(matrix, method, parts, n_parts, NULL, TOUCH_MS, touch_done, touch);
}

const char *matrix_hash_id(struct matrix *matrix, const char *prefix, const char *a, const char *b,
                           struct arena *arena)
{
    unsigned char hash[KEY_HASH];
    char text[KEY_HASH_TEXT], token[TOKEN_SIZE];
    /* the room's token, since its id alone could be found by trying */
    const char *first = bridge_token(matrix->bridge, a, token) == 0 ? token : a;
    const struct key_part parts[] = {{prefix, strlen(prefix)}, {first, strlen(first)}, {b, strlen(b)}};
    key_hash(hash, NULL, parts, 3);
    key_hash_text(hash, text);
    return arena_printf(arena, "%s:%s", prefix, text);
}

char *matrix_escape(const char *text, struct arena *arena)
{
    struct buf path = BUF_INIT(3 * MATRIX_TOKEN_MOST + 64);
    matrix_write_path(&path, &text, 1);
    char *escaped = arena_strdup(arena, strrchr(buf_str(&path), '/') + 1);
    buf_free(&path);
    return escaped;
}

static void show_typing(void *self, const char *address)
{
    struct matrix *matrix = self;
    const char *const parts[] = {"rooms", address, "typing",
                                 matrix->session.user ? matrix->session.user : ""};
    if (!matrix_ready(matrix, clock_mono_ms()) || matrix->health.failures)
        return;
    matrix->counts.typings++;
    matrix_write_typing(true, TYPING_MS, &matrix->body);
    matrix_touch(matrix, "PUT", parts, 4);
}

/* ---- what staff are told ---- */

__attribute__((format(printf, 3, 4))) static void tell(struct matrix *matrix, struct status *status,
                                                       const char *format, ...)
{
    static const size_t most = sizeof matrix->faults / sizeof *matrix->faults;
    va_list args;
    size_t used = 0;
    while (used < most && *matrix->faults[used])
        used++;
    if (used == most || status->n_faults >= FAULTS_MOST)
        return;
    va_start(args, format);
    vsnprintf(matrix->faults[used], sizeof *matrix->faults, format, args);
    va_end(args);
    status->faults[status->n_faults++] = matrix->faults[used];
}

static void add_faults(struct matrix *matrix, struct status *status)
{
    char line[MATRIX_FAULT];
    memset(matrix->faults, 0, sizeof matrix->faults);
    if (health_tell(&matrix->health, line, sizeof line))
        tell(matrix, status, "%s", line);
    if (matrix->session.locked)
        tell(matrix, status, "the bot's account is locked on its homeserver");
    if (matrix->counts.refused)
        tell(matrix, status, "the homeserver refused %lld replies; see this program's log",
             (long long)matrix->counts.refused);
}

static void add_status(void *self, struct status *status)
{
    struct matrix *matrix = self;
    const struct matrix_counts *counts = &matrix->counts;
    const struct counter counters[] = {
        {"syncs", counts->syncs},
        {"events", counts->events},
        {"events_ignored", counts->ignored},
        {"batches_waiting", (int64_t)matrix->stream.n_batches},
        {"gaps", counts->gaps},
        {"invites", counts->invites},
        {"invites_refused", counts->invites_refused},
        {"rooms_joined", counts->joins},
        {"rooms_left", counts->leaves},
        {"rooms_known", (int64_t)matrix->rooms.by_id.count},
        {"encrypted_messages", counts->encrypted},
        {"rooms_made", counts->rooms_made},
        {"sends", counts->sent},
        {"sends_waiting", (int64_t)matrix->sender.n_queued},
        {"send_failures", counts->failures},
        {"send_refused", counts->refused},
        {"rate_limited", counts->rate_limited},
        {"held_rooms", (int64_t)sender_held(&matrix->sender)},
        {"sign_ins", counts->sign_ins},
        {"typing_shown", counts->typings},
    };
    for (size_t i = 0; i < sizeof counters / sizeof *counters && status->n_counters < COUNTERS_MOST; i++)
        status->counters[status->n_counters++] = counters[i];
    add_faults(matrix, status);
}

static void accepted(void *self, const char *id, const char *refused)
{
    struct matrix *matrix = self;
    (void)refused;
    sync_accepted(matrix, id);
    gone_known(&matrix->gone, matrix->bridge, id);
}

static const struct network_ops ops = {reply_deliver, reply_offline, accepted, add_status};

/* ---- the loop ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool may_send(void *self, int64_t now)
{
    const struct matrix *matrix = self;
    return matrix_ready(matrix, now) && health_may_ask(&matrix->health, matrix->sender.n_flight, now);
}

static int wait_ms(const struct matrix *matrix)
{
    int64_t now = clock_mono_ms(), due = bridge_due(matrix->bridge);
    if (!matrix->stopping && matrix->session.phase != SESSION_READY)
        due = sooner(due, session_due(matrix));
    else if (!matrix->stopping)
        due = sooner(sooner(sooner(due, sync_due(matrix)), rooms_due(matrix)),
                     sooner(sender_due(&matrix->sender, now, matrix->health.pause_until),
                            typing_due(&matrix->typing)));
    int64_t left = sooner(due - now, WAIT_MOST_MS);
    return (int)(left < 0 ? 0 : left);
}

/* 0, or -1: another program has taken this one's place at the broker. */
static int run_once(struct matrix *matrix, int stop, bool *stopped)
{
    struct pollfd fds[2] = {{.fd = stop, .events = POLLIN}};
    size_t n = 1 + bridge_prepare(matrix->bridge, fds + 1, 1);
    http_wait(matrix->http, fds, n, wait_ms(matrix));
    *stopped = *stopped || fds[0].revents;
    http_run(matrix->http);
    int rc = bridge_run(matrix->bridge, fds + 1, n - 1);
    int64_t now = clock_mono_ms();
    if (matrix->stopping || matrix->refused)
        return rc;
    session_run(matrix, now);
    if (matrix->session.phase != SESSION_READY)
        return rc;
    sync_run(matrix, now);
    rooms_run(matrix, now);
    sender_run(&matrix->sender, now);
    typing_run(&matrix->typing, now);
    return rc;
}

/* What is on its way gets a moment to arrive; and the broker one to be there, where staff are to hear why the
 * bridge ends. */
static int drain(struct matrix *matrix, int stop)
{
    int64_t end = clock_mono_ms() + DRAIN_MS;
    bool stopped = true;
    matrix->stopping = true;
    while ((matrix->sender.n_flight || (matrix->refused && !bridge_connected(matrix->bridge))) &&
           clock_mono_ms() < end)
        if (run_once(matrix, stop, &stopped))
            return -1;
    return 0;
}

static int run(struct matrix *matrix, int stop)
{
    bool stopped = false;
    while (!stopped && !matrix->refused)
        if (run_once(matrix, stop, &stopped))
            return BRIDGE_EXIT_TAKEN_OVER;
    if (drain(matrix, stop))
        return BRIDGE_EXIT_TAKEN_OVER;
    if (!matrix->refused)
        return 0;
    log_warn("%s", matrix->why);
    bridge_last_words(matrix->bridge, matrix->why);
    return BRIDGE_EXIT_REFUSED;
}

/* ---- making ---- */

static struct bridge_config make_config(const struct settings *settings, bridge_offline_text *offline_text,
                                        struct matrix *matrix)
{
    return (struct bridge_config){.settings = settings,
                                  .network = "matrix",
                                  .journal = settings_text(settings, "matrix.journal"),
                                  .key_file = settings_text(settings, "matrix.key_file"),
                                  .ops = &ops,
                                  .self = matrix,
                                  .offline_text = offline_text};
}

static int make(struct matrix *matrix, const struct settings *settings, struct err *err)
{
    const char *base = settings_text(settings, "matrix.homeserver");
    size_t len = strlen(base);
    matrix->settings = settings;
    matrix->body = BUF_INIT(REQUEST_MOST);
    matrix->health.server = "the homeserver";
    LIST_INIT(&matrix->gone);
    LIST_INIT(&matrix->touches);
    if (!len)
        return err_add(err, "matrix.homeserver is not set: the address of the bot's homeserver, https://…");
    int rc = http_check_base(base, "matrix.homeserver", err);
    while (len && base[len - 1] == '/')
        len--;
    matrix->base = mem_strndup(base, len);
    if (session_init(matrix, err))
        rc = -1;
    matrix->http = rc ? NULL : http_new(err);
    return matrix->http ? 0 : -1;
}

static void start(struct matrix *matrix)
{
    int64_t now = clock_mono_ms();
    const struct sender_config config = {.chat_burst = room_burst,
                                         .chat_a_second = room_a_second,
                                         .all_burst = all_burst,
                                         .all_a_second = all_a_second,
                                         .flight_most = FLIGHT_MOST,
                                         .http = matrix->http,
                                         .self = matrix,
                                         .may_send = may_send,
                                         .begin = reply_begin};
    sender_init(&matrix->sender, &config, now);
    typing_init(&matrix->typing, show_typing, matrix);
    sync_init(matrix, now);
    rooms_init(matrix, now);
}

static void release(struct matrix *matrix)
{
    if (matrix->bridge) {
        sender_free(&matrix->sender);
        typing_free(&matrix->typing);
        free_touches(matrix);
        rooms_free(matrix);
        sync_free(matrix);
        gone_free(&matrix->gone);
    }
    bridge_free(matrix->bridge);
    http_free(matrix->http);
    session_free(matrix);
    free(matrix->base);
    arena_free(&matrix->scratch);
    buf_free(&matrix->body);
}

int matrix_run(const struct settings *settings, bridge_offline_text *offline_text, int stop, struct err *err)
{
    struct matrix *matrix = mem_new(1, sizeof *matrix);
    int status = 1;
    if (make(matrix, settings, err) == 0) {
        struct bridge_config config = make_config(settings, offline_text, matrix);
        matrix->bridge = bridge_new(&config, err);
        if (matrix->bridge) {
            start(matrix);
            status = run(matrix, stop);
        }
    }
    release(matrix);
    free(matrix);
    return status;
}

/* ---- checking ---- */

struct asked {
    struct arena arena;
    bool done;
    int status;
    char *body;
    size_t len;
    char failure[128];
};

static void check_done(void *user, const struct http_answer *http)
{
    struct asked *asked = user;
    asked->done = true;
    asked->status = http->status;
    asked->body = arena_strndup(&asked->arena, http->body, http->len);
    asked->len = http->len;
    snprintf(asked->failure, sizeof asked->failure, "%s", http->failure ? http->failure : "");
}

static void ask(struct matrix *matrix, struct asked *asked, const char *const *parts, size_t n,
                const char *path)
{
    asked->done = false;
    matrix_call(matrix, "GET", parts, n, path, CHECK_MS, check_done, asked);
    while (!asked->done) {
        http_wait(matrix->http, NULL, 0, WAIT_MOST_MS);
        http_run(matrix->http);
    }
}

static int check_server(struct matrix *matrix, struct asked *asked, struct err *err)
{
    struct matrix_login login;
    const char *const whoami[] = {"account", "whoami"};
    ask(matrix, asked, NULL, 0, "/_matrix/client/versions");
    if (asked->status == 0)
        return err_add(err, "matrix.homeserver does not answer: %s", asked->failure);
    if (asked->status != 200 || !matrix_read_versions(asked->body, asked->len))
        return err_add(
            err, "matrix.homeserver answers, but speaks no version of Matrix that this bridge knows (v1.1 "
                 "or later)");
    if (!*matrix->session.token) {
        puts("The homeserver answers; the bot has not signed in yet");
        return 0;
    }
    ask(matrix, asked, whoami, 2, NULL);
    if (asked->status != 200 || matrix_read_login(asked->body, asked->len, &asked->arena, &login))
        return err_add(err, "the homeserver does not know the access token (HTTP status %d)", asked->status);
    printf("The homeserver knows the token: the bot is %s\n", login.user);
    return 0;
}

int matrix_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err)
{
    struct matrix *matrix = mem_new(1, sizeof *matrix);
    struct asked asked = {.done = false};
    struct bridge_config config = make_config(settings, offline_text, matrix);
    int rc = bridge_check(&config, err);
    if (make(matrix, settings, err) || check_server(matrix, &asked, err))
        rc = -1;
    arena_free(&asked.arena);
    release(matrix);
    free(matrix);
    return rc;
}
