"""A map on somebody's tiles: they are asked, dimmed by night; without them the town and its contributions remain."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from tests.browser.conftest import Opener, Visit, until


class Tiles(ThreadingHTTPServer):
    """A server of white tiles, which can be told to refuse."""

    daemon_threads = True
    refusing = False
    asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: Tiles

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(503 if self.server.refusing else 200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if not self.server.refusing:
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


def opened(visit: Opener, tiles: Tiles, theme: str) -> Visit:
    address = f"http://127.0.0.1:{tiles.server_port}/{{z}}/{{x}}/{{y}}.png"
    page = visit(f"/?tiles={address}", width=800, height=700, theme=theme)
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
