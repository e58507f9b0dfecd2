"""What an agglomeration's pack rules holds in its communes, unless they say otherwise."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.retention.services import what_is_due
from app.features.territories.catalogue import FROM_ABOVE, current_town, settings_of
from app.features.territories.deciding import due_date
from app.features.territories.models import Territory
from app.features.territories.packing import TOWN_SETTINGS
from tests.support.town import Town, make_town

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def commune(session: Session) -> Town:
    """Bidache in its agglomeration, whose category it uses."""
    above = make_town(session, "pays", prefix="PAY")
    above.category("voirie")
    made = make_town(session, "bidache", parent_id=above.territory_id)
    made.categories |= above.categories
    return made


def says(session: Session, slug: str, settings: dict[str, Any]) -> None:
    session.execute(
        text(
            "UPDATE territory SET settings = CAST(:s AS jsonb), config_version = config_version + 1 WHERE slug = :slug"
        ),
        {"s": json.dumps(settings), "slug": slug},
    )
    session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    session.expire_all()


def due(session: Session, commune: Town) -> date | None:
    here = current_town(session, commune.territory_id)
    at = due_date(here, here.categories["voirie"], kind="problem", at=FRIDAY)
    return at.date() if at else None


def test_a_commune_promises_and_counts_days_as_its_agglomeration(session: Session, commune: Town) -> None:
    says(session, "pays", {"delays": {"default": {"days": 1}}})
    assert due(session, commune) == date(2026, 11, 23)
    says(session, "pays", {"delays": {"default": {"days": 1}, "working_week": ["fri", "tue"]}})
    assert due(session, commune) == date(2026, 11, 24)
    says(session, "bidache", {"delays": {"default": {"days": 5}}})
    assert due(session, commune) == date(2026, 11, 27)


def test_what_is_personal_is_kept_as_long_as_the_agglomeration_says(session: Session, commune: Town) -> None:
    face = commune.add(-1.48, 43.49, category="voirie", state="done", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    session.execute(
        text("INSERT INTO contribution_contact (contribution_id, email) VALUES (:id, 'a@b.example')"),
        {"id": face.contribution_id},
    )
    town = session.get_one(Territory, commune.territory_id)
    assert what_is_due(session, town).contributions == 0
    says(session, "pays", {"retention": {"days": 90}})
    assert what_is_due(session, town).contributions == 1
    says(session, "bidache", {"retention": {"days": 900}})
    assert what_is_due(session, town).contributions == 0


def test_what_a_town_says_of_itself_does_not_come_down(session: Session, commune: Town) -> None:
    town = session.get_one(Territory, commune.territory_id)
    own = set(settings_of(session, town))
    says(session, "pays", {key: {} for key in (*TOWN_SETTINGS, "hosts", "geocoder", "sources", "pack", "delays")})
    assert set(settings_of(session, town)) - own == set(FROM_ABOVE)
    says(session, "bidache", {"faces": "leave"})
    assert settings_of(session, town)["faces"] == "leave"
