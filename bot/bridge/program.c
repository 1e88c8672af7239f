#include "bridge/program.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/keys.h"
#include "base/log.h"

static int usage(const struct bridge_program *program)
{
    fprintf(stderr,
            "use: %s [-n] [-c FILE] [-o section.key=value]…\n\n"
            "  -n  only check the settings and the key file; exit status 0 or 1\n%s",
            program->name, program->extra);
    return BRIDGE_EXIT_USAGE;
}

/* The signals become something to read, so that the one wait sees them and none comes at a bad time. */
static int signals(void)
{
    sigset_t set;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const struct bridge_program *program, const struct settings *settings, bool only_check,
               struct err *err)
{
    if (only_check)
        return program->check(settings, program->offline_text, err) ? 1 : 0;
    int stop = signals();
    if (stop < 0)
        log_fatal("signals cannot be read");
    int status = program->run(settings, program->offline_text, stop, err);
    close(stop);
    return status;
}

int bridge_program(const struct bridge_program *program, int argc, char **argv)
{
    struct err err = {.count = 0};
    struct settings *settings = settings_new();
    bool only_check = false;
    int option, status = 1;
    log_name(program->name);
    log_quiet(program->quiet);
    key_start();
    if (program->secret)
        key_hide_process();
    while ((option = getopt(argc, argv, "nc:o:")) != -1) {
        if (option == 'n')
            only_check = true;
        else if (option == 'c')
            settings_load(settings, optarg, &err);
        else if (option == 'o')
            settings_set(settings, optarg, &err);
        else
            break;
    }
    if (option != -1 || optind != argc)
        status = usage(program);
    else if (!err.count)
        status = run(program, settings, only_check, &err);
    if (err.count)
        fputs(err.text, stderr);
    settings_free(settings);
    return status;
}
