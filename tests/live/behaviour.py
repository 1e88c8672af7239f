"""What a person writes and what they see, the same in every network: a table of cases, and for each network an actor that plays
them. A case is a list of steps; each is (what is done, with what …), the functions of Actor.

    ("says", "text")  ("sees", "words" …)  ("sees_not", "words" …)   of the newest message, the words in any order
    ("chooses", "label") ("answers_number", n)                        what the bot offered last
    ("edits", "text")  ("is_at", lat, lon)  ("speaks",)  ("starts",)  ("said_long_ago", "text")  ("quiet",)"""

import collections

import matrix_play
import telegram_rig
from rig import never, wait_until
from telegram_people import Group

NUMBERS = ("113", "116 123")
Case = collections.namedtuple("Case", "name steps")

CASES = [
    Case("greeting", [("starts",), ("sees", "robot", *NUMBERS), ("offers", "Finn kontaktpunkt")]),
    Case("bare place", [("says", "Bergen"), ("sees", "nærmest Bergen", "LINK Bergen"), ("offers", "Vis flere")]),
    Case("postal code", [("says", "3187 Horten"), ("sees", "Horten")]),
    Case("question", [("says", "hva koster det?"), ("sees", "gratis"), ("offers", "Hva er selvhjelp?")]),
    Case("nynorsk", [("says", "kva kosta det å vere med?"), ("sees", "sjølvhjelpsgruppe", "gratis")]),
    Case("english", [("says", "How much does it cost?"), ("sees", "free", "self-help group")]),
    Case("dialect", [("says", "æ bor i Tromsø og vil møte andre"), ("sees", "LINK Tromsø")]),
    Case("crisis", [("says", "jeg vil bare dø"), ("sees", *NUMBERS, "Snakk med et menneske nå")]),
    Case("crisis goes on", [("says", "jeg vil bare dø"), ("sees", *NUMBERS), ("says", "hjelp meg"), ("sees", *NUMBERS)]),
    Case("choice by number", [("says", "jeg bor i Herøy"), ("sees", "Hvilket mener du"), ("answers_number", 2),
                              ("sees", "nærheten av Herøy", "LINK Trondheim")]),
    Case("choice by label", [("says", "jeg bor i Herøy"), ("sees", "Hvilket mener du"), ("chooses", "Herøy i Nordland"),
                             ("sees", "nærheten av Herøy", "LINK Trondheim")]),
    Case("label in words", [("says", "jeg bor i Herøy"), ("sees", "Hvilket mener du"), ("says", "Herøy i Nordland"),
                            ("sees", "nærheten av Herøy", "LINK Trondheim")]),
    Case("edit repeats nothing", [("says", "hva koster det?"), ("sees", "gratis"), ("edits", "jeg bor i Horten"),
                                  ("sees", "endret en melding"), ("quiet",)]),
    Case("edit that is a crisis", [("says", "hva koster det?"), ("sees", "gratis"), ("edits", "jeg vil bare dø"), ("sees", *NUMBERS)]),
    Case("location", [("is_at", 59.4176543, 10.4834567), ("sees", "Horten")]),
    Case("voice", [("speaks",), ("sees", "talemelding", *NUMBERS)]),
    Case("group", [("in_a_group",)]),
    Case("late", [("said_long_ago", "hva koster det?"), ("sees", "Beklager at svaret kommer sent", "gratis")]),
    Case("delete", [("says", "slett"), ("sees", "Skal jeg slette alt"), ("chooses", "Ja, slett alt"), ("sees", "Nå sletter jeg alt"),
                    ("says", "hva koster det?"), ("sees", "gratis")]),
    Case("keep after all", [("says", "slett"), ("sees", "Skal jeg slette alt"), ("answers_number", 2), ("sees_not", "Nå sletter")]),
    Case("markup is shown, not written", [("says", "Bergen"), ("sees", "LINK Bergen"), ("sees_not", "**", "{{", "</")]),
    Case("thanks end quietly", [("says", "tusen takk for hjelpen"), ("sees", "")]),
]


class Actor:
    """One person in one network. What differs is in the subclasses."""

    def __init__(self, play):
        self.play, self.after, self.shown, self.written = play, 0, None, None

    def run(self, steps):
        for name, *given in steps:
            getattr(self, name)(*given)

    def says(self, text):
        self.mark()
        self.written = self.person.text(text)

    def mark(self):
        """What is seen from now on counts."""
        self.after = max((one.id for one in self.person.seen()), default=self.after)

    def sees(self, *words):
        self.shown = self.person.wait(words, 15, self.after)

    def sees_not(self, *words):
        self.shown = self.person.wait("", 15, self.after)
        assert not [one for one in words if one in self.shown.text], self.shown

    def offers(self, label):
        assert label in self.shown.labels, (label, self.shown.labels)

    def answers_number(self, number):
        self.says(str(number))

    def edits(self, text):
        self.mark()
        self.person.edit(self.written, text)

    def is_at(self, lat, lon):
        self.mark()
        self.person.location(lat, lon)

    def speaks(self):
        self.mark()
        self.person.voice()

    def said_long_ago(self, text):
        self.play.bridge.end()
        self.mark()
        self.person.text(text, age=3 * 3600 + 60)
        self.play.bridge.again()

    def quiet(self):
        seen = len(self.person.seen())
        self.person.text("hva er selvhjelp?")
        self.person.wait_until("the next is answered", lambda: len(self.person.seen()) > seen)
        never(f"more than the next is answered: {self.person.seen()}", lambda: len(self.person.seen()) > seen + 1, 0.5)


class InTelegram(Actor):
    def __init__(self, play):
        super().__init__(play)
        self.person = play.user()

    def starts(self):
        self.person.start()

    def chooses(self, label):
        self.mark()
        self.person.press(label)

    def in_a_group(self):
        """Told once that it talks with one person only, and never again."""
        group = self.play.peer.group(-4_100_200_000 - self.person.id % 100_000)
        assert isinstance(group, Group)
        group.add_bot(self.person)
        group.text(self.person, "hva koster det?")
        group.wait((*NUMBERS, "privat"))
        never(f"it is told more than once: {group.seen()}", lambda: len(group.seen()) > 1, 0.5)


class InMatrix(Actor):
    def __init__(self, play):
        super().__init__(play)
        self.person = play.person()
        self.person.wait()
        self.mark()

    def starts(self):
        self.after = 0

    def chooses(self, label):
        assert label in self.shown.labels, self.shown
        self.says(label)

    def in_a_group(self):
        """Told once that it talks with one person only, then the room is left and forgotten."""
        self.mark()
        room = self.person.room
        room.member("@tredje:example.net", "join")
        self.person.text("hva koster det?")
        self.person.wait((*NUMBERS, "privat"), 10, self.after)
        wait_until("the room is left and forgotten", lambda: room.forgotten, 20)
        assert len([one for one in room.seen() if one.id > self.after]) == 1, room.seen()


def tests_of(actor, shared):
    """A test function for each case, named after network and case."""
    def make(case):
        def test():
            actor(shared()).run(case.steps)
        test.__name__ = f"test_{actor.__name__[2:].lower()}_{case.name.replace(' ', '_').replace(',', '')}"
        return test

    found = [make(case) for case in CASES]
    return {test.__name__: test for test in found}


class SharedMatrix(telegram_rig.Shared):
    """One play with Matrix for many tests."""

    def __call__(self):
        if not self.play:
            self.play = self.stack.enter_context(matrix_play.playing(**self.settings))
        return self.play
