"""A resident enters by a mail's link, makes a passkey, and enters by it: the real pages, a key made by Chromium."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from tests.browser.conftest import PATIENCE_MS
from tests.support import servers
from tests.support.desk import make_world
from tests.support.serving import served

ADDRESS = "maite@resident.example"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Town:
    """The pages at `address`; `link()` does the mail work and returns what a resident was sent last."""

    def __init__(self, address: str, link: Callable[[], str]) -> None:
        self.address, self.link = address, link


@pytest.fixture
def town(
    environment: dict[str, str], session: Any, monkeypatch: pytest.MonkeyPatch, worker_here: None
) -> Iterator[Town]:
    from app import create_app
    from app.core.db import db
    from workers.handlers import run

    make_world(session)
    session.commit()
    port = servers.own_port()
    # A passkey belongs to a name, never to a number.
    monkeypatch.setenv("AUZOLAN_BASE_URL", f"http://localhost:{port}")
    app = create_app()

    def link() -> str:
        for number in session.scalars(text("SELECT id FROM outbox WHERE topic = 'resident.asked'")).all():
            session.commit()
            run(number)
        last = max((Path(environment["AUZOLAN_DATA"]) / "mail").glob("sign-in-*.eml"), key=lambda p: p.stat().st_mtime)
        body = email.message_from_bytes(last.read_bytes(), policy=default).get_body(("plain",))
        found = re.search(r"http://localhost\S+/moi/entrer/\S+", body.get_content())  # type: ignore[union-attr]
        assert found
        return found[0]

    with served(app, host="localhost", port=port) as address:
        yield Town(address, link)
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_a_passkey_opens_the_space_without_a_mail(browser: Browser, town: Town) -> None:
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844}, service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    key = device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]

    enters_by_mail(page, town)
    page.get_by_role("button", name="Faire une clé d’accès sur cet appareil").click()
    expect(page.get_by_text("Cet appareil ouvre désormais votre espace.")).to_be_visible()
    expect(page.get_by_text("1 clé d’accès ouvre cet espace")).to_be_visible()
    assert len(device.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1

    page.get_by_role("button", name="Se déconnecter").click()
    device.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    enter = page.get_by_role("button", name="Entrer avec la clé de cet appareil")
    enter.click()
    expect(page.get_by_text("Cette clé n’a pas pu être lue.")).to_be_visible()

    device.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    enter.click()
    expect(page).to_have_url(f"{town.address}/moi")
    expect(page.get_by_text(ADDRESS).first).to_be_visible()

    page.get_by_role("button", name="Oublier toutes les clés").click()
    expect(page.get_by_text("Plus aucune clé n’ouvre votre espace.")).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").click()
    enter.click()
    expect(page.get_by_text("Cette clé n’a pas pu être lue.")).to_be_visible()
    context.close()


def enters_by_mail(page: Page, town: Town) -> None:
    page.goto(town.address + "/moi/entrer")
    page.get_by_label("Votre e-mail").fill(ADDRESS)
    page.get_by_role("button", name="M’envoyer un lien").click()
    expect(page.get_by_text("Regardez votre boîte aux lettres")).to_be_visible()
    page.goto(town.link())
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(f"{town.address}/moi")
