"""The arithmetic of the map's pyramid: which tile, which cell of the tile, which week.

The world (web mercator, EPSG:3857) is a square grid of 2^30 units a side, x to the east, y to the **south** from the
top-left corner, like tiles; a unit is 3.7 cm on the equator. A position is put on this grid once; every tile and cell
of every level is then a shift of the same integers, so that levels can never disagree about a point on an edge.
`app.features.contributions.pyramid` says the same in SQL; a test holds the two together.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

GRID_BITS = 30
CELL_BITS = 3
"""A tile's side holds 2^3 cells: 64 px each on MapLibre's 512 px tiles, about a cluster's disc."""
LEVELS = (9, 11, 13, 15)
"""Every other zoom is kept: cells nest, so zoom 12 sums the cells of level 13, and a write costs half as much."""
MAX_LATITUDE = 85.051128779806
"""Degrees; web mercator's square ends there (beyond, positions are held at the edge)."""
WEEK_ZERO = datetime(1970, 1, 5, tzinfo=UTC)
ALL_WEEKS = 0
"""The week number under which all time is counted."""

_GRID = 1 << GRID_BITS


class Tile(NamedTuple):
    """A web mercator tile: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Whether the column and the row are on the grid of this zoom (0 to 24)."""
        return 0 <= self.z <= 24 and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z


def grid_position(lon: float, lat: float) -> tuple[int, int]:
    """Put WGS84 degrees on the grid: (x, y), each in 0 .. 2^30 - 1."""
    lat = min(max(lat, -MAX_LATITUDE), MAX_LATITUDE)
    x = math.floor((lon + 180.0) / 360.0 * _GRID)
    y = math.floor((1.0 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2.0 * _GRID)
    return min(max(x, 0), _GRID - 1), min(max(y, 0), _GRID - 1)


def degrees(x: float, y: float) -> tuple[float, float]:
    """The inverse of `grid_position`: (lon, lat) of a place on the grid."""
    return x / _GRID * 360.0 - 180.0, math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * y / _GRID))))


def tile_number(level: int, x: int, y: int) -> int:
    """One number for a tile of any level up to 15: the tiles of level 0, then of level 1, and so on, row by row.

    It fits a 32-bit integer, which keeps the pyramid's key short.
    """
    return ((1 << 2 * level) - 1) // 3 + (y << level) + x


def tile_and_cell(gx: int, gy: int, level: int) -> tuple[int, int]:
    """The number of the tile of a level that holds a grid position, and the cell (0 .. 63, row by row) inside it."""
    shift = GRID_BITS - level
    cx, cy = gx >> shift - CELL_BITS, gy >> shift - CELL_BITS
    return tile_number(level, gx >> shift, gy >> shift), (cy & 7) << CELL_BITS | cx & 7


def level_for(zoom: int) -> int:
    """The kept level a zoom reads: the first one at least as fine (the finest, beyond)."""
    return next((level for level in LEVELS if level >= zoom), LEVELS[-1])


def tile_bounds(tile: Tile) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile, in degrees."""
    side = 1 << GRID_BITS - tile.z
    west, north = degrees(tile.x * side, tile.y * side)
    east, south = degrees((tile.x + 1) * side, (tile.y + 1) * side)
    return west, south, east, north


def tiles_covering(bounds: tuple[float, float, float, float], level: int) -> tuple[int, int, int, int]:
    """First column, first row, last column, last row of the tiles of a level that cover west, south, east, north."""
    west, south, east, north = bounds
    shift = GRID_BITS - level
    left, top = grid_position(west, north)
    right, bottom = grid_position(east, south)
    return left >> shift, top >> shift, right >> shift, bottom >> shift


def week_number(moment: datetime) -> int:
    """Weeks from Monday 1970-01-05 (UTC) to an aware moment; at least 1, since 0 means all time."""
    return max(1, (moment - WEEK_ZERO) // timedelta(days=7))


def week_start(week: int) -> datetime:
    """The Monday, 00:00 UTC, on which a week begins."""
    return WEEK_ZERO + timedelta(days=7 * week)
