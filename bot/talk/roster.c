#include "talk/roster.h"

#include <stdio.h>
#include <string.h>

const struct coordinator *roster_of_chat(const struct roster *roster, const char *network, const char *chat)
{
    for (size_t i = 0; i < roster->count; i++)
        for (size_t k = 0; k < roster->people[i].n_chats; k++)
            if (strcmp(roster->people[i].chats[k].chat, chat) == 0 &&
                strcmp(roster->people[i].chats[k].network, network) == 0)
                return &roster->people[i];
    return NULL;
}

const struct coordinator *roster_find(const struct roster *roster, int64_t id)
{
    for (size_t i = 0; i < roster->count; i++)
        if (roster->people[i].id == id)
            return &roster->people[i];
    return NULL;
}

bool coordinator_has(const struct coordinator *person, const char *scope)
{
    for (size_t i = 0; i < person->n_duties; i++)
        if (strcmp(person->duties[i], scope) == 0)
            return true;
    return false;
}

bool coordinator_present(const struct coordinator *person, int64_t now)
{
    for (size_t i = 0; i < person->n_chats; i++)
        if (person->chats[i].reachable)
            return person->paused_until <= now;
    return false;
}

bool roster_present(const struct roster *roster, const char *scope, int64_t now)
{
    for (size_t i = 0; i < roster->count; i++)
        if (coordinator_has(&roster->people[i], scope) && coordinator_present(&roster->people[i], now))
            return true;
    return false;
}

void roster_reserve(const struct roster *roster, const char *fylke, int64_t now, char scope[SCOPE_SIZE])
{
    snprintf(scope, SCOPE_SIZE, "f:%.2s", fylke);
    if (*fylke && roster_present(roster, scope, now))
        return;
    snprintf(scope, SCOPE_SIZE, "f:land");
    if (!roster_present(roster, scope, now))
        scope[0] = '\0';
}

enum duty scope_duty(const char *scope)
{
    return scope_is_reserve(scope) ? DUTY_RESERVE : *scope == 's' ? DUTY_STAFF : DUTY_COORDINATOR;
}

const struct contact_point *scope_point(const char *scope, const struct registry *registry)
{
    return strncmp(scope, "p:", 2) == 0 ? registry_find(registry, scope + 2) : NULL;
}

const char *scope_fylke(const char *scope, const struct gazetteer *gazetteer)
{
    for (size_t i = 0; scope_is_reserve(scope) && i < gazetteer_kommuner(gazetteer); i++)
        if (strcmp(gazetteer_kommune_no(gazetteer, i)->fylke_number, scope + 2) == 0)
            return gazetteer_kommune_no(gazetteer, i)->fylke;
    return NULL;
}
