/* The way from the resident to the coordinator. It is opened by a button that names the request; while it is
 * open, what is written goes across and each message is confirmed. What is for the bot stays with the bot:
 * commands, questions that it can answer, and above all a crisis. It closes by a word, or after half an hour
 * of silence. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "talk/flows.h"

static const int64_t silence = 30 * CLOCK_MINUTE;

static void say_about(struct turn *t, const char *key, const struct request *request)
{
    struct value *v = values_new(t, say_part(t, key), 3);
    value_recipient(t, &v[0], request->scope, t->next->language);
    value_text(&v[2], "ref", ref_of(t, request));
    say_remember(t, key);
}

void relay_open(struct turn *t, const struct request *request)
{
    if (request->state != REQUEST_TAKEN) { /* nobody is there yet, or any more */
        struct intent status = {.label = "status"};
        request_intent(t, &status);
        return;
    }
    t->next->relay = request->id;
    t->next->relay_until = t->world->now + silence;
    say_about(t, "relay_apen", request);
    offer_word(t, "relay-end", "relay_slutt");
}

void relay_close(struct turn *t)
{
    const struct request *request = own_request(t, t->next->relay);
    t->next->relay = 0;
    t->next->pending[0] = '\0';
    if (t->next->asked == ASKED_RELAY_SURE)
        t->next->asked = ASKED_NOTHING;
    if (request)
        say_about(t, "relay_lukket", request);
    offer_intent(t, "status");
    offer_menu(t);
}

/* Who reads words of a crisis gets the numbers with them. */
static void pass_on(struct turn *t, const struct request *request, const char *text, bool alarming)
{
    struct request *r = change(t, request);
    request_note(r);
    struct notice *notice = notify(t, TO_TAKER, r, "ko_melding");
    struct value *v = notice_values(t, notice, 3);
    value_text(&v[0], "ref", ref_of(t, r));
    value_text(&v[1], "navn", r->alias);
    value_text(&v[2], "tekst", arena_strdup(t->arena, text));
    notice_offer(t, notice, "answer", r, "ko_svar");
    notice_offer(t, notice, "close", r, "ko_ferdig");
    if (alarming)
        notice->say.parts[notice->say.n_parts++] = (struct part){.key = "ko_krise",
                                                                 .lines = "krise_selvmord"};
    notice->say.urgent = alarming;
    t->next->relay_until = t->world->now + silence;
    say_about(t, "relay_sendt", r);
    offer_word(t, "relay-end", "relay_slutt");
}

const struct request *relay_request(const struct turn *t)
{
    bool heard = t->state->heard && t->world->now <= t->state->heard_until;
    int64_t id = t->state->relay ? t->state->relay : heard ? t->state->heard : 0;
    const struct request *request = id ? own_request(t, id) : NULL;
    return request && request->state == REQUEST_TAKEN ? request : NULL;
}

static void say_too_long(struct turn *t)
{
    value_text(values_new(t, say_part(t, "join_ord_langt"), 1), "tegn",
               arena_printf(t->arena, "%d", WORDS_SIZE - 1));
}

void relay_ask(struct turn *t)
{
    const struct request *request = relay_request(t);
    const struct text *text = &t->world->understood->text;
    bool more = t->state->asked == ASKED_RELAY_SURE &&
                t->state->pending[0]; /* two in a row: neither is lost */
    if (!request)
        return;
    if (text->raw_len + (more ? strlen(t->state->pending) + 1 : 0) >= WORDS_SIZE) {
        say_too_long(t);
        return;
    }
    const char *waits = more ? arena_printf(t->arena, "%s\n%s", t->state->pending, text->raw) : text->raw;
    memset(t->next->pending, 0, sizeof t->next->pending);
    memcpy(t->next->pending, waits, strlen(waits));
    t->next->alarming = t->world->understood->care.level != CARE_NONE || (more && t->state->alarming);
    t->next->asked = ASKED_RELAY_SURE;
    t->next->about = request->id;
    say_about(t, "relay_sporsmal", request);
    t->step->say.n_offers = 0;
    offer_word(t, "relay-yes", "relay_ja");
    offer_word(t, "relay-no", "relay_nei");
}

void relay_decide(struct turn *t, bool yes)
{
    const struct request *request = own_request(t, t->state->about);
    t->next->asked = ASKED_NOTHING;
    t->next->about = 0;
    if (!request || request->state != REQUEST_TAKEN || !t->state->pending[0]) {
        relay_close(t);
    } else if (yes) {
        t->next->relay = request->id;
        pass_on(t, request, t->state->pending, t->state->alarming);
    } else {
        say_about(t, "relay_ikke_sendt", request);
        if (t->next->relay)
            offer_word(t, "relay-end", "relay_slutt");
        else
            offer_intent(t, "status");
    }
    t->next->pending[0] = '\0';
    t->next->alarming = false;
}

static bool is_end(const struct text *text)
{
    static const char *const words[] = {"ferdig",  "ferdig å skrive",    "slutt", "stopp", "avslutt",
                                        "lukk",    "ferdig å skrive nå", "done",  "stop",  "ferdi",
                                        "finished"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text->plain, words[i]) == 0)
            return true;
    return false;
}

/* Commands and labels about requests stay with the bot where the message is short. */
static bool is_command(const struct understood *u)
{
    static const char *const labels[] = {"status", "trekk", "endre", "innsyn", "sprak", "hvorfor"};
    enum { FEW = 3 };
    if (!u->intent || u->unsure || (u->score < SURE_COMMAND && u->text.n_words > 1) || u->text.n_words > FEW)
        return false;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(u->intent->label, labels[i]) == 0)
            return true;
    return u->intent->class == INTENT_COMMAND;
}

/* A question that the bot has an answer for. */
static bool is_question(const struct understood *u)
{
    enum { SHORT = 14 };
    return u->text.question && u->intent && u->score >= SURE_QUESTION && u->text.n_words <= SHORT &&
           (u->intent->class == INTENT_TALK || u->intent->class == INTENT_FLOW);
}

/* What the bot does itself though the message could be for somebody else. */
static bool is_for_bot(const struct understood *u)
{
    enum { A_SENTENCE = 14 };
    bool sure = u->score >= SURE_WISH || (u->place && u->score >= SURE_QUESTION); /* `bli med i Trondheim` */
    bool wish = u->intent && u->intent->class == INTENT_FLOW && sure && u->text.n_words <= A_SENTENCE;
    return is_command(u) || wish;
}

/* The coordinator wrote just now, and the way is not open: is this the answer? */
static bool text_after_answer(struct turn *t)
{
    const struct understood *u = t->world->understood;
    if (!relay_request(t) || is_for_bot(u))
        return false;
    if (is_question(u))
        answer_intent(t, u->intent);
    relay_ask(t);
    return true;
}

bool relay_text(struct turn *t)
{
    const struct understood *u = t->world->understood;
    const struct request *request = own_request(t, t->state->relay);
    bool asked = t->state->asked == ASKED_RELAY_SURE && t->state->pending[0];
    if (!t->state->relay)
        return text_after_answer(t);
    if (!request || request->state != REQUEST_TAKEN || is_end(&u->text)) {
        relay_close(t);
        return true;
    }
    if (is_command(u))
        return false;
    if (t->world->now > t->state->relay_until) { /* half an hour has gone: was it for the coordinator? */
        say_about(t, "relay_lukket", request);
        relay_ask(t);
        t->next->relay = 0;
    } else if (asked || u->care.level == CARE_POSSIBLE) {
        relay_ask(t);
    } else if (is_question(u)) {
        answer_intent(t, u->intent);
        relay_ask(t);
    } else if (u->text.raw_len >= WORDS_SIZE) {
        say_too_long(t);
    } else {
        pass_on(t, request, u->text.raw, false);
    }
    return true;
}
