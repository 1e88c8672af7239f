"""Who sees everything while the Telegram bridge is killed and cut off: the played Telegram (Witness), what goes over the
broker (Ledger), what the bridge has written down when it dies (Journal), and the judgement over all of it (judge).

A message of the bot is a *piece* of a reply: the whole of it, or the first or last of two. It is known by the tag in its
buttons (eight hex digits made of the id of the message it answers), else by its words. A piece may be carried out again
only when the answer to the former call was lost on its way (a fault of the server's, or the bridge killed before it had
written down what it did)."""

import base64
import collections
import hashlib
import json
import os
import re
import time

import telegram_rules
from rig import PATIENCE, TOPICS
from telegram_peer import TelegramPeer
from telegram_rules import Bucket

NETWORK = "telegram"
TAG = re.compile(r"([0-9a-f]{8})\.\d+")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
ABOVE_BUTTONS = {"Velgher", "Velher", "Choosehere"}  # the bridge's own short message
OFFLINE = ("Jeg er en robot, og akkurat nå får jeg ikke svart", "Eg er ein robot, og akkurat no får eg ikkje svart",
           "I am a robot, and I cannot answer right now")
OFFLINE_CRISIS = ("Er det fare for liv, ring 113 n", "If life is in danger, call 113 now")
WHOLE = 2**31 - 1
WRITTEN = 1.0 * PATIENCE  # seconds within which the bridge has written down what it did


def letters(text):
    """What a text and its markup have in common: letters and digits."""
    return re.sub(r"[\W_]+", "", LINK.sub(r"\1", text))


def hashed(*parts):
    """bot/base/keys.h: key_hash without a secret."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        state.update(len(part).to_bytes(8, "little") + part)
    return state.digest()


def as_text(digest):
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def reply_id(in_id):
    """bot/turn.c"""
    return as_text(hashed("reply", NETWORK, in_id, (0).to_bytes(4, "little")))


# ---- what goes over the broker ----

class Reply:
    """An `out`."""

    def __init__(self, payload, chat, at):
        out = json.loads(payload)
        self.id, self.answers, self.chat, self.at, self.payload = out["id"], out.get("answers"), chat, at, hashed(payload)
        self.words, self.urgent = letters(out["text"]), bool(out.get("urgent"))
        tags = [TAG.fullmatch(one["value"]) for row in out.get("choices", []) for one in row]
        self.tag = next((tag[1] for tag in tags if tag), None)
        self.result = None  # how the bridge says it ended


class Ledger:
    """Reads what the tap sees."""

    def __init__(self):
        self.ids, self.refused, self.faults = {}, {}, []  # ids: id of an `in` → its chat
        self.numbers = {}  # number of a person's message → its chat
        self.replies, self.by_chat = {}, collections.defaultdict(list)  # by id of the out

    def took(self, topic, payload):
        kind, _, rest = topic[len(TOPICS) + 1:].partition("/")
        network, _, chat = rest.partition("/")
        if network != NETWORK or not payload:
            return
        if kind == "in":
            in_id = json.loads(payload)["id"]
            self.ids.setdefault(in_id, chat)
            number = in_id.partition(".")[2]
            if number.isdigit():
                self.numbers[int(number)] = chat
        elif kind == "out":
            self.took_out(chat, payload)
        elif kind == "accepted":
            self.refused.update({one["id"]: one["reason"] for one in json.loads(payload)["refused"]})
        elif kind == "delivered":
            for result in json.loads(payload)["results"]:
                reply = self.replies.get(result["id"])
                if reply and result["result"] != "later":
                    reply.result = result["result"]

    def took_out(self, chat, payload):
        reply = Reply(payload, chat, time.monotonic())
        known = self.replies.setdefault(reply.id, reply)
        if known is reply:
            self.by_chat[chat].append(reply)
        elif known.payload != reply.payload:
            self.faults.append(f"the reply {reply.id} came with other bytes")


# ---- the played Telegram ----

class Sent:
    """A message of the bot that was carried out."""

    __slots__ = ("chat", "words", "tag", "call", "at", "answered", "epoch", "lost", "offline", "text")

    def __init__(self, shown, call, epoch):
        self.chat, self.call, self.epoch, self.at = call.chat, call, epoch, time.monotonic()
        self.words, self.text = letters(shown.text), shown.text[:60]
        self.tag = next((tag[1] for tag in (TAG.fullmatch(data) for _, data in shown.buttons) if tag), None)
        self.offline = "silent" if shown.text.startswith(OFFLINE) else "crisis" if shown.text.startswith(OFFLINE_CRISIS) else None
        self.answered, self.lost = None, None  # when its answer went out; why it did not arrive


class Witness(TelegramPeer):
    """Notes what was carried out, and whether the bridge can know. A bridge that was started again (it calls getMe first)
    does not know what its predecessor sent and heard."""

    def __init__(self, happens):
        super().__init__()
        self.happens = happens  # called with the name of a method that was carried out, before its answer goes out
        self.sent, self.by_call, self.spoiled = [], {}, {}
        self.epoch, self.ends, self.asked, self.lenient_until = 0, [], {}, 0.0

    def do_getMe(self, call):
        self.epoch += 1
        for chat in self.chats.values():
            chat.bucket = Bucket(chat.bucket.most, chat.bucket.rate)
        self.all_bucket = Bucket(self.all_bucket.most, self.all_bucket.rate)
        self.holds.clear()
        return super().do_getMe(call)

    def after_stop(self):
        """The bridge goes on: what it was about to send when it was stopped comes late, together with what is due now."""
        self.lenient_until = time.monotonic() + 1.0 * PATIENCE

    def pace(self, call, chat):
        if time.monotonic() < self.lenient_until:
            chat.bucket, self.all_bucket = Bucket(chat.bucket.most, chat.bucket.rate), Bucket(30, 30)
        super().pace(call, chat)

    def do_sendMessage(self, call):
        result = super().do_sendMessage(call)
        one = Sent(self.chats[call.chat].by_id[result["message_id"]], call, self.epoch)
        one.lost = self.spoiled.pop(call, None)
        self.sent.append(one)
        self.by_call[call] = one
        self.happens("sendMessage")
        return result

    def first(self, limit):
        if self.queue:
            self.happens("getUpdates")
        return super().first(limit)

    def do_answerCallbackQuery(self, call):
        query = call.body["callback_query_id"]
        before = self.asked.get(query)
        self.asked[query] = (self.epoch, call in self.spoiled)
        self.spoiled.pop(call, None)
        if self.queries.get(query) == "answered" and before and (before[0] != self.epoch or before[1]):
            self.counts["queries answered by two bridges"] += 1
            raise telegram_rules.Refusal(400, telegram_rules.QUERY_INVALID)
        return super().do_answerCallbackQuery(call)

    def apply(self, fault, request, call):
        if fault.after and fault.kind in ("reset", "cut", "garbage", "hang"):
            self.spoiled[call] = fault.kind
        super().apply(fault, request, call)
        self.spoiled.pop(call, None)

    def finish(self, request, call, status, body, **how):
        there = super().finish(request, call, status, body, **how)
        one = self.by_call.pop(call, None)
        if one and not there:
            one.lost = one.lost or "connection"
        elif one:
            one.answered = time.monotonic()
        return there

    def interrupt(self, how):
        """Ends connections (down, drop_idle): answers that are on their way are lost."""
        self.ends.append(time.monotonic())
        how()
        self.ends.append(time.monotonic())


# ---- what the bridge has written down ----

class Death:
    """An end of the bridge: `epoch` of the calls before it, `how` ("kill", "term"), and when."""

    def __init__(self, epoch, how, began):
        self.epoch, self.how, self.began, self.ended = epoch, how, began, time.monotonic()


class Journal:
    """Looks into the bridge's journal whenever it has died."""

    def __init__(self, path):
        self.path, self.deaths, self.largest = path, [], 0
        self.marks, self.file, self.at = {}, None, 0  # hash of a reply → (parts sent, number of the death) in order

    def died(self, epoch, how, began):
        self.deaths.append(Death(epoch, how, began))
        try:
            with open(self.path, "rb") as file:
                info = os.fstat(file.fileno())
                if (info.st_ino, info.st_dev) != self.file or info.st_size < self.at:  # written anew
                    self.file, self.at = (info.st_ino, info.st_dev), 0
                file.seek(self.at)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text.rfind(b"\n") + 1
        self.largest = max(self.largest, info.st_size)
        self.at += whole
        for line in text[:whole].decode("ascii", "replace").splitlines():
            parts = line.split(" ")
            if len(parts) == 5 and parts[1] == "S":
                self.note(parts[4], int(parts[3]))

    def note(self, key, value):
        known = self.marks.setdefault(key, [])
        if not known or known[-1][0] < value:
            known.append((value, len(self.deaths) - 1))

    def written(self, out_id, first_of_two):
        """The first death at which this was on disk, or None."""
        for value, death in self.marks.get(as_text(hashed("S", out_id)), ()):
            if value == WHOLE or first_of_two:
                return self.deaths[death]
        return None

    def end_of(self, epoch):
        """The death that ended the process of these calls, or None: it lived to the end."""
        return next((death for death in self.deaths if death.epoch >= epoch), None)


# ---- the judgement ----

class Wrote:
    """What a person did, as one `in` message. `due`: an answer is owed."""

    __slots__ = ("suffix", "kind", "due", "at", "updates")

    def __init__(self, suffix, kind, due, update):
        self.suffix, self.kind, self.due, self.at, self.updates = suffix, kind, due, time.monotonic(), [update]


class Group:
    """Calls that carried out the same piece, of one reply or of several with the same words."""

    def __init__(self):
        self.calls, self.replies, self.first_of_two = [], [], False


class Judge:
    def __init__(self, peer, ledger, journal, stops):
        self.peer, self.ledger, self.journal, self.stops = peer, ledger, journal, stops
        self.faults, self.causes = [], collections.Counter()
        self.doubles = self.pieces = self.offline = self.excused = self.answered = 0
        self.slowest_note = 0.0
        self.groups, self.silent = collections.defaultdict(Group), {}

    def fault(self, sentence):
        self.faults.append(sentence)

    def judge(self, people):
        self.tokens = {one.user.id: one.token() for one in people}
        self.group_calls()
        for key, group in self.groups.items():
            self.look_for_doubles(key, group)
        expected = set()
        for one in people:
            expected |= self.check_person(one)
        self.check_ids(expected)

    # -- doubles --

    def group_calls(self):
        for sent in self.peer.sent:
            if sent.offline:
                self.note_offline(sent)
                continue
            replies = self.ledger.by_chat[self.tokens.get(sent.chat)]
            if sent.tag:
                fitting = [one for one in replies if one.tag == sent.tag]
            else:
                fitting = [one for one in replies if one.words.startswith(sent.words)]
            if not fitting:
                self.fault(f"{sent.chat} was sent what the core never said: {sent.text!r}")
                continue
            group = self.groups[sent.chat, sent.tag or sent.words]
            group.calls.append(sent)
            group.replies = fitting
            group.first_of_two = not sent.tag and all(one.words != sent.words for one in fitting)

    def note_offline(self, sent):
        """The bridge says at most once in ten minutes of a chat that the core is silent."""
        self.offline += 1
        if sent.offline == "crisis" or self.why_lost(sent, None):
            return
        last, self.silent[sent.chat] = self.silent.get(sent.chat), sent.at
        if last and sent.at - last < 590:
            self.fault(f"{sent.chat} was told {sent.at - last:.1f} s after it was told that the core is silent")

    def stopped(self, start, end):
        """Seconds between these times in which the bridge was stopped."""
        return sum(max(0.0, min(end, b) - max(start, a)) for a, b in self.stops)

    def why_lost(self, sent, group):
        """Why the bridge may not know that it sent this; None: it must."""
        if sent.lost:
            return sent.lost
        if sent.answered is None:
            return "connection"
        if any(sent.at <= end <= sent.answered + 0.1 * PATIENCE for end in self.peer.ends):
            return "connection"
        death = self.journal.end_of(sent.epoch)
        if not death or death.how != "kill":
            return None
        gap = death.began - sent.answered - self.stopped(sent.answered, death.began)
        if gap >= WRITTEN or not group:
            return None
        if len(group.replies) == 1:
            written = self.journal.written(group.replies[0].id, group.first_of_two)
            if written and written.ended <= death.ended:
                return None
            self.slowest_note = max(self.slowest_note, gap)
        return "kill"

    def look_for_doubles(self, key, group):
        """As many calls may have been heard of before the last one as there are other replies of these words."""
        self.pieces += min(len(group.replies), len(group.calls))
        more = len(group.calls) - len(group.replies)
        heard, lost = 0, []
        for sent in group.calls:
            if heard >= len(group.replies):
                self.fault(f"{key[0]} was sent again what was sent: {sent.text!r} {[self.tell(one, group) for one in group.calls]}")
                return
            why = self.why_lost(sent, group)
            if why:
                lost.append(why)
            else:
                heard += 1
        if more > 0:
            self.doubles += more
            self.causes.update(lost[:more])

    def tell(self, sent, group):
        death = self.journal.end_of(sent.epoch)
        return {"at": round(sent.at, 3), "answered": sent.answered and round(sent.answered, 3), "epoch": sent.epoch,
                "lost": self.why_lost(sent, group), "status": sent.call.status,
                "ended": death and (death.how, round(death.began, 3)), "replies": [one.id for one in group.replies]}

    # -- answers --

    def check_person(self, person):
        """Whether each message is answered, and in order; the ids of its messages."""
        ids, last = set(), None
        for wrote in person.wrote:
            if wrote.kind != "nothing":
                ids.add(person.in_id(wrote))
            if wrote.due:
                last = self.check_answer(person, wrote, self.ledger.replies.get(reply_id(person.in_id(wrote))), last)
        return ids

    def check_answer(self, person, wrote, reply, last):
        """Whether the answer was shown whole, and after the last one; then this is the last one."""
        at = reply and self.shown(person.user.id, reply)
        if not at:
            if person.blocked_since(wrote.at):
                self.excused += 1
            else:
                self.fault(f"{person.name}: no answer to {wrote.kind} {wrote.suffix}"
                           + (f", which the core gave: {reply.id}, {reply.result}, {reply.words} {reply.tag}" if reply else ""))
            return last
        self.answered += 1
        if not reply.tag or reply.urgent:  # of those without a tag nobody knows which is which; urgent ones overtake
            return last
        if last and at < last[0]:
            self.fault(f"{person.name}: the answer to {wrote.kind} {wrote.suffix} came {last[0] - at:.2f} s before that to "
                       f"{last[1].kind} {last[1].suffix}")
        return at, wrote

    def shown(self, chat, reply):
        """When all of it was there for the first time; None: never."""
        if not reply.tag:
            group = self.groups.get((chat, reply.words))
            sent = [one for one in group.replies if one.words == reply.words and one.result == "sent"] if group else []
            return group.calls[0].at if reply in sent and len(group.calls) >= len(sent) else None
        group = self.groups.get((chat, reply.tag))
        if not group:
            return None
        last = group.calls[0]
        rest = reply.words if last.words in ABOVE_BUTTONS else reply.words.removesuffix(last.words)
        if rest == reply.words and last.words not in ABOVE_BUTTONS:
            self.fault(f"{chat}: {last.text!r} is no end of the reply {reply.id}")
        return last.at if not rest or (chat, rest) in self.groups else None

    def check_ids(self, expected):
        known = {one for one in self.ledger.ids if not one.startswith("gone:")}
        if expected - known:
            self.fault(f"never came to the core: {sorted(expected - known)[:5]}")
        if known - expected:
            self.fault(f"nobody wrote: {sorted(known - expected)[:5]}")
        answers = collections.Counter(one.answers for one in self.ledger.replies.values())
        doubled = [one for one, count in answers.items() if one and count > 1]
        if doubled:
            self.fault(f"the core answers twice: {doubled[:5]}")
