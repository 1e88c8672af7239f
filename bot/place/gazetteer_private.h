/* What gazetteer_load.c fills and gazetteer.c and spelling.c read. For these three files only. */
#ifndef PLACE_GAZETTEER_PRIVATE_H
#define PLACE_GAZETTEER_PRIVATE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "place/gazetteer.h"

enum { KOMMUNER_MOST = 400, FYLKER_MOST = 20, SOURCES_MOST = 16, CODES = 10000, FOLDED_MOST = 32 };

struct fylke {
    const char *number, *name;
};

struct name {
    const char *plain;
    size_t len;
    struct place *places;
    enum caution caution;
};

/* The names as they sound, side by side in memory, for the search of spelling.c. */
struct sounds {
    uint32_t *letters; /* which letters each has, a bit each */
    uint8_t *lens, *obscurity;
    unsigned char (*begin)[2];           /* first two letters */
    uint8_t replaced[32][32], lost[256]; /* what edits cost, by letter number and by letter */
    char **folded;
    struct name **names;
    size_t count;
};

struct settlement {
    double x, y, z;
    const struct kommune *kommune; /* NULL: outside Norway */
};

struct gazetteer {
    struct arena arena;
    struct fylke fylker[FYLKER_MOST];
    const char *sources[SOURCES_MOST];
    size_t n_sources;
    size_t n_fylker;
    struct kommune *kommuner;
    size_t n_kommuner;
    struct map by_number, names, firsts; /* firsts: first words of names of several words */
    struct map bare;                     /* names without æøå, spaces and hyphens */
    struct map words;                    /* words of CAUTION_*, and those that are no name */
    struct map abroad;                   /* country codes by name */
    struct name **all_names;
    size_t n_names, names_cap;
    struct sounds sounds;
    struct settlement *settlements; /* towns and villages of Norway, and those across the border */
    size_t n_settlements, settlements_cap;
    struct place *posts[CODES];
};

/* Writes a plain name without æøå (ae, oe, aa → a, o, a), spaces and hyphens; `out` has room for as many
 * bytes as the name. Returns its length. */
size_t name_bare(const char *plain, size_t len, char *out);

/* Fills g->sounds from g->all_names. */
void sounds_index(struct gazetteer *g);

#endif
