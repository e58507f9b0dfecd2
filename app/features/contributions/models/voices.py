"""Who carries a contribution, what they voted, and who wishes to hear of it."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Now, point

FREQUENCIES = ("now", "day", "week")


class Support(Base):
    """One person carries a contribution, or votes on an idea, once: the key makes it so, whatever the clicks."""

    __tablename__ = "support"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, index=True)
    """SHA-256 of who: an account, a resident's own 32 bytes, or the secret that a browser keeps (`person.py`)."""
    value: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """1 for a support; −2 to 2 in a process that votes on a scale, −1 or 1 for or against."""
    created_at: Mapped[Now]
    """When it took this value."""

    __table_args__ = (CheckConstraint("value BETWEEN -2 AND 2", name="value_on_the_scale"),)


class Tally(Base):
    """What the votes on an idea add up to, hidden or not. Written by `supporting` alone, with each vote."""

    __tablename__ = "tally"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    carried: Mapped[int] = mapped_column(server_default="0")
    """Supports that came as a number, without their people: an import's."""
    minus2: Mapped[int] = mapped_column(server_default="0")
    minus1: Mapped[int] = mapped_column(server_default="0")
    zero: Mapped[int] = mapped_column(server_default="0")
    plus1: Mapped[int] = mapped_column(server_default="0")
    plus2: Mapped[int] = mapped_column(server_default="0")


class Follow(Base):
    """Somebody who wishes to hear of a contribution, a category, a zone, a process or what is around a place.

    By e-mail, which hears nothing before it is confirmed; or as a person, in their own list and on their devices.
    """

    __tablename__ = "follow"

    id: Mapped[BigKey]
    subject: Mapped[str]
    """`contribution:12`, `category:3`, `zone:7`, `process:2` or `place:-1.47500,43.48500,300`: once a reader."""
    contribution_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"))
    process_id: Mapped[int | None] = mapped_column(ForeignKey("process.id", ondelete="CASCADE"))
    place: Mapped[WKBElement | None] = mapped_column(point())
    radius_m: Mapped[int | None]
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    """The town asked, with what nests in it, for a category or a place."""
    reader: Mapped[str]
    """The address in lower case, or the person in hexadecimal digits."""
    email: Mapped[str | None]
    person: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(server_default="fr")
    frequency: Mapped[str] = mapped_column(server_default="now")
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_to: Mapped[int | None] = mapped_column(SmallInteger)
    """Hours of the town's clock between which nothing is sent; null: those of the resident, if any."""
    asked_at: Mapped[Now]
    """When the last mail that asks for confirmation was ordered: not more than one in 15 minutes."""
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(contribution_id, category_id, zone_id, place, process_id) = 1", name="one_subject"
        ),
        CheckConstraint("num_nonnulls(email, person) = 1", name="one_reader"),
        CheckConstraint("place IS NULL OR (radius_m BETWEEN 50 AND 5000)", name="radius_known"),
        CheckConstraint(f"frequency IN {FREQUENCIES}", name="frequency_known"),
        CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23", name="quiet_hours"),
        UniqueConstraint("subject", "reader"),
        Index("ix_follow_contribution_id", "contribution_id"),
        Index("ix_follow_reader", "reader"),
        # Few follow an area: whoever places a contribution looks here whether anybody does.
        Index("ix_follow_area", "territory_id", postgresql_where=text("contribution_id IS NULL")),
    )
