"""The observatory's figures: where contributions concentrate, how many, since when, compared with the period before.

Counted from the public contributions themselves; at a million of them an answer takes a second or two, which the screen
of a planner may. Hexagons are rolled up from the stored H3 index by bit operations.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import STATES, MapFilters, Resolved, resolve
from geodata.hexagons import parent_masks

RESOLUTIONS = (8, 9, 10)


@dataclass(frozen=True)
class Question:
    """What the planner asks: the map's filters, and perhaps one zone."""

    filters: MapFilters
    zone: str | None = None
    """A zone's slug."""
    now: datetime | None = None


@dataclass(frozen=True)
class ZoneRow:
    """A zone's line: contributions now and in the same length of time before, per 1,000 inhabitants, days to close."""

    slug: str
    name: str
    n: int
    before: int | None
    per_thousand: float | None
    median_days: float | None
    lon: float
    lat: float

    @property
    def change(self) -> float | None:
        """Relative change since the period before (0.14 is +14 %), or None when there is nothing to compare with."""
        return (self.n - self.before) / self.before if self.before else None


@dataclass(frozen=True)
class Concentration:
    """The answer. `weeks` are (Monday, count); `before` is None when all time is asked."""

    total: int
    before: int | None
    zones: Sequence[ZoneRow]
    weeks: Sequence[tuple[date, int]]
    zone_name: str | None = None

    @property
    def change(self) -> float | None:
        return (self.total - self.before) / self.before if self.before else None

    @property
    def leading(self) -> Sequence[ZoneRow]:
        """The fewest zones that gather half of what has a zone, at most three."""
        half, gathered, found = sum(row.n for row in self.zones) / 2, 0, []
        for row in self.zones[:3]:
            if gathered >= half or not row.n:
                break
            found.append(row)
            gathered += row.n
        return found


_WHERE = """
    c.visibility = 'public' AND c.territory_id = ANY(CAST(:territories AS int[]))
    AND (NOT :by_kind OR c.kind = ANY(CAST(:kinds AS text[])))
    AND (NOT :by_category OR c.category_id = ANY(CAST(:categories AS int[])))
    AND (NOT :by_state OR c.state = ANY(CAST(:states AS text[])))
    AND (CAST(:zone AS int) IS NULL OR CAST(:zone AS int) = ANY(c.zone_ids))
"""
_SINCE = "(CAST(:since AS timestamptz) IS NULL OR c.created_at >= CAST(:since AS timestamptz))"
_FROM_BEFORE = "(CAST(:since AS timestamptz) IS NULL OR c.created_at >= CAST(:earlier AS timestamptz))"
_HEXAGONS = text(
    f"""
    SELECT (c.h3 & :keep) | :put AS cell, count(*)::int AS n FROM contribution c WHERE {_WHERE} AND {_SINCE} GROUP BY 1
    """  # noqa: S608
)
_TOTALS = text(
    f"""
    SELECT count(*) FILTER (WHERE {_SINCE})::int AS n, count(*) FILTER (WHERE NOT {_SINCE})::int AS before
      FROM contribution c WHERE {_WHERE} AND {_FROM_BEFORE}
    """  # noqa: S608
)
_WEEKS = text(
    f"""
    SELECT date_trunc('week', c.created_at AT TIME ZONE :timezone)::date AS monday, count(*)::int AS n
      FROM contribution c WHERE {_WHERE} AND {_SINCE} GROUP BY 1 ORDER BY 1
    """  # noqa: S608
)
_ZONES = text(
    f"""
    WITH counted AS (
      SELECT zone_id, count(*) FILTER (WHERE {_SINCE})::int AS n, count(*) FILTER (WHERE NOT {_SINCE})::int AS before,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.closed_at - t.opened_at) / 86400)
               FILTER (WHERE t.state = 'done' AND {_SINCE}) AS days
        FROM contribution c CROSS JOIN unnest(c.zone_ids) AS zone_id LEFT JOIN ticket t ON t.id = c.ticket_id
       WHERE {_WHERE} AND {_FROM_BEFORE} GROUP BY 1)
    SELECT z.slug, z.name, coalesce(k.n, 0) AS n, coalesce(k.before, 0) AS before, z.population, k.days,
           ST_X(p.at) AS lon, ST_Y(p.at) AS lat
      FROM zone z LEFT JOIN counted k ON k.zone_id = z.id
      CROSS JOIN LATERAL (SELECT ST_PointOnSurface(z.boundary) AS at) AS p
     WHERE z.territory_id = ANY(CAST(:territories AS int[])) AND z.kind = :zone_kind
     ORDER BY 3 DESC, z.name
    """  # noqa: S608
)
_ZONE_KIND = text(
    """
    SELECT kind FROM zone WHERE territory_id = ANY(CAST(:territories AS int[]))
     GROUP BY kind ORDER BY kind <> 'quartier', count(*) DESC, kind LIMIT 1
    """
)
_ZONE = text(
    """
    SELECT id, name, ST_XMin(boundary) AS west, ST_YMin(boundary) AS south, ST_XMax(boundary) AS east,
           ST_YMax(boundary) AS north FROM zone
     WHERE territory_id = ANY(CAST(:territories AS int[])) AND slug = :slug ORDER BY kind <> 'quartier', id LIMIT 1
    """
)
_OUTLINES = text(
    """
    SELECT name, ST_AsGeoJSON(ST_SimplifyPreserveTopology(boundary, 0.00005), 5) AS geometry FROM zone
     WHERE territory_id = ANY(CAST(:territories AS int[])) AND kind = :zone_kind
     UNION ALL
    SELECT name, ST_AsGeoJSON(ST_SimplifyPreserveTopology(boundary, 0.00005), 5) FROM territory
     WHERE id = ANY(CAST(:territories AS int[]))
    """
)


class Observatory:
    """One question asked of one database session; each figure is computed when it is read."""

    def __init__(self, session: Session, question: Question, *, timezone: str = "Europe/Paris") -> None:
        self.session = session
        self.question = question
        self.resolved: Resolved = resolve(session, question.filters)
        self.zone_kind: str = session.scalar(_ZONE_KIND, {"territories": list(self.resolved.scope.territory_ids)}) or ""
        self.zone: Any = self._find_zone()
        self._values = self._parameters(timezone)

    def _find_zone(self) -> Any:
        if not self.question.zone:
            return None
        values = {"territories": list(self.resolved.scope.territory_ids), "slug": self.question.zone}
        return self.session.execute(_ZONE, values).one_or_none()

    def _parameters(self, timezone: str) -> dict[str, Any]:
        filters, since = self.question.filters, self.question.filters.since
        now = self.question.now or datetime.now(UTC)
        return {
            "territories": list(self.resolved.scope.territory_ids),
            "by_kind": bool(filters.kinds),
            "kinds": list(filters.kinds),
            "by_category": self.resolved.category_ids is not None,
            "categories": list(self.resolved.category_ids or ()),
            "by_state": bool(filters.states),
            "states": list(filters.states or STATES),
            "zone": self.zone.id if self.zone is not None else None,
            "zone_kind": self.zone_kind,
            "since": since,
            "earlier": since - (now - since) if since else None,
            "timezone": timezone,
        }

    def hexagons(self, resolution: int) -> dict[int, int]:
        """H3 index at a resolution (8 to 10) to the number of contributions in it."""
        keep, put = parent_masks(resolution)
        rows = self.session.execute(_HEXAGONS, self._values | {"keep": keep, "put": put})
        return {row.cell: row.n for row in rows}

    def answer(self) -> Concentration:
        """Totals, zones by decreasing count, and weeks."""
        timed = self.question.filters.since is not None
        totals = self.session.execute(_TOTALS, self._values).one()
        rows = self.session.execute(_ZONES, self._values | {"zone": None}).all() if self.zone_kind else []
        zones = [
            ZoneRow(
                slug=row.slug,
                name=row.name,
                n=row.n,
                before=row.before if timed else None,
                per_thousand=row.n * 1000 / row.population if row.population else None,
                median_days=row.days,
                lon=row.lon,
                lat=row.lat,
            )
            for row in rows
        ]
        weeks = [(row.monday, row.n) for row in self.session.execute(_WEEKS, self._values)]
        return Concentration(
            total=totals.n,
            before=totals.before if timed else None,
            zones=zones,
            weeks=weeks,
            zone_name=self.zone.name if self.zone is not None else None,
        )

    def outlines(self) -> list[tuple[str, dict[str, Any]]]:
        """Names and GeoJSON boundaries of the zones and of the territories."""
        values = {"territories": self._values["territories"], "zone_kind": self.zone_kind}
        return [(row.name, json.loads(row.geometry)) for row in self.session.execute(_OUTLINES, values)]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what is looked at."""
        if self.zone is None:
            return self.resolved.scope.bounds
        return self.zone.west, self.zone.south, self.zone.east, self.zone.north
