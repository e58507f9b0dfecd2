"""The order of the list: newest, oldest or most supported; every one once, and no order tells a hidden count."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import MapFilters
from app.features.contributions.listing import listed_contributions
from tests.support.town import Town, make_town

NOW = datetime.now(UTC)


@pytest.fixture
def town(session: Session) -> Town:
    """Six of them, the first one newest; carried by 0, 3, nobody may know how many, 9, 3 and 0."""
    made = make_town(session)
    made.category("voirie")
    for i, supports in enumerate((0, 3, None, 9, 3, 0)):
        kind = "proposal" if supports is None else "problem"
        face = made.add(-1.48, 43.49, kind=kind, title=f"Banc {i}", created_at=NOW - timedelta(hours=i))
        session.execute(
            text("UPDATE contribution SET supports = :n WHERE id = :id"), {"n": supports, "id": face.contribution_id}
        )
    return made


def order(session: Session, sort: str, *, words: str | None = None, page: int = 2) -> list[str]:
    """The titles' numbers, page by page."""
    found: list[str] = []
    for offset in range(0, 6, page):
        filters = MapFilters("bidache", sort=sort, words=words)
        rows = listed_contributions(session, filters, offset=offset, limit=page).rows
        found += [row.title.removeprefix("Banc ") for row in rows]
    return found


@pytest.mark.parametrize("words", [None, "banc"])
@pytest.mark.parametrize("page", [1, 2, 4, 6])
def test_each_order_tells_every_one_once(session: Session, town: Town, words: str | None, page: int) -> None:
    assert order(session, "newest", words=words, page=page) == list("012345")
    assert order(session, "oldest", words=words, page=page) == list("543210")
    assert order(session, "supported", words=words, page=page) == list("314025")


def test_a_hidden_count_stands_among_those_that_nobody_carries(session: Session, town: Town) -> None:
    """By its day: neither the first nor the last of them."""
    assert order(session, "supported")[3:] == ["0", "2", "5"]


def test_what_is_hidden_comes_in_no_order(session: Session, town: Town) -> None:
    session.execute(text("UPDATE contribution SET visibility = 'hidden' WHERE supports = 9"))
    for sort in ("newest", "oldest", "supported"):
        assert "3" not in order(session, sort)


def test_the_address_keeps_the_order_without_scripts(session: Session, town: Town, client: FlaskClient) -> None:
    session.commit()
    page = unescape(client.get("/liste?sort=supported&lang=fr").text)
    assert '<option value="supported" selected>Les plus soutenues' in page
    assert page.index("Banc 3") < page.index("Banc 1") < page.index("Banc 4") < page.index("Banc 0")
    assert "/?sort=supported" in page
    assert client.get("/liste?sort=nonsense").status_code == 200
    piece = client.get("/list-fragment?sort=oldest").text
    assert piece.index("Banc 5") < piece.index("Banc 0")
