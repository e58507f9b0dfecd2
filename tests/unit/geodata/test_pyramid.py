"""The pyramid's arithmetic against the textbook formulas of web mercator tiles."""

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from geodata.pyramid import (
    LEVELS,
    Tile,
    degrees,
    grid_position,
    level_for,
    tile_and_cell,
    tile_bounds,
    tile_number,
    tiles_covering,
    week_number,
    week_start,
)

longitudes = st.floats(-180, 179.999999)
latitudes = st.floats(-85, 85)


def _textbook_tile(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The formula of the OpenStreetMap wiki (slippy map tile names)."""
    n = 2**z
    y = (1 - math.log(math.tan(math.radians(lat)) + 1 / math.cos(math.radians(lat))) / math.pi) / 2 * n
    return int((lon + 180) / 360 * n), int(y)


def test_known_tiles() -> None:
    """The Eiffel tower, whose tile 15/16592/11272 is well known, and the origin."""
    gx, gy = grid_position(2.2945, 48.8584)
    assert (gx >> 15, gy >> 15) == (16592, 11272)
    assert grid_position(0, 0) == (1 << 29, 1 << 29)


@given(longitudes, latitudes, st.sampled_from(LEVELS))
def test_tile_and_cell_agree_with_the_textbook(lon: float, lat: float, level: int) -> None:
    gx, gy = grid_position(lon, lat)
    number, cell = tile_and_cell(gx, gy, level)
    x, y = gx >> 30 - level, gy >> 30 - level
    assert number == tile_number(level, x, y)
    wx, wy = _textbook_tile(lon, lat, level)
    fine_x, fine_y = _textbook_tile(lon, lat, level + 3)
    # Within a unit (4 cm) of an edge the two formulas may fall on either side of it.
    near_edge = any(value & (1 << 27 - level) - 1 in (0, (1 << 27 - level) - 1) for value in (gx, gy))
    assert near_edge or ((x, y) == (wx, wy) and cell == fine_y % 8 * 8 + fine_x % 8)


@given(longitudes, latitudes)
def test_degrees_undo_the_grid(lon: float, lat: float) -> None:
    back_lon, back_lat = degrees(*grid_position(lon, lat))
    assert abs(back_lon - lon) < 360 / 2**29
    assert abs(back_lat - lat) < 360 / 2**29


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-180, max_value=180), st.floats(-90, 90))
def test_every_position_has_a_cell(lon: float, lat: float) -> None:
    for level in LEVELS:
        number, cell = tile_and_cell(*grid_position(lon, lat), level)
        assert tile_number(level, 0, 0) <= number < tile_number(level + 1, 0, 0) < 2**31
        assert 0 <= cell < 64


def test_tile_numbers_are_never_shared() -> None:
    numbers = [tile_number(z, x, y) for z in range(6) for x in range(2**z) for y in range(2**z)]
    assert sorted(numbers) == list(range(len(numbers)))


def test_tile_bounds_and_cover() -> None:
    west, south, east, north = tile_bounds(Tile(1, 0, 0))
    assert (west, south, east) == (-180, 0, 0)
    assert abs(north - 85.0511287798) < 1e-9
    assert tiles_covering((-1.53, 43.45, -1.42, 43.52), 11) == (1015, 748, 1015, 749)


def test_level_for_each_zoom() -> None:
    assert [level_for(z) for z in range(18)] == [9] * 10 + [11, 11, 13, 13, 15, 15, 15, 15]


def test_tile_exists() -> None:
    assert Tile(0, 0, 0).exists
    assert not Tile(1, 2, 0).exists
    assert not Tile(3, 0, -1).exists
    assert not Tile(25, 0, 0).exists


def test_weeks_begin_on_monday() -> None:
    assert week_number(datetime(1970, 1, 12, tzinfo=UTC)) == 1
    assert week_number(datetime(1970, 1, 11, 23, 59, tzinfo=UTC)) == 1, "0 means all time"
    assert week_number(datetime(2026, 7, 19, 23, 59, 59, tzinfo=UTC)) + 1 == week_number(
        datetime(2026, 7, 20, tzinfo=UTC)
    )
    assert week_start(week_number(datetime(2026, 7, 22, 15, tzinfo=UTC))) == datetime(2026, 7, 20, tzinfo=UTC)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_is_in_its_week(moment: datetime) -> None:
    start = week_start(week_number(moment))
    assert start <= moment < start + timedelta(days=7)
    assert start.weekday() == 0
