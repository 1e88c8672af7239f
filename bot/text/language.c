#include "text/language.h"

#include <string.h>

/* Words that tell: those of nynorsk are not used in bokmål dialect spelling as a rule, or weigh little.
 * Weights: 3 clear, 1 a hint; `æ` for `jeg` outweighs a stray `ikkje`. Sorted, for the binary search. */
struct hint {
    const char *word;
    signed char nb, nn, en;
};

static const struct hint hints[] = {
    {"a", 0, 0, 1},          {"about", 0, 0, 3},   {"am", 0, 0, 3},         {"and", 0, 0, 3},
    {"anxiety", 0, 0, 3},    {"any", 0, 0, 3},     {"anymore", 0, 0, 3},    {"are", 0, 0, 2},
    {"at", 0, 0, 1},         {"av", 1, 0, 0},      {"berre", 0, 3, 0},      {"bli", 1, 0, 0},
    {"blir", 1, 0, 0},       {"blitt", 1, 0, 0},   {"bokmål", 2, 0, 0},     {"bur", 0, 3, 0},
    {"but", 0, 0, 3},        {"bye", 0, 0, 3},     {"byrja", 0, 2, 0},      {"can", 0, 0, 3},
    {"cannot", 0, 0, 3},     {"cant", 0, 0, 3},    {"close", 0, 0, 2},      {"cost", 0, 0, 3},
    {"dei", 0, 2, 0},        {"delete", 0, 0, 2},  {"dere", 3, 0, 0},       {"deres", 2, 0, 0},
    {"dersom", 0, 1, 0},     {"desse", 0, 3, 0},   {"die", 0, 0, 3},        {"difor", 0, 3, 0},
    {"disse", 2, 0, 0},      {"do", 0, 0, 3},      {"does", 0, 0, 3},       {"dokker", 2, 0, 0},
    {"dont", 0, 0, 3},       {"dykk", 0, 3, 0},    {"dæ", 2, 0, 0},         {"døy", 0, 2, 0},
    {"døyr", 0, 3, 0},       {"eg", 0, 3, 0},      {"eigen", 0, 2, 0},      {"ein", 0, 3, 0},
    {"einsam", 0, 3, 0},     {"eit", 0, 3, 0},     {"en", 1, 0, 0},         {"english", 0, 0, 3},
    {"ensom", 2, 0, 0},      {"er", 1, 1, 0},      {"et", 1, 0, 0},         {"evening", 0, 0, 3},
    {"faren", 1, 0, 0},      {"feel", 0, 0, 3},    {"finst", 0, 3, 0},      {"fleire", 0, 3, 0},
    {"fra", 2, 0, 0},        {"free", 0, 0, 2},    {"from", 0, 0, 2},       {"frå", 0, 3, 0},
    {"gjer", 0, 2, 0},       {"gjere", 0, 3, 0},   {"gjør", 2, 0, 0},       {"going", 0, 0, 2},
    {"good", 0, 0, 2},       {"goodbye", 0, 0, 3}, {"grief", 0, 0, 3},      {"group", 0, 0, 3},
    {"groups", 0, 0, 3},     {"har", 1, 1, 0},     {"have", 0, 0, 2},       {"he", 0, 0, 1},
    {"heim", 0, 2, 0},       {"heime", 0, 2, 0},   {"hello", 0, 0, 2},      {"help", 0, 0, 1},
    {"henvisning", 3, 0, 0}, {"here", 0, 0, 2},    {"hi", 0, 0, 2},         {"his", 0, 0, 2},
    {"hjelpa", 0, 1, 0},     {"hjem", 2, 0, 0},    {"hjå", 0, 3, 0},        {"ho", 0, 1, 0},
    {"how", 0, 0, 3},        {"hun", 2, 0, 0},     {"hva", 3, 0, 0},        {"hvem", 3, 0, 0},
    {"hvilke", 3, 0, 0},     {"hvilken", 3, 0, 0}, {"hvis", 3, 0, 0},       {"hvor", 3, 0, 0},
    {"hvordan", 3, 0, 0},    {"hvorfor", 3, 0, 0}, {"if", 0, 0, 3},         {"ikke", 3, 0, 0},
    {"ikkje", 0, 3, 0},      {"im", 0, 0, 2},      {"in", 0, 0, 2},         {"is", 0, 0, 2},
    {"it", 0, 0, 2},         {"itj", 3, 0, 0},     {"itte", 2, 0, 0},       {"jeg", 3, 0, 0},
    {"join", 0, 0, 2},       {"ka", 2, 0, 0},      {"kem", 2, 0, 0},        {"kill", 0, 0, 3},
    {"koffor", 2, 0, 0},     {"kome", 0, 2, 0},    {"komme", 1, 0, 0},      {"kommunar", 0, 2, 0},
    {"kor", 0, 1, 0},        {"korleis", 0, 3, 0}, {"korsen", 2, 0, 0},     {"koss", 2, 0, 0},
    {"kosta", 0, 1, 0},      {"kostar", 0, 3, 0},  {"koster", 2, 0, 0},     {"kva", 0, 3, 0},
    {"kvar", 0, 3, 0},       {"kven", 0, 3, 0},    {"kvifor", 0, 3, 0},     {"life", 0, 0, 3},
    {"like", 0, 0, 1},       {"live", 0, 0, 2},    {"lonely", 0, 0, 3},     {"medan", 0, 3, 0},
    {"meir", 0, 3, 0},       {"mens", 2, 0, 0},    {"mer", 2, 0, 0},        {"morning", 0, 0, 3},
    {"my", 0, 0, 3},         {"mye", 2, 0, 0},     {"mykje", 0, 3, 0},      {"myself", 0, 0, 3},
    {"mæ", 2, 0, 0},         {"nearest", 0, 0, 3}, {"need", 0, 0, 3},       {"noe", 2, 0, 0},
    {"noen", 2, 0, 0},       {"noko", 0, 3, 0},    {"nokon", 0, 3, 0},      {"nokre", 0, 3, 0},
    {"not", 0, 0, 2},        {"now", 0, 0, 2},     {"nynorsk", 0, 2, 0},    {"nå", 2, 0, 0},
    {"of", 0, 0, 2},         {"også", 1, 0, 0},    {"okay", 0, 0, 1},       {"or", 0, 0, 2},
    {"orkar", 0, 3, 0},      {"orker", 2, 0, 0},   {"our", 0, 0, 2},        {"please", 0, 0, 3},
    {"saman", 0, 2, 0},      {"sammen", 2, 0, 0},  {"seier", 0, 2, 0},      {"selv", 2, 0, 0},
    {"selvhjelp", 2, 0, 0},  {"she", 0, 0, 3},     {"sier", 2, 0, 0},       {"sjuk", 0, 1, 0},
    {"sjå", 0, 2, 0},        {"sjølv", 0, 3, 0},   {"sjølvhjelp", 0, 3, 0}, {"sjølvhjelpsgruppe", 0, 3, 0},
    {"skjer", 1, 0, 0},      {"slik", 0, 1, 0},    {"somebody", 0, 0, 3},   {"someone", 0, 0, 3},
    {"speak", 0, 0, 3},      {"staden", 0, 3, 0},  {"stop", 0, 0, 1},       {"syk", 1, 0, 0},
    {"talk", 0, 0, 2},       {"tenker", 1, 0, 0},  {"tenkjer", 0, 3, 0},    {"thank", 0, 0, 3},
    {"thanks", 0, 0, 2},     {"that", 0, 0, 2},    {"the", 0, 0, 3},        {"there", 0, 0, 3},
    {"they", 0, 0, 3},       {"this", 0, 0, 3},    {"tilvising", 0, 3, 0},  {"to", 0, 0, 1},
    {"treng", 0, 2, 0},      {"trenger", 2, 0, 0}, {"ungane", 0, 1, 0},     {"utan", 0, 3, 0},
    {"uten", 2, 0, 0},       {"vald", 0, 2, 0},    {"veit", 0, 1, 0},       {"vera", 0, 1, 0},
    {"vere", 0, 3, 0},       {"vet", 2, 0, 0},     {"vold", 2, 0, 0},       {"vore", 0, 3, 0},
    {"være", 2, 0, 0},       {"vært", 2, 0, 0},    {"want", 0, 0, 3},       {"was", 0, 0, 2},
    {"we", 0, 0, 2},         {"what", 0, 0, 3},    {"when", 0, 0, 3},       {"where", 0, 0, 3},
    {"who", 0, 0, 3},        {"why", 0, 0, 3},     {"will", 0, 0, 2},       {"with", 0, 0, 3},
    {"yes", 0, 0, 2},        {"you", 0, 0, 3},     {"your", 0, 0, 3},       {"åssen", 3, 0, 0},
    {"æ", 6, 0, 0},          {"òg", 0, 3, 0},      {"ønskjer", 0, 3, 0},
};

static int compare(const char *word, size_t len, const char *hint)
{
    int order = strncmp(word, hint, len);
    return order ? order : hint[len] ? -1 : 0;
}

static const struct hint *find(const char *word, size_t len)
{
    size_t low = 0, high = sizeof hints / sizeof hints[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(word, len, hints[middle].word);
        if (order == 0)
            return &hints[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

enum language language_of(const struct text *text, int *lead)
{
    int nb = 0, nn = 0, en = 0;
    for (size_t i = 0; i < text->n_words && i < 200; i++) {
        const struct hint *hint = find(text->plain + text->words[i].at, text->words[i].len);
        if (!hint)
            continue;
        nb += hint->nb;
        nn += hint->nn;
        en += hint->en;
    }
    enum language language = nb ? LANGUAGE_NB : LANGUAGE_UNKNOWN;
    int difference = nb - nn;
    if (en > nb + nn && en >= 2) {
        language = LANGUAGE_EN;
        difference = en - nb - nn;
    } else if (nn > nb && nn >= 2) {
        language = LANGUAGE_NN;
        difference = nn - nb;
    }
    if (lead)
        *lead = difference;
    return language;
}

const char *language_code(enum language language)
{
    static const char *const codes[] = {"", "nb", "nn", "en"};
    return codes[language];
}

enum language language_from_code(const char *code)
{
    if (!code || !code[0] || !code[1] || (code[2] && code[2] != '-' && code[2] != '_'))
        return LANGUAGE_UNKNOWN;
    if (strncmp(code, "nn", 2) == 0)
        return LANGUAGE_NN;
    if (strncmp(code, "nb", 2) == 0 || strncmp(code, "no", 2) == 0)
        return LANGUAGE_NB;
    return strncmp(code, "en", 2) == 0 ? LANGUAGE_EN : LANGUAGE_UNKNOWN;
}
