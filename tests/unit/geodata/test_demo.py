"""The demo town: what is committed is whole, coherent and says where it comes from."""

import gzip
from pathlib import Path

import mapbox_vector_tile
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from geodata import crs, demo, france

OPEN_SEA = (7.4500, 43.7350)
CASINO_SQUARE = (7.4277, 43.7395)


@pytest.fixture(scope="module")
def basemap() -> Reader:
    with demo.basemap_path().open("rb") as file:
        yield Reader(MmapSource(file))


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    x, y = crs.transformer(4326, 3857).transform(lon, lat)
    half = 20037508.342789244
    return zoom, int((x + half) / (2 * half) * 2**zoom), int((half - y) / (2 * half) * 2**zoom)


def layers_at(basemap: Reader, lon: float, lat: float, zoom: int) -> dict[str, list[dict[str, object]]]:
    data = basemap.get(*tile_of(lon, lat, zoom))
    assert data is not None
    return {name: layer["features"] for name, layer in mapbox_vector_tile.decode(gzip.decompress(data)).items()}


def test_the_basemap_says_what_it_is(basemap: Reader) -> None:
    header, about = basemap.header(), basemap.metadata()
    assert header["version"] == 3
    assert (header["min_zoom"], header["max_zoom"]) == (8, 16)
    assert about["attribution"] == demo.attribution()
    assert "OpenStreetMap" in demo.attribution()
    assert {layer["id"] for layer in about["vector_layers"]} == {
        "land", "block", "park", "wood", "sand", "water", "pier", "square", "building", "road", "border", "label",
    }  # fmt: skip
    assert demo.basemap_path().stat().st_size < 2e6


def test_the_sea_is_water_and_the_town_is_land(basemap: Reader) -> None:
    at_sea = layers_at(basemap, *OPEN_SEA, 16)
    assert [f["properties"]["kind"] for f in at_sea["water"]] == ["sea"]
    assert "land" not in at_sea
    in_town = layers_at(basemap, *CASINO_SQUARE, 16)
    assert {"land", "building", "road", "label"} <= set(in_town)
    assert "Place du Casino" in {f["properties"]["name"] for f in in_town["label"]}


def test_every_zoom_shows_the_place(basemap: Reader) -> None:
    for zoom in range(8, 17):
        layers = layers_at(basemap, *CASINO_SQUARE, zoom)
        assert "land" in layers
        if zoom <= 12:
            assert "Monaco" in {f["properties"]["name"] for f in layers["label"]}
    streets = {f["properties"].get("name") for f in layers_at(basemap, 7.4277, 43.7405, 16)["road"]}
    assert "Boulevard des Moulins" in streets


def test_territories_share_their_border_and_nothing_else() -> None:
    monaco, beausoleil = demo.territories()
    assert (monaco.slug, beausoleil.slug) == ("monaco", "beausoleil")
    assert (monaco.time_zone, beausoleil.time_zone) == ("Europe/Monaco", "Europe/Paris")
    assert monaco.boundary.is_valid
    assert beausoleil.boundary.is_valid
    assert crs.area_m2(monaco.boundary) == pytest.approx(2.08e6, rel=0.01)  # official surface: 2.08 km²
    assert monaco.boundary.intersection(beausoleil.boundary).area < 1e-14
    assert monaco.boundary.intersection(beausoleil.boundary).length > 0.02
    assert beausoleil.insee is not None
    commune = france.commune(beausoleil.insee)
    assert commune.boundary is not None
    assert beausoleil.boundary.symmetric_difference(commune.boundary).area < 0.1 * commune.boundary.area


def test_the_harbour_is_not_ground() -> None:
    monaco = demo.territories()[0].boundary
    assert not monaco.intersects(shapely.Point(7.4255, 43.7350))  # Port Hercule
    assert monaco.contains(shapely.Point(*CASINO_SQUARE))
    assert monaco.contains(shapely.Point(7.4325, 43.7425))  # ground won from the sea lately


def test_zones_tile_their_territory() -> None:
    for territory in demo.territories():
        zones = [zone.boundary for zone in demo.zones() if zone.territory == territory.slug]
        assert len(zones) == {"monaco": 9, "beausoleil": 4}[territory.slug]
        assert all(zone.is_valid for zone in zones)
        assert shapely.union_all(zones).symmetric_difference(territory.boundary).area < 1e-10  # about a square metre
        assert sum(zone.area for zone in zones) == pytest.approx(territory.boundary.area, rel=1e-6)
    names = [zone.name for zone in demo.zones()]
    assert {"Monte-Carlo", "Monaco-Ville", "Fontvieille", "Les Moneghetti"} <= set(names)
    assert len(names) == len(set(names))


def test_streets_parks_and_furniture_stand_in_their_territory() -> None:
    boundaries = {territory.slug: territory.boundary.buffer(2e-6) for territory in demo.territories()}
    for street in demo.streets():
        assert boundaries[street.territory].covers(street.line), street.name
    for park in demo.parks():
        assert boundaries[park.territory].covers(park.area), park.name
    for piece in demo.furniture():
        assert boundaries[piece.territory].covers(shapely.Point(piece.lon, piece.lat))
    assert len(demo.streets()) > 150
    assert len(demo.parks()) > 20
    assert {"bench", "bin", "lamp", "crossing"} <= {piece.kind for piece in demo.furniture()}
    assert {street.territory for street in demo.streets()} == {"monaco", "beausoleil"}


@pytest.mark.parametrize("name", ["territories", "zones", "streets", "parks"])
def test_files_carry_their_attribution(name: str) -> None:
    text = (Path(demo.__file__).parent / f"{name}.geojson").read_text()
    assert demo.attribution() in text[:300]
