"""A map on somebody's tiles: they are asked, dimmed by night; without them the town and its contributions remain."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from tests.browser.conftest import Opener, Visit, until

STYLE = {
    "version": 8,
    "sources": {"ortho": {"type": "raster", "tiles": ["tiles/{z}/{x}/{y}.png"], "tileSize": 256}},
    "layers": [
        {"id": "border", "type": "background", "paint": {"background-color": "#808080"}},
        {"id": "ortho", "type": "raster", "source": "ortho"},
    ],
}
"""Somebody's style, with relative addresses."""


class Tiles(ThreadingHTTPServer):
    """A server of white tiles, which can be told to refuse."""

    daemon_threads = True
    refusing = False
    asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: Tiles

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(503 if self.server.refusing and self.path != "/style.json" else 200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.path == "/style.json":
            self.wfile.write(json.dumps(STYLE).encode())
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


def brightness(page: Visit) -> int:
    """Of the lightest thing in the middle of the map, 0 to 255."""
    box = page.locator("#map canvas").bounding_box()
    assert box is not None
    shot = page.screenshot(clip={"x": box["x"] + 500, "y": 200, "width": 200, "height": 300})
    return int(Image.open(io.BytesIO(shot)).convert("L").resize((1, 1)).getpixel((0, 0)))  # type: ignore[arg-type]


def test_tiles_are_asked_by_day_and_dimmed_by_night(visit: Opener, tiles: Tiles) -> None:
    day = opened(visit, tiles, "light")
    assert tiles.asked > 0
    assert day.complaints == []
    assert day.locator(".credit a").get_attribute("href") == "https://t.example/"
    assert brightness(day) > 235
    night = brightness(opened(visit, tiles, "dark"))
    assert 90 < night < 190


def test_without_them_the_town_and_the_contributions_are_drawn(visit: Opener, tiles: Tiles) -> None:
    tiles.refusing = True
    page = opened(visit, tiles, "light")
    until(page, "auzolanMap.map.queryRenderedFeatures({layers: ['outline-town']}).length > 0")
    assert page.locator(".mk").count() > 3


def test_somebody_s_style_is_drawn_as_it_says_and_the_town_remains_without_it(visit: Opener, tiles: Tiles) -> None:
    page = opened(visit, tiles, "light", "style.json", "style")
    assert tiles.asked > 1 and page.complaints == []
    assert brightness(page) > 235
    tiles.refusing = True
    for address in ("style.json", "no-such-style"):
        lost = opened(visit, tiles, "light", address, "style")
        until(lost, "auzolanMap.map.queryRenderedFeatures({layers: ['outline-town']}).length > 0")
