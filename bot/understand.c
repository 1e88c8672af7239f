#include "understand.h"

#include <string.h>

/* How scores combine, chosen by measuring on the corpus and on messages written without sight of the
 * patterns; the figures stand in README, "How the rule was chosen". */
enum {
    BONUS_HIT = 3,
    BONUS_MOST = 2,
    DECIDES = 30,
    ALSO_DECIDES = 55,
    PLACE_WORDS_MOST = 4,
    SEEK_WORDS_MOST = 6
};
static const double SURE = 0.8; /* from this score on nothing else is suggested beside it */
static const double likeness_decides = 0.30, likeness_margin = 0.02, likeness_suggests = 0.10;

static bool can_be_label(const struct intent *intent)
{
    return intent->class != INTENT_CRISIS;
}

/* The label for what other services answer; `annet.intent` lists its words. */
static bool is_everyday(const struct intent *intent)
{
    return intent && strcmp(intent->label, "annet") == 0;
}

/* An answer, `hvorfor?` or a word for moving about in the conversation is nothing to suggest. */
static bool can_be_suggested(const struct intent *intent)
{
    static const char *const not_these[] = {"tilbake", "avbryt", "start_paa_nytt", "hvorfor", "annet"};
    for (size_t i = 0; i < sizeof not_these / sizeof *not_these; i++)
        if (strcmp(not_these[i], intent->label) == 0)
            return false;
    return can_be_label(intent) && intent->class != INTENT_ANSWER;
}

/* A command does something, so likeness is not enough for it. */
static bool can_be_likened(const struct intent *intent)
{
    return can_be_label(intent) && intent->class != INTENT_COMMAND && strcmp(intent->label, "hvorfor");
}

static int value_of(const struct intent_score *score)
{
    int extra = score->hits - 1;
    return score->best ? score->best + BONUS_HIT * (extra > BONUS_MOST ? BONUS_MOST : extra) : 0;
}

static bool better(const struct intents *intents, const struct intent_score *scores, size_t a, size_t b)
{
    int x = value_of(&scores[a]), y = value_of(&scores[b]);
    return x > y || (x == y && intents_at(intents, a)->priority > intents_at(intents, b)->priority);
}

/* The best intent outside the crisis ones with a value of at least `least`, but for `not`; NULL when none. */
static const struct intent *best_intent(const struct intents *intents, const struct intent_score *scores,
                                        int least, const struct intent * not )
{
    const struct intent *best = NULL;
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        if (!can_be_label(intent) || intent == not || value_of(&scores[i]) < least)
            continue;
        if (!best || better(intents, scores, i, best->number))
            best = intent;
    }
    return best;
}

/* Questions of which two may stand in one message. */
static bool is_question(const struct intent *intent)
{
    static const char *const labels[] = {"finn_kontaktpunkt", "hva_er",  "hvem_kan",   "kostnad",
                                         "henvisning",        "taushet", "behandling", "bli_med"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i], intent->label) == 0)
            return true;
    return false;
}

/* A second question counts when its words are others than those of the first; to find and to join is one. */
static const struct intent *second_intent(const struct intents *intents, const struct intent_score *scores,
                                          const struct intent *first)
{
    const struct intent *second = best_intent(intents, scores, ALSO_DECIDES, first);
    if (!second || !is_question(first) || !is_question(second) ||
        (first->class == INTENT_FLOW && second->class == INTENT_FLOW))
        return NULL;
    const struct intent_score *a = &scores[first->number], *b = &scores[second->number];
    return a->end <= b->at || b->end <= a->at ? second : NULL;
}

static void decide_by_pattern(const struct intents *intents, const struct intent_score *scores,
                              struct understood *out)
{
    const struct intent *best = best_intent(intents, scores, DECIDES, NULL);
    if (!best)
        return;
    out->intent = best;
    out->score = value_of(&scores[best->number]) >= 100 ? 1.0 : value_of(&scores[best->number]) / 100.0;
    out->rule_file = best->file;
    out->rule_line = scores[best->number].line;
    out->also = second_intent(intents, scores, best);
}

static bool says_where(const struct mention *place)
{
    return place->role == ROLE_HOME || place->role == ROLE_MEANT;
}

/* `nei, Tromsø`, `hei! Moss`, `ok, Narvik da`: the place is what is said. */
static bool only_leads_in(const struct understood *u)
{
    static const char *const labels[] = {"ja", "nei", "hilsen", "takk"};
    enum { FEW_WORDS = 4 };
    if (!u->place || u->place->spelled || u->text.n_words > u->mentions.words + FEW_WORDS)
        return false;
    for (size_t i = 0; u->intent && i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i], u->intent->label) == 0)
            return true;
    return false;
}

/* `Jeg bor i Moss og har ikke bil` is ours, `når hentes søppelet i Moss?` is not. */
static bool tells_home(const struct understood *u)
{
    return u->place && says_where(u->place) && !u->place->spelled && !u->text.question;
}

/* A place alone, or one that the person says they live in, asks for the nearest contact point. */
static void decide_by_place(const struct intents *intents, struct understood *out)
{
    const struct intent *find = intents_find(intents, "finn_kontaktpunkt");
    if (!find || !out->place || (out->place->spelled && !out->place->whole && !says_where(out->place)))
        return;
    bool little_else = out->text.n_words <= out->mentions.words + 1;
    size_t most = out->place->role == ROLE_SEEK ? SEEK_WORDS_MOST : PLACE_WORDS_MOST;
    if (!little_else && !says_where(out->place) && out->text.n_words > most)
        return;
    out->intent = find;
    out->score = out->place->whole ? 0.9 : 0.5;
    out->rule_file = find->file;
    out->rule_line = 1;
}

struct like {
    const float *likeness;
    const int *lines;
};

static void suggest(const struct intents *intents, const struct intent_score *scores, struct like like,
                    struct understood *out)
{
    while (out->n_suggestions < SUGGESTIONS_MOST) {
        const struct intent *best = NULL;
        double best_value = likeness_suggests;
        for (size_t i = 0; i < intents_count(intents); i++) {
            const struct intent *intent = intents_at(intents, i);
            double value = (double)like.likeness[i] + value_of(&scores[i]) / 100.0;
            bool taken = intent == out->intent || !can_be_suggested(intent);
            for (size_t k = 0; k < out->n_suggestions; k++)
                taken = taken || out->suggestions[k] == intent;
            if (!taken && value > best_value) {
                best = intent;
                best_value = value;
            }
        }
        if (!best)
            return;
        out->suggestions[out->n_suggestions++] = best;
    }
}

static void decide_by_likeness(const struct intents *intents, struct like like, struct understood *out)
{
    const struct intent *best = NULL;
    double first = 0, second = 0;
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        double value = (double)like.likeness[i];
        if (!can_be_likened(intent) || value <= second)
            continue;
        if (value > first) {
            second = first;
            first = value;
            best = intent;
        } else {
            second = value;
        }
    }
    if (!best || first < likeness_decides || first - second < likeness_margin)
        return;
    out->intent = best;
    out->score = first;
    out->rule_file = best->file;
    out->rule_line = like.lines[best->number];
}

static void look_at_examples(const struct intents *intents, const struct intent_score *scores,
                             struct arena *arena, struct understood *out)
{
    float *likeness = arena_alloc(arena, intents_count(intents) * sizeof *likeness);
    int *lines = arena_alloc(arena, intents_count(intents) * sizeof *lines);
    struct like like = {likeness, lines};
    intents_likeness(intents, &out->text, arena, likeness, lines);
    if (!out->intent)
        decide_by_likeness(intents, like, out);
    if (is_everyday(out->intent))
        out->intent = NULL;
    suggest(intents, scores, like, out);
}

/* The message with its certain places as one neutral word: `Kirkenes` is no church, `Røyken` no smoke. */
static struct text without_places(const struct intents *intents, struct understood *u, struct arena *arena)
{
    static const char neutral[] = "stedsnavn";
    const struct text *text = &u->text;
    char *masked = arena_bytes(arena, text->raw_len + u->mentions.count * sizeof neutral + 1);
    size_t len = 0, from = 0;
    for (size_t i = 0; i < text->n_words; i++) {
        for (size_t k = 0; k < u->mentions.count; k++) {
            const struct mention *mention = &u->mentions.list[k];
            if (mention->at != i || mention->spelled || text->words[i].raw_at < from)
                continue;
            const struct word *last = &text->words[i + mention->n - 1];
            memcpy(masked + len, text->raw + from, text->words[i].raw_at - from);
            len += text->words[i].raw_at - from;
            memcpy(masked + len, neutral, sizeof neutral - 1);
            len += sizeof neutral - 1;
            from = last->raw_at + last->raw_len;
            u->mentions.words -= mention->n - 1; /* one word now */
        }
    }
    memcpy(masked + len, text->raw + from, text->raw_len - from);
    len += text->raw_len - from;
    return text_normalise(masked, len, intents_words(intents), arena);
}

/* A crisis that is only seen in the name of a place where little else is said (`Røyken`, `jeg bor på Voll`)
 * is none. */
static bool is_only_the_place(const struct understood *u)
{
    enum { FEW_WORDS = 5 };
    return u->text.n_words <= u->mentions.words + FEW_WORDS && (u->place->whole || says_where(u->place));
}

static void look_at_care(const struct intents *intents, struct arena *arena, struct understood *out,
                         struct intent_score *scores)
{
    const char *calmed = intents_score(intents, &out->text, arena, scores);
    out->care = care_decide(intents, scores, calmed);
}

static void report_runaway(const struct intents *intents, const struct intent_score *scores,
                           struct understood *out)
{
    for (size_t i = 0; i < intents_count(intents) && !out->runaway; i++)
        if (scores[i].limit) {
            out->runaway = intents_at(intents, i);
            out->runaway_line = scores[i].line;
        }
}

void understand(const struct intents *intents, const struct gazetteer *gazetteer, const char *message,
                size_t len, bool asked_place, bool explain, struct arena *arena, struct understood *out)
{
    memset(out, 0, sizeof *out);
    out->text = text_normalise(message, len, intents_words(intents), arena);
    out->language = language_of(&out->text, &out->language_lead);
    struct intent_score *scores = arena_alloc(arena, intents_count(intents) * sizeof *scores);
    look_at_care(intents, arena, out, scores);
    out->mentions = mentions_find(gazetteer, &out->text, asked_place, arena);
    out->place = mentions_main(&out->mentions);
    struct text written = out->text;
    if (out->mentions.count) { /* what is said, whatever the places are called */
        struct care care = out->care;
        out->text = without_places(intents, out, arena);
        look_at_care(intents, arena, out, scores);
        if (!out->place || !is_only_the_place(out))
            out->care = care;
    }
    out->topic = topics_find(intents_topics(intents), &out->text);
    decide_by_pattern(intents, scores, out);
    if (only_leads_in(out) || (is_everyday(out->intent) && tells_home(out)))
        out->intent = out->also = NULL;
    if (is_everyday(out->intent)) {
        out->intent = out->also = NULL; /* somebody else's matter: no place and no likeness makes it ours */
    } else {
        if (!out->intent)
            decide_by_place(intents, out);
        if ((explain ? out->score < SURE : !out->intent) && out->text.n_words)
            look_at_examples(intents, scores, arena, out);
    }
    report_runaway(intents, scores, out);
    out->text = written;
}
