/* The terminal as a network: the smallest bridge, the one to read first. There is one chat, whose address is
 * the setting console.address; each line from stdin is a message, replies go to stdout as plain text with the
 * choices as numbered lines beneath. A typed number is sent as text, the core knows what it means. */
#ifndef BRIDGE_CONSOLE_H
#define BRIDGE_CONSOLE_H

#include "base/err.h"
#include "base/settings.h"
#include "bridge/loop.h"

/* Looks whether console_run would do, without making anything. 0 or -1. */
int console_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err);

/* Chats until the end of input, or until `stop` (a descriptor) can be read. At the end of input it waits
 * until all was accepted and answered, at most 15 seconds. Returns the exit status: 0, 1 when stdout is gone
 * or (with lines in `err`) when it cannot start, BRIDGE_EXIT_TAKEN_OVER. */
int console_run(const struct settings *settings, bridge_offline_text *offline_text, int stop,
                struct err *err);

#endif
