"""Five thousand contributions where a phone looks: those of the demo town once more, sown over a few streets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, TextClause, create_engine, text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import rebuild_cells

LON, LAT, ZOOM = 7.4246, 43.7398, 16
"""Their middle, and how near a phone looks to have them all."""
POINTS = 5_000

# As far as a phone shows above its sheet: most in the east, so that there are discs, and a few pins in the west.
_SOWN = text("""
    INSERT INTO contribution (territory_id, category_id, kind, channel, language, title, body, h3, zone_ids, state,
                              created_at, received_at, ticket_id, reference, geom)
    SELECT territory_id, category_id, kind, channel, language, title, body, h3, zone_ids, state,
           created_at, received_at, ticket_id, 'AUD-' || 1000 + n,
           ST_SetSRID(ST_MakePoint(:lon + CASE WHEN n <= 12 THEN .0004 * dx - .0012 ELSE .0009 + .0010 * dx END,
                                   :lat + .0012 * dy), 4326)
      FROM (SELECT c.*, row_number() OVER () AS n, 2 * random() - 1 AS dx, 2 * random() - 1 AS dy
              FROM contribution c, generate_series(1, 50)
             WHERE c.visibility = 'public' AND c.received_at > now() - interval '300 days' LIMIT :points) copy
""")
_REAPED = text("DELETE FROM contribution WHERE reference LIKE 'AUD-%'")


@contextmanager
def sown(database_url: str) -> Iterator[None]:
    """They are in the demo town of that database as long as the block lasts."""
    engine = create_engine(database_url)
    try:
        _written(engine, _SOWN, {"lon": LON, "lat": LAT, "points": POINTS})
        yield
    finally:
        _written(engine, _REAPED, {})
        engine.dispose()


def _written(engine: Engine, statement: TextClause, values: dict[str, float]) -> None:
    with Session(engine) as session:
        session.execute(statement, values)
        for territory in session.execute(text("SELECT DISTINCT territory_id FROM contribution")).scalars().all():
            rebuild_cells(session, territory)
        session.commit()
