"""Read tables of addresses: ours, and those of the French national address base (BAN)."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

#: Our column names, and what the BAN calls them.
_COLUMNS = {
    "kind": ("kind",),
    "number": ("number", "numero"),
    "suffix": ("rep",),
    "name": ("name", "nom_voie"),
    "postcode": ("postcode", "code_postal"),
    "town": ("town", "nom_commune"),
    "lon": ("lon",),
    "lat": ("lat",),
}
_REQUIRED = ("name", "town", "lon", "lat")


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One line: a house number (`kind` "address"), a street, or a named place."""

    kind: str
    number: str  # "12", "12bis"; empty for a street or a place
    name: str
    postcode: str
    town: str
    lon: float
    lat: float


class BadTable(ValueError):
    """The file is not a table of addresses; the sentence says what is missing and where."""


def read_addresses(path: Path) -> Iterator[AddressRow]:
    """Each row of a CSV or CSV.gz file, comma or semicolon separated, UTF-8, with a header.

    Rows without a name or a position are left out, as the BAN has some. Raises BadTable.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        try:
            yield from _rows(file, path.name)
        except UnicodeDecodeError as error:
            raise BadTable(f"{path.name} is not UTF-8 text: save it as UTF-8.") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadTable(f"{path.name} is not a whole gzip file.") from error
        except csv.Error as error:
            raise BadTable(f"{path.name} is not a CSV file: {error}.") from error


def _rows(file: TextIO, name: str) -> Iterator[AddressRow]:
    header = file.readline()
    delimiter = ";" if header.count(";") > header.count(",") else ","
    titles = [title.strip().strip('"') for title in header.strip().split(delimiter)]
    where = {
        ours: next((titles.index(title) for title in names if title in titles), None)
        for ours, names in _COLUMNS.items()
    }
    missing = [" or ".join(_COLUMNS[column]) for column in _REQUIRED if where[column] is None]
    if missing:
        raise BadTable(f"{name} has no column {', '.join(missing)}; it has {', '.join(titles)[:200]}.")

    def value(cells: list[str], column: str) -> str:
        index = where[column]
        return cells[index].strip() if index is not None and index < len(cells) else ""

    for cells in csv.reader(file, delimiter=delimiter):
        try:
            lon, lat = float(value(cells, "lon")), float(value(cells, "lat"))
        except ValueError:
            continue
        if not value(cells, "name"):
            continue
        number = value(cells, "number")
        yield AddressRow(
            kind=value(cells, "kind") or ("address" if number else "street"),
            number=number + value(cells, "suffix").lower(),
            name=value(cells, "name"),
            postcode=value(cells, "postcode"),
            town=value(cells, "town"),
            lon=lon,
            lat=lat,
        )
