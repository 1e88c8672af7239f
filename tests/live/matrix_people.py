"""Those who sit at the other end of the played homeserver: rooms and persons, what they do, and what they see. A message is
known here by its number in the stream (the newer, the higher), as in telegram_people.py; event_id() is its id in Matrix."""

import hashlib
import base64
import json
import time

from telegram_people import Chat


class Shown:
    """A message of the bot. There are no buttons: what can be chosen stands in the text as numbered lines."""

    def __init__(self, number, content, txn):
        self.id, self.content, self.txn, self.at = number, content, txn, time.monotonic()
        self.markup = {}
        self.text, self.html, self.event_id = content["body"], content.get("formatted_body", ""), event_id(number)

    @property
    def labels(self):
        """The words of the numbered lines at the end."""
        found = []
        for number, line in enumerate(reversed(self.text.rstrip().split("\n"))):
            head, dot, label = line.partition(". ")
            if not dot or not head.isdigit() or (found and int(head) != found[-1][0] - 1):
                break
            found.append((int(head), label))
        return [label for _, label in reversed(found)]

    def __repr__(self):
        return f"<{self.id}: {self.text!r}>"


def event_id(number):
    """The id of the event with this number, in the form of room version 4 and later."""
    return "$" + base64.urlsafe_b64encode(hashlib.sha256(b"event %d" % number).digest()).decode().rstrip("=")


class Room(Chat):
    """A room; `members` is user id → membership."""

    def __init__(self, peer, room_id):
        super().__init__(peer, room_id, "room")
        self.members, self.events = {}, []  # events: (number, JSON text or dict)
        self.joinable, self.invitation = True, None
        self.former = None  # id of the room whose place this one takes
        self.typing = self.forgotten = False
        self.gone_at = 0.0  # when the bot stopped being here
        self.receipts = []

    @property
    def bot_is_in(self):
        return self.members.get(self.peer.bot) == "join"

    def add(self, sender, kind, content, age=0, raw=None, **members):
        """An event in the timeline; its number. `raw`: its JSON text as it stands, instead of all that."""
        with self.peer.lock:
            number = self.peer.next_number()
            event = {"type": kind, "sender": sender, "content": content, "event_id": event_id(number),
                     "origin_server_ts": int((time.time() - age) * 1000), "unsigned": {"age": int(age * 1000)}, **members}
            self.events.append((number, event if raw is None else raw.replace("@ID@", event_id(number))))
            self.peer.enter(number, "event", self)
            return number

    def member(self, user, membership, sender=None, **content):
        """Somebody is invited, comes, goes or is put out; its number."""
        with self.peer.lock:
            former = self.members.get(user)
            self.members[user] = membership
            number = self.add(sender or user, "m.room.member", {"membership": membership, **content}, state_key=user)
            if user == self.peer.bot:
                self.bot_moved(former, membership, sender or user, number, content)
            self.changed.notify_all()
            return number

    def bot_moved(self, former, membership, sender, number, content):
        if membership == "invite":
            self.invitation = {"type": "m.room.member", "sender": sender, "state_key": self.peer.bot,
                               "content": {"membership": "invite", **content}}
            self.peer.refused_joins.discard(self.id)
            self.forgotten = False
            self.peer.enter(number, "invite", self)
        elif membership in ("leave", "ban"):
            self.invitation, self.gone_at = None, time.monotonic()
            self.peer.enter(number, "leave", self)
        else:
            self.invitation = None

    def show(self, message):
        self.typing = False
        super().show(message)

    def raw(self, text, **_):
        """An event of any form among the others: JSON text, @ID@ is replaced by a good id."""
        return self.add("", "", {}, raw=text)

    def tombstone(self, sender, replacement, **content):
        return self.add(sender, "m.room.tombstone", {"body": "flyttet", "replacement_room": replacement, **content}, state_key="")

    def joined(self):
        return [user for user, membership in self.members.items() if membership == "join"]


class Person:
    """Somebody with an account, and the room in which they talk with the bot (the one made last)."""

    def __init__(self, peer, name, server="example.net"):
        self.peer, self.name, self.user, self.room = peer, name, f"@{name}:{server}", None

    # ---- rooms ----

    def open(self, wait=True, encrypted=False, **content):
        """Makes a private room and invites the bot, as a client does; waits until it is there. The room."""
        room = self.room = self.peer.room(self.peer.room_id(self.user.split(":")[1]))
        with self.peer.lock:
            room.member(self.user, "join")
            if encrypted:
                room.add(self.user, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, state_key="")
            room.member(self.peer.bot, "invite", self.user, **{"is_direct": True, **content})
        return self.wait_bot() if wait else room

    def wait_bot(self, seconds=30):
        self.room.wait_until("the bot comes", lambda: self.room.bot_is_in, seconds)
        return self.room

    def start(self):
        """As somebody who writes to the bot for the first time; the bot's greeting."""
        self.open()
        return self.room.wait()

    def come(self, room):
        """Joins a room to which they were invited; it is theirs from now on."""
        assert room.members.get(self.user) == "invite", room.members
        room.member(self.user, "join")
        self.room = room

    def leave(self):
        self.room.member(self.user, "leave")

    def put_out(self):
        self.room.member(self.peer.bot, "leave", self.user)

    # ---- messages; each gives its number ----

    def send(self, msgtype, body="fil", age=0, room=None, **content):
        return (room or self.room).add(self.user, "m.room.message", {"msgtype": msgtype, "body": body, **content}, age)

    def text(self, text, age=0, **content):
        return self.send("m.text", text, age, **content)

    def edit(self, number, text, **content):
        return self.text("* " + text, **{"m.new_content": {"msgtype": "m.text", "body": text},
                                         "m.relates_to": {"rel_type": "m.replace", "event_id": event_id(number)}, **content})

    def reply(self, number, text, quoted="sitert\nmer"):
        lines = "\n".join(f"> {line}" for line in f"<{self.peer.bot}> {quoted}".split("\n"))
        return self.text(f"{lines}\n\n{text}", **{"m.relates_to": {"m.in_reply_to": {"event_id": event_id(number)}}})

    def location(self, lat, lon):
        return self.send("m.location", "Her er jeg", geo_uri=f"geo:{lat},{lon};u=25")

    def voice(self):
        return self.send("m.audio", "Voice message.ogg", url="mxc://example.net/abc", **{"org.matrix.msc3245.voice": {}})

    def react(self, number, key="👍"):
        return self.room.add(self.user, "m.reaction", {"m.relates_to": {
            "rel_type": "m.annotation", "event_id": event_id(number), "key": key}})

    def encrypted(self):
        return self.room.add(self.user, "m.room.encrypted", {
            "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEnACgAkLmt6q", "session_id": "x", "sender_key": "y",
            "device_id": "z"})

    # ---- what they see, in their room ----

    def seen(self):
        return self.room.seen()

    def last(self):
        return self.room.last()

    def wait(self, words="", seconds=10, after=0):
        return self.room.wait(words, seconds, after)

    def wait_until(self, what, condition, seconds=10):
        return self.room.wait_until(what, condition, seconds)

    def ask(self, text, words="", seconds=10):
        return self.wait(words, seconds, after=self.text(text))


def splice(answer, raws):
    """JSON text of an answer in which raw events stand as they are."""
    text = json.dumps(answer, ensure_ascii=False)
    for mark, raw in raws.items():
        text = text.replace(f'"{mark}"', raw)
    return text.encode("utf-8", "surrogatepass")
