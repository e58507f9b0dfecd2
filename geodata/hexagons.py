"""H3 hexagons: an index is kept once (resolution 11, as a 64-bit integer); coarser ones are bit operations.

An H3 index holds its resolution in bits 52-55 and one 3-bit digit for each resolution from 1 to 15, the finest in the
lowest bits, 7 where a digit is unused. The parent at resolution r is the same number with r written in and the finer
digits set to 7: PostgreSQL does that without any extension (`parent_masks`).
"""

from __future__ import annotations

import h3

STORED = 11
"""Resolution that contributions keep: hexagons about 25 m a side."""
EDGES_M = {8: 531, 9: 201, 10: 76, 11: 29}
"""Mean edge of a hexagon, in metres, by resolution (h3geo.org, table of cell statistics)."""
_RESOLUTION_SHIFT = 52
_DIGIT_BITS = 3
_FINEST = 15


def cell_of(lon: float, lat: float) -> int:
    """The index, at the stored resolution, of a WGS84 position in degrees."""
    return int(h3.latlng_to_cell(lat, lon, STORED), 16)


def parent_masks(resolution: int) -> tuple[int, int]:
    """(keep, put) such that `(index & keep) | put` is the parent, at a resolution up to 11, of a finer index.

    Both are positive 63-bit numbers, as PostgreSQL's bigint wants them.
    """
    if not 0 <= resolution <= STORED:
        raise ValueError(f"resolution {resolution} is not between 0 and {STORED}")
    unused = (1 << _DIGIT_BITS * (_FINEST - resolution)) - 1
    keep = (1 << 63) - 1 & ~(0xF << _RESOLUTION_SHIFT)
    return keep, resolution << _RESOLUTION_SHIFT | unused


def parent(index: int, resolution: int) -> int:
    """The index that contains another one, at a coarser resolution."""
    keep, put = parent_masks(resolution)
    return index & keep | put


def ring(index: int) -> list[tuple[float, float]]:
    """The hexagon's corners as a closed ring of (lon, lat)."""
    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(h3.int_to_str(index))]
    return [*corners, corners[0]]


def centre(index: int) -> tuple[float, float]:
    """The hexagon's centre, (lon, lat)."""
    lat, lon = h3.cell_to_latlng(h3.int_to_str(index))
    return lon, lat
