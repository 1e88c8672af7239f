/* The people who may receive requests: coordinators with their duties and the chats they are reached in. Read
 * only; made by store/people.c, a new one after each change. Small: some hundreds of people. */
#ifndef TALK_ROSTER_H
#define TALK_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "place/contact_points.h"
#include "talk/request.h"

enum { DUTIES_MOST = 12, CHATS_MOST = 8, LABEL_MOST = 64 };

/* Scopes: `p:<contact point id>` its coordinators · `f:<fylke number>` and `f:land` reserve contacts · `s`
 * staff. */
enum duty { DUTY_COORDINATOR, DUTY_RESERVE, DUTY_STAFF };

struct chat_of {
    char network[NETWORK_SIZE], chat[CHAT_SIZE];
    bool reachable; /* false once the network said that it is closed */
};

struct coordinator {
    int64_t id;
    char label[LABEL_MOST]; /* for operators: who it is */
    int64_t paused_until;   /* ms, 0: not paused */
    char duties[DUTIES_MOST][SCOPE_SIZE];
    size_t n_duties;
    struct chat_of chats[CHATS_MOST];
    size_t n_chats;
};

struct roster {
    struct coordinator *people;
    size_t count;
};

/* Whose chat it is, or NULL. Borrowed from the roster. */
const struct coordinator *roster_of_chat(const struct roster *roster, const char *network, const char *chat);
const struct coordinator *roster_find(const struct roster *roster, int64_t id);
bool coordinator_has(const struct coordinator *person, const char *scope);
/* Has a chat that can be reached and is not on pause. */
bool coordinator_present(const struct coordinator *person, int64_t now);
/* Whether anybody with this duty is present. */
bool roster_present(const struct roster *roster, const char *scope, int64_t now);
/* The reserve contact for a fylke (its number, two digits, or the first two of a kommune's): the fylke's own
 * if somebody is present, else the country's; empty when there is none. */
void roster_reserve(const struct roster *roster, const char *fylke, int64_t now, char scope[SCOPE_SIZE]);

enum duty scope_duty(const char *scope);
/* The contact point of a `p:` scope; NULL for others and for one that is no longer in the registry. */
const struct contact_point *scope_point(const char *scope, const struct registry *registry);
/* The fylke's name of an `f:` scope; NULL for the country and for other scopes. */
const char *scope_fylke(const char *scope, const struct gazetteer *gazetteer);

#endif
