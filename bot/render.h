/* From what the dialogue wants to say to the bytes of a reply. */
#ifndef BOT_RENDER_H
#define BOT_RENDER_H

#include "dataset.h"
#include "talk/step.h"
#include "wire/contract.h"

/* Puts the pieces together as CommonMark with help lines filled in, and labels the buttons; also writes the
 * labels into step->next.choices, so that they can be answered in words. A text that fails to render is
 * replaced by the built-in one (`*builtin` tells). All memory is the arena's; reply->id and answers are left
 * to the caller. */
void render_say(const struct dataset *data, struct step *step, int64_t now, struct arena *arena,
                struct out *reply, bool *builtin);

/* The built-in reply, with the crisis numbers when `crisis`. */
void render_builtin(bool crisis, enum language language, struct out *reply);

#endif
