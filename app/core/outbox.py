"""The outbox: work is written down in the same transaction as the fact that asks for it.

A row lives until its work is done; the relay tells RQ about it, and tells it again as long as the row is there.
Redis may therefore lose everything. A handler takes the row's lock, works, deletes the row, commits: running it twice,
or killing it anywhere, changes nothing more than running it once.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, BigKey, Json, Now

CHANNEL = "auzolan_outbox"
"""The channel on which PostgreSQL says that the outbox has new rows (a trigger of the migrations)."""

AWAKE = 0x61757A63
"""Advisory lock that a relay holds while it looks at the outbox by itself, so that nobody has to wake it."""

INTAKE_QUEUE, DEFAULT_QUEUE, ANALYSIS_QUEUE = QUEUES = ("intake", "default", "analysis")
"""The queues of RQ: grouping and routing; one job a row; what may wait until nothing else does."""

DRAINED = ("intake", "hotspots", "contribution.address")
"""Topics whose rows are taken many in a job; any other row is a job of its own."""

CLIENT_PREFIX = "auzolan."
"""How our processes begin the names of their connections, to Redis and to PostgreSQL: `auzolan.ROLE.HOST.PID`."""

INTAKE = "intake"
"""The topic whose rows are drained in batches: a contribution to group and route (`subject_id` is its id)."""


class Outbox(Base):
    """One piece of work that waits, with what went wrong so far."""

    __tablename__ = "outbox"

    id: Mapped[BigKey]
    topic: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[Json]
    created_at: Mapped[Now]
    due_at: Mapped[Now]
    enqueued_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    last_error: Mapped[str | None]
    failed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("topic <> ''", name="topic_named"),
        Index("ix_outbox_due", "topic", "id", postgresql_where=text("failed_at IS NULL")),
        Index(
            "ix_outbox_rows",
            "enqueued_at",
            "due_at",
            postgresql_where=text("failed_at IS NULL AND topic NOT IN ('intake', 'hotspots', 'contribution.address')"),
        ),
    )


_ADD = text(
    """
    INSERT INTO outbox (topic, subject_id, payload, due_at)
    VALUES (:topic, :subject_id, CAST(:payload AS jsonb), now() + make_interval(secs => :delay_s))
    RETURNING id
    """
)


def add(
    session: Session,
    *,
    topic: str,
    subject_id: int | None = None,
    payload: dict[str, Any] | None = None,
    delay_s: float = 0,
) -> int:
    """Write down one piece of work in the caller's transaction and return its id."""
    row = session.execute(
        _ADD,
        {"topic": topic, "subject_id": subject_id, "payload": json.dumps(payload or {}), "delay_s": delay_s},
    )
    return int(row.scalar_one())
