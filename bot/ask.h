/* What staff's programs may ask of requests and coordinators, answered inside an open batch: by the core over
 * MQTT (core.c), or in process by selvhjelpsctl where no core runs.
 *
 *   invite        scope, label, coordinator (empty: a new person), days → code, expires
 *   coordinators  → id, label, duties, chats, reachable, paused_until
 *   revoke        coordinator → nothing
 *   requests      personal (yes: names, contact and words too), after (reference of the last row that was
 *                 read; empty: from the first) → a page, one row a request; no row: there are no more
 *   proposals     after (id; empty: from the first) → a page of what coordinators want changed
 *   counts        after (YYYY-MM; empty: from the first) → one closed month: month, kommune, searches,
 * requests, unmet; no row: there are no more. Numbers from 1 to 4 could tell of a person: they leave as
 *                 `<5` */
#ifndef BOT_ASK_H
#define BOT_ASK_H

#include "turn.h"
#include "wire/ask.h"

/* Fills *answer (its cells are the arena's); what cannot be done is told in answer->error. 0, or -1 when the
 * store failed. */
int ask_answer(const struct turns *turns, const struct ask *ask, int64_t now, struct arena *arena,
               struct answer *answer, struct pushed *pushed, struct err *err);

#endif
