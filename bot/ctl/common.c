#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct dataset *ctl_dataset(struct ctl *ctl)
{
    struct err err = {.count = 0};
    if (ctl->data)
        return ctl->data;
    ctl->data = mem_new(1, sizeof *ctl->data);
    if (dataset_load(ctl->data, ctl->settings, &err)) {
        fprintf(stderr, "%s", err.text);
        if (err.count > 1)
            fprintf(stderr, "%u faults; mend them and try again (selvhjelpsctl check)\n", err.count);
        exit(1);
    }
    return ctl->data;
}

int ctl_usage(const char *usage)
{
    fprintf(stderr, "use: selvhjelpsctl %s\n", usage);
    return 64;
}
