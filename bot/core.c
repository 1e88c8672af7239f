#include "core.h"

#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "ask.h"
#include "core_internal.h"

enum {
    BATCH_MOST = 500,
    BATCH_BYTES = 256 * 1024,
    PURGE_EVERY_MS = 15000,
    DATABASE_RETRY_MS = 1000,
    WIPE_WITHIN_MS = 20000
};

/* ---- publishing ---- */

static int publish_reply(void *user, const struct out_row *row, const char *payload, size_t len)
{
    struct core *core = user;
    char topic[CONTRACT_TOPIC_LARGEST];
    topic_write(topic, core->root, TOPIC_OUT, row->network, row->chat);
    return mqtt_publish(core->mqtt, topic, payload, len, false) < 0 ? -1 : 0;
}

static void publish_accepted_of(struct core *core, const char *network)
{
    const char *ids[CONTRACT_IDS_MOST];
    struct refusal refused[CONTRACT_IDS_MOST];
    struct accepted accepted = {ids, 0, refused, 0};
    for (size_t i = 0; i < core->n_items; i++) {
        const struct outcome *outcome = &core->items[i].outcome;
        if (core->items[i].topic.kind != TOPIC_IN || strcmp(core->items[i].topic.network, network) ||
            !outcome->id)
            continue;
        if (outcome->verdict == TURN_ACCEPTED || outcome->verdict == TURN_REPEATED)
            ids[accepted.n_ids++] = outcome->id;
        else if (outcome->verdict == TURN_REFUSED)
            refused[accepted.n_refused++] = (struct refusal){outcome->id, outcome->reason};
    }
    if (!accepted.n_ids && !accepted.n_refused)
        return;
    char topic[CONTRACT_TOPIC_LARGEST];
    struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    topic_write(topic, core->root, TOPIC_ACCEPTED, network, NULL);
    contract_write_accepted(&accepted, &payload);
    if (buf_done(&payload) == 0)
        mqtt_publish(core->mqtt, topic, buf_str(&payload), payload.len, false);
    buf_free(&payload);
}

/* One `accepted` for each network that the batch touched. */
static void publish_accepted(struct core *core)
{
    for (size_t i = 0; i < core->n_items; i++) {
        bool first = core->items[i].topic.kind == TOPIC_IN;
        for (size_t k = 0; k < i && first; k++)
            first = core->items[k].topic.kind != TOPIC_IN ||
                    strcmp(core->items[k].topic.network, core->items[i].topic.network);
        if (first)
            publish_accepted_of(core, core->items[i].topic.network);
    }
}

static void publish_answer(struct core *core, const char *name, const struct buf *payload)
{
    char topic[CONTRACT_TOPIC_LARGEST];
    topic_write(topic, core->root, TOPIC_ANSWER, name, NULL);
    if (payload->len)
        mqtt_publish(core->mqtt, topic, buf_str(payload), payload->len, false);
}

void core_publish_answer(struct core *core, const char *name, const struct answer *answer)
{
    struct buf payload = BUF_INIT(CONTRACT_LIST_LARGEST);
    answer_write(answer, &payload);
    publish_answer(core, name, &payload);
    buf_free(&payload);
}

/* ---- one message ---- */

static void count_verdict(struct core *core, const struct outcome *outcome)
{
    struct counts *c = &core->counts;
    c->accepted += outcome->verdict == TURN_ACCEPTED;
    c->repeated += outcome->verdict == TURN_REPEATED;
    c->left += outcome->verdict == TURN_LEFT;
    c->builtin += outcome->builtin;
    if (outcome->verdict == TURN_REFUSED) {
        c->refused++;
        c->unreadable += outcome->id == NULL;
        log_warn("a message is refused: %s", outcome->reason);
    }
    if (outcome->runaway) {
        c->runaway++;
        log_warn("%s:%d: a pattern ran past its limit and was skipped; make it simpler",
                 outcome->runaway->file, outcome->runaway_line);
    }
}

static void take_in(struct core *core, struct item *item, int64_t now, struct err *err)
{
    struct incoming in = {item->topic.network, item->topic.chat, item->message->payload,
                          item->message->cut ? CONTRACT_LIST_LARGEST + 1 : item->message->len};
    turn_run(&core->turns, &in, now, &core->arena, &item->outcome, err);
    count_verdict(core, &item->outcome);
}

static int take_delivered(struct core *core, struct item *item, int64_t now, struct err *err)
{
    struct delivered delivered;
    if (item->message->cut ||
        contract_read_delivered(item->message->payload, item->message->len, &core->arena, &delivered)) {
        core->counts.unreadable++;
        log_warn("a report of deliveries cannot be read (%zu bytes); it is skipped", item->message->len);
        return 0;
    }
    for (size_t i = 0; i < delivered.count; i++) {
        const struct result *result = &delivered.results[i];
        const struct out_row *row = outbox_find(core->outbox, item->topic.network, result->id);
        bool in_time = !result->reason ||
                       strcmp(result->reason, "expired"); /* that says nothing of the chat */
        if (row && result->delivery == DELIVERY_NEVER && in_time &&
            deskwork_unreachable(core->turns.work, &core->data, row->network, row->chat, now, &core->arena,
                                 &item->outcome.pushed, err))
            return -1;
        if (outbox_result(core->outbox, item->topic.network, result, now, err))
            return -1;
    }
    return 0;
}

/* A question of staff's; what cannot be read is not answered. */
static int take_ask(struct core *core, struct item *item, int64_t now, struct err *err)
{
    struct ask ask;
    struct answer answer;
    const char *id;
    if (item->message->cut || ask_read(item->message->payload, item->message->len, &core->arena, &ask, &id)) {
        core->counts.unreadable++;
        return 0;
    }
    item->answer = BUF_INIT(CONTRACT_LIST_LARGEST);
    if (core_backup_asked(core, &item->topic, &ask))
        return 0;
    if (ask_answer(&core->turns, &ask, now, &core->arena, &answer, &item->outcome.pushed, err))
        return -1;
    answer_write(&answer, &item->answer);
    if (buf_done(&item->answer)) {
        struct answer large = {.id = ask.id, .error = "the answer is too large for one message"};
        buf_clear(&item->answer);
        answer_write(&large, &item->answer);
    }
    return 0;
}

static void take_status(struct core *core, const struct item *item)
{
    struct status status;
    if (item->message->len == 0) /* wiped: as if it had never announced itself */
        outbox_network(core->outbox, item->topic.network, true);
    else if (item->message->cut ||
             contract_read_status(item->message->payload, item->message->len, &core->arena, &status))
        core->counts.unreadable++;
    else
        outbox_network(core->outbox, item->topic.network, status.online);
}

/* ---- a batch ---- */

static bool crashed_before(struct core *core, const struct item *item)
{
    struct event event;
    const char *id, *reason;
    if (item->topic.kind != TOPIC_IN || item->message->cut ||
        contract_read_in(item->message->payload, item->message->len, &core->arena, &event, &id, &reason))
        return false;
    return store_crashes(core->store, item->topic.network, id, NULL) > 0;
}

/* Takes what has arrived, at most BATCH_MOST messages or about BATCH_BYTES. */
static void gather(struct core *core)
{
    struct mqtt_message *message;
    size_t bytes = 0;
    core->n_items = 0;
    while (core->n_items < BATCH_MOST && bytes < BATCH_BYTES && (message = mqtt_next(core->mqtt))) {
        struct item *item = &core->items[core->n_items];
        bytes += message->len;
        memset(item, 0, sizeof *item);
        item->message = message;
        if (topic_read(core->root, message->topic, &item->topic)) {
            core->counts.unreadable++;
            log_warn("a message on a topic that is not of the contract is skipped");
            mqtt_message_free(message);
            continue;
        }
        core->counts.received += item->topic.kind == TOPIC_IN;
        core->n_items++;
    }
}

static void end_batch(struct core *core)
{
    for (size_t i = 0; i < core->n_items; i++) {
        mqtt_message_free(core->items[i].message);
        buf_free(&core->items[i].outcome.payload);
        buf_free(&core->items[i].answer);
    }
    core->n_items = 0;
    arena_reset(&core->arena);
}

static int run_items(struct core *core, size_t from, size_t to, int64_t now, struct err *err)
{
    if (store_begin(core->store, err))
        return -1;
    for (size_t i = from; i < to; i++) {
        struct item *item = &core->items[i];
        int rc = 0;
        if (item->topic.kind == TOPIC_IN) {
            take_in(core, item, now, err);
            rc = item->outcome.verdict == TURN_FAILED ? -1 : 0;
        } else if (item->topic.kind == TOPIC_DELIVERED) {
            rc = take_delivered(core, item, now, err);
        } else if (item->topic.kind == TOPIC_ASK) {
            rc = take_ask(core, item, now, err);
        }
        if (rc) {
            store_rollback(core->store);
            return -1;
        }
    }
    return store_commit(core->store, err);
}

/* After the commit: messages to others are scheduled. */
static void apply_pushed(struct core *core, const struct pushed *pushed)
{
    struct err err = {.count = 0};
    if (pushed->dropped && outbox_reload(core->outbox, &err))
        log_warn("%s", err.text);
    for (size_t i = 0; i < pushed->count; i++)
        outbox_added(core->outbox, &pushed->rows[i]);
}

static void apply_turn(struct core *core, const struct item *item, int64_t now)
{
    struct err err = {.count = 0};
    const struct outcome *outcome = &item->outcome;
    if (outcome->moved_from && outbox_reload(core->outbox, &err))
        log_warn("%s", err.text);
    if (outcome->forget || outcome->stop)
        outbox_dropped(core->outbox, item->topic.network, item->topic.chat);
    if (outcome->replied)
        outbox_added(core->outbox, &outcome->row);
    if (outcome->verdict == TURN_ACCEPTED)
        core->last_accepted = now;
}

/* After the commit: the schedule in memory follows what is on disk. */
static void apply(struct core *core, size_t from, size_t to, int64_t now)
{
    for (size_t i = from; i < to; i++) {
        struct item *item = &core->items[i];
        if (item->topic.kind == TOPIC_IN)
            apply_turn(core, item, now);
        else if (item->topic.kind == TOPIC_ASK)
            publish_answer(core, item->topic.network, &item->answer);
        apply_pushed(core, &item->outcome.pushed);
    }
}

/* The database cannot serve: whoever may be in danger is answered all the same, and nothing is accepted. */
static void answer_in_emergency(struct core *core, size_t from, size_t to, int64_t now)
{
    for (size_t i = from; i < to; i++) {
        struct item *item = &core->items[i];
        if (item->topic.kind != TOPIC_IN || item->message->cut)
            continue;
        struct incoming in = {item->topic.network, item->topic.chat, item->message->payload,
                              item->message->len};
        buf_free(&item->outcome.payload);
        turn_emergency(&core->turns, &in, now, &core->arena, &item->outcome);
        item->outcome.verdict = TURN_LEFT;
        if (!item->outcome.replied)
            continue;
        core->counts.crisis_uncommitted++;
        publish_reply(core, &item->outcome.row, buf_str(&item->outcome.payload), item->outcome.payload.len);
    }
}

static void database_failed(struct core *core, const struct err *err, int64_t mono)
{
    char first[300];
    struct err again = {.count = 0};
    core->counts.failed_batches++;
    if (!core->database_down)
        log_warn("%s; nothing is accepted until it serves again, crisis messages are answered",
                 err_first(err, first, sizeof first));
    core->database_down = true;
    core->database_due = mono + DATABASE_RETRY_MS;
    outbox_reload(core->outbox, &again);
    deskwork_reload(core->turns.work, &again);
}

static void run_part(struct core *core, size_t from, size_t to, int64_t now)
{
    struct err err = {.count = 0};
    if (from == to)
        return;
    if (run_items(core, from, to, now, &err)) {
        database_failed(core, &err, clock_mono_ms());
        answer_in_emergency(core, from, to, now);
        return;
    }
    core->counts.batches++;
    apply(core, from, to, now);
}

/* Tries the database again; once it serves, the schedule is read from it anew. */
static bool serves_again(struct core *core, int64_t now, int64_t mono, struct err *err)
{
    core->database_due = mono + DATABASE_RETRY_MS;
    if (store_probe(core->store, now, err) || outbox_reload(core->outbox, err) ||
        deskwork_reload(core->turns.work, err))
        return false;
    log_info("the database serves again");
    core->database_down = false;
    return true;
}

static void run_outbox(struct core *core, int64_t now, int64_t mono)
{
    struct err err = {.count = 0};
    if (!mqtt_ready(core->mqtt) || (core->database_down && mono < core->database_due))
        return;
    if (core->database_down && !serves_again(core, now, mono, &err))
        return;
    if (outbox_run(core->outbox, now, mono, !store_clock_doubtful(core->store, now), &err))
        database_failed(core, &err, mono);
}

/* What time brings: reminders, the reserve contact, the end of what was kept long enough. */
static void run_desk(struct core *core, int64_t now)
{
    struct err err = {.count = 0};
    struct pushed pushed = {.count = 0};
    if (core->database_down || deskwork_due(core->turns.work) > now || !turns_ready(&core->turns) ||
        store_clock_doubtful(core->store, now))
        return;
    if (store_begin(core->store, &err) ||
        deskwork_tick(core->turns.work, &core->data, now, &core->arena, &pushed, &err) ||
        store_commit(core->store, &err)) {
        store_rollback(core->store);
        database_failed(core, &err, clock_mono_ms());
    } else {
        apply_pushed(core, &pushed);
    }
    arena_reset(&core->arena);
}

/* An edit was refused: staff in a chat hear of it there too. */
static void tell_staff(struct core *core, int64_t now)
{
    struct err err = {.count = 0};
    struct pushed pushed = {.count = 0};
    const char *faults[FAULTS_MOST];
    int64_t refused = watch_refused(core->watch);
    if (refused == core->told_refused || core->database_down || !turns_ready(&core->turns))
        return;
    if (!watch_faults(core->watch, faults, FAULTS_MOST))
        return;
    enum { SHOWN = 400 };
    size_t len = strlen(faults[0]) < SHOWN ? strlen(faults[0]) : SHOWN;
    while (len && (faults[0][len] & 0xC0) == 0x80)
        len--; /* not within a character */
    const char *fault = arena_strndup(&core->arena, faults[0], len);
    if (store_begin(core->store, &err) ||
        deskwork_alarm(core->turns.work, &core->data, fault, now, &core->arena, &pushed, &err) ||
        store_commit(core->store, &err)) {
        store_rollback(core->store);
        database_failed(core, &err, clock_mono_ms());
    } else {
        core->told_refused = refused;
        apply_pushed(core, &pushed);
    }
    arena_reset(&core->arena);
}

/* A message during which the core crashed before is run alone, so that it takes no other one with it. */
static void run_batch(struct core *core)
{
    int64_t now = clock_wall_ms();
    size_t from = 0;
    gather(core);
    for (size_t i = 0; i < core->n_items; i++) {
        if (core->items[i].topic.kind == TOPIC_STATUS)
            take_status(core, &core->items[i]);
        if (store_any_crashed(core->store) && crashed_before(core, &core->items[i])) {
            run_part(core, from, i, now);
            run_part(core, i, i + 1, now);
            from = i + 1;
        }
    }
    run_part(core, from, core->n_items, now);
    run_outbox(core, now, clock_mono_ms()); /* the reply first: a person waits for it */
    publish_accepted(core);
    end_batch(core);
}

/* ---- housekeeping ---- */

static void keep_house(struct core *core, int64_t now, int64_t mono)
{
    struct err err = {.count = 0};
    char first[300];
    if (mono >= core->purge_due) {
        struct retention keep = {settings_int(core->settings, "core.conversation_days") * CLOCK_DAY,
                                 settings_int(core->settings, "core.inbox_days") * CLOCK_DAY,
                                 deskwork_periods(core->turns.work)->open_most};
        store_purge(core->store, core->slice++, &keep, now, &err);
        core->purge_due = mono + PURGE_EVERY_MS;
    }
    if (store_needs_wipe(core->store) && core->wipe_due == INT64_MAX)
        core->wipe_due = mono + WIPE_WITHIN_MS;
    if (mono >= core->wipe_due) {
        store_wipe(core->store, &err);
        core->wipe_due = INT64_MAX;
    }
    if (err.count)
        log_warn("%s", err_first(&err, first, sizeof first));
}

/* ---- the loop ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int wait_time(const struct core *core, int64_t mono)
{
    int64_t due = least(mqtt_due(core->mqtt),
                        least(watch_due(core->watch), least(core->purge_due, core->wipe_due)));
    if (mqtt_waiting(core->mqtt) || core->copy || core->copy_id[0])
        return 0;
    if (mqtt_ready(core->mqtt))
        due = least(due, least(core->status_due,
                               core->database_down ? core->database_due : outbox_due(core->outbox)));
    return due <= mono ? 0 : (int)least(due - mono, 1000);
}

static void wake_up(struct core *core, short mqtt_revents)
{
    int64_t mono = clock_mono_ms();
    mqtt_run(core->mqtt, mqtt_revents, mono);
    bool edited = watch_run(core->watch, mono);
    if (edited) {
        deskwork_confirm(core->turns.work, core->data.registry);
        tell_staff(core, clock_wall_ms());
    }
    if (mqtt_became_ready(core->mqtt)) {
        struct err err = {.count = 0};
        if (outbox_reload(core->outbox, &err)) /* what was under way on the lost connection goes out again */
            database_failed(core, &err, mono);
        edited = true;
    }
    while (mqtt_waiting(core->mqtt))
        run_batch(core);
    run_desk(core, clock_wall_ms());
    core_backup_run(core, mono);
    run_outbox(core, clock_wall_ms(), mono);
    if (mqtt_ready(core->mqtt) && (edited || mono >= core->status_due)) {
        core_say_status(core, clock_wall_ms());
        core->status_due = mono + settings_ms(core->settings, "core.status_seconds");
    }
    keep_house(core, clock_wall_ms(), mono);
}

static int loop(struct core *core, const volatile sig_atomic_t *stop)
{
    while (!*stop) {
        struct pollfd fds[2] = {{mqtt_fd(core->mqtt), mqtt_events(core->mqtt), 0},
                                {watch_fd(core->watch), POLLIN, 0}};
        if (poll(fds, 2, wait_time(core, clock_mono_ms())) < 0)
            fds[0].revents = fds[1].revents = 0; /* a signal: *stop tells */
        wake_up(core, fds[0].revents);
        if (mqtt_taken_over(core->mqtt)) {
            log_warn(
                "another core has taken over this broker's session; this one stops. Run only one at a time.");
            return CORE_TAKEN_OVER;
        }
    }
    log_info("stopping");
    return CORE_ENDED;
}

/* ---- start and end ---- */

static int start(struct core *core, struct err *err)
{
    static const char *const topics[] = {"in/+/+", "delivered/+", "status/+", "ask/+"};
    const struct settings *settings = core->settings;
    core->store = store_open(settings_text(settings, "core.database"), err);
    if (!core->store || turns_begin(&core->turns, &core->data, settings, core->store, err))
        return -1;
    core->outbox = outbox_new(core->store, settings, publish_reply, core, err);
    core->watch = watch_new(&core->data, settings, err);
    core->mqtt = mqtt_new(settings, "core", topics, 4, err);
    if (!core->outbox || !core->watch || !core->mqtt)
        return -1;
    watch_load(core->watch);
    malloc_trim(0); /* loading leaves holes that the system can use better */
    deskwork_confirm(core->turns.work, core->data.registry);
    core_backup_forget(core);
    return 0;
}

int core_run(const struct settings *settings, const volatile sig_atomic_t *stop)
{
    struct err err = {.count = 0};
    struct core core = {.settings = settings,
                        .root = settings_text(settings, "broker.root"),
                        .since = clock_wall_ms(),
                        .wipe_due = INT64_MAX};
    int rc = CORE_FAILED;
    core.items = mem_new(BATCH_MOST, sizeof *core.items);
    if (start(&core, &err)) {
        char first[600];
        log_warn("the core cannot start: %s", err_first(&err, first, sizeof first));
    } else {
        store_clock_doubtful(core.store, core.since);
        log_info("ready: %zu intents, %zu contact points",
                 core.data.intents ? intents_count(core.data.intents) : 0,
                 core.data.registry ? registry_count(core.data.registry) : 0);
        rc = loop(&core, stop);
    }
    core_backup_end(&core);
    mqtt_free(core.mqtt);
    watch_free(core.watch);
    outbox_free(core.outbox);
    turns_end(&core.turns);
    store_close(core.store);
    dataset_free(&core.data);
    arena_free(&core.arena);
    free(core.items);
    return rc;
}

int core_check(const struct settings *settings, struct err *err)
{
    struct dataset data = {NULL, NULL, NULL, NULL, NULL};
    struct mqtt *mqtt = mqtt_new(settings, "core", NULL, 0, err);
    dataset_load(&data, settings, err);
    store_check(settings_text(settings, "core.database"), err);
    dataset_free(&data);
    mqtt_free(mqtt);
    return err->count ? -1 : 0;
}
