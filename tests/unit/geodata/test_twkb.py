"""Tiny Well-Known Binary, there and back."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geodata import twkb

boxes = st.builds(
    lambda x, y, w, h: box(x, y, x + w, y + h),
    st.floats(-180, 170),
    st.floats(-90, 80),
    st.floats(1e-4, 10),
    st.floats(1e-4, 10),
)


@given(st.lists(boxes, max_size=4))
def test_comes_back_within_half_a_step_of_the_grid(polygons: list[Polygon]) -> None:
    shape = MultiPolygon(polygons)
    back = twkb.decode(twkb.encode(shape))
    assert [len(p.exterior.coords) for p in back.geoms] == [len(p.exterior.coords) for p in shape.geoms]
    for before, after in zip(shapely.get_coordinates(shape), shapely.get_coordinates(back), strict=True):
        assert after == pytest.approx(before, abs=0.5000001e-6)


@given(st.lists(boxes, min_size=1, max_size=4))
def test_a_second_trip_changes_nothing(polygons: list[Polygon]) -> None:
    once = twkb.encode(MultiPolygon(polygons))
    assert twkb.encode(twkb.decode(once)) == once


def test_holes_and_islands_keep_their_place() -> None:
    shape = MultiPolygon([box(0, 0, 1, 1).difference(box(0.2, 0.2, 0.4, 0.4)), box(2, 2, 3, 3)])
    assert twkb.decode(twkb.encode(shape)).equals(shape)


def test_writes_the_bytes_of_the_specification() -> None:
    # Worked by hand: type 6 at precision 0; one polygon, one ring, four points; zigzag steps between them.
    triangle = MultiPolygon([Polygon([(0, 0), (1, 0), (1, 1)])])
    assert twkb.encode(triangle, precision=0).hex() == "06000101040000020000020101"


@pytest.mark.parametrize("data", [b"", b"\x01\x00", b"\xc6\x08\x01", twkb.encode(MultiPolygon([box(0, 0, 1, 1)]))[:-1]])
def test_refuses_other_bytes(data: bytes) -> None:
    with pytest.raises(ValueError, match="TWKB"):
        twkb.decode(data)
