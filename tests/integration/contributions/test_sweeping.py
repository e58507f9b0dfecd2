"""Old files that nothing names go; every other file stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.storage import LocalStorage, derived_key, original_key
from app.features.contributions import sweeping
from tests.support.town import Town, make_town

NAMED, LOST = "ab" * 32, "cd" * 32
SHOWN, OLD = "1" * 32, "2" * 32
SHARED, STALE = "shared/aa/one.jpg", "shared/aa/two.jpg"


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    kept = LocalStorage(tmp_path)
    for key in (original_key(NAMED), original_key(LOST)):
        kept.put(key, b"original")
    for token in (SHOWN, OLD):
        kept.put(derived_key(token, "400.jpg"), b"small")
        kept.put(derived_key(token, "1600.jpg"), b"large")
    for key in (SHARED, STALE):
        kept.put(key, b"picture of a link")
    return kept


@pytest.fixture
def photo(session: Session) -> Town:
    """A contribution with one photo whose pictures are made."""
    town = make_town(session)
    town.category("pothole")
    town.add(-1.4748, 43.4929)
    session.execute(
        text(
            "INSERT INTO photo (contribution_id, position, original_key, content_type, width, height, size, state, "
            "public_key) SELECT id, 0, :key, 'image/jpeg', 4, 3, 8, 'ready', :token FROM contribution"
        ),
        {"key": original_key(NAMED), "token": SHOWN},
    )
    session.execute(
        text("INSERT INTO share_picture (subject, digest, key) VALUES ('contribution:1', '-', :key)"), {"key": SHARED}
    )
    session.commit()
    return town


def keys(storage: LocalStorage) -> set[str]:
    return {entry.key for folder in ("originals", "derived", "shared") for entry in storage.entries(folder)}


def test_young_files_stay_whatever_they_are(session: Session, photo: Town, storage: LocalStorage) -> None:
    before = keys(storage)
    assert sweeping.sweep_files(session, storage) == 0
    assert keys(storage) == before


def test_old_files_that_nothing_names_go(
    session: Session, photo: Town, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_AT_ONCE", 1)
    later = datetime.now(UTC) + timedelta(days=3)
    assert sweeping.sweep_files(session, storage, now=later) == 4
    assert keys(storage) == {
        original_key(NAMED),
        derived_key(SHOWN, "400.jpg"),
        derived_key(SHOWN, "1600.jpg"),
        SHARED,
    }
    assert sweeping.sweep_files(session, storage, now=later) == 0
