#!/usr/bin/python3
"""Residents send requests and coordinators take, answer and close them in two networks, over a real broker, while core
and broker are killed (-9), stopped and cut off at random, reports of delivery are lost, doubled and late, and messages
come twice.

requests_soak.py [--seconds N] [--seed N] [--residents N]: at the end what the people saw and what the core has are the
same: each request exists once, has one taker, is told of once, and nobody has read what is not theirs. The seed is
printed, so that a failing run can be played again."""

import argparse
import collections
import random
import re
import sys
import os
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import soak
from desk_rig import REFERENCE, bind, table, value_of
from rig import Rig, TOPICS, wait_until

PLACES = {"link-bergen": "Bergen", "link-trondheim": "Trondheim"}
NETWORKS = ("net-a", "net-b")
# (contact point, its chats by network): two coordinators at each, one of them with two chats
COORDINATORS = (("link-bergen", ("net-a",)), ("link-bergen", ("net-b", "net-a")), ("link-trondheim", ("net-a",)),
                ("link-trondheim", ("net-b",)))
ENDINGS = {"Blitt med": ("joined", "blitt med"), "Ikke nå": ("declined", "ikke nå"),
           "Fikk ikke tak i": ("not reached", "fikk ikke tak i")}
# name, words, e-mail, relayed, answer; and telephone numbers as the bot writes them
TOKEN = re.compile(r"\b[nwera]\d{5}q\b|\b9\d\d \d\d \d\d\d\b")
RELAYED = ("Tusen takk, jeg gleder meg", "Det passer fint på torsdag", "Jeg kommer gjerne litt før")
ANSWERED = ("Hei! Vi starter tirsdag klokka 18", "Velkommen til oss, vi møtes på biblioteket", "Da ringer jeg deg i morgen")


class Request:
    """A request as its resident knows it."""

    def __init__(self, owner, point, alias, contact, words):
        self.owner, self.point, self.alias, self.contact, self.words = owner, point, alias, contact, words
        self.reference, self.withdrawn = None, False


class Ledger:
    """What the people have seen happen."""

    def __init__(self):
        self.number = 0
        self.requests = {}  # reference → Request that the bot said it had sent
        self.takers = collections.defaultdict(set)  # reference → coordinators who were told that they have taken it
        self.endings = {}  # reference → how its taker closed it
        self.relayed, self.answered = {}, {}  # token → reference, where the bot said that it was sent
        self.writers = {}  # token → the chat that wrote it
        self.owners = {}  # token of a request's form → Request
        self.races = 0
        self.faults = []

    def token(self, kind, chat):
        self.number += 1
        name = f"{kind}{self.number:05d}q"
        self.writers[name] = chat
        return name

    def phone(self, chat):
        self.number += 1
        number = f"9{self.number // 100000:02d} {self.number // 1000 % 100:02d} {self.number % 1000:03d}"
        self.writers[number] = chat
        return number


class Desk(soak.Recorder):
    """A network's bridge: reports of delivery are lost, doubled, late; some say `later` first. What a chat sees for the
    first time goes to the person there."""

    def __init__(self, port, chance, network):
        self.people = {}
        super().__init__(port, chance, network)

    def took(self, topic, payload):
        new = len(self.shown)
        super().took(topic, payload)
        if len(self.shown) > new:
            out = self.outs[-1]
            if out["chat"] in self.people:
                self.people[out["chat"]].seen(out)

    def report(self, out_id, result="sent", **more):
        kind = self.chance.random()
        if kind < 0.1:
            late = threading.Timer(self.chance.random() * 0.8, super().report, (out_id, result), more)
            late.daemon = True
            late.start()
        elif kind < 0.13:
            super().report(out_id, "later")
        else:
            super().report(out_id, result, **more)


class Person:
    """Who writes in one chat. `life` yields what they send (members of an `in` message, or None to wait a little) and gets
    the reply; the message is repeated until it is accepted, as a bridge does."""

    def __init__(self, name, desk, ledger, chance):
        self.name, self.desk, self.ledger, self.chance = name, desk, ledger, chance
        self.sent, self.waiting, self.repeat_at = [], None, 0
        self.replies, self.new = {}, collections.deque()
        self.go_on, self.done, self.reply = True, False, None
        desk.people[name] = self
        self.alive = self.life()

    @property
    def place(self):
        return (self.desk.network, self.name)

    def seen(self, out):
        if "answers" in out:
            self.replies[out["answers"]] = out
        else:
            self.new.append(out)

    def publish(self, payload):
        self.desk.publish(f"{TOPICS}/in/{self.desk.network}/{self.name}", payload)

    def tick(self):
        if self.waiting:
            id_ = self.waiting["id"]
            if id_ in self.desk.accepted_set and id_ in self.replies:
                self.waiting, self.reply = None, self.replies[id_]
            elif id_ not in self.desk.accepted_set and time.monotonic() >= self.repeat_at:
                self.publish(self.waiting)
                self.repeat_at = time.monotonic() + 0.7
        if self.waiting or self.done:
            return
        try:
            members = self.alive.send(self.reply)
        except StopIteration:
            self.done = True
            return
        self.reply = None
        if members:
            self.waiting, self.repeat_at = self.desk.message(**members), 0
            self.sent.append(self.waiting)
            if self.chance.random() < 0.1:  # the same message twice, and an old one once more
                self.publish(self.waiting)
                self.publish(self.chance.choice(self.sent[-20:]))

    def strange(self, what, reply):
        self.ledger.faults.append(f"{self.place} {what}: {reply['text'][:200]!r}")


class Resident(Person):
    def __init__(self, *arguments):
        self.open = {}  # reference → Request
        self.talks = {}  # reference → button to its coordinator
        super().__init__(*arguments)

    def look(self):
        """What came unasked."""
        while self.new:
            out = self.new.popleft()
            found = REFERENCE.search(out["text"])
            relay = [value for row in out["choices"] for value in [c["value"] for c in row] if value.startswith("s.relay.")]
            if found and relay:
                self.talks[found[0]] = relay[0]
            elif found and not relay:  # closed
                self.open.pop(found[0], None)
                self.talks.pop(found[0], None)

    def life(self):
        yield None
        while self.go_on:
            self.look()
            free = [p for p in PLACES if all(r.point != p for r in self.open.values())]
            talks = [ref for ref in self.talks if ref in self.open]
            what = self.chance.random()
            if free and what < 0.5:
                yield from self.join(self.chance.choice(free))
            elif talks and what < 0.8:
                yield from self.relay(self.chance.choice(talks))
            elif self.open and 0.8 < what < 0.82:
                yield from self.withdraw()
            elif 0.82 < what < 0.84:
                yield {"text": "status"}
            else:
                for _ in range(self.chance.randrange(30)):
                    yield None

    def contact(self):
        kind = self.chance.randrange(3)
        if kind == 0:
            return "Her i chatten", ""
        if kind == 1:
            return "På telefon", self.ledger.phone(self.place)
        return "På e-post", f"{self.ledger.token('e', self.place)}@example.no"

    def join(self, point):
        """The whole flow, one question at a time."""
        label, contact = self.contact()
        request = Request(self, point, f"Ola {self.ledger.token('n', self.place)}", contact,
                          f"Helst på kveldstid {self.ledger.token('w', self.place)}." if self.chance.random() < 0.7 else "")
        for text in (request.alias, request.contact, request.words):
            for token in TOKEN.findall(text):
                self.ledger.owners[token] = request
        reply = yield {"text": f"jeg vil bli med i en gruppe i {PLACES[point]}"}
        for _ in range(20):
            text, pressed = reply["text"], None
            if "Referansen din er" in text:
                request.reference = REFERENCE.search(text)[0]
                if request.reference in self.ledger.requests:
                    self.strange("got a reference that is another's", reply)
                self.ledger.requests[request.reference] = self.open[request.reference] = request
                return
            if "har allerede en forespørsel" in text or "allerede" in text:
                return
            for known in ("Send til LINK", "Ja, 18", "Ja, det er greit", label, "Hopp over", "Send"):
                pressed = pressed or value_of(reply, known)
            if value_of(reply, "Hopp over") and request.words:
                reply = yield {"text": request.words}
            elif pressed:
                reply = yield {"choice": pressed}
            elif "kalle deg" in text:
                reply = yield {"text": f"Jeg heter {request.alias}"}
            elif "Hvilket nummer" in text or "e-post" in text.lower() and value_of(reply, "Tilbake"):
                reply = yield {"text": request.contact}
            else:  # a notice took the place of the buttons
                break
        yield {"text": "avbryt"}

    def relay(self, reference):
        reply = yield {"choice": self.talks[reference]}
        if "Det du skriver nå" not in reply["text"]:
            return
        for _ in range(self.chance.choice((1, 1, 2))):
            token = self.ledger.token("r", self.place)
            reply = yield {"text": f"{self.chance.choice(RELAYED)} {token}"}
            if value_of(reply, "Ja, send den"):
                reply = yield {"choice": value_of(reply, "Ja, send den")}
            found = REFERENCE.search(reply["text"])
            if reply["text"].startswith("Sendt til"):  # to the other one, where that one has just written and it was agreed
                self.ledger.relayed[token] = found[0]
            if not value_of(reply, "Ferdig å skrive"):
                return
        if self.chance.random() < 0.5:
            reply = yield {"text": "ferdig"}
        else:
            reply = yield {"choice": value_of(reply, "Ferdig å skrive")}
        if "sender jeg til" in reply["text"]:
            self.strange("still writes to the coordinator", reply)

    def withdraw(self):
        reply = yield {"text": "trekk"}
        reference = self.chance.choice(sorted(self.open))
        if value_of(reply, reference):
            reply = yield {"choice": value_of(reply, reference)}
        sure = value_of(reply, "Ja, trekk den")
        if not sure:
            return
        reply = yield {"choice": sure}
        found = REFERENCE.search(reply["text"])
        if "trukket" in reply["text"] and found and found[0] in self.ledger.requests and "Nå er forespørselen" in reply["text"]:
            self.ledger.requests[found[0]].withdrawn = True
            self.open.pop(found[0], None)
            self.talks.pop(found[0], None)


class Coordinator:
    """A person with one or two chats."""

    def __init__(self, number, point):
        self.number, self.point, self.chats, self.mine = number, point, [], {}


class CoordinatorChat(Person):
    presses = {}  # reference → when those press who want to be first

    def __init__(self, name, desk, ledger, chance, who):
        self.who, self.offered = who, {}
        super().__init__(name, desk, ledger, chance)

    def look(self):
        while self.new:
            out = self.new.popleft()
            take = next((v for row in out["choices"] for v in [c["value"] for c in row] if v.startswith("s.take.")), None)
            found = REFERENCE.search(out["text"])
            if take and self.chance.random() < 0.85:
                self.presses.setdefault(found[0], time.monotonic() + 0.1 + self.chance.random() * 0.4)
                self.offered[found[0]] = take

    def life(self):
        yield None
        while self.go_on:
            self.look()
            due = [ref for ref in self.offered if self.presses[ref] <= time.monotonic()]
            mine = sorted(self.who.mine)
            if due:
                yield from self.take(due[0])
            elif mine and self.chance.random() < 0.4:
                what = self.chance.random()
                one = self.chance.choice(mine)
                yield from (self.answer_pressed(one) if what < 0.35 else self.answer_typed(one) if what < 0.6 else
                            self.close_pressed(one) if what < 0.8 else self.close_typed(one))
            elif self.chance.random() < 0.01:
                yield {"text": "liste"}
            else:
                yield None

    def take(self, reference):
        reply = yield {"choice": self.offered.pop(reference)}
        text = reply["text"]
        if "Nå har du tatt" in text and reference in text:
            self.ledger.takers[reference].add(self.who.number)
            self.who.mine[reference] = True
        elif "tok" in text and "før deg" in text and reference in text:
            self.ledger.races += 1
        elif reference not in text or not ("allerede tatt" in text or "er avsluttet" in text):
            self.strange(f"pressed Ta {reference}", reply)

    def answer_pressed(self, reference):
        reply = yield {"choice": f"s.answer.{reference}.2"}
        if "Hva vil du svare" not in reply["text"]:
            self.over(reference, reply)
            return
        token = self.ledger.token("a", self.place)
        reply = yield {"text": f"{self.chance.choice(ANSWERED)} {token}."}
        if value_of(reply, "Send svaret"):  # something came in between
            reply = yield {"choice": value_of(reply, "Send svaret")}
        self.note_answer(token, reference, reply)

    def answer_typed(self, reference):
        token = self.ledger.token("a", self.place)
        reply = yield {"text": f"svar {reference} {self.chance.choice(ANSWERED)} {token}."}
        sure = value_of(reply, "Send svaret")
        if not sure:
            self.over(reference, reply)
            return
        reply = yield {"choice": sure}
        self.note_answer(token, reference, reply)

    def note_answer(self, token, reference, reply):
        if reply["text"].startswith("Svaret er sendt") and reference in reply["text"]:
            self.ledger.answered[token] = reference

    def over(self, reference, reply):
        """It was withdrawn, or the other chat of this person closed it."""
        if reference in reply["text"] and "er avsluttet" in reply["text"]:
            self.who.mine.pop(reference, None)
        else:
            self.strange(f"works on {reference}", reply)

    def close_pressed(self, reference):
        reply = yield {"choice": f"s.close.{reference}.2"}
        label = self.chance.choice(sorted(ENDINGS))
        if not value_of(reply, label):
            self.over(reference, reply)
            return
        reply = yield {"choice": value_of(reply, label)}
        self.note_end(reference, label, reply)

    def close_typed(self, reference):
        label = self.chance.choice(sorted(ENDINGS))
        reply = yield {"text": f"ferdig {reference} {ENDINGS[label][1]}"}
        self.note_end(reference, label, reply)

    def note_end(self, reference, label, reply):
        if f"Nå er **{reference}** avsluttet" in reply["text"]:
            if reference in self.ledger.endings:
                self.strange("closed it a second time", reply)
            self.ledger.endings[reference] = ENDINGS[label][0]
            self.who.mine.pop(reference, None)
        else:
            self.over(reference, reply)


# ---- the world, and what must be true at its end ----

class World:
    def __init__(self, r, core, chance, n_residents):
        self.r, self.core, self.ledger, self.counts = r, core, Ledger(), {}
        self.desks = {network: Desk(r.port, chance, network) for network in NETWORKS}
        for desk in self.desks.values():
            r.callback(desk.close)
        self.coordinators, self.people = [], []
        CoordinatorChat.presses = {}
        for number, (point, networks) in enumerate(COORDINATORS, 1):
            who = Coordinator(number, point)
            self.coordinators.append(who)
            for again, network in enumerate(networks):
                name = f"coordinator{number}-{again}"
                bind(r, self.desks[network], name, *(("--again", str(number)) if again else (point,)))
                who.chats.append((network, name))
                self.people.append(CoordinatorChat(name, self.desks[network], self.ledger, chance, who))
        for i in range(n_residents):
            self.people.append(Resident(f"resident{i}", self.desks[NETWORKS[i % 2]], self.ledger, chance))

    def tick(self):
        for person in self.people:
            person.tick()

    def chats_of(self, point):
        return [chat for who in self.coordinators if who.point == point for chat in who.chats]

    def taker_chats(self, reference):
        return [chat for who in self.coordinators if who.number in self.ledger.takers.get(reference, ()) for chat in who.chats]

    def heard(self, token):
        """What was answered to the messages that hold a token."""
        return [person.replies[message["id"]]["text"][:200] for person in self.people for message in person.sent
                if token in message.get("text", "") and message["id"] in person.replies]

    def shown(self):
        """((network, chat), out) of all that came, once by id."""
        return [((name, out["chat"]), out) for name, desk in self.desks.items() for out in list(desk.shown.values())]


def check_state(world, rows):
    """What the core has is what the people were told."""
    ledger = world.ledger
    references = [row["reference"] for row in rows]
    assert len(set(references)) == len(references), "a reference was given twice"
    by_reference = {row["reference"]: row for row in rows}
    missing = sorted(set(ledger.requests) - set(references))
    more = sorted(set(references) - set(ledger.requests))
    assert not missing, f"sent, said so, and gone: {missing[:5]}"
    assert not more, f"requests that nobody sent: {more[:5]}"
    for reference, request in ledger.requests.items():
        row, takers, ending = by_reference[reference], ledger.takers.get(reference, set()), ledger.endings.get(reference)
        assert len(takers) <= 1, f"{reference} has {len(takers)} takers"
        assert not (request.withdrawn and ending), f"{reference} was withdrawn and closed"
        state = "withdrawn" if request.withdrawn else ending or ("taken" if takers else "sent")
        assert row["state"] == state, f"{reference} is {row['state']}, the people saw {state}"
        assert (row["name"], row["contact"], row["words"]) == (request.alias, request.contact, request.words), row
        assert row["scope"] == f"p:{request.point}" and row["kind"] == "join", row
        assert row["taker"] == (str(min(takers)) if takers else ""), f"{reference}: taker {row['taker']!r}, told {takers}"


def check_told(world):
    """Each transition is told to whom it concerns, once."""
    ledger, told = world.ledger, collections.defaultdict(set)
    for place, out in world.shown():
        if "answers" not in out:
            told[place, out["text"]].add(out["id"])
    doubled = [(place, text[:80], len(ids)) for (place, text), ids in told.items() if len(ids) > 1]
    assert not doubled, f"told more than once: {doubled[:3]}"

    by_place = collections.defaultdict(list)
    for place, text in told:
        by_place[place].append(text)

    def count(place, *words):
        return sum(1 for text in by_place[place] if all(w in text for w in words))
    for reference, request in ledger.requests.items():
        takers, owner = world.taker_chats(reference), request.owner.place
        others = [c for c in world.chats_of(request.point) if c not in takers]
        for place in world.chats_of(request.point):
            assert count(place, f"Ny forespørsel: **{reference}**") == 1, f"{place} was not told of {reference}"
        assert count(owner, "har tatt forespørselen", reference) == (1 if takers else 0), f"{owner} and the taking of {reference}"
        for place in others:
            assert count(place, reference, "tatt av en kollega") == (1 if takers else 0), f"{place} and the taking of {reference}"
        for place in takers or others:
            assert count(place, reference, "er trukket") == (1 if request.withdrawn else 0), f"{place}, {reference} withdrawn"
    for what, sent, places in (("relayed", ledger.relayed, lambda ref: world.taker_chats(ref)),
                               ("answer", ledger.answered, lambda ref: [ledger.requests[ref].owner.place])):
        for token, reference in sent.items():
            where = collections.Counter(place for place, text in told if token in text)
            assert where == collections.Counter(places(reference)), f"{what} {token} of {reference} came to {dict(where)}"


def check_private(world):
    """Nobody has read a name, words, a contact, a message or a reference that is not theirs."""
    ledger, residents = world.ledger, {p.place for p in world.people if isinstance(p, Resident)}
    details = collections.defaultdict(set)
    for place, out in world.shown():
        for token in TOKEN.findall(out["text"]):
            writer, request = ledger.writers[token], ledger.owners.get(token)
            reference = (request.reference if request else None) or ledger.relayed.get(token) or ledger.answered.get(token)
            allowed = {writer}
            if reference:
                allowed |= {ledger.requests[reference].owner.place} if token in ledger.answered else \
                    set(world.taker_chats(reference))
            assert place in allowed, (f"{place} has read {token} of {writer}: {out['text'][:100]!r}; the writer heard "
                                      f"{world.heard(token)}")
            if request and place != writer:
                details[request.reference].add(place)
        if place in residents:
            strangers = [ref for ref in REFERENCE.findall(out["text"]) if
                         ref not in ledger.requests or ledger.requests[ref].owner.place != place]
            assert not strangers, f"{place} has read of {strangers}: {out['text'][:100]!r}"
    taken = {place for reference in ledger.takers for place in details[reference]}
    assert not ledger.takers or taken, "no coordinator saw any details"


def list_requests(world):
    """The rows of `requests --personal`; from the running core, or beside it where they are too many for one message."""
    database = world.r.path("core.db")
    done = world.r.ctl("requests", "--personal", core__database=database)
    if done.returncode and "too large" in done.stderr:
        print("the running core cannot show so many requests; asked again with the core stopped")
        world.core.stop()
        done = world.r.ctl("requests", "--personal", core__database=database)
    assert done.returncode == 0, done.stderr
    return table(done.stdout)


def settle(world):
    for person in world.people:
        person.go_on = False

    def settled():
        world.tick()
        return all(person.done and not person.waiting for person in world.people)
    wait_until("every message is accepted and answered", settled, 60)
    desk = world.desks["net-a"]

    def states():
        with desk.lock:
            return sum(1 for topic, _, _ in desk.messages if topic == f"{TOPICS}/status/core")
    seen = states()
    wait_until("all is delivered", lambda: states() >= seen + 2 and desk.core_status()["counters"]["ready"] and
               not desk.core_status()["counters"]["outbox_waiting"], 60, 0.2)


def check(world, seed, seconds):
    ledger = world.ledger
    rows = list_requests(world)
    states = collections.Counter(row["state"] for row in rows)
    sent = [message["id"] for person in world.people for message in person.sent]
    print(f"seed {seed}, {seconds:.0f} s: {len(sent)} messages, {len(ledger.requests)} requests {dict(states)}, "
          f"{len(ledger.takers)} taken, {ledger.races} pressed too late, {len(ledger.relayed)} relayed, "
          f"{len(ledger.answered)} answered, {sum(len(d.outs) for d in world.desks.values())} deliveries of "
          f"{len(world.shown())} replies and notices, faults {world.counts}", flush=True)
    for desk in world.desks.values():
        assert not desk.refused, list(desk.refused.items())[:3]
        assert not desk.faults, desk.faults[:3]
    log = world.core.log_text()
    assert "bug" not in log.lower() and "Sanitizer" not in log, log[-3000:]
    assert not ledger.faults, ledger.faults[:5]
    check_state(world, rows)
    check_told(world)
    check_private(world)
    assert ledger.requests and ledger.takers and ledger.relayed and ledger.answered and ledger.endings, "too little happened"


def run(seconds, seed, n_residents):
    chance = random.Random(seed)
    with Rig() as r:
        core = r.core(requests__open_most=10)
        world = World(r, core, chance, n_residents)
        end = time.monotonic() + seconds
        next_fault = time.monotonic() + 1
        while time.monotonic() < end:
            world.tick()
            if time.monotonic() >= next_fault:
                assert core.running(), "the core ended by itself: " + core.log_text()[-3000:]
                soak.disturb(r, core, chance, world.counts)
                next_fault = time.monotonic() + 0.3 + chance.random() * 1.5
            time.sleep(0.005)
        settle(world)
        check(world, seed, seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--residents", type=int, default=12)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    run(arguments.seconds, arguments.seed, arguments.residents)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
