/* How fast a bridge may go: a bucket of permissions that fills with time, and growing pauses after failures.
 * Pure: times are monotonic ms that the caller reads. */
#ifndef BRIDGE_PACE_H
#define BRIDGE_PACE_H

#include <stdint.h>

/* A bucket of at most `most` permissions; one comes back each 1000 / `a_second` ms. */
struct pace {
    double most, a_second;
    double left;
    int64_t at;
};

struct pace pace_full(double most, double a_second, int64_t now);
/* The time from which `count` (at most `most`) permissions are there; <= now when they are already. */
int64_t pace_due(const struct pace *pace, double count, int64_t now);
void pace_take(struct pace *pace, double count, int64_t now);

/* The pause after the `failures`-th failure in a row (1 …): `first` ms, doubled each time up to `most` ms,
 * and up to a quarter more, so that many that failed together do not come back together. */
int64_t pace_backoff(int failures, int64_t first, int64_t most);

#endif
