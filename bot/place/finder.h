/* What mentions.c, mention_post.c and mention_roles.c share: one message under search. For these files only.
 */
#ifndef PLACE_FINDER_H
#define PLACE_FINDER_H

#include "place/cues.h"
#include "place/mentions.h"

struct finder {
    const struct gazetteer *gazetteer;
    const struct text *text;
    struct arena *arena;
    struct mentions *found;
    const unsigned *cues; /* of each word */
    size_t n_words;
    bool asked, shouting; /* shouting: (nearly) every word begins with a capital, so capitals tell nothing */
};

/* ---- the sentence (mention_roles.c) ---- */

const char *finder_word(const struct finder *f, size_t i, size_t *len);
/* Whether word `i` has one of the cues; false outside the text. */
bool finder_is(const struct finder *f, size_t i, unsigned cues);
/* Whether a word with one of the cues stands up to `back` words before word `i` in the same clause. */
bool finder_before(const struct finder *f, size_t i, size_t back, unsigned cues);
/* Whether a preposition, perhaps with an adjective (`i gamle …`), stands right before word `i`. */
bool finder_placed(const struct finder *f, size_t i, unsigned prepositions);
bool finder_ends_clause(const struct finder *f, size_t i);
/* The same, or a dash, a bracket or a slash stands behind it. */
bool finder_stops(const struct finder *f, size_t i);

/* What words `i` to `i + n` are to the person. */
enum role finder_role(const struct finder *f, size_t i, size_t n);

/* ---- meanings ---- */

/* The meanings of `places` that lie in, or close to, one of `near`: all of them where none does. */
const struct place *places_beside(const struct finder *f, const struct place *places,
                                  const struct place *near);
size_t places_count(const struct place *places);
/* Lets mentions decide about each other: `Bø i Vesterålen`, `8850 Herøy`, `Nes (Romerike)`. */
void finder_decide(struct finder *f);
/* Leaves out the meanings that hardly anybody means: hamlets, and namesakes of a town far larger. */
const struct place *places_prominent(const struct finder *f, const struct place *places);

/* ---- finding ---- */

void finder_add(struct finder *f, size_t i, size_t n, const struct place *places, bool spelled);
/* A postal code at word `i`: adds it and tells how many words it took. */
bool finder_post(struct finder *f, size_t i, size_t *used);

#endif
