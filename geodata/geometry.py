"""Geometry that the rest of the house may rely on: valid, two-dimensional, in degrees, with an area.

Reading is strict about what cannot be guessed (numbers, axes, surface) and helpful about what can be mended
without changing what was meant (self-intersections, height); what was mended is told, never hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.crs import METROPOLITAN_FRANCE, WGS84, area_m2
from geodata.errors import BadCoordinate, NoArea, ProjectedCoordinates, SwappedAxes, WrongGeometryType

#: A boundary under this is a drawing accident, not a place (square metres).
SMALLEST_AREA_M2 = 1.0


@dataclass(frozen=True, slots=True)
class Note:
    """Something mended while reading: a stable `code`, an English sentence, the place in the input."""

    code: str
    message: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A boundary ready to be stored: a valid MultiPolygon in SRID 4326, and what had to be mended to get
    there.
    """

    multipolygon: MultiPolygon
    area_m2: float
    notes: tuple[Note, ...] = ()

    @property
    def repaired(self) -> bool:
        """Whether the shape itself was changed (crossing lines), which the sender should look at."""
        return any(note.code == "repaired" for note in self.notes)


def read_point(lon: object, lat: object, *, expected: BaseGeometry | None = None, pointer: str = "") -> Point:
    """A position typed by a person or sent by a program, as a Point in SRID 4326.

    `expected` is where the point should be (a territory's boundary): when the point is not in it but would
    be with its axes exchanged, SwappedAxes is raised. A point outside for another reason is returned: the
    caller decides. Raises BadCoordinate (pointer `…/lon` or `…/lat`), SwappedAxes.
    """
    x = _number(lon, f"{pointer}/lon", "The longitude")
    y = _number(lat, f"{pointer}/lat", "The latitude")
    point = Point(x, y)
    if expected is not None and not expected.intersects(point) and expected.intersects(Point(y, x)):
        raise SwappedAxes(
            "This place is outside, but inside once longitude and latitude are exchanged.", pointer=pointer
        )
    if abs(x) > 180:
        raise BadCoordinate(f"Longitude {x:g} is beyond ±180°.", pointer=f"{pointer}/lon", value=x)
    if abs(y) > 90:
        raise BadCoordinate(f"Latitude {y:g} is beyond ±90°.", pointer=f"{pointer}/lat", value=y)
    return shapely.set_srid(point, WGS84)


def _number(value: object, pointer: str, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadCoordinate(f"{name} is missing or is not a number.", pointer=pointer)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise BadCoordinate(f"{name} is not a number: {str(value)[:40]!r}.", pointer=pointer) from None
    if not math.isfinite(number):
        raise BadCoordinate(f"{name} is not a finite number.", pointer=pointer)
    return number


def read_boundary(
    parts: Iterable[tuple[BaseGeometry, str]],
    *,
    expected: BaseGeometry | None = None,
    trust_axes: bool = False,
) -> Boundary:
    """Dissolve polygons, each with its JSON pointer, into one valid boundary.

    `expected` is a region the boundary should touch, such as the parent territory. Without it, a boundary
    that lies in metropolitan France only when its axes are exchanged is refused, unless `trust_axes`.
    Raises WrongGeometryType, BadCoordinate, ProjectedCoordinates, SwappedAxes, NoArea.
    """
    notes: list[Note] = []
    polygons: list[Polygon] = []
    mended: list[BaseGeometry] = []
    pointer = ""
    for geometry, pointer in parts:
        found = _polygons_of(geometry, pointer, notes)
        check_degrees(found, pointer=pointer)
        mended += [_mended(polygon, pointer, notes) for polygon in found]
        polygons += found
    if not trust_axes:
        _check_axes(polygons, expected, pointer)
    whole = as_multipolygon(shapely.union_all(mended)) if mended else MultiPolygon()
    area = 0.0 if whole.is_empty else area_m2(whole)
    if area < SMALLEST_AREA_M2:
        raise NoArea("This boundary encloses no surface: its points are on one line or at one place.", pointer=pointer)
    if len(polygons) > 1 and len(whole.geoms) < len(polygons):
        notes.append(Note("dissolved", f"{len(polygons)} shapes were joined into {len(whole.geoms)}."))
    return Boundary(shapely.set_srid(whole, WGS84), area, tuple(dict.fromkeys(notes)))


def _polygons_of(geometry: BaseGeometry, pointer: str, notes: list[Note]) -> list[Polygon]:
    """The polygons of an areal geometry, flat; anything else is refused by its name."""
    if geometry.is_empty:
        raise NoArea("This boundary is empty.", pointer=pointer)
    if shapely.has_z(geometry):
        notes.append(Note("height_dropped", "Heights were left out: a boundary is flat.", pointer))
    flat = shapely.force_2d(geometry)
    polygons: list[Polygon] = []
    for part in _leaves(flat):
        if not isinstance(part, Polygon):
            raise WrongGeometryType(
                f"A boundary is made of Polygon or MultiPolygon; this is a {part.geom_type}.",
                pointer=pointer,
                found=part.geom_type,
            )
        if not part.is_empty:
            polygons.append(part)
    return polygons


def _leaves(geometry: BaseGeometry) -> list[BaseGeometry]:
    """A collection's simple geometries, however deep it nests."""
    if isinstance(geometry, shapely.GeometryCollection) or geometry.geom_type.startswith("Multi"):
        return [leaf for part in shapely.get_parts(geometry) for leaf in _leaves(part)]
    return [geometry]


def _mended(polygon: BaseGeometry, pointer: str, notes: list[Note]) -> BaseGeometry:
    """The polygon made valid, with a note that says what was wrong and where."""
    if polygon.is_valid:
        return polygon
    reason = shapely.is_valid_reason(polygon)
    sentence = f"The outline crosses or touches itself and was repaired ({reason})."
    notes.append(Note("repaired", sentence, pointer))
    return shapely.make_valid(polygon, method="structure", keep_collapsed=False)


def as_multipolygon(geometry: BaseGeometry) -> MultiPolygon:
    """The areal part of a geometry as one MultiPolygon; lines and points that a repair left behind are
    dropped.
    """
    polygons = [g for g in _leaves(geometry) if isinstance(g, Polygon) and not g.is_empty]
    return MultiPolygon(polygons)


def check_degrees(geometries: Iterable[BaseGeometry], *, pointer: str = "") -> None:
    """Raise when a coordinate cannot be a position in degrees: BadCoordinate, SwappedAxes,
    ProjectedCoordinates.
    """
    xy = shapely.get_coordinates(list(geometries))
    if not np.isfinite(xy).all():
        raise BadCoordinate("A coordinate is not a finite number.", pointer=pointer)
    if not len(xy):
        return
    x, y = (float(value) for value in np.abs(xy).max(axis=0))
    if np.abs(xy[:, 1]).min() > 90 and y <= 180 and x <= 90:
        raise SwappedAxes(
            f"A latitude of {y:g}° is beyond ±90°: the axes look exchanged. GeoJSON writes longitude first.",
            pointer=pointer,
        )
    if x > 1000 and y > 1000:
        raise ProjectedCoordinates(
            "These coordinates are metres of a projected system. Export the file in degrees (WGS 84).",
            pointer=pointer,
        )
    if x > 180 or y > 90:
        what, value, limit = ("Longitude", x, 180) if x > 180 else ("Latitude", y, 90)
        raise BadCoordinate(f"{what} {value:g} is beyond ±{limit}°.", pointer=pointer, value=value)


def _check_axes(polygons: list[Polygon], expected: BaseGeometry | None, pointer: str) -> None:
    """Raise SwappedAxes when the shape is far from where it should be and right there once exchanged."""
    region = METROPOLITAN_FRANCE if expected is None else expected
    if not polygons:
        return
    outline = shapely.envelope(shapely.multipoints([p.centroid for p in polygons]))
    exchanged = shapely.transform(outline, lambda xy: xy[:, ::-1])
    if not region.intersects(outline) and region.contains(exchanged):
        x, y = shapely.get_coordinates(outline)[0]
        where = "metropolitan France" if expected is None else "the expected area"
        raise SwappedAxes(
            f"As written this lies near longitude {x:.2f}, latitude {y:.2f}; exchanged, it lies in {where}. "
            "GeoJSON writes longitude first.",
            pointer=pointer,
        )
