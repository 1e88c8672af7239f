"""Check places.tsv, the gazetteer that make_places.py makes, and print a summary of it (make_places.py --check). Only
the file is read, not what it was made from."""

import re
from collections import Counter, defaultdict

from place_tables import (
    NEIGHBOURS, POSTAL_FYLKER, PRECISIONS, SVALBARD, WORD_KINDS, fold, in_norway, kilometres
)

# Kommuner in each fylke on 1 January 2024.
FYLKE_SIZES = {
    "03": 1, "11": 23, "15": 27, "18": 41, "31": 12, "32": 21, "33": 18, "34": 46, "39": 6, "40": 17, "42": 25,
    "46": 43, "50": 38, "55": 21, "56": 18,
}

# How a postal code got its position, best first; HEADER in make_places.py says what each means.
POST_PRECISIONS = ("street", "town", "interpolated", "kommune")

# How many columns each kind of row has in places.tsv.
COLUMNS = {"fylke": 3, "kommune": 7, "name": 8, "post": 7, "island": 2, "word": 3, "abroad": 3, "border": 5}


def check(path, summary):
    """Check a gazetteer file; return the list of what is wrong. With summary, print counts and the farthest places."""
    wrong = []
    rows = read_rows(path, wrong)
    kommuner = {number: (name, fylke, (float(lat), float(lon))) for number, name, fylke, lat, lon, _ in rows["kommune"]}
    check_kommuner(rows, kommuner, wrong)
    names_far = check_names(rows["name"], kommuner, wrong)
    codes_far = check_codes(rows["post"], kommuner, wrong)
    check_words(rows, wrong)
    if summary:
        summarise(rows, kommuner, names_far, codes_far)
    return wrong


def read_rows(path, wrong):
    """Kind → rows without the kind."""
    rows = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.startswith("#"):
                fields = line.rstrip("\n").split("\t")
                if len(fields) != COLUMNS.get(fields[0]):
                    wrong.append(f"{path}:{number}: unknown row or number of columns")
                else:
                    rows[fields[0]].append(fields[1:])
    return rows


def check_kommuner(rows, kommuner, wrong):
    fylker = {number for number, _ in rows["fylke"]}
    sizes = Counter(fylke for _, fylke, _ in kommuner.values())
    if sizes != Counter(FYLKE_SIZES | {"21": 1}):
        wrong.append(f"kommuner in each fylke: {dict(sizes)}")
    if fylker != set(sizes):
        wrong.append("the fylker are not those of the kommuner")
    for what, numbers in (("kommune", [row[0] for row in rows["kommune"]]), ("code", [row[0] for row in rows["post"]])):
        wrong += [f"{what} {number} stands twice" for number, count in Counter(numbers).items() if count > 1]
    for number, (name, _, at) in kommuner.items():
        if not in_norway(*at, number):
            wrong.append(f"kommune {number} {name}: {at} is outside Norway")


def check_names(rows, kommuner, wrong):
    """Returns (km from the kommune's centre, name, kommune) of each name."""
    seen = Counter()
    far = []
    for text, number, lat, lon, precision, population, _ in rows:
        at = float(lat), float(lon)
        seen[fold(text), number] += 1
        if number not in kommuner:
            wrong.append(f"name {text}: kommune {number} is unknown")
        elif not in_norway(*at, number):
            wrong.append(f"name {text}: {at} is outside Norway")
        else:
            if precision != "region":
                far.append((kilometres(at, kommuner[number][2]), text, number))
            if precision not in PRECISIONS or not population.isdigit():
                wrong.append(f"name {text}: precision {precision} or population {population} is wrong")
    wrong += [f"name {key} stands twice" for key, count in seen.items() if count > 1]
    for number, (name, _, _) in kommuner.items():
        if not seen[fold(name), number]:
            wrong.append(f"kommune {number} {name} has no name row")
    return far


def check_codes(rows, kommuner, wrong):
    """Returns (km from the kommune's centre, code and town, kommune) of each code that has one."""
    far = []
    for code, town, number, lat, lon, precision in rows:
        at = float(lat), float(lon)
        allowed = POSTAL_FYLKER[code[:2]]
        if precision not in POST_PRECISIONS:
            wrong.append(f"code {code} {town}: precision {precision} is unknown")
        if (code.startswith("917") and number == SVALBARD and in_norway(*at, SVALBARD)) or town == "JAN MAYEN":
            continue
        if not in_norway(*at):
            wrong.append(f"code {code} {town}: {at} is outside Norway")
            continue
        if number != "-":
            if number not in kommuner or kommuner[number][1] not in allowed:
                wrong.append(f"code {code} {town}: kommune {number} is in another part of the country")
                continue
            far.append((kilometres(at, kommuner[number][2]), f"{code} {town}", number))
        # The nearest centre may lie across a border between fylker, but not far from one that the code may lie in.
        distances = sorted((kilometres(at, centre), fylke) for _, fylke, centre in kommuner.values())
        own = next(distance for distance, fylke in distances if fylke in allowed)
        if own > 80 or own > distances[0][0] + 40:
            wrong.append(f"code {code} {town}: {at} is {own:.0f} km from the part of the country of its number")
    return far


def check_words(rows, wrong):
    """The rows that are no places: islands, words, names abroad, settlements behind the border."""
    known = {fold(row[0]) for row in rows["name"]}
    kommuner = {row[0] for row in rows["kommune"]}
    wrong += [f"island {number}: no kommune" for number, in rows["island"] if number not in kommuner]
    for text, kind in rows["word"]:
        if kind not in WORD_KINDS or (fold(text) in known) == (kind == "no-name"):
            wrong.append(f"word {text}: kind {kind} is unknown, or does not go with the names")
    for name, country in rows["abroad"]:
        if fold(name) in known or not re.fullmatch("[A-Z]{2}", country) or country == "NO":
            wrong.append(f"abroad {name}: also a name in Norway, or country {country} is wrong")
    for kind in ("word", "abroad"):
        seen = Counter(fold(row[0]) for row in rows[kind])
        wrong += [f"{kind} {text} stands twice" for text, count in seen.items() if count > 1]
    for name, country, lat, lon in rows["border"]:
        if country not in NEIGHBOURS or not (55 < float(lat) < 73 and 4 < float(lon) < 40):
            wrong.append(f"border {name}: country {country} or position {lat} {lon} is wrong")


def summarise(rows, kommuner, names_far, codes_far):
    """Print counts, and the names and codes that lie farthest from their kommune's centre."""
    print("fylker", len(rows["fylke"]), "| kommuner", len(kommuner), "| names", len(rows["name"]),
          "| postal codes", len(rows["post"]), "| words", len(rows["word"]), "| abroad", len(rows["abroad"]),
          "| border", len(rows["border"]))
    print("names:", kinds(row[4] for row in rows["name"]), "| ambiguous", ambiguous(rows["name"]))
    print("postal codes:", kinds(row[5] for row in rows["post"]),
          "| with kommune", sum(row[2] != "-" for row in rows["post"]))
    print("words:", kinds(row[1] for row in rows["word"]), "| border:", kinds(row[1] for row in rows["border"]))
    for title, far in (("names", names_far), ("postal codes", codes_far)):
        print(f"farthest {title} from their kommune's centre:")
        for distance, what, number in sorted(far, reverse=True)[:25]:
            print(f"  {distance:4.0f} km  {what} → {number} {kommuner[number][0]}")


def kinds(values):
    """`street 3284, town 1800`"""
    return ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(values).items()))


def ambiguous(names):
    """How many names, regions apart, belong to more than one kommune."""
    return sum(count > 1 for count in Counter(fold(row[0]) for row in names if row[4] != "region").values())
