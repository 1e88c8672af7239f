#!/usr/bin/python3
"""The played homeserver (matrix_peer.py) itself: it must refuse what a server refuses, and see what a bridge does wrong."""

import http.client
import json
import threading
import time
import urllib.parse

import rig
from rig import PATIENCE, wait_until
from matrix_peer import BOT, MatrixPeer

NOTICE = {"msgtype": "m.notice", "body": "hei"}
FILTER = {"presence": {"types": []}, "account_data": {"types": []}, "room": {
    "timeline": {"types": ["m.room.message", "m.room.encrypted", "m.reaction", "m.room.member", "m.room.tombstone"], "limit": 50},
    "state": {"types": ["m.room.member"], "lazy_load_members": True}, "ephemeral": {"types": []}, "account_data": {"types": []}}}


def quoted(text):
    return urllib.parse.quote(text, safe="")


class Bot:
    """One keep-alive connection to the peer, signed in."""

    def __init__(self, peer, signed_in=True):
        self.peer, self.connection = peer, http.client.HTTPConnection("127.0.0.1", peer.server.port, timeout=30 * PATIENCE)
        if signed_in:
            assert self.ask("POST", f"user/{quoted(BOT)}/filter", FILTER)[0] == 200

    def ask(self, verb, path, body=None, token=None, data=None, base="/_matrix/client/v3/"):
        """Status and body of the answer."""
        headers = {"Authorization": f"Bearer {token or self.peer.token}"} if token != "" else {}
        data = json.dumps(body).encode() if body is not None else data
        if data is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(verb, base + path, data, headers)
        answer = self.connection.getresponse()
        self.headers, text = answer.headers, answer.read()
        return answer.status, json.loads(text) if text[:1] == b"{" else text

    def sync(self, since=None, timeout=0):
        more = f"&since={since}" if since else ""
        status, answer = self.ask("GET", f"sync?filter=f0&set_presence=offline&timeout={timeout}{more}")
        assert status == 200, answer
        return answer

    def send(self, room, txn, body):
        return self.ask("PUT", f"rooms/{quoted(room)}/send/m.room.message/{txn}", body)


def with_peer(*expected):
    peer = MatrixPeer()
    for pattern in expected:
        peer.expect(pattern)
    return peer


def faults_of(act, *patterns):
    """What the peer complains of while something is done; each pattern must be met, and nothing else."""
    with with_peer(*patterns) as peer:
        act(peer, Bot(peer))
        time.sleep(0.3 * PATIENCE)
        with peer.lock:
            for pattern, compiled in zip(patterns, peer.expected):
                assert any(compiled.search(one) for one in peer.violations), f"nobody complained of {pattern!r}: {peer.violations}"


def in_room(peer):
    kari = peer.person()
    room = kari.open(wait=False)
    room.member(peer.bot, "join")
    return kari, room.id


def test_a_whole_conversation_is_no_violation():
    with MatrixPeer() as peer:
        bot, kari = Bot(peer), peer.person()
        first = bot.sync()
        kari.open(wait=False)
        kari.text("hei")
        answer = bot.sync(first["next_batch"])
        assert list(answer["rooms"]) == ["invite"] and kari.room.id in answer["rooms"]["invite"]
        assert bot.ask("POST", f"join/{quoted(kari.room.id)}?server_name=example.net", {})[0] == 200
        answer = bot.sync(answer["next_batch"])
        events = answer["rooms"]["join"][kari.room.id]["timeline"]["events"]
        assert [one["type"] for one in events] == ["m.room.member"] * 2 + ["m.room.message", "m.room.member"], events
        assert len(bot.ask("GET", f"rooms/{quoted(kari.room.id)}/joined_members")[1]["joined"]) == 2
        sent = [bot.send(kari.room.id, "t1", NOTICE) for _ in range(2)]
        assert sent[0] == sent[1] and sent[0][0] == 200 and len(kari.seen()) == 1, sent
        assert bot.send(kari.room.id, "t2", {**NOTICE, "format": "org.matrix.custom.html", "formatted_body":
                        "<p><strong>hei</strong><br>&amp; <a href=\"https://x.no/?a=1&amp;b\">hei</a></p>\n"})[0] == 200
        bot.ask("POST", f"rooms/{quoted(kari.room.id)}/leave", {})
        bot.ask("POST", f"rooms/{quoted(kari.room.id)}/forget", {})
        assert kari.room.forgotten and not bot.sync(answer["next_batch"])["rooms"]


def test_long_poll_waits_and_wakes():
    with MatrixPeer() as peer:
        bot, (kari, room) = Bot(peer), in_room(peer)
        since = bot.sync()["next_batch"]
        started = time.monotonic()
        threading.Timer(0.3, kari.text, ["hei"]).start()
        answer = bot.sync(since, 20_000)
        assert 0.2 < time.monotonic() - started < 5 * PATIENCE and room in answer["rooms"]["join"], answer
        started = time.monotonic()
        assert bot.sync(answer["next_batch"], 300)["next_batch"] == answer["next_batch"] and time.monotonic() - started >= 0.25


def test_gap_is_limited_and_read_backwards():
    with MatrixPeer() as peer:
        bot, (kari, room) = Bot(peer), in_room(peer)
        since = bot.sync()["next_batch"]
        for n in range(250):
            kari.text(str(n))
        line = bot.sync(since)["rooms"]["join"][room]["timeline"]
        assert line["limited"] and [one["content"]["body"] for one in line["events"]] == [str(n) for n in range(200, 250)]
        read, start = [], line["prev_batch"]
        while start:
            page = bot.ask("GET", f"rooms/{quoted(room)}/messages?dir=b&limit=100&from={start}&to={since}")[1]
            read += [one["content"]["body"] for one in page["chunk"]]
            start = page.get("end")
        assert read == [str(n) for n in range(199, -1, -1)], read


def test_messages_that_no_bot_may_send():
    wrong = [({**NOTICE, "msgtype": "m.text"}, "msgtype"), ({**NOTICE, "body": " "}, "empty"), ({**NOTICE, "x": 1}, "member 'x'"),
             ({**NOTICE, "body": 70_000 * "x"}, "bytes"), ({**NOTICE, "formatted_body": "hei"}, "format is"),
             ({"msgtype": "m.notice"}, "no body")]
    html = {"<script>hei</script>": "<script>", "<p>hei": "not ended", "</p>": "ends nothing", "<a href=\"javascript:x\">hei</a>": "a link",
            "<img src=\"https://x.no/a.png\">": "a picture", "<p style=\"x\">hei</p>": "<p style>", "<b>ho</b>": "not complete",
            "<!-- x -->hei": "comment", "hei & hei": "an &", "<mx-reply>hei</mx-reply>": "mx-reply", "<font color=\"red\">hei</font>": "font"}
    wrong += [({**NOTICE, "format": "org.matrix.custom.html", "formatted_body": text}, why) for text, why in html.items()]

    def act(peer, bot):
        _, room = in_room(peer)
        for number, (body, _) in enumerate(wrong):
            assert bot.send(room, f"t{number}", body)[0] in (400, 413), body

    faults_of(act, *[why for _, why in wrong])


def test_requests_that_no_bridge_makes():
    def act(peer, bot):
        _, room = in_room(peer)
        assert bot.ask("GET", "publicRooms")[0] == 404
        assert bot.ask("GET", "login")[0] == 405
        assert bot.ask("GET", "account/whoami?x=1")[0] == 400
        assert bot.ask("GET", "account/whoami", token="")[0] == 401
        assert bot.ask("GET", "account/whoami", token="syt_andre")[0] == 401
        peer.ended_tokens["syt_andre"] -= 2 * PATIENCE
        time.sleep(0.3)
        assert bot.ask("GET", "account/whoami", token="syt_andre")[0] == 401
        assert bot.ask("POST", f"join/{quoted(room)}", data=b"{")[0] == 400
        assert bot.ask("POST", f"join/{quoted(room)}", data=b'{"a": 1, "a": 2}')[0] == 400
        assert bot.ask("POST", f"rooms/{quoted(room)}/forget", {})[0] == 400
        assert bot.ask("GET", f"account/whoami?access_token={peer.token}")[0] == 400
        assert bot.send("!fremmed:x.no", "t1", NOTICE)[0] == 403

    faults_of(act, "it asks for GET", "GET for login", "a query 'x'", "without a token", "used on after", "no JSON", "stands twice",
              "forget: a room", "a query 'access_token'", "a secret stands in the address", "not in")


def test_transactions_rooms_and_pace():
    def act(peer, bot):
        kari, room = in_room(peer)
        bot.send(room, "t1", NOTICE)
        bot.send(room, "t1", {**NOTICE, "body": "hallo"})
        closed = kari.open(wait=False)
        closed.joinable = False
        for _ in range(2):
            assert bot.ask("POST", f"join/{quoted(closed.id)}", {})[0] == 403
        peer.fault("send", ("429", 5), room=room)
        assert bot.send(room, "t2", NOTICE)[0] == 429 and bot.headers["Retry-After"] == "5"
        assert bot.send(room, "t3", NOTICE)[0] == 429
        since = bot.sync()["next_batch"]
        for _ in range(30):
            bot.sync(since)

    faults_of(act, "another body", "join after M_FORBIDDEN", "join: the same again", "before the end of a 429", "sync: a hot loop")


def test_two_at_the_same_time():
    def act(peer, bot):
        _, room = in_room(peer)
        since = bot.sync()["next_batch"]
        peer.fault("send", ("slow", 4))
        bots = [Bot(peer, False), Bot(peer, False)]  # kept: whose connection has ended is not under way
        others = [threading.Thread(target=bots[0].sync, args=(since, 4000)),
                  threading.Thread(target=bots[1].send, args=(room, "t1", NOTICE))]
        for one in others:
            one.start()
        wait_until("both wait", lambda: peer.poll and peer.counts["send"])
        bot.sync(since, 300)
        bot.send(room, "t2", NOTICE)
        for one in others:
            one.join()
        time.sleep(0.3 * PATIENCE)  # until the doubt is decided: then the bots, and their connections, may go

    faults_of(act, "send .*two under way", "sync .*two under way")


def test_signing_in():
    with MatrixPeer() as peer:
        bot = Bot(peer)
        who = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": BOT}, "password": peer.password}
        status, first = bot.ask("POST", "login", who, token="")
        assert status == 200 and bot.ask("GET", "account/whoami")[1]["device_id"] == first["device_id"]
        status, again = bot.ask("POST", "login", {**who, "device_id": first["device_id"]}, token="")
        assert again["device_id"] == first["device_id"] and again["access_token"] != first["access_token"]
        peer.sign_out(soft=True)
        assert bot.ask("GET", "account/whoami") == (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "refused", "soft_logout": True})
        assert bot.ask("POST", "login", {**who, "password": "x"}, token="")[0] == 403


if __name__ == "__main__":
    rig.main(dict(globals()))
