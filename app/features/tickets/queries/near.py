"""The question "is it already there?": what is open and public near a place, before anybody writes it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.territories.catalogue import CategoryFacts

MOST = 5


@dataclass(frozen=True)
class NearbyFace:
    """Something open nearby, as the public may see it. `distance_m` is measured from the place asked about."""

    reference: str
    kind: str
    sentence: str
    said_at: datetime
    state: str
    """The ticket's state, or `new` while no queue holds it."""
    distance_m: float
    lon: float
    lat: float
    contributions: int
    supports: int
    photo_key: str | None


# The nearest tickets come one by one from the index of open problems, already in order; each shows its first public
# contribution, and one that has none is passed over. Distances are the spheroid's, as in grouping.
_PROBLEMS = text(
    """
    SELECT c.reference, t.kind, coalesce(c.title, left(c.body, 140)) AS sentence, c.created_at, t.state,
           ST_Distance(t.anchor::geography, place.geog) AS distance_m, ST_X(t.anchor) AS lon, ST_Y(t.anchor) AS lat,
           t.contributions, c.supports, picture.public_key
    FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS place
    CROSS JOIN LATERAL (
      SELECT * FROM ticket t
      WHERE t.category_id = :category_id AND t.kind = 'problem' AND t.closed_at IS NULL
        AND t.territory_id = :territory_id AND ST_DWithin(t.anchor::geography, place.geog, :radius_m)
      ORDER BY t.anchor::geography <-> place.geog
    ) AS t
    CROSS JOIN LATERAL (
      SELECT c.id, c.reference, c.title, c.body, c.created_at, c.supports FROM contribution c
      WHERE c.ticket_id = t.id AND c.visibility = 'public' ORDER BY c.created_at, c.id LIMIT 1
    ) AS c
    LEFT JOIN LATERAL (
      SELECT public_key FROM photo
      WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
    ) AS picture ON true
    LIMIT :most
    """
)

# Praise and proposals stand alone: their own points are the places. The box uses the points' index; the circle decides.
_OTHERS = text(
    """
    SELECT c.reference, c.kind, coalesce(c.title, left(c.body, 140)) AS sentence, c.created_at, c.state,
           ST_Distance(c.geom::geography, place.geog) AS distance_m, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
           1 AS contributions, c.supports, picture.public_key
    FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS place
    JOIN contribution c ON c.geom && ST_Buffer(place.geog, :radius_m)::geometry
    LEFT JOIN LATERAL (
      SELECT public_key FROM photo
      WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
    ) AS picture ON true
    WHERE c.visibility = 'public' AND c.kind = :kind AND c.category_id = :category_id
      AND c.territory_id = :territory_id AND c.state NOT IN ('done', 'declined', 'duplicate')
      AND ST_DWithin(c.geom::geography, place.geog, :radius_m)
    ORDER BY distance_m, c.id LIMIT :most
    """
)


def nearest_open_for_public(
    session: Session, *, lon: float, lat: float, territory_id: int, category: CategoryFacts, kind: str
) -> list[NearbyFace]:
    """At most five open things of that kind and category within the category's radius, the nearest first.

    WGS84 degrees. Empty when the radius is 0: the town does not want the question asked.
    """
    if category.group_radius_m <= 0:
        return []
    values = {
        "lon": lon,
        "lat": lat,
        "territory_id": territory_id,
        "category_id": category.id,
        "radius_m": category.group_radius_m,
        "most": MOST,
    }
    if kind == "problem":
        rows = session.execute(_PROBLEMS, values)
    else:
        rows = session.execute(_OTHERS, values | {"kind": kind})
    return [NearbyFace(*row) for row in rows]
