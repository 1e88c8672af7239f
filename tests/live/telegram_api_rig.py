"""What test_telegram_api.py drives: the npm package telegram-test-api with its users (telegram-test-api/server.js), and the
Telegram bridge.

The package is installed by `npm ci` once for a lock file, under BUILD. What it cannot show: it forgets what a bot has read,
knows no `offset`, answers getUpdates at once, refuses no text and no chat. Every message is therefore held to Telegram's own
rules here, in Users.check."""

import fcntl
import hashlib
import html
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading

import rig
import outside_rig
from desk_rig import REFERENCE, invite
from outside_rig import Bridge, read
from rig import Process, wait_until

HERE = os.path.join(rig.ROOT, "tests", "live", "telegram-test-api")
TOKEN = f"{6 * 10**9 + os.getpid()}:" + hashlib.sha256(os.urandom(8)).hexdigest()[:35]
METHODS = {"getMe", "getUpdates", "sendMessage", "answerCallbackQuery", "editMessageReplyMarkup", "sendChatAction"}
BODY = {"chat_id", "text", "parse_mode", "link_preview_options", "reply_markup"}
MARKUP = re.compile(r'<(/?)(b|i|a|code|pre|blockquote)( href="https?://[^"<>\s]+")?>|&(?:lt|gt|amp|quot);|[^<&]')


# ---- the package ----

class Skipped(Exception):
    """The package cannot be had here."""


def install():
    """The folder node_modules as the lock file has it; installed when it is not there yet. Raises Skipped."""
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing:
        raise Skipped(f"{' and '.join(missing)} not found (Debian packages nodejs and npm)")
    sources = [os.path.join(HERE, name) for name in ("package.json", "package-lock.json")]
    key = hashlib.sha256(b"".join(map(read, sources))).hexdigest()[:16]
    cache = os.path.join(rig.BUILD, "npm", "telegram-test-api")
    folder = os.path.join(cache, key)
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test programs may come at once
        if not os.path.isdir(folder):
            work = folder + ".new"
            shutil.rmtree(work, ignore_errors=True)
            os.makedirs(work)
            for source in sources:
                shutil.copy(source, work)
            run_npm(work)
            os.rename(work, folder)
    return os.path.join(folder, "node_modules")


def run_npm(folder):
    """No program of any package is run by it: what is installed is only read."""
    try:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        raise Skipped("npm ci has not ended within 180 s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise Skipped(f"npm ci ends with {done.returncode}: " + " / ".join(lines[:2]))


# ---- Telegram and its users ----

def shown(text):
    """What a person reads of a text in Telegram's HTML. Raises where Telegram would refuse the text."""
    words, stack, end = [], [], 0
    for part in MARKUP.finditer(text):
        assert part.start() == end, f"not allowed in Telegram's HTML: {text[end:end + 40]!r}"
        end = part.end()
        closes, tag, _ = part.groups()
        if not tag:
            words.append(html.unescape(part[0]))
        elif closes:
            assert stack and stack.pop() == tag, f"closed in the wrong order: {part[0]} in {text!r}"
        else:
            assert (tag == "a") == bool(part[3]), f"a link without an address, or a tag with one: {part[0]}"
            stack.append(tag)
    assert end == len(text), f"not allowed in Telegram's HTML: {text[end:end + 40]!r}"
    assert not stack, f"never closed: {stack} in {text!r}"
    return "".join(words)


class Users(Process):
    """server.js: the Bot API server and everyone who writes to the bot."""

    def __init__(self, r):
        self.port = rig.free_port()
        with open(r.path("token"), "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        os.chmod(r.path("token"), 0o600)
        super().__init__(["env", f"NODE_PATH={install()}", "node", os.path.join(HERE, "server.js"), str(self.port),
                          r.path("token")], r.path("node.log"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.messages = []  # that the bot sent, in order; "buttons" are those of now
        self.faults, self.ready, self.done, self.counts = [], threading.Event(), queue.Queue(), None
        r.callback(self.end)
        self.start()
        threading.Thread(target=self.read, daemon=True).start()
        wait_until("the Bot API server is up", lambda: self.ready.is_set() or self.faults, 20)
        assert not self.faults, self.faults

    def read(self):
        for text in self.process.stdout:
            line = json.loads(text)
            event = line.pop("event")
            if event == "message":
                self.check(line)
                self.messages.append(line)
            elif event == "edited":
                message = next(one for one in self.messages if one["message"] == line["message"])
                message["buttons"] = line["buttons"]
            elif event == "calls":
                self.counts = line
            elif event == "error":
                self.faults.append(line["error"])
                self.done.put(None)
            else:
                (self.ready.set if event == "ready" else lambda: self.done.put(line))()

    def check(self, line):
        """Holds a message to what Telegram accepts and what this bot promises; `words` is what a person reads."""
        line["words"] = ""
        try:
            assert line.get("parse_mode") == "HTML", f"parse_mode {line.get('parse_mode')!r}"
            line["words"] = shown(line["text"])
            assert line["words"].strip(), "a text of nothing"
            assert len(line["words"].encode("utf-16-le")) <= 2 * 4096, "longer than 4,096 units"
            assert "{{" not in line["words"] and "**" not in line["words"], "raw markup is shown"
            assert set(line["body"]) <= BODY, line["body"]
            markup = line.get("reply_markup") or {}
            assert set(markup) - {"input_field_placeholder"} in (
                set(), {"inline_keyboard"}, {"remove_keyboard"}, {"keyboard", "one_time_keyboard", "resize_keyboard"}), markup
            assert len(markup.get("input_field_placeholder", "")) <= 64, markup
            assert all(len(row) == 1 for row in markup.get("inline_keyboard", [])), "one button a row"
            for label, data in line["buttons"]:
                assert label.strip() and 1 <= len(data.encode()) <= 64, (label, data)
        except AssertionError as fault:
            self.faults.append(f"{fault} in the message {line['text']!r}")

    def do(self, **line):
        """Carries a line out: when this returns, the bot can read what was sent."""
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()
        assert self.done.get(timeout=20 * rig.PATIENCE), f"{line}: {self.faults[-1]}"

    def calls(self):
        self.do(do="calls")
        return self.counts["calls"]

    def end(self):
        """Also shows what was wrong in any message, and calls that the bot should not have made."""
        try:
            if self.running() and sys.exc_info()[0] is None:
                calls = self.calls()
                assert set(calls) <= METHODS and not self.counts["strange"], self.counts
                self.process.stdin.close()
                assert self.process.wait(20 * rig.PATIENCE) == 0, self.log_text()[-2000:]
            assert not self.faults, self.faults
        finally:
            self.kill()


class Person:
    """Somebody with the Telegram app. `language` is the app's."""

    def __init__(self, users, name, language=None, **more):
        Person.last = getattr(Person, "last", 7_312_000_000 + os.getpid() % 1000 * 1000) + 17
        self.id = Person.last
        self.users = users
        self.who = {"user": self.id, "name": name, **({"language": language} if language else {}), **more}
        self.chat = more.get("chat", self.id)

    def got(self, words="", after=0):
        """Messages that have all of the words; `words` may be one text or several."""
        words = (words,) if isinstance(words, str) else words
        return [m for m in self.users.messages[after:] if m["chat"] == self.chat and all(w in m["words"] for w in words)]

    def wait(self, words, after=0, seconds=15):
        try:
            return wait_until(f"{self.who['name']} reads {words!r}", lambda: self.got(words, after), seconds)[-1]
        except AssertionError as fault:
            heard = [m["words"] for m in self.got(after=after)]
            raise AssertionError(f"{fault}; it was: {heard}") from None

    def mark(self):
        return len(self.users.messages)

    def say(self, text):
        self.users.do(do="command" if text.startswith("/") else "text", text=text, **self.who)

    def send(self, content):
        self.users.do(do="content", content=content, **self.who)

    def ask(self, text, words):
        """Says something and waits for a message with the words; that message."""
        before = self.mark()
        self.say(text)
        return self.wait(words, before)

    def button(self, label, among=None):
        """The newest message with such a button, and the button's value."""
        for message in [among] if among else reversed(self.got()):
            for name, value in message["buttons"]:
                if name.startswith(label):
                    return message, value
        raise AssertionError(f"{self.who['name']} sees no button {label!r}: {[m['buttons'] for m in self.got()[-3:]]}")

    def tap(self, label, among=None):
        message, value = self.button(label, among)
        self.users.do(do="press", message=message["message"], data=value, **self.who)
        return message

    def press(self, label, words, among=None):
        """Presses a button and waits for a message with the words; that message."""
        before = self.mark()
        self.tap(label, among)
        return self.wait(words, before)


# ---- the bridge ----

class Telegram(Bridge):
    def __init__(self, r, users, start=True, **settings):
        given = {"token_file": r.path("token"), "api_base": f"http://127.0.0.1:{users.port}",
                 "journal": r.path("telegram.journal"), "key_file": r.path("telegram.key")}
        for key, value in given.items():
            settings.setdefault("telegram__" + key, value)
        super().__init__([os.path.join(rig.BUILD, "selvhjelpsbot-telegram"), *r.options(**settings)], r.path("telegram.log"))
        r.callback(self.end)
        if start:
            self.start()
            self.logged(self.up, 20)


class Sniffer(outside_rig.Sniffer):
    network = "telegram"


def start(r, **settings):
    """Telegram with its users, the core, the bridge, and who listens to all of it."""
    users, sniffer = Users(r), Sniffer(r)
    core = r.core(**{k: v for k, v in settings.items() if k.startswith("core__")})
    return users, core, Telegram(r, users, **settings), sniffer


def no_address(r, sniffer, bridge, people):
    """Nobody's number or name stands on the broker or in any file; the token stands in its file alone."""
    words = [str(p.id) for p in people] + [p.who["name"] for p in people] + [f"bruker{p.id}" for p in people]
    assert len(sniffer.all()) > 5, "the search itself reads nothing"
    for topic, payload in sniffer.all():
        found = [w for w in words + [TOKEN] if w in topic or w.encode() in payload]
        assert not found, f"{found} on the broker: {topic} {payload!r}"
    for name in os.listdir(r.folder):
        found = [w for w in words + [TOKEN] * (name != "token") if w.encode() in read(r.path(name))]
        assert not found, f"{found} in {name}"
    for what in ("cmdline", "environ"):
        assert TOKEN.encode() not in read(f"/proc/{bridge.pid}/{what}"), f"the token in the bridge's {what}"


def bind(r, person, code_words="koble {}", point="link-bergen"):
    """Makes a coordinator of a person. A word first, for the language."""
    person.ask("hva koster det", "gratis")
    return person.ask(code_words.format(invite(r, point)), "koblet til")


def fill_in(person, place="Bergen", alias="Ola", words=None):
    """A resident's way to the summary; the summary."""
    person.ask(f"jeg vil bli med i en gruppe i {place}", "tar imot forespørsel her")
    person.press("Send til LINK", "18 år")
    person.press("Ja, 18", "Før vi går videre")
    person.press("Ja, det er greit", "kalle deg")
    person.ask(f"Jeg heter {alias}.", "tre måter")
    person.press("Her i chatten", "legge til noe")
    return person.ask(words, "Dette sender jeg") if words else person.press("Hopp over", "Dette sender jeg")


def join(person, *arguments, **more):
    fill_in(person, *arguments, **more)
    return REFERENCE.search(person.press("Send", "Referansen din er")["words"])[0]
