"""The projection a territory is measured in."""

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geodata import crs


def around(lon: float, lat: float) -> shapely.Polygon:
    return box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)


@pytest.mark.parametrize(
    ("lon", "lat", "srid"),
    [
        pytest.param(-1.475, 43.494, 2154, id="bayonne"),
        pytest.param(8.738, 41.919, 2154, id="ajaccio"),
        pytest.param(7.42, 43.735, 2154, id="monaco-measured-like-its-neighbours"),
        pytest.param(2.37, 51.03, 2154, id="dunkerque"),
        pytest.param(-61.53, 16.24, 5490, id="pointe-a-pitre"),
        pytest.param(-61.06, 14.61, 5490, id="fort-de-france"),
        pytest.param(-52.33, 4.92, 2972, id="cayenne"),
        pytest.param(55.45, -20.88, 2975, id="saint-denis-reunion"),
        pytest.param(45.23, -12.78, 4471, id="mamoudzou"),
        pytest.param(166.45, -22.27, 3163, id="noumea"),
        pytest.param(2.17, 41.39, 32631, id="barcelona"),
        pytest.param(10.75, 59.91, 32632, id="oslo"),
        pytest.param(5.32, 60.39, 32632, id="bergen-norway-exception"),
        pytest.param(15.6, 78.2, 32633, id="svalbard"),
        pytest.param(-58.4, -34.6, 32721, id="buenos-aires"),
        pytest.param(179.99, -17.0, 32760, id="next-to-the-date-line"),
    ],
)
def test_chooses_the_official_system_else_utm(lon: float, lat: float, srid: int) -> None:
    assert crs.metric_srid(around(lon, lat)) == srid
    assert crs.metric_crs(srid).srid == srid


def test_refuses_an_empty_boundary_and_one_without_numbers() -> None:
    with pytest.raises(ValueError, match="empty"):
        crs.metric_srid(shapely.MultiPolygon())
    with pytest.raises(ValueError, match="not a number"):
        crs.metric_srid(shapely.Point(math.nan, 1))


def test_degrees_are_not_metres() -> None:
    with pytest.raises(ValueError, match="metres"):
        crs.metric_crs(4326)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_every_place_on_earth_has_a_system_in_metres(lon: float, lat: float) -> None:
    srid = crs.metric_srid(shapely.Point(lon, lat))
    assert srid in {2154, 5490, 2972, 2975, 4471, 4467, 3163, 5041, 5042} or 32601 <= srid <= 32760


@given(st.floats(-4, 8), st.floats(43, 50))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    metres = crs.project(shapely.Point(lon, lat), 4326, 2154)
    back = crs.project(metres, 2154, 4326)
    assert (back.x, back.y) == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))


def test_distances_and_areas_are_on_the_ellipsoid() -> None:
    # One degree of latitude at 45°, one of longitude at the equator: published lengths of WGS 84.
    assert crs.distance_m(0, 44.5, 0, 45.5) == pytest.approx(111_132, abs=2)
    assert crs.distance_m(0, 0, 1, 0) == pytest.approx(111_319.49, abs=0.01)
    assert crs.length_m([(0, 0), (1, 0), (2, 0)]) == pytest.approx(2 * 111_319.49, abs=0.02)
    assert crs.length_m([(0, 0)]) == 0
    assert crs.area_m2(box(0, 0, 1, 1)) == pytest.approx(12_308.778e6, rel=1e-6)


def test_a_hole_is_not_counted_however_it_is_wound() -> None:
    outer, inner = box(0, 0, 1, 1), box(0.25, 0.25, 0.75, 0.75)
    holed = outer.difference(inner)
    assert crs.area_m2(holed) == pytest.approx(crs.area_m2(outer) - crs.area_m2(inner), rel=1e-9)
    assert crs.area_m2(holed.reverse()) == pytest.approx(crs.area_m2(holed), rel=1e-12)
