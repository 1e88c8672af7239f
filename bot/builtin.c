#include "builtin.h"

#include <string.h>

#include "text/normalise.h"

static const char *const texts[BUILTIN_COUNT][4] = {
    [BUILTIN_CRISIS] =
        {
            [LANGUAGE_NB] =
                "Er det fare for liv, ring **113** nå.\n\n"
                "- **113** Ambulanse (døgnåpen)\n"
                "- **112** Politi (døgnåpen)\n"
                "- **116 123** Mental Helse Hjelpetelefonen (døgnåpen)\n"
                "- **116 006** VO-linjen, om vold og overgrep (døgnåpen)\n"
                "- **116 111** Alarmtelefonen for barn og unge (døgnåpen)\n\n"
                "Jeg er en robot. Snakk med et menneske nå. Du kan gjerne skrive mer til meg her.",
            [LANGUAGE_NN] =
                "Er det fare for liv, ring **113** no.\n\n"
                "- **113** Ambulanse (døgnopen)\n"
                "- **112** Politi (døgnopen)\n"
                "- **116 123** Mental Helse Hjelpetelefonen (døgnopen)\n"
                "- **116 006** VO-linja, om vald og overgrep (døgnopen)\n"
                "- **116 111** Alarmtelefonen for barn og unge (døgnopen)\n\n"
                "Eg er ein robot. Snakk med eit menneske no. Du kan gjerne skrive meir til meg her.",
            [LANGUAGE_EN] = "If life is in danger, call **113** now.\n\n"
                            "- **113** Ambulance (day and night)\n"
                            "- **112** Police (day and night)\n"
                            "- **116 123** Mental Helse helpline (day and night)\n"
                            "- **116 006** VO-linjen, violence and abuse (day and night)\n"
                            "- **116 111** Alarm line for children and young people (day and night)\n\n"
                            "I am a robot. Please talk to a person now. You can go on writing to me here.",
        },
    [BUILTIN_FAILED] =
        {
            [LANGUAGE_NB] =
                "Beklager, noe gikk galt hos meg. Prøv igjen om litt, gjerne med andre ord.\n\n"
                "Haster det, ring **113**. Trenger du noen å snakke med, ring **116 123** (døgnåpen).",
            [LANGUAGE_NN] =
                "Orsak, noko gjekk gale hos meg. Prøv igjen om litt, gjerne med andre ord.\n\n"
                "Hastar det, ring **113**. Treng du nokon å snakke med, ring **116 123** (døgnopen).",
            [LANGUAGE_EN] =
                "Sorry, something went wrong here. Please try again soon, perhaps in other words.\n\n"
                "In an emergency, call **113**. To talk to someone, call **116 123** (day and night).",
        },
    [BUILTIN_OFFLINE] =
        {
            [LANGUAGE_NB] =
                "Jeg er en robot, og akkurat nå får jeg ikke svart. Meldingen din er tatt vare på, "
                "og du får svar så snart jeg er i gang igjen.\n\n"
                "Haster det, ring **113**. Trenger du noen å snakke med, ring **116 123** (døgnåpen).",
            [LANGUAGE_NN] =
                "Eg er ein robot, og akkurat no får eg ikkje svart. Eg har teke vare på meldinga di, "
                "og du får svar så snart eg er i gang igjen.\n\n"
                "Hastar det, ring **113**. Treng du nokon å snakke med, ring **116 123** (døgnopen).",
            [LANGUAGE_EN] =
                "I am a robot, and I cannot answer right now. Your message is kept, and you will get an "
                "answer as soon as I am running again.\n\n"
                "In an emergency, call **113**. To talk to someone, call **116 123** (day and night).",
        },
};

const char *builtin_text(enum builtin which, enum language language)
{
    return texts[which][language ? language : LANGUAGE_NB];
}

/* Matched inside the plain form with a space on both sides, so that ` dø ` is a word. Wide on purpose: a
 * number too many does no harm when nothing else can answer. */
static const char *const words[] = {
    " selvmord",
    " sjølvmord",
    " sjolvmord",
    " selvmor ",
    " suicid",
    " kill myself",
    " want to die",
    " end my life",
    " end it all",
    " hurt myself",
    " hurting myself",
    " vil dø",
    " ville dø",
    " vil bare dø",
    " vil berre dø",
    " vil do ",
    " vil døy",
    " vil dau",
    " vil ikke leve",
    " vil ikkje leve",
    " vil itj lev",
    " ikke leve mer",
    " ikkje leve meir",
    " ta livet",
    " tar livet",
    " ta livet av meg",
    " ta mitt eget liv",
    " skade meg",
    " skader meg",
    " skada meg",
    " kutter meg",
    " kutta meg",
    " kutte meg",
    " orker ikke mer",
    " orkar ikkje meir",
    " orke ikke mer",
    " orke ikkje mer",
    " overdose",
    " bevisstløs",
    " bevistløs",
    " medvitslaus",
    " unconscious",
    " puster ikke",
    " pustar ikkje",
    " not breathing",
    " blør ",
    " bleeding",
    " slår meg",
    " slår mæ",
    " slo meg",
    " hits me",
    " beats me",
    " voldt",
    " valdt",
    " voldta",
    " raped",
    " kvel",
    " brenner ",
    " det brann ",
    " kniv ",
    " redd for pappa",
    " redd for mamma",
    " redd for far",
    " truer meg",
    " trugar meg",
    " drepe meg",
    " drepe mæ",
    " hjelp meg nå",
    " tatt for mange",
    " mange tabletter",
    " masse tabletter",
    " farvel alle",
    " vil bare bort",
    " vil berre bort",
    " alle har det bedre uten meg",
};

bool builtin_is_crisis(const char *text, size_t len)
{
    struct arena arena = ARENA_INIT;
    bool found = false;
    struct text normal = text_normalise(text, len, NULL, &arena);
    const char *padded = arena_printf(&arena, " %s ", normal.plain);
    for (size_t i = 0; i < sizeof words / sizeof *words && !found; i++)
        found = strstr(padded, words[i]) != NULL;
    arena_free(&arena);
    return found;
}

const char *builtin_offline(const char *text, size_t len, const char *language, bool *urgent)
{
    struct arena arena = ARENA_INIT;
    struct text normal = text_normalise(text, len, NULL, &arena);
    enum language written = language_of(&normal, NULL);
    arena_free(&arena);
    if (!written)
        written = language_from_code(language);
    *urgent = builtin_is_crisis(text, len);
    return builtin_text(*urgent ? BUILTIN_CRISIS : BUILTIN_OFFLINE, written);
}
