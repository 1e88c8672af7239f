/* A resident writes a request, a message to the reserve contact, or a wish for a group: one question at a
 * time.
 *
 *   join     age → consent → name → reach (→ telephone | e-mail) → words → summary → sent
 *   message  consent → words → name → reach (→ …) → summary → sent
 *   start    age → theme → consent → registered
 *
 * Each step is a row of `steps`. What is typed lives in the draft, which stays while something else is asked,
 * and goes with `avbryt`. The questions are in join_ask.c; what leaves the draft, and to whom, in
 * join_send.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "talk/flows.h"
#include "talk/join.h"

enum { STEPS_MOST = 6 };

static const enum asked steps[][STEPS_MOST] = {
    [DRAFT_JOIN] = {ASKED_AGE, ASKED_CONSENT, ASKED_NAME, ASKED_REACH, ASKED_WORDS, ASKED_SUMMARY},
    [DRAFT_MESSAGE] = {ASKED_CONSENT, ASKED_WORDS, ASKED_NAME, ASKED_REACH, ASKED_SUMMARY},
    [DRAFT_START] = {ASKED_AGE, ASKED_THEME, ASKED_CONSENT},
};

bool join_is_step(enum asked asked)
{
    return asked >= ASKED_AGE && asked <= ASKED_SUMMARY;
}

/* ---- from step to step ---- */

/* A telephone number and an address belong to the question how to be reached. */
static enum asked main_step(enum asked step)
{
    return step == ASKED_PHONE || step == ASKED_EMAIL ? ASKED_REACH : step;
}

/* The step that lies `by` places from this one in the kind's row; ASKED_NOTHING outside it. */
static enum asked step_beside(const struct draft *draft, int by)
{
    for (int i = 0; i < STEPS_MOST; i++)
        if (steps[draft->kind][i] == main_step(draft->step))
            return i + by >= 0 && i + by < STEPS_MOST ? steps[draft->kind][i + by] : ASKED_NOTHING;
    return ASKED_NOTHING;
}

static void go_to(struct turn *t, enum asked step)
{
    t->next->draft.step = t->next->asked = step;
    join_ask(t);
}

/* The step was answered. */
static void go_on(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    enum asked next = draft->seen ? ASKED_SUMMARY : step_beside(draft, 1);
    t->next->misses = 0;
    if (next == ASKED_NOTHING)
        join_finish(t);
    else
        go_to(t, next);
}

void join_stopped(struct turn *t, bool changed)
{
    const char *key = changed ? "endre_avbrutt" : "join_avbrutt";
    say_part(t, key);
    say_remember(t, key);
    if (changed)
        offer_intent(t, "status");
    offer_menu(t);
}

void join_back(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    enum asked before = draft->step == ASKED_PHONE || draft->step == ASKED_EMAIL ? ASKED_REACH
                        : draft->seen && draft->step != ASKED_SUMMARY            ? ASKED_SUMMARY
                                                                                 : step_beside(draft, -1);
    bool changes = draft->changes != 0, joins = draft->kind == DRAFT_JOIN && !changes;
    bool within = before == ASKED_REACH && main_step(draft->step) == ASKED_REACH;
    if (before != ASKED_NOTHING && !(draft->changes && draft->step == ASKED_SUMMARY)) {
        draft->seen = draft->seen && (before == ASKED_SUMMARY || within);
        go_to(t, before);
        return;
    }
    state_drop_draft(t->next);
    if (joins)
        find_wish(t, "bli_med");
    else
        join_stopped(t, changes);
}

/* ---- beginning ---- */

static void begin(struct turn *t, enum draft_kind kind, const char *scope)
{
    struct draft *draft = &t->next->draft;
    state_drop_draft(t->next);
    draft->kind = kind;
    snprintf(draft->scope, SCOPE_SIZE, "%s", scope);
    go_to(t, steps[kind][0]);
}

bool join_possible(const struct turn *t, const struct contact_point *point)
{
    char scope[SCOPE_SIZE];
    snprintf(scope, sizeof scope, "p:%s", point->id);
    return roster_present(desk_of(t)->roster, scope, t->world->now);
}

/* Requests of the last 24 hours, withdrawn ones too: sent and taken back again and again they only trouble
 * the coordinators. */
enum { DAY_TIMES = 3 };

static size_t sent_today(const struct turn *t)
{
    const struct desk *desk = desk_of(t);
    size_t n = 0;
    for (size_t i = 0; i < desk->n_own; i++)
        n += desk->own[i].created > t->world->now - CLOCK_DAY;
    return n;
}

/* An open request to the same place, or too many; then it is said and true. */
static bool has_enough(struct turn *t, const char *scope)
{
    const struct desk *desk = desk_of(t);
    for (size_t i = 0; i < desk->n_own; i++)
        if (request_open(&desk->own[i]) && strcmp(desk->own[i].scope, scope) == 0) {
            struct value *v = values_new(t, say_part(t, "join_finnes"), 4);
            value_recipient(t, &v[0], scope, t->next->language);
            value_text(&v[2], "ref", ref_of(t, &desk->own[i]));
            value_truth(&v[3], "tatt", desk->own[i].state == REQUEST_TAKEN);
            offer_intent(t, "status");
            offer_intent(t, "endre");
            offer_intent(t, "trekk");
            return true;
        }
    if (sent_today(t) >= (size_t)(DAY_TIMES * desk->open_most)) {
        say_part(t, "join_mange_i_dag");
        offer_intent(t, "status");
        return true;
    }
    if (own_open(t) < (size_t)desk->open_most)
        return false;
    value_text(values_new(t, say_part(t, "join_mange"), 1), "antall",
               arena_printf(t->arena, "%d", desk->open_most));
    offer_intent(t, "status");
    offer_intent(t, "trekk");
    return true;
}

void join_begin(struct turn *t, const char *point)
{
    char scope[SCOPE_SIZE];
    snprintf(scope, sizeof scope, "p:%s", point);
    if (has_enough(t, scope))
        return;
    if (roster_present(desk_of(t)->roster, scope, t->world->now))
        begin(t, DRAFT_JOIN, scope);
    else
        join_nobody(t, scope);
}

void join_message(struct turn *t)
{
    char scope[SCOPE_SIZE];
    if (!t->next->has_place) {
        find_ask(t, "melding");
        return;
    }
    roster_reserve(desk_of(t)->roster, t->next->kommune, t->world->now, scope);
    if (!*scope) {
        say_part(t, "melding_ingen");
        offer_intent(t, "finn_kontaktpunkt");
        offer_intent(t, "menneske");
    } else if (!has_enough(t, scope)) {
        begin(t, DRAFT_MESSAGE, scope);
    }
}

void join_wish(struct turn *t)
{
    const struct wish *wish = desk_of(t)->wish;
    if (wish) {
        value_text(values_new(t, say_part(t, "start_finnes"), 1), "sted", wish->place);
        offer_intent(t, "trekk");
        offer_intent(t, "finn_kontaktpunkt");
    } else if (!t->next->has_place) {
        find_ask(t, "onske");
    } else {
        begin(t, DRAFT_START, "");
    }
}

/* ---- typed answers ---- */

/* Labels that are about the bot and the requests, never a name or own words. */
static bool is_about_requests(const char *label)
{
    static const char *const labels[] = {"status", "trekk", "endre", "innsyn", "menneske", "sprak"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(label, labels[i]) == 0)
            return true;
    return false;
}

/* What the person wants of the bot rather than answers: a command, or a question that was understood. */
static bool is_for_bot(const struct turn *t, size_t words_most)
{
    enum { FEW = 3 };
    const struct understood *u = t->world->understood;
    if (!u->intent || u->score < SURE_QUESTION || u->intent->class == INTENT_ANSWER)
        return false;
    bool label = t->state->asked == ASKED_WORDS && u->score >= SURE_LABEL && u->text.n_words <= FEW &&
                 u->intent->class != INTENT_TALK;
    if (label) /* `finn kontaktpunkt`, as it stands on a button */
        return true;
    bool command = (u->score >= SURE_COMMAND || u->text.n_words == 1) &&
                   (u->intent->class == INTENT_COMMAND || is_about_requests(u->intent->label));
    return (command && u->text.n_words <= FEW) || (u->text.question && u->text.n_words <= words_most);
}

/* Yes or no to a question with two buttons; the reply is the button's. A yes that was guessed is none: it
 * says how old somebody is, and lets words leave the machine. */
static bool take_yes_no(struct turn *t, const char *yes, const char *no)
{
    const struct understood *u = t->world->understood;
    const char *label = u->intent ? u->intent->label : "";
    if (strcmp(label, "ja") == 0 && u->score >= SURE_COMMAND)
        join_press(t, yes);
    else if (strcmp(label, "nei") == 0)
        join_press(t, no);
    else
        return false;
    return true;
}

bool join_is_liv(const struct turn *t)
{
    enum { FEW_WORDS = 5 };
    const struct text *text = &t->world->understood->text;
    return t->state->asked == ASKED_NAME && t->world->understood->care.level == CARE_POSSIBLE &&
           text->n_words <= FEW_WORDS && strstr(text->raw, "Liv") && !strstr(text->raw, "Livet");
}

/* `blir 18 til sommeren`, `ikke fylt 18`, `har 4 barn`: then it is asked again. */
static bool not_yet(const char *plain)
{
    static const char *const words[] = {"blir",  "fyller", "fyll ", "nesten", "snart", "ikke",
                                        "ikkje", " til ",  "neste", "barn",   "born",  " om ",
                                        "not ",  "almost", "soon",  "next",   "kids"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(plain, words[i]))
            return true;
    return false;
}

/* `jeg er 45`, `over 18`, `16 år`. */
static bool take_age(struct turn *t)
{
    enum { ADULT = 18, LEAST = 4, MOST = 120, FEW_WORDS = 8 };
    const struct text *text = &t->world->understood->text;
    const char *at = text->plain + strcspn(text->plain, "0123456789");
    long age = strtol(at, NULL, 10);
    bool doubtful = not_yet(text->plain) || strpbrk(at + strspn(at, "0123456789"), "0123456789");
    bool under = strstr(text->plain, "under ") != NULL;
    if (take_yes_no(t, "adult", "minor"))
        return true;
    if (text->n_words > FEW_WORDS || age < LEAST || age > MOST || text->question || doubtful)
        return false;
    join_press(t, age < ADULT || (age == ADULT && under) ? "minor" : "adult");
    return true;
}

static bool take_name(struct turn *t)
{
    enum { QUESTION_WORDS = 40, NAME_WORDS = 4, SENDER_WORDS = 10, NAME_MOST = 40, SENDER_MOST = 80 };
    struct draft *draft = &t->next->draft;
    const struct understood *u = t->world->understood;
    bool sender = draft->kind == DRAFT_MESSAGE;
    size_t most = sender ? SENDER_WORDS : NAME_WORDS;
    if (is_for_bot(t, QUESTION_WORDS))
        return false;
    if (u->care.level != CARE_NONE &&
        !join_is_liv(t)) { /* no name: the numbers were said, the question waits */
        join_ask(t);
        return true;
    }
    char alias[ALIAS_SIZE];
    if (!typed_name(u->text.raw, most, sender ? SENDER_MOST : NAME_MOST, alias)) {
        if (u->intent && !u->unsure && u->text.n_words > most)
            return false; /* a sentence about something else */
        join_wrong(t, "join_navn_feil");
        return true;
    }
    memcpy(draft->alias, alias, ALIAS_SIZE);
    go_on(t);
    return true;
}

static void press_reach(struct turn *t, enum reach reach)
{
    struct draft *draft = &t->next->draft;
    if (reach != REACH_HERE) { /* what is there stays until the new one is given */
        go_to(t, reach == REACH_PHONE ? ASKED_PHONE : ASKED_EMAIL);
        return;
    }
    draft->reach = reach;
    draft->contact[0] = '\0';
    go_on(t);
}

/* `epost`, `ring meg`, `helst her i chatten`. */
static enum reach reach_in_words(const struct text *text)
{
    static const struct {
        const char *word;
        enum reach reach;
    } words[] = {{"epost", REACH_EMAIL}, {"e-post", REACH_EMAIL}, {"e post", REACH_EMAIL},
                 {"mail", REACH_EMAIL},  {"email", REACH_EMAIL},  {"telefon", REACH_PHONE},
                 {"tlf", REACH_PHONE},   {"ring", REACH_PHONE},   {"mobil", REACH_PHONE},
                 {"phone", REACH_PHONE}, {"call", REACH_PHONE},   {"sms", REACH_PHONE},
                 {"chat", REACH_HERE},   {"her", REACH_HERE},     {"here", REACH_HERE}};
    enum { FEW_WORDS = 5 };
    for (size_t i = 0; text->n_words <= FEW_WORDS && i < sizeof words / sizeof *words; i++)
        if (strstr(text->plain, words[i].word))
            return words[i].reach;
    return REACH_UNSAID;
}

static bool take_contact(struct turn *t, enum asked step)
{
    enum { QUESTION_WORDS = 40 };
    struct draft *draft = &t->next->draft;
    enum reach reach = typed_contact(t->world->understood->text.raw, draft->contact);
    if (reach) {
        draft->reach = reach;
        go_on(t);
        return true;
    }
    reach = step == ASKED_REACH ? reach_in_words(&t->world->understood->text) : REACH_UNSAID;
    if (reach && !t->world->understood->text.question) {
        press_reach(t, reach);
        return true;
    }
    bool tried = strpbrk(t->world->understood->text.raw, "@0123456789") != NULL;
    if (step == ASKED_REACH || (!tried && is_for_bot(t, QUESTION_WORDS)))
        return false;
    join_wrong(t, step == ASKED_PHONE ? "join_telefon_feil" : "join_epost_feil");
    return true;
}

static bool take_words(struct turn *t, size_t most)
{
    enum { QUESTION_WORDS = 12 };
    struct draft *draft = &t->next->draft;
    const struct text *text = &t->world->understood->text;
    if (is_for_bot(t,
                   draft->kind == DRAFT_MESSAGE ? 0 : QUESTION_WORDS)) /* a message may well ask something */
        return false;
    if (text->raw_len > most) {
        join_wrong(t, "join_ord_langt");
        value_text(values_new(t, &t->step->say.parts[t->step->say.n_parts - 1], 1), "tegn",
                   arena_printf(t->arena, "%zu", most));
        return true;
    }
    if (t->world->understood->intent && strcmp(t->world->understood->intent->label, "nei") == 0 &&
        draft->kind == DRAFT_JOIN)
        draft->words[0] = '\0'; /* nothing to add */
    else
        typed_words(text->raw, draft->words);
    draft->alarming = t->world->understood->care.level != CARE_NONE;
    go_on(t);
    return true;
}

bool join_text(struct turn *t)
{
    enum { THEME_MOST = 60 };
    switch (t->state->asked) {
    case ASKED_AGE:
        return take_age(t);
    case ASKED_CONSENT:
        return take_yes_no(t, "yes", "no");
    case ASKED_SUMMARY:
        return take_yes_no(t, "send", "stop");
    case ASKED_NAME:
        return take_name(t);
    case ASKED_REACH:
    case ASKED_PHONE:
    case ASKED_EMAIL:
        return take_contact(t, t->state->asked);
    case ASKED_THEME:
        return take_words(t, THEME_MOST);
    case ASKED_WORDS:
        return take_words(t, WORDS_SIZE - 1);
    default:
        return false;
    }
}

void join_keep(struct turn *t)
{
    const struct text *text = &t->world->understood->text;
    struct draft *draft = &t->next->draft;
    if (t->state->asked == ASKED_WORDS) {
        typed_words(text->raw, draft->words);
        draft->alarming = true;
    }
    say_part(t, "join_bevart");
    offer_word(t, "step:go", "fortsett");
}

/* ---- buttons ---- */

static void too_young(struct turn *t)
{
    state_drop_draft(t->next);
    say_lines(t, "join_ung", "krise_barn");
    say_remember(t, "join_ung");
    offer_intent(t, "hjelp");
}

static void no_consent(struct turn *t)
{
    struct draft draft = t->next->draft;
    state_drop_draft(t->next);
    if (draft.kind != DRAFT_JOIN) {
        join_stopped(t, false);
        return;
    }
    struct value *v = values_new(t, say_part(t, "join_uten"), 4);
    value_text(&v[0], "mottaker", scope_name(t, draft.scope, t->next->language));
    value_ways(t, &v[1], draft.scope);
    say_remember(t, "join_uten");
    offer_menu(t);
}

/* Back from something else: the question again, or what comes after words that were kept. */
static void resume(struct turn *t)
{
    struct draft *draft = &t->next->draft;
    if (draft->step == ASKED_WORDS && draft->words[0])
        go_on(t);
    else
        go_to(t, draft->step);
}

static void stop(struct turn *t)
{
    bool changes = t->next->draft.changes != 0;
    state_drop_draft(t->next);
    join_stopped(t, changes);
}

void join_press(struct turn *t, const char *action)
{
    struct draft *draft = &t->next->draft;
    if (!draft->kind)
        return;
    t->next->asked = draft->step;
    if (strcmp(action, "adult") == 0 || strcmp(action, "yes") == 0)
        go_on(t);
    else if (strcmp(action, "minor") == 0)
        too_young(t);
    else if (strcmp(action, "no") == 0)
        no_consent(t);
    else if (strcmp(action, "here") == 0)
        press_reach(t, REACH_HERE);
    else if (strcmp(action, "phone") == 0)
        press_reach(t, REACH_PHONE);
    else if (strcmp(action, "email") == 0)
        press_reach(t, REACH_EMAIL);
    else if (strcmp(action, "skip") == 0) {
        draft->words[0] = '\0';
        draft->alarming = false;
        go_on(t);
    } else if (strcmp(action, "name") == 0)
        go_to(t, ASKED_NAME);
    else if (strcmp(action, "reach") == 0)
        go_to(t, ASKED_REACH);
    else if (strcmp(action, "words") == 0)
        go_to(t, ASKED_WORDS);
    else if (strcmp(action, "back") == 0)
        join_back(t);
    else if (strcmp(action, "send") == 0)
        join_finish(t);
    else if (strcmp(action, "go") == 0)
        resume(t);
    else
        stop(t);
}
