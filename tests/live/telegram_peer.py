"""A strict stand-in for the Telegram Bot API server, for tests of the Telegram bridge.

    with TelegramPeer() as peer:                     telegram.api_base = peer.url, the token file = peer.token
        kari = peer.user(1001, language_code="nn")
        kari.start()                                 what persons and groups do and see: telegram_people.py
        kari.wait("Hei").buttons
        peer.fault("sendMessage", ("429", 3), chat=1001)
        peer.down(); peer.up()                       nobody listens on the port; again

What the real server refuses or punishes, or what the bridge must never do, is a sentence in `violations`; the end of the
`with` (or close()) fails when there is one that the test did not name with expect(). Unlike the real server it does not
ignore members it does not know. Sources: the Bot API's documentation and tdlib/telegram-bot-api (Client.cpp, Query.cpp)
with td's TQueue.cpp, MessageEntity.cpp and ReplyMarkup.cpp for what is not written down there.

Faults (peer.fault(method, what, times, chat); method "*": any):
    ("status", 502[, body])      a gateway's error page                 ("409",)   another poller ended this poll
    ("429", s) ("429 for", s)    each time s more; until s from now      ("401",)   the token is revoked, for good
    ("reset"[, "after"])         no answer; after it was carried out     ("403", text) ("400", text) …  any refusal
    ("slow", s[, "after"])       the answer comes s later                ("migrate", id)   the chat has a new id
    ("garbage", bytes[, "after"])  200 with this body                    ("cut",)   carried out, half an answer
    ("hang"[, "after"])          no answer, the connection stays
Without "after" the request is not carried out (slow: only after the wait, and when the client is still there)."""

import collections
import json
import math
import re
import time

from rig import PATIENCE

import telegram_html
import telegram_rules as rules
from peer import Fault, Hold
from telegram_people import Group, Shown, User
from telegram_rules import Bucket, Call, Refusal
from telegram_updates import Updates

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw4"
TOKEN_FORM = re.compile(r"[1-9][0-9]{0,15}:[A-Za-z0-9_-]{30,}")
PATH = re.compile(r"/bot([^/?]*)/([^/?]*)(\?.*)?")


class TelegramPeer(Updates):
    name = "the Telegram peer"

    def __init__(self, token=TOKEN):
        self.bot = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Selvhjelp", "username": "selvhjelp_test_bot"}
        self._token, self.told_401, self.revoked = token, None, False
        self.chats, self.moved = {}, {}  # moved: former chat id → new one
        self.queries = {}  # id → "open", "answered" or "old"
        self.all_bucket = Bucket(30, 30)
        self.slack = 0.5 * PATIENCE  # seconds that a request may be late on its way, beside what the loop measures
        self.message_ids = collections.Counter()
        super().__init__()

    # ---- for tests ----

    @property
    def token(self):
        return self._token

    @token.setter
    def token(self, token):
        """Another token; the former one is unknown from now on."""
        self._token, self.revoked, self.told_401 = token, False, None

    def user(self, number, language_code="nb", **more):
        with self.lock:
            return self.chats.get(number) or self.chats.setdefault(number, User(self, number, language_code, **more))

    def group(self, number, title="Gruppe", kind=None):
        with self.lock:
            return self.chats.get(number) or self.chats.setdefault(number, Group(self, number, title, kind))

    def fault(self, method, what, times=1, chat=None):
        """See the head of this file. The Fault; faults.clear() ends all."""
        return self.add_fault(method, Fault(what, times, chat))

    def message_id(self, chat):
        """Private chats and groups count together, each supergroup by itself."""
        key = chat.id if chat.kind in ("supergroup", "channel") else 0
        self.message_ids[key] += 1
        return self.message_ids[key]

    def new_query(self, old):
        query = str(4_000_000_000_000_000_000 + len(self.queries))
        self.queries[query] = "old" if old else "open"
        return query

    def revoke(self):
        self.revoked = True
        self.server.soon(self.end_poll_unauthorized)

    def drop_idle(self):
        """Ends the connections that wait for their next request, as the real server does now and then."""
        self.server.drop_idle()

    def calls(self, method=None, chat=None):
        """The requests so far (the last 50,000)."""
        with self.lock:
            return [one for one in self.requests if method in (None, one.method) and chat in (None, one.chat)]

    # ---- requests; all below runs in the server's thread ----

    def call_of(self, request):
        return Call(request.arrived)

    def route(self, request, call):
        path = PATH.fullmatch(request.target)
        token, method, query = path.groups() if path else ("", "", None)
        self.check_http(request, path, query)
        if not path or not TOKEN_FORM.fullmatch(token):
            raise Refusal(404, "Not Found")
        if token != self._token or self.revoked:
            raise self.unauthorized(request)
        if method not in rules.METHODS:
            raise Refusal(404, "Not Found: method not found", f"it calls {method!r}")
        call.method = method
        call.body = members = rules.read_body(request.body)
        call.chat = members.get("chat_id")
        self.counts[method] += 1
        self.requests.append(call)
        rules.check_members(method, members)
        if method == "sendMessage":
            self.watch_flight(request, call)
        if self.held(request, call):
            return
        fault = self.next_fault(method, call.chat)
        if fault:
            self.apply(fault, request, call)
        else:
            self.carry_out(request, call)

    def check_http(self, request, path, query):
        secret = self._token.split(":")[1]
        hidden = request.target.replace(secret, "…")
        if request.verb != "POST":
            raise Refusal(405, "Method Not Allowed", f"it asks with {request.verb} {hidden}")
        kind = request.headers.get("content-type", "")
        if request.body and kind.split(";")[0].strip() != "application/json":
            self.violation(f"the body's type is {kind!r}")
        if query:
            self.violation("there is a query in the address")
        if secret.encode() in request.body or secret in (query or "") or any(secret in one for one in request.headers.values()):
            self.violation("the token stands elsewhere than in the path")
        if not path:
            self.violation(f"it asks for {hidden!r}")

    def unauthorized(self, request=None):
        """A 401; asking on afterwards is a violation (not what was on its way already)."""
        now = time.monotonic()
        self.told_401 = self.told_401 or now
        late = request and request.arrived > self.told_401 + 1.0 * PATIENCE
        return Refusal(401, "Unauthorized", "a request after 401" if late else None)

    def watch_flight(self, request, call):
        """One sendMessage at a time for each chat."""
        former = self.in_flight.get(call.chat)
        if former and former.live():
            self.doubtful(former, f"sendMessage to {call.chat}: two under way at the same time")
        self.in_flight[call.chat] = request

    def held(self, request, call):
        """Whether a 429 that was told is not over yet; then answers that."""
        key = call.method if call.chat is None else call.chat
        hold = self.holds.get(key)
        if not hold:
            return False
        if request.arrived >= hold.until - 0.02:
            del self.holds[key]
            return False
        # What the bridge does beside messages may have been on its way when the 429 was told.
        if call.method in ("sendMessage", "getUpdates") or request.arrived > hold.told + 1.0 * PATIENCE:
            self.violation(f"{call.method} to {key}: {hold.until - request.arrived:.1f} s before the end of a 429")
        self.answer_429(request, call, hold.until - time.monotonic())
        return True

    def answer_429(self, request, call, seconds):
        """Tells it. Who sends a message has to keep away from the chat then, a poller from polling."""
        seconds = max(1, math.ceil(seconds - 0.001))
        refusal = Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        key = call.method if call.chat is None else call.chat
        if self.refuse(request, call, refusal) and call.method in ("sendMessage", "getUpdates") and key not in self.holds:
            self.holds[key] = Hold(seconds)

    def own_fault(self, fault, request, call):
        kind, value = fault.kind, fault.value
        if kind == "429":
            self.answer_429(request, call, value)
        elif kind == "429 for":
            self.answer_429(request, call, fault.until - time.monotonic())
        elif kind == "garbage":
            self.note_given(value)
            self.finish(request, call, 200, value)
        elif kind == "409":
            self.conflict(request, call, rules.RIVAL)
        elif kind == "401":
            self.revoked = True
            self.end_poll_unauthorized()
            raise self.unauthorized(request)
        elif kind == "migrate":
            self.chats[value], self.moved[call.chat] = self.chats[call.chat], value
            raise Refusal(400, rules.UPGRADED, migrate_to_chat_id=value)
        else:
            raise Refusal(int(kind), value)

    def carry_out(self, request, call):
        if call.method == "getUpdates":
            self.get_updates(request, call)
        else:
            self.finish(request, call, *self.answer_of(call))

    def answer_of(self, call):
        """Carries a request out; status and body of the answer. A getUpdates confirms, and gives at once what there is."""
        try:
            if call.method == "getUpdates":
                self.check_poll(call.body)
                self.confirm(call.body.get("offset", 0))
                return 200, self.first(call.body.get("limit", 100))
            result = getattr(self, "do_" + call.method)(call)
            return 200, json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()
        except Refusal as refusal:
            self.blame(call, refusal)
            return refusal.code, self.body_of(refusal)

    def blame(self, call, refusal):
        if refusal.fault:
            where = call.method + (f" to {call.chat}" if call.chat is not None else "")
            self.violation(f"{where}: {refusal.fault}" if call.method != "?" else refusal.fault)

    def body_of(self, refusal):
        parameters = {"parameters": refusal.parameters} if refusal.parameters else {}
        return json.dumps({"ok": False, "error_code": refusal.code, "description": refusal.description, **parameters}).encode()

    def refuse(self, request, call, refusal):
        self.blame(call, refusal)
        retry = refusal.parameters.get("retry_after")
        headers = (f"Retry-After: {retry}",) if retry else ()
        return self.finish(request, call, refusal.code, self.body_of(refusal), headers=headers)

    def finish(self, request, call, status, body, **how):
        """Sends the answer; whether the client was still there."""
        with self.lock:
            if not request.answer(status, body, **how):
                return False
            call.status = status
            self.counts[f"{call.method} {status}"] += 1
            if self.in_flight.get(call.chat) is request:
                del self.in_flight[call.chat]
            return True

    # ---- what the methods do ----

    def message_json(self, chat, shown):
        """A message of the bot as the Bot API gives it."""
        body = {"message_id": shown.id, "from": self.bot, "chat": chat.json(), "date": shown.date, "text": shown.text}
        if shown.entities:
            body["entities"] = shown.entities
        if shown.rows:
            body["reply_markup"] = shown.markup
        return body

    def writable(self, call):
        if call.chat in self.moved:
            raise Refusal(400, rules.UPGRADED, migrate_to_chat_id=self.moved[call.chat])
        chat = self.chats.get(call.chat)
        if chat is None:
            raise rules.bad("chat not found", "nobody knows this chat")
        refusal = chat.may_write()
        if refusal:
            raise refusal
        return chat

    def do_getMe(self, _call):
        return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def do_sendMessage(self, call):
        body = call.body
        if body.get("parse_mode", "HTML") != "HTML":
            raise rules.bad("unsupported parse_mode", f"parse_mode is {body['parse_mode']!r}")
        if body["link_preview_options"] != {"is_disabled": True}:
            self.violation(f"sendMessage to {call.chat}: link_preview_options is {body['link_preview_options']}")
        if not body["text"]:
            raise rules.bad("message text is empty", "the text is empty")
        try:
            parsed = telegram_html.parse(body["text"]) if "parse_mode" in body else telegram_html.plain(body["text"])
        except telegram_html.ParseError as error:
            raise rules.bad(str(error), f"{error}: {body['text'][:300]!r}") from None
        if "reply_markup" in body:
            rules.check_markup(body["reply_markup"])
        chat = self.writable(call)
        why = telegram_html.refusal(parsed)
        if why:
            raise rules.bad(why, f"{why} ({telegram_html.utf16(parsed.text)} UTF-16 units)")
        for oddity in parsed.oddities:
            self.violation(f"sendMessage to {call.chat}: {oddity}")
        self.pace(call, chat)
        shown = Shown(self.message_id(chat), int(time.time()), parsed, body.get("reply_markup"), body["text"])
        chat.show(shown)
        return self.message_json(chat, shown)

    def pace(self, call, chat):
        """By arrival, less what the way there may have taken. Only messages that were sent count."""
        slack = self.slack + 1.5 * self.server.lateness()
        if not chat.bucket.take(call.time, slack):
            self.violation(f"sendMessage to {call.chat}: faster than one a second after three at once")
        if not self.all_bucket.take(call.time, slack):
            self.violation("more than 30 messages a second over all chats")

    def do_editMessageReplyMarkup(self, call):
        body, chat = call.body, self.writable(call)
        markup = body.get("reply_markup", {})
        if markup and markup != {"inline_keyboard": []}:
            rules.check_markup(markup, inline_only=True)
        shown = chat.by_id.get(body["message_id"])
        if not shown:
            raise rules.bad("message to edit not found", f"there is no message {body['message_id']} of the bot")
        if shown.markup and not shown.rows and shown.edits == 0:
            raise rules.bad("message can't be edited", "a message that was sent with a reply keyboard cannot be edited")
        if markup.get("inline_keyboard", []) == shown.markup.get("inline_keyboard", []):
            self.counts["not modified"] += 1  # may happen after a crash
            raise Refusal(400, rules.NOT_MODIFIED)
        shown.markup, shown.edits = markup, shown.edits + 1
        chat.changed.notify_all()
        return self.message_json(chat, shown)

    def do_answerCallbackQuery(self, call):
        query = call.body["callback_query_id"]
        state = self.queries.get(query)
        if state == "open":
            self.queries[query] = "answered"
            return True
        faults = {"answered": f"the query {query} is answered twice", None: f"the query {query!r} never was", "old": None}
        raise Refusal(400, rules.QUERY_INVALID, faults[state])

    def do_sendChatAction(self, call):
        if call.body["action"] != "typing":
            raise rules.bad("wrong parameter action in request", f"the action is {call.body['action']!r}")
        chat = self.writable(call)
        chat.actions += 1
        chat.changed.notify_all()
        return True
