"""Which town a request is for: the territory whose setting `hosts` names the host, else the installation's main one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from sqlalchemy import text

from app.core.db import db
from app.core.errors import Unavailable
from app.features.territories.backgrounds import Background, background
from app.features.territories.catalogue import Town, town
from app.features.territories.hosts import asked_host
from app.features.territories.outlines import attribution
from app.web import Site

# The main territory is the largest that nothing contains.
_SITE = text(
    """
    SELECT id, config_version, name, settings->'sources' AS sources, slug, code,
           coalesce(settings->'basemap', (SELECT p.settings->'basemap' FROM territory p WHERE p.id = t.parent_id))
             AS basemap,
           (SELECT string_agg(name, ', ' ORDER BY population DESC NULLS LAST, name)
            FROM (SELECT name, population FROM territory n WHERE n.parent_id = t.id AND n.active LIMIT 4) AS inner_ones)
             AS nested,
           ST_XMin(boundary) AS west, ST_YMin(boundary) AS south, ST_XMax(boundary) AS east, ST_YMax(boundary) AS north
    FROM territory t
    WHERE active AND (settings->'hosts' ? :host OR parent_id IS NULL)
    ORDER BY (settings->'hosts' ? :host) DESC NULLS LAST, area_m2 DESC, id LIMIT 1
    """
)


@dataclass(frozen=True)
class SiteTown:
    """The site's territory with its extent (west, south, east, north; degrees) and its basemap."""

    town: Town
    place: str
    bounds: tuple[float, float, float, float]
    basemap: Background

    @property
    def center(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of its extent."""
        west, south, east, north = self.bounds
        return (west + east) / 2, (south + north) / 2


def site_town() -> SiteTown:
    """The site of this request, asked once. Raises `Unavailable` while the installation has no territory."""
    if "site_town" not in g:
        row = db.session.execute(_SITE, {"host": asked_host()}).one_or_none()
        if row is None:
            raise Unavailable(
                "No territory yet. Add one with `auzolan territory add`, or the demo with `auzolan demo load`."
            )
        g.site_town = SiteTown(
            town=town(db.session, row.id, version=row.config_version),
            place=row.nested or row.name,
            bounds=(row.west, row.south, row.east, row.north),
            basemap=_basemap(row),
        )
    found: SiteTown = g.site_town
    return found


def shown_basemap() -> Background:
    """The background for a page that shows a map: this answer's policy lets the browser ask whom the town has named."""
    basemap = site_town().basemap
    g.csp_basemap = basemap.origins
    return basemap


def _basemap(row: Any) -> Background:
    """What the town's setting means, or that of the territory above; without one, its outlines."""
    outlines = url_for("outlines.outlines", slug=row.slug, v=row.config_version)
    credit = attribution(code=row.code, sources=_read(row.sources))
    return background(_read(row.basemap), outlines=outlines, sources=credit)


def _read(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value if isinstance(value, dict) else json.loads(value or "{}")
    return found


def site() -> Site:
    """What the shared pages say of the town; nobody's town when there is none or the database is away."""
    try:
        found = site_town()
    except Exception:  # noqa: BLE001 - the page of an error needs a header too
        return Site()
    return Site(place=found.place, timezone=str(found.town.timezone), languages=found.town.languages)
