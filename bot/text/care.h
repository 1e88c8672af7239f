/* Care: whether a message may be a crisis, and of which class. Decided from the crisis intents' scores,
 * before and apart from everything else that the message may want. */
#ifndef TEXT_CARE_H
#define TEXT_CARE_H

#include "text/intents.h"

enum care_level { CARE_NONE, CARE_POSSIBLE, CARE_CERTAIN };

struct care {
    enum care_level level;
    const struct intent *class; /* NULL when level is none or the model decided; borrowed */
    int line;                   /* of the pattern that decided, 0: a pattern passed its limit */
};

/* The class with the best score; priority decides between equal ones. A crisis pattern that passed its limit
 * counts as possible. Where no pattern matched, the care model may say possible (class and line stay empty);
 * `calmed` is what intents_score returned. */
struct care care_decide(const struct intents *intents, const struct intent_score *scores, const char *calmed);

const char *care_name(enum care_level level); /* none, possible, certain */

#endif
