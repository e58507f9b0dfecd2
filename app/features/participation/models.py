"""What people say under an idea, its former versions, and the ideas that were united."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Now

STANCES = ("for", "against", "neutral")
COMMENT_STATES = ("pending", "public", "hidden", "removed")
PHOTOS_MAX = 2
"""Photos of a comment."""


class Comment(Base):
    """An argument, a remark, or the town's answer, at its place in a thread."""

    __tablename__ = "comment"

    id: Mapped[BigKey]
    contribution_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    path: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    """The ids from the first comment of the thread to itself: in this order, a thread reads as it was said."""
    stance: Mapped[str] = mapped_column(server_default="neutral")
    body: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    person: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The same digest as a vote's; null once its person has erased themselves."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    """Who answered for the town."""
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id", ondelete="SET NULL"))
    """The service in whose name the town answers; null for a resident's words."""
    state: Mapped[str] = mapped_column(server_default="public")
    agrees: Mapped[int] = mapped_column(server_default="0")
    email: Mapped[str | None]
    """Where to tell its author that somebody answered."""
    muted_at: Mapped[datetime | None]
    sending: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """Digest of what makes a sending one and the same: sent twice, it is kept once."""
    created_at: Mapped[Now]

    __table_args__ = (
        CheckConstraint(f"stance IN {STANCES}", name="stance_known"),
        CheckConstraint(f"state IN {COMMENT_STATES}", name="state_known"),
        CheckConstraint("char_length(body) <= 2000", name="body_length"),
        Index("ix_comment_thread", "contribution_id", "path"),
    )


class CommentAgree(Base):
    """One person finds an argument right, once."""

    __tablename__ = "comment_agree"

    comment_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[Now]


class IdeaVersion(Base):
    """How an idea read before its author amended it."""

    __tablename__ = "idea_version"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    title: Mapped[str | None]
    body: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    """What its author said of the change that replaced it."""
    replaced_at: Mapped[Now]


class IdeaUnion(Base):
    """Ideas that stand together: merged into another, grouped under one title, or one that gave way to another.

    Nothing is moved nor closed by it: undoing it is to say so here.
    """

    __tablename__ = "idea_union"

    id: Mapped[BigKey]
    kind: Mapped[str]
    result_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(server_default="")
    why: Mapped[str] = mapped_column(server_default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """Who united them; null: the author gave way."""
    at: Mapped[Now]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    undone_why: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        CheckConstraint("kind IN ('merge', 'group', 'yield')", name="kind_known"),
        CheckConstraint("(kind = 'group') = (result_id IS NULL)", name="result_unless_group"),
    )


class IdeaUnionPart(Base):
    """One of the ideas of a union."""

    __tablename__ = "idea_union_part"

    union_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("idea_union.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    contribution_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("contribution.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )


class IdeaInvitation(Base):
    """One person who carried a part is asked, once, whether they carry the whole."""

    __tablename__ = "idea_invitation"

    union_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("idea_union.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("answer IN ('yes', 'no')", name="answer_known"),)
