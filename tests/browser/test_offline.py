"""With a poor network or none: nothing typed is lost, and what is sent is received once.

The town is real; between it and the browser is a wire that the tests cut.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import Browser, expect
from psycopg.types.json import Jsonb

from tests.browser.conftest import keeps, until
from tests.browser.real_town import RealTown, real_town
from tests.browser.walking import RUE_GRIMALDI, Walker, arrives, line, received, wakes
from tests.support import servers
from tests.support.wire import Wire, wired
from tests.workers.house import wait_until

PIECES = "async (name) => (await (await caches.open(name)).keys()).map((asked) => asked.url)"
"""What the browser keeps under a name, as addresses."""
PICTURE = """(url) => new Promise((told) => {
  const picture = Object.assign(new Image(), { src: url });
  picture.onload = () => told(true);
  picture.onerror = () => told(false);
})"""
"""Whether a browser can show what it gets under an address."""
WEIGHTS = """async () => {
  const cache = await caches.open('auzolan-kept');
  const about = await (await cache.match('/hors-connexion/zone')).clone().json();
  const pieces = (await cache.keys()).filter((asked) => !asked.url.endsWith('/hors-connexion/zone'));
  const bodies = await Promise.all(pieces.map(async (asked) => (await (await cache.match(asked)).blob()).size));
  return [about.bytes, bodies.reduce((sum, size) => sum + size, 0)];
}"""
"""How heavy the kept part of the map is said to be, and how heavy it is; bytes."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[RealTown]:
    with real_town(tmp_path_factory.mktemp("offline"), f"{worker_name}_offline") as founded:
        yield founded


@pytest.fixture
def wire(town: RealTown) -> Iterator[Wire]:
    with wired(town.port) as carried:
        yield carried


@contextmanager
def closed(town: RealTown, slug: str) -> Iterator[None]:
    """A category that the town closes for the length of a block."""
    for active in (False, True):
        with psycopg.connect(servers.plain(town.url), autocommit=True) as link:
            link.execute("UPDATE category SET active = %s WHERE slug = %s", (active, slug))
            link.execute("UPDATE territory SET config_version = (extract(epoch FROM clock_timestamp()) * 1e6)::bigint")
        if not active:
            yield


def test_written_offline_with_two_photos_it_leaves_by_itself_and_is_received_once(
    browser: Browser, town: RealTown, wire: Wire
) -> None:
    walker = Walker.on(browser, town, wire, worker=True)
    walker.takes_the_site_along()
    walker.loses_the_network()
    walker.writes("Un trou, écrit sans réseau.", photos=2)
    page = walker.page
    keeps(page, ("Un trou, écrit sans réseau.", 2))
    page.reload()
    expect(page.locator("#photos figure")).to_have_count(2)
    expect(page.locator("#text")).to_have_value("Un trou, écrit sans réseau.")
    expect(page.locator("#offline")).to_contain_text("Vous êtes hors connexion")
    walker.presses_send()
    page.wait_for_url("**/brouillons")
    expect(page.locator("#kept-title")).to_have_text("1 contribution à envoyer")
    expect(page.locator("#kept-lead")).to_have_text(
        "Elle est gardée sur cet appareil et partira seule au retour du réseau."
    )
    expect(page.locator(".kept-item [data-facts]").first).to_have_text(
        re.compile(r"^Aujourd’hui, \d{1,2}\u00a0h\u00a0\d\d")
    )
    expect(line(page, "Un trou")).to_contain_text("2 photos")
    expect(line(page, "Un trou")).to_contain_text("Attend le réseau")
    assert received(town, "Un trou, écrit sans réseau.") == []
    walker.loses_the_network(False)
    expect(line(page, "Un trou")).to_contain_text("Envoyée, numéro")
    # What was sent passed: the page, which came from what the phone keeps, says no more that there is no network.
    expect(page.locator("#offline")).to_be_hidden()
    ((reference, photos),) = received(town, "Un trou, écrit sans réseau.")
    expect(line(page, "Un trou")).to_contain_text(reference)
    assert photos == 2
    page.get_by_role("link", name=f"Suivre {reference}").click()
    expect(page.locator(".show-top")).to_contain_text(reference)
    page.context.close()


def test_the_map_the_form_and_the_drafts_open_without_a_network(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire, worker=True)
    walker.takes_the_site_along()
    page = walker.page
    until(page, "window.auzolanMap?.map.loaded()")
    # What the map showed before the worker was there is fetched for it.
    until(page, "performance.getEntriesByName('map-kept').length > 0")
    assert [name for name in page.evaluate(f"({PIECES})('auzolan-seen')") if "range=" in name]
    walker.loses_the_network()
    page.reload()
    expect(page.locator("#list-title")).to_be_visible()
    expect(page.locator("#offline")).to_contain_text("Cette page date de")
    drawn = "auzolanMap.map.queryRenderedFeatures().length"
    until(page, f"window.auzolanMap?.map.areTilesLoaded() && {drawn} > 20")
    assert page.evaluate(f"({PICTURE})('/photos/{'0' * 32}/400.jpg')"), "a photo that is not kept is no torn picture"
    for path, title in (("/contribuer", "Que voulez-vous partager"), ("/brouillons", "Mes brouillons")):
        walker.goes_to(path)
        expect(page.locator("h1")).to_contain_text(title)
    walker.goes_to("/c/MCO-1")
    expect(page.locator("#offline")).to_contain_text("Cette page n’est pas gardée")
    page.context.close()


def test_a_part_of_the_map_is_kept_on_purpose_and_let_go(browser: Browser, town: RealTown, wire: Wire) -> None:
    writer = Walker.on(browser, town, wire)
    writer.writes("Un trou, pour que la carte en montre un.")
    writer.presses_send()
    town.is_done_with(writer.reads_the_receipt())
    writer.page.context.close()
    walker = Walker.on(browser, town, wire, worker=True)
    walker.goes_to("/#map=14.5/43.737/7.421")
    page = walker.page
    until(page, "window.auzolanMap?.map.loaded() && navigator.serviceWorker.controller !== null")
    page.locator("[data-map=layers]").click()
    page.get_by_role("button", name="Garder cette zone hors connexion").click()
    expect(page.locator("#keep-status")).to_contain_text("Cette zone est gardée")
    said, weighed = page.evaluate(WEIGHTS)
    assert said == weighed > 0
    walker.loses_the_network()
    walker.goes_to("/brouillons")
    page.get_by_role("link", name="L’ouvrir").click()
    until(page, "window.auzolanMap?.map.loaded()")
    # Nobody had come so close before: only what was kept on purpose can show it.
    page.evaluate("([lat, lon]) => auzolanMap.map.jumpTo({center: [lon, lat], zoom: 17})", list(RUE_GRIMALDI))
    until(page, "auzolanMap.known.length > 0")
    # Opened from there, no coarser ground lies under it: the closest pieces of the basemap must have been kept.
    walker.goes_to("/brouillons")
    walker.goes_to(f"/#map=17/{RUE_GRIMALDI[0]}/{RUE_GRIMALDI[1]}")
    until(page, "window.auzolanMap?.map.queryRenderedFeatures().some((part) => part.source === 'base')")
    walker.goes_to("/brouillons")
    expect(page.locator("#area-kept p")).to_contain_text("Mo")
    page.locator("#area").get_by_role("button", name="Supprimer").click()
    expect(page.locator("#area-none")).to_be_visible()
    assert page.evaluate(f"({PIECES})('auzolan-kept')") == []
    page.context.close()


def test_with_every_page_closed_the_worker_sends_when_the_browser_wakes_it(
    browser: Browser, town: RealTown, wire: Wire
) -> None:
    walker = Walker.on(browser, town, wire, worker=True)
    walker.takes_the_site_along()
    walker.loses_the_network()
    walker.writes("Envoyé toutes pages fermées.", photos=2)
    walker.presses_send()
    walker.page.wait_for_url("**/brouillons")
    expect(line(walker.page, "toutes pages fermées")).to_contain_text("Attend le réseau")
    nobody = walker.page.context.new_page()
    walker.page.close()
    walker.loses_the_network(False)
    wakes(nobody, wire.address, "outbox")
    ((reference, photos),) = arrives(town, "Envoyé toutes pages fermées.", nobody)
    assert photos == 2
    nobody.goto(wire.address + "/brouillons")
    expect(line(nobody, "toutes pages fermées")).to_contain_text(f"Envoyée, numéro {reference}")
    nobody.context.close()


@contextmanager
def strict(town: RealTown) -> Iterator[int]:
    """A web process of the town that is open to the world: who sends a second time in ten minutes is asked to work."""
    port = servers.own_port()
    command = [sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    # It may take a busy machine more than the usual half minute to read the application.
    command += ["--timeout", "180"]
    # The machine itself is not limited in a town that lives on it: this process says that it lives elsewhere.
    environment = town.environment | {"AUZOLAN_BASE_URL": "http://town.example"}
    web = subprocess.Popen(command, env=environment, cwd=town.data)
    try:
        with psycopg.connect(servers.plain(town.url), autocommit=True) as link:
            link.execute(
                "UPDATE territory SET settings = settings || %s,"
                " config_version = (extract(epoch FROM clock_timestamp()) * 1e6)::bigint",
                (Jsonb({"proof_of_work": {"source": 1, "town": 0}}),),
            )
        wait_until(lambda: _listens(port), "the strict process to listen")
        yield port
    finally:
        web.terminate()
        web.wait(90)


def _listens(port: int) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


def test_the_worker_solves_what_is_asked_when_much_is_sent_and_no_page_is_open(
    browser: Browser, town: RealTown
) -> None:
    texts = ["Le premier de deux, sans réseau.", "Le second de deux, sans réseau."]
    with strict(town) as port, wired(port) as wire:
        walker = Walker.on(browser, town, wire, worker=True)
        walker.takes_the_site_along()
        walker.loses_the_network()
        for text in texts:
            walker.writes(text)
            walker.presses_send()
            walker.page.wait_for_url("**/brouillons")
        nobody = walker.page.context.new_page()
        walker.page.close()
        spent = town.ask("SELECT count(*) FROM proof_spent")[0][0]
        walker.loses_the_network(False)
        wakes(nobody, wire.address, "outbox")
        assert [len(arrives(town, text, nobody)) for text in texts] == [1, 1]
        assert town.ask("SELECT count(*) FROM proof_spent")[0][0] == spent + 1
        nobody.context.close()


def test_a_browser_without_a_worker_says_it_on_the_spot_and_sends_later(
    browser: Browser, town: RealTown, wire: Wire
) -> None:
    walker = Walker.on(browser, town, wire)
    walker.writes("Sans rien d’installé.")
    expect(walker.page.locator("#place-map .maplibregl-canvas")).to_be_visible()
    walker.loses_the_network()
    walker.presses_send()
    expect(walker.page.locator("#send-status")).to_contain_text("partira seule au retour du réseau")
    walker.loses_the_network(False)
    walker.reads_the_receipt()
    assert len(received(town, "Sans rien d’installé.")) == 1
    walker.page.context.close()


def test_the_same_draft_sent_from_two_tabs_is_received_once(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire)
    walker.writes("Le même brouillon, dans deux onglets.")
    keeps(walker.page, ("Le même brouillon, dans deux onglets.", 1))
    other = walker.page.context.new_page()
    other.goto(walker.page.url)
    expect(other.locator("#text")).to_have_value("Le même brouillon, dans deux onglets.")
    expect(other.locator("#photos figure")).to_have_count(1)
    for page in (walker.page, other):
        page.evaluate("document.getElementById('send').click()")
    for page in (walker.page, other):
        expect(page.locator(".receipt h1")).to_have_text("C’est envoyé, merci.")
    assert walker.page.locator("#reference").inner_text() == other.locator("#reference").inner_text()
    assert len(received(town, "Le même brouillon, dans deux onglets.")) == 1
    walker.page.context.close()


@pytest.mark.parametrize("fault", ["cut-sending", "cut-answer", "busy"])
def test_whatever_cuts_a_sending_it_leaves_again_and_is_received_once(
    browser: Browser, town: RealTown, wire: Wire, fault: str
) -> None:
    text = f"Coupé en route : {fault}."
    walker = Walker.on(browser, town, wire)
    walker.writes(text, photos=2)
    wire.fault = fault
    walker.presses_send()
    page = walker.page
    page.wait_for_url("**/brouillons")
    said = "La ville ne répond pas" if fault == "busy" else "Attend le réseau"
    expect(line(page, text)).to_contain_text(said)
    assert len(received(town, text)) == (fault == "cut-answer")
    retry = page.locator("#retry")
    expect(retry).to_be_visible()
    wire.fault = ""
    # At once, wherever it stands: the page tries by itself too, and hides the button when nothing waits any more.
    retry.evaluate("(button) => button.click()")
    expect(line(page, text)).to_contain_text("Envoyée, numéro")
    ((reference, photos),) = received(town, text)
    assert photos == 2
    expect(line(page, text)).to_contain_text(reference)
    assert wire.sendings[0] == fault
    page.context.close()


def test_it_tries_again_alone_while_the_town_does_not_answer(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire)
    walker.writes("La ville redémarre.", photos=0)
    wire.fault = "busy"
    walker.presses_send()
    walker.page.wait_for_url("**/brouillons")
    expect(line(walker.page, "La ville redémarre")).to_contain_text("La ville ne répond pas")
    wire.fault = ""
    expect(line(walker.page, "La ville redémarre")).to_contain_text("Envoyée, numéro")
    assert len(received(town, "La ville redémarre.")) == 1
    walker.page.context.close()


def test_several_drafts_are_taken_up_or_deleted_one_by_one(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire)
    page = walker.page
    for number, kind in ((1, "problem"), (2, "problem"), (3, "proposal")):
        walker.goes_to(f"/contribuer/{kind}")
        page.fill("#text", f"Brouillon numéro {number}")
        page.wait_for_url("**brouillon=*")
    walker.goes_to("/brouillons")
    expect(page.locator(".kept-item")).to_have_count(3)
    second = line(page, "Brouillon numéro 2")
    second.locator("summary").click()
    second.get_by_role("button", name="Supprimer").click()
    expect(page.locator(".kept-item")).to_have_count(2)
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator(".kept-item")).to_have_count(3)
    third = line(page, "Brouillon numéro 3")
    third.locator("summary").click()
    third.get_by_role("link", name="Reprendre").click()
    page.wait_for_url("**/contribuer/proposal?brouillon=*")
    expect(page.locator("#text")).to_have_value("Brouillon numéro 3")
    page.fill("#text", "Brouillon numéro 3, repris")
    # Left at once: the last letters are kept too.
    page.get_by_role("link", name="Annuler").click()
    page.wait_for_url(wire.address + "/")
    walker.goes_to("/brouillons")
    expect(page.locator(".kept-item")).to_have_count(3)
    expect(line(page, "numéro 3, repris")).to_be_visible()
    page.context.close()


def test_a_category_closed_meanwhile_is_said_beside_the_field_and_nothing_is_lost(
    browser: Browser, town: RealTown, wire: Wire
) -> None:
    text = "La catégorie ferme pendant que j’écris."
    walker = Walker.on(browser, town, wire)
    walker.writes(text, category="bench")
    page = walker.page
    with closed(town, "bench"):
        walker.presses_send()
        expect(page.locator("#category .error")).to_contain_text("Cette catégorie est fermée")
        expect(page.locator("#text")).to_have_value(text)
        expect(page.locator("#photos figure")).to_have_count(1)
        walker.goes_to("/brouillons")
        expect(line(page, text)).to_contain_text("À corriger")
        expect(line(page, text)).to_contain_text("Cette catégorie est fermée")
        page.get_by_role("link", name="Corriger").click()
        expect(page.locator("#category .error")).to_contain_text("Cette catégorie est fermée")
        expect(page.locator("#text")).to_have_value(text)
        walker.chooses("pothole")
        walker.presses_send()
        walker.reads_the_receipt()
    ((_, photos),) = received(town, text)
    assert photos == 1
    page.context.close()


def test_a_clock_one_day_wrong_changes_nothing(browser: Browser, town: RealTown, wire: Wire) -> None:
    for hours in (-24, 24):
        text = f"Ma montre est à {hours} heures."
        walker = Walker.on(browser, town, wire)
        walker.page.context.add_init_script(f"Date.now = ((now) => () => now() + {hours * 3_600_000})(Date.now)")
        walker.writes(text, photos=0)
        walker.presses_send()
        walker.reads_the_receipt()
        ((moment,),) = town.ask("SELECT created_at FROM contribution WHERE body = %s", text)
        assert abs(moment - datetime.now(UTC)) < timedelta(minutes=5)
        walker.page.context.close()


def test_on_a_full_device_one_is_told_and_the_form_still_works(browser: Browser, town: RealTown, wire: Wire) -> None:
    walker = Walker.on(browser, town, wire)
    walker.page.context.add_init_script(
        "const put = IDBObjectStore.prototype.put;"
        "IDBObjectStore.prototype.put = function (value) {"
        "  if (value.blob) throw new DOMException('full', 'QuotaExceededError'); return put.call(this, value); }"
    )
    walker.writes("Le téléphone est plein.", photos=2)
    expect(walker.page.locator("#keep-note")).to_contain_text("n’a plus de place")
    walker.presses_send()
    walker.reads_the_receipt()
    ((_, photos),) = received(town, "Le téléphone est plein.")
    assert photos == 2
    walker.goes_to("/brouillons")
    expect(walker.page.locator("#kept-empty")).to_be_visible()
    walker.page.context.close()
