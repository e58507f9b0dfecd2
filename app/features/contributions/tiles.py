"""Vector tiles of the public map: cells that count from far, points from near, in one SQL statement each.

Zooms 0 to 15 have a layer `cells`, at most 64 in a tile (8 × 8): `n`, `problem`, `praise`, `proposal`, `done`, and
for a lone contribution `ref`, `kind`, `state`, `bubble`. From zoom 16 on a layer `points` has each contribution:
`ref`, `kind`, `state`, `category`, `icon`, `title`, and of an idea that people carry `bubble`, the pixels across of
its disc. Where a place is so dense that its points would hide each other (`CROWD`), it stays a cell until a nearer
zoom.

Counts come from the pyramid when it can answer (any kinds, categories, groups of states; whole weeks without a
category), and from the points themselves for the rest (words, zones, one's own support). Every statement is one of a
few shapes; values are parameters.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.features.contributions.conditions import FINE, PLAN_EACH, Shape, shape_of, values, where
from app.features.contributions.filters import without_bbox
from app.features.contributions.pyramid import GRID_X, GRID_Y, KIND_CODE, KIND_CODES, STANDING
from app.features.contributions.scope import Resolved, meet
from app.features.contributions.supporting import DISC
from geodata.pyramid import GRID_BITS, LEVELS, Tile, level_for, tile_bounds, tile_number, tiles_covering, week_number
from geodata.pyramid import week_start as start_of

MAX_ZOOM = 20
FIRST_POINTS = 16
"""From this zoom on, a tile holds points."""
CROWD = 25
"""Points that a cell of the finest level may show at zoom 16; four times more at each nearer zoom."""
NEWEST = 5_000
"""Contributions with the words looked for that a tile seen from far counts: the newest, where a word is everywhere."""
_FINEST_SHIFT = GRID_BITS - LEVELS[-1] - 3


def contribution_tile(session: Session, resolved: Resolved, tile: Tile) -> bytes:
    """The tile as Mapbox vector tile bytes (empty where nothing is)."""
    if not resolved.scope.territory_ids or not meet(tile_bounds(tile), resolved.scope.bounds):
        return b""
    statement, parameters = tile_statement(resolved, tile)
    if parameters["from_points"]:
        # Which index is best depends on the values (a street or a town, a day or a year): plan for them each time.
        session.execute(PLAN_EACH)
    return bytes(session.execute(statement, parameters).scalar() or b"")


def tile_statement(resolved: Resolved, tile: Tile) -> tuple[TextClause, dict[str, Any]]:
    """The one statement that makes a tile, and its parameters."""
    resolved = replace(resolved, filters=without_bbox(resolved.filters))
    shape = shape_of(resolved)
    parameters = _parameters(resolved, shape, tile)
    from_points = bool(parameters["from_points"])
    if tile.z < FIRST_POINTS:
        return _cells(bool(parameters["from_cells"]), from_points, shape), parameters
    return _points(from_points, shape), parameters


def _parameters(resolved: Resolved, shape: Shape, tile: Tile) -> dict[str, Any]:
    """Every value that any shape of statement may name."""
    since, standings = resolved.filters.since, resolved.standings
    by_week = since is not None and resolved.category_ids is None
    from_cells = standings is not None and (since is None or by_week) and FINE.isdisjoint(shape)
    west, south, east, north = tile_bounds(tile)
    week = week_number(since) if since else 0
    return values(resolved) | {
        "from_cells": from_cells,
        # A moment in the middle of a week: that week from the points, the following ones from the cells.
        "from_points": not from_cells or since is not None,
        "until": start_of(week + 1) if from_cells else None,
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
        "tiles": _tiles(resolved, tile),
        "cells": _cells_of(tile),
        "categories": list(resolved.category_ids) if resolved.category_ids is not None else [0],
        "week": week,
        "kind_codes": [KIND_CODES[kind] for kind in resolved.filters.kinds],
        "standings": list(standings or ()),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "crowd": CROWD << 2 * max(0, tile.z - FIRST_POINTS),
        "newest": NEWEST,
    }


def _tiles(resolved: Resolved, tile: Tile) -> list[int]:
    """The numbers of the kept tiles that hold a tile's cells: itself, its children, or (from zoom 16) its ancestor."""
    level = level_for(tile.z)
    if tile.z >= level:
        up = tile.z - level
        return [tile_number(level, tile.x >> up, tile.y >> up)]
    down = level - tile.z
    left, top, right, bottom = tiles_covering(resolved.scope.bounds, level)
    columns = range(max(left, tile.x << down), min(right, (tile.x + 1 << down) - 1) + 1)
    rows = range(max(top, tile.y << down), min(bottom, (tile.y + 1 << down) - 1) + 1)
    return [tile_number(level, x, y) for y in rows for x in columns]


def _cells_of(tile: Tile) -> list[int]:
    """From zoom 16: the finest level's cells that this tile covers, or the one that covers it."""
    up = tile.z - LEVELS[-1]
    if up <= 0:
        return []
    side = max(1, 8 >> up)
    left, top = ((part << 3 >> up) & 7 for part in (tile.x, tile.y))
    return [(top + row) << 3 | left + column for row in range(side) for column in range(side)]


def _matching_cells(shape: Shape) -> str:
    conditions = {
        "since": "m.week > :week",
        "kinds": "m.kind = ANY(CAST(:kind_codes AS smallint[]))",
        "states": "m.standing = ANY(CAST(:standings AS smallint[]))",
    }
    return " AND ".join(
        (
            "m.tile = ANY(CAST(:tiles AS int[])) AND m.category_id = ANY(CAST(:categories AS int[]))",
            "m.territory_id = ANY(CAST(:territories AS int[])) AND m.n > 0",
            *(["m.week = 0"] if "since" not in shape else []),
            *(condition for name, condition in conditions.items() if name in shape),
        )
    )


# A hair wider than the tile: the index proposes, the position on the grid decides.
_ENVELOPE = "ST_Expand(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 1e-9)"


def _matching_points(shape: Shape, until: bool) -> str:
    first_week = " AND c.created_at < CAST(:until AS timestamptz)" if until and "since" in shape else ""
    return (
        f"c.territory_id = ANY(CAST(:territories AS int[])) AND c.ticket_id IS NOT NULL AND {where(shape)}{first_week}"
    )


@lru_cache(maxsize=64)
def _cells(from_cells: bool, from_points: bool, shape: Shape) -> TextClause:
    """Zooms up to 15. Discs stay in the middle third of their cell, so that they never collide; a lone pin is exact.

    The limit drops nothing, there are 64 cells; it tells the planner not to read the whole table for a few lone pins.
    """
    sources = []
    if from_cells:
        sources.append(
            f"""SELECT (m.sum_x / m.n) >> (27 - :z) AS cx, (m.sum_y / m.n) >> (27 - :z) AS cy,
                       m.kind, m.standing, m.n, m.sum_x, m.sum_y, m.sum_id
                  FROM map_cell m WHERE {_matching_cells(shape)}"""  # noqa: S608
        )
    if from_points:
        sources.append(
            f"""SELECT gx >> (27 - :z), gy >> (27 - :z), kind, standing, 1, gx, gy, id FROM (
                  SELECT ({GRID_X})::bigint AS gx, ({GRID_Y})::bigint AS gy, ({KIND_CODE})::smallint AS kind,
                         ({STANDING})::smallint AS standing, c.id
                    FROM contribution c
                   WHERE {_matching_points(shape, from_cells)} AND c.geom && {_ENVELOPE}
                   {"ORDER BY c.created_at DESC LIMIT :newest" if "words" in shape else ""}) AS p
                 WHERE gx >> (30 - :z) = :x AND gy >> (30 - :z) = :y"""  # noqa: S608
        )
    return text(
        f"""
        SELECT ST_AsMVT(f, 'cells', 4096, 'geom') FROM (
          SELECT ST_MakePoint(
                   CASE WHEN g.n = 1 THEN px ELSE least(greatest(px, left_px + 171), left_px + 341) END,
                   CASE WHEN g.n = 1 THEN py ELSE least(greatest(py, top_px + 171), top_px + 341) END) AS geom,
                 g.n, g.problem, g.praise, g.proposal, g.done,
                 c.reference AS ref, c.kind, c.state, {DISC} AS bubble
            FROM (
              SELECT sum(n)::int AS n, sum(sum_id)::bigint AS only_id,
                     (coalesce(sum(n) FILTER (WHERE kind = 0), 0))::int AS problem,
                     (coalesce(sum(n) FILTER (WHERE kind = 1), 0))::int AS praise,
                     (coalesce(sum(n) FILTER (WHERE kind = 2), 0))::int AS proposal,
                     (coalesce(sum(n) FILTER (WHERE standing = 1), 0))::int AS done,
                     floor((sum(sum_x) / sum(n) / power(2, 30 - :z) - :x) * 4096) AS px,
                     floor((sum(sum_y) / sum(n) / power(2, 30 - :z) - :y) * 4096) AS py,
                     (cx & 7) * 512 AS left_px, (cy & 7) * 512 AS top_px
                FROM ({" UNION ALL ".join(sources)}) AS s (cx, cy, kind, standing, n, sum_x, sum_y, sum_id)
               GROUP BY cx, cy LIMIT 64) AS g
            LEFT JOIN contribution c ON g.n = 1 AND c.id = g.only_id AND c.visibility = 'public'
        ) AS f
        """  # noqa: S608
    )


_CELL_COUNT = 1 << LEVELS[-1] + 3
_WEST, _EAST = (f"(cell.cx + {side}) * 360.0 / {_CELL_COUNT} - 180" for side in (0, 1))
_NORTH, _SOUTH = (f"degrees(atan(sinh(pi() * (1 - 2.0 * (cell.cy + {side}) / {_CELL_COUNT}))))" for side in (0, 1))
_CELL_ENVELOPE = f"ST_Expand(ST_MakeEnvelope({_WEST}, {_SOUTH}, {_EAST}, {_NORTH}, 4326), 1e-9)"
_POINT_COLUMNS = f"c.id, c.reference, c.kind, c.state, c.category_id, c.title, {DISC} AS bubble"


def _near_points_of_cells(shape: Shape) -> str:
    """Counts from the pyramid; then only the cells that are not a crowd are asked for their points."""
    return f"""
        cell AS MATERIALIZED (
          SELECT (m.sum_x / m.n) >> {_FINEST_SHIFT} AS cx, (m.sum_y / m.n) >> {_FINEST_SHIFT} AS cy, {_TOTALS}
            FROM map_cell m
           WHERE {_matching_cells(shape)} AND m.cell = ANY(CAST(:cells AS smallint[]))
           GROUP BY 1, 2),
        point AS (
          SELECT p.* FROM cell CROSS JOIN LATERAL (
            SELECT {_POINT_COLUMNS}, {GRID_X} AS gx, {GRID_Y} AS gy FROM contribution c
             WHERE {_matching_points(shape, False)} AND c.geom && {_CELL_ENVELOPE} AND c.geom && {_ENVELOPE}) AS p
           WHERE cell.n <= :crowd AND p.gx >> {_FINEST_SHIFT} = cell.cx AND p.gy >> {_FINEST_SHIFT} = cell.cy)
    """  # noqa: S608


def _near_points_alone(shape: Shape) -> str:
    """Everything from the points of the tile: for questions that the pyramid does not keep."""
    return f"""
        match AS MATERIALIZED (
          SELECT {_POINT_COLUMNS}, {GRID_X} AS gx, {GRID_Y} AS gy,
                 ({KIND_CODE})::smallint AS kind_code, ({STANDING})::smallint AS standing
            FROM contribution c WHERE {_matching_points(shape, False)} AND c.geom && {_ENVELOPE}),
        cell AS MATERIALIZED (
          SELECT gx >> {_FINEST_SHIFT} AS cx, gy >> {_FINEST_SHIFT} AS cy, {_TOTALS}
            FROM (SELECT 1 AS n, gx::bigint AS sum_x, gy::bigint AS sum_y, gx, gy, kind_code AS kind, standing
                    FROM match) AS m GROUP BY 1, 2),
        point AS (
          SELECT m.* FROM match m JOIN cell ON cell.cx = m.gx >> {_FINEST_SHIFT} AND cell.cy = m.gy >> {_FINEST_SHIFT}
           WHERE cell.n <= :crowd)
    """  # noqa: S608


_TOTALS = """sum(m.n)::int AS n, sum(m.sum_x) / sum(m.n) AS gx, sum(m.sum_y) / sum(m.n) AS gy,
                 (coalesce(sum(m.n) FILTER (WHERE m.kind = 0), 0))::int AS problem,
                 (coalesce(sum(m.n) FILTER (WHERE m.kind = 1), 0))::int AS praise,
                 (coalesce(sum(m.n) FILTER (WHERE m.kind = 2), 0))::int AS proposal,
                 (coalesce(sum(m.n) FILTER (WHERE m.standing = 1), 0))::int AS done"""
_INSIDE = "floor(gx)::bigint >> (30 - :z) = :x AND floor(gy)::bigint >> (30 - :z) = :y"
_ON_TILE = """ST_MakePoint(floor((gx / power(2, 30 - :z) - :x) * 4096), floor((gy / power(2, 30 - :z) - :y) * 4096))"""


@lru_cache(maxsize=64)
def _points(from_points: bool, shape: Shape) -> TextClause:
    """Zooms from 16. A point belongs to exactly one tile: its position on the grid decides, not its degrees."""
    near = _near_points_alone(shape) if from_points else _near_points_of_cells(shape)
    return text(
        f"""
        WITH {near},
        mvt_points AS (
          SELECT {_ON_TILE} AS geom, p.reference AS ref, p.kind, p.state, k.slug AS category, k.icon,
                 nullif(left(p.title, 60), '') AS title, p.bubble
            FROM point p JOIN category k ON k.id = p.category_id WHERE {_INSIDE} ORDER BY p.id),
        mvt_cells AS (
          SELECT {_ON_TILE} AS geom, n, problem, praise, proposal, done FROM cell WHERE n > :crowd AND {_INSIDE})
        SELECT coalesce((SELECT ST_AsMVT(f, 'points', 4096, 'geom') FROM mvt_points AS f), '')
            || coalesce((SELECT ST_AsMVT(f, 'cells', 4096, 'geom') FROM mvt_cells AS f), '')
        """  # noqa: S608
    )
