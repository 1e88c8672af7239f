#!/usr/bin/python3
"""The Telegram bridge with the real core and broker against the strict peer: what people send and see, the program's own
secrets and settings. What goes wrong on the way is in test_telegram_faults.py."""

import json
import os
import re
import signal
import socket
import stat
import subprocess

import desk_rig
import rig
import telegram_rig
from rig import Rig, never, wait_until
from telegram_peer import TelegramPeer
from telegram_people import SERVICE, text_of
from telegram_rig import CRISIS, NUMBERS, OLD_BUTTON, Desk, Shared, Telegram, check, read, said, units, write_secret

import check_schemas

shared = Shared()
UNREADABLE = ("voice", "audio", "photo", "sticker", "video", "video_note", "animation", "document", "contact", "poll", "dice",
              "game", "story", "paid_media")
HOSTILE = "<b>5 < 6</b> & *stjerne* _strek_ `kode` [a](http://b.no) 👩‍👩‍👧‍👦 </a> {{ref}} &\n" * 13  # own words: at most 1,503 bytes


def quiet(p, user, number=1, seconds=0.5):
    """All is read and the person has seen no more than so many messages."""
    p.peer.wait_confirmed()
    never(f"{user.id} hears more: {user.seen()}", lambda: len(user.seen()) > number, seconds)


# ---- in ----

def test_text_in_three_languages_and_dialect():
    p = shared()
    ola, liv, eva, per, app = p.user(), p.user("nn"), p.user("en-GB"), p.user("nb"), p.user(language_code=None)
    number = ola.text("hva koster det?")
    liv.text("kva kostar det å vere med?")
    eva.text("How much does it cost?")
    per.text("æ bor i Tromsø og vil møte andre")
    app.text("jeg har lyst til å dø")
    ola.wait("Det er gratis å")
    liv.wait("sjølvhjelpsgruppe")
    eva.wait("self-help group")
    per.wait("LINK Tromsø")
    app.wait(NUMBERS)
    told = p.told(number)
    assert told["text"] == "hva koster det?" and told["sender"] == {"language": "nb"} and "late" not in told, told
    assert told["id"] == f"{told['chat']}.{number}" and p.wire.ins(text="How much does it cost?")[0]["sender"] == {"language": "en-GB"}
    assert p.wire.ins(text="jeg har lyst til å dø")[0]["sender"] == {}
    p.peer.wait_confirmed()


def test_press_is_answered_and_the_choice_stays_readable():
    p = shared()
    ola = p.user()
    shown = ola.ask("jeg bor i Herøy", "Hvilket mener du")
    assert shown.labels == ["Herøy i Møre og Romsdal", "Herøy i Nordland"], shown
    other, chosen = shown.buttons
    queries = [ola.press("Herøy i Nordland")]
    answer = ola.wait("i nærheten av Herøy", after=shown.id)
    ola.wait_until("the chosen one is marked", lambda: shown.buttons == [("✓ " + chosen[0], chosen[1])])
    assert p.wire.ins(choice=chosen[1])[0]["id"] == "q" + queries[0]
    queries.append(ola.press("✓ Herøy"))
    queries.append(ola.press(other[1], message=shown.id))  # an app that still shows it
    wait_until("both are answered as old ones", lambda: len(said(ola, OLD_BUTTON, answer.id)) == 2)
    queries.append(ola.press("laget.selv", message=shown.id))
    wait_until("each press is answered to the app", lambda: all(p.peer.queries[one] == "answered" for one in queries))
    quiet(p, ola, 4 + len(said(ola, OLD_BUTTON)) - 2)
    assert shown.edits == 1 and len(said(ola, "i nærheten av Herøy")) == 1


def test_press_on_what_telegram_no_longer_shows():
    p = shared()
    ola = p.user()
    shown = ola.ask("jeg bor i Herøy", "Hvilket mener du")
    query = ola.press("Herøy i Nordland", old=True, inaccessible=True)
    ola.wait("i nærheten av Herøy", after=shown.id)
    p.peer.wait_confirmed()
    assert p.peer.queries[query] == "old" and shown.edits == 0


def test_press_of_an_app_that_makes_it_up_keeps_the_contract():
    p = shared()
    ola = p.user()
    shown = ola.ask("jeg bor i Herøy", "Hvilket mener du")
    query = ola.press("laget selv æøå", message=shown.id)
    wait_until("it is answered", lambda: p.peer.queries[query] == "answered")
    p.peer.wait_confirmed()
    for topic, payload in p.wire.all():
        faults = check_schemas.validate("in", json.loads(payload)) if topic.startswith("in/") and query.encode() in payload else []
        assert not faults, (faults, payload)


def test_location_is_rounded_before_it_leaves():
    p = shared()
    ola, eva, per, odd = p.users(4)
    number = ola.location(59.4176543, 10.4834567)
    venue = eva.venue(60.3913987, 5.3221234)
    south = per.location(-33.8688197, -70.0005001)
    wrong = odd.location(95.5, 10.5)
    ola.wait("Horten")
    eva.wait("Bergen")
    per.wait("")
    odd.wait(NUMBERS)
    places = [p.told(one).get("location") for one in (number, venue, south, wrong)]
    assert places == [{"lat": 59.418, "lon": 10.483}, {"lat": 60.391, "lon": 5.322}, {"lat": -33.869, "lon": -70.001}, None], places
    for topic, payload in p.wire.all():
        for value in re.findall(rb'"(?:lat|lon)":(-?[0-9.eE+-]+)', payload):
            assert re.fullmatch(rb"-?\d+(\.\d{1,3})?", value), (topic, payload)
    assert not any(words in one for one in (b"59.4176", b"4176543") for words in [read(p.bridge.log), read(p.rig.path("telegram.journal"))])


def test_start_and_other_commands():
    p = shared()
    texts = {"/start": None, "/start plakat": None, "/start plakat-2": None, "/start@selvhjelp_test_bot": None,
             "/start bli_med_i_Bergen": "bli med i Bergen", "/hjelp": "hjelp", "/finn_kontaktpunkt@selvhjelp_test_bot":
             "finn kontaktpunkt", "/hva koster det?": "hva koster det?", "/slett@selvhjelp_test_bot ": "slett", "/": "/"}
    people = {text: p.user() for text in texts}
    numbers = {text: person.text(text) for text, person in people.items()}
    for text, person in people.items():
        person.wait("")
        told = p.told(numbers[text])
        if texts[text] is None:
            assert told.get("event") == "started" and "text" not in told and "robot" in person.last().text, told
        else:
            assert told.get("text") == texts[text] and "event" not in told, told
    assert "Bergen" in people["/start bli_med_i_Bergen"].last().text, people["/start bli_med_i_Bergen"].seen()
    assert "gratis" in people["/hva koster det?"].last().text, people["/hva koster det?"].seen()


def test_blocked_and_unblocked():
    p = shared()
    ola = p.user()
    ola.ask("hva koster det?", "gratis")
    chat = p.wire.ins()[-1]["chat"]
    ola.block(age=2)
    blocked = p.wire.wait_in(event="blocked", chat=chat)
    ola.unblock()
    unblocked = p.wire.wait_in(event="unblocked", chat=chat)
    assert blocked["id"].startswith(chat + ".m") and blocked["id"] != unblocked["id"]
    ola.ask("hva koster det?", "gratis")
    quiet(p, ola, 2)


def test_edited_message_then_ten_normal_ones():
    """An edit repeats nothing, is looked through for a crisis, and holds nobody back (rasa#5654)."""
    p = shared()
    ola, eva, *others = p.users(12)
    first, second = ola.text("hva koster det?"), eva.text("hva koster det?")
    ola.wait("gratis")
    eva.wait("gratis")
    date = ola.edit(first, "jeg bor i Horten")
    eva.edit(second, CRISIS)
    for person in others:
        person.text("hva koster det?")
    for person in others:
        person.wait("gratis")
    eva.wait(NUMBERS, after=eva.seen()[0].id)
    p.peer.wait_confirmed()
    told = p.wire.wait_in(text="jeg bor i Horten", edits=p.told(first)["id"])
    assert told["id"] == f"{told['edits']}.e{date}", told
    never("the edit is answered as a new question", lambda: said(ola, "nærmest"), 0.3)


def test_live_location_is_answered_once():
    p = shared()
    ola = p.user()
    number = ola.location(59.4176543, 10.4834567)
    ola.wait("Horten")
    for step in range(3):
        ola.move(number, 59.4 + step / 100, 10.5)
    ola.ask("hva koster det?", "gratis")
    assert len([one for one in p.wire.ins(chat=p.told(number)["chat"]) if "location" in one]) == 1
    assert len(said(ola, "nærmest")) == 1


def test_what_cannot_be_read_gets_the_numbers():
    p = shared()
    people = {kind: p.user() for kind in UNREADABLE + ("hologram",)}
    numbers = {kind: person.send(kind, content={"depth": 3} if kind == "hologram" else None) for kind, person in people.items()}
    empty = p.user()
    nothing = empty.write()
    for kind, person in people.items():
        person.wait(NUMBERS, 20)
        told = p.told(numbers[kind])
        assert told["event"] == "unsupported" and told["kind"] == ("unknown" if kind == "hologram" else kind), told
    empty.wait(NUMBERS)
    assert p.told(nothing)["kind"] == "unknown"
    assert "talemelding" in people["voice"].last().text and "bilder" in people["photo"].last().text
    assert not any("4755555555" in payload.decode() for _, payload in p.wire.all()), "what stood in a contact was passed on"


def test_caption_is_what_is_said():
    p = shared()
    ola, eva = p.users(2)
    ola.photo(caption="hva koster det?")
    eva.send("document", caption=CRISIS)
    ola.wait("gratis")
    eva.wait(NUMBERS)
    quiet(p, ola)


def test_album_is_answered_once():
    p = shared()
    ola = p.user()
    for _ in range(4):
        ola.photo(album=13_000_777)
    ola.wait(NUMBERS)
    p.peer.wait_confirmed()
    ola.photo(album=13_000_777)  # the last of the ten took longer
    quiet(p, ola, 1, 1.2)
    assert not ola.actions, "the bot is shown as typing, and nothing comes"


def test_service_messages_are_silent():
    p = shared()
    ola = p.user()
    for kind in [*SERVICE, "pinned_message"]:
        if kind != "group_chat_created":
            ola.service(kind)
    ola.ask("hva koster det?", "gratis")
    quiet(p, ola)


def test_unknown_updates_hold_nobody():
    p = shared()
    ola = p.user()
    odd = p.user()
    odd.started = True
    ids = p.peer.updates([
        {"message_reaction": {"chat": ola.json(), "message_id": 5}}, {"fremtid": {"x": [1, 2, {"y": None}]}}, {}, {"message": None},
        {"message": []}, {"message": {}}, {"message": {"chat": {"id": "7", "type": "private"}, "text": "x"}},
        {"callback_query": {"id": 5}}, {"my_chat_member": {"chat": ola.json()}}, {"message": {"chat": {"id": 1e300, "type": "private"}}},
        {"message": {"chat": odd.json(), "text": 7, "date": "today", "message_id": []}}])
    ola.ask("hva koster det?", "gratis")
    p.peer.wait_confirmed()
    assert set(ids) <= set(p.peer.confirmed)
    odd.wait(NUMBERS)


def test_group_hears_once_and_never_again():
    p = shared()
    kari, ola = p.users(2)
    group = p.peer.group(-4_100_200_301)
    group.add_bot(kari)
    group.wait((*NUMBERS, "privat"))
    for text in ("hva koster det?", "/start", CRISIS):
        group.text(ola, text)
    p.peer.wait_confirmed()
    p.bridge.restart()
    group.text(ola, "hei igjen")
    moved = group.migrate(-1_002_100_200_301, kari)
    moved.text(ola, "og her?")
    group.remove_bot(kari)
    quiet(p, group)
    assert not moved.seen() and len([one for one in p.wire.ins(event="group")]) == 1
    kari.ask("hva koster det?", "gratis")


def test_channel_hears_at_most_once():
    p = shared()
    kari = p.user()
    channel = p.peer.group(-1_002_100_200_999, "Kanal", "channel")
    before = len(p.wire.ins(event="group"))
    channel.add_bot(kari)
    wait_until("the core is told", lambda: len(p.wire.ins(event="group")) > before)
    channel.add_bot(kari)
    quiet(p, channel)


def test_bots_are_not_answered():
    p = shared()
    bot = p.user()
    sender = {"from": {"id": bot.id, "is_bot": True, "first_name": "Robot"}}
    bot.write(**text_of("hva koster det?"), **sender)
    bot.write(**text_of("/start"), **sender)
    quiet(p, bot, 0)


# ---- out ----

def test_person_sees_emphasis_lists_and_links():
    p = shared()
    ola, eva, per = p.users(3)
    shown = ola.ask("jeg bor i Bergen", "nærmest Bergen")
    assert any("LINK Bergen" in one for one in shown.parts("bold")) and "• LINK Bergen" in shown.text, shown
    assert "ikke bekreftet" in shown.parts("italic") and "**" not in shown.text and "{{" not in shown.text
    crisis = eva.ask(CRISIS, NUMBERS)
    assert {"113", "116 123"} <= set(crisis.parts("bold")), crisis.parts("bold")
    token = p.token(per)
    p.out(token, "markup", "# Tittel\n\n**fet _begge_** `a<b` [lenke](https://x.no/?a=1&b=\"2\") [ond](javascript:x)\n\n> sitert & <b>\n\n"
          "1. en\n2. to\n\n```\nx < y\n```\n<script>alert(1)</script> &lt;i&gt; <p>\n")
    shown = per.wait("Tittel")
    assert "<script>alert(1)</script> <i> <p>" in shown.text and "x < y" in shown.text and "sitert & <b>" in shown.text, shown.text
    assert [text for text, _ in shown.links()] == ["lenke"] and "begge" in shown.parts("italic") and shown.parts("blockquote"), shown
    assert "1. en\n2. to" in shown.text and shown.parts("code") == ["a<b", "x < y"], shown


def test_long_text_is_split_in_order():
    p = shared()
    ola = p.user()
    token = p.token(ola)
    words = [f"{n}👍🏽é" for n in range(1100)]
    text = " ".join(f"**{one}**" if n % 97 == 0 else one for n, one in enumerate(words))
    p.out(token, "long", text, choices=[[{"label": "Ja", "value": "lang.1"}]])
    p.wait_result("long", "sent")
    parts = said(ola, "👍🏽")
    assert 2 <= len(parts) <= 5 and all(units(one.text) <= 4096 for one in parts), [units(one.text) for one in parts]
    assert " ".join(one.text for one in parts).split() == words, "something is missing, doubled or in another order"
    assert [bool(one.buttons) for one in parts] == [False] * (len(parts) - 1) + [True]


def test_hostile_words_come_back_as_they_were():
    """The way of a request, a relayed message, and buttons that stay good beside the pressed one."""
    p = shared()
    ola, kari, staff = p.user(), p.user(), p.rig.bridge("stab")
    desk_rig.bind(p.rig, Desk, kari, "link-bergen")
    reference = desk_rig.join(Desk, ola, alias="Åse & Bø", words=HOSTILE)
    summary = said(ola, "Dette sender jeg")[0]
    assert [one.strip() for one in HOSTILE.splitlines()] == [one.strip().removeprefix("• Det du skrev: ") for one in
            summary.text.splitlines() if "5 < 6" in one], summary.text
    assert "Åse & Bø" in summary.text and "Navn:" in summary.parts("bold") and not summary.links()
    news = kari.wait(("Ny forespørsel", reference), 20)
    assert all(value.startswith("s.") for _, value in news.buttons) and len(news.buttons) >= 2, news
    query = kari.press(news.labels[0])
    taken = kari.wait(("Nå har du tatt", "Åse & Bø"), after=news.id)
    assert all(line in taken.text for line in HOSTILE.splitlines()[:-1]), taken.text
    kari.wait_until("the pressed one is marked, the others stay", lambda: news.labels[0].startswith("✓ Ta"))
    assert len(news.buttons) >= 2 and p.peer.queries[query] == "answered", news
    kari.press("Svar")
    kari.wait("Hva vil du svare", after=taken.id)
    kari.ask("Hei! <i>1</i> & 2 👍", "sendt")
    ola.wait(("skriver til deg", "Hei! <i>1</i> & 2 👍"), 20)
    staff.close()


def test_key_to_share_the_position_comes_and_goes():
    p = shared()
    ola, liv = p.user(), p.user("nn")
    shown = ola.ask("finn en gruppe", "Hvor bor du")
    assert ola.keyboard["keyboard"][0][0]["request_location"] is True and ola.keyboard["one_time_keyboard"] is True
    ola.location(59.4176543, 10.4834567)
    ola.wait("Horten", after=shown.id)
    ola.wait_until("the key is gone and the buttons are there", lambda: ola.keyboard is None and ola.last().buttons)
    ola.ask("hva koster det?", "gratis")
    assert len([one for one in p.peer.calls("sendMessage", ola.id) if "remove_keyboard" in one.body.get("reply_markup", {})]) == 1
    token = p.token(liv)  # buttons and the key: two messages
    p.out(token, "both", "Eitt.\n\nTo?", language="nn", ask_location=True, choices=[[{"label": "Ja", "value": "b.1"}]])
    p.wait_result("both", "sent")
    one, two = liv.seen()[-2:]
    assert one.text == "Eitt." and "keyboard" in one.markup and two.text == "To?" and two.labels == ["Ja"], (one, two)
    p.out(token, "alone", "Kvar?", language="nn", ask_location=True, choices=[[{"label": "Ja", "value": "b.1"}]])
    p.wait_result("alone", "sent")
    assert [one.text for one in liv.seen()[-2:]] == ["Kvar?", "Vel her:"] and liv.keyboard


def test_typing_is_shown_only_while_somebody_waits():
    p = shared()
    ola, eva = p.users(2)
    ola.ask("hva koster det?", "gratis")
    slow = any(one.method == "sendChatAction" for one in p.peer.calls(chat=ola.id))  # the machine, not the bridge
    if not slow:
        never("typing is shown after the answer", lambda: ola.actions, 0.7)
    p.stop_core()
    eva.text("hva koster det?")
    eva.wait_until("typing is shown", lambda: eva.actions)
    assert not eva.seen()
    p.go_on_core()
    eva.wait("gratis")


def test_many_messages_of_one_chat_stay_in_order():
    p = shared()
    ola = p.user()
    token = p.token(ola)
    for n in range(6):
        p.out(token, f"order{n}", f"svar nummer {n}")
    p.wait_result("order5", "sent", 20)
    assert [one.text for one in said(ola, "svar nummer")] == [f"svar nummer {n}" for n in range(6)]


# ---- secrets, and the end of what is shared ----

def test_status_keeps_its_schema():
    p = shared()
    payload = wait_until("a status", lambda: [one for topic, one in p.wire.all() if topic == "status/telegram"])[-1]
    faults = check_schemas.validate("status", json.loads(payload))
    assert not faults, [one[:60] + "…" + str(len(json.loads(payload)["counters"])) + " counters" for one in faults]


def test_token_stands_in_its_file_alone():
    """After all that the tests before have done."""
    p = shared()
    secret = p.peer.token.split(":")[1].encode()
    p.user().ask("hva koster det?", "gratis")
    for path, _, names in os.walk(p.rig.folder):
        for name in names:
            assert name == "token" or secret not in read(os.path.join(path, name)), name
    assert secret in read(p.bridge.token_file), "the search itself finds nothing"
    for what in ("cmdline", "environ", "status", "maps"):
        assert secret not in read(f"/proc/{p.bridge.pid}/{what}"), what
    assert "/bot" not in p.bridge.log_text(), "an address is in the log"
    mode = stat.S_IMODE(os.stat(p.rig.path("telegram.key")).st_mode)
    assert mode == 0o600 and stat.S_IMODE(os.stat(p.rig.path("telegram.journal")).st_mode) == 0o600, oct(mode)
    for topic, payload in p.wire.all():
        assert secret not in payload and secret not in topic.encode(), topic


def test_what_is_shared_ends_well():
    """Exit status, schemas, chat ids on the broker, and all that the peer complained of."""
    shared()
    shared.end()


def as_nobody(r, bridge, *paths):
    """Where the test is root, the program runs as somebody else: root's processes say nothing about who may look into one."""
    if os.getuid() == 0:
        bridge.arguments[:0] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for path in (r.folder, bridge.token_file, *paths):
            os.chown(path, 65534, 65534)


def test_no_core_file_is_ever_written():
    with TelegramPeer() as peer, Rig() as r:
        folder = r.path("cores")
        os.mkdir(folder)
        bridge = Telegram(r, peer, start=False)
        bridge.cwd = folder
        as_nobody(r, bridge, folder)
        bridge.arguments[:0] = ["prlimit", "--core=unlimited:unlimited"]
        bridge.start()
        bridge.ready()
        assert re.search(rb"Max core file size +0 +0 ", read(f"/proc/{bridge.pid}/limits")), "core files are allowed"
        # A process that is not dumpable belongs to root in /proc, and nobody without privileges may trace it.
        assert {os.stat(f"/proc/{bridge.pid}/{name}").st_uid for name in ("environ", "mem", "maps")} == {0}
        bridge.signal(signal.SIGSEGV)
        assert bridge.ended() in (-signal.SIGSEGV, 1), "a sanitizer ends it with 1"
        assert not os.listdir(folder), os.listdir(folder)
        bridge.process = None  # what the sanitizer says of this is no fault


def test_token_file_must_be_good():
    with TelegramPeer() as peer, Rig() as r:
        path = r.path("token")
        for text, mode, words in (("", 0o600, "first line"), ("\n", 0o600, "first line"), ("not a token\n", 0o600, "no token"),
                                  (":abc\n", 0o600, "no token"), ("123:\n", 0o600, "no token"), ("1:a b\n", 0o600, "no token"),
                                  ("1:" + "x" * 300, 0o600, "first line"), (peer.token, 0o644, "chmod"), (peer.token, 0o604, "chmod")):
            write_secret(path, text, mode)
            for done in (check(r, peer), run_once(r, peer)):
                assert done.returncode == 1 and words in done.stderr and path in done.stderr, (text, oct(mode), done)
                assert peer.token not in done.stderr + done.stdout
        os.unlink(path)
        done = check(r, peer, telegram__token_file=r.path("nowhere"))
        assert done.returncode == 1 and r.path("nowhere") in done.stderr, done
        assert check(r, peer, telegram__token_file="").returncode == 1
        assert not peer.calls(), "nothing was asked"


def run_once(r, peer, **settings):
    bridge = Telegram(r, peer, start=False, **settings)
    return subprocess.run(bridge.arguments, cwd=rig.ROOT, capture_output=True, text=True, timeout=30 * rig.PATIENCE, check=False)


def test_address_of_the_server_must_be_safe():
    with TelegramPeer() as peer, Rig() as r:
        for base in ("http://example.org", "http://127.0.0.1.example.org", "ftp://127.0.0.1", "http://user@127.0.0.1", "127.0.0.1:80",
                     "http://10.0.0.1:8081", "https://", "http://127.0.0.1/?x=1", ""):
            done = check(r, peer, telegram__api_base=base)
            assert done.returncode == 1 and "telegram.api_base" in done.stderr and peer.token not in done.stderr, (base, done)
        assert run_once(r, peer, telegram__api_base="http://example.org").returncode == 1
        assert not peer.calls()
        assert check(r, peer, telegram__api_base=peer.url + "/").returncode == 0


def test_preflight():
    with TelegramPeer() as peer, Rig() as r:
        done = check(r, peer)
        assert done.returncode == 0 and "@selvhjelp_test_bot" in done.stdout and not done.stderr, done
        assert [one.method for one in peer.calls()] == ["getMe"]
        assert not [one for one in os.listdir(r.folder) if one.startswith("telegram.")], "-n makes nothing"
        write_secret(r.path("other"), "110201543:" + "x" * 35)
        done = check(r, peer, telegram__token_file=r.path("other"))
        assert done.returncode == 1 and "does not know the token" in done.stderr, done
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            done = check(r, peer, telegram__api_base=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        assert done.returncode == 1 and "does not answer" in done.stderr and peer.token not in done.stderr, done
        peer.fault("getMe", ("status", 502))
        assert "502" in check(r, peer).stderr
        assert check(r, peer, telegram__poll_seconds=51).returncode == 1 and check(r, peer, telegram__poll_seconds=0).returncode == 1


if __name__ == "__main__":
    telegram_rig.main(dict(globals()), shared)
