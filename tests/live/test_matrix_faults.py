#!/usr/bin/python3
"""The Matrix bridge when something fails: the server's limits, Synapse stopped, bridge and core killed, a core that is
away, a stream with gaps. What was written is answered, in its order, and nothing is shown twice: counted in what the
homeserver has stored.

Where Synapse is not installed this says SKIPPED and why, and runs nothing; `--install` installs it first."""

import asyncio
import concurrent.futures
import re
import threading
import time

import synapse_rig
from rig import Rig, never, wait_until
from synapse_rig import CLIENT, Matrix, Person, server, start

NUMBERS = ("113", "116 123")
PLACES = ("Horten", "Eidsvoll", "Lillehammer", "Halden", "Kongsberg", "Notodden", "Arendal", "Hamar", "Gjøvik", "Røros",
          "Levanger", "Moss", "Drammen", "Larvik", "Tønsberg", "Sandefjord")  # each has a contact point that is near
CRISIS = "Det er bra at du skriver det"


def answer(place):
    return f"Dette er nærmest {place}"


def places_shown(room):
    """Places in the order in which they were answered, as the server has it."""
    return re.findall(r"^Dette er nærmest (.+):$", "\n".join(room.stored()), re.M)


def chats(r, on, bot, count):
    """People, each in a private chat in which the bot has said who it is."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        everyone = list(pool.map(lambda number: Person(r, on, f"person{number}"), range(count)))
        return list(pool.map(lambda person: person.chat(bot), everyone))


def all_once(rooms, places, seconds=60):
    """Every place is answered in every room, in order, once."""
    wait_until("everything is answered", lambda: all(len(room.got("Dette er nærmest")) >= len(places) for room in rooms), seconds)
    time.sleep(0.5)
    for room in rooms:
        assert places_shown(room) == list(places), (room.person.name, places_shown(room))


def test_ordinary_limits():
    """Ten messages at once and one in five seconds is what Synapse grants an account. A crisis does not wait in that
    line: once it was read, nothing else is sent before it, in no room."""
    with Rig() as r:
        limited = server(limits=True)
        bot, _, _, sniffer = start(r, limited, matrix__poll_seconds=30)
        rooms = chats(r, limited, bot, 4)  # coming to each counts as one, and so does who it is
        places = PLACES[:2]
        for place in places:
            for room in rooms:
                room.say(place)
        wait_until("the limit is met", lambda: sniffer.status()["counters"]["rate_limited"], 20)
        crisis = rooms[-1].say("jeg vil ta livet mitt")
        rooms[-1].wait((CRISIS, *NUMBERS), crisis, 60)
        all_once(rooms, places, 90)
        sent = sorted((one.source["origin_server_ts"], one.event.body) for room in rooms for one in room.messages())
        asked = next(one for one in rooms[-1].person.seen if one.id == crisis).source["origin_server_ts"]
        later = [body.startswith(CRISIS) for at, body in sent if at > asked + 1000]  # by then it was read
        # one that was already on its way may win the race for the account's next turn
        assert later.index(True) <= 1, f"the crisis was answered as number {later.index(True) + 1}, five seconds between them"


def test_synapse_is_stopped_under_load():
    with Rig() as r:
        bot, _, bridge, _ = start(r, server(), bridge__silence_seconds=60)
        rooms = chats(r, server(), bot, 4)
        places = PLACES[:6]
        for place in places[:3]:
            for room in rooms:
                room.say(place)
        server().stop()
        time.sleep(1)
        server().start()
        for place in places[3:]:
            for room in rooms:
                room.say(place)
        all_once(rooms, places)
        assert bridge.running() and "warning" in bridge.log_text()


def test_bridge_and_core_are_killed_under_load():
    with Rig() as r:
        bot, core, bridge, _ = start(r, server(), bridge__silence_seconds=60)
        rooms = chats(r, server(), bot, 4)
        places = PLACES[:12]

        def write(room):
            for place in places:
                room.say(place)
                time.sleep(0.3)
        writers = [threading.Thread(target=write, args=(room,)) for room in rooms]
        for writer in writers:
            writer.start()
        for pause in (0.3, 0.7, 0.2, 0.5, 0.9):
            time.sleep(pause)
            bridge.kill()
            bridge.again()
            time.sleep(pause)
            core.kill()
            r.again(core)
        for writer in writers:
            writer.join()
        all_once(rooms, places)
        never("more comes", lambda: any(len(room.got("Dette er nærmest")) > len(places) for room in rooms), 1)


def test_core_is_away():
    with Rig() as r:
        bot, core, _, _ = start(r, server(), bridge__silence_seconds=2)
        crisis, other = chats(r, server(), bot, 2)
        core.kill()
        began = time.monotonic()
        asked = crisis.say("jeg vil bare dø")
        crisis.wait(NUMBERS, asked)
        assert time.monotonic() - began < 8 * synapse_rig.rig.PATIENCE
        other.say("Horten")
        other.wait(("robot", "tatt vare på", *NUMBERS))
        other.say("Halden")
        never("it says so again", lambda: len(other.got("tatt vare på")) > 1, 1)
        assert not other.got("Dette er nærmest")
        core.start()
        other.wait(answer("Halden"), seconds=30)
        crisis.wait((CRISIS, *NUMBERS), asked, 30)
        assert places_shown(other) == ["Horten", "Halden"], other.stored()
        assert len([body for body in crisis.stored() if CRISIS in body]) == 1


def crowd(room, count):
    """Events that nobody answers, at once."""
    async def send():
        await asyncio.gather(*(room.person.client.room_send(room.id, "m.room.message", {"msgtype": "m.notice", "body": "til ingen"})
                               for _ in range(count)))
    synapse_rig.LOOP.call(send())


def test_gap_in_the_stream():
    """More was written while the bridge was away than one answer of the server holds, here by two pages."""
    with Rig() as r:
        bot, _, bridge, sniffer = start(r, server())
        room, = chats(r, server(), bot, 1)
        bridge.stop()
        places = PLACES[:10]
        for place in places[:-1]:
            room.say(place)
            crowd(room, 18)
        room.say(places[-1])
        bridge.again()
        all_once([room], places)
        wait_until("it was a gap", lambda: sniffer.status()["counters"]["gaps"] == 1)


def test_first_start_while_the_core_is_away():
    """Nothing of the first hour is lost when the bridge is started again before it ever reached a core."""
    with Rig() as r:
        account = server().user("bot")
        ola = Person(r, server(), "olabert")
        room = ola.make(account["user_id"])
        bridge = Matrix(r, server(), account, bridge__silence_seconds=1)
        room.wait_membership("join")
        room.say("Horten")
        room.wait(NUMBERS)  # the bridge's own words
        bridge.kill()
        # Synapse keeps its answer to a first question for two minutes, but not for another device.
        status, fresh = server().call("POST", CLIENT + "/login", {"type": "m.login.password", "password": "passord", "identifier": {
            "type": "m.id.user", "user": account["user_id"]}})
        assert status == 200, fresh
        synapse_rig.write_private(bridge.secret, fresh["access_token"])
        r.core()
        bridge.again()
        room.wait(answer("Horten"))


def test_killed_while_it_makes_a_room():
    """An encrypted room is answered by one invitation, whenever the bridge dies."""
    with Rig() as r:
        bot, core, bridge, _ = start(r, server())
        ola = Person(r, server(), "olabert", encrypts=True)
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        room = ola.make(bot, initial_state=[encryption])
        room.wait_membership("join")
        wait_until("the client knows", lambda: room.id in ola.client.rooms and ola.client.rooms[room.id].encrypted)
        core.kill()  # so that the position does not move
        room.say("hei")
        wait_until("an invitation", lambda: ola.invites)
        bridge.kill()
        r.again(core)
        bridge.again()
        room.wait(("kryptert", *NUMBERS), seconds=20)
        never("another one", lambda: len(ola.invites) > 1 or len(room.got("kryptert")) > 1, 1)
        fresh = synapse_rig.Room(ola, next(iter(ola.invites)), bot)
        ola.join(fresh.id)
        fresh.ask("Horten", answer("Horten"))


if __name__ == "__main__":
    synapse_rig.main(dict(globals()))
