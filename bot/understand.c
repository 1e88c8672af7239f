#include "understand.h"

#include <math.h>
#include <string.h>

#include "decide.h"
#include "text/label_model.h"

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
    return u->text.n_words <= u->mentions.words + FEW_WORDS &&
           (u->place->whole || (u->place->role == ROLE_HOME || u->place->role == ROLE_MEANT));
}

/* Whether the sentence says of every one that somebody lives or looks for something there. */
static bool are_surely_places(const struct mentions *mentions)
{
    for (size_t i = 0; i < mentions->count; i++)
        if (mentions->list[i].role < ROLE_HOME || mentions->list[i].spelled)
            return false;
    return mentions->count > 0;
}

static void look_at_care(const struct intents *intents, struct arena *arena, struct understood *out,
                         struct intent_score *scores)
{
    const char *calmed = intents_score(intents, &out->text, arena, scores);
    out->care = care_decide(intents, scores, calmed);
    out->calmed = strcmp(calmed, out->text.canon) != 0;
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

/* The canonical text has lost the language: there `help` is `hjelp`. */
struct text text_as_written(const struct text *text)
{
    return (struct text){.canon = "", .plain = text->plain};
}

static size_t highest(const float *margins, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = margins[i] > margins[best] ? i : best;
    return best;
}

static double lead_of(const float *margins, size_t count, size_t best)
{
    double lead = INFINITY;
    for (size_t i = 0; i < count; i++)
        if (i != best)
            lead = fmin(lead, (double)(margins[best] - margins[i]));
    return lead;
}

/* Where the telling words are few (text/language.c) the learned model is asked too. A word or two that could
 * be both (`finn kontaktpunkt`) is not nynorsk for it, and changes no conversation; a sentence in English
 * does. The bounds are by measurement on messages that nothing learned from;
 * tests/understanding/test_floor.py holds what they reach.
 */
static void ask_language_model(const struct intents *intents, struct understood *u)
{
    enum { CLEAR_LEAD = 3, CLEAR_ENGLISH = 2, FEW = 2 };
    static const double least = 0.3, least_nynorsk = 0.5, clear = 1.0;
    const struct label_model *model = intents_language_model(intents);
    if (!model || u->language_lead >= CLEAR_LEAD || u->text.n_words <= u->mentions.words)
        return;
    float margins[LABELS_MOST];
    struct text written = text_as_written(&u->text);
    label_model_score(model, &written, margins);
    size_t best = highest(margins, label_model_count(model));
    double lead = lead_of(margins, label_model_count(model), best);
    enum language language = language_from_code(label_model_name(model, best));
    bool few = u->text.n_words - u->mentions.words <= FEW;
    if (lead < (language == LANGUAGE_NN ? least_nynorsk : least) || (few && language == LANGUAGE_NN))
        return;
    u->language = language;
    u->language_lead = few ? 1 : lead >= clear ? CLEAR_LEAD : language == LANGUAGE_EN ? CLEAR_ENGLISH : 1;
}

struct text understand_text(const struct intents *intents, const struct gazetteer *gazetteer,
                            const char *message, size_t len, struct arena *arena)
{
    struct understood u = {.text = text_normalise(message, len, intents_words(intents), arena)};
    u.mentions = mentions_find(gazetteer, &u.text, false, arena);
    return u.mentions.count ? without_places(intents, &u, arena) : u.text;
}

void understand(const struct intents *intents, const struct gazetteer *gazetteer, const char *message,
                size_t len, bool asked_place, bool explain, struct arena *arena, struct understood *out)
{
    memset(out, 0, sizeof *out);
    out->text = text_normalise(message, len, intents_words(intents), arena);
    out->language = language_of(&out->text, &out->language_lead);
    struct intent_score *scores = arena_alloc(arena, intents_count(intents) * sizeof *scores);
    out->mentions = mentions_find(gazetteer, &out->text, asked_place, arena);
    out->place = mentions_main(&out->mentions);
    struct text written = out->text;
    bool certain_places = are_surely_places(&out->mentions);
    if (!certain_places)
        look_at_care(intents, arena, out, scores);
    if (out->mentions.count) { /* what is said, whatever the places are called */
        struct care care = out->care;
        out->text = without_places(intents, out, arena);
        look_at_care(intents, arena, out, scores);
        if (!certain_places && (!out->place || !is_only_the_place(out)))
            out->care = care; /* a word that hides in a doubtful name must not be missed */
    }
    ask_language_model(intents, out);
    out->topic = topics_find(intents_topics(intents), &out->text);
    decide(intents, scores, explain, arena, out);
    report_runaway(intents, scores, out);
    out->text = written;
}
