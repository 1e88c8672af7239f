"""What the tests against a real Matrix homeserver share: Synapse, people with a client that others wrote (matrix-nio),
and the Matrix bridge.

Synapse itself is Debian's, in a tree of its own ($SYNAPSE_ROOT; the script `synapse` beside this file makes it, as root).
Every test program has a Synapse with an empty database on a free port of 127.0.0.1, in mount and process namespaces of
its own: several may run at a time, and none outlives its test program, not even when that is killed."""

import asyncio
import collections
import contextlib
import html.parser
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import rig
import outside_rig
from desk_rig import REFERENCE, invite
from outside_rig import Bridge, read
from rig import wait_until

try:
    import nio
except ImportError:  # said by why_not()
    nio = None

SCRIPT = os.environ.get("SYNAPSE_RIG") or os.path.join(rig.ROOT, "tests", "live", "synapse")
TREE = os.environ.get("SYNAPSE_ROOT") or "/var/tmp/synapse-root"
CLIENT = "/_matrix/client/v3"
LINE = re.compile(r"^(\d+)\. (.+)$", re.M)  # a choice, as it stands in the plain text


# ---- Synapse ----

def installed():
    return os.path.exists(os.path.join(TREE, "root", "installed"))


def why_not():
    """Why these tests cannot run here, or None."""
    if nio is None:
        return "matrix-nio is missing (Debian package python3-matrix-nio)"
    if os.geteuid():
        return "Synapse runs in a tree of its own, which only root can enter"
    if not installed():
        return f"Synapse is not installed in {TREE}; `make test-synapse` installs it (about two minutes)"
    return None


class Synapse:
    """A homeserver. `limits`: with the server's ordinary limits of messages."""

    def __init__(self, limits=False):
        self.port = rig.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = dict(os.environ, SYNAPSE_ROOT=TREE, SYNAPSE_PORT=str(self.port), no_proxy="127.0.0.1")
        self.environment.pop("SYNAPSE_RATE_LIMITS", None)
        if limits:
            self.environment["SYNAPSE_RATE_LIMITS"] = "1"
        self.count = 0
        # The one who holds the namespaces ends with our end of its pipe, and everything in them with it.
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
             'mkdir -p "$0" && mount -t tmpfs tmpfs "$0" && echo ready && exec cat', self.folder()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ready\n", "no namespaces for Synapse: is this root?"
        with open(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children", encoding="ascii") as file:
            self.inside = file.read().split()[0]

    def folder(self):
        return os.path.join(TREE, "root", "hs")

    def run(self, *command, seconds=120):
        return subprocess.run(["nsenter", "--mount", "--pid", "--target", self.inside, *command], env=self.environment,
                              capture_output=True, text=True, timeout=seconds, check=False)

    def start(self, seconds=120):
        done = self.run("sh", SCRIPT, "start", seconds=seconds)
        assert done.returncode == 0, f"Synapse does not start: {done.stdout[-2000:]}{done.stderr[-2000:]}{self.log_text()}"
        return self

    def stop(self):
        """Ends it and waits until it is gone; its rooms stay."""
        done = self.run("sh", "-c", 'pid=$(cat "$0/pid") && sh "$1" stop && while grep -qs . "/proc/$pid/cmdline"; do sleep 0.1; done',
                        self.folder(), SCRIPT)
        assert done.returncode == 0, done.stderr

    def close(self):
        self.holder.stdin.close()
        try:
            self.holder.wait(10)
        except subprocess.TimeoutExpired:
            self.holder.kill()

    def log_text(self):
        with contextlib.suppress(OSError):
            with open(f"/proc/{self.inside}/root{self.folder()}/out.log", encoding="utf-8", errors="replace") as file:
                return file.read()[-3000:]
        return ""

    def call(self, method, path, body=None, token=None):
        """(status, answer) of a request of the client-server API."""
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def user(self, name, password="passord"):
        """A new account: user_id, access_token, device_id."""
        self.count += 1
        status, answer = self.call("POST", CLIENT + "/register", {
            "username": f"{name}{self.count}x", "password": password, "auth": {"type": "m.login.dummy"}})
        assert status == 200, answer
        return answer


# ---- people ----

Seen = collections.namedtuple("Seen", "room id sender event source at")
ALLOWED = {"a", "b", "strong", "i", "em", "p", "br", "ul", "ol", "li", "code", "pre", "blockquote"}


class Shown(html.parser.HTMLParser):
    """Holds HTML to what the specification allows in a message; `words` is what a person reads."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.parts = [], []
        self.feed(text)
        self.close()
        assert not self.stack, f"never closed: {self.stack}"
        self.words = "".join(self.parts)

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, f"the tag {tag}"
        assert all(tag == "a" and name == "href" and value.startswith(("http://", "https://", "mailto:")) or
                   tag == "ol" and name == "start" for name, value in attrs), f"attributes {attrs} of {tag}"
        if tag != "br":
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag != "br":
            assert self.stack and self.stack.pop() == tag, f"closed in the wrong order: {tag}"

    def handle_data(self, data):
        self.parts.append(data)


def fault_of(event):
    """What is wrong with a message of the bot, or None."""
    if not isinstance(event, nio.RoomMessageNotice):
        return "not a notice"
    if not event.body.strip() or "{{" in event.body or "**" in event.body:
        return "no plain text"
    try:
        shown = Shown(event.formatted_body or "").words
    except AssertionError as fault:
        return str(fault)
    lost = [word for word in re.findall(r"\w{3,}", shown) if word not in event.body]
    return f"the plain text lacks {lost}" if lost else None


class Loop(threading.Thread):
    """Where the clients run."""

    def __init__(self):
        super().__init__(daemon=True)
        self.loop = asyncio.new_event_loop()
        self.start()

    def run(self):
        self.loop.run_forever()

    def call(self, coroutine, seconds=60):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds * rig.PATIENCE)


LOOP = Loop()


class Person:
    """Somebody with a Matrix client. Everything the client shows is kept in `seen`, in its order."""

    def __init__(self, r, server, name, account=None, encrypts=False):
        self.server, self.name = server, name
        self.account = account or server.user(name)
        self.id, self.token = self.account["user_id"], self.account["access_token"]
        self.seen, self.ids, self.invites, self.typing, self.read, self.faults = [], set(), {}, [], set(), []
        self.bots = set()  # whose messages are held to the rules
        store = r.path(f"nio-{self.id[1:].split(':')[0]}") if encrypts else ""
        LOOP.call(self.open(store))
        r.callback(self.close)

    async def open(self, store):
        if store:
            os.mkdir(store)
        self.client = nio.AsyncClient(self.server.url, self.id, store_path=store)
        self.client.restore_login(self.id, self.account["device_id"], self.token)
        await self.sync(0)
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        self.task = asyncio.ensure_future(self.listen())

    async def listen(self):
        while True:
            try:
                await self.sync(10000)
            except (OSError, asyncio.TimeoutError, nio.exceptions.ProtocolError):
                await asyncio.sleep(0.1)
            except Exception as fault:  # else it would show up only as silence
                if "aiohttp" not in type(fault).__module__:
                    raise
                await asyncio.sleep(0.1)

    async def sync(self, timeout):
        answer = await self.client.sync(timeout, sync_filter={"room": {"timeline": {"limit": 200}}})
        if not isinstance(answer, nio.SyncResponse):
            await asyncio.sleep(0.1)
            return
        for room, news in answer.rooms.join.items():
            self.invites.pop(room, None)
            for event in news.timeline.events:
                self.take(room, event)
            for event in news.ephemeral:
                if isinstance(event, nio.TypingNoticeEvent):
                    self.typing.append((room, tuple(event.users)))
                elif isinstance(event, nio.ReceiptEvent):
                    self.read |= {(room, one.event_id, one.user_id) for one in event.receipts}
        for room, news in answer.rooms.invite.items():
            self.invites[room] = news.invite_state

    def take(self, room, event):
        if event.event_id in self.ids:
            return
        self.ids.add(event.event_id)
        self.seen.append(Seen(room, event.event_id, event.sender, event, event.source, time.monotonic()))
        if event.sender in self.bots and event.source["type"] == "m.room.message":
            fault = fault_of(event)
            if fault:
                self.faults.append((fault, event.source["content"]))

    def close(self):
        async def end():
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
            await self.client.close()
        LOOP.call(end())
        if sys.exc_info()[0] is None:
            assert not self.faults, self.faults

    def do(self, coroutine):
        """A call of the client; it must succeed."""
        answer = LOOP.call(coroutine)
        assert not isinstance(answer, nio.ErrorResponse), answer
        return answer

    def api(self, method, path, body=None):
        """A request that the client has no name for."""
        status, answer = self.server.call(method, CLIENT + path, body, self.token)
        assert status == 200, (method, path, answer)
        return answer

    def make(self, bot=None, preset="trusted_private_chat", **more):
        """Makes a room, as clients do for a private chat; the bot (a user id) is invited."""
        made = self.do(self.client.room_create(is_direct=True, invite=[bot] if bot else [],
                                               preset=nio.RoomPreset(preset), **more))
        return Room(self, made.room_id, bot)

    def chat(self, bot, **more):
        """A private chat in which the bot has arrived and has said who it is."""
        room = self.make(bot, **more)
        room.wait("robot")
        return room

    def join(self, room):
        self.do(self.client.join(room))
        wait_until("the client shows the room", lambda: room in self.client.rooms)


class Room:
    """A room as one person sees it."""

    def __init__(self, person, room, bot):
        self.person, self.id, self.bot = person, room, bot
        if bot:
            person.bots.add(bot)

    def messages(self, after=None, sender=None):
        """What the bot (or another) said here, after an event id."""
        seen = [one for one in list(self.person.seen) if one.room == self.id]
        if after:
            seen = seen[[one.id for one in seen].index(after) + 1:] if after in [one.id for one in seen] else []
        return [one for one in seen if one.sender == (sender or self.bot) and one.source["type"] == "m.room.message"]

    def got(self, words="", after=None):
        words = (words,) if isinstance(words, str) else words
        return [one for one in self.messages(after) if all(word in one.event.body for word in words)]

    def wait(self, words="", after=None, seconds=15):
        """A message of the bot with these words (all of them)."""
        try:
            return wait_until(f"{self.person.name} reads {words!r}", lambda: self.got(words, after), seconds)[-1]
        except AssertionError as fault:
            raise AssertionError(f"{fault}; it was: {[one.event.body for one in self.messages()][-5:]}") from None

    def send(self, content, kind="m.room.message"):
        """The event's id."""
        return self.person.do(self.person.client.room_send(self.id, kind, content, ignore_unverified_devices=True)).event_id

    def say(self, text, **more):
        return self.send({"msgtype": "m.text", "body": text, **more})

    def ask(self, text, words, **more):
        return self.wait(words, self.say(text, **more))

    def pick(self, label, words, how="number"):
        """Answers a question by the number of a choice, or by its words."""
        lines = [line for message in self.messages() for line in LINE.findall(message.event.body)]
        number, whole = next((line for line in reversed(lines) if line[1].startswith(label)), (None, None))
        assert number, f"no choice {label!r}: {self.messages()[-1].event.body!r}"
        return self.ask(number if how == "number" else whole, words)

    def react(self, key, message):
        return self.send({"m.relates_to": {"rel_type": "m.annotation", "event_id": message.id, "key": key}}, "m.reaction")

    def membership(self, user=None):
        """What the server says of the bot here; None: nothing."""
        state = self.person.api("GET", f"/rooms/{self.id}/state")
        return next((one["content"]["membership"] for one in state if one["type"] == "m.room.member" and
                     one["state_key"] == (user or self.bot)), None)

    def members(self):
        state = self.person.api("GET", f"/rooms/{self.id}/state")
        return {one["state_key"]: one["content"]["membership"] for one in state if one["type"] == "m.room.member"}

    def wait_membership(self, what, seconds=15):
        wait_until(f"the bot's membership is {what}", lambda: self.membership() == what, seconds, 0.05)

    def stored(self):
        """Bodies of the bot's messages as the server has stored them, oldest first: the truth about what was shown."""
        events, at = [], ""
        while True:
            page = self.person.api("GET", f"/rooms/{self.id}/messages?dir=f&limit=100{at}")
            events += page["chunk"]
            if not page.get("end") or not page["chunk"]:
                return [one["content"]["body"] for one in events if one["sender"] == self.bot and
                        one["type"] == "m.room.message"]
            at = "&from=" + page["end"]


# ---- the bridge ----

class Matrix(Bridge):
    """Signs in with a token, or with `password` (then it keeps its session in a file)."""

    up = "ready: write to"

    def __init__(self, r, server, bot, name="matrix", password=None, start=True, **settings):
        given = {"homeserver": server.url, "journal": r.path(name + ".journal"), "key_file": r.path(name + ".key"),
                 "poll_seconds": 5}
        secret = r.path(name + ".secret")
        write_private(secret, password or bot["access_token"])
        if password:
            given.update(user=bot["user_id"], password_file=secret, session_file=r.path(name + ".session"))
        else:
            given.update(token_file=secret)
        for key, value in given.items():
            settings.setdefault("matrix__" + key, value)
        self.secret, self.session = secret, settings.get("matrix__session_file")
        super().__init__([os.path.join(rig.BUILD, "selvhjelpsbot-matrix"), *r.options(**settings)], r.path(name + ".log"))
        r.callback(self.end)
        if start:
            self.start().logged(self.up, 20)

    def check(self):
        """`-n`: the exit status and what it says."""
        done = subprocess.run([self.arguments[0], "-n", *self.arguments[1:]], cwd=rig.ROOT, capture_output=True, text=True,
                              timeout=60 * rig.PATIENCE, check=False)
        return done.returncode, done.stdout + done.stderr


def write_private(path, text):
    with open(path, "w", encoding="utf-8") as file:
        os.chmod(path, 0o600)
        file.write(text + "\n")


class Sniffer(outside_rig.Sniffer):
    network = "matrix"

    def ins(self, event=None):
        """(chat token, message) of each that the bridge published, once each."""
        found = {}
        for chat, message in super().ins():
            found.setdefault(message["id"], (chat, message))
        return [one for one in found.values() if event is None or one[1].get("event") == event]


def start(r, server, **settings):
    """A bot of its own with core and bridge, and who listens: bot (user id), core, bridge, sniffer."""
    sniffer = Sniffer(r)
    core = r.core(**{key: value for key, value in settings.items() if key.startswith("core__")})
    account = server.user("bot")
    bridge = Matrix(r, server, account, **{key: value for key, value in settings.items() if not key.startswith("core__")})
    bridge.account = account
    return account["user_id"], core, bridge, sniffer


def no_address(r, sniffer, bridge, people, rooms):
    """Nobody's user id, nor a room's, stands on the broker or in any file; the bot's token stands in its file alone."""
    words = [p.id for p in people] + [p.id[1:].split(":")[0] for p in people] + [room.id for room in rooms]
    token = read(bridge.secret).decode().strip()
    assert len(sniffer.all()) > 5, "the search itself reads nothing"
    for topic, payload in sniffer.all():
        found = [w for w in words + [token] if w in topic or w.encode() in payload]
        assert not found, f"{found} on the broker: {topic} {payload!r}"
    for path, _, names in os.walk(r.folder):
        for name in names:
            secret = os.path.join(path, name) == bridge.secret
            found = [w for w in words + [token] * (not secret) if w.encode() in read(os.path.join(path, name))]
            assert not found, f"{found} in {name}"
    for what in ("cmdline", "environ"):
        assert token.encode() not in read(f"/proc/{bridge.pid}/{what}"), f"the token in the bridge's {what}"


# ---- requests, with words and numbers ----

def bind(r, room, point="link-bergen"):
    """Makes a coordinator of a chat. A word first, for the language."""
    room.ask("hva koster det", "gratis")
    return room.ask(f"koble {invite(r, point)}", "koblet til")


def join(room, place="Bergen", alias="Ola", words=None):
    """A resident's way to a request that is sent; its reference."""
    room.ask(f"jeg vil bli med i en gruppe i {place}", "tar imot forespørsel her")
    room.pick("Send til LINK", "18 år")
    room.pick("Ja, 18", "Før vi går videre", "words")
    room.pick("Ja, det er greit", "kalle deg")
    room.ask(f"Jeg heter {alias}.", "tre måter")
    room.pick("Her i chatten", "legge til noe", "words")
    if words:
        room.ask(words, "Dette sender jeg")
    else:
        room.pick("Hopp over", "Dette sender jeg")
    return REFERENCE.search(room.pick("Send", "Referansen din er").event.body)[0]


# ---- programs ----

SERVERS = {}  # limits or not → Synapse


def server(limits=False):
    """The program's Synapse, started when it is first asked for."""
    if limits not in SERVERS:
        SERVERS[limits] = Synapse(limits)
        SERVERS[limits].start()
    return SERVERS[limits]


def main(namespace):
    """Runs the tests of a program, or says why not. `--install`: installs Synapse first where it is missing."""
    if "--install" in sys.argv:
        sys.argv.remove("--install")
        if nio and not os.geteuid() and not installed():
            print(f"installing Synapse in {TREE}: about two minutes", flush=True)
            SERVERS[False] = Synapse()
            SERVERS[False].start(1200)
    reason = why_not()
    if reason:
        print(f"SKIPPED {os.path.relpath(namespace['__file__'], rig.ROOT)}, all of it: {reason}\n0 passed, 0 failed", flush=True)
        sys.exit(0)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # everything here is on this machine
    try:
        server()
        rig.main(namespace)
    finally:
        for one in SERVERS.values():
            one.close()
