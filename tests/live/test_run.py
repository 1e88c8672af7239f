#!/usr/bin/python3
"""`make run` as a newcomer uses it: piped, and on a terminal; ends cleanly and leaves nothing behind."""

import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
from xml.etree import ElementTree

import rig
from rig import wait_until
from telegram_peer import TelegramPeer

TRY = os.path.join(rig.ROOT, "deploy", "try.sh")


def children_named(name):
    """Process ids whose command line holds `name`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if name.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def run_piped(folder, text):
    environment = dict(os.environ, TMPDIR=folder)
    return subprocess.run([TRY, rig.BUILD], input=text, capture_output=True, text=True, cwd=rig.ROOT, env=environment,
                          timeout=90 * rig.PATIENCE, check=False)


def test_piped_conversation_ends_and_leaves_nothing():
    with rig.Rig() as r:
        lines = ["Hei", "kva kosta det?", "æ bor i Tromsø og vil møte andre", "jeg bor i Herøy", "orker ikke mer, vil bare dø",
                 "Lillehammer", "koffor det?"]
        done = run_piped(r.folder, "\n".join(lines) + "\n")
        assert done.returncode == 0, done.stderr
        for words in ("robot", "gratis", "LINK Tromsø", "Herøy", "116 123", "Lillehammer", "113"):
            assert words in done.stdout, (words, done.stdout)
        assert "> " not in done.stdout, "no prompt when it is no terminal"
        left = [name for name in os.listdir(r.folder) if name.startswith("selvhjelpsbot.")]
        assert not left, left
        assert children_named(r.folder) == [r.broker.pid], "a process was left behind"


def test_last_line_without_line_end_is_answered():
    with rig.Rig() as r:
        done = run_piped(r.folder, "hva koster det")
        assert done.returncode == 0 and "gratis" in done.stdout, (done.returncode, done.stdout, done.stderr)


def test_no_input_ends_at_once():
    with rig.Rig() as r:
        done = run_piped(r.folder, "")
        assert done.returncode == 0, done.stderr


def test_terminal_has_a_prompt_and_ends_on_ctrl_d():
    with rig.Rig() as r:
        controller, terminal = pty.openpty()
        process = subprocess.Popen([TRY, rig.BUILD], stdin=terminal, stdout=terminal, stderr=subprocess.DEVNULL, cwd=rig.ROOT,
                                   env=dict(os.environ, TMPDIR=r.folder), start_new_session=True)
        os.close(terminal)
        seen = bytearray()

        def shows(words):
            while select.select([controller], [], [], 0)[0]:
                try:
                    seen.extend(os.read(controller, 65536))
                except OSError:
                    break
            return words.encode() in bytes(seen)
        wait_until("a prompt", lambda: shows("> "), 20)
        os.write(controller, "hva koster det?\n".encode())
        wait_until("an answer", lambda: shows("gratis"), 20)
        time.sleep(0.2)
        os.write(controller, b"\x04")
        assert process.wait(20 * rig.PATIENCE) == 0
        os.close(controller)
        assert children_named(r.folder) == [r.broker.pid], "a process was left behind"


def test_telegram_until_ctrl_c():
    with TelegramPeer() as peer, rig.Rig() as r:
        token_file = r.path("token")
        with open(os.open(token_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(peer.token + "\n")
        sanitized = ["SANITIZE=1"] if "asan" in rig.BUILD else []
        command = ["make", "-s", "run", "NETWORK=telegram", f"TOKEN_FILE={token_file}", f"API_BASE={peer.url}", f"BUILD={rig.BUILD}"]
        process = subprocess.Popen([*command, *sanitized], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, cwd=rig.ROOT, env=dict(os.environ, TMPDIR=r.folder), start_new_session=True)
        r.callback(end_group, process)
        kari = peer.user(7_412_900_001)
        kari.start()
        kari.wait("robot", 60)
        kari.ask("kva kosta det?", "gratis")
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20 * rig.PATIENCE)
        assert "https://t.me/selvhjelp_test_bot" in said and "coordinator invite" in said and peer.token not in said, said
        assert not [name for name in os.listdir(r.folder) if name.startswith("selvhjelpsbot.")], os.listdir(r.folder)
        assert children_named(r.folder) == [r.broker.pid], "a process was left behind"


def end_group(process):
    """What a failed test would leave."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def test_other_networks_say_what_is_missing():
    with rig.Rig() as r:
        nowhere = r.path("nowhere")
        for arguments, words in ((["telegram"], "TOKEN_FILE="), (["telegram", f"telegram.token_file={nowhere}"], nowhere),
                                 (["matrix"], "HOMESERVER="), (["matrix", "matrix.homeserver=http://127.0.0.1:1", f"matrix.token_file={nowhere}"], nowhere),
                                 (["matrix", "matrix.homeserver=http://127.0.0.1:1", "matrix.user=@a:b"], "PASSWORD_FILE="), (["fax"], "no network")):
            done = subprocess.run([TRY, rig.BUILD, *arguments], capture_output=True, text=True, cwd=rig.ROOT, check=False,
                                  env=dict(os.environ, TMPDIR=r.folder), timeout=60 * rig.PATIENCE)
            assert done.returncode == 1 and words in done.stderr, (arguments, done)
        assert children_named(r.folder) == [r.broker.pid]


def test_chat_in_process():
    done = subprocess.run([os.path.join(rig.BUILD, "selvhjelpsctl"), "chat"], input="Hei\nkva kosta det?\n", capture_output=True,
                          text=True, cwd=rig.ROOT, timeout=60 * rig.PATIENCE, check=False)
    assert done.returncode == 0 and "gratis" in done.stdout and "> " not in done.stdout, done.stdout


def test_understand_gives_one_object_a_line():
    import json
    lines = ["hva koster det", "jeg bor i Herøy", "", "orker ikke mer, vil bare dø", "x" * 40000, "\x00\x01", "4790"]
    done = subprocess.run([os.path.join(rig.BUILD, "selvhjelpsctl"), "understand"], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, cwd=rig.ROOT, timeout=60 * rig.PATIENCE, check=False)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(objects) == len(lines)
    assert all(set(o) == {"label", "care", "also", "score", "rule", "language", "place", "abroad", "mentions",
                              "suggestions"} for o in objects)
    assert objects[0]["label"] == "kostnad" and objects[0]["rule"].startswith("intents/kostnad.intent:")
    assert len(objects[1]["mentions"][0]["candidates"]) == 2
    assert {c["kommune"] for c in objects[1]["mentions"][0]["candidates"]} == {"Herøy (Nordland)", "Herøy (Møre og Romsdal)"}
    assert objects[3]["label"] == "krise_selvmord" and objects[3]["care"] == "certain"


def ctl(*words):
    return subprocess.run([os.path.join(rig.BUILD, "selvhjelpsctl"), *words], capture_output=True, text=True, cwd=rig.ROOT,
                          timeout=60 * rig.PATIENCE, check=False)


def test_places_tells_what_it_knows_and_from_where():
    horten = ctl("places", "3187").stdout
    assert "3901 Horten, Vestfold" in horten and "from street" in horten
    assert "kommune" in ctl("places", "Bø").stdout and "words.tsv" in ctl("places", "Bø").stdout
    assert "outside Norway (SE)" in ctl("places", "Stockholm").stdout
    assert "the name most like it" in ctl("places", "Trondhjm").stdout
    assert ctl("places", "xyzzyx").returncode == 3 and ctl("places").returncode == 64


def test_coverage_has_every_kommune_in_csv_and_map():
    import csv
    rows = list(csv.DictReader(ctl("coverage").stdout.splitlines()))
    assert len(rows) == 358 and len({row["kommunenummer"] for row in rows}) == 358
    horten = next(row for row in rows if row["kommunenummer"] == "3901")
    assert horten["har"] == "eget" and horten["km"] == "0"
    assert all(int(row["km"]) >= 0 for row in rows if row["har"] == "nærmeste")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "map.svg")
        assert ctl("coverage", "--map", path).returncode == 0
        circles = [e for e in ElementTree.parse(path).iter() if e.tag.endswith("circle")]
        assert len(circles) == 357 + 5  # and the legend's
        assert ctl("coverage", "--map", os.path.join(folder, "none", "map.svg")).returncode == 1


def test_patterns_names_the_ten_slowest():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "messages.tsv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# a comment\n\nkostnad\tnb\tHva koster det?\nhilsen\tnn\tHei, eg bur i Horten\n")
        done = ctl("patterns", path)
        first, *table = done.stdout.splitlines()
        slowest = [row.split() for row in table if re.search(r" intents/\w+\.intent:[1-9][0-9]*$", row)]
        times = [float(row[0]) for row in slowest]
        assert done.returncode == 0 and "99th percentile" in first and "2 messages" in first, done
        assert len(slowest) == 10 and times == sorted(times, reverse=True), done.stdout
        assert all(0 <= int(row[2]) <= int(row[1]) <= 2 for row in slowest), done.stdout
        with open(path, "a", encoding="utf-8") as file:
            file.write("no tabs\n")
        done = ctl("patterns", path)
        assert done.returncode == 1 and f"{path}:5" in done.stderr, done
    assert ctl("patterns").returncode == 64 and ctl("patterns", "/nowhere.tsv").returncode == 1


def test_nearest_exit_codes():
    def nearest(*words):
        return subprocess.run([os.path.join(rig.BUILD, "selvhjelpsctl"), "nearest", *words], capture_output=True, text=True,
                              cwd=rig.ROOT, timeout=60 * rig.PATIENCE, check=False)
    assert nearest("--json", "Horten").returncode == 0
    assert nearest("Herøy").returncode == 2
    assert nearest("Xyzzy").returncode == 3


if __name__ == "__main__":
    rig.main(dict(globals()))
