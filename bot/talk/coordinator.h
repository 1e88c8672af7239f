/* What the two files of the coordinators' flow share. */
#ifndef TALK_COORDINATOR_H
#define TALK_COORDINATOR_H

#include "talk/flows.h"

/* All of a request that the one who took it may see. */
void coordinator_show(struct turn *t, const struct request *request, bool again);

/* coordinator_duty.c */
void coordinator_pass(struct turn *t, const struct request *request); /* to whom? */
void coordinator_pass_to(struct turn *t, const char *action);         /* `<id>:<scope>` */
bool coordinator_pause(struct turn *t, const char *text);             /* false: not meant as a command */
bool coordinator_right(struct turn *t);
bool coordinator_edit(struct turn *t, const char *text);
void coordinator_unbind(struct turn *t);

#endif
