"""The pictures of docs/screens.md, by day and by night: `python -m tests.support.screens DEMO_DATA [NAME…]`.

The folder is that of a town of `make up` that runs and may be thrown away: two contributions are sent and
hidden, an idea is reported.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support import chromium
from tests.support.pictures import DESK, FOLDER, PHONE, Town, find_town, keep, side_by_side, still, write_one

DOCUMENT = FOLDER.parent / "screens.md"
PHONES, WIDE = 900, 1600
"""Pixels across two phones, and across two computers."""
ON_A_PHONE = {
    "map": ("The map", "/"),
    "list": ("Its list, with the same filters", "/liste"),
    "kinds": ("What one wants to share", "/contribuer"),
    "form": ("The form", "/contribuer/problem?lat=43.73535&lon=7.42005&category=pothole"),
    "drafts": ("What waits on the device", "/brouillons"),
    "contribution": ("A contribution and what became of it", "/liste?kind=problem&state=done"),
    "praise": ("Thanks", "/liste?kind=praise"),
    "ideas": ("The ideas of a process", "/idees"),
    "idea": ("An idea, its votes and its arguments", "/idees?process=outdoors&order=discussed"),
    "discussion": ("The whole discussion of an idea", "/idees?process=outdoors&order=discussed"),
    "synthesis": ("What was said, by area and by theme", "/idees/synthese"),
    "follow": ("Following a theme, an area, a place", "/suivre"),
    "enter": ("Entering without a password", "/moi/entrer"),
    "notice": ("The legal notice, from the town's own data", "/mentions-legales"),
    "privacy": ("Privacy, from the town's own data", "/vie-privee"),
    "accessibility": ("The statement of accessibility", "/accessibilite"),
    "missing": ("An address that leads nowhere", "/c/ZZZ-0"),
}
SENT = {
    "receipt": "The receipt",
    "own": "One's own contribution, by its private link",
    "follow-one": "Following one contribution",
    "report": "Reporting an abuse",
    "link": "The link of a mail: a button confirms",
    "space": "One's own space",
    "data": "Taking everything away",
    "erase": "Erasing oneself",
    "decision": "What a moderator told, and the right to answer",
    "gone": "What others find where something was hidden",
}
"""What is seen by somebody who sent something, in this order."""
WITH_A_PHOTO = ".items a.item:not(.item--plain)"
OPENED = {
    "contribution": WITH_A_PHOTO,
    "praise": WITH_A_PHOTO,
    "idea": ".items a.item",
    "discussion": ".items a.item",
    "ticket": ".queue-row:has(.gathered)",
    "why": ".queue-row:has(.gathered)",
    "edit": "a[data-key=E]",
    "cover": "a[href$='/couvrir']",
}
"""Screens that are one step further: the link that is followed there."""
BEYOND = {"discussion": "/commentaires", "why": "/pourquoi"}
"""And what is added to the address found there."""
ON_A_COMPUTER = {
    "map-wide": ("The map on a computer", "/", ""),
    "queue": ("The desk", "/bureau", "dispatcher"),
    "ticket": ("A ticket that gathers several contributions", "/bureau", "dispatcher"),
    "why": ("Why it is in this queue", "/bureau", "dispatcher"),
    "moderation": ("Moderation", "/moderation", "dispatcher"),
    "edit": ("Editing, with the original kept", "/moderation?vue=hidden", "dispatcher"),
    "cover": ("Covering a plate on a photo", "/moderation?vue=hidden", "dispatcher"),
    "blocks": ("The block list", "/moderation/blocage", "administrator"),
    "journal": ("The log of decisions", "/moderation/journal", "administrator"),
    "observatory-wide": ("The observatory", "/observatoire?period=1y", "dispatcher"),
    "operations": ("The machinery", "/exploitation", "administrator"),
}


def main(folder: str, wanted: list[str]) -> None:
    """Take the pictures, all or some, and write the document that shows them."""
    found = chromium.find()
    if found is None:
        raise SystemExit("no Chromium on this machine: python -m tests.support.machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**found.launch_options())
        town = find_town(browser, folder)
        if not wanted or set(wanted) & set(SENT):
            for (name, light), (_, dark) in zip(_sent(town, dark=False), _sent(town, dark=True), strict=True):
                if not wanted or name in wanted:
                    _keep(name, [light, dark], PHONES)
        for name, (_, path) in ON_A_PHONE.items():
            if not wanted or name in wanted:
                _keep(name, [_look(town, name, path, PHONE, dark=dark) for dark in (False, True)], PHONES)
        for name, (_, path, role) in ON_A_COMPUTER.items():
            if not wanted or name in wanted:
                _keep(name, [_look(town, name, path, DESK, role, dark=dark) for dark in (False, True)], WIDE)
        browser.close()
    _write()


def _sent(town: Town, *, dark: bool) -> Iterator[tuple[str, Image.Image]]:
    """From the receipt to what is left once a moderator has hidden it."""
    with town.page(PHONE, dark=dark) as page:
        _, receipt = write_one(town, page)
        yield "receipt", receipt
        reference = page.locator("#reference").inner_text()
        link = page.locator(".receipt-link a").get_attribute("href") or ""
        own, public = "/c/" + link.partition("/c/")[2], f"/c/{reference}"
        for name, path in (("own", own), ("follow-one", f"{public}/suivre")):
            page.goto(town.url + path)
            yield name, still(page)
        page.goto(f"{town.url}/liste?kind=proposal")
        _open(page, OPENED["idea"], "/abus")
        yield "report", still(page)
        page.locator("[name=reason]").nth(2).check()
        page.locator("main form button").first.click()
        page.wait_for_load_state()
        yield "link", _enter(town, page)
        for name, path in (("space", "/moi"), ("data", "/moi/donnees"), ("erase", "/moi/effacer")):
            page.goto(town.url + path)
            yield name, still(page)
        _hide(town, reference)
        for name, path in (("decision", f"{own}/moderation"), ("gone", public)):
            page.goto(town.url + path)
            yield name, still(page)


def _enter(town: Town, page: Page) -> Image.Image:
    """Sign in by the link of a mail, found where a trial town shows its mails; the page that asks for a press."""
    somebody = f"{secrets.token_hex(4)}@resident.example"
    page.goto(f"{town.url}/moi/entrer")
    page.fill("#email", somebody)
    page.locator("main form button").first.click()
    page.wait_for_timeout(5000)
    page.goto(f"{town.url}/dev/mail")
    page.locator("article", has_text=somebody).locator("a[href*='/moi/entrer/']").click()
    asked = still(page)
    page.locator("main form button").click()
    page.wait_for_url("**/moi*")
    # What was done with this browser is theirs now.
    page.locator("[name=browser]").locator("xpath=ancestor::form").locator("button").click()
    page.wait_for_load_state()
    return asked


def _hide(town: Town, reference: str) -> None:
    with town.page(DESK, signed_in="dispatcher") as page:
        page.goto(f"{town.url}/moderation?ref={reference}")
        page.locator("[data-key=H]").click()
        page.select_option(f"#reason-{reference}", "personal_data")
        page.fill(
            f"#words-{reference}", "Une plaque se lit sur la photo. Renvoyez-la sans la plaque, et nous publions."
        )
        page.locator(f"form[action*='/{reference}/masquer'] button").click()
        page.wait_for_load_state()


def _look(town: Town, name: str, path: str, size: tuple[int, int], role: str = "", *, dark: bool) -> Image.Image:
    with town.page(size, dark=dark, signed_in=role) as page:
        page.goto(town.url + path)
        if name in OPENED:
            _open(page, OPENED[name], BEYOND.get(name, ""))
        return still(page)


def _open(page: Page, what: str, beyond: str) -> None:
    link = page.locator(what).first.get_attribute("href") or ""
    page.goto(re.match(r"https?://[^/]+", page.url)[0] + link.partition("?")[0] + beyond)  # type: ignore[index]


def _keep(name: str, sides: list[Image.Image], wide: int) -> None:
    strip = side_by_side(sides)
    height = round(strip.height * wide / strip.width)
    keep(f"screen-{name}", strip.resize((wide, height), Image.Resampling.LANCZOS), heaviest=80_000)


def _write() -> None:
    lines = [
        "# The screens",
        "",
        "By day and by night, from the demo town. `python -m tests.support.screens DEMO_DATA` takes them again.",
    ]
    parts = (
        ("On a phone", {name: what for name, (what, _) in ON_A_PHONE.items()}),
        ("On a phone, once something was sent", SENT),
        ("On a computer", {name: what for name, (what, *_) in ON_A_COMPUTER.items()}),
    )
    for title, screens in parts:
        lines += ["", f"## {title}"]
        for name, what in screens.items():
            lines += ["", f"### {what}", "", f"![{what}, by day and by night](pictures/screen-{name}.webp)"]
    DOCUMENT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2:])
