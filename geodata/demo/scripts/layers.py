"""From OpenStreetMap's tags to the few layers our map draws. geodata/demo/README.md describes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from geodata import france
from geodata.demo.scripts.ground import EXTENT, Ground
from geodata.demo.scripts.osm import Element

Value = str | int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on the map: in which layer, from which zoom, with which properties."""

    layer: str
    shape: BaseGeometry
    properties: dict[str, Value] = field(default_factory=dict)
    zoom: int = 8


ROAD_CLASSES = {
    **dict.fromkeys(("motorway", "trunk", "primary", "primary_link", "secondary", "secondary_link"), "major"),
    **dict.fromkeys(("tertiary", "tertiary_link", "residential", "unclassified", "living_street"), "street"),
    **dict.fromkeys(("service", "construction"), "minor"),
    **dict.fromkeys(("pedestrian", "footway", "path", "cycleway", "corridor", "track"), "path"),
    "steps": "steps",
}
ROAD_ZOOMS = {"major": 10, "street": 12, "minor": 14, "path": 15, "steps": 15, "rail": 11}
#: Roads of a kind under others: the style draws them in this order.
ROAD_ORDER = {"path": 0, "steps": 0, "minor": 1, "street": 2, "major": 3, "rail": 4}

AREAS: tuple[tuple[str, str, dict[str, tuple[str, ...]], int], ...] = (
    ("block", "residential", {"landuse": ("residential", "commercial", "retail")}, 12),
    ("block", "works", {"landuse": ("construction", "railway")}, 13),
    ("park", "park", {"leisure": ("park", "garden", "playground", "dog_park")}, 11),
    ("park", "grass", {"landuse": ("grass", "flowerbed", "cemetery")}, 13),
    ("park", "pitch", {"leisure": ("pitch", "sports_centre", "miniature_golf", "stadium")}, 13),
    ("wood", "wood", {"natural": ("wood", "scrub"), "landuse": ("forest",)}, 11),
    ("sand", "beach", {"natural": ("beach",), "leisure": ("beach_resort",)}, 12),
    ("sand", "rock", {"natural": ("bare_rock",)}, 14),
    ("water", "basin", {"natural": ("water",), "leisure": ("swimming_pool",), "amenity": ("fountain",)}, 13),
    ("square", "square", {"place": ("square",), "highway": ("pedestrian", "footway", "platform")}, 14),
    ("pier", "pier", {"man_made": ("pier", "quay", "bridge")}, 13),
)

#: Points of interest a resident orients by; the guide wants no shops. Kind, tags, zoom.
POINTS: tuple[tuple[str, dict[str, tuple[str, ...]], int], ...] = (
    ("townhall", {"amenity": ("townhall",)}, 14),
    ("station", {"railway": ("station",)}, 13),
    ("hospital", {"amenity": ("hospital",)}, 14),
    ("market", {"amenity": ("marketplace",)}, 15),
    ("school", {"amenity": ("school", "university", "kindergarten")}, 15),
    ("culture", {"amenity": ("library", "theatre", "arts_centre", "conference_centre"), "tourism": ("museum",)}, 15),
    ("safety", {"amenity": ("police", "fire_station", "courthouse")}, 15),
    ("worship", {"amenity": ("place_of_worship",)}, 16),
    ("post", {"amenity": ("post_office",)}, 16),
    ("sport", {"leisure": ("stadium", "sports_centre", "sports_hall", "water_park")}, 15),
)  # fmt: skip


def items(elements: list[Element], ground: Ground) -> Iterator[Item]:
    """Everything the basemap shows, from the ground up."""
    yield from _ground(ground)
    for element in elements:
        if element.is_area:
            yield from _area(element)
    yield from _roads(elements)
    yield from _labels(elements, ground)


def _ground(ground: Ground) -> Iterator[Item]:
    yield Item("land", ground.land)
    yield Item("water", ground.sea, {"kind": "sea"})
    borders = [(ground.monaco, 2)] + [(shape, 8) for shape in ground.communes.values()]
    coast = ground.land.boundary.union(ground.harbours.boundary).union(EXTENT.exterior).buffer(2e-6)
    drawn: BaseGeometry = shapely.LineString()
    for shape, level in borders:
        line = shape.boundary.intersection(EXTENT).difference(coast)
        yield Item("border", line.difference(drawn.buffer(2e-6)), {"level": level}, 8 if level == 2 else 11)
        drawn = drawn.union(line)


def _area(element: Element) -> Iterator[Item]:
    tags = element.tags
    if element.has("building") and tags["building"] != "no" and not element.has("location", "underground"):
        yield Item("building", element.shape, zoom=14)
        return
    for layer, kind, wanted, zoom in AREAS:
        if any(element.has(key, *values) for key, values in wanted.items()):
            if _below_ground(element):
                return
            yield Item(layer, element.shape, {"kind": kind}, zoom)
            return


def _below_ground(element: Element) -> bool:
    level = element.tags.get("layer", "0").lstrip("-")
    under = element.tags.get("layer", "0").startswith("-") and level.isdigit() and level != "0"
    return under or element.has("location", "underground", "indoor") or element.has("indoor", "yes", "room", "area")


def road_class(element: Element) -> str | None:
    """The class of a way that people move on, or None."""
    if element.has("railway", "rail"):
        return "rail"
    if element.has("indoor") or element.has("highway", "corridor", "elevator"):
        return None
    return ROAD_CLASSES.get(element.tags.get("highway", ""))


def _roads(elements: list[Element]) -> Iterator[Item]:
    """Roads of the same look are merged, so that a name is written along a street and not once a crossing."""
    lines: dict[tuple[str, str, int, int], list[BaseGeometry]] = defaultdict(list)
    for element in elements:
        kind = road_class(element) if element.is_line and not element.has("area", "yes") else None
        if kind is None:
            continue
        tunnel = int(element.has("tunnel", "yes", "building_passage") or _below_ground(element))
        bridge = int(element.has("bridge", "yes"))
        lines[(kind, element.tags.get("name", ""), tunnel, bridge)].append(element.shape)
    for (kind, name, tunnel, bridge), shapes in lines.items():
        properties: dict[str, Value] = {"class": kind, "order": ROAD_ORDER[kind]}
        properties |= {"name": name} if name and kind != "rail" and not tunnel else {}
        properties |= {"tunnel": 1} if tunnel else {}
        properties |= {"bridge": 1} if bridge else {}
        merged = shapely.line_merge(shapely.union_all(shapes))
        yield Item("road", merged, properties, ROAD_ZOOMS[kind] + (1 if tunnel else 0))


def _labels(elements: list[Element], ground: Ground) -> Iterator[Item]:
    yield _label("country", "Monaco", ground.monaco, rank=1, zoom=8)
    for code, shape in ground.communes.items():
        commune = france.commune(code)
        hall = commune.town_hall.point if commune.town_hall else None
        spot = hall if hall is not None and shape.contains(hall) else shape.representative_point()
        if EXTENT.contains(spot):
            yield _label("town", commune.name, spot, rank=2, zoom=10)
    yield _label("water", "Mer Méditerranée", shapely.Point(7.449, 43.7325), rank=1, zoom=9)
    for name, shape in (ground.quarters | ground.sectors).items():
        yield _label("quarter", name, shape, rank=3, zoom=13)
    seen: set[tuple[str, str]] = set()
    for element in elements:
        for item in _named_spot(element):
            key = (str(item.properties["kind"]), str(item.properties["name"]))
            if key not in seen:
                seen.add(key)
                yield item


def _named_spot(element: Element) -> Iterator[Item]:
    """The label of a named park, harbour, beach, square or public place."""
    name = element.tags.get("name")
    if not name or element.is_line:
        return
    if element.has("leisure", "park", "garden") and element.is_area:
        yield _label("park", name, element.shape, rank=5, zoom=15)
    elif element.has("leisure", "marina") or element.has("natural", "bay", "beach"):
        yield _label("water", name, element.shape, rank=4, zoom=14)
    elif element.has("place", "square"):
        yield _label("square", name, element.shape, rank=5, zoom=16)
    else:
        for kind, wanted, zoom in POINTS:
            if any(element.has(key, *values) for key, values in wanted.items()):
                yield _label(kind, name, element.shape, rank=6, zoom=zoom)
                return


def _label(kind: str, name: str, shape: BaseGeometry, *, rank: int, zoom: int) -> Item:
    spot = shape if shape.geom_type == "Point" else shape.representative_point()
    if shape.geom_type != "Point" and shape.contains(shape.centroid):
        spot = shape.centroid
    return Item("label", spot, {"kind": kind, "name": name, "rank": rank}, zoom)
