"""Work for one service about one thing, and its history."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Json, Now, point

STATES = (
    "new",
    "accepted",
    "planned",
    "in_progress",
    "waiting",
    "done",
    "declined",
    "duplicate",
    "reopened",
)


class Ticket(Base):
    """It gathers every contribution about the same problem, and carries the reference of the one that opened it."""

    __tablename__ = "ticket"

    id: Mapped[BigKey]
    reference: Mapped[str] = mapped_column(unique=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="new")
    anchor: Mapped[WKBElement] = mapped_column(point())
    """The first place; grouping measures from here, so that a ticket never creeps along a street."""
    zone_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    title: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[Now]
    last_at: Mapped[Now]
    updated_at: Mapped[Now]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    waiting_for: Mapped[str | None]
    contributions: Mapped[int] = mapped_column(server_default="1")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    duplicate_of_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ticket.id"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ticket.id"))
    """The ticket that gathers this one with others: one level, at most ten children, of any service."""
    routing: Mapped[Json]
    """Which rule decided, and why: `{"rule": 12 | null, "code": …, "reason": …, "params": {…}}`."""
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        CheckConstraint("kind IN ('problem', 'praise', 'proposal')", name="kind_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        CheckConstraint("duplicate_of_id <> id", name="not_its_own_duplicate"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint(
            "(state IN ('done', 'declined', 'duplicate')) = (closed_at IS NOT NULL)", name="closed_says_when"
        ),
        Index(
            "ix_ticket_open_near",
            "category_id",
            text("(anchor::geography)"),
            postgresql_using="gist",
            postgresql_where=text("closed_at IS NULL AND kind = 'problem'"),
        ),
        Index("ix_ticket_queue", "service_id", "due_at", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_ticket_service", "service_id", "state", "id"),
        # Few tickets are duplicates or children; the others must not pay for an entry.
        Index("ix_ticket_duplicate", "duplicate_of_id", postgresql_where=text("duplicate_of_id IS NOT NULL")),
        Index("ix_ticket_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    )


class Event(Base):
    """An append-only fact about a ticket or a contribution (a trigger refuses to change or delete one)."""

    __tablename__ = "event"

    id: Mapped[BigKey]
    ticket_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ticket.id"))
    contribution_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("contribution.id"))
    type: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("account.id"))
    at: Mapped[Now]
    state_from: Mapped[str | None]
    state_to: Mapped[str | None]
    body: Mapped[str | None]
    public: Mapped[bool] = mapped_column(server_default="true")
    data: Mapped[Json]

    __table_args__ = (
        Index("ix_event_ticket", "ticket_id", "id", postgresql_where=text("ticket_id IS NOT NULL")),
        Index(
            "ix_event_contribution",
            "contribution_id",
            "id",
            postgresql_where=text("contribution_id IS NOT NULL"),
        ),
        # The log of moderators' decisions.
        Index(
            "ix_event_moderation",
            "id",
            postgresql_where=text(
                "type IN ('hidden', 'restored', 'published', 'kept', 'edited', 'photo_hidden', 'photo_restored')"
            ),
        ),
        CheckConstraint("ticket_id IS NOT NULL OR contribution_id IS NOT NULL", name="about_something"),
    )
