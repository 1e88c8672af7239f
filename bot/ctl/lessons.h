/* Labelled messages for the learners: the intents' own examples and rejects, and files of
 * label<TAB>variety<TAB>message.
 */
#ifndef CTL_LESSONS_H
#define CTL_LESSONS_H

#include <stdbool.h>

#include "base/map.h"
#include "place/gazetteer.h"
#include "text/intents.h"

/* What is learned: the label of a message, or its language, which its variety tells. */
enum lessons_of { LESSONS_OF_LABELS, LESSONS_OF_LANGUAGE };

struct lesson {
    const char *label; /* or the code of the language */
    bool held;         /* an example or a reject of an intent, not only a message of a file */
    bool reject;       /* it is not of this label (a `reject` line of its intent) */
    struct text text;  /* places as one neutral word; the arena's, as the label */
};

struct lessons {
    struct lesson *list;
    size_t count, cap;
    struct arena arena;
    struct map seen; /* texts: a message that stands in two files must not test itself */
};

/* The messages of `files`, for labels the examples and rejects of the intents too, for languages only those
 * whose variety is nb, nn or en; places are neutralised with the gazetteer. 0, or -1 with lines in `err`.
 * Ends with lessons_free either way. */
int lessons_read(struct lessons *lessons, enum lessons_of of, const struct intents *intents,
                 const struct gazetteer *gazetteer, char **files, size_t n_files, struct err *err);
void lessons_free(struct lessons *lessons);

bool lesson_is_crisis(const struct lesson *lesson);

#endif
