/* Reading of intent files and sets; the format stands in intents.h. */
#include "text/intents_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

enum { LARGEST_FILE = 256 * 1024, LONGEST_PATTERN = 16 * 1024, GAP_SHORT = 3, GAP_LONG = 8 };

struct reader {
    struct intents *intents;
    struct intent *intent;
    const char *path;
    int line;
    struct err *err;
    size_t examples_cap, rejects_cap;
    bool class_given;
};

static int fault(struct reader *r, const char *what)
{
    return err_at(r->err, r->path, r->line, "%s", what);
}

static char *trimmed(struct arena *arena, const char *text, size_t len)
{
    while (len && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return arena_strndup(arena, text, len);
}

/* ---- sets ---- */

/* Writes a pattern with ` ~ `, ` ~~ ` and `{set}` written out. */
static void expand(struct reader *r, const char *pattern, struct buf *out)
{
    for (const char *c = pattern; *c; c++) {
        if (*c == ' ' && c[1] == '~') {
            int most = c[2] == '~' ? GAP_LONG : GAP_SHORT;
            buf_addf(out, " (?:[^ .]+ ){0,%d}", most);
            c += most == GAP_LONG ? 2 : 1;
            if (c[1] == ' ')
                c++;
            else
                fault(r, "write a gap as ` ~ ` with a space on both sides");
        } else if (*c == '{' && c[1] >= 'a' && c[1] <= 'z') {
            size_t len = strcspn(c + 1, "}");
            const char *set = map_get(&r->intents->sets, c + 1, len);
            if (!set || !c[1 + len]) {
                err_at(r->err, r->path, r->line, "there is no set {%.*s}; sets.txt lists them", (int)len,
                       c + 1);
                return;
            }
            buf_add_str(out, set);
            c += len + 1;
        } else {
            buf_add_char(out, *c);
        }
    }
}

static void read_set(struct reader *r, const char *line, size_t len)
{
    struct arena *arena = &r->intents->arena;
    const char *equals = memchr(line, '=', len);
    if (!equals) {
        fault(r, "write: name = word word …");
        return;
    }
    char *name = trimmed(arena, line, (size_t)(equals - line));
    char *words = trimmed(arena, equals + 1, (size_t)(line + len - equals - 1));
    if (map_get(&r->intents->sets, name, strlen(name))) {
        fault(r, "this set was defined before");
        return;
    }
    struct buf out = BUF_INIT(LONGEST_PATTERN);
    struct buf expanded = BUF_INIT(LONGEST_PATTERN);
    buf_add_str(&out, "(?:");
    for (char *c = words; *c; c++)
        if (*c != ' ' || c[1] != ' ')
            buf_add_char(&out, *c == ' ' ? '|' : *c == '+' ? ' ' : *c);
    buf_add_char(&out, ')');
    expand(r, buf_str(&out), &expanded);
    if (buf_done(&out) || buf_done(&expanded))
        fault(r, "the set is too large");
    map_put(&r->intents->sets, name, strlen(name), arena_strdup(arena, buf_str(&expanded)));
    buf_free(&out);
    buf_free(&expanded);
}

typedef void line_reader(struct reader *r, const char *line, size_t len);

static void read_lines(struct reader *r, line_reader *take)
{
    struct buf text = BUF_INIT(LARGEST_FILE);
    if (file_read(r->path, &text, r->err) == 0) {
        const char *at = buf_str(&text), *end = at + text.len, *line;
        size_t len;
        if (!text_valid(at, text.len))
            err_at(r->err, r->path, 0, "is not UTF-8 text");
        else
            while (file_next_line(&at, end, &line, &len)) {
                r->line++;
                if (len && line[0] != '#')
                    take(r, line, len);
            }
    }
    buf_free(&text);
}

void intent_sets_read(struct intents *intents, const char *path, struct err *err)
{
    struct reader r = {.intents = intents, .path = path, .err = err};
    read_lines(&r, read_set);
}

/* ---- directives ---- */

static void add_pattern(struct reader *r, const char *regex, int weight, bool raw, bool calm)
{
    struct intents *intents = r->intents;
    struct buf out = BUF_INIT(LONGEST_PATTERN);
    if (raw)
        buf_add_str(&out, regex);
    else
        expand(r, regex, &out);
    if (buf_done(&out))
        fault(r, "the pattern is too long");
    MEM_ROOM(intents->patterns, intents->n_patterns, intents->patterns_cap);
    intents->patterns[intents->n_patterns++] = (struct pattern){
        .intent = r->intent,
        .source = arena_strdup(&intents->arena, buf_str(&out)),
        .line = r->line,
        .weight = weight,
        .raw = raw,
        .calm = calm,
    };
    buf_free(&out);
}

static int read_class(struct reader *r, const char *value)
{
    static const char *const names[] = {
        [INTENT_TALK] = "talk", [INTENT_CRISIS] = "crisis", [INTENT_COMMAND] = "command",
        [INTENT_FLOW] = "flow", [INTENT_ANSWER] = "answer",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], value) == 0) {
            r->intent->class = (enum intent_class)i;
            r->class_given = true;
            return 0;
        }
    return fault(r, "class is one of crisis, command, flow, answer, talk");
}

static int read_pattern(struct reader *r, const char *value)
{
    int weight = r->intent->class == INTENT_CRISIS ? WEIGHT_CERTAIN : WEIGHT_DEFAULT;
    bool raw = false;
    char *end;
    long number = strtol(value, &end, 10);
    if (end != value && *end == ' ') {
        if (number < 1 || number > 100)
            return fault(r, "a weight is a number from 1 to 100");
        weight = (int)number;
        value = end + 1;
    }
    if (strncmp(value, "raw ", 4) == 0) {
        raw = true;
        value += 4;
    }
    if (!*value)
        return fault(r, "the pattern is empty");
    if (!r->class_given)
        return fault(r, "the class must stand before the first pattern");
    add_pattern(r, value, weight, raw, false);
    return 0;
}

static int read_calm(struct reader *r, const char *value)
{
    if (r->intent->class != INTENT_CRISIS)
        return fault(r, "calm is for class crisis only");
    add_pattern(r, value, 0, false, true);
    return 0;
}

static int read_priority(struct reader *r, const char *value)
{
    char *end;
    long number = strtol(value, &end, 10);
    if (end == value || *end || number < -100 || number > 100)
        return fault(r, "priority is a number from -100 to 100");
    r->intent->priority = (int)number;
    return 0;
}

static int read_example(struct reader *r, const char *value)
{
    struct intent *intent = r->intent;
    MEM_ROOM(intent->examples, intent->n_examples, r->examples_cap);
    intent->examples[intent->n_examples++] = (struct intent_line){value, r->line};
    return 0;
}

static int read_reject(struct reader *r, const char *value)
{
    struct intent *intent = r->intent;
    MEM_ROOM(intent->rejects, intent->n_rejects, r->rejects_cap);
    intent->rejects[intent->n_rejects++] = (struct intent_line){value, r->line};
    return 0;
}

static int read_reply(struct reader *r, const char *value)
{
    r->intent->reply = value;
    return 0;
}

static int read_choices(struct reader *r, const char *value)
{
    struct arena *arena = &r->intents->arena;
    while (*value) {
        size_t len = strcspn(value, " ");
        if (r->intent->n_choices == INTENT_CHOICES)
            return err_at(r->err, r->path, r->line, "at most %d choices", INTENT_CHOICES);
        if (len)
            r->intent->choices[r->intent->n_choices++] = arena_strndup(arena, value, len);
        value += len + (value[len] == ' ');
    }
    return 0;
}

static void read_directive(struct reader *r, const char *line, size_t len)
{
    static const struct {
        const char *name;
        int (*read)(struct reader *, const char *);
    } directives[] = {
        {"class", read_class},       {"pattern", read_pattern}, {"calm", read_calm},
        {"priority", read_priority}, {"example", read_example}, {"reject", read_reject},
        {"reply", read_reply},       {"choices", read_choices},
    };
    const char *space = memchr(line, ' ', len);
    size_t name_len = space ? (size_t)(space - line) : len;
    const char *value = trimmed(&r->intents->arena, line + name_len, len - name_len);
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (strlen(directives[i].name) == name_len && memcmp(directives[i].name, line, name_len) == 0) {
            if (*value)
                directives[i].read(r, value);
            else
                fault(r, "the directive has no value");
            return;
        }
    err_at(
        r->err, r->path, r->line,
        "unknown directive \"%.*s\"; known: class, priority, pattern, calm, example, reject, reply, choices",
        (int)(name_len > 40 ? 40 : name_len), line);
}

static bool label_fits(const char *label)
{
    size_t len = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return len > 0 && len <= 32 && !label[len];
}

void intent_file_read(struct intents *intents, const char *name, struct err *err)
{
    struct arena *arena = &intents->arena;
    struct intent *intent = arena_alloc(arena, sizeof *intent);
    intent->file = arena_printf(arena, "%s/%s", intents->folder, name);
    intent->label = arena_strndup(arena, name, strlen(name) - strlen(".intent"));
    intent->reply = intent->label;
    intent->number = intents->count;
    struct reader r = {.intents = intents, .intent = intent, .path = intent->file, .err = err};
    if (intents->count == INTENTS_MOST) {
        err_at(err, intent->file, 0, "there are more than %d intents", INTENTS_MOST);
        return;
    }
    intents->list[intents->count++] = intent;
    if (!label_fits(intent->label))
        err_at(err, intent->file, 0, "the file's name must be a label of a-z, 0-9 and _, at most 32 letters");
    read_lines(&r, read_directive);
    if (!r.class_given)
        err_at(err, intent->file, 0, "has no line `class …`");
}
