#include "text/care.h"

#include "text/care_model.h"

static enum care_level level_of(const struct intent_score *score)
{
    if (score->best >= WEIGHT_CERTAIN)
        return CARE_CERTAIN;
    return score->best > 0 || score->limit ? CARE_POSSIBLE : CARE_NONE;
}

/* Below this the model finds a message so unlike any crisis that a pattern's certainty becomes a possibility:
 * the numbers are shown all the same, and the message is answered. */
static const double unlike = 0.3;

static void look_again(const struct intents *intents, const char *calmed, struct care *care)
{
    const struct care_model *model = intents_care_model(intents);
    if (!model || care->level == CARE_POSSIBLE)
        return;
    if (care->level == CARE_CERTAIN ? care_model_score_best(model, calmed) < unlike
                                    : care_model_score(model, calmed) >= care_model_threshold(model))
        care->level = CARE_POSSIBLE;
}

struct care care_decide(const struct intents *intents, const struct intent_score *scores, const char *calmed)
{
    struct care care = {CARE_NONE, NULL, 0};
    int best = -1;
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        enum care_level level = level_of(&scores[i]);
        if (intent->class != INTENT_CRISIS || level == CARE_NONE)
            continue;
        if (scores[i].best > best || (scores[i].best == best && intent->priority > care.class->priority)) {
            best = scores[i].best;
            care = (struct care){level, intent, scores[i].line};
        }
    }
    look_again(intents, calmed, &care);
    return care;
}

const char *care_name(enum care_level level)
{
    return level == CARE_CERTAIN ? "certain" : level == CARE_POSSIBLE ? "possible" : "none";
}
