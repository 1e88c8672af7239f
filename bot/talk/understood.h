/* What was understood of one message: the result of normalise, care, intents, places and language, made by
 * bot/understand.c and read by the dialogue. Everything is borrowed from the data set or the turn's arena. */
#ifndef TALK_UNDERSTOOD_H
#define TALK_UNDERSTOOD_H

#include "place/mentions.h"
#include "text/care.h"
#include "text/intents.h"
#include "text/language.h"

enum { SUGGESTIONS_MOST = 3 };

struct understood {
    struct text text;
    struct care care;
    bool calmed;                        /* words that only sound alarming (`slår meg i sjakk`) stand in it */
    const struct intent *intent;        /* what it wants; NULL: nothing decided */
    const struct intent *also;          /* a second thing it asks, or NULL */
    double score;                       /* 0 to 1 */
    bool unsure;                        /* … so low that the dialogue asks which one was meant */
    const struct intent *likely_crisis; /* of a possible crisis: its label, where the model finds it likelier
                                           than any other; or NULL */
    const char *rule_file;              /* where the decision stands, NULL when nothing decided */
    int rule_line;
    enum language language; /* as written; unknown when the words don't tell */
    int language_lead;      /* how clearly (text/language.h) */
    struct mentions mentions;
    const struct mention *place; /* the main one of them, or NULL */
    const char *topic;           /* what it is about (intents/topics.txt), or NULL */
    const struct intent *suggestions[SUGGESTIONS_MOST];
    size_t n_suggestions;
    const struct intent *runaway; /* an intent one of whose patterns passed its limit, or NULL */
    int runaway_line;
};

#endif
