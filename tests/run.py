#!/usr/bin/python3
"""Runs test programs one after another, counts what passed and failed, and ends with `N passed, N failed`.

run.py NAME=COMMAND …   the command's output must tell its counts: cmocka's lines, or a last line `N passed, N failed`.
A program that ends badly without telling a failure counts as one failed test."""

import re
import subprocess
import sys
import time

CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] .*?(\d+) test", re.M)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed", re.M)


def counts(output, status):
    """(passed, failed) as the output tells it."""
    plain = PLAIN.findall(output)
    if plain:
        passed, failed = map(int, plain[-1])
    else:
        passed = sum(map(int, CMOCKA_PASSED.findall(output)))
        failed = sum(map(int, CMOCKA_FAILED.findall(output)))
    if status and not failed:
        failed = 1
    if not passed and not failed:
        failed = 1  # a program that ran no test has not passed
    return passed, failed


def main():
    all_passed = all_failed = 0
    for argument in sys.argv[1:]:
        name, command = argument.split("=", 1)
        started = time.monotonic()
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        passed, failed = counts(done.stdout, done.returncode)
        all_passed += passed
        all_failed += failed
        skipped = [line for line in done.stdout.splitlines() if "SKIPPED" in line]
        print(f"{'ok  ' if not failed else 'FAIL'} {name}: {passed} passed, {failed} failed "
              f"({time.monotonic() - started:.0f} s)", flush=True)
        for line in skipped:
            print("     " + line, flush=True)
        if failed:
            print(done.stdout[-12000:], flush=True)
    print(f"{all_passed} passed, {all_failed} failed")
    return 1 if all_failed or not all_passed else 0


if __name__ == "__main__":
    sys.exit(main())
