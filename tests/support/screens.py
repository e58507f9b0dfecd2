"""The pictures of docs/screens.md, by day and by night: `python -m tests.support.screens DEMO_DATA`.

The folder is that of a town of `make up` that runs and may be thrown away.
"""

from __future__ import annotations

import re
import sys

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support import chromium
from tests.support.pictures import DESK, FOLDER, PHONE, Town, find_town, keep, side_by_side, still

DOCUMENT = FOLDER.parent / "screens.md"
PHONES, WIDE = 900, 1600
"""Pixels across two phones, and across two computers."""
ON_A_PHONE = {
    "map": ("The map", "/"),
    "list": ("Its list, with the same filters", "/liste"),
    "kinds": ("What one wants to share", "/contribuer"),
    "form": ("The form", "/contribuer/problem?lat=43.73535&lon=7.42005&category=pothole"),
    "contribution": ("A contribution and what became of it", "/liste?kind=problem&state=done"),
    "praise": ("Thanks", "/liste?kind=praise"),
    "ideas": ("The ideas of a process", "/idees"),
    "idea": ("An idea, its votes and its arguments", "/idees?process=outdoors&order=discussed"),
    "synthesis": ("What was said, by area and by theme", "/idees/synthese"),
    "follow": ("Following a theme, an area, a place", "/suivre"),
    "drafts": ("What waits on the device", "/brouillons"),
    "space": ("One's own space", "/moi"),
    "enter": ("Entering without a password", "/moi/entrer"),
    "privacy": ("Privacy, from the town's own data", "/vie-privee"),
}
WITH_A_PHOTO = ".items a.item:not(.item--plain)"
OPENED = {"contribution": WITH_A_PHOTO, "praise": WITH_A_PHOTO, "idea": ".items a.item"}
"""Screens that are one step further: what is pressed there."""
ON_A_COMPUTER = {
    "map-wide": ("The map on a computer", "/"),
    "queue": ("The desk", "/bureau"),
    "moderation": ("Moderation", "/moderation"),
    "observatory-wide": ("The observatory", "/observatoire?period=1y"),
}


def main(folder: str) -> None:
    """Take every picture and write the document that shows them."""
    found = chromium.find()
    if found is None:
        raise SystemExit("no Chromium on this machine: python -m tests.support.machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**found.launch_options())
        town = find_town(browser, folder)
        for name, (_, path) in ON_A_PHONE.items():
            _keep(name, [_look(town, name, path, dark) for dark in (False, True)], PHONES)
        for name, (_, path) in ON_A_COMPUTER.items():
            sides = [town.look(path, DESK, dark=dark, signed_in=name != "map-wide") for dark in (False, True)]
            _keep(name, sides, WIDE)
        browser.close()
    _write()


def _look(town: Town, name: str, path: str, dark: bool) -> Image.Image:
    with town.page(PHONE, dark=dark) as page:
        page.goto(town.url + path)
        if name in OPENED:
            _open(page, OPENED[name])
        return still(page)


def _open(page: Page, what: str) -> None:
    link = page.locator(what).first.get_attribute("href")
    page.goto(re.match(r"https?://[^/]+", page.url)[0] + str(link))  # type: ignore[index]


def _keep(name: str, sides: list[Image.Image], wide: int) -> None:
    strip = side_by_side(sides)
    height = round(strip.height * wide / strip.width)
    keep(f"screen-{name}", strip.resize((wide, height), Image.Resampling.LANCZOS), heaviest=90_000)


def _write() -> None:
    lines = [
        "# The screens",
        "",
        "By day and by night, from the demo town. `python -m tests.support.screens DEMO_DATA` takes them again.",
    ]
    for title, screens in (("On a phone", ON_A_PHONE), ("On a computer", ON_A_COMPUTER)):
        lines += ["", f"## {title}"]
        for name, (what, _) in screens.items():
            lines += ["", f"### {what}", "", f"![{what}, by day and by night](pictures/screen-{name}.webp)"]
    DOCUMENT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
