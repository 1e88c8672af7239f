#include "talk/keys_used.h"

#include <stddef.h>

const char *const talk_keys_used[] = {
    "annet",         "annet_igjen",  "avbrutt",        "bli_med",
    "bli_med_langt", "bli_med_sted", "endret_melding", "finn_kontaktpunkt",
    "forste",        "gammel_knapp", "gruppechat",     "hilsen",
    "hjelp",         "hvorfor",      "hvorfor_krise",  "ja",
    "kan_ikke_lese", "krise_akutt",  "krise_barn",     "krise_selvmord",
    "krise_videre",  "krise_vold",   "kryptert",       "mulig_krise",
    "nei",           "sen",          "slett",          "slett_avbrutt",
    "slettet",       "sprak",        "sprak_byttet",   "start_paa_nytt",
    "sted_bekreft",  "sted_flere",   "sted_flertydig", "sted_igjen",
    "sted_region",   "sted_ukjent",  "sted_utlandet",  "tema",
    "tema_sted",     "tilbake",      "tom_melding",    "treff",
    "treff_langt",   NULL,
};

const char *const talk_labels_used[] = {
    "annet_sted", "avbryt", "bli_med", "en", "finn_kontaktpunkt",
    "flere",      "hjelp",  "hva_er",  "ja", "kostnad",
    "menneske",   "nb",     "nei",     "nn", "slett_ja",
    "slett_nei",  "tema",   NULL,
};
