"""What can be wrong with geometry that came from outside, said so that a person can mend it.

Each error has a stable `code` and `params` (for a translated sentence), an English sentence, and a JSON
`pointer` (RFC 6901) to the offending member: the three that an `application/problem+json` answer needs.
"""

from __future__ import annotations

from typing import ClassVar


class GeometryError(ValueError):
    """Geometry that cannot be taken. `str(error)` is the English sentence."""

    code: ClassVar[str] = "geometry"

    def __init__(self, message: str, *, pointer: str = "", **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.params = params


class NotGeoJson(GeometryError):
    """Not JSON at all, or JSON whose members do not form a GeoJSON object."""

    code = "not_geojson"


class WrongGeometryType(GeometryError):
    """Valid GeoJSON of a type that cannot be used here, such as a line for a boundary."""

    code = "wrong_geometry_type"


class NoArea(GeometryError):
    """A boundary without surface: empty, collapsed on a line, or smaller than a square metre."""

    code = "no_area"


class BadCoordinate(GeometryError):
    """A coordinate that is missing, not a finite number, or beyond ±180 / ±90 degrees."""

    code = "bad_coordinate"


class SwappedAxes(GeometryError):
    """Latitude and longitude look exchanged."""

    code = "swapped_axes"


class ProjectedCoordinates(GeometryError):
    """Metres of a projected system where degrees were expected."""

    code = "projected_coordinates"
