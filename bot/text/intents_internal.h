/* What the files behind intents.h share: reading (intent_file.c), matching (intents.c), likeness (similar.c).
 */
#ifndef TEXT_INTENTS_INTERNAL_H
#define TEXT_INTENTS_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/map.h"
#include "text/care_model.h"
#include "text/intents.h"
#include "text/prefilter.h"

struct pattern {
    struct intent *intent;
    const char *source; /* the regex with sets and gaps written out */
    int line, weight;
    bool raw, calm;
    pcre2_code *code;
};

struct similar;

struct intents {
    struct arena arena;
    const char *folder;
    struct words *words;
    struct topics *topics;
    struct map sets; /* name → alternatives `(?:a|b)` */
    struct intent *list[INTENTS_MOST];
    size_t count;
    struct pattern *patterns;
    size_t n_patterns, patterns_cap;
    struct prefilter *filter;
    struct similar *similar;
    struct care_model *care_model;      /* NULL: the folder has none */
    struct label_model *label_model;    /* … */
    struct label_model *language_model; /* of languages, not labels; NULL: none */
    int label_numbers[INTENTS_MOST];    /* each intent's in the model, -1: not taught */
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    pcre2_match_data *data;
    size_t unindexed;
};

/* Reads one intent file and adds it with its patterns, not yet compiled. */
void intent_file_read(struct intents *intents, const char *name, struct err *err);
/* Reads sets.txt (`name = word word …`, one a line) into intents->sets. */
void intent_sets_read(struct intents *intents, const char *path, struct err *err);

struct similar *similar_new(const struct intents *intents);
void similar_free(struct similar *similar);

#endif
