#include "talk/typed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* How people begin when they are asked for a name. */
static const char *behind_introduction(const char *raw)
{
    static const char *const starts[] = {"hei",
                                         "hallo",
                                         "jeg heter",
                                         "eg heiter",
                                         "æ hete",
                                         "e hete",
                                         "mitt navn er",
                                         "navnet mitt er",
                                         "namnet mitt er",
                                         "mitt namn er",
                                         "kall meg",
                                         "kalle meg",
                                         "du kan kalle meg",
                                         "de kan kalle meg",
                                         "dere kan kalle meg",
                                         "my name is",
                                         "call me",
                                         "i am",
                                         "i'm",
                                         "jeg er",
                                         "eg er",
                                         "navnet er",
                                         "det er",
                                         "bare",
                                         "berre",
                                         "just"};
    bool again = true;
    while (again) {
        again = false;
        while (*raw && strchr(" ,.:!-\"", *raw))
            raw++;
        for (size_t i = 0; i < sizeof starts / sizeof *starts && !again; i++) {
            size_t len = strlen(starts[i]);
            again = strncasecmp(raw, starts[i], len) == 0 && raw[len] && strchr(" ,:.!", raw[len]);
            raw += again ? len : 0;
        }
    }
    return raw;
}

static bool says_nothing(const char *from, size_t len)
{
    static const char *const none[] = {
        "vet ikke",  "veit ikkje", "vet ikkje",    "veit ikke", "vil ikke si", "vil ikkje seie",
        "ingenting", "ja",         "nei",          "nei takk",  "ja takk",     "ok",
        "yes",       "no",         "i don't know", "ikke noe",  "aner ikke"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (strlen(none[i]) == len && strncasecmp(from, none[i], len) == 0)
            return true;
    return false;
}

bool typed_name(const char *raw, size_t words_most, size_t most, char alias[ALIAS_SIZE])
{
    const char *from = behind_introduction(raw);
    size_t len = strlen(from), words = 1, characters = 0, letters = 0;
    alias[0] = '\0';
    while (len && strchr(" .,!\"", from[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)from[i];
        if (c < 0x20 || c == '?' || c == '<' || c == '>')
            return false;
        words += c == ' ' && from[i + 1] != ' ';
        characters += (c & 0xC0) != 0x80;
        letters += isalpha(c) || c >= 0x80;
    }
    if (!letters || says_nothing(from, len) || words > words_most || characters > most || len >= ALIAS_SIZE)
        return false;
    memcpy(alias, from, len);
    alias[len] = '\0';
    return true;
}

/* The longest run of what a number is written with. */
static bool phone_within(const char *raw, char contact[CONTACT_SIZE])
{
    char run[64];
    for (const char *at = raw; *at; at++) {
        size_t len = *at == '+' || isdigit((unsigned char)*at) ? strspn(at, "+0123456789 -().") : 0;
        if (len && len < sizeof run) {
            memcpy(run, at, len);
            run[len] = '\0';
            if (contact_phone(run, contact))
                return true;
        }
        at += len ? len - 1 : 0;
    }
    return false;
}

static bool email_within(const char *raw, char contact[CONTACT_SIZE])
{
    const char *at = strchr(raw, '@');
    const char *from = at, *to = at;
    char word[CONTACT_SIZE];
    while (at && from > raw && !strchr(" \n<(:,;", from[-1]))
        from--;
    while (at && *to && !strchr(" \n>),;", *to))
        to++;
    while (at && to > at && strchr(".!?", to[-1]))
        to--;
    if (!at || to - from >= CONTACT_SIZE)
        return false;
    memcpy(word, from, (size_t)(to - from));
    word[to - from] = '\0';
    return contact_email(word, contact);
}

static bool is_sentence(const char *raw)
{
    enum { WORDS_LEAST = 3 };
    size_t words = 1;
    for (const char *at = raw; *at; at++)
        words += *at == ' ' && at[1] && at[1] != ' ';
    return words >= WORDS_LEAST;
}

enum reach typed_contact(const char *raw, char contact[CONTACT_SIZE])
{
    if (contact_phone(raw, contact))
        return REACH_PHONE;
    if (contact_email(raw, contact))
        return REACH_EMAIL;
    if (strchr(raw, '@')) /* `ola nordmann@…` is an address with a blank in it, not a sentence */
        return is_sentence(raw) && email_within(raw, contact) ? REACH_EMAIL : REACH_UNSAID;
    return phone_within(raw, contact) ? REACH_PHONE : REACH_UNSAID;
}

/* Without a character at the end of which only the first bytes are there. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t lead = len;
    while (lead && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    unsigned char first = lead ? (unsigned char)text[lead - 1] : 0;
    size_t need = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    return lead && len - (lead - 1) < need ? lead - 1 : len;
}

void typed_words(const char *raw, char words[WORDS_SIZE])
{
    size_t len = strlen(raw), n = 0;
    while (len && strchr(" \n\r\t", raw[len - 1]))
        len--;
    for (size_t i = 0; i < len && n + 1 < WORDS_SIZE; i++)
        if ((unsigned char)raw[i] >= 0x20 || raw[i] == '\n')
            words[n++] = raw[i];
    words[whole_characters(words, n)] = '\0';
}
