#include "wire/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    KEEPALIVE_SECONDS = 20,
    IN_FLIGHT = 1000,
    RETRY_FIRST_MS = 250,
    RETRY_MOST_MS = 15000,
    CONNECT_MOST_MS = 10000,
    LOOK_MS = 500,
    UNHEARD_MOST = 1024,
    GOODBYE_MS = 1000,
};

/* mosquitto 2.0.11 closes a connection whose session is taken over without the DISCONNECT packet that would
 * say so (reason 0x8E). So after a connection was closed by the other side, the next one is made under a name
 * of its own and only looks at the retained status: is another process of this program's name online? Then it
 * has taken over. */
enum phase { PHASE_OWN, PHASE_LOOK };

struct queued {
    struct mqtt_message message;
    struct queued *next;
};

struct mqtt {
    struct mosquitto *mosq;
    const struct settings *settings; /* borrowed */
    enum phase phase;
    bool suspect;       /* the other side closed the connection: look before taking the name again */
    int64_t look_until; /* 0: not looking */
    char *host, *root;
    char client_id[CONTRACT_TOPIC_LARGEST], instance[KEY_HASH_TEXT];
    char status_topic[CONTRACT_TOPIC_LARGEST]; /* empty for an onlooker */
    char *topics[MQTT_SUBSCRIPTIONS_MOST + 1];
    int n_topics, port;
    bool connected, subscribed, fresh, taken_over, trying;
    int acks_awaited;
    int64_t retry_at, trying_since, misc_at;
    int retry_ms, last_reason;
    struct buf status;      /* the last own status payload */
    const char *last_words; /* NULL: none */
    int awaited;            /* number of the publication whose PUBACK the end waits for; 0: it came */
    struct queued *first, **last;
    size_t waiting;
    int unheard[UNHEARD_MOST];
    size_t n_unheard;
};

/* ---- callbacks: copy and return ---- */

static void subscribe_all(struct mqtt *m)
{
    m->acks_awaited = 0;
    if (m->phase == PHASE_LOOK) {
        mosquitto_subscribe_v5(m->mosq, NULL, m->status_topic, 1, 0, NULL);
        return;
    }
    for (int i = 0; i < m->n_topics; i++)
        if (mosquitto_subscribe_v5(m->mosq, NULL, m->topics[i], 1, 0, NULL) == MOSQ_ERR_SUCCESS)
            m->acks_awaited++;
}

static void on_connect(struct mosquitto *mosq, void *user, int reason, int flags,
                       const mosquitto_property *props)
{
    struct mqtt *m = user;
    (void)mosq;
    (void)flags;
    (void)props;
    m->trying = false;
    if (reason) {
        if (reason != m->last_reason)
            log_warn(
                "the broker refuses the connection: %s; check broker.username, broker.password_file and the "
                "broker's accounts",
                mosquitto_reason_string(reason));
        m->last_reason = reason;
        return;
    }
    m->last_reason = 0;
    m->connected = true;
    m->retry_ms = RETRY_FIRST_MS;
    subscribe_all(m);
}

static void on_disconnect(struct mosquitto *mosq, void *user, int reason, const mosquitto_property *props)
{
    struct mqtt *m = user;
    (void)mosq;
    (void)props;
    if (m->subscribed && reason != MQTT_RC_SESSION_TAKEN_OVER && reason != 0) {
        log_warn("the connection to the broker is lost; connecting again");
        m->suspect = *m->status_topic != '\0';
    }
    m->connected = m->subscribed = m->trying = false;
    m->taken_over = m->taken_over || reason == MQTT_RC_SESSION_TAKEN_OVER;
}

static void on_subscribe(struct mosquitto *mosq, void *user, int mid, int count, const int *granted,
                         const mosquitto_property *props)
{
    struct mqtt *m = user;
    (void)mosq;
    (void)mid;
    (void)props;
    if (m->phase == PHASE_LOOK) {
        m->look_until = clock_mono_ms() + LOOK_MS;
        return;
    }
    for (int i = 0; i < count; i++)
        if (granted[i] >= 0x80)
            log_warn(
                "the broker refuses a subscription; check this program's topics in the broker's ACL file");
    if (--m->acks_awaited == 0) {
        m->subscribed = m->fresh = true;
        log_info("connected to the broker");
    }
}

static void on_publish(struct mosquitto *mosq, void *user, int mid, int reason,
                       const mosquitto_property *props)
{
    struct mqtt *m = user;
    (void)mosq;
    (void)props;
    if (mid == m->awaited)
        m->awaited = 0;
    bool unheard = reason == MQTT_RC_NO_MATCHING_SUBSCRIBERS || reason >= 0x80;
    if (unheard && m->n_unheard < UNHEARD_MOST)
        m->unheard[m->n_unheard++] = mid;
}

/* True when the retained status that the broker shows is not what this program said: it is said again. */
static bool is_own_status(const struct mqtt *m, const struct mosquitto_message *message)
{
    return *m->status_topic && strcmp(message->topic, m->status_topic) == 0;
}

static void correct_status(struct mqtt *m, const struct mosquitto_message *message)
{
    bool same = message->payloadlen >= 0 && (size_t)message->payloadlen == m->status.len &&
                memcmp(message->payload, buf_str(&m->status), m->status.len) == 0;
    if (!same && m->status.len && m->connected && !m->awaited)
        mosquitto_publish_v5(m->mosq, NULL, m->status_topic, (int)m->status.len, buf_str(&m->status), 1, true,
                             NULL);
}

/* Looking: a status that another process said online means that it has this program's name now. */
static void judge_status(struct mqtt *m, const struct mosquitto_message *message)
{
    struct arena arena = ARENA_INIT;
    struct status status;
    size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    if (contract_read_status(len ? message->payload : "", len, &arena, &status) == 0)
        m->taken_over = status.online && status.instance && strcmp(status.instance, m->instance);
    m->look_until = 1; /* looked enough */
    arena_free(&arena);
}

static void on_message(struct mosquitto *mosq, void *user, const struct mosquitto_message *message,
                       const mosquitto_property *props)
{
    struct mqtt *m = user;
    (void)mosq;
    (void)props;
    if (is_own_status(m, message)) {
        if (m->phase == PHASE_LOOK)
            judge_status(m, message);
        else
            correct_status(m, message);
        return;
    }
    size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    bool cut = len > CONTRACT_LIST_LARGEST;
    struct queued *queued = mem_new(1, sizeof *queued);
    queued->message.topic = mem_strdup(message->topic);
    queued->message.payload = mem_strndup(len ? message->payload : "", cut ? 256 : len);
    queued->message.len = len;
    queued->message.cut = cut;
    *m->last = queued;
    m->last = &queued->next;
    m->waiting++;
}

/* ---- making ---- */

static int set_account(struct mqtt *m, const struct settings *settings, struct err *err)
{
    char password[256];
    const char *username = settings_text(settings, "broker.username");
    int rc = settings_secret(settings, "broker.password_file", password, sizeof password, err);
    if (rc == 0 && *username && mosquitto_username_pw_set(m->mosq, username, *password ? password : NULL))
        rc = err_add(err, "broker.username is not valid");
    key_wipe(password, sizeof password);
    return rc;
}

static int set_tls(struct mqtt *m, const struct settings *settings, struct err *err)
{
    const char *ca = settings_text(settings, "broker.ca_file");
    if (!*ca)
        return 0;
    int rc = mosquitto_tls_set(m->mosq, ca, NULL, NULL, NULL, NULL);
    return rc ? err_at(err, ca, 0, "broker.ca_file cannot be used: %s", mosquitto_strerror(rc)) : 0;
}

static int set_will(struct mqtt *m)
{
    if (!*m->status_topic || m->phase == PHASE_LOOK)
        return 0;
    struct status offline = {.online = false, .since = clock_wall_ms(), .version = VERSION};
    struct buf payload = BUF_INIT(CONTRACT_STATUS_LARGEST);
    contract_write_status(&offline, &payload);
    int rc = mosquitto_will_set_v5(m->mosq, m->status_topic, (int)payload.len, buf_str(&payload), 1, true,
                                   NULL);
    buf_free(&payload);
    return rc;
}

static void set_topics(struct mqtt *m, const char *const *topics, size_t n_topics)
{
    struct buf topic = BUF_INIT(CONTRACT_TOPIC_LARGEST);
    for (size_t i = 0; i < n_topics && i < MQTT_SUBSCRIPTIONS_MOST; i++) {
        buf_clear(&topic);
        buf_addf(&topic, "%s/%s", m->root, topics[i]);
        m->topics[m->n_topics++] = mem_strdup(buf_str(&topic));
    }
    if (*m->status_topic)
        m->topics[m->n_topics++] = mem_strdup(m->status_topic); /* to see it wrong and correct it */
    buf_free(&topic);
}

static int configure(struct mqtt *m, const struct settings *settings, struct err *err)
{
    mosquitto_int_option(m->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(m->mosq, MOSQ_OPT_RECEIVE_MAXIMUM, IN_FLIGHT);
    mosquitto_int_option(m->mosq, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT);
    mosquitto_int_option(m->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_v5_callback_set(m->mosq, on_connect);
    mosquitto_disconnect_v5_callback_set(m->mosq, on_disconnect);
    mosquitto_subscribe_v5_callback_set(m->mosq, on_subscribe);
    mosquitto_publish_v5_callback_set(m->mosq, on_publish);
    mosquitto_message_v5_callback_set(m->mosq, on_message);
    if (set_account(m, settings, err) || set_tls(m, settings, err))
        return -1;
    return set_will(m) ? err_add(err, "the last will cannot be set; is broker.root a valid topic?") : 0;
}

/* A fixed id for each program, so that a second one takes the session over; an onlooker's is its own. */
static void name_client(struct mqtt *m, const char *name)
{
    unsigned char random[KEY_HASH];
    key_random(random, sizeof random);
    key_hash_text(random, m->instance);
    if (name)
        topic_write(m->status_topic, m->root, TOPIC_STATUS, name, NULL);
    snprintf(m->client_id, sizeof m->client_id, "%s/%s", m->root, name ? name : m->instance);
}

/* Makes the library's client for a phase; an old one is ended. 0 or -1. */
static int make_client(struct mqtt *m, enum phase phase, struct err *err)
{
    mosquitto_destroy(m->mosq);
    m->phase = phase;
    m->look_until = 0;
    m->mosq = mosquitto_new(phase == PHASE_LOOK ? m->instance : m->client_id, true, m);
    if (!m->mosq)
        log_fatal("libmosquitto does not start");
    return configure(m, m->settings, err);
}

struct mqtt *mqtt_new(const struct settings *settings, const char *name, const char *const *topics,
                      size_t n_topics, struct err *err)
{
    struct mqtt *m = mem_new(1, sizeof *m);
    mosquitto_lib_init();
    m->settings = settings;
    m->last = &m->first;
    m->status = BUF_INIT(CONTRACT_STATUS_LARGEST);
    m->retry_ms = RETRY_FIRST_MS;
    m->host = mem_strdup(settings_text(settings, "broker.host"));
    m->port = settings_int(settings, "broker.port");
    m->root = mem_strdup(settings_text(settings, "broker.root"));
    name_client(m, name);
    set_topics(m, topics, n_topics);
    if (make_client(m, PHASE_OWN, err) == 0)
        return m;
    mqtt_free(m);
    return NULL;
}

/* ---- running ---- */

int mqtt_fd(const struct mqtt *m)
{
    return mosquitto_socket(m->mosq);
}

short mqtt_events(const struct mqtt *m)
{
    return (short)(POLLIN | (m->trying || mosquitto_want_write(m->mosq) ? POLLOUT : 0));
}

int64_t mqtt_due(const struct mqtt *m)
{
    int64_t due = mqtt_fd(m) < 0 ? m->retry_at : m->misc_at;
    return m->look_until && m->look_until < due ? m->look_until : due;
}

/* The next try comes after the pause and up to as much again, so that many programs do not come at once. */
static void plan_retry(struct mqtt *m, int64_t now)
{
    uint32_t jitter;
    key_random(&jitter, sizeof jitter);
    m->retry_at = now + m->retry_ms + (int64_t)(jitter % (uint32_t)m->retry_ms);
    m->retry_ms = 2 * m->retry_ms < RETRY_MOST_MS ? 2 * m->retry_ms : RETRY_MOST_MS;
}

static void try_to_connect(struct mqtt *m, int64_t now)
{
    if (m->suspect && m->phase == PHASE_OWN)
        make_client(m, PHASE_LOOK, NULL);
    m->trying = true;
    m->trying_since = now;
    plan_retry(m, now);
    if (mosquitto_connect_async(m->mosq, m->host, m->port, KEEPALIVE_SECONDS) != MOSQ_ERR_SUCCESS)
        m->trying = false;
}

/* Nobody else has the name: take it again. */
static void end_look(struct mqtt *m, int64_t now)
{
    mosquitto_disconnect(m->mosq);
    m->connected = m->suspect = false;
    make_client(m, PHASE_OWN, NULL);
    m->retry_at = now;
}

static void drop_connection(struct mqtt *m)
{
    bool was = m->connected;
    mosquitto_disconnect(m->mosq);
    m->connected = m->subscribed = m->trying = false;
    if (was)
        log_warn("the broker does not answer; connecting again");
}

void mqtt_run(struct mqtt *m, short revents, int64_t now)
{
    if (mqtt_fd(m) < 0) {
        if (now >= m->retry_at && !m->taken_over)
            try_to_connect(m, now);
        return;
    }
    if (revents & (POLLIN | POLLERR | POLLHUP))
        mosquitto_loop_read(m->mosq, 1);
    if (mqtt_fd(m) >= 0 && ((revents & POLLOUT) || mosquitto_want_write(m->mosq)))
        mosquitto_loop_write(m->mosq, 1);
    if (mqtt_fd(m) >= 0 && now >= m->misc_at) {
        mosquitto_loop_misc(m->mosq);
        m->misc_at = now + 1000;
    }
    if (mqtt_fd(m) >= 0 && m->trying && now - m->trying_since > CONNECT_MOST_MS)
        drop_connection(m);
    if (m->phase == PHASE_LOOK && m->look_until && now >= m->look_until && !m->taken_over)
        end_look(m, now);
    if (mqtt_fd(m) < 0 && m->retry_at < now) /* just lost */
        plan_retry(m, now);
}

bool mqtt_ready(const struct mqtt *m)
{
    return m->connected && m->subscribed;
}

bool mqtt_became_ready(struct mqtt *m)
{
    bool fresh = m->fresh && mqtt_ready(m);
    m->fresh = false;
    return fresh;
}

bool mqtt_taken_over(const struct mqtt *m)
{
    return m->taken_over;
}

struct mqtt_message *mqtt_next(struct mqtt *m)
{
    struct queued *queued = m->first;
    if (!queued)
        return NULL;
    m->first = queued->next;
    if (!m->first)
        m->last = &m->first;
    m->waiting--;
    return &queued->message;
}

void mqtt_message_free(struct mqtt_message *message)
{
    if (!message)
        return;
    free(message->topic);
    free(message->payload);
    free(message); /* the first member of its struct queued */
}

size_t mqtt_waiting(const struct mqtt *m)
{
    return m->waiting;
}

int mqtt_publish(struct mqtt *m, const char *topic, const char *payload, size_t len, bool retain)
{
    int mid = 0;
    if (!mqtt_ready(m) || mosquitto_publish_v5(m->mosq, &mid, topic, (int)len, payload, 1, retain, NULL))
        return -1;
    return mid;
}

int mqtt_unheard(struct mqtt *m)
{
    return m->n_unheard ? m->unheard[--m->n_unheard] : 0;
}

int mqtt_status(struct mqtt *m, const struct status *status)
{
    struct status own = *status;
    own.instance = m->instance;
    buf_clear(&m->status);
    contract_write_status(&own, &m->status);
    return mqtt_publish(m, m->status_topic, buf_str(&m->status), m->status.len, true);
}

/* ---- ending ---- */

/* What was published last gets a moment to leave, and its PUBACK one to come. */
static void flush(struct mqtt *m)
{
    int64_t end = clock_mono_ms() + GOODBYE_MS;
    while (mqtt_fd(m) >= 0 && (mosquitto_want_write(m->mosq) || m->awaited) && clock_mono_ms() < end) {
        struct pollfd p = {mqtt_fd(m), mqtt_events(m), 0};
        if (poll(&p, 1, 100) < 0)
            return;
        mqtt_run(m, p.revents, clock_mono_ms());
    }
}

/* After DISCONNECT nothing may be said, and the library would answer what still comes in; but a connection
 * that is closed with something unread is reset, and the broker may then take the goodbye for a loss and say
 * the last will. So the rest is read away here until the broker hangs up. */
static void hang_up(struct mqtt *m)
{
    char rest[4096];
    int64_t end = clock_mono_ms() + GOODBYE_MS;
    mosquitto_disconnect(m->mosq);
    int fd = mqtt_fd(m);
    if (fd < 0 || shutdown(fd, SHUT_WR))
        return;
    for (ssize_t n = 1; n != 0 && clock_mono_ms() < end;) {
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, 100) < 0 || ((n = read(fd, rest, sizeof rest)) < 0 && errno != EAGAIN))
            return;
    }
}

void mqtt_last_words(struct mqtt *m, const char *fault)
{
    m->last_words = fault;
}

void mqtt_free(struct mqtt *m)
{
    if (!m)
        return;
    if (mqtt_ready(m) && !m->taken_over && *m->status_topic) {
        struct status offline = {.online = false, .since = clock_wall_ms(), .version = VERSION};
        if (m->last_words)
            offline.faults[offline.n_faults++] = m->last_words;
        int number = mqtt_status(m, &offline);
        m->awaited = number > 0 ? number : 0;
        flush(m);
        hang_up(m);
    }
    mosquitto_destroy(m->mosq); /* may be NULL */
    for (struct mqtt_message *message; (message = mqtt_next(m));)
        mqtt_message_free(message);
    for (int i = 0; i < m->n_topics; i++)
        free(m->topics[i]);
    buf_free(&m->status);
    free(m->host);
    free(m->root);
    free(m);
    mosquitto_lib_cleanup();
}
