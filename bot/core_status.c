#include <string.h>

#include "base/log.h"
#include "core_internal.h"

static void add_counter(struct status *status, const char *name, int64_t value)
{
    if (status->n_counters == COUNTERS_MOST)
        BUG("a status has more than %d counters", COUNTERS_MOST);
    status->counters[status->n_counters++] = (struct counter){name, value};
}

/* What people wait for. */
static void add_requests(struct core *core, struct status *status, int64_t now)
{
    int64_t sent, taken, oldest, ignored;
    store_requests_count(core->store, REQUEST_SENT, &sent, &oldest);
    store_requests_count(core->store, REQUEST_TAKEN, &taken, &ignored);
    add_counter(status, "requests_waiting", sent);
    add_counter(status, "requests_taken", taken);
    add_counter(status, "requests_oldest_seconds", oldest && oldest < now ? (now - oldest) / 1000 : 0);
    add_counter(status, "coordinators", (int64_t)deskwork_roster(core->turns.work)->count);
}

void core_say_status(struct core *core, int64_t now)
{
    static const char doubtful[] =
        "the clock jumped by more than 24 hours: nothing old is deleted until the core is started "
        "once with -t (trust the clock)";
    static const char unready[] =
        "data files are broken: only crisis messages are answered, with built-in texts; mend them";
    static const char down[] =
        "the database does not serve: nothing is accepted; look at the disk and the log";
    struct status status = {.online = true, .since = core->since, .version = VERSION};
    struct outbox_counts out;
    const struct counts *c = &core->counts;
    outbox_count(core->outbox, &out);
    add_counter(&status, "received", c->received);
    add_counter(&status, "accepted", c->accepted);
    add_counter(&status, "repeated", c->repeated);
    add_counter(&status, "refused", c->refused);
    add_counter(&status, "unreadable", c->unreadable);
    add_counter(&status, "left", c->left);
    add_counter(&status, "batches", c->batches);
    add_counter(&status, "failed_batches", c->failed_batches);
    add_counter(&status, "crisis_uncommitted", c->crisis_uncommitted);
    add_counter(&status, "builtin_replies", c->builtin);
    add_counter(&status, "runaway_patterns", c->runaway);
    add_counter(&status, "not_understood_today", store_not_understood_in(core->turns.store, now, 1));
    add_counter(&status, "not_understood_week", store_not_understood_in(core->turns.store, now, 7));
    add_counter(&status, "outbox_waiting", out.waiting);
    add_counter(&status, "outbox_under_way", out.under_way);
    add_counter(&status, "outbox_oldest_seconds", out.oldest ? (now - out.oldest) / 1000 : 0);
    add_counter(&status, "delivered", out.sent);
    add_counter(&status, "never_delivered", out.never);
    add_counter(&status, "expired", out.expired);
    add_counter(&status, "repeated_replies", out.repeated);
    add_counter(&status, "last_accepted", core->last_accepted / 1000);
    add_counter(&status, "edits_taken", watch_taken(core->watch));
    add_counter(&status, "edits_refused", watch_refused(core->watch));
    add_requests(core, &status, now);
    add_counter(&status, "faults", 0);
    add_counter(&status, "ready", turns_ready(&core->turns));
    status.n_faults = watch_faults(core->watch, status.faults, FAULTS_MOST - 3);
    if (store_clock_doubtful(core->store, now))
        status.faults[status.n_faults++] = doubtful;
    if (core->database_down)
        status.faults[status.n_faults++] = down;
    if (!turns_ready(&core->turns))
        status.faults[status.n_faults++] = unready;
    for (size_t i = 0; i < status.n_counters; i++)
        if (strcmp(status.counters[i].name, "faults") == 0)
            status.counters[i].value = (int64_t)status.n_faults;
    mqtt_status(core->mqtt, &status);
}
