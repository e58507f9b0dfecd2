"""What people reported, gathered in one open case a contribution."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Now
from app.features.moderation.reasons import CASE_ENDS, REPORTED


class AbuseCase(Base):
    """What a moderator must look at about one contribution, or one comment; a later report opens another."""

    __tablename__ = "abuse_case"

    id: Mapped[BigKey]
    contribution_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("comment.id", ondelete="CASCADE"))
    """The comment under it that was reported; null: itself."""
    opened_at: Mapped[Now]
    closed_at: Mapped[datetime | None]
    ended: Mapped[str | None]
    """What the moderator did: the type of the event that says so."""

    __table_args__ = (
        CheckConstraint(f"ended IN {CASE_ENDS}", name="ended_known"),
        CheckConstraint("(ended IS NULL) = (closed_at IS NULL)", name="closed_says_how"),
        Index(
            "uq_abuse_case_open",
            "contribution_id",
            text("coalesce(comment_id, 0)"),
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )


class AbuseReport(Base):
    """One person's report, without a name: `reporter` only tells the same browser from another."""

    __tablename__ = "abuse_report"

    id: Mapped[BigKey]
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("abuse_case.id", ondelete="CASCADE"), index=True)
    contribution_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("comment.id", ondelete="CASCADE"))
    reporter: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]
    words: Mapped[str] = mapped_column(server_default="")
    at: Mapped[Now]

    __table_args__ = (
        Index("uq_abuse_report_reporter", "contribution_id", text("coalesce(comment_id, 0)"), "reporter", unique=True),
        CheckConstraint(f"reason IN {REPORTED}", name="reason_known"),
        CheckConstraint("char_length(words) <= 2000", name="words_length"),
    )


class Version(Base):
    """How a contribution was before a moderator edited it; the first is the original."""

    __tablename__ = "contribution_version"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    title: Mapped[str | None]
    body: Mapped[str]
    address: Mapped[str | None]
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    photos: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """`[{"id", "hidden"}]`, in their order."""
    reason: Mapped[str]
    """Why it was changed, in the moderator's words."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    at: Mapped[Now]
