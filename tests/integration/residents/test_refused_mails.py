"""A mail server that refuses an address: the failure is kept, and not whose it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.desk import sign_in
from tests.support.mail_server import MailServer, mail_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as listening:
        monkeypatch.setenv("AUZOLAN_MAIL_SMTP_URL", listening.url)
        yield listening


def worked(town: Any) -> list[str]:
    """The workers try each row once; what went wrong is returned."""
    from workers.handlers import run

    town.session.commit()
    for number in town.session.scalars(text("SELECT id FROM outbox WHERE topic = 'resident.asked'")).all():
        town.session.commit()
        run(number)
    found = town.session.scalars(text("SELECT last_error FROM outbox WHERE last_error IS NOT NULL")).all()
    town.session.commit()
    return list(found)


def test_what_is_kept_of_a_refusal_is_the_reason(server: MailServer, town: Any) -> None:
    server.refuses = "unknown user"
    assert town.browser().press("/moi/entrer", email="maite@resident.example").status_code == 303
    (error,) = worked(town)
    assert error.startswith("SMTPRecipientsRefused") and "550" in error and "unknown user" in error
    assert "maite" not in error and "resident.example" not in error
    account = town.account("administrator", territory="pays")
    town.session.commit()
    page = sign_in(town.app, account.email).get("/exploitation?lang=fr").text
    assert "Le serveur de courriel refuse cette adresse." in page and "resident.example" not in page
    # Once the server takes it, the mail leaves.
    server.refuses = ""
    town.session.execute(text("UPDATE outbox SET due_at = now()"))
    assert worked(town) == []
    (message,) = server.messages
    assert b"To: maite@resident.example" in message
