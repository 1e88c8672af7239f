"""The Telegram bridge as the live tests start it: the real program, core and broker, and the strict peer at the other end.

    with playing() as p:                 p.peer, p.rig, p.core, p.bridge, p.wire
        kari = p.user()
        kari.ask("hva koster det?", "gratis")

At the end the bridge must stop with status 0 (under a sanitizer this shows its leaks), the peer must have seen nothing that
Telegram refuses, and everything on the broker must keep the contract's schemas and hold neither token nor chat id."""

import concurrent.futures
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import traceback

import rig
from rig import TOPICS, Client, Process, Rig, wait_until

import check_schemas
from telegram_peer import TelegramPeer

PROGRAM = os.path.join(rig.BUILD, "selvhjelpsbot-telegram")
NUMBERS = ("113", "116 123")  # stand in every answer to what could not be read
CHECKED = ("delivered/", "accepted/", "out/")
CRISIS = "jeg vil bare dø"
OFFLINE = ("113", "116 123", "robot")
OLD_BUTTON = "Den knappen gjelder ikke lenger"
chats = itertools.count(7_412_000_001)  # ids as Telegram gives them: more than 32 bits, found nowhere by chance


class Telegram(Process):
    """The program under test, in the rig's folder."""

    def __init__(self, r, peer, start=True, check=False, **settings):
        self.token_file = r.path("token")
        if not os.path.exists(self.token_file):
            write_secret(self.token_file, peer.token + "\n")
        given = {"token_file": self.token_file, "api_base": peer.url, "journal": r.path("telegram.journal"),
                 "key_file": r.path("telegram.key"), "poll_seconds": 20}
        for key, value in given.items():
            settings.setdefault("telegram__" + key, value)
        self.expected = 0  # the exit status of a stop
        super().__init__([PROGRAM, *(["-n"] if check else []), *r.options(**settings)], r.path("telegram.log"))
        r.callback(self.end)
        if start:
            self.start()
            self.ready()

    def ready(self, before=0):
        """Until it knows the bot and the broker."""
        wait_until("the bridge is ready", lambda: all(self.log_text().count(words) > before for words in (
            "ready: write to @", "connected to the broker")) or not self.running(), 20)
        assert self.running(), "the bridge does not start: " + self.log_text()[-2000:]

    def again(self):
        """Starts it after its end."""
        before = self.log_text().count("ready: write to @")
        self.start()
        self.ready(before)

    def restart(self):
        self.end()
        self.again()

    def end(self):
        """A program that still runs must end well."""
        if self.running():
            status = self.stop()
            assert status == self.expected, f"exit status {status}: " + self.log_text()[-3000:]
        if self.process:
            assert "Sanitizer" not in self.log_text(), self.log_text()[-6000:]


class Wire(Client):
    """Everything that goes through the broker."""

    def __init__(self, r, secrets=()):
        self.secrets = [secret.encode() for secret in secrets]
        super().__init__(r.port, f"wire-{time.monotonic_ns()}", [f"{TOPICS}/#"])
        r.callback(self.end)

    def end(self):
        """The contract is kept (`in` and status have tests of their own), and no secret is told."""
        self.close()
        for topic, payload in self.all():
            faults = check_schemas.validate(topic.split("/")[0], json.loads(payload)) if topic.startswith(CHECKED) else []
            assert not faults, (faults, topic, payload)
            found = [one for one in self.secrets if one in payload or one in topic.encode()]
            assert not found, f"{found} on the broker: {topic} {payload!r}"

    def all(self):
        """(topic, payload) of each message, repeats too, in order."""
        with self.lock:
            return [(topic[len(TOPICS) + 1:], payload) for topic, payload, _ in self.messages]

    def of(self, topic):
        """The messages whose topic begins so, with the chat's token as "chat" where there is one."""
        return [{**json.loads(payload), "chat": name.split("/")[-1]} for name, payload in self.all()
                if payload and name.startswith(topic)]

    def ins(self, **members):
        """What the bridge told the core, each message once, where it has these members."""
        known = {one["id"]: one for one in reversed(self.of("in/telegram/"))}
        return [one for one in reversed(list(known.values())) if all(one.get(k) == v for k, v in members.items())]

    def wait_in(self, seconds=10, **members):
        return wait_until(f"the core is told {members}", lambda: self.ins(**members), seconds)[-1]

    def results(self, out_id=None, result=None):
        """What the bridge told of replies, in order."""
        return [one for report in self.of("delivered/telegram") for one in report["results"]
                if out_id in (None, one["id"]) and result in (None, one["result"])]

    def status(self):
        found = self.of("status/telegram")
        return found[-1] if found else {"state": "unknown"}

    def faults(self):
        return " | ".join(self.status().get("faults", []))

    def counter(self, name):
        return self.status().get("counters", {}).get(name, 0)

    def wait_fault(self, words, seconds=10):
        wait_until(f"the status tells {words!r}", lambda: words in self.faults(), seconds)

    def wait_no_fault(self, seconds=10):
        wait_until("the status tells no fault", lambda: self.status()["state"] == "online" and not self.faults(), seconds)


class Playing:
    """All of it, running."""

    def __init__(self, r, peer, core=True, start=True, **settings):
        self.rig, self.peer = r, peer
        self.settings = settings
        own = {key: value for key, value in settings.items() if key.startswith("core__")}
        self.core = r.core(**own) if core else None
        self.wire = Wire(r, [peer.token.split(":")[1]])
        self.bridge = Telegram(r, peer, start, **settings)

    def user(self, language_code="nb", **more):
        """A new person; nobody on the broker may learn their chat id."""
        number = next(chats)
        self.wire.secrets.append(str(number).encode())
        return self.peer.user(number, language_code, **more)

    def users(self, count):
        return [self.user() for _ in range(count)]

    def told(self, number, seconds=10):
        """What the core was told of a message (of a private chat)."""
        return wait_until(f"the core is told of message {number}", lambda: next(
            (one for one in self.wire.ins() if one["id"].endswith(f".{number}")), None), seconds)

    def token(self, user):
        """The chat's token on the broker; costs a question and its answer."""
        number = user.text("hva koster det?")
        user.wait("gratis", 20, after=number)
        return self.told(number)["chat"]

    def out(self, token, out_id, text, **members):
        """A reply as the core sends them; the real one does not know it, so it comes once."""
        self.wire.publish(f"{TOPICS}/out/telegram/{token}", {"id": out_id, "language": "nb", "text": text, "choices": [], **members})

    def wait_result(self, out_id, result, seconds=10):
        return wait_until(f"{out_id} is {result}", lambda: self.wire.results(out_id, result), seconds)[-1]

    def stop_core(self):
        self.core.signal(signal.SIGSTOP)

    def go_on_core(self):
        self.core.signal(signal.SIGCONT)


@contextlib.contextmanager
def playing(*expected, **settings):
    """`expected`: patterns of what the peer may complain of."""
    with TelegramPeer() as peer:
        for pattern in expected:
            peer.expect(pattern)
        with Rig() as r:
            yield Playing(r, peer, **settings)


class Shared:
    """One such play for many tests, each with persons of its own; begun by the first test that needs it."""

    def __init__(self, **settings):
        self.settings, self.stack, self.play = settings, contextlib.ExitStack(), None

    def __call__(self):
        if not self.play:
            self.play = self.stack.enter_context(playing(**self.settings))
        return self.play

    def end(self):
        """Ends it, and fails when anything was wrong in any of the tests."""
        self.play = None
        self.stack.close()


def main(namespace, shared):
    """Like rig.main; what the tests share ends with its own test, or here."""
    try:
        rig.main(namespace)
    finally:
        if shared.play:
            shared.end()


def main_together(namespace, at_a_time=4):
    """Like rig.main for tests that each have everything of their own and mostly wait: some of them at a time."""
    tests = [value for name, value in namespace.items() if name.startswith("test_") and callable(value)
             and (len(sys.argv) < 2 or sys.argv[1] in name)]

    def one(test):
        started = time.monotonic()
        try:
            test()
            return f"PASS {test.__name__} ({time.monotonic() - started:.1f} s)"
        except Exception:  # each test reports by itself; the others still run
            return f"FAIL {test.__name__}\n{traceback.format_exc()}"

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        for line in pool.map(one, tests):
            failed += line.startswith("FAIL")
            print(line, flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not tests else 0)


# ---- small things ----

def write_secret(path, text, mode=0o600):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def said(user, words="", after=0):
    """The messages of the bot with these words since one."""
    return [one for one in user.seen() if one.id > after and words in one.text]


def texts(user):
    return [one.text for one in user.seen()]


def units(text):
    return len(text.encode("utf-16-le")) // 2


def check(r, peer, **settings):
    """Runs the program with -n; the finished process with what it said."""
    bridge = Telegram(r, peer, start=False, check=True, **settings)
    return subprocess.run(bridge.arguments, cwd=rig.ROOT, capture_output=True, text=True, timeout=60 * rig.PATIENCE, check=False)


def health(r):
    return r.ctl("health", core__database=r.path("core.db"))


class Desk:
    """A person of the peer, as desk_rig.py wants a bridge: asks and buttons by chat."""

    @staticmethod
    def ask(user, text=None, choice=None, words=""):
        """Says or presses something; the next message of the bot that has buttons or is the last of its reply."""
        after = user.text(text) if choice is None else max((one.id for one in user.seen()), default=0)
        if choice is not None:
            user.press(choice)
        shown = user.wait(words, 20, after)
        return {"text": shown.text, "choices": [[{"label": label, "value": data}] for label, data in shown.buttons], "shown": shown}
