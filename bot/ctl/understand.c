#include "ctl/ctl.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "understand.h"

/* `Våler`, `Grünerløkka`, `3187 Horten`: one meaning of a mention. */
static json_t *candidate_json(const struct place *place)
{
    return json_pack("{s:s, s:s?, s:s?, s:f, s:f, s:s}", "name", place->name, "kommune",
                     place->kommune ? place->kommune->name : NULL, "kommune_number",
                     place->kommune ? place->kommune->number : NULL, "lat", place->position.lat, "lon",
                     place->position.lon, "precision", precision_name(place->precision));
}

static json_t *mention_json(const struct mention *mention)
{
    json_t *candidates = json_array();
    for (const struct place *p = mention->places; p; p = p->next)
        json_array_append_new(candidates, candidate_json(p));
    return json_pack("{s:s, s:s, s:b, s:o}", "text", mention->text, "role", role_name(mention->role), "sure",
                     !mention->spelled, "candidates", candidates);
}

static json_t *mentions_json(const struct mentions *mentions)
{
    json_t *list = json_array();
    for (size_t i = 0; i < mentions->count; i++)
        json_array_append_new(list, mention_json(&mentions->list[i]));
    return list;
}

static json_t *understood_json(const struct understood *u, struct arena *arena)
{
    bool crisis = u->care.level == CARE_CERTAIN;
    const char *label = crisis             ? u->care.class->label
                        : u->likely_crisis ? u->likely_crisis->label
                        : u->intent        ? u->intent->label
                                           : "annet";
    const char *also = crisis ? (u->intent ? u->intent->label : NULL) : u->also ? u->also->label : NULL;
    const char *file = crisis ? u->care.class->file : u->rule_file;
    int line = crisis ? u->care.line : u->rule_line;
    json_t *suggestions = json_array();
    for (size_t i = 0; i < u->n_suggestions; i++)
        json_array_append_new(suggestions, json_string(u->suggestions[i]->label));
    return json_pack("{s:s, s:s, s:s?, s:f, s:s?, s:s, s:o?, s:s?, s:o, s:o}", "label", label, "care",
                     care_name(u->care.level), "also", also, "score", crisis ? 1.0 : u->score, "rule",
                     file ? arena_printf(arena, "%s:%d", file, line) : NULL, "language",
                     language_code(u->language ? u->language : LANGUAGE_NB), "place",
                     u->place ? mention_json(u->place) : NULL, "abroad", u->mentions.abroad, "mentions",
                     mentions_json(&u->mentions), "suggestions", suggestions);
}

int ctl_understand(struct ctl *ctl, int argc, char **argv)
{
    bool asked = argc > 1 && strcmp(argv[1], "--asked-place") == 0;
    if (argc > (asked ? 2 : 1))
        return ctl_usage("understand [--asked-place]   one message a line on stdin");
    struct dataset *data = ctl_dataset(ctl);
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    struct arena arena = ARENA_INIT;
    while ((len = getline(&line, &size, stdin)) >= 0) {
        while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        struct understood u;
        understand(data->intents, data->gazetteer, line, (size_t)len, asked, true, &arena, &u);
        json_t *json = understood_json(&u, &arena);
        char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(7));
        puts(text ? text : "{}");
        fflush(stdout);
        free(text);
        json_decref(json);
        arena_reset(&arena);
    }
    arena_free(&arena);
    free(line);
    return 0;
}
