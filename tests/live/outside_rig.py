"""What the tests against software of others share (synapse_rig.py, telegram_api_rig.py): the bridge, and who listens to the
broker."""

import json

from rig import TOPICS, Client, Process, wait_until

import check_schemas
from desk_rig import table


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Bridge(Process):
    """The program under test; `up`: what it logs when it is."""

    up = "connected to the broker"

    def end(self):
        """A program that still runs must end well; under a sanitizer this shows its leaks."""
        if self.running():
            status = self.stop()
            assert status == 0, f"exit status {status}: " + self.log_text()[-3000:]

    def again(self):
        before = self.log_text().count(self.up)
        self.start()
        wait_until("the bridge is back", lambda: self.log_text().count(self.up) > before, 20)


class Sniffer(Client):
    """Everything that goes through the broker; held to the contract's schemas at the end."""

    network = "?"

    def __init__(self, r):
        super().__init__(r.port, "sniffer", [f"{TOPICS}/#"])
        r.callback(self.end)

    def end(self):
        self.close()
        for topic, payload in self.all():
            faults = check_schemas.validate(topic.split("/")[0], json.loads(payload))
            assert not faults, ([fault[-300:] for fault in faults], topic, payload)

    def all(self):
        with self.lock:
            return [(topic[len(TOPICS) + 1:], payload) for topic, payload, _ in self.messages]

    def ins(self):
        """(chat token, message) of each that the bridge published, repeats too."""
        return [(topic.split("/")[2], json.loads(payload)) for topic, payload in self.all()
                if topic.startswith(f"in/{self.network}/")]

    def status(self):
        found = [payload for topic, payload in self.all() if topic == f"status/{self.network}"]
        return json.loads(found[-1]) if found else {}


def requests(r):
    """What the core has stored, by reference."""
    done = r.ctl("requests", "--personal", core__database=r.path("core.db"))
    assert done.returncode == 0, done.stderr
    return {row["reference"]: row for row in table(done.stdout)}
