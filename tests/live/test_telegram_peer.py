#!/usr/bin/python3
"""The played Telegram (telegram_peer.py) itself: it must refuse what Telegram refuses, and see what a bridge does wrong."""

import concurrent.futures
import contextlib
import http.client
import json
import socket
import threading
import time

import rig
from rig import PATIENCE, never, wait_until
from telegram_peer import TelegramPeer
from telegram_rules import BLOCKED, CANT_INITIATE, NOT_MODIFIED, QUERY_INVALID, Bucket

PREVIEW = {"is_disabled": True}
PLACE = {"keyboard": [[{"text": "Send posisjon", "request_location": True}]], "one_time_keyboard": True, "resize_keyboard": True}


class Bot:
    """One keep-alive connection to the peer."""

    def __init__(self, peer, timeout=30):
        self.peer, self.connection = peer, http.client.HTTPConnection("127.0.0.1", peer.server.port, timeout=timeout)

    def ask(self, method, path=None, body=None, headers=None, verb="POST", **members):
        """Status, body and headers of the answer."""
        body = json.dumps(members).encode() if body is None else body
        self.connection.request(verb, path or f"/bot{self.peer.token}/{method}", body,
                                headers or {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def call(self, method, **members):
        """Status and result, or the description of the refusal."""
        status, body, _ = self.ask(method, **members)
        answer = json.loads(body)
        assert answer["ok"] == (status == 200) and answer.get("error_code", 200) == status, answer
        return status, answer["result"] if status == 200 else answer["description"]

    def send(self, chat, text, parse_mode="HTML", **members):
        mode = {"parse_mode": parse_mode} if parse_mode else {}
        return self.call("sendMessage", chat_id=chat, text=text, link_preview_options=PREVIEW, **mode, **members)

    def poll(self, timeout=0, **members):
        """The updates' ids and the one content of each."""
        status, result = self.call("getUpdates", timeout=timeout, **members)
        assert status == 200, result
        return [one["update_id"] for one in result]

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def played(*expected, users=1):
    """A peer with a bot and persons 1, 2, … who pressed start and whose updates are confirmed."""
    with TelegramPeer() as peer, Bot(peer) as bot:
        for pattern in expected:
            peer.expect(pattern)
        people = [peer.user(number + 1) for number in range(users)]
        for person in people:
            person.start()
        given = bot.poll()
        while given:
            given = bot.poll(offset=given[-1] + 1)
        yield (peer, bot, *people[:3])


def inline(*buttons):
    return {"inline_keyboard": [[{"text": label, "callback_data": data}] for label, data in buttons]}


# ---- texts ----


def test_length_counts_utf16_after_parsing():
    with played("too long", "empty", "surrogate", users=3) as (peer, bot, a, b, c):
        assert bot.send(1, "<b>" + "😀" * 2048 + "</b>  ")[0] == 200
        assert bot.send(1, "😀" * 2048 + "x")[1] == "Bad Request: message is too long"
        assert bot.send(2, "&amp;" * 4096)[0] == 200 and len(b.last().text) == 4096
        assert bot.send(2, "&amp;" * 7000)[1] == "Bad Request: text is too long"
        assert bot.send(3, "")[1] == "Bad Request: message text is empty"
        for blank in ("<b> </b>\n", " ", "\u200b"):
            assert bot.send(3, blank)[1] == "Bad Request: message must be non-empty", blank
        assert bot.send(3, "\ud83d")[1] == "Bad Request: strings must be encoded in UTF-8"
        assert not c.seen() and len(peer.violations) == 7, peer.violations


def test_what_a_person_sees():
    with played() as (peer, bot, kari):
        number = kari.text("hei")
        status, sent = bot.send(1, "Hei, <b>Kari</b>: <a href=\"https://x.no\">her</a> &lt;",
                                reply_markup=inline(("Ja", "j"), ("Nei", "n")))
        assert status == 200 and sent["chat"] == {"id": 1, "first_name": "Kari", "type": "private"}
        shown = kari.wait(("Kari", "her"))
        assert shown.text == "Hei, Kari: her <" == sent["text"] and shown.entities == sent["entities"]
        assert shown.parts("bold") == ["Kari"] and shown.links() == [("her", "https://x.no/")]
        assert shown.buttons == [("Ja", "j"), ("Nei", "n")] and sent["reply_markup"] == inline(*shown.buttons)
        assert shown.id == sent["message_id"] > number and kari.seen() == [shown] and kari.find("x") is None
        assert bot.send(1, "<b>1 < 2 & 3", None, reply_markup=PLACE)[0] == 200 and kari.keyboard
        assert kari.last().text == "<b>1 < 2 & 3"
        assert bot.send(1, "Takk", reply_markup={"remove_keyboard": True})[0] == 200 and kari.keyboard is None
        threading.Timer(0.2, lambda: bot.call("sendChatAction", chat_id=1, action="typing")).start()
        started = time.monotonic()
        assert kari.wait_until("it types", lambda: kari.actions) == 1 and time.monotonic() - started < 5


# ---- what the bridge may ask ----


def test_members_are_checked():
    wrong = [
        ("sendMessage", {"chat_id": "1", "text": "x"}), ("sendMessage", {"chat_id": True, "text": "x"}),
        ("sendMessage", {"chat_id": 1.0, "text": "x"}), ("sendMessage", {"text": "x"}), ("sendMessage", {"chat_id": 1}),
        ("sendMessage", {"chat_id": 1, "text": 5}), ("sendMessage", {"chat_id": 1, "text": "x", "parse_mode": "html"}),
        ("sendMessage", {"chat_id": 1, "text": "x", "protect_content": True}),
        ("sendMessage", {"chat_id": 2**63, "text": "x"}), ("getMe", {"x": 1}), ("getUpdates", {"limit": 0}),
        ("getUpdates", {"limit": 101}), ("getUpdates", {"timeout": 51}), ("getUpdates", {"allowed_updates": ["messages"]}),
        ("getUpdates", {"allowed_updates": '["message"]'}), ("getUpdates", {"offset": "5"}),
        ("sendChatAction", {"chat_id": 1, "action": "dance"}), ("answerCallbackQuery", {"callback_query_id": 5}),
        ("editMessageReplyMarkup", {"chat_id": 1, "message_id": 99}), ("editMessageReplyMarkup", {"chat_id": 1})]
    row = {"text": "a", "callback_data": "b"}
    for markup in ({}, {"inline_keyboard": []}, {"inline_keyboard": [[]]}, {"inline_keyboard": [row]}, inline(("", "b")),
                   inline((" ", "b")), inline(("a", "")), inline(("a", "å" * 33)), {"inline_keyboard": [[row, row]]},
                   inline(*[("a", "b")] * 101), {**inline(("a", "b")), **PLACE}, {**PLACE, "remove_keyboard": True},
                   {**inline(("a", "b")), "remove_keyboard": True}, {"remove_keyboard": 1, "x": 2},
                   {"keyboard": PLACE["keyboard"]}, {**PLACE, "keyboard": [["Her"]]}, {"force_reply": True},
                   {"inline_keyboard": [[{"text": "a", "url": "http://x.no"}]]}, inline(("a", "\ud800"))):
        wrong.append(("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": markup}))
    with played(".") as (peer, bot, kari):
        for count, (method, members) in enumerate(wrong, 1):
            preview = {"link_preview_options": PREVIEW} if method == "sendMessage" else {}
            assert bot.call(method, **members, **preview)[0] == 400, (method, members)
            assert len(peer.violations) == count, (method, members, peer.violations[-2:])
        assert bot.call("sendMessage", chat_id=1, text="x")[0] == 400
        assert bot.call("deleteMessage", chat_id=1) == (404, "Not Found: method not found")
        assert len(peer.violations) == len(wrong) + 2 and not kari.seen()
        for raw in (b"{", b"[]", b"\xff{}", b'{"offset":1,"offset":2}', b'{"a":NaN}'):
            assert bot.ask("getUpdates", body=raw)[0] == 400
        assert len(peer.violations) == len(wrong) + 7


def test_callback_data_of_64_bytes_is_taken():
    with played() as (_, bot, kari):
        assert bot.send(1, "x", reply_markup=inline(("a", "å" * 32), ("b", "x" * 64)))[0] == 200
        assert kari.last().labels == ["a", "b"]


def test_token_and_paths():
    with played("a request after 401", "asks with GET", "elsewhere", "query", "asks for", "type", "calls 'getme'",
                "member 'x'") as (peer, bot, _):
        assert bot.call("getMe")[1]["username"] == "selvhjelp_test_bot"
        assert bot.ask("", f"/bot{peer.token}x/getMe")[0] == 401 and bot.ask("", "/botfoo/getMe")[0] == 404
        assert not peer.violations
        assert bot.ask("", f"/file/bot{peer.token}/getMe")[0] == 404
        assert peer.token.split(":")[1] not in peer.violations[-1]
        assert bot.ask("getMe", verb="GET")[0] == 405
        for more in ({"body": json.dumps({"x": peer.token}).encode()}, {"path": f"/bot{peer.token}/getMe?a=b"},
                     {"headers": {"Authorization": peer.token, "Content-Type": "application/json"}}, {"path": f"/bot{peer.token}/getme"},
                     {"headers": {"Content-Type": "text/plain"}}):
            before = len(peer.violations)
            bot.ask("getMe", **more)
            assert len(peer.violations) > before, more
        with Bot(peer) as other, concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(other.call, "getUpdates", timeout=30)
            wait_until("it polls", lambda: peer.poll)
            peer.revoke()
            assert waiting.result(5) == (401, "Unauthorized")
        assert "a request after 401" not in peer.violations[-1]
        time.sleep(1.1 * PATIENCE)
        assert bot.call("getMe")[0] == 401 and "a request after 401" in peer.violations[-1]
        peer.token = "5:" + "x" * 35
        assert bot.call("getMe")[0] == 200


# ---- getUpdates ----


def test_offset_confirms():
    with played("the offset is -1", "never given") as (peer, bot, kari):
        for text in "abcde":
            kari.text(text)
        ids = peer.pending()
        assert bot.poll(limit=2) == ids[:2] and bot.poll(offset=ids[0]) == ids and peer.confirmed[-1] == ids[0] - 1
        assert bot.poll(offset=ids[2]) == ids[2:] and peer.confirmed[-2:] == ids[:2]
        assert bot.poll(offset=ids[0]) == ids[2:], "what is confirmed does not come again"
        assert bot.poll(offset=ids[4] + 100) == ids[2:], "an offset far ahead is not believed"
        assert "never given" in peer.violations[-1]
        assert bot.poll(offset=-1) == ids[4:] and "-1" in peer.violations[-1]
        assert bot.poll(offset=ids[4] + 1, timeout=0) == [] and not peer.pending() and peer.confirmed[-5:] == ids
        peer.next_update_id = 5  # as after a quiet week
        kari.text("f")
        assert bot.poll(offset=ids[4] + 1) == [5] and bot.poll(offset=6, timeout=1) == []
        kari.text("g")
        try:
            peer.next_update_id = 4
            raise AssertionError("the ids fell under what waits")
        except ValueError:
            pass
        assert len(peer.violations) == 2, peer.violations


def test_long_poll():
    with played() as (peer, bot, kari):
        started = time.monotonic()
        assert bot.poll(offset=peer.confirmed[-1] + 1, timeout=1) == [] and 0.9 < time.monotonic() - started
        threading.Timer(0.3, kari.text, ("hei",)).start()
        started = time.monotonic()
        (number,) = bot.poll(timeout=20)
        assert 0.2 < time.monotonic() - started < 10 and number == kari.last_update
        bot.poll(offset=number + 1, timeout=1)
        lost = Bot(peer)  # goes away while it waits: what comes then is for the next
        lost.connection.request("POST", f"/bot{peer.token}/getUpdates", b'{"timeout":20}', {"Content-Type": "application/json"})
        wait_until("it polls", lambda: peer.poll)
        lost.close()
        wait_until("its end is seen", lambda: not peer.poll)
        kari.text("igjen")
        assert bot.poll() == peer.pending() == [number + 1]


def test_repeats_are_slowed():
    with played() as (peer, bot, kari):
        kari.text("a")
        kari.text("b")
        ids = peer.pending()
        assert bot.poll() == ids and bot.poll() == ids[:1], "at once again: one"
        time.sleep(0.6)
        assert bot.poll() == ids and bot.poll(offset=ids[1] + 1) == []
        started = time.monotonic()
        assert bot.poll(offset=ids[1] + 1) == [] and 2.5 < time.monotonic() - started, "nothing new: three seconds"


def test_second_poller():
    with played("two getUpdates at the same time") as (peer, bot, kari):
        with Bot(peer) as other, concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(bot.call, "getUpdates", timeout=30)
            wait_until("it polls", lambda: peer.poll)
            second = pool.submit(other.call, "getUpdates", timeout=30)
            assert first.result(10) == (409, "Conflict: terminated by other getUpdates request; make sure that only one bot "
                                             "instance is running")
            assert peer.rival() and not peer.rival()
            never("the second 409 comes at once", second.done, 1)
            assert second.result(10)[0] == 409 and len(peer.violations) == 1
            peer.webhook = True
            assert bot.call("getUpdates")[1].startswith("Conflict: can't use getUpdates method while webhook is active")


def test_a_poller_that_starts_again_is_no_second_one():
    with played() as (peer, bot, _):
        for _ in range(20):
            gone = Bot(peer)
            gone.connection.request("POST", f"/bot{peer.token}/getUpdates", b'{"timeout":20}', {"Content-Type": "application/json"})
            wait_until("it polls", lambda: peer.poll)
            gone.close()
            with Bot(peer) as again:
                again.connection.request("POST", f"/bot{peer.token}/getUpdates", b'{"timeout":20}',
                                         {"Content-Type": "application/json"})
        time.sleep(0.5 * PATIENCE)


def test_only_what_was_asked_for_comes():
    with played() as (peer, bot, kari):
        assert bot.poll(offset=peer.confirmed[-1] + 1, allowed_updates=["message"]) == []
        kari.block()
        assert kari.last_update is None and not peer.pending()
        kari.unblock()
        bot.poll(allowed_updates=[])
        kari.block()
        assert peer.pending() == [kari.last_update]


def test_raw_updates():
    with played() as (peer, bot, kari):
        ids = peer.updates([{"message": {}}, '{"update_id":@ID@}', b'{"update_id":@ID@,"x":"\xff"}', b"{"])
        status, body, _ = bot.ask("getUpdates", limit=2)
        assert status == 200 and [one["update_id"] for one in json.loads(body)["result"]] == ids[:2]
        assert b"\xff" in bot.ask("getUpdates", offset=ids[2], limit=1)[1]
        assert bot.ask("getUpdates", offset=ids[3], limit=1)[1] == b'{"ok":true,"result":[{]}'
        assert bot.poll(offset=ids[3] + 1) == []
        peer.updates(b'{"ok":true,"result":[{"update_id":123456999}]}')
        assert bot.poll() == [123456999] and bot.poll(offset=123457000, timeout=1) == []


def test_what_people_do():
    with played() as (peer, bot, kari):
        first = kari.text("/finn_gruppe@selvhjelp_test_bot nå", age=3600)
        kari.edit(first, "ny")
        kari.start("a_b")
        for kind in ("voice", "audio", "sticker", "video", "video_note", "animation", "document", "contact", "poll", "dice",
                     "game", "story", "paid_media", "venue", "location"):
            kari.send(kind)
        kari.photo("se her", album=7)
        kari.location(60.1, 5.2)
        bot.send(1, "hei", reply_markup=inline(("Ja, takk", "x1")))
        kari.service("pinned_message")
        kari.press("Ja")
        kari.press("gammel", message=kari.last().id, inaccessible=True)
        kari.text("svar", reply_to=kari.last().id)
        kari.block()
        group = peer.group(-77)
        group.add_bot(kari)
        group.text(kari, "hei alle")
        new = group.migrate(-1001234567890, kari)
        peer.group(-1009, kind="channel").add_bot(kari)
        updates = json.loads(bot.ask("getUpdates")[1])["result"]
    contents = [next(value for name, value in one.items() if name != "update_id") for one in updates]
    assert contents[0]["entities"] == [{"offset": 0, "length": 31, "type": "bot_command"}]
    assert time.time() - 3700 < contents[0]["date"] < time.time() - 3500
    assert contents[0]["from"] == {"id": 1, "is_bot": False, "first_name": "Kari", "language_code": "nb"}
    assert "edited_message" in updates[1] and contents[1]["text"] == "ny" and contents[1]["edit_date"] > contents[1]["date"]
    assert contents[2]["text"] == "/start a_b" and contents[3]["voice"] and contents[16]["venue"]["location"]
    photo, place, pin, press, gone, reply, blocked, joined, _, said, there, here, channel = contents[-13:]
    assert photo["caption"] == "se her" and photo["media_group_id"] == "7" and place["location"]["latitude"] == 60.1
    assert pin["pinned_message"]["text"] == "hei" == reply["reply_to_message"]["text"] == press["message"]["text"]
    assert press["data"] == "x1" and press["message"]["reply_markup"] and gone["data"] == "gammel"
    assert gone["message"] == {"chat": {"id": 1, "first_name": "Kari", "type": "private"}, "message_id": press["message"]["message_id"],
                               "date": 0}
    assert [one["new_chat_member"]["status"] for one in (blocked, joined, channel)] == ["kicked", "member", "administrator"]
    assert said["chat"] == {"id": -77, "title": "Gruppe", "type": "group"} and channel["chat"]["type"] == "channel"
    assert there["migrate_to_chat_id"] == new.id == here["chat"]["id"] and here["chat"]["type"] == "supergroup"


# ---- buttons ----


def test_presses_and_edits():
    with played("answered twice", "never was", "can't be edited|reply keyboard cannot", "no message 77") as (peer, bot, kari):
        sent = bot.send(1, "Velg", reply_markup=inline(("Ja", "j"), ("Nei", "n")))[1]["message_id"]
        query = kari.press("j")
        assert bot.call("answerCallbackQuery", callback_query_id=query) == (200, True)
        assert bot.call("answerCallbackQuery", callback_query_id=query) == (400, QUERY_INVALID)
        assert bot.call("answerCallbackQuery", callback_query_id="1") == (400, QUERY_INVALID)
        assert bot.call("answerCallbackQuery", callback_query_id=kari.press("Nei", old=True)) == (400, QUERY_INVALID)
        assert len(peer.violations) == 2, "one that is too old is nobody's fault"
        edit = {"chat_id": 1, "message_id": sent, "reply_markup": inline(("✓ Ja", "j"))}
        assert bot.call("editMessageReplyMarkup", **edit)[0] == 200 and kari.last().labels == ["✓ Ja"]
        assert bot.call("editMessageReplyMarkup", **edit) == (400, NOT_MODIFIED) and len(peer.violations) == 2
        try:
            kari.press("Nei")
            raise AssertionError("it pressed a button that is gone")
        except AssertionError as error:
            assert "has no button" in str(error)
        assert bot.call("editMessageReplyMarkup", chat_id=1, message_id=sent)[0] == 200 and not kari.last().buttons
        plain = bot.send(1, "Hvor?", reply_markup=PLACE)[1]["message_id"]
        assert bot.call("editMessageReplyMarkup", chat_id=1, message_id=plain)[1] == "Bad Request: message can't be edited"
        assert bot.call("editMessageReplyMarkup", chat_id=1, message_id=77)[1] == "Bad Request: message to edit not found"


# ---- who may be written to, and how fast ----


def test_chats_that_cannot_be_written_to():
    with played("nobody knows", "never pressed start") as (peer, bot, kari):
        peer.user(2)
        assert bot.send(2, "x") == (403, CANT_INITIATE) and bot.send(3, "x") == (400, "Bad Request: chat not found")
        assert len(peer.violations) == 2
        kari.block()
        assert bot.send(1, "x") == (403, BLOCKED)
        kari.unblock()
        assert bot.send(1, "x")[0] == 200
        kari.deactivate()
        assert bot.send(1, "x") == (403, "Forbidden: user is deactivated")
        group = peer.group(-5)
        assert bot.send(-5, "x")[0] == 403
        group.add_bot(kari)
        assert bot.send(-5, "x")[0] == 200
        moved = group.migrate(-1001111111111, kari)
        answer = json.loads(bot.ask("sendMessage", chat_id=-5, text="x", link_preview_options=PREVIEW)[1])
        assert answer["parameters"] == {"migrate_to_chat_id": moved.id} and answer["error_code"] == 400
        assert bot.send(moved.id, "x")[0] == 200 and len(peer.violations) == 2


def test_pace_of_a_chat():
    with played("faster than one a second") as (peer, bot, kari):
        for text in "abc":
            assert bot.send(1, text)[0] == 200
        assert not peer.violations
        for text in "defg":
            assert bot.send(1, text)[0] == 200, "it is seen, not refused"
        assert peer.violations and len(kari.seen()) == 7


def test_pace_allows_what_it_should():
    bucket, arrived = Bucket(3, 1), 0.0
    for number in range(300):  # a bridge at its limit, over a way that takes now more, now less
        left = max(0, number - 2)
        arrived = max(arrived, left + (0.0, 0.45, 0.1, 0.3, 0.0, 0.49)[number % 6])
        assert bucket.take(arrived, 0.5), number
    fast = Bucket(3, 1)
    assert not all(fast.take(number / 1.2, 0.5) for number in range(40)), "1.2 a second is not seen"
    everyone = Bucket(30, 30)
    assert all(everyone.take(max(0, number - 24) / 25, 0.5) for number in range(1000)), "25 at once, then 25 a second"
    assert not all(Bucket.take(everyone, 100 + number / 36, 0.5) for number in range(300)), "36 a second are not seen"


def test_pace_of_all():
    with played("more than 30 messages a second", users=120) as (peer, bot, *_):
        for number in range(120):
            assert bot.send(number + 1, "x")[0] == 200
        assert peer.violations or peer.calls("sendMessage")[-1].time - peer.calls("sendMessage")[0].time > 1.5


def test_two_messages_at_once_to_a_chat():
    with played("two under way", users=2) as (peer, bot, *_):
        peer.fault("sendMessage", ("slow", 1.0 * PATIENCE), chat=1)
        with Bot(peer) as other, concurrent.futures.ThreadPoolExecutor(1) as pool:
            slow = pool.submit(bot.send, 1, "a")
            wait_until("it is under way", lambda: peer.in_flight)
            assert other.send(2, "b")[0] == 200
            time.sleep(0.3 * PATIENCE)
            assert not peer.violations
            assert other.send(1, "c")[0] == 200 and slow.result(5)[0] == 200
            wait_until("it is seen", lambda: peer.violations)


def test_a_message_again_after_a_lost_connection_is_not_two_at_once():
    with played() as (peer, _, kari):
        peer.fault("sendMessage", ("hang",), times=20)
        for _ in range(20):
            gone = Bot(peer)
            gone.connection.request("POST", f"/bot{peer.token}/sendMessage", json.dumps(
                {"chat_id": 1, "text": "a", "link_preview_options": PREVIEW}).encode(), {"Content-Type": "application/json"})
            wait_until("it is under way", lambda: len(peer.in_flight) == 1)
            gone.close()
        assert not kari.seen()


def test_429():
    with played("before the end of a 429", users=2) as (peer, bot, *_):
        peer.fault("sendMessage", ("429", 2), chat=1)
        status, body, headers = bot.ask("sendMessage", chat_id=1, text="x", link_preview_options=PREVIEW)
        assert json.loads(body) == {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 2",
                                    "parameters": {"retry_after": 2}} and headers["Retry-After"] == "2" and status == 429
        told = time.monotonic()
        assert bot.send(2, "x")[0] == 200 and not peer.violations
        bot.call("sendChatAction", chat_id=1, action="typing")
        assert not peer.violations, "that may have been on its way"
        assert bot.send(1, "x")[0] == 429 and len(peer.violations) == 1
        time.sleep(max(0, told + 2 - time.monotonic()))
        assert bot.send(1, "x")[0] == 200 and len(peer.violations) == 1
        peer.fault("sendMessage", ("429 for", 10072), chat=2)
        assert bot.send(2, "x")[1] in ("Too Many Requests: retry after 10072", "Too Many Requests: retry after 10071")
        assert len(peer.violations) == 1 and bot.send(2, "x")[0] == 429 and len(peer.violations) == 2
        peer.fault("getUpdates", ("429", 30))
        assert bot.call("getUpdates")[0] == 429 and bot.call("getUpdates")[0] == 429 and len(peer.violations) == 3


# ---- faults ----


def fails(call):
    try:
        call()
    except (OSError, http.client.HTTPException) as error:
        return error
    raise AssertionError("there was an answer")


def test_faults_before_and_after():
    with played() as (peer, bot, kari):
        for what in (("reset",), ("reset", "after"), ("cut",)):
            peer.fault("sendMessage", what)
            fails(lambda: bot.send(1, what[0] + "".join(what[1:])))
            bot.close()
        assert [one.text for one in kari.seen()] == ["resetafter", "cut"]
        peer.fault("sendMessage", ("status", 502), times=2)
        for _ in range(2):
            status, body, headers = bot.ask("sendMessage", chat_id=1, text="x", link_preview_options=PREVIEW)
            assert status == 502 and b"<html>" in body and headers["Content-Type"] == "text/html"
        peer.fault("sendMessage", ("garbage", b"\xff\0{"))
        assert bot.ask("sendMessage", chat_id=1, text="x", link_preview_options=PREVIEW)[:2] == (200, b"\xff\0{")
        peer.fault("*", ("403", "Forbidden: x"))
        assert bot.call("getMe") == (403, "Forbidden: x") and bot.call("getMe")[0] == 200
        peer.fault("sendMessage", ("slow", 0.5), chat=5)
        peer.fault("sendMessage", ("slow", 0.5), chat=1)
        started = time.monotonic()
        assert bot.send(1, "sen")[0] == 200 and time.monotonic() - started > 0.45 and kari.last().text == "sen"
        peer.fault("getUpdates", ("409",))
        assert bot.call("getUpdates")[0] == 409
        peer.fault("sendMessage", ("migrate", 4711))
        answer = json.loads(bot.ask("sendMessage", chat_id=1, text="x", link_preview_options=PREVIEW)[1])
        assert answer["parameters"] == {"migrate_to_chat_id": 4711} and bot.send(1, "x")[0] == 400
        time.sleep(2.2)
        assert bot.send(4711, "flyttet")[0] == 200 and kari.last().text == "flyttet"


def test_slow_answers_nobody_waits_for():
    with played() as (peer, _, kari):
        for what, seen in ((("slow", 0.6), 0), (("slow", 0.6, "after"), 1), (("hang", "after"), 2)):
            peer.fault("sendMessage", what)
            with Bot(peer, timeout=0.2) as hasty:
                fails(lambda: hasty.send(1, "x"))
            time.sleep(0.8)
            assert len(kari.seen()) == seen, what
        kari.text("hei")
        peer.fault("getUpdates", ("reset", "after"))
        with Bot(peer) as bot:
            fails(bot.poll)
        assert peer.pending() == [kari.last_update]


def test_401_ends_all():
    with played() as (peer, bot, _):
        peer.fault("sendMessage", ("401",))
        assert bot.send(1, "x") == (401, "Unauthorized") and bot.call("getMe")[0] == 401


def test_down_and_up():
    with played() as (peer, bot, kari):
        port = peer.server.port
        with Bot(peer) as other, concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(other.poll, 30)
            wait_until("it polls", lambda: peer.poll)
            peer.down()
            assert isinstance(waiting.exception(5), (OSError, http.client.HTTPException))
        kari.text("mens den er nede")
        bot.close()
        assert isinstance(fails(lambda: bot.call("getMe")), ConnectionRefusedError)
        peer.up()
        bot.close()
        assert peer.server.port == port and bot.poll() == [kari.last_update]
        peer.drop_idle()
        fails(lambda: bot.call("getMe"))
        bot.close()
        assert bot.call("getMe")[0] == 200


def test_http_that_is_no_http():
    with played("HTTP") as (peer, _, __):
        for raw in (b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"x" * 70000):
            with socket.create_connection(("127.0.0.1", peer.server.port)) as one:
                one.sendall(raw)
                assert one.recv(1000).startswith(b"HTTP/1.1 4"), raw[:20]
        with socket.create_connection(("127.0.0.1", peer.server.port)) as one:
            head = f"POST /bot{peer.token}/getMe HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            one.sendall((head + "Expect: 100-continue\r\n\r\n").encode())
            assert one.recv(1000).startswith(b"HTTP/1.1 100")
            one.sendall(b"{}" + (head + "\r\n{}").encode())  # and the next one at once behind it
            wait_until("two answers", lambda: peer.counts["getMe 200"] == 2)


# ---- the end ----


def test_violations_fail_the_test():
    before = threading.active_count()
    try:
        with TelegramPeer() as peer, Bot(peer) as bot:
            bot.send(1, "<p>")
        raise AssertionError("nothing failed")
    except AssertionError as error:
        assert "Unsupported start tag" in str(error), error
    peer = TelegramPeer()
    with Bot(peer) as bot:
        bot.call("banChatMember")
    try:
        peer.close()
        raise RuntimeError("close() passed")
    except AssertionError as error:
        assert "calls 'banChatMember'" in str(error)
    peer.expect("banChatMember")
    peer.close()
    assert threading.active_count() == before, "a thread is left"


def test_many_connections():
    """A hundred connections, a thousand chats: a request costs the same in the end as in the beginning."""
    with played(users=1000) as (peer, *_):
        peer.all_bucket = Bucket(10**6, 1)
        bots = [Bot(peer) for _ in range(100)]
        times = []

        def work(number):
            for step in range(10):
                chat = number + 100 * step + 1
                assert bots[number].send(chat, f"hei <b>{chat}</b>", reply_markup=inline(("Ja", "j")))[0] == 200
                peer.user(chat).press("j")
                times.append(time.monotonic())

        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            list(pool.map(work, range(100)))
        assert time.monotonic() - started < 30 * PATIENCE and len(peer.pending()) == 1000
        for one in bots:
            one.close()
        assert peer.server.most_connections >= 100 and peer.counts["sendMessage 200"] == 1000
        print(f"     {1000 / (time.monotonic() - started):.0f} messages a second")


if __name__ == "__main__":
    rig.main(globals())
