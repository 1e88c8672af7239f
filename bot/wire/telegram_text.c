#include "wire/telegram_text.h"

#include <stdint.h>
#include <string.h>

#include "wire/markup.h"

enum { TEXT_MOST = 64 * 1024, HTML_MOST = 40 * 1024 };

/* ---- characters ---- */

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Only characters of four bytes need two units. */
size_t telegram_units(const char *text, size_t len)
{
    size_t units = 0;
    for (size_t i = 0; i < len; i++)
        if (!continues(text[i]))
            units += (unsigned char)text[i] >= 0xF0 ? 2 : 1;
    return units;
}

static uint32_t code_at(const char *text, size_t at)
{
    const unsigned char *c = (const unsigned char *)text + at;
    if (c[0] < 0x80)
        return c[0];
    if (c[0] < 0xE0)
        return (uint32_t)(c[0] & 0x1F) << 6 | (c[1] & 0x3F);
    if (c[0] < 0xF0)
        return (uint32_t)(c[0] & 0x0F) << 12 | (uint32_t)(c[1] & 0x3F) << 6 | (c[2] & 0x3F);
    return (uint32_t)(c[0] & 0x07) << 18 | (uint32_t)(c[1] & 0x3F) << 12 | (uint32_t)(c[2] & 0x3F) << 6 |
           (c[3] & 0x3F);
}

static size_t before(const char *text, size_t at)
{
    do
        at--;
    while (at > 0 && continues(text[at]));
    return at;
}

/* Joins what stands before it: combining marks, variation selectors, skin tones, keycap, joiner, tags. */
static bool joins_before(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || c == 0x200D || c == 0x20E3 || (c >= 0xFE00 && c <= 0xFE0F) ||
           (c >= 0x1F3FB && c <= 0x1F3FF) || (c >= 0xE0020 && c <= 0xE007F);
}

/* Flags are made of two of these. */
static bool is_regional(uint32_t c)
{
    return c >= 0x1F1E6 && c <= 0x1F1FF;
}

/* A cut here would show one character as two. A coarse form of UAX #29, enough for emoji and accents. */
static bool inside_character(const char *text, size_t at)
{
    uint32_t next = code_at(text, at), last = code_at(text, before(text, at));
    size_t flags = 0;
    if (!is_regional(next))
        return joins_before(next) || last == 0x200D;
    while (at > 0 && is_regional(code_at(text, at = before(text, at))))
        flags++;
    return flags % 2;
}

/* ---- where to cut ---- */

/* The end of the longest beginning of `text` within the limit of units. */
static size_t fitting(const char *text, size_t len)
{
    size_t units = 0, at = 0;
    while (at < len) {
        units += (unsigned char)text[at] >= 0xF0 ? 2 : 1;
        if (units > TELEGRAM_UNITS_MOST)
            return at;
        do
            at++;
        while (at < len && continues(text[at]));
    }
    return len;
}

/* The last place at or before `most` and behind `least` where `mark` stands; 0 when there is none. */
static size_t last_mark(const char *text, size_t least, size_t most, const char *mark)
{
    size_t len = strlen(mark);
    for (size_t at = most; at > least; at--)
        if (memcmp(text + at, mark, len) == 0)
            return at;
    return 0;
}

/* The best end for a part of a text that does not fit: none may be shorter than half, so that the parts of
 * the longest reply stay few. */
static size_t cut_at(const char *text, size_t fits)
{
    static const char *const marks[] = {"\n\n", "\n", " "};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t at = last_mark(text, fits / 2, fits, marks[i]);
        if (at)
            return at;
    }
    size_t at = fits;
    while (at > fits / 2 && inside_character(text, at))
        at = before(text, at);
    return at > fits / 2 ? at : fits;
}

/* ---- writing ---- */

static void add_escaped(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '<':
            buf_add_str(out, "&lt;");
            break;
        case '>':
            buf_add_str(out, "&gt;");
            break;
        case '&':
            buf_add_str(out, "&amp;");
            break;
        case '"':
            buf_add_str(out, "&quot;");
            break;
        default:
            buf_add_char(out, text[i]);
        }
    }
}

static const char *const tags[] = {[MARKUP_QUOTE] = "blockquote",
                                   [MARKUP_BOLD] = "b",
                                   [MARKUP_EMPHASIS] = "i",
                                   [MARKUP_CODE] = "code",
                                   [MARKUP_LINK] = "a"};

static void open_tag(struct buf *out, const struct markup_span *span)
{
    buf_addf(out, "<%s", tags[span->kind]);
    if (span->kind == MARKUP_LINK) {
        buf_add_str(out, " href=\"");
        add_escaped(out, span->href, strlen(span->href));
        buf_add_char(out, '"');
    }
    buf_add_char(out, '>');
}

struct writing {
    const struct markup_rich *rich;
    size_t start, end; /* of the part */
    size_t next;       /* span */
    struct buf *out;
};

/* Writes from `at` to `end`, which lies within what encloses it, and the spans inside. */
static void write_within(struct writing *w, size_t at, size_t end);

static void write_span(struct writing *w, const struct markup_span *span, size_t at)
{
    size_t end = span->end < w->end ? span->end : w->end;
    open_tag(w->out, span);
    write_within(w, at, end);
    buf_addf(w->out, "</%s>", tags[span->kind]);
}

static void write_within(struct writing *w, size_t at, size_t end)
{
    const char *text = buf_str(w->rich->text);
    while (w->next < w->rich->n_spans && w->rich->spans[w->next].start < end) {
        const struct markup_span *span = &w->rich->spans[w->next++];
        if (span->end <= w->start || span->end <= at)
            continue; /* wholly before the part */
        size_t from = span->start > at ? span->start : at;
        add_escaped(w->out, text + at, from - at);
        write_span(w, span, from);
        at = span->end < end ? span->end : end;
    }
    add_escaped(w->out, text + at, end - at);
}

static const char *html_of(const struct markup_rich *rich, size_t start, size_t end, struct arena *arena)
{
    struct buf html = BUF_INIT(HTML_MOST);
    struct writing writing = {rich, start, end, 0, &html};
    write_within(&writing, start, end);
    if (buf_done(&html)) { /* one address many times: only the words */
        buf_clear(&html);
        add_escaped(&html, buf_str(rich->text) + start, end - start);
    }
    const char *copy = arena_strndup(arena, buf_str(&html), html.len);
    buf_free(&html);
    return copy;
}

/* ---- parts ---- */

struct parts {
    struct telegram_part *list;
    size_t count, cap;
};

static bool is_blank(char c)
{
    return c == '\n' || c == ' ' || c == '\t' || c == '\r';
}

/* The server takes blanks at both ends away, and refuses what is empty then. */
static void add_part(struct parts *parts, const struct markup_rich *rich, size_t start, size_t end,
                     struct arena *arena)
{
    const char *text = buf_str(rich->text);
    while (start < end && is_blank(text[start]))
        start++;
    while (end > start && is_blank(text[end - 1]))
        end--;
    if (start == end)
        return;
    parts->list = arena_room(arena, parts->list, parts->count, &parts->cap, sizeof *parts->list);
    parts->list[parts->count++] = (struct telegram_part){html_of(rich, start, end, arena),
                                                         arena_strndup(arena, text + start, end - start)};
}

static void cut(struct parts *parts, const struct markup_rich *rich, bool in_two, struct arena *arena)
{
    const char *text = buf_str(rich->text);
    size_t len = rich->text->len, start = 0;
    for (size_t fits; (fits = fitting(text + start, len - start)) < len - start;) {
        size_t end = start + cut_at(text + start, fits);
        add_part(parts, rich, start, end, arena);
        start = end;
    }
    size_t last = in_two && parts->count == 0 && len ? last_mark(text, 0, len - 1, "\n\n") : 0;
    if (last)
        add_part(parts, rich, 0, last, arena);
    add_part(parts, rich, last ? last : start, len, arena);
}

size_t telegram_text(const char *markdown, bool in_two, struct arena *arena, struct telegram_part **parts)
{
    struct buf text = BUF_INIT(TEXT_MOST);
    struct markup_rich rich = {.text = &text};
    struct parts made = {NULL, 0, 0};
    if (markup_rich(markdown, arena, &rich) == 0)
        cut(&made, &rich, in_two, arena);
    buf_free(&text);
    *parts = made.list;
    return made.count;
}
