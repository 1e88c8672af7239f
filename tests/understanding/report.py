#!/usr/bin/env python3
"""Runs labelled messages through `selvhjelpsctl understand` and reports how many are understood.

    report.py [--ctl build/selvhjelpsctl] [--labels a,b,c] [--quiet] FILE…

A FILE has the form of the corpus, one message a line: label<TAB>variety<TAB>message (`#` starts a comment).
Reported are the share of right labels, over all, for each label and for each variety; the share where the label
is right or among the suggestions; the share answered in the language written; the pairs that are confused; how many crisis messages are caught (care certain
or possible) and which other messages raise a false alarm; each wrong message as `want got rule message`; and,
from `selvhjelpsctl patterns`, the time a message takes and the ten slowest patterns over the whole files.

--labels restricts to messages whose label is in the list, --quiet leaves out the wrong messages and the times.
"""
import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict

NO_LABEL = "annet"
CRISIS = "krise_"
LANGUAGES = ("nb", "nn", "en")


class Message:
    """A message, what it should be understood as, and what it was."""

    def __init__(self, label, variety, text):
        self.label, self.variety, self.text = label, variety, text
        self.understood = {}

    @property
    def got(self):
        return self.understood["label"]

    @property
    def care(self):
        return self.understood["care"]

    @property
    def right(self):
        return self.got == self.label

    @property
    def right_or_suggested(self):
        return self.right or self.label in self.understood["suggestions"]

    @property
    def language_right(self):
        return self.understood["language"] == self.variety

    @property
    def is_crisis(self):
        return self.label.startswith(CRISIS)


def read_messages(path, labels):
    messages = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) != 3:
                sys.exit(f"{path}:{number}: not label<TAB>variety<TAB>message")
            if not labels or fields[0] in labels:
                messages.append(Message(*fields))
    return messages


def understand(ctl, messages):
    given = "".join(message.text + "\n" for message in messages)
    run = subprocess.run([ctl, "understand"], input=given, capture_output=True, encoding="utf-8")
    answers = run.stdout.splitlines()
    if run.returncode != 0 or len(answers) != len(messages):
        sys.exit(f"{ctl}: {len(answers)} answers to {len(messages)} messages\n{run.stderr}")
    for message, answer in zip(messages, answers):
        message.understood = json.loads(answer)


def share(part, whole):
    return f"{100 * part / whole:5.1f} %  ({part}/{whole})" if whole else "    –"


def print_shares(title, messages, key):
    groups = defaultdict(list)
    for message in messages:
        groups[key(message)].append(message)
    print(f"\n{title:<20} right                 right or suggested")
    for name in sorted(groups):
        group = groups[name]
        right = share(sum(m.right for m in group), len(group))
        suggested = share(sum(m.right_or_suggested for m in group), len(group))
        print(f"{name:<20} {right:<21} {suggested}")


def print_confusions(messages):
    pairs = Counter((m.label, m.got) for m in messages if not m.right)
    if pairs:
        print("\nconfused (want, got)")
    for (want, got), count in pairs.most_common():
        print(f"{count:4}  {want:<20} {got}")


def print_crisis(messages):
    crisis = [m for m in messages if m.is_crisis]
    calm = [m for m in messages if not m.is_crisis]
    if crisis:
        caught = [m for m in crisis if m.care != "none"]
        print(f"\ncrisis caught        {share(len(caught), len(crisis))}")
        print(f"  certain            {share(sum(m.care == 'certain' for m in crisis), len(crisis))}")
        for message in crisis:
            if message.care == "none":
                print(f"  missed    {message.label:<16} {message.text}")
    for level in ("certain", "possible"):
        alarms = [m for m in calm if m.care == level]
        print(f"\nfalse alarm {level:<8} {share(len(alarms), len(calm))}")
        for message in alarms:
            print(f"  {message.label:<18} {message.understood['rule'] or '':<36} {message.text}")


def print_languages(messages):
    print("\nanswered in the language written")
    for language in LANGUAGES:
        written = [m for m in messages if m.variety == language]
        print(f"{language:<20} {share(sum(m.language_right for m in written), len(written))}")


def print_wrong(messages):
    wrong = [m for m in messages if not m.right]
    if wrong:
        print("\nwrong (want, got, rule, message; ~ marks that the label was suggested)")
    for message in sorted(wrong, key=lambda m: (m.label, m.got)):
        mark = "~" if message.right_or_suggested else " "
        rule = (message.understood["rule"] or "-").removeprefix("intents/")
        print(f"{mark} {message.label:<18} {message.got:<18} {rule:<32} {message.text}")


def print_times(ctl, paths):
    run = subprocess.run([ctl, "patterns", *paths], capture_output=True, encoding="utf-8")
    if run.returncode != 0:
        sys.exit(run.stderr)
    print(f"\n{run.stdout}", end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ctl", default="build/selvhjelpsctl", help="the program (default: %(default)s)")
    parser.add_argument("--labels", default="", help="only messages with these labels, with commas between")
    parser.add_argument("--quiet", action="store_true", help="figures only, no wrong messages, no times")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    labels = {label for label in options.labels.split(",") if label}
    messages = [message for path in options.files for message in read_messages(path, labels)]
    if not messages:
        sys.exit("no messages")
    understand(options.ctl, messages)
    print(f"messages             {len(messages)}")
    print(f"right                {share(sum(m.right for m in messages), len(messages))}")
    print(f"right or suggested   {share(sum(m.right_or_suggested for m in messages), len(messages))}")
    print_shares("label", messages, lambda m: m.label)
    print_shares("variety", messages, lambda m: m.variety)
    print_languages(messages)
    print_confusions(messages)
    print_crisis(messages)
    if not options.quiet:
        print_wrong(messages)
        print_times(options.ctl, options.files)


if __name__ == "__main__":
    main()
