/* What the tests of Telegram's messages share: parts that are held against what Telegram takes as they are
 * made. */
#ifndef UNIT_PARTS_H
#define UNIT_PARTS_H

#include "unit.h"

#include "shown.h"
#include "wire/telegram_text.h"

static struct arena arena;
static struct telegram_part *parts;

static inline int clean(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* Every part that any test makes is held against what Telegram takes. */
static inline size_t make(const char *markdown, bool in_two, const char *file, int line)
{
    size_t count = telegram_text(markdown, in_two, &arena, &parts);
    for (size_t i = 0; i < count; i++) {
        const char *why = shown_fault(&parts[i]);
        if (!why)
            continue;
        print_error("part %zu of %zu: %s\n\"%.300s\"\nof \"%.300s\"\n", i + 1, count, why, parts[i].html,
                    markdown);
        _fail(file, line);
    }
    return count;
}
#define make_parts(markdown) make((markdown), false, __FILE__, __LINE__)
#define make_two(markdown)   make((markdown), true, __FILE__, __LINE__)

static inline void check(const char *markdown, const char *html, const char *file, int line)
{
    size_t count = make(markdown, false, file, line);
    if (count == 1 && strcmp(parts[0].html, html) == 0)
        return;
    print_error("\"%s\" becomes %zu parts, \"%s\", not \"%s\"\n", markdown, count, count ? parts[0].html : "",
                html);
    _fail(file, line);
}
#define assert_html(markdown, html) check((markdown), (html), __FILE__, __LINE__)

static inline char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline char *text_of(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert_true(len >= 0);
    char *text = arena_bytes(&arena, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

static inline const char *repeated(const char *text, size_t times)
{
    return unit_repeated(text, times, &arena);
}

static inline bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static inline bool ends(const char *text, const char *with)
{
    size_t len = strlen(text), end = strlen(with);
    return len >= end && strcmp(text + len - end, with) == 0;
}

#endif
