#include "wire/markup.h"

#include <md4c.h>
#include <string.h>

enum { LISTS_MOST = 16 };

struct writer {
    struct buf *out;
    int lists;               /* depth of lists */
    int ordinal[LISTS_MOST]; /* next number of each open list, 0: bulleted */
    int quotes;              /* depth of quotes: what somebody else said */
    bool item_open;          /* the item's bullet has just been written */
    bool first_item;         /* of a list: the empty line before it stays */
    size_t link_start;       /* where the link's text began */
    char link[512];
};

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
    if (*ordinal)
        buf_addf(w->out, "%d. ", (*ordinal)++);
    else
        buf_add_str(w->out, "- ");
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
            w->ordinal[w->lists - 1] = type == MD_BLOCK_OL ? (int)((MD_BLOCK_OL_DETAIL *)detail)->start : 0;
        break;
    case MD_BLOCK_LI:
        start_item(w);
        break;
    case MD_BLOCK_P:
    case MD_BLOCK_H:
    case MD_BLOCK_CODE:
        if (!w->item_open)
            separate(w);
        if (!w->item_open && w->quotes)
            buf_add_str(w->out, "> ");
        w->item_open = false;
        break;
    case MD_BLOCK_QUOTE:
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
    return 0;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    if (type == MD_SPAN_A) {
        const MD_ATTRIBUTE *href = &((MD_SPAN_A_DETAIL *)detail)->href;
        size_t len = href->size < sizeof w->link ? href->size : sizeof w->link - 1;
        if (len) /* the text of an empty address is NULL */
            memcpy(w->link, href->text, len);
        w->link[len] = '\0';
        w->link_start = w->out->len;
    }
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    struct writer *w = user;
    (void)detail;
    if (type == MD_SPAN_A && strcmp(buf_str(w->out) + w->link_start, w->link))
        buf_addf(w->out, " (%s)", w->link);
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
        buf_add_str(w->out, w->quotes ? "\n> " : w->lists ? "\n  " : "\n");
    else if (type == MD_TEXT_ENTITY)
        add_entity(w->out, text, size);
    else if (type == MD_TEXT_SOFTBR)
        buf_add_str(w->out, w->lists ? "\n  " : "\n");
    else
        buf_add(w->out, text, size);
    return 0;
}

int markup_plain(const char *markdown, struct buf *out)
{
    struct writer writer = {.out = out};
    MD_PARSER parser = {
        .flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = add_text,
    };
    int rc = md_parse(markdown, (MD_SIZE)strlen(markdown), &parser, &writer);
    while (out->len && out->data[out->len - 1] == '\n')
        out->data[--out->len] = '\0';
    return rc ? -1 : buf_done(out);
}
