"""`/basemap/<slug>.geojson`: the background of a town without a basemap, drawn from what it certainly has.

The town's edge, and inside it the towns it holds, else its zones of the kind that people name first. Quiet, and honest:
nothing is drawn that nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, Response, make_response, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound
from app.features.territories.hosts import host_reach
from app.features.territories.quarters import quarters_first
from geodata import france

DAY_S = 86_400
FINEST_DEG = 0.00005
"""How far a drawn line may lie from the true one: 5 m."""

_TOWN = text("SELECT id, name, ST_AsGeoJSON(boundary, 6) AS edge FROM territory WHERE slug = :slug AND active")
_PARTS = text(
    f"""
    WITH held AS (SELECT name, boundary FROM territory WHERE parent_id = :town AND active),
    kind AS (SELECT kind FROM zone WHERE territory_id = :town AND kind NOT IN ('park', 'school-front', 'private-street')
             GROUP BY kind ORDER BY {quarters_first("kind")}, count(*) DESC, kind LIMIT 1),
    part AS (SELECT * FROM held UNION ALL
             SELECT name, boundary FROM zone
              WHERE territory_id = :town AND kind = (SELECT kind FROM kind) AND NOT EXISTS (SELECT FROM held))
    SELECT name, ST_AsGeoJSON(ST_SimplifyPreserveTopology(boundary, :finest), 5) AS area,
           ST_AsGeoJSON(ST_PointOnSurface(boundary), 5) AS middle FROM part ORDER BY name
    """  # noqa: S608
)

blueprint = Blueprint("outlines", __name__)


@blueprint.get("/basemap/<slug>.geojson")
@public
def outlines(slug: str) -> Response:
    """A FeatureCollection in degrees; `class` is `town`, `part` (areas) or `name` (points). 304 when it is known."""
    found = town_outlines(db.session, slug, within=host_reach())
    if found is None:
        raise NotFound("No territory has this name.")
    response = make_response(json.dumps(found, ensure_ascii=False, separators=(",", ":")))
    response.mimetype = "application/geo+json"
    response.headers["Cache-Control"] = f"public, max-age={DAY_S}"
    response.add_etag()
    response.make_conditional(request)
    return response


def town_outlines(session: Session, slug: str, *, within: Collection[int] | None = None) -> dict[str, Any] | None:
    """The same as data; None when no territory has this slug, or none of those `within` (None: all)."""
    town = session.execute(_TOWN, {"slug": slug}).one_or_none()
    if town is None or (within is not None and town.id not in within):
        return None
    features = [_feature(town.edge, "town", town.name)]
    for part in session.execute(_PARTS, {"town": town.id, "finest": FINEST_DEG}):
        features += [_feature(part.area, "part", part.name), _feature(part.middle, "name", short(part.name, town.name))]
    return {"type": "FeatureCollection", "features": features}


def short(name: str, town: str) -> str:
    """What a map of the town needs to say of a part: `Paris 12e Arrondissement` is `12e` there."""
    rest = name.removeprefix(town).removesuffix("Arrondissement").removesuffix("arrondissement").strip(" -–")
    return rest or name


def attribution(*, code: str | None, sources: Mapping[str, Any]) -> str:
    """Whose data the outlines and what was imported are, in one line."""
    given = [str(source.get("attribution") or source.get("publisher") or "") for source in sources.values()]
    return " · ".join(word for word in ([france.CREDIT] if code else []) + given if word)


def _feature(geometry: str, kind: str, name: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"class": kind, "name": name}, "geometry": json.loads(geometry)}
