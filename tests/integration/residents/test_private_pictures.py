"""What the public does not see yet, or any more: its author, the desk and the moderators see it, and they alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text

from app.features.contributions.photos import derive_photo
from app.features.moderation import services
from app.features.tickets.placing import drain_intake
from tests.integration.residents.conftest import Town
from tests.integration.residents.test_own_space import picture, report
from tests.support.desk import sign_in

PICTURE = re.compile(r'(?:src|href)="([^"]+-(?:400|1600)\.jpg|/photos/[^"]+\.jpg)"')


@pytest.fixture
def clients(town: Town) -> dict[str, Any]:
    """Who comes with a browser: the desk of the service, that of another, a moderator, somebody."""
    accounts = {
        "agent": town.account("agent", services=("bidache/voirie",)),
        "stranger": town.account("agent", services=("bidache/eclairage",)),
        "moderator": town.account("dispatcher", territory="bidache"),
    }
    town.session.commit()
    return {name: sign_in(town.app, account.email) for name, account in accounts.items()} | {
        "somebody": town.app.test_client()
    }


def made(town: Town) -> str:
    """The workers make the pictures that wait; returns the key of the only one."""
    town.session.commit()
    location = town.app.extensions["settings"].storage.location
    for number in town.session.scalars(text("SELECT id FROM photo ORDER BY id")).all():
        derive_photo(town.session, photo_id=number, location=location)
    town.session.commit()
    return str(town.session.scalar(text("SELECT public_key FROM photo")))


def sent(town: Town) -> tuple[Any, str, str]:
    """A report with a photo, placed; its author's browser, its number and its private page."""
    browser = town.browser()
    reference, token = report(browser, photos=picture())
    drain_intake(town.session, limit=5)
    return browser, reference, f"/c/{reference}/suivi/{token}"


def pictures(page: Any) -> list[str]:
    assert page.status_code == 200
    return sorted(set(PICTURE.findall(page.text)))


def shown_to(clients: dict[str, Any], address: str) -> dict[str, int]:
    return {name: client.get(address).status_code for name, client in clients.items()}


def seen_by_the_few(town: Town, clients: dict[str, Any], browser: Any, reference: str, page: str, key: str) -> None:
    """The author by the private link, the desk by its own address, nobody by the public one."""
    ours = pictures(browser.open(page))
    assert ours and all(address.startswith(page + "/photos/") for address in ours)
    for address in ours:
        answer = browser.open(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert clients["somebody"].get(address.replace(page, f"/c/{reference}/suivi/another-link")).status_code == 404
    assert browser.open(f"{page}/photos/{key}-99.jpg").status_code == 404
    assert browser.open(f"{page}/photos/{'0' * 32}-400.jpg").status_code == 404
    assert pictures(browser.open("/moi")) == []
    # It was said beside what is known already: they are one ticket.
    desk = f"/bureau/{town.reference}"
    theirs = pictures(clients["agent"].get(f"{desk}?lang=fr"))
    assert theirs and all(address.startswith(f"{desk}/photos/") for address in theirs)
    for address in theirs:
        found = shown_to(clients, address)
        assert found.pop("agent") == found.pop("moderator") == 200
        assert found.pop("stranger") == 404 and found.pop("somebody") in (302, 303, 401)
    told = clients["agent"].get(f"/api/v1/tickets/{town.reference}").json["contributions"]
    (photo,) = (each for line in told if line["reference"] == reference for each in line["photos"])
    assert clients["agent"].get(photo["url_400"].partition("8080")[2]).status_code == 200
    for size in (400, 1600):
        assert set(shown_to(clients, f"/photos/{key}/{size}.jpg").values()) == {404}


def test_before_a_moderator_has_looked(town: Town, clients: dict[str, Any]) -> None:
    town.session.execute(text("UPDATE category SET moderation = 'before'"))
    town.session.commit()
    browser, reference, page = sent(town)
    assert "Une personne de la modération la lit avant" in browser.open(page).text
    seen_by_the_few(town, clients, browser, reference, page, made(town))


def test_while_it_is_hidden_and_once_it_is_back(town: Town, clients: dict[str, Any]) -> None:
    browser, reference, page = sent(town)
    former = made(town)
    assert set(shown_to(clients, f"/photos/{former}/400.jpg").values()) == {200}
    actor = town.actor("dispatcher", territory="bidache")
    services.hide(town.session, actor, reference=reference, reason="insult")
    key = made(town)
    for size in (400, 1600):
        assert set(shown_to(clients, f"/photos/{former}/{size}.jpg").values()) == {410}
    seen_by_the_few(town, clients, browser, reference, page, key)
    # Who decides about it again looks at it first.
    queue = clients["moderator"].get(f"/moderation?ref={reference}&lang=fr")
    (address,) = re.findall(r'src="(/moderation/photos/\d+[^"]*\.jpg)"', queue.text)
    assert clients["moderator"].get(address).status_code == 200
    services.restore(town.session, actor, reference=reference)
    assert made(town) == key
    assert set(shown_to(clients, f"/photos/{key}/400.jpg").values()) == {200}
    assert set(shown_to(clients, f"/photos/{former}/400.jpg").values()) == {410}
