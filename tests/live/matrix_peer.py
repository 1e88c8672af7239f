"""A strict stand-in for a homeserver's client-server API, for tests of the Matrix bridge.

    with MatrixPeer() as peer:                       matrix.homeserver = peer.url, the token file = peer.token
        kari = peer.person()
        kari.start()                                 what persons and rooms do and see: matrix_people.py
        kari.ask("hva koster det?", "gratis")
        peer.fault("send", ("429", 3), room=kari.room.id)
        peer.down(); peer.up()                       nobody listens on the port; again

What a server refuses or punishes, or what the bridge must never do, is a sentence in `violations`; the end of the `with` (or
close()) fails when there is one that the test did not name with expect(). Source: the Matrix specification, v1.11 to v1.15.

Faults (peer.fault(endpoint, what, times, room); names of endpoints in matrix_rules.py, "*": any):
    ("status", 502[, body])      a gateway's error page               ("cut",)    carried out, half an answer
    ("429", s[, form])           form: "header", "ms" or "none"        ("reset"[, "after"])  no answer; after it was carried out
    ("error", 403, code[, members])  any refusal                       ("slow", s[, "after"])  the answer comes s later
    ("garbage", bytes)           200 with this body                    ("hang"[, "after"])  no answer, the connection stays
    ("empty",)                   sync: no news, at once                ("redirect", url)
    ("page", n)                  messages: only n of those asked for, and where it goes on
Without "after" the request is not carried out (slow: only after the wait, and when the client is still there)."""

import collections
import itertools
import json
import re
import time

from rig import PATIENCE

import matrix_rules as rules
from matrix_people import Person, Room, Shown, event_id, splice
from matrix_rules import Call, Refusal
from peer import Fault, Hold, Peer

BOT = "@selvhjelp:example.org"
PASSWORD = "løsen-ord_med{tegn}"
PAUSE = 0.2  # seconds between a failed request and the same once more, at least
QUICK = 25  # times that the same may be asked in a second
names = itertools.count(70_411)  # found nowhere by chance


class MatrixPeer(Peer):
    name = "the homeserver"

    def __init__(self):
        self.bot, self.password = BOT, PASSWORD
        self.token = "syt_c2VsdmhqZWxw_QwErTyUiOpAsDfGhJkLz_0"
        self.devices, self.ended_tokens, self.sessions = {self.token: "RIGDEVICE"}, {}, 0
        self.soft, self.locked = False, False  # what a token that ended is told; M_USER_LOCKED to all
        self.versions = {"versions": ["r0.6.1", "v1.1", "v1.5", "v1.11"], "unstable_features": {"org.matrix.e2e": True}}
        self.rooms, self.persons, self.number, self.stream = {}, {}, 1000, []
        self.filter, self.timeline_most = None, 50
        self.poll = None  # (request, call, since, timer) of a sync that waits
        self.sent, self.refused_joins = {}, set()  # (device, path) → (body, event number)
        self.failed, self.asked = {}, collections.defaultdict(collections.deque)
        self.most_in_flight = collections.Counter()
        super().__init__()

    # ---- for tests ----

    def person(self, name=None, server="example.net"):
        name = name or f"kari{next(names)}"
        with self.lock:
            return self.persons.setdefault(name, Person(self, name, server))

    def room(self, room_id):
        with self.lock:
            return self.rooms.get(room_id) or self.rooms.setdefault(room_id, Room(self, room_id))

    def room_id(self, server="example.net"):
        return f"!rOoM{next(names)}:{server}"

    def fault(self, endpoint, what, times=1, room=None):
        """See the head of this file. The Fault; its times = 0 ends it."""
        return self.add_fault(endpoint, Fault(what, times, room))

    def end_faults(self):
        with self.lock:
            self.faults.clear()

    def sign_out(self, soft=False):
        """The bot's token is unknown from now on."""
        with self.lock:
            self.soft = soft
            self.devices.pop(self.token, None)
        self.server.soon(self.end_poll)

    def lock_account(self, locked=True):
        with self.lock:
            self.locked = locked
        self.server.soon(self.end_poll)

    def calls(self, name=None, room=None):
        """The requests so far (the last 50,000)."""
        with self.lock:
            return [one for one in self.requests if name in (None, one.name) and room in (None, one.room)]

    # ---- the stream ----

    def next_number(self):
        self.number += 1
        return self.number

    def enter(self, number, kind, room):
        with self.lock:
            self.stream.append((number, kind, room))
        self.server.soon(self.wake)

    @property
    def position(self):
        return f"s{self.number}_1_0"

    @staticmethod
    def number_of(token):
        found = re.fullmatch(r"s(\d+)_1_0", token)
        if not found:
            raise Refusal(400, "M_INVALID_PARAM", f"a position {token!r} that it was never told")
        return int(found[1])

    # ---- requests; all below runs in the server's thread ----

    def call_of(self, request):
        return Call(request)

    def route(self, request, call):
        self.check_secrets(request, call)
        try:
            endpoint, call.parts, call.query = rules.find(request.verb, request.target)
        except ValueError as error:
            raise rules.bad(f"an address that cannot be read: {error}") from None
        call.name = endpoint.name
        self.requests.append(call)
        self.counts[call.name] += 1
        self.watch_pace(request, call)
        if endpoint.auth:
            self.authorize(request, call)
        call.body = rules.read_body(endpoint, request)
        if call.name in ("send", "sync"):
            self.watch_flight(request, call)
        if self.held(request, call):
            return
        fault = self.next_fault(call.name, call.room)
        if fault:
            self.apply(fault, request, call)
        else:
            self.carry_out(request, call)

    def check_secrets(self, request, call):
        call.bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        places = [("address", request.target.encode()), ("body", request.body)]
        for place, data in places:
            if self.token.encode() in data or (self.password.encode() in data and not request.target.endswith("/v3/login")):
                self.violation(f"a secret stands in the {place} of a request")

    def authorize(self, request, call):
        if not call.bearer or "authorization" not in request.headers:
            raise Refusal(401, "M_MISSING_TOKEN", f"{call.name} without a token")
        if self.locked:
            raise Refusal(401, "M_USER_LOCKED", soft_logout=True)
        if call.bearer not in self.devices:
            raise self.unknown_token(request, call.bearer)
        if self.devices[call.bearer] is None:
            raise Refusal(403, "M_FORBIDDEN", f"{call.name} with a token of somebody else")

    def unknown_token(self, request, token):
        """A 401; asking on with the same token is a violation (not what was on its way already)."""
        told = self.ended_tokens.setdefault(token, time.monotonic())
        late = request.arrived > told + 1.0 * PATIENCE
        return Refusal(401, "M_UNKNOWN_TOKEN", "a token is used on after M_UNKNOWN_TOKEN" if late else None, soft_logout=self.soft)

    def watch_pace(self, request, call):
        """The same request again: not at once after it failed, and not many times a second in any case."""
        key = (request.verb, request.target, call.bearer, request.body)
        failed = self.failed.pop(key, None)
        if failed and request.arrived < failed + PAUSE and call.name not in ("typing", "receipt"):
            self.violation(f"{call.name}: the same again {request.arrived - failed:.2f} s after it failed")
        times = self.asked[request.verb, request.target]
        times.append(request.arrived)
        while times[0] < request.arrived - 1:
            times.popleft()
        if len(times) == QUICK:
            self.violation(f"{call.name}: a hot loop, the same {QUICK} times in a second")
        if len(self.asked) > 5000:
            self.asked.clear()

    def watch_flight(self, request, call):
        """One sync at a time, and one send at a time for each room."""
        key = call.room or "sync"
        former = self.in_flight.get(key)
        if former and former.live():
            self.doubtful(former, f"{call.name} {call.room or ''}: two under way at the same time")
        self.in_flight[key] = request
        under_way = sum(one.live() for one in self.in_flight.values())
        self.most_in_flight[call.name] = max(self.most_in_flight[call.name], under_way)

    def held(self, request, call):
        """Whether a 429 that was told is not over yet; then answers that."""
        key = (call.name, call.room)
        hold = self.holds.get(key)
        if not hold or call.name in ("typing", "receipt"):
            return False
        if request.arrived >= hold.until - 0.02:
            del self.holds[key]
            return False
        self.violation(f"{call.name} {call.room or ''}: {hold.until - request.arrived:.1f} s before the end of a 429")
        raise Refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=int(1000 * (hold.until - time.monotonic())) + 1)

    def own_fault(self, fault, request, call):
        kind, value, what = fault.kind, fault.value, fault.what
        if kind == "429":
            self.tell_429(call, value, what[2] if len(what) > 2 else "header")
        elif kind == "error":
            raise Refusal(value, what[2], **(what[3] if len(what) > 3 else {}))
        elif kind == "garbage":
            self.finish(request, call, 200, value)
        elif kind == "redirect":
            self.finish(request, call, 302, b"", headers=[f"Location: {value}"])
        elif kind == "empty":
            self.finish(request, call, 200, json.dumps({"next_batch": call.query.get("since", self.position)}).encode())
        elif kind == "page":
            self.finish(request, call, 200, self.page(call, value))
        else:
            raise ValueError(kind)

    def tell_429(self, call, seconds, form):
        wait = {"header": seconds, "ms": seconds, "none": 0.2}[form]  # without a time, any pause will do
        self.holds[call.name, call.room] = Hold(wait)
        headers = [f"Retry-After: {seconds}"] if form == "header" else []
        raise Refusal(429, "M_LIMIT_EXCEEDED", headers=headers, **({"retry_after_ms": int(1000 * seconds)} if form == "ms" else {}))

    def carry_out(self, request, call):
        if call.name == "sync":
            self.sync(request, call)
        else:
            self.finish(request, call, *self.answer_of(call))

    def answer_of(self, call):
        """Carries a request out; status and body of the answer."""
        try:
            result = getattr(self, "do_" + call.name)(call)
            return 200, result if isinstance(result, bytes) else json.dumps(result).encode()
        except Refusal as refusal:
            self.blame(call, refusal)
            return refusal.status, refusal.body

    def blame(self, call, refusal):
        if refusal.fault:
            self.violation(refusal.fault + (f" ({call.room})" if call.room else ""))

    def refuse(self, request, call, refusal):
        self.blame(call, refusal)
        self.finish(request, call, refusal.status, refusal.body, headers=refusal.headers)

    def finish(self, request, call, status, body, **how):
        """Sends the answer; whether the client was still there."""
        with self.lock:
            if not request.answer(status, body, **how):
                return False
            call.status = status
            self.counts[f"{call.name} {status}"] += 1
            if status != 200:
                self.failed[request.verb, request.target, call.bearer, request.body] = time.monotonic()
            if self.in_flight.get(call.room or "sync") is request:
                del self.in_flight[call.room or "sync"]
            return True

    # ---- signing in ----

    def do_versions(self, _call):
        return self.versions

    def do_login(self, call):
        who = call.body["identifier"]
        if call.body["type"] != "m.login.password" or who.get("type") != "m.id.user" or set(who) != {"type", "user"}:
            raise rules.bad(f"login: {call.body['type']} {who}", "M_UNKNOWN")
        if self.locked:
            raise Refusal(401, "M_USER_LOCKED", soft_logout=True)
        if who["user"] != self.bot or call.body["password"] != self.password:
            raise Refusal(403, "M_FORBIDDEN")
        device = call.body.get("device_id") or f"NEWDEVICE{self.sessions}"
        for token in [token for token, name in self.devices.items() if name == device]:
            del self.devices[token]  # one token a device
        self.sessions += 1
        self.token = f"syt_c2VsdmhqZWxw_QwErTyUiOpAsDfGhJkLz_{self.sessions}"
        self.devices[self.token] = device
        return {"user_id": self.bot, "access_token": self.token, "device_id": device, "home_server": "example.org"}

    def do_whoami(self, call):
        return {"user_id": self.bot, "device_id": self.devices[call.bearer], "is_guest": False}

    def do_filter(self, call):
        self.check_user(call)
        self.filter = rules.check_filter(call.body)
        return {"filter_id": f"f{self.sessions}"}

    def check_user(self, call):
        if call.parts["user"] != self.bot:
            raise Refusal(403, "M_FORBIDDEN", f"{call.name} as {call.parts['user']}")

    # ---- sync ----

    def sync(self, request, call):
        query = call.query
        if query.get("filter") != f"f{self.sessions}" or query.get("set_presence") != "offline":
            self.violation(f"sync: the query is {query}")
        since = self.number_of(query["since"]) if "since" in query else None
        wait = int(query["timeout"])
        if not 0 <= wait <= 60_000:
            self.violation(f"sync: the timeout is {wait}")
        if since is None or wait == 0 or self.news(since):
            self.finish(request, call, *self.answer_of(call))
        else:
            if self.poll:
                self.wake(True)
            timer = self.server.later(wait / 1000, self.wake, True)
            self.poll = (request, call, since, timer)

    def news(self, since):
        for number, kind, room in reversed(self.stream):
            if number <= since:
                return False
            if kind != "event" or room.bot_is_in:
                return True
        return False

    def wake(self, always=False):
        """Answers the sync that waits when there is something to tell, or its time is over."""
        with self.lock:
            request, call, since, timer = self.poll or (None, None, None, None)
            if not request or not (always or self.news(since)):
                return
            self.poll = None
            timer.cancel()
            self.finish(request, call, *self.answer_of(call))

    def end_poll(self):
        """The sync that waits hears that its token, or the account, is no good any more."""
        with self.lock:
            request, call, _, timer = self.poll or (None, None, None, None)
            if not request:
                return
            self.poll = None
            timer.cancel()
            try:
                self.authorize(request, call)
            except Refusal as refusal:
                self.refuse(request, call, refusal)

    def do_sync(self, call):
        since = self.number_of(call.query["since"]) if "since" in call.query else None
        rooms = {}
        for number, kind, room in reversed(self.stream):
            if since is not None and number <= since:
                break
            rooms.setdefault(room.id, (room, set()))[1].add(kind)
        answer, raws = {"join": {}, "invite": {}, "leave": {}}, {}
        for room, kinds in list(rooms.values())[::-1]:
            if room.bot_is_in:
                answer["join"][room.id] = self.joined(room, since, raws)
            elif room.invitation and ("invite" in kinds or since is None):
                hints = [{"type": "m.room.create", "sender": room.invitation["sender"], "state_key": "", "content": {}},
                         room.invitation]
                answer["invite"][room.id] = {"invite_state": {"events": hints}}
            elif "leave" in kinds and since is not None and not room.forgotten:
                answer["leave"][room.id] = {"timeline": {"events": [], "limited": False, "prev_batch": self.position}}
        body = {"next_batch": self.position, "rooms": {kind: found for kind, found in answer.items() if found},
                "device_one_time_keys_count": {"signed_curve25519": 0}, "presence": {"events": []}}
        return splice(body, raws)

    def joined(self, room, since, raws):
        """A room's part of an answer; when the bot has just come, all that it may see is new."""
        types, most = self.filter
        came = max((number for number, event in room.events if isinstance(event, dict) and event["type"] == "m.room.member"
                    and event.get("state_key") == self.bot and event["content"]["membership"] == "join"), default=0)
        first = 0 if since is None or came > since else since
        events = [(number, event) for number, event in room.events if number > first
                  and (not isinstance(event, dict) or event["type"] in types)]
        most = min(most, self.timeline_most)
        shown = events[-most:]
        start = shown[0][0] - 1 if shown else self.number
        return {"timeline": {"events": [self.as_json(one, raws) for one in shown], "limited": len(events) > most,
                             "prev_batch": f"s{start}_1_0"},
                "state": {"events": []}, "account_data": {"events": []}, "ephemeral": {"events": []},
                "summary": {"m.joined_member_count": len(room.joined())}}

    @staticmethod
    def as_json(numbered, raws):
        number, event = numbered
        if isinstance(event, dict):
            return event
        mark = f"raw event {number}"
        raws[mark] = event
        return mark

    # ---- rooms ----

    def room_of(self, call, inside=True):
        room = self.rooms.get(call.room)
        if room is None or (inside and not room.bot_is_in):
            known = room and time.monotonic() < room.gone_at + 2 * PATIENCE
            wrong = call.name == "send" and not known
            raise Refusal(403, "M_FORBIDDEN", f"{call.name} to a room that the bot is not in" if wrong else None)
        return room

    def do_join(self, call):
        room = self.rooms.get(call.room)
        if call.room in self.refused_joins:
            raise Refusal(403, "M_FORBIDDEN", "join after M_FORBIDDEN")
        if room is None or not room.joinable or room.members.get(self.bot) not in ("invite", "join") and room.joinable != "public":
            self.refused_joins.add(call.room)
            raise Refusal(403, "M_FORBIDDEN")
        if not room.bot_is_in:
            room.member(self.bot, "join")
        return {"room_id": room.id}

    def do_members(self, call):
        return {"joined": {user: {"display_name": None, "avatar_url": None} for user in self.room_of(call).joined()}}

    def do_origin(self, call):
        """What the room says of its own beginning."""
        room = self.room_of(call)
        return {"room_version": "11", **({"predecessor": {"room_id": room.former}} if room.former else {})}

    def do_messages(self, call):
        return self.page(call)

    def page(self, call, most=None):
        """Older events, newest first. There may be fewer than asked for although there are more: then `end` tells."""
        room, query = self.room_of(call), call.query
        if query.get("dir") != "b" or not 1 <= int(query["limit"]) <= 100:
            raise Refusal(400, "M_INVALID_PARAM", f"messages: the query is {query}")
        start, stop = self.number_of(query["from"]), self.number_of(query["to"]) if "to" in query else 0
        older = [one for one in reversed(room.events) if stop < one[0] <= start]
        taken = older[:int(query["limit"]) if most is None else most]
        raws = {}
        answer = {"start": query["from"], "chunk": [self.as_json(one, raws) for one in taken], "state": []}
        if len(taken) < len(older):
            answer["end"] = f"s{older[len(taken)][0]}_1_0"
        return splice(answer, raws)

    def do_send(self, call):
        room = self.room_of(call)
        rules.check_message(call.body, room.id)
        key = (self.devices[call.bearer], call.target)
        body, number = self.sent.get(key, (None, None))
        if number is None:
            number = room.add(self.bot, "m.room.message", call.body, unsigned={"transaction_id": call.parts["txn"]})
            self.sent[key] = call.body, number
            room.show(Shown(number, call.body, call.parts["txn"]))
        elif body != call.body:
            self.violation(f"send: the same transaction with another body ({room.id})")
        else:
            self.counts["send repeated"] += 1
        return {"event_id": event_id(number)}

    def do_typing(self, call):
        self.check_user(call)
        room = self.room_of(call)
        if call.body["typing"] and not 1 <= call.body.get("timeout", 0) <= 30_000:
            raise rules.bad(f"typing: {call.body}")
        room.typing = call.body["typing"]
        room.actions += room.typing
        room.changed.notify_all()
        return {}

    def do_receipt(self, call):
        room = self.room_of(call)
        room.receipts.append(call.parts["event"])
        room.changed.notify_all()
        return {}

    def do_create(self, call):
        if call.body["preset"] != "trusted_private_chat" or len(call.body["invite"]) != 1 or not call.body["is_direct"]:
            raise rules.bad(f"create: {call.body}")
        room = self.room(self.room_id("example.org"))
        room.add(self.bot, "m.room.create", {"room_version": "11", **call.body["creation_content"]}, state_key="")
        room.member(self.bot, "join")
        for user in call.body["invite"]:
            room.member(user, "invite", self.bot, is_direct=True)
        return {"room_id": room.id}

    def do_leave(self, call):
        room = self.room_of(call, inside=False)
        if room.members.get(self.bot) in ("join", "invite"):
            room.member(self.bot, "leave")
        return {}

    def do_forget(self, call):
        room = self.room_of(call, inside=False)
        if room.members.get(self.bot) in ("join", "invite"):
            raise Refusal(400, "M_UNKNOWN", "forget: a room that the bot is in")
        room.forgotten = True
        return {}
