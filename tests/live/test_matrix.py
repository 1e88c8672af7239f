#!/usr/bin/python3
"""Conversations through the Matrix bridge: a real homeserver (Synapse), a client that others wrote (matrix-nio) as
resident and as coordinator, the real core and a real broker.

Where Synapse is not installed this says SKIPPED and why, and runs nothing; `--install` installs it first."""

import os
import re
import signal
import stat

import rig
import synapse_rig
from outside_rig import read, requests
from rig import Rig, never, wait_until
from synapse_rig import CLIENT, Matrix, Person, bind, join, no_address, server, start

NUMBERS = ("113", "116 123")


def people(r, *names):
    return [Person(r, server(), name) for name in names]


# ---- signing in ----

def test_preflight():
    with Rig() as r:
        bot = server().user("bot")
        good = Matrix(r, server(), bot, start=False)
        status, text = good.check()
        assert status == 0 and bot["user_id"] in text, text
        assert not os.path.exists(r.path("matrix.journal")) and not os.path.exists(r.path("matrix.key")), "it made something"
        status, text = Matrix(r, server(), {"access_token": "syt_wrong"}, start=False).check()
        assert status == 1 and "does not know the access token" in text and "syt_wrong" not in text, text
        status, text = Matrix(r, server(), bot, start=False, matrix__homeserver=f"http://127.0.0.1:{rig.free_port()}").check()
        assert status == 1 and "does not answer" in text, text
        status, text = Matrix(r, server(), bot, start=False, matrix__homeserver=f"http://127.0.0.1:{r.port}").check()
        assert status == 1, "the broker is no homeserver: " + text
        password = Matrix(r, server(), bot, password="passord", start=False)
        status, text = password.check()
        assert status == 0 and "not signed in yet" in text, text
        os.chmod(password.secret, 0o644)
        status, text = password.check()
        assert status == 1 and password.secret in text, "others may read the password: " + text


def devices(token):
    status, answer = server().call("GET", CLIENT + "/devices", token=token)
    assert status == 200, answer
    return {one["device_id"] for one in answer["devices"]}


def test_password_keeps_the_device():
    with Rig() as r:
        r.core()
        account = server().user("bot")
        bridge = Matrix(r, server(), account, password="passord")
        token, device, user = read(bridge.session).decode().split()
        assert stat.S_IMODE(os.stat(bridge.session).st_mode) == 0o600 and user == account["user_id"]
        assert devices(token) == {account["device_id"], device}
        ola, = people(r, "olabert")
        room = ola.chat(user)
        bridge.stop()
        bridge.again()
        room.ask("hva koster det", "gratis")
        assert devices(token) == {account["device_id"], device}, "a start is no new device"
        status, _ = server().call("POST", CLIENT + "/logout", {}, token)  # by somebody, elsewhere
        assert status == 200
        room.ask("Horten", "nærmest Horten")
        fresh, same, _ = read(bridge.session).decode().split()
        assert fresh != token and same == device, "it is the same device, by another token"
        assert devices(fresh) == {account["device_id"], device}
        assert stat.S_IMODE(os.stat(bridge.session).st_mode) == 0o600
        assert "passord" not in bridge.log_text() and token not in bridge.log_text()


def test_wrong_password():
    with Rig() as r:
        r.core()
        bridge = Matrix(r, server(), server().user("bot"), password="feil passord", start=False)
        assert bridge.start().ended(20) == 4, bridge.log_text()
        assert "feil passord" not in bridge.log_text() and not os.path.exists(bridge.session)
        health = r.ctl("health")
        assert "password" in health.stdout and health.returncode, health.stdout


def test_revoked_token():
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        ola, = people(r, "olabert")
        ola.chat(bot)
        status, _ = server().call("POST", CLIENT + "/logout", {}, bridge.account["access_token"])
        assert status == 200 and bridge.ended(20) == 4, bridge.log_text()
        assert bridge.account["access_token"] not in bridge.log_text()
        wait_until("it is said", lambda: sniffer.status().get("state") == "offline")
        assert "token" in " ".join(sniffer.status()["faults"]), sniffer.status()
        health = r.ctl("health")
        assert "access token" in health.stdout and health.returncode, health.stdout


# ---- conversations ----

def test_conversation():
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        first = room.messages()[0]
        assert first.event.formatted_body and all(number in first.event.body for number in NUMBERS), first.source
        assert re.search(r"^1\. Finn kontaktpunkt$", first.event.body, re.M), first.event.body
        assert "gratis" in room.ask("hva koster det?", "Det er gratis å").event.body
        out = room.ask("Eidsvoll", ("Dette er nærmest Eidsvoll", "Aurskog-Høland"))
        assert "<strong>Folkehelsekoordinatoren, Aurskog-Høland kommune</strong>" in out.event.formatted_body, out.source
        room.ask("jeg bor i Herøy", "Hvilket mener du")
        room.pick("Herøy i Nordland", "i nærheten av Herøy")
        room.ask("jeg bor i Herøy", "Hvilket mener du")
        room.pick("Herøy i Møre og Romsdal", "Herøy", "words")
        room.ask("vil bare dø", NUMBERS)
        assert [m.get("event") or m.get("text") for _, m in sniffer.ins()][:2] == ["started", "hva koster det?"], sniffer.ins()


def test_typing_and_receipts():
    with Rig() as r:
        bot, core, _, _ = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        core.signal(signal.SIGSTOP)
        asked = room.say("hva koster det?")
        wait_until("it is seen to write", lambda: (room.id, (bot,)) in ola.typing)
        assert (room.id, asked, bot) not in ola.read, "read before the core has it"
        core.signal(signal.SIGCONT)
        room.wait("gratis", asked)
        wait_until("it has done writing", lambda: ola.typing[-1] == (room.id, ()))
        wait_until("it is seen to have read", lambda: (room.id, asked, bot) in ola.read)


def test_first_words_before_the_bot_came():
    """What was said before the invitation was not said to the bot; what was said after it was, also while it was away."""
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        ola, = people(r, "olabert")
        bridge.stop()
        room = ola.make()
        for text in ("dette er gammelt", "hva koster det", "jeg bor i Horten"):
            room.say(text)
        room.bot = bot
        ola.bots.add(bot)
        ola.do(ola.client.room_invite(room.id, bot))
        asked = room.say("trenger jeg henvisning?")
        bridge.again()
        room.wait("henvisning", asked)
        room.ask("Eidsvoll", "nærmest Eidsvoll")
        assert not room.got("Det er gratis") and not room.got("nærmest Horten"), [one.event.body for one in room.messages()]
        assert [m["text"] for _, m in sniffer.ins() if "text" in m] == ["trenger jeg henvisning?", "Eidsvoll"]


def test_nothing_of_before_the_first_start():
    with Rig() as r:
        account = server().user("bot")
        ola, = people(r, "olabert")
        room = ola.make(account["user_id"])
        status, _ = server().call("POST", f"{CLIENT}/join/{room.id}", {}, account["access_token"])
        assert status == 200
        room.say("hva koster det?")
        r.core()
        Matrix(r, server(), account)
        never("what is old is answered", room.messages, 1.5)
        room.ask("Horten", "nærmest Horten")
        assert len(room.messages()) == 1, [one.event.body for one in room.messages()]


def test_reply_with_a_quote():
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        first = room.messages()[0]
        quote = "".join(f"> {line}\n" for line in ("<@kari> jeg vil ta livet mitt", "i kveld"))
        room.ask(quote + "\nhva koster det?", "gratis", **{"m.relates_to": {"m.in_reply_to": {"event_id": first.id}}})
        assert sniffer.ins()[-1][1]["text"] == "hva koster det?", sniffer.ins()[-1]
        room.ask("> hva koster det?\n\njeg vil ta livet mitt", NUMBERS)  # no reply: their own words


def test_edits():
    """Only care looks at what was changed."""
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)

        def change(event, text):
            content = {"msgtype": "m.text", "body": text}
            return room.send({"msgtype": "m.text", "body": "* " + text, "m.new_content": content,
                              "m.relates_to": {"rel_type": "m.replace", "event_id": event}})
        asked = room.say("hva kosster det?")
        room.wait("gratis", asked)
        changed = change(asked, "jeg bor i Horten")
        wait_until("the core has it", lambda: any(m.get("edits") == asked for _, m in sniffer.ins()))
        never("a place is looked for", lambda: room.got("Horten", changed), 1)
        crisis = change(asked, "jeg vil ta livet mitt")
        room.wait(NUMBERS, crisis)
        assert len(room.got("gratis")) == 1


def test_position_voice_and_picture():
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        room.ask("finn kontaktpunkt", "Hvor")
        asked = room.send({"msgtype": "m.location", "body": "her", "geo_uri": "geo:59.4176543,10.4834567;u=20"})
        room.wait(("nærmest", "Horten"), asked)
        assert {"lat": 59.418, "lon": 10.483} in [m.get("location") for _, m in sniffer.ins()], sniffer.ins()
        for content, words, kind in (
                ({"msgtype": "m.audio", "body": "v.ogg", "url": "mxc://localhost/a"}, "talemelding", "voice"),
                ({"msgtype": "m.image", "body": "b.jpg", "url": "mxc://localhost/b"}, "bilde", "photo"),
                ({"msgtype": "m.location", "body": "Horten", "geo_uri": "geo:910,10"}, "kan jeg dessverre ikke lese", "location")):
            room.wait((words, *NUMBERS), room.send(content))
            assert sniffer.ins()[-1][1]["kind"] == kind, sniffer.ins()[-1]
        room.wait(NUMBERS, room.send({"body": "👋", "url": "mxc://localhost/c", "info": {}}, "m.sticker"))


def test_thumb_is_a_yes():
    with Rig() as r:
        bot, _, _, _ = start(r, server())
        ola, kari = people(r, "olabert", "karibert")
        bind(r, kari.chat(bot))
        room = ola.chat(bot)
        room.ask("jeg vil bli med i en gruppe i Bergen", "tar imot forespørsel her")
        age = room.pick("Send til LINK", "18 år")
        old = room.messages()[0]
        room.react("👍", old)
        room.react("👎", age)
        never("it goes on", lambda: room.messages(age.id), 0.7)
        consent = room.wait("Før vi går videre", room.react("👍🏽", age))
        name = room.wait("kalle deg", room.react("👍", consent))
        room.react("👍🏿", consent)
        never("a yes counts twice", lambda: room.messages(name.id), 0.7)


# ---- others in the room ----

def test_bots_do_not_talk_to_each_other():
    """Two of this bot, each with its own core and broker, alone in a room; and a notice of a person."""
    with Rig() as r, Rig() as r2:
        one, _, _, sniffer = start(r, server())
        two, _, bridge2, sniffer2 = start(r2, server())
        other = Person(r2, server(), "bot", bridge2.account)  # another client of the second bot's account
        room = other.chat(one)
        room.send({"msgtype": "m.notice", "body": "jeg vil ta livet mitt"})
        wait_until("both are there", lambda: room.members() == {one: "join", two: "join"})
        never("a second word", lambda: len(room.messages()) > 1 or room.messages(sender=two)[1:], 2)
        assert not [m for _, m in sniffer.ins() + sniffer2.ins() if "text" in m], (sniffer.ins(), sniffer2.ins())


def test_room_of_three():
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, eva = people(r, "olabert", "evabert")
        room = ola.make()
        ola.do(ola.client.room_invite(room.id, eva.id))
        eva.join(room.id)
        room.bot = bot
        ola.bots.add(bot)
        ola.do(ola.client.room_invite(room.id, bot))
        room.say("hva koster det?")
        room.wait(("privat chat", *NUMBERS))
        room.wait_membership("leave")
        room.say("er du der?")
        never("a second word", lambda: len(room.messages()) > 1, 1)
        assert len(sniffer.ins("group")) == 1, sniffer.ins()


def test_room_of_three_that_is_silent():
    """Nobody has to write first: it does not stay where several could read."""
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, eva = people(r, "olabert", "evabert")
        room = ola.make()
        ola.do(ola.client.room_invite(room.id, eva.id))
        eva.join(room.id)
        room.bot = bot
        ola.bots.add(bot)
        ola.do(ola.client.room_invite(room.id, bot))
        room.wait(("privat chat", *NUMBERS))
        room.wait_membership("leave")
        assert len(room.messages()) == 1 and len(sniffer.ins("group")) == 1, [one.event.body for one in room.messages()]


def test_third_one_comes_later():
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, eva = people(r, "olabert", "evabert")
        room = ola.chat(bot)
        ola.do(ola.client.room_invite(room.id, eva.id))
        asked = room.say("hva koster det?")
        room.wait("gratis", asked)  # the invited one reads nothing yet
        eva.join(room.id)  # nobody need write for the bot to say why it goes
        room.wait(("privat chat", *NUMBERS), asked)
        room.wait_membership("leave")
        assert len(sniffer.ins("group")) == 1


def test_person_leaves():
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        chat = sniffer.ins()[0][0]
        ola.do(ola.client.room_leave(room.id))
        wait_until("the core hears", lambda: [c for c, _ in sniffer.ins("blocked")] == [chat])

        def gone():
            status, rooms = server().call("GET", CLIENT + "/joined_rooms", token=bot_token)
            return status == 200 and not rooms["joined_rooms"]
        bot_token = read(r.path("matrix.secret")).decode().strip()
        wait_until("the bot has left", gone)
        assert "gratis" in ola.chat(bot).ask("hva koster det?", "gratis").event.body  # they may come back


def test_bot_is_put_out():
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot, preset="private_chat")
        chat = sniffer.ins()[0][0]
        ola.do(ola.client.room_kick(room.id, bot))
        wait_until("the core hears", lambda: [c for c, _ in sniffer.ins("blocked")] == [chat])
        ola.do(ola.client.room_invite(room.id, bot))
        room.wait_membership("join")
        room.ask("hva koster det?", "gratis")
        assert bridge.running()


def test_servers_that_may_invite():
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server(), matrix__allowed_servers="example.org, localhost.example")
        ola, = people(r, "olabert")
        room = ola.make(bot)
        room.wait_membership("leave")
        assert not room.messages() and not sniffer.ins(), sniffer.ins()
        bridge.stop()
        bridge.arguments[bridge.arguments.index("matrix.allowed_servers=example.org, localhost.example")] = \
            "matrix.allowed_servers=example.org localhost"
        bridge.again()
        ola.chat(bot).ask("hva koster det?", "gratis")


# ---- rooms that change ----

def test_encrypted_room():
    """As Element makes them by default. What is said there nobody but the two could read, so it cannot be answered."""
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        ola = Person(r, server(), "olabert", encrypts=True)
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        room = ola.make(bot, initial_state=[encryption])
        room.wait_membership("join")
        wait_until("the client knows", lambda: room.id in ola.client.rooms and ola.client.rooms[room.id].encrypted)
        for text in ("hei, jeg heter Trollbjart", "er du der?"):
            room.say(text)
        told = room.wait(("kryptert", "invitert", *NUMBERS))
        wait_until("an invitation", lambda: ola.invites)
        never("it is told twice", lambda: len(room.got("kryptert")) > 1 or len(ola.invites) > 1, 1)
        fresh = synapse_rig.Room(ola, next(iter(ola.invites)), bot)
        ola.join(fresh.id)
        fresh.ask("hva koster det?", "gratis")
        assert set(fresh.members()) == {ola.id, bot} and "m.room.encryption" not in \
            [one["type"] for one in ola.api("GET", f"/rooms/{fresh.id}/state")]
        assert len(sniffer.ins("moved")) == 1 and len(sniffer.ins("encrypted")) == 1, sniffer.ins()
        bridge.stop()
        bridge.again()
        room.say("og nå?")
        fresh.ask("Horten", "nærmest Horten")
        assert len(room.got("kryptert")) == 1 and not ola.invites, "told again after a start"
        assert told.source["type"] == "m.room.message", "what is said must be readable without keys"


def upgrade(room):
    """As clients do it: the server makes the new room and closes the old one, then the client invites who was there."""
    answer = room.person.api("POST", f"/rooms/{room.id}/upgrade", {"new_version": "11"})
    room.person.do(room.person.client.room_invite(answer["replacement_room"], room.bot))
    return synapse_rig.Room(room.person, answer["replacement_room"], room.bot)


def test_upgraded_room():
    """The conversation goes on in the new room where it was: the question is still open."""
    with Rig() as r:
        bot, _, _, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        room.ask("jeg bor i Herøy", "Hvilket mener du")
        fresh = upgrade(room)
        fresh.wait_membership("join")
        fresh.ask("2", "i nærheten av Herøy")
        assert len(sniffer.ins("moved")) == 1, sniffer.ins()


def test_upgraded_while_the_bridge_is_away():
    """Then the invitation and the old room's last event are read at once."""
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        ola, = people(r, "olabert")
        room = ola.chat(bot)
        room.ask("jeg bor i Herøy", "Hvilket mener du")
        bridge.stop()
        fresh = upgrade(room)
        bridge.again()
        fresh.wait_membership("join")
        fresh.ask("2", "i nærheten av Herøy")
        assert len(sniffer.ins("moved")) == 1, sniffer.ins()


# ---- a request ----

def test_request_from_one_person_to_another():
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        ola, kari, per = people(r, "olabert", "karibert", "perbert")
        desk, second, room = kari.chat(bot), per.chat(bot), None
        bind(r, desk)
        bind(r, second)
        room = ola.chat(bot)
        odd = "5 < 6 & <i>skrå</i> *stjerne* _strek_ [a](http://b.no) `kode`"
        reference = join(room, alias="Tore", words=odd)
        desk.wait(("Ny forespørsel", reference))
        second.wait(("Ny forespørsel", reference))
        assert not desk.got("Tore") and not second.got("Tore"), "the name goes to the one who takes it"

        taken = desk.pick("Ta", "Tore")
        assert odd in taken.event.body, taken.event.body
        room.wait(("har tatt forespørselen", reference))
        second.ask(f"ta {reference}", reference)
        assert not second.got("Tore") and [row["state"] for row in requests(r).values()] == ["taken"]

        desk.ask(f"svar {reference} Hei Tore, vi møtes tirsdag & torsdag", "Skal jeg sende")
        desk.pick("Send svaret", "sendt til")
        room.wait("vi møtes tirsdag & torsdag")
        room.pick("Svar" if "Svar" in room.messages()[-1].event.body else "Skriv til", "Det du skriver nå")
        room.ask("Tusen takk <3", "Sendt til")
        desk.wait(("Tore", "Tusen takk <3"))
        desk.pick("Svar", "Hva vil du svare")
        desk.ask("Velkommen!", "sendt til")
        room.wait("Velkommen!")
        desk.ask(f"ferdig {reference}", "Hvordan gikk det")
        desk.pick("Blitt med", "avsluttet")
        assert requests(r)[reference]["state"] == "joined"

        everyone = {ola: room, kari: desk, per: second}
        for one, place in everyone.items():
            for message in place.messages():
                for other in everyone:
                    if other is not one:
                        name = other.id[1:].split(":")[0]
                        assert name not in str(message.source), (one.name, message.source)
        no_address(r, sniffer, bridge, everyone, everyone.values())


if __name__ == "__main__":
    synapse_rig.main(dict(globals()))
