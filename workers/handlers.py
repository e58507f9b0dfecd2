"""What RQ calls. A drain takes whatever waits; a row is one piece of work. Both may run twice."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.features.tickets.placing import drain_intake as place_due
from workers.jobs import Handler, put_off, run_row
from workers.queues import ASKED, connect
from workers.runtime import settings, work_session

log = structlog.get_logger("workers")

MOST_BATCHES = 500
"""Batches in one drain; then the worker looks at its other jobs, and the relay asks again."""

_NEXT = text(
    """
    SELECT id, attempts FROM outbox WHERE topic = 'intake' AND failed_at IS NULL AND due_at <= now()
    ORDER BY id LIMIT 1
    """
)


def drain_intake() -> int:
    """Group and route everything that waits; returns how many."""
    _clear_flag("intake")
    total = 0
    with work_session(topic="intake") as session:
        for _ in range(MOST_BATCHES):
            done = _drain_batch(session)
            total += done
            if not done:
                break
    return total


def _drain_batch(session: Session) -> int:
    try:
        done = place_due(session, limit=settings().jobs.batch)
        session.commit()
        return done
    except (OperationalError, InterfaceError):
        session.rollback()
        log.warning("database_went_away")
        return 0
    except Exception:
        session.rollback()
        log.exception("batch_failed")
        return _drain_one(session)


def _drain_one(session: Session) -> int:
    """One row alone, after its batch failed: the row that fails alone is the one to put off."""
    row = session.execute(_NEXT).one_or_none()
    if row is None:
        return 0
    try:
        place_due(session, limit=1)
        session.commit()
    except Exception as error:  # noqa: BLE001 - kept with its row
        session.rollback()
        put_off(session, row.id, attempts=row.attempts, error=error)
        session.commit()
    return 1


def _clear_flag(topic: str) -> None:
    # Before draining, never after: what arrives while we drain must be able to ask again.
    try:
        connect(settings().redis.url).delete(ASKED.format(topic=topic))
    except RedisError:
        log.warning("redis_went_away")


def run(outbox_id: int) -> None:
    """One row of the outbox, by its id."""
    run_row(outbox_id, HANDLERS)


def _derive_photo(session: Session, photo_id: int | None, payload: Mapping[str, Any]) -> None:
    from app.features.contributions.photos import derive_photo

    derive_photo(session, photo_id=photo_id or 0, location=settings().storage.location)


def _recompute_hotspots(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    hotspots = import_module("app.features.planning.hotspots")
    hotspots.mark_changed(session, [tuple(partition) for partition in payload.get("partitions", ())])
    hotspots.recompute_changed(session, limit=50)


def _nothing_to_tell(session: Session, _: int | None, payload: Mapping[str, Any]) -> None:
    """Followers are told by mail in a later release; the public page already shows the event."""


HANDLERS: Mapping[str, Handler] = {
    "photo": _derive_photo,
    "hotspots": _recompute_hotspots,
    "ticket.changed": _nothing_to_tell,
}
