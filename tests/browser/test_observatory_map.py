"""The observatory in a real browser: the policy holds, and the downloaded map draws from a disk without network."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from app.features.accounts import services
from tests.browser.conftest import PATIENCE_MS, until
from tests.support.serving import served
from tests.support.town import EAST, NORTH, SOUTH, WEST, make_town

PASSWORD = "the long way up the hill"
# Pixels of the heat's canvas that are not transparent.
WARM = """() => {
  const canvas = document.querySelector('canvas.leaflet-heatmap-layer');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let warm = 0;
  for (let i = 3; i < data.length; i += 4) warm += data[i] > 20;
  return warm;
}"""


@pytest.fixture
def house(app: Flask, session: Session) -> Iterator[str]:
    """A town with two clusters and a planner, served."""
    town = make_town(session)
    town.category("depots")
    zone = town.zone("Saint-Esprit", (WEST, SOUTH, (WEST + EAST) / 2, NORTH))
    dice = random.Random(5)
    for i in range(120):
        lon, lat = ((-1.49, 43.49), (-1.46, 43.47))[i % 2]
        town.add(
            dice.gauss(lon, 0.004),
            dice.gauss(lat, 0.003),
            zone_ids=[zone],
            created_at=datetime.now(UTC) - timedelta(days=dice.uniform(0, 60)),
        )
    services.add_account(session, email="p@bidache.fr", password=PASSWORD, role="planner", territory="bidache")
    session.commit()
    with served(app) as address:
        yield address


def listening(page: Page) -> tuple[list[str], list[str]]:
    """Errors of the console, and every address asked for."""
    errors: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda r: errors.append(r.url) if r.status >= 400 else None)
    return errors, asked


def test_the_observatory_and_its_file(browser: Browser, house: str, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="fr-FR")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors, asked = listening(page)
    page.goto(f"{house}/observatoire?period=90d")
    page.fill("#email", "p@bidache.fr")
    page.fill("#password", PASSWORD)
    page.click("form.card button")
    page.wait_for_url("**/observatoire?period=90d")
    assert page.inner_text("h1").startswith("Où se concentrent les contributions")
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frame_locator("iframe")
    frame.locator(".leaflet-container canvas").first.wait_for()
    assert frame.locator(".legend li").count() >= 2
    frame.get_by_text("Chaleur").click()
    frame.locator("canvas.leaflet-heatmap-layer").wait_for()
    assert errors == []
    assert all(address.startswith((house, "data:", "blob:")) for address in asked)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    with page.expect_download() as started:
        page.get_by_text("Carte en un fichier").click()
    saved = tmp_path / "carte.html"
    started.value.save_as(saved)
    context.close()

    alone = browser.new_context(viewport={"width": 1000, "height": 700})
    alone.set_default_timeout(PATIENCE_MS)
    alone.set_offline(True)
    page = alone.new_page()
    errors, asked = listening(page)
    page.goto(saved.as_uri())
    page.get_by_text("Chaleur").click()
    until(page, "() => document.querySelector('canvas.leaflet-heatmap-layer') !== null")
    until(page, f"() => ({WARM})() > 500")
    assert errors == []
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []
    alone.close()
