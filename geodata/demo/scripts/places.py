"""The demo's addresses, named places, streets, parks and street furniture, as small tables and shapes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.demo.scripts.ground import Ground
from geodata.demo.scripts.layers import POINTS, road_class
from geodata.demo.scripts.osm import Element
from geodata.text import fold

Row = dict[str, str]
POSTCODES = {"monaco": "98000", "beausoleil": "06240"}
NAMES = {"monaco": "Monaco", "beausoleil": "Beausoleil"}
#: Names that say what a way is for, not where one lives.
_NOT_STREETS = (
    "entree",
    "sortie",
    "acces",
    "travolator",
    "parking",
    "bretelle",
    "liaison",
    "impasse",
    "voie des stands",
)

#: Places one may name when asked where, besides the map's points of interest.
_MORE_PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("park", "leisure", ("park", "garden", "playground")),
    ("square", "place", ("square",)),
    ("beach", "natural", ("beach",)),
    ("harbour", "leisure", ("marina",)),
    ("parking", "amenity", ("parking",)),
    ("bus_stop", "highway", ("bus_stop",)),
    ("attraction", "tourism", ("attraction", "zoo", "viewpoint")),
)

#: Things of the street that a report may be about.
FURNITURE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("bench", "amenity", ("bench",)),
    ("bin", "amenity", ("waste_basket", "waste_disposal")),
    ("recycling", "amenity", ("recycling",)),
    ("toilets", "amenity", ("toilets",)),
    ("water_point", "amenity", ("drinking_water",)),
    ("fountain", "amenity", ("fountain",)),
    ("playground", "leisure", ("playground",)),
    ("lamp", "highway", ("street_lamp",)),
    ("crossing", "highway", ("crossing",)),
    ("bus_stop", "highway", ("bus_stop",)),
    ("elevator", "highway", ("elevator",)),
    ("bollard", "barrier", ("bollard",)),
    ("bicycle_parking", "amenity", ("bicycle_parking", "bicycle_rental")),
    ("tree", "natural", ("tree",)),
)


class Whereabouts:
    """Which of the two territories a shape is in, none when it is elsewhere."""

    def __init__(self, ground: Ground) -> None:
        self._shapes = {"monaco": ground.monaco, "beausoleil": ground.beausoleil}
        for shape in self._shapes.values():
            shapely.prepare(shape)

    def territory(self, spot: BaseGeometry) -> str | None:
        return next((name for name, shape in self._shapes.items() if shape.intersects(spot)), None)

    def middle(self, territory: str) -> BaseGeometry:
        """A point well inside a territory."""
        return self._shapes[territory].representative_point()

    def parts(self, shape: BaseGeometry) -> Iterator[tuple[str, BaseGeometry]]:
        """The shape cut by territory."""
        for name, territory in self._shapes.items():
            if territory.intersects(shape):
                yield name, shape.intersection(territory)


def streets(elements: list[Element], where: Whereabouts) -> list[tuple[str, str, str, BaseGeometry]]:
    """(name, territory, class, line) of each named street, in the open air, merged."""
    lines: dict[tuple[str, str], list[BaseGeometry]] = defaultdict(list)
    classes: dict[tuple[str, str], str] = {}
    for element in elements:
        kind = road_class(element) if element.is_line else None
        name = element.tags.get("name", "")
        if not name or kind in (None, "rail") or element.has("tunnel") or element.has("covered", "yes"):
            continue
        if element.has("highway", "raceway", "construction", "service") or fold(name).startswith(_NOT_STREETS):
            continue
        for territory, part in where.parts(element.shape):
            lines[(territory, name)].append(part)
            classes.setdefault((territory, name), str(kind))
    found: list[tuple[str, str, str, BaseGeometry]] = []
    for (territory, name), shapes in sorted(lines.items()):
        merged = shapely.line_merge(shapely.union_all(shapes))
        if merged.length > 1e-4:  # degrees, some ten metres: less is a street that only brushes the border
            found.append((name, territory, classes[(territory, name)], merged))
    return found


def middle(line: BaseGeometry) -> shapely.Point:
    """A point on the longest piece of a street, half way along."""
    longest = max(getattr(line, "geoms", [line]), key=lambda piece: piece.length)
    point = longest.interpolate(0.5, normalized=True)
    return shapely.Point(point)


def addresses(elements: list[Element], where: Whereabouts) -> Iterator[Row]:
    """Rows of the geocoder's table: towns, house numbers, streets, places."""
    for slug, town in NAMES.items():
        yield _row("town", town, where.middle(slug), slug)
    for element in elements:
        number, street = element.tags.get("addr:housenumber"), element.tags.get("addr:street")
        spot = element.shape.representative_point()
        territory = where.territory(spot)
        if number and street and territory and ";" not in number:
            yield _row("address", street, spot, territory, number=number)
    for name, slug, _, line in streets(elements, where):
        yield _row("street", name, middle(line), slug)
    for element in elements:
        place, known_as = _place_kind(element), element.tags.get("name")
        if place and known_as and not element.is_line:
            spot = element.shape.representative_point()
            territory = where.territory(spot)
            if territory:
                yield _row(place, known_as, spot, territory)


def _place_kind(element: Element) -> str | None:
    for kind, wanted, _ in POINTS:
        if any(element.has(key, *values) for key, values in wanted.items()):
            return kind
    for kind, key, values in _MORE_PLACES:
        if element.has(key, *values):
            return kind
    return None


def _row(kind: str, name: str, spot: BaseGeometry, territory: str, *, number: str = "") -> Row:
    x, y = shapely.get_coordinates(spot)[0]
    return {
        "kind": kind,
        "number": number,
        "name": name,
        "postcode": POSTCODES[territory],
        "town": NAMES[territory],
        "lon": f"{x:.6f}",
        "lat": f"{y:.6f}",
    }


def without_repeats(rows: Iterator[Row]) -> list[Row]:
    """One row for each kind, number, name and town: the first."""
    kept: dict[tuple[str, str, str, str], Row] = {}
    for row in rows:
        kept.setdefault((row["kind"], row["number"].lower(), fold(row["name"]), row["town"]), row)
    return sorted(kept.values(), key=lambda row: (row["town"], row["kind"], fold(row["name"]), row["number"]))


def furniture(elements: list[Element], where: Whereabouts) -> list[Row]:
    """Where the street's furniture stands."""
    rows = []
    for element in elements:
        kind = next((kind for kind, key, values in FURNITURE if element.has(key, *values)), None)
        if kind is None or element.is_line or element.has("indoor", "yes"):
            continue
        spot = element.shape.representative_point()
        territory = where.territory(spot)
        if territory:
            x, y = shapely.get_coordinates(spot)[0]
            rows.append({"kind": kind, "territory": territory, "lon": f"{x:.6f}", "lat": f"{y:.6f}"})
    return sorted(rows, key=lambda row: tuple(row.values()))


def green_places(elements: list[Element], where: Whereabouts) -> list[tuple[str, str, str, BaseGeometry]]:
    """(name, territory, kind, polygon) of parks, gardens, playgrounds and squares."""
    found = []
    for element in elements:
        name = element.tags.get("name", "")
        kind = next(
            (
                kind
                for kind, key, values in (
                    ("playground", "leisure", ("playground",)),
                    ("park", "leisure", ("park", "garden")),
                    ("square", "place", ("square",)),
                )
                if element.has(key, *values)
            ),
            None,
        )
        if kind and element.is_area and (name or kind == "playground"):
            for territory, part in where.parts(element.shape):
                if shapely.get_dimensions(part) == 2:
                    found.append((name, territory, kind, part))
    return sorted(found, key=lambda place: (place[1], place[2], place[0], place[3].bounds))
