from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features import tables  # noqa: F401
from app.features.accounts import services
from tests.support.desk import form_token
from tests.support.town import make_town

PASSWORD = "sept lampadaires"


@pytest.fixture
def account(session: Session):
    """An agent of the sorting service of a small town, committed."""
    make_town(session)
    made = services.add_account(
        session, email="Maite@bidache.fr", password=PASSWORD, role="agent", name="Maite E.", services=["a-trier"]
    )
    session.commit()
    return made


class Browser:
    """A browser that reads the CSRF token of the page before it posts."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def token(self, path: str = "/connexion") -> str:
        return form_token(self.client.get(path).text)

    def sign_in(self, *, email="maite@bidache.fr", password=PASSWORD, **more):
        data = {"csrf_token": self.token(), "email": email, "password": password, **more}
        return self.client.post("/connexion", data=data)


@pytest.fixture
def browser(client) -> Browser:
    return Browser(client)


@pytest.fixture
def count(session: Session):
    """Count rows of a table, as committed now."""

    def counted(table: str, where: str = "true") -> int:
        session.rollback()
        return session.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"))

    return counted
