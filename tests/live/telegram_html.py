"""What Telegram makes of a message's text: HTML to text with entities, as strictly as the real server reads it.

The rules follow what tdlib does (td/telegram/MessageEntity.cpp: parse_html, fix_formatted_text; LinkManager.cpp and
HttpUrl.cpp for links). Offsets count UTF-16 units. Entities that the real server finds by itself in the text (links,
numbers, commands) are left out.

    parsed = parse("<b>113</b> &amp; mer")      parsed.text, parsed.entities, parsed.oddities
    parse("<b>113")                             raises ParseError with the server's words

`oddities` are sentences about what the server takes without a word but a careful bridge never writes: another tag, a
bare &, a link that Telegram drops or changes."""

import bisect
import re
from html import escape

MOST_UNITS = 4096  # of a message's text, after parsing
MOST_SOURCE_BYTES = 1 << 15  # of the text before parsing
MOST_ENTITIES = 100  # those beyond are silently lost

TAGS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
        "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
        "tg-emoji": "custom_emoji", "a": "text_link", "pre": "pre", "code": "code", "blockquote": "blockquote"}
OUR_TAGS = {"b", "i", "a", "code", "pre", "blockquote"}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
# Which of two entities of one range is the outer one; of two that may not contain each other, the outer one stays.
PRIORITY = {"blockquote": 0, "pre": 11, "code": 20, "text_link": 49, "bold": 90, "italic": 91, "underline": 92,
            "strikethrough": 93, "spoiler": 94, "custom_emoji": 99}
SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")

MARK = re.compile("[<&]")
BREAK = re.compile("[ \t\r\n\0\v>]")
SPACE = " \t\r\n\0\v"
ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]*)|#([0-9]*)|([a-zA-Z]*))(;?)", re.A)
CONTROL = re.compile("[\0-\x09\x0b\x0c\x0e-\x1f]")
REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
INVISIBLE = re.compile("[ \t\n\u00a0\u1680\u180e\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]*")


class ParseError(Exception):
    """The server's reason, as it stands in the description of its answer."""


class Parsed:
    """A text as a person sees it. `entities` as the Bot API gives them: dicts with type, offset, length and url."""

    def __init__(self, text, entities, oddities):
        self.text, self.entities, self.oddities = text, entities, oddities

    def part(self, entity):
        return Units(self.text).part(entity["offset"], entity["offset"] + entity["length"])


def utf16(text):
    """The length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Units:
    """A text by UTF-16 offsets."""

    def __init__(self, text):
        self.data = text.encode("utf-16-le", "surrogatepass")

    def part(self, begin, end):
        return self.data[2 * begin:2 * end].decode("utf-16-le", "replace")


def plain(text):
    """A text sent without parse_mode."""
    return finish(text, [], [])


def parse(html):
    """A text sent with parse_mode HTML. Raises ParseError."""
    if len(html.encode("utf-8", "surrogatepass")) > MOST_SOURCE_BYTES:
        raise ParseError("text is too long")
    reader = Reader(html)
    try:
        reader.run()
    except ParseError as error:
        raise ParseError(f"can't parse entities: {error}") from None
    return finish("".join(reader.out), reader.entities, reader.oddities)


class Reader:
    """One pass over the source. `open` holds the tags not closed yet: name, argument, offset, place in `out`."""

    def __init__(self, html):
        self.html, self.at, self.units = html, 0, 0
        self.out, self.entities, self.open, self.oddities = [], [], [], []

    def bytes_before(self, at):
        return len(self.html[:at].encode("utf-8", "surrogatepass"))

    def put(self, text):
        self.out.append(text)
        self.units += utf16(text)

    def run(self):
        while self.at < len(self.html):
            mark = MARK.search(self.html, self.at)
            end = mark.start() if mark else len(self.html)
            if end > self.at:
                self.put(self.html[self.at:end])
                self.at = end
            elif self.html[self.at] == "&":
                self.entity()
            elif self.html.startswith("</", self.at):
                self.end_tag()
            else:
                self.start_tag()
        if self.open:
            raise ParseError(f'Can\'t find end tag corresponding to start tag "{self.open[-1][0]}"')
        if any("\ud800" <= char <= "\udfff" for part in self.out for char in part):
            raise ParseError("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched "
                             "surrogate code units")

    def entity(self):
        char, end = decode(self.html, self.at)
        if self.html[self.at:end] not in ("&lt;", "&gt;", "&amp;", "&quot;"):
            self.oddities.append(f"the text has {self.html[self.at:end][:12]!r}, which is none of &lt; &gt; &amp; &quot;")
        self.put(char if char else "&")
        self.at = end if char else self.at + 1

    def word_end(self, at, stop=BREAK):
        found = stop.search(self.html, at)
        return found.start() if found else len(self.html)

    def skip_space(self, at):
        while at < len(self.html) and self.html[at] in SPACE:
            at += 1
        return at

    def start_tag(self):
        begin = self.at
        end = self.word_end(begin + 1)
        where = self.bytes_before(begin)
        if end == len(self.html):
            raise ParseError(f"Unclosed start tag at byte offset {where}")
        name = self.html[begin + 1:end].lower()
        if name not in TAGS:
            raise ParseError(f'Unsupported start tag "{name}" at byte offset {where}')
        argument = self.attributes(name, end, where)
        if name == "span" and argument != "spoiler":
            raise ParseError(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        if name not in OUR_TAGS:
            self.oddities.append(f"the tag <{name}> is used")
        self.open.append((name, argument, self.units, len(self.out)))

    def attributes(self, name, at, where):
        """Reads up to behind the tag's >; the argument that matters for this tag."""
        argument = ""
        while True:
            at = self.skip_space(at)
            if self.html.startswith(">", at):
                self.at = at + 1
                return argument
            begin = at
            at = self.word_end(at, re.compile("[ \t\r\n\0\v=]"))
            attribute = self.html[begin:at]
            if not attribute:
                raise ParseError(f'Empty attribute name in the tag "{name}" at byte offset {where}')
            if name == "blockquote" and attribute.rstrip(">") == "expandable":
                self.oddities.append("a blockquote is expandable")
                at = begin + len("expandable")
                continue
            at = self.skip_space(at)
            if not self.html.startswith("=", at):
                raise ParseError(f'Expected equal sign in declaration of an attribute of the tag "{name}" '
                                 f"at byte offset {where}")
            at = self.skip_space(at + 1)
            if at == len(self.html):
                raise ParseError(f'Unclosed start tag "{name}" at byte offset {where}')
            value, at = self.value(at)
            if at == len(self.html):
                raise ParseError(f"Unclosed start tag at byte offset {where}")
            if name == "a" and attribute == "href":
                argument = value
            elif name == "code" and attribute == "class" and value.startswith("language-"):
                argument = value[9:]
            elif name == "span" and attribute == "class" and value.startswith("tg-"):
                argument = value[3:]
            elif name == "tg-emoji" and attribute == "emoji-id":
                argument = value
            else:
                self.oddities.append(f"the tag <{name}> has the attribute {attribute}={value!r}")

    def value(self, at):
        if self.html[at] not in "'\"":
            token = re.compile(r"[a-zA-Z0-9.\-]*", re.A).match(self.html, at)
            end = token.end()
            if end < len(self.html) and self.html[end] not in SPACE + ">":
                raise ParseError(f"Unexpected end of name token at byte offset {self.bytes_before(at)}")
            return token[0].lower(), end
        quote, at, parts = self.html[at], at + 1, []
        while at < len(self.html) and self.html[at] != quote:
            char, end = decode(self.html, at) if self.html[at] == "&" else (self.html[at], at + 1)
            parts.append(char or "&")
            at = end if char else at + 1
        return "".join(parts), min(at + 1, len(self.html))

    def end_tag(self):
        begin = self.at
        where = self.bytes_before(begin)
        if not self.open:
            raise ParseError(f"Unexpected end tag at byte offset {where}")
        end = self.word_end(begin + 2)
        name = self.html[begin + 2:end].lower()
        end = self.skip_space(end)
        if not self.html.startswith(">", end):
            raise ParseError(f"Unclosed end tag at byte offset {where}")
        opened, argument, offset, place = self.open.pop()
        if name and name != opened:
            raise ParseError(f'Unmatched end tag at byte offset {where}, expected "</{opened}>", found "</{name}>"')
        if not name:
            self.oddities.append("an end tag has no name")
        self.at = end + 1
        if self.units > offset:
            self.close(opened, argument, offset, place)

    def close(self, tag, argument, offset, place):
        entity = {"type": TAGS[tag], "offset": offset, "length": self.units - offset}
        if tag == "tg-emoji":
            if not argument.isdecimal() or int(argument) == 0:
                raise ParseError("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = argument
        elif tag == "a":
            entity["url"] = self.link(argument or "".join(self.out[place:]))
            if not entity["url"]:
                return
        elif tag in ("pre", "code") and self.entities and self.entities[-1]["type"] in ("pre", "code") and \
                self.entities[-1]["type"] != tag and (self.entities[-1]["offset"], self.entities[-1]["length"]) == \
                (offset, entity["length"]) and (argument or self.entities[-1].get("language")):
            self.entities[-1].update(type="pre", language=argument or self.entities[-1].get("language"))
            return
        if tag == "code" and argument:
            entity["language"] = argument  # only a <pre> around it keeps that
        self.entities.append(entity)

    def link(self, url):
        checked = checked_link(url)
        if checked is None:
            self.oddities.append(f"the link {url!r} is silently dropped by Telegram")
        elif not re.match("https?://", url, re.I):
            self.oddities.append(f"the link {url!r} is no http link; Telegram makes it {checked!r}")
        return checked


def decode(text, at):
    """The character that an & begins, and the place behind it; ("", place) when the server keeps the & as it is."""
    found = ENTITY.match(text, at)
    hexadecimal, decimal, name, semicolon = found.groups()
    if name is not None:
        return NAMED.get(name, ""), found.end() if name else at + 1
    code = int(hexadecimal or "0", 16) if hexadecimal is not None else int(decimal or "0")
    if code == 0 or code >= 0x10ffff or found.end() - at - len(semicolon) >= 10:
        return "", found.end()
    return chr(code), found.end()


def checked_link(url):
    """The address as Telegram keeps it, or None: then the text stays and the link is gone."""
    if re.match("(tg|ton|tonsite):", url, re.I):
        return url
    scheme = re.match(r"([^:/?#@\[\]]*)://", url)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return None
    rest = url[scheme.end():] if scheme else url
    authority = re.match("[^/?#]*", rest)[0]
    query = rest[len(authority):].rstrip() or "/"
    port = re.search(r"(?<=.):([^:\]@]*)$", authority)
    if port and not (port[1].isascii() and port[1].isdecimal() and 0 < int(port[1]) < 65536):
        return None
    named = authority[:port.start()] if port else authority
    user, at, host = named.rpartition("@")
    host = host.lower()
    if "." not in host.strip(".") or not re.fullmatch(r"(?:[a-z0-9.\-_!$,~*'();&+=]|%[0-9a-f]{2}|[^\x00-\x7f])+", host):
        return None
    query = re.sub("[\x00-\x20]", lambda char: f"%{ord(char[0]):02X}", query)
    return (f"{scheme[1].lower() if scheme else 'http'}://{user}{at}{host}{':' + port[1].lstrip('0') if port else ''}"
            f"{'' if query.startswith('/') else '/'}{query}")


# ---- what is made of the text and the entities afterwards ----


def finish(text, entities, oddities):
    """Characters that Telegram takes out, spaces at the ends, entities that exclude each other."""
    text, entities = cleaned(text, entities)
    text, entities = trimmed(text, entities)
    before = [entity for entity in entities if entity["type"] == "text_link"]
    entities = arranged(text, entities)
    for link in before:
        if not any(one["type"] == "text_link" and one["url"] == link["url"] for one in entities):
            oddities.append(f"the link {link['url']!r} is lost: it overlaps code, pre, a quote or another link")
    if len(entities) > MOST_ENTITIES:
        oddities.append(f"{len(entities)} entities; Telegram drops those after {MOST_ENTITIES}")
    return Parsed(text, entities, oddities)


def cleaned(text, entities):
    """Control characters become spaces; some characters vanish, the ring of a decomposed å among them."""
    text = CONTROL.sub(" ", text)
    gone = [match.start() for match in REMOVED.finditer(text)]
    if gone:
        units = [utf16(text[:at]) for at in gone]  # of characters of one unit each
        text = REMOVED.sub("", text)
        entities = [moved(entity, entity["offset"] - bisect.bisect_left(units, entity["offset"]),
                          entity["offset"] + entity["length"] -
                          bisect.bisect_left(units, entity["offset"] + entity["length"])) for entity in entities]
    return text, [entity for entity in entities if entity["length"] > 0]


def moved(entity, begin, end):
    return {**entity, "offset": begin, "length": end - begin}


def trimmed(text, entities):
    """No spaces and line ends at the ends of the text or at the beginning of an entity; no entity of spaces only."""
    units = Units(text)
    end = utf16(text.rstrip(" \n"))
    shrunk = []
    for entity in entities:
        part = units.part(entity["offset"], min(entity["offset"] + entity["length"], end))
        kept = part.lstrip(" \n")
        if kept:
            begin = entity["offset"] + len(part) - len(kept)
            shrunk.append(moved(entity, begin, begin + utf16(kept)))
    text = text.rstrip(" \n")
    lead = min([len(text) - len(text.lstrip(" \n"))] + [entity["offset"] for entity in shrunk])
    return text[lead:], [moved(one, one["offset"] - lead, one["offset"] - lead + one["length"]) for one in shrunk]


def order(entity):
    return entity["offset"], -entity["length"], PRIORITY[entity["type"]]


def end_of(entity):
    return entity["offset"] + entity["length"]


def without_overlaps(entities):
    """Of those that may not contain each other, the outer and earlier ones."""
    kept = []
    for entity in sorted(entities, key=order):
        if not kept or entity["offset"] >= end_of(kept[-1]):
            kept.append(entity)
    return kept


def arranged(text, entities):
    """Quotes do not nest; code, pre and links exclude each other and may stand in a quote but not around one; bold and
    the like stand anywhere but in code and pre."""
    quotes = without_overlaps([one for one in entities if one["type"] == "blockquote"])
    solid = without_overlaps([one for one in entities if one["type"] not in SPLITTABLE + ("blockquote",)])
    solid = [one for one in solid if all(end_of(one) <= quote["offset"] or one["offset"] >= end_of(quote) or
                                         quote["offset"] <= one["offset"] and end_of(one) <= end_of(quote)
                                         for quote in quotes)]
    for one in solid:
        if one["type"] == "code":
            one.pop("language", None)
    holes = [one for one in solid if one["type"] in ("pre", "code")]
    units = Units(text)
    result = quotes + solid
    for kind in SPLITTABLE:
        for begin, end in pieces([one for one in entities if one["type"] == kind], holes):
            part = units.part(begin, end)
            if part.strip(" \n"):
                result.append({"type": kind, "offset": begin + len(part) - len(part.lstrip(" \n")),
                               "length": utf16(part.lstrip(" \n"))})
    return sorted(result, key=order)


def pieces(entities, holes):
    """The ranges that some of the entities cover, without those of the holes (sorted, apart from each other)."""
    joined = []
    for one in sorted(entities, key=order):
        if joined and one["offset"] <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end_of(one))
        else:
            joined.append([one["offset"], end_of(one)])
    for begin, end in joined:
        for hole in holes:
            if begin < end_of(hole) and hole["offset"] < end:
                if begin < hole["offset"]:
                    yield begin, hole["offset"]
                begin = end_of(hole)
        if begin < end:
            yield begin, end


def refusal(parsed):
    """Why the server does not take this text, or None."""
    if INVISIBLE.fullmatch(parsed.text):
        return "message must be non-empty"
    return "message is too long" if utf16(parsed.text) > MOST_UNITS else None


def to_html(parsed):
    """The text with its entities as HTML again, for reading in a failed test."""
    marks = []
    for number, one in enumerate(parsed.entities):
        tag = {"text_link": "a", "bold": "b", "italic": "i"}.get(one["type"], one["type"])
        href = f' href="{escape(one["url"])}"' if "url" in one else ""
        marks += [(one["offset"], 1, number, f"<{tag}{href}>"), (end_of(one), 0, -number, f"</{tag}>")]
    units, at, out = Units(parsed.text), 0, []
    for offset, _, _, mark in sorted(marks):
        out += [escape(units.part(at, offset), quote=False), mark]
        at = offset
    return "".join(out) + escape(units.part(at, utf16(parsed.text)), quote=False)
