"""The list twin of the map: the same contributions, newest first, with their total and the counts by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import GROUPS, period_start
from app.features.contributions.pages import Filters

PAGE = 30
"""Contributions on a page of the list."""

Bounds = tuple[float, float, float, float]

_WHERE = """
    c.visibility = 'public'
    AND c.territory_id = ANY(CAST(:territories AS int[]))
    AND (CAST(:west AS float8) IS NULL OR c.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
    AND (CAST(:categories AS int[]) IS NULL OR c.category_id = ANY(CAST(:categories AS int[])))
    AND (CAST(:zones AS int[]) IS NULL OR c.zone_ids && CAST(:zones AS int[]))
    AND (CAST(:states AS text[]) IS NULL OR c.state = ANY(CAST(:states AS text[])))
    AND (CAST(:since AS timestamptz) IS NULL OR c.created_at >= CAST(:since AS timestamptz))
    AND (CAST(:words AS text) IS NULL OR c.reference = upper(:words) OR c.title ILIKE :pattern OR c.body ILIKE :pattern)
"""

_ITEMS = text(
    f"""
    SELECT c.id, c.reference, c.kind, c.category_id, c.territory_id, coalesce(c.title, c.body) AS title, c.state,
           c.ticket_id, c.created_at, c.supports, c.zone_ids, p.public_key,
           (SELECT count(*) FROM follow f WHERE f.contribution_id = c.id AND f.confirmed_at IS NOT NULL
              AND f.unsubscribed_at IS NULL) AS follows
    FROM contribution c
    LEFT JOIN LATERAL (
      SELECT public_key FROM photo
      WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
    ) AS p ON c.photo_count > 0
    WHERE {_WHERE} AND c.kind = ANY(CAST(:kinds AS text[]))
    ORDER BY c.created_at DESC, c.id DESC OFFSET :offset LIMIT :limit
    """  # noqa: S608 - constants
)

_COUNTS = text(f"SELECT c.kind, count(*) AS n FROM contribution c WHERE {_WHERE} GROUP BY c.kind")  # noqa: S608

_NESTED = text(
    """
    WITH RECURSIVE nested AS (
      SELECT id FROM territory WHERE id = :id
      UNION ALL SELECT t.id FROM territory t JOIN nested ON t.parent_id = nested.id WHERE t.active
    )
    SELECT id FROM nested
    """
)


@dataclass(frozen=True)
class Listed:
    """A page of contributions as rows, and how many there are of each kind under the same filters."""

    rows: Sequence[Any]
    counts: Mapping[str, int]


def nested_territories(session: Session, territory_id: int) -> list[int]:
    """The territory and all that nest in it."""
    return [row.id for row in session.execute(_NESTED, {"id": territory_id})]


def zones_called(session: Session, slug: str, *, territories: Sequence[int]) -> list[int]:
    """The zones of these territories that bear this name; none for a name that nobody bears."""
    asked = text("SELECT id FROM zone WHERE slug = :slug AND territory_id = ANY(CAST(:territories AS int[]))")
    return list(session.scalars(asked, {"slug": slug, "territories": list(territories)}))


def listed_contributions(
    session: Session,
    *,
    territories: Sequence[int],
    filters: Filters,
    categories: Sequence[int] | None,
    zones: Sequence[int] | None = None,
    bounds: Bounds | None = None,
    offset: int = 0,
    limit: int = PAGE,
) -> Listed:
    """Public contributions under these filters. `bounds` is west, south, east, north in degrees (WGS84)."""
    west, south, east, north = bounds or (None, None, None, None)
    values = {
        "territories": list(territories),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "categories": None if categories is None else list(categories),
        "zones": None if zones is None else list(zones),
        "states": list(GROUPS.get(filters.state, (filters.state,))) if filters.state else None,
        "since": period_start(filters.period) if filters.period else None,
        "words": filters.query or None,
        "pattern": f"%{_literal(filters.query)}%",
        "kinds": list(filters.kinds),
        "offset": offset,
        "limit": limit,
    }
    counts = {row.kind: row.n for row in session.execute(_COUNTS, values)}
    return Listed(session.execute(_ITEMS, values).all(), counts)


def _literal(words: str) -> str:
    """Words as `LIKE` finds them to the letter."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
