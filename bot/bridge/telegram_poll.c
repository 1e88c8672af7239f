/* Reading updates. The server forgets what lies below the `offset` of a request, so an offset is only ever
 * sent to confirm updates that are settled: the core has accepted or refused what was made of them, or
 * nothing was. Nothing else is kept of the position. What was read before the program died is read again, and
 * the core knows it by its id; and update ids that begin anew somewhere lower, as they may after a quiet
 * week, are as good as any.
 *
 * While the core is silent the same requests go on without confirming, so that what is written meanwhile is
 * seen and a crisis answered; the server then gives the oldest hundred. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/telegram_internal.h"

enum {
    MARGIN_MS = 20000,   /* for a request, above what the server may wait */
    UNSETTLED_MS = 1000, /* between requests while updates are unsettled */
    NO_WAIT_MS = 300,    /* an empty answer that came sooner is of a server that does not wait */
    CONFLICT_FIRST_MS = 5000,
    CONFLICT_MOST_MS = 60000,
    NOTE_MS = 600000, /* the time of reading is written down so often */
};

void poll_init(struct telegram *telegram, int64_t now)
{
    struct poller *poll = &telegram->poll;
    const char *last = bridge_position(telegram->bridge, "polled");
    TAILQ_INIT(&poll->window);
    poll->due = now;
    poll->limit = TELEGRAM_UPDATES_MOST;
    poll->gap_ms = last ? clock_wall_ms() - strtoll(last, NULL, 10) : 0;
    if (poll->gap_ms > 20 * CLOCK_HOUR)
        log_warn("nothing was read from Telegram for %lld hours; it keeps messages for 24 hours only",
                 (long long)(poll->gap_ms / CLOCK_HOUR));
}

/* ---- the window ---- */

static struct entry *find(const struct poller *poll, int64_t update_id)
{
    struct entry *entry;
    TAILQ_FOREACH(entry, &poll->window, entry)
    if (entry->update_id == update_id)
        return entry;
    return NULL;
}

static void free_press(struct press *press)
{
    if (press)
        arena_free(&press->arena);
    free(press);
}

static void forget(struct poller *poll, struct entry *entry)
{
    TAILQ_REMOVE(&poll->window, entry, entry);
    poll->n_window--;
    if (!entry->settled)
        poll->n_unsettled--;
    free_press(entry->press);
    free(entry->in_id);
    free(entry);
}

void poll_free(struct telegram *telegram)
{
    struct entry *entry;
    while ((entry = TAILQ_FIRST(&telegram->poll.window)))
        forget(&telegram->poll, entry);
}

/* The offset that confirms all that may be confirmed; 0: nothing may. */
static int64_t confirming(const struct poller *poll)
{
    const struct entry *entry;
    int64_t least = NEVER, most = 0, open = NEVER;
    TAILQ_FOREACH(entry, &poll->window, entry)
    {
        least = entry->update_id < least ? entry->update_id : least;
        most = entry->update_id > most ? entry->update_id : most;
        if (!entry->settled && entry->update_id < open)
            open = entry->update_id;
    }
    if (open == NEVER)
        return most ? most + 1 : 0;
    return open > least ? open : 0;
}

/* The server has forgotten these. */
static void confirmed(struct poller *poll, int64_t offset)
{
    struct entry *entry, *next;
    for (entry = TAILQ_FIRST(&poll->window); entry && offset; entry = next) {
        next = TAILQ_NEXT(entry, entry);
        if (entry->update_id < offset && entry->settled)
            forget(poll, entry);
    }
}

static void settle(struct telegram *telegram, struct entry *entry, bool accepted)
{
    entry->settled = true;
    telegram->poll.n_unsettled--;
    in_settled(telegram, entry, accepted);
    if (telegram->poll.n_unsettled == 0)
        telegram->poll.due = clock_mono_ms();
}

void poll_settled(struct telegram *telegram, const char *in_id, bool accepted)
{
    struct entry *entry;
    TAILQ_FOREACH(entry, &telegram->poll.window, entry)
    if (!entry->settled && entry->in_id && strcmp(entry->in_id, in_id) == 0)
        settle(telegram, entry, accepted);
}

/* ---- what was read ---- */

/* False: the core has no room; this one and those behind it are read again. */
static bool take_update(struct telegram *telegram, const struct telegram_update *update)
{
    struct poller *poll = &telegram->poll;
    if (find(poll, update->id))
        return true; /* not confirmed yet */
    struct entry *entry = mem_new(1, sizeof *entry);
    entry->update_id = update->id;
    TAILQ_INSERT_TAIL(&poll->window, entry, entry);
    poll->n_window++;
    poll->n_unsettled++;
    if (!in_take(telegram, update, entry)) {
        forget(poll, entry);
        return false;
    }
    telegram->counts.updates++;
    if (!entry->in_id)
        settle(telegram, entry, false);
    return true;
}

static void note_lag(struct poller *poll, const struct telegram_update *updates, size_t count)
{
    int64_t wall = clock_wall_ms();
    for (size_t i = 0; i < count; i++) {
        if (updates[i].kind != TELEGRAM_MESSAGE || find(poll, updates[i].id))
            continue;
        poll->lag_ms = wall - updates[i].event.time;
        return;
    }
}

static void note_reading(struct telegram *telegram)
{
    struct poller *poll = &telegram->poll;
    char text[24];
    int64_t wall = clock_wall_ms();
    if (wall - poll->noted_at < NOTE_MS && wall >= poll->noted_at)
        return;
    snprintf(text, sizeof text, "%lld", (long long)wall);
    if (bridge_set_position(telegram->bridge, "polled", text) == 0)
        poll->noted_at = wall;
}

static void take_updates(struct telegram *telegram, const struct telegram_update *updates, size_t count)
{
    struct poller *poll = &telegram->poll;
    int64_t now = clock_mono_ms();
    bool whole = true;
    confirmed(poll, poll->offset);
    note_lag(poll, updates, count);
    note_reading(telegram);
    poll->due = count || now - poll->started >= NO_WAIT_MS ? now : now + UNSETTLED_MS;
    if (count == 0)
        poll->limit = TELEGRAM_UPDATES_MOST;
    for (size_t i = 0; i < count && whole; i++) {
        if (updates[i].id)
            whole = take_update(telegram, &updates[i]);
        else
            telegram->counts.strange++;
    }
    if (count && poll->n_window == 0)
        log_warn("Telegram gave %zu updates without an id; they cannot be confirmed", count);
    if (poll->n_unsettled || !whole || (count && poll->n_window == 0))
        poll->due = now + UNSETTLED_MS;
}

/* An answer that is no list: from now on updates are asked for one at a time, without a pause, until the one
 * that spoils it is the oldest and is passed over. (A request that is repeated at once gets one update
 * anyway: Bot API server, getUpdates.) Where not even that one can be found, it is the server that is not
 * well. */
static void skip_strange(struct telegram *telegram, const struct http_answer *http)
{
    struct poller *poll = &telegram->poll;
    int64_t now = clock_mono_ms(), id = telegram_guess_update(http->body, http->len);
    bool alone = poll->limit == 1;
    poll->limit = 1;
    poll->due = alone ? now + UNSETTLED_MS : now;
    if (!alone)
        return;
    if (id == 0) {
        health_failed(&telegram->health, 0, "an answer that cannot be read");
    } else if (!find(poll, id)) {
        log_warn("an update of Telegram's cannot be read and is passed over");
        take_update(telegram, &(struct telegram_update){.id = id, .kind = TELEGRAM_STRANGE});
        poll->limit = TELEGRAM_UPDATES_MOST;
        poll->due = now;
    }
}

/* ---- requests ---- */

static void take_conflict(struct telegram *telegram, const struct telegram_answer *answer)
{
    struct poller *poll = &telegram->poll;
    poll->webhook = telegram_is_webhook(answer);
    telegram->counts.conflicts++;
    if (poll->conflicts++ == 0)
        log_warn(
            poll->webhook
                ? "Telegram gives this bot's messages to a webhook; delete it (deleteWebhook) so that they "
                  "come here"
                : "somebody else reads this bot's messages: a second bridge or another program has the same "
                  "token; stop one of them");
    poll->not_before = clock_mono_ms() + pace_backoff(poll->conflicts, CONFLICT_FIRST_MS, CONFLICT_MOST_MS);
    bridge_status_soon(telegram->bridge);
}

static void end_conflict(struct telegram *telegram)
{
    if (telegram->poll.conflicts == 0)
        return;
    log_info("Telegram gives this program the messages again");
    telegram->poll.conflicts = 0;
    bridge_status_soon(telegram->bridge);
}

static void take_error(struct telegram *telegram, const struct telegram_answer *answer)
{
    struct poller *poll = &telegram->poll;
    int64_t now = clock_mono_ms();
    switch (telegram_error_of(answer)) {
    case TELEGRAM_FLOOD:
        telegram->counts.rate_limited++;
        poll->not_before = now + (answer->retry_after ? answer->retry_after : 1) * CLOCK_SECOND;
        break;
    case TELEGRAM_CONFLICT:
        take_conflict(telegram, answer);
        break;
    default:
        poll->not_before = now + CONFLICT_FIRST_MS;
    }
}

static void poll_done(void *user, const struct http_answer *http)
{
    struct telegram *telegram = user;
    struct poller *poll = &telegram->poll;
    struct telegram_update *updates;
    struct telegram_answer answer;
    size_t count;
    poll->call = NULL;
    if (http->status == 200 &&
        telegram_read_updates(http->body, http->len, &telegram->scratch, &updates, &count) == 0) {
        telegram_well(telegram);
        end_conflict(telegram);
        take_updates(telegram, updates, count);
    } else if (http->status == 200) {
        skip_strange(telegram, http);
    } else {
        poll->due = clock_mono_ms();
        if (telegram_judge(telegram, http, &answer) == VERDICT_ERROR)
            take_error(telegram, &answer);
    }
    arena_reset(&telegram->scratch);
}

void poll_run(struct telegram *telegram, int64_t now)
{
    struct poller *poll = &telegram->poll;
    if (poll->call || now < poll_due(telegram))
        return;
    /* while something is unsettled, and to see soon that a second poller has gone, the server need not wait
     */
    int wait = poll->n_unsettled ? 0 : poll->conflicts ? 1 : telegram->poll_seconds;
    poll->offset = confirming(poll);
    poll->started = now;
    telegram->counts.polls++;
    telegram_write_get_updates(poll->offset, poll->limit, wait, &telegram->body);
    poll->call = telegram_call(telegram, "getUpdates", wait * CLOCK_SECOND + MARGIN_MS, poll_done, telegram);
}

int64_t poll_due(const struct telegram *telegram)
{
    const struct poller *poll = &telegram->poll;
    if (poll->call)
        return NEVER;
    int64_t due = poll->due > poll->not_before ? poll->due : poll->not_before;
    return due > telegram->health.pause_until ? due : telegram->health.pause_until;
}
