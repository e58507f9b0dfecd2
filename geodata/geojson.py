"""Boundaries in and out of GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from geodata.errors import BadCoordinate, NotGeoJson, ProjectedCoordinates
from geodata.geometry import Boundary, read_boundary

GEOMETRY_TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
#: How deep positions lie under `coordinates` for each type.
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")


def parse_boundary(
    source: str | bytes | Mapping[str, Any],
    *,
    expected: BaseGeometry | None = None,
    trust_axes: bool = False,
    pointer: str = "",
) -> Boundary:
    """Read a Feature, FeatureCollection or geometry, as text or as an already parsed object, into one
    Boundary.

    Several features are dissolved into one. `pointer` is the place of this GeoJSON in a larger document.
    Raises a `geodata.errors.GeometryError`, with a pointer to the member at fault.
    """
    document = parse_json(source, pointer=pointer) if isinstance(source, str | bytes) else source
    parts = [(geometry, where) for geometry, _, where in features(document, pointer=pointer)]
    return read_boundary(parts, expected=expected, trust_axes=trust_axes)


def parse_json(text: str | bytes, *, pointer: str = "") -> Mapping[str, Any]:
    """The JSON object in `text` (UTF-8, a byte order mark is allowed); NotGeoJson with line and column
    otherwise.
    """
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        document = json.loads(decoded)
    except UnicodeDecodeError as error:
        raise NotGeoJson(f"This file is not UTF-8 text (byte {error.start}).", pointer=pointer) from None
    except json.JSONDecodeError as error:
        raise NotGeoJson(
            f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.", pointer=pointer
        ) from None
    except RecursionError:
        raise NotGeoJson("This JSON nests too deep to be a map.", pointer=pointer) from None
    if not isinstance(document, dict):
        raise NotGeoJson("GeoJSON is an object with a `type`.", pointer=pointer)
    return document


def features(
    document: Mapping[str, Any], *, pointer: str = ""
) -> Iterator[tuple[BaseGeometry, Mapping[str, Any], str]]:
    """Each (geometry, properties, JSON pointer of the geometry) of a GeoJSON object, in order."""
    _check_crs(document, pointer)
    kind = document.get("type")
    if kind == "FeatureCollection":
        members = document.get("features")
        if not isinstance(members, list):
            raise NotGeoJson("A FeatureCollection has a list of `features`.", pointer=f"{pointer}/features")
        if not members:
            raise NotGeoJson("This FeatureCollection is empty.", pointer=f"{pointer}/features")
        for number, member in enumerate(members):
            where = f"{pointer}/features/{number}"
            if not isinstance(member, Mapping) or member.get("type") != "Feature":
                raise NotGeoJson("Each member of `features` is a Feature.", pointer=where)
            yield from features(member, pointer=where)
    elif kind == "Feature":
        geometry = document.get("geometry")
        if not isinstance(geometry, Mapping):
            raise NotGeoJson("This Feature has no geometry.", pointer=f"{pointer}/geometry")
        properties = document.get("properties") or {}
        yield _geometry(geometry, f"{pointer}/geometry"), properties, f"{pointer}/geometry"
    else:
        yield _geometry(document, pointer), {}, pointer


def _check_crs(document: Mapping[str, Any], pointer: str) -> None:
    """Refuse the old `crs` member when it names anything but WGS 84: RFC 7946 removed it."""
    crs = document.get("crs")
    if crs is None:
        return
    name = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, Mapping) else str(crs)
    if not name.endswith(_WGS84_NAMES):
        raise ProjectedCoordinates(
            f"This file counts in {name or 'an unnamed system'}. Export it in WGS 84 (EPSG:4326).",
            pointer=f"{pointer}/crs",
            crs=name,
        )


def _geometry(member: Mapping[str, Any], pointer: str) -> BaseGeometry:
    kind = member.get("type")
    if kind == "GeometryCollection":
        parts = member.get("geometries")
        if not isinstance(parts, list) or not parts:
            raise NotGeoJson("A GeometryCollection has a list of `geometries`.", pointer=f"{pointer}/geometries")
        return shapely.geometrycollections(
            [_geometry(part, f"{pointer}/geometries/{number}") for number, part in enumerate(parts)]
        )
    if kind not in GEOMETRY_TYPES:
        raise NotGeoJson(f"{str(kind)[:40]!r} is not a type of GeoJSON geometry.", pointer=f"{pointer}/type")
    where = f"{pointer}/coordinates"
    coordinates = member.get("coordinates")
    _check_coordinates(coordinates, _DEPTH[kind], where)
    try:
        return shape({"type": kind, "coordinates": coordinates})
    except (ValueError, TypeError, shapely.GEOSException) as error:
        raise NotGeoJson(f"This {kind} cannot be drawn: {error}.", pointer=where) from None


def _check_coordinates(value: object, depth: int, pointer: str) -> None:
    """Walk `coordinates` down to its positions, so that an error can point at the very number at fault."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadCoordinate("A list of coordinates was expected here.", pointer=pointer)
    if depth:
        for number, item in enumerate(value):
            _check_coordinates(item, depth - 1, f"{pointer}/{number}")
        return
    if len(value) < 2:
        raise BadCoordinate("A position is at least a longitude and a latitude.", pointer=pointer)
    for axis, number in enumerate(value):
        # JSON has no NaN, yet Python's reader takes it; comparing with itself is what tells it apart.
        if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
            raise BadCoordinate("A coordinate is a finite number of degrees.", pointer=f"{pointer}/{axis}")


def feature(geometry: BaseGeometry, properties: Mapping[str, Any] | None = None, *, digits: int = 6) -> dict[str, Any]:
    """A GeoJSON Feature, coordinates rounded to `digits` decimals of a degree (6 is about 10 cm)."""
    return {
        "type": "Feature",
        "properties": dict(properties or {}),
        "geometry": geometry_mapping(geometry, digits=digits),
    }


def geometry_mapping(geometry: BaseGeometry, *, digits: int = 6) -> dict[str, Any]:
    """A GeoJSON geometry object with rounded coordinates; rings wound as RFC 7946 asks."""
    rounded = shapely.transform(shapely.orient_polygons(geometry), lambda xy: xy.round(digits))
    return dict(mapping(rounded))
