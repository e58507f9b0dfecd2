"""What a town is made of, read once and remembered until it changes: categories, services, rules, names.

The hot path asks PostgreSQL only where a point is and at which version the town stands; everything else is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.features.territories.blocking import BlockFacts
from app.features.territories.models import Category, RoutingRule, Service, Territory


@dataclass(frozen=True)
class CategoryFacts:
    """A category as the hot path needs it; `path` holds the slugs from the root to itself."""

    id: int
    territory_id: int
    slug: str
    path: tuple[str, ...]
    parent: str | None
    leaf: bool
    label: Mapping[str, str]
    description: Mapping[str, str]
    icon: str
    kinds: frozenset[str]
    group_radius_m: float
    group_window_days: int
    target_delay: Mapping[str, Any] | None
    service_id: int | None
    kind_services: Mapping[str, str]
    questions: tuple[Mapping[str, Any], ...]
    contact: str
    photo: str
    moderation: str
    active: bool


@dataclass(frozen=True)
class ServiceFacts:
    """A service with its address, the town hall's where it has none of its own."""

    id: int
    territory_id: int
    slug: str
    name: Mapping[str, str]
    email: str | None
    phone: str | None
    postal_address: str | None
    hours: str | None
    is_triage: bool


@dataclass(frozen=True)
class RuleFacts:
    """A routing rule as it is stored."""

    id: int
    number: int
    slug: str
    name: Mapping[str, str]
    conditions: Any
    service_id: int
    failing: bool = False


FROM_ABOVE = ("faces", "moderation_hints", "proof_of_work", "retention", "delays", "zone_kinds")
"""What a pack rules in nested towns too, unless they say otherwise. What a town says of itself stays its own."""


@dataclass(frozen=True, eq=False)
class Town:
    """A territory with everything it may use, its parents' included; its own come first."""

    id: int
    slug: str
    name: str
    kind: str
    prefix: str
    timezone: ZoneInfo
    languages: tuple[str, ...]
    version: int
    chain: tuple[int, ...]
    """Its own id, then its parent's, and so on."""
    slugs: tuple[str, ...]
    town_hall: Mapping[str, Any]
    settings: Mapping[str, Any]
    categories: Mapping[str, CategoryFacts]
    categories_by_id: Mapping[int, CategoryFacts]
    services: Mapping[int, ServiceFacts]
    triage: ServiceFacts
    rules: tuple[RuleFacts, ...]
    zone_keys: Mapping[int, tuple[str, str, str]] = field(default_factory=dict)
    """Zone id to (kind, slug, name)."""
    geocoder: str = ""
    """Whom the nearest of its chain asks for addresses: `demo`, `geopf` or a table's file name; empty: nobody."""
    blocked: tuple[BlockFacts, ...] = ()
    """The block lists of its chain, those that have not ended."""

    @cached_property
    def failing(self) -> tuple[RuleFacts, ...]:
        """The rules that failed lately; none in a town that is well."""
        return tuple(rule for rule in self.rules if rule.failing)

    @cached_property
    def service_keys(self) -> Mapping[str, ServiceFacts]:
        """Services as rules name them: `slug` for the nearest of that slug, `parent:slug` for one above."""
        keys: dict[str, ServiceFacts] = {}
        for service in sorted(self.services.values(), key=lambda service: self.chain.index(service.territory_id)):
            keys.setdefault(service.slug, service)
            if service.territory_id != self.id:
                keys.setdefault(f"parent:{service.slug}", service)
        return keys

    def service_key(self, service_id: int) -> str:
        """How rules name this service; empty when it is not (or no longer) one of the town's."""
        return next((key for key, service in self.service_keys.items() if service.id == service_id), "")


_remembered: WeakKeyDictionary[Engine, dict[int, Town]] = WeakKeyDictionary()


def town(session: Session, territory_id: int, *, version: int | None = None) -> Town:
    """The town, from memory when `version` (read with the point) says that it still stands."""
    towns = _remembered.setdefault(session.get_bind().engine, {})
    known = towns.get(territory_id)
    if known is not None and version is not None and known.version == version:
        return known
    fresh = _read(session, territory_id)
    towns[territory_id] = fresh
    return fresh


def current_town(session: Session, territory_id: int) -> Town:
    """The town, checked against its version first."""
    query = select(Territory.config_version).where(Territory.id == territory_id)
    return town(session, territory_id, version=session.scalar(query))


def current_towns(session: Session, territory_ids: Iterable[int]) -> dict[int, Town]:
    """The towns of a list, by their ids: one question for all, however long the list is."""
    query = select(Territory.id, Territory.config_version).where(Territory.id.in_(set(territory_ids)))
    return {row.id: town(session, row.id, version=row.config_version) for row in session.execute(query).all()}


def touch(session: Session, territory_id: int) -> None:
    """Say that a territory's configuration changed; its nested ones use it too, so theirs did."""
    session.execute(
        text(
            """
            WITH RECURSIVE nested AS (
              SELECT id FROM territory WHERE id = :id
              UNION ALL SELECT t.id FROM territory t JOIN nested ON t.parent_id = nested.id
            )
            UPDATE territory SET config_version = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
            WHERE id IN (SELECT id FROM nested)
            """
        ),
        {"id": territory_id},
    )


def settings_of(session: Session, territory: Territory) -> Mapping[str, Any]:
    """What holds in a territory: its own settings, and of those `FROM_ABOVE` what it does not say itself."""
    return _settings(_chain(session, territory))


def _chain(session: Session, territory: Territory) -> list[Territory]:
    """A territory, the one above it, and so on."""
    chain = [territory]
    while (parent_id := chain[-1].parent_id) is not None and (parent := session.get(Territory, parent_id)) is not None:
        chain.append(parent)
    return chain


def _settings(chain: Sequence[Territory]) -> dict[str, Any]:
    above = ((key, one.settings[key]) for one in reversed(chain) for key in FROM_ABOVE if key in one.settings)
    return dict(above) | chain[0].settings


def _read(session: Session, territory_id: int) -> Town:
    found = session.get(Territory, territory_id, populate_existing=True)
    if found is None:
        raise LookupError(f"no territory {territory_id}")
    chain = _chain(session, found)
    own, ids = chain[0], [territory.id for territory in chain]
    rank = {territory_id: position for position, territory_id in enumerate(ids)}
    services = _services(session, chain)
    categories = _categories(session, chain, rank)
    rules = session.scalars(
        select(RoutingRule)
        .where(RoutingRule.territory_id.in_(ids), RoutingRule.enabled)
        .order_by(RoutingRule.position, RoutingRule.id)
        .execution_options(populate_existing=True)
    )
    return Town(
        id=own.id,
        slug=own.slug,
        name=own.name,
        kind=own.kind,
        prefix=own.prefix,
        timezone=ZoneInfo(own.timezone),
        languages=tuple(own.languages),
        version=own.config_version,
        chain=tuple(ids),
        slugs=tuple(territory.slug for territory in chain),
        town_hall=own.town_hall,
        settings=_settings(chain),
        categories={category.slug: category for category in reversed(categories)},
        categories_by_id={category.id: category for category in categories},
        services=services,
        triage=min((service for service in services.values() if service.is_triage), key=lambda s: rank[s.territory_id]),
        rules=tuple(
            RuleFacts(
                rule.id, number, rule.slug, rule.name, rule.conditions, rule.service_id, rule.flagged_at is not None
            )
            for number, rule in enumerate(sorted(rules, key=lambda rule: (rank[rule.territory_id], rule.position)), 1)
        ),
        zone_keys=_zone_keys(session, own.id),
        geocoder=next((str(known) for one in chain if (known := one.settings.get("geocoder"))), ""),
        blocked=_blocked(session, ids),
    )


def _services(session: Session, chain: list[Territory]) -> dict[int, ServiceFacts]:
    halls = {territory.id: territory.town_hall for territory in chain}
    rows = session.scalars(select(Service).where(Service.territory_id.in_(halls), Service.active))
    return {
        row.id: ServiceFacts(
            id=row.id,
            territory_id=row.territory_id,
            slug=row.slug,
            name=row.name,
            email=row.email or halls[row.territory_id].get("email"),
            phone=row.phone or halls[row.territory_id].get("phone"),
            postal_address=row.postal_address or halls[row.territory_id].get("postal_address"),
            hours=row.hours or halls[row.territory_id].get("hours"),
            is_triage=row.is_triage,
        )
        for row in rows
    }


def _categories(session: Session, chain: list[Territory], rank: Mapping[int, int]) -> list[CategoryFacts]:
    town_moderation = {territory.id: territory.settings.get("moderation", "after") for territory in chain}
    rows = list(
        session.scalars(
            select(Category)
            .where(Category.territory_id.in_(rank), Category.listed)
            .order_by(Category.position, Category.id)
        )
    )
    by_id = {row.id: row for row in rows}
    parents = {row.parent_id for row in rows}

    # A function that called itself would hold every row until the next collection of garbage, in each session.
    def path(row: Category | None) -> tuple[str, ...]:
        slugs: list[str] = []
        while row is not None:
            slugs.append(row.slug)
            row = by_id.get(row.parent_id) if row.parent_id else None
        return tuple(reversed(slugs))

    facts = [
        CategoryFacts(
            id=row.id,
            territory_id=row.territory_id,
            slug=row.slug,
            path=path(row),
            parent=by_id[row.parent_id].slug if row.parent_id in by_id else None,
            leaf=row.id not in parents,
            label=row.label,
            description=row.description,
            icon=row.icon,
            kinds=frozenset(row.kinds),
            group_radius_m=row.group_radius_m,
            group_window_days=row.group_window_days,
            target_delay=row.target_delay,
            service_id=row.service_id,
            kind_services=row.kind_services,
            questions=tuple(row.questions),
            contact=row.contact,
            photo=row.photo,
            moderation=row.moderation or town_moderation.get(row.territory_id, "after"),
            active=row.active,
        )
        for row in rows
    ]
    return sorted(facts, key=lambda category: rank[category.territory_id])


def _zone_keys(session: Session, territory_id: int) -> dict[int, tuple[str, str, str]]:
    rows = session.execute(text("SELECT id, kind, slug, name FROM zone WHERE territory_id = :id"), {"id": territory_id})
    return {row.id: (row.kind, row.slug, row.name) for row in rows}


def _blocked(session: Session, ids: list[int]) -> tuple[BlockFacts, ...]:
    rows = session.execute(
        text(
            "SELECT id, kind, value, until FROM block_entry WHERE territory_id = ANY(:ids) AND ended_at IS NULL "
            "AND (until IS NULL OR until > now()) ORDER BY id"
        ),
        {"ids": ids},
    )
    return tuple(BlockFacts(*row) for row in rows)
