#include "bridge/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/internal.h"

/* ---- making ---- */

static int check_network(const char *network, struct err *err)
{
    if (contract_network_fits(network, strlen(network)) && strcmp(network, "core"))
        return 0;
    return err_add(err,
                   "\"%.40s\" is no name for a network: a small letter, then at most 31 of a-z, 0-9 and -",
                   network);
}

static struct mqtt *new_connection(const struct bridge_config *config, struct err *err)
{
    char out[16 + CONTRACT_NETWORK_LARGEST], accepted[16 + CONTRACT_NETWORK_LARGEST];
    snprintf(out, sizeof out, "out/%s/+", config->network);
    snprintf(accepted, sizeof accepted, "accepted/%s", config->network);
    const char *const topics[] = {out, accepted, "status/core"};
    return mqtt_new(config->settings, config->network, topics, 3, err);
}

static void read_settings(struct bridge *bridge, const struct settings *settings)
{
    bridge->silence_ms = settings_ms(settings, "bridge.silence_seconds");
    bridge->repeat_first_ms = settings_ms(settings, "bridge.repeat_first_seconds");
    bridge->repeat_most_ms = settings_ms(settings, "bridge.repeat_most_seconds");
    bridge->offline_pause_ms = settings_ms(settings, "bridge.offline_pause_seconds");
    bridge->late_ms = settings_ms(settings, "bridge.late_seconds");
    bridge->window = (size_t)settings_int(settings, "bridge.window");
    bridge->status_ms = settings_ms(settings, "core.status_seconds");
}

static int open_files(struct bridge *bridge, const struct bridge_config *config, struct err *err)
{
    bridge->journal = journal_open(config->journal, clock_wall_ms(), err); /* its lock first, then the key */
    if (!bridge->journal)
        return -1;
    if (journal_mended(bridge->journal))
        log_warn("%zu unreadable lines at the journal's end or within were left out (a power cut?)",
                 journal_mended(bridge->journal));
    if (!file_exists(config->key_file))
        log_info("a new key is made for chat tokens; it belongs to the backup: %s", config->key_file);
    bridge->keys = token_keys_open(config->key_file, true, err);
    return bridge->keys ? 0 : -1;
}

struct bridge *bridge_new(const struct bridge_config *config, struct err *err)
{
    if (check_network(config->network, err))
        return NULL;
    struct bridge *bridge = mem_new(1, sizeof *bridge);
    bridge->root = mem_strdup(settings_text(config->settings, "broker.root"));
    bridge->network = mem_strdup(config->network);
    bridge->ops = config->ops;
    bridge->self = config->self;
    bridge->offline_text = config->offline_text;
    bridge->since = clock_wall_ms();
    bridge->payload = BUF_INIT(CONTRACT_IN_LARGEST);
    read_settings(bridge, config->settings);
    inbound_init(bridge);
    outbound_init(bridge);
    offline_init(bridge, clock_mono_ms());
    if (open_files(bridge, config, err) == 0 && (bridge->mqtt = new_connection(config, err)))
        return bridge;
    bridge_free(bridge);
    return NULL;
}

void bridge_free(struct bridge *bridge)
{
    if (!bridge)
        return;
    if (bridge->mqtt)
        outbound_report(bridge, clock_mono_ms(), true);
    mqtt_free(bridge->mqtt);
    inbound_free(bridge);
    outbound_free(bridge);
    token_keys_free(bridge->keys);
    journal_close(bridge->journal);
    arena_free(&bridge->scratch);
    buf_free(&bridge->payload);
    free(bridge->network);
    free(bridge->root);
    free(bridge);
}

int bridge_check(const struct bridge_config *config, struct err *err)
{
    unsigned before = err->count;
    if (check_network(config->network, err))
        return -1;
    if (file_exists(config->key_file))
        token_keys_free(token_keys_open(config->key_file, false, err));
    mqtt_free(new_connection(config, err)); /* connects only when it runs */
    return err->count == before ? 0 : -1;
}

/* ---- what arrives ---- */

static void take_accepted(struct bridge *bridge, const struct mqtt_message *message)
{
    struct accepted accepted;
    if (message->cut || contract_read_accepted(message->payload, message->len, &bridge->scratch, &accepted)) {
        bridge_malformed(bridge);
        return;
    }
    offline_core_heard(bridge);
    for (size_t i = 0; i < accepted.n_ids; i++)
        inbound_accepted(bridge, accepted.ids[i], NULL);
    for (size_t i = 0; i < accepted.n_refused; i++)
        inbound_accepted(bridge, accepted.refused[i].id, accepted.refused[i].reason);
}

/* An empty retained message means that a status was wiped; it says nothing. */
static void take_core_status(struct bridge *bridge, const struct mqtt_message *message)
{
    struct status status;
    if (message->len == 0)
        return;
    if (contract_read_status(message->payload, message->len, &bridge->scratch, &status))
        bridge_malformed(bridge);
    else
        offline_core_status(bridge, &status);
}

static void take_message(struct bridge *bridge, const struct mqtt_message *message)
{
    struct topic topic;
    int rc = topic_read(bridge->root, message->topic, &topic);
    if (rc == 0 && topic.kind == TOPIC_STATUS && strcmp(topic.network, "core") == 0)
        take_core_status(bridge, message);
    else if (rc || strcmp(topic.network, bridge->network))
        bridge_malformed(bridge);
    else if (topic.kind == TOPIC_ACCEPTED)
        take_accepted(bridge, message);
    else if (topic.kind == TOPIC_OUT)
        outbound_take(bridge, topic.chat, message->payload, message->len);
    else
        bridge_malformed(bridge);
    arena_reset(&bridge->scratch);
}

void bridge_malformed(struct bridge *bridge)
{
    int64_t now = clock_mono_ms();
    bridge->counts.malformed++;
    if (bridge->counts.malformed > 1 && now - bridge->malformed_said_at < 10 * CLOCK_SECOND)
        return;
    bridge->malformed_said_at = now;
    log_warn("malformed messages from the broker: %lld so far; does another program use these topics?",
             (long long)bridge->counts.malformed);
}

/* ---- status ---- */

static void add_counters(const struct bridge *bridge, struct status *status)
{
    const struct counts *counts = &bridge->counts;
    const struct counter counters[] = {
        {"taken", counts->taken},
        {"taken_again", counts->again},
        {"too_old", counts->old},
        {"unfit", counts->unfit},
        {"published", counts->published},
        {"repeated", counts->repeated},
        {"accepted", counts->accepted},
        {"refused", counts->refused},
        {"waiting", (int64_t)bridge_kept(bridge)},
        {"under_way", (int64_t)bridge->in.n_way},
        {"delivered", counts->delivered},
        {"later", counts->later},
        {"never", counts->never},
        {"shown_before", counts->shown_before},
        {"dropped", counts->dropped},
        {"replies_waiting", (int64_t)bridge_replies(bridge)},
        {"malformed", counts->malformed},
        {"offline_answers", counts->offline_answers},
        {"journal_bytes", (int64_t)journal_size(bridge->journal)},
    };
    _Static_assert(sizeof counters / sizeof *counters <= COUNTERS_MOST, "the contract's bound");
    status->n_counters = sizeof counters / sizeof *counters;
    memcpy(status->counters, counters, sizeof counters);
}

static void say_status(struct bridge *bridge, int64_t now)
{
    struct status status = {.online = true, .since = bridge->since, .version = VERSION};
    add_counters(bridge, &status);
    if (bridge->journal_fails)
        status.faults[status.n_faults++] = "the journal cannot be written; see this program's log";
    if (bridge->ops->status)
        bridge->ops->status(bridge->self, &status);
    mqtt_status(bridge->mqtt, &status);
    bridge->status_at = now + bridge->status_ms;
}

/* ---- the wait ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

size_t bridge_prepare(const struct bridge *bridge, struct pollfd *fds, size_t most)
{
    if (most == 0 || mqtt_fd(bridge->mqtt) < 0)
        return 0;
    fds[0] = (struct pollfd){mqtt_fd(bridge->mqtt), mqtt_events(bridge->mqtt), 0};
    return 1;
}

int64_t bridge_due(const struct bridge *bridge)
{
    int64_t now = clock_mono_ms();
    int64_t due = least(mqtt_due(bridge->mqtt), offline_due(bridge));
    due = least(due, least(inbound_due(bridge, now), outbound_due(bridge, now)));
    return mqtt_ready(bridge->mqtt) ? least(due, bridge->status_at) : due;
}

/* Reads the broker and takes what came. */
static void take_all(struct bridge *bridge, short revents, int64_t now)
{
    mqtt_run(bridge->mqtt, revents, now);
    bool fresh = mqtt_became_ready(bridge->mqtt);
    if (fresh || mqtt_ready(bridge->mqtt) != bridge->watch.ready)
        offline_connection(bridge, mqtt_ready(bridge->mqtt), now);
    if (fresh)
        bridge->status_at = now;
    for (struct mqtt_message *message; (message = mqtt_next(bridge->mqtt)); mqtt_message_free(message))
        take_message(bridge, message);
    for (int number; (number = mqtt_unheard(bridge->mqtt));)
        if (inbound_unheard(bridge, number))
            offline_core_unheard(bridge);
}

int bridge_run(struct bridge *bridge, const struct pollfd *fds, size_t n)
{
    int64_t now = clock_mono_ms();
    short revents = n && fds[0].fd == mqtt_fd(bridge->mqtt) ? fds[0].revents : 0;
    take_all(bridge, revents, now);
    if (mqtt_taken_over(bridge->mqtt)) {
        log_warn(
            "another program has connected as network \"%s\"; this one stops. Run one of them only, or give "
            "each network its own name",
            bridge->network);
        return -1;
    }
    inbound_run(bridge, now);
    offline_run(bridge, now);
    outbound_deliver(bridge);
    outbound_report(bridge, now, false);
    if (mqtt_ready(bridge->mqtt) && now >= bridge->status_at)
        say_status(bridge, now);
    return 0;
}

/* ---- small things for the network ---- */

int bridge_token(const struct bridge *bridge, const char *address, char out[TOKEN_SIZE])
{
    return token_encode(bridge->keys, 0, bridge->network, TOKEN_CHAT, address, out, NULL);
}

const char *bridge_position(const struct bridge *bridge, const char *name)
{
    return journal_position(bridge->journal, name);
}

int bridge_set_position(struct bridge *bridge, const char *name, const char *value)
{
    return journal_set_position(bridge->journal, name, value);
}

struct journal *bridge_journal(const struct bridge *bridge)
{
    return bridge->journal;
}

bool bridge_connected(const struct bridge *bridge)
{
    return mqtt_ready(bridge->mqtt);
}

void bridge_status_soon(struct bridge *bridge)
{
    bridge->status_at = 0;
}

void bridge_last_words(struct bridge *bridge, const char *fault)
{
    mqtt_last_words(bridge->mqtt, fault);
}
