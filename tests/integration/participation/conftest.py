"""A town with an idea, and processes to carry it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import change_cells
from app.features.territories.models import Process
from tests.support.town import Town, make_town

LON, LAT = -1.475, 43.485


@dataclass
class Ideas:
    """A town in which ideas are said."""

    session: Session
    town: Town

    def process(self, slug: str = "ideas", **facts: Any) -> Process:
        """A process before all others; `closes` and `opens` are seconds from now."""
        for name in ("opens", "closes"):
            if name in facts:
                facts[f"{name}_at"] = datetime.now(UTC) + timedelta(seconds=facts.pop(name))
        made = Process(territory_id=self.town.territory_id, slug=slug, label={"fr": slug}, position=0, **facts)
        self.session.add(made)
        self.session.commit()
        return made

    def idea(self, title: str = "Un banc place du Marché", **facts: Any) -> str:
        """Say one; returns its number."""
        change = self.town.add(
            facts.pop("lon", LON), facts.pop("lat", LAT), title=title, **{"kind": "proposal"} | facts
        )
        change_cells(self.session, [change])
        self.session.commit()
        return str(self.value("SELECT reference FROM contribution WHERE id = :id", id=change.contribution_id))

    def value(self, sql: str, **values: Any) -> Any:
        """One value, read in a transaction of its own."""
        self.session.rollback()
        return self.session.scalar(text(sql), values)

    def shown(self, reference: str) -> tuple[int | None, int | None]:
        """The count and the bubble of the row that every public reader reads."""
        self.session.rollback()
        row = self.session.execute(
            text("SELECT supports, bubble FROM contribution WHERE reference = :r"), {"r": reference}
        ).one()
        return row.supports, row.bubble


@pytest.fixture
def ideas(session: Session) -> Ideas:
    town = make_town(session)
    session.execute(
        text("INSERT INTO territory_part (territory_id, geom) SELECT id, ST_GeometryN(boundary, 1) FROM territory")
    )
    session.execute(text("SELECT add_reference_sequence(id) FROM territory"))
    session.execute(text("SELECT setval('reference_' || id, 1000) FROM territory"))
    town.category("mobilier")
    session.commit()
    return Ideas(session, town)


class Person:
    """Somebody with a browser."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def vote(self, reference: str, value: int) -> Any:
        return self.client.put(f"/api/v1/contributions/{reference}/vote", json={"value": value})

    def withdraw(self, reference: str) -> Any:
        return self.client.delete(f"/api/v1/contributions/{reference}/vote")

    def says(self, reference: str, words: str, **facts: Any) -> Any:
        return self.client.post(f"/api/v1/contributions/{reference}/comments", json={"text": words, **facts})


@pytest.fixture
def person(app: Flask) -> Any:
    """Make people: each call is another one."""
    return lambda: Person(app)
