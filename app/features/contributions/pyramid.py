"""The map's pyramid: counts per cell, kept up to date by the transaction that changes what the map shows.

What is counted: contributions that are public **and** placed (they have a ticket). Whoever places one, shows or hides
one, moves one, or changes its state, passes the difference to `change_cells` in the same transaction: +1 for the new
face, -1 with the old face for what it was before. `rebuild_cells` says the same from scratch, after an import or a
repair, and `cell_errors` compares the two.

Each contribution has three rows at each of the four levels: its category over all time, all categories over all time,
all categories in its week. A single writer (the draining worker) is the common case; several never deadlock, because
rows are taken in the order of their key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import array_text
from geodata.pyramid import ALL_WEEKS, GRID_BITS, LEVELS, MAX_LATITUDE, grid_position, tile_and_cell, week_number

KIND_CODES = {"problem": 0, "praise": 1, "proposal": 2}
OPEN, DONE, DECLINED, REUNITED = 0, 1, 2, 3
STANDINGS = {"done": DONE, "declined": DECLINED, "duplicate": REUNITED}
"""A closed state stands for itself; any other state is open."""
ALL_CATEGORIES = 0

COUNT_AGAIN = "map.count"
"""The outbox topic that asks for `rebuild_cells` of a territory (`subject_id`)."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """One face of a contribution that the map gains (`sign` 1) or loses (-1). Degrees in WGS84, an aware moment."""

    contribution_id: int
    territory_id: int
    category_id: int
    kind: str
    state: str
    lon: float
    lat: float
    created_at: datetime
    sign: int = 1


_UPSERT = text(
    """
    INSERT INTO map_cell AS m
           (tile, category_id, week, territory_id, cell, kind, standing, n, sum_x, sum_y, sum_id)
    SELECT * FROM unnest(
           CAST(:tile AS int[]), CAST(:category AS int[]), CAST(:week AS smallint[]), CAST(:territory AS int[]),
           CAST(:cell AS smallint[]), CAST(:kind AS smallint[]), CAST(:standing AS smallint[]),
           CAST(:n AS int[]), CAST(:x AS bigint[]), CAST(:y AS bigint[]), CAST(:id AS bigint[]))
    ON CONFLICT (tile, category_id, week, territory_id, cell, kind, standing) DO UPDATE
       SET n = m.n + excluded.n, sum_x = m.sum_x + excluded.sum_x,
           sum_y = m.sum_y + excluded.sum_y, sum_id = m.sum_id + excluded.sum_id
    """
)
_KEYS = ("tile", "category", "week", "territory", "cell", "kind", "standing")
_SUMS = ("n", "x", "y", "id")


def change_cells(session: Session, changes: Sequence[CellChange]) -> None:
    """Add a batch of differences to the pyramid, in one statement. Differences that cancel out cost nothing."""
    sums: dict[tuple[int, ...], list[int]] = {}
    for change in changes:
        _collect(change, sums)
    rows = sorted((key, total) for key, total in sums.items() if any(total))
    if not rows:
        return
    columns = zip(*((*key, *total) for key, total in rows), strict=True)
    session.execute(_UPSERT, dict(zip(_KEYS + _SUMS, map(array_text, columns), strict=True)))


def _collect(change: CellChange, sums: dict[tuple[int, ...], list[int]]) -> None:
    gx, gy = grid_position(change.lon, change.lat)
    face = (KIND_CODES[change.kind], STANDINGS.get(change.state, OPEN))
    sign = change.sign
    faces = (
        (change.category_id, ALL_WEEKS),
        (ALL_CATEGORIES, ALL_WEEKS),
        (ALL_CATEGORIES, week_number(change.created_at)),
    )
    for level in LEVELS:
        tile, cell = tile_and_cell(gx, gy, level)
        for category, week in faces:
            key = (tile, category, week, change.territory_id, cell, *face)
            total = sums.get(key)
            if total is None:
                total = sums[key] = [0, 0, 0, 0]
            total[0] += sign
            total[1] += sign * gx
            total[2] += sign * gy
            total[3] += sign * change.contribution_id


# The grid, the week and the codes, as SQL over a contribution `c`; the same operations in the same order as
# `geodata.pyramid`, so that the same floating-point numbers come out.
_SIDE = float(1 << GRID_BITS)
_LAT = f"greatest(least(ST_Y(c.geom), {MAX_LATITUDE}), -{MAX_LATITUDE})"
GRID_X = f"least(floor((ST_X(c.geom) + 180.0::float8) / 360.0::float8 * {_SIDE}::float8), {_SIDE - 1})::int"
GRID_Y = (
    f"least(greatest(floor((1.0::float8 - asinh(tan(radians({_LAT}))) / pi()) / 2.0::float8 * {_SIDE}::float8), 0), "
    f"{_SIDE - 1})::int"
)
KIND_CODE = "CASE c.kind WHEN 'problem' THEN 0 WHEN 'praise' THEN 1 ELSE 2 END"
STANDING = "CASE c.state WHEN 'done' THEN 1 WHEN 'declined' THEN 2 WHEN 'duplicate' THEN 3 ELSE 0 END"
WEEK = "greatest(1, floor(extract(epoch FROM c.created_at - '1970-01-05 00:00+00'::timestamptz) / 604800))::smallint"
COUNTED = "c.visibility = 'public' AND c.ticket_id IS NOT NULL"
"""Which contributions the pyramid counts."""

# The finest level is counted from the points, with and without categories; the other levels only sum its cells.
_FINEST = LEVELS[-1] + 3
_COUNT = f"""
    WITH p AS MATERIALIZED (
      SELECT {GRID_X} AS gx, {GRID_Y} AS gy, c.category_id, c.id,
             ({KIND_CODE})::smallint AS kind, ({STANDING})::smallint AS standing, {WEEK} AS week
        FROM contribution c WHERE c.territory_id = :territory AND {COUNTED}),
    by_category AS MATERIALIZED (
      SELECT gx >> {GRID_BITS - _FINEST} AS cx, gy >> {GRID_BITS - _FINEST} AS cy, category_id, 0::smallint AS week,
             kind, standing, count(*) AS n, sum(gx) AS sx, sum(gy) AS sy, sum(id) AS si
        FROM p GROUP BY 1, 2, 3, 5, 6),
    by_week AS MATERIALIZED (
      SELECT gx >> {GRID_BITS - _FINEST} AS cx, gy >> {GRID_BITS - _FINEST} AS cy, 0 AS category_id, week,
             kind, standing, count(*) AS n, sum(gx) AS sx, sum(gy) AS sy, sum(id) AS si
        FROM p GROUP BY 1, 2, 4, 5, 6),
    finest AS (
      SELECT * FROM by_category
      UNION ALL SELECT * FROM by_week
      UNION ALL SELECT cx, cy, 0, 0, kind, standing, n, sx, sy, si FROM by_category)
    SELECT (((1::bigint << 2 * level) - 1) / 3 + ((cy >> {_FINEST} - level) << level)
             + (cx >> {_FINEST} - level))::int AS tile,
           category_id, week, CAST(:territory AS int) AS territory_id,
           ((((cy >> {_FINEST - 3} - level) & 7) << 3) | ((cx >> {_FINEST - 3} - level) & 7))::smallint AS cell,
           kind, standing, sum(n)::int AS n,
           sum(sx)::bigint AS sum_x, sum(sy)::bigint AS sum_y, sum(si)::bigint AS sum_id
      FROM finest CROSS JOIN unnest(ARRAY{list(LEVELS)}) AS level
     GROUP BY 1, 2, 3, 5, 6, 7
"""  # noqa: S608
_COLUMNS = "tile, category_id, week, territory_id, cell, kind, standing, n, sum_x, sum_y, sum_id"
_INSERT = text(f"INSERT INTO map_cell ({_COLUMNS}) {_COUNT} ORDER BY 1, 2, 3, 5, 6, 7")


def rebuild_cells(session: Session, territory_id: int) -> int:
    """Count a territory's cells again from its contributions; returns the number of rows.

    Writers of the pyramid wait meanwhile (about 10 s for a million contributions), readers see the old cells.
    """
    session.execute(text("LOCK TABLE map_cell IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(text("SET LOCAL work_mem = '256MB'"))
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text("DELETE FROM map_cell WHERE territory_id = :territory"), {"territory": territory_id})
    result: Any = session.execute(_INSERT, {"territory": territory_id})
    return int(result.rowcount)


def drop_empty_cells(session: Session) -> int:
    """Delete the cells that nothing is in any more; returns how many there were."""
    result: Any = session.execute(text("DELETE FROM map_cell WHERE n = 0 AND sum_x = 0 AND sum_y = 0 AND sum_id = 0"))
    return int(result.rowcount)


_ERRORS = text(
    f"""
    WITH wanted AS ({_COUNT}),
         found AS (SELECT {_COLUMNS} FROM map_cell WHERE territory_id = :territory AND (n, sum_id) <> (0, 0))
    SELECT 'missing' AS error, * FROM (SELECT * FROM wanted EXCEPT SELECT * FROM found) a
    UNION ALL
    SELECT 'wrong', * FROM (SELECT * FROM found EXCEPT SELECT * FROM wanted) b
    ORDER BY 1, 2, 3, 4 LIMIT :most
    """  # noqa: S608
)


def cell_errors(session: Session, territory_id: int, *, most: int = 20) -> list[dict[str, Any]]:
    """Rows in which the pyramid differs from the contributions (none: it is right), each with `error` and the row."""
    rows = session.execute(_ERRORS, {"territory": territory_id, "most": most})
    return [dict(row) for row in rows.mappings()]
