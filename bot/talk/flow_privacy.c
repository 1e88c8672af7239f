/* `slett`: asks once, then everything stored of the conversation goes. */
#include "talk/flows.h"

void privacy_ask(struct turn *t)
{
    t->next->asked = ASKED_DELETE;
    t->next->wish[0] = '\0';
    struct value *v = values_new(t, say_part(t, "slett"), 2);
    value_truth(&v[0], "apne", own_open(t) > 0);
    value_truth(&v[1], "koordinator", desk_of(t)->me != NULL);
    say_remember(t, "slett");
    offer_word(t, "delete:yes", "slett_ja");
    offer_word(t, "delete:no", "slett_nei");
}

void privacy_decide(struct turn *t, bool yes)
{
    t->next->asked = ASKED_NOTHING;
    if (yes) {
        say_lines(t, "slettet", "alle");
        t->step->forget = true;
        request_erase(t);
    } else {
        say_part(t, "slett_avbrutt");
        say_remember(t, "slett_avbrutt");
        if (t->next->draft.kind)
            offer_word(t, "step:go", "fortsett");
        offer_menu(t);
    }
}
