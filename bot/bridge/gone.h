/* Replies to chats that can be sent nothing any more (blocked, left, deleted). The core must know that the
 * person cannot be reached before it hears that the reply never arrives: else a crash in between would leave
 * a request open that nobody can answer. So the core is told first, and the reply ends when it has accepted
 * that. */
#ifndef BRIDGE_GONE_H
#define BRIDGE_GONE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "bridge/loop.h"

struct gone;
LIST_HEAD(gone_list, gone);

/* Tells the core that nobody is to be reached at this address, because of the reply with this id, which is to
 * be reported by gone_known. False: the core takes nothing now, and nothing is remembered. */
bool gone_add(struct gone_list *list, struct bridge *bridge, const char *address, const char *out_id);
/* The core has accepted or refused a message with this id: reports DELIVERY_NEVER where it was such a one. */
void gone_known(struct gone_list *list, struct bridge *bridge, const char *in_id);
void gone_free(struct gone_list *list);

#endif
