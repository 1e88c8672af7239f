/* `slett`: asks once, then everything stored of the conversation goes. */
#include "talk/flows.h"

void privacy_ask(struct turn *t)
{
    t->next->asked = ASKED_DELETE;
    t->next->wish[0] = '\0';
    say_part(t, "slett");
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
    } else {
        say_part(t, "slett_avbrutt");
        say_remember(t, "slett_avbrutt");
        offer_menu(t);
    }
}
