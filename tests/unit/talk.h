/* A conversation with dialogue_step, turn by turn: what test_dialogue.c and test_find.c share. */
#ifndef TALK_H
#define TALK_H

#include "unit.h"

#include "talk/step.h"
#include "understand.h"

/* A conversation under test. The step's memory is the arena's, until the next turn. */
static struct state now;
static struct step step;
static struct arena arena, understanding;
static struct understood understood;
static int turn;
static struct registry *own_registry; /* NULL: the real one */
static int hits_shown;                /* core.hits */

static inline int start(void **state)
{
    (void)state;
    memset(&now, 0, sizeof now);
    turn = 0;
    own_registry = NULL;
    hits_shown = 3;
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    arena_free(&arena);
    arena_free(&understanding);
    registry_free(own_registry);
    own_registry = NULL;
    return 0;
}

/* Nobody is bound, nothing was sent. */
static const struct roster empty_roster = {NULL, 0};
static const struct desk empty_desk = {
    .network = "test", .chat = "chat", .roster = &empty_roster, .open_most = 3};

static inline struct world world_of(const struct understood *u)
{
    struct dataset *data = unit_data();
    return (struct world){.now = INT64_C(1795323667123),
                          .understood = u,
                          .gazetteer = data->gazetteer,
                          .registry = own_registry ? own_registry : data->registry,
                          .intents = data->intents,
                          .far_km = 60,
                          .hits = hits_shown,
                          .desk = &empty_desk};
}

/* What the core does after the step: buttons get their words, and the state is kept. */
static inline void keep_state(void)
{
    for (size_t i = 0; i < step.next.n_choices && i < step.say.n_offers; i++) {
        const struct offer *offer = &step.say.offers[i];
        const char *label = offer->word
                                ? replies_word(unit_data()->replies, step.next.language, "valg", offer->word)
                                : offer->literal;
        if (!label)
            fail_msg("the button %s has no label", offer->word);
        snprintf(step.next.choices[i].label, LABEL_SIZE, "%.*s", LABEL_SIZE - 1, label);
    }
    now = step.next;
}

static inline void deliver(struct event event)
{
    struct world world = world_of(event.kind == EVENT_TEXT ? &understood : NULL);
    event.id = "1";
    event.time = world.now;
    if (!event.tag[0])
        snprintf(event.tag, sizeof event.tag, "%08x", ++turn);
    arena_reset(&arena);
    dialogue_step(&now, &event, &world, &arena, &step);
    keep_state();
}

static inline struct event text_event(const char *text)
{
    arena_reset(&understanding);
    understand(unit_data()->intents, unit_data()->gazetteer, text, strlen(text), now.asked == ASKED_PLACE,
               false, &understanding, &understood);
    return (struct event){.kind = EVENT_TEXT, .text = text, .text_len = strlen(text)};
}

static inline void say(const char *text)
{
    deliver(text_event(text));
}

static inline void press(const char *value)
{
    deliver((struct event){.kind = EVENT_CHOICE, .choice = value});
}

/* The value of the button with this action in the last reply. */
static inline const char *button(const char *action)
{
    static char value[64];
    for (size_t i = 0; i < now.n_choices; i++)
        if (strncmp(now.choices[i].action, action, strlen(action)) == 0) {
            snprintf(value, sizeof value, "%s.%zu", now.tag, i + 1);
            return value;
        }
    fail_msg("no button %s", action);
    return "";
}

/* The keys of the reply's parts, joined with blanks. */
static inline void check_said(const char *expected, const char *file, int line)
{
    struct buf keys = BUF_INIT(1000);
    for (size_t i = 0; i < step.say.n_parts; i++)
        buf_addf(&keys, "%s%s", i ? " " : "", step.say.parts[i].key);
    if (strcmp(buf_str(&keys), expected)) {
        print_error("said \"%s\", not \"%s\"\n", buf_str(&keys), expected);
        _fail(file, line);
    }
    buf_free(&keys);
}
#define assert_said(expected) check_said((expected), __FILE__, __LINE__)

static inline const char *text_value(const struct scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->count; i++)
        if (strcmp(scope->values[i].name, name) == 0 && scope->values[i].kind == VALUE_TEXT)
            return scope->values[i].text;
    return "";
}

#endif
