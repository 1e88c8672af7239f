#!/usr/bin/python3
"""The real core on a real mosquitto: the contract, faults at each point of the path, staff edits while it runs."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import rig
from rig import Rig, TOPICS, never, wait_until


def test_message_gives_accepted_and_out():
    with Rig() as r:
        r.core()
        b = r.bridge()
        reply = b.ask("chat1", "kva kosta det?")
        assert reply["language"] == "nn" and "gratis" in reply["text"], reply
        wait_until("accepted", lambda: reply["answers"] in b.accepted)
        assert reply["choices"] and all(len(c["value"]) <= 64 for row in reply["choices"] for c in row)


def test_same_id_again_gives_one_reply():
    with Rig() as r:
        r.core()
        b = r.bridge()
        first = b.send("chat1", "Hei", id="same")
        b.reply_to(first)
        for _ in range(3):
            b.send("chat1", "Hei", id="same")
        wait_until("repeats are accepted too", lambda: b.accepted.count("same") == 4)
        never("a second reply", lambda: len(b.outs) > 1, 0.7)


def test_any_network_name_and_chats_apart():
    with Rig() as r:
        r.core()
        one, two = r.bridge("rocket-chat2"), r.bridge("x")
        one.ask("same", "jeg bor i Horten")
        reply = two.ask("same", "finn kontaktpunkt")
        assert "Horten" not in reply["text"], "one network's chat must not see the other's place"


def test_bad_payloads_hurt_nothing():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        secret = "HEMMELIGTEKST"
        bad = [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"id":1}', json.dumps({"id": "a b", "time": rig.now(), "text": "x"}),
               json.dumps({"id": "bad1", "time": "yesterday", "text": secret}),
               json.dumps({"id": "bad2", "time": rig.now(), "sender": {}}),
               json.dumps({"id": "bad3", "time": rig.now(), "sender": {}, "text": "x", "choice": "y"}),
               json.dumps({"id": "bad4", "time": rig.now(), "sender": {}, "location": {"lat": 99, "lon": 0}}),
               json.dumps({"id": "bad5", "time": rig.now(), "sender": {}, "event": "exploded"}),
               json.dumps({"id": "bad6", "time": rig.now(), "sender": {}, "text": secret * 4000}),
               b'{"id":"bad7","time":"' + rig.now().encode() + b'","sender":{},"text":"\xc3\x28"}',
               b"[" * 20000, b"x" * 2_000_000]
        for payload in bad:
            b.send_raw("chat1", payload)
        b.publish(f"{TOPICS}/in/test/bad%chat", b.message("hei"))
        b.publish(f"{TOPICS}/in/BAD/chat", b.message("hei"))
        b.publish(f"{TOPICS}/delivered/test", b"nonsense")
        b.publish(f"{TOPICS}/status/other", b"nonsense")
        assert "robot" in b.ask("chat1", "Hei")["text"]
        for name in ("bad1", "bad2", "bad3", "bad4", "bad5"):
            wait_until(f"{name} is refused with a reason", lambda: b.refused.get(name))
        status = wait_until("counted", lambda: (s := b.core_status())["counters"]["refused"] >= len(bad) and s)
        assert status["counters"]["unreadable"] > 0
        assert secret not in core.log_text(), "no message text in the log"


def test_one_undelivered_reply_per_chat_and_urgent_overtakes():
    with Rig() as r:
        r.core(core__repeat_first_seconds=60)
        b = r.bridge(deliver=False)
        first = b.ask("chat1", "Hei")
        second = b.send("chat1", "hva koster det")
        b.wait_accepted(second)
        never("the second reply before the first is delivered", lambda: len(b.shown) > 1, 0.5)
        urgent = b.ask("chat1", "jeg vil ta livet mitt i kveld")
        assert urgent.get("urgent") is True and "113" in urgent["text"], urgent
        assert not b.replies(second), "only the urgent one overtakes"
        b.ask("chat2", "Hei")  # another chat does not wait
        b.report(urgent["id"])
        b.report(first["id"])
        assert "gratis" in b.reply_to(second)["text"]


def test_reply_is_repeated_until_delivered():
    with Rig() as r:
        r.core()
        b = r.bridge(deliver=False)
        reply = b.ask("chat1", "Hei")
        wait_until("it is repeated", lambda: len(b.outs) >= 3)
        assert len({json.dumps(o, sort_keys=True) for o in b.outs}) == 1, "a repeat is the same bytes"
        b.report(reply["id"])
        time.sleep(0.3)
        count = len(b.outs)
        never("a repeat after delivered", lambda: len(b.outs) > count, 1.5)


def test_later_never_and_offline_are_respected():
    with Rig() as r:
        r.core()
        b = r.bridge(deliver=False)
        reply = b.ask("chat1", "Hei")
        until = time.time() + 2
        b.report(reply["id"], "later", until=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until + 1)))
        time.sleep(0.3)
        count = len(b.outs)
        never("sent before `until`", lambda: len(b.outs) > count and time.time() < until, 1.5)
        wait_until("sent after `until`", lambda: len(b.outs) > count)
        b.report(reply["id"], "never", reason="blocked")
        b.publish(f"{TOPICS}/status/test", {"state": "offline", "since": rig.now(), "version": "0"}, retain=True)
        time.sleep(0.3)
        waiting = b.send("chat1", "hva koster det")
        b.wait_accepted(waiting)
        never("sent to a network that is offline", lambda: b.replies(waiting), 0.7)
        b.publish(f"{TOPICS}/status/test", {"state": "online", "since": rig.now(), "version": "0"}, retain=True)
        b.reply_to(waiting)


def test_kill_core_at_every_point():
    """kill -9 again and again while messages arrive: all are answered, each by one reply."""
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        sent = {}
        for round_number in range(6):
            for chat in range(20):
                payload = b.message(("hva koster det", "jeg bor i Horten", "må jeg ha henvisning")[chat % 3])
                sent[payload["id"]] = (f"chat{chat}", payload)
                b.publish(f"{TOPICS}/in/test/chat{chat}", payload)
            time.sleep(0.004 * (round_number + 1))
            core.kill()
            r.again(core)
            end = time.monotonic() + 20 * rig.PATIENCE
            while missing := [i for i in sent if i not in b.accepted]:
                assert time.monotonic() < end, f"{len(missing)} were never accepted"
                for in_id in missing:  # a bridge repeats what was not accepted
                    b.publish(f"{TOPICS}/in/test/{sent[in_id][0]}", sent[in_id][1])
                time.sleep(0.3)
        wait_until("every message has its reply", lambda: all(b.replies(i) for i in sent), 20)
        assert all(len(b.replies(i)) == 1 for i in sent), "no message has two replies"
        assert not b.refused, b.refused


def test_broker_restart_loses_nothing():
    with Rig() as r:
        core = r.core()
        b = r.bridge(deliver=False)
        reply = b.ask("chat1", "Hei")
        r.restart_broker()
        wait_until("the core is back", lambda: core.log_text().count("connected to the broker") >= 2, 15)
        count = len(b.outs)
        wait_until("what was not delivered goes out again", lambda: len(b.outs) > count, 15)
        assert b.outs[-1]["id"] == reply["id"]
        b.deliver = True
        b.report(reply["id"])
        b.ask("chat1", "hva koster det", id="after-restart")


def test_second_core_takes_over_and_first_stops():
    with Rig() as r:
        first = r.core("first")
        b = r.bridge()
        b.ask("chat1", "Hei")
        r.core("second")
        assert first.ended() == 3
        assert "taken over" in first.log_text()
        b.ask("chat1", "hva koster det")
        wait_until("the status is the second core's", lambda: b.core_status()["state"] == "online")


def test_second_core_on_same_database_is_refused():
    with Rig() as r:
        r.core("one", core__database=r.path("shared.db"))
        second = r.core("two", wait=False, core__database=r.path("shared.db"))
        assert second.ended() == 1
        assert "another process uses this database" in second.log_text()


def test_last_will_says_offline():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        wait_until("online", lambda: (s := b.core_status())["state"] == "online")
        core.kill()
        wait_until("offline by the last will", lambda: b.core_status()["state"] == "offline")
        r.again(core)
        wait_until("online again", lambda: b.core_status()["state"] == "online")
        core.stop()
        wait_until("offline when it stops", lambda: b.core_status()["state"] == "offline")


def test_wrong_status_is_corrected():
    with Rig() as r:
        r.core(core__status_seconds=3600)
        b = r.bridge()
        wait_until("online", lambda: (s := b.core_status())["state"] == "online")
        b.publish(f"{TOPICS}/status/core", {"state": "offline", "since": rig.now(), "version": "0"}, retain=True)
        wait_until("said again", lambda: b.core_status()["state"] == "online")


def test_state_survives_restart():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        b.ask("chat1", "jeg bor i Horten")
        core.stop()
        r.again(core)
        assert "Horten" in b.ask("chat1", "finn kontaktpunkt")["text"]


def test_moved_chat_keeps_its_conversation():
    with Rig() as r:
        r.core()
        b = r.bridge()
        b.ask("old", "jeg bor i Horten")
        b.wait_accepted(b.send("new", event="moved", **{"from": "old"}))
        assert "Horten" in b.ask("new", "finn kontaktpunkt")["text"]
        assert "Horten" not in b.ask("old", "finn kontaktpunkt")["text"]


def test_events_carry_the_numbers():
    with Rig() as r:
        r.core()
        b = r.bridge()
        for members in ({"event": "unsupported", "kind": "voice"}, {"event": "unsupported", "kind": "sticker"},
                        {"event": "encrypted"}, {"event": "group"}, {"event": "started"}):
            text = b.ask("chat1", **members)["text"]
            assert "113" in text and "116 123" in text, (members, text)


def test_old_button_is_answered_not_executed():
    with Rig() as r:
        r.core()
        b = r.bridge()
        ask = b.ask("chat1", "slett alt om meg")
        yes = ask["choices"][0][0]["value"]
        b.ask("chat1", "hva koster det")
        old = b.ask("chat1", choice=yes)
        assert "knapp" in old["text"].lower(), old["text"]
        forged = b.ask("chat1", choice="deadbeef.1")
        assert "knapp" in forged["text"].lower()


def test_delete_leaves_no_trace():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        chat = "ChatTokenThatMustGo"
        b.ask(chat, "jeg bor i Nesbyen")
        assert any(chat.encode() in read(r.path(name)) for name in os.listdir(r.folder) if name.startswith("core.db"))
        ask = b.ask(chat, "slett alt om meg")
        b.ask(chat, choice=ask["choices"][0][0]["value"])
        def traces():
            files = [name for name in os.listdir(r.folder) if name.startswith("core.db")]
            return [name for name in files if chat.encode() in read(r.path(name)) or b"Nesbyen" in read(r.path(name))]
        wait_until("no trace in database or WAL", lambda: not traces(), 60)
        assert chat not in core.log_text()


def test_wipe_happens_also_after_a_crash():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        chat = "AnotherTokenThatMustGo"
        ask = b.ask(chat, "slett alt om meg")
        b.ask(chat, choice=ask["choices"][0][0]["value"])
        core.kill()
        r.again(core)
        def traces():
            return [n for n in os.listdir(r.folder) if n.startswith("core.db") and chat.encode() in read(r.path(n))]
        wait_until("no trace after the restart", lambda: not traces(), 60)


def test_intent_and_reply_in_one_change():
    with Rig() as r:
        r.core(**copy_data(r))
        b = r.bridge()
        write(r.path("intents/sykkelparkering.intent"), "class talk\npattern sykkelparkering\nexample er det sykkelparkering\n")
        wait_until("refused while the reply is missing", lambda: b.core_status()["faults"], 5)
        for language in ("nb", "nn", "en"):
            write(r.path(f"replies/{language}/sykkelparkering.md"), "Ja, utenfor døra.\n")
        wait_until("both are live", lambda: not b.core_status()["faults"], 5)
        assert "utenfor døra" in b.ask("chat1", "er det sykkelparkering?")["text"]


def test_folder_replaced_by_another():
    with Rig() as r:
        r.core(**copy_data(r))
        b = r.bridge()
        shutil.copytree(r.path("replies/nb"), r.path("fresh"))
        write(r.path("fresh/kostnad.md"), "Gratis, sa den nye mappa.\n")
        os.rename(r.path("replies/nb"), r.path("old"))
        os.rename(r.path("fresh"), r.path("replies/nb"))
        wait_until("the new folder is live", lambda: "nye mappa" in b.ask("chat1", "hva koster det")["text"], 10, 0.3)
        write(r.path("replies/nb/kostnad.md"), "Gratis, sa en endring etterpå.\n")
        wait_until("and watched", lambda: "etterpå" in b.ask("chat1", "hva koster det")["text"], 10, 0.3)


def test_oversized_message_is_refused_by_its_id():
    with Rig() as r:
        r.core()
        b = r.bridge()
        b.send("chat1", "a" * 40000, id="toolarge")
        wait_until("refused", lambda: "32 KiB" in b.refused.get("toolarge", ""))


def test_only_replies_broken_crisis_is_still_recognised():
    with Rig() as r:
        settings = copy_data(r)
        write(r.path("replies/nb/hilsen.md"), "{{#open}}")
        r.core(**settings)
        b = r.bridge()
        reply = b.ask("chat1", "det beste for alle er om jeg forsvinner for godt")
        assert reply["urgent"] and "116 123" in reply["text"]
        health = r.ctl("health", **settings)
        assert health.returncode == 2 and "hilsen.md:1" in health.stdout, health.stdout


def test_wiped_status_counts_as_online():
    with Rig() as r:
        r.core()
        b = r.bridge()
        b.publish(f"{TOPICS}/status/test", {"state": "offline", "since": rig.now(), "version": "0"}, retain=True)
        time.sleep(0.2)
        b.publish(f"{TOPICS}/status/test", b"", retain=True)
        time.sleep(0.2)
        b.ask("chat1", "Hei")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_unwritable_database_still_answers_a_crisis():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        b.ask("chat1", "Hei")
        # every later write to the database fails, as on a full disk: no file of the process may grow
        subprocess.run(["prlimit", f"--pid={core.pid}", f"--fsize={os.path.getsize(r.path('core.db-wal'))}:unlimited"], check=True)
        crisis = b.send("chat2", "jeg skal ta livet mitt i natt", id="crisis")
        reply = b.reply_to(crisis)
        assert reply["urgent"] and "113" in reply["text"] and "116 123" in reply["text"]
        ordinary = b.send("chat3", "hva koster det", id="ordinary")
        never("an ordinary message is accepted without being stored", lambda: ordinary in b.accepted or b.replies(ordinary), 0.7)
        assert crisis not in b.accepted
        wait_until("the fault is shown", lambda: any("database" in f for f in b.core_status()["faults"]))
        before = cpu_seconds(core.pid)
        time.sleep(1)
        assert cpu_seconds(core.pid) - before < 0.5, "the core does not spin while it waits for the database"
        subprocess.run(["prlimit", f"--pid={core.pid}", "--fsize=unlimited:unlimited"], check=True)
        wait_until("the fault goes by itself", lambda: not b.core_status()["faults"], 10)
        b.send("chat2", "jeg skal ta livet mitt i natt", id="crisis")
        b.send("chat3", "hva koster det", id="ordinary")
        b.wait_accepted("crisis")
        b.wait_accepted("ordinary")
        b.reply_to("ordinary")
        assert len(b.replies("crisis")) == 1, "the stored reply has the id of the one sent before"


def copy_data(r):
    """A copy of the folders that staff edit; settings that name them."""
    for name in ("intents", "replies"):
        shutil.copytree(os.path.join(rig.ROOT, name), r.path(name))
    shutil.copy(os.path.join(rig.ROOT, "deploy", "contact-points.geojson"), r.path("points.geojson"))
    return {"core__intents": r.path("intents"), "core__replies": r.path("replies"), "core__contact_points": r.path("points.geojson")}


def write(path, text):
    """As an editor writes: a new file that replaces the old one."""
    with open(path + ".tmp~", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".tmp~", path)


def test_good_edit_is_live_within_a_second():
    with Rig() as r:
        r.core(**copy_data(r))
        b = r.bridge()
        write(r.path("replies/nb/kostnad.md"), "Helt gratis, sa redaktøren.\n")
        wait_until("taken", lambda: b.core_status()["counters"]["edits_taken"] >= 1, 3)
        assert "sa redaktøren" in b.ask("chat1", "hva koster det?")["text"]
        write(r.path("intents/parkering.intent"), "class talk\npattern parkering\nexample er det parkering der\nreply kostnad\n")
        wait_until("taken", lambda: b.core_status()["counters"]["edits_taken"] >= 2, 3)
        assert "sa redaktøren" in b.ask("chat1", "er det parkering der?")["text"]


def test_bad_edits_are_refused_and_shown():
    with Rig() as r:
        settings = copy_data(r)
        r.core(**settings)
        b = r.bridge()
        good = read(r.path("replies/nb/kostnad.md")).decode()
        bad = [
            ("replies/nb/kostnad.md", "Hei {{navnet}}\n", "kostnad.md:1"),
            ("replies/nb/kostnad.md", "Hei {{#a}}\n", "kostnad.md:1"),
            ("intents/kostnad.intent", "class talk\npattern (gratis\nexample gratis?\n", "kostnad.intent:2"),
            ("intents/words.txt", "jeg <- eg\ndu <- eg\n", "words.txt:2"),
            ("points.geojson", "{\n", "points.geojson:"),
        ]
        for number, (name, text, where) in enumerate(bad, 1):
            before = read(r.path(name)).decode()
            write(r.path(name), text)
            wait_until(f"{name} is refused", lambda: b.core_status()["counters"]["edits_refused"] >= number, 5)
            wait_until("shown", lambda: any(where in f for f in b.core_status()["faults"]), 5)
            assert good.split(".")[0].split("\n")[0][:20] in b.ask("chat1", "hva koster det?")["text"], "the last good one stays"
            health = r.ctl("health", **settings)
            assert where in health.stdout and health.returncode == 1, (health.stdout, health.returncode)
            write(r.path(name), before)
            wait_until("mended", lambda: not b.core_status()["faults"], 5)


def test_reply_folder_emptied_while_running_and_at_start():
    with Rig() as r:
        settings = copy_data(r)
        core = r.core(**settings)
        b = r.bridge()
        shutil.rmtree(r.path("replies"))
        wait_until("refused", lambda: b.core_status()["counters"]["edits_refused"] >= 1, 5)
        assert "gratis" in b.ask("chat1", "hva koster det")["text"], "the last good texts stay"
        core.stop()
        r.again(core)
        crisis = b.ask("chat2", "jeg vil dø")
        assert "113" in crisis["text"] and "116 123" in crisis["text"], crisis
        ordinary = b.send("chat3", "hva koster det", id="later")
        never("accepted while it cannot be answered", lambda: ordinary in b.accepted, 0.7)
        shutil.copytree(os.path.join(rig.ROOT, "replies"), r.path("replies"))
        wait_until("loaded again", lambda: not b.core_status()["faults"], 10)
        b.send("chat3", "hva koster det", id="later")
        assert "gratis" in b.reply_to("later")["text"]


def test_message_that_crashes_the_core_twice_is_refused():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        b.ask("warm-up", "Hei")
        # the marker file says which message was under way when the process died: play two such deaths
        victim = b.message("hva koster det", id="victim")
        for _ in range(2):
            core.kill()
            mark_crash(r.path("core.db"), "test", "victim")
            r.again(core)
        b.publish(f"{TOPICS}/in/test/chat1", victim)
        b.send("chat2", "hva koster det", id="bystander")
        wait_until("refused", lambda: "victim" in b.refused)
        assert "crashed" in b.refused["victim"]
        assert "116 123" in b.reply_to("victim")["text"]
        assert "gratis" in b.reply_to("bystander")["text"]


def mark_crash(database, network, in_id):
    """Writes the marker as the core does before it takes a message: the keyed hash of (network, id)."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        secret = db.execute("SELECT value FROM meta WHERE name='secret'").fetchone()[0]
    hashed = hashlib.blake2b(key=secret, digest_size=16)
    for part in (network.encode(), in_id.encode()):
        hashed.update(len(part).to_bytes(8, "little") + part)
    with open(database + ".turn", "r+b") as file:
        file.write(b"\x01" + hashed.digest())


def test_health_and_check_and_n():
    with Rig() as r:
        assert r.ctl("health").returncode == 2, "no core: critical"
        r.core()
        b = r.bridge()
        b.ask("chat1", "Hei")
        wait_until("counted", lambda: b.core_status()["counters"]["accepted"] >= 1)
        health = r.ctl("health", core__database=r.path("core.db"))
        assert health.returncode == 0 and "healthy" in health.stdout and "outbox" in health.stdout, health.stdout
        good = subprocess.run([os.path.join(rig.BUILD, "selvhjelpsbot"), "-n"], cwd=rig.ROOT, capture_output=True, text=True)
        assert good.returncode == 0, good.stderr
        bad = subprocess.run([os.path.join(rig.BUILD, "selvhjelpsbot"), "-n", "-o", "core.replies=/nonexistent"], cwd=rig.ROOT,
                             capture_output=True, text=True)
        assert bad.returncode == 1 and "/nonexistent" in bad.stderr
        unknown = subprocess.run([os.path.join(rig.BUILD, "selvhjelpsbot"), "-o", "core.nonsense=1"], cwd=rig.ROOT,
                                 capture_output=True, text=True)
        assert unknown.returncode == 1 and "core.nonsense" in unknown.stderr


def test_payloads_keep_the_schemas():
    import check_schemas
    with Rig() as r:
        r.core()
        b = r.bridge()
        for text in ("Hei", "jeg bor i Herøy", "orker ikke mer, vil bare dø", "Lillehammer", "slett", "asdf qwer"):
            b.ask("chat1", text)
        b.send_raw("chat1", json.dumps({"id": "bad", "time": "x", "text": "x"}))
        wait_until("refused", lambda: "bad" in b.refused)
        wait_until("status", lambda: b.core_status()["state"] == "online")
        with b.lock:
            messages = list(b.messages)
        for topic, payload, _ in messages:
            kind = topic[len(TOPICS) + 1:].split("/")[0]
            assert not check_schemas.validate(kind, json.loads(payload)), (topic, payload)
        assert {topic[len(TOPICS) + 1:].split("/")[0] for topic, _, _ in messages} == {"accepted", "out", "status"}


def test_late_message_is_excused():
    with Rig() as r:
        r.core()
        b = r.bridge()
        late = b.ask("chat1", "hva koster det", late=True)
        plain = b.ask("chat2", "hva koster det")
        assert len(late["text"]) > len(plain["text"]) and "gratis" in late["text"]


def test_edited_message_repeats_no_side_effect():
    with Rig() as r:
        r.core()
        b = r.bridge()
        ask = b.ask("chat1", "slett", id="first")
        assert ask["choices"]
        edited = b.ask("chat1", "ja", edits="first", id="edit")
        assert "113" not in edited["text"]
        b.ask("chat1", "jeg bor i Horten")
        crisis = b.ask("chat1", "jeg vil ta livet mitt", edits="first", id="edit2")
        assert crisis["urgent"]
        for number in range(10):
            b.ask("chat1", "hva koster det", id=f"normal{number}")


def test_sigstop_and_sigcont_core():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        b.ask("chat1", "Hei")
        core.signal(signal.SIGSTOP)
        waiting = b.send("chat1", "hva koster det")
        never("answered while stopped", lambda: b.replies(waiting), 0.5)
        core.signal(signal.SIGCONT)
        b.reply_to(waiting)


if __name__ == "__main__":
    rig.main(dict(globals()))
