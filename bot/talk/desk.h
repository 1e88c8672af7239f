/* What the dialogue may know of requests in a turn: those of this chat, those of the coordinator whose chat
 * it is, and who could receive one. Loaded before the step (bot/deskwork.c), read only. */
#ifndef TALK_DESK_H
#define TALK_DESK_H

#include "talk/request.h"
#include "talk/roster.h"

enum { WISH_TOPIC = 64 };

/* Somebody would like to start a group (start_gruppe). */
struct wish {
    char network[NETWORK_SIZE], chat[CHAT_SIZE];
    char place[64], kommune[5];
    double lat, lon;
    char topic[WISH_TOPIC]; /* empty: open to all */
    int64_t created;
    bool told; /* has heard that a group could start */
};

/* A one-time code as it was found for a `koble` message. */
struct code {
    char scope[SCOPE_SIZE];
    char label[LABEL_MOST];
    int64_t coordinator; /* whose further chat it binds; 0: a new person */
    unsigned char hash[16];
};

struct desk {
    const char *network, *chat; /* whose turn it is */
    const struct roster *roster;
    const struct coordinator *me; /* whose chat it is, or NULL */
    const struct request *own;    /* the resident's, newest first, closed ones too */
    size_t n_own;
    const struct request *held; /* of my scopes or taken by me, oldest first, closed ones too */
    size_t n_held;
    const struct wish *wish;   /* this chat's, or NULL */
    const struct wish *wishes; /* everybody's; only where a wish is about to be registered */
    size_t n_wishes;
    int64_t next_id;         /* of a request that is sent in this turn */
    const struct code *code; /* of a `koble` message that has a good one, or NULL */
    bool code_blocked;       /* too many bad ones from this chat */
    struct periods periods;
    int open_most; /* requests that one chat may have open */
};

/* The code in a message `koble KODE`, NUL-terminated, capitals, without hyphens, the arena's; NULL: no such
 * message. */
const char *desk_code_in(const char *text, size_t len, struct arena *arena);

#endif
