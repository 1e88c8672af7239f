/* From the CommonMark of a reply to the messages that Telegram shows. A message holds at most 4,096 UTF-16
 * units of text, counted without the tags (Bot API, sendMessage); a longer reply is cut at a paragraph, else
 * a line, else a word, else between characters as a reader counts them, and each part is whole in itself:
 * tags that are open at a cut are closed and opened again. */
#ifndef WIRE_TELEGRAM_TEXT_H
#define WIRE_TELEGRAM_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { TELEGRAM_UNITS_MOST = 4096 };

struct telegram_part {
    const char *html;  /* for parse_mode HTML: tags b, i, a, code and blockquote, everything else escaped */
    const char *plain; /* the same words without tags; a link's address is lost */
};

/* The parts of a reply, at least one where it has any text; `*parts` and the texts are the arena's. With
 * `in_two`, a text of one part that has several paragraphs becomes two, the last paragraph by itself: two
 * keyboards need two messages. Returns the count; 0 when there is nothing to show. */
size_t telegram_text(const char *markdown, bool in_two, struct arena *arena, struct telegram_part **parts);

/* UTF-16 units of valid UTF-8. */
size_t telegram_units(const char *text, size_t len);

#endif
