#include "ctl/ctl.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "wire/mqtt.h"

/* Exit statuses, as monitors know them. */
enum { HEALTHY = 0, WARNING = 1, CRITICAL = 2 };

enum {
    WAIT_MS = 5000,
    SETTLE_MS = 300,
    PROGRAMS_MOST = 32,
    OUTBOX_OLD_SECONDS = 600,
    REQUEST_OLD_DAYS = 8,
    DISK_LEAST_MIB = 200
};

struct health {
    const char *root;
    int worst;
    bool core_seen;
    struct arena arena;
    char names[PROGRAMS_MOST][CONTRACT_NETWORK_LARGEST + 1];
    struct status statuses[PROGRAMS_MOST];
    size_t count;
};

static void raise(struct health *h, int level)
{
    h->worst = level > h->worst ? level : h->worst;
}

static int64_t counter(const struct status *status, const char *name)
{
    for (size_t i = 0; i < status->n_counters; i++)
        if (strcmp(status->counters[i].name, name) == 0)
            return status->counters[i].value;
    return 0;
}

/* ---- asking ---- */

static void take_status(struct health *h, const struct mqtt_message *message)
{
    struct topic topic;
    struct status status;
    if (message->cut || topic_read(h->root, message->topic, &topic) || topic.kind != TOPIC_STATUS ||
        contract_read_status(message->payload, message->len, &h->arena, &status))
        return;
    size_t i = 0;
    while (i < h->count && strcmp(h->names[i], topic.network))
        i++;
    if (i == PROGRAMS_MOST)
        return;
    snprintf(h->names[i], sizeof h->names[i], "%s", topic.network);
    h->statuses[i] = status;
    if (i == h->count)
        h->count++;
    h->core_seen = h->core_seen || strcmp(topic.network, "core") == 0;
}

/* Gathers the retained statuses; true when the broker answered. */
static bool ask_broker(struct health *h, struct mqtt *mqtt)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    bool connected = false, settling = false;
    for (int64_t now = clock_mono_ms(); now < end; now = clock_mono_ms()) {
        struct pollfd fd = {mqtt_fd(mqtt), mqtt_events(mqtt), 0};
        if (poll(&fd, 1, 50) < 0)
            break;
        mqtt_run(mqtt, fd.revents, clock_mono_ms());
        connected = connected || mqtt_ready(mqtt);
        for (struct mqtt_message *message; (message = mqtt_next(mqtt)); mqtt_message_free(message))
            take_status(h, message);
        if (h->core_seen && !settling) {
            settling = true;
            end = clock_mono_ms() + SETTLE_MS;
        }
    }
    return connected;
}

/* ---- telling ---- */

static void tell_program(struct health *h, size_t i)
{
    char since[CLOCK_TEXT];
    const struct status *status = &h->statuses[i];
    bool core = strcmp(h->names[i], "core") == 0;
    clock_format(status->since, since);
    printf("%-12s %s since %.19sZ, version %s\n", h->names[i], status->online ? "online" : "OFFLINE", since,
           status->version ? status->version : "?");
    if (!status->online)
        raise(h, core ? CRITICAL : WARNING);
    for (size_t k = 0; k < status->n_faults; k++) {
        printf("             fault: %s\n", status->faults[k]);
        raise(h, WARNING);
    }
}

static void tell_core(struct health *h, const struct status *core)
{
    int64_t waiting = counter(core, "outbox_waiting"), oldest = counter(core, "outbox_oldest_seconds");
    int64_t last = counter(core, "last_accepted");
    char when[CLOCK_TEXT] = "never";
    if (last)
        clock_format(last * 1000, when);
    printf("outbox       %lld waiting, the oldest for %lld s%s\n", (long long)waiting, (long long)oldest,
           oldest > OUTBOX_OLD_SECONDS ? ": a bridge does not deliver" : "");
    printf("messages     last accepted %.20s; %lld accepted, %lld refused, %lld left, %lld repeated\n", when,
           (long long)counter(core, "accepted"), (long long)counter(core, "refused"),
           (long long)counter(core, "left"), (long long)counter(core, "repeated"));
    printf("understood   %lld messages not understood today, %lld in seven days\n",
           (long long)counter(core, "not_understood_today"), (long long)counter(core, "not_understood_week"));
    int64_t sent = counter(core, "requests_waiting"), days = counter(core, "requests_oldest_seconds") / 86400;
    printf("requests     %lld wait to be taken%s, %lld taken; %lld coordinators\n", (long long)sent,
           days >= REQUEST_OLD_DAYS ? ", the oldest for a week or more: `selvhjelpsctl requests`" : "",
           (long long)counter(core, "requests_taken"), (long long)counter(core, "coordinators"));
    if (days >= REQUEST_OLD_DAYS)
        raise(h, WARNING);
    printf("edits        %lld taken, %lld refused\n", (long long)counter(core, "edits_taken"),
           (long long)counter(core, "edits_refused"));
    if (oldest > OUTBOX_OLD_SECONDS)
        raise(h, WARNING);
    if (core->online && !counter(core, "ready"))
        raise(h, CRITICAL);
}

static void tell_disk(struct health *h, const struct settings *settings)
{
    struct statvfs disk;
    char folder[4096];
    const char *database = settings_text(settings, "core.database"), *slash = strrchr(database, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - database) : 1, slash ? database : ".");
    if (statvfs(folder, &disk)) {
        printf("disk         %s cannot be looked at by this user\n", folder);
        raise(h, WARNING);
        return;
    }
    long long free_mib = (long long)(disk.f_bavail * disk.f_frsize / (1024 * 1024));
    printf("disk         %lld MiB free at %s\n", free_mib, folder);
    if (free_mib < DISK_LEAST_MIB)
        raise(h, CRITICAL);
}

static void tell_clock(void)
{
    char now[CLOCK_TEXT];
    struct civil oslo = clock_oslo(clock_wall_ms());
    clock_format(clock_wall_ms(), now);
    printf("clock        %.19sZ, in Oslo %02d:%02d\n", now, oslo.hour, oslo.minute);
}

int ctl_health(struct ctl *ctl, int argc, char **argv)
{
    static const char *const topics[] = {"status/+"};
    static const char *const words[] = {"healthy", "WARNING", "CRITICAL"};
    struct err err = {.count = 0};
    struct health h = {.root = settings_text(ctl->settings, "broker.root")};
    (void)argv;
    if (argc > 1)
        return ctl_usage("health");
    struct mqtt *mqtt = mqtt_new(ctl->settings, NULL, topics, 1, &err);
    if (!mqtt) {
        fprintf(stderr, "%s", err.text);
        return CRITICAL;
    }
    bool answered = ask_broker(&h, mqtt);
    printf("broker       %s:%s %s\n", settings_text(ctl->settings, "broker.host"),
           settings_text(ctl->settings, "broker.port"), answered ? "answers" : "DOES NOT ANSWER");
    for (size_t i = 0; i < h.count; i++) {
        tell_program(&h, i);
        if (strcmp(h.names[i], "core") == 0)
            tell_core(&h, &h.statuses[i]);
    }
    if (answered && !h.core_seen)
        puts("core         has never said a status: is it started?");
    if (!answered || !h.core_seen)
        raise(&h, CRITICAL);
    tell_disk(&h, ctl->settings);
    tell_clock();
    puts(words[h.worst]);
    mqtt_free(mqtt);
    arena_free(&h.arena);
    return h.worst;
}
