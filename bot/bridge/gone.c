#include "bridge/gone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/mem.h"

enum { ID_SIZE = sizeof "gone:" + KEY_HASH_TEXT };

struct gone {
    LIST_ENTRY(gone) entry;
    char in_id[ID_SIZE];
    char *out_id;
};

static void forget(struct gone *gone)
{
    LIST_REMOVE(gone, entry);
    free(gone->out_id);
    free(gone);
}

/* Made of the reply's, so that a repeat after a crash is known. */
static void write_id(const char *address, const char *out_id, char id[ID_SIZE])
{
    unsigned char hash[KEY_HASH];
    char text[KEY_HASH_TEXT];
    const struct key_part parts[] = {{address, strlen(address)}, {out_id, strlen(out_id)}};
    key_hash(hash, NULL, parts, 2);
    key_hash_text(hash, text);
    snprintf(id, ID_SIZE, "gone:%s", text);
}

bool gone_add(struct gone_list *list, struct bridge *bridge, const char *address, const char *out_id)
{
    struct gone *gone = mem_new(1, sizeof *gone);
    write_id(address, out_id, gone->in_id);
    gone->out_id = mem_strdup(out_id);
    LIST_INSERT_HEAD(list, gone, entry);
    struct event blocked = {.kind = EVENT_BLOCKED, .id = gone->in_id, .time = clock_wall_ms()};
    if (bridge_take(bridge, address, &blocked) == BRIDGE_TAKEN)
        return true;
    forget(gone);
    return false;
}

void gone_known(struct gone_list *list, struct bridge *bridge, const char *in_id)
{
    struct gone *gone, *next;
    for (gone = LIST_FIRST(list); gone; gone = next) {
        next = LIST_NEXT(gone, entry);
        if (strcmp(gone->in_id, in_id))
            continue;
        bridge_delivered(bridge, gone->out_id, DELIVERY_NEVER, 0, "blocked");
        forget(gone);
    }
}

void gone_free(struct gone_list *list)
{
    for (struct gone *gone; (gone = LIST_FIRST(list));)
        forget(gone);
}
