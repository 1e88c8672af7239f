#include <math.h>
#include <string.h>

#include "place/gazetteer_private.h"

/* ---- positions ---- */

static const double radius_km = 6371.0088;

struct position position_of(double lat, double lon)
{
    const double degree = 3.14159265358979323846 / 180.0;
    double phi = lat * degree, lambda = lon * degree;
    return (struct position){lat, lon, cos(phi) * cos(lambda), cos(phi) * sin(lambda), sin(phi)};
}

double position_km(const struct position *a, const struct position *b)
{
    double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
    /* the chord, not the dot product: exact also for places close together */
    double half = sqrt(dx * dx + dy * dy + dz * dz) / 2.0;
    return 2.0 * radius_km * asin(half > 1.0 ? 1.0 : half);
}

/* ---- looking up ---- */

const struct place *gazetteer_find(const struct gazetteer *g, const char *plain, size_t len)
{
    const struct name *name = map_get(&g->names, plain, len);
    return name ? name->places : NULL;
}

size_t name_bare(const char *plain, size_t len, char *out)
{
    size_t n = 0;
    bool paired = false; /* the last one stands for two letters already */
    for (size_t i = 0; i < len; i++) {
        char c = plain[i], last = n && !paired ? out[n - 1] : '\0';
        if ((unsigned char)c == 0xC3 && i + 1 < len) /* æ and å are a, ø is o */
            c = (unsigned char)plain[++i] == 0xB8 ? 'o' : 'a';
        bool second = (last == 'a' && (c == 'a' || c == 'e')) || (last == 'o' && c == 'e');
        paired = second;
        if (c != ' ' && c != '-' && !second)
            out[n++] = c;
    }
    out[n] = '\0';
    return n;
}

const struct place *gazetteer_find_bare(const struct gazetteer *g, const char *plain, size_t len)
{
    enum { LONGEST = 64 };
    char bare[LONGEST + 1];
    if (len > LONGEST)
        return NULL;
    size_t bare_len = name_bare(plain, len, bare);
    const struct name *name = map_get(&g->bare, bare, bare_len);
    return name ? name->places : gazetteer_find(g, bare, bare_len);
}

enum caution gazetteer_caution(const struct gazetteer *g, const char *plain, size_t len)
{
    const struct name *name = map_get(&g->names, plain, len);
    return name ? name->caution : CAUTION_NONE;
}

bool gazetteer_is_no_name(const struct gazetteer *g, const char *plain, size_t len)
{
    return map_get(&g->words, plain, len) != NULL;
}

const char *gazetteer_abroad(const struct gazetteer *g, const char *plain, size_t len)
{
    return map_get(&g->abroad, plain, len);
}

bool gazetteer_starts(const struct gazetteer *g, const char *plain, size_t len)
{
    return map_get(&g->firsts, plain, len) != NULL;
}

const struct place *gazetteer_post(const struct gazetteer *g, const char *code)
{
    if (strspn(code, "0123456789") < 4)
        return NULL;
    return g->posts[(code[0] - '0') * 1000 + (code[1] - '0') * 100 + (code[2] - '0') * 10 + (code[3] - '0')];
}

const struct kommune *gazetteer_kommune(const struct gazetteer *g, const char *number)
{
    return map_get(&g->by_number, number, strlen(number));
}

size_t gazetteer_kommuner(const struct gazetteer *g)
{
    return g->n_kommuner;
}

const struct kommune *gazetteer_kommune_no(const struct gazetteer *g, size_t i)
{
    return &g->kommuner[i];
}

/* The settlement nearest to a position and the square of the chord to it. */
static const struct settlement *nearest_settlement(const struct gazetteer *g, const struct position *at,
                                                   double *square)
{
    const struct settlement *best = NULL;
    *square = 5.0; /* more than the longest chord's */
    for (size_t i = 0; i < g->n_settlements; i++) {
        const struct settlement *s = &g->settlements[i];
        double dx = s->x - at->x, dy = s->y - at->y, dz = s->z - at->z, d = dx * dx + dy * dy + dz * dz;
        if (d < *square) {
            *square = d;
            best = s;
        }
    }
    return best;
}

bool gazetteer_outside(const struct gazetteer *g, const struct position *position)
{
    const double outside_km = 60; /* no street of the mainland or Svalbard is so far from every settlement */
    double square;
    const struct settlement *nearest = nearest_settlement(g, position, &square);
    return !nearest || !nearest->kommune || sqrt(square) * radius_km > outside_km;
}

const struct kommune *gazetteer_kommune_at(const struct gazetteer *g, const struct position *position)
{
    double square;
    const struct settlement *nearest = nearest_settlement(g, position, &square);
    return nearest && nearest->kommune ? nearest->kommune : gazetteer_nearest(g, position);
}

const struct kommune *gazetteer_nearest(const struct gazetteer *g, const struct position *position)
{
    const struct kommune *best = &g->kommuner[0];
    for (size_t i = 1; i < g->n_kommuner; i++)
        if (position_km(&g->kommuner[i].position, position) < position_km(&best->position, position))
            best = &g->kommuner[i];
    return best;
}

const char *precision_name(enum precision precision)
{
    static const char *const names[] = {"kommune", "town",   "district",   "old",
                                        "hamlet",  "region", "postal code"};
    return names[precision];
}
