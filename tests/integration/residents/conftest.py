"""A small town with a letter box, and residents who come with a browser each."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.features.accounts.policies import Actor
from app.features.tickets import services
from app.features.tickets.workflow import Change
from tests.support.desk import World, form_token, make_world
from tests.support.push_service import PushService, push_service
from workers.handlers import run


class Town(World):
    """The world with its letter box and its residents."""

    box: Path
    reference: str
    agent: Actor
    app: Flask

    def work(self) -> list[EmailMessage]:
        """Do all that waits and may be done now; returns the mails sent meanwhile, by address."""
        self.session.commit()
        before = set(self.box.glob("*.eml"))
        asked = text(
            "SELECT id FROM outbox WHERE topic NOT IN ('intake', 'hotspots', 'photo') AND failed_at IS NULL "
            "AND due_at <= now() ORDER BY id"
        )
        while ids := self.session.scalars(asked).all():
            self.session.commit()
            for number in ids:
                run(number)
        failed = self.session.scalars(text("SELECT last_error FROM outbox WHERE last_error IS NOT NULL")).all()
        assert failed == []
        self.session.commit()
        sent = [email.message_from_bytes(p.read_bytes(), policy=default) for p in set(self.box.glob("*.eml")) - before]
        return sorted(sent, key=lambda mail: str(mail["To"]))  # type: ignore[return-value, arg-type]

    def change(self, state: str, *, reference: str = "", **change: Any) -> None:
        """An agent gives the ticket a state."""
        self.session.rollback()
        reference = reference or self.reference
        services.change_state(
            self.session,
            self.agent,
            reference=reference,
            state=state,
            change=Change(**change),
            version=self.version(reference),
        )
        self.session.commit()

    def browser(self) -> Browser:
        """Somebody's browser, new."""
        return Browser(self)

    def count(self, table: str) -> int:
        found = self.session.scalar(text(f"SELECT count(*) FROM {table}"))
        self.session.commit()
        return int(found or 0)


class Browser:
    """A browser of a resident: what they open, press and are mailed."""

    def __init__(self, town: Town, host: str = "127.0.0.1:8080") -> None:
        self.town, self.host = town, host
        self.client: FlaskClient = town.app.test_client()

    def open(self, path: str) -> TestResponse:
        join = "&" if "?" in path else "?"
        return self.client.get(f"{path}{join}lang=fr", base_url=f"http://{self.host}")

    def press(self, path: str, page: str = "", **fields: str) -> TestResponse:
        """Send a form that stands on `page` (the same path if it is not said)."""
        csrf = form_token(self.open(page or path).text)
        return self.client.post(path, data={"csrf_token": csrf, **fields}, base_url=f"http://{self.host}")

    def link(self, address: str = "maite@resident.example") -> str:
        """Ask for a link, and return its path."""
        assert self.press("/moi/entrer", email=address).status_code == 303
        (mail,) = (mail for mail in self.town.work() if mail["To"] == address)
        return path_in(mail, "/moi/entrer/")

    def sign_in(self, address: str = "maite@resident.example") -> Browser:
        path = self.link(address)
        assert self.press(path).headers["Location"] == "/moi"
        return self

    def follow(self, reference: str, address: str = "maite@resident.example") -> str:
        """Follow by mail, without an account; returns the path of the follower's page."""
        self.press(f"/c/{reference}/suivre", email=address)
        (mail,) = (mail for mail in self.town.work() if mail["To"] == address)
        page = path_in(mail, "/suivi/")
        self.press(page)
        return page


def plain(words: str) -> str:
    """With ordinary spaces where French has its own, and without escapes."""
    return words.replace("\u202f", " ").replace("\u00a0", " ").replace("&#39;", "'")


def text_of(mail: EmailMessage) -> str:
    return plain(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def path_in(mail: EmailMessage, start: str) -> str:
    found = re.search(rf"https?://\S+?{start}\S+", text_of(mail))
    assert found, text_of(mail)
    return urlsplit(found[0]).path


@pytest.fixture
def town(app: Flask, session: Any, environment: dict[str, str], worker_here: None) -> Iterator[Town]:
    world = make_world(session)
    made = Town(session, world.towns, world.services, world.made)
    made.app = app
    made.box = Path(environment["AUZOLAN_DATA"]) / "mail"
    made.reference = made.ticket("bidache/voirie", title="Trou devant l'école")
    made.agent = made.actor("agent", services=("bidache/voirie",))
    # References of what is said during the test; those of the world count from 1.
    for number in session.scalars(text("SELECT id FROM territory")).all():
        session.execute(text(f"CREATE SEQUENCE IF NOT EXISTS reference_{number} START 1001"))
    session.commit()
    yield made


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    with push_service() as opened:
        monkeypatch.setenv("AUZOLAN_PUSH_SERVICES", opened.address)
        yield opened


def subscribe(browser: Browser, subscription: dict[str, Any], method: str = "post") -> int:
    send = getattr(browser.client, method)
    csrf = form_token(browser.open("/moi/entrer").text if "sortir" not in browser.open("/moi").text else
                    browser.open("/moi").text)  # fmt: skip
    answer = send("/moi/appareils", json=subscription, headers={"X-CSRFToken": csrf}, base_url=f"http://{browser.host}")
    return int(answer.status_code)
