"""What the bridge may ask of the Bot API, and how fast. Stricter than the real server, which ignores what it does not know:
a member too many is a fault of the bridge here."""

import json

import peer

TEXT, INTEGER, LIST, OBJECT = (str, "a string"), (int, "an integer"), (list, "a list"), (dict, "an object")
# method: {member: (type, needed)}
METHODS = {
    "getMe": {},
    "getUpdates": {"offset": (INTEGER, False), "limit": (INTEGER, False), "timeout": (INTEGER, False),
                   "allowed_updates": (LIST, False)},
    "sendMessage": {"chat_id": (INTEGER, True), "text": (TEXT, True), "parse_mode": (TEXT, False),
                    "link_preview_options": (OBJECT, True), "reply_markup": (OBJECT, False)},
    "answerCallbackQuery": {"callback_query_id": (TEXT, True)},
    "editMessageReplyMarkup": {"chat_id": (INTEGER, True), "message_id": (INTEGER, True), "reply_markup": (OBJECT, False)},
    "sendChatAction": {"chat_id": (INTEGER, True), "action": (TEXT, True)},
}
UPDATE_KINDS = {"message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
                "edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count",
                "inline_query", "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query",
                "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member", "chat_join_request",
                "chat_boost", "removed_chat_boost"}
DEFAULT_KINDS = UPDATE_KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
CALLBACK_BYTES, BUTTONS_MOST, BUTTONS_A_ROW = 64, 100, 1  # Telegram takes eight a row; the bridge writes one

NOT_MODIFIED = ("Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message")
QUERY_INVALID = "Bad Request: query is too old and response timeout expired or query ID is invalid"
CANT_INITIATE = "Forbidden: bot can't initiate conversation with a user"
BLOCKED = "Forbidden: bot was blocked by the user"
DEACTIVATED = "Forbidden: user is deactivated"
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
RIVAL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK = ("Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")


class Refusal(peer.Refusal):
    """As the Bot API tells it."""

    def __init__(self, code, description, fault=None, **parameters):
        super().__init__(description, fault)
        self.code, self.description, self.parameters = code, description, parameters


def bad(description, fault):
    return Refusal(400, f"Bad Request: {description}", fault)


def read_body(body):
    """The members of a request's body. Raises Refusal."""
    def unique(pairs):
        members = dict(pairs)
        if len(members) < len(pairs):
            raise bad("can't parse JSON object", "a member stands twice in the body")
        return members

    if not body:
        return {}
    try:
        members = json.loads(body.decode("utf-8"), object_pairs_hook=unique)
        if b"\\u" in body:
            json.dumps(members, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no UTF-8
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8", "the body has half of a surrogate pair") from None
    except ValueError as error:
        raise bad("can't parse JSON object", f"the body is no JSON in UTF-8: {error}") from None
    if not isinstance(members, dict):
        raise bad("can't parse JSON object", "the body is no object")
    return members


def check_members(method, members):
    """Names and types. Raises Refusal."""
    known = METHODS[method]
    for name, value in members.items():
        if name not in known:
            raise bad(f"unknown member {name}", f"there is a member {name!r}, which it never sends")
        (kind, words), _ = known[name]
        if type(value) is not kind:  # a truth value is no integer
            raise bad(f"{name} must be {words}", f"{name} is not {words} but {value!r}"[:200])
        if kind is int and not -2**63 <= value < 2**63:
            raise bad(f"{name} is too big", f"{name} is {value}")
    for name, (_, needed) in known.items():
        if needed and name not in members:
            raise bad(f"{name} is empty", f"there is no {name}")


def check_poll(members):
    """Members of getUpdates. Raises Refusal."""
    if not 1 <= members.get("limit", 100) <= 100:
        raise bad("limit is out of range", f"limit is {members['limit']}")
    if not 0 <= members.get("timeout", 0) <= 50:
        raise bad("timeout is out of range", f"timeout is {members['timeout']}")
    kinds = members.get("allowed_updates", [])
    if not all(isinstance(kind, str) and kind in UPDATE_KINDS for kind in kinds):
        raise bad("can't parse allowed updates", f"allowed_updates is {kinds}")


def check_markup(markup, inline_only=False):
    """The reply_markup in one of its three forms; which one: inline, keyboard, remove, or None. Raises Refusal."""
    forms = [name for name in ("inline_keyboard", "keyboard", "remove_keyboard") if name in markup]
    if len(forms) != 1:
        raise bad("object expected as reply markup", f"reply_markup has {len(forms)} of the three forms: {sorted(markup)}")
    if forms[0] == "inline_keyboard":
        if len(markup) != 1:
            raise bad("inline keyboard expected", f"reply_markup has {sorted(markup)}")
        check_inline(markup["inline_keyboard"])
        return "inline"
    if inline_only:
        raise bad("inline keyboard expected", f"reply_markup is a {forms[0]}")
    if forms[0] == "remove_keyboard":
        if markup != {"remove_keyboard": True}:
            raise bad("object expected as reply markup", f"reply_markup is {markup}")
        return "remove"
    check_keyboard(markup)
    return "keyboard"


def check_inline(rows):
    """Rows of buttons with label and callback_data."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays', "rows are no lists")
    if not rows or not all(1 <= len(row) <= BUTTONS_A_ROW for row in rows) or len(rows) > BUTTONS_MOST:
        raise bad("reply markup is too long", f"an inline keyboard has rows of {sorted({len(row) for row in rows})} buttons, "
                                              f"{len(rows)} rows")
    for button in (button for row in rows for button in row):
        if not isinstance(button, dict) or set(button) != {"text", "callback_data"} or \
                not all(isinstance(value, str) for value in button.values()):
            raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
                      f"an inline button is {button!r}")
        if not button["text"].strip():
            raise bad("inline keyboard button text must be non-empty", "an inline button has no label")
        size = len(button["callback_data"].encode())
        if not 1 <= size <= CALLBACK_BYTES:
            raise bad("BUTTON_DATA_INVALID", f"callback_data has {size} bytes: {button['callback_data']!r}")


def check_keyboard(markup):
    """The reply keyboard that asks for the place."""
    rows = markup["keyboard"]
    fits = isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], list) and len(rows[0]) == 1
    button = rows[0][0] if fits else None
    if not isinstance(button, dict) or set(button) != {"text", "request_location"} or button["request_location"] is not True \
            or not isinstance(button["text"], str) or not button["text"].strip():
        raise bad("can't parse keyboard button", f"the reply keyboard is {rows!r}")
    rest = {name: value for name, value in markup.items() if name not in ("keyboard", "input_field_placeholder")}
    if rest != {"one_time_keyboard": True, "resize_keyboard": True}:
        raise bad("object expected as reply markup", f"the reply keyboard has {sorted(markup)}")
    hint = markup.get("input_field_placeholder", "…")
    if not isinstance(hint, str) or not 1 <= len(hint) <= 64:
        raise bad("input field placeholder is invalid", f"input_field_placeholder is {hint!r}")


class Bucket:
    """Counts what may go out: `most` at once, then `rate` a second."""

    __slots__ = ("most", "rate", "tokens", "at")

    def __init__(self, most, rate):
        self.most, self.rate, self.tokens, self.at = most, rate, float(most), None

    def take(self, now, slack):
        """One more at this time. False when it came earlier than `slack` seconds of delay on the way can explain."""
        if self.at is not None:
            now = max(now, self.at)  # one that was held back on purpose is counted late
            self.tokens = min(self.most, self.tokens + (now - self.at) * self.rate)
        self.at = now
        self.tokens -= 1
        if self.tokens >= -slack * self.rate - 1e-6:
            return True
        self.tokens = -slack * self.rate
        return False


class Call:
    """A request in the log: when it came, what it asked, and the status of its answer (None: none yet, or none ever)."""

    __slots__ = ("time", "method", "chat", "body", "status")

    def __init__(self, arrived):
        self.time, self.method, self.chat, self.body, self.status = arrived, "?", None, {}, None

    def __repr__(self):
        return f"<{self.method} {self.chat or ''} {self.status} {json.dumps(self.body, ensure_ascii=False)[:200]}>"
