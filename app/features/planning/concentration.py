"""The observatory's figures: where contributions concentrate, how many, since when, compared with the period before.

Counted from the public contributions themselves, in one reading of them and one of their tickets: the database groups
by zones and week, the rest is small enough for Python. Hexagons are rolled up from the stored H3 index by bits.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import STATES, MapFilters
from app.features.contributions.scope import Resolved, resolve
from app.features.territories.quarters import quarters_first
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
"""
_SINCE = "(CAST(:since AS timestamptz) IS NULL OR c.created_at >= CAST(:since AS timestamptz))"
_HEXAGONS = text(
    f"""
    SELECT (c.h3 & :keep) | :put AS cell, count(*)::int AS n FROM contribution c
     WHERE {_WHERE} AND {_SINCE} AND (CAST(:zone AS int) IS NULL OR CAST(:zone AS int) = ANY(c.zone_ids)) GROUP BY 1
    """  # noqa: S608
)
# Contributions lie in few different sets of zones: a town of a million becomes a few thousand rows.
_COUNTS = text(
    f"""
    SELECT c.zone_ids, {_SINCE} AS now, date_trunc('week', c.created_at AT TIME ZONE :timezone)::date AS monday,
           count(*)::int AS n
      FROM contribution c
     WHERE {_WHERE} AND (CAST(:since AS timestamptz) IS NULL OR c.created_at >= CAST(:earlier AS timestamptz))
     GROUP BY 1, 2, 3
    """  # noqa: S608
)
# Days to close, by tenths: enough for a median, and it need not sort.
_DELAYS = text(
    """
    SELECT t.zone_ids, round(extract(epoch FROM t.closed_at - t.opened_at) / 8640)::int AS tenths, count(*)::int AS n
      FROM ticket t
     WHERE t.state = 'done' AND t.territory_id = ANY(CAST(:territories AS int[]))
       AND (NOT :by_kind OR t.kind = ANY(CAST(:kinds AS text[])))
       AND (NOT :by_category OR t.category_id = ANY(CAST(:categories AS int[])))
       AND (CAST(:since AS timestamptz) IS NULL OR t.opened_at >= CAST(:since AS timestamptz))
     GROUP BY 1, 2
    """
)
_ZONES = text(
    """
    SELECT z.id, z.slug, z.name, z.population, ST_X(p.at) AS lon, ST_Y(p.at) AS lat
      FROM zone z CROSS JOIN LATERAL (SELECT ST_PointOnSurface(z.boundary) AS at) AS p
     WHERE z.territory_id = ANY(CAST(:territories AS int[])) AND z.kind = :zone_kind
    """
)
_ZONE_KIND = text(
    f"""
    SELECT kind FROM zone WHERE territory_id = ANY(CAST(:territories AS int[]))
     GROUP BY kind
     ORDER BY {quarters_first("kind")}, count(*) DESC, kind
     LIMIT 1
    """  # noqa: S608
)
_ZONE = text(
    f"""
    SELECT id, name, ST_XMin(boundary) AS west, ST_YMin(boundary) AS south, ST_XMax(boundary) AS east,
           ST_YMax(boundary) AS north FROM zone
     WHERE territory_id = ANY(CAST(:territories AS int[])) AND slug = :slug
     ORDER BY {quarters_first("kind")}, id LIMIT 1
    """  # noqa: S608
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


_PLAN_EACH = text("SET LOCAL plan_cache_mode = force_custom_plan")


def median(counts: Mapping[int, int]) -> float:
    """The median of values given with how often each occurs."""
    middle, passed, below = sum(counts.values()) / 2, 0, None
    for value in sorted(counts):
        if below is not None:
            return (below + value) / 2
        passed += counts[value]
        if passed > middle:
            return float(value)
        if passed == middle:
            below = value
    raise ValueError("no value")


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
        self.session.execute(_PLAN_EACH)
        timed = self.question.filters.since is not None
        only = self.zone.id if self.zone is not None else None
        total = before = 0
        weeks: Counter[date] = Counter()
        now_in: Counter[int] = Counter()
        before_in: Counter[int] = Counter()
        for row in self.session.execute(_COUNTS, self._values):
            for zone in row.zone_ids:
                (now_in if row.now else before_in)[zone] += row.n
            if only is not None and only not in row.zone_ids:
                continue
            if row.now:
                total += row.n
                weeks[row.monday] += row.n
            else:
                before += row.n
        return Concentration(
            total=total,
            before=before if timed else None,
            zones=self._zone_rows(now_in, before_in if timed else None),
            weeks=sorted(weeks.items()),
            zone_name=self.zone.name if self.zone is not None else None,
        )

    def _zone_rows(self, now: Mapping[int, int], before: Mapping[int, int] | None) -> list[ZoneRow]:
        zones = self.session.execute(_ZONES, self._values).all() if self.zone_kind else []
        delays = self._delays() if zones else {}
        rows = [
            ZoneRow(
                slug=zone.slug,
                name=zone.name,
                n=now.get(zone.id, 0),
                before=None if before is None else before.get(zone.id, 0),
                per_thousand=now.get(zone.id, 0) * 1000 / zone.population if zone.population else None,
                median_days=delays.get(zone.id),
                lon=zone.lon,
                lat=zone.lat,
            )
            for zone in zones
        ]
        return sorted(rows, key=lambda row: (-row.n, row.name))

    def _delays(self) -> dict[int, float]:
        """Median days from opening to done, by zone."""
        spread: dict[int, Counter[int]] = {}
        for row in self.session.execute(_DELAYS, self._values):
            for zone in row.zone_ids:
                spread.setdefault(zone, Counter())[row.tenths] += row.n
        return {zone: median(counts) / 10 for zone, counts in spread.items()}

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
