/* `selvhjelpsctl coverage`: which kommuner have a contact point, and how far it is for the others. CSV (RFC
 * 4180) on stdout, or a map of the kommune centres as one SVG file that needs nothing else. Texts are
 * Norwegian: staff read them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "ctl/ctl.h"

enum { LARGEST_MAP = 1024 * 1024 };

/* ---- what each kommune has ---- */

struct cover {
    const struct kommune *kommune;
    struct hit hit;
    bool found;
};

static struct cover cover_of(const struct dataset *data, const struct kommune *kommune)
{
    struct cover cover = {.kommune = kommune};
    struct search search = {kommune->position, kommune, NULL};
    cover.found = registry_nearest(data->registry, &search, &cover.hit, 1) == 1;
    return cover;
}

/* From near to far; the colours tell apart for the colour-blind too (ColorBrewer's RdYlBu). */
static const struct band {
    const char *text, *colour;
    double km;
} bands[] = {
    {"eget kontaktpunkt, eller ett som tar imot", "#4575b4", 0},
    {"under 20 km", "#91bfdb", 20},
    {"20–60 km", "#e0c95f", 60},
    {"60–150 km", "#fc8d59", 150},
    {"over 150 km", "#d73027", 1e9},
};
enum { BANDS = sizeof bands / sizeof bands[0] };

static size_t band_of(const struct cover *cover)
{
    size_t band = 1;
    if (cover->found && (cover->hit.own || cover->hit.serves))
        return 0;
    while (cover->found && band < BANDS - 1 && cover->hit.km >= bands[band].km)
        band++;
    return cover->found ? band : BANDS - 1;
}

static double km_of(const struct cover *cover)
{
    return cover->hit.own ? 0 : cover->hit.km;
}

/* ---- CSV ---- */

static void put_field(const char *text)
{
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++)
        printf("%s%c", *text == '"' ? "\"" : "", *text);
    putchar('"');
}

static void put_csv(const struct cover *cover)
{
    const struct contact_point *point = cover->hit.point;
    printf("%s,", cover->kommune->number);
    put_field(cover->kommune->name);
    printf(",%s,", cover->kommune->fylke);
    if (!cover->found) {
        puts("ingen,,,,");
        return;
    }
    printf("%s,%.0f,%s,",
           cover->hit.own      ? "eget"
           : cover->hit.serves ? "dekket"
                               : "nærmeste",
           km_of(cover), point->id);
    put_field(point->name);
    printf(",%s\n", point->status == POINT_OPEN ? "bekreftet" : "ikke bekreftet");
}

static int show_csv(const struct dataset *data)
{
    puts("kommunenummer,kommune,fylke,har,km,id,kontaktpunkt,status");
    for (size_t i = 0; i < gazetteer_kommuner(data->gazetteer); i++) {
        struct cover cover = cover_of(data, gazetteer_kommune_no(data->gazetteer, i));
        put_csv(&cover);
    }
    return 0;
}

/* ---- the map ---- */

enum { WIDTH = 800, HEIGHT = 950, MARGIN = 30 };

struct spot_on_map {
    double x, y;
};

/* Transverse Mercator on a sphere, central meridian 15° E, true to shape; scaled to the mainland (Snyder
 * 1987, Map projections, equations 8-1 and 8-3). */
static struct spot_on_map place_on_map(const struct position *at)
{
    const double degree = 3.14159265358979323846 / 180.0, meridian = 15.0;
    const double west = -0.1000, north = 1.2445, scale = 3880;
    double phi = at->lat * degree, lambda = (at->lon - meridian) * degree;
    double x = atanh(cos(phi) * sin(lambda)), y = atan2(tan(phi), cos(lambda));
    return (struct spot_on_map){MARGIN + (x - west) * scale, MARGIN + (north - y) * scale};
}

static void add_escaped(struct buf *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            buf_add_str(out, "&amp;");
            break;
        case '<':
            buf_add_str(out, "&lt;");
            break;
        default:
            buf_add_char(out, *text);
        }
}

static void add_circle(struct buf *out, const struct cover *cover)
{
    struct spot_on_map at = place_on_map(&cover->kommune->position);
    buf_addf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"><title>", at.x, at.y,
             bands[band_of(cover)].colour);
    add_escaped(out, cover->kommune->name);
    if (cover->found) {
        buf_add_str(out, ": ");
        add_escaped(out, cover->hit.point->name);
        if (!cover->hit.own)
            buf_addf(out, ", ca. %.0f km", km_of(cover));
    }
    buf_add_str(out, "</title></circle>\n");
}

static void add_point(struct buf *out, const struct contact_point *point)
{
    if (!point->placed || point->digital || point->status == POINT_CLOSED || point->n_topics)
        return;
    struct spot_on_map at = place_on_map(&point->position);
    buf_addf(out, "<path d=\"M%.1f %.1fh8m-4 -4v8\" stroke=\"#000\" stroke-width=\"1.5\"><title>", at.x - 4,
             at.y);
    add_escaped(out, point->name);
    buf_add_str(out, "</title></path>\n");
}

static void add_legend(struct buf *out, const size_t counts[BANDS], size_t kommuner)
{
    buf_addf(out,
             "<text x=\"%d\" y=\"52\" font-size=\"20\" font-weight=\"bold\">Hvor langt er det til nærmeste "
             "kontaktpunkt?</text>\n"
             "<text x=\"%d\" y=\"74\">%zu kommuner, målt i luftlinje fra kommunesenteret.</text>\n"
             "<text x=\"%d\" y=\"94\">+ er et kontaktpunkt for alle, uansett tema.</text>\n",
             MARGIN, MARGIN, kommuner, MARGIN);
    for (size_t i = 0; i < BANDS; i++)
        buf_addf(
            out,
            "<circle cx=\"%d\" cy=\"%zu\" r=\"6\" fill=\"%s\"/><text x=\"%d\" y=\"%zu\">%s: %zu</text>\n",
            MARGIN + 6, 120 + 24 * i, bands[i].colour, MARGIN + 20, 125 + 24 * i, bands[i].text, counts[i]);
}

static void add_map(struct buf *out, const struct dataset *data)
{
    size_t counts[BANDS] = {0}, shown = 0;
    buf_addf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
        "font-family=\"sans-serif\" font-size=\"14\">\n"
        "<title>Kontaktpunkter for selvhjelp i Norge</title>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<g stroke=\"#333\" stroke-width=\"0.5\">\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    for (size_t i = 0; i < gazetteer_kommuner(data->gazetteer); i++) {
        struct cover cover = cover_of(data, gazetteer_kommune_no(data->gazetteer, i));
        if (strcmp(cover.kommune->fylke_number, "21") == 0)
            continue; /* Svalbard lies off the map; the CSV has it */
        counts[band_of(&cover)]++;
        shown++;
        add_circle(out, &cover);
    }
    buf_add_str(out, "</g>\n");
    for (size_t i = 0; i < registry_count(data->registry); i++)
        add_point(out, registry_at(data->registry, i));
    add_legend(out, counts, shown);
    buf_add_str(out, "</svg>\n");
}

static int write_map(const struct dataset *data, const char *path)
{
    struct err err = {.count = 0};
    struct buf map = BUF_INIT(LARGEST_MAP);
    add_map(&map, data);
    int rc = buf_done(&map) ? err_at(&err, path, 0, "the map is larger than %d bytes", LARGEST_MAP)
                            : file_write(path, map.data, map.len, 0644, &err);
    buf_free(&map);
    if (rc)
        fprintf(stderr, "%s", err.text);
    else
        fprintf(stderr, "the map is in %s; open it in a web browser\n", path);
    return rc ? 1 : 0;
}

int ctl_coverage(struct ctl *ctl, int argc, char **argv)
{
    bool map = argc == 3 && strcmp(argv[1], "--map") == 0;
    if (argc > 1 && !map)
        return ctl_usage("coverage [--map FILE.svg]   (without: CSV on stdout)");
    struct dataset *data = ctl_dataset(ctl);
    return map ? write_map(data, argv[2]) : show_csv(data);
}
