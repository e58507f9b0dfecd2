"""A new version of the site waits: it changes nothing under somebody's hands, and no draft goes with the old one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.web.assets import STATIC
from tests.browser.conftest import PATIENCE_MS, keeps, until
from tests.browser.test_form import file, jpeg
from tests.support import gallery
from tests.support.serving import served

CACHES = "caches.keys().then((names) => names.filter((name) => name.startsWith('auzolan-app-')).length)"


@dataclass
class Releases:
    """A site of which new versions are released."""

    address: str
    static: Path

    def release(self, mark: str) -> None:
        sheet = self.static / "css/base.css"
        sheet.write_text(f"{sheet.read_text('utf-8')}\n/* {mark} */\n", "utf-8")


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[Releases]:
    app = gallery.create(tmp_path / "gallery")
    assets = app.extensions["auzolan.assets"]
    assets.root = Path(shutil.copytree(STATIC, tmp_path / "static"))
    with served(app) as address:
        yield Releases(address, assets.root)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR", service_workers="allow")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def installed(phone: BrowserContext, releases: Releases) -> Page:
    """A form under the worker of the first version, with something typed and a photo."""
    page = phone.new_page()
    page.goto(releases.address + "/contribuer/problem")
    until(page, "navigator.serviceWorker.controller !== null")
    page.set_input_files("#photos-input", file("a.jpg", jpeg()))  # type: ignore[arg-type]
    expect(page.locator("#photos figure")).to_have_count(1)
    page.fill("#text", "Écrit pendant la mise à jour")
    keeps(page, ("Écrit pendant la mise à jour", 1))
    return page


@contextmanager
def no_worker_waits(page: Page) -> Iterator[None]:
    """Once the block is done, wait until the worker that waited is the one at work."""
    tools, states = page.context.new_cdp_session(page), dict[str, str]()

    def hear(told: dict[str, list[dict[str, str]]]) -> None:
        states.update((one["versionId"], one["status"]) for one in told["versions"])

    tools.on("ServiceWorker.workerVersionUpdated", hear)
    tools.send("ServiceWorker.enable")
    while "installed" not in states.values():
        page.wait_for_timeout(100)
    yield
    while "installed" in states.values() or "activating" in states.values():
        page.wait_for_timeout(100)
    tools.detach()


def test_a_new_version_says_that_it_is_there_and_keeps_the_drafts(phone: BrowserContext, releases: Releases) -> None:
    page = installed(phone, releases)
    old = page.evaluate(CACHES)
    releases.release("second")
    page.evaluate("navigator.serviceWorker.getRegistration().then((registered) => registered.update())")
    expect(page.locator("#toasts")).to_contain_text("Une nouvelle version est prête")
    # Nothing has moved: the page is the one that was open, under the worker that opened it.
    expect(page.locator("#text")).to_have_value("Écrit pendant la mise à jour")
    assert page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.waiting !== null)")
    page.locator("#text").press("End")
    page.keyboard.type(", jusqu’au bout")
    with page.expect_navigation():
        page.get_by_role("button", name="L’utiliser").click()
    assert page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.waiting === null)")
    expect(page.locator("#text")).to_have_value("Écrit pendant la mise à jour, jusqu’au bout")
    expect(page.locator("#photos figure")).to_have_count(1)
    assert page.evaluate(CACHES) == old + 1


def test_without_a_word_the_new_version_comes_when_the_old_pages_are_closed(
    phone: BrowserContext, releases: Releases
) -> None:
    page = installed(phone, releases)
    for mark in ("second", "third"):
        releases.release(mark)
        page.evaluate("navigator.serviceWorker.getRegistration().then((registered) => registered.update())")
        until(page, "navigator.serviceWorker.getRegistration().then((r) => r.waiting !== null)")
        draft, old = page.url, page
        page = phone.new_page()
        # The browser lets the old worker go once nobody needs it, in its own time.
        with no_worker_waits(page):
            old.close()
        page.goto(draft)
        expect(page.locator("#text")).to_have_value("Écrit pendant la mise à jour")
        expect(page.locator("#photos figure")).to_have_count(1)
        until(page, "navigator.serviceWorker.getRegistration().then((r) => r.waiting === null)")
    # The files of the version before stay for pages that may still be open; those of older ones go.
    until(page, f"{CACHES}.then((count) => count === 2)")
