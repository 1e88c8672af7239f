#include "decide.h"

#include <string.h>

#include "text/label_model.h"

/* How scores combine, chosen by measuring on the corpus and on messages written without sight of the
 * patterns; the figures stand in README, "How the rule was chosen". */
enum {
    BONUS_HIT = 3,
    BONUS_MOST = 2,
    DECIDES = 30,
    ALSO_DECIDES = 55,
    PLACE_WORDS_MOST = 4,
    SEEK_WORDS_MOST = 6,
    DECISIVE = 95
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
    return strcmp(intent->label, "annet") == 0;
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
        if (!can_be_label(intent) || (not &&intent == not ) || value_of(&scores[i]) < least)
            continue;
        if (!best || better(intents, scores, i, best->number))
            best = intent;
    }
    return best;
}

/* Wishes of which two may stand in one message: all that are answered with a text or a place. */
static bool is_question(const struct intent *intent)
{
    static const char *const not_these[] = {"annet",  "ja",    "nei",  "takk",      "hilsen",
                                            "farvel", "klage", "bot",  "slett",     "trekk",
                                            "status", "hjelp", "tema", "parorende", "behandling"};
    for (size_t i = 0; i < sizeof not_these / sizeof *not_these; i++)
        if (strcmp(not_these[i], intent->label) == 0)
            return false;
    return intent->class == INTENT_TALK || intent->class == INTENT_FLOW;
}

/* A second question counts when its words are others than those of the first, or, where no word tells where
 * the first stands, when a mark stands before it; to find and to join is one. */
static const struct intent *second_intent(const struct intents *intents, const struct intent_score *scores,
                                          const struct intent *first, const struct text *text)
{
    const struct intent *second = best_intent(intents, scores, ALSO_DECIDES, first);
    if (!second || !is_question(first) || !is_question(second) ||
        (first->class == INTENT_FLOW && second->class == INTENT_FLOW))
        return NULL;
    const struct intent_score *a = &scores[first->number], *b = &scores[second->number];
    const char *mark = strstr(text->canon, " . ");
    bool behind_mark = mark && mark < text->canon + b->at;
    bool apart = a->best ? a->end <= b->at || b->end <= a->at : behind_mark;
    return apart ? second : NULL;
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
    out->also = second_intent(intents, scores, best, &out->text);
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
    if (out->intent && is_everyday(out->intent))
        out->intent = NULL;
    suggest(intents, scores, like, out);
}

/* Without a learned model: patterns first, then the place, then likeness to the examples. */
static void decide_without_model(const struct intents *intents, const struct intent_score *scores,
                                 bool explain, struct arena *arena, struct understood *out)
{
    decide_by_pattern(intents, scores, out);
    if (only_leads_in(out) || (out->intent && is_everyday(out->intent) && tells_home(out)))
        out->intent = out->also = NULL;
    if (out->intent && is_everyday(out->intent)) {
        out->intent = out->also = NULL; /* somebody else's matter: no place and no likeness makes it ours */
        return;
    }
    if (!out->intent)
        decide_by_place(intents, out);
    if ((explain ? out->score < SURE : !out->intent) && out->text.n_words)
        look_at_examples(intents, scores, arena, out);
}

/* ---- with the learned model ---- */

/* Chosen by measuring on tests/understanding/fourth.tsv, which neither patterns nor model had seen (README).
 */
static const double pattern_weight = 0.3;  /* of a pattern's weight, against the model's margin */
static const double unsure_below = -0.6;   /* there the best label is right for one message in three only */
static const double everyday_weight = 0.6; /* more, of a word that is somebody else's matter */
static const double decisive_weight = 0.6; /* more, of a pattern that says it is nothing else */
static const double calmed_weight = 1.5;   /* taken from crisis labels where words only sound alarming */
static const double never = -9,
                    never_below = -0.5; /* of a crisis' margin: the model is never so mild there */
static const double VERY_SURE = 0.9;

/* A label that the model was not taught yet: its patterns alone speak, as loud as a certain margin. */
static double untaught(int value)
{
    return value ? value / 50.0 - 0.5 : never;
}

/* Words for moving about in the conversation: likeness alone must not stop or restart anything. */
static bool needs_pattern(const struct intent *intent)
{
    static const char *const labels[] = {"tilbake", "avbryt", "start_paa_nytt", "hvorfor"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i], intent->label) == 0)
            return true;
    return false;
}

/* What a place in the message says for `finn_kontaktpunkt`. */
static double place_says(const struct understood *u)
{
    if (!u->place || (u->place->spelled && !u->place->whole && !says_where(u->place)))
        return 0;
    if (u->place->whole)
        return 2.0;
    if (u->text.n_words <= u->mentions.words + 1)
        return 1.0;
    return says_where(u->place) && !u->text.question ? 0.3 : 0.1;
}

struct weighing {
    double *sums;  /* each intent's */
    double crisis; /* the highest margin of a crisis label */
    const struct intent *crisis_intent;
};

/* The next sentence of *at as a text of its own; *at moves behind it, NULL at the end. */
static struct text next_sentence(const char **at, struct arena *arena)
{
    const char *stop = strstr(*at, " . ");
    const char *sentence = stop ? arena_strndup(arena, *at, (size_t)(stop - *at)) : *at;
    *at = stop ? stop + 3 : NULL;
    return (struct text){.canon = sentence, .plain = sentence};
}

/* Of a long story the end counts by itself too: there stands what the person wants. */
static void score_labels(const struct intents *intents, const struct text *text, float margins[LABELS_MOST])
{
    enum { STORY_WORDS = 60, END_WORDS = 25 };
    const struct label_model *model = intents_label_model(intents);
    label_model_score(model, text, margins);
    if (text->n_words <= STORY_WORDS)
        return;
    const char *end = text->canon + text->canon_len;
    for (size_t words = 0; end > text->canon && words < END_WORDS; words += *--end == ' ')
        ;
    float of_end[LABELS_MOST];
    end += *end == ' ';
    struct text alone = {.canon = end, .plain = end};
    label_model_score(model, &alone, of_end);
    for (size_t i = 0; i < label_model_count(model); i++)
        margins[i] = of_end[i] > margins[i] ? of_end[i] : margins[i];
}

static struct weighing weigh(const struct intents *intents, const struct intent_score *scores,
                             struct arena *arena, const struct understood *u)
{
    float margins[LABELS_MOST];
    struct weighing w = {arena_alloc(arena, intents_count(intents) * sizeof *w.sums), never, NULL};
    score_labels(intents, &u->text, margins);
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        int number = intents_label_number(intents, i), value = value_of(&scores[i]);
        w.sums[i] = number < 0 ? untaught(value) : (double)margins[number] + pattern_weight * value / 100.0;
        if (scores[i].best >= DECISIVE)
            w.sums[i] += decisive_weight;
        if (is_everyday(intent))
            w.sums[i] += everyday_weight * value / 100.0;
        if (intent->class == INTENT_CRISIS) {
            if (w.sums[i] > w.crisis) {
                w.crisis = w.sums[i];
                w.crisis_intent = intent;
            }
            w.sums[i] = never;
        } else if (needs_pattern(intent)) {
            w.sums[i] = value ? untaught(value) : never;
        } else if (strcmp(intent->label, "finn_kontaktpunkt") == 0) {
            w.sums[i] += place_says(u);
        }
    }
    if (u->calmed && w.crisis_intent)
        w.crisis -= calmed_weight;
    return w;
}

static const struct intent *heaviest(const struct intents *intents, const struct weighing *w, bool suggest,
                                     const struct understood *out)
{
    const struct intent *best = NULL;
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        bool taken = w->sums[i] <= never || (best && w->sums[i] <= w->sums[best->number]);
        taken = taken || intent == out->intent || (suggest && !can_be_suggested(intent));
        for (size_t k = 0; k < out->n_suggestions; k++)
            taken = taken || out->suggestions[k] == intent;
        if (!taken)
            best = intent;
    }
    return best;
}

static double as_score(double sum)
{
    double score = (sum + 1) / 2;
    return score < 0 ? 0 : score > 1 ? 1 : score;
}

/* How far the model may move what care has found, by one step; its lead is how much likelier than any other
 * label it finds a crisis. What patterns call possible on purpose (`jeg vil ikke dø`)
 * stays possible; what they are certain of may only become possible, and only where no sentence is like a
 * crisis. Chosen on fourth.tsv (README). */
static const double certain_from = 0.6, possible_from = 0.15, dropped_below = -1.0;
static const double doubted_below = -0.4, unlike_below = -0.65, far_below = -1.6;

static double crisis_margin(const struct intents *intents, const struct text *text)
{
    float margins[LABELS_MOST];
    double most = never;
    label_model_score(intents_label_model(intents), text, margins);
    for (size_t i = 0; i < intents_count(intents); i++) {
        int number = intents_label_number(intents, i);
        bool crisis = number >= 0 && intents_at(intents, i)->class == INTENT_CRISIS;
        if (crisis && (double)margins[number] > most)
            most = (double)margins[number];
    }
    return most;
}

static const char *skip_words(const char *at, size_t words)
{
    for (; *at && words; words--) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return at;
}

/* The highest margin of a crisis label in any sentence, or few words that stand together: a question before
 * or behind a cry for help, with or without a mark between, must not drown it. */
static double crisis_in_parts(const struct intents *intents, const struct text *text, struct arena *arena)
{
    enum { CRY_WORDS = 5 };
    double most = never;
    for (const char *at = text->canon; at;) {
        struct text sentence = next_sentence(&at, arena);
        double margin = crisis_margin(intents, &sentence);
        most = margin > most ? margin : most;
    }
    for (const char *start = text->canon;; start = skip_words(start, CRY_WORDS / 2)) {
        const char *end = skip_words(start, CRY_WORDS);
        const char *words = arena_strndup(arena, start, (size_t)(end - start));
        struct text part = {.canon = words, .plain = words};
        double margin = crisis_margin(intents, &part);
        most = margin > most ? margin : most;
        if (!*end)
            return most;
    }
}

static void weigh_care(const struct intents *intents, const struct weighing *w, double other,
                       struct arena *arena, struct understood *out)
{
    enum { SHORT_WORDS = 60 }; /* in a long story the model hears the rest louder */
    struct care *care = &out->care;
    double lead = w->crisis - other;
    bool is_short = out->text.n_words <= SHORT_WORDS, by_pattern = care->class != NULL;
    if (!w->crisis_intent)
        return;
    if (out->calmed && care->level == CARE_POSSIBLE && !by_pattern && lead < dropped_below) {
        care->level = CARE_NONE; /* `han slo meg i bordtennis` */
    } else if (care->level == CARE_CERTAIN) {
        if (lead < doubted_below && is_short && crisis_in_parts(intents, &out->text, arena) < unlike_below)
            care->level = CARE_POSSIBLE;
    } else if (care->level == CARE_POSSIBLE && !by_pattern &&
               (is_short ? lead < dropped_below
                         : crisis_in_parts(intents, &out->text, arena) < never_below)) {
        care->level = CARE_NONE;
    } else if (care->level == CARE_POSSIBLE && by_pattern && lead < far_below && w->crisis < unlike_below &&
               is_short) {
        care->level = CARE_NONE; /* `KID-kurset er slutt, kva no?` */
    } else if (care->level == CARE_POSSIBLE && lead > (by_pattern ? 2 * certain_from : certain_from)) {
        care->level = CARE_CERTAIN;
        care->class = w->crisis_intent;
    } else if (care->level == CARE_NONE && lead > possible_from && w->crisis > never_below && is_short) {
        care->level = CARE_POSSIBLE;
    }
    if (care->level == CARE_POSSIBLE && !by_pattern && lead > 0)
        care->class = w->crisis_intent; /* whose numbers are shown */
}

/* Where care sees a possible crisis and the model finds that likelier than anything else, nothing is asked.
 */
static bool is_crisis_first(const struct weighing *w, const struct intent *best, const struct understood *out)
{
    return out->care.level == CARE_POSSIBLE && w->crisis_intent && w->crisis > w->sums[best->number] &&
           w->crisis > never_below;
}

static void suggest_heaviest(const struct intents *intents, const struct weighing *w, struct understood *out)
{
    while (out->n_suggestions < SUGGESTIONS_MOST) {
        const struct intent *next = heaviest(intents, w, true, out);
        if (!next)
            return;
        out->suggestions[out->n_suggestions++] = next;
    }
}

/* The question that a sentence asks by itself, NULL when it asks none that is clear. */
static const struct intent *question_of(const struct intents *intents, const struct text *sentence,
                                        double clear)
{
    float margins[LABELS_MOST];
    const struct intent *best = NULL;
    double most = clear;
    label_model_score(intents_label_model(intents), sentence, margins);
    for (size_t i = 0; i < intents_count(intents); i++) {
        int number = intents_label_number(intents, i);
        if (number < 0 || (double)margins[number] <= most)
            continue;
        most = (double)margins[number];
        best = intents_at(intents, i);
    }
    return best && is_question(best) ? best : NULL;
}

/* The next sentence, or with `commas` the next clause, in both forms. The marks of the two
 * forms stand in the same order. */
static struct text next_question(const char **canon, const char **plain, bool commas, struct arena *arena)
{
    const char *canon_end = *canon, *plain_end = *plain;
    bool comma = true;
    while (comma && canon_end) {
        const char *stop = strstr(canon_end + (canon_end != *canon), " . ");
        const char *mark = plain_end + (plain_end != *plain);
        while (*mark && strncmp(mark, " . ", 3) && strncmp(mark, " , ", 3))
            mark++;
        comma = !commas && stop && mark[0] && mark[1] == ',';
        canon_end = stop;
        plain_end = *mark ? mark : NULL;
        if (!plain_end)
            break;
    }
    struct text sentence = {
        .canon = canon_end ? arena_strndup(arena, *canon, (size_t)(canon_end - *canon)) : *canon,
        .plain = plain_end ? arena_strndup(arena, *plain, (size_t)(plain_end - *plain)) : *plain};
    *canon = canon_end && plain_end ? canon_end + 3 : NULL;
    *plain = canon_end && plain_end ? plain_end + 3 : NULL;
    return sentence;
}

/* `Hvem leder gruppen? Og hvor møtes dere?`: another question than `best` in another sentence. *before tells
 * whether it stands first. */
static const struct intent *second_in_sentences(const struct intents *intents, const struct intent *best,
                                                const struct text *text, struct arena *arena, bool commas,
                                                bool *before)
{
    enum { WORDS_MOST = 40 };
    const struct intent *second = NULL;
    bool found_best = false;
    if (text->n_words > WORDS_MOST || !is_question(best))
        return NULL;
    for (const char *canon = text->canon, *plain = text->plain; canon;) {
        struct text sentence = next_question(&canon, &plain, commas, arena);
        const struct intent *asked = question_of(intents, &sentence, commas ? 0.3 : -0.1);
        found_best = found_best || asked == best;
        bool counts = asked && asked != best && !second &&
                      !(asked->class == INTENT_FLOW && best->class == INTENT_FLOW);
        if (!counts)
            continue;
        second = asked;
        *before = !found_best;
    }
    return found_best ? second : NULL;
}

/* The best label and a second question, in the order in which they are asked. */
static void take_labels(const struct intents *intents, const struct intent_score *scores,
                        const struct intent *best, struct arena *arena, struct understood *out)
{
    const struct intent *second = second_intent(intents, scores, best, &out->text);
    bool before = second && scores[best->number].best && scores[second->number].at < scores[best->number].at;
    if (!second)
        second = second_in_sentences(intents, best, &out->text, arena, false, &before);
    if (!second)
        second = second_in_sentences(intents, best, &out->text, arena, true, &before);
    before = before && second;
    out->intent = before ? second : best;
    out->also = before ? best : second;
    const struct intent_score *score = &scores[out->intent->number];
    out->rule_file = score->best ? out->intent->file : "labels.weights";
    out->rule_line = score->best ? score->line : 0;
}

static void decide_with_model(const struct intents *intents, const struct intent_score *scores, bool explain,
                              struct arena *arena, struct understood *out)
{
    struct weighing w = weigh(intents, scores, arena, out);
    const struct intent *best = heaviest(intents, &w, false, out);
    if (!best)
        return;
    double sum = w.sums[best->number];
    weigh_care(intents, &w, sum, arena, out);
    out->score = as_score(sum);
    out->unsure = sum < unsure_below;
    take_labels(intents, scores, best, arena, out);
    bool by_words = is_everyday(best) && scores[best->number].best; /* surely somebody else's matter */
    if (is_crisis_first(&w, best, out)) {
        out->intent = out->also = NULL;
        out->likely_crisis = w.crisis_intent;
    } else if (is_everyday(best) && !tells_home(out)) {
        out->intent = out->also = NULL;
    } else if (is_everyday(best) || only_leads_in(out)) {
        out->intent = out->also = NULL;
        decide_by_place(intents, out);
    }
    if (!out->intent && !by_words) {
        out->rule_file = NULL;
        out->rule_line = 0;
    }
    if (out->unsure)
        out->also = NULL;
    if (explain ? out->score < VERY_SURE : out->unsure || (is_everyday(best) && !by_words && !out->intent))
        suggest_heaviest(intents, &w, out);
}

void decide(const struct intents *intents, const struct intent_score *scores, bool explain,
            struct arena *arena, struct understood *out)
{
    if (intents_label_model(intents) && out->text.n_words)
        decide_with_model(intents, scores, explain, arena, out);
    else
        decide_without_model(intents, scores, explain, arena, out);
}
