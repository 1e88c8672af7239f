/* The terminal as a network: the smallest bridge, the one to read first. There is one chat, whose address is
 * the setting console.address; each line from stdin is a message, replies go to stdout as plain text with the
 * choices as numbered lines beneath. A typed number is sent as text, the core knows what it means. */
#ifndef BRIDGE_CONSOLE_H
#define BRIDGE_CONSOLE_H

#include <signal.h>

#include "base/err.h"
#include "base/settings.h"
#include "bridge/loop.h"

struct console;

/* Owned by the caller; NULL with a line in `err`. `settings` is borrowed for the console's life. */
struct console *console_new(const struct settings *settings, bridge_offline_text *offline_text,
                            struct err *err);
void console_free(struct console *console);

/* Looks whether console_new would do, without making anything. 0 or -1. */
int console_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err);

/* Chats until the end of input, or until *stop is set by a signal that is blocked outside the wait (`waiting`
 * is the mask for it). At the end of input it waits until all was accepted and answered, at most 15 seconds.
 * Returns the exit status: 0, 1 when stdout is gone, BRIDGE_EXIT_TAKEN_OVER. */
int console_run(struct console *console, const volatile sig_atomic_t *stop, const sigset_t *waiting);

#endif
