/* The topics file `intents/topics.txt`: which words tell of which topic (`angst = angst* panikk*`). Read only
 * after loading. */
#ifndef TEXT_TOPICS_H
#define TEXT_TOPICS_H

#include "base/err.h"
#include "text/normalise.h"

struct topics;

/* Owned by the caller, ends with topics_free. A file that is not there is an empty list. NULL with lines in
 * `err`. */
struct topics *topics_load(const char *path, struct err *err);
void topics_free(struct topics *topics);

/* The topic whose word stands first in the canonical text, borrowed from the list; NULL when there is none.
 */
const char *topics_find(const struct topics *topics, const struct text *text);
/* Whether the list has a topic of this name. */
bool topics_has(const struct topics *topics, const char *name);

#endif
