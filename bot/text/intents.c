#include "text/intents_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/label_model.h"

/* Match limit: what the costliest honest pattern needs on 32 KiB is far below (`make report` shows the
 * slowest); the JIT stack holds nested groups. Depth and heap limits do not act under JIT, these two do. */
enum {
    MATCH_LIMIT = 200000,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MOST = 512 * 1024,
    TALK_LARGEST = 4096,
    HITS_COUNTED = 2
};

/* ---- loading ---- */

/* Compiles one pattern, whole words only: canonical text has single spaces between words and nothing else. */
static void compile(struct pattern *pattern, struct err *err)
{
    int code;
    PCRE2_SIZE offset;
    struct buf source = BUF_INIT(32 * 1024);
    uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_UCP | (pattern->raw ? PCRE2_CASELESS : 0);
    if (pattern->raw)
        buf_add_str(&source, pattern->source);
    else
        buf_addf(&source, "(?<![^ ])(?:%s)(?![^ ])", pattern->source);
    /* alone first: a bracket left open must not be closed by what stands around it */
    pcre2_code *alone = pcre2_compile((PCRE2_SPTR)pattern->source, PCRE2_ZERO_TERMINATED, options, &code,
                                      &offset, NULL);
    bool whole = alone != NULL;
    pcre2_code_free(alone);
    if (!whole) {
        unsigned char message[200];
        pcre2_get_error_message(code, message, sizeof message);
        err_at(err, pattern->intent->file, pattern->line, "the pattern is not valid: %s (near \"%.20s\")",
               (char *)message, pattern->source + (offset > 10 ? offset - 10 : 0));
        buf_free(&source);
        return;
    }
    pattern->code = buf_done(&source) ? NULL
                                      : pcre2_compile((PCRE2_SPTR)buf_str(&source), source.len, options,
                                                      &code, &offset, NULL);
    if (!pattern->code) {
        unsigned char message[200] = "the pattern is too long";
        if (!buf_done(&source))
            pcre2_get_error_message(code, message, sizeof message);
        err_at(err, pattern->intent->file, pattern->line, "the pattern is not valid: %s (near \"%.20s\")",
               (char *)message, buf_done(&source) ? "" : buf_str(&source) + (offset > 10 ? offset - 10 : 0));
    } else if (pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE)) {
        err_at(err, pattern->intent->file, pattern->line, "the pattern cannot be compiled to machine code");
    }
    buf_free(&source);
}

/* Calm patterns go first; the order is kept otherwise. */
static void sort_patterns(struct intents *intents)
{
    struct pattern *sorted = mem_new(intents->n_patterns, sizeof *sorted);
    size_t n = 0;
    for (int calm = 1; calm >= 0; calm--)
        for (size_t i = 0; i < intents->n_patterns; i++)
            if (intents->patterns[i].calm == (calm == 1))
                sorted[n++] = intents->patterns[i];
    free(intents->patterns);
    intents->patterns = sorted;
    intents->patterns_cap = intents->n_patterns;
}

static void index_patterns(struct intents *intents)
{
    intents->filter = prefilter_new();
    for (size_t i = 0; i < intents->n_patterns; i++) {
        const struct pattern *pattern = &intents->patterns[i];
        /* a raw pattern sees other letters than the index does: it always runs */
        if (!prefilter_add(intents->filter, pattern->raw ? "" : pattern->source, (uint32_t)i))
            intents->unindexed++;
    }
    prefilter_build(intents->filter);
}

static void prepare_matching(struct intents *intents)
{
    intents->context = pcre2_match_context_create(NULL);
    intents->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    intents->data = pcre2_match_data_create(16, NULL);
    pcre2_set_match_limit(intents->context, MATCH_LIMIT);
    pcre2_jit_stack_assign(intents->context, NULL, intents->stack);
}

static void read_folder(struct intents *intents, struct err *err)
{
    char **names;
    struct arena scratch = ARENA_INIT;
    intent_sets_read(intents, arena_printf(&intents->arena, "%s/sets.txt", intents->folder), err);
    int count = file_list(intents->folder, ".intent", &scratch, &names, err);
    if (count == 0)
        err_at(err, intents->folder, 0, "holds no *.intent file");
    for (int i = 0; i < count; i++)
        intent_file_read(intents, names[i], err);
    arena_free(&scratch);
}

/* A folder without a model does with patterns alone; `check` says so. */
static void load_care_model(struct intents *intents, struct err *err)
{
    const char *path = arena_printf(&intents->arena, "%s/care.weights", intents->folder);
    if (file_exists(path))
        intents->care_model = care_model_load(path, err);
}

/* The label model, and which of its labels each intent is. */
static void load_label_model(struct intents *intents, struct err *err)
{
    const char *path = arena_printf(&intents->arena, "%s/labels.weights", intents->folder);
    if (file_exists(path))
        intents->label_model = label_model_load(path, err);
    for (size_t i = 0; i < intents->count; i++) {
        intents->label_numbers[i] = -1;
        for (size_t k = 0; intents->label_model && k < label_model_count(intents->label_model); k++)
            if (strcmp(label_model_name(intents->label_model, k), intents->list[i]->label) == 0)
                intents->label_numbers[i] = (int)k;
    }
}

static void load_language_model(struct intents *intents, struct err *err)
{
    const char *path = arena_printf(&intents->arena, "%s/language.weights", intents->folder);
    if (file_exists(path))
        intents->language_model = label_model_load(path, err);
}

struct intents *intents_load(const char *folder, struct err *err)
{
    unsigned before = err->count;
    struct intents *intents = mem_new(1, sizeof *intents);
    intents->folder = arena_strdup(&intents->arena, folder);
    intents->words = words_load(arena_printf(&intents->arena, "%s/words.txt", folder), err);
    intents->topics = topics_load(arena_printf(&intents->arena, "%s/topics.txt", folder), err);
    read_folder(intents, err);
    for (size_t i = 0; i < intents->n_patterns; i++)
        compile(&intents->patterns[i], err);
    load_care_model(intents, err);
    load_label_model(intents, err);
    load_language_model(intents, err);
    if (err->count != before) {
        intents_free(intents);
        return NULL;
    }
    sort_patterns(intents);
    index_patterns(intents);
    prepare_matching(intents);
    if (!intents->label_model)
        intents->similar = similar_new(intents);
    return intents;
}

void intents_free(struct intents *intents)
{
    if (!intents)
        return;
    for (size_t i = 0; i < intents->n_patterns; i++)
        pcre2_code_free(intents->patterns[i].code);
    for (size_t i = 0; i < intents->count; i++) {
        free(intents->list[i]->examples);
        free(intents->list[i]->rejects);
    }
    free(intents->patterns);
    pcre2_match_context_free(intents->context);
    pcre2_jit_stack_free(intents->stack);
    pcre2_match_data_free(intents->data);
    prefilter_free(intents->filter);
    similar_free(intents->similar);
    label_model_free(intents->label_model);
    label_model_free(intents->language_model);
    care_model_free(intents->care_model);
    words_free(intents->words);
    topics_free(intents->topics);
    map_free(&intents->sets);
    arena_free(&intents->arena);
    free(intents);
}

/* ---- matching ---- */

/* What matching one message needs at hand. */
struct matching {
    const struct intents *intents;
    const struct text *text;
    char *calmed; /* canon with calm words blanked out, NULL until one matched */
    struct intent_score *scores;
};

static int run(const struct intents *intents, const struct pattern *pattern, const char *subject, size_t len,
               size_t from)
{
    return pcre2_jit_match(pattern->code, (PCRE2_SPTR)subject, len, from, PCRE2_NO_UTF_CHECK, intents->data,
                           intents->context);
}

/* Blanks out every place where a calm pattern matches, with a letter that stands in no pattern. */
static void blank_out(struct matching *m, const struct pattern *pattern, struct arena *arena)
{
    const PCRE2_SIZE *span = pcre2_get_ovector_pointer(m->intents->data);
    size_t from = 0, len = m->text->canon_len;
    while (from < len && run(m->intents, pattern, m->text->canon, len, from) >= 0) {
        if (!m->calmed)
            m->calmed = arena_strndup(arena, m->text->canon, len);
        for (size_t i = span[0]; i < span[1]; i++)
            if (m->calmed[i] != ' ')
                m->calmed[i] = '_';
        from = span[1] > from ? span[1] : from + 1;
    }
}

/* What of the text a pattern looks at. `calmed` may be NULL. */
static const char *subject_of(const struct pattern *pattern, const struct text *text, const char *calmed,
                              size_t *len)
{
    bool crisis = pattern->intent->class == INTENT_CRISIS;
    const char *subject = pattern->raw ? text->raw : crisis && calmed ? calmed : text->canon;
    *len = pattern->raw ? text->raw_len : text->canon_len;
    if (!crisis && *len > TALK_LARGEST)
        for (*len = TALK_LARGEST; ((unsigned char)subject[*len] & 0xC0) == 0x80;)
            --*len;
    return subject;
}

static void match_one(struct matching *m, const struct pattern *pattern)
{
    size_t len;
    bool crisis = pattern->intent->class == INTENT_CRISIS;
    struct intent_score *score = &m->scores[pattern->intent->number];
    if (score->best >= pattern->weight && (crisis || score->hits > HITS_COUNTED))
        return; /* it could change nothing */
    const char *subject = subject_of(pattern, m->text, m->calmed, &len);
    int rc = run(m->intents, pattern, subject, len, 0);
    if (rc == PCRE2_ERROR_NOMATCH)
        return;
    if (rc < 0) { /* 0: it matched, with more groups than there is room for */
        score->limit = true;
        if (!score->line)
            score->line = pattern->line;
        return;
    }
    score->hits++;
    if (pattern->weight > score->best) {
        const PCRE2_SIZE *span = pcre2_get_ovector_pointer(m->intents->data);
        score->best = pattern->weight;
        score->line = pattern->line;
        score->at = (uint32_t)span[0];
        score->end = (uint32_t)span[1];
    }
}

const char *intents_score(const struct intents *intents, const struct text *text, struct arena *arena,
                          struct intent_score *scores)
{
    struct matching m = {intents, text, NULL, scores};
    uint8_t *bits = arena_alloc(arena, prefilter_bytes(intents->filter));
    memset(scores, 0, intents->count * sizeof *scores);
    prefilter_run(intents->filter, text->canon, text->canon_len, bits);
    /* calm patterns stand first (sort_patterns), so one walk over the bits does both in order */
    for (size_t byte = 0; byte < prefilter_bytes(intents->filter); byte++)
        for (unsigned left = bits[byte]; left; left &= left - 1) {
            const struct pattern *pattern = &intents->patterns[8 * byte + (size_t)__builtin_ctz(left)];
            if (pattern->calm)
                blank_out(&m, pattern, arena);
            else
                match_one(&m, pattern);
        }
    return m.calmed ? m.calmed : text->canon;
}

/* ---- one pattern alone ---- */

const char *intents_pattern(const struct intents *intents, size_t number, int *line)
{
    if (number >= intents->n_patterns)
        return NULL;
    *line = intents->patterns[number].line;
    return intents->patterns[number].intent->file;
}

const uint8_t *intents_indexed(const struct intents *intents, const struct text *text, struct arena *arena)
{
    uint8_t *bits = arena_alloc(arena, prefilter_bytes(intents->filter));
    prefilter_run(intents->filter, text->canon, text->canon_len, bits);
    return bits;
}

bool intents_match_alone(const struct intents *intents, size_t number, const struct text *text)
{
    size_t len;
    const struct pattern *pattern = &intents->patterns[number];
    const char *subject = subject_of(pattern, text, NULL, &len);
    return run(intents, pattern, subject, len, 0) >= 0;
}

/* ---- access ---- */

const struct topics *intents_topics(const struct intents *intents)
{
    return intents->topics;
}

const struct label_model *intents_label_model(const struct intents *intents)
{
    return intents->label_model;
}

const struct label_model *intents_language_model(const struct intents *intents)
{
    return intents->language_model;
}

int intents_label_number(const struct intents *intents, size_t number)
{
    return intents->label_numbers[number];
}

const struct words *intents_words(const struct intents *intents)
{
    return intents->words;
}

size_t intents_count(const struct intents *intents)
{
    return intents->count;
}

const struct intent *intents_at(const struct intents *intents, size_t number)
{
    return intents->list[number];
}

const struct intent *intents_find(const struct intents *intents, const char *label)
{
    for (size_t i = 0; i < intents->count; i++)
        if (strcmp(intents->list[i]->label, label) == 0)
            return intents->list[i];
    return NULL;
}

const struct care_model *intents_care_model(const struct intents *intents)
{
    return intents->care_model;
}

size_t intents_unindexed(const struct intents *intents)
{
    return intents->unindexed;
}
