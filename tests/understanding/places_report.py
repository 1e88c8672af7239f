#!/usr/bin/env python3
"""Runs messages that mention places through `selvhjelpsctl understand` and reports how many places are found.

    places_report.py [--ctl build/selvhjelpsctl] [--kinds a,b] [--quiet] FILE…

A FILE has one message a line, expected<TAB>kind<TAB>asked<TAB>message (`#` starts a comment). Expected is a kommune's
number; `lives:` and a number where another place is mentioned too; numbers joined by | where a name has several
meanings (all of them must be found: a guess is wrong); numbers joined by + where several places are asked about;
`region` for a part of the country; `abroad`; `-` where no place is mentioned. `asked` in the third column means that
the bot has just asked where the person lives, `-` that it has not.

Reported are the share that is right over all and for each kind, how many of the right ones would be confirmed with a
question first, how many are guesses (one place was taken where several are meant, or another than the right one), and,
without --quiet, each wrong message with what was found.
"""
import argparse
import json
import subprocess
import sys
from collections import defaultdict


class Case:
    """A message, which place it should give, and what it gave."""

    def __init__(self, expected, kind, asked, text):
        self.expected, self.kind, self.asked, self.text = expected, kind, asked, text
        self.understood = {}

    @property
    def main(self):
        return self.understood.get("place") or next(iter(self.understood["mentions"]), None)

    @property
    def abroad(self):
        return self.understood.get("abroad")

    @property
    def sure(self):
        return not self.main or self.main.get("sure", True)

    def kommuner(self, mention=None):
        mention = mention or self.main
        return [candidate["kommune_number"] for candidate in mention["candidates"]] if mention else []

    def is_region(self):
        return bool(self.main) and all(c["precision"] == "region" for c in self.main["candidates"])

    @property
    def right(self):
        wanted = self.expected.removeprefix("lives:")
        if wanted == "-":
            return not self.main and not self.abroad
        if wanted == "abroad":
            return bool(self.abroad)
        if wanted == "region":
            return self.is_region()
        if "+" in wanted:
            found = [self.kommuner(mention) for mention in self.understood["mentions"]]
            return sorted(k[0] for k in found if len(k) == 1) == sorted(wanted.split("+"))
        if "|" in wanted:
            return set(wanted.split("|")) <= set(self.kommuner())
        return self.kommuner() == [wanted]

    @property
    def guessed(self):
        """A single wrong place is taken for certain."""
        return not self.right and self.sure and len(self.kommuner()) == 1

    def found(self):
        mention = self.main
        if self.abroad:
            return f"abroad: {self.abroad}"
        if not mention:
            return "-"
        names = "|".join(f"{c['kommune_number']} {c['name']}" for c in mention["candidates"][:4])
        return f"{'' if self.sure else '? '}{mention['text']} → {names}" + (
            f" (+{len(self.understood['mentions']) - 1})" if len(self.understood["mentions"]) > 1 else "")


def read_cases(path):
    cases = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) != 4 or fields[2] not in ("asked", "-"):
                sys.exit(f"{path}:{number}: not expected<TAB>kind<TAB>asked<TAB>message")
            cases.append(Case(*fields))
    return cases


def understand(ctl, cases):
    """Fills in what the program makes of the cases."""
    for asked in ("asked", "-"):
        batch = [case for case in cases if case.asked == asked]
        command = ctl + ["understand"] + (["--asked-place"] if asked == "asked" else [])
        answer = subprocess.run(command, input="".join(case.text + "\n" for case in batch), stdout=subprocess.PIPE,
                                text=True, encoding="utf-8", check=True)
        for case, line in zip(batch, answer.stdout.splitlines(), strict=True):
            case.understood = json.loads(line)


def report(title, cases, quiet):
    right = sum(case.right for case in cases)
    print(f"{title}: {right} of {len(cases)} right ({100 * right / max(1, len(cases)):.1f} %), "
          f"{sum(case.right and not case.sure for case in cases)} of these asked about first, "
          f"{sum(case.guessed for case in cases)} guessed wrong")
    kinds = defaultdict(list)
    for case in cases:
        kinds[case.kind].append(case)
    for kind, members in sorted(kinds.items()):
        print(f"  {kind:15} {sum(case.right for case in members):4} of {len(members)}")
    if not quiet:
        for case in cases:
            if not case.right:
                print(f"{case.kind}\t{case.expected}\t{case.found()}\t{case.text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ctl", default="build/selvhjelpsctl")
    parser.add_argument("--kinds", help="only these, divided by commas")
    parser.add_argument("--quiet", action="store_true", help="no wrong messages")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    kinds = options.kinds.split(",") if options.kinds else None
    for path in options.files:
        cases = [case for case in read_cases(path) if not kinds or case.kind in kinds]
        understand(options.ctl.split(), cases)
        report(path, cases, options.quiet)


if __name__ == "__main__":
    main()
