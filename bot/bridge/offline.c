/* What the bridge answers by itself while the core is silent.
 *
 * The core counts as silent while the broker is away, while status/core says offline or nothing for five
 * seconds after the connection, and while the broker says that nobody subscribes (PUBACK 0x10). A message is
 * answered when the core is silent, or has not accepted it for bridge.silence_seconds. A breath is left to an
 * ordinary message, so that a core that starts again within a second disturbs nobody; crisis words do not
 * wait for it, and wait no longer than two seconds for a core that hangs. */
#include <string.h>

#include "base/clock.h"
#include "bridge/internal.h"

enum {
    BREATH_MS = 1000,
    URGENT_SILENCE_MS = 2000,
    STATUS_MS = 5000, /* without any status/core: offline */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void offline_init(struct bridge *bridge, int64_t now)
{
    TAILQ_INIT(&bridge->watch.unsettled);
    bridge->watch.answer_at = NEVER;
    bridge->watch.ready_at = now;
}

/* ---- what is known of the core ---- */

void offline_connection(struct bridge *bridge, bool ready, int64_t now)
{
    struct watch *watch = &bridge->watch;
    watch->ready = ready;
    watch->ready_at = now;
    watch->online = watch->offline = watch->unheard = watch->heard = false;
    watch->answer_at = 0;
}

/* What was published before this connection, or to a core that was not there, is repeated without waiting;
 * what a core that was there all along may have is not. */
void offline_core_status(struct bridge *bridge, const struct status *status)
{
    struct watch *watch = &bridge->watch;
    bool first = !watch->online && !watch->offline && !watch->unheard;
    bool back = status->online && (!watch->online || watch->since != status->since);
    watch->online = status->online;
    watch->offline = !status->online;
    watch->heard = watch->heard && status->online;
    watch->unheard = watch->unheard && !back;
    watch->since = status->since;
    watch->answer_at = 0;
    if (back)
        inbound_hurry(bridge, first ? watch->ready_at : NEVER);
}

void offline_core_heard(struct bridge *bridge)
{
    bridge->watch.unheard = false;
    bridge->watch.heard = true;
}

void offline_core_unheard(struct bridge *bridge)
{
    bridge->watch.unheard = true;
    bridge->watch.heard = false;
    bridge->watch.answer_at = 0;
}

/* When the core begins to count as silent; 0: it does already, NEVER: it does not. */
static int64_t silent_at(const struct bridge *bridge)
{
    const struct watch *watch = &bridge->watch;
    if (!watch->ready)
        return watch->ready_at + least(BREATH_MS, bridge->silence_ms);
    if (watch->offline || watch->unheard)
        return 0;
    return watch->online || watch->heard ? NEVER : watch->ready_at + STATUS_MS;
}

/* ---- messages without an answer ---- */

static bool deserves_answer(const struct message *message)
{
    switch (message->event.kind) {
    case EVENT_TEXT:
    case EVENT_CHOICE:
    case EVENT_LOCATION:
    case EVENT_STARTED:
    case EVENT_ENCRYPTED:
    case EVENT_UNSUPPORTED:
        return !message->answered && !message->own;
    case EVENT_BLOCKED:
    case EVENT_UNBLOCKED:
    case EVENT_GROUP:
    case EVENT_MOVED:
        break;
    }
    return false;
}

/* At the latest then, and earlier when the core is known to be silent. */
static int64_t answer_at(const struct bridge *bridge, const struct message *message)
{
    int64_t patience = message->urgent ? least(URGENT_SILENCE_MS, bridge->silence_ms) : bridge->silence_ms;
    int64_t breath = message->urgent ? 0 : least(BREATH_MS, bridge->silence_ms);
    int64_t silent = silent_at(bridge);
    int64_t early = message->taken_at + breath;
    if (silent == NEVER)
        return message->taken_at + patience;
    return least(message->taken_at + patience, silent > early ? silent : early);
}

void offline_watch(struct bridge *bridge, struct message *message)
{
    const struct event *event = &message->event;
    if (!deserves_answer(message))
        return;
    message->offline_text = bridge->offline_text(
        event->text ? event->text : "", event->text ? event->text_len : 0, event->language, &message->urgent);
    message->watched = true;
    TAILQ_INSERT_TAIL(&bridge->watch.unsettled, message, unsettled);
    bridge->watch.answer_at = least(bridge->watch.answer_at, answer_at(bridge, message));
}

void offline_unwatch(struct bridge *bridge, struct message *message)
{
    if (message->watched)
        TAILQ_REMOVE(&bridge->watch.unsettled, message, unsettled);
    message->watched = false;
}

/* One answer in each pause and chat; crisis words are always answered, each message once. */
static void settle(struct bridge *bridge, struct message *message)
{
    const struct in_chat *chat = message->chat;
    int64_t wall = clock_wall_ms(), last = 0;
    offline_unwatch(bridge, message);
    inbound_show(bridge, message);
    bool paused = journal_get(bridge->journal, JOURNAL_OFFLINE_CHAT, chat->token, &last) && last <= wall &&
                  wall - last < bridge->offline_pause_ms;
    if (paused && !message->urgent)
        return;
    message->answered = true;
    journal_mark(bridge->journal, JOURNAL_OFFLINE_CHAT, chat->token, 1, wall);
    journal_mark(bridge->journal, JOURNAL_OFFLINE_MESSAGE, message->event.id, 1, wall);
    bridge->counts.offline_answers++;
    bridge->ops->offline(bridge->self, chat->address, message->offline_text, message->urgent);
}

void offline_run(struct bridge *bridge, int64_t now)
{
    struct watch *watch = &bridge->watch;
    struct message *message, *next;
    if (now < watch->answer_at)
        return;
    /* Urgent ones first: in a long outage many may be waiting. */
    for (int urgent = 1; urgent >= 0; urgent--) {
        for (message = TAILQ_FIRST(&watch->unsettled); message; message = next) {
            next = TAILQ_NEXT(message, unsettled);
            if (message->urgent == (urgent == 1) && answer_at(bridge, message) <= now)
                settle(bridge, message);
        }
    }
    watch->answer_at = NEVER;
    TAILQ_FOREACH(message, &watch->unsettled, unsettled)
    watch->answer_at = least(watch->answer_at, answer_at(bridge, message));
}

int64_t offline_due(const struct bridge *bridge)
{
    return bridge->watch.answer_at;
}
