"""Tiny Well-Known Binary (TWKB) for MultiPolygon: the documented format that PostGIS reads and writes.

Coordinates become whole numbers of 10^-precision degrees and each is written as the difference to the one
before, so a commune of sixty points takes about 300 bytes. Because every shape is snapped to the same grid,
two neighbours keep exactly the same shared vertices: nothing is simplified on its own.

Format: https://github.com/TWKB/Specification/blob/master/twkb.md (two dimensions, no size, box or id list).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import shapely
from shapely import LinearRing, MultiPolygon, Polygon

_MULTIPOLYGON = 6
#: Six decimals of a degree are about 11 cm: finer than any boundary was ever drawn.
PRECISION = 6


def encode(shape: MultiPolygon, *, precision: int = PRECISION) -> bytes:
    """A MultiPolygon as TWKB bytes; `precision` is the number of decimals kept (0 to 7)."""
    out = bytearray([(_zigzag(precision) << 4) | _MULTIPOLYGON, 0x10 if shape.is_empty else 0x00])
    if shape.is_empty:
        return bytes(out)
    numbers: list[int] = [len(shape.geoms)]
    last = np.zeros(2, dtype=np.int64)
    for polygon in shape.geoms:
        rings = [polygon.exterior, *polygon.interiors]
        numbers.append(len(rings))
        for ring in rings:
            grid = np.rint(shapely.get_coordinates(ring) * 10**precision).astype(np.int64)
            steps = np.diff(np.vstack([last, grid]), axis=0)
            last = grid[-1]
            numbers.append(len(grid))
            numbers += [_zigzag(int(step)) for step in steps.ravel()]
    out += _varints(numbers)
    return bytes(out)


def decode(data: bytes) -> MultiPolygon:
    """The MultiPolygon in TWKB bytes; ValueError when they are another geometry or end too soon."""
    if len(data) < 2 or data[0] & 0x0F != _MULTIPOLYGON:
        raise ValueError("These bytes are not a TWKB MultiPolygon.")
    if data[1] & 0x10:
        return MultiPolygon()
    if data[1]:
        raise ValueError("TWKB with a size, a box, ids or more than two dimensions is not used here.")
    scale = 10.0 ** _unzigzag(data[0] >> 4)
    numbers = _read_varints(data, 2)
    x = y = 0
    polygons = []
    try:
        for _ in range(next(numbers)):
            rings = []
            for _ in range(next(numbers)):
                positions = []
                for _ in range(next(numbers)):
                    x += _unzigzag(next(numbers))
                    y += _unzigzag(next(numbers))
                    positions.append((x / scale, y / scale))
                rings.append(LinearRing(positions))
            polygons.append(Polygon(rings[0], rings[1:]))
    except StopIteration:
        raise ValueError("These TWKB bytes end too soon.") from None
    return MultiPolygon(polygons)


def _zigzag(number: int) -> int:
    return (number << 1) ^ (number >> 63)


def _unzigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _varints(numbers: Iterable[int]) -> bytes:
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def _read_varints(data: bytes, start: int) -> Iterator[int]:
    number = shift = 0
    for byte in data[start:]:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield number
            number = shift = 0
