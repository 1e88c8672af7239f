/* How a command of selvhjelpsctl asks the core. */
#ifndef CTL_ASKING_H
#define CTL_ASKING_H

#include "ctl/ctl.h"
#include "wire/ask.h"

/* Asks the running core over MQTT; where none runs, opens the database and answers in process. False with the
 * reason on stderr. Texts of the answer are the arena's. */
bool ctl_ask(struct ctl *ctl, struct ask *ask, struct arena *arena, struct answer *answer);
/* As the user that owns the database, where this runs as root: no file may be left that the core cannot open.
 */
void ctl_become_owner(const struct settings *settings);
/* Whether `--name` stands in argv[from…]; takes it out. */
bool ctl_flag(int *argc, char **argv, const char *name);
/* The value behind `--name`, taken out together with it; NULL when it is not there. */
const char *ctl_option(int *argc, char **argv, const char *name);
/* One cell as CSV (RFC 4180): quoted where it has to be, and harmless to a spreadsheet (a leading =, +, -, @
 * gets an apostrophe). */
void ctl_csv_cell(const char *text, char end);

#endif
