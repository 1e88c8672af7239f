/* Whose turn it is: care, commands, what was asked, what is wanted. The first file of talk/ to read. */
#include <stdlib.h>
#include <string.h>

#include "talk/command.h"
#include "talk/flows.h"

/* Below this score a wish was guessed from likeness or a weak pattern: right after a crisis reply the door
 * that was opened stays open rather than that a guess is answered. */
static const double SURE_ENOUGH = 0.5;
static const double CLEAR_YES = 0.6; /* to delete, a `yes` that was guessed is not enough */

/* ---- language ---- */

/* Bokmål and nynorsk share most words, and dialects mix them: a stray word does not change the language that
 * the conversation is in. English is easier to tell. */
static bool is_clear_change(enum language now, const struct understood *u)
{
    enum { CLEAR = 3, CLEAR_OF_ENGLISH = 2 };
    bool english = u->language == LANGUAGE_EN || now == LANGUAGE_EN;
    return u->language_lead >= (english ? CLEAR_OF_ENGLISH : CLEAR);
}

/* Names, numbers and addresses, and words that are for somebody else, do not tell which language the person
 * wants the bot to speak. */
static bool is_for_language(const struct turn *t)
{
    const struct state *state = t->state;
    bool value = state->asked >= ASKED_NAME && state->asked <= ASKED_WORDS;
    bool passed_on = state->relay || state->asked == ASKED_ANSWER || state->asked == ASKED_ANSWER_SURE;
    bool command = t->world->desk->me && command_read(t->world->understood->text.raw, t->arena).verb;
    bool letters = false;
    for (const char *c = t->world->understood->text.plain; *c; c++)
        letters = letters || (*c >= 'a' && *c <= 'z') || (unsigned char)*c >= 0x80;
    return letters && !value && !passed_on && !command;
}

static void settle_language(struct turn *t)
{
    struct state *next = t->next;
    if (next->language_chosen)
        return;
    const struct understood *u = t->world->understood;
    bool code = u && desk_code_in(t->event->text, t->event->text_len, t->arena); /* tells no language */
    if (u && !code && u->language && (!next->language || is_for_language(t)) &&
        (!next->language || is_clear_change(next->language, u)))
        next->language = u->language;
    if (!next->language)
        next->language = language_from_code(t->event->language);
    if (!next->language)
        next->language = LANGUAGE_NB;
}

static void choose_language(struct turn *t, const char *code)
{
    t->next->language = language_from_code(code);
    t->next->language_chosen = true;
    say_part(t, "sprak_byttet");
    offer_menu(t);
}

/* ---- buttons ---- */

static const char *behind(const char *action, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(action, prefix, len) == 0 ? action + len : NULL;
}

static void do_intent(struct turn *t, const struct intent *intent);

/* The question under way once more, where the draft of a request waits for its answer. */
static bool ask_draft_again(struct turn *t)
{
    if (!t->next->draft.kind || !join_is_step(t->state->asked))
        return false;
    join_ask(t);
    return true;
}

static void say_old_button(struct turn *t)
{
    say_part(t, "gammel_knapp");
    if (!ask_draft_again(t))
        offer_menu(t);
}

/* Buttons of requests and their coordinators. */
static void do_request_action(struct turn *t, const char *action)
{
    const char *rest;
    if ((rest = behind(action, "join:")))
        join_begin(t, rest);
    else if (strcmp(action, "message") == 0)
        join_message(t);
    else if (strcmp(action, "wish") == 0)
        join_wish(t);
    else if ((rest = behind(action, "step:")))
        join_press(t, rest);
    else if (strcmp(action, "relay-yes") == 0 || strcmp(action, "relay-no") == 0)
        relay_decide(t, strcmp(action, "relay-yes") == 0);
    else if (strcmp(action, "relay-end") == 0)
        relay_close(t);
    else if ((rest = behind(action, "ko:")))
        coordinator_choose(t, rest);
    else if (strcmp(action, "s.join") == 0)
        find_wish(t, "bli_med");
    else if (behind(action, "s."))
        (void)standing_press(t, action); /* nothing said: an old one */
    else
        request_press(t, action);
    if (!t->step->say.n_parts) /* what it was about is gone */
        say_old_button(t);
}

/* Somebody who was asked for an answer to send, and does something else, does not send it. */
static void leave_answer(struct turn *t)
{
    if (t->state->asked == ASKED_ANSWER || t->state->asked == ASKED_ANSWER_SURE)
        state_drop_pending(t->next);
}

static void do_action(struct turn *t, const char *action)
{
    const char *rest;
    t->next->misses = 0;
    if (!behind(action, "ko:"))
        leave_answer(t);
    if ((rest = behind(action, "intent:"))) {
        const struct intent *intent = intents_find(t->world->intents, rest);
        if (intent)
            do_intent(t, intent);
    } else if ((rest = behind(action, "place:"))) {
        find_chosen(t, rest);
    } else if ((rest = behind(action, "language:"))) {
        choose_language(t, rest);
    } else if ((rest = behind(action, "delete:"))) {
        privacy_decide(t, strcmp(rest, "yes") == 0);
    } else if (strcmp(action, "more") == 0) {
        find_more(t, NULL);
    } else if ((rest = behind(action, "more:"))) {
        find_more(t, rest);
    } else if (strcmp(action, "where") == 0) {
        find_ask(t, t->state->wish[0] ? t->state->wish : "finn_kontaktpunkt");
    } else {
        do_request_action(t, action);
    }
}

/* ---- commands ---- */

static void leave_flow(struct turn *t)
{
    if (join_is_step(t->state->asked))
        state_drop_draft(t->next);
    state_drop_pending(t->next);
    t->next->wish[0] = '\0';
    t->next->topic[0] = '\0';
}

static void start_over(struct turn *t)
{
    struct state fresh = {.language = t->next->language,
                          .language_chosen = t->next->language_chosen,
                          .introduced = t->next->introduced};
    *t->next = fresh;
}

/* `tilbake`, `avbryt` and `hjelp` in the middle of a request or of a talk with a coordinator. */
static bool do_command_in_request(struct turn *t, const char *label)
{
    bool step = t->state->draft.kind && join_is_step(t->state->asked), stops = strcmp(label, "avbryt") == 0;
    if (step && strcmp(label, "tilbake") == 0)
        join_back(t);
    else if (step && stops)
        join_press(t, "stop");
    else if (t->state->relay && stops)
        relay_close(t);
    else
        return false;
    return true;
}

/* True when the intent was a command and is done. */
static bool do_command(struct turn *t, const struct intent *intent)
{
    if (strcmp(intent->label, "slett") == 0) {
        privacy_ask(t);
        return true;
    }
    if (intent->class != INTENT_COMMAND)
        return false;
    if (do_command_in_request(t, intent->label))
        return true;
    if (strcmp(intent->label, "start_paa_nytt") == 0)
        start_over(t);
    else if (strcmp(intent->label, "hjelp") || !join_is_step(t->state->asked))
        leave_flow(t);
    answer_intent(t, intent);
    ask_draft_again(t);
    return true;
}

/* ---- what is wanted ---- */

static bool wants_place(const struct intent *intent)
{
    return strcmp(intent->label, "finn_kontaktpunkt") == 0 || strcmp(intent->label, "bli_med") == 0;
}

/* Somebody looks for a contact point: here, somewhere that is not known, or where they live. */
static void find_for(struct turn *t, const char *wish)
{
    const struct understood *u = t->world->understood;
    if (find_mentioned(t, wish))
        return;
    if (u && u->mentions.abroad)
        find_abroad(t);
    else if (u && t->state->asked == ASKED_PLACE)
        find_unknown(t);
    else
        find_wish(t, wish);
}

static void do_intent(struct turn *t, const struct intent *intent)
{
    const struct understood *u = t->world->understood;
    t->next->misses = 0;
    if (do_command(t, intent))
        return;
    if (u)
        find_about(t, u->topic);
    const struct intent *also = u && u->intent == intent ? u->also : NULL;
    if (also && wants_place(also) && strcmp(intent->label, "start_gruppe") == 0)
        also = NULL; /* who wants to start one does not ask to join one */
    if (wants_place(intent) || (also && wants_place(also))) { /* the place is asked for last */
        const struct intent *question = wants_place(intent) ? also : intent;
        if (question)
            answer_beside(t, question);
        find_for(t, wants_place(intent) ? intent->label : also->label);
        if (t->next->draft.kind && t->next->asked == ASKED_NOTHING)
            offer_word(t, "step:go", "fortsett");
        return;
    }
    if (u && !t->next->draft.kind)
        find_keep_place(t);
    if (t->state->draft.kind && join_is_step(t->state->asked) && strcmp(intent->label, "trekk") == 0 &&
        !own_open(t)) {
        join_press(t, "stop"); /* nothing else is there to take back */
        return;
    }
    if (request_intent(t, intent)) {
        if (also)
            answer_beside(t, also);
        if (t->next->asked == t->state->asked)
            ask_draft_again(t);
        return;
    }
    answer_intent(t, intent);
    if (also)
        answer_beside(t, also);
    if (!ask_draft_again(t))
        answer_reminder(t);
}

/* The answer to a question that the bot asked; false when it is something else. */
static bool do_asked(struct turn *t)
{
    const struct understood *u = t->world->understood;
    const char *label = u->intent ? u->intent->label : "";
    bool yes = strcmp(label, "ja") == 0, no = strcmp(label, "nei") == 0;
    switch (t->state->asked) {
    case ASKED_DELETE:
        yes = yes && u->score >= CLEAR_YES; /* anything but a clear yes deletes nothing */
        if (yes || no)
            privacy_decide(t, yes);
        else
            t->next->asked = ASKED_NOTHING;
        return yes || no;
    case ASKED_PLACE_SURE:
        if (u->place && !u->place->spelled && find_mentioned(t, t->state->wish))
            return true; /* `nei, Tromsø` */
        if (yes && t->state->n_choices)
            do_action(t, t->state->choices[0].action);
        else if (no)
            find_ask(t, t->state->wish);
        else
            t->next->asked = ASKED_PLACE;
        return yes || no;
    case ASKED_PLACE:
        if (no) {
            leave_flow(t);
            say_part(t, "avbrutt");
            offer_menu(t);
            return true;
        }
        return (!*label || strcmp(label, "finn_kontaktpunkt") == 0) && find_mentioned(t, t->state->wish);
    case ASKED_WITHDRAW:
        return request_asked(t);
    case ASKED_RELAY_SURE:
        if (yes || no)
            relay_decide(t, yes);
        return yes || no;
    default:
        return join_is_step(t->state->asked) && t->state->draft.kind && join_text(t);
    }
}

/* `flere` where the button is gone: after a question in between, or where all were far away. */
static bool asks_for_more(const struct turn *t)
{
    static const char *const words[] = {"flere", "vis flere", "fleire",    "vis fleire",
                                        "mer",   "meir",      "show more", "more"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(t->world->understood->text.plain, words[i]) == 0)
            return t->state->has_place;
    return false;
}

/* A crisis comes first; then what becomes of the words where they were on their way to somebody. */
static void do_crisis(struct turn *t)
{
    care_certain(t);
    if (t->event->edits)
        return;
    if (relay_request(t))
        relay_ask(t);
    else if (t->state->draft.kind && join_is_step(t->state->asked))
        join_keep(t);
}

/* More messages a minute than a person writes are read for a crisis, and for what must always pass. */
static bool is_too_much(const struct turn *t)
{
    static const char *const always[] = {"slett", "status", "trekk", "innsyn"};
    const struct understood *u = t->world->understood;
    if (!t->world->hurried || u->care.level != CARE_NONE || t->state->asked == ASKED_DELETE)
        return false;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (u->intent && strcmp(u->intent->label, always[i]) == 0)
            return false;
    return true;
}

/* What only some chats may write, and what comes before all flows; true: it was that. */
static bool do_first(struct turn *t)
{
    const struct understood *u = t->world->understood;
    bool certain = u->care.level == CARE_CERTAIN;
    if (!t->event->edits && coordinator_text(t))
        return true;
    if (certain) {
        do_crisis(t);
    } else if (is_too_much(t)) {
        if (!t->world->told)
            say_part(t, "for_mange");
    } else if (!t->event->edits && desk_code_in(t->event->text, t->event->text_len, t->arena)) {
        coordinator_bind(t);
    } else {
        return false;
    }
    return true;
}

/* The numbers were said and nothing else was understood: no word about that. */
static void after_possible(struct turn *t)
{
    if (!ask_draft_again(t))
        offer_menu(t);
}

/* The bot has said unasked that a group could start, and asked. */
static bool says_yes_to_group(const struct turn *t)
{
    const struct understood *u = t->world->understood;
    return t->state->n_standing && strcmp(t->state->standing[0].action, "s.join") == 0 && u->intent &&
           strcmp(u->intent->label, "ja") == 0;
}

/* The message is little else than a reference. Of the person's own request: how does it stand? Any other
 * tells nothing, least of all that it is one. True when it was that. */
static bool do_reference(struct turn *t)
{
    enum { FEW_WORDS = 3 };
    const struct text *text = &t->world->understood->text;
    for (size_t i = 0; i < text->n_words && text->n_words <= FEW_WORDS; i++) {
        const struct word *word = &text->words[i];
        int64_t id = ref_read(text->raw + word->raw_at, word->raw_len);
        const struct request *own = id ? own_request(t, id) : NULL;
        if (!id)
            continue;
        if (own)
            request_named(t, own);
        else
            answer_missed(t);
        return true;
    }
    return false;
}

/* `fortsett` where the button is gone. */
static bool goes_on(const struct text *text)
{
    static const char *const words[] = {"fortsett",      "hald fram", "fortsette",
                                        "vi fortsetter", "continue",  "go on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text->plain, words[i]) == 0)
            return true;
    return false;
}

static void do_text(struct turn *t)
{
    const struct understood *u = t->world->understood;
    if (do_first(t))
        return;
    if (t->event->edits) { /* a changed message repeats nothing; only care looks at it */
        if (u->care.level == CARE_POSSIBLE)
            care_possible_first(t);
        say_part(t, "endret_melding");
        return;
    }
    if (!u->text.n_words) {
        say_part(t, "tom_melding");
        if (!ask_draft_again(t))
            offer_menu(t);
        return;
    }
    if (u->care.level == CARE_POSSIBLE && !join_is_liv(t))
        care_possible_first(t);
    const struct choice *choice = choice_typed(t);
    if (!choice && says_yes_to_group(t))
        choice = &t->state->standing[0];
    if (!choice && t->state->draft.kind && goes_on(&u->text)) {
        join_press(t, "go");
        return;
    }
    const char *beside = !choice && find_offers_places(t->state) ? find_offered_beside(t) : NULL;
    bool answer = u->intent && u->intent->class == INTENT_ANSWER;
    bool after_care = care_was_said(t) && u->care.level == CARE_NONE;
    if (after_care && answer)
        care_again(t);
    else if (choice)
        do_action(t, choice->action);
    else if (beside)
        do_action(t, beside);
    else if (do_asked(t) || (!t->state->relay && request_relay_wanted(t)) || relay_text(t))
        t->next->misses = 0;
    else if (after_care && (!u->intent || u->score < SURE_ENOUGH))
        care_again(t);
    else if (do_reference(t))
        t->next->misses = 0;
    else if (u->intent && !u->unsure)
        do_intent(t, u->intent);
    else if (asks_for_more(t))
        find_more(t, NULL);
    else if (u->mentions.abroad && (t->next->asked == ASKED_PLACE || u->text.n_words <= 4))
        find_abroad(t);
    else if (t->next->asked == ASKED_PLACE && u->text.n_words <= 4 && t->state->misses < 2)
        find_unknown(t);
    else if (u->care.level == CARE_POSSIBLE)
        after_possible(t);
    else if (t->state->misses > 1 || !ask_draft_again(t))
        answer_missed(t);
    else
        t->next->misses++;
}

/* ---- events ---- */

static void say_unsupported(struct turn *t)
{
    const char *what = t->event->what ? t->event->what : "";
    bool sound = strcmp(what, "voice") == 0 || strcmp(what, "audio") == 0;
    bool picture = strcmp(what, "photo") == 0 || strcmp(what, "image") == 0 || strcmp(what, "video") == 0 ||
                   strcmp(what, "sticker") == 0;
    struct part *part = say_part(t, "kan_ikke_lese");
    struct value *v = values_new(t, part, 3);
    part->lines = "alle";
    value_truth(&v[0], "lyd", sound);
    value_truth(&v[1], "bilde", picture);
    value_truth(&v[2], "annet", !sound && !picture);
}

static void greet(struct turn *t)
{
    leave_flow(t);
    say_lines(t, "hilsen", "alle");
    say_remember(t, "hilsen");
    offer_menu(t);
}

static void do_choice(struct turn *t)
{
    const struct choice *choice = choice_pressed(t->state, t->event->choice);
    if (behind(t->event->choice, "s."))
        do_action(t, t->event->choice);
    else if (choice)
        do_action(t, choice->action);
    else
        say_old_button(t);
}

static void do_event(struct turn *t)
{
    switch (t->event->kind) {
    case EVENT_TEXT:
        do_text(t);
        break;
    case EVENT_CHOICE:
        do_choice(t);
        break;
    case EVENT_LOCATION:
        find_location(t);
        ask_draft_again(t);
        break;
    case EVENT_STARTED:
        greet(t);
        break;
    case EVENT_BLOCKED:
        t->step->stop = true;
        request_gone(t);
        break;
    case EVENT_GROUP:
        say_lines(t, "gruppechat", "alle");
        break;
    case EVENT_ENCRYPTED:
        answer_encrypted(t);
        break;
    case EVENT_UNSUPPORTED:
        say_unsupported(t);
        ask_draft_again(t);
        break;
    case EVENT_UNBLOCKED:
    case EVENT_MOVED:
        break;
    }
}

/* ---- the step ---- */

/* New buttons replace the old ones; a reply without buttons leaves those of a crisis or a prefix untouched.
 */
static void keep_choices(struct turn *t)
{
    struct state *next = t->next;
    struct say *say = &t->step->say;
    bool goes_on = next->asked &&
                   next->asked == t->state->asked; /* an answer in between leaves the question open */
    if (!say->n_parts || (!say->n_offers && (say->urgent || goes_on)))
        return;
    if (say->n_offers)
        next->n_standing = 0; /* this is the newest list now */
    next->n_choices = say->n_offers;
    memset(next->choices, 0, sizeof next->choices);
    for (size_t i = 0; i < say->n_offers; i++)
        memcpy(next->choices[i].action, say->offers[i].action, ACTION_SIZE);
    memset(next->tag, 0, sizeof next->tag);
    if (say->n_offers)
        memcpy(next->tag, t->event->tag, sizeof next->tag);
}

/* When time has to look again at what was changed. */
static void plan_requests(struct turn *t)
{
    struct effects *effects = &t->step->effects;
    for (size_t i = 0; i < effects->n_saves; i++)
        request_plan(effects->saves[i], &t->world->desk->periods, t->world->now);
}

void dialogue_step(const struct state *state, const struct event *event, const struct world *world,
                   struct arena *arena, struct step *step)
{
    memset(step, 0, sizeof *step);
    step->next = *state;
    struct turn t = {state, event, world, arena, step, &step->next};
    settle_language(&t);
    do_event(&t);
    if (event->kind != EVENT_BLOCKED)
        request_back(&t);
    say_prefixes(&t);
    keep_choices(&t);
    plan_requests(&t);
}

void dialogue_time(const struct request *request, bool gone, const struct world *world, struct arena *arena,
                   struct step *step)
{
    static const struct state nobody = {.language = LANGUAGE_NB};
    static const struct event nothing = {.kind = EVENT_UNBLOCKED};
    memset(step, 0, sizeof *step);
    struct turn t = {&nobody, &nothing, world, arena, step, &step->next};
    if (gone)
        taker_gone(&t, request);
    else
        time_passes(&t, request);
    plan_requests(&t);
}
