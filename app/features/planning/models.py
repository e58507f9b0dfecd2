"""Hotspots: dense clusters of contributions that live from one run to the next."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Json, Now, point, polygon


class Hotspot(Base):
    """A dense cluster with an identity: it appears, grows, splits, merges, ends."""

    __tablename__ = "hotspot"

    id: Mapped[BigKey]
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"))
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    hull: Mapped[WKBElement] = mapped_column(polygon())
    centre: Mapped[WKBElement] = mapped_column(point())
    n: Mapped[int]
    peak: Mapped[int]
    member_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    appeared_at: Mapped[Now]
    updated_at: Mapped[Now]
    ended_at: Mapped[datetime | None]
    successor_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("hotspot.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('problem', 'praise', 'proposal')", name="kind_known"),
        Index(
            "ix_hotspot_alive",
            "territory_id",
            "category_id",
            "kind",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class HotspotEvent(Base):
    """What happened to a hotspot: appeared, grew, shrank, split, merged, ended."""

    __tablename__ = "hotspot_event"

    id: Mapped[BigKey]
    hotspot_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("hotspot.id", ondelete="CASCADE"), index=True)
    type: Mapped[str]
    at: Mapped[Now]
    n: Mapped[int]
    data: Mapped[Json]


class HotspotPartition(Base):
    """A (territory, category, kind) whose contributions changed since its hotspots were last computed."""

    __tablename__ = "hotspot_partition"

    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    changed_at: Mapped[Now]
    computed_at: Mapped[datetime | None]
    computed_ms: Mapped[int | None] = mapped_column(Integer)
