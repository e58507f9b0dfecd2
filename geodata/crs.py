"""Coordinate systems: which projection a territory is measured in, and how to get there.

Positions are kept in WGS 84 longitude and latitude (SRID 4326). Areas, hexagons and clusters need metres on a
plane, so each territory gets one projected system when it is created: the official one where the French State
defines one (decree 2000-1276 and its updates, EPSG codes below), else its UTM zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

WGS84 = 4326
LAMBERT_93 = 2154
UPS_NORTH, UPS_SOUTH = 5041, 5042

GeometryT = TypeVar("GeometryT", bound=BaseGeometry)

_GEOD = Geod(ellps="WGS84")

#: Metropolitan France, Corsica and Monaco, coarsely (about 20 km): enough to choose a projection, never to
#: decide who is in charge of a place. Neighbours caught by it still get true metres, a few per thousand off
#: at worst.
METROPOLITAN_FRANCE = shapely.union_all(
    [
        Polygon(
            [
                (-5.3, 48.6), (-4.5, 47.7), (-2.6, 46.9), (-1.5, 45.9), (-1.4, 44.6), (-1.9, 43.45),
                (-1.4, 43.0),
                (0.7, 42.6), (1.8, 42.3), (3.3, 42.3), (3.3, 42.9), (5.0, 42.9), (6.6, 42.85), (7.65, 43.65),
                (7.8, 44.2), (6.95, 44.4), (7.2, 45.3), (7.1, 45.95), (6.85, 46.45), (6.1, 46.3), (6.3, 46.6),
                (7.1, 47.3), (7.65, 47.5), (8.3, 49.0), (6.5, 49.5), (5.4, 49.65), (4.9, 50.2), (4.2, 50.35),
                (3.2, 50.85), (2.4, 51.2), (1.4, 51.0), (1.3, 50.1), (-0.1, 49.8), (-2.1, 49.9), (-2.0, 49.1),
                (-3.4, 49.0),
            ]
        ),
        shapely.box(8.4, 41.3, 9.7, 43.1),
    ]
)  # fmt: skip

#: Official systems overseas: area (west, south, east, north) in degrees, then the EPSG code.
OVERSEAS: tuple[tuple[tuple[float, float, float, float], int], ...] = (
    ((-63.3, 14.2, -60.7, 18.2), 5490),  # Antilles (971, 972, 977, 978): RGAF09 / UTM 20N
    ((-54.7, 2.0, -51.5, 5.9), 2972),  # Guyane (973): RGFG95 / UTM 22N
    ((55.1, -21.5, 56.0, -20.8), 2975),  # La Réunion (974): RGR92 / UTM 40S
    ((44.9, -13.1, 45.4, -12.5), 4471),  # Mayotte (976): RGM04 / UTM 38S
    ((-56.5, 46.7, -56.0, 47.2), 4467),  # Saint-Pierre-et-Miquelon (975): RGSPM06 / UTM 21N
    ((163.5, -22.9, 168.3, -19.4), 3163),  # Nouvelle-Calédonie (988): RGNC91-93 / Lambert
)


@dataclass(frozen=True, slots=True)
class MetricCrs:
    """A projected system in metres: its SRID (an EPSG code that PostGIS knows too) and its official name."""

    srid: int
    name: str


def metric_srid(boundary: BaseGeometry) -> int:
    """The SRID of the projected system, in metres, in which to measure what lies inside `boundary`.

    `boundary` is any non-empty geometry in SRID 4326; its centre decides.
    Raises ValueError when it is empty or holds no finite position.
    """
    if boundary.is_empty:
        raise ValueError("An empty boundary has no place on Earth, so no projection can be chosen.")
    west, south, east, north = boundary.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    if not (np.isfinite(lon) and np.isfinite(lat)):
        raise ValueError("The boundary holds a coordinate that is not a number.")
    centre = shapely.Point(lon, lat)
    if METROPOLITAN_FRANCE.contains(centre):
        return LAMBERT_93
    for area, srid in OVERSEAS:
        if shapely.box(*area).contains(centre):
            return srid
    return utm_srid(lon, lat)


def utm_srid(lon: float, lat: float) -> int:
    """The EPSG code of the WGS 84 / UTM zone of a position in degrees (UPS beyond 84° N and 80° S).

    Follows the grid as it is really cut, with Norway's zone 32 and Svalbard's wide zones.
    """
    if lat >= 84:
        return UPS_NORTH
    if lat < -80:
        return UPS_SOUTH
    zone = int((lon + 180) // 6) % 60 + 1
    if 56 <= lat < 64 and 3 <= lon < 12:
        zone = 32
    elif 72 <= lat < 84 and 0 <= lon < 42:
        zone = next(z for limit, z in ((9, 31), (21, 33), (33, 35), (42, 37)) if lon < limit)
    return (32600 if lat >= 0 else 32700) + zone


@lru_cache(maxsize=64)
def metric_crs(srid: int) -> MetricCrs:
    """Name a projected system; ValueError when `srid` is unknown or does not count in metres."""
    crs = CRS.from_epsg(srid)
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise ValueError(f"EPSG:{srid} ({crs.name}) is not a projected system in metres.")
    return MetricCrs(srid=srid, name=crs.name)


@lru_cache(maxsize=64)
def transformer(source: int, target: int) -> Transformer:
    """A cached transformer between two SRIDs, always x/longitude first."""
    return Transformer.from_crs(source, target, always_xy=True)


def project(geometry: GeometryT, source: int, target: int) -> GeometryT:
    """Move a geometry from one SRID to another (x/longitude first on both sides)."""
    if source == target:
        return geometry
    move = transformer(source, target).transform
    moved = shapely.transform(geometry, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
    return shapely.set_srid(moved, target)


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres between two positions in degrees, on the WGS 84 ellipsoid."""
    _, _, metres = _GEOD.inv(lon1, lat1, lon2, lat2)
    return float(metres)


def length_m(positions: Iterable[tuple[float, float]]) -> float:
    """Metres along a line of (longitude, latitude) in degrees, on the WGS 84 ellipsoid."""
    points = list(positions)
    if len(points) < 2:
        return 0.0
    return float(_GEOD.line_length([p[0] for p in points], [p[1] for p in points]))


def area_m2(boundary: BaseGeometry) -> float:
    """Square metres inside a polygon or multipolygon in degrees, on the WGS 84 ellipsoid, holes taken out."""
    area, _ = _GEOD.geometry_area_perimeter(shapely.orient_polygons(boundary))
    return abs(float(area))
