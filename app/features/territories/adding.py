"""A territory from what is already known of it: a French commune or agglomeration, or any boundary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon
from shapely.ops import unary_union
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.features.territories.models import Territory
from app.features.territories.services import NewTerritory, NewZone, add_territory, replace_zones, slugify
from geodata import france
from geodata.crs import metric_srid
from geodata.france import prefix_candidates
from geodata.geometry import Boundary, as_multipolygon

DEFAULT_PACK = Path(__file__).parent / "packs" / "default"
PREFIXES_OFFERED = 40


def add_commune(session: Session, *, code: str, parent: Territory | None = None) -> Territory:
    """A French commune by its INSEE code, with its arrondissements as zones and its town hall.

    Raises `geodata.france.UnknownCommune` with suggestions, `Conflict` when it is there already.
    """
    commune = france.commune(code)
    boundary = commune.boundary
    if boundary is None:
        raise Conflict(
            "The open data has no boundary for %(name)s: give one with --boundary.", params={"name": commune.name}
        )
    slug = slugify(commune.name)
    if session.scalar(select(Territory.id).where(Territory.slug == slug, Territory.code != commune.code)):
        slug = f"{slug}-{commune.departement.lower()}"
    row = add_territory(
        session,
        new=NewTerritory(
            name=commune.name,
            slug=slug,
            code=commune.code,
            parent_id=parent.id if parent else None,
            boundary=boundary,
            srid=metric_srid(boundary),
            prefixes=prefixes_for(commune.name),
            timezone=commune.time_zone,
            population=commune.population,
            town_hall=town_hall_facts(commune.town_hall),
        ),
    )
    zones = [
        NewZone("arrondissement", slugify(part.name), part.name, part.boundary, part.population)
        for part in commune.arrondissements
        if part.boundary is not None
    ]
    if zones:
        replace_zones(session, territory_id=row.id, kind="arrondissement", zones=zones)
    return row


def add_epci(session: Session, *, siren: str) -> tuple[Territory, list[Territory]]:
    """An agglomeration by its SIREN, with all its communes nested; communes already there are moved under it."""
    epci = france.epci(siren)
    communes = [france.commune(code) for code in epci.communes]
    boundaries = [commune.boundary for commune in communes if commune.boundary is not None]
    boundary: MultiPolygon = as_multipolygon(unary_union(boundaries))
    population = sum(commune.population or 0 for commune in communes) or None
    outer = add_territory(
        session,
        new=NewTerritory(
            name=epci.name,
            kind="epci",
            code=epci.siren,
            boundary=boundary,
            srid=metric_srid(boundary),
            prefixes=prefixes_for(epci.name),
            timezone=communes[0].time_zone,
            population=population,
        ),
    )
    inner = []
    for commune in communes:
        known = session.scalar(select(Territory).where(Territory.code == commune.code))
        if known is not None:
            known.parent_id = outer.id
            inner.append(known)
        elif commune.boundary is not None:
            inner.append(add_commune(session, code=commune.code, parent=outer))
    return outer, inner


def add_drawn(session: Session, *, name: str, boundary: Boundary, **given: Any) -> Territory:
    """Any territory from a boundary already read and repaired (`geodata.geojson.parse_boundary`)."""
    shape = boundary.multipolygon
    new = NewTerritory(name=name, boundary=shape, srid=metric_srid(shape), prefixes=prefixes_for(name), **given)
    return add_territory(session, new=new)


def prefixes_for(name: str) -> list[str]:
    """Reference prefixes that a name suggests, the best first."""
    return [prefix for prefix, _ in zip(prefix_candidates(name), range(PREFIXES_OFFERED), strict=False)]


def town_hall_facts(hall: france.TownHall | None) -> Mapping[str, Any]:
    """What a territory keeps of its town hall."""
    if hall is None:
        return {}
    return {
        "name": hall.name,
        "postal_address": hall.postal_address,
        "email": hall.email,
        "phone": hall.phone,
        "website": hall.website,
        "opening": [[hours.first_day, hours.last_day, [list(span) for span in hours.spans]] for hours in hall.hours],
    }
