#!/usr/bin/python3
"""The Matrix bridge and rooms in which something goes wrong: gaps, invitations, encryption, replaced rooms, people who come and
go while the bridge looks, persons who are put out."""

import time

import telegram_rig
from rig import never, wait_until
from matrix_play import CRISIS, NUMBERS, playing
from telegram_rig import said

COST, ANSWER = "hva koster det?", "gratis"
PAGE = 100


# ---- gaps ----

def gap(p, missing, told=3):
    """The bridge is away while so many more messages than an answer brings are written; texts among notices, in order."""
    ola = p.person()
    ola.ask(COST, ANSWER)
    p.wait_settled()
    p.bridge.end()
    count = missing + 50
    texts = {0, count // 2, count - 1, *range(1, min(told, count))}
    numbers = [ola.send("m.text" if n in texts else "m.notice", f"{COST} {n}") for n in range(count)]
    return ola, sorted(texts), numbers


def expect_told(p, texts, seconds=20):
    def found():
        return [int(one["text"].split()[-1]) for one in p.wire.ins() if one.get("text", "").startswith(COST + " ")]
    wait_until(f"the core is told of {texts}", lambda: len(found()) >= len(texts), seconds)
    p.wait_settled(20)
    assert found() == texts, (found(), texts)


def test_gaps_of_one_and_a_hundred():
    with playing() as p:
        for missing in (1, PAGE):
            _, texts, _ = gap(p, missing)
            before = len(p.wire.ins())
            p.bridge.again()
            wait_until("all is told", lambda n=before + len(texts): len(p.wire.ins()) == n)
            p.wait_settled(20)
        pages = p.peer.calls("messages")
        assert len(pages) == 2 and all(one.query["limit"] == str(PAGE) and "to" in one.query for one in pages), pages


def test_gap_larger_than_what_is_read():
    """At most five pages; the newest, oldest first."""
    with playing() as p:
        _, texts, _ = gap(p, 600)
        p.bridge.again()
        expect_told(p, [n for n in texts if n >= 100])
        assert len(p.peer.calls("messages")) == 5, p.peer.calls("messages")


def test_pages_that_are_short_or_empty():
    """An empty page does not mean that there is no more: only a missing `end` does (spec, /messages)."""
    with playing() as p:
        _, texts, _ = gap(p, 120)
        p.peer.fault("messages", ("page", 7))
        p.peer.fault("messages", ("page", 0))
        p.bridge.again()
        expect_told(p, texts)


def test_messages_that_fail():
    with playing() as p:
        _, texts, _ = gap(p, 30)
        for fault in (("status", 502), ("429", 1), ("garbage", b"{}"), ("reset",)):
            p.peer.fault("messages", fault)
        p.bridge.again()
        expect_told(p, texts, 40)


def test_gap_that_is_forbidden_ends():
    with playing() as p:
        ola, texts, _ = gap(p, 30)
        p.peer.fault("messages", ("error", 403, "M_FORBIDDEN"))
        p.bridge.again()
        ola.wait_until("the newest is answered", lambda: len(said(ola, ANSWER)) >= 2, 20)
        p.wait_settled(20)
        p.wire.wait_in(text=f"{COST} {texts[-1]}")
        assert len(p.peer.calls("messages")) == 1, p.peer.calls("messages")


def test_two_gaps_while_the_first_is_read():
    """Nothing of the second is lost, and all stays in order."""
    with playing() as p:
        ola = p.person()
        ola.ask(COST, ANSWER)
        p.wait_settled()
        p.peer.timeline_most = 2
        p.peer.fault("messages", ("slow", 1.0))
        for first in (0, 6):
            stuck = p.peer.fault("sync", ("slow", 0.4))
            p.person(opened=False).open(wait=False)  # ends the present one
            wait_until("the next one waits", lambda one=stuck: one.times == 0)
            for n in range(first, first + 6):
                ola.text(f"{COST} {n}")
            time.sleep(0.6)
        p.peer.timeline_most = 50
        expect_told(p, list(range(12)))


# ---- many rooms ----

def test_a_thousand_rooms_in_one_answer():
    with playing() as p:
        p.person().ask(COST, ANSWER)
        p.bridge.end()
        people = p.settled(1000)
        for person in people[:-1]:
            person.text("👍")
        number = people[-1].text(CRISIS)
        p.bridge.again()
        people[-1].wait(NUMBERS, 30, number)
        wait_until("all are told", lambda: len(p.wire.ins(text="👍")) == 999, 30, 0.5)
        assert p.peer.server.most_connections <= 70, p.peer.server.most_connections


# ---- invitations ----

def test_storm_of_invitations():
    """Twenty at once, then one in two seconds; others are answered meanwhile, and all are joined in the end."""
    with playing() as p:
        ola = p.person()
        ola.wait()
        people = [p.person(opened=False) for _ in range(100)]
        for person in people:
            person.open(wait=False)
        ola.ask(COST, ANSWER)
        started = time.monotonic()
        wait_until("the first twenty", lambda: p.peer.counts["join 200"] >= 19, 20)
        wait_until("some more, in time", lambda: p.peer.counts["join 200"] >= 26, 30)
        joins = [one.time for one in p.peer.calls("join")]
        assert joins[25] - joins[20] >= 8 and len(joins) <= 23 + (time.monotonic() - started) / 2, joins
        p.bridge.end()  # the invitations that are left are still there for the next run
        p.bridge.again()
        wait_until("those left are joined too", lambda: p.peer.counts["join 200"] >= 44, 20)
        never("anything is lost of who has come", lambda: p.peer.undeclared(), 0.1)


def test_invitations_of_broken_form_hold_nobody():
    with playing() as p:
        rooms = [p.peer.room(p.peer.room_id()) for _ in range(4)]
        for room, odd in zip(rooms, ({"type": "m.room.member"}, {"type": 7}, {"type": "m.room.member", "state_key": p.peer.bot},
                                     {"type": "m.room.member", "state_key": p.peer.bot, "sender": 5, "content": []})):
            with p.peer.lock:
                room.member(p.peer.bot, "invite", "@x:example.net")
                room.invitation = {"sender": "@x:example.net", **odd}
                if "state_key" in odd and "sender" not in odd:
                    room.invitation.pop("sender")
                    room.invitation["sender"] = None
        p.person().ask(COST, ANSWER)
        p.wait_settled()


def test_join_that_needs_three_tries():
    with playing() as p:
        ola = p.person(opened=False)
        for fault in (("error", 404, "M_UNKNOWN"), ("error", 502, "M_UNKNOWN")):
            p.peer.fault("join", fault)
        ola.open(wait=False)
        ola.text("hei")
        ola.wait_bot()
        ola.ask(COST, ANSWER)
        assert len(p.peer.calls("join", ola.room.id)) == 3 and "server_name" in p.peer.calls("join")[0].query
        p.wait_settled()


def test_join_that_is_forbidden():
    """Final; the position moves on, and a new invitation is a new try."""
    with playing() as p:
        ola, eva = p.person(opened=False), p.person(opened=False)
        ola.open(wait=False).joinable = False
        wait_until("it is refused", lambda: p.peer.counts["join 403"])
        eva.open()
        eva.ask(COST, ANSWER)
        p.wait_settled()
        never("it is tried again", lambda: p.peer.counts["join"] > 2, 1.5)
        ola.room.joinable = True
        ola.room.member(p.peer.bot, "leave", ola.user)
        ola.room.member(p.peer.bot, "invite", ola.user, is_direct=True)
        ola.wait_bot()
        ola.ask(COST, ANSWER)


# ---- encrypted rooms ----

def test_room_that_may_not_be_made():
    """The person is told all the same, without "invited"; once a day."""
    with playing() as p:
        ola = p.person()
        ola.wait()
        p.peer.fault("create", ("error", 403, "M_FORBIDDEN"))
        for _ in range(3):
            ola.encrypted()
        told = p.wire.wait_in(event="encrypted")
        assert told.get("kind") != "invited", told
        ola.wait(NUMBERS, after=ola.seen()[0].id)
        p.wait_settled()
        assert len(p.wire.ins(event="encrypted")) == 1 and len(p.peer.calls("create")) == 1


def test_move_to_the_readable_room_outlives_a_crash():
    """The new room was made and the person invited; the core must learn that the chat goes on there."""
    with playing() as p:
        ola = p.person()
        ola.ask(COST, ANSWER)
        p.wait_settled()
        p.rig.broker.kill()
        ola.encrypted()
        wait_until("the room is made", lambda: p.peer.counts["create 200"])
        time.sleep(0.5)
        p.bridge.kill()
        p.rig.broker = p.rig.start_broker()
        p.bridge.again()
        assert p.wire.wait_in(20, event="encrypted").get("kind") == "invited"
        p.wait_settled(20)
        assert p.wire.ins(event="moved"), f"the core never hears of the new room: {[one.get('event') for one in p.wire.ins()]}"


def test_put_out_while_the_readable_room_is_made():
    with playing() as p:
        ola, eva = p.people(2)
        p.peer.fault("create", ("slow", 0.6, "after"))
        ola.encrypted()
        wait_until("it is asked for", lambda: p.peer.counts["create"])
        ola.put_out()
        time.sleep(1)
        assert p.bridge.running(), f"exit status {p.bridge.process.returncode}: " + p.bridge.log_text()[-3000:]
        eva.ask(COST, ANSWER, 20)


# ---- replaced rooms ----

def replaced(p, ola, joinable):
    fresh = p.peer.room(p.peer.room_id())
    fresh.member(ola.user, "join")
    fresh.joinable, fresh.former = joinable, ola.room.id
    ola.room.tombstone(ola.user, fresh.id)
    return fresh


def test_replacement_that_cannot_be_joined_holds_nobody():
    with playing() as p:
        ola, eva = p.people(2)
        ola.ask(COST, ANSWER)
        replaced(p, ola, False)
        wait_until("it is tried", lambda: p.peer.counts["join 403"])
        eva.ask(COST, ANSWER)
        p.wait_settled(20)
        assert not p.wire.ins(event="moved")


def test_replaced_rooms_in_a_circle():
    with playing() as p:
        ola, eva = p.people(2)
        ola.ask(COST, ANSWER)
        old = ola.room
        fresh = replaced(p, ola, "public")
        fresh.wait_until("the bot follows", lambda: fresh.bot_is_in)
        fresh.tombstone(ola.user, old.id)
        old.tombstone(ola.user, fresh.id)
        old.tombstone(ola.user, old.id)
        eva.ask(COST, ANSWER)
        never("they run in a circle", lambda: len(p.peer.calls("join")) > 5 or len(p.wire.ins(event="moved")) > 2)


def test_words_in_the_room_that_was_replaced():
    """Who makes the room anew may go on in the old one (everybody may, in the rooms that clients make for two)."""
    with playing() as p:
        ola = p.person()
        ola.ask(COST, ANSWER)
        fresh = replaced(p, ola, "public")
        fresh.wait_until("the bot follows", lambda: fresh.bot_is_in)
        number = ola.text(CRISIS)
        ola.wait(NUMBERS, 10, number)


def test_tombstone_does_not_reach_into_somebody_elses_room():
    """After a start the bridge knows no room; a stranger's tombstone that names one of them moves nothing into it."""
    with playing() as p:
        ola, mallory = p.people(2)
        for person in (ola, mallory):
            person.ask(COST, ANSWER)
        p.wait_settled()
        p.bridge.restart()
        mallory.room.tombstone(mallory.user, ola.room.id)
        p.wait_settled(20)
        moved = p.wire.ins(event="moved")
        assert not moved, f"the stranger's chat now goes on in the room of somebody else: {moved}"


# ---- who is there ----

def test_members_that_change_while_they_are_asked_for():
    with playing() as p:
        ola = p.person()
        ola.wait()
        p.wait_settled()
        p.bridge.restart()
        p.peer.fault("members", ("slow", 0.5, "after"), room=ola.room.id)  # two are told, three are there then
        ola.text(COST)
        wait_until("it asks", lambda: p.peer.calls("members", ola.room.id)[1:])
        ola.room.member("@tredje:example.net", "join")
        p.wire.wait_in(event="group")
        wait_until("the room is left and forgotten", lambda: ola.room.forgotten, 25)
        assert not p.wire.ins(text=COST), "what was said to three was answered"


def test_third_person_who_says_nothing():
    """What the core sends later, a coordinator's words perhaps, must not be read by a third person."""
    with playing() as p:
        ola = p.person()
        ola.ask(COST, ANSWER)
        ola.room.member("@tredje:example.net", "invite", ola.user)
        ola.room.member("@tredje:example.net", "join")
        p.wire.wait_in(5, event="group")
        wait_until("the room is left and forgotten", lambda: ola.room.forgotten, 25)


def test_put_out_in_the_middle_of_a_reply():
    with playing() as p:
        ola, eva = p.people(2)
        ola.wait()
        p.peer.fault("send", ("slow", 0.5), room=ola.room.id)
        ola.text(COST)
        wait_until("the reply is on its way", lambda: len(p.peer.calls("send", ola.room.id)) == 2)
        ola.put_out()
        wait_until("the reply is given up", lambda: p.wire.results(result="never"), 20)
        assert p.wire.ins(event="blocked")
        eva.ask(COST, ANSWER)
        p.wait_settled()


def test_put_out_while_a_gap_is_read():
    with playing() as p:
        ola, _, _ = gap(p, 60)
        eva = p.person(opened=False)
        p.peer.fault("messages", ("slow", 0.8, "after"))
        p.bridge.again()
        wait_until("the gap is asked for", lambda: p.peer.counts["messages"])
        ola.put_out()
        time.sleep(1.2)
        assert p.bridge.running(), f"exit status {p.bridge.process.returncode}: " + p.bridge.log_text()[-3000:]
        eva.open()
        eva.ask(COST, ANSWER, 20)


def test_person_who_leaves():
    with playing() as p:
        ola = p.person()
        ola.ask(COST, ANSWER)
        ola.leave()
        p.wire.wait_in(event="blocked")
        wait_until("the room is left and forgotten", lambda: ola.room.forgotten)
        p.wait_settled()


# ---- whose words ----

def test_edit_of_somebody_elses_message():
    """Only the sender may change a message (spec, m.replace); it is no edit, and no question either."""
    with playing() as p:
        ola = p.person()
        shown = ola.ask(COST, ANSWER)
        ola.edit(shown.id, "jeg bor i Horten")
        ola.ask("hva er selvhjelp?", "", 10)
        p.wait_settled()
        assert not said(ola, "Horten")
        edits = [one for one in p.wire.ins() if "edits" in one]
        assert not edits, f"the core is told that the bot's own words were changed: {edits}"


def test_thumb_on_an_old_reply_is_nothing():
    with playing() as p:
        ola = p.person()
        token = p.token(ola)
        yes = {"choices": [[{"label": "Ja", "value": "x.1"}], [{"label": "Nei", "value": "x.2"}]]}
        for n in range(2):
            p.out(token, f"ask{n}", f"Vil du? {n}", **yes)
            p.wait_result(f"ask{n}", "sent")
        first, last = said(ola, "Vil du?")
        ola.react(first.id)
        ola.react(last.id, "👎")
        ola.react(last.id, "❤️")
        p.wait_settled()
        assert not [one for one in p.wire.ins() if "choice" in one]
        ola.react(last.id, "👍🏽")
        assert p.wire.wait_in(choice="x.1")


if __name__ == "__main__":
    telegram_rig.main_together(dict(globals()), 5)
