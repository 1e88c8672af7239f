#!/usr/bin/python3
"""The cases of behaviour.py in Telegram and in Matrix: the same words, the same answers. The two networks run side by side."""

import concurrent.futures
import sys
import time
import traceback

import telegram_rig
from behaviour import InMatrix, InTelegram, SharedMatrix, tests_of

PLAYS = ((InTelegram, telegram_rig.Shared()), (InMatrix, SharedMatrix()))


def run_network(actor, shared, only):
    """The lines of its tests, and of the end of what they share (violations, schemas, secrets, exit status)."""
    tests = {name: test for name, test in tests_of(actor, shared).items() if only in name}
    lines = [run_one(name, test) for name, test in tests.items()]
    if tests:
        lines.append(run_one(f"test_{actor.__name__[2:].lower()}_ends_well", shared.end))
    return lines


def run_one(name, test):
    started = time.monotonic()
    try:
        test()
        return f"PASS {name} ({time.monotonic() - started:.1f} s)"
    except Exception:  # each test reports by itself; the others still run
        return f"FAIL {name}\n{traceback.format_exc()}"


def main(only=""):
    with concurrent.futures.ThreadPoolExecutor(len(PLAYS)) as pool:
        lines = [line for one in [pool.submit(run_network, *play, only) for play in PLAYS] for line in one.result()]
    print("\n".join(lines))
    failed = sum(line.startswith("FAIL") for line in lines)
    print(f"{len(lines) - failed} passed, {failed} failed", flush=True)
    return 1 if failed or not lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
