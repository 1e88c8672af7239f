#include "bridge/pace.h"

#include <math.h>

#include "base/keys.h"

struct pace pace_full(double most, double a_second, int64_t now)
{
    return (struct pace){most, a_second, most, now};
}

/* A clock that stands still or runs backwards gives nothing. */
static double left_at(const struct pace *pace, int64_t now)
{
    double back = now > pace->at ? (double)(now - pace->at) * pace->a_second / 1000.0 : 0;
    return fmin(pace->most, pace->left + back);
}

int64_t pace_due(const struct pace *pace, double count, int64_t now)
{
    double lacking = count - left_at(pace, now);
    return lacking <= 1e-9 ? now : now + (int64_t)ceil(lacking * 1000.0 / pace->a_second);
}

void pace_take(struct pace *pace, double count, int64_t now)
{
    pace->left = left_at(pace, now) - count;
    pace->at = now;
}

int64_t pace_backoff(int failures, int64_t first, int64_t most)
{
    uint32_t random = 0;
    int64_t pause = first;
    for (int i = 1; i < failures && pause < most; i++)
        pause *= 2;
    pause = pause < most ? pause : most;
    key_random(&random, sizeof random);
    return pause + (int64_t)(random % (uint32_t)(pause / 4 + 1));
}
