#include "text/prefilter.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

/* ---- required literals of a pattern ---- */

enum { SET_MOST = 256, LITERAL_MOST = 48, DEPTH_MOST = 40 };

/* Literals of which one must occur; count 0: nothing is known. */
struct set {
    const char **items;
    size_t count;
};

struct parser {
    const char *at;
    struct arena *arena;
    int depth;
};

static size_t shortest(const struct set *set)
{
    size_t least = set->count ? LITERAL_MOST : 0;
    for (size_t i = 0; i < set->count; i++)
        if (strlen(set->items[i]) < least)
            least = strlen(set->items[i]);
    return least;
}

/* The better of two sets: longer literals first, then fewer of them. */
static struct set better(struct set a, struct set b)
{
    size_t a_len = shortest(&a), b_len = shortest(&b);
    if (a_len > 6 && b_len > 6)
        return a.count <= b.count ? a : b;
    if (a_len != b_len)
        return a_len > b_len ? a : b;
    return a.count <= b.count ? a : b;
}

static struct set single(struct parser *p, const char *text, size_t len)
{
    struct set set = {arena_alloc(p->arena, sizeof *set.items), 1};
    set.items[0] = arena_strndup(p->arena, text, len);
    return set;
}

static struct set join(struct parser *p, struct set a, struct set b)
{
    struct set set = {NULL, 0};
    if (!a.count || !b.count || a.count + b.count > SET_MOST)
        return set;
    set.items = arena_alloc(p->arena, (a.count + b.count) * sizeof *set.items);
    memcpy(set.items, a.items, a.count * sizeof *a.items);
    memcpy(set.items + a.count, b.items, b.count * sizeof *b.items);
    set.count = a.count + b.count;
    return set;
}

static struct set parse_alternatives(struct parser *p);

/* Reads a quantifier, if one follows; true when the item before it may be missing. `*repeated` tells that there
 * was one. */
static bool optional_item(struct parser *p, bool *repeated)
{
    bool optional = false;
    *repeated = true;
    if (*p->at == '?' || *p->at == '*') {
        optional = true;
        p->at++;
    } else if (*p->at == '+') {
        p->at++;
    } else if (*p->at == '{') {
        optional = p->at[1] == '0' || p->at[1] == ',';
        while (*p->at && *p->at != '}')
            p->at++;
        if (*p->at)
            p->at++;
    } else {
        *repeated = false;
        return false;
    }
    if (*p->at == '?' || *p->at == '+') /* lazy, possessive */
        p->at++;
    return optional;
}

static void skip_class(struct parser *p)
{
    p->at++;
    if (*p->at == '^')
        p->at++;
    if (*p->at == ']')
        p->at++;
    while (*p->at && *p->at != ']')
        p->at += *p->at == '\\' && p->at[1] ? 2 : 1;
    if (*p->at)
        p->at++;
}

/* A group, from its `(`; a look-around requires nothing that could be counted on here. */
static struct set parse_group(struct parser *p)
{
    bool looks_around = false;
    p->at++;
    if (*p->at == '?') {
        p->at++;
        looks_around = *p->at == '=' || *p->at == '!' || (*p->at == '<' && (p->at[1] == '=' || p->at[1] == '!'));
        while (*p->at && *p->at != ':' && *p->at != '=' && *p->at != '!' && *p->at != '>' && *p->at != ')')
            p->at++;
        if (*p->at && *p->at != ')')
            p->at++;
    }
    struct set set = {NULL, 0};
    if (++p->depth < DEPTH_MOST)
        set = parse_alternatives(p);
    p->depth--;
    if (*p->at == ')')
        p->at++;
    return looks_around ? (struct set){NULL, 0} : set;
}

/* Literal run that is being gathered in a sequence. */
struct run {
    char text[LITERAL_MOST + 1];
    size_t len;
};

static void end_run(struct parser *p, struct run *run, struct set *best)
{
    if (run->len)
        *best = better(*best, single(p, run->text, run->len));
    run->len = 0;
}

static void take_literal(struct parser *p, struct run *run, struct set *best)
{
    size_t size = 1;
    while (((unsigned char)p->at[size] & 0xC0) == 0x80)
        size++; /* a letter of several bytes */
    const char *letter = p->at;
    p->at += size;
    bool repeated, optional = optional_item(p, &repeated);
    if (run->len + size > LITERAL_MOST || optional)
        end_run(p, run, best);
    if (!optional) {
        memcpy(run->text + run->len, letter, size);
        run->len += size;
    }
    if (repeated)
        end_run(p, run, best);
}

/* Anything that is no plain letter: an escape, a class, a dot, an anchor. */
static void skip_item(struct parser *p, struct run *run, struct set *best)
{
    bool repeated, anchor = *p->at == '^' || *p->at == '$';
    end_run(p, run, best);
    if (*p->at == '[')
        skip_class(p);
    else
        p->at += *p->at == '\\' && p->at[1] ? 2 : 1;
    if (!anchor)
        optional_item(p, &repeated);
}

static struct set parse_sequence(struct parser *p)
{
    struct set best = {NULL, 0};
    struct run run = {{0}, 0};
    while (*p->at && *p->at != '|' && *p->at != ')') {
        if (*p->at == '(') {
            end_run(p, &run, &best);
            struct set group = parse_group(p);
            bool repeated;
            if (!optional_item(p, &repeated))
                best = better(best, group);
        } else if (strchr("\\[.^$*+?{", *p->at)) {
            skip_item(p, &run, &best);
        } else {
            take_literal(p, &run, &best);
        }
    }
    end_run(p, &run, &best);
    return best;
}

static struct set parse_alternatives(struct parser *p)
{
    struct set all = parse_sequence(p);
    while (*p->at == '|') {
        p->at++;
        all = join(p, all, parse_sequence(p));
    }
    return all;
}

/* ---- the automaton ---- */

enum { CLASSES = 48 };

struct output {
    uint32_t pattern;
    struct output *next;
};

struct prefilter {
    struct arena arena;
    uint8_t class_of[256]; /* 0: a byte that stands in no literal */
    unsigned n_classes;
    uint16_t (*next)[CLASSES];
    uint16_t *fail;    /* longest proper suffix that is a prefix of a literal */
    uint16_t *report;  /* nearest state on the failure path with outputs, itself included; 0: none */
    struct output **outputs;
    size_t states, cap;
    uint32_t patterns;
    struct output *always;
};

static uint16_t add_state(struct prefilter *f)
{
    if (f->states == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 256;
        f->next = mem_grow(f->next, f->cap, sizeof *f->next);
        f->outputs = mem_grow(f->outputs, f->cap, sizeof(struct output *));
    }
    memset(f->next[f->states], 0, sizeof *f->next);
    f->outputs[f->states] = NULL;
    return (uint16_t)f->states++;
}

struct prefilter *prefilter_new(void)
{
    struct prefilter *f = mem_new(1, sizeof *f);
    f->n_classes = 1;
    add_state(f);
    return f;
}

void prefilter_free(struct prefilter *f)
{
    if (!f)
        return;
    free(f->next);
    free(f->fail);
    free(f->report);
    free(f->outputs);
    arena_free(&f->arena);
    free(f);
}

static void add_output(struct prefilter *f, struct output **list, uint32_t id)
{
    if (*list && (*list)->pattern == id)
        return;
    struct output *output = arena_alloc(&f->arena, sizeof *output);
    *output = (struct output){id, *list};
    *list = output;
}

/* Adds one literal; a byte for which no class is left ends it early, which only makes it find more. */
static void add_literal(struct prefilter *f, const char *literal, uint32_t id)
{
    uint16_t state = 0;
    for (const unsigned char *c = (const unsigned char *)literal; *c && f->states < UINT16_MAX; c++) {
        if (!f->class_of[*c]) {
            if (f->n_classes == CLASSES)
                break;
            f->class_of[*c] = (uint8_t)f->n_classes++;
        }
        if (!f->next[state][f->class_of[*c]]) {
            uint16_t fresh = add_state(f);
            f->next[state][f->class_of[*c]] = fresh;
        }
        state = f->next[state][f->class_of[*c]];
    }
    add_output(f, state ? &f->outputs[state] : &f->always, id);
}

bool prefilter_add(struct prefilter *f, const char *pattern, uint32_t id)
{
    struct parser parser = {pattern, &f->arena, 0};
    struct set set = parse_alternatives(&parser);
    f->patterns = id + 1;
    if (*parser.at || shortest(&set) < 2) {
        add_output(f, &f->always, id);
        return false;
    }
    for (size_t i = 0; i < set.count; i++)
        add_literal(f, set.items[i], id);
    return true;
}

void prefilter_build(struct prefilter *f)
{
    f->fail = mem_new(f->states, sizeof *f->fail);
    f->report = mem_new(f->states, sizeof *f->report);
    uint16_t *queue = mem_new(f->states, sizeof *queue);
    size_t head = 0, tail = 0;
    for (unsigned c = 0; c < f->n_classes; c++)
        if (f->next[0][c])
            queue[tail++] = f->next[0][c];
    while (head < tail) {
        uint16_t state = queue[head++];
        f->report[state] = f->outputs[state] ? state : f->report[f->fail[state]];
        for (unsigned c = 0; c < f->n_classes; c++) {
            uint16_t child = f->next[state][c];
            uint16_t beside = f->next[f->fail[state]][c];
            if (child) {
                f->fail[child] = beside;
                queue[tail++] = child;
            } else {
                f->next[state][c] = beside;
            }
        }
    }
    free(queue);
}

size_t prefilter_bytes(const struct prefilter *f)
{
    return f->patterns / 8 + 1;
}

static void set_bits(const struct output *list, uint8_t *bits)
{
    for (; list; list = list->next)
        bits[list->pattern / 8] |= (uint8_t)(1U << (list->pattern % 8));
}

void prefilter_run(const struct prefilter *f, const char *text, size_t len, uint8_t *bits)
{
    uint16_t state = 0;
    set_bits(f->always, bits);
    for (size_t i = 0; i < len; i++) {
        uint8_t class = f->class_of[(unsigned char)text[i]];
        state = class ? f->next[state][class] : 0;
        for (uint16_t found = f->report[state]; found; found = f->report[f->fail[found]])
            set_bits(f->outputs[found], bits);
    }
}
