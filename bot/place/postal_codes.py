"""The postal codes of the gazetteer that make_places.py makes: the post town, the kommune and the position of each, and
the report of how far off the positions are (make_places.py --report)."""

import json
import math
import re
from collections import defaultdict

from place_tables import POSTAL_FYLKER, SVALBARD, Wrong, fold, kilometres, read_table

# An interpolated position farther than this from its kommune's centre is not believed.
REACH_KM = 30


# Reading


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


# Placing


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
        for (folded, kommune), (_, _, at, precision, _, _) in self.gazetteer.names.items():
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
