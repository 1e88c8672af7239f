/* Places that a message mentions. A word that is also an ordinary word counts only where the sentence makes
 * it a place, or where the bot has just asked for one. Pure: all memory is the arena's. */
#ifndef PLACE_MENTIONS_H
#define PLACE_MENTIONS_H

#include <stdbool.h>

#include "place/gazetteer.h"
#include "text/normalise.h"

enum { MENTIONS_MOST = 8 };

struct mention {
    const char *text;           /* as written, the arena's */
    const struct place *places; /* its meanings by next; borrowed from the gazetteer or the arena's */
    size_t count;               /* of meanings: two or more is ambiguous */
    bool home;                  /* the sentence says that the person lives or looks here */
    bool away;                  /* … that they only come from, work or were there */
    bool spelled;               /* found by correcting the spelling */
    bool whole;                 /* the message is nothing but this place */
};

struct mentions {
    struct mention list[MENTIONS_MOST];
    size_t count;
    size_t words; /* of the text that belong to a mention */
    const char
        *abroad; /* a country or city outside Norway where the person seems to be, as written; or NULL */
};

/* `asked`: the bot has just asked where the person lives. */
struct mentions mentions_find(const struct gazetteer *gazetteer, const struct text *text, bool asked,
                              struct arena *arena);

/* The one that tells where the person lives or looks: a home, else the first that is not away, else the
 * first. NULL when there is none. */
const struct mention *mentions_main(const struct mentions *mentions);

#endif
