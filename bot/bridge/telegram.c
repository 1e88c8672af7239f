#include "bridge/telegram.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/program.h"
#include "bridge/telegram_internal.h"

enum {
    TOKEN_MOST = 128,
    ME_TIMEOUT_MS = 20000,
    ME_AGAIN_MS = 1000,
    FLIGHT_MOST = 32,
    LAG_TOLD_MS = CLOCK_HOUR,
    GAP_TOLD_MS = 24 * CLOCK_HOUR, /* messages were lost at Telegram: told for as long */
    WAIT_MOST_MS = 1000,
    DRAIN_MS = 5000,
};
/* As many messages as Telegram allows: about one a second in a chat with a small burst, and some thirty a
 * second over all chats (Bot API, FAQ). */
static const double chat_burst = 3, chat_a_second = 1, all_burst = 25, all_a_second = 25;

void telegram_address(int64_t id, char out[24])
{
    snprintf(out, 24, "%" PRId64, id);
}

/* ---- calls ---- */

struct http_call *telegram_call(struct telegram *telegram, const char *method, int64_t timeout_ms,
                                http_done *done, void *user)
{
    struct buf url = BUF_INIT(2048);
    buf_addf(&url, "%s%s", telegram->url, method);
    if (buf_done(&url) || buf_done(&telegram->body))
        BUG("a request to Telegram that does not fit");
    struct http_call *call = http_post(telegram->http, buf_str(&url), buf_str(&telegram->body),
                                       telegram->body.len, timeout_ms, done, user);
    key_wipe(url.data, url.cap);
    buf_free(&url);
    buf_clear(&telegram->body);
    return call;
}

enum verdict telegram_judge(struct telegram *telegram, const struct http_answer *http,
                            struct telegram_answer *answer)
{
    *answer = (struct telegram_answer){.description = ""};
    if (http->status)
        telegram_read_answer(http->body, http->len, &telegram->scratch, answer);
    if (!answer->readable || (!answer->ok && telegram_error_of(answer) == TELEGRAM_SERVER)) {
        health_failed(&telegram->health, http->status, http->failure);
        return VERDICT_AGAIN;
    }
    telegram_well(telegram);
    if (answer->ok)
        return VERDICT_GOOD;
    telegram->refused = telegram->refused || telegram_error_of(answer) == TELEGRAM_TOKEN;
    if (answer->code == 429 && answer->retry_after <= 0 && http->retry_after > 0)
        answer->retry_after = http->retry_after;
    return VERDICT_ERROR;
}

void telegram_well(struct telegram *telegram)
{
    if (health_well(&telegram->health))
        bridge_status_soon(telegram->bridge);
}

static bool may_send(void *self, int64_t now)
{
    const struct telegram *telegram = self;
    return telegram->known && !telegram->refused && !telegram->stopping &&
           health_may_ask(&telegram->health, telegram->sender.n_flight, now);
}

/* ---- who am I ---- */

static void me_done(void *user, const struct http_answer *http)
{
    struct telegram *telegram = user;
    struct telegram_answer answer;
    telegram->me = NULL;
    telegram->me_due = clock_mono_ms() + ME_AGAIN_MS;
    if (telegram_judge(telegram, http, &answer) == VERDICT_GOOD) {
        const char *name = telegram_read_me(http->body, http->len, &telegram->scratch);
        telegram->known = true;
        log_info("ready: write to @%s in Telegram", name ? name : "?");
    }
    if (answer.retry_after)
        telegram->me_due = clock_mono_ms() + answer.retry_after * CLOCK_SECOND;
    arena_reset(&telegram->scratch);
}

static void ask_me(struct telegram *telegram, int64_t now)
{
    if (telegram->known || telegram->me || now < telegram->me_due || now < telegram->health.pause_until)
        return;
    buf_add_str(&telegram->body, "{}");
    telegram->me = telegram_call(telegram, "getMe", ME_TIMEOUT_MS, me_done, telegram);
}

/* ---- what staff are told ---- */

__attribute__((format(printf, 4, 5))) static void tell(struct telegram *telegram, struct status *status,
                                                       size_t *used, const char *format, ...)
{
    va_list args;
    if (*used >= sizeof telegram->faults / sizeof *telegram->faults || status->n_faults >= FAULTS_MOST)
        return;
    va_start(args, format);
    vsnprintf(telegram->faults[*used], sizeof telegram->faults[*used], format, args);
    va_end(args);
    status->faults[status->n_faults++] = telegram->faults[(*used)++];
}

static void add_faults(struct telegram *telegram, struct status *status)
{
    const struct poller *poll = &telegram->poll;
    char line[TELEGRAM_REASON];
    size_t used = 0;
    if (poll->conflicts)
        tell(telegram, status, &used, "%s",
             poll->webhook ? "a webhook gets this bot's messages: delete it (deleteWebhook)"
                           : "a second program reads this bot's messages: stop it, or give each its own bot");
    if (health_tell(&telegram->health, line, sizeof line))
        tell(telegram, status, &used, "%s; it keeps messages for 24 hours", line);
    if (telegram->counts.html_refused)
        tell(telegram, status, &used,
             "Telegram could not read the markup of %lld replies; they were sent as plain text",
             (long long)telegram->counts.html_refused);
    if (poll->gap_ms > GAP_TOLD_MS)
        tell(telegram, status, &used,
             "nothing was read for %lld hours before the start; messages older than 24 hours are lost",
             (long long)(poll->gap_ms / CLOCK_HOUR));
    else if (poll->lag_ms > LAG_TOLD_MS)
        tell(telegram, status, &used, "messages are read %lld hours after they were written",
             (long long)(poll->lag_ms / CLOCK_HOUR));
}

static void add_status(void *self, struct status *status)
{
    struct telegram *telegram = self;
    const struct telegram_counts *counts = &telegram->counts;
    const struct counter counters[] = {
        {"polls", counts->polls},
        {"updates", counts->updates},
        {"updates_ignored", counts->ignored},
        {"updates_strange", counts->strange},
        {"updates_waiting", (int64_t)telegram->poll.n_unsettled},
        {"lag_seconds", telegram->poll.lag_ms / 1000},
        {"sends", counts->sent},
        {"sends_waiting", (int64_t)telegram->sender.n_queued},
        {"send_failures", counts->failures},
        {"send_refused", counts->refused},
        {"html_refused", counts->html_refused},
        {"rate_limited", counts->rate_limited},
        {"held_chats", (int64_t)sender_held(&telegram->sender)},
        {"second_poller", counts->conflicts},
        {"buttons_marked", counts->marks},
        {"typing_shown", counts->typings},
    };
    for (size_t i = 0; i < sizeof counters / sizeof *counters && status->n_counters < COUNTERS_MOST; i++)
        status->counters[status->n_counters++] = counters[i];
    add_faults(telegram, status);
}

static void accepted(void *self, const char *id, const char *refused)
{
    struct telegram *telegram = self;
    poll_settled(telegram, id, refused == NULL);
    gone_known(&telegram->gone, telegram->bridge, id);
}

static const struct network_ops ops = {reply_deliver, reply_offline, accepted, add_status};

/* ---- the loop ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int wait_ms(const struct telegram *telegram)
{
    int64_t now = clock_mono_ms(), due = bridge_due(telegram->bridge);
    if (!telegram->known && !telegram->me)
        due = sooner(due, telegram->me_due > telegram->health.pause_until ? telegram->me_due
                                                                          : telegram->health.pause_until);
    if (telegram->known && !telegram->stopping)
        due = sooner(sooner(due, poll_due(telegram)),
                     sooner(sender_due(&telegram->sender, now, telegram->health.pause_until),
                            typing_due(&telegram->typing)));
    int64_t left = sooner(due - now, WAIT_MOST_MS);
    return (int)(left < 0 ? 0 : left);
}

/* 0, or -1: another program has taken this one's place at the broker. */
static int run_once(struct telegram *telegram, int stop, bool *stopped)
{
    struct pollfd fds[2] = {{.fd = stop, .events = POLLIN}};
    size_t n = 1 + bridge_prepare(telegram->bridge, fds + 1, 1);
    http_wait(telegram->http, fds, n, wait_ms(telegram));
    *stopped = *stopped || fds[0].revents;
    http_run(telegram->http);
    int rc = bridge_run(telegram->bridge, fds + 1, n - 1);
    int64_t now = clock_mono_ms();
    if (!telegram->stopping && !telegram->refused) {
        ask_me(telegram, now);
        if (telegram->known) {
            poll_run(telegram, now);
            sender_run(&telegram->sender, now);
            typing_run(&telegram->typing, now);
        }
    }
    return rc;
}

/* What is on its way gets a moment to arrive, so that it is not sent twice; and the broker one to be there,
 * where staff are to hear why the bridge ends. */
static int drain(struct telegram *telegram, int stop)
{
    int64_t end = clock_mono_ms() + DRAIN_MS;
    bool stopped = true;
    telegram->stopping = true;
    while ((telegram->sender.n_flight || (telegram->refused && !bridge_connected(telegram->bridge))) &&
           clock_mono_ms() < end)
        if (run_once(telegram, stop, &stopped))
            return -1;
    return 0;
}

static int run(struct telegram *telegram, int stop)
{
    static const char refusal[] = "Telegram refuses the token: it was revoked or is wrong. Get one from "
                                  "@BotFather, write it into the file that "
                                  "telegram.token_file names, and start the bridge again";
    bool stopped = false;
    while (!stopped && !telegram->refused)
        if (run_once(telegram, stop, &stopped))
            return BRIDGE_EXIT_TAKEN_OVER;
    if (drain(telegram, stop))
        return BRIDGE_EXIT_TAKEN_OVER;
    if (!telegram->refused)
        return 0;
    log_warn("%s", refusal);
    bridge_last_words(telegram->bridge, refusal);
    return BRIDGE_EXIT_REFUSED;
}

/* ---- making ---- */

static struct bridge_config make_config(const struct settings *settings, bridge_offline_text *offline_text,
                                        struct telegram *telegram)
{
    return (struct bridge_config){.settings = settings,
                                  .network = "telegram",
                                  .journal = settings_text(settings, "telegram.journal"),
                                  .key_file = settings_text(settings, "telegram.key_file"),
                                  .ops = &ops,
                                  .self = telegram,
                                  .offline_text = offline_text};
}

/* Digits, a colon, and letters, digits, - and _ (Bot API, "Authorizing your bot"). */
static bool is_token(const char *token)
{
    size_t digits = strspn(token, "0123456789");
    const char *rest = token + digits + 1;
    return digits && token[digits] == ':' && *rest &&
           rest[strspn(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

static int read_token(const struct settings *settings, char token[TOKEN_MOST], struct err *err)
{
    static const char key[] = "telegram.token_file";
    const char *path = settings_text(settings, key);
    if (!*path)
        return err_add(err, "%s is not set: it names the file with the bot's token from @BotFather", key);
    if (file_check_private(path, err) || settings_secret(settings, key, token, TOKEN_MOST, err))
        return -1;
    return is_token(token)
               ? 0
               : err_at(err, path, 1, "is no token: @BotFather gives one like 123456789:AbC-dEf…");
}

/* The address of every request, up to the method's name; wiped and freed by release. */
static int make_url(struct telegram *telegram, const struct settings *settings, struct err *err)
{
    char token[TOKEN_MOST];
    const char *base = settings_text(settings, "telegram.api_base");
    size_t len = strlen(base);
    int rc = http_check_base(base, "telegram.api_base", err);
    while (len && base[len - 1] == '/')
        len--;
    if (read_token(settings, token, err))
        rc = -1;
    if (rc == 0) {
        size_t size = len + strlen(token) + sizeof "/bot/";
        telegram->url = mem_new(1, size);
        snprintf(telegram->url, size, "%.*s/bot%s/", (int)len, base, token);
    }
    key_wipe(token, sizeof token);
    return rc;
}

static void release(struct telegram *telegram)
{
    if (telegram->bridge) {
        sender_free(&telegram->sender);
        typing_free(&telegram->typing);
        poll_free(telegram);
        touch_free(telegram);
        gone_free(&telegram->gone);
    }
    bridge_free(telegram->bridge);
    http_free(telegram->http);
    if (telegram->url)
        key_wipe(telegram->url, strlen(telegram->url));
    free(telegram->url);
    arena_free(&telegram->scratch);
    buf_free(&telegram->body);
}

static int make(struct telegram *telegram, const struct settings *settings, struct err *err)
{
    telegram->settings = settings;
    telegram->health.server = "Telegram";
    telegram->body = BUF_INIT(TELEGRAM_REQUEST_MOST);
    telegram->poll_seconds = settings_int(settings, "telegram.poll_seconds");
    telegram->http = make_url(telegram, settings, err) ? NULL : http_new(err);
    return telegram->http ? 0 : -1;
}

static void start(struct telegram *telegram)
{
    int64_t now = clock_mono_ms();
    const struct sender_config config = {.chat_burst = chat_burst,
                                         .chat_a_second = chat_a_second,
                                         .all_burst = all_burst,
                                         .all_a_second = all_a_second,
                                         .flight_most = FLIGHT_MOST,
                                         .http = telegram->http,
                                         .self = telegram,
                                         .may_send = may_send,
                                         .begin = reply_begin};
    poll_init(telegram, now);
    sender_init(&telegram->sender, &config, now);
    typing_init(&telegram->typing, touch_show_typing, telegram);
    LIST_INIT(&telegram->gone);
    LIST_INIT(&telegram->touches);
}

int telegram_run(const struct settings *settings, bridge_offline_text *offline_text, int stop,
                 struct err *err)
{
    struct telegram telegram = {.refused = false};
    int status = 1;
    if (make(&telegram, settings, err) == 0) {
        struct bridge_config config = make_config(settings, offline_text, &telegram);
        telegram.bridge = bridge_new(&config, err);
        if (telegram.bridge) {
            start(&telegram);
            status = run(&telegram, stop);
        }
    }
    release(&telegram);
    return status;
}

/* ---- checking ---- */

struct asked {
    struct arena arena;
    bool done;
    const char *name;
    char fault[TELEGRAM_REASON];
};

static void check_done(void *user, const struct http_answer *http)
{
    struct asked *asked = user;
    struct telegram_answer answer = {.readable = false};
    asked->done = true;
    if (http->status)
        telegram_read_answer(http->body, http->len, &asked->arena, &answer);
    if (answer.ok)
        asked->name = telegram_read_me(http->body, http->len, &asked->arena);
    if (asked->name)
        return;
    if (answer.readable && telegram_error_of(&answer) == TELEGRAM_TOKEN)
        snprintf(asked->fault, sizeof asked->fault,
                 "Telegram does not know the token; @BotFather gives a new one");
    else if (http->status)
        snprintf(asked->fault, sizeof asked->fault, "telegram.api_base answers with HTTP status %d",
                 http->status);
    else
        snprintf(asked->fault, sizeof asked->fault, "telegram.api_base does not answer: %s", http->failure);
}

static int check_me(struct telegram *telegram, struct err *err)
{
    struct asked asked = {.done = false};
    buf_add_str(&telegram->body, "{}");
    telegram_call(telegram, "getMe", ME_TIMEOUT_MS, check_done, &asked);
    while (!asked.done) {
        http_wait(telegram->http, NULL, 0, WAIT_MOST_MS);
        http_run(telegram->http);
    }
    if (asked.name)
        printf("Telegram knows the token: the bot is @%s\n", asked.name);
    int rc = asked.name ? 0 : err_add(err, "%s", asked.fault);
    arena_free(&asked.arena);
    return rc;
}

int telegram_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err)
{
    struct telegram telegram = {.refused = false};
    struct bridge_config config = make_config(settings, offline_text, &telegram);
    int rc = bridge_check(&config, err);
    if (make(&telegram, settings, err) || check_me(&telegram, err))
        rc = -1;
    release(&telegram);
    return rc;
}
