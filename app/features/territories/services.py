"""Writing a town: its boundary, its zones, the queue for what nobody placed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.features.territories.catalogue import touch
from app.features.territories.models import Process, Service, Territory, Zone
from app.features.territories.processes import DEFAULT_LABEL, DEFAULT_SLUG

PIECE_VERTICES = 64
"""Vertices of a piece of a subdivided boundary: containment is then a matter of microseconds."""

TRIAGE_NAME = {"fr": "À trier", "en": "To be sorted", "eu": "Sailkatzeko"}


@dataclass(frozen=True)
class NewTerritory:
    """What is needed to add a territory. `boundary` is WGS84 (degrees); `srid` is where its metres are measured."""

    name: str
    boundary: MultiPolygon
    srid: int
    prefixes: Sequence[str]
    """Reference prefixes in order of preference; the first that is free is taken."""
    slug: str | None = None
    kind: str = "commune"
    code: str | None = None
    parent_id: int | None = None
    timezone: str = "Europe/Paris"
    population: int | None = None
    town_hall: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def slugify(name: str) -> str:
    """`Saint-Jean-de-Luz` from any spelling of it: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "territory"


def add_territory(session: Session, *, new: NewTerritory) -> Territory:
    """Write a territory with its pieces, its sequence of references and its triage queue.

    Raises `Conflict` when its code or slug is taken.
    """
    taken = set(session.scalars(select(Territory.prefix)))
    prefix = next((prefix for prefix in new.prefixes if prefix not in taken), None) or _free_prefix(taken)
    slug = new.slug or slugify(new.name)
    if session.scalar(select(Territory.id).where((Territory.slug == slug) | (Territory.code == (new.code or "")))):
        raise Conflict("A territory named “%(slug)s” already exists.", params={"slug": slug})
    row = Territory(
        slug=slug,
        name=new.name,
        kind=new.kind,
        code=new.code,
        parent_id=new.parent_id,
        boundary=from_shape(new.boundary, srid=4326),
        area_m2=0,
        srid=new.srid,
        timezone=new.timezone,
        prefix=prefix,
        population=new.population,
        town_hall=dict(new.town_hall),
        settings=dict(new.settings),
    )
    session.add(row)
    session.flush()
    row.area_m2 = session.scalar(
        text("SELECT ST_Area(boundary::geography) FROM territory WHERE id = :id"), {"id": row.id}
    )
    session.execute(
        text(
            "INSERT INTO territory_part (territory_id, geom) "
            "SELECT id, ST_Subdivide(boundary, :n) FROM territory WHERE id = :id"
        ),
        {"id": row.id, "n": PIECE_VERTICES},
    )
    session.execute(select(func.add_reference_sequence(row.id)))
    session.add(Service(territory_id=row.id, slug="a-trier", name=TRIAGE_NAME, is_triage=True))
    session.add(Process(territory_id=row.id, slug=DEFAULT_SLUG, label=dict(DEFAULT_LABEL)))
    session.flush()
    return row


def _free_prefix(taken: set[str]) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return next(p for a in letters for b in letters for c in letters if (p := f"Z{a}{b}{c}") not in taken)


@dataclass(frozen=True)
class NewZone:
    """A named polygon of a kind; WGS84."""

    kind: str
    slug: str
    name: str
    boundary: MultiPolygon
    population: int | None = None


def replace_zones(session: Session, *, territory_id: int, kind: str, zones: Sequence[NewZone]) -> None:
    """Put these zones in the place of all the territory's zones of that kind."""
    session.execute(delete(Zone).where(Zone.territory_id == territory_id, Zone.kind == kind))
    for zone in zones:
        session.add(
            Zone(
                territory_id=territory_id,
                kind=kind,
                slug=zone.slug,
                name=zone.name,
                population=zone.population,
                boundary=from_shape(zone.boundary, srid=4326),
            )
        )
    session.flush()
    session.execute(
        text(
            "INSERT INTO zone_part (zone_id, geom) SELECT id, ST_Subdivide(boundary, :n) FROM zone "
            "WHERE territory_id = :id AND kind = :kind"
        ),
        {"id": territory_id, "kind": kind, "n": PIECE_VERTICES},
    )
    touch(session, territory_id)


def set_hosts(session: Session, *, territory: Territory, hosts: Sequence[str]) -> None:
    """Give a territory its host names, in lower case; raises `Conflict` for one that another territory has."""
    for host in hosts:
        taken = session.scalar(
            select(Territory.slug).where(Territory.settings["hosts"].contains([host]), Territory.id != territory.id)
        )
        if taken is not None:
            raise Conflict("The host %(host)s belongs to %(slug)s.", params={"host": host, "slug": taken})
    kept = {key: value for key, value in territory.settings.items() if key != "hosts"}
    territory.settings = kept | ({"hosts": list(hosts)} if hosts else {})
    session.flush()
    touch(session, territory.id)


def set_basemap(session: Session, *, territory: Territory, setting: Mapping[str, Any]) -> None:
    """What a territory's map is drawn on: a setting without `backgrounds.faults`, as a pack would give it."""
    territory.settings = dict(territory.settings) | {"basemap": dict(setting)}
    session.flush()
    touch(session, territory.id)


def set_geocoder(session: Session, *, territory: Territory, name: str) -> None:
    """Whom a territory asks for addresses (`geocoders.open_geocoder`); "" takes it away."""
    kept = {key: value for key, value in territory.settings.items() if key != "geocoder"}
    territory.settings = kept | ({"geocoder": name} if name else {})
    session.flush()
    touch(session, territory.id)
