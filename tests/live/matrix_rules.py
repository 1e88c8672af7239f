"""What the Matrix bridge may ask of a homeserver, and in which form: paths, bodies, and the HTML of a message. Stricter than
a real server, which ignores what it does not know: a member or a query too many is a fault of the bridge here."""

import collections
import html.parser
import json
import re
import urllib.parse

import peer

EVENT_MOST = 65_536  # bytes of an event (spec, size limits)
CLIENT = "/_matrix/client/"
TEXT, TRUTH, INTEGER, LIST, OBJECT = str, bool, int, list, dict

Endpoint = collections.namedtuple("Endpoint", "name verb path queries auth members")
# path: parts under v3, {room} and so on are taken out. members: {name: (type, needed)}, None: a request without a body.
ENDPOINTS = [
    Endpoint("login", "POST", "login", (), False, {
        "type": (TEXT, True), "identifier": (OBJECT, True), "password": (TEXT, True), "device_id": (TEXT, False),
        "initial_device_display_name": (TEXT, False)}),
    Endpoint("whoami", "GET", "account/whoami", (), True, None),
    Endpoint("filter", "POST", "user/{user}/filter", (), True, {
        "presence": (OBJECT, True), "account_data": (OBJECT, True), "room": (OBJECT, True)}),
    Endpoint("sync", "GET", "sync", ("filter", "set_presence", "timeout", "since"), True, None),
    Endpoint("join", "POST", "join/{room}", ("server_name", "via"), True, {}),
    Endpoint("members", "GET", "rooms/{room}/joined_members", (), True, None),
    Endpoint("origin", "GET", "rooms/{room}/state/m.room.create", (), True, None),
    Endpoint("messages", "GET", "rooms/{room}/messages", ("dir", "limit", "from", "to"), True, None),
    Endpoint("send", "PUT", "rooms/{room}/send/m.room.message/{txn}", (), True, {
        "msgtype": (TEXT, True), "body": (TEXT, True), "format": (TEXT, False), "formatted_body": (TEXT, False)}),
    Endpoint("typing", "PUT", "rooms/{room}/typing/{user}", (), True, {"typing": (TRUTH, True), "timeout": (INTEGER, False)}),
    Endpoint("receipt", "POST", "rooms/{room}/receipt/m.read/{event}", (), True, {}),
    Endpoint("create", "POST", "createRoom", (), True, {
        "preset": (TEXT, True), "invite": (LIST, True), "is_direct": (TRUTH, True), "name": (TEXT, True), "creation_content": (OBJECT, True)}),
    Endpoint("leave", "POST", "rooms/{room}/leave", (), True, {}),
    Endpoint("forget", "POST", "rooms/{room}/forget", (), True, {}),
]
VERSIONS = Endpoint("versions", "GET", None, (), False, None)
# Tags of org.matrix.custom.html that a client is to permit, with their attributes (spec v1.11, m.room.message msgtypes).
PLAIN_TAGS = ("del h1 h2 h3 h4 h5 h6 blockquote p ul sup sub li b i u strong em s hr br table thead tbody tr th td caption pre "
              "details summary").split()
TAGS = {**{tag: () for tag in PLAIN_TAGS}, "a": ("target", "href"), "ol": ("start",), "code": ("class",),
        "span": ("data-mx-bg-color", "data-mx-color", "data-mx-spoiler", "data-mx-maths"), "div": ("data-mx-maths",),
        "img": ("width", "height", "alt", "title", "src")}
EMPTY = ("br", "hr", "img")
LINKS = ("http://", "https://", "mailto:")
DEPTH_MOST = 100


class Refusal(peer.Refusal):
    """As a homeserver tells it."""

    def __init__(self, status, code, fault=None, headers=(), **members):
        super().__init__(code, fault)
        self.status, self.code, self.headers, self.members = status, code, headers, members

    @property
    def body(self):
        return json.dumps({"errcode": self.code, "error": "refused", **self.members}).encode()


def bad(fault, code="M_BAD_JSON"):
    return Refusal(400, code, fault)


# ---- paths ----

def find(verb, target):
    """The endpoint that a request means, the parts of its path and its query. Raises Refusal."""
    path, _, query = target.partition("?")
    if path == CLIENT + "versions":
        endpoint, parts = VERSIONS, {}
    else:
        endpoint, parts = matching(path, verb)
    if verb != endpoint.verb:
        raise Refusal(405, "M_UNRECOGNIZED", f"{verb} for {endpoint.name}")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    for name, _ in pairs:
        if name not in endpoint.queries:
            raise Refusal(400, "M_INVALID_PARAM", f"{endpoint.name} with a query {name!r}")
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refusal(400, "M_INVALID_PARAM", f"{endpoint.name} with the same query twice")
    return endpoint, parts, dict(pairs)


def matching(path, verb):
    given = path.removeprefix(CLIENT + "v3/").split("/") if path.startswith(CLIENT + "v3/") else []
    found = None
    for endpoint in ENDPOINTS:
        wanted = endpoint.path.split("/")
        if len(wanted) != len(given) or any(a != b and a[0] != "{" for a, b in zip(wanted, given)):
            continue
        found = endpoint, {a[1:-1]: urllib.parse.unquote(b, errors="strict") for a, b in zip(wanted, given) if a[0] == "{"}
        if endpoint.verb == verb:
            break
    if not found:
        raise Refusal(404, "M_UNRECOGNIZED", f"it asks for {verb} {path[:200]}")
    return found


# ---- bodies ----

def unique(pairs):
    if len(dict(pairs)) < len(pairs):
        raise bad("a member stands twice in the body")
    return dict(pairs)


def read_body(endpoint, request):
    """The members of a request's body. Raises Refusal."""
    name = endpoint.name
    if endpoint.members is None:
        if request.body:
            raise bad(f"{name} with a body")
        return {}
    kind = request.headers.get("content-type", "")
    if kind.split(";")[0].strip() != "application/json":
        raise bad(f"{name}: the body's type is {kind!r}", "M_NOT_JSON")
    try:
        body = json.loads(request.body.decode("utf-8"), object_pairs_hook=unique)
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no UTF-8
    except ValueError as error:
        raise bad(f"{name}: the body is no JSON in UTF-8: {error}", "M_NOT_JSON") from None
    if not isinstance(body, dict):
        raise bad(f"{name}: the body is no object")
    for member, value in body.items():
        if member not in endpoint.members:
            raise bad(f"{name}: a member {member!r}, which it never sends")
        if type(value) is not endpoint.members[member][0]:  # a truth value is no integer
            raise bad(f"{name}: {member} is {value!r}"[:200])
    for member, (_, needed) in endpoint.members.items():
        if needed and member not in body:
            raise bad(f"{name}: there is no {member}")
    return body


def check_filter(body):
    room = body["room"]
    types = room.get("timeline", {}).get("types", [])
    missing = {"m.room.message", "m.room.encrypted", "m.reaction", "m.room.member", "m.room.tombstone"} - set(types)
    if missing or not room.get("state", {}).get("lazy_load_members") or not 1 <= room["timeline"].get("limit", 0) <= 100:
        raise bad(f"filter: it lacks {sorted(missing)} or is not lazy or bounded: {body}")
    for silent in (body["presence"], body["account_data"], room.get("ephemeral", {}), room.get("account_data", {})):
        if silent.get("types") != [] and silent.get("not_types") != ["*"]:
            raise bad(f"filter: it wants what it does not need: {body}")
    return types, room["timeline"]["limit"]


def check_message(body, room):
    """What a message of the bot must be, beside members and types. Raises Refusal."""
    if body["msgtype"] != "m.notice":
        raise bad(f"send: the msgtype is {body['msgtype']!r}")
    if not body["body"].strip():
        raise bad("send: the body is empty")
    if ("format" in body) != ("formatted_body" in body) or body.get("format", "org.matrix.custom.html") != "org.matrix.custom.html":
        raise bad(f"send: format is {body.get('format')!r}")
    event = {"type": "m.room.message", "content": body, "room_id": room, "event_id": "$" + 43 * "x", "sender": 64 * "x",
             "origin_server_ts": 10**12, "depth": 10**9, "hashes": {"sha256": 43 * "x"}, "prev_events": 20 * [44 * "x"],
             "auth_events": 4 * [44 * "x"], "signatures": {"example.org": {"ed25519:abcdef": 86 * "x"}}}
    size = len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    if size > EVENT_MOST:
        raise Refusal(413, "M_TOO_LARGE", f"send: an event of {size} bytes")
    if "formatted_body" in body:
        for fault in Html(body["formatted_body"], body["body"]).faults:
            raise bad(f"send: {fault}: {body['formatted_body'][:300]!r}")


class Html(html.parser.HTMLParser):
    """Reads a formatted_body; `faults` are sentences, `text` is what it says."""

    def __init__(self, source, plain=None):
        super().__init__(convert_charrefs=False)
        self.faults, self.open, self.text = [], [], ""
        self.feed(source)
        self.close()
        if self.open:
            self.faults.append(f"tags are not ended: {self.open}")
        if re.search(r"&(?!#?\w+;)", source):
            self.faults.append("an & is not escaped")
        more = set(re.findall(r"\w+", self.text)) - set(re.findall(r"\w+", plain)) if plain is not None else ()
        if more:
            self.faults.append(f"the body is not complete without the HTML, which says {sorted(more)[:5]}")

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.faults.append(f"the tag <{tag}> is not allowed")
        for name, value in attrs:
            if name not in TAGS.get(tag, ()):
                self.faults.append(f"<{tag} {name}> is not allowed")
            if name == "href" and not (value or "").startswith(LINKS):
                self.faults.append(f"a link to {value!r}")
            if name == "src" and not (value or "").startswith("mxc://"):
                self.faults.append(f"a picture from {value!r}")
            if (tag, name) == ("code", "class") and not (value or "").startswith("language-"):
                self.faults.append(f"a class {value!r}")
        if tag not in EMPTY:
            self.open.append(tag)
        if len(self.open) > DEPTH_MOST:
            self.faults.append("more than 100 tags in each other")

    def handle_endtag(self, tag):
        if tag not in EMPTY and (not self.open or self.open.pop() != tag):
            self.faults.append(f"</{tag}> ends nothing")

    def handle_data(self, data):
        if "<" in data:
            self.faults.append("a < is not escaped")
        self.text += data

    def handle_entityref(self, name):
        self.text += html.unescape(f"&{name};")

    def handle_charref(self, name):
        self.text += html.unescape(f"&#{name};")

    def handle_comment(self, _data):
        self.faults.append("a comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


# ---- what is kept of requests ----

class Call:
    """A request in the log: when it came, what it asked, and the status of its answer (None: none yet, or none ever)."""

    def __init__(self, request):
        self.time, self.verb, self.target = request.arrived, request.verb, request.target
        self.name, self.parts, self.query, self.body, self.status, self.bearer = "?", {}, {}, {}, None, None

    @property
    def room(self):
        return self.parts.get("room")

    def __repr__(self):
        return f"<{self.name} {self.room or ''} {self.status} {json.dumps(self.body, ensure_ascii=False)[:200]}>"
