#!/usr/bin/env python3
"""`make bench`: the figures of DESIGN.md §11 in one table, measured side by side in one run.

    bench.py BUILD [PART…]        parts: throughput latency understand nearest memory growth (default: all)

Machines like ours change speed within minutes, so everything that is compared is measured in interleaved pairs, and
what counts is the median of their ratios; the spread stands beside it. Nothing is written outside one temporary
folder (TMPDIR chooses its disk, which is the disk that commits are measured on).

The programs: echo.c (the yardstick), load.c (the load), inside.c (what needs no broker). Standard library only."""

import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MESSAGES = os.path.join(ROOT, "tests", "understanding", "second.tsv")
TOPICS = "selvhjelp/v1"
PAIRS = 9
WAIT_SECONDS = 20


class Bench:
    """The temporary folder, the broker and the programs; `with` ends them all."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.running, self.count, self.rows = [], 0, []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="selvhjelpsbot-bench-")
        self.port = free_port()
        # As deploy/mosquitto, without accounts. Without set_tcp_nodelay Nagle and delayed acknowledgements add some 60 ms
        # to every round trip, beside which no program could be told from another.
        with open(self.path("mosquitto.conf"), "w", encoding="utf-8") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
                       "max_inflight_messages 0\nmax_queued_messages 10000\nlog_type error\nset_tcp_nodelay true\n")
        self.start([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", self.path("mosquitto.conf")], "broker.log")
        wait_for("the broker", lambda: answers(self.port))
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, arguments, log):
        with open(self.path(log), "wb") as file:
            process = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        self.running.append(process)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_SECONDS)
        self.running.remove(process)

    def log(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    @contextlib.contextmanager
    def core(self):
        """The core with a fresh database; yields (process, ms from exec to ready, ms from exec to connected)."""
        self.count += 1
        log = f"core-{self.count}.log"
        started = time.monotonic()
        process = self.start([os.path.join(self.build, "selvhjelpsbot"), "-o", f"broker.port={self.port}", "-o",
                              f"core.database={self.path(f'core-{self.count}.db')}"], log)
        ready = wait_for("the core", lambda: "ready:" in self.log(log), process)
        connected = wait_for("the core's connection", lambda: "connected to the broker" in self.log(log), process)
        yield process, 1000 * (ready - started), 1000 * (connected - started)
        self.stop(process)

    @contextlib.contextmanager
    def echo(self):
        self.count += 1
        log = f"echo-{self.count}.log"
        process = self.start([os.path.join(self.build, "bench", "echo"), str(self.port), TOPICS], log)
        wait_for("the echo client", lambda: "ready" in self.log(log), process)
        yield process
        self.stop(process)

    def tool(self, program, *arguments):
        """Runs a program of the bench; the JSON object that it prints."""
        done = subprocess.run([os.path.join(self.build, "bench", program), *arguments], cwd=ROOT, capture_output=True,
                              text=True, timeout=120, check=False)
        if done.returncode or done.stderr:
            sys.exit(f"bench: {program} {' '.join(arguments)}:\n{done.stderr}")
        return json.loads(done.stdout)

    def load(self, *arguments):
        return self.tool("load", "-p", str(self.port), "-m", MESSAGES, *arguments)

    def row(self, figure, bar, aim, measured, ok=None, note=""):
        self.rows.append((figure, bar, aim, measured, "" if ok is None else "ok" if ok else "MISSED", note))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def wait_for(what, condition, process=None):
    """Waits for a condition; the monotonic time at which it was seen."""
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > end or (process and process.poll() is not None):
            sys.exit(f"bench: waited in vain for {what}")
        time.sleep(0.001)
    return time.monotonic()


def spread(ratios, digits=2):
    return f"{min(ratios):.{digits}f} to {max(ratios):.{digits}f}"


def resident_mib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- the parts ----

def measure_echo(bench, *arguments):
    with bench.echo() as process:
        return {**bench.load("-e", *arguments), "cpu": cpu_seconds(process)}


def measure_core(bench, *arguments):
    with bench.core() as (process, _, _):
        return {**bench.load(*arguments), "cpu": cpu_seconds(process)}


def pairs(bench, count, *arguments):
    """(echo, core) measured in turn, the first of a pair by turns."""
    for i in range(count):
        if i % 2:
            core = measure_core(bench, *arguments)
            yield measure_echo(bench, *arguments), core
        else:
            yield measure_echo(bench, *arguments), measure_core(bench, *arguments)


def throughput(bench):
    measured = list(pairs(bench, PAIRS, "-w", "200", "-c", "1000", "-u", "0.5", "-s", "2.5"))
    ratios = [core["per_second"] / echo["per_second"] for echo, core in measured]
    echoes, cores = ([pair[i]["per_second"] for pair in measured] for i in (0, 1))
    ratio = statistics.median(ratios)
    bench.row("throughput: core / echo", "≥ 0.75", "≥ 0.9", f"{ratio:.2f}", ratio >= 0.75,
              f"{PAIRS} pairs, {spread(ratios)}; ratio of medians "
              f"{statistics.median(cores) / statistics.median(echoes):.2f}")
    bench.row("  messages/s, core", "", "", f"{statistics.median(cores):.0f}",
              note=f"round trip median {statistics.median(c['median_us'] for _, c in measured) / 1000:.1f} ms, "
                   f"99 % {statistics.median(c['p99_us'] for _, c in measured) / 1000:.1f} ms; "
                   f"repeats {sum(c['repeats'] for _, c in measured)}")
    bench.row("  messages/s, echo", "", "", f"{statistics.median(echoes):.0f}",
              note=f"round trip median {statistics.median(e['median_us'] for e, _ in measured) / 1000:.1f} ms")


def latency(bench):
    understanding = bench.tool("inside", "understand", MESSAGES)["all"]["mean"]
    ratios, cores, echoes, transactions = [], [], [], []
    for echo, core in pairs(bench, PAIRS, "-w", "1", "-c", "1000", "-u", "0.2", "-s", "0.8"):
        echoes.append(echo["median_us"])
        cores.append(core["median_us"])
        transactions.append(bench.tool("inside", "transaction", bench.folder, MESSAGES)["median_us"])
        ratios.append(cores[-1] / (echoes[-1] + transactions[-1] + understanding))
    ratio = statistics.median(ratios)
    bench.row("latency: core / (echo + transaction + understanding)", "≤ 1.15", "≤ 1.05", f"{ratio:.2f}", ratio <= 1.15,
              f"{PAIRS} rounds, {spread(ratios)}")
    bench.row("  core, µs", "", "", f"{statistics.median(cores):.0f}",
              note=f"echo {statistics.median(echoes):.0f} + transaction {statistics.median(transactions):.0f} "
                   f"+ understanding {understanding:.0f}")


def understand(bench):
    found = bench.tool("inside", "understand", MESSAGES)
    whole = found["all"]
    bench.row("understanding one message, mean µs", "≤ 20", "≤ 10", f"{whole['mean']:.1f}", whole["mean"] <= 20,
              f"{found['lines']} messages, median of 31 rounds")
    bench.row("understanding one message, 99th percentile µs", "≤ 250", "", f"{whole['p99']:.0f}", whole["p99"] <= 250,
              f"the slowest {whole['most']:.0f}")
    for part in ("normalise", "intents", "mentions", "labels"):
        note = "the learned model" if part == "labels" else ""
        bench.row(f"  {part}, mean and 99 %", "", "", f"{found[part]['mean']:.1f}, {found[part]['p99']:.0f}", note=note)
    bench.row("  patterns without a required word", "", "", str(found["unindexed"]), note="these run on every message")


def nearest(bench):
    found = bench.tool("inside", "nearest", bench.folder)
    bench.row(f"nearest three of {found['points']:,} points, µs", "≤ 20", "", f"{found['us']:.1f}", found["us"] <= 20,
              f"median of 21 rounds over 1,000 places; loading them takes {found['load_ms'] / 1000:.1f} s")


def memory(bench):
    ready, connected, idle = [], [], []
    for _ in range(PAIRS):
        with bench.core() as (process, ready_ms, connected_ms):
            time.sleep(0.2)
            ready.append(ready_ms)
            connected.append(connected_ms)
            idle.append(resident_mib(process))
    with bench.core() as (process, _, _):
        bench.load("-n", "10000")
        worked = resident_mib(process)
    rss, start = statistics.median(idle), statistics.median(connected)
    bench.row("memory with all data, MiB resident", "≤ 32", "", f"{rss:.1f}", rss <= 32)
    bench.row("  after 10,000 messages", "≤ 32", "", f"{worked:.1f}", worked <= 32)
    bench.row("start to connected and subscribed, ms", "≤ 300", "", f"{start:.0f}", start <= 300,
              f"to \"ready\" {statistics.median(ready):.0f}; {PAIRS} starts, {spread(connected, 0)}")


def growth(bench):
    found = bench.tool("inside", "growth", bench.folder, MESSAGES)
    one, batch = found["single"], found["batch"]
    bench.row("growth: latency with 1,000,000 / 1,000 conversations", "≤ 1.3", "≤ 1.1", f"{one['ratio']:.2f}",
              one["ratio"] <= 1.3, f"15 rounds, {one['least']:.2f} to {one['most']:.2f}; turn and commit "
                                   f"{one['small_us']:.0f} → {one['large_us']:.0f} µs")
    bench.row("  the same in batches of 100", "", "", f"{batch['ratio']:.2f}",
              note=f"15 rounds, {batch['least']:.2f} to {batch['most']:.2f}; {batch['small_us']:.0f} → "
                   f"{batch['large_us']:.0f} µs a message")


PARTS = {part.__name__: part for part in (throughput, latency, understand, nearest, memory, growth)}


def print_table(rows):
    rows = [("figure", "bar", "aim", "measured", "", "")] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)] + [row[5]]
        print("  ".join(cells).rstrip())


def main(build, chosen):
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        sys.exit(f"bench: no part is called {unknown[0]}; there are {' '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    with Bench(build) as bench:
        for name in chosen or PARTS:
            print(f"… {name}", file=sys.stderr, flush=True)
            PARTS[name](bench)
    print(f"selvhjelpsbot bench, {time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}, {time.monotonic() - started:.0f} s\n")
    print_table(bench.rows)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
