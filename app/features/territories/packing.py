"""Between a town pack and the database: `load_pack` writes what a town decides, `dump_pack` reads it back, lossless.

Loading is safe to repeat: what exists is changed in place (a category that carries contributions keeps its id), what
the pack no longer names is closed rather than deleted, so that history stays readable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shapely.geometry import shape
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.core import outbox
from app.features.territories.catalogue import touch
from app.features.territories.models import Category, Process, RoutingRule, Service, Territory, Zone
from app.features.territories.packs import schema
from app.features.territories.packs.schema import LANGUAGES
from app.features.territories.processes import CHANGED, DEFAULT_LABEL, DEFAULT_SLUG
from app.features.territories.services import TRIAGE_NAME, NewZone, replace_zones
from geodata.geometry import as_multipolygon

TOWN_SETTINGS = (
    "moderation",
    "moderation_hints",
    "faces",
    "proof_of_work",
    "retention",
    "contact",
    "colours",
    "basemap",
    "zone_kinds",
    "texts",
)


def load_pack(session: Session, *, territory: Territory, pack: schema.Pack) -> None:
    """Write a checked pack into a territory. Raises `LookupError` for a parent's service or category that does not
    exist.
    """
    _load_town(territory, pack)
    services = _load_services(session, territory, pack.services)
    _load_categories(session, territory, pack.categories, services)
    _load_rules(session, territory, pack.rules, services)
    _load_processes(session, territory, pack.processes)
    for zones in pack.zones:
        replace_zones(
            session,
            territory_id=territory.id,
            kind=zones.kind,
            zones=[
                NewZone(zones.kind, zone.slug, zone.name, as_multipolygon(shape(zone.geometry)), zone.population)
                for zone in zones.zones
            ],
        )
    session.flush()
    touch(session, territory.id)


def _load_town(territory: Territory, pack: schema.Pack) -> None:
    town = pack.town
    territory.languages = list(town.languages)
    territory.timezone = town.timezone or territory.timezone
    territory.name = town.name or territory.name
    given = town.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    kept = {key: value for key, value in territory.settings.items() if key not in (*TOWN_SETTINGS, "delays", "pack")}
    territory.settings = kept | {
        **{key: given[key] for key in TOWN_SETTINGS if key in given},
        "delays": pack.delays.model_dump(mode="json", by_alias=True),
        # What the town left to the territory stays left to it when the pack is written again.
        "pack": {
            "name": town.name,
            "prefix": town.prefix,
            "timezone": town.timezone,
            "boundary": pack.boundary,
        },
    }
    contact = {key: value for key, value in given.get("contact", {}).items() if value}
    territory.town_hall = {**territory.town_hall, **contact}


def _load_services(session: Session, territory: Territory, services: Sequence[schema.Service]) -> dict[str, Service]:
    known = {row.slug: row for row in session.scalars(select(Service).where(Service.territory_id == territory.id))}
    triage = next((row for row in known.values() if row.is_triage), None)
    wanted = {service.slug for service in services}
    names_triage = any(service.triage for service in services)
    for slug, row in known.items():
        row.active = slug in wanted or (row.is_triage and not names_triage)
        if names_triage:
            row.is_triage = False
    session.flush()
    for position, service in enumerate(services):
        row = known.setdefault(service.slug, Service(territory_id=territory.id, slug=service.slug))
        row.name, row.email, row.phone = dict(service.names), service.email, service.phone
        row.postal_address, row.hours, row.active = service.postal_address, service.hours, service.active
        row.is_triage, row.position = service.triage, position
        session.add(row)
    if triage is None and not names_triage:
        session.add(Service(territory_id=territory.id, slug="a-trier", name=TRIAGE_NAME, is_triage=True))
    session.flush()
    return known


def _load_categories(
    session: Session, territory: Territory, categories: Sequence[schema.Category], services: Mapping[str, Service]
) -> None:
    known = {row.slug: row for row in session.scalars(select(Category).where(Category.territory_id == territory.id))}
    wanted = {category.slug for category in categories}
    for slug, row in known.items():
        row.active = row.active and slug in wanted
        row.listed = slug in wanted
    for position, category in enumerate(categories):
        row = known.setdefault(category.slug, Category(territory_id=territory.id, slug=category.slug))
        row.label, row.description, row.icon = dict(category.labels), dict(category.description), category.icon
        row.words = {language: list(words) for language, words in category.words.items()}
        row.kinds, row.position, row.listed = list(category.kinds), position, True
        row.group_radius_m, row.group_window_days = category.group_radius_m, category.group_window_days
        row.target_delay = category.target_delay.model_dump() if category.target_delay else None
        row.service_id = services[category.service].id if category.service else None
        row.kind_services = {str(kind): slug for kind, slug in category.kind_services.items()}
        row.questions = [question.model_dump(mode="json") for question in category.questions]
        row.contact, row.photo, row.moderation = category.contact, category.photo, category.moderation
        row.active = category.active
        session.add(row)
    session.flush()
    for category in categories:
        known[category.slug].parent_id = known[category.parent].id if category.parent else None
    session.flush()


def _load_rules(
    session: Session, territory: Territory, rules: Sequence[schema.RoutingRule], services: Mapping[str, Service]
) -> None:
    session.execute(delete(RoutingRule).where(RoutingRule.territory_id == territory.id))
    for position, rule in enumerate(rules, 1):
        session.add(
            RoutingRule(
                territory_id=territory.id,
                position=position,
                slug=rule.slug,
                name=dict(rule.name),
                conditions=rule.when,
                service_id=_service_id(session, territory, rule.then.service, services),
                enabled=rule.active,
            )
        )
    session.flush()


def _load_processes(session: Session, territory: Territory, processes: Sequence[schema.Process]) -> None:
    known = {row.slug: row for row in session.scalars(select(Process).where(Process.territory_id == territory.id))}
    wanted = {process.slug for process in processes}
    hid = {row.id for row in known.values() if row.hide_counts}
    for slug, row in known.items():
        # The one that every town has stands open again; any other takes no new idea.
        row.position = row.position if slug in wanted else None
        row.listed = slug in wanted or slug == DEFAULT_SLUG
    zone = ZoneInfo(territory.timezone)
    categories = set(session.scalars(_CATEGORIES_HERE, {"id": territory.id}))
    for position, process in enumerate(processes):
        if unknown := [slug for slug in process.categories if slug not in categories]:
            raise LookupError(f"processes.yaml: {process.slug}: there is no category “{unknown[0]}” here.")
        row = known.setdefault(process.slug, Process(territory_id=territory.id, slug=process.slug))
        if row.id is not None and row.mode != process.mode and session.scalar(_VOTED, {"id": row.id}):
            raise LookupError(f"People have voted in “{process.slug}”: its way of voting cannot change any more.")
        row.label, row.description, row.mode = dict(process.labels), dict(process.description), process.mode
        row.opens_at, row.closes_at = _instant(process.opens, zone), _instant(process.closes, zone)
        row.hide_counts, row.categories, row.zones = process.hide_counts, list(process.categories), list(process.zones)
        row.state_labels = {str(state): dict(labels) for state, labels in process.states.items()}
        row.position, row.listed = position, True
        session.add(row)
    if DEFAULT_SLUG not in known:
        session.add(Process(territory_id=territory.id, slug=DEFAULT_SLUG, label=dict(DEFAULT_LABEL)))
    session.flush()
    for row in known.values():
        if row.hide_counts or row.id in hid:
            outbox.add(session, topic=CHANGED, subject_id=row.id)


_CATEGORIES_HERE = text(
    """
    WITH RECURSIVE up AS (SELECT id, parent_id FROM territory WHERE id = :id
                          UNION ALL SELECT t.id, t.parent_id FROM territory t JOIN up ON t.id = up.parent_id)
    SELECT slug FROM category WHERE territory_id IN (SELECT id FROM up)
    """
)
_VOTED = text(
    "SELECT EXISTS (SELECT FROM support s JOIN contribution c ON c.id = s.contribution_id WHERE c.process_id = :id)"
)


def _instant(written: str | None, zone: ZoneInfo) -> datetime | None:
    return datetime.strptime(written, schema.MOMENT).replace(tzinfo=zone) if written else None


def _written(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return instant.astimezone(zone).strftime(schema.MOMENT) if instant else None


def _service_id(session: Session, territory: Territory, key: str, services: Mapping[str, Service]) -> int:
    if not key.startswith("parent:"):
        return services[key].id
    parent_id = territory.parent_id
    while parent_id is not None:
        found = session.scalar(
            select(Service.id).where(Service.territory_id == parent_id, Service.slug == key.removeprefix("parent:"))
        )
        if found is not None:
            return found
        parent_id = session.scalar(select(Territory.parent_id).where(Territory.id == parent_id))
    raise LookupError(f"no territory above {territory.name} has a service “{key.removeprefix('parent:')}”")


def dump_pack(session: Session, *, territory: Territory) -> schema.Pack:
    """The town as a pack: what `load_pack` would write again."""
    settings, kept = territory.settings, territory.settings.get("pack", {})
    zone = kept.get("timezone", territory.timezone)
    town = {"languages": territory.languages, "timezone": zone, "prefix": kept.get("prefix")}
    town |= {"name": kept.get("name"), **{key: settings[key] for key in TOWN_SETTINGS if key in settings}}
    zones = _zones(session, territory)
    town["zone_kinds"] = _zone_kinds(zones, territory)
    services = list(
        session.scalars(
            select(Service)
            .where(Service.territory_id == territory.id, Service.position.is_not(None))
            .order_by(Service.position)
        )
    )
    slugs = {service.id: service.slug for service in services}
    return schema.Pack.model_validate(
        _in_order(
            {
                "town": {key: value for key, value in town.items() if value is not None},
                "delays": settings.get("delays", {}),
                "services": [_service(service) for service in services],
                "categories": _categories(session, territory, slugs),
                "rules": _rules(session, territory, slugs),
                "processes": _processes(session, territory),
                "zones": zones,
                "boundary": kept.get("boundary"),
            }
        )
    )


def _zone_kinds(zones: Sequence[Mapping[str, Any]], territory: Territory) -> dict[str, Any]:
    """The names of the kinds of zones; a kind that no pack named (arrondissements of the open data) bears its slug."""
    unnamed = {group["kind"]: dict.fromkeys(territory.languages, group["kind"]) for group in zones}
    return {**unnamed, **territory.settings.get("zone_kinds", {})}


def _in_order(value: Any) -> Any:
    """The same data with each label's languages in the house's order, which JSONB forgets."""
    if isinstance(value, dict):
        languages = [language for language in LANGUAGES if language in value]
        keys = languages if len(languages) == len(value) else list(value)
        return {key: _in_order(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_in_order(item) for item in value]
    return value


def _service(row: Service) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "names": row.name,
        "email": row.email,
        "phone": row.phone,
        "postal_address": row.postal_address,
        "hours": row.hours,
        "triage": row.is_triage,
        "active": row.active,
    }


def _categories(session: Session, territory: Territory, services: Mapping[int, str]) -> list[dict[str, Any]]:
    rows = list(
        session.scalars(
            select(Category)
            .where(Category.territory_id == territory.id, Category.listed)
            .order_by(Category.position, Category.id)
        )
    )
    slugs = {row.id: row.slug for row in rows}
    return [
        {
            "slug": row.slug,
            "parent": slugs.get(row.parent_id) if row.parent_id else None,
            "labels": row.label,
            "description": row.description,
            "words": row.words,
            "icon": row.icon,
            "kinds": row.kinds,
            "group_radius_m": row.group_radius_m,
            "group_window_days": row.group_window_days,
            "target_delay": row.target_delay,
            "service": services.get(row.service_id) if row.service_id else None,
            "kind_services": row.kind_services,
            "contact": row.contact,
            "photo": row.photo,
            "moderation": row.moderation,
            "active": row.active,
            "questions": row.questions,
        }
        for row in rows
    ]


def _rules(session: Session, territory: Territory, services: Mapping[int, str]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(RoutingRule, Service.slug)
        .join(Service, Service.id == RoutingRule.service_id)
        .where(RoutingRule.territory_id == territory.id)
        .order_by(RoutingRule.position)
    )
    return [
        {
            "slug": rule.slug,
            "name": rule.name,
            "when": rule.conditions,
            "then": {"service": slug if rule.service_id in services else f"parent:{slug}"},
            "active": rule.enabled,
        }
        for rule, slug in rows
    ]


def _processes(session: Session, territory: Territory) -> list[dict[str, Any]]:
    zone = ZoneInfo(territory.timezone)
    rows = session.scalars(
        select(Process)
        .where(Process.territory_id == territory.id, Process.listed, Process.position.is_not(None))
        .order_by(Process.position)
    )
    return [
        {
            "slug": row.slug,
            "labels": row.label,
            "description": row.description,
            "mode": row.mode,
            "opens": _written(row.opens_at, zone),
            "closes": _written(row.closes_at, zone),
            "hide_counts": row.hide_counts,
            "categories": row.categories,
            "zones": row.zones,
            "states": row.state_labels,
        }
        for row in rows
    ]


def _zones(session: Session, territory: Territory) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Zone.kind, Zone.slug, Zone.name, Zone.population, func.ST_AsGeoJSON(Zone.boundary, 9))
        .where(Zone.territory_id == territory.id)
        .order_by(Zone.kind, Zone.id)
    )
    kinds: dict[str, list[dict[str, Any]]] = {}
    for kind, slug, name, population, geometry in rows:
        kinds.setdefault(kind, []).append(
            {"slug": slug, "name": name, "population": population, "geometry": json.loads(geometry)}
        )
    return [{"kind": kind, "zones": zones} for kind, zones in kinds.items()]
