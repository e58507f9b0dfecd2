"""Lists of public contributions: pages by keyset (newest first), and counts, for the list twin and for programs."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.features.contributions.filters import STATES, MapFilters, resolve
from app.features.contributions.pyramid import COUNTED, KIND_CODE, KIND_CODES
from geodata.pyramid import LEVELS, tile_number, tiles_covering, week_number, week_start

MOST = 500
"""Contributions of one page, at most."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ListedContribution:
    """One line of a list; `lon`, `lat` in degrees, `photo_key` of the first photo that may be shown."""

    id: int
    reference: str
    kind: str
    category: str
    category_label: dict[str, str]
    icon: str
    title: str | None
    body: str
    state: str
    placed: bool
    address: str | None
    lon: float
    lat: float
    created_at: datetime
    supports: int | None
    photo_count: int
    photo_key: str | None
    territory: str
    zone_ids: Sequence[int]


@dataclass(frozen=True)
class Page:
    """A page of a list, and the cursor of the next one (None: this was the last)."""

    items: Sequence[ListedContribution]
    cursor: str | None


@dataclass(frozen=True, order=True)
class Cursor:
    """Where a page ended: the moment (to the microsecond) and the id of its last line."""

    created_at: datetime
    id: int

    def __str__(self) -> str:
        raw = struct.pack(">qq", (self.created_at - _EPOCH) // timedelta(microseconds=1), self.id)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def parse(cls, word: str) -> Cursor:
        """Read a cursor that this house gave; raises `Invalid` for any other."""
        try:
            microseconds, number = struct.unpack(">qq", base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
            return cls(_EPOCH + timedelta(microseconds=microseconds), number)
        except (ValueError, struct.error, binascii.Error, OverflowError):
            message = "This cursor is not one that we gave. Begin again without it."
            raise Invalid(errors=[FieldError("/cursor", message)]) from None


def contributions_in_bbox(session: Session, filters: MapFilters, *, cursor: str | None = None, limit: int = 50) -> Page:
    """Public contributions that the filters let through, newest first; `limit` is held between 1 and 500."""
    limit = min(max(limit, 1), MOST)
    after = Cursor.parse(cursor) if cursor else None
    parameters = _parameters(session, filters) | {"limit": limit + 1}
    if after is not None:
        parameters |= {"after_at": after.created_at, "after_id": after.id}
    session.execute(_PLAN_EACH)
    rows = session.execute(_list(_shape(filters), after is not None), parameters).all()
    items = [ListedContribution(**row._mapping) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, str(Cursor(items[-1].created_at, items[-1].id)) if more else None)


def count_contributions(session: Session, filters: MapFilters, *, most: int = 1000) -> int:
    """How many the filters let through, counted up to `most`: a list says "more than 1,000" beyond."""
    session.execute(_PLAN_EACH)
    count = session.execute(_count(_shape(filters)), _parameters(session, filters) | {"limit": most})
    return int(count.scalar_one())


def counts_by_kind(session: Session, filters: MapFilters) -> dict[str, int]:
    """How many of each kind in the whole territory, whatever `kinds` and `bbox` say.

    Read from the pyramid, in a millisecond, when it keeps the answer; else counted from the contributions.
    """
    resolved = resolve(session, MapFilters(filters.territory, (), filters.categories, filters.states, filters.since))
    standings, since = resolved.standings, filters.since
    if standings is None or (since is not None and resolved.category_ids is not None):
        session.execute(_PLAN_EACH)
        rows = session.execute(_count_kinds(_shape(resolved.filters)), _parameters(session, resolved.filters)).all()
        return dict.fromkeys(KIND_CODES, 0) | {row.kind: row.n for row in rows}
    level = LEVELS[0]
    left, top, right, bottom = tiles_covering(resolved.scope.bounds, level)
    values = {
        "tiles": [tile_number(level, x, y) for y in range(top, bottom + 1) for x in range(left, right + 1)],
        "categories": list(resolved.category_ids) if resolved.category_ids is not None else [0],
        "territories": list(resolved.scope.territory_ids),
        "standings": list(standings),
        "week": week_number(since) if since else 0,
    }
    counts = dict.fromkeys(KIND_CODES.values(), 0)
    for row in session.execute(_COUNT_CELLS if since is None else _COUNT_WEEKS, values):
        counts[row.kind] += row.n
    if since is not None:
        # The week in which the question begins is counted one by one, the following ones are kept as sums.
        until = {"until": week_start(week_number(since) + 1), "since": since, "states": list(filters.states or STATES)}
        for row in session.execute(_COUNT_FIRST_WEEK, values | until):
            counts[row.kind] += row.n
    return {kind: counts[code] for kind, code in KIND_CODES.items()}


Shape = tuple[bool, bool, bool, bool, bool]


def _shape(filters: MapFilters) -> Shape:
    return (
        bool(filters.kinds),
        bool(filters.categories),
        bool(filters.states),
        filters.since is not None,
        filters.bbox is not None,
    )


def _parameters(session: Session, filters: MapFilters) -> dict[str, Any]:
    resolved = resolve(session, filters)
    west, south, east, north = filters.bbox or (0.0, 0.0, 0.0, 0.0)
    return {
        "territories": list(resolved.scope.territory_ids),
        "kinds": list(filters.kinds),
        "categories": list(resolved.category_ids or ()),
        "states": list(filters.states),
        "since": filters.since,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


def _where(shape: Shape) -> str:
    kinds, categories, states, since, bbox = shape
    conditions = (
        (True, "c.visibility = 'public'"),
        (kinds, "c.kind = ANY(CAST(:kinds AS text[]))"),
        (categories, "c.category_id = ANY(CAST(:categories AS int[]))"),
        (states, "c.state = ANY(CAST(:states AS text[]))"),
        (since, "c.created_at >= CAST(:since AS timestamptz)"),
        (bbox, "c.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"),
    )
    return " AND ".join(condition for wanted, condition in conditions if wanted)


# Whether a street or a town is asked for decides which index is best.
_PLAN_EACH = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
)


@lru_cache(maxsize=64)
def _list(shape: Shape, after: bool) -> TextClause:
    """One ordered walk per territory, so that each can stop at `limit`; details are joined for one page only."""
    onward = "AND (c.created_at, c.id) < (CAST(:after_at AS timestamptz), :after_id)" if after else ""
    return text(
        f"""
        WITH page AS MATERIALIZED (
          SELECT c.* FROM unnest(CAST(:territories AS int[])) AS t (id) CROSS JOIN LATERAL (
            SELECT c.id, c.created_at FROM contribution c
             WHERE c.territory_id = t.id AND {_where(shape)} {onward}
             ORDER BY c.created_at DESC, c.id DESC LIMIT :limit) AS c
           ORDER BY c.created_at DESC, c.id DESC LIMIT :limit)
        SELECT c.id, c.reference, c.kind, k.slug AS category, k.label AS category_label, k.icon, c.title, c.body,
               c.state, c.ticket_id IS NOT NULL AS placed, c.address, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
               c.created_at, c.supports, c.photo_count, c.zone_ids, t.slug AS territory,
               CASE WHEN c.photo_count > 0 THEN (
                 SELECT p.public_key FROM photo p
                  WHERE p.contribution_id = c.id AND p.state = 'ready' AND NOT p.hidden ORDER BY p.position LIMIT 1)
               END AS photo_key
          FROM page JOIN contribution c ON c.id = page.id
          JOIN category k ON k.id = c.category_id JOIN territory t ON t.id = c.territory_id
         ORDER BY c.created_at DESC, c.id DESC
        """  # noqa: S608
    )


@lru_cache(maxsize=64)
def _count(shape: Shape) -> TextClause:
    return text(
        f"""
        SELECT count(*) FROM (SELECT 1 FROM contribution c
         WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {_where(shape)} LIMIT :limit) AS found
        """  # noqa: S608
    )


@lru_cache(maxsize=64)
def _count_kinds(shape: Shape) -> TextClause:
    return text(
        f"""
        SELECT c.kind, count(*) AS n FROM contribution c
         WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {_where(shape)} GROUP BY 1
        """  # noqa: S608
    )


_CELLS = """
    SELECT kind, sum(n)::int AS n FROM map_cell
     WHERE tile = ANY(CAST(:tiles AS int[])) AND category_id = ANY(CAST(:categories AS int[]))
       AND territory_id = ANY(CAST(:territories AS int[])) AND standing = ANY(CAST(:standings AS smallint[]))
"""
_COUNT_CELLS = text(f"{_CELLS} AND week = 0 GROUP BY 1")
_COUNT_WEEKS = text(f"{_CELLS} AND week > :week GROUP BY 1")
_COUNT_FIRST_WEEK = text(
    f"""
    SELECT {KIND_CODE} AS kind, count(*)::int AS n FROM contribution c
     WHERE {COUNTED} AND c.territory_id = ANY(CAST(:territories AS int[])) AND c.state = ANY(CAST(:states AS text[]))
       AND c.created_at >= CAST(:since AS timestamptz) AND c.created_at < CAST(:until AS timestamptz) GROUP BY 1
    """  # noqa: S608
)
