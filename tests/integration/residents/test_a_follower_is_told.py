"""The promise, as sentences: a follower is told by mail, push, feed and the list of their space; each once."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

from tests.integration.residents.conftest import Browser, Town, plain, text_of
from tests.integration.residents.test_push import subscribe
from tests.support.push_service import PushService

WORDS = "Le service a prévu d’intervenir."
REASON = "Une équipe passe lundi matin."


class Follower:
    """Somebody who follows, and what reaches them."""

    def __init__(self, town: Town, service: PushService) -> None:
        self.town, self.service = town, service
        self.browser: Browser = town.browser().sign_in("maite@resident.example")

    def allows_notifications(self) -> None:
        assert subscribe(self.browser, self.service.subscription()) == 201

    def follows(self) -> None:
        self.browser.press(f"/c/{self.town.reference}/suivre")

    def is_mailed(self) -> None:
        (mail,) = self.town.work()
        assert mail["To"] == "maite@resident.example"
        assert WORDS in text_of(mail) and REASON in text_of(mail)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def is_pushed(self) -> None:
        (message,) = self.service.messages
        assert message["body"] == f"{WORDS} Prévu pour le lundi 7 janvier 2030. {REASON}"

    def reads_it_in_a_feed(self) -> None:
        feed = self.browser.open(f"/c/{self.town.reference}/flux.atom")
        entries = ElementTree.fromstring(feed.data).findall("{http://www.w3.org/2005/Atom}entry")
        said = [entry.findtext("{http://www.w3.org/2005/Atom}content") for entry in entries]
        assert any(REASON in each for each in said)

    def finds_it_in_their_space(self) -> None:
        assert WORDS in plain(self.browser.open("/moi").text)

    def hears_nothing(self) -> None:
        before = len(self.service.messages)
        assert self.town.work() == [] and len(self.service.messages) == before


def test_a_follower_is_told_by_mail_push_feed_and_list(service: PushService, town: Town) -> None:
    maite = Follower(town, service)
    maite.allows_notifications()
    maite.follows()
    maite.hears_nothing()
    town.change("planned", planned_on=date(2030, 1, 7), text=REASON)
    maite.is_mailed()
    maite.is_pushed()
    maite.reads_it_in_a_feed()
    maite.finds_it_in_their_space()
    maite.hears_nothing()
