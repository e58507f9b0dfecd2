"""Where a point is: the smallest territory that contains it, and its zones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import statement

# ST_Covers, not ST_Contains: a point on a border belongs somewhere, and always to the same one (area, then id).
# The boundaries are subdivided, so that this is a few small polygons whatever the town.
_LOCATE = statement(
    """
    WITH place AS (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom)
    SELECT t.id, t.config_version,
           ARRAY(SELECT DISTINCT z.id FROM zone_part zp JOIN zone z ON z.id = zp.zone_id, place
                 WHERE ST_Covers(zp.geom, place.geom) AND z.territory_id = t.id ORDER BY z.id) AS zone_ids
    FROM (
      SELECT p.territory_id FROM territory_part p, place WHERE ST_Covers(p.geom, place.geom)
    ) AS hit JOIN territory t ON t.id = hit.territory_id
    WHERE t.active
    ORDER BY t.area_m2, t.id LIMIT 1
    """,
    "id",
    "config_version",
    "zone_ids",
)


# The largest of those that this host speaks of; where it speaks of all, that of the nearest whole.
_MEANT = text(
    """
    SELECT name FROM territory
    WHERE active AND CASE WHEN CAST(:within AS int[]) IS NULL THEN parent_id IS NULL ELSE id = ANY(:within) END
    ORDER BY CASE WHEN CAST(:within AS int[]) IS NULL
                  THEN boundary <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) ELSE 0 END, area_m2 DESC, id LIMIT 1
    """
)


@dataclass(frozen=True)
class Place:
    """Where a point is: territory, the version its configuration stands at, zones."""

    territory_id: int
    version: int
    zone_ids: tuple[int, ...]


def locate(session: Session, lon: float, lat: float) -> Place | None:
    """The smallest active territory that covers a WGS84 point (degrees), or None outside them all."""
    row = session.execute(_LOCATE, {"lon": lon, "lat": lat}).one_or_none()
    return Place(row.id, row.config_version, tuple(row.zone_ids)) if row else None


def outside_of(session: Session, lon: float, lat: float, *, within: Collection[int] | None) -> str:
    """The name of the town that somebody meant whose point (WGS84, degrees) lies outside; "" without any town."""
    asked = {"lon": lon, "lat": lat, "within": None if within is None else list(within)}
    return session.scalar(_MEANT, asked) or ""
