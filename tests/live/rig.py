"""What the live tests share: a real mosquitto, the real programs, a bridge played in Python, and a small runner.

Everything listens on 127.0.0.1 and a free port, lives in one temporary folder, and is ended by process id."""

import collections
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
BUILD = BUILD if os.path.isabs(BUILD) else os.path.join(ROOT, BUILD)
TOPICS = "selvhjelp/v1"
# A sanitized or loaded run is slower; every deadline is multiplied, none is a measurement.
PATIENCE = float(os.environ.get("PATIENCE", "1"))

sys.path.insert(0, os.path.join(ROOT, "tests", "contract"))

# Ended from outside, a test unwinds like any other, so that its broker and programs end with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, condition, seconds=10.0, every=0.01):
    """Wait for a condition; its value when it is true. Raises with `what` when the time is over."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds * PATIENCE:.0f} s in vain: {what}")
        time.sleep(every)


def never(what, condition, seconds=1.0, every=0.02):
    """The condition must stay false for the whole time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert not condition(), f"this must not happen: {what}"
        time.sleep(every)


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 10**6 % 1000:03d}Z"


class Process:
    """A program under test: started with its log in a file, stopped or killed by process id."""

    def __init__(self, arguments, log, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=None):
        self.arguments, self.log, self.cwd, self.stdin, self.stdout = arguments, log, cwd, stdin, stdout
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.arguments, cwd=self.cwd, stdin=self.stdin,
                                            stdout=self.stdout or log, stderr=log)
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill(self):
        """kill -9, and reap."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(10)

    def stop(self, seconds=10):
        """SIGTERM; the exit status."""
        if not self.process:
            return None
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{os.path.basename(self.arguments[0])} does not end on SIGTERM")

    def ended(self, seconds=10):
        """Waits for the end by itself; the exit status."""
        return self.process.wait(seconds * PATIENCE)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def logged(self, words, seconds=10):
        wait_until(f"{os.path.basename(self.arguments[0])} logs {words!r}", lambda: words in self.log_text(), seconds)


class Rig(contextlib.ExitStack):
    """A temporary folder with a broker; what is made through it ends with it."""

    def __enter__(self):
        super().__enter__()
        self.folder = tempfile.mkdtemp(prefix="selvhjelpsbot-live-")
        self.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.broker = self.start_broker()
        return self

    def path(self, name):
        return os.path.join(self.folder, name)

    def start_broker(self):
        with open(self.path("mosquitto.conf"), "w", encoding="utf-8") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
                       "max_inflight_messages 0\nmax_queued_messages 10000\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        broker = Process([program, "-c", self.path("mosquitto.conf")], self.path("broker.log")).start()
        self.callback(broker.kill)

        def answers():
            assert broker.running(), "the broker does not start: " + broker.log_text()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
        wait_until("the broker answers", answers)
        return broker

    def restart_broker(self):
        self.broker.kill()
        self.broker = self.start_broker()

    def options(self, **settings):
        """`-o` arguments: the rig's broker, quick repeats, and the given settings (`core__hits=2`)."""
        chosen = {
            "broker.port": self.port,
            "core.repeat_first_seconds": 0.3,
            "core.repeat_most_seconds": 1.0,
            "core.status_seconds": 1,
            "core.messages_a_minute": 0,
            "bridge.repeat_first_seconds": 0.3,
            "bridge.repeat_most_seconds": 1.0,
        }
        chosen.update({name.replace("__", "."): value for name, value in settings.items()})
        return [part for name, value in chosen.items() for part in ("-o", f"{name}={value}")]

    def core(self, name="core", wait=True, **settings):
        settings.setdefault("core__database", self.path(f"{name}.db"))
        core = Process([os.path.join(BUILD, "selvhjelpsbot"), *self.options(**settings)], self.path(f"{name}.log"))
        self.callback(core.kill)
        core.start()
        if wait:
            self.wait_core(core)
        return core

    def wait_core(self, core):
        seen = core.log_text().count("connected to the broker")
        def ready():
            assert core.running(), "the core does not start: " + core.log_text()[-2000:]
            return core.log_text().count("connected to the broker") > max(0, seen - 1) and "ready:" in core.log_text()
        wait_until("the core is ready", ready)

    def again(self, core):
        """Starts a killed core again and waits for its connection."""
        before = core.log_text().count("connected to the broker")
        core.start()
        wait_until("the core is back", lambda: core.log_text().count("connected to the broker") > before)

    def bridge(self, network="test", **options):
        bridge = Bridge(self.port, network, **options)
        self.callback(bridge.close)
        return bridge

    def ctl(self, *arguments, **settings):
        """Runs selvhjelpsctl; the finished process with its output."""
        return subprocess.run([os.path.join(BUILD, "selvhjelpsctl"), *self.options(**settings), *arguments], cwd=ROOT,
                              capture_output=True, text=True, timeout=60 * PATIENCE)


class Client:
    """An MQTT 5 client that keeps what it receives."""

    def __init__(self, port, name, topics, will=None):
        self.messages = []
        self.lock = threading.Lock()
        self.client = paho.Client(client_id=name, protocol=paho.MQTTv5)
        self.client.on_message = self._take
        self.topics = topics
        self.subscribed = threading.Event()
        self.client.on_connect = lambda *_: self.client.subscribe([(topic, 1) for topic in topics])
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.reconnect_delay_set(0.1, 0.5)
        self.client.max_inflight_messages_set(1000)
        properties = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = 1000
        self.client.connect("127.0.0.1", port, keepalive=30, properties=properties)
        self.client.loop_start()
        assert self.subscribed.wait(10), "no SUBACK"

    def _take(self, _client, _user, message):
        with self.lock:
            self.messages.append((message.topic, bytes(message.payload), message.retain))
        self.took(message.topic, bytes(message.payload))

    def took(self, topic, payload):
        pass

    def publish(self, topic, payload, retain=False):
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload, ensure_ascii=False)
        return self.client.publish(topic, payload, qos=1, retain=retain)

    def close(self):
        self.client.loop_stop()
        with contextlib.suppress(Exception):
            self.client.disconnect()


class Bridge(Client):
    """A bridge as the contract wants it, in a few lines. `deliver`: whether it delivers by itself; a function of a reply
    says it for each."""

    def __init__(self, port, network="test", deliver=True):
        self.network, self.deliver = network, deliver
        self.accepted, self.refused, self.outs, self.shown = [], {}, [], {}
        super().__init__(port, f"bridge-{network}-{os.getpid()}-{time.monotonic_ns()}",
                         [f"{TOPICS}/accepted/{network}", f"{TOPICS}/out/{network}/+", f"{TOPICS}/status/core"])
        self.count = 0

    def took(self, topic, payload):
        kind = topic[len(TOPICS) + 1:].split("/")
        if kind[0] == "accepted":
            report = json.loads(payload)
            self.accepted += report["ids"]
            self.refused.update({one["id"]: one["reason"] for one in report["refused"]})
        elif kind[0] == "out":
            reply = json.loads(payload)
            reply["chat"] = kind[2]
            # Before the test can see the reply, and change its mind about the next.
            delivers = self.deliver(reply) if callable(self.deliver) else self.deliver
            self.outs.append(reply)
            self.shown.setdefault(reply["id"], reply)
            if delivers:
                self.report(reply["id"])

    def report(self, out_id, result="sent", **more):
        self.publish(f"{TOPICS}/delivered/{self.network}", {"results": [{"id": out_id, "result": result, **more}]})

    def message(self, text=None, **members):
        self.count += 1
        payload = {"id": members.pop("id", f"m{self.count}-{time.monotonic_ns()}"), "time": now(), "sender": {}}
        if text is not None:
            payload["text"] = text
        payload.update(members)
        return payload

    def send(self, chat, text=None, **members):
        """Publishes one `in` message; its id."""
        payload = self.message(text, **members)
        self.publish(f"{TOPICS}/in/{self.network}/{chat}", payload)
        return payload["id"]

    def send_raw(self, chat, payload):
        self.publish(f"{TOPICS}/in/{self.network}/{chat}", payload)

    def reply_to(self, in_id, seconds=10):
        """The reply that answers a message."""
        return wait_until(f"a reply to {in_id}",
                          lambda: next((o for o in list(self.outs) if o.get("answers") == in_id), None), seconds)

    def ask(self, chat, text=None, **members):
        return self.reply_to(self.send(chat, text, **members))

    def replies(self, in_id):
        """The different replies (by id) to a message."""
        return {o["id"] for o in list(self.outs) if o.get("answers") == in_id}

    def wait_accepted(self, in_id, seconds=10):
        wait_until(f"{in_id} is accepted", lambda: in_id in self.accepted or in_id in self.refused, seconds)

    def core_status(self):
        with self.lock:
            found = [payload for topic, payload, _ in self.messages if topic == f"{TOPICS}/status/core"]
        status = {"state": "unknown", "counters": {}, "faults": [], **(json.loads(found[-1]) if found else {})}
        status["counters"] = collections.Counter(status["counters"])
        return status


def run(tests, only=None):
    """Runs test functions, prints a line each and the count; the exit status."""
    passed = failed = 0
    for test in tests:
        if only and only not in test.__name__:
            continue
        started = time.monotonic()
        try:
            test()
            passed += 1
            print(f"PASS {test.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
        except Exception:  # each test reports by itself; the next one still runs
            failed += 1
            print(f"FAIL {test.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


def main(namespace):
    tests = [value for name, value in namespace.items() if name.startswith("test_") and callable(value)]
    sys.exit(run(tests, sys.argv[1] if len(sys.argv) > 1 else None))
