/* The load generator: a bridge with many chats that answers nothing and waits for nothing else. One
 * libmosquitto client (MQTT 5, QoS 1) in its own poll loop.
 *
 *     load -p PORT -m MESSAGES.tsv [-e] [-w WINDOW] [-c CHATS] [-u WARM_SECONDS] [-s SECONDS | -n COUNT]
 *
 * Keeps WINDOW messages unanswered over CHATS chats, one at a time per chat. A message is done when its `out`
 * has come and, from the core, its id has stood in an `accepted` too. What was shown is reported in
 * `delivered`, gathered for 20 ms or 100 ids. With -e the peer is the echo client: it gets the same `in` and
 * `delivered`, but it can say no `accepted`, so only `out` is waited for. (The other way round, the core
 * without `delivered` and `accepted`, cannot be measured: they are the contract, and a core that hears no
 * `delivered` rightly keeps and repeats its replies.)
 *
 * Measures for SECONDS after WARM_SECONDS, or COUNT messages from the start. Prints one JSON object:
 * done, seconds, per_second, median_us and p99_us (round trip from publish to `out`), repeats (an `out` seen
 * twice). */
#include <jansson.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lines.h"

#define ROOT    "selvhjelp/v1"
#define NETWORK "bench"

enum {
    IN_FLIGHT = 1000,
    GATHER_MS = 20,
    GATHER_MOST = 100,
    STUCK_MS = 20000,
    SAMPLES_MOST = 1 << 20,
    SUBSCRIPTIONS = 2,
};

struct chat {
    char topic[64];  /* its in/ topic */
    char id[48];     /* of the message under way */
    int64_t sent_ns; /* 0: nothing is under way */
    unsigned turns;
    bool out, accepted;
};

struct load {
    struct mosquitto *mosq;
    struct lines texts; /* as JSON strings, with quotes */
    struct chat *chats;
    size_t n_chats, next_chat, next_text, window, under_way, most;
    bool echo;
    int subscribed;                      /* of SUBSCRIPTIONS */
    int64_t from_ns, until_ns, moved_ms; /* measured stretch; when something last went on */
    size_t done, measured, repeats;
    struct buf delivered; /* what is gathered, without its end */
    size_t n_delivered;
    int64_t gathered_ms;
    float *samples; /* µs */
    size_t n_samples;
};

/* ---- sending ---- */

static void publish(struct load *load, const char *topic, const char *payload, size_t len)
{
    int rc = mosquitto_publish_v5(load->mosq, NULL, topic, (int)len, payload, 1, false, NULL);
    if (rc) {
        fprintf(stderr, "load: cannot publish: %s\n", mosquitto_strerror(rc));
        exit(1);
    }
}

/* Ids name their chat, and no two runs share one. */
static void send_in(struct load *load, struct chat *chat, const char *now)
{
    struct buf payload = BUF_INIT(64 * 1024);
    size_t number = (size_t)(chat - load->chats);
    snprintf(chat->id, sizeof chat->id, "%zu-%u-%d", number, chat->turns++, (int)getpid());
    buf_addf(&payload, "{\"id\":\"%s\",\"time\":\"%s\",\"sender\":{\"language\":\"nb\"},\"text\":%s}",
             chat->id, now, load->texts.list[load->next_text++ % load->texts.count]);
    chat->out = false;
    chat->accepted = load->echo;
    chat->sent_ns = clock_mono_ns();
    publish(load, chat->topic, buf_str(&payload), payload.len);
    load->under_way++;
    buf_free(&payload);
}

static bool may_send(const struct load *load)
{
    return load->under_way < load->window && (!load->most || load->done + load->under_way < load->most);
}

static void fill_window(struct load *load)
{
    char now[CLOCK_TEXT];
    clock_format(clock_wall_ms(), now);
    for (size_t tried = 0; may_send(load) && tried < load->n_chats; tried++) {
        struct chat *chat = &load->chats[load->next_chat++ % load->n_chats];
        if (!chat->sent_ns)
            send_in(load, chat, now);
    }
}

static void send_delivered(struct load *load, bool all)
{
    int64_t now = clock_mono_ms();
    if (!load->n_delivered ||
        (!all && load->n_delivered < GATHER_MOST && now - load->gathered_ms < GATHER_MS))
        return;
    buf_add_str(&load->delivered, "]}");
    publish(load, ROOT "/delivered/" NETWORK, buf_str(&load->delivered), load->delivered.len);
    buf_clear(&load->delivered);
    load->n_delivered = 0;
}

/* ---- receiving ---- */

/* The text between the quotes that follow `key`, or NULL. */
static const char *text_after(const char *payload, const char *key, size_t *len)
{
    const char *at = strstr(payload, key);
    if (!at)
        return NULL;
    at += strlen(key);
    *len = strcspn(at, "\"");
    return at;
}

static struct chat *chat_of(struct load *load, const char *id, size_t len)
{
    size_t number = strtoul(id, NULL, 10);
    struct chat *chat = number < load->n_chats ? &load->chats[number] : NULL;
    return chat && chat->sent_ns && strlen(chat->id) == len && memcmp(chat->id, id, len) == 0 ? chat : NULL;
}

static void end_if_done(struct load *load, struct chat *chat)
{
    if (!chat->out || !chat->accepted)
        return;
    int64_t now = clock_mono_ns();
    load->under_way--;
    load->done++;
    load->measured += now >= load->from_ns && now < load->until_ns;
    load->moved_ms = now / 1000000;
    chat->sent_ns = 0;
}

static void note_delivered(struct load *load, const char *id, size_t len)
{
    if (!load->n_delivered++) {
        buf_add_str(&load->delivered, "{\"results\":[");
        load->gathered_ms = clock_mono_ms();
    } else {
        buf_add_char(&load->delivered, ',');
    }
    buf_addf(&load->delivered, "{\"id\":\"%.*s\",\"result\":\"sent\"}", (int)len, id);
}

static void take_out(struct load *load, const char *payload)
{
    size_t id_len = 0, answers_len = 0;
    const char *id = text_after(payload, "\"id\":\"", &id_len);
    const char *answers = load->echo ? id : text_after(payload, "\"answers\":\"", &answers_len);
    if (!id || !answers)
        return;
    note_delivered(load, id, id_len);
    struct chat *chat = chat_of(load, answers, load->echo ? id_len : answers_len);
    if (!chat || chat->out) {
        load->repeats++;
        return;
    }
    int64_t now = clock_mono_ns();
    if (now >= load->from_ns && now < load->until_ns && load->n_samples < SAMPLES_MOST)
        load->samples[load->n_samples++] = (float)(now - chat->sent_ns) / 1000;
    chat->out = true;
    end_if_done(load, chat);
}

static void take_accepted(struct load *load, const char *payload)
{
    if (!strstr(payload, "\"refused\":[]")) {
        fprintf(stderr, "load: the core refuses a message: %.300s\n", payload);
        exit(1);
    }
    const char *at = strchr(payload, '[');
    for (; at && *at != ']' && at[1] == '"'; at += strcspn(at, ",]")) {
        const char *id = at + 2;
        struct chat *chat = chat_of(load, id, strcspn(id, "\""));
        at = strchr(id, '"');
        if (!chat || chat->accepted)
            continue;
        chat->accepted = true;
        end_if_done(load, chat);
    }
}

/* libmosquitto ends each payload with a NUL of its own. */
static void on_message(struct mosquitto *mosq, void *user, const struct mosquitto_message *message,
                       const mosquitto_property *props)
{
    (void)mosq;
    (void)props;
    if (!message->payloadlen)
        return;
    if (strncmp(message->topic, ROOT "/out/", strlen(ROOT "/out/")) == 0)
        take_out(user, message->payload);
    else
        take_accepted(user, message->payload);
}

/* ---- connection ---- */

static void on_connect(struct mosquitto *mosq, void *user, int reason, int flags,
                       const mosquitto_property *props)
{
    (void)user;
    (void)reason;
    (void)flags;
    (void)props;
    mosquitto_subscribe_v5(mosq, NULL, ROOT "/accepted/" NETWORK, 1, 0, NULL);
    mosquitto_subscribe_v5(mosq, NULL, ROOT "/out/" NETWORK "/+", 1, 0, NULL);
}

static void on_subscribe(struct mosquitto *mosq, void *user, int mid, int count, const int *granted,
                         const mosquitto_property *props)
{
    struct load *load = user;
    (void)mosq;
    (void)mid;
    (void)count;
    (void)granted;
    (void)props;
    load->subscribed++;
}

static void connect_to(struct load *load, int port)
{
    mosquitto_lib_init();
    load->mosq = mosquitto_new("bench-load", true, load);
    mosquitto_int_option(load->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(load->mosq, MOSQ_OPT_RECEIVE_MAXIMUM, IN_FLIGHT);
    mosquitto_int_option(load->mosq, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT);
    mosquitto_int_option(load->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_v5_callback_set(load->mosq, on_connect);
    mosquitto_subscribe_v5_callback_set(load->mosq, on_subscribe);
    mosquitto_message_v5_callback_set(load->mosq, on_message);
    if (mosquitto_connect(load->mosq, "127.0.0.1", port, 30)) {
        fprintf(stderr, "load: no broker on port %d\n", port);
        exit(1);
    }
}

/* Waits for the socket, then reads and writes; all sending happens after it. */
static void turn_loop(struct load *load, int wait_ms)
{
    short events = (short)(POLLIN | (mosquitto_want_write(load->mosq) ? POLLOUT : 0));
    struct pollfd fd = {mosquitto_socket(load->mosq), events, 0};
    int rc = MOSQ_ERR_SUCCESS;
    poll(&fd, 1, wait_ms);
    if (fd.revents & (POLLIN | POLLHUP | POLLERR))
        rc = mosquitto_loop_read(load->mosq, 1);
    if (!rc && mosquitto_want_write(load->mosq))
        rc = mosquitto_loop_write(load->mosq, 1);
    if (!rc)
        rc = mosquitto_loop_misc(load->mosq);
    if (rc || clock_mono_ms() - load->moved_ms > STUCK_MS) {
        fprintf(stderr, "load: %s; %zu done, %zu under way\n", rc ? mosquitto_strerror(rc) : "no answers",
                load->done, load->under_way);
        exit(1);
    }
}

/* ---- the run ---- */

static bool ended(const struct load *load)
{
    return load->most ? load->done >= load->most : clock_mono_ns() >= load->until_ns;
}

static void run(struct load *load, double warm, double seconds)
{
    load->moved_ms = clock_mono_ms();
    while (load->subscribed < SUBSCRIPTIONS)
        turn_loop(load, 100);
    load->from_ns = clock_mono_ns() + (int64_t)(warm * 1e9);
    load->until_ns = load->most ? INT64_MAX : load->from_ns + (int64_t)(seconds * 1e9);
    while (!ended(load)) {
        fill_window(load);
        send_delivered(load, false);
        turn_loop(load, load->n_delivered ? GATHER_MS : 100);
    }
}

/* What is under way comes to its end, so that the next run meets no leftovers. */
static void drain(struct load *load)
{
    while (load->under_way || load->n_delivered || mosquitto_want_write(load->mosq)) {
        send_delivered(load, true);
        turn_loop(load, 5);
    }
    for (int i = 0; i < 20; i++)
        turn_loop(load, 5);
    mosquitto_disconnect_v5(load->mosq, 0, NULL);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void report(const struct load *load, double seconds)
{
    qsort(load->samples, load->n_samples, sizeof *load->samples, by_value);
    double median = load->n_samples ? (double)load->samples[load->n_samples / 2] : 0;
    double p99 = load->n_samples ? (double)load->samples[load->n_samples * 99 / 100] : 0;
    printf("{\"done\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"median_us\":%.1f,\"p99_us\":%.1f,"
           "\"repeats\":%zu}\n",
           load->measured, seconds, (double)load->measured / seconds, median, p99, load->repeats);
}

static void escape_texts(struct load *load, const char *path)
{
    load->texts = lines_read(path);
    for (size_t i = 0; i < load->texts.count; i++) {
        json_t *text = json_string(load->texts.list[i]);
        free(load->texts.list[i]);
        load->texts.list[i] = json_dumps(text, JSON_ENCODE_ANY);
        json_decref(text);
    }
}

static void name_chats(struct load *load)
{
    load->chats = mem_new(load->n_chats, sizeof *load->chats);
    for (size_t i = 0; i < load->n_chats; i++)
        snprintf(load->chats[i].topic, sizeof load->chats[i].topic, ROOT "/in/" NETWORK "/Achat%zu", i);
}

int main(int argc, char **argv)
{
    struct load load = {.n_chats = 1000, .window = 200, .delivered = BUF_INIT(256 * 1024)};
    double warm = 0.3, seconds = 2;
    int option, port = 1883;
    while ((option = getopt(argc, argv, "p:m:ew:c:u:s:n:")) != -1) {
        switch (option) {
        case 'p':
            port = (int)strtol(optarg, NULL, 10);
            break;
        case 'm':
            escape_texts(&load, optarg);
            break;
        case 'e':
            load.echo = true;
            break;
        case 'w':
            load.window = strtoul(optarg, NULL, 10);
            break;
        case 'c':
            load.n_chats = strtoul(optarg, NULL, 10);
            break;
        case 'u':
            warm = strtod(optarg, NULL);
            break;
        case 's':
            seconds = strtod(optarg, NULL);
            break;
        case 'n':
            load.most = strtoul(optarg, NULL, 10);
            break;
        default:
            return 64;
        }
    }
    if (!load.texts.count)
        return 64;
    load.samples = mem_new(SAMPLES_MOST, sizeof *load.samples);
    name_chats(&load);
    connect_to(&load, port);
    run(&load, load.most ? 0 : warm, seconds);
    if (load.most)
        seconds = (double)(clock_mono_ns() - load.from_ns) / 1e9;
    drain(&load);
    report(&load, seconds);
    return 0;
}
