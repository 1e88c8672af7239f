#!/usr/bin/python3
"""The Telegram bridge when something goes wrong: the core, the broker, the bridge itself, Telegram, or a chat. Nothing is lost,
nothing is shown twice but what no bridge can know of, and nobody waits for somebody else's fault."""

import collections
import json
import time
from datetime import datetime

import desk_rig
import rig
import telegram_rig
from rig import Rig, never, wait_until
from telegram_peer import TelegramPeer
from telegram_rig import CRISIS, NUMBERS, OFFLINE, Desk, Telegram, health, playing, said

TWO_PARTS = "Først dette.\n\nOg så dette."


def shown_once(users, words="gratis"):
    counts = [len(said(user, words)) for user in users]
    assert counts == [1] * len(users), counts


def seconds_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# ---- the core and the broker ----

def outage(p, stop, go_on):
    """Thirty write while nothing can be handed on; one of them is in distress."""
    p.user().ask("hva koster det?", "gratis")
    p.peer.wait_confirmed()
    stop()
    people, ola = p.users(30), p.user()
    for person in people:
        person.text("hva koster det?")
    ola.text(CRISIS)
    ola.wait(NUMBERS)  # in the bridge's own words
    people[0].wait(OFFLINE, 20)
    assert len(p.peer.pending()) == 31, "something was confirmed that the core never had"
    for person in people:
        person.wait(OFFLINE)
    go_on()
    for person in people:
        person.wait("gratis", 30)
    ola.wait_until("the core answers the crisis too", lambda: len(said(ola, "113")) == 2, 30)
    p.peer.wait_confirmed(20)
    shown_once(people)


def test_core_that_hangs_while_thirty_write():
    with playing(bridge__silence_seconds=1) as p:
        outage(p, p.stop_core, p.go_on_core)


def test_broker_that_is_away_while_thirty_write():
    with playing(bridge__silence_seconds=1) as p:
        def back():
            p.rig.broker = p.rig.start_broker()
        outage(p, p.rig.broker.kill, back)
        assert len(p.wire.ins(late=True)) >= 31, "what waited is not marked late"


def test_messages_of_an_outage_are_late():
    with playing() as p:
        ola, eva = p.users(2)
        p.bridge.end()
        late = ola.text("hva koster det?", age=3 * 3600 + 60)
        p.bridge.again()
        ola.wait("gratis")
        p.wire.wait_fault("3 hours after they were written")
        fresh = eva.text("hva koster det?")
        eva.wait("gratis")
        assert p.told(late)["late"] is True and "late" not in p.told(fresh)
        assert "Beklager at svaret kommer sent" in ola.last().text
        p.wire.wait_no_fault()


# ---- the bridge dies ----

def test_killed_between_the_core_and_the_confirmation():
    with playing("is answered twice") as p:
        ola, eva = p.users(2)
        shown = eva.ask("jeg bor i Herøy", "Hvilket mener du")
        p.peer.wait_confirmed()
        p.stop_core()  # both are read before anything can be confirmed
        ola.text("hva koster det?")
        eva.press("Herøy i Nordland")
        p.wire.wait_in(text="hva koster det?")
        wait_until("the press is read", lambda: any("choice" in one for one in p.wire.ins()))
        stuck = p.peer.fault("getUpdates", ("hang",), times=None)
        p.go_on_core()
        ola.wait("gratis")
        eva.wait("nærheten av Herøy", after=shown.id)
        wait_until("it is reported", lambda: p.wire.counter("delivered") >= 3 or p.wire.results(result="sent")[2:])
        assert p.peer.pending()
        p.bridge.kill()
        stuck.times = 0
        p.bridge.again()
        p.peer.wait_confirmed(20)
        never("a reply comes twice", lambda: len(said(ola)) > 1 or len(said(eva)) > 2, 1)


def test_killed_between_two_parts():
    with playing() as p:
        ola = p.user()
        token = p.token(ola)
        p.peer.fault("sendMessage", ("slow", 0.01))  # the first part goes through
        stuck = p.peer.fault("sendMessage", ("hang",), times=None)
        p.out(token, "parts", TWO_PARTS, ask_location=True, choices=[[{"label": "Ja", "value": "x.1"}]])
        wait_until("the second part is on its way", lambda: len(p.peer.calls("sendMessage", ola.id)) == 3)
        p.bridge.kill()
        stuck.times = 0
        p.bridge.again()
        p.out(token, "parts", TWO_PARTS, ask_location=True, choices=[[{"label": "Ja", "value": "x.1"}]])
        p.wait_result("parts", "sent")
        assert [one.text for one in ola.seen()[1:]] == ["Først dette.", "Og så dette."] and ola.last().buttons
        p.out(token, "parts", TWO_PARTS)
        never("it is shown again", lambda: len(ola.seen()) > 3)


# ---- 429 ----

def test_a_chat_that_is_told_to_wait():
    """429 with 10,072 s (td#1331) and with 3 s; other chats go on."""
    with playing() as p:
        ola, eva, per, liv = p.users(4)
        ola.ask("hva koster det?", "gratis")
        p.peer.fault("sendMessage", ("429", 10_072), chat=ola.id)
        p.peer.fault("sendMessage", ("429", 3), chat=eva.id)
        started = time.time()
        ola.text("kan jeg bli med?")
        eva.text("hva koster det?")
        wait_until("both are put off", lambda: len(p.wire.results(result="later")) == 2)
        waits = sorted(seconds_of(one["until"]) - started for one in p.wire.results(result="later"))
        assert 2.9 <= waits[0] <= 6 * rig.PATIENCE and 10_071 <= waits[1] <= 10_076 * rig.PATIENCE, waits
        per.text("hva koster det?")
        liv.text(CRISIS)
        liv.wait(NUMBERS)
        per.wait("gratis")
        wait_until("the status tells of it", lambda: p.wire.counter("held_chats") >= 1 and p.wire.counter("rate_limited") == 2)
        p.stop_core()  # who writes now waits for an answer that cannot come: nothing may be sent, typing neither
        number = ola.text("hva koster det?")
        time.sleep(1.2 * rig.PATIENCE)
        p.go_on_core()
        p.told(number)
        eva.wait("gratis", 20)
        never("anything goes to the chat that waits", lambda: len(ola.seen()) > 1, 0.5)
        assert not [one for one in p.peer.calls("sendChatAction", ola.id)], "typing is shown where Telegram wants nothing"


def test_429_while_reading_is_kept_also_when_the_core_answers():
    with playing() as p:
        ola = p.user()
        ola.ask("hva koster det?", "gratis")
        p.peer.wait_confirmed()
        p.stop_core()
        ola.text("hva er selvhjelp?")
        wait_until("it is read", lambda: p.wire.ins(text="hva er selvhjelp?"))
        p.peer.fault("getUpdates", ("429", 3))
        wait_until("it is told to wait", lambda: p.peer.counts["getUpdates 429"] == 1)
        p.go_on_core()
        ola.wait_until("the answer", lambda: len(ola.seen()) == 2)
        p.peer.wait_confirmed(20)  # the peer complains of every request before the time


def test_429_of_the_first_question_is_kept():
    with TelegramPeer() as peer, Rig() as r:
        peer.fault("getMe", ("429", 4))
        Telegram(r, peer)
        first, second = (one.time for one in peer.calls("getMe")[:2])
        assert second - first >= 3.9, f"asked again after {second - first:.1f} s instead of 4"


# ---- Telegram fails ----

def test_server_that_fails_in_each_way():
    """Each at sending and at reading; what was carried out without an answer may come twice, nothing is missing."""
    with playing("two under way", "two getUpdates", "faster than one") as p:
        ola = p.user()
        ola.ask("hva koster det?", "gratis")
        faults = [("status", 502), ("status", 504, b""), ("garbage", b"\xff\0{"), ("garbage", b""), ("reset",), ("slow", 0.4),
                  ("status", 200, b"<p>")]
        for fault in faults:
            person = p.user()
            p.peer.fault("sendMessage", fault)
            p.peer.fault("getUpdates", fault)
            person.text("hva koster det?")
            person.wait("gratis", 30)
            shown_once([person])
        for fault in (("reset", "after"), ("cut",)):
            person = p.user()
            p.peer.fault("sendMessage", fault)
            p.peer.fault("getUpdates", fault)
            person.text("hva koster det?")
            person.wait("gratis", 30)
        p.peer.wait_confirmed(20)
        assert p.bridge.log_text().count("Telegram answers again") >= 3


def test_server_that_is_down_for_a_while():
    with playing() as p:
        ola, eva = p.users(2)
        p.stop_core()
        ola.text("hva koster det?")
        wait_until("it is read", lambda: p.wire.ins(text="hva koster det?"))
        p.peer.down()
        p.go_on_core()
        eva.text("hva koster det?")
        p.bridge.logged("Telegram does not answer")
        time.sleep(1)
        p.peer.up()
        ola.wait("gratis", 20)
        eva.wait("gratis", 20)
        p.peer.wait_confirmed(20)
        shown_once([ola, eva])


def test_start_while_telegram_is_away():
    with playing(start=False) as p:
        ola = p.user()
        ola.started = True
        p.peer.down()
        p.bridge.start()
        p.bridge.logged("Telegram does not answer")
        p.peer.up()
        p.bridge.logged("ready: write to @", 20)
        ola.ask("hva koster det?", "gratis")


def test_urgent_goes_first_over_all_chats():
    with playing() as p:
        people, ola = p.users(60), p.user()
        stuck = p.peer.fault("sendMessage", ("status", 502), times=None)
        for person in people:
            person.text("hva koster det?")
        wait_until("all wait", lambda: p.wire.counter("sends_waiting") + 1 >= 60, 30)
        number = ola.text("jeg vil ta livet mitt i kveld")
        p.told(number)
        wait_until("the crisis waits too", lambda: p.wire.counter("replies_waiting") >= 61, 20)
        stuck.times = 0
        ola.wait(NUMBERS, 90)
        good = [one.chat for one in p.peer.calls("sendMessage") if one.status == 200]
        assert good.index(ola.id) <= 1, f"the crisis was answered as number {good.index(ola.id) + 1}"
        for person in people:
            person.wait("gratis", 30)
        shown_once(people)


def test_urgent_overtakes_within_a_chat():
    with playing() as p:
        ola = p.user()
        token = p.token(ola)
        for n in range(5):
            p.out(token, f"slow{n}", f"svar {n}")
        p.out(token, "urgent", "Ring 113", urgent=True)
        p.wait_result("slow4", "sent", 20)
        order = [one.text for one in ola.seen()[1:]]
        assert order.index("Ring 113") <= 3 and [one for one in order if "svar" in one] == [f"svar {n}" for n in range(5)], order


# ---- a chat that cannot be written to ----

def test_person_who_has_gone_is_told_before_the_reply_is_given_up():
    with playing() as p:
        ola, staff = p.user(), p.rig.bridge("stab")
        desk_rig.bind(p.rig, staff, "kari", "link-bergen")
        reference = desk_rig.join(Desk, ola)
        p.peer.wait_confirmed()
        ola.deactivate()
        before = len(p.wire.all())
        staff.send("kari", f"ta {reference}")
        desk_rig.notice(staff, "kari", (reference, "trukket"), 20)
        wait_until("the reply is given up", lambda: p.wire.results(result="never"))
        order = [topic.split("/")[0] for topic, payload in p.wire.all()[before:] if topic.startswith(("in/telegram", "delivered/telegram"))
                 and (b'"blocked"' in payload and topic.startswith("in/") or b'"never"' in payload)]
        assert order == ["in", "delivered"], order
        rows = desk_rig.table(p.rig.ctl("requests", "--personal", core__database=p.rig.path("core.db")).stdout)
        assert [row["state"] for row in rows if row["reference"] == reference] == ["withdrawn"], rows
        assert len([one for one in p.peer.calls("sendMessage", ola.id) if one.status == 403]) <= 2
        staff.close()


def test_refusals_of_a_message():
    with playing("can't parse", "nobody knows this chat") as p:
        gone, html, odd, both, moved, press = p.users(6)
        tokens = {user: p.token(user) for user in (gone, html, odd, both, moved, press)}
        buttons = {"choices": [[{"label": "Ja", "value": "x.1"}]]}
        p.peer.fault("sendMessage", ("400", "Bad Request: chat not found"), chat=gone.id)
        p.out(tokens[gone], "gone", "hei")
        p.wait_result("gone", "never")
        assert p.wire.ins(chat=tokens[gone], event="blocked")
        p.peer.fault("sendMessage", ("400", "Bad Request: can't parse entities: Unsupported start tag"), chat=html.id)
        p.out(tokens[html], "html", "**hei** <b> & du", **buttons)
        p.wait_result("html", "sent")
        assert html.last().text == "hei <b> & du" and not html.last().entities and html.last().labels == ["Ja"]
        p.wire.wait_fault("could not read the markup of 1 repl")
        p.peer.fault("sendMessage", ("400", "Bad Request: BUTTON_DATA_INVALID"), chat=odd.id)
        p.out(tokens[odd], "odd", "**hei**", **buttons)
        p.wait_result("odd", "sent")
        assert odd.last().text == "hei" and not odd.last().markup
        p.peer.fault("sendMessage", ("400", "Bad Request: message is too strange"), times=2, chat=both.id)
        p.out(tokens[both], "both", "**hei**", **buttons)
        p.wait_result("both", "never")
        p.out(tokens[both], "next", "neste")
        p.wait_result("next", "sent")
        p.peer.fault("sendMessage", ("migrate", -1_002_300_400_500), chat=moved.id)
        p.out(tokens[moved], "moved", "flyttet")
        p.wait_result("moved", "sent")
        assert moved.last().text == "flyttet"
        assert "hei" not in p.bridge.log_text().replace("selvhjelp", ""), "words of a message are in the log"


# ---- the token, and others who read ----

def test_token_that_is_unknown_at_the_start():
    with playing(start=False) as p:
        p.peer.token = "110201543:" + "y" * 35
        p.bridge.start()
        assert p.bridge.ended() == 4
        status = wait_until("the status is left behind", lambda: p.wire.status()["state"] == "offline" and p.wire.status())
        assert "token" in p.wire.faults() and "@BotFather" in p.bridge.log_text(), status
        done = health(p.rig)
        assert done.returncode and "refuses the token" in done.stdout, done


def test_token_that_is_revoked():
    for method in ("getUpdates", "sendMessage"):
        with playing() as p:
            ola = p.user()
            ola.ask("hva koster det?", "gratis")
            if method == "getUpdates":
                p.peer.revoke()
            else:
                p.peer.fault("sendMessage", ("401",))
                ola.text("hva er selvhjelp?")
            assert p.bridge.ended() == 4
            wait_until("the status is left behind", lambda: p.wire.status()["state"] == "offline" and "token" in p.wire.faults())
            assert "refuses the token" in health(p.rig).stdout and p.peer.token not in p.bridge.log_text()


def test_second_poller_and_webhook():
    with playing(telegram__poll_seconds=2) as p:
        ola = p.user()
        token = p.token(ola)
        p.peer.wait_confirmed()
        wait_until("it polls", lambda: p.peer.poll)
        assert p.peer.rival()
        p.wire.wait_fault("a second program reads")
        p.out(token, "meanwhile", "Den sender fortsatt")
        p.wait_result("meanwhile", "sent")
        ola.ask("hva er selvhjelp?", "", 20)
        p.wire.wait_no_fault(30)
        wait_until("it polls again", lambda: p.peer.poll, 20)
        p.peer.webhook = True
        ola.text("hva koster det?")
        p.wire.wait_fault("a webhook gets", 20)
        p.peer.webhook = False
        ola.wait_until("the answer", lambda: len(said(ola, "Det er gratis å")) == 2, 30)
        p.wire.wait_no_fault(30)


# ---- updates ----

def test_update_ids_that_fall():
    with playing() as p:
        ola, eva = p.users(2)
        ola.ask("hva koster det?", "gratis")
        p.peer.wait_confirmed()
        p.peer.next_update_id = 4711
        eva.ask("hva koster det?", "gratis")
        p.peer.wait_confirmed()
        assert p.peer.confirmed[-1] == 4711


def test_one_unreadable_update_holds_nobody():
    """Half a character, and JSON that is none, among forty good ones; the one behind them is in distress."""
    with playing() as p:
        ola, people = p.user(), p.users(40)
        p.bridge.end()
        for number, person in enumerate(people):
            person.text("hva koster det?")
            if number in (10, 30):
                broken = {"update_id": "@ID@", "message": {"message_id": 9, "date": 1, "chat": person.json(), "text": "x\\ud83d"}}
                p.peer.updates([json.dumps(broken).replace('"@ID@"', "@ID@").replace("\\\\ud83d", "\\ud83d") if number == 10
                                else b'{"update_id": @ID@, "message": {"text": "\xff\xfe"}}'])
        ola.text(CRISIS)
        asked = p.peer.counts["getUpdates"]
        p.bridge.again()
        ola.wait(NUMBERS, 120)
        asked = p.peer.counts["getUpdates"] - asked
        for person in people:
            person.wait("gratis", 60)
        shown_once(people)
        p.peer.wait_confirmed(20)
        assert asked <= 60, f"the crisis behind two unreadable updates was read after {asked} requests, not one for each update"


def test_a_hundred_and_fifty_at_once():
    with playing() as p:
        people = p.users(150)
        p.bridge.end()
        for person in people:
            person.text("hva koster det?")
        p.bridge.again()
        for person in people:
            person.wait("gratis", 60)
        p.peer.wait_confirmed(20)
        shown_once(people)
        assert max(collections.Counter(p.peer.confirmed).values()) == 1


def test_two_presses_of_one_button_are_one():
    with playing() as p:
        ola = p.user()
        shown = ola.ask("jeg bor i Herøy", "Hvilket mener du")
        for _ in range(2):
            ola.press("Herøy i Nordland")
        ola.wait(telegram_rig.OLD_BUTTON, 20)
        p.peer.wait_confirmed()
        ola.wait_until("it is marked", lambda: shown.labels == ["✓ Herøy i Nordland"])
        assert len(said(ola, "nærheten av Herøy")) == 1 and shown.edits == 1, ola.seen()
        assert len(said(ola, telegram_rig.OLD_BUTTON)) == 1, ola.seen()


if __name__ == "__main__":
    telegram_rig.main_together(dict(globals()))
