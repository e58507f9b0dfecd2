"""What was forgotten after closing, a line for each contribution; no line names a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Now

TEXTS = ("keep", "flag", "clear")
PHOTOS = ("keep", "delete")


class RetentionLine(Base):
    """What one run took from one contribution, and by which rule. It points at nothing, so that it outlives all."""

    __tablename__ = "retention_ledger"

    id: Mapped[BigKey]
    contribution_id: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str]
    closed_at: Mapped[datetime]
    """The closing that it was counted from: what is reopened and closed again is done again."""
    at: Mapped[Now]
    days: Mapped[int]
    text: Mapped[str]
    photos: Mapped[str]
    removed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """How many of each: `contacts`, `texts` (removed or flagged), `versions`, `photos`."""

    __table_args__ = (
        UniqueConstraint("contribution_id", "closed_at", "text", "photos"),
        CheckConstraint(f"text IN {TEXTS}", name="text_known"),
        CheckConstraint(f"photos IN {PHOTOS}", name="photos_known"),
    )
