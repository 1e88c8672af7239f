#include "text/care.h"

#include "text/care_model.h"

static enum care_level level_of(const struct intent_score *score)
{
    if (score->best >= WEIGHT_CERTAIN)
        return CARE_CERTAIN;
    return score->best > 0 || score->limit ? CARE_POSSIBLE : CARE_NONE;
}

static bool model_says_possible(const struct intents *intents, const char *calmed)
{
    const struct care_model *model = intents_care_model(intents);
    return model && care_model_score(model, calmed) >= care_model_threshold(model);
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
    if (care.level == CARE_NONE && model_says_possible(intents, calmed))
        care.level = CARE_POSSIBLE;
    return care;
}

const char *care_name(enum care_level level)
{
    return level == CARE_CERTAIN ? "certain" : level == CARE_POSSIBLE ? "possible" : "none";
}
