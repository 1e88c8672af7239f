/* What people type when they are asked for a name, a way to be reached, or their own words. Pure text, no
 * state. */
#ifndef TALK_TYPED_H
#define TALK_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "talk/request.h"

/* A name out of what was typed (`jeg heter Kari.` → `Kari`): at most `words_most` words and `most`
 * characters, one line, with a letter in it. False when it is none; then `alias` is empty. */
bool typed_name(const char *raw, size_t words_most, size_t most, char alias[ALIAS_SIZE]);
/* A telephone number or an e-mail address, alone or in a sentence. */
enum reach typed_contact(const char *raw, char contact[CONTACT_SIZE]);
/* Own words without blanks at their end and without control characters but line ends; what is longer than
 * WORDS_SIZE is cut between characters. */
void typed_words(const char *raw, char words[WORDS_SIZE]);

#endif
