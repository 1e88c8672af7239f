/* selvhjelpsbot: the core. Wiring only. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/keys.h"
#include "base/log.h"
#include "core.h"
#include "store/store.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int usage(void)
{
    fprintf(stderr, "use: selvhjelpsbot [-n] [-t] [-c FILE] [-o section.key=value]…\n"
                    "  -n  check settings and data files, then end with 0 or 1\n"
                    "  -t  trust the clock: go on deleting what is old after the clock has jumped\n"
                    "  -c  settings file   -o  one setting (both may be repeated)\n");
    return 64;
}

static int check(const struct settings *settings)
{
    struct err err = {.count = 0};
    int rc = core_check(settings, &err);
    if (rc)
        fprintf(stderr, "%s", err.text);
    else
        puts("selvhjelpsbot: settings and data files are good");
    return rc ? 1 : 0;
}

static int trust_clock(const struct settings *settings, struct err *err)
{
    struct store *store = store_open(settings_text(settings, "core.database"), err);
    if (!store)
        return -1;
    store_trust_clock(store, clock_wall_ms());
    store_close(store);
    return 0;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* a file-size limit is met as a failed write, like a full disk */
}

int main(int argc, char **argv)
{
    struct err err = {.count = 0};
    struct settings *settings = settings_new();
    bool only_check = false, trust = false;
    int option, rc = 1;
    log_name("selvhjelpsbot");
    umask(0077); /* what it writes is nobody else's to read */
    key_start();
    while ((option = getopt(argc, argv, "c:o:nth")) != -1) {
        if (option == 'c')
            settings_load(settings, optarg, &err);
        else if (option == 'o')
            settings_set(settings, optarg, &err);
        else if (option == 'n')
            only_check = true;
        else if (option == 't')
            trust = true;
        else
            return usage();
    }
    if (optind < argc)
        return usage();
    if (!err.count && trust)
        trust_clock(settings, &err);
    if (err.count) {
        fprintf(stderr, "%s", err.text);
    } else if (only_check) {
        rc = check(settings);
    } else {
        catch_signals();
        rc = core_run(settings, &stop);
    }
    settings_free(settings);
    return rc;
}
