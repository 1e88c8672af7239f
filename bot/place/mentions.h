/* Places that a message mentions. A word that is also an ordinary word counts only where the sentence makes
 * it a place, or where the bot has just asked for one. Pure: all memory is the arena's.
 *
 * Where things are: mentions.c finds names, mention_post.c postal codes, mention_roles.c tells what each is
 * to the person and lets what stands beside a name of several meanings decide; cues.c lists the words for it.
 */
#ifndef PLACE_MENTIONS_H
#define PLACE_MENTIONS_H

#include <stdbool.h>

#include "place/gazetteer.h"
#include "text/normalise.h"

enum { MENTIONS_MOST = 8 };

/* What a place is to the person, the more telling the higher. */
enum role {
    ROLE_NOT,   /* they say that it is not there (`ikke Oslo, men …`) */
    ROLE_OTHER, /* somebody else lives there */
    ROLE_AWAY,  /* they only come from, work or were there */
    ROLE_NAMED,
    ROLE_HOME,  /* they live there */
    ROLE_SEEK,  /* they look for something there */
    ROLE_MEANT, /* they correct themselves to it: `nei, jeg mener Horten` */
};

struct mention {
    const char *text;           /* as written, the arena's */
    const struct place *places; /* its meanings by next; borrowed from the gazetteer or the arena's */
    size_t count;               /* of meanings: two or more is ambiguous */
    enum role role;
    bool spelled; /* found by correcting the spelling, and not certain: to be asked about */
    bool whole;   /* the message is nothing but this place */
    size_t at, n; /* its words in the text */
};

struct mentions {
    struct mention list[MENTIONS_MOST]; /* the main one first, else in the order of the text */
    size_t count;
    size_t words; /* of the text that belong to a mention */
    const char
        *abroad; /* a country or city outside Norway where the person seems to be, as written; or NULL */
};

/* `asked`: the bot has just asked where the person lives. */
struct mentions mentions_find(const struct gazetteer *gazetteer, const struct text *text, bool asked,
                              struct arena *arena);

/* The one that tells where the person lives or looks. NULL when there is none, or they only say where not. */
const struct mention *mentions_main(const struct mentions *mentions);

/* The one of `places` that lies in, or alone close to, one of `near`; NULL when none or several do. */
const struct place *mentions_choose(const struct place *places, const struct place *near,
                                    struct arena *arena);

const char *role_name(enum role role);

#endif
