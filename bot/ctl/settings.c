#include "ctl/ctl.h"

#include <stdio.h>

int ctl_settings(struct ctl *ctl, int argc, char **argv)
{
    (void)ctl;
    (void)argv;
    if (argc > 1)
        return ctl_usage("settings");
    settings_print_defaults(stdout);
    return 0;
}
