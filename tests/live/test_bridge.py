#!/usr/bin/python3
"""The bridge loop held to the contract: a real mosquitto, the console, a network of many chats (many_bridge.c), and a
core played in bridge_rig.py. Faults are drawn from fixed seeds."""

import collections
import json
import os
import random
import signal
import subprocess
import time

import rig
from bridge_rig import NETWORK, FakeCore, Network, chat_of, setup
from rig import TOPICS, Rig, never, wait_until

CRISIS = "jeg vil bare dø"


# ---- messages to the core ----


def test_order_window_and_repeats_under_faults():
    with Rig() as r:
        draw = random.Random(20261122)

        def policy(message, arrival):
            dice = draw.random() if arrival < 4 else 1
            if 0.25 <= dice < 0.45:
                return draw.random() * 0.4
            return "drop" if dice < 0.25 else "double" if dice < 0.6 else "accept"

        faults = {"policy": policy, "drop_delivered": lambda ids: draw.random() < 0.2, "repeat": 0.15}
        core, network = setup(r, delay=30, bridge__window=7, bridge__silence_seconds=30,
                              bridge__repeat_first_seconds=0.1, bridge__repeat_most_seconds=0.4, core=faults)
        sent = collections.defaultdict(list)
        for n in range(200):
            address = f"adr{draw.randrange(12)}"
            sent[address].append(f"{address} {n}")
            network.send(address, sent[address][-1])
            if n % 50 == 25:
                core.publish(f"{TOPICS}/accepted/{NETWORK}", b"\xff{", False)
        network.wait("accepted", 200, seconds=40)
        wait_until("all is reported", lambda: len(core.results) == 200, 20)
        assert not core.faults, core.faults[:3]
        assert core.most_open <= 7, core.most_open
        assert len(core.arrived) > 200, "nothing was repeated"
        by_id = collections.defaultdict(set)
        for chat, message in core.arrived:
            by_id[message["id"]].add((chat, message["text"], message["time"]))
        assert all(len(forms) == 1 for forms in by_id.values()), "a repeat differs"
        order = collections.defaultdict(list)
        for text in core.texts():
            order[text.split()[0]].append(text)
        assert order == sent, "the order within a chat changed"
        assert len(network.got("accepted")) == 200, "accepted told more than once"
        shown = [e[2] for e in network.got("reply")]
        assert len(shown) == len(set(shown)) == 200, "a reply was shown twice"
        for what, address, _, text in network.got("reply"):
            assert text.startswith(f"svar på {address} "), "a reply went to another chat"
        assert not network.got("offline") and not network.got("urgent")


def test_one_unaccepted_for_each_chat_and_ids_kept():
    with Rig() as r:
        hold = {"on": True}
        core, network = setup(r, core={"policy": lambda m, n: "drop" if hold["on"] and m["text"] == "en" else "accept"})
        network.send("a", "en")
        network.send("a", "to")
        network.send("b", "tre")
        wait_until("repeats", lambda: [m["text"] for _, m in core.arrived].count("en") >= 3)
        assert "tre" in core.texts(), "chats must not wait for each other"
        assert "to" not in core.texts(), "the second message overtook"
        hold["on"] = False
        wait_until("the second follows", lambda: "to" in core.texts())
        assert len({m["id"] for _, m in core.arrived if m["text"] == "en"}) == 1


def test_repeats_grow_apart():
    with Rig() as r:
        times = []
        core, network = setup(r, bridge__repeat_first_seconds=0.1, bridge__repeat_most_seconds=0.4,
                              bridge__silence_seconds=60,
                              core={"policy": lambda m, n: times.append(time.monotonic()) or "drop"})
        network.send("a", "en")
        wait_until("six arrivals", lambda: len(times) >= 6)
        gaps = [b - a for a, b in zip(times, times[1:])]
        assert gaps[0] < 0.25 and gaps[1] > 0.15 and all(g > 0.3 for g in gaps[2:]), gaps


def test_same_id_while_under_way_is_ignored():
    with Rig() as r:
        core, network = setup(r, core={"policy": lambda m, n: 0.3})
        for _ in range(3):
            network.send("a", "hei", "same")
        network.wait("accepted")
        never("told or published twice", lambda: len(network.got("accepted")) > 1 or len(core.arrived) > 2, 1.2)


def test_accepted_while_it_waits_behind_another():
    with Rig() as r:  # as after a restart, when the core answers what the former run sent
        core, network = setup(r, core={"policy": lambda m, n: "drop"}, bridge__repeat_first_seconds=30,
                              bridge__repeat_most_seconds=30)
        for id_ in ("m1", "m2", "m3"):
            network.send("a", id_, id_)
        wait_until("the first arrives", lambda: core.arrived)
        core.publish(f"{TOPICS}/accepted/{NETWORK}", {"ids": ["m2"]})
        network.wait("accepted")
        never("the first is sent again for that", lambda: len(core.arrived) > 1, 0.5)
        core.policy = lambda m, n: "accept"
        core.accept(*core.first["m1"])
        network.wait("accepted", 3)
        assert core.texts() == ["m1", "m3"] and not core.faults, core.texts()


def test_refused_is_told():
    with Rig() as r:
        core, network = setup(r, core={"policy": lambda m, n: "drop"})
        network.send("a", "hei", "bad")
        wait_until("it arrives", lambda: core.arrived)
        core.refuse("bad", "not readable")
        assert network.wait("refused")[0][2:] == ["bad", "not readable"]


def test_old_and_late_messages():
    with Rig() as r:
        core, network = setup(r)
        network.send("a", "for gammel", "m1", 8 * 86400)
        network.send("a", "en time gammel", "m2", 3600)
        network.send("a", "ny", "m3")
        network.wait("accepted", 2)
        assert network.got("old")[0][2] == "m1" and "m1" not in core.first
        assert core.first["m2"][1].get("late") is True and "late" not in core.first["m3"][1]


def test_unfit_messages_are_named():
    with Rig() as r:
        _, network = setup(r)
        network.send("a", "x", "id with space")
        network.send("x" * 300, "address too long")
        network.send("a", "\x01" * 8000)  # six bytes each as JSON
        network.wait("unfit", 3)
        network.send("a", "fits")
        network.wait("accepted")


def test_kept_messages_are_bounded():
    with Rig() as r:
        network = Network(r)
        process = network.process
        process.stdin.write(b"".join(b"a%d\tx\n" % (n % 100) for n in range(10020)))
        process.stdin.flush()
        network.wait("full", 20, seconds=20)
        assert len(network.got("taken")) == 10000


# ---- offline answers ----


def test_no_core_at_all():
    with Rig() as r:
        network = Network(r)
        network.logged("connected to the broker")
        started = time.monotonic()
        network.send("a", "hei", "m1")
        network.wait("offline")
        assert time.monotonic() - started < 3
        network.send("a", "er noen der?", "m2")
        never("a second answer within the pause", lambda: len(network.got("offline")) > 1, 1.5)
        started = time.monotonic()
        network.send("a", CRISIS, "m3")
        text = network.wait("urgent")[0][3]
        assert time.monotonic() - started < 1 and "113" in text and "116 123" in text
        never("a second crisis answer to one message", lambda: len(network.got("urgent")) > 1, 1)
        core = FakeCore(r)
        r.callback(core.close)
        network.wait("accepted", 3)
        assert core.texts() == ["hei", "er noen der?", CRISIS], core.texts()
        assert core.first["m1"][1].get("late") and core.first["m3"][1].get("late")


def test_core_that_hangs():
    with Rig() as r:
        core, network = setup(r, bridge__silence_seconds=3, core={"policy": lambda m, n: "drop"})
        network.send("a", "hei")
        network.send("b", CRISIS)
        network.wait("urgent", address="b", seconds=2.8)
        assert not network.got("offline"), "too early"
        network.wait("offline", address="a")
        never("another answer", lambda: len(network.got("offline")) > 1 or len(network.got("urgent")) > 1, 1)


def test_working_core_needs_no_offline_answer():
    with Rig() as r:
        core, network = setup(r, core={"status": False})  # it says no status, but accepts
        network.send("a", CRISIS)
        network.wait("accepted")
        network.send("a", CRISIS)
        network.wait("accepted", 2)
        time.sleep(5.2)  # from then on no status counts as offline, unless something was accepted
        network.send("a", CRISIS)
        network.wait("accepted", 3)
        assert not network.got("urgent")


def test_core_status_offline_counts_at_once():
    with Rig() as r:
        core, network = setup(r, core={"policy": lambda m, n: "drop"}, bridge__repeat_first_seconds=30,
                              bridge__repeat_most_seconds=30)
        core.say("offline")
        time.sleep(0.2)
        network.send("a", CRISIS)
        network.wait("urgent", seconds=1)
        network.send("b", "hei")
        network.wait("offline", address="b", seconds=3)
        core.policy = lambda m, n: "accept"
        core.say("online")
        network.wait("accepted", 2, seconds=3)  # a core that is back does not have to wait for the repeats


def test_no_status_within_five_seconds_counts_as_offline():
    with Rig() as r:
        core, network = setup(r, core={"policy": lambda m, n: "drop", "status": False}, bridge__silence_seconds=60)
        network.send("a", "hei")
        never("too early", lambda: network.got("offline"), 3.5)
        network.wait("offline", seconds=4)


def test_broker_away():
    with Rig() as r:
        core, network = setup(r)
        network.send("a", "før")
        network.wait("accepted")
        r.broker.kill()
        network.logged("connection to the broker is lost")
        network.send("a", "mens")
        network.send("a", "enda en")
        network.wait("offline")
        network.send("b", CRISIS)
        network.wait("urgent", address="b", seconds=2.5)
        r.broker = r.start_broker()
        network.wait("accepted", 4, seconds=20)
        assert core.texts(core.first[next(iter(core.first))][0]) == ["før", "mens", "enda en"]
        assert not core.faults, core.faults


def test_broker_restarts_under_load():
    with Rig() as r:
        draw = random.Random(7)
        core, network = setup(r, bridge__window=20, bridge__silence_seconds=30,
                              core={"policy": lambda m, n: "drop" if draw.random() < 0.2 and n < 3 else "accept"})
        sent = collections.defaultdict(list)
        for n in range(150):
            address = f"adr{draw.randrange(10)}"
            sent[address].append(f"{address} {n}")
            network.send(address, sent[address][-1])
            if n in (50, 100):
                r.restart_broker()
        network.wait("accepted", 150, seconds=30)
        wait_until("all is reported", lambda: len(core.results) == 150, 20)
        order = collections.defaultdict(list)
        for text in core.texts():
            order[text.split()[0]].append(text)
        assert order == sent and not core.faults, core.faults
        shown = [e[2] for e in network.got("reply")]
        assert len(shown) == len(set(shown)) == 150


def test_offline_pause_survives_a_restart():
    with Rig() as r:
        network = Network(r)
        network.send("a", "hei", "m1")
        network.send("b", CRISIS, "m2")
        network.wait("offline")
        network.wait("urgent")
        time.sleep(0.2)  # the record follows the answer
        network.kill()
        network.start()
        network.send("a", "hei", "m1")  # a network reads again what was not accepted
        network.send("b", CRISIS, "m2")
        never("answered again", lambda: len(network.got("offline")) > 1 or len(network.got("urgent")) > 1, 2)
        core = FakeCore(r)
        r.callback(core.close)
        network.wait("accepted", 2)
        assert core.first["m1"][1].get("late") and core.first["m2"][1].get("late")


# ---- replies ----


def test_repeated_out_is_shown_once():
    with Rig() as r:
        core, network = setup(r, core={"drop_delivered": lambda ids: True, "repeat": 0.1})
        network.send("a", "hei", "m1")
        network.wait("reply")
        wait_until("`sent` again and again", lambda: sum(core.reports) >= 5)
        assert len(network.got("reply")) == 1


def test_killed_between_sending_and_reporting():
    with Rig() as r:
        core, network = setup(r, core={"drop_delivered": lambda ids: True, "repeat": 0.2})
        network.send("a", "hei", "m1")
        wait_until("the report that gets lost", lambda: core.reports)
        network.kill()
        core.drop_delivered = lambda ids: False
        network.start()
        wait_until("`sent` after the restart", lambda: core.results.get("r-m1", {}).get("result") == "sent")
        assert len(network.got("reply")) == 1, "shown twice"


def test_killed_before_recording_is_shown_again():
    with Rig() as r:
        core, network = setup(r, delay=3000)
        network.send("a", "hei", "m1")
        network.wait("reply")
        network.kill()
        network.start()
        network.wait("reply", 2)
        wait_until("reported", lambda: "r-m1" in core.results)
        never("a third time", lambda: len(network.got("reply")) > 2, 0.5)


def test_random_kills_lose_nothing():
    with Rig() as r:
        draw = random.Random(99)
        core, network = setup(r, delay=20, core={"repeat": 0.2}, bridge__silence_seconds=30)
        pending = []
        for _ in range(12):
            pending += [(f"adr{n % 8}", f"tekst {n}", f"m{n}") for n in range(len(pending), len(pending) + 20)]
            accepted = {e[2] for e in network.got("accepted")}
            for address, text, id_ in pending:  # as a network does whose position did not move
                if id_ not in accepted:
                    network.send(address, text, id_)
            time.sleep(draw.random() * 0.25)
            network.kill()
            network.start()
        for address, text, id_ in pending:
            network.send(address, text, id_)
        wait_until("all is reported", lambda: len(core.results) == 240, 30)
        shown = [e[2] for e in network.got("reply")]
        assert len(core.first) == 240 and set(shown) == set(core.results)
        assert len(shown) - 240 <= 8 * 12, "at most the one under way in each chat is doubled by a kill"


def test_split_reply_goes_on_where_it_was():
    with Rig() as r:
        core, network = setup(r, core={"reply": False})
        chat = chat_of(core, network, "a")
        core.send_out(chat, "out1", "PARTS en\nto KILL\ntre\nfire")
        network.ended()
        network.start()
        wait_until("reported", lambda: core.results.get("out1", {}).get("result") == "sent")
        assert [e[3] for e in network.wait("part", 4)] == ["PARTS en", "to KILL", "tre", "fire"]


def test_expired_is_not_shown():
    with Rig() as r:
        core, network = setup(r, delay=1500, core={"reply": False, "repeat": 0})
        chat = chat_of(core, network, "a")
        core.send_out(chat, "old", "gammel", expires="2026-01-01T00:00:00Z")
        wait_until("never", lambda: core.results.get("old", {}).get("result") == "never")
        assert core.results["old"]["reason"] == "expired"
        core.send_out(chat, "first", "første")
        network.wait("reply")
        soon = time.strftime("%Y-%m-%dT%H:%M:%S.9Z", time.gmtime())  # expires while it waits for the first
        core.send_out(chat, "waits", "for sent", expires=soon)
        wait_until("never", lambda: core.results.get("waits", {}).get("result") == "never")
        wait_until("sent", lambda: core.results.get("first", {}).get("result") == "sent")
        assert [e[2] for e in network.got("reply")] == ["first"]


def test_urgent_beside_an_ordinary_one_and_one_of_each_for_a_chat():
    with Rig() as r:
        core, network = setup(r, delay=300, core={"reply": False, "repeat": 0})
        a, b = chat_of(core, network, "a"), chat_of(core, network, "b")
        for id_ in ("n1", "n2", "n3"):
            core.send_out(a, id_, "vanlig")
        core.send_out(a, "u1", "haster", urgent=True)
        core.send_out(a, "u2", "haster", urgent=True)
        core.send_out(b, "other", "annen chat")
        network.wait("reply", 3)
        assert {e[2] for e in network.got("reply")} == {"n1", "u1", "other"}, "the others wait"
        wait_until("all are sent", lambda: len(core.results) == 6)
        assert [e[2] for e in network.got("reply", "a")] == ["n1", "u1", "u2", "n2", "n3"]


def test_later_and_never():
    with Rig() as r:
        core, network = setup(r, core={"reply": False, "repeat": 0})
        chat = chat_of(core, network, "a")
        core.send_out(chat, "l", "LATER")
        core.send_out(chat, "n", "NEVER")
        wait_until("both", lambda: len(core.results) == 2)
        assert core.results["l"]["result"] == "later" and core.results["l"]["until"] > rig.now()
        assert core.results["n"] == {"id": "n", "result": "never", "reason": "blocked"}
        core.send_out(chat, "l", "nå går det")
        wait_until("sent at last", lambda: core.results["l"]["result"] == "sent")


def test_delivered_is_gathered():
    with Rig() as r:
        core, network = setup(r, core={"reply": False, "repeat": 0})
        chats = [chat_of(core, network, f"a{n}") for n in range(40)]
        for n in range(800):
            core.send_out(chats[n % 40], f"o{n}", f"tekst {n}")
        wait_until("all are reported", lambda: len(core.results) == 800, 20)
        assert max(core.reports) <= 500 and len(core.reports) < 700, core.reports
        assert len(network.got("reply")) == 800
        order = collections.defaultdict(list)
        for _, address, id_, _ in network.got("reply"):
            order[address].append(int(id_[1:]))
        assert all(ids == sorted(ids) for ids in order.values()), "order within a chat"


# ---- hostile input ----


def test_garbage_is_counted_and_hurts_nothing():
    with Rig() as r:
        core, network = setup(r)
        chat = chat_of(core, network, "a")
        secret = "HEMMELIGTEKST"
        payloads = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000,
                    json.dumps({"id": "x y", "text": secret}).encode(),
                    json.dumps({"text": secret}).encode(), json.dumps({"id": "big", "text": secret * 2000}).encode(),
                    b"x" * 600_000]
        for payload in payloads:
            core.publish(f"{TOPICS}/out/{NETWORK}/{chat}", payload)
            core.publish(f"{TOPICS}/accepted/{NETWORK}", payload)
        odd = {"ids": ["unknown", 7, None, "x" * 400], "refused": [3, {"id": 1}]}
        core.publish(f"{TOPICS}/accepted/{NETWORK}", odd)
        core.publish(f"{TOPICS}/accepted/{NETWORK}", {"ids": [f"i{n}" for n in range(501)]})
        core.publish(f"{TOPICS}/status/core", b"\x00\x01garbage")
        core.publish(f"{TOPICS}/out/{NETWORK}/{'A' * 400}", {"id": "forged", "text": secret, "language": "nb"})
        changed = chat[:-1] + ("A" if chat[-1] != "A" else "B")
        core.publish(f"{TOPICS}/out/{NETWORK}/{changed}", {"id": "changed", "text": secret, "language": "nb"})
        network.send("a", "virker det?", "after")
        wait_until("the next message is answered", lambda: core.results.get("r-after"))
        assert core.results["forged"]["result"] == core.results["changed"]["result"] == "never"
        wait_until("they are counted", lambda: core.status()["counters"]["malformed"] == 19)
        assert secret not in network.log_text() and chat not in network.log_text()
        assert not any(secret in e[3] for e in network.events), "a forged reply was shown"


# ---- programs ----


def test_status_is_said():
    with Rig() as r:
        core, network = setup(r)
        network.send("a", "hei")
        wait_until("counters", lambda: core.status() and core.status()["counters"].get("delivered") == 1)
        status = core.status()
        assert status["state"] == "online" and status["counters"]["accepted"] == 1 and status["version"]
        assert network.stop() == 0
        wait_until("offline at the end", lambda: core.status()["state"] == "offline")
        network.start()
        wait_until("online again", lambda: core.status()["state"] == "online")
        network.kill()
        wait_until("last will", lambda: core.status()["state"] == "offline", 30)


def test_second_program_takes_over():
    with Rig() as r:
        core, first = setup(r)
        second = Network(r, name="second")
        assert first.ended() == 3
        assert "another program has connected" in first.log_text()
        second.send("a", "hei")
        second.wait("accepted")
        wait_until("status stays online", lambda: core.status()["state"] == "online")


def test_second_program_on_one_journal_is_refused():
    with Rig() as r:
        _, first = setup(r)
        second = Network(r)  # with the same log file
        assert second.ended() == 1
        assert "another process uses this journal" in first.log_text()
        first.send("a", "hei")
        first.wait("accepted")


def test_new_key_announces_the_move():
    with Rig() as r:
        core, network = setup(r)
        old = chat_of(core, network, "a")
        network.stop()
        with open(r.path("key"), "a", encoding="ascii") as file:
            file.write("B " + "5a" * 32 + "\n")
        network.start()
        network.send("a", "hei igjen", "again")
        network.wait("accepted", 2)
        new, moved = next((c, m) for c, m in core.first.values() if m.get("event") == "moved")
        assert new[0] == "B" and old[0] == "A" and moved["from"] == old
        assert core.first["again"][0] == new and list(core.first)[-1] == "again"
        core.send_out(old, "to-old", "til gammelt navn")
        wait_until("shown under the old token too", lambda: core.results.get("to-old", {}).get("result") == "sent")
        network.send("a", "og igjen", "third")
        network.wait("accepted", 3)
        assert sum(m.get("event") == "moved" for _, m in core.first.values()) == 1, "announced once"


def test_full_disk_still_answers():
    with Rig() as r:
        core, network = setup(r)
        # No file of this process may pass 3 KiB: what a full disk does to its journal.
        subprocess.run(["prlimit", f"--pid={network.pid}", "--fsize=3000:unlimited"], check=True)
        for n in range(60):
            network.send(f"a{n}", "hei", f"m{n}")
        wait_until("all is reported all the same", lambda: len(core.results) == 60)
        network.logged("replies may be shown twice")
        subprocess.run(["prlimit", f"--pid={network.pid}", "--fsize=unlimited:unlimited"], check=True)
        network.logged("the journal is written again")
        network.kill()
        network.start()
        core.results.clear()
        core.send_out(core.first["m59"][0], "r-m59", "svar")
        wait_until("known after a restart", lambda: core.results.get("r-m59", {}).get("result") == "sent")
        assert len(network.got("reply")) == 60


# ---- the console ----


def console(r, *arguments, **settings):
    return [os.path.join(rig.BUILD, "selvhjelpsbot-console"), *arguments,
            *r.options(console__network=NETWORK, console__journal=r.path("console.journal"),
                       console__key_file=r.path("console.key"), **settings)]


def chat_with(r, text, timeout=30, **settings):
    return subprocess.run(console(r, **settings), input=text, capture_output=True, timeout=timeout * rig.PATIENCE,
                          cwd=rig.ROOT)


def test_console_shows_replies_and_choices():
    with Rig() as r:
        core = FakeCore(r, policy=lambda m, n: "drop")
        r.callback(core.close)

        def policy(message, arrival):
            if arrival == 0:
                chat = core.first[message["id"]][0]
                choices = [[{"label": "Finn kontaktpunkt", "value": "a"}], [{"label": "Hjelp", "value": "b"}]]
                core.send_out(chat, "o-" + message["id"], f"**Du** skrev *{message['text']}*.", answers=message["id"],
                              choices=choices)
            return "accept"
        core.policy, core.answers = policy, False
        started = time.monotonic()
        done = chat_with(r, "Hei\r\n\nto\nblåbærsyltetøy".encode())
        turn = "Du skrev {}.\n\n1. Finn kontaktpunkt\n2. Hjelp\n"
        shown = "\n".join(turn.format(text) for text in ("Hei", "to", "blåbærsyltetøy"))
        assert done.stdout.decode() == shown, done.stdout
        assert done.returncode == 0 and not done.stderr, done.stderr
        assert time.monotonic() - started < 5
        chat_with(r, b"Hei\n")
        assert len(core.first) == 4, "ids are used twice"


def test_console_long_and_broken_lines():
    with Rig() as r:
        core = FakeCore(r)
        r.callback(core.close)
        done = chat_with(r, b"x" * 40000 + b"\nvil d\xf8\nnull\x00byte\n\x1b[2J\n")
        assert "for lang" in done.stdout.decode() and done.returncode == 0
        assert core.texts() == ["vil dø", "null byte", "\x1b[2J"]
        assert b"\x1b" not in done.stdout, "control characters reach the terminal"


def test_console_without_core():
    with Rig() as r:
        done = chat_with(r, CRISIS.encode(), bridge__silence_seconds=2)
        assert done.stdout.decode().count("113") >= 1 and done.returncode == 0
        assert b"not handled" in done.stderr


def test_console_signals_check_and_output_closed():
    with Rig() as r:
        core = FakeCore(r)
        r.callback(core.close)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(console(r), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rig.ROOT)
            process.stdin.write(b"Hei\n")
            process.stdin.flush()
            assert b"svar" in process.stdout.readline()
            process.send_signal(number)
            assert process.wait(5) == 0
            process.stdin.close()
            process.stdout.close()
        os.chmod(r.path("console.key"), 0o644)
        check = subprocess.run(console(r, "-n"), capture_output=True, cwd=rig.ROOT)
        assert check.returncode == 1 and b"chmod 600" in check.stderr
        os.chmod(r.path("console.key"), 0o600)
        assert subprocess.run(console(r, "-n"), cwd=rig.ROOT).returncode == 0


if __name__ == "__main__":
    rig.main(globals())
