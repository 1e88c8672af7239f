/* `selvhjelpsctl requests`: how many requests are in which state, how old the oldest is, and where; nothing
 * personal unless it is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/asking.h"
#include "talk/roster.h"

enum { PLACES_MOST = 400, OLD_DAYS = 7 };

/* The requests of one recipient. */
struct recipient {
    const char *scope;
    int sent, taken, closed;
    int64_t oldest; /* of those not taken, ms; 0: none */
};

static const char *place_name(struct ctl *ctl, const char *scope)
{
    const struct dataset *data = ctl_dataset(ctl);
    const struct contact_point *point = scope_point(scope, data->registry);
    const char *fylke = scope_fylke(scope, data->gazetteer);
    return point ? point->name : fylke ? fylke : strcmp(scope, "f:land") == 0 ? "hele landet" : scope;
}

static struct recipient *recipient_of(struct recipient *places, size_t *count, const char *scope)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(places[i].scope, scope) == 0)
            return &places[i];
    if (*count == PLACES_MOST)
        return NULL;
    places[*count] = (struct recipient){.scope = scope};
    return &places[(*count)++];
}

static void count_row(const struct answer *answer, size_t row, struct recipient *place)
{
    const char *state = answer_cell(answer, row, "state");
    int64_t since = 0;
    clock_parse(answer_cell(answer, row, "since"), &since);
    if (strcmp(state, "sent") == 0) {
        place->sent++;
        place->oldest = !place->oldest || since < place->oldest ? since : place->oldest;
    } else if (strcmp(state, "taken") == 0) {
        place->taken++;
    } else {
        place->closed++;
    }
}

static void print_place(struct ctl *ctl, const struct recipient *place, int64_t now)
{
    int days = place->oldest ? (int)((now - place->oldest) / CLOCK_DAY) : 0;
    printf("%5d %6d %9d  ", place->sent, place->taken, place->closed);
    if (place->oldest)
        printf("%4d d%s ", days, days >= OLD_DAYS ? " !" : "  ");
    else
        printf("         ");
    printf("%s%s\n", scope_is_reserve(place->scope) ? "reservekontakt: " : "", place_name(ctl, place->scope));
}

/* The counts of all pages. */
struct counting {
    struct recipient places[PLACES_MOST];
    struct recipient all;
    size_t count;
};

static void count_page(struct counting *counting, const struct answer *answer, struct arena *arena)
{
    for (size_t i = 0; i < answer->n_rows; i++) {
        struct recipient *place = recipient_of(counting->places, &counting->count,
                                               arena_strdup(arena, answer_cell(answer, i, "scope")));
        count_row(answer, i, &counting->all);
        if (place)
            count_row(answer, i, place);
    }
}

static void print_counts(struct ctl *ctl, const struct counting *counting)
{
    const struct recipient *all = &counting->all;
    int64_t now = clock_wall_ms();
    puts("venter   tatt  avsluttet  eldste   sted");
    for (size_t i = 0; i < counting->count; i++)
        print_place(ctl, &counting->places[i], now);
    printf("%5d %6d %9d  i alt\n", all->sent, all->taken, all->closed);
    if (all->oldest && now - all->oldest >= OLD_DAYS * CLOCK_DAY)
        puts("! har ventet en uke eller mer");
}

static void print_header(const struct answer *answer)
{
    for (size_t i = 0; i < answer->n_columns; i++)
        ctl_csv_cell(answer->columns[i], i + 1 == answer->n_columns ? '\n' : ',');
}

static void print_page(const struct answer *answer)
{
    for (size_t row = 0; row < answer->n_rows; row++)
        for (size_t i = 0; i < answer->n_columns; i++)
            ctl_csv_cell(answer_cell(answer, row, answer->columns[i]),
                         i + 1 == answer->n_columns ? '\n' : ',');
}

/* Reads page after page; false when one did not come. */
static bool read_pages(struct ctl *ctl, bool personal, struct counting *counting, struct arena *arena)
{
    const char *after = "";
    for (bool first = true;; first = false) {
        struct ask ask = {.what = "requests"};
        struct answer answer;
        ask_add(&ask, "personal", personal ? "yes" : "no");
        ask_add(&ask, "after", after);
        if (!ctl_ask(ctl, &ask, arena, &answer))
            return false;
        if (personal && first)
            print_header(&answer);
        if (!answer.n_rows)
            return true;
        if (personal)
            print_page(&answer);
        else
            count_page(counting, &answer, arena);
        after = answer_cell(&answer, answer.n_rows - 1, "reference");
    }
}

int ctl_requests(struct ctl *ctl, int argc, char **argv)
{
    static struct counting counting;
    struct arena arena = ARENA_INIT;
    bool personal = ctl_flag(&argc, argv, "--personal");
    if (argc > 1)
        return ctl_usage("requests [--personal]   --personal: every request as CSV, with names and words");
    bool done = read_pages(ctl, personal, &counting, &arena);
    if (done && !personal)
        print_counts(ctl, &counting);
    arena_free(&arena);
    return done ? 0 : 1;
}
