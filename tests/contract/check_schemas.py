#!/usr/bin/python3
"""Holds payloads of the contract against bot/wire/schema/*.schema.json.

    check_schemas.py                 the self test: the schemas are valid, good examples pass, bad ones fail
    check_schemas.py -               lines `kind JSON` on stdin (kind: in, accepted, out, delivered, status, ask, answer)
    check_schemas.py KIND FILE ...   files with one payload each

Exit status 1 with a line for each fault. Live tests import it: `validate(kind, payload) -> list of errors`.
"""
import json
import re
import sys
from pathlib import Path

import jsonschema

FOLDER = Path(__file__).resolve().parents[2] / "bot" / "wire" / "schema"
KINDS = ("in", "accepted", "out", "delivered", "status", "ask", "answer")
LARGEST = {"in": 32 * 1024, "accepted": 256 * 1024, "out": 16 * 1024, "delivered": 256 * 1024, "status": 16 * 1024,
           "ask": 256 * 1024, "answer": 256 * 1024}
# A schema counts characters and single lists; these limits are in bytes or go over several lists.
BYTES = {"in": {"kind": 32, "text": 32 * 1024}, "accepted": {"reason": 200}, "out": {"label": 200, "text": 16 * 1024},
         "delivered": {"reason": 200}, "status": {"version": 40}, "ask": {"ask": 40, "with": 2000}, "answer": {"error": 4000, "columns": 40}}

_checker = jsonschema.FormatChecker(formats=())


@_checker.checks("date-time")
def _is_time(text):
    """RFC 3339 in the calendar's days (python3-jsonschema checks it only with a package more)."""
    if not isinstance(text, str):
        return True
    m = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-](\d\d):(\d\d))", text, re.ASCII)
    if not m:
        return False
    year, month, day, hour, minute, second = (int(m[i]) for i in range(1, 7))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (year >= 1970 and 1 <= month <= 12 and 1 <= day <= days[month - 1] and hour <= 23 and minute <= 59
            and second <= 60 and int(m[9] or 0) <= 23 and int(m[10] or 0) <= 59)


def schema(kind):
    return json.loads((FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8"))


_validators = {}


def _validator(kind):
    if kind not in _validators:
        _validators[kind] = jsonschema.Draft202012Validator(schema(kind), format_checker=_checker)
    return _validators[kind]


def _no_doubles(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member stands twice")
    return dict(pairs)


def _texts(value, name=""):
    """All texts in a payload with the name of their member."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _texts(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member, name)
    elif isinstance(value, str):
        yield name, value


def _named(kind, value):
    """The texts by which limits are looked up: members of `with` have names of their own, unknown members none."""
    if kind == "ask":
        yield from ((name, value[name]) for name in ("id", "ask"))
        yield from (("with", text) for text in value.get("with", {}).values())
    elif kind == "answer":
        yield from _texts({name: value[name] for name in ("id", "error", "columns", "rows") if name in value})
    else:
        yield from _texts(value)


def _beyond_schema(kind, value):
    if any("\0" in text for _, text in _texts(value)):
        yield "a text holds U+0000"
    for name, text in _named(kind, value):
        if name in ("id", "ids", "edits", "answers", "choice", "value", "from") and not text.isprintable():
            yield f"{name}: holds a line end"  # which `$` in a pattern lets through in Python
        if len(text.encode("utf-8", "replace")) > BYTES[kind].get(name, 1 << 30):
            yield f"{name}: longer than {BYTES[kind][name]} bytes"
    if kind == "answer" and any(len(row) != len(value["columns"]) for row in value["rows"]):
        yield "a row is not as long as columns"
    if kind == "accepted" and len(value["ids"]) + len(value["refused"]) > 500:
        yield "more than 500 ids"
    if kind == "out" and sum(len(row) for row in value.get("choices", [])) > 12:
        yield "more than 12 choices"


def validate(kind, payload):
    """Errors of a payload (bytes, text or what json.loads gave) as lines; empty when it keeps the contract."""
    if kind not in KINDS:
        return [f"{kind} is no kind of message; kinds: {', '.join(KINDS)}"]
    if isinstance(payload, (bytes, bytearray, str)):
        raw = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else bytes(payload)
        if len(raw) > LARGEST[kind]:
            return [f"larger than {LARGEST[kind]} bytes"]
        try:
            payload = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_doubles)
        except (ValueError, RecursionError) as e:
            return [f"not JSON in UTF-8: {e}"]
    errors = [f"{'/'.join(str(p) for p in e.absolute_path) or '(whole)'}: {e.message[:300]}"
              for e in _validator(kind).iter_errors(payload)]
    return errors or list(_beyond_schema(kind, payload))


# ---- self test ----

_T = "2026-11-22T05:01:07.123Z"
_IN = {"id": "tok/17/0", "time": _T, "sender": {}}
GOOD = [
    ("in", {**_IN, "text": "Hei på deg\n😢"}), ("in", {**_IN, "text": ""}), ("in", {"id": "1", "time": "2026-11-22T06:01:07+01:00", "text": "a"}),
    ("in", {**_IN, "sender": {"language": "nn-NO", "more": 1}, "late": True, "edits": "tok/16", "text": "a", "unknown": [1]}),
    ("in", {**_IN, "choice": "0123abcd.2"}), ("in", {**_IN, "location": {"lat": 59.9, "lon": -10}}),
    *[("in", {**_IN, "event": e}) for e in ("started", "blocked", "unblocked", "group", "encrypted", "unsupported")],
    ("in", {**_IN, "event": "unsupported", "kind": "voice"}), ("in", {**_IN, "event": "moved", "from": "old_token-1"}),
    ("in", {**_IN, "id": "x" * 300, "text": "a"}),
    ("accepted", {"ids": [], "refused": []}), ("accepted", {"ids": ["a"] * 499, "refused": [{"id": "b", "reason": "no valid time"}]}),
    ("out", {"id": "o", "language": "nb", "text": "Hei **du**"}), ("out", {"id": "o", "language": "nb", "text": "a", "choices": []}),
    ("out", {"id": "o", "answers": "i", "language": "en", "text": "a", "choices": [[{"label": "Ja", "value": "t.1"}, {"label": "Nei", "value": "t.2"}]],
             "ask_location": True, "urgent": True, "expires": _T}),
    ("delivered", {"results": []}),
    ("delivered", {"results": [{"id": "a", "result": "sent"}, {"id": "b", "result": "later", "until": _T, "reason": "429"}, {"id": "c", "result": "never", "reason": "blocked"}]}),
    ("status", {"state": "offline", "since": _T}), ("status", {"state": "online", "since": _T, "version": "0.1.0", "counters": {"accepted": 7}, "faults": ["a:1: x"]}),
    ("ask", {"id": "a", "ask": "counts"}), ("ask", {"id": "x" * 300, "ask": "requests", "with": {}, "unknown": [{}]}), ("ask", {"id": "a", "ask": ""}),
    ("ask", {"id": "a", "ask": "invite", "with": {"scope": "p:link-bergen", "label": "Kåre\nBergen", "coordinator": "", "days": "7", "id": "a b"}}),
    ("ask", {"id": "a", "ask": "å" * 20, "with": {str(i): "å" * 1000 for i in range(8)}}),
    ("answer", {"id": "a", "columns": [], "rows": []}), ("answer", {"id": "a", "error": "there is none", "columns": [], "rows": []}),
    ("answer", {"id": "a", "columns": ["month", "kommune"], "rows": [["2026-11", "4601"], ["", ""]], "unknown": 1}),
    ("answer", {"id": "a", "columns": ["å" * 20] * 16, "rows": [["Hei\n\"du\" 😢"] * 16] * 500}), ("answer", {"id": "a", "error": "å" * 2000, "columns": [], "rows": [[]]}),
]
BAD = [
    ("in", []), ("in", {}), ("in", "hei"), ("in", b"\xff"), ("in", b'{"id":"1","id":"2"}'), ("in", {**_IN}), ("in", {**_IN, "text": "a", "choice": "b"}),
    ("in", {**_IN, "text": 7}), ("in", {**_IN, "text": "a\0b"}), ("in", {**_IN, "id": "a b", "text": "a"}), ("in", {**_IN, "id": "å", "text": "a"}),
    ("in", {**_IN, "id": "", "text": "a"}), ("in", {**_IN, "id": "x" * 301, "text": "a"}), ("in", {**_IN, "id": "a\n", "text": "a"}), ("in", {**_IN, "time": "i dag", "text": "a"}),
    ("in", {**_IN, "time": "2026-02-30T00:00:00Z", "text": "a"}), ("in", {**_IN, "time": "2026-11-22 05:01:07Z", "text": "a"}), ("in", {**_IN, "time": 7, "text": "a"}),
    ("in", {"time": _T, "text": "a"}), ("in", {**_IN, "late": False, "text": "a"}), ("in", {**_IN, "choice": "x" * 65}), ("in", {**_IN, "choice": "å"}),
    ("in", {**_IN, "location": {"lat": 91, "lon": 0}}), ("in", {**_IN, "location": {"lat": 1}}), ("in", {**_IN, "event": "exploded"}), ("in", {**_IN, "event": "moved"}),
    ("in", {**_IN, "event": "moved", "from": "a b"}), ("in", {**_IN, "event": "unsupported", "kind": "å" * 17}), ("in", '{"id":"1","time":"%s","text":"%s"}' % (_T, "a" * 32768)),
    ("accepted", {"ids": []}), ("accepted", {"ids": ["a"] * 500, "refused": [{"id": "b", "reason": "x"}]}), ("accepted", {"ids": [7], "refused": []}),
    ("accepted", {"ids": [], "refused": [{"id": "a"}]}),
    ("out", {"id": "o", "language": "nb"}), ("out", {"id": "o", "language": "de", "text": "a"}), ("out", {"id": "o", "language": "nb", "text": ""}),
    ("out", {"id": "o", "language": "nb", "text": "a", "choices": [{"label": "a", "value": "b"}]}), ("out", {"id": "o", "language": "nb", "text": "a", "choices": [[{"label": "a"}]]}),
    ("out", {"id": "o", "language": "nb", "text": "a", "choices": [[{"label": "a", "value": "x" * 65}]]}), ("out", {"id": "o", "language": "nb", "text": "a", "choices": [[{"label": "a", "value": "å"}]]}),
    ("out", {"id": "o", "language": "nb", "text": "a", "choices": [[{"label": "a", "value": str(i)}] * 2 for i in range(7)]}), ("out", {"id": "o", "language": "nb", "text": "a", "urgent": "ja"}),
    ("out", {"id": "o", "language": "nb", "text": "å" * 9000}),
    ("delivered", {}), ("delivered", {"results": [{"id": "a", "result": "perhaps"}]}), ("delivered", {"results": [{"id": "a", "result": "later", "until": "soon"}]}),
    ("delivered", {"results": [{"id": "a", "result": "sent"}] * 501}),
    ("status", {"since": _T}), ("status", {"state": "up", "since": _T}), ("status", {"state": "online", "since": _T, "counters": {"a": "b"}}), ("status", {"state": "online", "since": _T, "faults": ["x"] * 9}),
    ("ask", []), ("ask", {}), ("ask", {"id": "a"}), ("ask", {"ask": "counts"}), ("ask", {"id": "a b", "ask": "counts"}), ("ask", {"id": "", "ask": "counts"}),
    ("ask", {"id": "a\n", "ask": "counts"}), ("ask", {"id": "x" * 301, "ask": "counts"}), ("ask", {"id": 7, "ask": "counts"}), ("ask", {"id": "a", "ask": ["counts"]}),
    ("ask", {"id": "a", "ask": "x" * 41}), ("ask", {"id": "a", "ask": "å" * 21}), ("ask", {"id": "a", "ask": "counts", "with": []}), ("ask", {"id": "a", "ask": "counts", "with": None}),
    ("ask", {"id": "a", "ask": "counts", "with": {"days": 7}}), ("ask", {"id": "a", "ask": "counts", "with": {str(i): "" for i in range(9)}}),
    ("ask", {"id": "a", "ask": "counts", "with": {"label": "x" * 2001}}), ("ask", {"id": "a", "ask": "counts", "with": {"label": "å" * 1001}}), ("ask", {"id": "a", "ask": "counts", "with": {"label": "a\0b"}}),
    ("ask", b'{"id":"a","ask":"counts","with":{"a":"1","a":"2"}}'), ("ask", b'{"id":"a","ask":"counts","with":{"a":"\xe5"}}'), ("ask", '{"id":"a","ask":"counts","more":"%s"}' % ("x" * 262144)),
    ("answer", []), ("answer", {"id": "a", "columns": []}), ("answer", {"id": "a", "rows": []}), ("answer", {"columns": [], "rows": []}), ("answer", {"id": "a b", "columns": [], "rows": []}),
    ("answer", {"id": "a", "error": "", "columns": [], "rows": []}), ("answer", {"id": "a", "error": 7, "columns": [], "rows": []}), ("answer", {"id": "a", "error": "å" * 2001, "columns": [], "rows": []}),
    ("answer", {"id": "a", "columns": ["a"] * 17, "rows": []}), ("answer", {"id": "a", "columns": [7], "rows": []}), ("answer", {"id": "a", "columns": ["å" * 21], "rows": []}), ("answer", {"id": "a", "columns": "a", "rows": []}),
    ("answer", {"id": "a", "columns": ["a"], "rows": [["x", "y"]]}), ("answer", {"id": "a", "columns": ["a", "b"], "rows": [["x", "y"], ["x"]]}), ("answer", {"id": "a", "columns": ["a"], "rows": [["x"], []]}),
    ("answer", {"id": "a", "columns": ["a"], "rows": [[7]]}), ("answer", {"id": "a", "columns": ["a"], "rows": ["x"]}), ("answer", {"id": "a", "columns": ["a"], "rows": [[None]]}), ("answer", {"id": "a", "columns": ["a"], "rows": {}}),
    ("answer", {"id": "a", "columns": ["a"], "rows": [["x\0"]]}), ("answer", '{"id":"a","columns":["a"],"rows":[["%s"]]}' % ("x" * 262144)), ("answer", b'{"id":"a","columns":["a"],"rows":[["\xe5"]]}'),
    ("other", {}),
]


def self_test():
    faults = []
    for kind in KINDS:
        try:
            jsonschema.Draft202012Validator.check_schema(schema(kind))
        except jsonschema.SchemaError as e:
            faults.append(f"{kind}.schema.json is no schema: {e.message}")
    for kind, payload in GOOD:
        for form in (payload, json.dumps(payload), json.dumps(payload, ensure_ascii=False).encode()):
            faults += [f"good {kind} refused ({e}): {str(payload)[:120]}" for e in validate(kind, form)]
    for kind, payload in BAD:
        if not validate(kind, payload):
            faults.append(f"bad {kind} passed: {str(payload)[:120]}")
    return faults


def main(args):
    if not args:
        faults = self_test()
        print("\n".join(faults) or f"schemas: {len(GOOD)} good and {len(BAD)} bad examples as they should be")
        return 1 if faults else 0
    count, faults = 0, []
    if args == ["-"]:
        for number, line in enumerate(sys.stdin.buffer, 1):
            kind, _, payload = line.strip().partition(b" ")
            if kind:
                count += 1
                faults += [f"line {number}: {kind.decode('ascii', 'replace')}: {e}" for e in validate(kind.decode("ascii", "replace"), payload)]
    elif len(args) >= 2:
        for name in args[1:]:
            count += 1
            faults += [f"{name}: {e}" for e in validate(args[0], Path(name).read_bytes())]
    else:
        print(__doc__, file=sys.stderr)
        return 64
    print("\n".join(faults) or f"{count} payloads keep the contract")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
