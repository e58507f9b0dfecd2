"""What left the house, by a unique key: the same effect is never repeated. What each reader has to hear of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Key, Now


class Delivery(Base):
    """One effect outside (a mail), its unique key and what became of it."""

    __tablename__ = "delivery"

    key: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(server_default="mail")
    at: Mapped[Now]
    result: Mapped[str] = mapped_column(server_default="sent")


class Notification(Base):
    """One thing that one reader hears, once: an event of what they follow or wrote. Its words are made when it is read
    or sent, from what is public at that moment, so that nothing hidden since is told.
    """

    __tablename__ = "notification"

    id: Mapped[BigKey]
    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("event.id", ondelete="CASCADE"))
    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), index=True
    )
    follow_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("follow.id", ondelete="CASCADE"), index=True)
    """Null: they hear as the author."""
    reader: Mapped[str]
    """The address in lower case, or the person in hexadecimal digits."""
    email: Mapped[str | None]
    person: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str]
    frequency: Mapped[str] = mapped_column(server_default="now")
    at: Mapped[Now]
    due_at: Mapped[Now]
    """When it may be sent: after the quiet hours, or with the next digest."""
    mailed_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("event_id", "reader"),
        Index("ix_notification_reader", "reader", text("id DESC")),
        Index(
            "ix_notification_digest",
            "due_at",
            postgresql_where=text("mailed_at IS NULL AND email IS NOT NULL AND frequency <> 'now'"),
        ),
    )


class PushSubscription(Base):
    """A browser that wishes to be told by push: the address that its maker gave it, and the keys to write to it."""

    __tablename__ = "push_subscription"

    id: Mapped[Key]
    person: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    created_at: Mapped[Now]
