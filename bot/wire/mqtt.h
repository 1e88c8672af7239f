/* The MQTT connection of a program (libmosquitto, MQTT 5, QoS 1, clean start), driven by the program's own
 * wait:
 *
 *     poll(mqtt_fd(m), mqtt_events(m)) → mqtt_run(m, revents, now) → mqtt_next(m) for each message → …
 *
 * The library's callbacks only copy; all work happens after mqtt_run returns. Publishing works only while
 * connected (the library would queue what is published while it is not, and the repeats are ours). A lost
 * connection is taken up again with growing pauses and jitter. */
#ifndef WIRE_MQTT_H
#define WIRE_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/settings.h"
#include "wire/contract.h"

struct mqtt;

enum { MQTT_SUBSCRIPTIONS_MOST = 4 };

/* `name` is the program's or the network's name: client id `<root>/<name>`, will and status at
 * `status/<name>`. NULL makes an onlooker that says no status. `topics` (without root, e.g. `in/+/+`) are
 * subscribed to at each connection. Borrows the settings. NULL with a line in `err` when a setting or secret
 * is wrong; a broker that is away is no error. Owned by the caller. */
struct mqtt *mqtt_new(const struct settings *settings, const char *name, const char *const *topics,
                      size_t n_topics, struct err *err);
/* A line for staff that mqtt_free leaves in the retained status; borrowed until then. */
void mqtt_last_words(struct mqtt *mqtt, const char *fault);
/* Says offline, disconnects and frees; waits at most a second. */
void mqtt_free(struct mqtt *mqtt);

/* For poll: descriptor (-1 while there is none) and events. */
int mqtt_fd(const struct mqtt *mqtt);
short mqtt_events(const struct mqtt *mqtt);
/* Monotonic time in ms at which mqtt_run wants to be called at the latest. */
int64_t mqtt_due(const struct mqtt *mqtt);
/* Reads, writes, keeps alive, connects again. Call after each wait. */
void mqtt_run(struct mqtt *mqtt, short revents, int64_t now_ms);

/* Connected, subscribed, `online` may be said. */
bool mqtt_ready(const struct mqtt *mqtt);
/* True once after each time it became ready. */
bool mqtt_became_ready(struct mqtt *mqtt);
/* Another process of this name has taken the session over (told by reason 0x8E, or by its status): stop, do
 * not fight. */
bool mqtt_taken_over(const struct mqtt *mqtt);

struct mqtt_message {
    char *topic;
    char *payload; /* NUL-terminated */
    size_t len;    /* of what was sent, also where it was cut */
    bool cut;      /* larger than CONTRACT_LIST_LARGEST: payload holds its first bytes only */
};

/* The next message that arrived, NULL when there is none; owned by the caller, ends with mqtt_message_free.
 */
struct mqtt_message *mqtt_next(struct mqtt *mqtt);
void mqtt_message_free(struct mqtt_message *message);
size_t mqtt_waiting(const struct mqtt *mqtt);

/* Publishes at QoS 1. Returns a message number (> 0) for mqtt_unheard, or -1 when not connected or refused.
 */
int mqtt_publish(struct mqtt *mqtt, const char *topic, const char *payload, size_t len, bool retain);
/* The next message number whose PUBACK said that nobody subscribes (0x10) or refused it; 0 when there is
 * none. */
int mqtt_unheard(struct mqtt *mqtt);
/* Publishes the retained status, and keeps it as what is said again when the broker shows another one. */
int mqtt_status(struct mqtt *mqtt, const struct status *status);

#endif
