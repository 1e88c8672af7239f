"""What make_places.py, postal_codes.py and check_places.py share: reading the hand-kept tables in data/, comparing
names, distances, and the constants that more than one of them needs."""

import math
import os

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")

SVALBARD = "2111"

# The countries with a land border.
NEIGHBOURS = "SE", "FI", "RU"

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


class Wrong(Exception):
    """The input is not as it must be; the text says where."""


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
