"""The demo town in a database: three territories, accounts that work, a past that contradicts nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.storage import derived_key, open_storage
from app.demo.accounts import ACCOUNTS, WELCOME
from app.demo.loading import Loaded, load_demo, load_into_empty
from app.demo.towns import SLUG
from app.features.accounts.services import authenticate
from app.features.contributions.pyramid import cell_errors
from app.features.contributions.supporting import count_errors

COUNT = 150


@pytest.fixture
def loaded(session: Session, tmp_path: Path) -> Loaded:
    return load(session, tmp_path)


def load(session: Session, folder: Path) -> Loaded:
    return load_demo(
        session,
        data=folder / "data",
        storage=str(folder / "storage"),
        contributions=COUNT,
        day=date(2026, 11, 22),
    )


def one(session: Session, query: str, **values: Any) -> Any:
    return session.execute(text(query), values).scalar_one()


def test_a_town_with_its_communes_and_zones(session: Session, loaded: Loaded) -> None:
    rows = session.execute(
        text(
            "SELECT t.slug, p.slug, t.settings->'basemap'->>'url' FROM territory t "
            "LEFT JOIN territory p ON p.id = t.parent_id ORDER BY t.area_m2 DESC"
        )
    ).all()
    assert {(slug, parent) for slug, parent, _ in rows} == {(SLUG, None), ("monaco", SLUG), ("beausoleil", SLUG)}
    assert rows[0][0] == SLUG
    # Those inside draw theirs from the one above.
    assert [url for *_, url in rows] == ["/basemap/demo.pmtiles", None, None]
    assert one(session, "SELECT count(*) FROM ticket WHERE kind <> 'problem' AND due_at IS NOT NULL") == 0
    kinds = {row.kind: row.n for row in session.execute(text("SELECT kind, count(*) AS n FROM zone GROUP BY kind"))}
    assert kinds == {"quarter": 13, "park": 16, "school-front": 7}
    assert one(session, "SELECT count(*) FROM category") > 40


def test_the_accounts_open_with_the_passwords_that_are_kept(session: Session, loaded: Loaded, tmp_path: Path) -> None:
    kept = tmp_path / "data" / WELCOME
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text() == loaded.welcome
    for account in ACCOUNTS:
        line = next(line for line in loaded.welcome.splitlines() if account.email in line)
        found = authenticate(session, email=account.email, password=line.split()[1])
        assert found is not None and found.role == account.role
    # A second load changes nothing, and an installation that has a town gets no other.
    again = load(session, tmp_path)
    assert (again.contributions, again.welcome) == (0, loaded.welcome)
    assert load_into_empty(session, data=tmp_path, storage=str(tmp_path)) is None
    assert one(session, "SELECT count(*) FROM contribution") == COUNT


CONTRADICTIONS = {
    "a contribution and its ticket disagree": """
        SELECT count(*) FROM contribution c LEFT JOIN ticket t ON t.id = c.ticket_id
        WHERE t.id IS NULL OR t.state <> c.state OR t.kind <> c.kind OR t.territory_id <> c.territory_id""",
    "a ticket counts other contributions than it has": """
        SELECT count(*) FROM ticket t
        WHERE t.contributions <> (SELECT count(*) FROM contribution c WHERE c.ticket_id = t.id)""",
    "a history ends in another state": """
        SELECT count(*) FROM ticket t JOIN LATERAL (
          SELECT state_to FROM event e WHERE e.ticket_id = t.id AND e.state_to IS NOT NULL
          ORDER BY at DESC, id DESC LIMIT 1) AS last ON true WHERE last.state_to <> t.state""",
    "something happened before it was said": """
        SELECT count(*) FROM event e JOIN ticket t ON t.id = e.ticket_id WHERE e.at < t.opened_at""",
    "somebody joined what was over": "SELECT count(*) FROM ticket WHERE closed_at < last_at",
    "something happened after the load": "SELECT count(*) FROM event WHERE at > '2026-11-22'",
    # Two readers, one by date and one by id, read the same story.
    "a history is not written in its order": """
        SELECT count(*) FROM (
          SELECT at, lag(at) OVER (PARTITION BY ticket_id ORDER BY id) AS before FROM event
          WHERE ticket_id IS NOT NULL AND type <> 'grouped') AS e WHERE at < before""",
    "a photo is not ready, or shares its address": """
        SELECT count(*) - count(DISTINCT public_key) FILTER (WHERE state = 'ready' AND placeholder <> '') FROM photo""",
    "a promise is missing": "SELECT count(*) FROM ticket WHERE kind = 'problem' AND due_at IS NULL",
}


def test_the_past_contradicts_nothing(session: Session, loaded: Loaded, tmp_path: Path) -> None:
    assert loaded.contributions == one(session, "SELECT count(*) FROM contribution") == COUNT
    assert {name: one(session, query) for name, query in CONTRADICTIONS.items()} == dict.fromkeys(CONTRADICTIONS, 0)
    assert one(session, "SELECT count(*) FROM ticket WHERE contributions > 1") > 5
    for territory in session.scalars(text("SELECT id FROM territory")):
        assert cell_errors(session, territory) == []
    assert loaded.photos == one(session, "SELECT sum(photo_count) FROM contribution") > 20
    storage = open_storage(str(tmp_path / "storage"))
    for photo in session.execute(text("SELECT public_key, original_key FROM photo")):
        assert storage.exists(photo.original_key)
        assert all(storage.exists(derived_key(photo.public_key, name)) for name in ("1600.jpg", "400.jpg"))
    asked = session.scalars(text("SELECT topic FROM outbox")).all()
    assert set(asked) == {"hotspots"} and len(asked) <= 4


def test_the_newest_ideas_are_debated_and_add_up(session: Session, loaded: Loaded) -> None:
    debated = "SELECT count(*) FROM contribution c JOIN process p ON p.id = c.process_id WHERE p.mode = 'scale'"
    assert one(session, debated) > 0
    assert count_errors(session) == []
    assert one(session, "SELECT count(*) FROM comment WHERE parent_id IS NOT NULL AND cardinality(path) = 2") > 0
    assert one(session, "SELECT count(*) FROM comment m JOIN contribution c ON c.id = m.contribution_id "
                        "WHERE m.created_at < c.created_at") == 0  # fmt: skip
