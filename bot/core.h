/* The core's loop: one thread, one wait. After each wake-up it drains what has arrived, takes the whole batch
 * through the path (turn.c), commits it in one transaction, and only then publishes. */
#ifndef BOT_CORE_H
#define BOT_CORE_H

#include <signal.h>

#include "base/settings.h"

/* Exit statuses of core_run. */
enum { CORE_ENDED = 0, CORE_FAILED = 1, CORE_TAKEN_OVER = 3 };

/* Runs until `*stop` is set or the session is taken over. Borrows the settings. */
int core_run(const struct settings *settings, const volatile sig_atomic_t *stop);

/* Checks settings, data files and database without running; 0, or -1 with lines in `err`. */
int core_check(const struct settings *settings, struct err *err);

#endif
