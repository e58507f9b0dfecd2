"""Lists of public contributions: pages by keyset in each order, and counts, for lists and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.features.contributions.conditions import FINE, PLAN_EACH, Shape, shape_of, values, where
from app.features.contributions.filters import STATES, MapFilters, everywhere
from app.features.contributions.orders import cursor as next_page
from app.features.contributions.orders import few_with_words, first_ones, order_of, parse_cursor
from app.features.contributions.pyramid import COUNTED, KIND_CODE, KIND_CODES
from app.features.contributions.scope import Resolved, Scope, resolve, scope_of
from geodata.pyramid import LEVELS, tile_number, tiles_covering, week_number, week_start

MOST = 500
"""Contributions of one page, at most."""
MANY = 10_000
"""What has to be counted one by one is counted up to here."""


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
    changed_at: datetime | None
    supports: int | None
    photo_count: int
    photo_key: str | None
    territory: str
    zone_ids: Sequence[int]
    distance_m: float | None = None
    """From the place asked about, where the nearest come first."""


@dataclass(frozen=True)
class Page:
    """A page of a list, and the cursor of the next one (None: this was the last)."""

    items: Sequence[ListedContribution]
    cursor: str | None


def contributions_in_bbox(session: Session, filters: MapFilters, *, cursor: str | None = None, limit: int = 50) -> Page:
    """Public contributions that the filters let through, in their order; `limit` is held between 1 and 500.

    Raises `Invalid` for a cursor of another order, or of nowhere.
    """
    limit = min(max(limit, 1), MOST)
    order = order_of(filters)
    after = parse_cursor(order, cursor) if cursor else None
    resolved = resolve(session, filters)
    places = first_ones(session, resolved, few_with_words(session, resolved), limit=limit + 1, after=after)
    shown = places[:limit]
    rows = session.execute(_DETAILS, {"ids": [place[-1] for place in shown]}) if shown else ()
    metres = {place[-1]: place[0] for place in shown} if order == "nearest" else {}
    items = [ListedContribution(**row._mapping, distance_m=metres.get(row.id)) for row in rows]
    return Page(items, next_page(order, shown[-1]) if len(places) > limit else None)


def count_contributions(session: Session, filters: MapFilters, *, most: int = 1000) -> int:
    """How many the filters let through, counted up to `most`: a list says "more than 1,000" beyond."""
    return sum(_counted_each(session, resolve(session, filters), most).values())


def _counted_each(session: Session, resolved: Resolved, most: int) -> dict[str, int]:
    session.execute(PLAN_EACH)
    rows = session.execute(_count_kinds(shape_of(resolved)), values(resolved) | {"limit": most})
    return dict.fromkeys(KIND_CODES, 0) | {row.kind: row.n for row in rows}


def counts_by_kind(session: Session, filters: MapFilters) -> dict[str, int]:
    """How many of each kind in the whole territory, whatever `kinds` and `bbox` say.

    Read from the pyramid, in a millisecond, when it keeps the answer; else counted one by one, up to `MANY`.
    """
    resolved = resolve(session, everywhere(filters))
    standings, since = resolved.standings, filters.since
    by_one = since is not None and resolved.category_ids is not None
    if standings is None or by_one or FINE.intersection(shape_of(resolved)):
        return _counted_each(session, resolved, MANY)
    asked = {
        "tiles": _coarsest_tiles(resolved.scope),
        "categories": list(resolved.category_ids) if resolved.category_ids is not None else [0],
        "territories": list(resolved.scope.territory_ids),
        "standings": list(standings),
        "week": week_number(since) if since else 0,
    }
    counts = dict.fromkeys(KIND_CODES.values(), 0)
    for row in session.execute(_COUNT_CELLS if since is None else _COUNT_WEEKS, asked):
        counts[row.kind] += row.n
    if since is not None:
        # The week in which the question begins is counted one by one, the following ones are kept as sums.
        until = {"until": week_start(week_number(since) + 1), "since": since, "states": list(filters.states or STATES)}
        for row in session.execute(_COUNT_FIRST_WEEK, asked | until):
            counts[row.kind] += row.n
    return {kind: counts[code] for kind, code in KIND_CODES.items()}


def _coarsest_tiles(scope: Scope) -> list[int]:
    level = LEVELS[0]
    left, top, right, bottom = tiles_covering(scope.bounds, level)
    return [tile_number(level, x, y) for y in range(top, bottom + 1) for x in range(left, right + 1)]


def common_categories(
    session: Session, territory: str, *, kind: str, among: Sequence[int], most: int = 6
) -> Sequence[int]:
    """Ids of the categories of which a town's map shows most contributions of a kind, the most frequent first.

    Read from the pyramid, as `counts_by_kind`. Raises `NotFound` for an unknown territory.
    """
    scope = scope_of(session, territory)
    asked = {
        "tiles": _coarsest_tiles(scope),
        "categories": list(among),
        "territories": list(scope.territory_ids),
        "kind": KIND_CODES[kind],
        "most": most,
    }
    return session.execute(_COMMON, asked).scalars().all()


_DETAILS = text(
    """
    SELECT c.id, c.reference, c.kind, k.slug AS category, k.label AS category_label, k.icon, c.title, c.body,
           c.state, c.ticket_id IS NOT NULL AS placed, c.address, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
           c.created_at, c.changed_at, c.supports, c.photo_count, c.zone_ids, t.slug AS territory,
           CASE WHEN c.photo_count > 0 THEN (
             SELECT p.public_key FROM photo p
              WHERE p.contribution_id = c.id AND p.state = 'ready' AND NOT p.hidden ORDER BY p.position LIMIT 1)
           END AS photo_key
      FROM contribution c JOIN category k ON k.id = c.category_id JOIN territory t ON t.id = c.territory_id
     WHERE c.id = ANY(CAST(:ids AS bigint[])) AND c.visibility = 'public'
     ORDER BY array_position(CAST(:ids AS bigint[]), c.id)
    """
)


@lru_cache(maxsize=64)
def _count_kinds(shape: Shape) -> TextClause:
    return text(
        f"""
        SELECT found.kind, count(*) AS n FROM (
          SELECT c.kind FROM contribution c
           WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {where(shape)} LIMIT :limit) AS found GROUP BY 1
        """  # noqa: S608
    )


_CELLS = """
    SELECT kind, sum(n)::int AS n FROM map_cell
     WHERE tile = ANY(CAST(:tiles AS int[])) AND category_id = ANY(CAST(:categories AS int[]))
       AND territory_id = ANY(CAST(:territories AS int[])) AND standing = ANY(CAST(:standings AS smallint[]))
"""
_COUNT_CELLS = text(f"{_CELLS} AND week = 0 GROUP BY 1")
_COMMON = text(
    """
    SELECT category_id FROM map_cell
     WHERE tile = ANY(CAST(:tiles AS int[])) AND category_id = ANY(CAST(:categories AS int[])) AND week = 0
       AND territory_id = ANY(CAST(:territories AS int[])) AND kind = :kind AND n > 0
     GROUP BY category_id ORDER BY sum(n) DESC, category_id LIMIT :most
    """
)
_COUNT_WEEKS = text(f"{_CELLS} AND week > :week GROUP BY 1")
_COUNT_FIRST_WEEK = text(
    f"""
    SELECT {KIND_CODE} AS kind, count(*)::int AS n FROM contribution c
     WHERE {COUNTED} AND c.territory_id = ANY(CAST(:territories AS int[])) AND c.state = ANY(CAST(:states AS text[]))
       AND c.created_at >= CAST(:since AS timestamptz) AND c.created_at < CAST(:until AS timestamptz) GROUP BY 1
    """  # noqa: S608
)
