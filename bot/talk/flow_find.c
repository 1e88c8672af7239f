/* Finding the place where a person lives, and the contact points nearest to it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "talk/flows.h"

enum { OFFERED_PLACES = 6, HITS_MOST = 16, DIGITAL_SHOWN = 2 };

/* ---- asking ---- */

void find_ask(struct turn *t, const char *wish)
{
    const char *key = strcmp(wish, "bli_med") == 0   ? "bli_med_sted"
                      : strcmp(wish, "tema") == 0    ? "tema"
                      : strcmp(wish, "melding") == 0 ? "melding_sted"
                                                     : "finn_kontaktpunkt";
    t->next->asked = ASKED_PLACE;
    snprintf(t->next->wish, KEY_SIZE, "%s", strcmp(wish, "tema") == 0 ? "finn_kontaktpunkt" : wish);
    say_part(t, key);
    say_remember(t, key);
    t->step->say.ask_location = true;
}

/* ---- the answer ---- */

/* As a person says it: whole kilometres, and tens where it is far. */
static const char *kilometres(struct turn *t, double km)
{
    const double far = 100;
    double said = km < 1 ? 1 : km < far ? km : 10 * floor(km / 10 + 0.5);
    return arena_printf(t->arena, "%.0f", said);
}

static const char *note_of(const struct turn *t, const struct contact_point *point)
{
    switch (t->next->language) {
    case LANGUAGE_NN:
        return point->note_nn;
    case LANGUAGE_EN:
        return point->note_en;
    default:
        return point->note_nb;
    }
}

static struct scope hit_scope(struct turn *t, const struct hit *hit)
{
    enum { VALUES = 12 };
    struct value *v = arena_alloc(t->arena, VALUES * sizeof *v);
    const struct contact_point *point = hit->point;
    value_truth(&v[11], "kan", join_possible(t, point));
    value_text(&v[0], "navn", point->name);
    value_text(&v[1], "kommune", point->kommune ? point->kommune->short_name : NULL);
    value_text(&v[2], "km", kilometres(t, hit->km));
    value_truth(&v[3], "egen", hit->own);
    value_truth(&v[4], "dekker", hit->serves);
    value_truth(&v[5], "ubekreftet", point->status == POINT_UNCONFIRMED);
    value_text(&v[6], "bekreftet", point->verified_on);
    value_text(&v[7], "nett", point->web);
    value_text(&v[8], "telefon", point->phone);
    value_text(&v[9], "epost", point->email);
    value_text(&v[10], "merknad", note_of(t, point));
    return (struct scope){v, VALUES};
}

static struct scope digital_scope(struct turn *t, const struct contact_point *point)
{
    enum { VALUES = 3 };
    struct value *v = arena_alloc(t->arena, VALUES * sizeof *v);
    value_text(&v[0], "navn", point->name);
    value_text(&v[1], "nett", point->web);
    value_truth(&v[2], "ubekreftet", point->status == POINT_UNCONFIRMED);
    return (struct scope){v, VALUES};
}

static const struct kommune *known_kommune(const struct turn *t)
{
    return t->next->kommune[0] ? gazetteer_kommune(t->world->gazetteer, t->next->kommune) : NULL;
}

const char *find_authority(const struct turn *t)
{
    const struct kommune *kommune = known_kommune(t);
    if (!t->next->has_place)
        return "";
    if (!kommune) /* Jan Mayen */
        return t->next->language == LANGUAGE_EN ? "your municipality" : "kommunen din";
    if (strcmp(kommune->number, "2111") == 0) /* Svalbard is no kommune */
        return "Longyearbyen lokalstyre";
    return arena_printf(t->arena, "%s kommune", kommune->short_name);
}

static void fill_answer(struct turn *t, struct part *part, const struct hit *hits, size_t count, size_t from)
{
    const struct contact_point *digital[DIGITAL_SHOWN];
    size_t n_digital = registry_digital(t->world->registry, digital, DIGITAL_SHOWN);
    struct scope *items = arena_alloc(t->arena, (count + 1) * sizeof *items);
    struct scope *online = arena_alloc(t->arena, (n_digital + 1) * sizeof *online);
    const struct kommune *kommune = known_kommune(t);
    for (size_t i = 0; i < count; i++)
        items[i] = hit_scope(t, &hits[i]);
    for (size_t i = 0; i < n_digital; i++)
        online[i] = digital_scope(t, digital[i]);
    bool as_the_crow_flies = false;
    for (size_t i = 0; i < count; i++)
        as_the_crow_flies = as_the_crow_flies || !hits[i].own;
    struct value *v = values_new(t, part, 9);
    bool can = false;
    for (size_t i = 0; i < count; i++)
        can = can || join_possible(t, hits[i].point);
    value_truth(&v[8], "kan", can);
    value_truth(&v[5], "luftlinje", as_the_crow_flies);
    value_truth(&v[7], "videre", from > 0);
    value_truth(&v[6], "oy", as_the_crow_flies && kommune && kommune->island);
    value_text(&v[0], "sted", t->next->place);
    value_text(&v[1], "kommune", kommune ? kommune->short_name : t->next->place);
    value_list(&v[2], "treff", items, count);
    value_list(&v[3], "digitale", online, n_digital);
    value_text(&v[4], "kommunen", find_authority(t));
}

static bool is_near(const struct turn *t, const struct hit *hit)
{
    return hit->own || hit->serves || hit->km <= t->world->far_km;
}

/* How many of the `found` hits to show from number `from` on: what fits a telephone's screen; of those that a
 * person did not ask for with `vis flere`, none that is far away when a near one is there. */
static size_t how_many(const struct turn *t, const struct hit *hits, size_t found, size_t from)
{
    size_t most = (size_t)t->world->hits, count = 0;
    while (count < most && from + count < found &&
           (from || !count || is_near(t, &hits[count]) || !is_near(t, &hits[0])))
        count++;
    return count;
}

static void offer_more(struct turn *t, const char *topic)
{
    offer_word(t, *topic ? arena_printf(t->arena, "more:%s", topic) : "more", "flere");
}

/* A button for each place shown that can get a request today. */
static bool offer_requests(struct turn *t, const struct hit *hits, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        if (join_possible(t, hits[i].point)) {
            offer_both(t, arena_printf(t->arena, "join:%s", hits[i].point->id), "send_til",
                       hits[i].point->name);
            any = true;
        }
    return any;
}

static void count_search(struct turn *t, bool first, bool unmet)
{
    t->step->effects.searched = first;
    t->step->effects.unmet = first && unmet;
    t->step->effects.kommune = arena_strdup(t->arena, t->next->kommune);
}

/* What waited for the place and is no search; true: it goes on. */
static bool go_on_with(struct turn *t, const char *wish)
{
    bool message = strcmp(wish, "melding") == 0, group = strcmp(wish, "onske") == 0;
    if (!message && !group)
        return false;
    t->next->asked = ASKED_NOTHING;
    t->next->wish[0] = '\0';
    if (message)
        join_message(t);
    else
        join_wish(t);
    return true;
}

/* Shows the contact points from number `from` on, for the place that is known. The topic is used and not
 * kept: it tells of a person's health. */
static void show_hits(struct turn *t, const char *wish, size_t from)
{
    struct hit hits[HITS_MOST];
    if (go_on_with(t, wish))
        return;
    const char *topic = arena_strdup(t->arena, t->next->topic);
    struct search search = {position_of(t->next->lat, t->next->lon), known_kommune(t), *topic ? topic : NULL};
    size_t most = from + (size_t)t->world->hits + 1;
    size_t found = registry_nearest(t->world->registry, &search, hits, most > HITS_MOST ? HITS_MOST : most);
    if (from >= found)
        from = 0;
    bool far = !from && (!found || !is_near(t, &hits[0]));
    bool join = strcmp(wish, "bli_med") == 0;
    const char *key = join ? (far ? "bli_med_langt" : "bli_med") : far ? "treff_langt" : "treff";
    size_t count = how_many(t, hits, found, from);
    fill_answer(t, say_part(t, key), hits + from, count, from);
    say_remember(t, key);
    t->next->asked = ASKED_NOTHING;
    t->next->topic[0] = '\0';
    snprintf(t->next->wish, KEY_SIZE, "%s", wish); /* for `flere` */
    t->next->shown = (int)(from + count);
    bool can = join && offer_requests(t, hits + from, count);
    count_search(t, !from, far || (join && !can));
    if (!join && !far)
        offer_intent(t, "bli_med");
    if (found > from + count && !far)
        offer_more(t, topic);
    offer_word(t, "where", "annet_sted");
    offer_intent(t, far ? "menneske" : "hjelp");
}

void find_about(struct turn *t, const char *topic)
{
    if (topic && strlen(topic) < TOPIC_SIZE)
        snprintf(t->next->topic, TOPIC_SIZE, "%s", topic);
}

void find_wish(struct turn *t, const char *wish)
{
    if (t->next->has_place)
        show_hits(t, wish, 0);
    else
        find_ask(t, wish);
}

void find_more(struct turn *t, const char *topic)
{
    find_about(t, topic);
    if (t->next->has_place)
        show_hits(t, t->next->wish[0] ? t->next->wish : "finn_kontaktpunkt", (size_t)t->next->shown);
    else
        find_ask(t, "finn_kontaktpunkt");
}

/* ---- places ---- */

/* What the place is called to the person: a kommune without brackets and without its other languages' names.
 */
static const char *said_name(const struct place *place)
{
    return place->precision == PRECISION_KOMMUNE && place->kommune ? place->kommune->short_name : place->name;
}

static void keep(struct turn *t, const char *name, const struct kommune *kommune, double lat, double lon)
{
    struct state *next = t->next;
    next->has_place = true;
    snprintf(next->place, NAME_SIZE, "%s", name);
    snprintf(next->kommune, sizeof next->kommune, "%s", kommune ? kommune->number : "");
    next->lat = lat;
    next->lon = lon;
    next->shown = 0;
}

static void keep_place(struct turn *t, const struct place *place)
{
    keep(t, said_name(place), place->kommune, place->position.lat, place->position.lon);
}

static void place_action(const struct place *place, char action[ACTION_SIZE])
{
    snprintf(action, ACTION_SIZE, "place:%s|%.5f|%.5f|%s", place->kommune ? place->kommune->number : "",
             place->position.lat, place->position.lon, said_name(place));
}

/* Reads what place_action wrote behind `place:`; `name` may be NULL. False when it is anything else. */
static bool read_action(const struct turn *t, const char *action, struct place *place, const char **name)
{
    char number[5] = "";
    char *lon_at, *name_at = NULL;
    const char *bar = strchr(action, '|');
    if (!bar || bar - action > 4)
        return false;
    memcpy(number, action, (size_t)(bar - action));
    double lat = strtod(bar + 1, &lon_at);
    double lon = *lon_at == '|' ? strtod(lon_at + 1, &name_at) : 0;
    if (!name_at || *name_at != '|')
        return false;
    place->kommune = gazetteer_kommune(t->world->gazetteer, number);
    place->position = position_of(lat, lon);
    if (name)
        *name = name_at + 1;
    return true;
}

/* `Herøy i Nordland`, and the kommune too where two lie in one fylke. */
static const char *telling_name(struct turn *t, const struct place *place, const struct place *all)
{
    bool shared = false, split = true; /* split: a kommune of the past that is in several of today's */
    for (const struct place *p = all; p; p = p->next)
        split = split && p->precision == PRECISION_OLD;
    for (const struct place *p = all; p; p = p->next)
        shared = shared ||
                 (p != place && p->kommune && place->kommune && p->kommune->fylke == place->kommune->fylke);
    if (!place->kommune)
        return place->name;
    if (place->precision == PRECISION_REGION || split)
        return place->kommune->short_name;
    if (shared || place->precision != PRECISION_KOMMUNE)
        return arena_printf(t->arena, "%s (%s)", said_name(place), place->kommune->short_name);
    return arena_printf(t->arena, "%s i %s", said_name(place), place->kommune->fylke);
}

static void offer_places(struct turn *t, const struct place *places)
{
    size_t offered = 0;
    for (const struct place *p = places; p && offered < OFFERED_PLACES; p = p->next, offered++) {
        char action[ACTION_SIZE];
        place_action(p, action);
        offer_literal(t, action, telling_name(t, p, places));
    }
}

static void ask_which(struct turn *t, const struct mention *mention, const char *wish)
{
    struct part *part = say_part(t, "sted_flertydig");
    value_text(values_new(t, part, 1), "skrevet",
               mention->places->precision == PRECISION_POST ? mention->text : said_name(mention->places));
    say_remember(t, "sted_flertydig");
    t->next->asked = ASKED_PLACE;
    snprintf(t->next->wish, KEY_SIZE, "%s", wish);
    offer_places(t, mention->places);
}

static void ask_sure(struct turn *t, const struct mention *mention, const char *wish)
{
    char action[ACTION_SIZE];
    struct part *part = say_part(t, "sted_bekreft");
    value_text(values_new(t, part, 1), "forslag", said_name(mention->places));
    say_remember(t, "sted_bekreft");
    t->next->asked = ASKED_PLACE_SURE;
    snprintf(t->next->wish, KEY_SIZE, "%s", wish);
    place_action(mention->places, action);
    offer_word(t, action, "ja");
    offer_word(t, "where", "nei");
}

/* A region says too little: which of its kommuner, or a postal code. */
static void ask_kommune(struct turn *t, const struct mention *mention, const char *wish)
{
    struct part *part = say_part(t, "sted_region");
    value_text(values_new(t, part, 1), "sted", mention->places->name);
    say_remember(t, "sted_region");
    t->next->asked = ASKED_PLACE;
    snprintf(t->next->wish, KEY_SIZE, "%s", wish);
    if (mention->count > OFFERED_PLACES)
        t->step->say.ask_location = true;
    else
        offer_places(t, mention->places);
}

/* `Oslo eller Bergen?`: several certain places that are alike to the person. Offers them and returns true
 * when there are at least two in different kommuner. */
static bool ask_between(struct turn *t, const struct mentions *mentions, const char *wish)
{
    const struct place *places[MENTIONS_MOST];
    size_t n = 0;
    for (size_t i = 0; i < mentions->count; i++) {
        const struct mention *mention = &mentions->list[i];
        bool again = false;
        for (size_t k = 0; k < n; k++)
            again = again || places[k]->kommune == mention->places->kommune;
        if (mention->role != mentions->list[0].role)
            continue;
        if (mention->role < ROLE_NAMED || mention->spelled || mention->count != 1)
            return false;
        if (!again)
            places[n++] = mention->places;
    }
    if (n < 2)
        return false;
    say_part(t, "sted_flere");
    say_remember(t, "sted_flere");
    t->next->asked = ASKED_PLACE;
    snprintf(t->next->wish, KEY_SIZE, "%s", wish);
    for (size_t i = 0; i < n; i++) {
        char action[ACTION_SIZE];
        place_action(places[i], action);
        offer_literal(t, action, said_name(places[i]));
    }
    return true;
}

bool find_mentioned(struct turn *t, const char *wish)
{
    const struct understood *u = t->world->understood;
    const struct mention *mention = u ? u->place : NULL;
    if (!mention || (mention->role == ROLE_OTHER && !u->text.question))
        return false; /* `søsteren min i Tromsø går i gruppe`: where others are */
    if (ask_between(t, &u->mentions, wish))
        return true;
    if (mention->count > 1 && mention->places->precision == PRECISION_REGION) {
        ask_kommune(t, mention, wish);
    } else if (mention->count > 1) {
        ask_which(t, mention, wish);
    } else if (mention->spelled) {
        ask_sure(t, mention, wish);
    } else {
        keep_place(t, mention->places);
        show_hits(t, wish, 0);
    }
    return true;
}

void find_keep_place(struct turn *t)
{
    const struct mention *mention = t->world->understood->place;
    if (mention && mention->count == 1 && !mention->spelled && mention->role >= ROLE_NAMED)
        keep_place(t, mention->places);
}

static const char *shortened(struct turn *t, const struct text *text)
{
    size_t len = text->raw_len;
    if (len > 40) /* a long message is not repeated to its writer */
        return "";
    while (len && (text->raw[len - 1] == ' ' || text->raw[len - 1] == '\n'))
        len--;
    return arena_strndup(t->arena, text->raw, len);
}

void find_unknown(struct turn *t)
{
    struct part *part = say_part(t, "sted_ukjent");
    value_text(values_new(t, part, 1), "skrevet", shortened(t, &t->world->understood->text));
    say_remember(t, "sted_ukjent");
    t->next->misses++;
    t->step->say.ask_location = true;
    find_offer_again(t);
    offer_intent(t, "hjelp");
    offer_intent(t, "menneske");
}

bool find_offers_places(const struct state *state)
{
    return state->n_choices && strncmp(state->choices[0].action, "place:", 6) == 0;
}

/* The places that were offered last, as a list by next; each one's name is its action. */
static const struct place *offered_places(const struct turn *t)
{
    struct place *first = NULL, **at = &first;
    for (size_t i = 0; i < t->state->n_choices; i++) {
        const char *action = t->state->choices[i].action;
        struct place place = {.name = action};
        if (strncmp(action, "place:", 6) || !read_action(t, action + 6, &place, NULL))
            continue;
        *at = arena_alloc(t->arena, sizeof **at);
        **at = place;
        at = &(*at)->next;
    }
    return first;
}

const char *find_offered_beside(const struct turn *t)
{
    const struct mention *mention = t->world->understood->place;
    const struct place *offered = mention ? offered_places(t) : NULL;
    if (!offered || !offered->next || mention->spelled || mention->role == ROLE_MEANT)
        return NULL;
    const struct place *chosen = mentions_choose(offered, mention->places, t->arena);
    bool finer = chosen && mention->count == 1 && mention->places->kommune == chosen->kommune &&
                 mention->places->precision != PRECISION_OLD;
    return chosen && !finer ? chosen->name : NULL; /* `Svolvær` says more than Vågan */
}

void find_offer_again(struct turn *t)
{
    for (size_t i = 0; i < t->state->n_choices; i++)
        if (strncmp(t->state->choices[i].action, "place:", 6) == 0)
            offer_literal(t, t->state->choices[i].action, t->state->choices[i].label);
}

void find_abroad(struct turn *t)
{
    struct part *part = say_part(t, "sted_utlandet");
    value_text(values_new(t, part, 1), "skrevet",
               t->world->understood ? t->world->understood->mentions.abroad : NULL);
    say_remember(t, "sted_utlandet");
    t->next->asked = ASKED_PLACE; /* it asks where in Norway to look */
    if (!t->next->wish[0])
        snprintf(t->next->wish, KEY_SIZE, "finn_kontaktpunkt");
    offer_intent(t, "menneske");
}

/* A kilometre is near enough for distances; where exactly a person stands is not kept. */
static double about(double degrees)
{
    return floor(degrees * 100 + 0.5) / 100;
}

void find_location(struct turn *t)
{
    struct position at = position_of(t->event->lat, t->event->lon);
    if (gazetteer_outside(t->world->gazetteer, &at)) {
        find_abroad(t);
        return;
    }
    const struct kommune *kommune = gazetteer_kommune_at(t->world->gazetteer, &at);
    const char *wish = t->state->wish[0] ? t->state->wish : "finn_kontaktpunkt";
    keep(t, kommune->short_name, kommune, about(t->event->lat), about(t->event->lon));
    show_hits(t, wish, 0);
}

void find_chosen(struct turn *t, const char *action)
{
    struct place place = {.name = NULL};
    const char *name;
    if (!read_action(t, action, &place, &name))
        return;
    keep(t, name, place.kommune, place.position.lat, place.position.lon);
    show_hits(t, t->state->wish[0] ? t->state->wish : "finn_kontaktpunkt", 0);
}
