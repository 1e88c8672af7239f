/* What the files of the resident's flow share. */
#ifndef TALK_JOIN_H
#define TALK_JOIN_H

#include "talk/flows.h"

/* The last step was answered: sends the request or the change, or registers the wish (join_send.c). */
void join_finish(struct turn *t);

/* A name out of what was typed (`jeg heter Kari.` → `Kari`): at most `words_most` words and `most`
 * characters, one line, with a letter in it. False when it is none; then `alias` is empty. */
bool join_read_name(const char *raw, size_t words_most, size_t most, char alias[ALIAS_SIZE]);
/* A telephone number or an e-mail address, alone or in a sentence. */
enum reach join_read_contact(const char *raw, char contact[CONTACT_SIZE]);
void join_keep_words(struct draft *draft, const char *raw);

/* The people of the request's scope hear that it is there to be taken. */
void join_announce(struct turn *t, const struct request *request, const char *key);

void join_nobody(struct turn *t, const char *scope); /* says that nobody there can get it, and what to do */
void join_wrong(struct turn *t, const char *key); /* what was typed does not do; the step's buttons again */
void join_stopped(struct turn *t, bool changed);  /* says that nothing was sent, or nothing changed */

#endif
