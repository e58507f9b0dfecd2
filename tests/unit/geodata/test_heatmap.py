"""The heatmap's page: nothing from elsewhere, every script with its nonce, small counts hidden."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import app.web
from geodata.heatmap import HEAT, LAND, HeatPicture, colour_of, heat_page, inlined, linked, scale, thresholds
from geodata.hexagons import cell_of, parent

STATIC = Path(app.web.__file__).parent / "static"
WORDS = {
    "title": "Où <ça> ?",
    "legend": "Par hexagone",
    "hexagons": "Hexagones",
    "heat": "Chaleur",
    "zones": "Contours",
    "few": "Moins de 5",
    "count": "Contributions",
}
BOUNDS = (-1.53, 43.45, -1.42, 43.52)


class Resources(HTMLParser):
    """Every address that a browser would fetch by itself, and every inline script or style without a nonce."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.bare: list[str] = []
        self.feed(page)
        self.addresses += re.findall(r"url\(([^)#]+)\)", page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "video", "audio") and values.get("src"):
            self.addresses.append(values["src"] or "")
        if tag == "link":
            self.addresses.append(values.get("href") or "")
        if tag in ("script", "style") and "nonce" not in values:
            self.bare.append(tag)
        assert "style" not in values, "an inline style would be refused by the policy"
        assert not any(name.startswith("on") for name in values), "an inline handler would be refused by the policy"


def picture(**more: Any) -> HeatPicture:
    counts = {parent(cell_of(-1.48 + i * 0.004, 43.49), 9): i + 1 for i in range(12)}
    zones = [("Saint-<b>Esprit</b>", {"type": "Polygon", "coordinates": [[[-1.5, 43.4], [-1.4, 43.4], [-1.4, 43.5]]]})]
    return HeatPicture(counts, BOUNDS, WORDS, zones=zones, marks=[(1, -1.48, 43.49)], **more)


def test_linked_asks_only_for_our_own_files_and_carries_the_nonce() -> None:
    page = linked(heat_page(picture()), lambda name: f"/static/{name}?v=1", "abc123")
    found = Resources(page)
    assert sorted(found.addresses) == [
        "/static/leaflet-heat.js?v=1",
        "/static/leaflet.css?v=1",
        "/static/leaflet.js?v=1",
    ]
    assert found.bare == []
    assert "http://" not in page
    assert "https://" not in page


def test_inlined_asks_for_nothing() -> None:
    page = inlined(heat_page(picture()), read)
    addresses = Resources(page).addresses
    assert addresses, "the style sheet's pictures are data"
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert "asset:" not in page
    assert len(page) < 600_000


def read(name: str) -> bytes:
    folder = "leaflet.heat" if "heat" in name else "leaflet"
    return (STATIC / "vendor" / folder / name).read_bytes()


def test_names_are_text_not_markup() -> None:
    page = heat_page(picture())
    assert "<b>Esprit" not in page
    assert "<ça>" not in page


def test_few_are_an_outline_without_a_count() -> None:
    page = heat_page(picture(fewest=5))
    counts = re.findall(r'"count": "([^"]+)"', page)
    assert sorted(set(counts)) == sorted({"Moins de 5", *map(str, range(5, 13))})
    assert counts.count("Moins de 5") == 4
    (heat,) = re.findall(r"L\.heatLayer\(\s*(\[.*?\]\]),", page, re.S)
    assert heat.count("[") - 1 == 8, "hidden hexagons do not warm the heat either"


def test_a_page_without_contributions_still_draws_the_town() -> None:
    page = heat_page(HeatPicture({}, BOUNDS, WORDS))
    assert "L.heatLayer" in page
    assert "fitBounds" in page


@pytest.mark.parametrize(
    ("counts", "fewest", "steps"),
    [
        ([], 1, [1]),
        ([], 5, [5]),
        ([1, 1, 1], 1, [1]),
        (list(range(1, 101)), 1, [1, 36, 61, 79, 91, 98]),
        ([2, 3, 4], 5, [5]),
        ([5, 9, 40], 5, [5, 9, 40]),
    ],
)
def test_thresholds(counts: list[int], fewest: int, steps: list[int]) -> None:
    assert thresholds(counts, fewest) == steps


def test_colours_darken_with_the_count() -> None:
    steps = [1, 3, 9]
    assert [colour_of(count, steps) for count in (1, 2, 3, 8, 9, 1000)] == [HEAT[0]] * 2 + [HEAT[2]] * 2 + [HEAT[5]] * 2
    assert scale(6) == list(HEAT)


def test_colours_are_the_design_s() -> None:
    tokens = (STATIC / "css/tokens.css").read_text()
    light = tokens.split("@media")[0]
    assert tuple(re.search(rf"--heat-{step}: (#\w+)", light)[1] for step in range(1, 7)) == HEAT  # type: ignore[index]


def test_a_town_s_raster_tiles_are_the_ground_and_their_owner_is_named() -> None:
    tiles = ("https://tiles.example/{z}/{x}/{y}.png", 512, 18)
    page = heat_page(picture(tiles=tiles, credits=[("Ville & Cie", ""), ("© Tuiles", "https://tiles.example/licence")]))
    assert "https://tiles.example/{z}/{x}/{y}.png" in page and '"zoomOffset": -1' in page
    assert '<a href="https://tiles.example/licence" target="_blank" rel="noopener license">© Tuiles</a>' in page
    assert "Ville &amp; Cie · " in page
    assert LAND not in page, "the town's own fill would cover them"
    assert LAND in heat_page(picture())
