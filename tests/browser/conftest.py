"""A browser and the gallery of pages, for the tests of what people see."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support import chromium, gallery
from tests.support.serving import served

PATIENCE_MS = 90_000
"""A map is drawn in software, perhaps on a machine that does six other things: nothing here is about speed."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, one for the session."""
    found = chromium.find()
    if found is None:
        pytest.fail("no Chromium on this machine: python -m tests.support.machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**found.launch_options())
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the gallery, with the demo town's basemap."""
    with served(gallery.create(tmp_path_factory.mktemp("gallery"))) as address:
        yield address


class Visit(Page):
    """A page that remembers what went wrong while it was open."""

    complaints: list[str]


def until(page: Page, expression: str, seconds: float = 120) -> None:
    """Wait until an expression of the page is true. Playwright's own waiting needs `eval`, which our pages forbid."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise AssertionError(f"never true: {expression}")
        page.wait_for_timeout(100)


def settled(page: Page) -> None:
    """Wait until a change is on the screen: two frames, in which the page's own scripts follow it, then what moves."""
    while not page.evaluate(_TWO_FRAMES):
        # Rarely, after a change of size, a headless browser draws no frame until the next change.
        size = page.viewport_size
        assert size, "a page has a size"
        page.set_viewport_size({"width": size["width"], "height": size["height"] + 1})
        page.set_viewport_size(size)
    until(page, f"!document.getAnimations().some({_MOVES})")


_TWO_FRAMES = """new Promise((drawn) => {
    setTimeout(() => drawn(false), 10000);
    requestAnimationFrame(() => requestAnimationFrame(() => drawn(true)));
})"""
_MOVES = "(one) => one.playState === 'running' && one.effect.getComputedTiming().endTime < Infinity"
_KEPT = """async () => {
    const opening = indexedDB.open('auzolan');
    await new Promise((done, fail) => { opening.onsuccess = done; opening.onerror = fail; });
    const asked = opening.result.transaction('items').objectStore('items').getAll();
    await new Promise((done, fail) => { asked.onsuccess = done; asked.onerror = fail; });
    opening.result.close();
    return asked.result.map((item) => [Object.fromEntries(item.fields).text ?? '', item.photos]);
}"""


def keeps(page: Page, *drafts: tuple[str, int]) -> None:
    """Wait until the device keeps these and nothing else: the words of each, and how many photos."""
    wanted = json.dumps(sorted(drafts), ensure_ascii=False, separators=(",", ":"))
    until(page, f"({_KEPT})().then((found) => JSON.stringify(found.sort()) === {json.dumps(wanted)})")


Opener = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Opener]:
    """Open a page of the gallery: `visit("/liste", width=320, theme="dark")`; complaints of the console are kept.

    A script that is to run `before` the page's own may be given.
    """
    contexts: list[BrowserContext] = []

    def open_page(
        path: str, width: int = 390, height: int = 844, theme: str = "light", before: str = "", **options: object
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            locale="fr-FR",
            # What works without a network has tests of its own; here each page is asked of the server.
            **{"service_workers": "block", **options},  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.add_init_script(before)
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.goto(site + path)
        page.complaints = complaints  # type: ignore[attr-defined]
        return page  # type: ignore[return-value]

    yield open_page
    for context in contexts:
        context.close()
