"""What anyone may read of hotspots."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.features.contributions.filters import MapFilters
from app.features.contributions.scope import resolve

FEWEST = 5
"""Fewer contributions than this are never shown as an area in public."""


@dataclass(frozen=True)
class HotspotFace:
    """A hotspot: `hull` and `centre` as GeoJSON text (WGS84), `trend` the last thing told of it."""

    id: int
    name: str
    kind: str
    category: str
    category_label: dict[str, str]
    icon: str
    territory: str
    n: int
    peak: int
    appeared_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    successor_id: int | None
    trend: str | None
    hull: str
    lon: float
    lat: float


_FACE = """
    SELECT h.id, h.name, h.kind, c.slug AS category, c.label AS category_label, c.icon, t.slug AS territory,
           h.n, h.peak, h.appeared_at, h.updated_at, h.ended_at, h.successor_id,
           (SELECT e.type FROM hotspot_event e WHERE e.hotspot_id = h.id ORDER BY e.id DESC LIMIT 1) AS trend,
           ST_AsGeoJSON(h.hull, 6) AS hull, ST_X(h.centre) AS lon, ST_Y(h.centre) AS lat
      FROM hotspot h JOIN category c ON c.id = h.category_id JOIN territory t ON t.id = h.territory_id
"""
_LIVING = text(
    f"""{_FACE}
     WHERE h.ended_at IS NULL AND h.n >= :fewest AND h.territory_id = ANY(CAST(:territories AS int[]))
       AND (CAST(:kinds AS text[]) = '{{}}' OR h.kind = ANY(CAST(:kinds AS text[])))
       AND (CAST(:categories AS int[]) IS NULL OR h.category_id = ANY(CAST(:categories AS int[])))
       AND (NOT :boxed OR h.hull && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
     ORDER BY h.n DESC, h.id LIMIT :limit
    """
)
_ONE = text(
    f"""{_FACE} WHERE h.id = :id AND h.peak >= :fewest
       AND (CAST(:within AS int[]) IS NULL OR h.territory_id = ANY(CAST(:within AS int[])))"""
)
_HISTORY = text("SELECT type, at, n, data FROM hotspot_event WHERE hotspot_id = :id ORDER BY id")


def living_hotspots(session: Session, filters: MapFilters, *, limit: int = 500) -> Sequence[HotspotFace]:
    """Hotspots of a territory and all nested in it, the largest first; `states` and `since` do not apply."""
    resolved = resolve(session, filters)
    west, south, east, north = filters.bbox or (0.0, 0.0, 0.0, 0.0)
    rows = session.execute(
        _LIVING,
        {
            "fewest": FEWEST,
            "territories": list(resolved.scope.territory_ids),
            "kinds": list(filters.kinds),
            "categories": None if resolved.category_ids is None else list(resolved.category_ids),
            "boxed": filters.bbox is not None,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "limit": limit,
        },
    )
    return [HotspotFace(**row._mapping) for row in rows]


def hotspot_with_history(
    session: Session, hotspot_id: int, *, within: Collection[int] | None = None
) -> tuple[HotspotFace, list[dict[str, Any]]]:
    """One hotspot of these territories (None: of all), living or ended, and its events from the oldest; raises
    `NotFound`."""
    wanted = None if within is None else sorted(within)
    row = session.execute(_ONE, {"id": hotspot_id, "fewest": FEWEST, "within": wanted}).one_or_none()
    if row is None:
        raise NotFound("No hotspot has this number.")
    events = session.execute(_HISTORY, {"id": hotspot_id}).mappings()
    return HotspotFace(**row._mapping), [dict(event) for event in events]
