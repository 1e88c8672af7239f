#include "ctl/ctl.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place/mentions.h"

enum { AMBIGUOUS = 2, UNKNOWN = 3, HITS_MOST = 16 };

static void print_json(json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(7));
    puts(text ? text : "{}");
    free(text);
    json_decref(json);
}

static int show_candidates(const struct place *places, bool json)
{
    json_t *list = json_array();
    for (const struct place *p = places; p; p = p->next) {
        const char *kommune = p->kommune ? p->kommune->name : NULL;
        if (json)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s?, s:s?, s:f, s:f, s:s}", "name", p->name, "kommune",
                                            kommune, "kommune_number", p->kommune ? p->kommune->number : NULL,
                                            "lat", p->position.lat, "lon", p->position.lon, "precision",
                                            precision_name(p->precision)));
        else
            printf("%s: %s, %s\n", p->name, kommune ? kommune : "?", p->kommune ? p->kommune->fylke : "?");
    }
    if (json)
        print_json(json_pack("{s:O}", "candidates", list));
    else
        fprintf(stderr, places
                            ? "selvhjelpsctl: several places have this name; give a postal code\n"
                            : "selvhjelpsctl: this place is not known; try the kommune or a postal code\n");
    json_decref(list);
    return places ? AMBIGUOUS : UNKNOWN;
}

static json_t *hit_json(const struct hit *hit)
{
    const struct contact_point *p = hit->point;
    return json_pack("{s:s, s:s, s:s?, s:f, s:s, s:s, s:b, s:b}", "id", p->id, "name", p->name, "kommune",
                     p->kommune ? p->kommune->name : NULL, "km", hit->km, "status",
                     point_status_name(p->status), "precision", p->precision, "own", hit->own, "serves",
                     hit->serves);
}

static int show_hits(struct ctl *ctl, const struct place *place, const char *topic, bool json)
{
    struct hit hits[HITS_MOST];
    int most = settings_int(ctl->settings, "core.hits");
    struct search search = {place->position, place->kommune, topic};
    size_t n = registry_nearest(ctl->data->registry, &search, hits,
                                most < HITS_MOST ? (size_t)most : HITS_MOST);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct contact_point *p = hits[i].point;
        if (json)
            json_array_append_new(list, hit_json(&hits[i]));
        else
            printf("%6.1f km  %s (%s), %s, %s, position: %s\n", hits[i].km, p->name,
                   p->kommune ? p->kommune->name : "?", point_status_name(p->status), p->id, p->precision);
    }
    if (json)
        print_json(json_pack("{s:s, s:s?, s:O}", "place", place->name, "kommune",
                             place->kommune ? place->kommune->name : NULL, "hits", list));
    json_decref(list);
    return 0;
}

int ctl_nearest(struct ctl *ctl, int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    int first = json ? 2 : 1;
    if (argc <= first)
        return ctl_usage("nearest [--json] PLACE [TOPIC]");
    struct dataset *data = ctl_dataset(ctl);
    struct arena arena = ARENA_INIT;
    const char *words = argv[first];
    for (int i = first + 1; i < argc; i++)
        words = arena_printf(&arena, "%s %s", words, argv[i]);
    struct text text = text_normalise(words, strlen(words), intents_words(data->intents), &arena);
    const char *topic = topics_find(intents_topics(data->intents), &text);
    struct mentions mentions = mentions_find(data->gazetteer, &text, true, &arena);
    const struct mention *mention = mentions_main(&mentions);
    int rc = !mention || mention->count != 1 ? show_candidates(mention ? mention->places : NULL, json)
                                             : show_hits(ctl, mention->places, topic, json);
    arena_free(&arena);
    return rc;
}
