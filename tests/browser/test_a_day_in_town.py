"""The promise, whole: neighbours write from a phone, the right service answers, everybody sees it.

Nothing is imitated: the database, the queue, the web, the relay and the workers are those of a town.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Agent, Planner, Resident, upright_and_bare
from tests.browser.real_town import AGENT, PLANNER, RealTown, real_town

RUE_GRIMALDI = (43.7353, 7.4200)
PARC = (43.7336, 7.4163)
CARREFOUR = (43.7440, 7.4285)
LARVOTTO = (43.7445, 7.4318)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[RealTown]:
    with real_town(tmp_path_factory.mktemp("town"), worker_name) as founded:
        yield founded


def test_neighbours_write_the_town_answers_everybody_sees(browser: Browser, town: RealTown) -> None:
    already = town.contributions()
    resident = Resident(browser, town)
    hole = resident.sends(
        "problem", "pothole", "Un trou profond au milieu de la piste cyclable.", photographed_at=RUE_GRIMALDI
    )
    thanks = resident.sends("praise", "park", "Merci aux jardiniers, le parc est superbe.", photographed_at=PARC)
    idea = resident.sends("proposal", "greening", "Et si on plantait des arbres ici ?", photographed_at=CARREFOUR)
    assert len({hole, thanks, idea}) == 3
    for number in (hole, thanks, idea):
        town.is_done_with(number)

    agent = Agent(browser, town, width=1280, height=800)
    agent.signs_in(AGENT)
    agent.finds(hole, queue="Mobilités", because="Règle 7 : Trou sur une piste cyclable → Mobilités")
    agent.looks_at("Un trou profond au milieu de la piste cyclable.")
    agent.does("accepted")
    agent.answers("Bonjour, une équipe passe demain matin.")
    agent.does("done", saying="Le trou est rebouché, merci de nous avoir prévenus.")
    agent.finds(thanks, queue="Espaces verts", because="Espaces verts")
    agent.looks_at("Merci aux jardiniers")
    agent.does("done", saying="L’équipe vous remercie.")
    agent.finds(idea, queue="Participation citoyenne", because="Participation citoyenne")
    agent.looks_at("Et si on plantait des arbres ici ?")
    agent.does("accepted", saying="Nous étudions votre idée.")
    agent.leaves()

    page = resident.reads(hole)
    expect(page.locator(".show-state .badge")).to_have_text("Résolu")
    expect(page.locator(".answer")).to_have_count(2)
    expect(page.locator(".answer").first).to_contain_text("Le trou est rebouché")
    expect(page.locator(".answer").first).to_contain_text("Mobilités")
    shown = page.locator(".hero img").get_attribute("src") or ""
    upright_and_bare(page.request.get(town.address + shown).body())
    expect(resident.reads(thanks).locator(".answer")).to_contain_text("L’équipe vous remercie.")
    expect(resident.reads(idea).locator(".answer")).to_contain_text("Nous étudions votre idée.")
    assert resident.sees_on_the_map() == already + 3
    assert resident.finds_in_the_tiles(hole, at=RUE_GRIMALDI)
    resident.leaves()

    planner = Planner(browser, town, width=1280, height=800)
    planner.signs_in(PLANNER)
    assert planner.counts() == already + 3
    planner.leaves()


def test_many_voices_in_one_place_are_a_hotspot_on_the_map(browser: Browser, town: RealTown) -> None:
    early = Resident(browser, town)
    assert early.sees_hotspots(told="Rien ne se concentre nulle part en ce moment.") == 0
    early.leaves()
    for number in range(8):
        town.is_told("full-bin", "La poubelle déborde.", at=(LARVOTTO[0] + number * 0.0001, LARVOTTO[1]))
    town.finds_a_hotspot()
    late = Resident(browser, town)
    assert late.sees_hotspots(at=LARVOTTO) == 1
    late.leaves()


def test_without_scripts_an_address_and_a_photo_are_enough(browser: Browser, town: RealTown) -> None:
    resident = Resident(browser, town, scripts=False)
    resident.begins("problem")
    page = resident.page
    page.fill("#address", "Avenue de Saint-Romain, Beausoleil")
    page.set_input_files("#photos-input", resident.photo(RUE_GRIMALDI))  # type: ignore[arg-type]
    resident.chooses("pothole")
    page.fill("#text", "La chaussée s’affaisse devant l’arrêt de bus.")
    page.locator("#send").click()
    number = resident.reads_the_receipt()
    town.is_done_with(number)
    expect(resident.reads(number).locator("h1")).to_contain_text("La chaussée s’affaisse")
    expect(page.locator(".hero img")).to_be_visible()
    resident.leaves()


def test_with_the_keyboard_alone(browser: Browser, town: RealTown) -> None:
    resident = Resident(browser, town)
    page, press = resident.page, resident.page.keyboard.press
    # Listened for from the start: a key opens the chooser sooner than a listener that is just being set would hear it.
    page.on("filechooser", lambda chooser: chooser.set_files(resident.photo(PARC)))  # type: ignore[arg-type]
    resident.goes_to("/")
    resident.tabs_to("a[href='/contribuer']")
    press("Enter")
    page.wait_for_url("**/contribuer")
    resident.tabs_to("a[href='/contribuer/praise']")
    press("Enter")
    page.wait_for_url("**/contribuer/praise")
    expect(page.locator("#place-map .pointer")).to_be_attached()
    resident.tabs_to("[data-way=type]")
    press("Enter")
    page.keyboard.type("Place d’Armes")
    resident.tabs_to("#lat")
    page.keyboard.type(str(PARC[0]))
    press("Tab")
    page.keyboard.type(str(PARC[1]))
    resident.tabs_to("#photos-input")
    press("Space")
    expect(page.locator("#photos figure")).to_have_count(1)
    resident.tabs_to("details:has([value=park]) summary")
    press("Enter")
    resident.tabs_to("[name=category]")
    while not page.locator("[value=park]").is_checked():
        press("ArrowDown")
    resident.tabs_to("#text")
    page.keyboard.type("Un jardin où l’on respire, merci.")
    resident.tabs_to("#send")
    press("Enter")
    number = resident.reads_the_receipt()
    town.is_done_with(number)
    expect(resident.reads(number).locator("h1")).to_contain_text("Un jardin où l’on respire")
    resident.leaves()
