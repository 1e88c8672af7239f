/* What the tests of understanding share: the last message as it was understood, and intents made for a test.
 */
#ifndef HEARD_H
#define HEARD_H

#include "unit.h"

#include "understand.h"

static struct arena arena;
static struct understood u;
static struct intents *own;

static inline int start(void **state)
{
    (void)state;
    own = NULL;
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    intents_free(own);
    arena_free(&arena);
    return 0;
}

/* `asked`: the bot has just asked for a place; `explain`: other labels are named too. */
static inline void hear_with(const struct intents *intents, const char *message, bool asked, bool explain)
{
    understand(intents, unit_gazetteer(), message, strlen(message), asked, explain, &arena, &u);
}

static inline void hear(const char *message)
{
    hear_with(unit_data()->intents, message, false, false);
}

#endif
