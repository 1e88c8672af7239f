/* Which button was meant: pressed, or answered with its number or its words. */
#include <stdlib.h>
#include <string.h>

#include "talk/flows.h"

static const struct choice *offered(const struct state *state, size_t number)
{
    return number >= 1 && number <= state->n_choices ? &state->choices[number - 1] : NULL;
}

const struct choice *choice_pressed(const struct state *state, const char *value)
{
    size_t len = strlen(state->tag);
    char *end;
    if (!len || strncmp(value, state->tag, len) || value[len] != '.')
        return NULL;
    unsigned long number = strtoul(value + len + 1, &end, 10);
    return *end ? NULL : offered(state, number);
}

/* Whether every word of the message stands in the label. */
static bool words_in_label(const struct text *text, const char *label, struct arena *arena)
{
    const char *padded = arena_printf(arena, " %s ", text_plain(label, arena));
    for (size_t i = 0; i < text->n_words; i++) {
        const struct word *word = &text->words[i];
        const char *one = arena_printf(arena, " %.*s ", (int)word->len, text->plain + word->at);
        if (!strstr(padded, one))
            return false;
    }
    return text->n_words > 0;
}

/* Whether a word of four letters or more stands both in the message and in the label. */
static bool word_of_label(const struct text *text, const char *label, struct arena *arena)
{
    const char *padded = arena_printf(arena, " %s ", text_plain(label, arena));
    for (size_t i = 0; i < text->n_words; i++) {
        const struct word *word = &text->words[i];
        const char *one = arena_printf(arena, " %.*s ", (int)word->len, text->plain + word->at);
        if (word->len >= 4 && strstr(padded, one))
            return true;
    }
    return false;
}

typedef bool label_test(const struct text *text, const char *label, struct arena *arena);

/* The only button whose label passes the test; NULL when none or several do. */
static const struct choice *only_of(const struct turn *t, const struct choice *choices, size_t count,
                                    label_test *test)
{
    const struct choice *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!test(&t->world->understood->text, choices[i].label, t->arena))
            continue;
        if (found)
            return NULL;
        found = &choices[i];
    }
    return found;
}

static const struct choice *only_one(const struct turn *t, label_test *test)
{
    return only_of(t, t->state->choices, t->state->n_choices, test);
}

static bool same_words(const struct text *text, const char *label, struct arena *arena)
{
    return strcmp(text_plain(label, arena), text->plain) == 0;
}

/* `den første`, `nummer to`, `the second one`. */
static const struct choice *by_ordinal(const struct turn *t)
{
    enum { ORDINALS = 4, FORMS = 7 };
    static const char *const ordinals[ORDINALS][FORMS] = {
        {"første", "fyrste", "fyste", "first", "nr 1", "en", "ein"},
        {"andre", "annen", "second", "nr 2", "nr . 2", "to", "two"},
        {"tredje", "tridje", "third", "nr 3", "nr . 3", "tre", "three"},
        {"fjerde", "fourth", "nr 4", "nr . 4", "fire", "four", "4"}};
    const char *padded = arena_printf(t->arena, " %s ", t->world->understood->text.plain);
    if (strstr(padded, " siste ") || strstr(padded, " last "))
        return offered(t->state, t->state->n_choices);
    for (size_t i = 0; i < ORDINALS; i++)
        for (size_t k = 0; k < FORMS; k++)
            if (strstr(padded, arena_printf(t->arena, " %s ", ordinals[i][k])))
                return offered(t->state, i + 1);
    return NULL;
}

/* The number that is all of the message; 0: it is none. */
static unsigned long number_typed(const struct text *text)
{
    char *end;
    if (text->n_words != 1 || text->words[0].len > 2 || text->plain[0] < '1' || text->plain[0] > '9')
        return 0;
    unsigned long number = strtoul(text->plain, &end, 10);
    return *end ? 0 : number;
}

/* A notice came after the last reply: its buttons are the newest list that the person sees. */
static const struct choice *typed_under_notice(const struct turn *t, unsigned long number)
{
    enum { FEW_WORDS = 3 };
    const struct state *state = t->state;
    if (number)
        return number <= state->n_standing ? &state->standing[number - 1] : NULL;
    const struct choice *choice = only_of(t, state->standing, state->n_standing, same_words);
    return !choice && t->world->understood->text.n_words <= FEW_WORDS
               ? only_of(t, state->standing, state->n_standing, words_in_label)
               : choice;
}

const struct choice *choice_typed(const struct turn *t)
{
    enum { FEW_WORDS = 3, SOME_WORDS = 6 };
    const struct text *text = &t->world->understood->text;
    const struct state *state = t->state;
    unsigned long number = number_typed(text);
    const struct choice *choice = state->n_standing ? typed_under_notice(t, number) : NULL;
    if (number)
        return choice || state->n_standing ? choice : offered(state, number);
    if (!choice)
        choice = only_one(t, same_words);
    if (!choice && text->n_words <= FEW_WORDS)
        choice = only_one(t, words_in_label);
    if (!choice && find_offers_places(state) && text->n_words <= SOME_WORDS)
        choice = only_one(t, word_of_label);
    if (!choice && find_offers_places(state) && text->n_words <= FEW_WORDS)
        choice = by_ordinal(t);
    return choice;
}
