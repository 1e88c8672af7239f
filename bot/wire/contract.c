#include "wire/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/json.h"

/* ---- names ---- */

bool contract_network_fits(const char *network, size_t len)
{
    if (len < 1 || len > CONTRACT_NETWORK_LARGEST || network[0] < 'a' || network[0] > 'z')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = network[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

bool contract_chat_fits(const char *chat, size_t len)
{
    if (len < 1 || len > CONTRACT_CHAT_LARGEST)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = chat[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_'))
            return false;
    }
    return true;
}

static bool printable(const char *text, size_t most)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x21 || text[i] > 0x7E)
            return false;
    return len >= 1 && len <= most;
}

bool contract_id_fits(const char *id)
{
    return printable(id, CONTRACT_ID_LARGEST);
}

bool contract_stays(const char *value)
{
    return strncmp(value, "s.", 2) == 0;
}

/* ---- topics ---- */

static const char *const kinds[] = {
    [TOPIC_OTHER] = "",
    [TOPIC_IN] = "in",
    [TOPIC_ACCEPTED] = "accepted",
    [TOPIC_OUT] = "out",
    [TOPIC_DELIVERED] = "delivered",
    [TOPIC_STATUS] = "status",
    [TOPIC_ASK] = "ask",
    [TOPIC_ANSWER] = "answer",
};

static bool has_chat(enum topic_kind kind)
{
    return kind == TOPIC_IN || kind == TOPIC_OUT;
}

int topic_read(const char *root, const char *text, struct topic *topic)
{
    size_t root_len = strlen(root);
    memset(topic, 0, sizeof *topic);
    if (strncmp(text, root, root_len) || text[root_len] != '/')
        return -1;
    const char *kind = text + root_len + 1;
    size_t kind_len = strcspn(kind, "/");
    const char *network = kind + kind_len + (kind[kind_len] == '/');
    size_t network_len = strcspn(network, "/");
    const char *chat = network[network_len] == '/' ? network + network_len + 1 : NULL;
    enum topic_kind found = TOPIC_OTHER;
    for (int i = TOPIC_IN; i <= TOPIC_ANSWER; i++)
        if (strlen(kinds[i]) == kind_len && strncmp(kinds[i], kind, kind_len) == 0)
            found = (enum topic_kind)i;
    if (!found || !contract_network_fits(network, network_len) || has_chat(found) != (chat != NULL) ||
        (chat && !contract_chat_fits(chat, strlen(chat))))
        return -1;
    topic->kind = found;
    memcpy(topic->network, network, network_len);
    if (chat)
        memcpy(topic->chat, chat, strlen(chat));
    return 0;
}

void topic_write(char out[CONTRACT_TOPIC_LARGEST], const char *root, enum topic_kind kind,
                 const char *network, const char *chat)
{
    snprintf(out, CONTRACT_TOPIC_LARGEST, "%s/%s/%s%s%s", root, kinds[kind], network, chat ? "/" : "",
             chat ? chat : "");
}

/* ---- JSON ---- */

static json_t *read_object(const char *payload, size_t len, size_t most)
{
    return json_read(payload, len, most, JSON_REJECT_DUPLICATES);
}

static bool true_member(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static int time_member(const json_t *object, const char *name, int64_t *ms)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? clock_parse(text, ms) : -1;
}

static void set_time(json_t *object, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_format(ms, text);
    json_object_set_new(object, name, json_string(text));
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text)
        json_object_set_new(object, name,
                            json_string(text)); /* text that is not UTF-8 sets nothing: see is_written */
}

/* Jansson refuses text that is not UTF-8 and leaves the member out; the payload must then not go out. */
static bool is_written(const json_t *object, const char *name)
{
    return json_object_get(object, name) != NULL;
}

/* ---- in ---- */

static const struct {
    const char *name;
    enum event_kind kind;
} event_names[] = {
    {"started", EVENT_STARTED},         {"blocked", EVENT_BLOCKED},
    {"unblocked", EVENT_UNBLOCKED},     {"group", EVENT_GROUP},
    {"encrypted", EVENT_ENCRYPTED},     {"moved", EVENT_MOVED},
    {"unsupported", EVENT_UNSUPPORTED},
};
enum { EVENT_NAMES = sizeof event_names / sizeof *event_names };

static const char *read_event_name(const json_t *root, const char *name, struct arena *arena,
                                   struct event *event)
{
    for (size_t i = 0; i < EVENT_NAMES; i++)
        if (strcmp(event_names[i].name, name) == 0) {
            event->kind = event_names[i].kind;
            event->what = json_text(root, "kind", 32, arena);
            event->from = json_text(root, "from", CONTRACT_CHAT_LARGEST, arena);
            if (event->kind == EVENT_MOVED &&
                (!event->from || !contract_chat_fits(event->from, strlen(event->from))))
                return "moved without from";
            return NULL;
        }
    return "unknown event";
}

static const char *read_location(const json_t *location, struct event *event)
{
    const json_t *lat = json_object_get(location, "lat"), *lon = json_object_get(location, "lon");
    event->kind = EVENT_LOCATION;
    event->lat = json_number_value(lat);
    event->lon = json_number_value(lon);
    bool fits = json_is_number(lat) && json_is_number(lon) && event->lat >= -90 && event->lat <= 90 &&
                event->lon >= -180 && event->lon <= 180;
    return fits ? NULL : "location out of range";
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7E)
            return false;
    return true;
}

/* What the message holds: exactly one of text, choice, location, event. Returns why it is refused, or NULL.
 */
static const char *read_content(const json_t *root, struct arena *arena, struct event *event)
{
    const json_t *text = json_object_get(root, "text"), *choice = json_object_get(root, "choice");
    const json_t *location = json_object_get(root, "location"), *name = json_object_get(root, "event");
    if (!!text + !!choice + !!location + !!name != 1)
        return "not exactly one of text, choice, location, event";
    if (location)
        return json_is_object(location) ? read_location(location, event) : "location is no object";
    if (name)
        return json_is_string(name) ? read_event_name(root, json_string_value(name), arena, event)
                                    : "event is no text";
    if (choice) {
        event->kind = EVENT_CHOICE;
        event->choice = json_text(root, "choice", CONTRACT_VALUE_LARGEST, arena);
        return event->choice && is_ascii(event->choice) ? NULL
                                                        : "choice is no ASCII text of at most 64 bytes";
    }
    event->kind = EVENT_TEXT;
    event->text = json_text(root, "text", CONTRACT_IN_LARGEST, arena);
    event->text_len = event->text ? json_string_length(text) : 0;
    return event->text ? NULL : "text is no text";
}

static const char *read_in(const json_t *root, struct arena *arena, struct event *event, const char **id)
{
    const char *candidate = json_text(root, "id", CONTRACT_ID_LARGEST, arena);
    if (!candidate || !contract_id_fits(candidate))
        return "no valid id";
    *id = candidate;
    event->id = candidate;
    if (time_member(root, "time", &event->time))
        return "no valid time";
    event->language = json_text(json_object_get(root, "sender"), "language", 35, arena);
    event->late = true_member(root, "late");
    event->edits = json_text(root, "edits", CONTRACT_ID_LARGEST, arena);
    return read_content(root, arena, event);
}

int contract_read_in(const char *payload, size_t len, struct arena *arena, struct event *event,
                     const char **id, const char **reason)
{
    memset(event, 0, sizeof *event);
    *id = NULL;
    json_t *root = read_object(payload, len,
                               CONTRACT_LIST_LARGEST); /* a larger one than allowed is refused by its id */
    *reason = root ? read_in(root, arena, event, id) : "not a JSON object in UTF-8";
    if (len > CONTRACT_IN_LARGEST)
        *reason = "larger than 32 KiB";
    json_decref(root);
    return *reason ? -1 : 0;
}

static const char *event_name(enum event_kind kind)
{
    for (size_t i = 0; i < EVENT_NAMES; i++)
        if (event_names[i].kind == kind)
            return event_names[i].name;
    return NULL;
}

void contract_write_in(const struct event *event, struct buf *out)
{
    json_t *root = json_object();
    set_text(root, "id", event->id);
    set_time(root, "time", event->time);
    json_object_set_new(root, "sender",
                        event->language ? json_pack("{s:s}", "language", event->language) : json_object());
    if (event->late)
        json_object_set_new(root, "late", json_true());
    set_text(root, "edits", event->edits);
    if (event->kind == EVENT_TEXT) {
        json_object_set_new(root, "text", json_stringn(event->text, event->text_len));
    } else if (event->kind == EVENT_CHOICE) {
        set_text(root, "choice", event->choice);
    } else if (event->kind == EVENT_LOCATION) {
        json_object_set_new(root, "location", json_pack("{s:f, s:f}", "lat", event->lat, "lon", event->lon));
    } else {
        set_text(root, "event", event_name(event->kind));
        set_text(root, "kind", event->what);
        set_text(root, "from", event->from);
    }
    json_write(root, out);
}

/* ---- accepted ---- */

void contract_write_accepted(const struct accepted *accepted, struct buf *out)
{
    json_t *ids = json_array(), *refused = json_array();
    for (size_t i = 0; i < accepted->n_ids; i++)
        json_array_append_new(ids, json_string(accepted->ids[i]));
    for (size_t i = 0; i < accepted->n_refused; i++)
        json_array_append_new(refused, json_pack("{s:s, s:s}", "id", accepted->refused[i].id, "reason",
                                                 accepted->refused[i].reason));
    json_write(json_pack("{s:o, s:o}", "ids", ids, "refused", refused), out);
}

int contract_read_accepted(const char *payload, size_t len, struct arena *arena, struct accepted *accepted)
{
    memset(accepted, 0, sizeof *accepted);
    json_t *root = read_object(payload, len, CONTRACT_LIST_LARGEST);
    const json_t *ids = json_object_get(root, "ids"), *refused = json_object_get(root, "refused");
    int rc = -1;
    if (root && json_array_size(ids) + json_array_size(refused) <= CONTRACT_IDS_MOST) {
        accepted->ids = arena_alloc(arena, (json_array_size(ids) + 1) * sizeof *accepted->ids);
        accepted->refused = arena_alloc(arena, (json_array_size(refused) + 1) * sizeof *accepted->refused);
        for (size_t i = 0; i < json_array_size(ids); i++) {
            const char *id = json_string_value(json_array_get(ids, i));
            if (id && contract_id_fits(id))
                accepted->ids[accepted->n_ids++] = arena_strdup(arena, id);
        }
        for (size_t i = 0; i < json_array_size(refused); i++) {
            const json_t *one = json_array_get(refused, i);
            const char *id = json_text(one, "id", CONTRACT_ID_LARGEST, arena);
            const char *reason = json_text(one, "reason", 200, arena);
            if (id)
                accepted->refused[accepted->n_refused++] = (struct refusal){id, reason ? reason : ""};
        }
        rc = 0;
    }
    json_decref(root);
    return rc;
}

/* ---- out ---- */

/* Two short labels share a row, a longer one has its own. */
static json_t *rows_json(const struct out *reply)
{
    enum { SHORT = 14 };
    json_t *rows = json_array(), *row = NULL;
    bool room = false;
    for (size_t i = 0; i < reply->n_buttons; i++) {
        const struct button *button = &reply->buttons[i];
        bool fits = strlen(button->label) <= SHORT;
        if (!row || !room || !fits) {
            row = json_array();
            json_array_append_new(rows, row);
            room = fits;
        } else {
            room = false;
        }
        if (json_array_append_new(row,
                                  json_pack("{s:s, s:s}", "label", button->label, "value", button->value))) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

void contract_write_out(const struct out *reply, struct buf *payload)
{
    json_t *root = json_object();
    set_text(root, "id", reply->id);
    set_text(root, "answers", reply->answers);
    set_text(root, "language", reply->language);
    set_text(root, "text", reply->text);
    json_object_set_new(root, "choices", rows_json(reply));
    if (reply->ask_location)
        json_object_set_new(root, "ask_location", json_true());
    if (reply->urgent)
        json_object_set_new(root, "urgent", json_true());
    if (reply->expires)
        set_time(root, "expires", reply->expires);
    if (!is_written(root, "id") || !is_written(root, "text") || !is_written(root, "choices"))
        payload->failed = true;
    json_write(root, payload);
}

static void read_buttons(const json_t *rows, struct arena *arena, struct out *reply)
{
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r);
        for (size_t i = 0; i < json_array_size(row) && reply->n_buttons < CONTRACT_CHOICES_MOST; i++) {
            const char *label = json_text(json_array_get(row, i), "label", 200, arena);
            const char *value = json_text(json_array_get(row, i), "value", CONTRACT_VALUE_LARGEST, arena);
            if (label && value)
                reply->buttons[reply->n_buttons++] = (struct button){label, value};
        }
    }
}

int contract_read_out(const char *payload, size_t len, struct arena *arena, struct out *reply)
{
    memset(reply, 0, sizeof *reply);
    json_t *root = read_object(payload, len, CONTRACT_OUT_LARGEST);
    reply->id = json_text(root, "id", CONTRACT_ID_LARGEST, arena);
    reply->answers = json_text(root, "answers", CONTRACT_ID_LARGEST, arena);
    reply->language = json_text(root, "language", 8, arena);
    reply->text = json_text(root, "text", CONTRACT_OUT_LARGEST, arena);
    reply->ask_location = true_member(root, "ask_location");
    reply->urgent = true_member(root, "urgent");
    if (json_object_get(root, "expires") && time_member(root, "expires", &reply->expires))
        reply->expires = 0;
    read_buttons(json_object_get(root, "choices"), arena, reply);
    json_decref(root);
    return reply->id && contract_id_fits(reply->id) && reply->text ? 0 : -1;
}

/* ---- delivered ---- */

static const char *const deliveries[] = {"sent", "later", "never"};

void contract_write_delivered(const struct delivered *delivered, struct buf *out)
{
    json_t *results = json_array();
    for (size_t i = 0; i < delivered->count; i++) {
        const struct result *result = &delivered->results[i];
        json_t *one = json_pack("{s:s, s:s}", "id", result->id, "result", deliveries[result->delivery]);
        if (result->until)
            set_time(one, "until", result->until);
        set_text(one, "reason", result->reason);
        json_array_append_new(results, one);
    }
    json_write(json_pack("{s:o}", "results", results), out);
}

static int read_result(const json_t *one, struct arena *arena, struct result *result)
{
    const char *delivery = json_string_value(json_object_get(one, "result"));
    memset(result, 0, sizeof *result);
    result->id = json_text(one, "id", CONTRACT_ID_LARGEST, arena);
    result->reason = json_text(one, "reason", 200, arena);
    if (json_object_get(one, "until") && time_member(one, "until", &result->until))
        return -1;
    for (int i = DELIVERY_SENT; delivery && i <= DELIVERY_NEVER; i++)
        if (strcmp(deliveries[i], delivery) == 0) {
            result->delivery = (enum delivery)i;
            return result->id ? 0 : -1;
        }
    return -1;
}

int contract_read_delivered(const char *payload, size_t len, struct arena *arena, struct delivered *delivered)
{
    memset(delivered, 0, sizeof *delivered);
    json_t *root = read_object(payload, len, CONTRACT_LIST_LARGEST);
    const json_t *results = json_object_get(root, "results");
    int rc = -1;
    if (root && json_is_array(results) && json_array_size(results) <= CONTRACT_IDS_MOST) {
        delivered->results = arena_alloc(arena, (json_array_size(results) + 1) * sizeof *delivered->results);
        for (size_t i = 0; i < json_array_size(results); i++)
            if (read_result(json_array_get(results, i), arena, &delivered->results[delivered->count]) == 0)
                delivered->count++;
        rc = 0;
    }
    json_decref(root);
    return rc;
}

/* ---- status ---- */

void contract_write_status(const struct status *status, struct buf *out)
{
    json_t *root = json_pack("{s:s}", "state", status->online ? "online" : "offline");
    json_t *counters = json_object(), *faults = json_array();
    set_time(root, "since", status->since);
    set_text(root, "version", status->version);
    set_text(root, "instance", status->instance);
    for (size_t i = 0; i < status->n_counters; i++)
        json_object_set_new(counters, status->counters[i].name, json_integer(status->counters[i].value));
    for (size_t i = 0; i < status->n_faults; i++)
        json_array_append_new(faults, json_string(status->faults[i]));
    json_object_set_new(root, "counters", counters);
    json_object_set_new(root, "faults", faults);
    json_write(root, out);
}

int contract_read_status(const char *payload, size_t len, struct arena *arena, struct status *status)
{
    memset(status, 0, sizeof *status);
    json_t *root = read_object(payload, len, CONTRACT_STATUS_LARGEST);
    const char *state = json_string_value(json_object_get(root, "state"));
    const json_t *faults = json_object_get(root, "faults");
    bool fits = state && (strcmp(state, "online") == 0 || strcmp(state, "offline") == 0);
    if (fits) {
        const char *name;
        json_t *value;
        status->online = strcmp(state, "online") == 0;
        if (time_member(root, "since", &status->since))
            status->since = 0;
        status->version = json_text(root, "version", 40, arena);
        status->instance = json_text(root, "instance", 40, arena);
        json_object_foreach(json_object_get(root, "counters"), name,
                            value) if (status->n_counters < COUNTERS_MOST && json_is_integer(value))
            status->counters[status->n_counters++] = (struct counter){arena_strdup(arena, name),
                                                                      json_integer_value(value)};
        for (size_t i = 0; i < json_array_size(faults) && status->n_faults < FAULTS_MOST; i++)
            if (json_is_string(json_array_get(faults, i)))
                status->faults[status->n_faults++] = arena_strdup(
                    arena, json_string_value(json_array_get(faults, i)));
    }
    json_decref(root);
    return fits ? 0 : -1;
}
