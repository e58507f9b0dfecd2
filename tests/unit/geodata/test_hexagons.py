"""Hexagons by bit operations, against the h3 library."""

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from geodata.hexagons import STORED, cell_of, centre, parent, parent_masks, ring

places = st.tuples(st.floats(-179.9, 179.9), st.floats(-89, 89))


@given(places, st.integers(0, STORED))
def test_a_parent_by_bits_is_the_parent_of_h3(place: tuple[float, float], resolution: int) -> None:
    lon, lat = place
    index = cell_of(lon, lat)
    assert h3.int_to_str(parent(index, resolution)) == h3.cell_to_parent(h3.int_to_str(index), resolution)
    keep, put = parent_masks(resolution)
    assert 0 < put < 2**63
    assert 0 < keep < 2**63


def test_a_hexagon_holds_its_place() -> None:
    index = cell_of(-1.4748, 43.4929)
    assert Polygon(ring(index)).contains(Point(-1.4748, 43.4929))
    assert Polygon(ring(index)).contains(Point(centre(index)))
    assert ring(index)[0] == ring(index)[-1]


@pytest.mark.parametrize("resolution", [-1, 12])
def test_only_coarser_resolutions(resolution: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 11"):
        parent_masks(resolution)
