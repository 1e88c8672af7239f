"""What the tests of requests share: codes, buttons, and the way through the flow as a resident and a coordinator go it."""

import csv
import io
import re

from rig import wait_until

REFERENCE = re.compile(r"\b[34679CDFGHJKMNPRTWX]{5}\b")  # talk/request.c: the digits of a reference


def buttons(out):
    return [(choice["label"], choice["value"]) for row in out["choices"] for choice in row]


def value_of(out, label):
    """The value of the button whose label begins so; None when there is none."""
    return next((value for name, value in buttons(out) if name.startswith(label)), None)


def press(bridge, chat, out, label):
    value = value_of(out, label)
    assert value, f"there is no button {label!r}: {out['text']!r} {buttons(out)}"
    return bridge.ask(chat, choice=value)


def invite(r, *arguments, **settings):
    """The code of `coordinator invite`."""
    settings.setdefault("core__database", r.path("core.db"))
    done = r.ctl("coordinator", "invite", *arguments, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("\n", 1)[0].strip()


def bind(r, bridge, chat, *arguments, **settings):
    """Makes a coordinator of a chat; the reply. A word first, for the language: a code may look like English."""
    bridge.ask(chat, "hva koster det")
    reply = bridge.ask(chat, f"koble {invite(r, *arguments, **settings)}")
    assert "koblet til" in reply["text"], reply["text"]
    return reply


def fill_in(bridge, chat, place="Bergen", alias="Ola", contact=None, words=None):
    """A resident's way to the summary; the summary."""
    out = bridge.ask(chat, f"jeg vil bli med i en gruppe i {place}")
    for label in ("Send til LINK", "Ja, 18", "Ja, det er greit"):
        out = press(bridge, chat, out, label)
    out = bridge.ask(chat, f"Jeg heter {alias}.")
    if contact is None:
        out = press(bridge, chat, out, "Her i chatten")
    else:
        press(bridge, chat, out, "På e-post" if "@" in contact else "På telefon")
        out = bridge.ask(chat, contact)
    return bridge.ask(chat, words) if words else press(bridge, chat, out, "Hopp over")


def join(bridge, chat, place="Bergen", alias="Ola", contact=None, words=None):
    """Sends a request; its reference."""
    out = press(bridge, chat, fill_in(bridge, chat, place, alias, contact, words), "Send")
    assert "Referansen din er" in out["text"], out["text"]
    return REFERENCE.search(out["text"])[0]


def notice(bridge, chat, words, seconds=10):
    """What the chat was told without having asked, by some words of it (all of them when it is a tuple)."""
    words = (words,) if isinstance(words, str) else words
    return wait_until(f"{chat} hears {words}", lambda: next((o for o in list(bridge.shown.values()) if o["chat"] == chat and
                      "answers" not in o and all(w in o["text"] for w in words)), None), seconds)


def notices(bridge, chat, words=""):
    """The different ones (by id)."""
    return [o for o in list(bridge.shown.values()) if o["chat"] == chat and "answers" not in o and words in o["text"]]


def table(text):
    """CSV as a list of rows by column name."""
    return list(csv.DictReader(io.StringIO(text, newline="")))
