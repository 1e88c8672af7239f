/* Mustache (mustache(5)): variables, sections, inverted sections and comments, with the specification's rules
 * for lines that hold nothing but a tag. Partials, other delimiters and unescaped tags are refused: texts
 * come from staff, values from people. */
#ifndef TEXT_TEMPLATE_H
#define TEXT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum value_kind { VALUE_TEXT, VALUE_TRUTH, VALUE_LIST };

struct value {
    const char *name;
    enum value_kind kind;
    const char *text;          /* VALUE_TEXT; empty counts as false in a section; never NULL */
    bool truth;                /* VALUE_TRUTH */
    const struct scope *items; /* VALUE_LIST: a scope for each round */
    size_t count;
};

struct scope {
    const struct value *values;
    size_t count;
};

struct template;

/* Compiles a text; the result and all it needs are the arena's. NULL with lines in `err` (file and line). */
struct template *template_compile(const char *text, size_t len, const char *file, struct arena *arena,
                                  struct err *err);

/* Calls `visit` for every tag with the names of the sections around it (outermost first); stops and returns
 * what it returns when that is not 0. */
struct template_tag {
    const char *name;
    bool section; /* or inverted section */
    int line;
    const char *const *around;
    size_t depth;
};
typedef int template_visit(void *user, const struct template_tag *tag);
int template_walk(const struct template *template, template_visit *visit, void *user);

/* How a value is written into the text: appends it to `out` so that it stays what it is. */
typedef void template_escape(struct buf *out, const char *text);
/* For CommonMark: no character of the value acts as markup, also at the start of a line; line ends become
 * hard breaks, several of them one. */
void template_escape_markdown(struct buf *out, const char *text);
void template_escape_none(struct buf *out, const char *text);

/* Appends the rendered text. 0, or -1 when it does not fit `out` or names a value that `scope` lacks. */
int template_render(const struct template *template, const struct scope *scope, template_escape *escape,
                    struct buf *out) __attribute__((warn_unused_result));

#endif
