#!/usr/bin/python3
"""A hundred people write to the bot in Telegram, press its buttons, share their places, change what they wrote, block the
bot and come back, while the bridge, the core and the broker are killed (-9), stopped and ended at random, their connections
are cut, and the server answers late, wrongly or not at all.

telegram_soak.py [--seconds N] [--seed N] [--chats N]: at the end every update is confirmed, every message is known to the
core once and answered, in the order of its chat; what was sent was sent again only where nobody could know that it had
been; and in a full queue a crisis is answered first. The seed is printed, so that a failing run can be played again."""

import argparse
import collections
import json
import os
import random
import signal
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import rig
from mqtt_tap import Tap
from rig import BUILD, PATIENCE, Process, Rig, wait_until
from telegram_witness import Journal, Judge, Ledger, Witness, Wrote, reply_id

TEXTS = ["hva koster det", "jeg bor i Horten", "Hei", "må jeg ha henvisning?", "kva er sjølvhjelp", "jeg bor i Herøy", "2",
         "er det taushetsplikt?", "takk", "bli med", "6800", "asdf", "hvorfor det?", "finn kontaktpunkt", "what is self-help",
         "kor er næraste kontaktpunkt?", "1", "meny", "/hjelp", "jeg vil starte en gruppe"]  # not "slett": it drops what waits
CRISES = ["orker ikke mer, vil bare dø", "min kone slår meg", "eg vil ikkje leve lenger", "I want to die"]
PLACES = [(60.3913, 5.3221), (59.4176, 10.4834), (69.6489, 18.9551), (58.1599, 8.0182), (48.85, 2.35)]
STRANGE = [b'{"update_id":@ID@,"message":{"message_id":}}', b'{"update_id":@ID@,"message":[]}', b'{"update_id":@ID@,"new_thing":{}}']
GARBAGE = [b"", b"<html>", b'{"ok":tru', b'[{"ok":true}]', b"\xff\xfe\x00"]
RATE = 12 / PATIENCE ** 0.5  # things that people do in a second
OPEN_MOST = 4  # a person waits for some answers before writing more
AT_ONCE_MOST = 20  # ordinary messages that a crisis may still have before it
SETTLE = 150


# ---- people ----

class Person:
    """Somebody with a chat; after some thirty messages another one comes instead."""

    def __init__(self, world, number):
        self.world, self.chance, self.name = world, world.chance, f"person {number}"
        self.user = world.peer.user(6_000_000_000 + number, self.chance.choice(("nb", "nn", "en", None)))
        self.wrote, self.blocks, self.open = [], [], collections.deque()
        self.editable, self.changed_at, self.left, self.known = collections.deque(maxlen=5), 0.0, 20 + self.chance.randrange(25), None

    def token(self):
        """The chat's name at the broker, once something came there."""
        if self.known is None:
            numbers = self.world.ledger.numbers
            self.known = next((numbers[int(one.suffix)] for one in self.wrote if one.suffix.isdigit() and
                               int(one.suffix) in numbers), None)
        return self.known

    def in_id(self, wrote):
        return wrote.suffix if wrote.kind == "press" else f"{self.token()}.{wrote.suffix}"

    def blocked_since(self, time_):
        return any(block >= time_ for block in self.blocks)

    def waits(self):
        """How many answers are still to come."""
        while self.open and (self.blocked_since(self.open[0].at) or self.is_over(self.open[0])):
            self.open.popleft()
        return len(self.open)

    def is_over(self, wrote):
        reply = self.token() and self.world.ledger.replies.get(reply_id(self.in_id(wrote)))
        return bool(reply) and reply.result is not None

    # -- what people do --

    def did(self, suffix, kind, due=True):
        wrote = Wrote(str(suffix), kind, due, self.user.last_update)
        self.wrote.append(wrote)
        self.left -= 1
        if due:
            self.open.append(wrote)

    def act(self):
        if self.user.blocked:
            if time.monotonic() > self.changed_at + 1.1 and self.chance.random() < 0.5:
                self.turn()
            return
        if self.waits() >= OPEN_MOST:
            return
        if not self.wrote:
            self.chance.choice((self.text, self.start))()
            return
        deeds = ((self.text, 40), (self.burst, 4), (self.press, 16), (self.place, 6), (self.edit, 7), (self.crisis, 4),
                 (self.sound, 3), (self.album, 2), (self.start, 2), (self.service, 2), (self.strange, 1), (self.turn, 4))
        self.chance.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])[0]()

    def text(self, text=None):
        if text is None:
            self.world.names += 1
            text = self.chance.choice((*TEXTS, *["Qx" + "".join(chr(97 + int(d)) for d in str(self.world.names))] * 6))
        number = self.user.text(text)
        self.did(number, "text")
        self.editable.append(number)

    def burst(self):
        for _ in range(3):
            self.text()

    def crisis(self):
        self.text(self.chance.choice(CRISES))

    def start(self):
        self.did(self.user.start(self.chance.choice((None, "plakat", "finn_kontaktpunkt"))), "start")

    def press(self):
        shown = [one for one in self.user.seen()[-8:] if one.buttons]
        if not shown:
            return
        message = self.chance.choice((shown[-1], self.chance.choice(shown)))
        label, data = self.chance.choice(message.buttons)
        if "slett" not in label.lower() and "delete" not in label.lower():
            self.did("q" + self.user.press(data, message.id), "press")

    def place(self):
        self.did(self.user.location(*self.chance.choice(PLACES)), "place")

    def edit(self):
        if self.editable:
            number = self.editable.popleft()
            self.did(f"{number}.e{self.user.edit(number, self.chance.choice((*TEXTS, CRISES[0])))}", "edit")

    def sound(self):
        self.did(self.chance.choice((self.user.voice, self.user.sticker))(), "voice")

    def album(self):
        """Two pictures, one message to the core."""
        album = f"{self.user.id}{len(self.wrote)}"
        self.user.photo(album=album)
        first = self.user.last_update
        self.user.photo(album=album)
        self.did(f"g{album}", "album")
        self.wrote[-1].updates.append(first)

    def service(self):
        self.user.service("message_auto_delete_timer_changed")
        self.did("", "nothing", due=False)

    def strange(self):
        self.user.last_update = self.world.peer.updates([self.chance.choice(STRANGE)])[0]
        self.did("", "nothing", due=False)

    def turn(self):
        """Blocks the bot, or lets it write again."""
        if time.monotonic() < self.changed_at + 1.1:  # two in one second would have the same id
            return
        self.changed_at = time.monotonic()
        name = "unblocked" if self.user.blocked else "blocked"
        with self.world.peer.lock:
            (self.user.unblock if self.user.blocked else self.user.block)()
            date = json.loads(self.world.peer.queue[-1][1])["my_chat_member"]["date"]
        self.did(f"m{date}.{name}", "member", due=False)
        if name == "blocked":
            self.blocks.append(time.monotonic())


# ---- what goes wrong ----

class Lane:
    """Faults of one kind, one after the other. Each is a generator that yields while it lasts."""

    def __init__(self, world, least, most, faults):
        self.world, self.least, self.most, self.faults = world, least, most, faults
        self.now, self.due = None, time.monotonic() + world.chance.uniform(least, most)

    def tick(self, go_on=True):
        """Whether a fault lasts."""
        if self.now is None and go_on and time.monotonic() >= self.due:
            self.now = self.world.chance.choice(self.faults)()
        if self.now and next(self.now, self) is self:
            self.now = None
            self.due = time.monotonic() + self.world.chance.uniform(self.least, self.most)
        return self.now is not None


def wait(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


class Program:
    """The bridge or the core, and what is done to it."""

    EVENTS = ("getUpdates", "sendMessage", "sendMessage", "in", "accepted", "out", "delivered")

    def __init__(self, world, name, process, died=lambda how, began: None, stopped=lambda start, end: None):
        self.world, self.name, self.process, self.died, self.stopped = world, name, process, died, stopped
        self.ought, self.since = True, time.monotonic()
        self.trap, self.sprung = None, None  # what it is to be killed at; when it was

    def start(self):
        self.process.start()
        self.ought, self.since = True, time.monotonic()

    def check(self):
        assert not self.ought or self.process.running(), (f"the {self.name} ended by itself, exit status "
                                                          f"{self.process.process.returncode}: {self.process.log_text()[-3000:]}")

    def spring(self, event):
        """Kills it just when this happens, if it is to be; from any thread."""
        if self.trap == event:
            self.ought, self.trap, self.sprung = False, None, time.monotonic()
            self.process.process.send_signal(signal.SIGKILL)

    def kill_at(self):
        """Kills it in the middle of its work."""
        event, end = self.world.chance.choice(self.EVENTS), time.monotonic() + 2
        self.trap = event
        while not self.sprung and time.monotonic() < end:
            yield
        self.trap = None
        if self.sprung:
            self.world.count(f"{self.name} -9 at {event}")
        yield from self.kill()

    def kill(self):
        self.world.count(f"{self.name} -9")
        self.ought, began = False, self.sprung or time.monotonic()
        self.process.kill()
        self.sprung = None
        self.died("kill", began)
        yield from wait(self.world.chance.choice((0, 0.3, 1.5)) * self.world.chance.random())
        self.start()

    def stop(self):
        self.world.count(f"{self.name} stopped")
        start = time.monotonic()
        self.process.signal(signal.SIGSTOP)
        yield from wait(self.world.chance.choice((0.3, 1, 3)) * self.world.chance.random())
        self.process.signal(signal.SIGCONT)
        self.stopped(start, time.monotonic())

    def end(self):
        self.world.count(f"{self.name} ended")
        self.ought, began = False, time.monotonic()
        young = began - self.since < PATIENCE  # may not catch signals yet
        self.process.signal(signal.SIGTERM)
        while self.process.running():
            assert time.monotonic() < began + 15 * PATIENCE, f"the {self.name} does not end on SIGTERM"
            yield
        status = self.process.process.returncode
        assert status == 0 or (young and status == -signal.SIGTERM), (f"the {self.name} ended with exit status {status}: "
                                                                      + self.process.log_text()[-3000:])
        self.died("kill" if status else "term", began)
        yield from wait(self.world.chance.choice((0, 0.5)) * self.world.chance.random())
        self.start()


class World:
    def __init__(self, r, chance, n_chats):
        self.r, self.chance, self.names, self.counts = r, chance, 0, collections.Counter()
        self.ledger, self.stops = Ledger(), []
        self.bridge = self.core = None
        self.peer = Witness(self.spring)
        r.callback(self.peer.end)
        self.tap = Tap(r.port, self.passes)
        r.callback(self.tap.close)
        self.journal = Journal(r.path("telegram.journal"))
        self.start_programs()
        self.n_people, self.gone = 0, []
        self.people = [self.newcomer() for _ in range(n_chats)]
        self.next_deed = time.monotonic()
        bridge, core = self.bridge, self.core
        self.lanes = [Lane(self, 0.5, 4, (bridge.kill, bridge.kill_at, bridge.kill_at, bridge.end, bridge.stop)),
                      Lane(self, 1, 6, (core.kill, core.kill_at, core.end, core.stop)),
                      Lane(self, 2, 10, (self.broker_killed, self.broker_killed, self.broker_ended, self.broker_stopped, self.cut)),
                      Lane(self, 0.1, 0.8, (self.server_fails,)),
                      Lane(self, 5, 25, (self.server_away, self.second_poller, self.idle_dropped, self.hangs))]

    def start_programs(self):
        r = self.r
        with open(r.path("token"), "w", encoding="utf-8") as file:
            file.write(self.peer.token + "\n")
        os.chmod(r.path("token"), 0o600)
        core = r.core(broker__port=self.tap.port)
        options = r.options(broker__port=self.tap.port, bridge__silence_seconds=2, telegram__token_file=r.path("token"),
                            telegram__api_base=self.peer.url, telegram__journal=self.journal.path,
                            telegram__key_file=r.path("telegram.key"), telegram__poll_seconds=3)
        bridge = Process([os.path.join(BUILD, "selvhjelpsbot-telegram"), *options], r.path("telegram.log"))
        r.callback(bridge.kill)
        bridge.start().logged("connected to the broker")
        self.core = Program(self, "core", core)
        self.bridge = Program(self, "bridge", bridge, self.bridge_died, self.bridge_stopped)

    def count(self, what):
        self.counts[what] += 1

    def spring(self, event):
        for program in (self.bridge, self.core):
            if program:
                program.spring(event)

    def passes(self, topic, payload):
        self.ledger.took(topic, payload)
        self.spring(topic.split("/")[2])

    def bridge_died(self, how, began):
        with self.peer.lock:
            epoch = self.peer.epoch
        self.journal.died(epoch, how, began)

    def bridge_stopped(self, start, end):
        self.stops.append((start, end))
        self.peer.after_stop()

    # -- people --

    def newcomer(self):
        self.n_people += 1
        return Person(self, self.n_people)

    def everybody(self):
        return self.gone + self.people

    def tick(self, go_on=True):
        now = time.monotonic()
        while go_on and self.next_deed <= now:
            self.next_deed += self.chance.expovariate(RATE)
            at = self.chance.randrange(len(self.people))
            self.people[at].act()
            if self.people[at].left <= 0 and not self.people[at].user.blocked:
                self.gone.append(self.people[at])
                self.people[at] = self.newcomer()
        busy = [lane.tick(go_on) for lane in self.lanes]
        self.core.check()
        self.bridge.check()
        time.sleep(0.005)
        return any(busy)

    # -- the broker --

    def broker_killed(self):
        self.count("broker -9")
        self.r.broker.kill()
        yield from wait(self.chance.choice((0, 0.5, 2.5)) * self.chance.random())
        self.r.broker = self.r.start_broker()

    def broker_ended(self):
        self.count("broker ended")
        self.r.broker.stop()
        yield from wait(0.3 * self.chance.random())
        self.r.broker = self.r.start_broker()

    def broker_stopped(self):
        self.count("broker stopped")
        self.r.broker.signal(signal.SIGSTOP)
        yield from wait(2 * self.chance.random())
        self.r.broker.signal(signal.SIGCONT)

    def cut(self):
        self.count("broker cut off")
        self.tap.cut()
        yield

    # -- the server --

    def server_fails(self):
        """One or a few requests go wrong, of one chat or of whoever comes next."""
        seconds = self.chance.choice((0.2, 1, 2.5)) * self.chance.random()
        after = self.chance.choice(((), ("after",)))
        faults = {"sendMessage": (("429", self.chance.randrange(1, 4)), ("status", 502), ("status", 500), ("cut",), ("reset", *after),
                                  ("slow", seconds, *after), ("garbage", self.chance.choice(GARBAGE), *after)),
                  "getUpdates": (("429", 1), ("status", 502), ("cut",), ("reset", *after), ("slow", seconds, *after),
                                 ("garbage", self.chance.choice((*GARBAGE, b'{"ok":true,"result":{}}')), *after)),
                  "*": (("status", 504), ("reset", *after), ("slow", seconds, *after), ("cut",)),
                  "answerCallbackQuery": (("429", 2), ("status", 502), ("reset", *after), ("cut",)),
                  "editMessageReplyMarkup": (("429", 2), ("status", 502), ("reset", *after), ("400", "Bad Request: MESSAGE_ID_INVALID"))}
        method = self.chance.choices(list(faults), (8, 4, 2, 1, 1))[0]
        what = self.chance.choice(faults[method])
        chat = self.chance.choice(self.people).user.id if method == "sendMessage" and self.chance.random() < 0.3 else None
        self.peer.fault(method, what, self.chance.choice((1, 1, 1, 2, 4)), chat)
        with self.peer.lock:
            del self.peer.faults[method][:-10]  # those of chats where nothing happens
        yield

    def server_away(self):
        self.count("server away")
        self.peer.interrupt(self.peer.down)
        yield from wait(2 * self.chance.random())
        self.peer.up()

    def second_poller(self):
        if self.chance.random() < 0.5:
            self.peer.rival()
        else:
            self.peer.fault("getUpdates", ("409",), self.chance.choice((1, 2)))
        self.count("second poller")
        yield

    def idle_dropped(self):
        self.count("idle dropped")
        self.peer.interrupt(self.peer.drop_idle)
        yield

    def hangs(self):
        method = self.chance.choice(("sendMessage", "sendMessage", "getUpdates"))
        self.peer.fault(method, ("hang", *self.chance.choice(((), ("after",)))))
        yield


# ---- the end ----

def settle(world):
    """No more faults; waits until nothing is open."""
    end = time.monotonic() + SETTLE * PATIENCE
    for lane in world.lanes:
        while lane.tick(False):
            time.sleep(0.005)
    for faults in world.peer.faults.values():
        faults.clear()
    wait_until("every update is confirmed", lambda: world.tick(False) or not world.peer.queue, SETTLE)
    waiting = [one for one in world.everybody()]

    def settled():
        world.tick(False)
        waiting[:] = [one for one in waiting if one.waits()]
        return not waiting
    try:
        wait_until("every message is answered", settled, max(1.0, (end - time.monotonic()) / PATIENCE))
    except AssertionError as error:
        sample = [(one.name, [(wrote.kind, wrote.suffix) for wrote in one.open][:3]) for one in waiting[:5]]
        raise AssertionError(f"{error}: {len(waiting)} chats wait, {sample}; " + world.bridge.process.log_text()[-2000:]) from None


def rush(world):
    """All write at once, and then some are in need: they come before those who wait."""
    for person in world.people:
        if not person.user.blocked:
            person.text(TEXTS[0])
            person.text(TEXTS[2])
    time.sleep(0.6)
    in_need = [world.newcomer() for _ in range(5)]
    for person in in_need:
        person.text(CRISES[0])
    world.people += in_need
    wait_until("all are answered after the rush", lambda: world.tick(False) or not any(one.waits() for one in world.people), SETTLE)
    return max(before_crisis(world, person) for person in in_need)


def before_crisis(world, person):
    """How many others got their answer between the core's crisis answer and its arrival."""
    reply = world.ledger.replies[reply_id(person.in_id(person.wrote[0]))]
    arrived = next(one.at for one in world.peer.sent if one.chat == person.user.id)
    assert reply.urgent, "the core does not call it urgent"
    return sum(1 for one in world.peer.sent if reply.at < one.at < arrived)


def check_database(world):
    """The core has each message once, and nothing left to send."""
    database = sqlite3.connect(world.r.path("core.db"))
    (known,), (left,) = (database.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("inbox", "outbox"))
    database.close()
    assert known == len(world.ledger.ids), f"{len(world.ledger.ids)} messages came to the core, it knows {known}"
    assert left == 0, f"{left} replies are left in the core"


def check_confirmed(world):
    updates = [number for one in world.everybody() for wrote in one.wrote for number in wrote.updates]
    confirmed = set(world.peer.confirmed)
    lost = [number for number in updates if number not in confirmed]
    assert not lost, f"{len(lost)} of {len(updates)} updates are not confirmed: {lost[:5]}"
    assert len(world.peer.confirmed) == len(confirmed) == len(set(updates)), "updates that nobody made"
    return len(updates)


def check(world, seed, seconds, before):
    status, world.bridge.ought = world.bridge.process.stop(), False
    world.bridge_died("term", time.monotonic())
    core_status, world.core.ought = world.core.process.stop(), False
    judge = Judge(world.peer, world.ledger, world.journal, world.stops)
    judge.judge(world.everybody())
    updates = check_confirmed(world)
    seen = {name[6:]: count for name, count in world.peer.counts.items() if name.startswith("fault ")}
    print(f"seed {seed}, {seconds:.0f} s: {updates} updates of {len(world.everybody())} chats, {judge.answered} answers "
          f"({judge.excused} not owed after a block), {len(world.peer.sent)} messages sent ({judge.offline} by the bridge itself), "
          f"{judge.doubles} twice {dict(judge.causes)}")
    print(f"  {dict(sorted(world.counts.items()))}; the server: {dict(sorted(seen.items()))}")
    print(f"  journal {world.journal.largest} bytes at most, written down within {judge.slowest_note:.3f} s; "
          f"{before} others went before a crisis in the rush", flush=True)
    assert status == 0, f"the bridge ends with {status}: " + world.bridge.process.log_text()[-3000:]
    assert core_status == 0, f"the core ends with {core_status}: " + world.core.process.log_text()[-3000:]
    for program in (world.bridge, world.core):
        log = program.process.log_text()
        assert "bug" not in log.lower() and "Sanitizer" not in log, log[-3000:]
    assert not judge.faults, f"{len(judge.faults)} faults:\n  " + "\n  ".join(judge.faults[:10])
    assert not world.ledger.faults, world.ledger.faults[:3]
    assert not world.ledger.refused, list(world.ledger.refused.items())[:3]
    assert before <= AT_ONCE_MOST, f"{before} others were answered before a crisis"
    assert world.journal.largest < 65536 + min(5 << 20, 300 * len(world.journal.marks)), "the journal grows"
    check_database(world)
    world.peer.end()
    world.peer.check()
    assert updates and judge.answered, "too little happened"


def run(seconds, seed, n_chats):
    chance = random.Random(seed)
    with Rig() as r:
        world = World(r, chance, n_chats)
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                world.tick()
            settle(world)
            check(world, seed, seconds, rush(world))
        except BaseException:
            print(f"  the server saw: {world.peer.violations[:10]}", flush=True)
            raise


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--chats", type=int, default=100)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    run(arguments.seconds, arguments.seed, arguments.chats)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
