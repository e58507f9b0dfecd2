"""What people read when we fail: what to do, the number of the failure, and the words that they had typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.core.db import db
from tests.support.desk import LAT, LON, make_world


@pytest.fixture
def broken(environment, session) -> Iterator[FlaskClient]:
    """A town whose contributions cannot be reached, as people meet it: errors become pages."""
    make_world(session)
    session.execute(text("ALTER TABLE contribution RENAME TO elsewhere"))
    session.commit()
    application = create_app()
    yield application.test_client()
    session.execute(text("ALTER TABLE elsewhere RENAME TO contribution"))
    session.commit()
    with application.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("fr", "Réessayez dans un moment"), ("en", "Try again in a moment"), ("eu", "Saiatu berriz une batean")],
)
def test_a_failure_says_what_to_do_and_gives_its_number(broken, language, sentence):
    answer = broken.get("/liste", headers={"Accept-Language": language})
    assert answer.status_code == 500
    assert sentence in answer.text
    assert re.search(r'error-trace">([0-9a-f]{32})<', answer.text)[1] == answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_failure_gives_back_what_was_typed(broken):
    said = {"title": "Le trou", "text": "Un trou <profond>", "category": "trou", "lat": LAT, "lon": LON}
    page = broken.get("/contribuer/problem").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    answer = broken.post("/contribuer/problem", data=said | {"csrf_token": token})
    assert answer.status_code == 500
    assert ">Le trou</textarea>" in answer.text
    assert ">Un trou &lt;profond&gt;</textarea>" in answer.text


def test_a_refusal_gives_no_number(broken):
    assert "error-trace" not in broken.get("/nulle-part").text
