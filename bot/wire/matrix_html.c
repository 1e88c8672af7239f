#include "wire/matrix_html.h"

#include <md4c-html.h>
#include <md4c.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/markup.h"

static void add_html(const MD_CHAR *html, MD_SIZE size, void *out)
{
    buf_add(out, html, size);
}

static bool links_fit(const char *html)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:"};
    for (const char *at = html; (at = strstr(at, "<a href=\""));) {
        bool fits = false;
        at += strlen("<a href=\"");
        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
            fits = fits || strncmp(at, schemes[i], strlen(schemes[i])) == 0;
        if (!fits)
            return false;
    }
    return true;
}

/* An entity may name half a character. */
static bool is_utf8(const struct buf *html)
{
    size_t at = 0;
    for (size_t size = 1; at < html->len && size; at += size)
        size = utf8_length((const unsigned char *)html->data + at, html->len - at);
    return at == html->len;
}

/* Pictures that lie on no homeserver are not shown, nor their words. */
static bool html_fits(const struct buf *html)
{
    return is_utf8(html) && !strstr(buf_str(html), "<img ") && links_fit(buf_str(html));
}

/* On one line: another would look like another choice. */
static void add_label(struct buf *out, const char *label, bool html)
{
    for (; *label; label++) {
        if (html && *label == '<')
            buf_add_str(out, "&lt;");
        else if (html && *label == '>')
            buf_add_str(out, "&gt;");
        else if (html && *label == '&')
            buf_add_str(out, "&amp;");
        else
            buf_add_char(out, (unsigned char)*label < ' ' ? ' ' : *label);
    }
}

static void add_choices(const struct button *buttons, size_t n_buttons, struct buf *text, struct buf *html)
{
    if (n_buttons == 0)
        return;
    buf_add_str(text, "\n");
    buf_add_str(html, "<ol>\n");
    for (size_t i = 0; i < n_buttons; i++) {
        buf_addf(text, "\n%zu. ", i + 1);
        add_label(text, buttons[i].label, false);
        buf_add_str(html, "<li>");
        add_label(html, buttons[i].label, true);
        buf_add_str(html, "</li>\n");
    }
    buf_add_str(html, "</ol>\n");
}

int matrix_show(const char *markdown, const struct button *buttons, size_t n_buttons, struct buf *text,
                struct buf *html)
{
    const unsigned flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS;
    int rc = markup_plain(markdown, text);
    bool good = md_html(markdown, (MD_SIZE)strlen(markdown), add_html, html, flags, 0) == 0;
    add_choices(buttons, n_buttons, text, html);
    if (!good || buf_done(html) || !html_fits(html))
        buf_clear(html);
    return rc ? -1 : buf_done(text);
}
