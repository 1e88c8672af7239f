#include "ctl/asking.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "wire/mqtt.h"

static const char account[] =
    "ctl"; /* of the topics; deploy/mosquitto/selvhjelpsbot.acl gives it its rights */
enum { WAIT_MS = 10000 };

/* ---- over MQTT ---- */

static bool is_answer(const struct mqtt_message *message, const struct ask *ask, struct arena *arena,
                      struct answer *answer)
{
    return !message->cut && answer_read(message->payload, message->len, arena, answer) == 0 &&
           strcmp(answer->id, ask->id) == 0;
}

static bool wait_answer(struct mqtt *mqtt, const struct ask *ask, const char *topic, const char *payload,
                        size_t len, struct arena *arena, struct answer *answer)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    bool asked = false;
    for (int64_t now = clock_mono_ms(); now < end; now = clock_mono_ms()) {
        struct pollfd fd = {mqtt_fd(mqtt), mqtt_events(mqtt), 0};
        if (poll(&fd, 1, 50) < 0)
            return false;
        mqtt_run(mqtt, fd.revents, clock_mono_ms());
        if (!asked && mqtt_ready(mqtt))
            asked = mqtt_publish(mqtt, topic, payload, len, false) > 0;
        bool found = false;
        for (struct mqtt_message *message; (message = mqtt_next(mqtt)); mqtt_message_free(message))
            found = found || is_answer(message, ask, arena, answer);
        if (found)
            return true;
        if (asked && mqtt_unheard(mqtt))
            return false;
    }
    return false;
}

static bool ask_core(struct ctl *ctl, const struct ask *ask, struct arena *arena, struct answer *answer)
{
    static const char *const topics[] = {"answer/ctl"};
    struct err err = {.count = 0};
    char topic[CONTRACT_TOPIC_LARGEST];
    struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    struct mqtt *mqtt = mqtt_new(ctl->settings, NULL, topics, 1, &err);
    bool answered = false;
    topic_write(topic, settings_text(ctl->settings, "broker.root"), TOPIC_ASK, account, NULL);
    ask_write(ask, &payload);
    if (mqtt && buf_done(&payload) == 0)
        answered = wait_answer(mqtt, ask, topic, buf_str(&payload), payload.len, arena, answer);
    if (!answered)
        fprintf(stderr,
                "%sthe core runs but does not answer at %s:%s; `selvhjelpsctl health` tells more, and the "
                "account "
                "needs the rights of `ctl` (deploy/mosquitto/selvhjelpsbot.acl)\n",
                err.text, settings_text(ctl->settings, "broker.host"),
                settings_text(ctl->settings, "broker.port"));
    mqtt_free(mqtt);
    buf_free(&payload);
    return answered;
}

/* ---- in process ---- */

void ctl_become_owner(const struct settings *settings)
{
    struct stat database;
    if (geteuid() || stat(settings_text(settings, "core.database"), &database) || database.st_uid == 0)
        return;
    if (setegid(database.st_gid) || seteuid(database.st_uid))
        fprintf(stderr, "selvhjelpsctl: cannot act as the owner of the database\n");
}

static bool ask_here(struct ctl *ctl, const struct ask *ask, struct arena *arena, struct answer *answer)
{
    const char *path = settings_text(ctl->settings, "core.database");
    struct err err = {.count = 0};
    struct turns turns = {.work = NULL};
    struct pushed pushed = {.count = 0};
    struct store *store = NULL;
    if (access(path, F_OK)) {
        fprintf(stderr,
                "%s: there is no database yet; start the core once, or name it with -o core.database=…\n",
                path);
        return false;
    }
    ctl_become_owner(ctl->settings);
    if (!(store = store_open(path, &err)) ||
        turns_begin(&turns, ctl_dataset(ctl), ctl->settings, store, &err) || store_begin(store, &err) ||
        ask_answer(&turns, ask, clock_wall_ms(), arena, answer, &pushed, &err) || store_commit(store, &err))
        fprintf(stderr, "%s", err.text);
    turns_end(&turns);
    store_close(store);
    return err.count == 0;
}

bool ctl_ask(struct ctl *ctl, struct ask *ask, struct arena *arena, struct answer *answer)
{
    unsigned char random[KEY_HASH];
    char id[KEY_HASH_TEXT];
    log_quiet(true); /* the answer is what is wanted */
    key_random(random, sizeof random);
    key_hash_text(random, id);
    ask->id = arena_strdup(arena, id);
    bool runs = store_in_use(settings_text(ctl->settings, "core.database"));
    bool answered = runs ? ask_core(ctl, ask, arena, answer) : ask_here(ctl, ask, arena, answer);
    if (answered && answer->error)
        fprintf(stderr, "selvhjelpsctl: %s\n", answer->error);
    return answered && !answer->error;
}

/* ---- arguments and output ---- */

static void take_out(int *argc, char **argv, int at, int count)
{
    for (int i = at; i + count <= *argc; i++)
        argv[i] = argv[i + count];
    *argc -= count;
}

bool ctl_flag(int *argc, char **argv, const char *name)
{
    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], name) == 0) {
            take_out(argc, argv, i, 1);
            return true;
        }
    return false;
}

const char *ctl_option(int *argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < *argc; i++)
        if (strcmp(argv[i], name) == 0) {
            const char *value = argv[i + 1];
            take_out(argc, argv, i, 2);
            return value;
        }
    return NULL;
}

void ctl_csv_cell(const char *text, char end)
{
    bool formula = *text && strchr("=+-@\t", *text), quoted = formula || strpbrk(text, "\",\r\n");
    if (quoted)
        putchar('"');
    if (formula)
        putchar('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    if (quoted)
        putchar('"');
    if (end == '\n')
        putchar('\r');
    putchar(end);
}
