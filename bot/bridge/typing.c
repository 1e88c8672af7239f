#include "bridge/typing.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
    FIRST_MS = 500,
    EVERY_MS = 5000, /* as long as Telegram shows it; Matrix is asked for as much */
    TIMES = 4,
    CHATS_MOST = 2000,
};

struct typing_chat {
    TAILQ_ENTRY(typing_chat) entry;
    int64_t due;
    int shown;
    char address[];
};

void typing_init(struct typing *typing, typing_show *show, void *self)
{
    TAILQ_INIT(&typing->chats);
    typing->by_address = MAP_INIT;
    typing->show = show;
    typing->self = self;
}

static void forget(struct typing *typing, struct typing_chat *chat)
{
    map_remove(&typing->by_address, chat->address, strlen(chat->address));
    TAILQ_REMOVE(&typing->chats, chat, entry);
    free(chat);
}

void typing_free(struct typing *typing)
{
    for (struct typing_chat *chat; (chat = TAILQ_FIRST(&typing->chats));)
        forget(typing, chat);
    map_free(&typing->by_address);
}

void typing_begin(struct typing *typing, const char *address)
{
    size_t len = strlen(address);
    if (map_get(&typing->by_address, address, len) || typing->by_address.count >= CHATS_MOST)
        return;
    struct typing_chat *chat = mem_new(1, sizeof *chat + len + 1);
    memcpy(chat->address, address, len + 1);
    chat->due = clock_mono_ms() + FIRST_MS;
    map_put(&typing->by_address, chat->address, len, chat);
    TAILQ_INSERT_TAIL(&typing->chats, chat, entry);
}

bool typing_end(struct typing *typing, const char *address)
{
    struct typing_chat *chat = map_get(&typing->by_address, address, strlen(address));
    bool shown = chat && chat->shown;
    if (chat)
        forget(typing, chat);
    return shown;
}

void typing_run(struct typing *typing, int64_t now)
{
    struct typing_chat *chat, *next;
    for (chat = TAILQ_FIRST(&typing->chats); chat; chat = next) {
        next = TAILQ_NEXT(chat, entry);
        if (chat->due > now)
            continue;
        if (chat->shown == TIMES) { /* the last one has faded */
            forget(typing, chat);
            continue;
        }
        typing->show(typing->self, chat->address);
        chat->due = now + EVERY_MS;
        chat->shown++;
    }
}

int64_t typing_due(const struct typing *typing)
{
    const struct typing_chat *chat;
    int64_t due = INT64_MAX;
    TAILQ_FOREACH(chat, &typing->chats, entry)
    due = chat->due < due ? chat->due : due;
    return due;
}
