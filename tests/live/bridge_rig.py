"""What test_bridge.py plays and drives: a core that drops, delays, doubles and reorders, and a network of many chats
(many_bridge.c)."""

import signal
import collections
import json
import os
import random
import subprocess
import threading
import time

import rig
from rig import TOPICS, Client, Process, wait_until

NETWORK = "test"


class FakeCore(Client):
    """Accepts and answers, or what `policy` says: it gets each message at each arrival and returns what to do:
    `accept`, `drop`, `double` or a delay in seconds."""

    def __init__(self, r, policy=None, status=True, reply=True, drop_delivered=None, repeat=0.3):
        self.policy = policy or (lambda message, arrival: "accept")
        self.drop_delivered = drop_delivered or (lambda ids: False)
        self.answers = reply
        self.arrived = []  # (chat, message) at each arrival
        self.first = collections.OrderedDict()  # id → (chat, message)
        self.accepted = set()  # ids told to the bridge
        self.undelivered = collections.OrderedDict()  # out id → (chat, payload)
        self.results = {}  # out id → last result
        self.reports = []  # number of results in each `delivered`
        self.faults = []
        self.most_open = 0
        self.state = threading.RLock()
        self.closed = threading.Event()
        super().__init__(r.port, f"fakecore-{time.monotonic_ns()}",
                         [f"{TOPICS}/in/{NETWORK}/+", f"{TOPICS}/delivered/{NETWORK}", f"{TOPICS}/status/{NETWORK}"])
        if status:
            self.say("online")
        if repeat:
            threading.Thread(target=self.repeat_outs, args=(repeat,), daemon=True).start()

    def say(self, state):
        self.publish(f"{TOPICS}/status/core", {"state": state, "since": rig.now(), "version": "fake"}, retain=True)

    def close(self):
        self.closed.set()
        self.client.disconnect()  # first, so that the loop ends at once
        self.client.loop_stop()

    def took(self, topic, payload):
        kind, *rest = topic[len(TOPICS) + 1:].split("/")
        with self.state:
            if kind == "in":
                self.took_in(rest[1], json.loads(payload))
            elif kind == "delivered":
                self.took_delivered(json.loads(payload)["results"])

    def took_in(self, chat, message):
        id_ = message["id"]
        arrival = sum(1 for _, m in self.arrived if m["id"] == id_)
        self.arrived.append((chat, message))
        if id_ not in self.first:
            self.first[id_] = (chat, message)
            before = [i for i, (c, _) in self.first.items() if c == chat and i != id_ and i not in self.accepted]
            if before:
                self.faults.append(f"{id_} came while {before} of its chat were not accepted")
            self.most_open = max(self.most_open, len(self.first) - len(self.accepted & set(self.first)))
        todo = self.policy(message, arrival)
        if isinstance(todo, float):
            threading.Timer(todo, self.accept, (chat, message)).start()
        elif todo != "drop":
            for _ in range(2 if todo == "double" else 1):
                self.accept(chat, message)

    def accept(self, chat, message):
        with self.state:
            id_ = message["id"]
            new = id_ not in self.accepted
            self.accepted.add(id_)
            if new and self.answers and message.get("event") != "moved":
                self.send_out(chat, f"r-{id_}", f"svar på {message.get('text', '')}", answers=id_)
        self.publish(f"{TOPICS}/accepted/{NETWORK}", {"ids": [id_], "refused": []})

    def refuse(self, id_, reason):
        self.publish(f"{TOPICS}/accepted/{NETWORK}", {"ids": [], "refused": [{"id": id_, "reason": reason}]})

    def send_out(self, chat, id_, text, **members):
        payload = {"id": id_, "language": "nb", "text": text, "choices": [], **members}
        with self.state:
            self.undelivered[id_] = (chat, payload)
        self.publish(f"{TOPICS}/out/{NETWORK}/{chat}", payload)

    def repeat_outs(self, every):
        shuffle = random.Random(4)
        while not self.closed.wait(every):
            with self.state:
                waiting = list(self.undelivered.values())
            shuffle.shuffle(waiting)
            for chat, payload in waiting:
                self.publish(f"{TOPICS}/out/{NETWORK}/{chat}", payload)

    def took_delivered(self, results):
        self.reports.append(len(results))
        if self.drop_delivered([one["id"] for one in results]):
            return
        for one in results:
            self.results[one["id"]] = one
            if one["result"] != "later":
                self.undelivered.pop(one["id"], None)

    def status(self):
        with self.lock:
            found = [payload for topic, payload, _ in self.messages if topic == f"{TOPICS}/status/{NETWORK}"]
        return json.loads(found[-1]) if found else None

    def texts(self, chat=None):
        with self.state:
            return [m.get("text") for c, m in self.first.values() if chat is None or c == chat]


class Network(Process):
    """many_bridge: lines in, events out."""

    def __init__(self, r, delay=0, name="many", **settings):
        for key, value in {"network": NETWORK, "journal": r.path(name + ".journal"), "key_file": r.path("key")}.items():
            settings.setdefault("console__" + key, value)
        super().__init__([os.path.join(rig.BUILD, "tests", "many_bridge"), "-d", str(delay), *r.options(**settings)],
                         r.path(name + ".log"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.events = []  # [what, address, id, text]
        r.callback(self.end)
        self.start()

    def start(self):
        super().start()
        self.started = time.monotonic()
        threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True).start()
        return self

    def end(self):
        """A program that still runs must end well; under a sanitizer this shows its leaks."""
        if self.running():
            young = time.monotonic() - self.started < rig.PATIENCE  # may not catch signals yet
            status = self.stop()
            assert status == 0 or (young and status == -signal.SIGTERM), f"exit status {status}: " + self.log_text()[-2000:]

    def read(self, stdout):
        for line in stdout:
            self.events.append(line.decode().rstrip("\n").split("\t", 3))

    def write(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def send(self, address, text, id_=None, age=0):
        self.write(f"{address}\t{text}" if id_ is None else f"{address}\t{id_}\t{age}\t{text}")

    def got(self, what, address=None):
        return [e for e in list(self.events) if e[0] == what and address in (None, e[1])]

    def wait(self, what, count=1, address=None, seconds=10):
        return wait_until(f"{count} × {what}", lambda: len(self.got(what, address)) >= count and
                          self.got(what, address), seconds)


def setup(r, delay=0, core=None, **settings):
    """A fake core and the network, connected."""
    fake = FakeCore(r, **(core or {}))
    r.callback(fake.close)
    network = Network(r, delay, **settings)
    network.logged("connected to the broker")
    return fake, network


def chat_of(core, network, address):
    """The token of an address, learnt from a message."""
    network.send(address, "hei", f"learn-{address}")
    wait_until("it is accepted", lambda: any(e[2] == f"learn-{address}" for e in network.got("accepted")))
    return core.first[f"learn-{address}"][0]
