/* A small reader of the HTML that Matrix clients take, to hold what matrix_show makes against it: tags of
 * org.matrix.custom.html that close in order, with the few attributes and entities that are expected. It
 * knows nothing of how the HTML is made. The fuzz targets use it too, so it needs no cmocka. */
#ifndef UNIT_ALLOWED_H
#define UNIT_ALLOWED_H

#include "shown.h"

enum { ALLOWED_DEPTH = 40000, ALLOWED_NAME = 12 };

struct allowed {
    const char *at;
    char open[ALLOWED_DEPTH][ALLOWED_NAME];
    size_t depth;
};

static inline bool allowed_begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* `<img>` is not among them: it could show nothing but what lies on a homeserver (mxc). */
static inline bool allowed_tag(const char *name)
{
    static const char *const tags[] = {"p",  "a",  "ul", "ol", "li", "em",         "strong", "code", "pre",
                                       "hr", "br", "h1", "h2", "h3", "blockquote", "h4",     "h5",   "h6"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i], name) == 0)
            return true;
    return false;
}

/* One attribute in quotation marks, `at` behind its name's blank. */
static inline bool allowed_attribute(struct allowed *a, const char *tag)
{
    const char *value = strstr(a->at, "=\""), *end = value ? strchr(value + 2, '"') : NULL;
    bool fits = false;
    if (!end)
        return false;
    if (strcmp(tag, "a") == 0)
        fits = allowed_begins(a->at, "href=\"https://") || allowed_begins(a->at, "href=\"http://") ||
               allowed_begins(a->at, "href=\"mailto:") || allowed_begins(a->at, "title=\"");
    else if (strcmp(tag, "ol") == 0)
        fits = allowed_begins(a->at, "start=\"") &&
               strspn(value + 2, "0123456789") == (size_t)(end - value - 2);
    else if (strcmp(tag, "code") == 0)
        fits = allowed_begins(a->at, "class=\"language-");
    for (const char *c = value + 2; c < end; c++)
        fits = fits && *c != '<' && *c != '>';
    a->at = end + 1;
    return fits;
}

static inline const char *allowed_close(struct allowed *a, const char *name)
{
    if (*a->at++ != '>')
        return "an end of a tag with more in it";
    if (!a->depth || strcmp(a->open[a->depth - 1], name))
        return "a tag that closes another";
    a->depth--;
    return NULL;
}

/* A tag, `at` behind its `<`. */
static inline const char *allowed_read_tag(struct allowed *a)
{
    bool ends = *a->at == '/';
    char name[ALLOWED_NAME] = "";
    a->at += ends;
    for (size_t len = 0;
         len < ALLOWED_NAME - 1 && ((*a->at >= 'a' && *a->at <= 'z') || (*a->at >= '0' && *a->at <= '9'));)
        name[len++] = *a->at++;
    if (!allowed_tag(name))
        return "a tag that is not allowed";
    if (ends)
        return allowed_close(a, name);
    while (*a->at == ' ') {
        a->at++;
        if (!allowed_attribute(a, name))
            return "an attribute that is not allowed";
    }
    if (*a->at++ != '>')
        return "a tag that does not end";
    if (strcmp(name, "br") == 0 || strcmp(name, "hr") == 0)
        return NULL;
    if (a->depth == ALLOWED_DEPTH)
        return "too deep";
    memcpy(a->open[a->depth++], name, ALLOWED_NAME);
    return NULL;
}

/* Why a client would not take it as it was meant, or NULL. */
static inline const char *allowed_fault(const char *html)
{
    static struct allowed a;
    a.at = html;
    a.depth = 0;
    if (!shown_is_utf8(html))
        return "no UTF-8";
    while (*a.at) {
        const char *why = NULL;
        if (*a.at == '<') {
            a.at++;
            why = allowed_read_tag(&a);
        } else if (*a.at == '>') {
            why = "a mark that belongs to no tag";
        } else if (*a.at == '&' && !allowed_begins(a.at, "&lt;") && !allowed_begins(a.at, "&gt;") &&
                   !allowed_begins(a.at, "&amp;") && !allowed_begins(a.at, "&quot;")) {
            why = "an entity that is not expected";
        } else {
            a.at++;
        }
        if (why)
            return why;
    }
    return a.depth ? "a tag that is not closed" : NULL;
}

#endif
