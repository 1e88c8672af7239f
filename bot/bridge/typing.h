/* Who waits for an answer and shall see that the bot is typing: half a second after the message, since most
 * answers are there before, and again every few seconds, a few times. */
#ifndef BRIDGE_TYPING_H
#define BRIDGE_TYPING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"

struct typing_chat;

/* Shows it in the chat of this address; borrowed. */
typedef void typing_show(void *self, const char *address);

struct typing {
    TAILQ_HEAD(, typing_chat) chats;
    struct map by_address;
    typing_show *show;
    void *self;
};

void typing_init(struct typing *typing, typing_show *show, void *self);
void typing_free(struct typing *typing);
void typing_begin(struct typing *typing, const char *address);
/* The answer is being sent. True when it had been shown that the bot types. */
bool typing_end(struct typing *typing, const char *address);
void typing_run(struct typing *typing, int64_t now);
/* Monotonic ms; INT64_MAX: never. */
int64_t typing_due(const struct typing *typing);

#endif
