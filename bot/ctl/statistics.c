/* `selvhjelpsctl statistics`: searches, requests and unmet demand by kommune and closed month.
 *
 * Small numbers could tell of a person, so 1 to 4 are shown as `<5`. The total of a month is the sum of the
 * numbers that are shown, so that it gives no hidden one away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/asking.h"

enum { SMALL = 5, NUMBERS = 3 };
static const char *const names[NUMBERS] = {"searches", "requests", "unmet"};

static long number_of(const struct answer *answer, size_t row, int which)
{
    return strtol(answer_cell(answer, row, names[which]), NULL, 10);
}

static const char *shown(long number, char out[24])
{
    if (number > 0 && number < SMALL)
        return "<5";
    snprintf(out, 24, "%ld", number);
    return out;
}

static const char *this_month(char out[16])
{
    struct civil today = clock_oslo(clock_wall_ms());
    snprintf(out, 16, "%04d-%02d", today.year % 10000, today.month % 100);
    return out;
}

static void print_csv_row(const char *month, const char *number, const char *name,
                          const struct answer *answer, size_t row)
{
    char text[24];
    ctl_csv_cell(month, ',');
    ctl_csv_cell(number, ',');
    ctl_csv_cell(name, ',');
    for (int i = 0; i < NUMBERS; i++)
        ctl_csv_cell(shown(number_of(answer, row, i), text), i + 1 == NUMBERS ? '\n' : ',');
}

static void print_text_row(const char *name, const struct answer *answer, size_t row)
{
    char text[NUMBERS][24];
    printf("  %7s %12s %10s  %s\n", shown(number_of(answer, row, 0), text[0]),
           shown(number_of(answer, row, 1), text[1]), shown(number_of(answer, row, 2), text[2]), name);
}

static void print_sum(const long sums[NUMBERS])
{
    printf("  %7ld %12ld %10ld  i alt av tallene som er vist\n", sums[0], sums[1], sums[2]);
}

static void print_rows(struct ctl *ctl, const struct answer *answer, bool csv)
{
    const struct gazetteer *gazetteer = ctl_dataset(ctl)->gazetteer;
    char open_month[16];
    const char *month = "";
    long sums[NUMBERS] = {0, 0, 0};
    this_month(open_month);
    if (csv)
        fputs("month,kommune,name,searches,requests,unmet\r\n", stdout);
    for (size_t row = 0; row < answer->n_rows; row++) {
        const char *at = answer_cell(answer, row, "month"), *number = answer_cell(answer, row, "kommune");
        const struct kommune *kommune = gazetteer_kommune(gazetteer, number);
        const char *name = kommune ? kommune->short_name : number;
        if (strcmp(at, open_month) >= 0)
            break; /* not closed: what is added later would tell of single persons */
        if (!csv && strcmp(at, month)) {
            if (*month)
                print_sum(sums);
            memset(sums, 0, sizeof sums);
            printf("%s\n  søk i alt  forespørsler  uten svar  kommune\n", at);
        }
        month = at;
        for (int i = 0; i < NUMBERS; i++)
            sums[i] += number_of(answer, row, i) >= SMALL ? number_of(answer, row, i) : 0;
        if (csv)
            print_csv_row(at, number, name, answer, row);
        else
            print_text_row(name, answer, row);
    }
    if (!csv && *month)
        print_sum(sums);
    if (!*month)
        fputs("Ingen måned er avsluttet ennå; tallene vises fra neste måned.\n", stderr);
}

int ctl_statistics(struct ctl *ctl, int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct ask ask = {.what = "counts"};
    struct answer answer;
    bool csv = ctl_flag(&argc, argv, "--csv");
    if (argc > 1)
        return ctl_usage("statistics [--csv]");
    bool done = ctl_ask(ctl, &ask, &arena, &answer);
    if (done)
        print_rows(ctl, &answer, csv);
    arena_free(&arena);
    return done ? 0 : 1;
}
