#include "ctl/asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "understand.h"

struct checking {
    struct dataset *data;
    struct arena arena;
    int examples, rejects, faults;
};

/* What an example must give: a crisis one care of its class, another its label. */
static bool is_understood(const struct understood *u, const struct intent *intent)
{
    if (intent->class == INTENT_CRISIS)
        return u->care.level != CARE_NONE && u->care.class == intent;
    if (strcmp(intent->label, "annet") == 0) /* what is nobody's decides nothing */
        return u->intent == NULL;
    return u->intent == intent;
}

/* What a reject must not give: of a crisis, certainty. */
static bool is_wrongly_understood(const struct understood *u, const struct intent *intent)
{
    if (intent->class == INTENT_CRISIS)
        return u->care.level == CARE_CERTAIN && u->care.class == intent;
    return u->intent == intent && u->care.level != CARE_CERTAIN;
}

static const char *label_of(const struct understood *u)
{
    return u->care.class ? u->care.class->label : u->intent ? u->intent->label : "annet";
}

static void check_line(struct checking *c, const struct intent *intent, const struct intent_line *line,
                       bool example)
{
    struct understood u;
    understand(c->data->intents, c->data->gazetteer, line->text, strlen(line->text), false, false, &c->arena,
               &u);
    if (example ? !is_understood(&u, intent) : is_wrongly_understood(&u, intent)) {
        c->faults++;
        printf("%s:%d: the %s \"%s\" is understood as %s%s%s; %s\n", intent->file, line->line,
               example ? "example" : "reject", line->text, label_of(&u), u.rule_file ? " by " : "",
               u.rule_file ? u.rule_file : "",
               example ? "write a pattern that fits it" : "make the pattern that matches it narrower");
    }
    arena_reset(&c->arena);
}

static void check_intent(struct checking *c, const struct intent *intent)
{
    for (size_t i = 0; i < intent->n_examples; i++, c->examples++)
        check_line(c, intent, &intent->examples[i], true);
    for (size_t i = 0; i < intent->n_rejects; i++, c->rejects++)
        check_line(c, intent, &intent->rejects[i], false);
    if (!intent->n_examples && strcmp(intent->label, "annet")) { /* what is nobody's has words, no examples */
        c->faults++;
        printf("%s: has no example; write at least one message that must be understood so\n", intent->file);
    }
}

/* Where a database is: contact points that nobody can receive a request for. No fault, but residents are sent
 * away from them. */
static void warn_of_lonely_points(struct ctl *ctl)
{
    struct arena arena = ARENA_INIT;
    struct ask ask = {.what = "coordinators"};
    struct answer answer;
    const struct registry *registry = ctl->data->registry;
    size_t lonely = 0, open = 0;
    if (access(settings_text(ctl->settings, "core.database"), F_OK) || !ctl_ask(ctl, &ask, &arena, &answer)) {
        arena_free(&arena);
        return;
    }
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct contact_point *point = registry_at(registry, i);
        const char *duty = arena_printf(&arena, " p:%s ", point->id);
        bool present = false;
        for (size_t row = 0; row < answer.n_rows; row++)
            present = present ||
                      (strstr(arena_printf(&arena, " %s ", answer_cell(&answer, row, "duties")), duty) &&
                       strcmp(answer_cell(&answer, row, "reachable"), "0") &&
                       !*answer_cell(&answer, row, "paused_until"));
        open += point->status != POINT_CLOSED;
        if (point->status == POINT_CLOSED || present)
            continue;
        printf("warning: %s: nobody who can receive a request (selvhjelpsctl coordinator invite %s)\n",
               point->name, point->id);
        lonely++;
    }
    if (lonely)
        printf("warning: %zu of %zu contact points have nobody; no request is taken for them\n", lonely,
               open);
    arena_free(&arena);
}

int ctl_check(struct ctl *ctl, int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return ctl_usage("check");
    struct err err = {.count = 0};
    struct checking c = {.data = mem_new(1, sizeof *c.data)};
    ctl->data = c.data;
    if (dataset_load(c.data, ctl->settings, &err)) {
        printf("%s%u faults\n", err.text, err.count);
        return 1;
    }
    for (size_t i = 0; i < intents_count(c.data->intents); i++)
        check_intent(&c, intents_at(c.data->intents, i));
    printf("%zu intents, %d examples, %d rejects, %zu replies in 3 languages, %zu help lines, %zu kommuner, "
           "%zu contact points: %d faults\n",
           intents_count(c.data->intents), c.examples, c.rejects, replies_count(c.data->replies),
           helplines_count(c.data->helplines), gazetteer_kommuner(c.data->gazetteer),
           registry_count(c.data->registry), c.faults);
    warn_of_lonely_points(ctl);
    arena_free(&c.arena);
    return c.faults ? 1 : 0;
}
