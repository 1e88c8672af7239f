/* What staff's programs ask the core, and its answers: `ask/<name>` and `answer/<name>`, <name> being the
 * account that asks. Both are small JSON objects; the answer is a table of texts.
 *
 *   ask     {"id", "ask": what, "with": {name: text}}
 *   answer  {"id", "error"?, "columns": […], "rows": [[…]…]}
 *
 * An answer may hold personal data: the broker's rights let each account read its own answers only. */
#ifndef WIRE_ASK_H
#define WIRE_ASK_H

#include "wire/contract.h"

enum { ASK_MOST = 8, COLUMNS_MOST = 16, ASK_TEXT_LARGEST = 2000 };

struct ask_pair {
    const char *name, *text;
};

struct ask {
    const char *id, *what;
    struct ask_pair with[ASK_MOST];
    size_t count;
};

/* A member of `with`, empty when it is not there. Borrowed from the ask. */
const char *ask_with(const struct ask *ask, const char *name);
void ask_add(struct ask *ask, const char *name, const char *text); /* borrows both; at most ASK_MOST */

void ask_write(const struct ask *ask, struct buf *out);
/* Texts are the arena's. 0, or -1: not an ask; *id is then its id if that could be read, else NULL. */
int ask_read(const char *payload, size_t len, struct arena *arena, struct ask *ask, const char **id);

struct answer {
    const char *id, *error; /* error: a line for a person, NULL: none */
    const char *columns[COLUMNS_MOST];
    size_t n_columns;
    const char **cells; /* row by row */
    size_t n_rows, cap;
};

/* Adds an empty row (the arena's) and returns its cells, all of them "". */
const char **answer_row(struct answer *answer, struct arena *arena);
void answer_write(const struct answer *answer, struct buf *out);
int answer_read(const char *payload, size_t len, struct arena *arena, struct answer *answer);
/* The cell of a named column; empty when there is no such column. */
const char *answer_cell(const struct answer *answer, size_t row, const char *column);

#endif
