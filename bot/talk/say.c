#include <stdio.h>
#include <string.h>

#include "talk/flows.h"

static void set_key(char key[KEY_SIZE], const char *value)
{
    snprintf(key, KEY_SIZE, "%s", value);
}

struct part *say_part(struct turn *t, const char *key)
{
    struct say *say = &t->step->say;
    struct part *part = &say->parts[say->n_parts < PARTS_MOST ? say->n_parts++ : PARTS_MOST - 1];
    *part = (struct part){.key = key};
    return part;
}

void say_lines(struct turn *t, const char *key, const char *class)
{
    say_part(t, key)->lines = class;
}

void say_remember(struct turn *t, const char *key)
{
    set_key(t->next->last_key, key);
}

struct value *values_new(struct turn *t, struct part *part, size_t count)
{
    struct value *values = arena_alloc(t->arena, count * sizeof *values);
    part->scope = (struct scope){values, count};
    return values;
}

void value_text(struct value *value, const char *name, const char *text)
{
    *value = (struct value){.name = name, .kind = VALUE_TEXT, .text = text ? text : ""};
}

void value_truth(struct value *value, const char *name, bool truth)
{
    *value = (struct value){.name = name, .kind = VALUE_TRUTH, .text = "", .truth = truth};
}

void value_list(struct value *value, const char *name, const struct scope *items, size_t count)
{
    *value = (struct value){.name = name, .kind = VALUE_LIST, .text = "", .items = items, .count = count};
}

static void offer(struct turn *t, const char *action, const char *word, const char *literal)
{
    struct say *say = &t->step->say;
    for (size_t i = 0; i < say->n_offers; i++)
        if (strcmp(say->offers[i].action, action) == 0)
            return;
    if (say->n_offers == CHOICES_MOST)
        return;
    struct offer *added = &say->offers[say->n_offers++];
    snprintf(added->action, ACTION_SIZE, "%s", action);
    added->word = word;
    added->literal = literal;
}

void offer_word(struct turn *t, const char *action, const char *word)
{
    offer(t, action, word, NULL);
}

void offer_literal(struct turn *t, const char *action, const char *literal)
{
    offer(t, action, NULL, literal);
}

void offer_both(struct turn *t, const char *action, const char *word, const char *literal)
{
    offer(t, action, word, literal);
}

void offer_intent(struct turn *t, const char *label)
{
    char action[ACTION_SIZE];
    snprintf(action, sizeof action, "intent:%s", label);
    offer(t, action, label, NULL);
}

void offer_menu(struct turn *t)
{
    offer_intent(t, "finn_kontaktpunkt");
    offer_intent(t, "bli_med");
    offer_intent(t, "hva_er");
    offer_intent(t, "kostnad");
    offer_intent(t, "menneske");
}

/* ---- what stands before a reply ---- */

/* Texts that say themselves that a robot writes, or that must not wait for it. */
static bool introduces_itself(const struct say *say)
{
    static const char *const keys[] = {"hilsen",     "bot",        "krise_selvmord", "krise_akutt",
                                       "krise_vold", "krise_barn", "gruppechat",     "kryptert",
                                       "slettet",    "annet",      "krise_videre"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (strcmp(say->parts[0].key, keys[k]) == 0)
            return true;
    return false;
}

static void put_first(struct say *say, const char *key)
{
    if (say->n_parts == PARTS_MOST)
        return;
    memmove(say->parts + 1, say->parts, say->n_parts * sizeof *say->parts);
    say->parts[0] = (struct part){.key = key};
    say->n_parts++;
}

void say_prefixes(struct turn *t)
{
    struct say *say = &t->step->say;
    if (!say->n_parts)
        return;
    if (!t->next->introduced && !introduces_itself(say))
        put_first(say, "forste");
    t->next->introduced = true;
    if (t->event->late && !say->urgent)
        put_first(say, "sen");
}
