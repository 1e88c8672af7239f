/* The places of Norway: kommuner of 2024, names that people use for places, postal codes. Read from
 * places.tsv (made by make_places.py, which says where it all comes from); read only after loading. */
#ifndef PLACE_GAZETTEER_H
#define PLACE_GAZETTEER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum precision {
    PRECISION_KOMMUNE,
    PRECISION_TOWN,
    PRECISION_DISTRICT,
    PRECISION_OLD,
    PRECISION_HAMLET, /* meant only where something beside it says so, when others have the name */
    PRECISION_REGION,
    PRECISION_POST
};

/* A position in degrees (WGS 84) with its unit vector, which makes a distance one dot product. */
struct position {
    double lat, lon;
    double x, y, z;
};

struct kommune {
    char number[5];
    const char *name;       /* as Statistics Norway writes it: `Våler (Innlandet)` */
    const char *short_name; /* as it is said in Norwegian: `Våler` */
    const char *fylke, *fylke_number;
    struct position position; /* of its administrative centre */
    bool island;              /* no road leads there */
};

/* One meaning of a name. */
struct place {
    const char *name;              /* `Grünerløkka`, `3187 Horten` */
    const struct kommune *kommune; /* NULL where a postal code's kommune is not certain */
    struct position position;
    enum precision precision;
    long population;    /* 0: not known */
    const char *source; /* `GeoNames`, or the table that it stands in */
    struct place *next; /* another meaning of the same name */
};

/* How far a name may be taken for a place by itself (bot/place/data/words.tsv). */
enum caution {
    CAUTION_NONE,
    CAUTION_COMMON, /* also an ordinary word or a surname: the sentence must make it a place */
    CAUTION_NEVER,  /* … and a preposition before it does not (`på ski`, `i sola`) */
};

struct gazetteer;

/* Owned by the caller. NULL with lines in `err`. */
struct gazetteer *gazetteer_load(const char *path, struct err *err);
void gazetteer_free(struct gazetteer *gazetteer);

/* The meanings of a name in plain form (text_plain), as a list by next; NULL when unknown. Borrowed. */
const struct place *gazetteer_find(const struct gazetteer *gazetteer, const char *plain, size_t len);
/* True when a name of several words begins with this word. */
bool gazetteer_starts(const struct gazetteer *gazetteer, const char *plain, size_t len);
/* The place of a four-digit postal code, or NULL. */
const struct place *gazetteer_post(const struct gazetteer *gazetteer, const char *code);
/* By number; NULL when there is none. */
const struct kommune *gazetteer_kommune(const struct gazetteer *gazetteer, const char *number);
size_t gazetteer_kommuner(const struct gazetteer *gazetteer);
/* One of them in the order of their numbers, `i` less than that count. */
const struct kommune *gazetteer_kommune_no(const struct gazetteer *gazetteer, size_t i);
/* The same for a name written without æøå, spaces or hyphens (`tromso`, `aalesund`, `moirana`). */
const struct place *gazetteer_find_bare(const struct gazetteer *gazetteer, const char *plain, size_t len);
enum caution gazetteer_caution(const struct gazetteer *gazetteer, const char *plain, size_t len);
/* True for an ordinary word that only looks like a misspelt name (`halsen`, `storm`). */
bool gazetteer_is_no_name(const struct gazetteer *gazetteer, const char *plain, size_t len);

/* A name that a misspelt word may mean. */
struct spelling {
    const struct place *places; /* NULL: none */
    double cost;                /* 0 sounds the same … about 2 */
};

/* The likeliest name of at least four letters for a plain word. Cost is a weighted optimal string alignment
 * distance: letters that sound alike, doubled letters and mute ones cost less than others (spelling.c). None
 * that costs more than `most`; where two names are equally likely, the cost is raised towards `most`. */
struct spelling gazetteer_spell(const struct gazetteer *gazetteer, const char *plain, size_t len,
                                double most);

/* Country code (`SE`; `ZZ` where only `abroad` was said) of a name outside Norway, or NULL. */
const char *gazetteer_abroad(const struct gazetteer *gazetteer, const char *plain, size_t len);
/* True when the settlement nearest to a position lies outside Norway, or none is near. */
bool gazetteer_outside(const struct gazetteer *gazetteer, const struct position *position);

/* Kommune whose centre is nearest to a position. */
const struct kommune *gazetteer_nearest(const struct gazetteer *gazetteer, const struct position *position);
/* Kommune of the settlement nearest to a position: nearer the truth than its centre where kommuner are large.
 */
const struct kommune *gazetteer_kommune_at(const struct gazetteer *gazetteer,
                                           const struct position *position);

struct position position_of(double lat, double lon);
/* Great-circle distance on a sphere of 6,371.0088 km (mean radius of WGS 84, IUGG). */
double position_km(const struct position *a, const struct position *b);

const char *precision_name(enum precision precision);

#endif
