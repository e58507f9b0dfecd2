"""A map on somebody's tiles: they are asked, dimmed by night; without them the town and its contributions remain."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image
from pmtiles.reader import MmapSource, Reader

from tests.browser.conftest import PATIENCE_MS, Opener, Visit, until
from tests.support.gallery import DEMO_BASEMAP

STYLE = {
    "version": 8,
    "sources": {"ortho": {"type": "raster", "tiles": ["tiles/{z}/{x}/{y}.png"], "tileSize": 256}},
    "layers": [
        {"id": "border", "type": "background", "paint": {"background-color": "#808080"}},
        {"id": "ortho", "type": "raster", "source": "ortho"},
    ],
}
"""Somebody's style, with relative addresses."""
DRAWN = {
    "version": 8,
    "sources": {"town": {"type": "vector", "tiles": ["{z}/{x}/{y}.pbf"], "maxzoom": 14}},
    "layers": [
        {"id": "sea", "type": "fill", "source": "town", "source-layer": "water", "paint": {"fill-color": "#f0f"}}
    ],
}
"""Another one, of vector tiles, with a colour that is none of ours."""
MONACO = "#map=14/43.733/7.425"


class Tiles(ThreadingHTTPServer):
    """A server of white pictures, and of the demo town as vector tiles, which can be told to refuse."""

    daemon_threads = True
    refusing = False
    asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: Tiles

    def do_GET(self) -> None:
        self.server.asked += 1
        kind = self.path.rpartition(".")[2]
        self.send_response(503 if self.server.refusing and kind != "json" else 200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        if kind == "pbf":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if kind == "json":
            self.wfile.write(json.dumps(DRAWN if self.path == "/drawn.json" else STYLE).encode())
        elif kind == "pbf" and not self.server.refusing:
            z, x, y = (int(part) for part in self.path.removesuffix(".pbf").split("/")[1:])
            with DEMO_BASEMAP.open("rb") as file:
                self.wfile.write(Reader(MmapSource(file)).get(z, x, y) or gzip.compress(b""))
        elif not self.server.refusing:
            Image.new("RGB", (256, 256), "white").save(self.wfile, "PNG")

    def log_message(self, *said: object) -> None:
        """Quiet."""


@pytest.fixture
def tiles() -> Iterator[Tiles]:
    server = Tiles(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def opened(visit: Opener, tiles: Tiles, theme: str, what: str = "{z}/{x}/{y}.png", ground: str = "raster") -> Visit:
    address = f"http://127.0.0.1:{tiles.server_port}/{what}"
    page = visit(f"/?ground={ground}&tiles={address}", width=800, height=700, theme=theme)
    until(page, "document.querySelectorAll('.mk').length > 3 && auzolanMap.map.loaded()")
    return page


def shines(page: Visit, least: int, most: int) -> bool:
    """Whether the middle of the map is so light (0 to 255), once its tiles have faded in."""
    return waited_for(page, lambda: least < brightness(page) < most)


def waited_for(page: Visit, look: Callable[[], bool]) -> bool:
    """Whether it is so in the end: what a map has loaded comes to the screen a little later."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not (seen := look()) and time.monotonic() < end:
        page.wait_for_timeout(200)
    return seen


def brightness(page: Visit) -> int:
    """Of the middle of the map, on average, 0 to 255."""
    box = page.locator("#map .maplibregl-canvas").bounding_box()
    assert box is not None
    shot = page.screenshot(clip={"x": box["x"] + 500, "y": 200, "width": 200, "height": 300})
    return int(Image.open(io.BytesIO(shot)).convert("L").resize((1, 1)).getpixel((0, 0)))  # type: ignore[arg-type]


def test_tiles_are_asked_by_day_and_dimmed_by_night(visit: Opener, tiles: Tiles) -> None:
    day = opened(visit, tiles, "light")
    assert tiles.asked > 0
    assert day.complaints == []
    assert day.locator(".credit a").get_attribute("href") == "https://t.example/"
    assert shines(day, 235, 256)
    assert shines(opened(visit, tiles, "dark"), 90, 190)


def test_without_them_the_town_and_the_contributions_are_drawn(visit: Opener, tiles: Tiles) -> None:
    tiles.refusing = True
    page = opened(visit, tiles, "light")
    until(page, "auzolanMap.map.queryRenderedFeatures({layers: ['outline-town']}).length > 0")
    assert page.locator(".mk").count() > 3


def test_somebody_s_style_is_drawn_as_it_says_and_the_town_remains_without_it(visit: Opener, tiles: Tiles) -> None:
    page = opened(visit, tiles, "light", "style.json", "style")
    assert tiles.asked > 1 and page.complaints == []
    assert shines(page, 235, 256)
    tiles.refusing = True
    for address in ("style.json", "no-such-style"):
        lost = opened(visit, tiles, "light", address, "style")
        until(lost, "auzolanMap.map.queryRenderedFeatures({layers: ['outline-town']}).length > 0")


def in_monaco(visit: Opener, tiles: Tiles, theme: str, what: str, ground: str) -> Visit:
    """The map where the vector tiles are, once its sea is drawn."""
    address = f"http://127.0.0.1:{tiles.server_port}/{what}"
    page = visit(f"/?ground={ground}&tiles={address}{MONACO}", width=800, height=700, theme=theme)
    sea = "auzolanMap.map.getStyle().layers.find((one) => one['source-layer'] === 'water').id"
    until(page, f"window.auzolanMap && auzolanMap.map.queryRenderedFeatures({{layers: [{sea}]}}).length > 0")
    until(page, "auzolanMap.map.loaded()")
    assert tiles.asked > 0 and page.complaints == []
    return page


def has_colour(page: Visit, red: int, green: int, blue: int) -> bool:
    """Whether a tenth of the picture is of this colour."""

    def seen() -> bool:
        pixels = Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((160, 140), Image.Resampling.NEAREST)
        near = [p for p in pixels.get_flattened_data() if max(abs(p[0] - red), abs(p[1] - green), abs(p[2] - blue)) < 6]
        return len(near) > 2240

    return waited_for(page, seen)


def test_somebody_s_vector_tiles_are_drawn_in_our_colours_by_day_and_by_night(visit: Opener, tiles: Tiles) -> None:
    day = in_monaco(visit, tiles, "light", "{z}/{x}/{y}.pbf", "vector")
    assert has_colour(day, 0xBB, 0xD9, 0xE1)
    assert has_colour(in_monaco(visit, tiles, "dark", "{z}/{x}/{y}.pbf", "vector"), 0x12, 0x30, 0x3D)


def test_a_style_of_vector_tiles_keeps_its_own_colours(visit: Opener, tiles: Tiles) -> None:
    assert has_colour(in_monaco(visit, tiles, "light", "drawn.json", "style"), 0xFF, 0x00, 0xFF)
