/* From the CommonMark of a reply to the HTML that Matrix clients show (md4c's own writer). */
#ifndef WIRE_MATRIX_HTML_H
#define WIRE_MATRIX_HTML_H

#include "base/buf.h"
#include "wire/contract.h"

/* The reply with its choices as a numbered list, complete in itself: as plain text, and as HTML of tags that
 * org.matrix.custom.html allows (spec, m.room.message). Raw HTML of the source is text; a reply with a
 * picture, or a link to another scheme than http, https or mailto, gets no HTML (`html` stays empty). 0, or
 * -1 when the text does not fit. */
int matrix_show(const char *markdown, const struct button *buttons, size_t n_buttons, struct buf *text,
                struct buf *html) __attribute__((warn_unused_result));

#endif
