/* `selvhjelpsctl places PLACE`: what the gazetteer knows of a name or a postal code, and from where. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "place/mentions.h"

enum { UNKNOWN = 3 };

static const char *what_it_is(enum precision precision)
{
    static const char *const names[] = {"kommune",
                                        "town or village",
                                        "part of a town",
                                        "kommune of the past",
                                        "hamlet (gives way to others of the name)",
                                        "kommune of the region",
                                        "postal code"};
    return names[precision];
}

static void show_place(const struct place *place)
{
    printf("%s: %s", place->name, what_it_is(place->precision));
    if (place->kommune)
        printf(", %s %s, %s%s", place->kommune->number, place->kommune->name, place->kommune->fylke,
               place->kommune->island ? ", no road to the mainland" : "");
    printf("\n  position %.4f %.4f", place->position.lat, place->position.lon);
    if (place->population)
        printf(", %ld people (GeoNames)", place->population);
    printf("\n  from %s\n", place->source);
}

/* How people's words are taken: only in certain sentences, or not as a place in Norway at all. */
static void show_care(const struct gazetteer *g, const char *plain)
{
    enum caution caution = gazetteer_caution(g, plain, strlen(plain));
    const char *country = gazetteer_abroad(g, plain, strlen(plain));
    if (caution)
        printf("It is an ordinary word too: a place %s.  (words.tsv)\n",
               caution == CAUTION_COMMON ? "where the sentence makes it one, or with a capital"
                                         : "only in `bor i …`, `… kommune` and the like, or with a capital");
    if (gazetteer_is_no_name(g, plain, strlen(plain)))
        printf("It is an ordinary word that is not taken for a misspelt name.  (words.tsv)\n");
    if (country)
        printf("It lies outside Norway (%s).  (abroad.tsv)\n", country);
}

static bool show_spelling(const struct gazetteer *g, const char *plain)
{
    const struct place *bare = gazetteer_find_bare(g, plain, strlen(plain));
    struct spelling spelling = gazetteer_spell(g, plain, strlen(plain), 2.1);
    if (bare) {
        printf("Without æøå it is:\n");
        show_place(bare);
    } else if (spelling.places) {
        printf("It is not known; the name most like it, at a cost of %.1f edits, is:\n", spelling.cost);
        show_place(spelling.places);
    }
    return bare || spelling.places;
}

int ctl_places(struct ctl *ctl, int argc, char **argv)
{
    if (argc < 2)
        return ctl_usage("places PLACE   (a name or a postal code)");
    struct dataset *data = ctl_dataset(ctl);
    struct arena arena = ARENA_INIT;
    const char *words = argv[1];
    for (int i = 2; i < argc; i++)
        words = arena_printf(&arena, "%s %s", words, argv[i]);
    const char *plain = text_plain(words, &arena);
    const struct place *post = strlen(plain) == 4 ? gazetteer_post(data->gazetteer, plain) : NULL;
    const struct place *places = post ? post : gazetteer_find(data->gazetteer, plain, strlen(plain));
    for (const struct place *p = places; p; p = p->next)
        show_place(p);
    show_care(data->gazetteer, plain);
    bool known = places || gazetteer_abroad(data->gazetteer, plain, strlen(plain)) ||
                 show_spelling(data->gazetteer, plain);
    if (!known)
        fprintf(stderr,
                "selvhjelpsctl: \"%s\" is not known; a name can be added to bot/place/data/towns.tsv\n",
                words);
    arena_free(&arena);
    return known ? 0 : UNKNOWN;
}
