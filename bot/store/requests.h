/* Requests, the people who receive them, wishes for a group, and counts: the part of the store that flows of
 * talk/ read as a desk (talk/desk.h). Same rules as store.h: changes go inside a batch; -1 and a line in
 * `err` when the database cannot serve. Lists are the arena's. */
#ifndef STORE_REQUESTS_H
#define STORE_REQUESTS_H

#include "base/arena.h"
#include "store/store.h"
#include "talk/desk.h"

/* ---- requests ---- */

enum { REQUESTS_READ_MOST = 400 };

/* The id that the next new request gets; never used before, also after deletions. */
int store_request_next(struct store *store, int64_t *id, struct err *err);
/* Writes a request: new when `stored` is 0, else only if its stored seq is `stored`. -1 also when that is no
 * longer so: somebody else's change came between, which one batch at a time rules out. */
int store_request_save(struct store *store, const struct request *request, struct err *err);
/* One request by id; 1 found, 0 none, -1. */
int store_request(struct store *store, int64_t id, struct request *request, struct err *err);
/* A resident's, newest first; deleted ones are gone, closed ones are there. */
int store_requests_of(struct store *store, const char *network, const char *chat, struct arena *arena,
                      const struct request **list, size_t *count, struct err *err);
/* What a coordinator may know of: those in their scopes and those they have taken, by id; of many
 * the closed ones are left out first. */
int store_requests_for(struct store *store, const struct coordinator *person, struct arena *arena,
                       const struct request **list, size_t *count, struct err *err);
/* Open and closed ones whose `due` has come, at most `most`. */
int store_requests_due(struct store *store, int64_t now, size_t most, struct arena *arena,
                       struct request **list, size_t *count, struct err *err);
/* Those with ids above `after`, in their order, at most `most`: for the staff's overview. */
int store_requests_all(struct store *store, int64_t after, size_t most, struct arena *arena,
                       const struct request **list, size_t *count, struct err *err);
/* How many are in a state, and since when the oldest is (0: none). 0 or -1. */
int store_requests_count(struct store *store, enum request_state state, int64_t *count, int64_t *oldest);
/* The least `due`; INT64_MAX: none. */
int64_t store_request_first_due(struct store *store);
/* Lets time look at once at the requests of a scope that nobody has taken: somebody who had it went away. */
int store_requests_hurry(struct store *store, const char *scope, int64_t now, struct err *err);
/* Deletes a request and what is still to be sent about it, and marks that traces are to be wiped. */
int store_request_delete(struct store *store, int64_t id, struct err *err);

/* ---- people ---- */

/* Everybody, as a roster of the arena's. */
int store_roster(struct store *store, struct arena *arena, struct roster *roster, struct err *err);
/* Makes a code for a duty: a new person's (`coordinator` 0), or a further chat of one that is there. Writes
 * it as text for a person to type: `XXXX-XXXX-XXXX`. Only its hash is kept, until `expires`. */
enum { CODE_TEXT = 15 };
int store_invite(struct store *store, const char *scope, const char *label, int64_t coordinator,
                 int64_t expires, char code[CODE_TEXT], struct err *err);
/* What a code (without hyphens, capitals) is good for; 1, 0: no such code or too old, -1. */
int store_code(struct store *store, const char *code, int64_t now, struct code *found, struct err *err);
/* Uses it up: the chat is this person's, who has the duty. */
int store_bind(struct store *store, const struct code *code, const char *network, const char *chat,
               struct err *err);
/* How many bad codes came from a chat since yesterday; counts one more. */
int store_bad_codes(struct store *store, const char *network, const char *chat, int64_t now, int *count,
                    struct err *err);
int store_bad_code(struct store *store, const char *network, const char *chat, int64_t now, struct err *err);
/* A chat is nobody's any more; a person without chats is removed. */
int store_unbind(struct store *store, const char *network, const char *chat, struct err *err);
/* A person is removed: duties, chats, codes. 1, 0: there was none, -1. What they had taken is the caller's to
 * release. */
int store_revoke(struct store *store, int64_t coordinator, struct err *err);
int store_pause(struct store *store, int64_t coordinator, int64_t until, struct err *err);
int store_reachable(struct store *store, const char *network, const char *chat, bool reachable,
                    struct err *err);

/* ---- contact points: what coordinators say of them ---- */

int store_confirm(struct store *store, const char *point, const char *day, struct err *err);
/* Calls `each` for every confirmed one; texts are borrowed until it returns. */
typedef void store_confirmed_visit(void *user, const char *point, const char *day);
int store_confirmed(struct store *store, store_confirmed_visit *each, void *user, struct err *err);

struct proposal {
    int64_t id, created;
    const char *point, *text;
};
int store_propose(struct store *store, const char *point, const char *text, int64_t now, struct err *err);
/* Those with ids above `after`, at most `most`. */
int store_proposals(struct store *store, int64_t after, size_t most, struct arena *arena,
                    struct proposal **list, size_t *count, struct err *err);

/* ---- wishes ---- */

int store_wish(struct store *store, const struct wish *wish, struct err *err); /* adds or replaces */
int store_unwish(struct store *store, const char *network, const char *chat, struct err *err);
int store_wish_of(struct store *store, const char *network, const char *chat, struct wish *wish,
                  struct err *err); /* 1, 0, -1 */
int store_wishes(struct store *store, struct arena *arena, const struct wish **list, size_t *count,
                 struct err *err);

/* ---- counts by kommune and month ---- */

enum { COUNT_SEARCHES = 1, COUNT_REQUESTS = 2, COUNT_UNMET = 4 };

struct month_count {
    int month; /* year × 12 + month − 1 */
    char kommune[5];
    int64_t searches, requests, unmet;
};

int store_count(struct store *store, int month, const char *kommune, unsigned what, struct err *err);
/* Those of the first month after `after` that has any and lies before `before`. */
int store_counts(struct store *store, int after, int before, struct arena *arena, struct month_count **list,
                 size_t *count, struct err *err);

#endif
