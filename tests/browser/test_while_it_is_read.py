"""What comes while something else is still being read: letters and photos during a draft, a push that says nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import keeps
from tests.browser.real_town import RealTown, real_town
from tests.browser.walking import RUE_GRIMALDI, Walker
from tests.support.wire import Wire, wired


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[RealTown]:
    with real_town(tmp_path_factory.mktemp("reading"), f"{worker_name}_reading") as founded:
        yield founded


@pytest.fixture
def wire(town: RealTown) -> Iterator[Wire]:
    with wired(town.port) as carried:
        yield carried


HELD = """() => new Promise((told) => {
  const asked = indexedDB.open('auzolan');
  asked.onsuccess = () => {
    const store = asked.result.transaction(asked.result.objectStoreNames, 'readwrite').objectStore('items');
    const again = () => { if (!window.enough) store.count().onsuccess = again; };
    store.count().onsuccess = () => { again(); told(); };
  };
})"""
"""Keeps what the device keeps to itself until `enough`: whoever reads it waits."""


def test_what_is_given_while_the_draft_is_being_read_stands(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire)
    walker.writes("Écrit hier.", photos=1)
    page = walker.page
    keeps(page, ("Écrit hier.", 1))
    address = page.url
    other = page.context.new_page()
    other.goto(wire.address + "/api")
    page.goto("about:blank")
    other.evaluate(HELD)
    page.goto(address)
    page.set_input_files("#photos-input", [{**walker.photo(RUE_GRIMALDI), "name": "IMG_0043.jpg"}])  # type: ignore[arg-type]
    expect(page.locator("#photos figure")).to_have_count(1)
    page.fill("#text", "Écrit maintenant.")
    other.evaluate("() => { window.enough = true; }")
    expect(page.locator("#photos figure")).to_have_count(2)
    expect(page.locator("#text")).to_have_value("Écrit maintenant.")
    expect(page.locator("[name=category]:checked")).to_have_count(1)
    keeps(page, ("Écrit maintenant.", 2))
    assert page.url == address, "no second draft"


def test_a_push_that_cannot_be_read_is_shown_all_the_same(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire)
    walker.goes_to("/api")
    shown = walker.page.evaluate(
        """async () => {
          const shown = [];
          const showNotification = async (title, more) => shown.push([title, more.body, more.data.url]);
          self.registration = { showNotification };
          await import('/static/js/push-worker.js');
          const told = (words) => {
            const data = words === null ? null : { json: () => JSON.parse(words) };
            self.dispatchEvent(Object.assign(new Event('push'), { data, waitUntil: () => {} }));
          };
          told('no JSON'); told(null); told('null');
          told('{"title": "Un nid-de-poule", "body": "Réparé", "url": "/x"}');
          return shown;
        }"""
    )
    assert shown == [["Auzolan", "", "/moi"]] * 3 + [["Un nid-de-poule", "Réparé", "/x"]]
