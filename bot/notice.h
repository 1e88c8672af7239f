/* A message that nobody's turn asked for: to whom it goes, its bytes, and its place in the outbox. */
#ifndef BOT_NOTICE_H
#define BOT_NOTICE_H

#include "deskwork.h"

/* What pushing needs; all borrowed. */
struct notices {
    struct store *store;
    const struct dataset *data;
    const struct roster *roster;
    const struct sender *sender; /* whose turn brought it; NULL: nobody's */
    bool forgotten;              /* the turn erased its chat: a notice must not keep the request */
    int64_t now;
    struct arena *arena;
    struct pushed *pushed;
};

/* Renders the notice for each chat of its audience, in that chat's language, and stores it in the outbox. Its
 * buttons also answer to numbers and words there, unless the bot waits for an answer to something else. */
int notice_push(struct notices *notices, const struct notice *notice, struct err *err);

#endif
