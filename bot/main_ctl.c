/* selvhjelpsctl: what staff and operators do from a terminal. Wiring only; the commands live
 * in ctl/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/keys.h"
#include "base/log.h"
#include "ctl/ctl.h"

static const struct command {
    const char *name;
    int (*run)(struct ctl *, int, char **);
    const char *help;
} commands[] = {
    {"chat", ctl_chat, "a conversation on stdin and stdout, in process, without a broker"},
    {"check", ctl_check, "every data file, example and reject; faults with file and line"},
    {"nearest", ctl_nearest, "the contact points nearest to a place ([--json] PLACE [TOPIC])"},
    {"patterns", ctl_patterns, "the time to understand a message, and the ten slowest patterns (FILE…)"},
    {"places", ctl_places, "what is known of a place or a postal code, and from where (PLACE)"},
    {"coverage", ctl_coverage,
     "the nearest contact point of each kommune, as CSV, or as a map (--map FILE.svg)"},
    {"coordinator", ctl_coordinator, "who receives requests: invite, list, revoke, proposals"},
    {"requests", ctl_requests, "requests by state and place ([--personal])"},
    {"statistics", ctl_statistics, "searches, requests and unmet demand by kommune and month ([--csv])"},
    {"backup", ctl_backup, "the database and the key files into one file, while the core runs (FILE)"},
    {"restore", ctl_restore, "puts them back; the core must be stopped (FILE [--replace])"},
    {"health", ctl_health, "broker, programs, outbox, edits, disk, clock; exit status for a monitor"},
    {"settings", ctl_settings, "every setting with its default, as a settings file"},
    {"train-care", ctl_train_care, "learn the care model from labelled messages (make care-model)"},
    {"train-language", ctl_train_language, "learn which language a message has (make language-model)"},
    {"train-labels", ctl_train_labels, "learn the label model from labelled messages (make label-model)"},
    {"understand", ctl_understand, "what the bot understands of each line on stdin, as JSON"},
};

static int usage(void)
{
    fprintf(stderr, "use: selvhjelpsctl [-c FILE] [-o section.key=value]… COMMAND\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(stderr, "  %-13s %s\n", commands[i].name, commands[i].help);
    return 64;
}

static int run_command(struct ctl *ctl, int argc, char **argv)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, argv[0]) == 0)
            return commands[i].run(ctl, argc, argv);
    fprintf(stderr, "selvhjelpsctl: there is no command \"%s\"\n", argv[0]);
    return usage();
}

int main(int argc, char **argv)
{
    struct err err = {.count = 0};
    struct ctl ctl = {settings_new(), NULL};
    int option, rc = 0;
    log_name("selvhjelpsctl");
    key_start();
    while ((option = getopt(argc, argv, "+c:o:h")) != -1) {
        if (option == 'c')
            settings_load(ctl.settings, optarg, &err);
        else if (option == 'o')
            settings_set(ctl.settings, optarg, &err);
        else
            return usage();
    }
    if (err.count) {
        fprintf(stderr, "%s", err.text);
        return 1;
    }
    rc = optind == argc ? usage() : run_command(&ctl, argc - optind, argv + optind);
    if (ctl.data)
        dataset_free(ctl.data);
    free(ctl.data);
    settings_free(ctl.settings);
    return rc;
}
