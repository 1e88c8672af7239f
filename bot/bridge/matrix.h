/* Matrix as a network: private rooms with one person, over the client-server API. The address of a chat is
 * the room's id. Rooms with encryption cannot be read: the person is told so, and invited to one that can.
 *
 * matrix.c has the wait, the calls and what staff are told; matrix_session.c signs in; matrix_sync.c reads
 * the stream and moves its position only past what the core has settled; matrix_event.c tells the core;
 * matrix_rooms.c comes to rooms, looks who is there and leaves; matrix_readable.c invites from an encrypted
 * room to one that can be read; matrix_reply.c sends. */
#ifndef BRIDGE_MATRIX_H
#define BRIDGE_MATRIX_H

#include "base/err.h"
#include "base/settings.h"
#include "bridge/loop.h"

/* Looks whether matrix_run would do, without making anything, and asks the server for its versions and, with
 * a token, who it belongs to. 0 or -1. */
int matrix_check(const struct settings *settings, bridge_offline_text *offline_text, struct err *err);

/* Runs until `stop` (a descriptor) can be read; what is being sent then gets a moment to end. The exit
 * status: 0, 1 with lines in `err` when it cannot start, BRIDGE_EXIT_TAKEN_OVER, BRIDGE_EXIT_REFUSED when the
 * server refuses the token or the password. */
int matrix_run(const struct settings *settings, bridge_offline_text *offline_text, int stop, struct err *err);

#endif
