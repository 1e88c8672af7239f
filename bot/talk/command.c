#include "talk/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "talk/request.h"

/* ---- words ---- */

static const char *skip(const char *at)
{
    while (*at && strchr(" \t\r\n,:;.!/", *at))
        at++;
    return at;
}

/* Behind `word` where the text begins with it as a whole word in any case, else NULL. */
static const char *behind_word(const char *at, const char *word)
{
    size_t len = strlen(word);
    at = skip(at);
    if (strncasecmp(at, word, len) || (at[len] && !strchr(" \t\r\n,:;.!", at[len])))
        return NULL;
    return skip(at + len);
}

static const struct {
    const char *first, *second; /* second: NULL for none */
    enum verb verb;
} verbs[] = {
    {"send", "videre", VERB_PASS}, {"send", "vidare", VERB_PASS}, {"koble", "fra", VERB_UNBIND},
    {"kople", "FRÅ", VERB_UNBIND}, {"koble", "FRÅ", VERB_UNBIND}, {"kople", "frå", VERB_UNBIND},
    {"kople", "fra", VERB_UNBIND}, {"koble", "frå", VERB_UNBIND}, {"ny", NULL, VERB_LIST},
    {"nye", NULL, VERB_LIST},      {"liste", NULL, VERB_LIST},    {"lista", NULL, VERB_LIST},
    {"listen", NULL, VERB_LIST},   {"ta", NULL, VERB_TAKE},       {"tar", NULL, VERB_TAKE},
    {"svar", NULL, VERB_ANSWER},   {"videre", NULL, VERB_PASS},   {"vidare", NULL, VERB_PASS},
    {"ferdig", NULL, VERB_CLOSE},  {"pause", NULL, VERB_PAUSE},   {"stemmer", NULL, VERB_RIGHT},
    {"endre", NULL, VERB_EDIT},    {"hjelp", NULL, VERB_HELP},
};

/* A word that is or was meant as a reference: it checks, or has letters and digits, or is in capitals. */
static size_t ref_length(const char *at)
{
    size_t len = 0, capitals = 0, figures = 0;
    for (; isalnum((unsigned char)at[len]); len++) {
        capitals += isupper((unsigned char)at[len]) != 0;
        figures += isdigit((unsigned char)at[len]) != 0;
    }
    if ((unsigned char)at[len] >= 0x80 || len < 5 || len > 6)
        return 0;
    bool looks = capitals + figures == len || (figures && figures < len);
    return looks || ref_read(at, len) ? len : 0;
}

/* These stand alone, or they are ordinary words. */
static bool fits(enum verb verb, const struct command *command)
{
    switch (verb) {
    case VERB_LIST:
    case VERB_RIGHT:
    case VERB_HELP:
    case VERB_UNBIND:
        return !*command->rest && !command->ref;
    case VERB_TAKE:
    case VERB_PASS: /* with a good reference whatever stands behind it */
        return !*command->rest || (command->ref && ref_read(command->ref, strlen(command->ref)));
    case VERB_CLOSE:
        return command->ref || !*command->rest;
    default:
        return true;
    }
}

/* An answer may begin with a mark (`:)`), but the one right behind the reference belongs to it. */
static const char *answer_at(const char *at)
{
    at += *at == ':' || *at == ',' || (*at == '.' && !at[1]);
    return at + strspn(at, " \t\r\n");
}

struct command command_read(const char *raw, struct arena *arena)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        const char *rest = behind_word(raw, verbs[i].first);
        if (rest && verbs[i].second)
            rest = behind_word(rest, verbs[i].second);
        if (!rest)
            continue;
        struct command command = {verbs[i].verb, NULL, rest};
        size_t len = verbs[i].verb == VERB_EDIT || verbs[i].verb == VERB_PAUSE ? 0 : ref_length(rest);
        if (len) {
            command.ref = arena_strndup(arena, rest, len);
            command.rest = verbs[i].verb == VERB_ANSWER ? answer_at(rest + len) : skip(rest + len);
        }
        bool lone = verbs[i].verb == VERB_PASS && !verbs[i].second && !len; /* `videre` alone goes on */
        if (!lone && fits(verbs[i].verb, &command))
            return command;
    }
    return (struct command){VERB_NONE, NULL, raw};
}

/* ---- dates ---- */

/* `15. des` and `15. desember`, not `2. juledag`. */
static int month_named(const char *at)
{
    size_t len = 0;
    while (isalpha((unsigned char)at[len]))
        len++;
    static const char *const months[] = {"januar", "februar", "mars",      "april",   "mai",      "juni",
                                         "juli",   "august",  "september", "oktober", "november", "desember"};
    for (int i = 0; i < 12; i++)
        if (len >= 3 && strncasecmp(at, months[i], len) == 0)
            return i + 1;
    return 0;
}

static bool read_date(const char *at, int *year, int *month, int *day)
{
    char *end;
    *year = 0;
    long first = strtol(at, &end, 10);
    if (end == at || first < 1 || first > 9999)
        return false;
    if (first > 31) /* 2026-12-15 */
        return sscanf(at, "%4d-%2d-%2d", year, month, day) == 3;
    *day = (int)first;
    at = skip(end);
    if (isdigit((unsigned char)*at)) {
        long number = strtol(at, &end, 10);
        *month = number > 12 ? 0 : (int)number;
        at = end;
    } else {
        *month = month_named(at);
        while (isalpha((unsigned char)*at))
            at++;
    }
    at = skip(at);
    if (isdigit((unsigned char)*at)) {
        long written = strtol(at, NULL, 10);
        *year = written > 9999 ? 9999 : (int)(written < 100 ? 2000 + written : written);
    }
    return true;
}

int64_t command_date(const char *text, int64_t now)
{
    const char *til = behind_word(text, "til");
    int year, month, day;
    if (!read_date(skip(til ? til : text), &year, &month, &day) || month < 1 || month > 12 || day < 1)
        return 0;
    struct civil today = clock_oslo(now);
    bool said = year != 0;
    if (said && (year < today.year || year > today.year + 1))
        return 0;
    year = said ? year : today.year;
    int64_t at = clock_oslo_day(year, month, day);
    if (!said && at <= now)
        at = clock_oslo_day(++year, month, day);
    struct civil back = clock_oslo(at);
    bool exists = back.day == day && back.month == month; /* no 31 November */
    return exists && at > now && at <= now + 366 * CLOCK_DAY ? at : 0;
}
