/* The commands of selvhjelpsctl: one file each in this folder, one line each in main_ctl.c. A command gets
 * its own name as argv[0] and returns the exit status. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/settings.h"
#include "dataset.h"

struct ctl {
    struct settings *settings;
    struct dataset *data;
};

/* All data files, loaded on first use; ends the program with the errors when they are broken. Borrowed. */
struct dataset *ctl_dataset(struct ctl *ctl);
/* Prints how a command is used on stderr; returns 64 (EX_USAGE). */
int ctl_usage(const char *usage);

int ctl_understand(struct ctl *ctl, int argc, char **argv);
int ctl_nearest(struct ctl *ctl, int argc, char **argv);
int ctl_places(struct ctl *ctl, int argc, char **argv);
int ctl_patterns(struct ctl *ctl, int argc, char **argv);
int ctl_coverage(struct ctl *ctl, int argc, char **argv);
int ctl_check(struct ctl *ctl, int argc, char **argv);
int ctl_chat(struct ctl *ctl, int argc, char **argv);
int ctl_health(struct ctl *ctl, int argc, char **argv);
int ctl_train_care(struct ctl *ctl, int argc, char **argv);
int ctl_train_labels(struct ctl *ctl, int argc, char **argv);
int ctl_train_language(struct ctl *ctl, int argc, char **argv);
int ctl_coordinator(struct ctl *ctl, int argc, char **argv);
int ctl_requests(struct ctl *ctl, int argc, char **argv);
int ctl_statistics(struct ctl *ctl, int argc, char **argv);
int ctl_backup(struct ctl *ctl, int argc, char **argv);
int ctl_restore(struct ctl *ctl, int argc, char **argv);
int ctl_settings(struct ctl *ctl, int argc, char **argv);

#endif
