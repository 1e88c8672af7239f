#include "place/gazetteer.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/normalise.h"

enum {
    LARGEST_FILE = 8 * 1024 * 1024,
    FIELDS = 8,
    KOMMUNER_MOST = 400,
    FYLKER_MOST = 20,
    CODES = 10000,
    FAULTS_TOLD = 10
};

struct fylke {
    const char *number, *name;
};

struct name {
    const char *plain;
    size_t len;
    struct place *places;
};

struct gazetteer {
    struct arena arena;
    struct fylke fylker[FYLKER_MOST];
    size_t n_fylker;
    struct kommune *kommuner;
    size_t n_kommuner;
    struct map by_number, names, firsts; /* firsts: first words of names of several words */
    struct name **all_names;             /* for spelling, by first byte */
    size_t first_of[257];                /* where in all_names the names of each first byte begin */
    size_t n_names, names_cap;
    struct place *posts[CODES];
};

/* ---- positions ---- */

struct position position_of(double lat, double lon)
{
    const double degree = 3.14159265358979323846 / 180.0;
    double phi = lat * degree, lambda = lon * degree;
    return (struct position){lat, lon, cos(phi) * cos(lambda), cos(phi) * sin(lambda), sin(phi)};
}

double position_km(const struct position *a, const struct position *b)
{
    const double radius_km = 6371.0088;
    double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
    /* the chord, not the dot product: exact also for places close together */
    double half = sqrt(dx * dx + dy * dy + dz * dz) / 2.0;
    return 2.0 * radius_km * asin(half > 1.0 ? 1.0 : half);
}

/* ---- loading ---- */

struct row {
    const char *path;
    int line;
    struct err *err;
    char *fields[FIELDS];
    size_t count;
};

static void split(struct row *row, char *line)
{
    row->count = 0;
    while (row->count < FIELDS) {
        row->fields[row->count++] = line;
        char *tab = strchr(line, '\t');
        if (!tab)
            break;
        *tab = '\0';
        line = tab + 1;
    }
}

static int fault(const struct row *row, const char *what)
{
    return err_at(row->err, row->path, row->line, "%s; make the file again with `make gazetteer`", what);
}

/* Norway with Svalbard and Jan Mayen. */
static int read_position(const struct row *row, size_t field, struct position *position)
{
    char *end_lat, *end_lon;
    double lat = strtod(row->fields[field], &end_lat), lon = strtod(row->fields[field + 1], &end_lon);
    if (*end_lat || *end_lon || !(lat > 57 && lat < 82 && lon > -10 && lon < 35))
        return fault(row, "the position is not in Norway");
    *position = position_of(lat, lon);
    return 0;
}

static int read_fylke(struct gazetteer *g, const struct row *row)
{
    if (row->count != 3 || g->n_fylker == FYLKER_MOST)
        return fault(row, "a fylke has number and name");
    g->fylker[g->n_fylker++] = (struct fylke){arena_strdup(&g->arena, row->fields[1]),
                                              arena_strdup(&g->arena, row->fields[2])};
    return 0;
}

static int read_kommune(struct gazetteer *g, const struct row *row)
{
    if (row->count != 7 || strlen(row->fields[1]) != 4 || g->n_kommuner == KOMMUNER_MOST)
        return fault(row, "a kommune has number, name, fylke, latitude, longitude and the name that is said");
    struct kommune *kommune = &g->kommuner[g->n_kommuner];
    memcpy(kommune->number, row->fields[1], 5);
    kommune->name = arena_strdup(&g->arena, row->fields[2]);
    kommune->short_name = arena_strdup(&g->arena, row->fields[6]);
    for (size_t i = 0; i < g->n_fylker; i++)
        if (strcmp(g->fylker[i].number, row->fields[3]) == 0) {
            kommune->fylke_number = g->fylker[i].number;
            kommune->fylke = g->fylker[i].name;
        }
    if (!kommune->fylke)
        return fault(row, "the fylke's number is unknown");
    if (read_position(row, 4, &kommune->position))
        return -1;
    map_put(&g->by_number, kommune->number, 4, kommune);
    g->n_kommuner++;
    return 0;
}

static enum precision read_precision(const char *text)
{
    static const char *const names[] = {"kommune", "town", "district", "old", "region"};
    for (int i = 0; i < 5; i++)
        if (strcmp(names[i], text) == 0)
            return (enum precision)i;
    return PRECISION_POST;
}

static struct name *name_entry(struct gazetteer *g, const char *text, struct arena *scratch)
{
    const char *plain = text_plain(text, scratch);
    size_t len = strlen(plain);
    struct name *name = map_get(&g->names, plain, len);
    if (!name) {
        name = arena_alloc(&g->arena, sizeof *name);
        name->plain = arena_strndup(&g->arena, plain, len);
        name->len = len;
        map_put(&g->names, name->plain, len, name);
        size_t first = strcspn(name->plain, " ");
        if (first < len)
            map_put(&g->firsts, name->plain, first, name);
        MEM_ROOM(g->all_names, g->n_names, g->names_cap);
        g->all_names[g->n_names++] = name;
    }
    return name;
}

/* Adds a meaning; of two within one kommune the kommune itself wins, then the larger one. */
static void add_meaning(struct name *name, struct place *place)
{
    for (struct place *old = name->places; old; old = old->next)
        if (old->kommune == place->kommune) {
            struct place *next = old->next;
            if (place->precision < old->precision ||
                (place->precision == old->precision && place->population > old->population)) {
                *old = *place;
                old->next = next;
            }
            return;
        }
    struct place **at = &name->places;
    while (*at)
        at = &(*at)->next;
    *at = place;
}

static int read_name(struct gazetteer *g, const struct row *row, struct arena *scratch)
{
    if (row->count != 7)
        return fault(row, "a name has kommune, latitude, longitude, precision and population");
    struct place *place = arena_alloc(&g->arena, sizeof *place);
    place->name = arena_strdup(&g->arena, row->fields[1]);
    place->kommune = gazetteer_kommune(g, row->fields[2]);
    place->precision = read_precision(row->fields[5]);
    place->population = strtol(row->fields[6], NULL, 10);
    if (!place->kommune || place->precision == PRECISION_POST)
        return fault(row, "the kommune or the precision is unknown");
    if (read_position(row, 3, &place->position))
        return -1;
    add_meaning(name_entry(g, row->fields[1], scratch), place);
    return 0;
}

/* `HORTEN` → `Horten`, as the register of postal codes writes in capitals. */
static const char *town_case(struct arena *arena, const char *code, const char *town)
{
    char *out = arena_printf(arena, "%s %s", code, town);
    bool first = true;
    for (unsigned char *c = (unsigned char *)out + 5; *c; c++) {
        bool letter = (*c >= 'A' && *c <= 'Z') || *c >= 0x80;
        if (!first && *c >= 'A' && *c <= 'Z')
            *c = (unsigned char)(*c + 32);
        else if (!first && *c == 0xC3 && c[1] >= 0x80 && c[1] <= 0x9E)
            c[1] = (unsigned char)(c[1] + 32);
        if (*c == 0xC3)
            c++;
        first = !letter && *c != '\'';
    }
    return out;
}

static int read_post(struct gazetteer *g, const struct row *row)
{
    if (row->count != 7 || strspn(row->fields[1], "0123456789") != 4)
        return fault(row, "a postal code has town, kommune, latitude, longitude and precision");
    struct place *place = arena_alloc(&g->arena, sizeof *place);
    place->name = town_case(&g->arena, row->fields[1], row->fields[2]);
    place->kommune = gazetteer_kommune(g, row->fields[3]);
    place->precision = PRECISION_POST;
    if (read_position(row, 4, &place->position))
        return -1;
    g->posts[strtol(row->fields[1], NULL, 10)] = place;
    return 0;
}

static void read_row(struct gazetteer *g, struct row *row, struct arena *scratch)
{
    const char *kind = row->fields[0];
    if (strcmp(kind, "name") == 0)
        read_name(g, row, scratch);
    else if (strcmp(kind, "post") == 0)
        read_post(g, row);
    else if (strcmp(kind, "kommune") == 0)
        read_kommune(g, row);
    else if (strcmp(kind, "fylke") == 0)
        read_fylke(g, row);
    else
        fault(row, "a row is fylke, kommune, name or post");
}

static void read_rows(struct gazetteer *g, const char *path, struct err *err)
{
    struct buf text = BUF_INIT(LARGEST_FILE);
    struct arena scratch = ARENA_INIT;
    struct row row = {.path = path, .err = err};
    if (file_read(path, &text, err) == 0) {
        const char *at = buf_str(&text), *end = at + text.len, *line;
        size_t len;
        while (err->count < FAULTS_TOLD && file_next_line(&at, end, &line, &len)) {
            row.line++;
            if (!len || line[0] == '#')
                continue;
            split(&row, arena_strndup(&scratch, line, len));
            read_row(g, &row, &scratch);
            arena_reset(&scratch);
        }
        if (!g->n_kommuner)
            err_at(err, path, 0, "holds no kommune; make the file again with `make gazetteer`");
    }
    arena_free(&scratch);
    buf_free(&text);
}

static int compare_first(const void *a, const void *b)
{
    const struct name *x = *(struct name *const *)a, *y = *(struct name *const *)b;
    int order = (unsigned char)x->plain[0] - (unsigned char)y->plain[0];
    return order ? order : strcmp(x->plain, y->plain);
}

static void index_names(struct gazetteer *g)
{
    if (g->n_names)
        qsort(g->all_names, g->n_names, sizeof(struct name *), compare_first);
    for (size_t i = 0, byte = 0; byte <= 256; byte++) {
        while (i < g->n_names && (unsigned char)g->all_names[i]->plain[0] < byte)
            i++;
        g->first_of[byte] = i;
    }
}

struct gazetteer *gazetteer_load(const char *path, struct err *err)
{
    unsigned before = err->count;
    struct gazetteer *g = mem_new(1, sizeof *g);
    g->kommuner = mem_new(KOMMUNER_MOST, sizeof *g->kommuner);
    read_rows(g, path, err);
    if (err->count != before) {
        gazetteer_free(g);
        return NULL;
    }
    index_names(g);
    return g;
}

void gazetteer_free(struct gazetteer *g)
{
    if (!g)
        return;
    map_free(&g->by_number);
    map_free(&g->names);
    map_free(&g->firsts);
    free(g->all_names);
    free(g->kommuner);
    arena_free(&g->arena);
    free(g);
}

/* ---- looking up ---- */

const struct place *gazetteer_find(const struct gazetteer *g, const char *plain, size_t len)
{
    const struct name *name = map_get(&g->names, plain, len);
    return name ? name->places : NULL;
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

/* Optimal string alignment distance in bytes, cut off above 1 (2 where a letter of two bytes is involved
 * counts as near enough: both bytes of æøå change together). */
static bool near(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t head = 0, tail = 0;
    while (head < a_len && head < b_len && a[head] == b[head])
        head++;
    while (tail < a_len - head && tail < b_len - head && a[a_len - 1 - tail] == b[b_len - 1 - tail])
        tail++;
    size_t x = a_len - head - tail, y = b_len - head - tail;
    if (x <= 1 && y <= 1)
        return true;
    if (x == 2 && y == 2 && a[head] == b[head + 1] && a[head + 1] == b[head])
        return true;
    bool two_a = (unsigned char)a[head] == 0xC3, two_b = (unsigned char)b[head] == 0xC3;
    return (x <= 2 && y <= 2) && (two_a || two_b) && (x < 2 || two_a) && (y < 2 || two_b);
}

const struct place *gazetteer_spell(const struct gazetteer *g, const char *plain, size_t len)
{
    const struct name *found = NULL;
    if (len < 5)
        return NULL;
    unsigned char first = (unsigned char)plain[0];
    for (size_t i = g->first_of[first]; i < g->first_of[first + 1]; i++) {
        const struct name *name = g->all_names[i];
        if (name->len + 2 < len || name->len > len + 2 || name->len < 4 ||
            !near(plain, len, name->plain, name->len))
            continue;
        if (found && found->places->kommune != name->places->kommune) {
            bool bigger = name->places->precision < found->places->precision;
            bool smaller = name->places->precision > found->places->precision;
            if (!bigger && !smaller)
                return NULL;
            if (smaller)
                continue;
        }
        found = name;
    }
    return found ? found->places : NULL;
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
    static const char *const names[] = {"kommune", "town", "district", "old", "region", "postal code"};
    return names[precision];
}
