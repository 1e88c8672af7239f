#include "wire/json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

json_t *json_read(const char *bytes, size_t len, size_t most, size_t flags)
{
    json_t *root = len <= most ? json_loadb(bytes, len, flags, NULL) : NULL;
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

/* ---- mending ---- */

struct mending {
    const char *at, *end;
    struct buf *out;
    int depth;
};

/* As strspn, in bytes that need not end with a NUL. */
static size_t span(const char *at, const char *end, const char *of)
{
    const char *first = at;
    while (at < end && *at && strchr(of, *at))
        at++;
    return (size_t)(at - first);
}

static bool has_hex(const char *at, const char *end)
{
    return end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
           span(at + 2, at + 6, "0123456789abcdefABCDEF") == 4;
}

static unsigned long hex_of(const char *at)
{
    char digits[5] = {at[2], at[3], at[4], at[5], '\0'};
    return strtoul(digits, NULL, 16);
}

/* An escape; one of half a character becomes that of U+FFFD, and so does U+0000, which Jansson takes in no
 * name. */
static void mend_escape(struct mending *m)
{
    unsigned long code = has_hex(m->at, m->end) ? hex_of(m->at) : 0;
    size_t len = has_hex(m->at, m->end) ? 6 : 2;
    bool high = code >= 0xD800 && code <= 0xDBFF, low = code >= 0xDC00 && code <= 0xDFFF;
    bool none = high || low || (len == 6 && code == 0);
    if (high && has_hex(m->at + 6, m->end) && hex_of(m->at + 6) >= 0xDC00 && hex_of(m->at + 6) <= 0xDFFF)
        len = 12;
    else if (none)
        buf_add_str(m->out, "\\ufffd");
    len = len < (size_t)(m->end - m->at) ? len : (size_t)(m->end - m->at);
    if (len == 12 || !none)
        buf_add(m->out, m->at, len);
    m->at += len;
}

static void mend_string(struct mending *m)
{
    buf_add_char(m->out, *m->at++);
    while (m->at < m->end && *m->at != '"') {
        size_t len = utf8_length((const unsigned char *)m->at, (size_t)(m->end - m->at));
        if (*m->at == '\\') {
            mend_escape(m);
        } else if (len == 0) {
            buf_add_char(m->out, '?');
            m->at++;
        } else {
            buf_add(m->out, m->at, len);
            m->at += len;
        }
    }
    if (m->at < m->end)
        buf_add_char(m->out, *m->at++);
}

static void mend_number(struct mending *m)
{
    size_t len = span(m->at, m->end, "-+.0123456789eE");
    bool measured = len <= 18 && !memchr(m->at, 'e', len) && !memchr(m->at, 'E', len);
    if (measured)
        buf_add(m->out, m->at, len);
    else
        buf_add_char(m->out, '0');
    m->at += len;
}

/* A container that lies too deep is passed over. */
static void pass_over(struct mending *m)
{
    int depth = 0;
    struct buf *out = m->out, nothing = BUF_INIT((size_t)(m->end - m->at) * 2 + 16);
    buf_add_str(out, "null");
    m->out = &nothing;
    do {
        depth += *m->at == '{' || *m->at == '[';
        depth -= *m->at == '}' || *m->at == ']';
        if (*m->at == '"')
            mend_string(m);
        else
            m->at++;
    } while (m->at < m->end && depth > 0);
    m->out = out;
    buf_free(&nothing);
}

static void mend(struct mending *m)
{
    while (m->at < m->end) {
        char c = *m->at;
        if (c == '"') {
            mend_string(m);
        } else if ((c >= '0' && c <= '9') || c == '-') {
            mend_number(m);
        } else if ((c == '{' || c == '[') && m->depth >= JSON_DEPTH_MOST) {
            pass_over(m);
        } else {
            m->depth += c == '{' || c == '[';
            m->depth -= c == '}' || c == ']';
            buf_add_char(m->out, c);
            m->at++;
        }
    }
}

json_t *json_read_mended(const char *bytes, size_t len, size_t most)
{
    json_t *root = json_read(bytes, len, most, JSON_ALLOW_NUL);
    if (root || len > most)
        return root;
    struct buf text = BUF_INIT(2 * most + 16);
    struct mending mending = {bytes, bytes + len, &text, 0};
    mend(&mending);
    root = json_read(buf_str(&text), text.len, 2 * most + 16, JSON_ALLOW_NUL);
    buf_free(&text);
    return root;
}

/* ---- writing, members ---- */

void json_write(json_t *root, struct buf *out)
{
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text)
        buf_add_str(out, text);
    else
        out->failed = true;
    free(text);
    json_decref(root);
}

const char *json_text(const json_t *object, const char *name, size_t most, struct arena *arena)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || json_string_length(value) > most)
        return NULL;
    return arena_strndup(arena, json_string_value(value), json_string_length(value));
}
