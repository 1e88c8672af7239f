/* selvhjelpsbot-console: chat with the core from a terminal. Wiring only; the network is bridge/console.c. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/keys.h"
#include "base/log.h"
#include "bridge/console.h"
#include "builtin.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* SIGINT and SIGTERM arrive only inside the wait, whose mask *waiting becomes, so that none is missed. */
static void set_signals(sigset_t *waiting)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, waiting);
    sigdelset(waiting, SIGINT);
    sigdelset(waiting, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static int usage(void)
{
    fprintf(stderr, "use: selvhjelpsbot-console [-n] [-c FILE] [-o section.key=value]…\n\n"
                    "  -n  only check the settings and the key file; exit status 0 or 1\n");
    return 64;
}

static int run(const struct settings *settings, bool only_check, struct err *err)
{
    sigset_t waiting;
    if (only_check)
        return console_check(settings, builtin_offline, err) ? 1 : 0;
    set_signals(&waiting);
    struct console *console = console_new(settings, builtin_offline, err);
    if (!console)
        return 1;
    int status = console_run(console, &stop, &waiting);
    console_free(console);
    return status;
}

int main(int argc, char **argv)
{
    struct err err = {.count = 0};
    struct settings *settings = settings_new();
    bool only_check = false;
    int option, status = 1;
    log_name("selvhjelpsbot-console");
    log_quiet(true); /* the terminal is for the chat; warnings still show */
    key_start();
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
        status = usage();
    else if (!err.count)
        status = run(settings, only_check, &err);
    if (err.count)
        fputs(err.text, stderr);
    settings_free(settings);
    return status;
}
