/* `selvhjelpsctl statistics`: searches, requests and unmet demand by kommune and closed month.
 *
 * The core hides small numbers (`<5`); the total of a month is the sum of the numbers that are shown, so that
 * it gives no hidden one away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/asking.h"

enum { NUMBERS = 3 };
static const char *const names[NUMBERS] = {"searches", "requests", "unmet"};

static const char *kommune_name(struct ctl *ctl, const char *number)
{
    const struct kommune *kommune = gazetteer_kommune(ctl_dataset(ctl)->gazetteer, number);
    return kommune ? kommune->short_name : number;
}

static void print_csv(struct ctl *ctl, const struct answer *month)
{
    for (size_t row = 0; row < month->n_rows; row++) {
        ctl_csv_cell(answer_cell(month, row, "month"), ',');
        ctl_csv_cell(answer_cell(month, row, "kommune"), ',');
        ctl_csv_cell(kommune_name(ctl, answer_cell(month, row, "kommune")), ',');
        for (int i = 0; i < NUMBERS; i++)
            ctl_csv_cell(answer_cell(month, row, names[i]), i + 1 == NUMBERS ? '\n' : ',');
    }
}

static void print_text(struct ctl *ctl, const struct answer *month)
{
    long sums[NUMBERS] = {0, 0, 0};
    printf("%s\n  søk i alt  forespørsler  uten svar  kommune\n", answer_cell(month, 0, "month"));
    for (size_t row = 0; row < month->n_rows; row++) {
        for (int i = 0; i < NUMBERS; i++)
            sums[i] += strtol(answer_cell(month, row, names[i]), NULL, 10); /* `<5` adds nothing */
        printf("  %9s %13s %10s  %s\n", answer_cell(month, row, names[0]), answer_cell(month, row, names[1]),
               answer_cell(month, row, names[2]), kommune_name(ctl, answer_cell(month, row, "kommune")));
    }
    printf("  %9ld %13ld %10ld  i alt av tallene som er vist\n", sums[0], sums[1], sums[2]);
}

static bool print_months(struct ctl *ctl, bool csv, struct arena *arena)
{
    const char *after = "";
    if (csv)
        fputs("month,kommune,name,searches,requests,unmet\r\n", stdout);
    for (;;) {
        struct ask ask = {.what = "counts"};
        struct answer month;
        ask_add(&ask, "after", after);
        if (!ctl_ask(ctl, &ask, arena, &month))
            return false;
        if (!month.n_rows)
            break;
        if (csv)
            print_csv(ctl, &month);
        else
            print_text(ctl, &month);
        after = answer_cell(&month, 0, "month");
    }
    if (!*after)
        fputs("Ingen måned er avsluttet ennå; tallene vises fra neste måned.\n", stderr);
    return true;
}

int ctl_statistics(struct ctl *ctl, int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    bool csv = ctl_flag(&argc, argv, "--csv");
    if (argc > 1)
        return ctl_usage("statistics [--csv]");
    bool done = print_months(ctl, csv, &arena);
    arena_free(&arena);
    return done ? 0 : 1;
}
