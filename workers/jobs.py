"""One row of the outbox at a time: lock it, work, delete it, commit; or say why not and try again later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from workers.runtime import settings, work_session

log = structlog.get_logger("workers")

Handler = Callable[[Session, int | None, Mapping[str, Any]], None]
"""Given a session, the subject's id and the payload; it writes, and does not commit."""

BACKOFF_S = (5, 30, 300, 1_800, 7_200, 21_600)
"""Seconds to wait before each new try."""

# A row that another process works on is locked: skip it, rather than wait and do it twice.
_TAKE = text(
    "SELECT id, topic, subject_id, payload, attempts FROM outbox WHERE id = :id AND failed_at IS NULL "
    "FOR UPDATE SKIP LOCKED"
)
_DONE = text("DELETE FROM outbox WHERE id = :id")
_LATER = text(
    """
    UPDATE outbox SET attempts = attempts + 1, last_error = :error, enqueued_at = NULL,
      due_at = now() + make_interval(secs => :delay_s),
      failed_at = CASE WHEN attempts + 1 >= :most THEN now() END
    WHERE id = :id
    """
)


def run_row(outbox_id: int, handlers: Mapping[str, Handler]) -> None:
    """Do one row's work. Running it twice, or killing it anywhere, changes nothing more than running it once."""
    with work_session(outbox_id=outbox_id) as session:
        row = session.execute(_TAKE, {"id": outbox_id}).one_or_none()
        if row is None:
            session.rollback()
            return
        structlog.contextvars.bind_contextvars(topic=row.topic, request_id=row.payload.get("request_id", ""))
        try:
            handlers[row.topic](session, row.subject_id, row.payload)
            session.execute(_DONE, {"id": outbox_id})
            session.commit()
        except (OperationalError, InterfaceError):
            # The database went away: nothing was written, and the sweeper will ask again.
            session.rollback()
            log.warning("database_went_away")
        except Exception as error:
            session.rollback()
            log.exception("job_failed", attempts=row.attempts + 1)
            put_off(session, outbox_id, attempts=row.attempts, error=error)
            session.commit()


def put_off(session: Session, outbox_id: int, *, attempts: int, error: BaseException) -> None:
    """Note what went wrong and when to try again; after the last try the row waits for an operator."""
    delay_s = BACKOFF_S[min(attempts, len(BACKOFF_S) - 1)]
    words = f"{type(error).__name__}: {error}"[:2000]
    values = {"id": outbox_id, "error": words, "delay_s": delay_s, "most": settings().jobs.max_attempts}
    session.execute(_LATER, values)
