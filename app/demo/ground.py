"""Where contributions may plausibly be: on real streets, beside real lamps and benches, inside real parks.

Everything is drawn from a `random.Random` given by the caller, so that the same seed finds the same places.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, STRtree, prepare
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from geodata import demo

METRES_LAT = 111_100.0
METRES_LON = METRES_LAT * math.cos(math.radians(43.74))
"""Metres in a degree around the demo town; good to a few per thousand, which nobody sees."""

BEAUSOLEIL_SHARE = 0.16
FURNITURE_TRUST = 0.75
"""How often a thing is taken where the map knows one; the map does not know them all."""

_NAMED = frozenset(
    [
        "Rue",
        "Avenue",
        "Boulevard",
        "Place",
        "Quai",
        "Escalier",
        "Chemin",
        "Allée",
        "Allées",
        "Passage",
        "Promenade",
        "Square",
        "Ruelle",
        "Descente",
        "Route",
        "Rampe",
        "Parvis",
        "Lacets",
    ]
)

# What a word of the texts' `where` may stand on: kinds of furniture, of places, or classes of streets.
_STREET_CLASSES = {
    "street": ("street", "major"),
    "quiet": ("street",),
    "major": ("major",),
    "steps": ("steps",),
    "path": ("path", "steps"),
    "anywhere": ("street", "major", "steps", "path"),
}
_FURNITURE = {
    "lamp": "lamp",
    "bin": "bin",
    "bench": "bench",
    "crossing": "crossing",
    "bus-stop": "bus_stop",
    "tree": "tree",
    "bollard": "bollard",
    "toilets": "toilets",
    "fountain": "fountain",
    "recycling": "recycling",
    "bicycle": "bicycle_parking",
    "lift": "elevator",
}
_AREAS = {"park": ("park", "square"), "playground": ("playground",), "square": ("square",)}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: WGS84 degrees, the territory's slug, how people call it ("rue Grimaldi"), its postal address."""

    lon: float
    lat: float
    territory: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class _Street:
    name: str
    territory: str
    kind: str
    line: LineString | MultiLineString
    weight: float


def moved(lon: float, lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    """The point some metres away."""
    return lon + east_m / METRES_LON, lat + north_m / METRES_LAT


@cache
def _address_rows() -> tuple[dict[str, str], ...]:
    with demo.addresses_path().open(newline="") as file:
        return tuple(csv.DictReader(file))


_SCHOOLS = ("École", "Lycée", "International School")


def schools() -> tuple[tuple[str, float, float], ...]:
    """Name, longitude and latitude of each place to which children go in the morning."""
    rows = {row["name"]: row for row in _address_rows() if row["kind"] == "school"}
    return tuple(
        (name, float(row["lon"]), float(row["lat"])) for name, row in rows.items() if name.startswith(_SCHOOLS)
    )


class Ground:
    """The demo's ground. Streets differ in how much people say about them, as streets do; `rng` decides which."""

    def __init__(self, rng: Random) -> None:
        towns: dict[str, MultiPolygon] = {town.slug: town.boundary for town in demo.territories()}
        # A contribution must not fall on a border or into the harbour because its last digit was rounded.
        self._inside = {slug: boundary.buffer(-0.000005) for slug, boundary in towns.items()}
        for inside in self._inside.values():
            prepare(inside)
        self._streets = [
            _Street(s.name, s.territory, s.kind, s.line, s.line.length * math.exp(rng.gauss(0, 0.8)))
            for s in demo.streets()
            if s.name.split()[0] in _NAMED
        ]
        self._tree = STRtree([street.line for street in self._streets])
        self._furniture: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
        for item in demo.furniture():
            self._furniture[item.kind].append((item.lon, item.lat, item.territory))
        self._doors = [row for row in _address_rows() if row["kind"] == "address"]
        self._door_tree = STRtree([Point(float(row["lon"]), float(row["lat"])) for row in self._doors])

    def covers(self, lon: float, lat: float, territory: str) -> bool:
        """Whether the point is inside the territory, at least half a metre from its edge."""
        return bool(self._inside[territory].covers(Point(lon, lat)))

    def spot(self, rng: Random, where: str) -> Spot:
        """A place for a kind of things: a class of street, a kind of furniture, of place, `school` or `sea`."""
        for _ in range(200):
            lon, lat, territory, name = self._draw(rng, where)
            if self.covers(lon, lat, territory):
                return self._told(lon, lat, territory, name)
        raise LookupError(f"no place for {where}")

    def near(self, rng: Random, spot: Spot, metres: float) -> Spot:
        """Another point at most `metres` from a spot: where a neighbour saw the same thing."""
        for _ in range(50):
            angle, reach = rng.uniform(0, 2 * math.pi), metres * math.sqrt(rng.random())
            lon, lat = moved(spot.lon, spot.lat, reach * math.cos(angle), reach * math.sin(angle))
            if self.covers(lon, lat, spot.territory):
                return self._told(lon, lat, spot.territory, spot.name)
        return spot

    def along(self, rng: Random, street: str, *, middle: float = 0.5, spread_m: float = 60.0) -> Spot:
        """A point on a named street, `spread_m` at most from the middle of a stretch (`middle`: 0 to 1 of it)."""
        pieces = [piece for piece in self._streets if piece.name == street]
        longest = max(pieces, key=lambda piece: piece.line.length)
        line = longest.line if isinstance(longest.line, LineString) else max(longest.line.geoms, key=lambda g: g.length)
        centre = middle * line.length * METRES_LAT
        for _ in range(50):
            here = line.interpolate(max(0.0, centre + rng.gauss(0, spread_m / 2)) / METRES_LAT)
            lon, lat = moved(here.x, here.y, rng.gauss(0, 3), rng.gauss(0, 3))
            if self.covers(lon, lat, longest.territory):
                return self._told(lon, lat, longest.territory, street)
        raise LookupError(f"no place along {street}")

    def inside(self, rng: Random, name: str) -> Spot:
        """A point in a named park or square."""
        area = unary_union([place.area for place in demo.parks() if place.name == name])
        territory = next(place.territory for place in demo.parks() if place.name == name)
        lon, lat = _point_in(rng, area)
        return self._told(lon, lat, territory, name)

    def _draw(self, rng: Random, where: str) -> tuple[float, float, str, str]:
        if where == "school":
            return self._by_a_school(rng)
        if where == "sea":
            spot = self.along(rng, rng.choice(_BY_THE_SEA), middle=rng.random(), spread_m=120)
            return spot.lon, spot.lat, spot.territory, spot.name
        if where in _AREAS and rng.random() > BEAUSOLEIL_SHARE / 2:
            place = rng.choice([place for place in demo.parks() if place.kind in _AREAS[where]])
            lon, lat = _point_in(rng, place.area)
            return lon, lat, place.territory, place.name
        known = self._furniture.get(_FURNITURE.get(where, ""), [])
        if known and rng.random() < FURNITURE_TRUST * min(1.0, len(known) / 40):
            lon, lat, territory = rng.choice(known)
            east, north = rng.gauss(0, 2), rng.gauss(0, 2)
            return *moved(lon, lat, east, north), territory, ""
        return self._on_a_street(rng, _STREET_CLASSES.get(where, _STREET_CLASSES["street"]))

    def _on_a_street(self, rng: Random, classes: Sequence[str]) -> tuple[float, float, str, str]:
        town = "beausoleil" if rng.random() < BEAUSOLEIL_SHARE else "monaco"
        streets = [s for s in self._streets if s.territory == town and s.kind in classes]
        street = rng.choices(streets, [s.weight for s in streets])[0]
        here = street.line.interpolate(rng.random(), normalized=True)
        # To the side where one walks rather than on the white line.
        lon, lat = moved(here.x, here.y, rng.gauss(0, 3.5), rng.gauss(0, 3.5))
        return lon, lat, street.territory, street.name

    def _by_a_school(self, rng: Random) -> tuple[float, float, str, str]:
        name, lon, lat = rng.choice(schools())
        return *moved(lon, lat, rng.gauss(0, 25), rng.gauss(0, 25)), "monaco", name

    def _told(self, lon: float, lat: float, territory: str, name: str) -> Spot:
        lon, lat = round(lon, 6), round(lat, 6)
        here = Point(lon, lat)
        street = self._streets[int(self._tree.nearest(here))]
        town = "98000 Monaco" if territory == "monaco" else "06240 Beausoleil"
        door = self._doors[int(self._door_tree.nearest(here))]
        near_door = Point(float(door["lon"]), float(door["lat"])).distance(here) * METRES_LAT < 35
        where = f"{door['number']} {street.name}" if near_door and door["name"] == street.name else street.name
        return Spot(lon, lat, territory, _spoken(name or street.name), f"{where}, {town}")


_BY_THE_SEA = ("Avenue Princesse Grace", "Quai Antoine 1er", "Boulevard Albert 1er", "Promenade Honoré II")


def _spoken(name: str) -> str:
    """A street's name inside a sentence: `rue Grimaldi`, but `École du Parc`."""
    first, _, rest = name.partition(" ")
    return f"{first.lower()} {rest}" if first in _NAMED and rest else name


def _point_in(rng: Random, area: BaseGeometry) -> tuple[float, float]:
    if not isinstance(area, Polygon | MultiPolygon):
        raise TypeError("a place is an area")
    west, south, east, north = area.bounds
    for _ in range(500):
        lon, lat = rng.uniform(west, east), rng.uniform(south, north)
        if area.covers(Point(lon, lat)):
            return lon, lat
    middle = area.representative_point()
    return middle.x, middle.y
