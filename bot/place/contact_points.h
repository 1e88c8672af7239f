/* The registry of contact points (GeoJSON, schema in contact-points.schema.json) and the search for the
 * nearest. */
#ifndef PLACE_CONTACT_POINTS_H
#define PLACE_CONTACT_POINTS_H

#include <stdbool.h>

#include "place/gazetteer.h"

enum { SERVES_MOST = 40, TOPICS_MOST = 12 };

enum point_status { POINT_OPEN, POINT_UNCONFIRMED, POINT_CLOSED };

struct contact_point {
    const char *id, *kind, *name;
    const struct kommune *kommune; /* NULL: not bound to one */
    const struct kommune *serves[SERVES_MOST];
    size_t n_serves;
    const char *topics[TOPICS_MOST]; /* none: for everybody, across problems */
    size_t n_topics;
    enum point_status status;
    bool digital; /* reached from anywhere */
    bool placed;  /* has a position */
    struct position position;
    const char *precision;                     /* exact, town, kommune */
    const char *web, *phone, *email, *address; /* NULL where not known */
    const char *note_nb, *note_nn, *note_en;   /* a sentence for residents, or NULL */
    const char *verified_on;                   /* YYYY-MM-DD or NULL */
    const char *closed_on;                     /* YYYY-MM-DD or NULL */
};

struct registry;

/* Owned by the caller; borrows the gazetteer, which must live longer. NULL with a line in `err` (feature id
 * and line) for each fault. */
struct registry *registry_load(const char *path, const struct gazetteer *gazetteer, struct err *err);
void registry_free(struct registry *registry);

size_t registry_count(const struct registry *registry);
const struct contact_point *registry_at(const struct registry *registry, size_t i);
/* By id; NULL when there is none. */
const struct contact_point *registry_find(const struct registry *registry, const char *id);
/* A coordinator has said that what stands here of a contact point was right on `day` (YYYY-MM-DD, copied): it
 * counts as confirmed unless it is closed, or was confirmed later. Unknown ids are passed over. */
void registry_confirm(struct registry *registry, const char *id, const char *day);

/* From where somebody looks, and for what. Borrowed. */
struct search {
    struct position from;
    const struct kommune *kommune; /* NULL: not known */
    const char *topic;             /* NULL: any */
};

struct hit {
    const struct contact_point *point;
    double km;   /* as the crow flies */
    bool own;    /* in the person's kommune */
    bool serves; /* … or names it among those it serves */
    bool themed; /* for the topic that was asked about, and for that only */
};

/* The nearest places to meet, best first: the own kommune's for the topic, the own kommune's for everybody,
 * those that serve it, then by distance, where one in the own fylke wins if it is within 5 km or 15 per cent
 * of the nearest, and one for the topic if it is less than twice as far. Closed ones, digital ones and those
 * for other topics are left out. Returns how many of `most` were found. */
size_t registry_nearest(const struct registry *registry, const struct search *search, struct hit *hits,
                        size_t most);

/* Digital offers for everybody that are not closed; returns how many of `most`. */
size_t registry_digital(const struct registry *registry, const struct contact_point **points, size_t most);

const char *point_status_name(enum point_status status);

#endif
