/* What the files of the resident's flow share. */
#ifndef TALK_JOIN_H
#define TALK_JOIN_H

#include "talk/flows.h"
#include "talk/typed.h"

/* The last step was answered: sends the request or the change, or registers the wish (join_send.c). */
void join_finish(struct turn *t);

/* The people of the request's scope hear that it is there to be taken. */
void join_announce(struct turn *t, const struct request *request, const char *key);

void join_nobody(struct turn *t, const char *scope); /* says that nobody there can get it, and what to do */
void join_wrong(struct turn *t, const char *key); /* what was typed does not do; the step's buttons again */
void join_stopped(struct turn *t, bool changed);  /* says that nothing was sent, or nothing changed */

#endif
