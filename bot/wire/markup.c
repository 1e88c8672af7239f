#include "wire/markup.h"

#include <md4c.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { LISTS_MOST = 16, OPEN_MOST = 32, BULLETED = -1 };

struct writer {
    struct buf *out;
    struct markup_rich *rich; /* NULL: plain text, all is told in the text */
    struct arena *arena;      /* of the rich text's spans */
    size_t open[OPEN_MOST];   /* spans that have begun and not ended, SIZE_MAX for one that is not kept */
    size_t n_open;
    int lists;               /* depth of lists */
    int ordinal[LISTS_MOST]; /* next number of each open list, 0: bulleted */
    int quotes;              /* depth of quotes: what somebody else said */
    bool item_open;          /* the item's bullet has just been written */
    bool first_item;         /* of a list: the empty line before it stays */
    size_t link_start;       /* where the link's text began */
    bool link_told;          /* its address goes into the text */
    char link[512];
};

/* ---- spans ---- */

/* Quotes within quotes are one, and nothing is marked up within code. */
static bool is_kept(const struct writer *w, enum markup_kind kind)
{
    for (size_t i = 0; i < w->n_open && i < OPEN_MOST; i++)
        if (w->open[i] != SIZE_MAX &&
            (w->rich->spans[w->open[i]].kind == kind || w->rich->spans[w->open[i]].kind == MARKUP_CODE))
            return false;
    return true;
}

static void begin_span(struct writer *w, enum markup_kind kind, const char *href)
{
    struct markup_rich *rich = w->rich;
    if (!rich)
        return;
    size_t at = SIZE_MAX;
    if (w->n_open < OPEN_MOST && is_kept(w, kind)) {
        at = rich->n_spans;
        rich->spans = arena_room(w->arena, rich->spans, rich->n_spans, &rich->cap, sizeof *rich->spans);
        rich->spans[rich->n_spans++] = (struct markup_span){kind, w->out->len, 0, href};
    }
    if (w->n_open < OPEN_MOST)
        w->open[w->n_open] = at;
    w->n_open++;
}

static void end_span(struct writer *w)
{
    if (!w->rich || w->n_open == 0)
        return;
    w->n_open--;
    if (w->n_open >= OPEN_MOST || w->open[w->n_open] == SIZE_MAX)
        return;
    struct markup_span *span = &w->rich->spans[w->open[w->n_open]];
    span->end = w->out->len; /* the line ends behind it may be taken away again */
    while (span->end > span->start && w->out->data[span->end - 1] == '\n')
        span->end--;
}

/* What was open or ended behind the text's end, since its last line ends were taken away, and what is empty.
 */
static void tidy_spans(struct markup_rich *rich)
{
    size_t kept = 0;
    for (size_t i = 0; i < rich->n_spans; i++) {
        struct markup_span span = rich->spans[i];
        while (span.end > rich->text->len ||
               (span.end > span.start && rich->text->data[span.end - 1] == '\n'))
            span.end--;
        while (span.start < span.end && rich->text->data[span.start] == '\n')
            span.start++;
        if (span.start < span.end)
            rich->spans[kept++] = span;
    }
    rich->n_spans = kept;
}

/* ---- blocks ---- */

/* One empty line between blocks, none before the first. */
static void separate(struct writer *w)
{
    while (w->out->len && w->out->data[w->out->len - 1] == '\n')
        w->out->data[--w->out->len] = '\0';
    if (w->out->len)
        buf_add_str(w->out, "\n\n");
}

static void start_item(struct writer *w)
{
    while (!w->first_item && w->out->len && w->out->data[w->out->len - 1] == '\n')
        w->out->data[--w->out->len] = '\0';
    if (w->out->len && !w->first_item)
        buf_add_str(w->out, "\n");
    w->first_item = false;
    for (int i = 1; i < w->lists; i++)
        buf_add_str(w->out, "  ");
    int *ordinal = &w->ordinal[w->lists > 0 && w->lists <= LISTS_MOST ? w->lists - 1 : 0];
    if (*ordinal != BULLETED)
        buf_addf(w->out, "%d. ", (*ordinal)++);
    else
        buf_add_str(w->out, w->rich ? "• " : "- ");
    w->item_open = true;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    switch (type) {
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        if (w->lists++ == 0) {
            separate(w);
            w->first_item = true;
        }
        if (w->lists <= LISTS_MOST)
            w->ordinal[w->lists - 1] = type == MD_BLOCK_OL ? (int)((MD_BLOCK_OL_DETAIL *)detail)->start
                                                           : BULLETED;
        break;
    case MD_BLOCK_LI:
        start_item(w);
        break;
    case MD_BLOCK_P:
    case MD_BLOCK_H:
    case MD_BLOCK_CODE:
        if (!w->item_open)
            separate(w);
        if (!w->item_open && w->quotes && !w->rich)
            buf_add_str(w->out, "> ");
        w->item_open = false;
        if (type != MD_BLOCK_P)
            begin_span(w, type == MD_BLOCK_H ? MARKUP_BOLD : MARKUP_CODE, NULL);
        break;
    case MD_BLOCK_QUOTE:
        if (w->rich && !w->item_open)
            separate(w);
        begin_span(w, MARKUP_QUOTE, NULL);
        w->quotes++;
        break;
    default:
        break;
    }
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    (void)detail;
    if (type == MD_BLOCK_UL || type == MD_BLOCK_OL)
        w->lists--;
    if (type == MD_BLOCK_LI)
        w->item_open = false;
    if (type == MD_BLOCK_QUOTE)
        w->quotes--;
    if (type == MD_BLOCK_QUOTE || type == MD_BLOCK_H || type == MD_BLOCK_CODE)
        end_span(w);
    return 0;
}

/* ---- spans of the source ---- */

/* The address as a network can open it, or NULL: it is told in the text. */
static const char *openable(struct writer *w)
{
    if (!w->rich || (strncmp(w->link, "https://", 8) && strncmp(w->link, "http://", 7)))
        return NULL;
    return arena_strdup(w->arena, w->link);
}

static void add_entity(struct buf *out, const char *text, size_t size);

static void enter_link(struct writer *w, const MD_ATTRIBUTE *href)
{
    struct buf link = BUF_INIT(sizeof w->link - 1);
    for (size_t i = 0; href->size && href->substr_offsets[i] < href->size; i++) {
        const char *text = href->text + href->substr_offsets[i];
        size_t len = href->substr_offsets[i + 1] - href->substr_offsets[i];
        if (href->substr_types[i] == MD_TEXT_ENTITY)
            add_entity(&link, text, len);
        else
            buf_add(&link, text, len);
    }
    w->link[0] = '\0'; /* half an address leads nowhere */
    if (buf_done(&link) == 0)
        memcpy(w->link, buf_str(&link), link.len + 1);
    buf_free(&link);
    w->link_start = w->out->len;
    const char *opens = openable(w);
    w->link_told = opens == NULL;
    if (opens)
        begin_span(w, MARKUP_LINK, opens);
}

/* `mailto:` and `tel:` are for machines. */
static const char *told_address(const struct writer *w)
{
    if (w->rich && strncmp(w->link, "mailto:", 7) == 0)
        return w->link + 7;
    return w->rich && strncmp(w->link, "tel:", 4) == 0 ? w->link + 4 : w->link;
}

static void leave_link(struct writer *w)
{
    const char *told = told_address(w);
    if (!w->link_told)
        end_span(w);
    else if (*told && strcmp(buf_str(w->out) + w->link_start, told))
        buf_addf(w->out, " (%s)", told);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    if (type == MD_SPAN_A)
        enter_link(w, &((MD_SPAN_A_DETAIL *)detail)->href);
    else if (type == MD_SPAN_STRONG || type == MD_SPAN_EM || type == MD_SPAN_CODE)
        begin_span(w,
                   type == MD_SPAN_STRONG ? MARKUP_BOLD
                   : type == MD_SPAN_EM   ? MARKUP_EMPHASIS
                                          : MARKUP_CODE,
                   NULL);
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    (void)detail;
    if (type == MD_SPAN_A)
        leave_link(w);
    else if (type == MD_SPAN_STRONG || type == MD_SPAN_EM || type == MD_SPAN_CODE)
        end_span(w);
    return 0;
}

/* The entities that our texts use; another one stays as it was written. */
static void add_entity(struct buf *out, const char *text, size_t size)
{
    static const struct {
        const char *entity, *plain;
    } known[] = {{"&amp;", "&"},   {"&lt;", "<"},     {"&gt;", ">"},    {"&quot;", "\""}, {"&nbsp;", " "},
                 {"&aelig;", "æ"}, {"&oslash;", "ø"}, {"&aring;", "å"}, {"&AElig;", "Æ"}, {"&Oslash;", "Ø"},
                 {"&Aring;", "Å"}, {"&ndash;", "–"},  {"&laquo;", "«"}, {"&raquo;", "»"}, {"&hellip;", "…"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].entity) == size && memcmp(known[i].entity, text, size) == 0) {
            buf_add_str(out, known[i].plain);
            return;
        }
    buf_add(out, text, size);
}

static int add_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *user)
{
    struct writer *w = user;
    w->item_open = false;
    if (type == MD_TEXT_BR)
        buf_add_str(w->out, w->quotes && !w->rich ? "\n> " : w->lists ? "\n  " : "\n");
    else if (type == MD_TEXT_ENTITY)
        add_entity(w->out, text, size);
    else if (type == MD_TEXT_SOFTBR)
        buf_add_str(w->out, w->lists ? "\n  " : "\n");
    else
        buf_add(w->out, text, size);
    return 0;
}

static int write_all(const char *markdown, struct writer *writer)
{
    MD_PARSER parser = {
        .flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = add_text,
    };
    struct buf *out = writer->out;
    int rc = md_parse(markdown, (MD_SIZE)strlen(markdown), &parser, writer);
    while (out->len && out->data[out->len - 1] == '\n')
        out->data[--out->len] = '\0';
    return rc ? -1 : buf_done(out);
}

int markup_plain(const char *markdown, struct buf *out)
{
    struct writer writer = {.out = out};
    return write_all(markdown, &writer);
}

int markup_rich(const char *markdown, struct arena *arena, struct markup_rich *out)
{
    struct writer writer = {.out = out->text, .rich = out, .arena = arena};
    out->spans = NULL;
    out->n_spans = out->cap = 0;
    int rc = write_all(markdown, &writer);
    tidy_spans(out);
    return rc;
}
