"""The queue of updates of the played Telegram, and getUpdates as the real server does it (Client.cpp do_get_updates,
fail_query_conflict; TQueue.cpp)."""

import collections
import json
import re
import time

from rig import wait_until

import telegram_rules as rules
from peer import Peer
from telegram_rules import Refusal

FIRST = 123456701


class Poll:
    """A getUpdates that waits."""

    __slots__ = ("request", "call", "limit", "timer")

    def __init__(self, request, call, limit, timer):
        self.request, self.call, self.limit, self.timer = request, call, limit, timer


class Updates(Peer):
    """Part of TelegramPeer."""

    def __init__(self):
        self._next_update_id = FIRST
        self.queue = collections.deque()  # (update id, JSON as bytes)
        self.confirmed = []  # update ids, in the order of their confirmation
        self.given = 0  # the highest update id that went out
        self.allowed = rules.DEFAULT_KINDS
        self.poll = None
        self.last_poll = (None, -10.0)  # offset and time of the former getUpdates
        self.next_conflict = 0.0
        self.webhook = False  # whether one is set
        super().__init__()

    # ---- for tests ----

    def updates(self, what):
        """Raw updates: a list of dicts (an update_id is put in when there is none), strings or bytes (@ID@ is replaced by
        the id). Given bytes instead of a list, these are the whole next answer to getUpdates. The ids."""
        if isinstance(what, bytes):
            return self.fault("getUpdates", ("garbage", what))
        return [self.enqueue(one) for one in what]

    @property
    def next_update_id(self):
        return self._next_update_id

    @next_update_id.setter
    def next_update_id(self, value):
        """Update ids go on from here. As with the real server, they may fall only when nothing waits."""
        with self.lock:
            if self.queue and value <= self.queue[-1][0]:
                raise ValueError("the ids fall only when all updates are confirmed")
            self._next_update_id = value

    def pending(self):
        """The ids that are not confirmed."""
        with self.lock:
            return [number for number, _ in self.queue]

    def wait_confirmed(self, seconds=10):
        wait_until("all updates are confirmed", lambda: not self.queue, seconds)

    def rival(self):
        """Another poller comes: the bridge's poll that waits is ended with 409. Whether there was one."""
        async def come():
            with self.lock:
                poll = self.take_poll()
                if poll:
                    self.conflict(poll.request, poll.call, rules.RIVAL)
                return bool(poll)

        return self.server.call(come())

    # ---- the queue ----

    def push(self, kind, body):
        """Queues an update if the bot asked for its kind; its id, or None."""
        return self.enqueue({kind: body}) if kind in self.allowed else None

    def enqueue(self, update):
        with self.lock:
            number = self._next_update_id
            self._next_update_id += 1
            if isinstance(update, dict):
                update = json.dumps({"update_id": number, **update}, ensure_ascii=False)
            if isinstance(update, str):
                update = update.encode("utf-8")
            self.queue.append((number, update.replace(b"@ID@", str(number).encode())))
        self.server.soon(self.wake)
        return number

    def confirm(self, offset):
        """Forgets the updates below the offset, as td's TQueue does: one that is far ahead is not believed."""
        if offset < 0:
            while len(self.queue) > -offset:
                self.confirmed.append(self.queue.popleft()[0])
        elif offset <= self._next_update_id + 10:
            while self.queue and self.queue[0][0] < offset:
                self.confirmed.append(self.queue.popleft()[0])

    def first(self, limit):
        """The answer with the first updates; notes that they are known from now on."""
        found = [self.queue[at] for at in range(min(limit, len(self.queue)))]
        if found:
            self.given = max(self.given, found[-1][0])
        return b'{"ok":true,"result":[' + b",".join(one for _, one in found) + b"]}"

    def note_given(self, raw):
        """Updates in an answer that the test wrote by itself count as given."""
        self.given = max([self.given, *(int(one) for one in re.findall(rb'"update_id"\s*:\s*(\d{1,15})', raw))])

    # ---- getUpdates; in the server's thread ----

    def check_poll(self, members):
        """Members of a getUpdates. Raises Refusal."""
        rules.check_poll(members)
        offset = members.get("offset", 0)
        if offset < 0:
            self.violation(f"getUpdates: the offset is {offset}: all but the last updates are lost")
        elif offset - 1 > self.given:
            self.violation(f"getUpdates: the offset {offset} confirms what was never given (last: {self.given})")
        if "allowed_updates" in members:
            self.allowed = set(members["allowed_updates"]) or rules.DEFAULT_KINDS

    def get_updates(self, request, call):
        members = call.body
        self.check_poll(members)
        if self.webhook:
            return self.conflict(request, call, rules.WEBHOOK)
        offset, limit, timeout = members.get("offset", 0), members.get("limit", 100), members.get("timeout", 0)
        now = request.arrived
        if offset == self.last_poll[0]:  # repeats are slowed
            timeout = max(timeout, 3) if now < self.last_poll[1] + 3 else timeout
            limit = 1 if now < self.last_poll[1] + 0.5 else limit
        self.last_poll = offset, now
        self.confirm(offset)
        if self.queue or not timeout:
            return self.finish(request, call, 200, self.first(limit))
        former = self.take_poll()
        if former:
            self.doubtful(former.request, "two getUpdates at the same time",
                          lambda: self.conflict(former.request, former.call, rules.RIVAL))
        request.on_lost = lambda: self.forget_poll(request)
        self.poll = Poll(request, call, limit, self.server.later(timeout, self.answer_poll, True))
        return True

    def take_poll(self):
        poll, self.poll = self.poll, None
        if poll:
            poll.timer.cancel()
        return poll

    def forget_poll(self, request):
        with self.lock:
            if self.poll and self.poll.request is request:
                self.take_poll()

    def wake(self):
        """A little later, so that what comes together goes out together."""
        if self.poll:
            self.server.later(0.002, self.answer_poll)

    def answer_poll(self, even_empty=False):
        with self.lock:
            if self.poll and (self.queue or even_empty):
                poll = self.take_poll()
                self.finish(poll.request, poll.call, 200, self.first(poll.limit))

    def conflict(self, request, call, description):
        """409, the second one within 3 s only 3 s later."""
        now = time.monotonic()
        if now >= self.next_conflict:
            self.next_conflict = now + 3
            self.refuse(request, call, Refusal(409, description))
        else:
            self.server.later(3, self.refuse, request, call, Refusal(409, description))

    def end_poll_unauthorized(self):
        with self.lock:
            poll = self.take_poll()
            if poll:
                self.refuse(poll.request, poll.call, self.unauthorized())
