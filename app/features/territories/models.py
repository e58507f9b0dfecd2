"""A town as data: boundary, zones, services, categories, rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, Key, Now, multipolygon, polygon

KINDS = ("problem", "praise", "proposal")

VERSION_NOW = text("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


class Territory(Base):
    """A public body with a boundary. Territories nest; a point belongs to the smallest one that contains it."""

    __tablename__ = "territory"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="commune")
    code: Mapped[str | None] = mapped_column(unique=True)
    """INSEE code of a commune, SIREN of an agglomeration, null elsewhere."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    boundary: Mapped[WKBElement] = mapped_column(multipolygon())
    area_m2: Mapped[float] = mapped_column(Float)
    srid: Mapped[int]
    """The projected system in which its metres are measured."""
    timezone: Mapped[str] = mapped_column(server_default="Europe/Paris")
    prefix: Mapped[str] = mapped_column(unique=True)
    """What its references begin with: `BAY` in `BAY-4817`."""
    population: Mapped[int | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{fr,en,eu}")
    town_hall: Mapped[Json]
    """`name`, `postal_address`, `email`, `phone`, `hours`, `website`."""
    settings: Mapped[Json]
    """What a town pack says beyond columns: texts, colours, holidays, moderation, basemap."""
    config_version: Mapped[int] = mapped_column(BigInteger, server_default=VERSION_NOW)
    """The microsecond of the last change of categories, services, rules or zones: processes drop what they remember."""
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[Now]

    __table_args__ = (CheckConstraint("prefix ~ '^[A-Z]{2,5}$'", name="prefix_letters"),)


class TerritoryPart(Base):
    """A piece of a boundary (`ST_Subdivide`): containment is asked of small polygons, in microseconds."""

    __tablename__ = "territory_part"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"), index=True)
    geom: Mapped[WKBElement] = mapped_column(polygon())

    __table_args__ = (Index("ix_territory_part_geom", "geom", postgresql_using="gist"),)


class Zone(Base):
    """A named polygon inside a territory, of a kind (quarter, canton, park, school front)."""

    __tablename__ = "zone"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    kind: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    population: Mapped[int | None]
    boundary: Mapped[WKBElement] = mapped_column(multipolygon())

    __table_args__ = (UniqueConstraint("territory_id", "kind", "slug"),)


class ZonePart(Base):
    """A piece of a zone's boundary, as for territories."""

    __tablename__ = "zone_part"

    id: Mapped[Key]
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), index=True)
    geom: Mapped[WKBElement] = mapped_column(polygon())

    __table_args__ = (Index("ix_zone_part_geom", "geom", postgresql_using="gist"),)


class Service(Base):
    """A department that acts; it has a queue. Each territory has one for what no rule placed (`is_triage`)."""

    __tablename__ = "service"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    slug: Mapped[str]
    name: Mapped[Json]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    postal_address: Mapped[str | None]
    hours: Mapped[str | None]
    is_triage: Mapped[bool] = mapped_column(server_default="false")
    position: Mapped[int | None]
    """Its place in the town's list; null for the triage queue that every territory has."""
    active: Mapped[bool] = mapped_column(server_default="true")

    __table_args__ = (
        UniqueConstraint("territory_id", "slug"),
        Index("uq_service_triage", "territory_id", unique=True, postgresql_where=text("is_triage")),
    )


class Category(Base):
    """A node of a territory's tree; leaves take contributions of the kinds they list."""

    __tablename__ = "category"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    slug: Mapped[str]
    label: Mapped[Json]
    description: Mapped[Json]
    words: Mapped[Json]
    """With which people speak of it: `{"fr": ["lampadaire", …]}`."""
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    icon: Mapped[str] = mapped_column(server_default="dot")
    position: Mapped[int] = mapped_column(server_default="0")
    group_radius_m: Mapped[float] = mapped_column(Float, server_default="30")
    """Metres around a ticket's first place; 0 groups nothing."""
    group_window_days: Mapped[int] = mapped_column(Integer, server_default="30")
    """Days after a ticket was opened during which a new contribution may still join it."""
    target_delay: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`{"days": 3, "mode": "working" | "calendar"}`, or null: no promise."""
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    kind_services: Mapped[Json]
    """Service slug by kind, where it differs from `service_id`."""
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    contact: Mapped[str] = mapped_column(server_default="optional")
    photo: Mapped[str] = mapped_column(server_default="optional")
    moderation: Mapped[str | None]
    """`before` or `after` publication; null: as the town does."""
    active: Mapped[bool] = mapped_column(server_default="true")
    listed: Mapped[bool] = mapped_column(server_default="true")
    """False when the town's pack no longer names it: kept for what was said there, offered to nobody."""

    __table_args__ = (
        UniqueConstraint("territory_id", "slug"),
        CheckConstraint("group_radius_m >= 0 AND group_radius_m <= 5000", name="radius_sane"),
        CheckConstraint("group_window_days >= 0 AND group_window_days <= 3660", name="window_sane"),
        CheckConstraint("contact IN ('optional', 'required', 'none')", name="contact_known"),
        CheckConstraint("photo IN ('optional', 'required', 'none')", name="photo_known"),
        CheckConstraint("moderation IN ('before', 'after')", name="moderation_known"),
    )


class RoutingRule(Base):
    """An ordered rule: when its conditions hold, the ticket goes to its service."""

    __tablename__ = "routing_rule"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    position: Mapped[int]
    slug: Mapped[str]
    name: Mapped[Json]
    conditions: Mapped[Any] = mapped_column(JSONB)
    """What `packs.conditions` reads; the same structure as in a pack's YAML."""
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    enabled: Mapped[bool] = mapped_column(server_default="true")
    flagged_at: Mapped[datetime | None]
    """Since when it fails and is skipped; null while it works. Its administrators were told then."""
    failed_at: Mapped[datetime | None]
    """When it last failed, to the hour."""
    flag: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Why, as `Message.to_json` writes it."""

    __table_args__ = (
        UniqueConstraint("territory_id", "position", deferrable=True),
        UniqueConstraint("territory_id", "slug", deferrable=True),
    )


class Process(Base):
    """A time in which residents carry ideas: which ideas, how one votes, until when.

    Each territory has one that stands open, for what no other takes (`position` null).
    """

    __tablename__ = "process"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    slug: Mapped[str]
    label: Mapped[Json]
    description: Mapped[Json]
    mode: Mapped[str] = mapped_column(server_default="support")
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    """The first instant at which no vote counts any more."""
    hide_counts: Mapped[bool] = mapped_column(server_default="false")
    """Nobody reads a count before it closes."""
    revealed_at: Mapped[datetime | None]
    """When its counts were written where everybody reads them, after it closed."""
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Slugs; each stands for everything under it. Empty: all."""
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """`kind/slug`; empty: the whole territory."""
    state_labels: Mapped[Json]
    """Other words for states: `{"accepted": {"fr": …}}`."""
    position: Mapped[int | None]
    """Its rank among those that the town's pack names: the first that fits takes an idea."""
    listed: Mapped[bool] = mapped_column(server_default="true")
    """False when the pack no longer names it: it takes no new idea."""

    __table_args__ = (
        UniqueConstraint("territory_id", "slug"),
        CheckConstraint("mode IN ('support', 'for_against', 'scale')", name="mode_known"),
        CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
    )


class BlockEntry(Base):
    """Whose contributions a moderator of the town reads before anybody else hears of them. Ended, never deleted."""

    __tablename__ = "block_entry"

    id: Mapped[Key]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    kind: Mapped[str]
    value: Mapped[str]
    """As `blocking.normal` writes an address, a domain or a number."""
    reason: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    at: Mapped[Now]
    until: Mapped[datetime | None]
    """The first instant at which it no longer counts; null: until it is taken off."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    __table_args__ = (
        CheckConstraint("kind IN ('email', 'domain', 'phone')", name="kind_known"),
        Index(
            "uq_block_entry_value",
            "territory_id",
            "kind",
            "value",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
