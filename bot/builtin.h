/* Texts and crisis words for the worst day: compiled in, so that a person in danger is answered when the
 * folders, the database or the core are broken. A test holds the numbers in them equal to
 * replies/helplines.ini. */
#ifndef BOT_BUILTIN_H
#define BOT_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

#include "text/language.h"

enum builtin {
    BUILTIN_CRISIS,  /* certain or possible crisis, of any class */
    BUILTIN_FAILED,  /* a text could not be rendered, or a message could not be handled */
    BUILTIN_OFFLINE, /* said by the bridge when the core is silent */
    BUILTIN_COUNT,
};

/* CommonMark; never NULL. Unknown language: nb. */
const char *builtin_text(enum builtin which, enum language language);

/* Whether one of a small list of crisis words stands in the message (nb, nn, dialect, en; upper or lower
 * case). It prefers one answer too many. */
bool builtin_is_crisis(const char *text, size_t len);

/* What the bridge answers while the core is silent; `*urgent` tells that crisis words stand in the message.
 */
const char *builtin_offline(const char *text, size_t len, const char *language, bool *urgent);

#endif
