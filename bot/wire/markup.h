/* From the CommonMark of a reply to what a network shows (md4c). */
#ifndef WIRE_MARKUP_H
#define WIRE_MARKUP_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* Plain text: paragraphs with an empty line between, lists with `- `, a link as its text with the address in
 * brackets when they differ. 0, or -1 when it does not fit `out`. */
int markup_plain(const char *markdown, struct buf *out) __attribute__((warn_unused_result));

/* What a stretch of a text is. */
enum markup_kind { MARKUP_QUOTE, MARKUP_BOLD, MARKUP_EMPHASIS, MARKUP_CODE, MARKUP_LINK };

struct markup_span {
    enum markup_kind kind;
    size_t start, end; /* bytes of the text; never empty */
    const char *href;  /* of a link, the arena's */
};

/* A text and its spans, outermost first where they start together; each lies whole within another or apart
 * from it. */
struct markup_rich {
    struct buf *text;
    struct markup_span *spans;
    size_t n_spans, cap;
};

/* For networks that show bold text and links but know no lists: paragraphs with an empty line between, lists
 * with `• `, headings in bold. Links to other than http and https are told in the text, as in plain text
 * (their scheme left out). The text goes to out->text, the spans are the arena's. 0, or -1 when the text does
 * not fit. */
int markup_rich(const char *markdown, struct arena *arena, struct markup_rich *out)
    __attribute__((warn_unused_result));

#endif
