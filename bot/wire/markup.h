/* From the CommonMark of a reply to what a network shows (md4c). */
#ifndef WIRE_MARKUP_H
#define WIRE_MARKUP_H

#include "base/buf.h"

/* Plain text: paragraphs with an empty line between, lists with `- `, a link as its text with the address in
 * brackets when they differ. 0, or -1 when it does not fit `out`. */
int markup_plain(const char *markdown, struct buf *out) __attribute__((warn_unused_result));

#endif
