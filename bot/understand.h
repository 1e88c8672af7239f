/* Understanding one message: the only place where care, intents, places and language come together. */
#ifndef BOT_UNDERSTAND_H
#define BOT_UNDERSTAND_H

#include "talk/understood.h"

/* Pure: reads `intents` and `gazetteer`, takes all memory from `arena`. `asked_place`: the bot has just asked
 * where the person lives. `explain`: suggest other labels also where one was decided with little weight (for
 * tools; the dialogue only asks `did you mean` where nothing decided). */
void understand(const struct intents *intents, const struct gazetteer *gazetteer, const char *message,
                size_t len, bool asked_place, bool explain, struct arena *arena, struct understood *out);

/* The text that the language model sees. */
struct text text_as_written(const struct text *text);

/* The text that the learned models see: as understand() makes it, certain places as one neutral word. */
struct text understand_text(const struct intents *intents, const struct gazetteer *gazetteer,
                            const char *message, size_t len, struct arena *arena);

#endif
