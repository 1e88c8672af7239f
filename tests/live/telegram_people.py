"""Those who sit at the other end of the played Telegram: persons and groups, what they do, and what they see."""

import collections
import re
import threading
import time

from rig import PATIENCE

import telegram_html
import telegram_rules as rules

KEPT = 2000  # messages kept of each chat
FILE = {"file_id": "AwACAgQAAxkBAAIB", "file_unique_id": "AgADQQ", "file_size": 4711}
PLACE = {"latitude": 60.3913, "longitude": 5.3221}
PICTURE = {**FILE, "width": 320, "height": 240}
# What stands in a message of each kind, beside a caption.
CONTENT = {
    "voice": {**FILE, "duration": 7, "mime_type": "audio/ogg"}, "audio": {**FILE, "duration": 200, "title": "Sang"},
    "photo": [{**PICTURE, "width": 90, "height": 60}, PICTURE], "video": {**PICTURE, "duration": 9},
    "sticker": {**PICTURE, "type": "regular", "is_animated": False, "is_video": False, "emoji": "👍"},
    "video_note": {**FILE, "length": 240, "duration": 5}, "animation": {**PICTURE, "duration": 3},
    "document": {**FILE, "file_name": "brev.pdf", "mime_type": "application/pdf"},
    "contact": {"phone_number": "+4755555555", "first_name": "Kari", "user_id": 4711},
    "poll": {"id": "51", "question": "Hva?", "options": [{"text": "A", "voter_count": 0}], "total_voter_count": 0,
             "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False},
    "dice": {"emoji": "🎲", "value": 4}, "game": {"title": "Spill", "description": "Et spill", "photo": [PICTURE]},
    "story": {"chat": {"id": 99, "type": "private", "first_name": "Kari"}, "id": 3},
    "paid_media": {"star_count": 5, "paid_media": [{"type": "preview", "width": 9, "height": 9}]},
    "location": PLACE, "venue": {"location": PLACE, "title": "Festplassen", "address": "Bergen"},
}
SERVICE = {"new_chat_title": "Ny", "delete_chat_photo": True, "message_auto_delete_timer_changed":
           {"message_auto_delete_time": 86400}, "write_access_allowed": {"from_request": True},
           "chat_background_set": {"type": {"type": "fill"}}, "group_chat_created": True}


class Shown:
    """A message of the bot as the person sees it now. `buttons`: (label, data) in reading order."""

    def __init__(self, number, date, parsed, markup, source):
        self.id, self.date, self.text, self.entities, self.source = number, date, parsed.text, parsed.entities, source
        self.markup, self.edits, self.at = markup or {}, 0, time.monotonic()

    @property
    def rows(self):
        return [[(one["text"], one["callback_data"]) for one in row] for row in self.markup.get("inline_keyboard", [])]

    @property
    def buttons(self):
        return [button for row in self.rows for button in row]

    @property
    def labels(self):
        return [label for label, _ in self.buttons]

    @property
    def html(self):
        return telegram_html.to_html(self)

    def parts(self, kind):
        """The pieces of text that are bold, italic, code …, in order."""
        units = telegram_html.Units(self.text)
        return [units.part(one["offset"], one["offset"] + one["length"]) for one in self.entities if one["type"] == kind]

    def links(self):
        """(text, address) of each link."""
        return list(zip(self.parts("text_link"), [one["url"] for one in self.entities if one["type"] == "text_link"]))

    def __repr__(self):
        return f"<{self.id}: {self.html!r} {self.labels or ''}>"


class Chat:
    """A chat with the bot. `keyboard` is the reply keyboard that lies open now, or None."""

    def __init__(self, peer, number, kind, title=None):
        self.peer, self.id, self.kind, self.title = peer, number, kind, title
        self.shown, self.by_id = collections.deque(), {}
        self.keyboard, self.actions, self.last_update = None, 0, None
        self.bucket = rules.Bucket(3, 1)
        self.changed = threading.Condition(peer.lock)
        self.own = collections.OrderedDict()  # messages written here by people

    def json(self):
        named = {"first_name": self.first_name} if self.kind == "private" else {"title": self.title}
        return {"id": self.id, **named, "type": self.kind}

    # ---- what the bot does; called with the lock held ----

    def show(self, message):
        self.shown.append(message)
        self.by_id[message.id] = message
        if len(self.shown) > KEPT:
            del self.by_id[self.shown.popleft().id]
        if "keyboard" in message.markup:
            self.keyboard = message.markup
        elif "remove_keyboard" in message.markup:
            self.keyboard = None
        self.changed.notify_all()

    # ---- what people see ----

    def seen(self):
        """The messages of the bot, oldest first."""
        with self.peer.lock:
            return list(self.shown)

    def last(self):
        with self.peer.lock:
            return self.shown[-1] if self.shown else None

    def find(self, words="", after=0):
        """The first message since `after` (an id) that has the words (all of them when it is a tuple), or None."""
        words = (words,) if isinstance(words, str) else words
        found = None
        with self.peer.lock:
            for message in reversed(self.shown):
                if message.id <= after:
                    break
                if all(one in message.text for one in words):
                    found = message
        return found

    def wait(self, words="", seconds=10, after=0):
        """Waits for such a message."""
        return self.wait_until(f"{self.id} sees {words!r}", lambda: self.find(words, after), seconds)

    def wait_until(self, what, condition, seconds=10):
        """Waits until something of this chat is so; looks again whenever the bot did something here."""
        end = time.monotonic() + seconds * PATIENCE
        with self.changed:
            while not (value := condition()):
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {seconds * PATIENCE:.0f} s in vain: {what}; it saw {list(self.shown)[-5:]}")
                self.changed.wait(left)
        return value

    # ---- what people do ----

    def message(self, sender, age=0, date=None, reply_to=None, **content):
        """A message with any content; its id."""
        with self.peer.lock:
            number = self.peer.message_id(self)
            body = {"message_id": number, "from": sender.user_json(), "chat": self.json(),
                    "date": int(time.time() - age if date is None else date), **content}
            if reply_to:
                answered = self.by_id.get(reply_to)
                body["reply_to_message"] = self.peer.message_json(self, answered) if answered else self.own[reply_to]
            self.own[number] = body
            if len(self.own) > 200:
                self.own.popitem(last=False)
            self.last_update = self.peer.push("message", body)
            return number

    def change(self, number, age=0, **content):
        """Changes a message of before; tells its edit date."""
        with self.peer.lock:
            body = {**self.own[number], "edit_date": int(time.time() - age), **content}
            self.own[number] = body
            self.last_update = self.peer.push("edited_message", body)
            return body["edit_date"]

    def member(self, sender, old, new, age=0):
        """my_chat_member: what the bot is here changed."""
        def status(name):
            until = {"until_date": 0} if name == "kicked" else {}
            return {"user": self.peer.bot, "status": name, **until}

        with self.peer.lock:
            self.last_update = self.peer.push("my_chat_member", {
                "chat": self.json(), "from": sender.user_json(), "date": int(time.time() - age),
                "old_chat_member": status(old), "new_chat_member": status(new)})


def text_of(text):
    """The members of a text message: commands are marked as the real server marks them."""
    command = re.match(r"/[A-Za-z0-9_]{1,32}(@[A-Za-z0-9_]+)?(?![A-Za-z0-9_])", text)
    entities = {"entities": [{"offset": 0, "length": command.end(), "type": "bot_command"}]} if command else {}
    return {"text": text, **entities}


class User(Chat):
    """A person and their private chat. `started`: the bot may write."""

    def __init__(self, peer, number, language_code="nb", first_name="Kari"):
        super().__init__(peer, number, "private")
        self.language_code, self.first_name = language_code, first_name
        self.started = self.blocked = self.deactivated = False

    def user_json(self):
        language = {"language_code": self.language_code} if self.language_code else {}
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, **language}

    def write(self, **content):
        self.started = True
        return self.message(self, **content)

    def start(self, payload=None, **more):
        return self.write(**text_of("/start" if payload is None else f"/start {payload}"), **more)

    def text(self, text, **more):
        """Writes; the id of the message. `age`: seconds since; `reply_to`: a message id."""
        return self.write(**text_of(text), **more)

    def ask(self, text, words="", seconds=10):
        """Writes and waits for the bot's next message (that has the words)."""
        return self.wait(words, seconds, after=self.text(text))

    def edit(self, number, text, age=0):
        return self.change(number, age, **text_of(text))

    def send(self, kind, caption=None, album=None, content=None, **more):
        """A message of some kind (see CONTENT; any other with its content)."""
        members = {kind: CONTENT[kind] if content is None else content}
        if kind == "animation":
            members["document"] = CONTENT["document"]
        if kind == "venue":
            members["location"] = members["venue"]["location"]
        if caption is not None:
            members["caption"] = caption
        if album is not None:
            members["media_group_id"] = str(album)
        return self.write(**members, **more)

    def location(self, lat, lon, **more):
        return self.send("location", content={"latitude": lat, "longitude": lon}, **more)

    def move(self, number, lat, lon):
        """A live location goes on."""
        return self.change(number, location={"latitude": lat, "longitude": lon})

    def venue(self, lat, lon, **more):
        return self.send("venue", content={**CONTENT["venue"], "location": {"latitude": lat, "longitude": lon}}, **more)

    def voice(self, **more):
        return self.send("voice", **more)

    def photo(self, caption=None, album=None, **more):
        return self.send("photo", caption, album, **more)

    def sticker(self, **more):
        return self.send("sticker", **more)

    def contact(self, **more):
        return self.send("contact", **more)

    def service(self, kind, content=None, **more):
        """A service message; pinned_message carries the bot's newest one."""
        if content is None:
            newest = self.last()
            content = SERVICE.get(kind) or (self.peer.message_json(self, newest) if newest else {
                "message_id": 1, "date": 0, "chat": self.json()})
        return self.write(**{kind: content}, **more)

    def press(self, what, message=None, age=None, old=False, inaccessible=False):
        """Presses the button with this data or label (or beginning of a label) on the newest message that has one; the id
        of the query. With `message` (an id) it sends the data from there, whether there is such a button or not.
        `age`: seconds since the message; `old`: too late to be answered; `inaccessible`: without the message's content."""
        with self.peer.lock:
            shown, data = self.button(what) if message is None else (self.by_id[message], what)
            body = self.peer.message_json(self, shown)
            if age is not None:
                body["date"] = int(time.time() - age)
            if inaccessible:
                body = {"chat": self.json(), "message_id": shown.id, "date": 0}
            query = self.peer.new_query(old)
            self.last_update = self.peer.push("callback_query", {
                "id": query, "from": self.user_json(), "message": body, "chat_instance": str(self.id * 7919), "data": data})
            return query

    def button(self, what):
        for fits in (lambda label, data: what in (data, label), lambda label, data: label.startswith(what)):
            for message in reversed(self.shown):
                for label, data in message.buttons:
                    if fits(label, data):
                        return message, data
        raise AssertionError(f"{self.id} has no button {what!r}: {[one.labels for one in self.shown if one.buttons][-3:]}")

    def block(self, age=0):
        self.blocked = True
        self.member(self, "member", "kicked", age)

    def unblock(self, age=0):
        self.blocked = False
        self.member(self, "kicked", "member", age)

    def deactivate(self):
        """Deletes the account; nobody tells the bot."""
        self.deactivated = True

    def may_write(self):
        """None, or why the bot may not write here."""
        if self.deactivated:
            return rules.Refusal(403, rules.DEACTIVATED)
        if self.blocked:
            return rules.Refusal(403, rules.BLOCKED)
        if not self.started:
            return rules.Refusal(403, rules.CANT_INITIATE, "the person never pressed start")
        return None


class Group(Chat):
    """A group, supergroup (id below -10^12) or channel."""

    def __init__(self, peer, number, title="Gruppe", kind=None):
        super().__init__(peer, number, kind or ("supergroup" if number < -10**12 else "group"), title)
        self.inside, self.moved_to = False, None

    def add_bot(self, user):
        self.inside = True
        self.member(user, "left", "administrator" if self.kind == "channel" else "member")
        if self.kind != "channel":
            self.message(user, new_chat_members=[self.peer.bot])

    def remove_bot(self, user):
        self.inside = False
        self.member(user, "member", "kicked")

    def text(self, user, text, **more):
        return self.message(user, **text_of(text), **more)

    def migrate(self, number, user):
        """Becomes a supergroup; the new chat."""
        moved = self.peer.group(number, self.title)
        moved.inside, self.moved_to = self.inside, number
        self.message(user, migrate_to_chat_id=number)
        moved.message(user, migrate_from_chat_id=self.id)
        return moved

    def may_write(self):
        if self.moved_to:
            return rules.Refusal(400, rules.UPGRADED, migrate_to_chat_id=self.moved_to)
        return None if self.inside else rules.Refusal(403, f"Forbidden: bot is not a member of the {self.kind} chat")
