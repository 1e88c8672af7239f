#!/usr/bin/python3
"""Residents write over a real broker while core and broker are killed (-9), stopped and cut off at random.

soak.py [--seconds N] [--seed N] [--chats N]: at the end every message is accepted, answered by exactly one reply
(by id and bytes), in the order of its chat, and the core's memory has not grown without bound. The seed is printed,
so that a failing run can be played again."""

import argparse
import json
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import rig
from rig import Rig, TOPICS, wait_until

TEXTS = ["hva koster det", "jeg bor i Horten", "Hei", "må jeg ha henvisning?", "kva er sjølvhjelp", "orker ikke mer, vil bare dø",
         "jeg bor i Herøy", "2", "er det taushetsplikt?", "takk", "slett", "bli med", "6800", "asdf", "hvorfor det?"]  # no "ja" after "slett": it drops what waits


class Chat:
    """One resident: sends the next message when the last one is accepted, repeats it until then, as a bridge does."""

    def __init__(self, name, bridge, chance):
        self.name, self.bridge, self.chance = name, bridge, chance
        self.sent, self.waiting, self.repeat_at = [], None, 0

    def tick(self, go_on):
        b = self.bridge
        if self.waiting and (self.waiting["id"] in b.accepted_set or self.waiting["id"] in b.refused):
            self.waiting = None
        if self.waiting and time.monotonic() >= self.repeat_at:
            b.publish(f"{TOPICS}/in/test/{self.name}", self.waiting)
            self.repeat_at = time.monotonic() + 0.7
        elif not self.waiting and go_on:
            self.waiting = b.message(self.chance.choice(TEXTS))
            self.sent.append(self.waiting["id"])
            self.repeat_at = 0


class Recorder(rig.Bridge):
    """A bridge that drops, doubles and delays what it reports, and remembers what a person would have seen."""

    def __init__(self, port, chance, network="test"):
        self.chance, self.accepted_set, self.bytes, self.faults, self.later = chance, set(), {}, [], []
        super().__init__(port, network)

    def took(self, topic, payload):
        super().took(topic, payload)
        self.accepted_set.update(self.accepted[-500:])
        if f"{TOPICS}/out/" in topic:
            reply = json.loads(payload)
            if self.bytes.setdefault(reply["id"], payload) != payload:
                self.faults.append(f"reply {reply['id']} came with other bytes")

    def report(self, out_id, result="sent", **more):
        if self.chance.random() < 0.15:
            return  # lost: the core repeats
        for _ in range(self.chance.choice((1, 1, 2))):
            super().report(out_id, result, **more)


def disturb(r, core, chance, counts):
    """One fault."""
    kind = chance.choice(("core", "core", "broker", "stop", "term"))
    counts[kind] = counts.get(kind, 0) + 1
    if kind == "core":
        core.kill()
        time.sleep(chance.random() * 0.2)
        core.start()
    elif kind == "broker":
        r.broker.kill()
        time.sleep(chance.random() * 0.5)
        r.broker = r.start_broker()
    elif kind == "stop":
        core.signal(signal.SIGSTOP)
        time.sleep(chance.random() * 0.5)
        core.signal(signal.SIGCONT)
    else:
        core.stop()
        core.start()


def run(seconds, seed, n_chats):
    chance = random.Random(seed)
    counts = {}
    with Rig() as r:
        core = r.core(core__status_seconds=1)
        b = Recorder(r.port, chance)
        r.callback(b.close)
        chats = [Chat(f"chat{i}", b, chance) for i in range(n_chats)]
        end = time.monotonic() + seconds
        next_fault = time.monotonic() + 0.5
        while time.monotonic() < end:
            for chat in chats:
                chat.tick(True)
            if time.monotonic() >= next_fault:
                disturb(r, core, chance, counts)
                next_fault = time.monotonic() + 0.3 + chance.random() * 1.5
            time.sleep(0.01)

        def settled():
            for chat in chats:
                chat.tick(False)
            return not any(chat.waiting for chat in chats)
        wait_until("every message is accepted", settled, 60)
        sent = [in_id for chat in chats for in_id in chat.sent]
        wait_until("every message is answered", lambda: {json.loads(p)["answers"] for p in list(b.bytes.values())} >= set(sent), 60)
        replies = {}
        for payload in b.bytes.values():
            reply = json.loads(payload)
            replies.setdefault(reply["answers"], set()).add(reply["id"])
        doubled = [in_id for in_id, ids in replies.items() if len(ids) != 1]
        print(f"seed {seed}: {len(sent)} messages in {n_chats} chats, faults {counts}, {len(b.outs)} deliveries of "
              f"{len(b.bytes)} replies")
        assert not doubled, f"{len(doubled)} messages have more than one reply"
        assert not b.faults, b.faults[:3]
        assert not b.refused, list(b.refused.items())[:3]
        assert "bug" not in core.log_text(), core.log_text()[-2000:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--chats", type=int, default=30)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    run(arguments.seconds, arguments.seed, arguments.chats)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
