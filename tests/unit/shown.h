/* A small reader of the HTML that Telegram takes, to hold what telegram_text makes against it: tags that
 * close in order, only those that are known, only the entities that are known, and not too much of it. It
 * knows nothing of how the parts are made. The fuzz targets use it too, so it needs no cmocka. */
#ifndef UNIT_SHOWN_H
#define UNIT_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "wire/telegram.h"
#include "wire/telegram_text.h"

enum { SHOWN_DEPTH = 8 };

struct shown {
    const char *at;
    struct buf text;               /* what a reader sees */
    const char *open[SHOWN_DEPTH]; /* tags */
    size_t started[SHOWN_DEPTH];   /* where in the text */
    size_t depth;
};

/* Bytes of the character at `text`, 0 when it is no UTF-8 (RFC 3629). */
static inline size_t shown_char(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *c = (const unsigned char *)text;
    size_t size = c[0] < 0x80 ? 1 : c[0] >> 5 == 6 ? 2 : c[0] >> 4 == 14 ? 3 : c[0] >> 3 == 30 ? 4 : 0;
    *code = size == 1 ? c[0] : c[0] & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (c[i] >> 6 != 2)
            return 0;
        *code = *code << 6 | (c[i] & 0x3FU);
    }
    if (size && (*code < least[size] || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF)))
        return 0;
    return size;
}

static inline bool shown_is_utf8(const char *text)
{
    uint32_t code;
    for (size_t size; *text; text += size)
        if (!(size = shown_char(text, &code)))
            return false;
    return true;
}

/* UTF-16 units, as Telegram counts. */
static inline size_t shown_units(const char *text)
{
    size_t units = 0;
    uint32_t code;
    for (size_t size; *text && (size = shown_char(text, &code)); text += size)
        units += code >= 0x10000 ? 2 : 1;
    return units;
}

/* The character that the entity at s->at stands for, 0: none that is known. */
static inline char shown_entity(struct shown *s)
{
    static const struct {
        const char *name;
        char is;
    } known[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t len = strlen(known[i].name);
        if (strncmp(s->at, known[i].name, len) == 0) {
            s->at += len;
            return known[i].is;
        }
    }
    return 0;
}

static inline const char *shown_address(struct shown *s)
{
    static const char head[] = " href=\"";
    if (strncmp(s->at, head, sizeof head - 1))
        return "a link without an address";
    s->at += sizeof head - 1;
    if (strncmp(s->at, "http://", 7) && strncmp(s->at, "https://", 8))
        return "an address that no browser opens";
    while (*s->at && *s->at != '"') {
        if (strchr("<>\n", *s->at))
            return "an address that is not escaped";
        if (*s->at != '&')
            s->at++;
        else if (!shown_entity(s))
            return "an entity that Telegram does not know";
    }
    s->at += *s->at == '"';
    return NULL;
}

static inline const char *shown_open(struct shown *s)
{
    static const char *const tags[] = {"blockquote", "b", "i", "code", "a"};
    const char *why = NULL, *tag = NULL;
    size_t len = strcspn(++s->at, " >");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strlen(tags[i]) == len && strncmp(s->at, tags[i], len) == 0)
            tag = tags[i];
    if (!tag)
        return "a tag that Telegram does not know";
    for (size_t i = 0; i < s->depth; i++)
        if (s->open[i] == tag || strcmp(s->open[i], "code") == 0)
            return "a tag within itself or within code";
    if (s->depth == SHOWN_DEPTH)
        return "tags that are too deep";
    s->at += len;
    if (strcmp(tag, "a") == 0)
        why = shown_address(s);
    s->started[s->depth] = s->text.len;
    s->open[s->depth++] = tag;
    return why ? why : *s->at++ == '>' ? NULL : "a tag that does not end";
}

static inline const char *shown_close(struct shown *s)
{
    if (s->depth == 0)
        return "an end without its beginning";
    const char *tag = s->open[--s->depth];
    size_t len = strlen(tag);
    if (strncmp(s->at + 2, tag, len) || s->at[2 + len] != '>')
        return "tags that cross";
    if (s->started[s->depth] == s->text.len)
        return "a tag around nothing";
    s->at += len + 3;
    return NULL;
}

/* One character of the text. */
static inline const char *shown_text(struct shown *s)
{
    char c = *s->at;
    if (c == '>' || c == '"')
        return "a character that is not escaped";
    if (c != '&')
        s->at++;
    else if (!(c = shown_entity(s)))
        return "an entity that Telegram does not know";
    buf_add_char(&s->text, c);
    return NULL;
}

/* Reads the HTML to s->text. NULL, or why it cannot be read (a literal). */
static inline const char *shown_read(struct shown *s)
{
    while (*s->at) {
        const char *why = *s->at != '<' ? shown_text(s) : s->at[1] == '/' ? shown_close(s) : shown_open(s);
        if (why)
            return why;
    }
    return s->depth ? "a tag that is not closed" : NULL;
}

static inline bool shown_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A request with it can be written: the bridge stops where one cannot. */
static inline bool shown_is_sendable(const struct telegram_part *part, bool html)
{
    struct buf body = BUF_INIT(TELEGRAM_REQUEST_MOST);
    const struct telegram_send send = {.chat = 1, .text = html ? part->html : part->plain, .html = html};
    telegram_write_send(&send, &body);
    bool good = buf_done(&body) == 0;
    buf_free(&body);
    return good;
}

/* NULL, or why Telegram would refuse this part or show something else than its words (a literal). */
static inline const char *shown_fault(const struct telegram_part *part)
{
    struct shown shown = {.at = part->html, .text = BUF_INIT(1024 * 1024)};
    const char *why = shown_is_utf8(part->html) && shown_is_utf8(part->plain) ? shown_read(&shown)
                                                                              : "no UTF-8";
    const char *text = buf_str(&shown.text);
    size_t len = shown.text.len;
    if (!why && strcmp(text, part->plain))
        why = "the HTML does not show the plain text";
    if (!why && (shown_units(text) > 4096 || telegram_units(text, len) != shown_units(text)))
        why = "too long or wrongly counted";
    if (!why && len == 0)
        why = "nothing to show";
    if (!why && (shown_is_blank(text[0]) || shown_is_blank(text[len - 1])))
        why = "a blank at an end";
    if (!why && !(shown_is_sendable(part, true) && shown_is_sendable(part, false)))
        why = "no request can be made of it";
    buf_free(&shown.text);
    return why;
}

#endif
