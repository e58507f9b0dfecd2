"""The question "is it already there?": what is open and public near a place, before anybody says it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.territories.catalogue import CategoryFacts, Town

MOST = 5
CLOSE_M = 250.0
"""Metres around a contribution within which others of its category stand beside it."""
ANY_CATEGORY_M = 40.0
"""Metres around the pin while no category is chosen; a category then brings its own radius."""


@dataclass(frozen=True)
class NearbyFace:
    """Something open nearby, as the public may see it. `distance_m` is measured from the place asked about."""

    reference: str
    kind: str
    category_id: int
    title: str
    created_at: datetime
    state: str
    """The ticket's state, or `new` while no queue holds it."""
    ticket_id: int | None
    distance_m: float
    lon: float
    lat: float
    contributions: int
    supports: int | None
    zone_ids: Sequence[int]
    public_key: str | None
    """Of the first photo that may be shown."""


# The nearest tickets of each category come one by one from the index of open problems, already in order; each shows its
# first public contribution, and one that has none is passed over. Distances are the spheroid's, as in grouping.
_PROBLEMS = text(
    """
    SELECT found.* FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS place
    CROSS JOIN unnest(CAST(:categories AS int[]), CAST(:radii AS float8[])) AS wanted (category_id, radius_m)
    CROSS JOIN LATERAL (
      SELECT c.reference, t.kind, t.category_id, coalesce(c.title, left(c.body, 140)) AS title, c.created_at, t.state,
             t.id AS ticket_id, ST_Distance(t.anchor::geography, place.geog) AS distance_m,
             ST_X(t.anchor) AS lon, ST_Y(t.anchor) AS lat, t.contributions, c.supports, c.zone_ids, picture.public_key
      FROM (
        SELECT * FROM ticket t
        WHERE t.category_id = wanted.category_id AND t.kind = 'problem' AND t.closed_at IS NULL
          AND t.territory_id = :territory_id AND ST_DWithin(t.anchor::geography, place.geog, wanted.radius_m)
        ORDER BY t.anchor::geography <-> place.geog
      ) AS t
      CROSS JOIN LATERAL (
        SELECT c.id, c.reference, c.title, c.body, c.created_at, c.supports, c.zone_ids FROM contribution c
        WHERE c.ticket_id = t.id AND c.visibility = 'public' ORDER BY c.created_at, c.id LIMIT 1
      ) AS c
      LEFT JOIN LATERAL (
        SELECT public_key FROM photo
        WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
      ) AS picture ON true
      LIMIT :most
    ) AS found
    ORDER BY found.distance_m, found.ticket_id LIMIT :most
    """
)

# Praise and proposals stand alone: their own points are the places. The box uses the points' index; the circle decides.
_OTHERS = text(
    """
    SELECT c.reference, c.kind, c.category_id, coalesce(c.title, left(c.body, 140)) AS title, c.created_at, c.state,
           c.ticket_id, ST_Distance(c.geom::geography, place.geog) AS distance_m,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, 1 AS contributions, c.supports, c.zone_ids, picture.public_key
    FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS place
    JOIN contribution c ON c.geom && ST_Buffer(place.geog, :widest_m)::geometry
    JOIN unnest(CAST(:categories AS int[]), CAST(:radii AS float8[])) AS wanted (category_id, radius_m)
      ON wanted.category_id = c.category_id
    LEFT JOIN LATERAL (
      SELECT public_key FROM photo
      WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
    ) AS picture ON true
    WHERE c.visibility = 'public' AND c.kind = :kind AND c.territory_id = :territory_id
      AND c.state NOT IN ('done', 'declined', 'duplicate')
      AND ST_DWithin(c.geom::geography, place.geog, wanted.radius_m)
    ORDER BY distance_m, c.id LIMIT :most
    """
)


def open_nearby(
    session: Session, *, lon: float, lat: float, town: Town, kind: str, category: CategoryFacts | None = None
) -> list[NearbyFace]:
    """At most five open, public things of a kind near a place (WGS84 degrees), the nearest first.

    Within the category's radius; without a category, of any category within 40 m. A category whose radius is 0 is never
    suggested: the town does not want the question asked.
    """
    asked = [category] if category is not None else list(town.categories_by_id.values())
    wanted = [one for one in asked if one.group_radius_m > 0 and kind in one.kinds]
    if not wanted:
        return []
    radii = [float(one.group_radius_m) if category is not None else ANY_CATEGORY_M for one in wanted]
    values = {
        "lon": lon,
        "lat": lat,
        "territory_id": town.id,
        "categories": [one.id for one in wanted],
        "radii": radii,
        "most": MOST,
    }
    if kind == "problem":
        rows = session.execute(_PROBLEMS, values)
    else:
        rows = session.execute(_OTHERS, values | {"kind": kind, "widest_m": max(radii)})
    return [NearbyFace(*row) for row in rows]


_NEIGHBOURS = text(
    """
    SELECT c.id, c.reference, c.kind, c.category_id, c.territory_id, coalesce(c.title, c.body) AS title, c.state,
           c.ticket_id, c.created_at, c.supports, c.zone_ids, NULL AS public_key,
           ST_Distance(c.geom::geography, here.geog) AS distance_m
      FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS here
      JOIN contribution c ON c.geom && ST_Buffer(here.geog, :radius_m, 2)::geometry
     WHERE c.visibility = 'public' AND c.category_id = :category_id AND c.id <> :id
       AND (CAST(:ticket_id AS bigint) IS NULL OR c.ticket_id IS DISTINCT FROM :ticket_id)
       AND ST_DWithin(c.geom::geography, here.geog, :radius_m)
     ORDER BY c.geom::geography <-> here.geog, c.id LIMIT :most
    """
)


def neighbours(session: Session, *, contribution_id: int, most: int = 3) -> Sequence[Any]:
    """The nearest other public contributions of the same category and of another ticket, with `distance_m` (metres)."""
    this = session.execute(_THIS, {"id": contribution_id}).one()
    return session.execute(_NEIGHBOURS, {**this._mapping, "most": most, "radius_m": CLOSE_M}).all()


_THIS = text("SELECT id, category_id, ticket_id, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM contribution WHERE id = :id")
