"""The pages that need a database to be shown: the observatory, the machinery, why a ticket is where it is, the mails.

They are as much in order as those of `test_every_page`, looked at by an administrator of a small town at work.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from playwright.sync_api import Browser, Page
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.mail import send
from app.features.notifications.letters import letter
from tests.browser.conftest import PATIENCE_MS
from tests.browser.looking import READER, bends, in_order
from tests.support.desk import PASSWORD
from tests.support.desk_town import fill
from tests.support.serving import served

REFUSED = "SMTPServerDisconnected: Connection unexpectedly closed: " + "a long line of technical words; " * 8


@pytest.fixture
def house(app: Flask, session: Session, environment: dict[str, str]) -> Iterator[str]:
    """A town at work, served, where a job was given up, another is tried again, and a mail was sent."""
    fill(session)
    for topic in ("notify.mail", "contribution.address"):
        outbox.add(session, topic=topic, subject_id=1)
    session.execute(text("UPDATE outbox SET attempts = 8, last_error = :why"), {"why": REFUSED})
    session.execute(text("UPDATE outbox SET failed_at = now() WHERE topic = 'notify.mail'"))
    session.commit()
    with app.test_request_context(), force_locale("fr"):
        mail = letter(
            to="quelquun.qui.a.une.adresse.vraiment.tres.longue@exemple.fr", language="fr", key="un",
            subject="Un lampadaire est réparé", paragraphs=["Bonjour,", "Le lampadaire du quai des Corsaires éclaire."],
            links=[("Voir", "http://127.0.0.1:8080/c/BID-1/suivi/" + "a-long-secret" * 6)],
        )  # fmt: skip
    send(mail, smtp_url="", sender="ville@exemple.fr", folder=app.extensions["settings"].storage.mail_folder)
    (Path(environment["AUZOLAN_DATA"]) / "mail.html").write_text(mail.html, "utf-8")
    with served(app) as address:
        yield address


def administrator(browser: Browser, house: str, email: str, **options: object) -> Page:
    """Somebody who may see it all, with a phone."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="fr-FR", service_workers="block", **options  # type: ignore[arg-type]
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{house}/connexion")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/connexion" not in address)
    return page


def who(session: Session) -> str:
    return str(session.scalar(text("SELECT email FROM account WHERE role = 'administrator'")))


def pages(session: Session, house: str, environment: dict[str, str]) -> list[str]:
    reference = session.execute(text("SELECT reference FROM ticket ORDER BY id LIMIT 1")).scalar_one()
    shown = ("/observatoire", "/observatoire/carte", "/exploitation", f"/bureau/{reference}/pourquoi", "/dev/mail")
    return [house + path for path in shown] + [(Path(environment["AUZOLAN_DATA"]) / "mail.html").as_uri()]


def test_each_is_in_order_at_every_size_by_day_and_by_night(
    browser: Browser, house: str, session: Session, environment: dict[str, str]
) -> None:
    page = administrator(browser, house, who(session))
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(f"{page.url}: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: wrong.append(f"{page.url}: {e}"))
    for address in pages(session, house, environment):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(address)
        wrong += [f"{address}: {each}" for each in in_order(page)]
    page.context.close()
    assert not wrong, "\n".join(wrong)


def test_each_bends_to_its_reader(browser: Browser, house: str, session: Session, environment: dict[str, str]) -> None:
    page = administrator(browser, house, who(session), **READER)
    wrong: list[str] = []
    for address in pages(session, house, environment):
        page.goto(address)
        wrong += [f"{address}: {each}" for each in bends(page)]
    page.context.close()
    assert not wrong, "\n".join(wrong)
