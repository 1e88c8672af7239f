#include "bridge/health.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "bridge/pace.h"

enum { FIRST_MS = 1000, MOST_MS = 60000, TOLD_MS = 60000 };

bool health_well(struct health *health)
{
    if (health->failures == 0)
        return false;
    log_info("%s answers again, after %lld s", health->server,
             (long long)((clock_mono_ms() - health->since) / CLOCK_SECOND));
    *health = (struct health){.server = health->server};
    return true;
}

void health_failed(struct health *health, int status, const char *failure)
{
    int64_t now = clock_mono_ms();
    if (status)
        snprintf(health->reason, sizeof health->reason, "HTTP status %d", status);
    else
        snprintf(health->reason, sizeof health->reason, "%s", failure ? failure : "no answer");
    if (health->failures == 0) {
        health->since = now;
        log_warn("%s does not answer: %s; trying again, with growing pauses", health->server, health->reason);
    }
    if (now >= health->pause_until)
        health->pause_until = now + pace_backoff(++health->failures, FIRST_MS, MOST_MS);
}

bool health_may_ask(const struct health *health, size_t under_way, int64_t now)
{
    return now >= health->pause_until && (health->failures == 0 || under_way == 0);
}

bool health_tell(const struct health *health, char *out, size_t size)
{
    int64_t failing = health->failures ? clock_mono_ms() - health->since : 0;
    if (failing < TOLD_MS)
        return false;
    snprintf(out, size, "%s has not answered for %lld minutes (%s)", health->server,
             (long long)(failing / CLOCK_MINUTE), health->reason);
    return true;
}
