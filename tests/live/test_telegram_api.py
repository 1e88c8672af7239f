#!/usr/bin/python3
"""Conversations through the Telegram bridge against a Bot API server and users that others wrote (the npm package
telegram-test-api), with the real core and a real broker.

Where the package cannot be installed this says SKIPPED and why, and runs nothing; in continuous integration (CI is set)
that is a failure."""

import json
import os
import re
import signal
import sys
import time

import rig
import telegram_api_rig
from desk_rig import invite
from outside_rig import read, requests
from rig import Rig, never, wait_until
from telegram_api_rig import TOKEN, Person, Telegram, Users, bind, fill_in, join, no_address, start

OLD_BUTTON = "gjelder ikke lenger"
DIALECT = "æ orke ikkje mer, vil bare dø"


# ---- one person ----

def test_start_and_greeting():
    with Rig() as r:
        users, _, _, sniffer = start(r)
        ola, eva, liv = Person(users, "Olabert"), Person(users, "Evabert", "en"), Person(users, "Livbert", "nn")
        first = ola.ask("/start", ("robot", "113", "116 123"))
        assert ola.button("Finn kontaktpunkt")[0] == first and "<b>" in first["text"], first
        assert "robot" in eva.ask("/start", ("113", "116 123", "I am"))["words"]
        assert "Eg kan" in liv.ask("/start", ("113", "116 123"))["words"]
        assert ola.ask("Hei", "Hva kan jeg")["buttons"], "a greeting offers what can be done"
        assert [m.get("event") or m.get("text") for _, m in sniffer.ins()[:1]] == ["started"], sniffer.ins()
        assert users.calls()["getMe"] == 1, users.calls()


def test_bare_place_gives_contact_points():
    with Rig() as r:
        users, *_ = start(r)
        ola = Person(users, "Olabert")
        out = ola.ask("Eidsvoll", ("Dette er nærmest Eidsvoll", "Aurskog-Høland"))
        assert re.search(r"ca\. \d\d km i luftlinje", out["words"]), out["words"]
        assert "Nett: https://aurskog-holand.kommune.no\n" in out["words"], "an address that Telegram makes a link of itself"
        assert "Horten" in ola.ask("1640", "Dette er nærmest 1640 Råde")["words"]


def test_shared_position_is_rounded():
    with Rig() as r:
        users, _, _, sniffer = start(r)
        ola = Person(users, "Olabert")
        ola.ask("finn kontaktpunkt", "Hvor")
        wait_until("a key for it", lambda: any("keyboard" in (m.get("reply_markup") or {}) for m in ola.got()))
        before = ola.mark()
        ola.send({"location": {"latitude": 59.4176543, "longitude": 10.4834567}})
        ola.wait(("nærmest", "Horten"), before)
        wait_until("the key is gone, and the choices are there beside", lambda: ola.got(after=before)[-1]["buttons"] and any(
            "remove_keyboard" in (m.get("reply_markup") or {}) for m in ola.got(after=before)))
        place = next(m["location"] for _, m in sniffer.ins() if "location" in m)
        assert place == {"lat": 59.418, "lon": 10.483}, place


def test_question_in_three_languages():
    with Rig() as r:
        users, *_ = start(r)
        assert "gratis" in Person(users, "Olabert").ask("hva koster det?", "Det er gratis å")["words"]
        assert "kostar" in Person(users, "Livbert").ask("kva kostar det å vere med?", "sjølvhjelpsgruppe")["words"]
        assert "free" in Person(users, "Evabert").ask("How much does it cost?", "self-help group")["words"]


def test_button_is_good_once():
    with Rig() as r:
        users, *_ = start(r)
        ola = Person(users, "Olabert")
        out = ola.ask("jeg bor i Herøy", "Hvilket mener du")
        more, nordland = [value for _, value in out["buttons"]]
        ola.press("Herøy i Nordland", "i nærheten av Herøy")
        wait_until("only the pressed one stays", lambda: [label for label, _ in out["buttons"]] == ["✓ Herøy i Nordland"])
        for value in (nordland, more, "nothing.1"):  # an app that still shows them, and one that makes them up
            before = ola.mark()
            users.do(do="press", message=out["message"], data=value, **ola.who)
            assert "i nærheten av" not in ola.wait(OLD_BUTTON, before)["words"]
        ola.ask("jeg bor i Herøy", "Hvilket mener du")
        before = ola.mark()
        users.do(do="press", data=ola.button("Herøy i Møre")[1], **ola.who)  # of a message that the network no more has
        ola.wait("Herøy", before)
        assert not ola.got(OLD_BUTTON, before)
        calls = users.calls()
        assert calls["answerCallbackQuery"] == 5 and 1 <= calls["editMessageReplyMarkup"] <= 4, calls


def test_send_pressed_thrice_is_one_request():
    with Rig() as r:
        users, *_ = start(r)
        bind(r, Person(users, "Karibert"))
        ola = Person(users, "Olabert")
        summary = fill_in(ola)
        message, value = ola.button("Send")
        before = ola.mark()
        for _ in range(2):
            users.do(do="press", message=message["message"], data=value, **ola.who)
        ola.wait("Referansen din er", before)
        ola.wait(OLD_BUTTON, before)
        users.do(do="press", message=message["message"], data=value, **ola.who)
        wait_until("the third is told so too", lambda: len(ola.got(OLD_BUTTON, before)) == 2)
        assert len(ola.got("Referansen din er")) == 1 and len(requests(r)) == 1, (summary, requests(r))


def test_crisis_in_dialect():
    with Rig() as r:
        users, *_ = start(r)
        ola, eva = Person(users, "Olabert"), Person(users, "Evabert")
        before = time.monotonic()
        assert ola.ask(DIALECT, "113")["words"].index("113") < 200
        assert time.monotonic() - before < 5 * rig.PATIENCE
        assert ola.got(("113", "116 123", "22 40 00 40"))
        bind(r, Person(users, "Karibert"))
        eva.ask("jeg vil bli med i en gruppe i Bergen", "tar imot forespørsel her")
        eva.press("Send til LINK", "18 år")
        eva.press("Ja, 18", "Før vi går videre")
        eva.press("Ja, det er greit", "kalle deg")
        eva.ask(DIALECT, ("113", "116 123"))  # where a name was asked for
        assert not requests(r)


def test_crisis_goes_before_what_waits():
    """The network takes one message a second from a chat; nine are on their way when the crisis comes."""
    with Rig() as r:
        users, *_ = start(r)
        ola = Person(users, "Olabert")
        before = ola.mark()
        for _ in range(9):
            ola.say("hva koster det?")
        ola.say("jeg vil ta livet mitt i kveld")
        ola.wait(("113", "116 123"), before)
        place = len(ola.got(after=before))
        assert place <= 5, f"the crisis was answered as number {place}"
        wait_until("the others come too", lambda: len(ola.got("gratis", before)) == 9, 30)


def test_delete_my_data():
    with Rig() as r:
        users, core, bridge, sniffer = start(r)
        bind(r, Person(users, "Karibert"))
        ola = Person(users, "Olabert")
        join(ola, alias="Trollbjart", words="Jeg liker moltelikte turer")  # in ASCII: it is looked for byte by byte
        token = next(chat for chat, m in sniffer.ins() if "Trollbjart" in m.get("text", ""))
        secrets = ["Trollbjart", "moltelikte", token]

        def traces():
            return [(w, name) for name in os.listdir(r.folder) for w in secrets if w.encode() in read(r.path(name))]
        assert {w for w, _ in traces()} == set(secrets), f"the search itself finds nothing: {traces()}"
        ola.ask("slett", "Skal jeg slette alt")
        ola.press("Ja, slett alt", "Nå sletter jeg")
        try:
            wait_until("no trace is left", lambda: not traces(), 60, 0.5)
        except AssertionError:
            raise AssertionError(f"still there: {traces()}") from None
        assert not requests(r) and token not in bridge.log_text() + core.log_text()
        ola.ask("status", "ikke sendt noen forespørsel")


def test_voice_message_gets_the_numbers():
    with Rig() as r:
        users, *_ = start(r)
        ola = Person(users, "Olabert")
        before = ola.mark()
        ola.send({"voice": {"file_id": "x", "file_unique_id": "y", "duration": 3}})
        ola.wait(("talemelding", "113", "116 123"), before)


def test_group_hears_once():
    with Rig() as r:
        users, *_ = start(r)
        in_group = {"chat": -1_002_000_000_000 - os.getpid(), "type": "supergroup"}
        ola, eva = Person(users, "Olabert", **in_group), Person(users, "Evabert", **in_group)
        ola.ask("hva koster det?", ("privat", "113", "116 123"))
        eva.say("hva koster det?")
        ola.say("/start")
        never("a second word in the group", lambda: len(ola.got()) > 1, 2)


# ---- more than one ----

def test_many_people_at_once():
    with Rig() as r:
        users, *_ = start(r)
        texts = [("hva koster det?", "gratis"), ("Eidsvoll", "Aurskog-Høland"), ("Horten", "nærmest Horten"), (DIALECT, "113")]
        people = [(Person(users, f"Person {n}bert"), *texts[n % 4]) for n in range(40)]
        for person, text, _ in people:
            person.say(text)
        for person, _, words in people:
            person.wait(words, seconds=30)
        never("anyone hears twice", lambda: len(users.messages) > len(people), 1)


def test_request_from_one_person_to_another():
    with Rig() as r:
        users, _, bridge, sniffer = start(r)
        ola, kari, per = (Person(users, name) for name in ("Olabert", "Karibert", "Perbert"))
        bind(r, kari, "/start koble_{}")  # a link t.me/BOT?start=koble_CODE
        bind(r, per)
        reference = join(ola, alias="Tore", words="5 < 6 & <i>skrå</i> *stjerne* _strek_ [a](http://b.no) `kode`")
        news = kari.wait(("Ny forespørsel", reference))
        per.wait(("Ny forespørsel", reference))
        assert not kari.got("Tore") and not per.got("Tore"), "the name goes to the one who takes it"

        taken = kari.press("Ta", "Tore", news)
        assert "5 < 6 & <i>skrå</i> *stjerne* _strek_ [a](http://b.no) `kode`" in taken["words"], taken["words"]
        wait_until("the button is marked", lambda: news["buttons"] and news["buttons"][0][0].startswith("✓ Ta"))
        ola.wait(("har tatt forespørselen", reference))
        per.tap("Ta")
        wait_until("the other one is too late", lambda: len(per.got(reference)) > 1)
        assert not per.got("Tore") and [row["state"] for row in requests(r).values()] == ["taken"]

        kari.press("Svar", "Hva vil du svare", taken)
        kari.ask("Hei Tore, vi møtes tirsdag & torsdag", "sendt")
        heard = ola.wait("vi møtes tirsdag & torsdag")
        ola.press("Svar" if any(b.startswith("Svar") for b, _ in heard["buttons"]) else "Skriv til", "Det du skriver nå")
        ola.ask("Tusen takk <3", "Sendt til")
        kari.wait(("Tore", "Tusen takk <3"))
        kari.ask(f"ferdig {reference} blitt med", reference)
        assert requests(r)[reference]["state"] == "joined"

        for person, others in ((ola, (kari, per)), (kari, (ola, per)), (per, (ola, kari))):
            for message in person.got():
                for other in others:
                    told = json.dumps(message, ensure_ascii=False)
                    assert str(other.id) not in told and other.who["name"] not in told, (person.who, message)
        no_address(r, sniffer, bridge, (ola, kari, per))


def test_reply_waits_for_a_bridge_that_is_away():
    with Rig() as r:
        users, _, bridge, _ = start(r)
        kari = r.bridge("stab")  # on another network, which is there
        kari.ask("kari", "hva koster det")
        assert "koblet til" in kari.ask("kari", f"koble {invite(r, 'link-bergen')}")["text"]
        ola = Person(users, "Olabert")
        reference = join(ola)
        wait_until("it is on the other network", lambda: any(reference in o["text"] for o in list(kari.outs)))
        bridge.kill()
        assert "har du tatt" in kari.ask("kari", f"ta {reference}")["text"]
        ola.say("hva koster det?")  # while nobody reads
        never("something is told while the bridge is away", lambda: ola.got("har tatt"), 0.7)
        bridge.again()
        ola.wait(("har tatt forespørselen", reference))
        ola.wait("gratis")
        never("anything comes twice", lambda: len(ola.got("har tatt forespørselen")) > 1 or len(ola.got("gratis")) > 1 or
              len(ola.got("Referansen din er")) > 1, 2)


# ---- the programs ----

def test_silent_core_is_answered_for_by_the_bridge():
    with Rig() as r:
        users, core, _, _ = start(r, bridge__silence_seconds=1)
        ola, eva = Person(users, "Olabert"), Person(users, "Evabert")
        ola.ask("/start", "robot")
        core.kill()
        ola.ask("hva koster det?", ("113", "116 123"))
        eva.ask("jeg vil bare dø", ("113", "116 123"))
        assert not ola.got("gratis")
        r.again(core)
        ola.wait("gratis", seconds=20)


def test_a_method_the_server_does_not_know_holds_nothing():
    """This server answers sendChatAction with status 500; nothing depends on that call, so nothing may wait for it."""
    with Rig() as r:
        users, core, bridge, sniffer = start(r)
        ola, eva = Person(users, "Olabert"), Person(users, "Evabert")
        ola.ask("/start", "robot")
        core.signal(signal.SIGSTOP)
        before = ola.mark()
        for person in (ola, eva):
            person.say("hva koster det?")
        wait_until("they see it is writing", lambda: users.calls().get("sendChatAction", 0) >= 2)
        core.signal(signal.SIGCONT)
        for person in (ola, eva):
            person.wait("gratis", before)
        assert " warning: " not in bridge.log_text(), "sending and reading paused for it: " + bridge.log_text()
        status = wait_until("a status", sniffer.status)
        assert not status.get("faults") and not status["counters"].get("send_failures"), status


def test_a_server_that_answers_at_once_is_not_hurried():
    """No empty answer is followed by the next question at once: a server may not know how to wait."""
    with Rig() as r:
        users, _, bridge, _ = start(r)
        ola = Person(users, "Olabert")
        ola.ask("/start", "robot")
        time.sleep(1)
        before, started = users.calls()["getUpdates"], time.monotonic()
        time.sleep(3)
        rate = (users.calls()["getUpdates"] - before) / (time.monotonic() - started)
        assert 0.2 <= rate <= 5, f"{rate:.1f} calls of getUpdates a second"
        assert bridge.running()


def test_preflight():
    with Rig() as r:
        users = Users(r)
        bridge = Telegram(r, users, start=False)
        bridge.arguments.insert(1, "-n")
        assert bridge.start().ended() == 0, bridge.log_text()
        assert users.calls() == {"getMe": 1}, users.calls()
        away = Telegram(r, users, start=False, telegram__api_base=f"http://127.0.0.1:{rig.free_port()}")
        away.arguments.insert(1, "-n")
        assert away.start().ended(60) == 1, away.log_text()
        assert TOKEN not in away.log_text()


def test_this_machine_is_reached_without_a_proxy():
    """What is sent there has the token in its address, and a proxy reads the addresses of plain http."""
    with Rig() as r:
        users = Users(r)
        bridge = Telegram(r, users, start=False)
        bridge.arguments[:1] = ["env", f"http_proxy=http://127.0.0.1:{rig.free_port()}", bridge.arguments[0], "-n"]
        assert bridge.start().ended(60) == 0, bridge.log_text()
        assert users.calls() == {"getMe": 1}, users.calls()


def main():
    try:
        telegram_api_rig.install()
    except telegram_api_rig.Skipped as reason:
        print(f"SKIPPED tests/live/test_telegram_api.py, all of it: {reason}\n0 passed, 0 failed", flush=True)
        sys.exit(1 if os.environ.get("CI") else 0)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # everything else here is on this machine
    rig.main(dict(globals()))


if __name__ == "__main__":
    main()
