/* Which label a message gets: patterns, the learned model and the place weighed together. A part of
 * understand.c; nothing else calls it. */
#ifndef BOT_DECIDE_H
#define BOT_DECIDE_H

#include "talk/understood.h"

/* Sets intent, also, score, unsure, the rule and the suggestions of *out from its text and place. `explain`:
 * suggest other labels also where one is certain. */
void decide(const struct intents *intents, const struct intent_score *scores, bool explain,
            struct arena *arena, struct understood *out);

#endif
