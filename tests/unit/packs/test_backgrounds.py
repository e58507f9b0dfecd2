"""What a town's setting `basemap` means: who is asked, under which words, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.features.territories.backgrounds import Background, background, faults


def meant(**setting: Any) -> Background:
    return background(setting, outlines="/basemap/t.geojson?v=1", sources="© Ville")


def test_a_town_that_names_nothing_is_drawn_from_its_outlines_and_asks_nobody() -> None:
    for found in (meant(), meant(kind="outlines")):
        assert (found.kind, found.url, found.origins) == ("outlines", "/basemap/t.geojson?v=1", ())
        assert found.attribution == "© Ville"


def test_the_plan_of_the_ign_brings_its_address_its_words_and_its_licence() -> None:
    found = meant(kind="ign")
    assert found.kind == "raster"
    assert "LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2" in found.url
    assert found.origins == ("https://data.geopf.fr",)
    assert found.attribution == "© IGN – Géoplateforme"
    assert "etalab" in found.credits[0].url
    assert found.outlines == "/basemap/t.geojson?v=1"


def test_only_the_hosts_that_are_named_are_asked() -> None:
    style = meant(kind="style", url="https://s.example/a.json", attribution="©", hosts=["https://g.example:8443"])
    assert style.origins == ("https://s.example", "https://g.example:8443")
    assert meant(url="/basemap/bayonne.pmtiles", attribution="©").origins == ()


def test_the_names_of_a_wmts_are_understood() -> None:
    found = meant(kind="raster", url="https://w.example/{TileMatrix}/{TileCol}/{TileRow}.png", attribution="©")
    assert found.url == "https://w.example/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example/{z}/{x}/{y}.png",
        "//tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example; script-src */{z}/{x}/{y}",
        "https://a b.example/{z}/{x}/{y}.png",
        "https://user:word@tiles.example/{z}/{x}/{y}.png",
        "https://*.example/{z}/{x}/{y}.png",
        "https://{s}.tiles.example/{z}/{x}/{y}.png",
        "javascript:alert(1)",
        "/{z}/{x}/{y}.png",
    ],
)
def test_an_address_that_would_open_more_than_one_host_is_refused(url: str) -> None:
    assert [name for name, _ in faults({"kind": "raster", "url": url, "attribution": "©"})] == ["url"]


def test_a_trial_on_the_machine_itself_may_do_without_https() -> None:
    assert faults({"kind": "raster", "url": "http://127.0.0.1:8/{z}/{x}/{y}.png", "attribution": "©"}) == []
