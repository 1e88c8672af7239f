/* What a coordinator types: `ta K7PXM`, `svar K7PXM Hei!`, `pause til 15. desember`. Pure text, no state. */
#ifndef TALK_COMMAND_H
#define TALK_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum verb {
    VERB_NONE,
    VERB_LIST,   /* ny, liste */
    VERB_TAKE,   /* ta REF */
    VERB_ANSWER, /* svar [REF] [text] */
    VERB_PASS,   /* send videre REF */
    VERB_CLOSE,  /* ferdig [REF] [outcome] */
    VERB_PAUSE,  /* pause til DATE, pause slutt */
    VERB_RIGHT,  /* stemmer */
    VERB_EDIT,   /* endre TEXT */
    VERB_HELP,
    VERB_UNBIND, /* koble fra */
};

struct command {
    enum verb verb;
    const char *ref;  /* as typed, the arena's; NULL: none */
    const char *rest; /* what stands behind verb and reference, borrowed from the message; may be empty */
};

struct command command_read(const char *raw, struct arena *arena);

/* The moment at which a day begins in Oslo that is written as `15.12`, `15.12.2026`, `15. desember`,
 * `2026-12-15`, with or without `til` before it; without a year the next one to come. 0: no such day, or not
 * within a year from `now`. */
int64_t command_date(const char *text, int64_t now);

#endif
