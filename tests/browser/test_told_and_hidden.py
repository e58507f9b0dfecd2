"""Two promises with a phone of 390 px: who follows is told wherever they wish; what is hidden is gone, and comes back.

Everything is a town's own; only the service of the browser's maker stands on the loopback: it reads what it is sent as
the browser would, and gives the subscription that a headless browser cannot ask for.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Agent, Official, Resident
from tests.browser.real_town import AGENT, MODERATOR, RealTown, real_town
from tests.support.push_service import PushService, push_service
from tests.workers.house import wait_until

RUE_GRIMALDI, PARC = (43.7353, 7.4200), (43.7336, 7.4163)
MAITE = "maite@resident.example"
REASON = "Une plaque se lit sur la photo."
SUBSCRIBE = """
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("refused");
  const given = %s;
  return { endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => true };
};
"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as opened:
        yield opened


@pytest.fixture(scope="module")
def town(service: PushService, tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[RealTown]:
    folder = tmp_path_factory.mktemp("told")
    with real_town(folder, f"told_{worker_name}", AUZOLAN_PUSH_SERVICES=service.address) as founded:
        yield founded


class Follower(Resident):
    """Somebody who wishes to know, with a space of their own."""

    def enters(self) -> None:
        self.goes_to("/moi/entrer")
        self.page.fill("#email", MAITE)
        self.page.locator("main form button").first.click()
        wait_until(lambda: bool(self.town.mails(MAITE)), "the link", self.town._outbox)
        (link,) = re.findall(r"https?://\S+/moi/entrer/\S+", text_of(self.town.mails(MAITE)[0]))
        self.page.goto(link)
        self.page.locator("main form button").click()
        self.page.wait_for_url("**/moi")

    def allows_notifications(self) -> None:
        self.page.locator("#push button").click()
        expect(self.page.locator("#push .push-words")).to_be_visible()
        expect(self.page.locator("#push .push-words")).not_to_be_empty()

    def follows(self, number: str) -> None:
        self.reads(number).locator(".show-actions a", has_text="Suivre").click()
        self.page.wait_for_url(f"**/c/{number}/suivre")
        self.page.locator("main form button").first.click()
        self.page.wait_for_load_state()

    def hears_by_mail(self, count: int) -> EmailMessage:
        wait_until(lambda: len(self.town.mails(MAITE)) >= count, f"mail number {count}", self.town._outbox)
        return self.town.mails(MAITE)[count - 1]


class Moderator(Official):
    """Somebody who decides what everybody sees."""

    def looks_for(self, number: str) -> None:
        self.goes_to(f"/moderation?ref={number}")
        expect(self.page.locator(".mods")).to_contain_text(number)

    def hides(self, number: str, *, saying: str) -> None:
        self.looks_for(number)
        self.page.locator("[data-key=H]").click()
        self.page.select_option(f"#reason-{number}", "personal_data")
        self.page.fill(f"#words-{number}", saying)
        self.page.locator(f"form[action*='/{number}/masquer'] button").click()
        expect(self.page.locator(".flash")).to_contain_text(number)

    def sees_the_photo(self) -> None:
        expect(self.page.locator(".mod-photos img")).to_have_js_property("complete", True)
        expect(self.page.locator(".mod-photos img")).not_to_have_js_property("naturalWidth", 0)

    def shows_again(self, number: str) -> None:
        self.looks_for(number)
        self.page.locator("[data-key=R]").click()
        expect(self.page.locator(".flash")).to_contain_text(number)


def is_in_the_tile(person: Resident, number: str, *, at: tuple[float, float]) -> bool:
    """Whether the tile of that latitude and longitude tells it now (numbers are plain bytes in it)."""
    zoom, lat = 16, math.radians(at[0])
    x = int((at[1] + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(lat)) / math.pi) / 2 * 2**zoom)
    tile = person.page.request.get(f"{person.town.address}/tiles/contributions/{zoom}/{x}/{y}.mvt")
    assert tile.ok
    return number.encode() in tile.body()


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def html_of(mail: EmailMessage) -> str:
    return str(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]


def test_a_follower_is_told_by_mail_push_and_feed(browser: Browser, town: RealTown, service: PushService) -> None:
    neighbour = Resident(browser, town, width=390, height=844)
    hole = neighbour.sends(
        "problem", "pothole", "Un trou au milieu de la piste cyclable.", photographed_at=RUE_GRIMALDI
    )
    town.is_done_with(hole)
    neighbour.leaves()

    maite = Follower(browser, town, width=390, height=844, worker=True)
    maite.page.add_init_script(SUBSCRIBE % json.dumps(service.subscription()))
    maite.enters()
    maite.allows_notifications()
    maite.follows(hole)

    agent = Agent(browser, town, width=1280, height=800)
    agent.signs_in(AGENT)
    agent.finds(hole, queue="Mobilités", because="Trou sur une piste cyclable")
    agent.does("planned", saying="L’équipe passe lundi.")

    mail = maite.hears_by_mail(2)
    for said in (text_of(mail), html_of(mail)):
        assert "Le service a prévu d’intervenir." in said and "L’équipe passe lundi." in said
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    wait_until(lambda: bool(service.messages), "a push message", town._outbox)
    (message,) = service.messages
    assert hole in message["title"] and "L’équipe passe lundi." in message["body"]
    feed = maite.page.request.get(f"{town.address}/c/{hole}/flux.atom").text()
    assert "L’équipe passe lundi." in feed
    maite.goes_to("/moi")
    expect(maite.page.locator("main")).to_contain_text("L’équipe passe lundi.")
    maite.goes_to(message["url"])
    expect(maite.page.locator(".show-top")).to_contain_text(hole)

    # A mail program ends it with one request, and nobody is told any more.
    stop = mail["List-Unsubscribe"].strip("<>")
    assert maite.page.request.post(stop, form={"List-Unsubscribe": "One-Click"}).ok
    agent.answers("Un mot de plus.")
    town.is_at_rest()
    assert len(town.mails(MAITE)) == 2 and len(service.messages) == 1
    agent.leaves()
    maite.leaves()


def test_a_moderator_hides_and_restores(browser: Browser, town: RealTown) -> None:
    author = Resident(browser, town, width=390, height=844)
    number = author.sends("praise", "park", "Merci pour ce banc repeint.", photographed_at=PARC)
    link = author.page.locator(".receipt-link a").get_attribute("href") or ""
    town.is_done_with(number)
    page = author.reads(number)
    photo = page.locator(".hero img").get_attribute("src") or ""
    assert is_in_the_tile(author, number, at=PARC)
    asked = page.request
    told_by = ("/liste?kind=praise", "/liste?q=banc+repeint", "/flux.atom", "/api/v1/contributions?limit=100")
    for path in told_by:
        assert number in asked.get(town.address + path).text(), path

    moderator = Moderator(browser, town, width=1280, height=800)
    moderator.signs_in(MODERATOR)
    moderator.hides(number, saying=REASON)
    town.is_at_rest()

    assert asked.get(f"{town.address}/c/{number}").status == 410
    assert asked.get(f"{town.address}/api/v1/contributions/{number}").status == 410
    for size in (400, 1600):
        assert asked.get(town.address + re.sub(r"\d+\.jpg$", f"{size}.jpg", photo)).status == 410
    for path in told_by:
        assert number not in asked.get(town.address + path).text(), path
    assert not is_in_the_tile(author, number, at=PARC)

    # Its author reads why, and answers.
    page.goto(link)
    page.get_by_role("link", name="Pourquoi, et votre réponse").click()
    expect(page.locator("main")).to_contain_text(REASON)
    page.fill("#words", "Ce n’est pas une plaque, c’est le nom du banc.")
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text("Votre réponse est envoyée.")

    moderator.looks_for(number)
    expect(moderator.page.locator(".mods")).to_contain_text("c’est le nom du banc")
    moderator.sees_the_photo()
    moderator.shows_again(number)
    town.is_at_rest()
    expect(author.reads(number).locator("h1")).to_contain_text("Merci pour ce banc repeint.")
    again = page.locator(".hero img").get_attribute("src") or ""
    assert again != photo and asked.get(town.address + again).ok
    assert asked.get(town.address + photo).status == 410
    for path in told_by:
        assert number in asked.get(town.address + path).text(), path
    assert is_in_the_tile(author, number, at=PARC)
    moderator.leaves()
    author.page.context.close()
