/* Intents: what a message can want. One file an intent, `intents/<label>.intent`, a directive a line:
 *
 *     # comment
 *     class crisis|command|flow|answer|talk
 *     priority N                     wins when scores are equal; higher first (default 0)
 *     pattern [weight] [raw] REGEX   PCRE2; weight 1 to 100 (default 60)
 *     calm REGEX                     (crisis) words that mean something else here: blanked out before
 * matching example MESSAGE                must be understood as this intent reject MESSAGE must not reply KEY
 * the reply's key (default: the label) choices KEY KEY …              next steps that the reply offers
 *
 * A pattern is matched against the canonical words (text/normalise.h) and always covers whole words. ` ~ `
 * stands for up to three words, ` ~~ ` for up to eight, both within one sentence; `{name}` for the
 * alternatives that `sets.txt` gives that name. `raw` asks for the text as it was written (caseless) instead.
 *
 * In class crisis a weight of 100 (the default there) is certain, less is possible. */
#ifndef TEXT_INTENTS_H
#define TEXT_INTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "text/normalise.h"
#include "text/topics.h"
#include "text/words.h"

enum intent_class { INTENT_TALK, INTENT_CRISIS, INTENT_COMMAND, INTENT_FLOW, INTENT_ANSWER };

enum { INTENTS_MOST = 128, INTENT_CHOICES = 6, WEIGHT_CERTAIN = 100, WEIGHT_DEFAULT = 60 };

/* A message in an intent file. */
struct intent_line {
    const char *text; /* as written */
    int line;
};

struct intent {
    const char *label, *file; /* `kostnad`, `intents/kostnad.intent` */
    enum intent_class class;
    int priority;
    const char *reply;
    const char *choices[INTENT_CHOICES];
    size_t n_choices;
    struct intent_line *examples, *rejects;
    size_t n_examples, n_rejects;
    size_t number; /* its place among all, from 0 */
};

struct intents;

/* Reads words.txt, sets.txt and every *.intent of the folder, compiles and indexes. Owned by the caller. NULL
 * with a line in `err` for each fault. */
struct intents *intents_load(const char *folder, struct err *err);
void intents_free(struct intents *intents);

const struct words *intents_words(const struct intents *intents);
const struct topics *intents_topics(const struct intents *intents);
size_t intents_count(const struct intents *intents);
const struct intent *intents_at(const struct intents *intents, size_t number);
const struct intent *intents_find(const struct intents *intents, const char *label);

/* What the patterns say of one message, for each intent by number. */
struct intent_score {
    int best;         /* weight of the best matching pattern, 0: none */
    int hits;         /* patterns that matched */
    int line;         /* of the best one, in the intent's file */
    uint32_t at, end; /* where it matched, in canon */
    bool limit;       /* a pattern passed its limit and was skipped */
};

/* Fills `scores` (intents_count() entries). Only crisis intents look past the first 4,096 bytes
 * of canon, and only they see it with calm words blanked out: that text (canon_len bytes, borrowed or the
 * arena's) is returned. */
const char *intents_score(const struct intents *intents, const struct text *text, struct arena *arena,
                          struct intent_score *scores);

/* For a folder without a label model (with one: zeros). Likeness of the text to the examples of each intent,
 * 0 to 1, from character trigrams; `lines` receives the line of the most similar example. Arrays of
 * intents_count() entries. */
void intents_likeness(const struct intents *intents, const struct text *text, struct arena *arena,
                      float *likeness, int *lines);

/* The model that looks a second time at messages without a crisis pattern; NULL when the folder has none. */
struct care_model;
const struct care_model *intents_care_model(const struct intents *intents);

/* The learned model of labels, NULL when the folder has none; and an intent's number in it, -1 when it was
 * not taught. */
struct label_model;
const struct label_model *intents_label_model(const struct intents *intents);
/* Its labels are codes of languages (`nb`). NULL in a folder without it. */
const struct label_model *intents_language_model(const struct intents *intents);
int intents_label_number(const struct intents *intents, size_t number);

/* Patterns without a required word (each runs on every message), for `check` and the bench. */
size_t intents_unindexed(const struct intents *intents);

/* For tools only, one pattern alone, by its number from 0: its file and line, NULL behind the last; the bits
 * (by number) of those that the index lets see a text, the arena's; and whether one matches, whatever the
 * index says and without calm words blanked out. */
const char *intents_pattern(const struct intents *intents, size_t number, int *line);
const uint8_t *intents_indexed(const struct intents *intents, const struct text *text, struct arena *arena);
bool intents_match_alone(const struct intents *intents, size_t number, const struct text *text);

#endif
