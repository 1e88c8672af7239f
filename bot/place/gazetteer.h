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
};

/* One meaning of a name. */
struct place {
    const char *name;              /* `Grünerløkka`, `3187 Horten` */
    const struct kommune *kommune; /* NULL where a postal code's kommune is not certain */
    struct position position;
    enum precision precision;
    long population;    /* 0: not known */
    struct place *next; /* another meaning of the same name */
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
/* Names within one edit of a plain word of five letters or more that begin with the same letter, as a list of
 * the nearest name's meanings; NULL when there is none or two names are equally near. */
const struct place *gazetteer_spell(const struct gazetteer *gazetteer, const char *plain, size_t len);
/* Kommune whose centre is nearest to a position. */
const struct kommune *gazetteer_nearest(const struct gazetteer *gazetteer, const struct position *position);

struct position position_of(double lat, double lon);
/* Great-circle distance on a sphere of 6,371.0088 km (mean radius of WGS 84, IUGG). */
double position_km(const struct position *a, const struct position *b);

const char *precision_name(enum precision precision);

#endif
