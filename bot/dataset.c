#include "dataset.h"

#include <string.h>

#include "talk/keys_used.h"

/* An intent's reply and next steps must exist; the other way round needs no check. */
static int check_intents(const struct intents *intents, const struct replies *replies, struct err *err)
{
    unsigned before = err->count;
    for (size_t i = 0; i < intents_count(intents); i++) {
        const struct intent *intent = intents_at(intents, i);
        if (!replies_has(replies, intent->reply))
            err_at(err, intent->file, 0, "the reply \"%s\" is missing: write replies/nb/%s.md, and nn and en",
                   intent->reply, intent->reply);
        for (size_t k = 0; k < intent->n_choices; k++)
            if (!replies_word(replies, LANGUAGE_NB, "valg", intent->choices[k]))
                err_at(err, intent->file, 0,
                       "the choice \"%s\" has no label under [valg] in replies/nb/ord.ini",
                       intent->choices[k]);
    }
    return err->count == before ? 0 : -1;
}

/* Every key and word that the dialogue names must be there. */
static int check_used(const struct replies *replies, const char *folder, struct err *err)
{
    unsigned before = err->count;
    for (size_t i = 0; talk_keys_used[i]; i++)
        if (!replies_has(replies, talk_keys_used[i]))
            err_at(err, folder, 0, "nb/%s.md is missing; the dialogue needs it", talk_keys_used[i]);
    for (size_t i = 0; talk_labels_used[i]; i++)
        for (int language = LANGUAGE_NB; language <= LANGUAGE_EN; language++)
            if (!replies_word(replies, (enum language)language, "valg", talk_labels_used[i]))
                err_at(err, folder, 0, "%s/ord.ini lacks the label %s under [valg]",
                       language_code((enum language)language), talk_labels_used[i]);
    return err->count == before ? 0 : -1;
}

int dataset_load_intents(struct dataset *data, const struct settings *settings, struct err *err)
{
    struct intents *fresh = intents_load(settings_text(settings, "core.intents"), err);
    if (!fresh)
        return -1;
    if (data->replies && check_intents(fresh, data->replies, err)) {
        intents_free(fresh);
        return -1;
    }
    intents_free(data->intents);
    data->intents = fresh;
    return 0;
}

int dataset_load_replies(struct dataset *data, const struct settings *settings, struct err *err)
{
    char path[4096];
    const char *folder = settings_text(settings, "core.replies");
    snprintf(path, sizeof path, "%s/helplines.ini", folder);
    struct replies *replies = replies_load(folder, err);
    struct helplines *helplines = helplines_load(path, err);
    if (!replies || !helplines || check_used(replies, folder, err) ||
        (data->intents && check_intents(data->intents, replies, err))) {
        replies_free(replies);
        helplines_free(helplines);
        return -1;
    }
    replies_free(data->replies);
    helplines_free(data->helplines);
    data->replies = replies;
    data->helplines = helplines;
    return 0;
}

/* A topic of a contact point that no word tells of would never be found. */
static int check_topics(const struct registry *registry, const struct intents *intents, const char *path,
                        struct err *err)
{
    unsigned before = err->count;
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct contact_point *point = registry_at(registry, i);
        for (size_t k = 0; k < point->n_topics; k++)
            if (!topics_has(intents_topics(intents), point->topics[k]))
                err_at(err, path, 0,
                       "contact point \"%s\": no word tells of the topic \"%s\"; add it to topics.txt",
                       point->id, point->topics[k]);
    }
    return err->count == before ? 0 : -1;
}

int dataset_load_texts(struct dataset *data, const struct settings *settings, struct err *err)
{
    struct dataset fresh = {.gazetteer = NULL};
    if (dataset_load_replies(&fresh, settings, err) || dataset_load_intents(&fresh, settings, err)) {
        dataset_free(&fresh);
        return -1;
    }
    intents_free(data->intents);
    replies_free(data->replies);
    helplines_free(data->helplines);
    data->intents = fresh.intents;
    data->replies = fresh.replies;
    data->helplines = fresh.helplines;
    return 0;
}

int dataset_load_places(struct dataset *data, const struct settings *settings, struct err *err)
{
    struct gazetteer *fresh = gazetteer_load(settings_text(settings, "core.places"), err);
    if (!fresh)
        return -1;
    gazetteer_free(data->gazetteer);
    data->gazetteer = fresh;
    return 0;
}

int dataset_load_registry(struct dataset *data, const struct settings *settings, struct err *err)
{
    const char *path = settings_text(settings, "core.contact_points");
    struct registry *fresh = data->gazetteer ? registry_load(path, data->gazetteer, err) : NULL;
    if (!fresh)
        return -1;
    registry_free(data->registry);
    data->registry = fresh;
    return 0;
}

int dataset_load(struct dataset *data, const struct settings *settings, struct err *err)
{
    unsigned before = err->count;
    dataset_load_places(data, settings, err);
    dataset_load_registry(data, settings, err);
    dataset_load_replies(data, settings, err);
    dataset_load_intents(data, settings, err);
    if (data->registry && data->intents)
        check_topics(data->registry, data->intents, settings_text(settings, "core.contact_points"), err);
    return err->count == before ? 0 : -1;
}

void dataset_free(struct dataset *data)
{
    registry_free(data->registry);
    gazetteer_free(data->gazetteer);
    replies_free(data->replies);
    helplines_free(data->helplines);
    intents_free(data->intents);
    memset(data, 0, sizeof *data);
}
