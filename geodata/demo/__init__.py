"""The demo town: Monaco and its French neighbour Beausoleil, from real OpenStreetMap data. See README.md."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geodata.geocoding import OfflineGeocoder, StreetLine
from geodata.geometry import as_multipolygon

_FOLDER = Path(__file__).parent

TerritorySlug = Literal["monaco", "beausoleil"]
_POSTCODES = {"monaco": "98000", "beausoleil": "06240"}
_NAMES = {"monaco": "Monaco", "beausoleil": "Beausoleil"}


@dataclass(frozen=True, slots=True)
class DemoTerritory:
    """A territory of the demo. `insee` names the French commune, whose town hall `geodata.france` knows."""

    slug: TerritorySlug
    name: str
    boundary: MultiPolygon
    time_zone: str
    insee: str | None


@dataclass(frozen=True, slots=True)
class DemoZone:
    """A quarter (`quartier`) of Monaco, a sector (`secteur`) drawn for the demo in Beausoleil."""

    territory: TerritorySlug
    kind: str
    name: str
    boundary: MultiPolygon


@dataclass(frozen=True, slots=True)
class DemoStreet:
    """A named street in the open air, cut at the territory's edge. `kind` is a road class of the basemap."""

    name: str
    territory: TerritorySlug
    kind: str
    line: LineString | MultiLineString


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A park, playground or square. A playground may have no name."""

    name: str
    territory: TerritorySlug
    kind: str
    area: Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class DemoFurniture:
    """Something that stands in the street: a bench, a bin, a lamp, a crossing…"""

    kind: str
    territory: TerritorySlug
    lon: float
    lat: float


def attribution() -> str:
    """The words that must stand on every map and page made with these data."""
    return "© OpenStreetMap contributors (ODbL 1.0), IGN – Admin Express (Licence Ouverte 2.0)"


def basemap_path() -> Path:
    """The vector basemap: one PMTiles archive, zooms 8 to 16, layers as in README.md."""
    return _FOLDER / "basemap.pmtiles"


def addresses_path() -> Path:
    """The table of house numbers, streets and places that `geodata.geocoding.offline` reads."""
    return _FOLDER / "addresses.csv"


@cache
def territories() -> tuple[DemoTerritory, ...]:
    """Monaco (land only) and Beausoleil; they share their border exactly."""
    time_zones = {"monaco": "Europe/Monaco", "beausoleil": "Europe/Paris"}
    return tuple(
        DemoTerritory(p["slug"], p["name"], as_multipolygon(s), time_zones[p["slug"]], p.get("insee"))
        for p, s in _features("territories.geojson")
    )


@cache
def zones() -> tuple[DemoZone, ...]:
    """Quarters and sectors; together they cover their territory."""
    return tuple(
        DemoZone(p["territory"], p["kind"], p["name"], as_multipolygon(s)) for p, s in _features("zones.geojson")
    )


@cache
def streets() -> tuple[DemoStreet, ...]:
    """Named streets, to put plausible contributions on."""
    return tuple(DemoStreet(p["name"], p["territory"], p["class"], s) for p, s in _lines("streets.geojson"))


@cache
def parks() -> tuple[DemoPlace, ...]:
    """Parks, playgrounds and squares."""
    return tuple(
        DemoPlace(p["name"], p["territory"], p["kind"], as_multipolygon(s)) for p, s in _features("parks.geojson")
    )


@cache
def geocoder() -> OfflineGeocoder:
    """Addresses, streets and places of the demo, found without asking anybody."""
    lines = [StreetLine(s.name, _POSTCODES[s.territory], _NAMES[s.territory], s.line) for s in streets()]
    return OfflineGeocoder.from_table(addresses_path(), lines=lines)


@cache
def furniture() -> tuple[DemoFurniture, ...]:
    """Benches, bins, lamps, crossings… where they really stand."""
    with (_FOLDER / "furniture.csv").open(newline="") as file:
        return tuple(
            DemoFurniture(row["kind"], _slug(row["territory"]), float(row["lon"]), float(row["lat"]))
            for row in csv.DictReader(file)
        )


def _slug(text: str) -> TerritorySlug:
    return "monaco" if text == "monaco" else "beausoleil"


def _features(name: str) -> Iterator[tuple[dict[str, Any], BaseGeometry]]:
    for member in json.loads((_FOLDER / name).read_text())["features"]:
        yield member["properties"], shape(member["geometry"])


def _lines(name: str) -> Iterator[tuple[dict[str, Any], LineString | MultiLineString]]:
    for properties, geometry in _features(name):
        if isinstance(geometry, LineString | MultiLineString):
            yield properties, geometry
