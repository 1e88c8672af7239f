#!/usr/bin/python3
"""telegram_html.py reads HTML as Telegram does: what is refused, with which words, what becomes of the rest."""

import rig
import telegram_html


def test_html_that_is_refused():
    for html, words in {
            "<b>x": "Can't find end tag corresponding to start tag \"b\"", "<b": "Unclosed start tag at byte offset 0",
            "æ <p>x</p>": 'Unsupported start tag "p" at byte offset 3', "1 < 2": 'Unsupported start tag "" at byte offset 2',
            "x<br>": 'Unsupported start tag "br" at byte offset 1', "<!-- -->": 'Unsupported start tag "!--" at byte offset 0',
            "<b><i>x</b></i>": 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
            "</b>": "Unexpected end tag at byte offset 0", "<b>x</b": "Unclosed end tag at byte offset 4",
            "<a href>x</a>": "Expected equal sign in declaration", "<a href=>x</a>": "", "<a href='x>y": "Unclosed start tag at byte offset 0",
            "<a href=http://x.no>y</a>": "Unexpected end of name token at byte offset 8",
            "<a href='http://x.no'": "Unclosed start tag", "<a =x>y</a>": 'Empty attribute name in the tag "a"',
            "<span>x</span>": 'Tag "span" must have class "tg-spoiler" at byte offset 0', "<tg-emoji emoji-id=x>a</tg-emoji>": "",
            "&#xd83d;": "Text contains invalid Unicode characters", "<img src='x'>": "Unsupported"}.items():
        try:
            parsed = telegram_html.parse(html)
        except telegram_html.ParseError as error:
            assert str(error).startswith("can't parse entities: ") and words in str(error), (html, error)
        else:
            assert html == "<a href=>x</a>", (html, parsed.text)  # an empty address is the text itself
            assert not parsed.entities and parsed.oddities, html


def test_html_that_is_taken():
    for html, text, entities in (
            ("a &amp; b &lt;i&gt; &quot;c&quot; > d", 'a & b <i> "c" > d', []), ("&nbsp; & &x", "&nbsp; & &x", []),
            ("&#65;&#x42;&ltx", "AB&ltx", []), ("&#1114111;&#0;&amp", "&#1114111;&#0;&", []),
            ("😀<b>å</b>", "😀å", [("bold", 2, 1)]), ("<B>x</b ><i>y</>", "xy", [("bold", 0, 1), ("italic", 1, 1)]),
            ("<b>👨‍👩‍👧</b>!", "👨‍👩‍👧!", [("bold", 0, 8)]), ("<b></b>x", "x", []), ("<b> \n</b>x", "x", []),
            (" \n<i> a </i> \n", "a", [("italic", 0, 1)]), ("a\t\x01b\r\nc", "a  b\nc", []),
            ("a\u030a\u2028<b>b</b>", "ab", [("bold", 1, 1)]), ("<strong>a</strong><b>b</b>", "ab", [("bold", 0, 2)]),
            ("<b>a<code>b</code>c</b>", "abc", [("bold", 0, 1), ("code", 1, 1), ("bold", 2, 1)]),
            ("<pre><code class=\"language-c\">x</code></pre>", "x", [("pre", 0, 1)]),
            ("<blockquote>a<blockquote>b</blockquote></blockquote>", "ab", [("blockquote", 0, 2)]),
            ("<blockquote><b>a</b>\n<i>b</i></blockquote>", "a\nb", [("blockquote", 0, 3), ("bold", 0, 1), ("italic", 2, 1)]),
            ("<a href=\"http://X.no?a=1&amp;b=2\">x</a>", "x", [("text_link", 0, 1)]),
            ("<a href=\"https://x.no\"><code>x</code></a>", "x", [("code", 0, 1)])):
        parsed = telegram_html.parse(html)
        assert parsed.text == text, (html, parsed.text)
        assert [(one["type"], one["offset"], one["length"]) for one in parsed.entities] == entities, (html, parsed.entities)


def test_html_that_is_odd():
    for html in ("&nbsp;", "a & b", "<u>x</u>", "<b>x</>", "<a href='tel:116123'>x</a>", "<a href='mailto:a@b.no'>x</a>",
                 "<a href='/x'>x</a>", "<a href='ftp://x.no'>x</a>", "<a href='tg://user?id=1'>x</a>", "<b class='x'>y</b>",
                 "<a href='http://localhost'>x</a>", "<code><a href='http://x.no'>x</a></code>", "<b>x</b> " * 101 + "."):
        assert telegram_html.parse(html).oddities, html
    assert not telegram_html.parse("<b>x</b> &amp; <a href=\"https://x.no/å?b=c#d\"><i>y</i></a> <blockquote>z</blockquote>").oddities
    for url, kept in (("https://X.no", "https://x.no/"), ("x.no/A b", "http://x.no/A%20b"), ("tel:+4755", None),
                      ("mailto:a@b.no", "http://mailto:a@b.no/"), ("https://x.no:8080?q", "https://x.no:8080/?q"), ("", None)):
        assert telegram_html.checked_link(url) == kept, (url, telegram_html.checked_link(url))


if __name__ == "__main__":
    rig.main(globals())
