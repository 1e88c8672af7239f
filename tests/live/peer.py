"""What the strict stand-ins for a network's server share (matrix_peer.py, telegram_peer.py): the record of what a bridge did
wrong, the faults that a test asks for, and the end. What the network itself asks and answers is in them."""

import collections
import re
import threading
import time
import traceback

from rig import PATIENCE

from telegram_http import HttpServer

GATEWAY_PAGE = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"
GRACE = 0.25 * PATIENCE  # after which a connection that ended is known to have ended


class Refusal(Exception):
    """An answer that is no success. `fault`: the sentence for the violations, or None when the bridge could not know."""

    def __init__(self, what, fault):
        super().__init__(what)
        self.fault = fault


class Fault:
    """What is to go wrong, in one room or chat or (None) in all. `times`: how often still (None: without end); `until`: then
    it is over."""

    def __init__(self, what, times, chat):
        self.what, self.kind, self.chat = what, what[0], chat
        self.value = what[1] if len(what) > 1 else None
        self.after = "after" in what[1:] or self.kind == "cut"
        self.until = time.monotonic() + what[1] if self.kind == "429 for" else None
        self.times = None if self.until else times

    def over(self):
        return self.times == 0 or (self.until is not None and time.monotonic() >= self.until)


class Hold:
    """A 429 that was told: when, and until when the bridge has to wait."""

    def __init__(self, seconds):
        self.told = time.monotonic()
        self.until = self.told + seconds


class Peer:
    """A class for a network has: call_of, the log's entry for a request; route, which answers a request or raises a Refusal;
    answer_of, carry_out, refuse and finish (the answer); own_fault, for the faults that it alone knows."""

    name = "the peer"

    def __init__(self):
        """The server runs from here on: what the class needs has to be there already."""
        self.lock = threading.RLock()
        self.violations, self.expected = [], []
        self.requests, self.counts = collections.deque(maxlen=50_000), collections.Counter()
        self.faults = collections.defaultdict(list)
        self.holds, self.in_flight = {}, {}
        self.settled = 0.0  # when the last doubtful case is decided
        self.server = HttpServer(self.handle, lambda why: self.violation(f"HTTP: {why}"))

    # ---- for tests ----

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}"

    def down(self):
        """Ends all connections; nobody listens until up()."""
        self.server.down()

    def up(self):
        self.server.up()

    def add_fault(self, name, fault):
        with self.lock:
            self.faults[name].append(fault)
            return fault

    def expect(self, pattern):
        """Violations that match this are what the test is about."""
        self.expected.append(re.compile(pattern))

    def undeclared(self):
        with self.lock:
            return [one for one in self.violations if not any(pattern.search(one) for pattern in self.expected)]

    def check(self):
        found = self.undeclared()
        assert not found, f"{len(found)} violations:\n  " + "\n  ".join(found[:20])

    def end(self):
        """Ends the server, once the doubtful cases are decided."""
        time.sleep(max(0.0, self.settled - time.monotonic()))
        self.server.close()

    def close(self):
        """Ends the server; fails when there are violations."""
        self.end()
        self.check()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.end()
        if kind is None:
            self.check()
        elif self.undeclared():
            print(f"{self.name} saw:\n  " + "\n  ".join(self.undeclared()[:20]), flush=True)

    # ---- requests; all below runs in the server's thread ----

    def violation(self, sentence):
        with self.lock:
            self.counts["violations"] += 1
            if len(self.violations) < 1000:
                self.violations.append(sentence)

    def handle(self, request):
        with self.lock:
            call = self.call_of(request)
            try:
                self.route(request, call)
            except Refusal as refusal:
                self.refuse(request, call, refusal)
            except Exception:  # a fault of this file or its kin: shown, and the client is not left waiting
                self.violation("the peer itself fails: " + traceback.format_exc())
                request.reset()

    def doubtful(self, request, sentence, then=None):
        """A violation unless the connection of this request has ended already and we do not know yet."""
        def decide():
            if not request.connection.ended:
                self.violation(sentence)
                if then:
                    then()

        self.settled = time.monotonic() + GRACE + 0.05
        self.server.later(GRACE, decide)

    def next_fault(self, name, chat):
        for one in (name, "*"):
            self.faults[one] = [fault for fault in self.faults[one] if not fault.over()]
            for fault in self.faults[one]:
                if fault.chat in (None, chat):
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None

    def apply(self, fault, request, call):
        self.counts[f"fault {fault.kind}"] += 1
        answer = self.answer_of(call) if fault.after else None
        kind, value = fault.kind, fault.value
        if kind == "status":
            self.finish(request, call, value, (*fault.what, GATEWAY_PAGE)[2], content_type="text/html")
        elif kind == "cut":
            self.finish(request, call, *answer, cut=True)
        elif kind == "reset":
            request.reset()
        elif kind == "slow" and fault.after:
            self.server.later(value, lambda: self.finish(request, call, *answer))
        elif kind == "slow":
            self.server.later(value, self.after_wait, request, call)
        elif kind != "hang":
            self.own_fault(fault, request, call)

    def after_wait(self, request, call):
        with self.lock:
            if request.live():
                try:
                    self.carry_out(request, call)
                except Refusal as refusal:
                    self.refuse(request, call, refusal)
