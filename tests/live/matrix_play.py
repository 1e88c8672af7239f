"""The Matrix bridge as the tests without Synapse start it: the real program, core and broker, and the strict peer.

    with playing() as p:                 p.peer, p.rig, p.core, p.bridge, p.wire
        kari = p.person()
        kari.ask("hva koster det?", "gratis")

At the end the bridge must stop with status 0, the peer must have seen nothing that a server refuses, and everything on the
broker must keep the contract's schemas and hold neither token nor password nor room id nor user id."""

import contextlib
import os
import re

import rig
from rig import TOPICS, Process, Rig, wait_until

import telegram_rig
from matrix_people import event_id
from matrix_peer import MatrixPeer
from telegram_rig import write_secret

PROGRAM = os.path.join(rig.BUILD, "selvhjelpsbot-matrix")
NUMBERS = ("113", "116 123")
CRISIS = "jeg vil bare dø"
OFFLINE = ("113", "116 123", "robot")


class Matrix(telegram_rig.Telegram):
    """The program under test, in the rig's folder. `password`: it signs in itself."""

    def __init__(self, r, peer, start=True, check=False, password=False, **settings):
        given = {"homeserver": peer.url, "journal": r.path("matrix.journal"), "key_file": r.path("matrix.key"), "poll_seconds": 20}
        self.token_file, self.session_file = r.path("token"), r.path("matrix.session")
        if password:
            write_secret(r.path("password"), peer.password + "\n")
            given.update(user=peer.bot, password_file=r.path("password"), session_file=self.session_file)
        else:
            write_secret(self.token_file, peer.token + "\n")
            given.update(token_file=self.token_file)
        for key, value in given.items():
            settings.setdefault("matrix__" + key, value)
        self.expected = 0  # the exit status of a stop
        Process.__init__(self, [PROGRAM, *(["-n"] if check else []), *r.options(**settings)], r.path("matrix.log"))
        r.callback(self.end)
        if start:
            self.start()
            self.ready()

    def marks(self):
        log = self.log_text() if os.path.exists(self.log) else ""
        return [log.count(words) for words in ("ready: write to @", "connected to the broker")]

    def ready(self, before=(0, 0)):
        """Until it has signed in and knows the broker."""
        wait_until("the bridge is ready", lambda: all(a > b for a, b in zip(self.marks(), before)) or not self.running(), 20)
        assert self.running(), "the bridge does not start: " + self.log_text()[-2000:]

    def again(self):
        before = self.marks()
        self.start()
        self.ready(before)


class Wire(telegram_rig.Wire):
    """Everything that goes through the broker."""

    def ins(self, **members):
        """What the bridge told the core, each message once, in order, where it has these members."""
        known = {}
        for one in self.of("in/matrix/"):
            known.setdefault(one["id"], one)
        return [one for one in known.values() if all(one.get(k) == v for k, v in members.items())]

    def results(self, out_id=None, result=None):
        return [one for report in self.of("delivered/matrix") for one in report["results"]
                if out_id in (None, one["id"]) and result in (None, one["result"])]

    def status(self):
        found = self.of("status/matrix")
        return found[-1] if found else {"state": "unknown"}


class Playing(telegram_rig.Playing):
    """All of it, running."""

    def __init__(self, r, peer, core=True, start=True, password=False, **settings):
        self.rig, self.peer = r, peer
        own = {key: settings.pop(key) for key in [*settings] if key.startswith("core__")}
        self.core = r.core(**own) if core else None
        self.wire = Wire(r, [peer.token.rsplit("_", 1)[0], peer.password, peer.bot])
        self.bridge = Matrix(r, peer, start, password=password, **settings)

    def person(self, opened=True, **more):
        """Somebody new, in a room with the bot; nobody on the broker may learn who and where."""
        person = self.peer.person(**more)
        self.wire.secrets.append(person.name.encode())
        if opened:
            person.open()
        return person

    def people(self, count):
        """Several, who all invite before the first is waited for."""
        people = [self.person(opened=False) for _ in range(count)]
        for person in people:
            person.open(wait=False)
        for person in people:
            person.wait_bot(60)
        return people

    def settled(self, count):
        """Several in whose rooms the bot is already, without the pace of invitations."""
        people = [self.person(opened=False) for _ in range(count)]
        for person in people:
            person.open(wait=False)
            person.room.member(self.peer.bot, "join")
        return people

    def told(self, number, seconds=10):
        """What the core was told of a message."""
        return wait_until(f"the core is told of message {number}", lambda: next(
            iter(self.wire.ins(id=event_id(number))), None), seconds)

    def token(self, person):
        """The chat's token on the broker; costs a question and its answer."""
        number = person.text("hva koster det?")
        person.wait("gratis", 20, after=number)
        return self.told(number)["chat"]

    def out(self, token, out_id, text, **members):
        self.wire.publish(f"{TOPICS}/out/matrix/{token}", {"id": out_id, "language": "nb", "text": text, "choices": [], **members})

    def position(self):
        """What the journal says; the last whole line counts."""
        found = re.findall(r"^[0-9a-f]{8} P since (\S+)$", telegram_rig.read(self.rig.path("matrix.journal")).decode(), re.M)
        return self.peer.number_of(found[-1]) if found else None

    def wait_settled(self, seconds=10):
        """Until the journal's position stands where the stream is."""
        wait_until("all is settled and written down", lambda: (self.position() or 0) >= self.newest(), seconds)

    def newest(self):
        """The number of the last thing that somebody else than the bot did."""
        with self.peer.lock:
            for number, _, room in reversed(self.peer.stream):
                if any(n == number and not (isinstance(e, dict) and e["sender"] == self.peer.bot) for n, e in room.events[-700:]):
                    return number
            return 0


@contextlib.contextmanager
def playing(*expected, **settings):
    """`expected`: patterns of what the peer may complain of."""
    with MatrixPeer() as peer:
        for pattern in expected:
            peer.expect(pattern)
        with Rig() as r:
            yield Playing(r, peer, **settings)
