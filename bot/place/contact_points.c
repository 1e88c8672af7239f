#include "place/contact_points.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

enum { LARGEST_FILE = 16 * 1024 * 1024, POINTS_MOST = 20000, TEXT_MOST = 400 };

/* What the search reads of a point that anybody may be sent to, side by side in memory. */
struct spot {
    double x, y, z;
    const struct kommune *kommune;
    const struct contact_point *point;
    bool serves; /* other kommuner than its own */
    bool themed; /* for some topics only */
};

struct registry {
    struct arena arena;
    struct contact_point *points;
    size_t count;
    struct spot *spots;
    size_t n_spots;
};

/* ---- reading ---- */

struct reader {
    struct registry *registry;
    const struct gazetteer *gazetteer;
    const char *path, *text;
    const char *id;
    struct err *err;
};

/* Line on which a feature's id stands (Jansson keeps no positions). */
static int line_of(const struct reader *r)
{
    char quoted[128];
    if (snprintf(quoted, sizeof quoted, "\"%s\"", r->id) >= (int)sizeof quoted)
        return 0;
    const char *found = strstr(r->text, quoted);
    int line = 1;
    for (const char *c = r->text; found && c < found; c++)
        line += *c == '\n';
    return found ? line : 0;
}

static int fault(struct reader *r, const char *what)
{
    return err_at(r->err, r->path, line_of(r), "contact point \"%s\": %s", r->id, what);
}

/* A text member, NULL when missing or null. */
static const char *optional_text(struct reader *r, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value))
        return NULL;
    const char *text = json_string_value(value);
    if (!text || !*text || strlen(text) > TEXT_MOST) {
        err_at(r->err, r->path, line_of(r), "contact point \"%s\": %s must be a text of 1 to %d bytes", r->id,
               name, TEXT_MOST);
        return NULL;
    }
    return arena_strdup(&r->registry->arena, text);
}

static const char *required_text(struct reader *r, const json_t *object, const char *name)
{
    const char *text = optional_text(r, object, name);
    if (!text) {
        err_at(r->err, r->path, line_of(r), "contact point \"%s\": %s is missing", r->id, name);
        return "";
    }
    return text;
}

static const struct kommune *read_kommune(struct reader *r, const json_t *value, const char *member)
{
    const char *number = json_string_value(value);
    const struct kommune *kommune = number ? gazetteer_kommune(r->gazetteer, number) : NULL;
    if (!kommune)
        err_at(r->err, r->path, line_of(r),
               "contact point \"%s\": %s: \"%.20s\" is no kommune number of 2024", r->id, member,
               number ? number : "?");
    return kommune;
}

static void read_lists(struct reader *r, const json_t *properties, struct contact_point *point)
{
    size_t i;
    const json_t *value, *serves = json_object_get(properties, "serves"),
                         *topics = json_object_get(properties, "topics");
    if (json_array_size(serves) > SERVES_MOST || json_array_size(topics) > TOPICS_MOST) {
        fault(r, "serves or topics is too long");
        return;
    }
    for (i = 0; i < json_array_size(serves); i++) {
        const struct kommune *kommune = read_kommune(r, json_array_get(serves, i), "serves");
        if (kommune)
            point->serves[point->n_serves++] = kommune;
    }
    for (i = 0; i < json_array_size(topics); i++) {
        value = json_array_get(topics, i);
        if (!json_is_string(value))
            fault(r, "topics holds something that is no text");
        else
            point->topics[point->n_topics++] = arena_strdup(&r->registry->arena, json_string_value(value));
    }
}

static void read_geometry(struct reader *r, const json_t *geometry, struct contact_point *point)
{
    if (json_is_null(geometry))
        return;
    const json_t *at = json_object_get(geometry, "coordinates");
    double lon = json_number_value(json_array_get(at, 0)), lat = json_number_value(json_array_get(at, 1));
    if (json_array_size(at) != 2)
        fault(r, "geometry must be null or a Point with [longitude, latitude]");
    else if (lat > 4 && lat < 35 && lon > 57 && lon < 82)
        fault(r, "the coordinates are swapped; GeoJSON wants [longitude, latitude]");
    else if (!(lat > 57 && lat < 82 && lon > 4 && lon < 35))
        fault(r, "the position is not in Norway");
    else {
        point->position = position_of(lat, lon);
        point->placed = true;
    }
}

static enum point_status read_status(struct reader *r, const json_t *properties)
{
    const char *status = required_text(r, properties, "status");
    for (int i = POINT_OPEN; i <= POINT_CLOSED; i++)
        if (strcmp(status, point_status_name((enum point_status)i)) == 0)
            return (enum point_status)i;
    fault(r, "status is one of open, unconfirmed, closed");
    return POINT_CLOSED;
}

static void read_properties(struct reader *r, const json_t *properties, struct contact_point *point)
{
    const json_t *kommune = json_object_get(properties, "kommune");
    point->kind = required_text(r, properties, "kind");
    point->name = required_text(r, properties, "name");
    point->status = read_status(r, properties);
    point->digital = strcmp(required_text(r, properties, "form"), "digital") == 0;
    point->precision = required_text(r, properties, "pos_quality");
    required_text(r, properties, "source");
    point->web = optional_text(r, properties, "web");
    point->phone = optional_text(r, properties, "phone");
    point->email = optional_text(r, properties, "email");
    point->address = optional_text(r, properties, "address");
    point->verified_on = optional_text(r, properties, "verified_on");
    point->closed_on = optional_text(r, properties, "closed_on");
    point->note_nb = optional_text(r, properties, "note_nb");
    point->note_nn = optional_text(r, properties, "note_nn");
    point->note_en = optional_text(r, properties, "note_en");
    if (kommune && !json_is_null(kommune))
        point->kommune = read_kommune(r, kommune, "kommune");
    if (point->status == POINT_OPEN && !point->verified_on)
        fault(r, "status open needs verified_on; use unconfirmed until somebody has confirmed it");
    if (point->web && strncmp(point->web, "https://", 8))
        fault(r, "web must begin with https://");
    read_lists(r, properties, point);
}

static void read_feature(struct reader *r, const json_t *feature)
{
    const json_t *properties = json_object_get(feature, "properties");
    const char *id = json_string_value(json_object_get(feature, "id"));
    r->id = id ? id : "?";
    if (!id || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id) || strlen(id) > 64) {
        fault(r, "id must be of a-z, 0-9 and -, at most 64 letters");
        return;
    }
    for (size_t i = 0; i < r->registry->count; i++)
        if (strcmp(r->registry->points[i].id, id) == 0) {
            fault(r, "two features have this id");
            return;
        }
    if (!json_is_object(properties)) {
        fault(r, "properties are missing");
        return;
    }
    struct contact_point *point = &r->registry->points[r->registry->count++];
    point->id = arena_strdup(&r->registry->arena, id);
    read_properties(r, properties, point);
    read_geometry(r, json_object_get(feature, "geometry"), point);
}

static void read_features(struct reader *r, const json_t *features)
{
    size_t count = json_array_size(features);
    if (!json_is_array(features) || count > POINTS_MOST) {
        err_at(r->err, r->path, 0, "must be a GeoJSON FeatureCollection of at most %d features", POINTS_MOST);
        return;
    }
    r->registry->points = mem_new(count, sizeof *r->registry->points);
    for (size_t i = 0; i < count; i++)
        read_feature(r, json_array_get(features, i));
}

/* To closed points and digital ones nobody is sent. */
static void collect_spots(struct registry *registry)
{
    registry->spots = mem_new(registry->count, sizeof *registry->spots);
    for (size_t i = 0; i < registry->count; i++) {
        const struct contact_point *point = &registry->points[i];
        const struct position *at = &point->position;
        if (point->placed && !point->digital && point->status != POINT_CLOSED)
            registry->spots[registry->n_spots++] = (struct spot){
                at->x, at->y, at->z, point->kommune, point, point->n_serves > 0, point->n_topics > 0};
    }
}

struct registry *registry_load(const char *path, const struct gazetteer *gazetteer, struct err *err)
{
    unsigned before = err->count;
    json_error_t error;
    json_t *root = NULL;
    struct buf text = BUF_INIT(LARGEST_FILE);
    struct registry *registry = mem_new(1, sizeof *registry);
    if (file_read(path, &text, err) == 0) {
        struct reader r = {
            .registry = registry, .gazetteer = gazetteer, .path = path, .text = buf_str(&text), .err = err};
        root = json_loadb(buf_str(&text), text.len, JSON_REJECT_DUPLICATES, &error);
        if (!root)
            err_at(err, path, error.line, "is not JSON: %s", error.text);
        else
            read_features(&r, json_object_get(root, "features"));
    }
    json_decref(root);
    buf_free(&text);
    if (err->count != before) {
        registry_free(registry);
        return NULL;
    }
    collect_spots(registry);
    return registry;
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    free(registry->points);
    free(registry->spots);
    arena_free(&registry->arena);
    free(registry);
}

size_t registry_count(const struct registry *registry)
{
    return registry->count;
}

const struct contact_point *registry_at(const struct registry *registry, size_t i)
{
    return &registry->points[i];
}

static struct contact_point *find(const struct registry *registry, const char *id)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->points[i].id, id) == 0)
            return &registry->points[i];
    return NULL;
}

const struct contact_point *registry_find(const struct registry *registry, const char *id)
{
    return find(registry, id);
}

void registry_confirm(struct registry *registry, const char *id, const char *day)
{
    struct contact_point *point = find(registry, id);
    if (!point || point->status == POINT_CLOSED ||
        (point->verified_on && strcmp(point->verified_on, day) >= 0))
        return;
    point->verified_on = arena_strdup(&registry->arena, day);
    point->status = POINT_OPEN;
}

/* ---- nearest ---- */

/* A candidate with the key that orders it: rank first, then the distance that its fylke's advantage makes. */
struct candidate {
    struct hit hit;
    int rank;
    double key;
};

static bool serves(const struct contact_point *point, const struct kommune *kommune)
{
    for (size_t i = 0; i < point->n_serves; i++)
        if (point->serves[i] == kommune)
            return true;
    return false;
}

static bool same_fylke(const struct contact_point *point, const struct kommune *kommune)
{
    return kommune && point->kommune && strcmp(point->kommune->fylke_number, kommune->fylke_number) == 0;
}

static bool is_about(const struct contact_point *point, const char *topic)
{
    for (size_t i = 0; topic && i < point->n_topics; i++)
        if (strcmp(point->topics[i], topic) == 0)
            return true;
    return false;
}

enum { RANK_OWN_TOPIC, RANK_OWN, RANK_SERVES, RANK_OTHER };

static struct candidate judge(const struct contact_point *point, const struct search *search)
{
    const double fylke_km = 5.0, fylke_share = 1.15, topic_share = 2.0;
    struct candidate c = {.hit = {.point = point, .km = position_km(&search->from, &point->position)}};
    c.hit.own = search->kommune && point->kommune == search->kommune;
    c.hit.serves = search->kommune && serves(point, search->kommune);
    c.hit.themed = is_about(point, search->topic);
    c.rank = c.hit.own && c.hit.themed ? RANK_OWN_TOPIC
             : c.hit.own               ? RANK_OWN
             : c.hit.serves            ? RANK_SERVES
                                       : RANK_OTHER;
    c.key = c.hit.km;
    if (c.rank == RANK_OTHER && same_fylke(point, search->kommune))
        c.key = c.hit.km - fylke_km < c.hit.km / fylke_share ? c.hit.km - fylke_km : c.hit.km / fylke_share;
    if (c.rank == RANK_OTHER && c.hit.themed)
        c.key /= topic_share;
    return c;
}

static bool comes_before(const struct candidate *a, const struct candidate *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return a->key < b->key;
}

/* The square of the chord beyond which no point of the lowest rank can come before this one, whatever its
 * fylke and topic. */
static double chord_bound(const struct candidate *worst, bool topic)
{
    double km = worst->rank < RANK_OTHER ? 0 : ((topic ? 2.0 : 1.0) * worst->key) * 1.15 + 5.0 * 1.15 + 0.001;
    double chord = 2.0 * sin(km / 6371.0088 / 2.0);
    return km > 20000 ? 5.0 : chord * chord;
}

static bool is_near(const struct spot *spot, const struct position *from, double bound)
{
    double dx = spot->x - from->x, dy = spot->y - from->y, dz = spot->z - from->z;
    return dx * dx + dy * dy + dz * dz <= bound;
}

size_t registry_nearest(const struct registry *registry, const struct search *search, struct hit *hits,
                        size_t most)
{
    enum { MOST = 16 };
    struct candidate best[MOST];
    size_t count = 0;
    double bound = 5.0; /* the longest chord squared is 4: everything is near */
    const struct kommune *kommune = search->kommune;
    if (most > MOST)
        most = MOST;
    for (size_t i = 0; i < registry->n_spots && most; i++) {
        const struct spot *spot = &registry->spots[i];
        if (!is_near(spot, &search->from, bound) && (!kommune || (spot->kommune != kommune && !spot->serves)))
            continue;
        if (spot->themed && !is_about(spot->point, search->topic))
            continue;
        struct candidate c = judge(spot->point, search);
        if (count == most && !comes_before(&c, &best[count - 1]))
            continue;
        size_t at = count < most ? count++ : count - 1;
        for (; at > 0 && comes_before(&c, &best[at - 1]); at--)
            best[at] = best[at - 1];
        best[at] = c;
        if (count == most)
            bound = chord_bound(&best[count - 1], search->topic != NULL);
    }
    for (size_t i = 0; i < count; i++)
        hits[i] = best[i].hit;
    return count;
}

size_t registry_digital(const struct registry *registry, const struct contact_point **points, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < registry->count && count < most; i++) {
        const struct contact_point *point = &registry->points[i];
        if (point->digital && point->status != POINT_CLOSED && !point->n_topics)
            points[count++] = point;
    }
    return count;
}

const char *point_status_name(enum point_status status)
{
    static const char *const names[] = {"open", "unconfirmed", "closed"};
    return names[status];
}
