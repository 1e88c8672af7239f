/* Watches the folders and files that staff edit (inotify), and loads a change once it has been quiet for 200
 * ms: a good one goes live as a whole, a bad one is refused with file and line and the last good one stays.
 */
#ifndef BOT_WATCH_H
#define BOT_WATCH_H

#include "dataset.h"

struct watch;

/* Borrows data and settings. NULL with a line in `err` when inotify does not serve. Owned by the caller. */
struct watch *watch_new(struct dataset *data, const struct settings *settings, struct err *err);
void watch_free(struct watch *watch);

int watch_fd(const struct watch *watch);
/* Monotonic ms at which watch_run wants to be called; INT64_MAX: only when the descriptor is readable. */
int64_t watch_due(const struct watch *watch);
/* Reads what happened and loads what is due. True when something was loaded or refused. */
bool watch_run(struct watch *watch, int64_t mono);

/* Counts of edits taken and refused, and the faults that stand now (lines of the last refused load of each
 * part, gone when the part loads again). */
int64_t watch_taken(const struct watch *watch);
int64_t watch_refused(const struct watch *watch);
size_t watch_faults(const struct watch *watch, const char **lines, size_t most);
/* Loads everything at start, places included; faults are kept and shown like those of an edit. */
void watch_load(struct watch *watch);

#endif
