/* Help lines as data (`replies/helplines.ini`): a number stands in one place, with hours that a machine can
 * read, for whom it is, and when it was last confirmed. */
#ifndef TEXT_HELPLINES_H
#define TEXT_HELPLINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "text/language.h"
#include "text/replies.h"

enum { HELPLINES_MOST = 40, HOURS_MOST = 10, LINES_SHOWN = 5 };

struct hours {
    unsigned days;   /* bit 0 = Monday … bit 6 = Sunday */
    int open, close; /* minutes after midnight in Oslo; close may be 1440 */
};

struct helpline {
    const char *id, *number;
    const char *name[4], *who[4]; /* by enum language */
    const char *classes;          /* `,krise_selvmord,alle,` */
    bool always;                  /* open day and night */
    struct hours hours[HOURS_MOST];
    size_t n_hours;
    int order;
    const char *confirmed; /* YYYY-MM */
};

struct helplines;

/* Owned by the caller. A line without a number, hours or date is refused. NULL with lines in `err`. */
struct helplines *helplines_load(const char *path, struct err *err);
void helplines_free(struct helplines *lines);

bool helpline_open(const struct helpline *line, int64_t now);

/* The lines for a class (`krise_vold`, `alle`), open ones first, then by their order. Returns how many. */
size_t helplines_pick(const struct helplines *lines, const char *class, int64_t now,
                      const struct helpline **out, size_t most);

/* Hours in words: `døgnåpen`, `åpen nå, til kl. 15`, `åpner mandag kl. 9`. The words come from the reply set.
 */
void helpline_hours(const struct helpline *line, const struct replies *replies, enum language language,
                    int64_t now, struct buf *out);

/* For tests and `check`. */
const struct helpline *helplines_find(const struct helplines *lines, const char *id);
size_t helplines_count(const struct helplines *lines);
const struct helpline *helplines_at(const struct helplines *lines, size_t i);

#endif
