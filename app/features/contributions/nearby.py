"""What the form shows beside a pin: what is already open there, so that a neighbour may say "that's it"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST = 5
ANY_CATEGORY_M = 40
"""Metres around the pin while no category is chosen; a category then brings its own radius."""

# One line a ticket: its earliest public contribution within the circle. The box uses the index, the circle decides.
_NEARBY = text(
    """
    SELECT * FROM (
      SELECT DISTINCT ON (coalesce(c.ticket_id, -c.id))
             c.id, c.reference, c.kind, c.category_id, c.territory_id, coalesce(c.title, c.body) AS title, c.state,
             c.ticket_id, c.created_at, c.supports, c.zone_ids, picture.public_key,
             ST_Distance(c.geom::geography, place.geog) AS distance_m
      FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS place
      JOIN contribution c ON c.geom && ST_Expand(place.geog::geometry, :box)
      JOIN category k ON k.id = c.category_id
      LEFT JOIN LATERAL (
        SELECT public_key FROM photo
        WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
      ) AS picture ON c.photo_count > 0
      WHERE c.visibility = 'public' AND c.kind = :kind AND c.state NOT IN ('done', 'declined', 'duplicate')
        AND (CAST(:category AS text) IS NULL OR k.slug = :category) AND k.group_radius_m > 0
        AND (CAST(:within AS int[]) IS NULL OR c.territory_id = ANY(CAST(:within AS int[])))
        AND ST_DWithin(c.geom::geography, place.geog,
                       CASE WHEN CAST(:category AS text) IS NULL THEN :any_m ELSE k.group_radius_m END)
      ORDER BY coalesce(c.ticket_id, -c.id), c.created_at
    ) AS found
    ORDER BY distance_m, id LIMIT :most
    """
)


def open_nearby(
    session: Session,
    *,
    lon: float,
    lat: float,
    kind: str,
    category: str | None = None,
    within: Collection[int] | None = None,
) -> Sequence[Any]:
    """At most five open public contributions of a kind near a WGS84 point (degrees), the nearest first.

    `within` are the territories of which the host may speak; None: all.
    """
    # Twice the radius in degrees of latitude covers its degrees of longitude up to 60° north and south.
    widest = session.scalar(text("SELECT max(group_radius_m) FROM category")) if category else ANY_CATEGORY_M
    values = {
        "lon": lon,
        "lat": lat,
        "kind": kind,
        "category": category,
        "any_m": ANY_CATEGORY_M,
        "box": 2 * float(widest or 0) / 110_000 + 1e-6,
        "most": MOST,
        "within": None if within is None else sorted(within),
    }
    return session.execute(_NEARBY, values).all()
