#include "text/prefilter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"

/* ---- required literals of a pattern ---- */

/* Patterns cover whole words, so a literal at a pattern's edge, or beside a space, is looked for with that
 * space: ` er ` stands in far fewer texts than `er`. Of all that a pattern requires the SLOTS best sets are
 * kept; it can match only where one literal of each occurs. */
enum { SET_MOST = 256, LITERAL_MOST = 48, DEPTH_MOST = 40, SLOTS = 3 };

/* Literals of which one must occur. */
struct set {
    const char **items;
    size_t count;
};

/* Sets all of which are required, the best first. */
struct needs {
    struct set sets[SLOTS];
    size_t count;
};

struct parser {
    const char *at;
    struct arena *arena;
    int depth;
    bool strange; /* something that this reader does not know: then nothing is certain */
};

static size_t shortest(const struct set *set)
{
    size_t least = set->count ? LITERAL_MOST : 0;
    for (size_t i = 0; i < set->count; i++)
        if (strlen(set->items[i]) < least)
            least = strlen(set->items[i]);
    return least;
}

/* Longer literals first, then fewer of them. */
static bool is_better(const struct set *a, const struct set *b)
{
    size_t a_len = shortest(a), b_len = shortest(b);
    if ((a_len > 6 && b_len > 6) || a_len == b_len)
        return a->count < b->count;
    return a_len > b_len;
}

static void add_need(struct needs *needs, struct set set)
{
    size_t at = needs->count;
    if (shortest(&set) < 2)
        return;
    if (at == SLOTS) {
        if (!is_better(&set, &needs->sets[SLOTS - 1]))
            return;
        at--;
    } else {
        needs->count++;
    }
    for (; at > 0 && is_better(&set, &needs->sets[at - 1]); at--)
        needs->sets[at] = needs->sets[at - 1];
    needs->sets[at] = set;
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

/* Whether an item's edges are the edges of words. */
struct edges {
    bool left, right;
};

static struct needs parse_alternatives(struct parser *p, struct edges edges);

/* Reads a quantifier, if one follows; true when the item before it may be missing. `*repeated` tells that
 * there was one. */
static bool optional_item(const char **at, bool *repeated)
{
    bool optional = false;
    *repeated = true;
    if (**at == '?' || **at == '*') {
        optional = true;
        (*at)++;
    } else if (**at == '+') {
        (*at)++;
    } else if (**at == '{') {
        optional = (*at)[1] == '0' || (*at)[1] == ',';
        *at += strcspn(*at, "}");
        *at += **at == '}';
    } else {
        *repeated = false;
        return false;
    }
    if (**at == '?' || **at == '+') /* lazy, possessive */
        (*at)++;
    return optional;
}

static const char *behind_class(const char *at)
{
    at++;
    if (*at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at && *at != ']') {
        const char *named = at[0] == '[' && at[1] == ':' ? strstr(at, ":]") : NULL;
        if (named)
            at = named + 2;
        else
            at += *at == '\\' && at[1] ? 2 : 1;
    }
    return at + (*at == ']');
}

/* Behind the `)` that closes the group at `at`. */
static const char *behind_group(const char *at)
{
    int depth = 0;
    while (*at) {
        if (*at == '[') {
            at = behind_class(at);
            continue;
        }
        if (*at == '\\' && at[1]) {
            at += 2;
            continue;
        }
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        at++;
        if (depth == 0)
            break;
    }
    return at;
}

static bool looks_around(const char *at)
{
    return at[0] == '(' && at[1] == '?' &&
           (at[2] == '=' || at[2] == '!' || (at[2] == '<' && (at[3] == '=' || at[3] == '!')));
}

/* Group heads that are known: `(`, `(?:`, `(?>`, `(?|`, `(?<name>`, `(?P<name>`. */
static bool known_group(const char *at)
{
    if (at[1] == '*')
        return false;
    return at[1] != '?' || at[2] == ':' || at[2] == '>' || at[2] == '|' || at[2] == '<' ||
           (at[2] == 'P' && at[3] == '<');
}

/* What stands between a group's brackets; its head (`?:`, `?>`, `?<name>`) is passed over. */
static struct needs parse_group(struct parser *p, struct edges edges)
{
    struct needs needs = {.count = 0};
    p->at++;
    if (*p->at == '?') {
        p->at += 1 + strcspn(p->at + 1, ":>|)");
        p->at += *p->at == ':' || *p->at == '>' || *p->at == '|';
    }
    if (++p->depth < DEPTH_MOST)
        needs = parse_alternatives(p, edges);
    p->depth--;
    if (*p->at == ')')
        p->at++;
    return needs;
}

/* A sequence being read: what it needs, and the literal run that is being gathered. */
struct sequence {
    struct needs needs;
    char run[LITERAL_MOST + 2];
    size_t len;
    bool after_space; /* the position is the start of a word */
};

static void end_run(struct parser *p, struct sequence *s, bool right_edge)
{
    if (s->len && right_edge && s->run[s->len - 1] != ' ')
        s->run[s->len++] = ' ';
    if (s->len) {
        struct set set = {arena_alloc(p->arena, sizeof *set.items), 1};
        set.items[0] = arena_strndup(p->arena, s->run, s->len);
        add_need(&s->needs, set);
    }
    s->len = 0;
}

static void take_literal(struct parser *p, struct sequence *s)
{
    size_t size = 1;
    while (((unsigned char)p->at[size] & 0xC0) == 0x80)
        size++; /* a letter of several bytes */
    const char *letter = p->at;
    p->at += size;
    bool repeated, optional = optional_item(&p->at, &repeated);
    if (s->len + size + 1 > LITERAL_MOST || optional)
        end_run(p, s, false);
    if (!optional) {
        if (!s->len && s->after_space && *letter != ' ')
            s->run[s->len++] = ' ';
        memcpy(s->run + s->len, letter, size);
        s->len += size;
    }
    if (repeated)
        end_run(p, s, false);
    s->after_space = *letter == ' ' && !repeated;
}

/* Anything that is no plain letter: an escape, a class, a dot, an anchor. */
static void skip_item(struct parser *p, struct sequence *s)
{
    bool repeated, anchor = *p->at == '^' || *p->at == '$';
    unsigned char escaped = *p->at == '\\' ? (unsigned char)p->at[1] : 0;
    if (escaped && isalnum(escaped) && !strchr("wWdDsSbB", escaped))
        p->strange = true; /* \x41, \1, \pL, \K … */
    end_run(p, s, *p->at == '$');
    if (*p->at == '[')
        p->at = behind_class(p->at);
    else
        p->at += *p->at == '\\' && p->at[1] ? 2 : 1;
    if (!anchor) {
        optional_item(&p->at, &repeated);
        s->after_space = false;
    }
}

static void take_group(struct parser *p, struct sequence *s, struct edges edges)
{
    const char *behind = behind_group(p->at);
    if (looks_around(p->at)) { /* takes no room and promises nothing to count on */
        end_run(p, s, false);
        p->at = behind;
        return;
    }
    p->strange = p->strange || !known_group(p->at);
    bool ends_word = behind > p->at + 1 && behind[-1] == ')' && behind[-2] == ' ';
    bool repeated, optional = optional_item(&behind, &repeated);
    bool last = !*behind || *behind == '|' || *behind == ')';
    end_run(p, s, false);
    struct edges inner = {s->after_space, !repeated && (*behind == ' ' || (last && edges.right))};
    struct needs group = parse_group(p, inner);
    p->at = behind;
    for (size_t i = 0; i < group.count && !optional; i++)
        add_need(&s->needs, group.sets[i]);
    s->after_space = ends_word && (!optional || s->after_space);
}

static struct needs parse_sequence(struct parser *p, struct edges edges)
{
    struct sequence s = {.after_space = edges.left};
    while (*p->at && *p->at != '|' && *p->at != ')') {
        if (*p->at == '(')
            take_group(p, &s, edges);
        else if (strchr("\\[.^$*+?{", *p->at))
            skip_item(p, &s);
        else
            take_literal(p, &s);
    }
    end_run(p, &s, edges.right);
    return s.needs;
}

static struct needs parse_alternatives(struct parser *p, struct edges edges)
{
    struct needs first = parse_sequence(p, edges);
    if (*p->at != '|')
        return first;
    struct set all = first.count ? first.sets[0] : (struct set){NULL, 0};
    while (*p->at == '|') {
        p->at++;
        struct needs next = parse_sequence(p, edges);
        all = join(p, all, next.count ? next.sets[0] : (struct set){NULL, 0});
    }
    struct needs needs = {.count = 0};
    add_need(&needs, all);
    return needs;
}

/* ---- the automaton ---- */

enum { CLASSES = 64, PATTERNS_MOST = 8192 };

struct output {
    uint32_t pattern, slot;
    struct output *next;
};

/* What a state reports, its own literals and those that end in it, as one run in an array. */
struct report {
    uint32_t first, count;
};

struct mark {
    uint16_t byte; /* of the bits of its slot */
    uint8_t slot, bit;
};

struct prefilter {
    struct arena arena;
    uint8_t class_of[256]; /* 0: a byte that stands in no literal */
    unsigned n_classes;
    uint16_t (*next)[CLASSES];
    uint16_t *fail; /* longest proper suffix that is a prefix of a literal */
    struct report *reports;
    struct mark *marks;
    size_t n_marks, marks_cap;
    struct output **outputs;
    size_t states, cap;
    uint32_t patterns;
    uint8_t unneeded[SLOTS][PATTERNS_MOST / 8]; /* bits of slots that a pattern does not use */
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
    free(f->reports);
    free(f->marks);
    free(f->outputs);
    arena_free(&f->arena);
    free(f);
}

static void set_bit(uint8_t *bits, uint32_t number)
{
    bits[number / 8] |= (uint8_t)(1U << (number % 8));
}

/* Adds one literal; a byte for which no class is left ends it early, which only makes it find more. */
static void add_literal(struct prefilter *f, const char *literal, uint32_t id, uint32_t slot)
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
    if (!state) { /* not one byte could be kept: it may stand anywhere */
        set_bit(f->unneeded[slot], id);
        return;
    }
    struct output *output = arena_alloc(&f->arena, sizeof *output);
    *output = (struct output){id, slot, f->outputs[state]};
    f->outputs[state] = output;
}

bool prefilter_add(struct prefilter *f, const char *pattern, uint32_t id)
{
    struct parser parser = {.at = pattern, .arena = &f->arena};
    struct edges words = {true, true};
    struct needs needs = parse_alternatives(&parser, words);
    if (id >= PATTERNS_MOST)
        log_fatal("more than %d patterns", PATTERNS_MOST);
    if (*parser.at || parser.strange)
        needs.count = 0;
    f->patterns = id + 1;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (slot >= needs.count)
            set_bit(f->unneeded[slot], id);
        for (size_t i = 0; slot < needs.count && i < needs.sets[slot].count; i++)
            add_literal(f, needs.sets[slot].items[i], id, slot);
    }
    return needs.count > 0;
}

/* Gathers what a state reports: its own outputs, then the report of the longest suffix (which is ready by
 * then). */
static void gather_report(struct prefilter *f, uint16_t state)
{
    struct report report = {(uint32_t)f->n_marks, 0};
    struct report suffix = f->reports[f->fail[state]];
    for (const struct output *output = f->outputs[state]; output; output = output->next) {
        MEM_ROOM(f->marks, f->n_marks, f->marks_cap);
        f->marks[f->n_marks++] = (struct mark){(uint16_t)(output->pattern / 8), (uint8_t)output->slot,
                                               (uint8_t)(1U << (output->pattern % 8))};
    }
    for (uint32_t i = 0; i < suffix.count; i++) {
        MEM_ROOM(f->marks, f->n_marks, f->marks_cap);
        f->marks[f->n_marks] = f->marks[suffix.first + i];
        f->n_marks++;
    }
    report.count = (uint32_t)f->n_marks - report.first;
    f->reports[state] = report;
}

void prefilter_build(struct prefilter *f)
{
    MEM_ROOM(f->marks, f->n_marks, f->marks_cap); /* never NULL, also without a literal */
    f->fail = mem_new(f->states, sizeof *f->fail);
    f->reports = mem_new(f->states, sizeof *f->reports);
    uint16_t *queue = mem_new(f->states, sizeof *queue);
    size_t head = 0, tail = 0;
    for (unsigned c = 0; c < f->n_classes; c++)
        if (f->next[0][c])
            queue[tail++] = f->next[0][c];
    while (head < tail) {
        uint16_t state = queue[head++];
        gather_report(f, state);
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

/* Takes one byte of text; a report sets the bits of its patterns. */
static uint16_t step(const struct prefilter *f, uint16_t state, unsigned char byte,
                     uint8_t seen[SLOTS][PATTERNS_MOST / 8])
{
    uint8_t class = f->class_of[byte];
    state = class ? f->next[state][class] : 0;
    const struct report report = f->reports[state];
    for (const struct mark *mark = f->marks + report.first, *end = mark + report.count; mark < end; mark++)
        seen[mark->slot][mark->byte] |= mark->bit;
    return state;
}

void prefilter_run(const struct prefilter *f, const char *text, size_t len, uint8_t *bits)
{
    uint8_t seen[SLOTS][PATTERNS_MOST / 8];
    size_t bytes = prefilter_bytes(f);
    for (int slot = 0; slot < SLOTS; slot++)
        memcpy(seen[slot], f->unneeded[slot], bytes);
    uint16_t state = step(f, 0, ' ', seen); /* the text's edges are edges of words */
    for (size_t i = 0; i < len; i++)
        state = step(f, state, (unsigned char)text[i], seen);
    step(f, state, ' ', seen);
    for (size_t i = 0; i < bytes; i++)
        bits[i] = seen[0][i] & seen[1][i] & seen[2][i];
}
