"""What people said, where, with which photos, and what the map shows of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Json, Now, point

CHANNELS = ("web", "api", "phone", "desk", "paper", "workshop", "chat", "import")
VISIBILITIES = ("pending", "public", "hidden", "withdrawn")

WORDS = (
    "to_tsvector(CASE language WHEN 'en' THEN 'auzolan_en'::regconfig WHEN 'eu' THEN 'auzolan_eu'::regconfig "
    "ELSE 'auzolan_fr'::regconfig END, "
    "coalesce(title, '') || ' ' || body || ' ' || coalesce(address, ''))"
)


class Contribution(Base):
    """One thing one person said about one place. `state` mirrors its ticket's, so that maps and lists filter alone."""

    __tablename__ = "contribution"

    id: Mapped[BigKey]
    reference: Mapped[str] = mapped_column(unique=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    kind: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    title: Mapped[str | None]
    body: Mapped[str] = mapped_column(server_default="")
    answers: Mapped[Json]
    geom: Mapped[WKBElement] = mapped_column(point())
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    address: Mapped[str | None]
    h3: Mapped[int] = mapped_column(BigInteger)
    """H3 index at resolution 11, computed once at intake."""
    zone_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    visibility: Mapped[str] = mapped_column(server_default="public")
    state: Mapped[str] = mapped_column(server_default="new")
    created_at: Mapped[Now]
    """When it was said; an imported row keeps its own day."""
    changed_at: Mapped[datetime | None]
    """When somebody of the town last did what everybody may read of: a state, an answer, a place. Null: not yet."""
    received_at: Mapped[Now]
    ticket_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ticket.id"))
    photo_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    supports: Mapped[int | None] = mapped_column(server_default="0")
    """How many carry it; null while its process hides the counts, so that no reader can tell them."""
    bubble: Mapped[int | None] = mapped_column(SmallInteger)
    """Pixels of an idea's disc on the map (`supporting.bubble_size`); null before the first vote: read it by `DISC`."""
    process_id: Mapped[int | None] = mapped_column(ForeignKey("process.id"))
    """In which process an idea was said; a trigger of the migrations chooses it."""
    follow_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 of the token in the private follow link."""
    source: Mapped[str | None]
    source_id: Mapped[str | None]
    words: Mapped[str] = mapped_column(
        TSVECTOR, Computed(WORDS, persisted=True), deferred=True, deferred_raiseload=True
    )
    """Its words, as its language's dictionary reads them; only the database uses it."""

    __table_args__ = (
        CheckConstraint("kind IN ('problem', 'praise', 'proposal')", name="kind_known"),
        CheckConstraint(f"channel IN {CHANNELS}", name="channel_known"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility_known"),
        CheckConstraint("char_length(body) <= 4000", name="body_length"),
        Index(
            "ix_contribution_public",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("visibility = 'public'"),
        ),
        Index("ix_contribution_recent", "territory_id", text("created_at DESC"), text("id DESC")),
        # Few are carried or acted on, none when it is written: whoever writes pays nothing for these two orders.
        Index(
            "ix_contribution_carried",
            "territory_id",
            text("supports DESC"),
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("visibility = 'public' AND supports > 0"),
        ),
        Index(
            "ix_contribution_changed",
            "territory_id",
            text("changed_at DESC"),
            text("id DESC"),
            postgresql_where=text("visibility = 'public' AND changed_at IS NOT NULL"),
        ),
        Index("ix_contribution_category", "category_id", "created_at"),
        Index("ix_contribution_ticket", "ticket_id"),
        Index("ix_contribution_process", "process_id", postgresql_where=text("process_id IS NOT NULL")),
        # Few wait or are hidden: the moderators' queue reads them here.
        Index(
            "ix_contribution_moderated",
            "visibility",
            "created_at",
            postgresql_where=text("visibility IN ('pending', 'hidden')"),
        ),
        # Whoever writes only notes the words; the scheduler sorts them in every few seconds.
        Index(
            "ix_contribution_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "on", "gin_pending_list_limit": 65536},
        ),
        Index(
            "uq_contribution_source",
            "source",
            "source_id",
            unique=True,
            postgresql_where=text("source IS NOT NULL"),
        ),
    )


class Contact(Base):
    """How to reach an author who wished it; apart, so that public queries cannot meet it."""

    __tablename__ = "contribution_contact"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    silent: Mapped[bool] = mapped_column(server_default="false")
    """Do not contact me."""

    __table_args__ = (
        Index(
            "ix_contribution_contact_email",
            text("lower(email)"),
            postgresql_where=text("email IS NOT NULL"),
        ),
    )


class Photo(Base):
    """A photo: the private original by its digest, the public derivatives by a random key."""

    __tablename__ = "photo"

    id: Mapped[BigKey]
    contribution_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), index=True
    )
    comment_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("comment.id", ondelete="CASCADE"))
    """The comment it was sent with; it is then no photo of the contribution."""
    position: Mapped[int] = mapped_column(SmallInteger)
    original_key: Mapped[str] = mapped_column(index=True)
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    public_key: Mapped[str | None] = mapped_column(unique=True)
    """Null until the derivatives exist; renewed when they change, so that old addresses die."""
    placeholder: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="pending")
    hidden: Mapped[bool] = mapped_column(server_default="false")
    covered: Mapped[list[list[float]]] = mapped_column(JSONB, server_default="[]")
    """What a moderator painted over: left, top, right, bottom as fractions of the upright picture."""
    faces_left: Mapped[bool] = mapped_column(server_default="false")
    """A moderator said that what was blurred here is no face: none is looked for."""
    taken_at: Mapped[datetime | None]
    created_at: Mapped[Now]

    __table_args__ = (
        UniqueConstraint("contribution_id", "position", deferrable=True),
        CheckConstraint("num_nonnulls(contribution_id, comment_id) = 1", name="one_owner"),
        Index("ix_photo_comment_id", "comment_id", postgresql_where=text("comment_id IS NOT NULL")),
        CheckConstraint("state IN ('pending', 'ready', 'failed')", name="state_known"),
    )


class FormerPicture(Base):
    """An address at which a picture was once: it says "gone" from then on, and not "never was"."""

    __tablename__ = "former_picture"

    public_key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Now]


class Hold(Base):
    """A contribution that waits for a moderator before any service hears of it; the row goes when it is let go."""

    __tablename__ = "contribution_hold"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    why: Mapped[str]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("block_entry.id", ondelete="SET NULL"))
    """The entry of the block list that held it."""
    at: Mapped[Now]

    __table_args__ = (CheckConstraint("why IN ('blocked', 'unproved')", name="why_known"),)


class ProofSpent(Base):
    """A proof of work that was used: it opens nothing twice. Swept once it would be too old anyway."""

    __tablename__ = "proof_spent"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[Now]


class Idempotency(Base):
    """The answer given to a key, kept 24 hours (30 days for a draft's): the same request gets it again."""

    __tablename__ = "idempotency"

    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    response: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[Now] = mapped_column(index=True)


class MapCell(Base):
    """The pyramid: what a cell (1/8 of a tile's side) of one tile holds, as sums that add and take away exactly.

    `category_id` 0 sums all categories; `week` 0 sums all time, else it counts weeks since 1970-01-05 (UTC).
    Weeks are kept for category 0 only. Written by `pyramid.change_cells` alone.
    """

    __tablename__ = "map_cell"

    tile: Mapped[int] = mapped_column(autoincrement=False)
    """Level, column and row in one number (`geodata.pyramid.tile_number`): a short key is a fast key."""
    category_id: Mapped[int]
    week: Mapped[int] = mapped_column(SmallInteger)
    territory_id: Mapped[int]
    cell: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[int] = mapped_column(SmallInteger)
    """0 problem, 1 praise, 2 proposal."""
    standing: Mapped[int] = mapped_column(SmallInteger)
    """0 open (any state that is not closed), 1 done, 2 declined, 3 reunited with another (`duplicate`)."""
    n: Mapped[int]
    sum_x: Mapped[int] = mapped_column(BigInteger)
    """Sums of positions on the grid of `geodata.pyramid` (2^30 a side): the centroid is `sum_x / n`, `sum_y / n`."""
    sum_y: Mapped[int] = mapped_column(BigInteger)
    sum_id: Mapped[int] = mapped_column(BigInteger)
    """Sum of the contributions' ids: where `n` is 1, it is the contribution."""

    __table_args__ = (
        PrimaryKeyConstraint("tile", "category_id", "week", "territory_id", "cell", "kind", "standing"),
        # Room on each page: counts change in place, without touching the key's index.
        {"postgresql_with": {"fillfactor": 70}},
    )


class SearchWord(Base):
    """A word that the public contributions use, for questions with typing errors; made again by the scheduler."""

    __tablename__ = "search_word"

    plain: Mapped[str] = mapped_column(primary_key=True)
    """Without accents, in small letters."""
    word: Mapped[str]
    """As most write it."""
    n: Mapped[int]

    __table_args__ = (
        Index("ix_search_word_alike", "plain", postgresql_using="gin", postgresql_ops={"plain": "gin_trgm_ops"}),
    )


class Authorship(Base):
    """Who wrote a contribution, for their own space only; nobody's once the row is gone."""

    __tablename__ = "authorship"

    contribution_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contribution.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    """A resident, or the digest of the secret that a browser keeps (`person.py`)."""
    at: Mapped[Now]


class SharePicture(Base):
    """The picture that a shared link shows: of `contribution:12`, or of `town:3:fr`."""

    __tablename__ = "share_picture"

    subject: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    """SHA-256 of what it shows, in hexadecimal digits: another digest now means that it is stale."""
    key: Mapped[str]
    made_at: Mapped[Now]
