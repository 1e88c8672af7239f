/* The contract on MQTT: topics and payloads, the one place where they are written and read (the schemas
 * beside this file say the same to other programs and to the tests). Everything that comes in is hostile:
 * sizes, UTF-8, depth, numbers and times are bounded. */
#ifndef WIRE_CONTRACT_H
#define WIRE_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "talk/event.h"

enum {
    CONTRACT_IN_LARGEST = 32 * 1024,
    CONTRACT_OUT_LARGEST = 16 * 1024,
    CONTRACT_LIST_LARGEST = 256 * 1024, /* accepted, delivered */
    CONTRACT_STATUS_LARGEST = 16 * 1024,
    CONTRACT_IDS_MOST = 500,
    CONTRACT_ID_LARGEST = 300,
    CONTRACT_CHAT_LARGEST = 400,
    CONTRACT_NETWORK_LARGEST = 32,
    CONTRACT_VALUE_LARGEST = 64,
    CONTRACT_CHOICES_MOST = 12,
    CONTRACT_TOPIC_LARGEST = 600,
};

/* `[a-z][a-z0-9-]{0,31}` */
bool contract_network_fits(const char *network, size_t len);
/* 1 to 400 characters of A-Za-z0-9_- (a chat token). */
bool contract_chat_fits(const char *chat, size_t len);
/* Printable ASCII, 1 to 300 bytes. */
bool contract_id_fits(const char *id);

/* Whether the button with this value stays good after a press and beside later ones (the core makes such
 * values with this beginning); a bridge leaves it where it stands. */
bool contract_stays(const char *value);

/* ---- topics: `<root>/<kind>/<network>[/<chat>]` ---- */

enum topic_kind {
    TOPIC_OTHER,
    TOPIC_IN,
    TOPIC_ACCEPTED,
    TOPIC_OUT,
    TOPIC_DELIVERED,
    TOPIC_STATUS,
    TOPIC_ASK, /* by a program of staff, wire/ask.h */
    TOPIC_ANSWER
};

struct topic {
    enum topic_kind kind;
    char network[CONTRACT_NETWORK_LARGEST + 1]; /* or the program's name, for a status */
    char chat[CONTRACT_CHAT_LARGEST + 1];       /* in and out only */
};

/* 0, or -1: not a topic of the contract (kind is TOPIC_OTHER) or a name that does not fit. */
int topic_read(const char *root, const char *text, struct topic *topic);
/* Writes a topic; `chat` is NULL where it has none. `out` has CONTRACT_TOPIC_LARGEST bytes. */
void topic_write(char out[CONTRACT_TOPIC_LARGEST], const char *root, enum topic_kind kind,
                 const char *network, const char *chat);

/* ---- in ---- */

/* Reads the payload of an `in` message; texts are the arena's. 0, or -1 with *reason (a literal) telling why
 * it is refused; *id is then the message's id if that could be read, else NULL. */
int contract_read_in(const char *payload, size_t len, struct arena *arena, struct event *event,
                     const char **id, const char **reason);
void contract_write_in(const struct event *event, struct buf *out);

/* ---- accepted ---- */

struct refusal {
    const char *id, *reason;
};

struct accepted {
    const char **ids;
    size_t n_ids;
    struct refusal *refused;
    size_t n_refused;
};

void contract_write_accepted(const struct accepted *accepted, struct buf *out);
int contract_read_accepted(const char *payload, size_t len, struct arena *arena, struct accepted *accepted);

/* ---- out ---- */

struct button {
    const char *label, *value;
};

struct out {
    const char *id, *answers, *language,
        *text; /* answers: id of the `in` message, or NULL; text: CommonMark */
    struct button buttons[CONTRACT_CHOICES_MOST];
    size_t n_buttons;
    bool ask_location, urgent;
    int64_t expires; /* ms, 0: none */
};

void contract_write_out(const struct out *reply, struct buf *payload);
int contract_read_out(const char *payload, size_t len, struct arena *arena, struct out *reply);

/* ---- delivered ---- */

enum delivery { DELIVERY_SENT, DELIVERY_LATER, DELIVERY_NEVER };

struct result {
    const char *id;
    enum delivery delivery;
    int64_t until; /* ms, 0: not said */
    const char *reason;
};

struct delivered {
    struct result *results;
    size_t count;
};

void contract_write_delivered(const struct delivered *delivered, struct buf *out);
int contract_read_delivered(const char *payload, size_t len, struct arena *arena,
                            struct delivered *delivered);

/* ---- status ---- */

struct counter {
    const char *name;
    int64_t value;
};

enum { COUNTERS_MOST = 48, FAULTS_MOST = 8 };

struct status {
    bool online;
    int64_t since; /* ms */
    const char *version;
    const char
        *instance; /* of the running process, NULL: not said; tells a second program of the same name */
    struct counter counters[COUNTERS_MOST];
    size_t n_counters;
    const char *faults[FAULTS_MOST]; /* lines for staff: a refused edit with file and line, an alarm */
    size_t n_faults;
};

void contract_write_status(const struct status *status, struct buf *out);
int contract_read_status(const char *payload, size_t len, struct arena *arena, struct status *status);

#endif
