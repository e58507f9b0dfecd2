"""Boundaries that arrive as GeoJSON: taken, mended and said so, or refused with words and a pointer."""

import json
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from shapely.geometry import mapping

from geodata import errors
from geodata.geojson import feature, parse_boundary
from geodata.geometry import read_point

SQUARE = [[[-1.5, 43.4], [-1.4, 43.4], [-1.4, 43.5], [-1.5, 43.5], [-1.5, 43.4]]]
BOW_TIE = [[[-1.5, 43.4], [-1.4, 43.5], [-1.4, 43.4], [-1.5, 43.5], [-1.5, 43.4]]]


def polygon(coordinates: Any, kind: str = "Polygon") -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


def collection(*geometries: Any) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": None, "geometry": g} for g in geometries],
    }


@pytest.mark.parametrize(
    "document",
    [
        polygon(SQUARE),
        polygon([SQUARE], "MultiPolygon"),
        {"type": "Feature", "properties": {}, "geometry": polygon(SQUARE)},
        collection(polygon(SQUARE)),
        {"type": "GeometryCollection", "geometries": [polygon(SQUARE)]},
    ],
    ids=["polygon", "multipolygon", "feature", "collection", "geometry-collection"],
)
def test_reads_every_shape_of_geojson_as_one_multipolygon(document: dict[str, Any]) -> None:
    for source in (document, json.dumps(document), b"\xef\xbb\xbf" + json.dumps(document).encode()):
        boundary = parse_boundary(source)
        assert boundary.multipolygon.geom_type == "MultiPolygon"
        assert shapely.get_srid(boundary.multipolygon) == 4326
        assert boundary.area_m2 == pytest.approx(89_840_000, rel=0.01)
        assert boundary.notes == ()


def test_joins_several_features_and_says_so() -> None:
    east = [[[x + 0.1, y] for x, y in SQUARE[0]]]
    boundary = parse_boundary(collection(polygon(SQUARE), polygon(east)))
    assert len(boundary.multipolygon.geoms) == 1
    assert [note.code for note in boundary.notes] == ["dissolved"]


def test_repairs_a_crossing_outline_and_says_where() -> None:
    boundary = parse_boundary(collection(polygon(BOW_TIE)))
    assert boundary.repaired
    assert boundary.multipolygon.is_valid
    assert len(boundary.multipolygon.geoms) == 2
    assert "43.45" in boundary.notes[0].message
    assert boundary.notes[0].pointer == "/features/0/geometry"


def test_drops_heights_and_says_so() -> None:
    boundary = parse_boundary(polygon([[[x, y, 12.0] for x, y in SQUARE[0]]]))
    assert not shapely.has_z(boundary.multipolygon)
    assert [note.code for note in boundary.notes] == ["height_dropped"]


def test_keeps_holes() -> None:
    hole = [[-1.47, 43.43], [-1.47, 43.47], [-1.43, 43.47], [-1.43, 43.43], [-1.47, 43.43]]
    assert len(parse_boundary(polygon([SQUARE[0], hole])).multipolygon.geoms[0].interiors) == 1


def at(x: float, y: float) -> dict[str, Any]:
    ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y]]
    return polygon([ring])


REFUSED = [
    pytest.param("{", errors.NotGeoJson, "", id="broken-json"),
    pytest.param(b"\xff\xfe{}", errors.NotGeoJson, "", id="not-utf8"),
    pytest.param("[" * 100_000, errors.NotGeoJson, "", id="bottomless"),
    pytest.param("[]", errors.NotGeoJson, "", id="list"),
    pytest.param("{}", errors.NotGeoJson, "/type", id="no-type"),
    pytest.param({"type": "Topology"}, errors.NotGeoJson, "/type", id="topojson"),
    pytest.param({"type": "FeatureCollection"}, errors.NotGeoJson, "/features", id="no-features"),
    pytest.param(collection(), errors.NotGeoJson, "/features", id="empty-collection"),
    pytest.param(collection(None), errors.NotGeoJson, "/features/0/geometry", id="null-geometry"),
    pytest.param(polygon([]), errors.NoArea, "", id="no-rings"),
    pytest.param(polygon(None), errors.BadCoordinate, "/coordinates", id="null-coordinates"),
    pytest.param(polygon([[[1, 45]]]), errors.NotGeoJson, "/coordinates", id="ring-of-one"),
    pytest.param(polygon([[[1, 45], [2, 45], [3, 45], [1, 45]]]), errors.NoArea, "", id="flat"),
    pytest.param(polygon([[[1, 45]] * 4]), errors.NoArea, "", id="one-point-four-times"),
    pytest.param(polygon([[1, 45], [2, 45]], "LineString"), errors.WrongGeometryType, "", id="line"),
    pytest.param(
        collection(polygon(SQUARE), polygon([1, 45], "Point")),
        errors.WrongGeometryType,
        "/features/1/geometry",
        id="a-point-among-areas",
    ),
    pytest.param(
        '{"type":"Polygon","coordinates":[[[1,45],[2,NaN],[3,46],[1,45]]]}',
        errors.BadCoordinate,
        "/coordinates/0/1/1",
        id="nan",
    ),
    pytest.param(
        polygon([[[1, 45], [2, "45"], [3, 46], [1, 45]]]),
        errors.BadCoordinate,
        "/coordinates/0/1/1",
        id="text",
    ),
    pytest.param(polygon([[[1, 45], [2], [3, 46]]]), errors.BadCoordinate, "/coordinates/0/1", id="half"),
    pytest.param(at(float("inf"), 45), errors.BadCoordinate, "", id="infinite"),
    pytest.param(at(200, 45), errors.BadCoordinate, "", id="beyond-180"),
    pytest.param(at(1, 185), errors.BadCoordinate, "", id="beyond-90"),
    pytest.param(at(45, 120), errors.SwappedAxes, "", id="latitude-that-can-only-be-a-longitude"),
    pytest.param(at(43.4, -1.5), errors.SwappedAxes, "", id="bayonne-near-somalia"),
    pytest.param(at(335_000, 6_270_000), errors.ProjectedCoordinates, "", id="lambert-93"),
    pytest.param(
        {**polygon(SQUARE), "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}},
        errors.ProjectedCoordinates,
        "/crs",
        id="crs-member",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("document", "error", "pointer"), REFUSED)
def test_refuses_with_a_sentence_and_a_pointer(document: Any, error: type[errors.GeometryError], pointer: str) -> None:
    with pytest.raises(errors.GeometryError) as caught:
        parse_boundary(document)
    assert type(caught.value) is error
    assert caught.value.pointer == pointer
    assert caught.value.message.endswith(".")
    assert caught.value.code


def test_the_pointer_is_relative_to_the_whole_document() -> None:
    with pytest.raises(errors.NoArea) as caught:
        parse_boundary(polygon([]), pointer="/zones/3/boundary")
    assert caught.value.pointer == "/zones/3/boundary"


def test_a_real_place_far_from_france_can_be_insisted_on() -> None:
    assert parse_boundary(at(43.4, -1.5), trust_axes=True).area_m2 > 0
    assert parse_boundary(at(43.4, -1.5), expected=box(43, -2, 44, -1)).area_m2 > 0


def test_the_parent_territory_tells_exchanged_axes() -> None:
    with pytest.raises(errors.SwappedAxes):
        parse_boundary(at(41.39, 2.17), expected=box(2, 41, 3, 42))


def test_points_are_read_with_the_same_care() -> None:
    town = box(-1.5, 43.4, -1.4, 43.5)
    assert read_point(-1.45, "43.45", expected=town).coords[0] == (-1.45, 43.45)
    assert read_point(2.3, 48.8, expected=town).x == 2.3  # elsewhere, whatever the order: the caller decides
    with pytest.raises(errors.SwappedAxes):
        read_point(43.45, -1.45, expected=town)
    for lon, lat, pointer in ((0, 91, "/lat"), (181, 0, "/lon"), ("x", 1, "/lon"), (1, float("nan"), "/lat"),
                              (None, 1, "/lon"), (True, 1, "/lon"), (1, 10**400, "/lat")):  # fmt: skip
        with pytest.raises(errors.BadCoordinate) as caught:
            read_point(lon, lat)
        assert caught.value.pointer == pointer


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(43, 44)), min_size=3, max_size=12),
)
def test_any_ring_becomes_a_valid_boundary_or_a_typed_refusal(ring: list[tuple[float, float]]) -> None:
    try:
        boundary = parse_boundary(polygon([[*ring, ring[0]]]))
    except errors.GeometryError:
        return
    assert boundary.multipolygon.is_valid
    assert boundary.area_m2 >= 1


def test_writes_rings_as_the_standard_winds_them() -> None:
    written = feature(box(0, 0, 1, 1).reverse(), {"name": "carré"}, digits=3)
    assert shapely.is_ccw(shapely.geometry.shape(written["geometry"]).exterior)
    assert written["properties"] == {"name": "carré"}
    assert json.loads(json.dumps(mapping(box(0, 0, 1, 1))))["type"] == "Polygon"
