/* Whether a network's server answers, and how long to leave it alone when it does not. Times are monotonic
 * ms. */
#ifndef BRIDGE_HEALTH_H
#define BRIDGE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEALTH_REASON = 96 };

struct health {
    const char *server;         /* as a person calls it, a literal */
    int failures;               /* in a row; several that failed together are one */
    int64_t since, pause_until; /* of the first of them; nothing is asked before */
    char reason[HEALTH_REASON];
};

/* The server answered sensibly. True when it had failed before. */
bool health_well(struct health *health);
/* It did not: `status` of HTTP, or 0 and why no answer came. */
void health_failed(struct health *health, int status, const char *failure);
/* Whether it may be asked now; while it fails, only where no other request is on its way. */
bool health_may_ask(const struct health *health, size_t under_way, int64_t now);
/* A line for staff when it has failed for a minute or more; false: nothing to tell. */
bool health_tell(const struct health *health, char *out, size_t size);

#endif
