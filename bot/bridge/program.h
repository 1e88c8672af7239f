/* What the main function of every bridge does: options, settings, signals. A bridge's own main_*.c names its
 * functions and its help. */
#ifndef BRIDGE_PROGRAM_H
#define BRIDGE_PROGRAM_H

#include "base/err.h"
#include "base/settings.h"
#include "bridge/loop.h"

struct bridge_program {
    const char *name;  /* of the program, also in its log */
    const char *extra; /* a line for the help, or "" */
    bool quiet;        /* its terminal is for something else: log warnings only */
    bool secret;       /* it holds a secret of others: no core dump */
    bridge_offline_text *offline_text;
    /* Looks whether run would do; connects to nothing but what `extra` says. 0 or -1 with lines in `err`. */
    int (*check)(const struct settings *settings, bridge_offline_text *offline_text, struct err *err);
    /* Runs until `stop` (a descriptor) can be read: SIGINT or SIGTERM came. The exit status; 1 with lines in
     * `err` when it cannot start. */
    int (*run)(const struct settings *settings, bridge_offline_text *offline_text, int stop, struct err *err);
};

/* Exit statuses besides BRIDGE_EXIT_TAKEN_OVER. */
enum { BRIDGE_EXIT_USAGE = 64, BRIDGE_EXIT_REFUSED = 4 /* the network refuses the token */ };

/* `[-n] [-c FILE] [-o section.key=value]…`; the exit status. */
int bridge_program(const struct bridge_program *program, int argc, char **argv);

#endif
