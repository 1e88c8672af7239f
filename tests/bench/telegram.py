#!/usr/bin/python3
"""Figures of the Telegram bridge with 1,000 chats: the real core and broker, and a played Telegram (tests/live) that gives
updates as fast as they are asked for.

    telegram.py BUILD       about two and a half minutes: replies go out at the network's pace, some 25 a second

Each person writes once, then twice; in the middle of each round, when most answers still wait, one more person is in need.
The played Telegram takes its part of the processor, so messages a second are less than the bridge alone could do. Nothing
is judged here but the pace: Telegram allows about 30 messages a second."""

import bisect
import json
import os
import sys
import time

if len(sys.argv) != 2:
    sys.exit(__doc__)
os.environ["BUILD"] = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "live")]
from bench import cpu_seconds, print_table, resident_mib
from rig import BUILD, TOPICS, Client, Process, Rig, wait_until
from telegram_peer import TelegramPeer

CHATS = 1000
PACE = 30  # messages a second that Telegram allows over all chats
FORGOTTEN = 15  # seconds after which the bridge has forgotten chats that wait for nothing


class Peer(TelegramPeer):
    """Notes when messages came."""

    def __init__(self):
        super().__init__()
        self.came, self.first_given = [], None

    def do_sendMessage(self, call):
        self.came.append(call.time)
        return super().do_sendMessage(call)

    def first(self, limit):
        if self.queue and self.first_given is None:
            self.first_given = time.monotonic()
        return super().first(limit)


class Accepted(Client):
    """When the core had accepted how many messages."""

    def __init__(self, port):
        self.count, self.at = 0, None
        super().__init__(port, "bench", [f"{TOPICS}/accepted/telegram"])

    def took(self, topic, payload):
        self.count += len(json.loads(payload)["ids"])
        self.at = time.monotonic()


class Bench:
    def __init__(self, r):
        self.peer = Peer()
        r.callback(self.peer.end)
        with open(r.path("token"), "w", encoding="utf-8") as file:
            file.write(self.peer.token + "\n")
        os.chmod(r.path("token"), 0o600)
        r.core(core__repeat_first_seconds=5, core__repeat_most_seconds=300)
        self.bridge = Process([os.path.join(BUILD, "selvhjelpsbot-telegram"), *r.options(
            telegram__token_file=r.path("token"), telegram__api_base=self.peer.url, telegram__key_file=r.path("telegram.key"),
            telegram__journal=r.path("telegram.journal"), bridge__repeat_first_seconds=5)], r.path("telegram.log"))
        r.callback(self.bridge.kill)
        self.bridge.start().logged("connected to the broker")
        self.accepted = Accepted(r.port)
        r.callback(self.accepted.close)
        self.people = [self.peer.user(7_000_000_000 + i) for i in range(CHATS)]
        self.rows, self.needy = [], 0

    def row(self, figure, measured, note=""):
        self.rows.append((figure, "", "", measured, "", note))

    def round(self, name, texts):
        """Everybody writes these texts at once."""
        print(f"… {name}", file=sys.stderr, flush=True)
        peer, count = self.peer, CHATS * len(texts)
        cpu, known, sent = cpu_seconds(self.bridge), self.accepted.count, len(peer.came)
        with peer.lock:  # nothing is given before all have written
            peer.first_given = None
            for text in texts:
                for person in self.people:
                    person.text(text)
        wait_until("the core has all", lambda: self.accepted.count >= known + count, 120)
        taken = self.accepted.at - peer.first_given
        waiting, crisis = self.crisis(count, sent)
        wait_until("all are answered", lambda: len(peer.came) >= sent + count + 1, 300, 0.1)
        came = sorted(peer.came[sent:])
        cpu = cpu_seconds(self.bridge) - cpu
        self.row(f"{name}: messages/s to the core's accept", f"{count / taken:.0f}", f"{count} messages in {taken:.2f} s")
        full = [at for at in came if came[0] + 2 <= at <= came[-1] - 1]
        self.row("  replies/s while the queue is full", f"{(len(full) - 1) / (full[-1] - full[0]):.1f}",
                 f"at most {most_in_a_second(full)} in any second; {most_in_a_second(came)} with the burst at the beginning")
        self.row("  crisis answered after, ms", f"{1000 * crisis:.0f}", f"while {waiting} others waited")
        self.row("  processor, s per 1,000 messages", f"{1000 * cpu / count:.2f}", "the bridge alone, in and out")

    def crisis(self, count, sent):
        """One more person is in need: how many waited, and seconds until the answer was there."""
        waiting = count - (len(self.peer.came) - sent)
        self.needy += 1
        person, start = self.peer.user(8_000_000_000 + self.needy), time.monotonic()
        person.text("orker ikke mer, vil bare dø")
        shown = person.wait("113")
        return waiting, shown.at - start


def most_in_a_second(times):
    return max(bisect.bisect_left(times, at + 1.0) - i for i, at in enumerate(times))


def highest_mib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


def main():
    started = time.monotonic()
    with Rig() as r:
        bench = Bench(r)
        before = resident_mib(bench.bridge)
        bench.round("each once", ["hva koster det"])
        bench.round("each twice", ["jeg bor i Horten", "takk"])
        time.sleep(FORGOTTEN)
        bench.row("memory of the bridge, MiB resident", f"{before:.1f}", "before")
        bench.row("", f"{highest_mib(bench.bridge):.1f}", f"at most, with up to {2 * CHATS} messages and replies waiting")
        bench.row("", f"{resident_mib(bench.bridge):.1f}", "after")
        fast = [one for one in bench.peer.violations if "faster" in one or "a second" in one]
        bench.row("Telegram saw the pace broken", str(len(fast)), f"allowed: about {PACE} a second, one a second in a chat")
        status = bench.bridge.stop()
    print(f"selvhjelpsbot-telegram bench, {time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}, {time.monotonic() - started:.0f} s\n")
    print_table(bench.rows)
    if status or bench.peer.violations:
        sys.exit(f"bench: the bridge ends with {status}; the played Telegram saw: {bench.peer.violations[:5]}")


main()
