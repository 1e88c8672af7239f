#!/usr/bin/python3
"""Runs test programs, three at a time, counts what passed and failed, and ends with `N passed, N failed`.

run.py NAME=COMMAND …   the command's output must tell its counts: cmocka's lines, or a last line `N passed, N failed`.
A program that ends badly without telling a failure counts as one failed test."""

import concurrent.futures
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
    if not passed and not failed and not re.search(r"^SKIPPED ", output, re.M):
        failed = 1  # a program that ran no test has not passed, unless it says loudly why
    return passed, failed


def run_one(argument):
    """One program; what it printed, its counts, and the seconds it took."""
    name, command = argument.split("=", 1)
    started = time.monotonic()
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    return name, done.stdout, *counts(done.stdout, done.returncode), time.monotonic() - started


def tell(name, output, passed, failed, seconds):
    print(f"{'ok  ' if not failed else 'FAIL'} {name}: {passed} passed, {failed} failed ({seconds:.0f} s)", flush=True)
    for line in output.splitlines():
        if "SKIPPED" in line:
            print("     " + line, flush=True)
    if failed:
        print(output[-12000:], flush=True)


def main():
    """Three at a time on two cores: most of a live test is waiting. The long ones begin first, so that none is left alone at the end."""
    programs = sorted(sys.argv[1:], key=lambda argument: " live " not in argument.split("=", 1)[0])
    all_passed = all_failed = 0
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_one, argument) for argument in programs]):
            tell(*done.result())
            all_passed += done.result()[2]
            all_failed += done.result()[3]
    print(f"{all_passed} passed, {all_failed} failed")
    return 1 if all_failed or not all_passed else 0


if __name__ == "__main__":
    sys.exit(main())
