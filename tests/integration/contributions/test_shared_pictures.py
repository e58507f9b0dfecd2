"""The picture that a shared link shows: made by a worker, of what is public now and of nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.storage import derived_key, open_storage
from app.features.contributions.share_pictures import DRAW
from app.features.contributions.visibility import change_visibility, locked_contribution
from tests.support.town import Town, make_town
from workers.handlers import run

PICTURE = "/c/BID-1/partage.jpg"
RED = (200, 30, 30)
PHOTO_TOKEN = "ab" * 16


@pytest.fixture
def town(session: Session, client: FlaskClient) -> Town:
    made = make_town(session)
    made.category("lampadaire")
    made.add(-1.48, 43.49, title="Un lampadaire éteint")
    session.commit()
    return made


@pytest.fixture
def work(session: Session, worker_here: None) -> Callable[[], int]:
    """Do what waits for a worker; returns how many pieces."""

    def all_of_it() -> int:
        session.commit()
        numbers = session.scalars(text("SELECT id FROM outbox WHERE topic = :topic"), {"topic": DRAW}).all()
        session.commit()
        for number in numbers:
            run(number)
        assert session.scalar(text("SELECT count(*) FROM outbox WHERE topic = :topic"), {"topic": DRAW}) == 0
        session.commit()
        return len(numbers)

    return all_of_it


def seen(client: FlaskClient, path: str = PICTURE) -> Image.Image:
    answer = client.get(path)
    assert answer.status_code == 200 and answer.mimetype == "image/jpeg"
    return Image.open(io.BytesIO(answer.data)).convert("RGB")


def pictures(app: Flask) -> list[Path]:
    folder = app.extensions["settings"].storage.data / "storage/shared"
    return sorted(folder.rglob("*.jpg"))


def add_photo(app: Flask, session: Session) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), RED).save(out, "JPEG")
    open_storage(app.extensions["settings"].storage.location).put(derived_key(PHOTO_TOKEN, "1600.jpg"), out.getvalue())
    session.execute(
        text(
            "INSERT INTO photo (contribution_id, position, original_key, content_type, size, state, public_key, width, "
            "height) SELECT id, 0, 'originals/aa/bb/cc', 'image/jpeg', 1, 'ready', :key, 1600, 1200 FROM contribution"
        ),
        {"key": PHOTO_TOKEN},
    )
    session.execute(text("UPDATE contribution SET photo_count = 1"))
    session.commit()


def test_a_page_says_where_its_picture_is_and_a_worker_draws_it(
    town: Town, client: FlaskClient, work: Callable[[], int]
) -> None:
    page = client.get("/c/BID-1?lang=fr").text
    [address] = re.findall(r'<meta property="og:image" content="([^"]+)">', page)
    assert re.fullmatch(r"https?://[^/]+/c/BID-1/partage\.jpg\?v=[0-9a-f]{12}", address)
    for said in (
        'og:image:width" content="1200',
        'og:image:height" content="630',
        'twitter:card" content="summary_large',
    ):
        assert said in page
    assert re.search(r'og:image:alt" content="[^"]+, lampadaire, Un lampadaire éteint"', page)
    # Before it is drawn, the link shows the town's, then nobody's: never nothing.
    assert client.get(PICTURE, follow_redirects=True).mimetype == "image/jpeg"
    assert work() == 2
    assert seen(client).size == (1200, 630)
    assert seen(client, "/partage-fr.jpg").size == (1200, 630)
    assert "Set-Cookie" not in client.get(PICTURE).headers
    client.get("/c/BID-1")
    assert work() == 0, "what is good is not made again"


def test_what_it_shows_changes_and_the_old_one_is_gone(
    town: Town, app: Flask, session: Session, client: FlaskClient, work: Callable[[], int]
) -> None:
    client.get("/c/BID-1")
    work()
    [before] = pictures(app)
    session.execute(text("UPDATE contribution SET title = 'Deux lampadaires éteints'"))
    session.commit()
    assert client.get(PICTURE).status_code == 302, "a picture of what was corrected is not shown"
    work()
    assert seen(client).size == (1200, 630)
    assert before not in pictures(app)


def test_its_photo_is_shown_as_long_as_it_may_be(
    town: Town, app: Flask, session: Session, client: FlaskClient, work: Callable[[], int]
) -> None:
    add_photo(app, session)
    client.get("/c/BID-1")
    work()
    red, green, _ = seen(client).getpixel((1000, 300))  # type: ignore[misc]
    assert red > 180 and green < 60
    session.execute(text("UPDATE photo SET hidden = true"))
    session.commit()
    assert client.get(PICTURE).status_code == 302
    work()
    assert seen(client).getpixel((700, 600))[1] > 150  # type: ignore[index]


def test_what_is_hidden_has_no_picture_and_what_waits_has_none_yet(
    town: Town, app: Flask, session: Session, client: FlaskClient, work: Callable[[], int]
) -> None:
    client.get("/c/BID-1")
    work()
    assert len(pictures(app)) == 1
    change_visibility(session, locked_contribution(session, "BID-1"), visibility="hidden")
    session.commit()
    assert client.get(PICTURE).status_code == 410
    work()
    assert pictures(app) == []
    session.execute(text("UPDATE contribution SET visibility = 'pending'"))
    session.commit()
    assert client.get(PICTURE).status_code == 404
