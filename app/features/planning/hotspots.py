"""Hotspots: where contributions of one kind and category concentrate, found by PostGIS, alive from run to run.

A partition is (territory, category, kind). Whoever changes its contributions marks it; `recompute_changed` clusters the
marked ones again (`ST_ClusterDBSCAN` in the territory's own metres, over a sliding window) and tells each hotspot's
story in events: `appeared`, `grew`, `shrank`, `split`, `merged`, `ended`.

Settings of a town, under `hotspots`: `window_days`, `radius_m`, `min_points`, and the same for a category's slug under
`categories`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.planning.identity import Succession, succession
from app.features.territories.quarters import quarters_first

WINDOW_DAYS = 60
RADIUS_M = 70.0
MIN_POINTS = 5
CONTRAST = 4
"""A hotspot is at least this many times denser than the town's mean: a busy category does not become one blob."""
TELLING = 0.25
"""A change of size is told when it is at least this share of the size last told, and at least two contributions."""

Partition = tuple[int, int, str]
"""(territory id, category id, kind)."""


@dataclass(frozen=True)
class Rule:
    """What makes a cluster: metres between neighbours, points within them, days looked back."""

    window_days: int = WINDOW_DAYS
    radius_m: float = RADIUS_M
    min_points: int = MIN_POINTS


def rule_for(settings: Mapping[str, Any], category: str) -> Rule:
    """The rule of a category's slug, from a town's settings; a value that is not a positive number is ignored."""
    town = settings.get("hotspots")
    town = town if isinstance(town, Mapping) else {}
    own = (town.get("categories") or {}).get(category) if isinstance(town.get("categories"), Mapping) else None
    values: dict[str, float] = {}
    for level in (town, own if isinstance(own, Mapping) else {}):
        for name in ("window_days", "radius_m", "min_points"):
            value = level.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 3660:
                values[name] = value
    return Rule(
        window_days=int(values.get("window_days", WINDOW_DAYS)),
        radius_m=float(values.get("radius_m", RADIUS_M)),
        min_points=max(3, int(values.get("min_points", MIN_POINTS))),
    )


_MARK = text(
    """
    INSERT INTO hotspot_partition (territory_id, category_id, kind, changed_at)
    SELECT t, c, k, clock_timestamp()
      FROM unnest(CAST(:territories AS int[]), CAST(:categories AS int[]), CAST(:kinds AS text[])) AS p (t, c, k)
     ORDER BY 1, 2, 3
    ON CONFLICT (territory_id, category_id, kind) DO UPDATE SET changed_at = excluded.changed_at
    """
)


def mark_changed(session: Session, partitions: Iterable[Sequence[Any]]) -> None:
    """Say that contributions of these partitions came, went or changed; cheap, and safe to say twice."""
    rows = sorted({(int(territory), int(category), str(kind)) for territory, category, kind in partitions})
    if rows:
        territories, categories, kinds = map(list, zip(*rows, strict=True))
        session.execute(_MARK, {"territories": territories, "categories": categories, "kinds": kinds})


def mark_alive(session: Session) -> None:
    """Mark every partition that has a living hotspot: the window slides even where nothing happens."""
    session.execute(
        text(
            """
            UPDATE hotspot_partition p SET changed_at = clock_timestamp() WHERE EXISTS (
              SELECT FROM hotspot h WHERE h.territory_id = p.territory_id AND h.category_id = p.category_id
                 AND h.kind = p.kind AND h.ended_at IS NULL)
            """
        )
    )


def mark_territory(session: Session, territory_id: int) -> None:
    """Mark every partition in which a territory has contributions (after an import)."""
    session.execute(
        text(
            """
            INSERT INTO hotspot_partition (territory_id, category_id, kind, changed_at)
            SELECT territory_id, category_id, kind, clock_timestamp()
              FROM contribution WHERE territory_id = :territory GROUP BY 1, 2, 3 ORDER BY 2, 3
            ON CONFLICT (territory_id, category_id, kind) DO UPDATE SET changed_at = excluded.changed_at
            """
        ),
        {"territory": territory_id},
    )


_CHANGED = text(
    """
    SELECT p.territory_id, p.category_id, p.kind, t.srid, t.area_m2, t.settings, c.slug AS category
      FROM hotspot_partition p JOIN territory t ON t.id = p.territory_id JOIN category c ON c.id = p.category_id
     WHERE p.computed_at IS NULL OR p.computed_at < p.changed_at
     ORDER BY p.changed_at LIMIT :limit FOR UPDATE OF p SKIP LOCKED
    """
)
_COMPUTED = text(
    """
    UPDATE hotspot_partition SET computed_at = clock_timestamp(), computed_ms = :ms
     WHERE territory_id = :territory AND category_id = :category AND kind = :kind
    """
)


def recompute_changed(session: Session, *, limit: int) -> int:
    """Cluster at most `limit` marked partitions again; returns how many were done. The caller commits."""
    rows = session.execute(_CHANGED, {"limit": limit}).all()
    for row in rows:
        begun = time.perf_counter()
        recompute(session, row)
        session.execute(
            _COMPUTED,
            {
                "territory": row.territory_id,
                "category": row.category_id,
                "kind": row.kind,
                "ms": round((time.perf_counter() - begun) * 1000),
            },
        )
    return len(rows)


# Borders between clusters depend on the order of points: it is fixed. A cluster that lost its borders to a neighbour
# may have fewer points than makes one: it is none.
_CLUSTER = text(
    """
    WITH place AS MATERIALIZED (
      SELECT c.id, ST_Transform(c.geom, CAST(:srid AS int)) AS geom FROM contribution c
       WHERE c.category_id = :category AND c.created_at >= now() - make_interval(days => :window_days)
         AND c.territory_id = :territory AND c.kind = :kind AND c.visibility = 'public' AND c.state <> 'duplicate'
       ORDER BY c.id),
    dense AS (
      SELECT greatest(:min_points, ceil(:contrast * count(*) * pi() * :radius ^ 2 / :area))::int AS points FROM place),
    member AS (
      SELECT id, ST_ClusterDBSCAN(geom, :radius, (SELECT points FROM dense)) OVER () AS cluster FROM place)
    SELECT array_agg(id ORDER BY id) AS members FROM member WHERE cluster IS NOT NULL
     GROUP BY cluster HAVING count(*) >= :min_points ORDER BY cluster
    """
)
# The hull hugs its points, 20 m wider.
_SHAPES = text(
    """
    WITH cluster AS (
      SELECT m.cluster, ST_Collect(ST_Transform(c.geom, CAST(:srid AS int))) AS points,
             mode() WITHIN GROUP (ORDER BY nullif(btrim(regexp_replace(ltrim(split_part(c.address, ',', 1), '≈ '),
               '^[0-9]+ *(bis|ter|quater|[a-d])?[ ,]+', '', 'i')), '')) AS street
        FROM unnest(CAST(:ids AS bigint[]), CAST(:clusters AS int[])) AS m (id, cluster)
        JOIN contribution c ON c.id = m.id GROUP BY m.cluster)
    SELECT cluster, street,
           ST_AsEWKB(ST_Transform(ST_Buffer(ST_ConcaveHull(points, 0.4), 20, 'quad_segs=3'), 4326)) AS hull,
           ST_AsEWKB(ST_Transform(ST_Centroid(points), 4326)) AS centre
      FROM cluster
    """
)
_ZONE = text(
    f"""
    SELECT coalesce(
      (SELECT z.name FROM zone_part p JOIN zone z ON z.id = p.zone_id
        WHERE z.territory_id = :territory AND ST_Covers(p.geom, ST_GeomFromEWKB(:centre))
        ORDER BY {quarters_first("z.kind")}, ST_Area(z.boundary), z.id LIMIT 1),
      (SELECT z.name FROM zone z WHERE z.territory_id = :territory
        ORDER BY z.boundary <-> ST_GeomFromEWKB(:centre), z.id LIMIT 1))
    """  # noqa: S608
)
_ALIVE = text(
    """
    SELECT h.id, h.n, h.member_ids, e.n AS told FROM hotspot h
      LEFT JOIN LATERAL (SELECT n FROM hotspot_event WHERE hotspot_id = h.id ORDER BY id DESC LIMIT 1) e ON true
     WHERE h.territory_id = :territory AND h.category_id = :category AND h.kind = :kind AND h.ended_at IS NULL
    """
)


def recompute(session: Session, row: Any) -> None:
    """Cluster one partition (`row`: its key, `srid`, `area_m2`, `settings`, `category` slug) and write what changed."""
    key = {"territory": row.territory_id, "category": row.category_id, "kind": row.kind}
    rule = rule_for(row.settings, row.category)
    session.execute(_PLAN_EACH)
    rows = session.execute(
        _CLUSTER,
        key
        | {
            "srid": row.srid,
            "area": max(row.area_m2, 1.0),
            "radius": rule.radius_m,
            "min_points": rule.min_points,
            "window_days": rule.window_days,
            "contrast": float(CONTRAST),
        },
    )
    clusters = [list(members) for members in rows.scalars()]
    alive = {hotspot.id: hotspot for hotspot in session.execute(_ALIVE, key)}
    fate = succession(
        {id_: set(hotspot.member_ids) for id_, hotspot in alive.items()}, [set(members) for members in clusters]
    )
    ids = _write_areas(session, key | {"srid": row.srid}, clusters, alive, fate)
    _write_story(session, [len(members) for members in clusters], alive, fate, ids)


_PLAN_EACH = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
)
_INSERT = text(
    """
    INSERT INTO hotspot (territory_id, category_id, kind, name, hull, centre, n, peak, member_ids)
    VALUES (:territory, :category, :kind, :name, ST_GeomFromEWKB(:hull), ST_GeomFromEWKB(:centre), :n, :n, :members)
    RETURNING id
    """
)
_UPDATE = text(
    """
    UPDATE hotspot SET hull = ST_GeomFromEWKB(:hull), centre = ST_GeomFromEWKB(:centre), n = :n,
           peak = greatest(peak, :n), member_ids = :members, updated_at = now() WHERE id = :id
    """
)
_END = text("UPDATE hotspot SET ended_at = now(), updated_at = now(), successor_id = :successor WHERE id = :id")
_EVENT = text(
    "INSERT INTO hotspot_event (hotspot_id, type, n, data) VALUES (:hotspot, :type, :n, CAST(:data AS jsonb))"
)


def _write_areas(
    session: Session,
    key: Mapping[str, Any],
    clusters: Sequence[Sequence[int]],
    alive: Mapping[int, Any],
    fate: Succession,
) -> dict[int, int]:
    """Write hulls of the clusters whose members changed; returns the hotspot's id of every cluster."""
    ids = dict(fate.kept)
    changed = [
        cluster
        for cluster, members in enumerate(clusters)
        if cluster not in ids or list(alive[ids[cluster]].member_ids) != members
    ]
    if not changed:
        return ids
    pairs = [(member, cluster) for cluster in changed for member in clusters[cluster]]
    shapes = session.execute(
        _SHAPES, {"srid": key["srid"], "ids": [pair[0] for pair in pairs], "clusters": [pair[1] for pair in pairs]}
    ).all()
    for shape in sorted(shapes, key=lambda shape: int(shape.cluster)):
        members = list(clusters[shape.cluster])
        values = {"hull": bytes(shape.hull), "centre": bytes(shape.centre), "n": len(members), "members": members}
        if shape.cluster in ids:
            session.execute(_UPDATE, values | {"id": ids[shape.cluster]})
        else:
            zone = session.scalar(_ZONE, {"territory": key["territory"], "centre": values["centre"]})
            name = ", ".join(word for word in (shape.street, zone) if word)
            ids[shape.cluster] = session.execute(_INSERT, {**key, **values, "name": name}).scalar_one()
    return ids


def _write_story(
    session: Session, sizes: Sequence[int], alive: Mapping[int, Any], fate: Succession, ids: Mapping[int, int]
) -> None:
    events: list[dict[str, Any]] = []

    def tell(hotspot: int, what: str, n: int, **data: Any) -> None:
        events.append({"hotspot": hotspot, "type": what, "n": n, "data": json.dumps(data)})

    for cluster in sorted(fate.appeared):
        tell(ids[cluster], "appeared", sizes[cluster])
    for cluster, origin in sorted(fate.split.items()):
        tell(ids[cluster], "appeared", sizes[cluster], split_from=origin)
    for hotspot, cluster in sorted(fate.merged.items()):
        session.execute(_END, {"id": hotspot, "successor": ids[cluster]})
        tell(hotspot, "merged", 0, into=ids[cluster])
    for hotspot in sorted(fate.ended):
        session.execute(_END, {"id": hotspot, "successor": None})
        tell(hotspot, "ended", 0)
    for cluster, hotspot in sorted(fate.kept.items()):
        _tell_kept(tell, sizes[cluster], alive[hotspot], fate, ids, cluster)
    if events:
        session.execute(_EVENT, events)


def _tell_kept(tell: Any, n: int, hotspot: Any, fate: Succession, ids: Mapping[int, int], cluster: int) -> None:
    parts = sorted(ids[part] for part, origin in fate.split.items() if origin == hotspot.id)
    absorbed = sorted(other for other, into in fate.merged.items() if into == cluster)
    if parts:
        tell(hotspot.id, "split", n, into=parts)
    if absorbed:
        tell(hotspot.id, "merged", n, absorbed=absorbed)
    told = hotspot.told if hotspot.told is not None else hotspot.n
    if not parts and not absorbed and abs(n - told) >= max(2, TELLING * told):
        tell(hotspot.id, "grew" if n > told else "shrank", n, was=told)
