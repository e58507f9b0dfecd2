"""Grouping when several drains work at once, and when one works in batches of any size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app.features.contributions.drafts import Draft
from app.features.contributions.pyramid import cell_errors
from app.features.contributions.services import submit_contribution
from app.features.tickets.placing import drain_intake
from tests.workers.house import House

LON, LAT = -1.475, 43.485
METRE = 1 / 111_100
Place = tuple[float, float]


@pytest.fixture
def engine(house: Callable[..., House]) -> Iterator[Engine]:
    made = create_engine(house().url, connect_args={"options": "-c timezone=UTC"})
    yield made
    made.dispose()


def write(engine: Engine, places: Sequence[Place]) -> None:
    """Contributions at places given in metres north and east of a corner, in this order."""
    with Session(engine) as session:
        for north, east in places:
            draft = Draft(
                kind="problem",
                category="eclairage",
                text="Lampadaire éteint",
                lon=LON + east * METRE * 1.38,
                lat=LAT + north * METRE,
            )
            submit_contribution(session, draft=draft)
        session.commit()


def drain(engine: Engine, limit: int) -> None:
    with Session(engine) as session:
        while drain_intake(session, limit=limit):
            session.commit()
        session.commit()


def groups(engine: Engine) -> list[tuple[int, ...]]:
    """Which contributions, by their order, ended together."""
    with Session(engine) as session:
        rows = session.execute(
            text("SELECT array_agg(n ORDER BY n) FROM (SELECT ticket_id, row_number() OVER (ORDER BY id) AS n "
                 "FROM contribution) AS c GROUP BY ticket_id ORDER BY 1")
        ).scalars()  # fmt: skip
        return [tuple(row) for row in rows]


def empty(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(text("TRUNCATE contribution, ticket, event, outbox, map_cell, hotspot_partition CASCADE"))
        session.commit()


@given(
    places=st.lists(st.tuples(st.floats(0, 120), st.floats(0, 40)), min_size=1, max_size=14),
    size=st.integers(2, 14),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_ends_as_one_by_one(engine: Engine, places: list[Place], size: int) -> None:
    ends = []
    for limit in (1, size):
        empty(engine)
        write(engine, places)
        drain(engine, limit)
        ends.append(groups(engine))
    assert ends[0] == ends[1]


def test_two_drains_at_once_on_one_place_make_one_ticket(engine: Engine) -> None:
    for _ in range(12):
        empty(engine)
        # All within 10 m of each other: whoever opens the ticket, all the others belong to it.
        write(engine, [(north, east) for north in range(0, 6, 2) for east in range(0, 8, 2)])
        together = threading.Barrier(3, timeout=60)

        def one(together: threading.Barrier = together) -> None:
            with Session(engine) as session:
                session.execute(text("SELECT 1"))
                together.wait()
                while drain_intake(session, limit=3):
                    session.commit()

        threads = [threading.Thread(target=one) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert groups(engine) == [tuple(range(1, 13))]
        with Session(engine) as session:
            told = session.execute(text("SELECT type, count(*) FROM event GROUP BY 1 ORDER BY 1")).all()
            assert [tuple(row) for row in told] == [("grouped", 11), ("received", 12), ("routed", 1)]
            assert cell_errors(session, 1) == []
