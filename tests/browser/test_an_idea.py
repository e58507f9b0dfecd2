"""An idea on its way, in real browsers on a real town: voted on, argued, amended, merged with its supporters asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.features.accounts.services import add_account
from tests.browser.people import Official, Resident
from tests.browser.real_town import PASSWORD, RealTown, real_town

CARREFOUR = (43.7440, 7.4285)
FACILITATOR = "facilitator@town.example"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[RealTown]:
    with real_town(tmp_path_factory.mktemp("ideas"), f"ideas_{worker_name}") as founded:
        engine = create_engine(founded.url)
        with Session(engine) as session:
            add_account(session, email=FACILITATOR, password=PASSWORD, role="administrator", territory=None)
            session.execute(text("UPDATE process SET mode = 'scale'"))
            session.commit()
        engine.dispose()
        yield founded


class Neighbour(Resident):
    """Somebody with ideas, and with something to say about those of others."""

    def proposes(self, words: str) -> tuple[str, str]:
        """An idea; returns its number, and the private link of its author."""
        lat, lon = CARREFOUR
        said = {"kind": "proposal", "category": "greening", "text": words, "lat": lat, "lon": lon}
        kept = self.page.request.post(f"{self.town.address}/api/v1/contributions", data=said).json()
        self.town.is_done_with(kept["reference"])
        return kept["reference"], kept["follow_url"].removeprefix(self.town.address)

    def votes(self, number: str, answer: str) -> None:
        self.goes_to(f"/c/{number}")
        self.page.locator(".ballot label", has_text=answer).click()
        self.page.get_by_role("button", name="mon avis").click()
        expect(self.page.locator(".vote-said")).to_contain_text("Le vôtre est compté")

    def argues(self, number: str, stance: str, words: str) -> None:
        self.goes_to(f"/c/{number}/commentaires")
        self.page.locator(".stances .chip", has_text=stance).click()
        self.page.fill("#text", words)
        self.page.get_by_role("button", name="Publier").click()
        expect(self.page.locator(".thread")).to_contain_text(words)

    def amends(self, link: str, words: str) -> None:
        self.goes_to(link)
        self.page.get_by_role("link", name="Modifier mon idée").click()
        self.page.fill("#text", words)
        self.page.fill("#why", "Les voisins l’ont demandé.")
        self.page.get_by_role("button", name="Publier la nouvelle version").click()
        expect(self.page.locator(".show")).to_contain_text("Modifiée une fois")


class Facilitator(Official):
    """Somebody who brings ideas together."""

    def merges(self, *numbers: str, title: str, words: str) -> str:
        """Into a new idea; returns its number."""
        self.goes_to(f"/bureau/idees/reunir?ideas={','.join(numbers)}")
        self.page.fill("#title", title)
        self.page.fill("#text", words)
        self.page.fill("#why", "Elles disent la même chose.")
        self.page.get_by_role("button", name="Les réunir").click()
        expect(self.page.locator(".unite")).to_contain_text("Elles disent la même chose.")
        made = self.page.locator(".unite article a").last.text_content() or ""
        return made.rpartition("(")[2].rstrip(")")


def test_an_idea_is_voted_on_argued_amended_and_merged_with_its_supporters_asked(
    browser: Browser, town: RealTown
) -> None:
    author, maite, peio = (Neighbour(browser, town, width=390, height=844) for _ in range(3))
    first, link = author.proposes("Planter deux arbres au carrefour.")
    second, _ = author.proposes("De l’ombre pour attendre le bus.")
    maite.votes(first, "+2")
    peio.votes(first, "−1")
    peio.votes(first, "+1")
    expect(peio.page.locator(".vote-said")).to_contain_text("2 avis sur 2 sont favorables.")
    maite.argues(first, "Pour", "L’arrêt est en plein soleil.")
    peio.argues(first, "Contre", "Les racines soulèvent le trottoir.")
    author.amends(link, "Planter deux arbres et poser un banc au carrefour.")
    maite.goes_to(f"/c/{first}")
    expect(maite.page.locator("#vote")).to_contain_text("modifiée depuis votre avis")

    facilitator = Facilitator(browser, town, width=1280, height=800)
    facilitator.signs_in(FACILITATOR)
    whole = facilitator.merges(first, second, title="Un carrefour à l’ombre", words="Deux arbres, un banc, un abri.")
    facilitator.leaves()

    maite.goes_to(f"/c/{first}")
    expect(maite.page.locator(".show")).to_contain_text("Cette idée est maintenant dans une autre")
    expect(maite.page.locator(".show")).to_contain_text("Planter deux arbres et poser un banc")
    maite.page.get_by_role("link", name=whole).first.click()
    expect(maite.page.locator(".made-of").first).to_contain_text(second)
    maite.page.get_by_role("button", name="Oui, je la soutiens").click()
    expect(maite.page.locator(".invited")).to_have_count(0)
    answer = maite.page.request.get(f"{town.address}/api/v1/contributions/{whole}/vote").json()
    assert (answer["value"], answer["votes"]) == (2, 1), "as she had voted on the part, and nobody else was moved"
    peio.goes_to(f"/c/{whole}")
    peio.page.get_by_role("button", name="Non, merci").click()
    expect(peio.page.locator(".invited")).to_have_count(0)
    for person in (author, maite, peio):
        person.leaves()
