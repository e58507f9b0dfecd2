"""The question "is it already there?" against the bare query of the partial index that answers it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.core.db import engine_options
from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.contributions.nearby import open_nearby
from app.features.territories.catalogue import current_town
from app.settings import DatabaseSettings
from tests.performance.ground import Ground, percentile, points, row
from tests.support import servers

BARE = """
SELECT t.id, ST_Distance(t.anchor::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography)
FROM ticket t
WHERE t.category_id = %(category)s AND t.kind = 'problem' AND t.closed_at IS NULL
  AND ST_DWithin(t.anchor::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography, %(radius)s)
ORDER BY t.anchor::geography <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography LIMIT 5
"""


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """Both in turns on one connection each, with the category's radius."""
    url = ground.town()
    engine = create_engine(**engine_options(DatabaseSettings(url=url)))
    bare, ours = [], []
    with psycopg.connect(servers.plain(url), autocommit=True, options="-c jit=off") as link, Session(engine) as session:
        found = link.execute("SELECT id FROM territory LIMIT 1").fetchone()
        assert found
        town = current_town(session, found[0])
        for number, (lon, lat, category, _) in enumerate(points(url, 1600)):
            facts = town.categories_by_id[category]
            values = {"lon": lon, "lat": lat, "category": category, "radius": facts.group_radius_m}
            began = time.perf_counter()
            link.execute(BARE, values).fetchall()
            middle = time.perf_counter()
            open_nearby(session, lon=lon, lat=lat, town=town, category=facts, kind="problem")
            if number >= 100:
                bare.append((middle - began) * 1000)
                ours.append((time.perf_counter() - middle) * 1000)
    engine.dispose()
    value, reference = percentile(ours, 0.95), percentile(bare, 0.95)
    yield row(
        "already there? nearest open, p95",
        value,
        "ms",
        reference=reference,
        ratio=value / reference,
        bar=2,
        ok=value <= 2 * reference,
    )
