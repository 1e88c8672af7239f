/* Everything that staff and scripts make and the programs only read: intents, places, contact points, replies
 * and help lines. A part can be replaced while the core runs; the whole is owned by whoever loaded it. */
#ifndef BOT_DATASET_H
#define BOT_DATASET_H

#include "base/settings.h"
#include "place/contact_points.h"
#include "place/gazetteer.h"
#include "text/helplines.h"
#include "text/intents.h"
#include "text/replies.h"

struct dataset {
    struct intents *intents;
    struct gazetteer *gazetteer;
    struct registry *registry;
    struct replies *replies;
    struct helplines *helplines;
};

/* Loads and cross-checks one part from the paths in the settings; 0, or -1 with lines in `err` and the data
 * set unchanged: the last good one stays. */
int dataset_load_intents(struct dataset *data, const struct settings *settings, struct err *err);
int dataset_load_replies(struct dataset *data, const struct settings *settings,
                         struct err *err); /* and help lines */
int dataset_load_places(struct dataset *data, const struct settings *settings,
                        struct err *err); /* gazetteer */
int dataset_load_registry(struct dataset *data, const struct settings *settings, struct err *err);
/* Intents and replies as one change, each checked against the other. */
int dataset_load_texts(struct dataset *data, const struct settings *settings, struct err *err);
/* All of them, going on after a fault; 0 or -1. */
int dataset_load(struct dataset *data, const struct settings *settings, struct err *err);
void dataset_free(struct dataset *data);

#endif
