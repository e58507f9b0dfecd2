"""The pictures of the README: `python -m tests.support.pictures DEMO_DATA [PARIS_DATA]`, folders of towns that run.

The first is a town of `make up`, to which one contribution is added; the second one made as docs/import.md says. Both
get accounts `pictures-ROLE@town.example`, so take towns that may be thrown away.
"""

from __future__ import annotations

import io
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.demo.pictures import draw
from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.accounts.models import Account
from app.features.accounts.services import add_account, set_password
from tests.support import chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs/pictures"
HEAVIEST = 150_000
ROLES = {"dispatcher": "Camille Etcheverry", "administrator": "Jean Dupuy"}
PHONE, DESK = (390, 844), (1280, 800)
GAP, CORNER = 36, 42
WIDE = 2000
"""Pixels across the row of phones."""


@dataclass
class Town:
    browser: Browser
    url: str
    password: str

    @contextmanager
    def page(self, size: tuple[int, int], *, dark: bool = False, signed_in: str = "") -> Iterator[Page]:
        """A page of a person's own, who may have one of `ROLES`; closed afterwards."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
            device_scale_factor=1.5 if size == PHONE else 1.25,
        )
        page = context.new_page()
        if signed_in:
            page.goto(f"{self.url}/connexion")
            page.fill("#email", address(signed_in))
            page.fill("#password", self.password)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda address: "/connexion" not in address)
        yield page
        context.close()

    def look(self, path: str, size: tuple[int, int], **options: Any) -> Image.Image:
        """A picture of a page as it is once it stands still."""
        with self.page(size, **options) as page:
            page.goto(self.url + path)
            return still(page)


def still(page: Page) -> Image.Image:
    # Maps are drawn in software here, and marks slide to their places.
    page.wait_for_timeout(6000)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def address(role: str) -> str:
    return f"pictures-{role}@town.example"


def find_town(browser: Browser, data: str) -> Town:
    """The town that runs in a data folder, with a new password for our accounts."""
    command = [sys.executable, "-m", "app.cli", "status", "--json", "--data", data]
    status = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    password = secrets.token_urlsafe(18)
    engine = create_engine(status["database_url"])
    with Session(engine) as session:
        for role, name in ROLES.items():
            known = session.scalar(select(Account).where(Account.email == address(role)))
            if known is None:
                add_account(session, email=address(role), password=password, role=role, name=name)
            else:
                set_password(session, account=known, password=password)
        session.commit()
    engine.dispose()
    return Town(browser, status["url"], password)


def write_one(town: Town, page: Page) -> tuple[Image.Image, Image.Image]:
    """Send a contribution from a phone; the form before, the receipt after, where the page is left."""
    page.goto(f"{town.url}/contribuer/problem?lat=43.73535&lon=7.42005&category=pothole")
    page.set_input_files("#photos-input", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": draw("pothole:1")})
    page.fill("#text", "Un trou profond devant le numéro 12, les vélos l’évitent de justesse.")
    page.locator("h1").evaluate("() => document.activeElement.blur()")
    page.evaluate("scrollTo(0, 0)")
    form = still(page)
    page.locator("#send").click()
    page.wait_for_selector("#reference")
    return form, still(page)


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """Phones in a row, with round corners, on nothing."""
    width, height = pictures[0].size
    strip = Image.new("RGBA", (len(pictures) * (width + GAP) - GAP, height), (0, 0, 0, 0))
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), CORNER, fill=255)
    for position, picture in enumerate(pictures):
        strip.paste(picture, (position * (width + GAP), 0), mask)
        edge = (position * (width + GAP), 0, position * (width + GAP) + width - 1, height - 1)
        ImageDraw.Draw(strip).rounded_rectangle(edge, CORNER, outline=(120, 128, 123, 255), width=2)
    return strip


def keep(name: str, picture: Image.Image, *, heaviest: int = HEAVIEST) -> None:
    """Write it as WebP, as fine as its weight allows."""
    for quality in (86, 78, 70, 60, 50):
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if len(out.getvalue()) <= heaviest:
            break
    (FOLDER / f"{name}.webp").write_bytes(out.getvalue())
    print(f"{name}.webp {picture.size[0]}×{picture.size[1]}, {len(out.getvalue()) / 1000:.0f} kB, quality {quality}")


def demo(town: Town) -> None:
    with town.page(PHONE) as page:
        form, receipt = write_one(town, page)
    phones = [town.look("/", PHONE), form, receipt, town.look("/", PHONE, dark=True)]
    strip = side_by_side(phones)
    keep("phones", strip.resize((WIDE, round(strip.height * WIDE / strip.width)), Image.Resampling.LANCZOS))
    for name, dark in (("map-light", False), ("map-dark", True)):
        keep(name, town.look("/", DESK, dark=dark))
    with town.page(DESK, signed_in="dispatcher") as page:
        page.goto(f"{town.url}/bureau")
        page.locator(".queue-row", has=page.locator(".gathered")).first.click()
        page.wait_for_selector("#ticket")
        keep("desk", still(page))
    keep("observatory", town.look("/observatoire?period=1y", DESK, signed_in="dispatcher"))


def paris(town: Town) -> None:
    keep("paris-map", town.look("/?period=0", DESK))
    keep("paris-heat", town.look("/observatoire?period=all", DESK, signed_in="dispatcher"))


def main(folders: list[str]) -> None:
    found = chromium.find()
    if found is None or not folders:
        raise SystemExit(__doc__)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**found.launch_options())
        for show, folder in zip((demo, paris), folders, strict=False):
            show(find_town(browser, folder))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
