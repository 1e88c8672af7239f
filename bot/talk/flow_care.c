/* A person may be in danger: before everything else, and whatever was under way stays as it was. */
#include <string.h>

#include "talk/flows.h"

void care_certain(struct turn *t)
{
    const char *label = t->world->understood->care.class->label;
    say_lines(t, label, label);
    say_remember(t, label);
    t->step->say.urgent = true;
    t->next->misses = 0;
    if (t->next->asked == ASKED_DELETE || t->next->asked == ASKED_WITHDRAW ||
        t->next->asked == ASKED_UNBIND) /* a yes after this must not delete */
        t->next->asked = ASKED_NOTHING;
}

bool care_was_said(const struct turn *t)
{
    return strncmp(t->state->last_key, "krise_", 6) == 0;
}

void care_again(struct turn *t)
{
    const char *class = t->state->last_key;
    say_lines(t, "krise_videre", class); /* last_key stays: it tells the class */
    t->step->say.urgent = true;
    t->next->misses = 0;
}

/* The lines for what it may be: other ones help against violence, and other ones children. */
static const char *possible_lines(const struct turn *t)
{
    const struct intent *class = t->world->understood->care.class;
    bool own = class && (strcmp(class->label, "krise_vold") == 0 || strcmp(class->label, "krise_barn") == 0);
    return own ? class->label : "alle";
}

void care_possible_first(struct turn *t)
{
    say_lines(t, "mulig_krise", possible_lines(t));
    say_remember(t, "mulig_krise");
    t->step->say.urgent = true;
}
