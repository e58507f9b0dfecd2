"""Zones and boundaries of a pack: GeoJSON read with the line of each feature, mended where possible.

Geometries are WGS84 longitude and latitude in degrees (RFC 7946). A self-intersection is repaired and said; a
geometry without area is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import shapely
from pydantic import ValidationError
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from app.features.territories.packs.issues import PackIssue, sentence
from app.features.territories.packs.schema import Zone

_PROPERTIES = ("slug", "name", "population")
_FEATURES = re.compile(r'"features"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class Placed:
    """A zone and the line where its feature begins."""

    zone: Zone
    line: int


class GeometryRefused(ValueError):
    """The geometry cannot be a zone; the text says what to do."""


def read_json(text: str, file: str) -> tuple[Any, list[PackIssue]]:
    """The value of a JSON file, or the line of its syntax error."""
    try:
        return json.loads(text, parse_constant=_no_constant), []
    except json.JSONDecodeError as error:
        message = f"Correct the JSON here (character {error.colno}): {error.msg}."
        return None, [PackIssue(file, error.lineno, "", message)]
    except (ValueError, RecursionError) as error:
        return None, [PackIssue(file, 1, "", f"Correct the JSON: {error}.")]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


def read_zones(text: str, file: str) -> tuple[list[Placed], list[PackIssue]]:
    """Every zone of a FeatureCollection, and what is wrong with the others."""
    data, issues = read_json(text, file)
    if issues:
        return [], issues
    if not isinstance(data, dict) or not isinstance(data.get("features"), list):
        return [], [PackIssue(file, 1, "", "Write a GeoJSON FeatureCollection: an object with “features”.")]
    found: list[Placed] = []
    for index, (feature, line) in enumerate(zip(data["features"], _lines(text, len(data["features"])), strict=True)):
        zone, problems = _read_feature(feature, index, file, line)
        issues.extend(problems)
        if zone is not None:
            found.append(Placed(zone, line))
    return found, issues


def _read_feature(feature: Any, index: int, file: str, line: int) -> tuple[Zone | None, list[PackIssue]]:
    field = f"features[{index}]"
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return None, [PackIssue(file, line, field, "Write a GeoJSON Feature with “properties” and “geometry”.")]
    properties = feature["properties"]
    if isinstance(properties.get("slug"), str) and properties["slug"]:
        field = str(properties["slug"])
    issues = [
        PackIssue(file, line, f"{field}.{name}", f"Ignored: a zone says only {', '.join(_PROPERTIES)}.", "warning")
        for name in properties
        if name not in _PROPERTIES
    ]
    known = {name: properties[name] for name in _PROPERTIES if name in properties}
    try:
        geometry, repaired = mend(feature.get("geometry"))
    except GeometryRefused as refusal:
        return None, [*issues, PackIssue(file, line, f"{field}.geometry", str(refusal))]
    if repaired:
        issues.append(PackIssue(file, line, f"{field}.geometry", repaired, "warning"))
    try:
        return Zone.model_validate({**known, "geometry": geometry}), issues
    except ValidationError as error:
        for detail in error.errors():
            where = ".".join(str(part) for part in (field, *detail["loc"]))
            issues.append(PackIssue(file, line, where, sentence(detail, _PROPERTIES)))
        return None, issues


def read_boundary(text: str, file: str) -> tuple[dict[str, Any] | None, list[PackIssue]]:
    """The one area of `boundary.geojson`: a geometry, a feature, or a collection of features, united."""
    data, issues = read_json(text, file)
    if issues:
        return None, issues
    try:
        parts = [mend(geometry) for geometry in _geometries(data)]
    except GeometryRefused as refusal:
        return None, [PackIssue(file, 1, "geometry", str(refusal))]
    if not parts:
        return None, [PackIssue(file, 1, "", "Write a GeoJSON Polygon, MultiPolygon, Feature or collection.")]
    issues = [PackIssue(file, 1, "geometry", said, "warning") for _, said in parts if said]
    if len(parts) == 1:
        return parts[0][0], issues
    return geojson(shapely.union_all([shape(part) for part, _ in parts])), issues


def _geometries(data: Any) -> list[Any]:
    if not isinstance(data, dict):
        return []
    if data.get("type") == "FeatureCollection" and isinstance(data.get("features"), list):
        return [one.get("geometry") for one in data["features"] if isinstance(one, dict)]
    if data.get("type") == "Feature":
        return [data.get("geometry")]
    return [data]


def mend(geometry: Any) -> tuple[dict[str, Any], str]:
    """A valid Polygon or MultiPolygon and, when it had to be repaired, a sentence that says so.

    A geometry that is already right comes back with exactly the coordinates it had. Raises GeometryRefused.
    """
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise GeometryRefused("Draw a Polygon or a MultiPolygon: a zone is an area.")
    try:
        read = shape(geometry)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        shapely.errors.ShapelyError,
    ) as error:
        raise GeometryRefused("Correct the coordinates: rings are lists of [longitude, latitude].") from error
    if read.is_empty or (read.is_valid and read.area == 0):
        raise GeometryRefused("Draw this zone again: it has no area.")
    _check_place(read)
    if read.is_valid:
        return plain_geometry(geometry), ""
    area = _polygons(shapely.make_valid(read, method="structure", keep_collapsed=False))
    if area.is_empty or area.area == 0:
        raise GeometryRefused("Draw this zone again: it has no area.")
    reason = shapely.is_valid_reason(read).partition("[")[0].strip().lower() or "not valid"
    return geojson(area), f"Repaired: its outline was wrong ({reason}). Look at the result, or draw it again."


def _check_place(geometry: BaseGeometry) -> None:
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise GeometryRefused("Write coordinates in degrees, longitude before latitude (WGS84).")


def _polygons(geometry: BaseGeometry) -> MultiPolygon | Polygon:
    if isinstance(geometry, Polygon | MultiPolygon):
        return geometry
    parts = [part for part in getattr(geometry, "geoms", ()) if isinstance(part, Polygon | MultiPolygon)]
    united = shapely.union_all(parts)
    return united if isinstance(united, Polygon | MultiPolygon) else MultiPolygon()


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A shapely geometry as GeoJSON with lists, so that it equals what is read back from a file."""
    return plain_geometry(mapping(geometry))


def plain_geometry(geometry: dict[str, Any]) -> dict[str, Any]:
    """The same GeoJSON geometry with floats in lists and nothing beside type and coordinates."""
    return {"type": geometry["type"], "coordinates": _lists(geometry["coordinates"])}


def _lists(value: Any) -> Any:
    """Positions as `[longitude, latitude]` lists; an altitude is dropped."""
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], int | float):
            return [float(number) for number in value[:2]]
        return [_lists(item) for item in value]
    return value


def _lines(text: str, count: int) -> Iterator[int]:
    """The 1-based line on which each feature begins; 1 for those that are not found."""
    start, decoder, line, counted = _FEATURES.search(text), json.JSONDecoder(), 1, 0
    position = start.end() if start else len(text)
    for _ in range(count):
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position >= len(text):
            yield 1
            continue
        line, counted = line + text.count("\n", counted, position), position
        yield line
        try:
            position = decoder.raw_decode(text, position)[1]
        except ValueError:
            position = len(text)
