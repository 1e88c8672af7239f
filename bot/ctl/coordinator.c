/* `selvhjelpsctl coordinator`: who receives requests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/asking.h"

static const char usage[] =
    "coordinator invite CONTACT-POINT [--name NAME] [--days N]\n"
    "       selvhjelpsctl coordinator invite FYLKE|Norge --role fallback [--name NAME]\n"
    "       selvhjelpsctl coordinator invite --role staff [--name NAME]\n"
    "       selvhjelpsctl coordinator invite --again NUMBER      another chat of the same person\n"
    "       selvhjelpsctl coordinator list | revoke NUMBER | proposals";

/* The day of a moment as people in Norway say it: their midnight is another day in UTC. Empty stays empty. */
static const char *day_in_oslo(const char *moment, struct arena *arena)
{
    int64_t ms;
    if (clock_parse(moment, &ms))
        return "";
    struct civil day = clock_oslo(ms);
    return arena_printf(arena, "%04d-%02d-%02d", day.year, day.month, day.day);
}

/* The number of a fylke by its name or number; NULL when there is none. */
static const char *fylke_number(struct ctl *ctl, const char *name)
{
    const struct gazetteer *gazetteer = ctl_dataset(ctl)->gazetteer;
    for (size_t i = 0; i < gazetteer_kommuner(gazetteer); i++) {
        const struct kommune *kommune = gazetteer_kommune_no(gazetteer, i);
        if (strcasecmp(kommune->fylke, name) == 0 || strcmp(kommune->fylke_number, name) == 0)
            return kommune->fylke_number;
    }
    return NULL;
}

static const char *scope_of(struct ctl *ctl, const char *role, const char *where, struct arena *arena)
{
    if (strcmp(role, "staff") == 0)
        return "s";
    if (strcmp(role, "fallback") != 0)
        return strcmp(role, "coordinator") == 0 && where ? arena_printf(arena, "p:%s", where) : NULL;
    if (!where || strcasecmp(where, "Norge") == 0 || strcasecmp(where, "land") == 0)
        return "f:land";
    const char *number = fylke_number(ctl, where);
    return number ? arena_printf(arena, "f:%s", number) : NULL;
}

static int invite(struct ctl *ctl, int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct ask ask = {.what = "invite"};
    struct answer answer;
    const char *role = ctl_option(&argc, argv, "--role"), *name = ctl_option(&argc, argv, "--name");
    const char *again = ctl_option(&argc, argv, "--again"), *days = ctl_option(&argc, argv, "--days");
    const char *scope = again ? ""
                              : scope_of(ctl, role ? role : "coordinator", argc > 1 ? argv[1] : NULL, &arena);
    if (argc > 2 || !scope) {
        if (argc == 2 && !scope)
            fprintf(
                stderr,
                "selvhjelpsctl: there is no fylke \"%s\", or no role \"%s\" (coordinator, fallback, staff)\n",
                argv[1], role ? role : "");
        arena_free(&arena);
        return ctl_usage(usage);
    }
    ask_add(&ask, "scope", scope);
    ask_add(&ask, "label", name ? name : "");
    ask_add(&ask, "coordinator", again ? again : "");
    ask_add(&ask, "days", days ? days : "");
    bool done = ctl_ask(ctl, &ask, &arena, &answer);
    if (done)
        printf("%s\n\nGi koden til den det gjelder, helst muntlig. Den sender dette til boten, fra chatten "
               "som skal "
               "brukes:\n\n    koble %s\n\nKoden virker én gang, til %s.\n",
               answer_cell(&answer, 0, "code"), answer_cell(&answer, 0, "code"),
               day_in_oslo(answer_cell(&answer, 0, "expires"), &arena));
    arena_free(&arena);
    return done ? 0 : 1;
}

static int list(struct ctl *ctl)
{
    struct arena arena = ARENA_INIT;
    struct ask ask = {.what = "coordinators"};
    struct answer answer;
    bool done = ctl_ask(ctl, &ask, &arena, &answer);
    if (done && !answer.n_rows)
        puts("Ingen er koblet ennå: selvhjelpsctl coordinator invite KONTAKTPUNKT");
    for (size_t i = 0; done && i < answer.n_rows; i++) {
        const char *paused = day_in_oslo(answer_cell(&answer, i, "paused_until"), &arena);
        printf("%4s  %-20s %s  (%s)%s%s%s\n", answer_cell(&answer, i, "id"), answer_cell(&answer, i, "label"),
               answer_cell(&answer, i, "duties"), answer_cell(&answer, i, "chats"),
               strcmp(answer_cell(&answer, i, "reachable"), "0") ? "" : "  KAN IKKE NÅS",
               *paused ? "  pause til " : "", paused);
    }
    arena_free(&arena);
    return done ? 0 : 1;
}

static int revoke(struct ctl *ctl, const char *number)
{
    struct arena arena = ARENA_INIT;
    struct ask ask = {.what = "revoke"};
    struct answer answer;
    ask_add(&ask, "coordinator", number);
    bool done = ctl_ask(ctl, &ask, &arena, &answer);
    if (done)
        printf("Koordinator %s er tatt ut. Forespørslene som var tatt, er ledige igjen.\n", number);
    arena_free(&arena);
    return done ? 0 : 1;
}

static int proposals(struct ctl *ctl)
{
    struct arena arena = ARENA_INIT;
    const char *after = "";
    bool done, more = true;
    do {
        struct ask ask = {.what = "proposals"};
        struct answer answer;
        ask_add(&ask, "after", after);
        done = ctl_ask(ctl, &ask, &arena, &answer);
        for (size_t i = 0; done && i < answer.n_rows; i++)
            printf("%s  %s\n    %s\n", day_in_oslo(answer_cell(&answer, i, "created"), &arena),
                   answer_cell(&answer, i, "contact_point"), answer_cell(&answer, i, "text"));
        more = done && answer.n_rows;
        after = more ? answer_cell(&answer, answer.n_rows - 1, "id") : "";
    } while (more);
    arena_free(&arena);
    return done ? 0 : 1;
}

int ctl_coordinator(struct ctl *ctl, int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "invite") == 0)
        return invite(ctl, argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list(ctl);
    if (argc == 3 && strcmp(argv[1], "revoke") == 0)
        return revoke(ctl, argv[2]);
    if (argc == 2 && strcmp(argv[1], "proposals") == 0)
        return proposals(ctl);
    return ctl_usage(usage);
}
