/* A coordinator's commands, typed or pressed. Who may do what is drawn in request.h; a chat that is nobody's
 * never comes past the first line of coordinator_text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "talk/command.h"
#include "talk/coordinator.h"

/* ---- lists ---- */

static struct scope listed_scope(struct turn *t, const struct request *r)
{
    enum { VALUES = 5 };
    struct value *v = arena_alloc(t->arena, VALUES * sizeof *v);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "sted", scope_name(t, r->scope, LANGUAGE_NB));
    value_text(&v[2], "dager", days_since(t, r->created));
    value_truth(&v[3], "melding", r->kind == REQUEST_MESSAGE);
    value_text(&v[4], "navn", r->taker ? r->alias : NULL);
    return (struct scope){v, VALUES};
}

enum { LISTED_MOST = 20 };

/* The requests that nobody has taken (`taker` 0) or this person has. The count; up to LISTED_MOST are listed.
 */
static size_t value_listed(struct turn *t, struct value *value, const char *name, int64_t taker)
{
    const struct desk *desk = desk_of(t);
    struct scope *items = arena_alloc(t->arena, LISTED_MOST * sizeof *items);
    size_t n = 0;
    for (size_t i = 0; i < desk->n_held; i++) {
        const struct request *r = &desk->held[i];
        if (!request_open(r) || r->taker != taker)
            continue;
        if (n < LISTED_MOST)
            items[n] = listed_scope(t, r);
        n++;
    }
    value_list(value, name, items, n < LISTED_MOST ? n : LISTED_MOST);
    return n;
}

static size_t count_held(const struct turn *t, bool mine)
{
    const struct desk *desk = desk_of(t);
    size_t n = 0;
    for (size_t i = 0; i < desk->n_held; i++)
        n += request_open(&desk->held[i]) && desk->held[i].taker == (mine ? desk->me->id : 0);
    return n;
}

static const char *number_or_empty(struct turn *t, size_t n)
{
    return n ? arena_printf(t->arena, "%zu", n) : "";
}

static void say_list(struct turn *t)
{
    enum { BUTTONS = 5 };
    const struct desk *desk = desk_of(t);
    struct value *v = values_new(t, say_part(t, "ko_liste"), 4);
    size_t new = value_listed(t, &v[0], "nye", 0), mine = value_listed(t, &v[1], "mine", desk->me->id),
           open = 0;
    for (size_t i = 0; i < desk->n_held; i++)
        open += request_open(&desk->held[i]);
    t->step->say.about = mine ? -1 : 0; /* their names stand in it */
    value_truth(&v[2], "tom", !new && !mine);
    value_text(&v[3], "andre", number_or_empty(t, open - new - mine));
    say_remember(t, "ko_liste");
    for (size_t i = 0, n = 0; i < desk->n_held && n < BUTTONS; i++)
        if (desk->held[i].state == REQUEST_SENT) {
            offer_standing(t, "take", &desk->held[i], "ko_ta");
            n++;
        }
    offer_word(t, "ko:help", "ko_hjelp");
}

static struct scope *point_items(struct turn *t, size_t *count)
{
    const struct coordinator *me = desk_of(t)->me;
    struct scope *items = arena_alloc(t->arena, (me->n_duties + 1) * sizeof *items);
    *count = 0;
    for (size_t i = 0; i < me->n_duties; i++) {
        if (scope_duty(me->duties[i]) == DUTY_STAFF)
            continue;
        struct value *v = arena_alloc(t->arena, sizeof *v);
        value_text(v, "navn", scope_name(t, me->duties[i], t->next->language));
        items[(*count)++] = (struct scope){v, 1};
    }
    return items;
}

static void say_help(struct turn *t)
{
    const struct coordinator *me = desk_of(t)->me;
    size_t n;
    struct scope *items = point_items(t, &n);
    struct part *part = say_part(t, "ko_hjelp");
    struct value *v = values_new(t, part, 4);
    part->lines = "alle";
    value_list(&v[0], "steder", items, n);
    value_text(&v[1], "nye", number_or_empty(t, count_held(t, false)));
    value_text(&v[2], "mine", number_or_empty(t, count_held(t, true)));
    value_text(&v[3], "pause",
               me->paused_until > t->world->now ? date_of(t, me->paused_until, t->next->language) : NULL);
    say_remember(t, "ko_hjelp");
    offer_word(t, "ko:list", "ko_liste");
    offer_menu(t);
}

/* ---- one request ---- */

static void say_ref(struct turn *t, const char *key, const struct request *r)
{
    value_text(values_new(t, say_part(t, key), 1), "ref", ref_of(t, r));
    say_remember(t, key);
}

void coordinator_show(struct turn *t, const struct request *r, bool again)
{
    t->step->say.about = r->id;
    const struct kommune *kommune = gazetteer_kommune(t->world->gazetteer, r->kommune);
    struct value *v = values_new(t, say_part(t, "ko_tatt"), 10);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    value_text(&v[2], "sted", scope_name(t, r->scope, t->next->language));
    value_text(&v[3], "kommune", kommune ? kommune->short_name : r->place);
    value_truth(&v[4], "melding", r->kind == REQUEST_MESSAGE);
    value_contact(&v[5], r->reach, r->contact);
    value_text(&v[8], "ord", r->words);
    value_truth(&v[9], "igjen", again);
    if (r->alarming)
        say_lines(t, "ko_krise", "krise_selvmord");
    say_remember(t, "ko_tatt");
    offer_standing(t, "answer", r, "ko_svar");
    offer_standing(t, "close", r, "ko_ferdig");
    offer_standing(t, "pass", r, "ko_videre");
}

static void take(struct turn *t, const struct request *request)
{
    const struct coordinator *me = desk_of(t)->me;
    if (request->taker == me->id) {
        coordinator_show(t, request, true);
        return;
    }
    if (request->state == REQUEST_TAKEN || !coordinator_has(me, request->scope)) {
        say_ref(t, "ko_opptatt", request);
        offer_word(t, "ko:list", "ko_liste");
        return;
    }
    struct request *r = change(t, request);
    request_take(r, me->id, t->world->now);
    struct value *v = notice_values(t, notify_scope(t, r->scope, me->id, r, "ko_tatt_av"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "sted", scope_name(t, r->scope, LANGUAGE_NB));
    struct notice *told = notify(t, TO_RESIDENT, r, "fs_tatt");
    v = notice_values(t, told, 5);
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
    value_truth(&v[3], "telefon", r->reach == REACH_PHONE);
    value_truth(&v[4], "epost", r->reach == REACH_EMAIL);
    notice_offer(t, told, "relay", r, "skriv_koordinator");
    coordinator_show(t, r, false);
}

/* ---- answering ---- */

/* What is written later than this after [Svar] may be for somebody else: it is shown before it goes out. */
static const int64_t answer_within = 30 * CLOCK_MINUTE;

static void ask_answer(struct turn *t, const struct request *r)
{
    t->step->say.about = r->id;
    struct value *v = values_new(t, say_part(t, "ko_svar_skriv"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    say_remember(t, "ko_svar_skriv");
    t->next->asked = ASKED_ANSWER;
    t->next->about = r->id;
    t->next->relay = 0;
    t->next->relay_until = t->world->now + answer_within;
    offer_word(t, "ko:dont", "avbryt");
}

static void send_answer(struct turn *t, const struct request *request, const char *text)
{
    const struct understood *u = t->world->understood;
    bool alarming = t->state->alarming || (u && u->care.level != CARE_NONE);
    struct request *r = change(t, request);
    request_touch(r, t->world->now);
    struct notice *notice = notify(t, TO_RESIDENT, r, "fs_svar");
    struct value *v = notice_values(t, notice, 4);
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
    value_text(&v[3], "tekst", arena_strdup(t->arena, text));
    notice_offer(t, notice, "relay", r, "svar");
    notice->heard = true;
    if (alarming) /* who reads words of a crisis gets the numbers with them */
        notice->say.parts[notice->say.n_parts++] = (struct part){.key = "mulig_krise", .lines = "alle"};
    t->step->say.about = r->id;
    v = values_new(t, say_part(t, "ko_svar_sendt"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    say_remember(t, "ko_svar_sendt");
    state_drop_pending(t->next);
    offer_standing(t, "answer", r, "ko_svar");
    offer_standing(t, "close", r, "ko_ferdig");
}

/* The reference was typed: a wrong one would send private words to a stranger, so the name is shown first. */
static void ask_sure(struct turn *t, const struct request *r, const char *text)
{
    t->step->say.about = r->id;
    struct value *v = values_new(t, say_part(t, "ko_svar_sikker"), 3);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    value_text(&v[2], "tekst", text);
    say_remember(t, "ko_svar_sikker");
    snprintf(t->next->pending, WORDS_SIZE, "%s", text);
    t->next->alarming = t->world->understood && t->world->understood->care.level != CARE_NONE;
    t->next->asked = ASKED_ANSWER_SURE;
    t->next->about = r->id;
    offer_word(t, "ko:send", "ko_send");
    offer_word(t, "ko:dont", "ko_ikke_send");
}

static void cannot_reach(struct turn *t, const struct request *r)
{
    t->step->say.about = r->id;
    struct value *v = values_new(t, say_part(t, "ko_kan_ikke_nas"), 4);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    value_text(&v[2], "telefon", r->reach == REACH_PHONE ? r->contact : NULL);
    value_text(&v[3], "epost", r->reach == REACH_EMAIL ? r->contact : NULL);
    state_drop_pending(t->next);
    offer_standing(t, "close", r, "ko_ferdig");
}

static void answer(struct turn *t, const struct request *r, const char *text, bool sure)
{
    if (r->unreachable) {
        cannot_reach(t, r);
    } else if (!*text) {
        ask_answer(t, r);
    } else if (strlen(text) >= WORDS_SIZE) {
        say_part(t, "ko_svar_langt");
        t->next->asked = t->state->asked;
        t->next->about = r->id;
    } else if (sure) {
        send_answer(t, r, text);
    } else {
        ask_sure(t, r, text);
    }
}

/* ---- closing ---- */

static void close_with(struct turn *t, const struct request *request, enum ending ending)
{
    static const char *const keys[] = {[ENDING_JOINED] = "fs_blitt_med",
                                       [ENDING_DECLINED] = "fs_ikke_na",
                                       [ENDING_NOT_REACHED] = "fs_ikke_nadd",
                                       [ENDING_ANSWERED] = "fs_besvart"};
    struct request *r = change(t, request);
    if (!request_close(r, ending, t->world->now))
        return;
    struct value *v = notice_values(t, notify(t, TO_RESIDENT, r, keys[ending]), 3);
    value_recipient(t, &v[0], r->scope, r->language);
    value_text(&v[2], "ref", ref_of(t, r));
    v = values_new(t, say_part(t, "ko_avsluttet"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "dager",
               arena_printf(t->arena, "%lld", (long long)(desk_of(t)->periods.kept / CLOCK_DAY)));
    say_remember(t, "ko_avsluttet");
    offer_word(t, "ko:list", "ko_liste");
}

static enum ending ending_said(const char *text)
{
    static const struct {
        const char *word;
        enum ending ending;
    } words[] = {{"blitt med", ENDING_JOINED},
                 {"med", ENDING_JOINED},
                 {"vorten med", ENDING_JOINED},
                 {"ble med", ENDING_JOINED},
                 {"ikke nå", ENDING_DECLINED},
                 {"ikkje no", ENDING_DECLINED},
                 {"nei", ENDING_DECLINED},
                 {"fikk ikke tak i", ENDING_NOT_REACHED},
                 {"fekk ikkje tak i", ENDING_NOT_REACHED},
                 {"ikke tak i", ENDING_NOT_REACHED}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncasecmp(text, words[i].word, strlen(words[i].word)) == 0)
            return words[i].ending;
    return ENDING_NONE;
}

/* How did it end? A message is just answered. */
static void ask_ending(struct turn *t, const struct request *r)
{
    t->step->say.about = r->id;
    if (r->kind == REQUEST_MESSAGE) {
        close_with(t, r, ENDING_ANSWERED);
        return;
    }
    struct value *v = values_new(t, say_part(t, "ko_ferdig"), 2);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    say_remember(t, "ko_ferdig");
    offer_standing(t, "joined", r, "ko_blitt_med");
    offer_standing(t, "declined", r, "ko_ikke_na");
    offer_standing(t, "lost", r, "ko_ikke_nadd");
}

/* ---- who may ---- */

/* Whether this person is the taker; else it is said what stands in the way. */
static bool is_taker(struct turn *t, const struct request *r)
{
    if (r->taker == desk_of(t)->me->id && request_open(r))
        return true;
    if (!request_open(r)) {
        say_ref(t, "ko_lukket", r);
    } else if (r->state == REQUEST_TAKEN) {
        say_ref(t, "ko_opptatt", r);
    } else {
        say_ref(t, "ko_ta_forst", r);
        offer_standing(t, "take", r, "ko_ta");
    }
    offer_word(t, "ko:list", "ko_liste");
    return false;
}

bool coordinator_press(struct turn *t, const char *act, const struct request *r)
{
    static const struct {
        const char *act;
        enum ending ending;
    } endings[] = {{"joined", ENDING_JOINED}, {"declined", ENDING_DECLINED}, {"lost", ENDING_NOT_REACHED}};
    if (!desk_of(t)->me)
        return false;
    if (strcmp(act, "take") == 0) {
        if (request_open(r))
            take(t, r);
        else
            is_taker(t, r);
        return true;
    }
    if (strcmp(act, "pass") == 0) {
        if (r->state == REQUEST_SENT || is_taker(t, r))
            coordinator_pass(t, r);
        return true;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcmp(act, endings[i].act) == 0) {
            if (is_taker(t, r))
                close_with(t, r, endings[i].ending);
            return true;
        }
    bool answers = strcmp(act, "answer") == 0, closes = strcmp(act, "close") == 0;
    if (!answers && !closes)
        return false;
    if (is_taker(t, r) && answers)
        answer(t, r, "", true);
    else if (r->taker == desk_of(t)->me->id && request_open(r))
        ask_ending(t, r);
    return true;
}

/* ---- typed ---- */

static const struct request *only_mine(const struct turn *t)
{
    const struct desk *desk = desk_of(t);
    const struct request *found = NULL;
    for (size_t i = 0; i < desk->n_held; i++)
        if (desk->held[i].taker == desk->me->id && request_open(&desk->held[i])) {
            if (found)
                return NULL;
            found = &desk->held[i];
        }
    return found;
}

static void run_on_request(struct turn *t, const struct command *c, const struct request *r)
{
    if (c->verb == VERB_TAKE) {
        coordinator_press(t, "take", r);
    } else if (c->verb == VERB_PASS) {
        coordinator_press(t, "pass", r);
    } else if (c->verb == VERB_ANSWER) {
        if (is_taker(t, r))
            answer(t, r, c->rest, false);
    } else if (is_taker(t, r)) {
        enum ending ending = ending_said(c->rest);
        if (ending && r->kind == REQUEST_JOIN)
            close_with(t, r, ending);
        else
            ask_ending(t, r);
    }
}

static void say_unknown(struct turn *t, const char *ref)
{
    value_text(values_new(t, say_part(t, "ko_ukjent"), 1), "skrevet", ref);
    offer_word(t, "ko:list", "ko_liste");
}

/* A command about one request; false when it names none and none is meant. */
static bool run_with_reference(struct turn *t, const struct command *c)
{
    if (!c->ref && (c->verb == VERB_TAKE || c->verb == VERB_PASS)) {
        say_list(t); /* which one? */
        return true;
    }
    int64_t id = c->ref ? ref_read(c->ref, strlen(c->ref)) : 0;
    const struct request *r = c->ref ? (id ? held_request(t, id) : NULL) : only_mine(t);
    if (r)
        run_on_request(t, c, r);
    else if (c->ref)
        say_unknown(t, c->ref);
    else if (c->verb == VERB_ANSWER && !count_held(t, true))
        return false;
    else
        say_part(t, c->verb == VERB_ANSWER ? "ko_svar_tomt" : "ko_ferdig_hvilken");
    return true;
}

static bool run(struct turn *t, const struct command *c)
{
    switch (c->verb) {
    case VERB_TAKE:
    case VERB_PASS:
    case VERB_ANSWER:
    case VERB_CLOSE:
        return run_with_reference(t, c);
    case VERB_LIST:
        say_list(t);
        return true;
    case VERB_HELP:
        say_help(t);
        return true;
    case VERB_PAUSE:
        return coordinator_pause(t, c->rest);
    case VERB_RIGHT:
        return coordinator_right(t);
    case VERB_EDIT:
        return coordinator_edit(t, c->rest);
    case VERB_UNBIND:
        say_part(t, "ko_fra");
        t->next->asked = ASKED_UNBIND;
        offer_word(t, "ko:unbind", "ko_fra_ja");
        offer_word(t, "ko:dont", "avbryt");
        return true;
    case VERB_NONE:
        break;
    }
    return false;
}

void coordinator_choose(struct turn *t, const char *action)
{
    const struct request *about = held_request(t, t->state->about);
    if (!desk_of(t)->me)
        return;
    if (strcmp(action, "list") == 0) {
        state_drop_pending(t->next);
        say_list(t);
    } else if (strcmp(action, "help") == 0) {
        state_drop_pending(t->next);
        say_help(t);
    } else if (strcmp(action, "send") == 0 && about && t->state->pending[0]) {
        if (is_taker(t, about))
            send_answer(t, about, t->state->pending);
    } else if (strcmp(action, "unbind") == 0) {
        coordinator_unbind(t);
    } else if (strncmp(action, "to:", 3) == 0) {
        coordinator_pass_to(t, action + 3);
    } else {
        if (about)
            say_ref(t, "ko_svar_ikke", about);
        else
            say_part(t, "avbrutt");
        state_drop_pending(t->next);
        offer_word(t, "ko:list", "ko_liste");
    }
}

/* Yes or no where this was asked; the buttons say the same. */
static bool take_yes_no(struct turn *t, const char *yes)
{
    const struct understood *u = t->world->understood;
    const char *label = u->intent ? u->intent->label : "";
    if (strcmp(label, "ja") == 0)
        coordinator_choose(t, yes);
    else if (strcmp(label, "nei") == 0)
        coordinator_choose(t, "dont");
    else
        return false;
    return true;
}

static bool take_answer(struct turn *t)
{
    const struct understood *u = t->world->understood;
    const struct request *about = held_request(t, t->state->about);
    bool stops = u->intent && u->text.n_words <= 2 &&
                 (strcmp(u->intent->label, "avbryt") == 0 || strcmp(u->intent->label, "tilbake") == 0);
    if (!about)
        return false;
    if (stops)
        coordinator_choose(t, "dont");
    else if (is_taker(t, about))
        answer(t, about, u->text.raw, t->world->now <= t->state->relay_until);
    return true;
}

/* The numbers, for the one who answers and the one who is answered. */
static void add_care(struct turn *t)
{
    if (t->world->understood->care.level == CARE_NONE)
        return;
    say_lines(t, "ko_krise", "krise_selvmord");
    t->step->say.urgent = true;
}

/* A request of their own was under way. */
static void offer_to_go_on(struct turn *t)
{
    if (t->next->draft.kind && t->next->asked == ASKED_NOTHING)
        offer_word(t, "step:go", "fortsett");
}

/* A command that nobody writes as an answer to a resident. */
static bool stands_alone(const struct command *c, int64_t now)
{
    switch (c->verb) {
    case VERB_LIST:
    case VERB_HELP:
    case VERB_UNBIND:
        return true;
    case VERB_PAUSE:
        return command_date(c->rest, now) != 0;
    default:
        return false;
    }
}

/* A command ends what was asked before it: the next message is no answer any more. */
static bool run_afresh(struct turn *t, const struct command *c)
{
    struct state kept = *t->next;
    if (t->state->asked == ASKED_ANSWER || t->state->asked == ASKED_ANSWER_SURE)
        state_drop_pending(t->next);
    if (run(t, c))
        return true;
    *t->next = kept;
    return false;
}

bool coordinator_text(struct turn *t)
{
    const struct state *state = t->state;
    if (!desk_of(t)->me || t->event->edits)
        return false;
    struct command c = command_read(t->world->understood->text.raw, t->arena);
    bool idle = state->asked == ASKED_NOTHING && !state->relay;
    bool answering = state->asked == ASKED_ANSWER || state->asked == ASKED_ANSWER_SURE;
    bool done = (c.ref || idle || (answering && stands_alone(&c, t->world->now))) && run_afresh(t, &c);
    if (!done && state->asked == ASKED_ANSWER)
        done = take_answer(t);
    else if (!done && state->asked == ASKED_ANSWER_SURE)
        done = take_yes_no(t, "send");
    else if (!done && state->asked == ASKED_UNBIND)
        done = take_yes_no(t, "unbind");
    if (done) {
        add_care(t);
        offer_to_go_on(t);
    }
    return done;
}
