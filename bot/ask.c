#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* One ask being answered. */
struct asking {
    const struct turns *turns;
    const struct ask *ask;
    int64_t now;
    struct arena *arena;
    struct answer *answer;
    struct pushed *pushed;
    struct err *err;
};

static void columns(struct asking *a, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        a->answer->columns[i] = names[i];
    a->answer->n_columns = count;
}

#define COLUMNS(a, ...)                                                                                      \
    do {                                                                                                     \
        static const char *const names[] = {__VA_ARGS__};                                                    \
        columns((a), names, sizeof names / sizeof *names);                                                   \
    } while (0)

static const char *number(struct asking *a, int64_t value)
{
    return arena_printf(a->arena, "%lld", (long long)value);
}

static const char *moment(struct asking *a, int64_t ms)
{
    char text[CLOCK_TEXT];
    if (!ms)
        return "";
    clock_format(ms, text);
    return arena_strdup(a->arena, text);
}

static int refuse(struct asking *a, const char *why)
{
    a->answer->error = why;
    return 0;
}

/* ---- coordinators ---- */

/* Whether a duty can be given: a contact point that is there, a fylke, the country, staff. */
static bool scope_exists(const struct turns *turns, const char *scope)
{
    const struct dataset *data = turns->data;
    if (strcmp(scope, "s") == 0 || strcmp(scope, "f:land") == 0)
        return true;
    if (scope_is_reserve(scope))
        return data->gazetteer && scope_fylke(scope, data->gazetteer);
    return data->registry && scope_point(scope, data->registry);
}

/* A coordinator's number: digits only. 0: none. */
static int64_t coordinator_number(const struct asking *a)
{
    const char *text = ask_with(a->ask, "coordinator");
    bool digits = *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 18;
    return digits ? strtoll(text, NULL, 10) : 0;
}

static int invite(struct asking *a)
{
    enum { DAYS_MOST = 60 };
    const struct turns *turns = a->turns;
    const char *scope = ask_with(a->ask, "scope"), *again = ask_with(a->ask, "coordinator");
    int64_t coordinator = coordinator_number(a);
    long days = strtol(ask_with(a->ask, "days"), NULL, 10);
    char code[CODE_TEXT];
    if (*again && !roster_find(deskwork_roster(turns->work), coordinator))
        return refuse(a,
                      "there is no coordinator of that number; `selvhjelpsctl coordinator list` shows them");
    if (!*again && !scope_exists(turns, scope))
        return refuse(
            a, "there is no such contact point or fylke; see deploy/contact-points.geojson for the ids");
    if (days < 1 || days > DAYS_MOST)
        days = settings_int(turns->settings, "requests.code_days");
    int64_t expires = a->now + days * CLOCK_DAY;
    if (store_invite(turns->store, *again ? "" : scope, ask_with(a->ask, "label"), coordinator, expires, code,
                     a->err))
        return -1;
    COLUMNS(a, "code", "expires");
    const char **row = answer_row(a->answer, a->arena);
    row[0] = arena_strdup(a->arena, code);
    row[1] = moment(a, expires);
    return 0;
}

static int coordinators(struct asking *a)
{
    const struct roster *roster = deskwork_roster(a->turns->work);
    COLUMNS(a, "id", "label", "duties", "chats", "reachable", "paused_until");
    for (size_t i = 0; i < roster->count; i++) {
        const struct coordinator *person = &roster->people[i];
        const char **row = answer_row(a->answer, a->arena);
        const char *duties = "", *networks = "";
        size_t reachable = 0;
        for (size_t k = 0; k < person->n_duties; k++)
            duties = arena_printf(a->arena, "%s%s%s", duties, k ? " " : "", person->duties[k]);
        for (size_t k = 0; k < person->n_chats; k++) {
            networks = arena_printf(a->arena, "%s%s%s", networks, k ? " " : "", person->chats[k].network);
            reachable += person->chats[k].reachable;
        }
        row[0] = number(a, person->id);
        row[1] = person->label;
        row[2] = duties;
        row[3] = networks;
        row[4] = number(a, (int64_t)reachable);
        row[5] = person->paused_until > a->now ? moment(a, person->paused_until) : "";
    }
    return 0;
}

static int take_out(struct asking *a)
{
    int64_t id = coordinator_number(a);
    int done = deskwork_revoke(a->turns->work, a->turns->data, id, a->now, a->arena, a->pushed, a->err);
    if (done == 0)
        return refuse(a,
                      "there is no coordinator of that number; `selvhjelpsctl coordinator list` shows them");
    return done < 0 ? -1 : 0;
}

/* ---- requests ---- */

static const char *state_name(const struct request *r)
{
    static const char *const states[] = {"sent", "taken", "closed"};
    static const char *const endings[] = {"closed",    "joined",  "declined", "not reached",
                                          "withdrawn", "expired", "answered"};
    return request_open(r) ? states[r->state] : endings[r->ending];
}

static const char *reach_name(enum reach reach)
{
    static const char *const names[] = {"", "chat", "telephone", "e-mail"};
    return names[reach];
}

static int requests(struct asking *a)
{
    const struct request *list;
    size_t n;
    enum { PAGE = 500, PERSONAL_PAGE = 50 }; /* so that a page fits a message */
    const char *after = ask_with(a->ask, "after");
    bool personal = strcmp(ask_with(a->ask, "personal"), "yes") == 0;
    if (store_requests_all(a->turns->store, ref_read(after, strlen(after)), personal ? PERSONAL_PAGE : PAGE,
                           a->arena, &list, &n, a->err))
        return -1;
    COLUMNS(a, "reference", "kind", "state", "scope", "kommune", "created", "since", "taker", "due", "reach",
            "name", "contact", "words");
    a->answer->n_columns = personal ? 13 : 9;
    for (size_t i = 0; i < n; i++) {
        const struct request *r = &list[i];
        const char **row = answer_row(a->answer, a->arena);
        char ref[REF_SIZE];
        ref_write(r->id, ref);
        row[0] = arena_strdup(a->arena, ref);
        row[1] = r->kind == REQUEST_MESSAGE ? "message" : "join";
        row[2] = state_name(r);
        row[3] = r->scope;
        row[4] = personal ? r->kommune : "";
        row[5] = moment(a, r->created);
        row[6] = moment(a, r->since);
        row[7] = r->taker ? number(a, r->taker) : "";
        row[8] = request_open(r) ? moment(a, r->due) : "";
        row[9] = reach_name(r->reach);
        row[10] = r->alias;
        row[11] = r->contact;
        row[12] = r->words;
    }
    return 0;
}

static int proposals(struct asking *a)
{
    struct proposal *list;
    size_t n;
    enum { PAGE = 50 };
    if (store_proposals(a->turns->store, strtoll(ask_with(a->ask, "after"), NULL, 10), PAGE, a->arena, &list,
                        &n, a->err))
        return -1;
    COLUMNS(a, "id", "contact_point", "created", "text");
    for (size_t i = 0; i < n; i++) {
        const char **row = answer_row(a->answer, a->arena);
        row[0] = number(a, list[i].id);
        row[1] = list[i].point;
        row[2] = moment(a, list[i].created);
        row[3] = list[i].text;
    }
    return 0;
}

static const char *shown_number(struct asking *a, int64_t value)
{
    enum { SMALL = 5 };
    return value > 0 && value < SMALL ? "<5" : number(a, value);
}

static int counts(struct asking *a)
{
    struct month_count *list;
    size_t n;
    struct civil today = clock_oslo(a->now);
    int year = 0, month = 0, after = -1;
    if (sscanf(ask_with(a->ask, "after"), "%4d-%2d", &year, &month) == 2)
        after = year * 12 + month - 1;
    /* the month that is not over is left out: what is added later would tell of single persons */
    if (store_counts(a->turns->store, after, today.year * 12 + today.month - 1, a->arena, &list, &n, a->err))
        return -1;
    COLUMNS(a, "month", "kommune", "searches", "requests", "unmet");
    for (size_t i = 0; i < n; i++) {
        const char **row = answer_row(a->answer, a->arena);
        row[0] = arena_printf(a->arena, "%04d-%02d", list[i].month / 12, list[i].month % 12 + 1);
        row[1] = list[i].kommune;
        row[2] = shown_number(a, list[i].searches);
        row[3] = shown_number(a, list[i].requests);
        row[4] = shown_number(a, list[i].unmet);
    }
    return 0;
}

int ask_answer(const struct turns *turns, const struct ask *ask, int64_t now, struct arena *arena,
               struct answer *answer, struct pushed *pushed, struct err *err)
{
    static const struct {
        const char *what;
        int (*answer)(struct asking *);
    } table[] = {{"invite", invite},     {"coordinators", coordinators}, {"revoke", take_out},
                 {"requests", requests}, {"proposals", proposals},       {"counts", counts}};
    struct asking a = {turns, ask, now, arena, answer, pushed, err};
    *answer = (struct answer){.id = ask->id};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].what, ask->what) == 0)
            return table[i].answer(&a);
    return refuse(&a, "the core knows no such question; is it an older version than the program that asks?");
}
