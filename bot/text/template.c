#include "text/template.h"

#include <string.h>

enum { DEPTH_MOST = 8, NODES_MOST = 2000 };

enum node_kind { NODE_TEXT, NODE_VARIABLE, NODE_SECTION, NODE_INVERTED, NODE_END };

struct node {
    enum node_kind kind;
    const char *text; /* the literal, or the tag's name */
    size_t len;
    size_t end; /* NODE_SECTION, NODE_INVERTED: the node of its NODE_END */
    int line;
};

struct template
{
    struct node *nodes;
    size_t count;
};

/* ---- compiling ---- */

struct compiler {
    struct arena *arena;
    const char *file, *at, *end;
    int line;
    struct node *nodes;
    size_t count;
    size_t open[DEPTH_MOST];
    size_t depth;
    struct err *err;
};

static int fault(struct compiler *c, int line, const char *what)
{
    return err_at(c->err, c->file, line, "%s", what);
}

static struct node *add(struct compiler *c, enum node_kind kind, const char *text, size_t len)
{
    if (c->count == NODES_MOST) {
        fault(c, c->line, "the text has too many tags");
        return &c->nodes[NODES_MOST - 1];
    }
    struct node *node = &c->nodes[c->count++];
    *node = (struct node){kind, arena_strndup(c->arena, text, len), len, 0, c->line};
    return node;
}

static void count_lines(struct compiler *c, const char *from, const char *to)
{
    for (; from < to; from++)
        c->line += *from == '\n';
}

static bool name_fits(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
              (name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
            return false;
    return len > 0 && len <= 40;
}

static int open_section(struct compiler *c, enum node_kind kind, const char *name, size_t len)
{
    if (c->depth == DEPTH_MOST)
        return fault(c, c->line, "sections stand too deep in each other");
    if (c->count == NODES_MOST) /* add() would give no node of its own to close */
        return fault(c, c->line, "the text has too many tags");
    c->open[c->depth++] = c->count;
    add(c, kind, name, len);
    return 0;
}

static int close_section(struct compiler *c, const char *name, size_t len)
{
    if (!c->depth)
        return err_at(c->err, c->file, c->line, "{{/%.*s}} closes a section that was not opened", (int)len,
                      name);
    struct node *opened = &c->nodes[c->open[--c->depth]];
    if (opened->len != len || memcmp(opened->text, name, len))
        return err_at(c->err, c->file, c->line,
                      "{{/%.*s}} stands where {{/%s}} (opened in line %d) must close first", (int)len, name,
                      opened->text, opened->line);
    opened->end = c->count;
    add(c, NODE_END, name, len);
    return 0;
}

/* One tag, `inner` being what stands between the braces. */
static int take_tag(struct compiler *c, const char *inner, size_t len)
{
    char sigil = len ? *inner : ' ';
    bool special = sigil == '#' || sigil == '^' || sigil == '/' || sigil == '!';
    if (special) {
        inner++;
        len--;
    }
    if (sigil == '!')
        return 0;
    while (len && (*inner == ' ' || *inner == '\t')) {
        inner++;
        len--;
    }
    while (len && (inner[len - 1] == ' ' || inner[len - 1] == '\t'))
        len--;
    if (len && inner[len - 1] == '?') /* `egen?`: how variables.ini writes a truth */
        len--;
    if (!name_fits(inner, len))
        return err_at(
            c->err, c->file, c->line,
            "{{%.*s}} is not supported; write {{name}}, {{#name}}, {{^name}}, {{/name}} or {{! comment }}",
            (int)(len > 40 ? 40 : len), inner);
    if (sigil == '/')
        return close_section(c, inner, len);
    if (special)
        return open_section(c, sigil == '#' ? NODE_SECTION : NODE_INVERTED, inner, len);
    add(c, NODE_VARIABLE, inner, len);
    return 0;
}

/* A section tag or comment that is alone on its line takes the line with it: returns where the text before it
 * ends, and moves *after behind the line. Otherwise returns `tag` unchanged. */
static const char *trim_standalone(const struct compiler *c, const char *start, const char *tag,
                                   const char **after)
{
    const char *left = tag, *right = *after;
    char sigil = tag[2];
    if (sigil != '#' && sigil != '^' && sigil != '/' && sigil != '!')
        return tag;
    while (left > start && (left[-1] == ' ' || left[-1] == '\t'))
        left--;
    while (right < c->end && (*right == ' ' || *right == '\t'))
        right++;
    bool starts = left == start || left[-1] == '\n';
    bool ends = right == c->end || *right == '\n' ||
                (*right == '\r' && right + 1 < c->end && right[1] == '\n');
    if (!starts || !ends)
        return tag;
    if (right < c->end)
        right += *right == '\r' ? 2 : 1;
    *after = right;
    return left;
}

static int compile_all(struct compiler *c, const char *start)
{
    while (c->at < c->end) {
        const char *tag = memmem(c->at, (size_t)(c->end - c->at), "{{", 2);
        if (!tag) {
            add(c, NODE_TEXT, c->at, (size_t)(c->end - c->at));
            break;
        }
        const char *close = memmem(tag, (size_t)(c->end - tag), "}}", 2);
        int before = c->line;
        count_lines(c, c->at, tag);
        if (!close)
            return fault(c, c->line, "{{ has no }}");
        const char *after = close + 2;
        const char *left = trim_standalone(c, start, tag, &after);
        int tag_line = c->line;
        c->line = before;
        if (left > c->at)
            add(c, NODE_TEXT, c->at, (size_t)(left - c->at));
        c->line = tag_line;
        if (take_tag(c, tag + 2, (size_t)(close - tag - 2)))
            return -1;
        count_lines(c, tag, after);
        c->at = after;
    }
    if (c->depth)
        return err_at(c->err, c->file, c->nodes[c->open[c->depth - 1]].line, "{{#%s}} is never closed",
                      c->nodes[c->open[c->depth - 1]].text);
    return 0;
}

/* An upper bound of the nodes that a text can give. */
static size_t most_nodes(const char *text, size_t len)
{
    size_t tags = 0;
    for (size_t i = 0; i + 1 < len; i++)
        tags += text[i] == '{' && text[i + 1] == '{';
    return 2 * tags + 2 > NODES_MOST ? NODES_MOST : 2 * tags + 2;
}

struct template *template_compile(const char *text, size_t len, const char *file, struct arena *arena,
                                  struct err *err)
{
    struct compiler c = {.arena = arena, .file = file, .at = text, .end = text + len, .line = 1, .err = err};
    unsigned before = err->count;
    /* NODES_MOST stays the bound in add(); a text with fewer tags gets no more than it needs */
    c.nodes = arena_alloc(arena, most_nodes(text, len) * sizeof *c.nodes);
    if (compile_all(&c, text) || err->count != before)
        return NULL;
    struct template *template = arena_alloc(arena, sizeof *template);
    *template = (struct template){c.nodes, c.count};
    return template;
}

int template_walk(const struct template *template, template_visit *visit, void *user)
{
    const char *around[DEPTH_MOST];
    size_t depth = 0;
    for (size_t i = 0; i < template->count; i++) {
        const struct node *node = &template->nodes[i];
        if (node->kind == NODE_END) {
            depth--;
            continue;
        }
        if (node->kind == NODE_TEXT)
            continue;
        bool section = node->kind != NODE_VARIABLE;
        struct template_tag tag = {node->text, section, node->line, around, depth};
        int rc = visit(user, &tag);
        if (rc)
            return rc;
        if (section)
            around[depth++] = node->text;
    }
    return 0;
}

/* ---- rendering ---- */

struct renderer {
    const struct template *template;
    const struct scope *scopes[DEPTH_MOST + 1]; /* innermost last */
    size_t depth;
    template_escape *escape;
    struct buf *out;
};

static const struct value *find(const struct renderer *r, const char *name)
{
    for (size_t d = r->depth; d > 0; d--)
        for (size_t i = 0; i < r->scopes[d - 1]->count; i++)
            if (strcmp(r->scopes[d - 1]->values[i].name, name) == 0)
                return &r->scopes[d - 1]->values[i];
    return NULL;
}

static bool is_true(const struct value *value)
{
    return value->kind == VALUE_TEXT    ? *value->text != '\0'
           : value->kind == VALUE_TRUTH ? value->truth
                                        : value->count > 0;
}

static int render_nodes(struct renderer *r, size_t from, size_t to);

static int render_section(struct renderer *r, size_t i)
{
    const struct node *node = &r->template->nodes[i];
    const struct value *value = find(r, node->text);
    if (!value)
        return -1;
    if (node->kind == NODE_INVERTED)
        return is_true(value) ? 0 : render_nodes(r, i + 1, node->end);
    if (value->kind != VALUE_LIST)
        return is_true(value) ? render_nodes(r, i + 1, node->end) : 0;
    for (size_t k = 0; k < value->count; k++) {
        r->scopes[r->depth++] = &value->items[k];
        int rc = render_nodes(r, i + 1, node->end);
        r->depth--;
        if (rc)
            return rc;
    }
    return 0;
}

static int render_nodes(struct renderer *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct node *node = &r->template->nodes[i];
        const struct value *value;
        switch (node->kind) {
        case NODE_TEXT:
            buf_add(r->out, node->text, node->len);
            break;
        case NODE_VARIABLE:
            value = find(r, node->text);
            if (!value || value->kind != VALUE_TEXT)
                return -1;
            r->escape(r->out, value->text);
            break;
        case NODE_SECTION:
        case NODE_INVERTED:
            if (render_section(r, i))
                return -1;
            i = node->end;
            break;
        case NODE_END:
            break;
        }
    }
    return buf_done(r->out);
}

int template_render(const struct template *template, const struct scope *scope, template_escape *escape,
                    struct buf *out)
{
    struct renderer r = {template, {scope}, 1, escape, out};
    return render_nodes(&r, 0, template->count);
}

/* ---- escaping ---- */

/* Also behind a list marker, where the next marker would begin a list in the list. */
static bool at_line_start(const struct buf *out)
{
    size_t i = out->len;
    while (i && strchr(" >-+*.)0123456789", out->data[i - 1]))
        i--;
    return i == 0 || out->data[i - 1] == '\n';
}

/* Digits at the start of a line, which a dot or a bracket would make a list item. */
static bool after_line_number(const struct buf *out)
{
    size_t i = out->len;
    while (i && out->data[i - 1] >= '0' && out->data[i - 1] <= '9')
        i--;
    struct buf head = *out;
    head.len = i;
    return i < out->len && at_line_start(&head);
}

void template_escape_markdown(struct buf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        bool mark = strchr("\\`*_[]<>&#~|", *c) != NULL;
        if (*c == '\n' || *c == '\r') { /* a line end stays one, an empty line would end the paragraph */
            c += strspn(c, "\r\n\t ") - 1;
            buf_add_str(out, c[1] ? "\\\n" : "");
            continue;
        }
        if (strchr("-+=", *c))
            mark = at_line_start(out);
        if (*c == '.' || *c == ')')
            mark = after_line_number(out);
        if (mark)
            buf_add_char(out, '\\');
        buf_add_char(out, *c == '\t' ? ' ' : *c);
    }
}

void template_escape_none(struct buf *out, const char *text)
{
    buf_add_str(out, text);
}
