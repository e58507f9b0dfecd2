"""One row of the outbox at a time: lock it, work, delete it, commit; or say why not and try again later."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import database_went_away
from app.core.redaction import impersonal
from workers.runtime import settings, work_session

log = structlog.get_logger("workers")

Handler = Callable[[Session, int | None, Mapping[str, Any]], None]
"""Given a session, the subject's id and the payload; it writes, and does not commit."""

BACKOFF_S = (5, 30, 300, 1_800, 7_200, 21_600)
"""Seconds to wait before each new try."""

DIED = "the worker died while doing this"

# A row that another process works on is locked: skip it, rather than wait and do it twice.
_TAKE = text(
    "SELECT id, topic, subject_id, payload, attempts FROM outbox WHERE id = :id AND failed_at IS NULL "
    "FOR UPDATE SKIP LOCKED"
)
_IS_THERE = text("SELECT EXISTS (SELECT FROM outbox WHERE id = :id AND failed_at IS NULL)")
_DONE = text("DELETE FROM outbox WHERE id = :id")
_LATER = text(
    """
    UPDATE outbox SET attempts = attempts + 1, last_error = :error, enqueued_at = NULL,
      due_at = now() + make_interval(secs => (CAST(:backoff_s AS float8[]))[least(attempts + 1, :steps)]),
      failed_at = CASE WHEN attempts + 1 >= :most THEN now() END
    WHERE id = ANY(:ids)
    """
)


def run_row(outbox_id: int, handlers: Mapping[str, Handler]) -> None:
    """Do one row's work. Running it twice, or killing it anywhere, changes nothing more than running it once."""
    with work_session(outbox_id=outbox_id) as session:
        try:
            row = _take(session, outbox_id)
            if row is None:
                session.rollback()
                return
            with structlog.contextvars.bound_contextvars(topic=row.topic, request_id=row.payload.get("request_id", "")):
                handlers[row.topic](session, row.subject_id, row.payload)
            session.execute(_DONE, {"id": outbox_id})
            session.commit()
        except Exception as error:
            session.rollback()
            if database_went_away(error):
                # Nothing was written, and the sweep will ask again.
                log.warning("database_went_away")
                return
            log.exception("job_failed")
            put_off(session, outbox_id, error=error)
            session.commit()


def _take(session: Session, outbox_id: int) -> Any:
    """The row, locked; None when it is done, or when somebody else does it."""
    for _ in range(2):
        row = session.execute(_TAKE, {"id": outbox_id}).one_or_none()
        if row is not None or not session.execute(_IS_THERE, {"id": outbox_id}).scalar_one():
            return row
        # The relay holds a row for an instant when it looks after the lost ones; a worker holds it much longer.
        time.sleep(0.2)
    return None


def put_off(session: Session, *outbox_ids: int, error: BaseException | str) -> None:
    """Note what went wrong and when to try again; after the last try the row waits for an operator."""
    words = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    session.execute(
        _LATER,
        {
            "ids": list(outbox_ids),
            "error": impersonal(words.replace("\x00", ""))[:2000],
            "backoff_s": [float(seconds) for seconds in BACKOFF_S],
            "steps": len(BACKOFF_S),
            "most": settings().jobs.max_attempts,
        },
    )
