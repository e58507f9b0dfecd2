"""Somebody who walks through the town with the site on the phone, on a wire that a test may cut."""

from __future__ import annotations

import time

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, until
from tests.browser.people import Resident
from tests.browser.real_town import RealTown
from tests.support.wire import Wire

RUE_GRIMALDI = (43.7353, 7.4200)
PARC = (43.7336, 7.4163)


class Walker(Resident):
    """Somebody in the street, on a wire that may be cut."""

    wire: Wire

    @classmethod
    def on(cls, browser: Browser, town: RealTown, wire: Wire, *, worker: bool = False) -> Walker:
        walker = cls(browser, town, worker=worker)
        walker.wire = wire
        return walker

    def goes_to(self, path: str) -> None:
        self.page.goto(self.wire.address + path)

    def takes_the_site_along(self) -> None:
        """Opens the map once, so that the service worker keeps what it needs."""
        self.goes_to("/")
        until(self.page, "navigator.serviceWorker.controller !== null")

    def loses_the_network(self, lost: bool = True) -> None:
        """For the page, and for a service worker that starts before the browser hears that it is offline too."""
        if lost:
            self.wire.fault = "down"
        elif self.wire.fault == "down":
            self.wire.fault = ""
        self.page.context.set_offline(lost)

    def writes(self, text: str, *, photos: int = 1, category: str = "pothole", kind: str = "problem") -> None:
        """A form filled, with its place taken from a photo's or typed."""
        self.goes_to(f"/contribuer/{kind}")
        if photos:
            taken = [self.photo(RUE_GRIMALDI) for _ in range(photos)]
            self.page.set_input_files("#photos-input", taken)  # type: ignore[arg-type]
            expect(self.page.locator("#photos figure")).to_have_count(photos)
            self.page.locator("[data-way=photo]").click()
        else:
            self.page.locator("[data-way=type]").click()
            self.page.fill("#lat", str(PARC[0]))
            self.page.fill("#lon", str(PARC[1]))
        self.chooses(category)
        self.page.fill("#text", text)
        self.page.wait_for_url("**brouillon=*")

    def presses_send(self) -> None:
        self.page.locator("#send").click()


def received(town: RealTown, text: str) -> list[tuple[str, int]]:
    """Reference and number of photos of each contribution with these words."""
    return [
        (row[0], row[1])
        for row in town.ask(
            "SELECT c.reference, (SELECT count(*) FROM photo p WHERE p.contribution_id = c.id) "
            "FROM contribution c WHERE c.body = %s",
            text,
        )
    ]


def arrives(town: RealTown, text: str, page: Page) -> list[tuple[str, int]]:
    """Wait, with the browser at work, until a contribution with these words is there; what is received then."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not (there := received(town, text)) and time.monotonic() < end:
        page.wait_for_timeout(200)
    return there


def line(page: Page, text: str) -> Locator:
    """What the page of drafts says of these words."""
    return page.locator(".kept-item", has_text=text)


def wakes(page: Page, address: str, tag: str) -> None:
    """Do what the browser does some time after the network is back."""
    tools = page.context.new_cdp_session(page)
    known: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: known.extend(r["registrationId"] for r in told["registrations"] if address in r["scopeURL"]),
    )
    tools.send("ServiceWorker.enable")
    while not known:
        page.wait_for_timeout(100)
    event = {"origin": address, "registrationId": known[0], "tag": tag, "lastChance": False}
    tools.send("ServiceWorker.dispatchSyncEvent", event)
