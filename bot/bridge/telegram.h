/* Telegram as a network: private chats with a bot, by long polling (getUpdates) of the Bot API. The address
 * of a chat is its id in decimal.
 *
 * In:  telegram_poll.c reads updates and confirms them to the server only when the core has accepted or
 * refused what was made of them; telegram_in.c makes the messages. Out: telegram_out.c has the queue, its
 * order and its pace; telegram_reply.c makes messages of a reply and decides what an error means. Beside:
 * telegram_touch.c answers presses and shows that the bot is typing; telegram.c has the wait, the calls, and
 * what staff are told. */
#ifndef BRIDGE_TELEGRAM_H
#define BRIDGE_TELEGRAM_H

#include "base/err.h"
#include "base/settings.h"
#include "bridge/loop.h"

/* Looks whether telegram_run would do, without making anything, and asks the server whether it knows the
 * token. 0 or -1. */
int telegram_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err);

/* Runs until `stop` (a descriptor) can be read; what is being sent then gets a moment to end. The exit
 * status: 0, 1 with lines in `err` when it cannot start, BRIDGE_EXIT_TAKEN_OVER, BRIDGE_EXIT_REFUSED when the
 * server refuses the token. */
int telegram_run(const struct settings *settings, bridge_offline_text *offline_text, int stop,
                 struct err *err);

#endif
