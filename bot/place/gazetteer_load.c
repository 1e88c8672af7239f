#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "place/gazetteer_private.h"
#include "text/normalise.h"

enum { LARGEST_FILE = 8 * 1024 * 1024, FIELDS = 9, FAULTS_TOLD = 10 };

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
    static const char *const names[] = {"kommune", "town", "district", "old", "hamlet", "region"};
    for (int i = 0; i < 6; i++)
        if (strcmp(names[i], text) == 0)
            return (enum precision)i;
    return PRECISION_POST;
}

/* Of several names that are one without æøå, the first counts: kommuner stand before towns. */
static void add_bare(struct gazetteer *g, struct name *name, struct arena *scratch)
{
    char *bare = arena_bytes(scratch, name->len + 1);
    size_t len = name_bare(name->plain, name->len, bare);
    bool other = len != name->len || memcmp(bare, name->plain, len);
    if (other && !map_get(&g->bare, bare, len) && !map_get(&g->names, bare, len))
        map_put(&g->bare, arena_strndup(&g->arena, bare, len), len, name);
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
        add_bare(g, name, scratch);
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

static void add_settlement(struct gazetteer *g, const struct position *at, const struct kommune *kommune)
{
    MEM_ROOM(g->settlements, g->n_settlements, g->settlements_cap);
    g->settlements[g->n_settlements++] = (struct settlement){at->x, at->y, at->z, kommune};
}

/* The few different sources are kept once each. */
static const char *keep_source(struct gazetteer *g, const char *text)
{
    size_t i = 0;
    while (i < g->n_sources && strcmp(g->sources[i], text))
        i++;
    if (i == SOURCES_MOST)
        return "?";
    if (i == g->n_sources)
        g->sources[g->n_sources++] = arena_strdup(&g->arena, text);
    return g->sources[i];
}

static int read_name(struct gazetteer *g, const struct row *row, struct arena *scratch)
{
    if (row->count != 8)
        return fault(row, "a name has kommune, latitude, longitude, precision, population and source");
    struct place *place = arena_alloc(&g->arena, sizeof *place);
    place->name = arena_strdup(&g->arena, row->fields[1]);
    place->kommune = gazetteer_kommune(g, row->fields[2]);
    place->precision = read_precision(row->fields[5]);
    place->population = strtol(row->fields[6], NULL, 10);
    place->source = keep_source(g, row->fields[7]);
    if (!place->kommune || place->precision == PRECISION_POST)
        return fault(row, "the kommune or the precision is unknown");
    if (read_position(row, 3, &place->position))
        return -1;
    add_meaning(name_entry(g, row->fields[1], scratch), place);
    if (place->precision != PRECISION_REGION && place->precision != PRECISION_OLD)
        add_settlement(g, &place->position, place->kommune);
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
    place->source = keep_source(g, row->fields[6]);
    if (read_position(row, 4, &place->position))
        return -1;
    g->posts[strtol(row->fields[1], NULL, 10)] = place;
    return 0;
}

static int read_island(struct gazetteer *g, const struct row *row)
{
    for (size_t i = 0; row->count == 2 && i < g->n_kommuner; i++)
        if (strcmp(g->kommuner[i].number, row->fields[1]) == 0) {
            g->kommuner[i].island = true;
            return 0;
        }
    return fault(row, "an island is the number of a kommune");
}

/* A name that is an ordinary word too, or a word that only looks like a misspelt name. */
static int read_word(struct gazetteer *g, const struct row *row, struct arena *scratch)
{
    static const enum caution marks[] = {CAUTION_COMMON, CAUTION_NEVER};
    static const char *const kinds[] = {"common", "never"};
    if (row->count != 3)
        return fault(row, "a word has a text and common, never or no-name");
    const char *plain = text_plain(row->fields[1], scratch);
    if (strcmp(row->fields[2], "no-name") == 0) {
        map_put(&g->words, arena_strdup(&g->arena, plain), strlen(plain), g);
        return 0;
    }
    struct name *name = map_get(&g->names, plain, strlen(plain));
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], row->fields[2]) == 0)
            name->caution = marks[i];
    return name && name->caution ? 0 : fault(row, "the word is no name above it, or its kind is unknown");
}

static int read_abroad(struct gazetteer *g, const struct row *row, struct arena *scratch)
{
    if (row->count != 3 || strlen(row->fields[2]) != 2)
        return fault(row, "a place abroad has a name and a country code");
    const char *plain = text_plain(row->fields[1], scratch);
    map_put(&g->abroad, arena_strdup(&g->arena, plain), strlen(plain),
            arena_strdup(&g->arena, row->fields[2]));
    size_t first = strcspn(plain, " ");
    if (first < strlen(plain))
        map_put(&g->firsts, arena_strndup(&g->arena, plain, first), first, g);
    return 0;
}

/* A settlement across the border, so that a position there is not taken for one in Norway. */
static int read_border(struct gazetteer *g, const struct row *row)
{
    char *end_lat, *end_lon;
    if (row->count != 5)
        return fault(row, "a place across the border has name, country, latitude and longitude");
    double lat = strtod(row->fields[3], &end_lat), lon = strtod(row->fields[4], &end_lon);
    if (*end_lat || *end_lon || !(lat > 50 && lat < 82 && lon > 0 && lon < 45))
        return fault(row, "the position is not near Norway");
    struct position at = position_of(lat, lon);
    add_settlement(g, &at, NULL);
    return 0;
}

static void read_row(struct gazetteer *g, struct row *row, struct arena *scratch)
{
    const char *kind = row->fields[0];
    if (strcmp(kind, "name") == 0)
        read_name(g, row, scratch);
    else if (strcmp(kind, "post") == 0)
        read_post(g, row);
    else if (strcmp(kind, "word") == 0)
        read_word(g, row, scratch);
    else if (strcmp(kind, "island") == 0)
        read_island(g, row);
    else if (strcmp(kind, "abroad") == 0)
        read_abroad(g, row, scratch);
    else if (strcmp(kind, "border") == 0)
        read_border(g, row);
    else if (strcmp(kind, "kommune") == 0)
        read_kommune(g, row);
    else if (strcmp(kind, "fylke") == 0)
        read_fylke(g, row);
    else
        fault(row, "a row is fylke, kommune, name, post, island, word, abroad or border");
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
    sounds_index(g);
    return g;
}

void gazetteer_free(struct gazetteer *g)
{
    if (!g)
        return;
    map_free(&g->by_number);
    map_free(&g->names);
    map_free(&g->firsts);
    map_free(&g->bare);
    map_free(&g->words);
    map_free(&g->abroad);
    free(g->all_names);
    free(g->settlements);
    free(g->sounds.letters);
    free(g->sounds.lens);
    free(g->sounds.obscurity);
    free(g->sounds.begin);
    free(g->sounds.folded);
    free(g->sounds.names);
    free(g->kommuner);
    arena_free(&g->arena);
    free(g);
}
