#!/usr/bin/python3
"""Requests with the real programs: nothing of a resident is left after `slett` and after its time, staff's commands,
backup and restore, two who press at once, asks of other programs, limits, a chat that is closed, a core that dies.

It has over 600 lines because each part of requests is tried through the real programs, and they share one way in."""

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import threading
import time

import rig
from bridge_rig import Network
from desk_rig import REFERENCE, bind, fill_in, invite, join, notice, notices, press, table, value_of
from rig import Client, Rig, TOPICS, never, wait_until, now

DAY = 24 * 3600 * 1000
os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"  # Oslo, also where no time zones are installed
time.tzset()


def ctl(r, *arguments, **settings):
    settings.setdefault("core__database", r.path("core.db"))
    return r.ctl(*arguments, **settings)


def rows_of(r, **settings):
    """`requests --personal` by reference."""
    done = ctl(r, "requests", "--personal", **settings)
    assert done.returncode == 0, done.stderr
    return {row["reference"]: row for row in table(done.stdout)}


@contextlib.contextmanager
def database(r):
    """The database of a core that is stopped."""
    db = sqlite3.connect(r.path("core.db"))
    with contextlib.closing(db), db:
        yield db


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def now_ms():
    return time.time_ns() // 10**6


# ---- traces ----

def forms(word):
    """A word as bytes, however it may have been written."""
    texts = {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], word.upper(), word.lower()}
    return {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")} | \
        {word.encode("latin-1", "ignore")}


def traces(folder, words, but=()):
    """Which words are found in which files of the folder."""
    found = []
    for path, _, names in os.walk(folder):
        for name in names:
            if name in but:
                continue
            with contextlib.suppress(FileNotFoundError):
                data = read(os.path.join(path, name))
                found += [f"{word} in {name}" for word in words if any(form in data for form in forms(word))]
    return found


def wait_no_traces(r, words, but=(), seconds=60):
    try:
        wait_until("no trace is left", lambda: not traces(r.folder, words, but), seconds, 0.5)
    except AssertionError:
        raise AssertionError(f"still there: {traces(r.folder, words, but)}") from None


SECRETS = {"name": "Kvæfjordsøn", "phone": "46701234567", "e-mail": "trollmor.usynlig@eksempelpost.example",
           "words": "Blåbærsyltetøy", "relayed": "Sjøormfiske", "answer": "Tyttebærkrok", "draft": "Måltrostegg"}


class Resident:
    """An address of a real bridge; buttons are typed."""

    def __init__(self, network, address):
        self.network, self.address, self.count = network, address, 0

    def ask(self, text, expected):
        before = len(self.network.got("reply", self.address))
        self.count += 1
        self.network.send(self.address, text, f"{self.address}-{self.count}")
        events = wait_until(f"{text!r} is answered with {expected!r}; got {self.network.got('reply', self.address)[-1:]}", lambda: [
            e[3] for e in self.network.got("reply", self.address)[before:] if expected in e[3]], 20)
        return events[-1]

    def join(self, place, name, words, contact):
        self.ask(f"jeg vil bli med i en gruppe i {place[0]}", "tar imot forespørsel her")
        self.ask(f"Send til {place[1]}", "18 år")
        self.ask("Ja, 18 eller eldre", "Før vi går videre")
        self.ask("Ja, det er greit", "kalle deg")
        self.ask(f"Jeg heter {name}", "tre måter")
        self.ask("På e-post" if "@" in contact else "På telefon", "adresse" if "@" in contact else "nummer")
        self.ask(contact, "legge til noe")
        self.ask(words, "Dette sender jeg")
        return REFERENCE.search(self.ask("Send", "Referansen din er"))[0]


def start_erasure(r):
    """A resident with two requests, one of them taken, with words both ways; the bridge of their coordinator, their chat's
    token, the references."""
    core = r.core()
    tokens = Client(r.port, "sniffer", [f"{TOPICS}/in/test/+"])
    r.callback(tokens.close)
    staff = r.bridge("stab")
    bind(r, staff, "kari", "link-bergen")
    bind(r, staff, "kari", "link-trondheim")
    network = Network(r)
    network.logged("connected to the broker")
    resident = Resident(network, "adressen-til-beboeren")
    first = resident.join(("Bergen", "LINK Bergen og omegn"), f"Ødvår {SECRETS['name']}",
                          f"{SECRETS['words']} \"på\" loftet \\ bak døra", "+46 70 123 45 67")
    second = resident.join(("Trondheim", "LINK Trondheim"), f"Ødvår {SECRETS['name']}", f"{SECRETS['words']} igjen",
                           SECRETS["e-mail"])
    out = notice(staff, "kari", f"Ny forespørsel: **{first}**")
    assert SECRETS["name"] in press(staff, "kari", out, "Ta")["text"]
    wait_until("the resident hears", lambda: any("har tatt forespørselen" in e[3] for e in network.got("reply")))
    resident.ask("skriv", "Det du skriver nå")
    resident.ask(f"{SECRETS['relayed']} er gøy", "Sendt til")
    resident.ask("ferdig", "lukket")
    heard = notice(staff, "kari", SECRETS["relayed"])
    press(staff, "kari", heard, "Svar")
    assert "sendt" in staff.ask("kari", f"Ja, {SECRETS['answer']} også")["text"]
    wait_until("the resident reads it", lambda: any(SECRETS["answer"] in e[3] for e in network.got("reply")))
    token = tokens.messages[0][0].rsplit("/", 1)[1]
    return core, staff, resident, token, (first, second)


def reader_is_locked_out(r):
    """Another process tries to read: a reader could keep what was erased in the write-ahead log."""
    shell = subprocess.run(["sqlite3", "-readonly", r.path("core.db"), "begin; select count(*) from requests;"],
                           capture_output=True, text=True, timeout=60, check=False)
    assert "locked" in shell.stderr and not shell.stdout.strip(), (shell.stdout, shell.stderr)
    with contextlib.closing(sqlite3.connect(f"file:{r.path('core.db')}?mode=ro", uri=True, timeout=0)) as db:
        try:
            db.execute("begin")
            db.execute("select count(*) from requests").fetchone()
        except sqlite3.OperationalError as error:
            assert "locked" in str(error), error
            return
    raise AssertionError("another process could read the database while the core runs")


def test_erasure_leaves_no_trace():
    """Of the whole chain: core, real bridge, broker; also in a backup that is older and is put back."""
    with Rig() as r:
        core, staff, resident, token, references = start_erasure(r)
        secrets = [word for kind, word in SECRETS.items() if kind != "draft"] + [token]
        backup = ctl(r, "backup", r.path("old.backup"), console__key_file=r.path("key"))
        assert backup.returncode == 0, backup.stderr
        present = " ".join(traces(r.folder, secrets))
        assert all(word in present for word in (SECRETS["name"], SECRETS["phone"], SECRETS["e-mail"], SECRETS["words"], token)), \
            f"the search itself finds nothing: {present}"
        staff.ask("kari", f"svar {references[0]} {SECRETS['draft']}")  # waits for a yes
        reader_is_locked_out(r)
        resident.ask("slett", "Skal jeg slette alt")
        resident.ask("Ja, slett alt", "Nå sletter jeg alt")
        notice(staff, "kari", (references[0], "trukket"))
        notice(staff, "kari", (references[1], "trukket"))
        reader_is_locked_out(r)
        wait_no_traces(r, secrets + [SECRETS["draft"]], ["old.backup"])
        reader_is_locked_out(r)
        assert not rows_of(r)
        core.stop()
        assert not traces(r.folder, secrets, ["old.backup"]), "what a core writes at its end"
        assert traces(r.folder, secrets), "the backup has it, or the next step shows nothing"

        restored = ctl(r, "restore", r.path("old.backup"), "--replace", console__key_file=r.path("key"))
        assert restored.returncode == 0, restored.stderr
        assert not traces(r.folder, secrets, ["old.backup"]), traces(r.folder, secrets, ["old.backup"])
        r.again(core)
        assert not rows_of(r)
        resident.ask("status", "Det er ikke sendt noen forespørsel")
        assert staff.ask("kari", "liste")["text"], "the coordinator is bound still"
        assert value_of(staff.ask("kari", "liste"), "Ta") is None
        wait_no_traces(r, [word for word in secrets if word != token], ["old.backup"])


def test_erasure_takes_what_waits_for_the_coordinator():
    """Name and telephone in a reply to the coordinator that is not yet delivered."""
    with Rig() as r:
        r.core(core__repeat_first_seconds=60)
        b, staff = r.bridge(), r.bridge("stab")
        bind(r, staff, "kari", "link-bergen")
        reference = join(b, "ola", alias=SECRETS["name"], contact="+46701234567", words=SECRETS["words"])
        take = value_of(notice(staff, "kari", reference), "Ta")
        staff.deliver = False
        staff.send("kari", choice=take)
        press(b, "ola", notice(b, "ola", ("har tatt forespørselen", reference)), "Skriv til")
        assert "Sendt til" in b.ask("ola", f"{SECRETS['relayed']} er gøy")["text"]
        b.ask("ola", "ferdig")
        press(b, "ola", b.ask("ola", "slett"), "Ja, slett alt")
        wait_no_traces(r, [SECRETS[kind] for kind in ("name", "phone", "words", "relayed")])


def test_erasure_reaches_a_copy_that_nobody_fetched():
    """A backup whose selvhjelpsctl died leaves the copy beside the database."""
    with Rig() as r:
        r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        join(b, "ola", alias=SECRETS["name"], words=SECRETS["words"])
        asker = Asker(r, "ctl")
        assert asker.ask("backup")["rows"], "the copy is made"
        press(b, "ola", b.ask("ola", "slett"), "Ja, slett alt")
        wait_no_traces(r, [SECRETS["name"], SECRETS["words"]])


def test_core_does_not_run_beside_a_reader():
    """Somebody reads the database already: then the core does not start, or the reader would keep the old pages."""
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        join(b, "ola", alias=SECRETS["name"])
        core.stop()
        with contextlib.closing(sqlite3.connect(r.path("core.db"), isolation_level=None)) as db:
            db.execute("begin")
            assert db.execute("select count(*) from requests").fetchone() == (1,)
            core.start()
            assert core.ended(30) == 1, "the core starts beside a reader"
            assert "locked" in core.log_text(), core.log_text()[-1000:]
            db.execute("rollback")
        r.again(core)
        press(b, "ola", b.ask("ola", "slett"), "Ja, slett alt")
        wait_no_traces(r, [SECRETS["name"]])


# ---- what goes by time ----

def test_rows_go_when_their_time_is_over():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        old = join(b, "gammel", alias=SECRETS["name"], words=SECRETS["words"])
        press(b, "gammel", b.ask("gammel", "trekk"), "Ja, trekk den")
        young = join(b, "ny", alias="Nina Nyere")
        b.ask("onsker", "jeg vil starte en gruppe")
        b.ask("onsker", "Registrer ønsket mitt")
        for text in ("Voss", "Ja, 18 eller eldre", SECRETS["draft"], "Ja, det er greit"):
            out = b.ask("onsker", text)
        assert "registrert" in out["text"], out["text"]
        b.ask("kari", f"endre Telefonen er {SECRETS['relayed']}")
        code = invite(r, "link-bergen")
        core.stop()
        assert traces(r.folder, [SECRETS["draft"]]) and traces(r.folder, [SECRETS["words"]])
        with database(r) as db:
            assert db.execute("update requests set closed=closed-?1, due=due-?1 where state=2", (31 * DAY,)).rowcount == 1
            assert db.execute("update wishes set created=created-?", (181 * DAY,)).rowcount == 1
            assert db.execute("update codes set expires=expires-?", (8 * DAY,)).rowcount == 1
            assert db.execute("update proposals set created=created-?", (181 * DAY,)).rowcount == 1
            assert db.execute("select count(*) from meta where name='time'").fetchone() == (1,), "the clock check has a time"
        r.again(core)
        assert "virker ikke" in b.ask("ukjent", f"koble {code}")["text"]
        wait_until("the closed one goes", lambda: set(rows_of(r)) == {young}, 60, 0.5)
        wait_no_traces(r, [SECRETS["name"], SECRETS["words"], SECRETS["draft"], SECRETS["relayed"]])
        assert old not in b.ask("gammel", "status")["text"]
        core.stop()
        with database(r) as db:
            counts = {name: db.execute(f"select count(*) from {name}").fetchone()[0] for name in ("requests", "wishes", "codes", "proposals")}
        assert counts == {"requests": 1, "wishes": 0, "codes": 0, "proposals": 0}, counts


def put_off(r, reference):
    """Nobody is reminded at night or on a weekend, when these tests run too: due at 8 in Oslo of a day to come."""
    due = rows_of(r)[reference]["due"]
    return due > now() and due[11:] in ("06:00:00.000Z", "07:00:00.000Z")


def test_nothing_goes_while_the_clock_is_doubtful():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        closed = join(b, "lukket")
        press(b, "lukket", b.ask("lukket", "trekk"), "Ja, trekk den")
        waits = join(b, "venter")
        core.stop()
        with database(r) as db:
            db.execute("update requests set closed=closed-?1, due=due-?1 where state=2", (31 * DAY,))
            db.execute("update requests set since=since-?1, created=created-?1, due=?2 where state=0", (181 * DAY, now_ms() - 1000))
            db.execute("update meta set value=? where name='time'", (now_ms() - 3 * DAY,))
        r.again(core)
        wait_until("it is shown", lambda: any("clock" in f for f in b.core_status()["faults"]))
        never("something old goes or ends", lambda: closed not in rows_of(r) or rows_of(r)[waits]["state"] != "sent", 2)
        core.stop()
        core.arguments.insert(1, "-t")
        r.again(core)
        wait_until("it goes when the clock is trusted", lambda: set(rows_of(r)) == {waits}, 20, 0.3)
        notice(b, "kari", ("er avsluttet", waits))


def test_reminder_and_end_come_once_also_after_a_crash():
    with Rig() as r:
        core = r.core()
        b, staff = r.bridge(), r.bridge("stab")
        bind(r, staff, "kari", "link-bergen")
        waits, expires = join(b, "venter"), join(b, "utgaar")
        core.stop()
        with database(r) as db:
            ids = dict(db.execute("select chat, id from requests"))
            db.execute("update requests set since=since-?1, created=created-?1, due=?2 where id=?3", (2 * DAY, now_ms() - 1000, ids["venter"]))
            db.execute("update requests set since=since-?1, created=created-?1, due=?2 where id=?3", (181 * DAY, now_ms() - 1000, ids["utgaar"]))
        # A reply that the core had no time to see delivered goes first in its chat; only what time brings is held back.
        staff.deliver = b.deliver = lambda out: "answers" in out
        r.again(core)
        wait_until("an end is on its way", lambda: len(staff.outs) > 2 and any("answers" not in o for o in b.outs))
        for _ in range(3):
            core.kill()
            r.again(core)
        staff.deliver = b.deliver = True
        wait_until("a reminder comes, or is put off to the morning",
                   lambda: notices(staff, "kari", "har ventet") or put_off(r, waits), 20, 0.3)
        notice(staff, "kari", (expires, "er avsluttet"))
        notice(b, "utgaar", (expires, "et halvt år"))
        never("one of them comes twice", lambda: len(notices(staff, "kari", "har ventet")) > 1 or
              len(notices(staff, "kari", "er avsluttet")) > 1 or len(notices(b, "utgaar", "et halvt år")) > 1, 1.5)
        assert rows_of(r)[expires]["state"] == "expired"


# ---- staff's commands ----

def test_coordinator_list_and_revoke():
    with Rig() as r:
        r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen", "--name", "Kari Nordmann")
        bind(r, b, "per", "link-bergen", "--name", "=HYPERLINK(1)")
        bind(r, b, "reserve", "Vestland", "--role", "fallback")
        bind(r, b, "kari2", "--again", "1")
        listed = ctl(r, "coordinator", "list").stdout
        assert "Kari Nordmann" in listed and "(test test)" in listed and "f:46" in listed, listed
        reference = join(b, "ola", alias="Ola Lita")
        press(b, "kari", notice(b, "kari", reference), "Ta")
        answer = value_of(b.outs[-1], "Svar") or f"s.answer.{reference}.2"
        unused = invite(r, "--again", "1")
        for bad in ("99", "x", "0", "-1"):
            done = ctl(r, "coordinator", "revoke", bad)
            assert done.returncode == 1 and "no coordinator" in done.stderr, (bad, done)
        assert ctl(r, "coordinator", "revoke", "1").returncode == 0
        assert "Kari" not in ctl(r, "coordinator", "list").stdout
        assert value_of(notice(b, "per", (reference, "ledig igjen")), "Ta")
        notice(b, "ola", (reference, "kan ikke følge den opp lenger"))
        for chat in ("kari", "kari2"):
            assert "gjelder ikke lenger" in b.ask(chat, choice=answer)["text"]
            assert "gjelder ikke lenger" in b.ask(chat, choice=f"s.take.{reference}.1")["text"]
            assert reference not in b.ask(chat, "liste")["text"]
            assert "Ola Lita" not in b.ask(chat, f"ta {reference}")["text"]
        assert "virker ikke" in b.ask("kari3", f"koble {unused}")["text"], "a revoked person's code"
        assert rows_of(r)[reference]["state"] == "sent"
        second = join(b, "eva")
        notice(b, "per", second)
        assert not notices(b, "kari", second) and not notices(b, "kari2", second)
        assert "Ola Lita" in press(b, "per", notice(b, "per", (reference, "ledig")), "Ta")["text"]


def test_invite_what_is_not_there():
    with Rig() as r:
        r.core()
        for arguments in (("link-bergenn",), ("Vestlandet", "--role", "fallback"), ("link-bergen", "--role", "king"), ("--again", "7"), ()):
            done = ctl(r, "coordinator", "invite", *arguments)
            assert done.returncode and not done.stdout and done.stderr, (arguments, done)


def test_long_names_of_coordinators():
    """A name that is cut must not be cut within a letter: then nobody could be listed."""
    with Rig() as r:
        r.core()
        b = r.bridge()
        for number in range(3):
            bind(r, b, f"kari{number}", "link-bergen", "--name", "x" * number + "Åsne " * 30)
        listed = ctl(r, "coordinator", "list")
        assert listed.returncode == 0 and listed.stdout.count("Åsne") >= 3, (listed.stdout, listed.stderr)


def test_requests_overview_is_not_personal():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        first = join(b, "ola", alias=SECRETS["name"], contact="+46701234567", words='=1+1, "sitat"\n')
        second = join(b, "eva", alias="-Eva", contact="eva@example.no")
        press(b, "kari", notice(b, "kari", second), "Ta")
        for running in (True, False):
            overview = ctl(r, "requests")
            assert overview.returncode == 0 and "LINK Bergen og omegn" in overview.stdout, overview
            assert not any(word in overview.stdout for word in (SECRETS["name"], "4670", "eva@", first, second)), overview.stdout
            done = ctl(r, "requests", "--personal")
            assert not any(cell[:1] in "=+-@" for row in table(done.stdout) for cell in row.values() if cell), done.stdout
            rows = rows_of(r)
            assert (rows[first]["state"], rows[second]["state"]) == ("sent", "taken")
            assert rows[first]["contact"] == "'+46701234567" and '=1+1, "sitat"' in rows[first]["words"], rows[first]
            if running:
                core.stop()


def month_number(back=0):
    today = time.localtime()
    return today.tm_year * 12 + today.tm_mon - 1 - back


def test_statistics_hide_small_numbers():
    with Rig() as r:
        core = r.core()
        core.stop()
        last = month_number(1)
        with database(r) as db:
            db.executemany("insert into counts values (?, ?, ?, ?, ?)", [
                (last, "4601", 12, 5, 4), (last, "5001", 3, 1, 0), (last, "=1+1", 7, 0, 0), (last, "@x,\"", 6, 0, 2),
                (last - 1, "0301", 40, 10, 5), (month_number(), "1103", 99, 99, 99)])
        for running in (False, True):
            if running:
                r.again(core)
            done = ctl(r, "statistics", "--csv")
            assert done.returncode == 0, done.stderr
            rows = {(row["month"], row["kommune"]): [row[n] for n in ("searches", "requests", "unmet")] for row in table(done.stdout)}
            month = f"{last // 12:04d}-{last % 12 + 1:02d}"
            assert rows[month, "4601"] == ["12", "5", "<5"] and rows[month, "5001"] == ["<5", "<5", "0"], rows
            assert (month, "'=1+1") in rows and (month, "'@x,\"") in rows, rows
            assert len(rows) == 5 and "1103" not in done.stdout, "the open month is not shown"
            assert not any(cell[:1] in "=+-@" for row in table(done.stdout) for cell in row.values()), done.stdout
            text = ctl(r, "statistics").stdout
            part = text.split(month)[1]
            total = next(line for line in part.splitlines() if "i alt av" in line).split()
            assert total[:3] == ["25", "5", "0"], part  # only of what is shown: 12 + 7 + 6 searches, 5 requests
            assert "Bergen" in text and "1103" not in text and "Stavanger" not in text, text


# ---- backup and restore ----

def fill(r, core, count):
    """Makes the database large, so that a copy takes many steps."""
    core.stop()
    with database(r) as db:
        db.executemany("insert into conversations values (?, 'filler', ?, ?, ?)",
                       ((os.urandom(16), f"fill{i}", "x" * 1500, now_ms()) for i in range(count)))
    r.again(core)


def load(bridge, stop, sent):
    """200 messages a second, each from a chat of its own."""
    start = time.monotonic()
    while not stop.is_set():
        chat = f"load{len(sent)}"
        sent[bridge.send(chat, "hva koster det")] = chat
        time.sleep(max(0, start + len(sent) / 200 - time.monotonic()))


def open_to_others(r):
    """Files of the core that other users of the machine can read."""
    return [n for n in os.listdir(r.folder) if n.startswith("core.db") and os.stat(r.path(n)).st_mode & 0o077]


def check_backup(path):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, "others can read the backup"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert db.execute("select count(*) from backup").fetchone() == (1,)
        files = dict(db.execute("select name, bytes from backup_files"))
        chats = {chat for (chat,) in db.execute("select chat from conversations where network<>'filler'")}
        return chats, files, db.execute("select count(*) from conversations where network='filler'").fetchone()[0]


def test_backup_under_load_is_whole():
    with Rig() as r:
        core = r.core()
        fill(r, core, 10000)
        b = r.bridge()
        write(r.path("key"), b"the key of the chats")
        stop, sent = threading.Event(), {}
        thread = threading.Thread(target=load, args=(b, stop, sent), daemon=True)
        thread.start()
        r.callback(stop.set)
        wait_until("messages go through", lambda: len(b.accepted) > 100, 20)
        for number in range(3):
            before = {sent[i] for i in list(b.accepted)}
            done = ctl(r, "backup", r.path(f"b{number}"), console__key_file=r.path("key"))
            assert done.returncode == 0, done.stderr
            chats, files, fillers = check_backup(r.path(f"b{number}"))
            assert before <= chats, f"{len(before - chats)} accepted conversations are missing"
            assert files == {"console.key_file": b"the key of the chats"} and fillers == 10000
        stop.set()
        thread.join()
        wait_until("all are answered", lambda: all(b.replies(i) for i in list(sent)[-50:]), 30)
        assert not [n for n in os.listdir(r.folder) if ".copy" in n or ".part" in n], os.listdir(r.folder)
        core.stop()
        done = ctl(r, "backup", r.path("quiet"), console__key_file=r.path("key"))
        assert done.returncode == 0 and check_backup(r.path("quiet"))[0] >= set(sent.values())


def test_two_backups_at_once():
    """Each says that it could not be made, or is whole."""
    with Rig() as r:
        core = r.core()
        fill(r, core, 3000)
        r.bridge().ask("ola", "hva koster det")
        made = 0
        for round_number in range(4):
            runs = []
            for which in range(3):
                path = r.path(f"b{round_number}-{which}")
                runs.append((path, subprocess.Popen([os.path.join(rig.BUILD, "selvhjelpsctl"), *r.options(core__database=r.path("core.db")),
                                                     "backup", path], cwd=rig.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)))
            for path, process in runs:
                _, errors = process.communicate(timeout=120)
                if process.returncode == 0:
                    made += 1
                    chats, _, fillers = check_backup(path)
                    assert "ola" in chats and fillers == 3000, (chats, fillers)
                else:
                    assert b"another backup" in errors, errors
        assert made, "none was made"
        done = ctl(r, "backup", r.path("last"))
        assert done.returncode == 0, done.stderr


def test_restore():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        key = r.path("key")
        write(key, b"the key of the chats")
        bind(r, b, "kari", "link-bergen")
        first = join(b, "ola", alias="Ola Første", words="før sikkerhetskopien")
        assert not open_to_others(r), open_to_others(r)
        assert ctl(r, "backup", r.path("b"), console__key_file=key).returncode == 0
        later = [join(b, f"chat{i}") for i in range(3)]
        refused = ctl(r, "restore", r.path("b"), "--replace", console__key_file=key)
        assert refused.returncode == 1 and "another process uses this database" in refused.stderr, refused
        core.stop()
        refused = ctl(r, "restore", r.path("b"), console__key_file=key)
        assert refused.returncode == 1 and "--replace" in refused.stderr, refused
        for bad in ("core.log", "core.db", "nothing"):
            refused = ctl(r, "restore", r.path(bad), "--replace", console__key_file=key)
            assert refused.returncode == 1 and refused.stderr, (bad, refused)
        assert set(rows_of(r)) == {first, *later}, "a refused restoration changed something"

        os.remove(key)
        done = ctl(r, "restore", r.path("b"), "--replace", console__key_file=key)
        assert done.returncode == 0, done.stderr
        assert read(key) == b"the key of the chats" and stat.S_IMODE(os.stat(key).st_mode) == 0o600
        assert not open_to_others(r)
        r.again(core)
        assert not b.core_status()["faults"], b.core_status()
        assert set(rows_of(r)) == {first} and rows_of(r)[first]["words"] == "før sikkerhetskopien"
        assert "Ola Første" in b.ask("kari", f"ta {first}")["text"], "the coordinator is bound, the request can be taken"
        new = join(b, "etter")
        assert new not in {first, *later}, "a reference was given twice"

        core.stop()
        for name in os.listdir(r.folder):  # the disk is lost
            if name.startswith("core.db"):
                os.remove(r.path(name))
        done = ctl(r, "restore", r.path("b"), console__key_file=key)
        assert done.returncode == 0, done.stderr
        r.again(core)
        assert join(b, "sist") not in {first, new, *later}, "a reference was given twice"


# ---- at the same moment ----

def test_two_press_in_the_same_batch():
    with Rig() as r:
        core = r.core()
        b, other = r.bridge(), r.bridge("annet")
        bind(r, b, "kari", "link-bergen")
        bind(r, other, "per", "link-bergen")
        takers = []
        for number in range(8):
            reference = join(b, f"ola{number}", alias=f"Ola Nr{number}")
            values = [value_of(notice(bridge, chat, reference), "Ta") for bridge, chat in ((b, "kari"), (other, "per"))]
            core.signal(signal.SIGSTOP)
            pressed = [("per", other, other.send("per", choice=values[1])), ("kari", b, b.send("kari", choice=values[0]))]
            time.sleep(0.2)
            core.signal(signal.SIGCONT)
            texts = {chat: bridge.reply_to(in_id)["text"] for chat, bridge, in_id in pressed}
            took = [chat for chat, text in texts.items() if "Nå har du tatt" in text]
            late = [chat for chat, text in texts.items() if "før deg" in text and f"Ola Nr{number}" not in text]
            assert len(took) == 1 and len(late) == 1, texts
            notice(b, f"ola{number}", ("har tatt forespørselen", reference))
            takers += took
            assert len(notices(b, f"ola{number}", "har tatt forespørselen")) == 1
            assert rows_of(r)[reference]["taker"] == {"kari": "1", "per": "2"}[took[0]]
        assert "bug" not in core.log_text()


def test_crash_between_sending_and_delivery():
    """kill -9 at many moments after the press on [Send]: the request is there once, and its notice has one id."""
    with Rig() as r:
        core = r.core()
        b, staff = r.bridge(), r.bridge("stab")
        bind(r, staff, "kari", "link-bergen")
        sent = {}
        for number in range(8):
            staff.deliver = False
            chat = f"ola{number}"
            value = value_of(fill_in(b, chat, alias=f"Ola Nr{number}"), "Send")
            payload = b.message(choice=value)
            b.publish(f"{TOPICS}/in/test/{chat}", payload)
            if number < 2:
                b.reply_to(payload["id"])
            else:
                time.sleep((number - 2) * 0.001)
            core.kill()
            r.again(core)
            while not b.replies(payload["id"]):  # as a bridge does
                b.publish(f"{TOPICS}/in/test/{chat}", payload)
                time.sleep(0.2)
            staff.deliver = True
            reference = REFERENCE.search(b.reply_to(payload["id"])["text"])[0]
            assert len(b.replies(payload["id"])) == 1
            assert reference not in sent, "a reference was given twice"
            sent[reference] = chat
            notice(staff, "kari", reference)
        never("a second notice", lambda: any(len(notices(staff, "kari", ref)) > 1 for ref in sent), 1.5)
        assert set(rows_of(r)) == set(sent)


# ---- asks ----

class Asker(Client):
    """A program of staff, under its own name."""

    def __init__(self, r, name):
        self.name, self.count, self.answers = name, 0, []
        super().__init__(r.port, f"asker-{name}-{time.monotonic_ns()}", [f"{TOPICS}/answer/#"])
        r.callback(self.close)

    def took(self, topic, payload):
        self.answers.append((topic, json.loads(payload)))

    def send(self, what, id_, **members):
        self.publish(f"{TOPICS}/ask/{self.name}", {"id": id_, "ask": what, "with": members})

    def ask(self, what, **members):
        self.count += 1
        id_ = f"{self.name}-{self.count}"
        self.send(what, id_, **members)
        return wait_until(f"{what} is answered", lambda: next((a for _, a in list(self.answers) if a["id"] == id_), None))


def test_asks_are_answered_on_their_own_topic():
    with Rig() as r:
        r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        join(b, "ola", alias=SECRETS["name"], contact="ola@example.no", words=SECRETS["words"])
        web, other = Asker(r, "web"), Asker(r, "other")
        plain, personal = web.ask("requests"), other.ask("requests", personal="yes")
        assert SECRETS["name"] not in json.dumps(plain, ensure_ascii=False) and "ola@" not in json.dumps(plain), plain
        assert SECRETS["name"] in json.dumps(personal, ensure_ascii=False)
        for client in (web, other):
            for topic, answer in client.answers:
                assert topic == f"{TOPICS}/answer/{answer['id'].split('-')[0]}", (topic, answer["id"])
        assert "error" in web.ask("requestz") and "error" in web.ask("") and "error" in web.ask("revoke", coordinator="7")
        for what in ("invite", "coordinators", "requests", "proposals", "counts", "backup"):
            web.ask(what, scope="p:link-bergen", label="x" * 1900, days="99999999999999999999", personal="maybe")
        b.ask("kari", "liste")


def test_rubbish_asks_harm_nothing():
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        asker = Asker(r, "web")
        topic = f"{TOPICS}/ask/web"
        whole = {"id": "x", "ask": "coordinators", "with": {}}
        rubbish = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"x" * 1_000_000, b"[" * 100_000, b'{"id":' * 50_000,
                   b'{"id":"a","ask":"coordinators","with":' + b"[" * 5000 + b"]" * 5000 + b"}",
                   b'{"id":"dup","id":"dup2","ask":"coordinators"}', b'{"id":"\xc3\x28","ask":"coordinators"}',
                   b'{"id":"nul\\u0000x","ask":"coordinators"}', b'{"id":"a b\\n","ask":"requests"}']
        rubbish += [json.dumps({**whole, **change}).encode() for change in (
            {"id": 1}, {"id": ""}, {"id": "x" * 301}, {"id": None}, {"ask": 1}, {"ask": "x" * 41}, {"ask": None}, {"with": []},
            {"with": "x"}, {"with": {"a": 1}}, {"with": {"a": None}}, {"with": {"a": {"b": "c"}}}, {"with": {"a": "x" * 501}},
            {"with": {"scope": "p:link-bergen\0x"}}, {"with": {str(i): "x" for i in range(9)}})]
        before = b.core_status()["counters"]["unreadable"]
        for payload in rubbish:
            asker.publish(topic, payload)
        asker.publish(f"{TOPICS}/ask/BAD", json.dumps(whole))
        asker.publish(f"{TOPICS}/ask/web/deep", json.dumps(whole))
        asker.publish(f"{TOPICS}/ask/" + "x" * 40, json.dumps(whole))
        assert asker.ask("coordinators")["rows"] == []
        assert core.running() and len(asker.answers) <= 2, [a for _, a in asker.answers]
        wait_until("counted", lambda: b.core_status()["counters"]["unreadable"] >= before + len(rubbish) - 2)
        b.ask("ola", "hva koster det")
        for text in ("1", "-1", "99999999999999999999999", "1; drop table requests", "'", "%s%n"):
            assert "error" in asker.ask("revoke", coordinator=text), text
        assert "error" in asker.ask("invite", scope="p:../../etc/passwd") and "error" in asker.ask("invite", scope="f:99")
        assert "bug" not in core.log_text() and "Sanitizer" not in core.log_text()


# ---- limits ----

def within_a_minute(what):
    """Runs it within one minute of the clock, by which messages are counted; again where it ran over the edge."""
    for attempt in range(5):
        if time.time() % 60 > 40:
            time.sleep(60.5 - time.time() % 60)
        minute = time.time() // 60
        try:
            what(attempt)
            return
        except AssertionError:
            if time.time() // 60 == minute:
                raise
    raise AssertionError("five times over the edge of a minute")


def test_too_many_messages_a_minute():
    with Rig() as r:
        core = r.core(core__messages_a_minute=5)
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")

        def many(attempt):
            chat, other = f"ola{attempt}", f"eva{attempt}"
            for _ in range(5):
                assert "gratis" in b.ask(chat, "hva koster det")["text"]
            kind = b.ask(chat, "hva koster det")["text"]
            assert "fortere enn" in kind and "113" in kind and "116 123" in kind, kind
            silent = [b.send(chat, "hva koster det") for _ in range(5)]
            for in_id in silent:
                b.wait_accepted(in_id)
            crisis = b.ask(chat, "jeg vil ta livet mitt i kveld")
            assert crisis["urgent"] and "113" in crisis["text"], crisis
            assert not any(b.replies(in_id) for in_id in silent), "the kind answer comes once"
            assert "fortere" not in b.ask(chat, "status")["text"]
            ask = b.ask(chat, "slett")
            assert "slette alt" in ask["text"]
            assert "Nå sletter jeg" in press(b, chat, ask, "Ja, slett alt")["text"]
            assert "gratis" in b.ask(other, "hva koster det")["text"], "another chat is not hurried"
            for _ in range(8):
                assert "fortere" not in b.ask("kari", "liste")["text"], "a coordinator's commands pass"
        within_a_minute(many)
        assert not b.refused and "bug" not in core.log_text()


def test_open_requests_are_bounded():
    with Rig() as r:
        r.core(requests__open_most=1)
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        bind(r, b, "per", "link-trondheim")
        join(b, "ola", "Bergen")
        out = press(b, "ola", b.ask("ola", "jeg vil bli med i en gruppe i Trondheim"), "Send til LINK")
        assert "18 år" not in out["text"] and len(rows_of(r)) == 1, out["text"]


def test_many_old_requests_hide_no_new_one():
    """A busy contact point: hundreds of closed requests that are not yet deleted, and one that waits."""
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        join(b, "gammel")
        press(b, "gammel", b.ask("gammel", "trekk"), "Ja, trekk den")
        core.stop()
        with database(r) as db:
            names = [row[1] for row in db.execute("pragma table_info(requests)") if row[1] not in ("id", "key")]
            for _ in range(600):
                db.execute(f"insert into requests ({', '.join(names)}, key) select {', '.join(names)}, randomblob(16) from requests where id=1")
        r.again(core)
        reference = join(b, "ola", alias="Ola Ventende", words="ny")
        out = notice(b, "kari", f"Ny forespørsel: **{reference}**")
        assert reference in b.ask("kari", "liste")["text"], "the list shows what waits"
        assert "Ola Ventende" in press(b, "kari", out, "Ta")["text"]
        assert "Ola Ventende" in b.ask("kari", f"svar {reference} hei")["text"]


def test_many_requests_can_be_listed():
    """Some hundred requests with long words, also while the core runs."""
    with Rig() as r:
        core = r.core()
        b = r.bridge()
        bind(r, b, "kari", "link-bergen")
        join(b, "ola", words="Jeg vil helst møtes på kveldstid. " * 20)
        core.stop()
        with database(r) as db:
            names = [row[1] for row in db.execute("pragma table_info(requests)") if row[1] not in ("id", "key")]
            for _ in range(500):
                db.execute(f"insert into requests ({', '.join(names)}, key) select {', '.join(names)}, randomblob(16) from requests where id=1")
        assert len(rows_of(r)) == 501, "with the core stopped"
        r.again(core)
        assert "501" in ctl(r, "requests").stdout
        assert len(rows_of(r)) == 501, "with the core running"


# ---- a chat that is closed ----

def test_coordinator_who_cannot_be_reached():
    with Rig() as r:
        r.core()
        b, staff = r.bridge(), r.bridge("stab")
        bind(r, staff, "kari", "link-bergen")
        staff.deliver = False
        first = join(b, "ola")
        out = notice(staff, "kari", first)
        staff.report(out["id"], "never", reason="blocked")
        wait_until("it is shown to staff", lambda: "KAN IKKE NÅS" in ctl(r, "coordinator", "list").stdout)
        staff.deliver = True
        out = b.ask("eva", "jeg vil bli med i en gruppe i Bergen")
        assert value_of(out, "Send til") is None, "nobody is there who could get it"
        count = len(staff.shown)
        never("a closed chat gets something", lambda: len(staff.shown) > count, 1)
        assert first in staff.ask("kari", "liste")["text"], "the request is still there to be taken"
        assert "KAN IKKE NÅS" not in ctl(r, "coordinator", "list").stdout
        second = join(b, "eva")
        assert value_of(notice(staff, "kari", second), "Ta")
        assert "Nå har du tatt" in staff.ask("kari", f"ta {first}")["text"]


def test_coordinator_with_one_closed_chat_of_two():
    with Rig() as r:
        r.core()
        b, staff = r.bridge(), r.bridge("stab")
        bind(r, staff, "kari", "link-bergen")
        bind(r, staff, "kari2", "--again", "1")
        staff.wait_accepted(staff.send("kari", event="blocked"))
        first = join(b, "ola")
        notice(staff, "kari2", first)
        never("the closed chat gets it", lambda: notices(staff, "kari", first), 0.7)
        assert "KAN IKKE NÅS" not in ctl(r, "coordinator", "list").stdout, "the other chat can be reached"
        staff.wait_accepted(staff.send("kari", event="unblocked"))
        second = join(b, "eva")
        notice(staff, "kari2", second)
        notice(staff, "kari", second)


def test_resident_who_closes_the_chat():
    """The coordinator of one who can be reached by telephone keeps the request and is told on the next answer."""
    with Rig() as r:
        r.core()
        b, staff = r.bridge(), r.bridge("stab")
        bind(r, staff, "kari", "link-bergen")
        phone, here = join(b, "ring", alias="Rita Ring", contact="912 34 567"), join(b, "her")
        press(staff, "kari", notice(staff, "kari", phone), "Ta")
        for chat in ("ring", "her"):
            b.wait_accepted(b.send(chat, event="blocked"))
        notice(staff, "kari", (here, "trukket"))
        rows = rows_of(r)
        assert (rows[phone]["state"], rows[here]["state"]) == ("taken", "withdrawn"), rows
        out = staff.ask("kari", choice=f"s.answer.{phone}.2")
        assert "912 34 567" in out["text"] and "Hva vil du svare" not in out["text"], out["text"]
        b.ask("ring", "status")
        assert "Hva vil du svare" in staff.ask("kari", choice=f"s.answer.{phone}.2")["text"]


if __name__ == "__main__":
    rig.main(dict(globals()))
