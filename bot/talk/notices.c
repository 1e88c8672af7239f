/* What others hear of a turn, and the words that requests share. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "talk/flows.h"

const struct desk *desk_of(const struct turn *t)
{
    return t->world->desk;
}

/* ---- requests ---- */

const struct request *own_request(const struct turn *t, int64_t id)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_own; i++)
        if (desk->own[i].id == id)
            return &desk->own[i];
    return NULL;
}

const struct request *held_request(const struct turn *t, int64_t id)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_held; i++)
        if (desk->held[i].id == id)
            return &desk->held[i];
    return NULL;
}

size_t own_open(const struct turn *t)
{
    size_t n = 0;
    for (size_t i = 0; i < desk_of(t)->n_own; i++)
        n += request_open(&desk_of(t)->own[i]);
    return n;
}

struct request *change(struct turn *t, const struct request *request)
{
    struct effects *effects = &t->step->effects;
    for (size_t i = 0; i < effects->n_saves; i++)
        if (effects->saves[i]->id == request->id)
            return effects->saves[i];
    if (effects->n_saves == SAVES_MOST)
        BUG("a turn changes more than %d requests", SAVES_MOST);
    struct request *copy = arena_alloc(t->arena, sizeof *copy);
    *copy = *request;
    return effects->saves[effects->n_saves++] = copy;
}

/* ---- notices ---- */

struct notice *notify(struct turn *t, enum audience to, const struct request *request, const char *key)
{
    struct effects *effects = &t->step->effects;
    if (effects->n_notices == NOTICES_MOST)
        BUG("a turn has more than %d notices", NOTICES_MOST);
    struct notice *notice = arena_alloc(t->arena, sizeof *notice);
    notice->to = to;
    notice->request = request;
    notice->say.parts[notice->say.n_parts++].key = key;
    return effects->notices[effects->n_notices++] = notice;
}

struct notice *notify_scope(struct turn *t, const char *scope, int64_t but, const struct request *request,
                            const char *key)
{
    struct notice *notice = notify(t, TO_SCOPE, request, key);
    notice->scope = arena_strdup(t->arena, scope); /* the request may move on */
    notice->but = but;
    return notice;
}

struct value *notice_values(struct turn *t, struct notice *notice, size_t count)
{
    return values_new(t, &notice->say.parts[0], count);
}

const char *ref_of(struct turn *t, const struct request *request)
{
    char ref[REF_SIZE];
    ref_write(request->id, ref);
    return arena_strdup(t->arena, ref);
}

static const char *standing_action(struct turn *t, const char *act, const struct request *request)
{
    return arena_printf(t->arena, "s.%s.%s.%d", act, ref_of(t, request), request->seq);
}

/* Buttons about a request name it where a person may have several. */
static bool names_request(const char *act)
{
    return strcmp(act, "take") == 0;
}

void notice_offer(struct turn *t, struct notice *notice, const char *act, const struct request *request,
                  const char *word)
{
    struct offer *offer = &notice->say.offers[notice->say.n_offers++];
    snprintf(offer->action, ACTION_SIZE, "%s", standing_action(t, act, request));
    offer->word = word;
    offer->literal = names_request(act) ? ref_of(t, request) : NULL;
}

void notice_offer_join(struct notice *notice)
{
    struct offer *offer = &notice->say.offers[notice->say.n_offers++];
    snprintf(offer->action, ACTION_SIZE, "s.join");
    offer->word = "bli_med";
}

void offer_standing(struct turn *t, const char *act, const struct request *request, const char *word)
{
    offer_both(t, standing_action(t, act, request), word, names_request(act) ? ref_of(t, request) : NULL);
}

void notify_withdrawn(struct turn *t, const struct request *request)
{
    struct notice *notice = request->taker ? notify(t, TO_TAKER, request, "ko_trukket")
                                           : notify_scope(t, request->scope, 0, request, "ko_trukket");
    struct value *v = notice_values(t, notice, 2);
    value_text(&v[0], "ref", ref_of(t, request));
    value_text(&v[1], "sted", scope_name(t, request->scope, LANGUAGE_NB));
}

/* ---- words ---- */

const char *scope_name(struct turn *t, const char *scope, enum language language)
{
    static const char *const whole_country[] = {"hele landet", "hele landet", "heile landet",
                                                "all of Norway"};
    const struct contact_point *point = scope_point(scope, t->world->registry);
    const char *fylke = scope_fylke(scope, t->world->gazetteer);
    if (point)
        return point->name;
    if (fylke)
        return fylke;
    return scope_is_reserve(scope) ? whole_country[language] : scope + (strlen(scope) > 2 ? 2 : 0);
}

void value_recipient(struct turn *t, struct value *v, const char *scope, enum language language)
{
    value_text(&v[0], "mottaker", scope_name(t, scope, language));
    value_truth(&v[1], "reservekontakt", scope_is_reserve(scope));
}

void value_reserve(struct turn *t, struct value *v, const char *scope)
{
    value_text(&v[0], "reserve", scope_fylke(scope, t->world->gazetteer));
    value_truth(&v[1], "landet", strcmp(scope, "f:land") == 0);
}

void value_ways(struct turn *t, struct value *v, const char *scope)
{
    const struct contact_point *point = scope_point(scope, t->world->registry);
    value_text(&v[0], "telefon", point ? point->phone : NULL);
    value_text(&v[1], "epost", point ? point->email : NULL);
    value_text(&v[2], "nett", point ? point->web : NULL);
}

void value_contact(struct value *v, enum reach reach, const char *contact)
{
    value_truth(&v[0], "her", reach == REACH_HERE);
    value_text(&v[1], "telefon", reach == REACH_PHONE ? contact : NULL);
    value_text(&v[2], "epost", reach == REACH_EMAIL ? contact : NULL);
}

const char *date_of(struct turn *t, int64_t ms, enum language language)
{
    static const char *const months[2][12] = {{"januar", "februar", "mars", "april", "mai", "juni", "juli",
                                               "august", "september", "oktober", "november", "desember"},
                                              {"January", "February", "March", "April", "May", "June", "July",
                                               "August", "September", "October", "November", "December"}};
    struct civil day = clock_oslo(ms);
    bool english = language == LANGUAGE_EN;
    return arena_printf(t->arena, english ? "%d %s" : "%d. %s", day.day, months[english][day.month - 1]);
}

const char *days_since(struct turn *t, int64_t since)
{
    int64_t days = (t->world->now - since) / CLOCK_DAY;
    return days > 0 ? arena_printf(t->arena, "%lld", (long long)days) : "";
}

/* `koble meg til en gruppe` is no code: one has a figure, a hyphen, capitals only, or none but its letters.
 */
static bool looks_like_code(const char *typed, const char *code, size_t n)
{
    enum { LETTERS_LEAST = 8, LETTERS_MOST = 16 };
    bool lower = false;
    for (const char *c = typed; *c; c++)
        lower = lower || islower((unsigned char)*c);
    return n >= LETTERS_LEAST && n <= LETTERS_MOST &&
           (!lower || strpbrk(code, "0123456789") || strchr(typed, '-') ||
            strspn(code, "34679CDFGHJKMNPRTWX") == n);
}

const char *desk_code_in(const char *text, size_t len, struct arena *arena)
{
    static const char *const verbs[] = {"koble ", "kople ", "/koble ", "/kople ", "kobl ", "koble:"};
    enum { LETTERS_MOST = 24 };
    size_t n = 0;
    char code[LETTERS_MOST + 1];
    const char *whole = arena_strndup(arena, text, len < 80 ? len : 80), *at = whole + strspn(whole, " "),
               *typed = at;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && at == typed; i++)
        if (strncasecmp(at, verbs[i], strlen(verbs[i])) == 0)
            at += strlen(verbs[i]);
    if (at == typed)
        return NULL;
    typed = at;
    for (; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (strchr(" -.\n", c))
            continue;
        if (!isalnum(c) || n == LETTERS_MOST)
            return NULL;
        code[n++] = (char)toupper(c);
    }
    code[n] = '\0';
    return looks_like_code(typed, code, n) ? arena_strdup(arena, code) : NULL;
}
