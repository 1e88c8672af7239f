#!/usr/bin/python3
"""The whole chain with nothing played: the real core, a real broker, and a bridge of many chats on the real bridge
loop, while one of them is killed, stopped or cut off from its disk."""

import random
import signal
import subprocess
import time

import rig
from bridge_rig import Network
from rig import Rig, wait_until


def start(r, **settings):
    core = r.core()
    network = Network(r, **settings)
    network.logged("connected to the broker")
    return core, network


def test_hung_core_is_answered_for_by_the_bridge():
    with Rig() as r:
        core, network = start(r, bridge__silence_seconds=1)
        network.send("a", "Hei", "first")
        network.wait("reply", 1, "a")
        core.signal(signal.SIGSTOP)
        network.send("a", "hva koster det", "ordinary")
        network.send("b", "jeg vil ta livet mitt", "crisis")
        crisis = network.wait("urgent", 1, "b")[0]
        assert "113" in crisis[3] and "116 123" in crisis[3], crisis
        ordinary = network.wait("offline", 1, "a")[0]
        assert "robot" in ordinary[3] and "113" in ordinary[3], ordinary
        core.signal(signal.SIGCONT)
        late = network.wait("reply", 2, "a", 20)[1]
        assert "gratis" in late[3], late
        assert "113" in network.wait("reply", 1, "b", 20)[0][3]


def test_crisis_behind_a_stuck_message_is_answered():
    """The core can accept nothing; the crisis is worded so that only the core knows it for one."""
    with Rig() as r:
        core, network = start(r, bridge__silence_seconds=1)
        network.send("a", "Hei", "first")
        network.wait("reply", 1, "a")
        subprocess.run(["prlimit", f"--pid={core.pid}", "--fsize=0:unlimited"], check=True)
        network.send("a", "hva koster det", "stuck")
        network.wait("offline", 1, "a")
        network.send("a", "det beste for alle er om jeg forsvinner for godt", "veiled")
        reply = network.wait("reply", 2, "a", 15)[1]
        assert "116 123" in reply[3] and "113" in reply[3], reply
        subprocess.run(["prlimit", f"--pid={core.pid}", "--fsize=unlimited:unlimited"], check=True)
        wait_until("both are accepted when the disk is good", lambda: {"stuck", "veiled"} <= {e[2] for e in network.got("accepted")}, 20)
        wait_until("the stuck one is answered", lambda: any("gratis" in e[3] for e in network.got("reply", "a")), 20)


def test_kill_any_of_them_and_nothing_is_lost():
    with Rig() as r:
        draw = random.Random(4)
        core, network = start(r, bridge__silence_seconds=60)
        texts = ["hva koster det", "jeg bor i Horten", "Hei", "må jeg ha henvisning", "orker ikke mer, vil bare dø"]
        sent = []
        for round_number in range(9):
            for _ in range(20):
                number = len(sent)
                sent.append((f"adr{number % 10}", texts[number % len(texts)], f"m{number}"))
            accepted = {e[2] for e in network.got("accepted")}
            for address, text, id_ in sent:  # as a network does whose position did not move
                if id_ not in accepted:
                    network.send(address, text, id_)
            time.sleep(draw.random() * 0.3)
            victim = ("core", "bridge", "broker")[round_number % 3]
            if victim == "core":
                core.kill()
                core.start()
            elif victim == "bridge":
                network.kill()
                network.start()
            else:
                r.restart_broker()
        for address, text, id_ in sent:
            network.send(address, text, id_)
        wait_until("every message is accepted", lambda: {e[2] for e in network.got("accepted")} >= {m[2] for m in sent}, 60)
        wait_until("every message is answered", lambda: len({e[2] for e in network.got("reply")}) == len(sent), 60)
        shown = network.got("reply")
        assert len(shown) - len(sent) <= 10 * 3, "only what was under way in each chat at a kill of the bridge is doubled"


def test_core_started_after_the_bridge():
    with Rig() as r:
        network = Network(r, bridge__silence_seconds=1)
        network.logged("connected to the broker")
        network.send("a", "hva koster det", "early")
        network.wait("offline", 1, "a", 20)
        r.core()
        assert "gratis" in network.wait("reply", 1, "a", 20)[0][3]


if __name__ == "__main__":
    rig.main(dict(globals()))
