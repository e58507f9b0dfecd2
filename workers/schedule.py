"""What must be done by the clock. One scheduler leads at a time: it holds an advisory lock in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.db import database_went_away, dead_peer_options, plain_url
from workers.queues import client_name
from workers.runtime import settings, work_session

log = structlog.get_logger("scheduler")

LEADER = 0x61757A73


@dataclass(frozen=True)
class Task:
    """Something to do every `every_s` seconds, in one transaction."""

    name: str
    every_s: float
    do: Callable[[Session], None]


def forget_promises(session: Session) -> None:
    """Idempotency keys are kept 24 hours; those of drafts 30 days, for a telephone may stay in a drawer."""
    session.execute(
        text(
            "DELETE FROM idempotency WHERE created_at < now() - "
            "CASE WHEN key LIKE 'draft-%' THEN interval '30 days' ELSE interval '24 hours' END"
        )
    )


def forget_proofs(session: Session) -> None:
    """A proof of work is too old after ten minutes; that it was used need not be known for longer."""
    session.execute(text("DELETE FROM proof_spent WHERE at < now() - interval '1 hour'"))


def age_hotspots(session: Session) -> None:
    """The window slides even where nothing happens: every partition that has hotspots is computed again."""
    outbox.add(session, topic="hotspots", payload={"all": True})


def order_digests(session: Session) -> None:
    """Those who wish to hear once a day or a week, when it is time."""
    from app.features.contributions import telling

    telling.order_digests(session)


def sweep(session: Session) -> None:
    """What serves nothing any more goes: files without a photo, empty cells of the map, addresses never confirmed,
    links to sign in and sessions that have ended, files of one's data that nobody fetched.
    """
    from app.core.storage import open_storage
    from app.features.accounts.residents import forget_ended
    from app.features.contributions.following import forget_unconfirmed
    from app.features.contributions.pyramid import drop_empty_cells
    from app.features.contributions.sweeping import sweep_files
    from app.features.residents.exporting import forget_exports

    storage = open_storage(settings().storage.location)
    log.info(
        "swept",
        files=sweep_files(session, storage) + forget_exports(session, storage),
        cells=drop_empty_cells(session),
        follows=forget_unconfirmed(session),
        sign_ins=forget_ended(session),
    )


def sort_words(session: Session) -> None:
    """Searching stays quick while many write."""
    from app.features.contributions import words

    words.sort_words(session)


def learn_words(session: Session) -> None:
    """How the town speaks, for questions with typing errors."""
    from app.features.contributions import words

    log.info("learned", words=words.learn_words(session))


def tell_counts(session: Session) -> None:
    """What a process hid until its close is told once it is closed."""
    from app.features.contributions.supporting import tell_counts_of_closed

    log.info("told", processes=tell_counts_of_closed(session))


def learn_categories(session: Session) -> None:
    """Which words speak of which category, for the suggestions of the form."""
    from app.core.storage import open_storage
    from app.features.contributions import suggesting

    towns = suggesting.learn_everywhere(session, open_storage(settings().storage.location))
    log.info("learned_categories", towns=towns)


def order_retention(session: Session) -> None:
    """What is personal goes, so many days after closing."""
    from app.features.retention.services import order_all

    order_all(session)


TASKS: Sequence[Task] = (
    Task("order_retention", 24 * 3600, order_retention),
    Task("learn_categories", 24 * 3600, learn_categories),
    Task("sort_words", 10, sort_words),
    Task("learn_words", 3600, learn_words),
    Task("tell_counts", 20, tell_counts),
    Task("forget_promises", 600, forget_promises),
    Task("order_digests", 600, order_digests),
    Task("age_hotspots", 6 * 3600, age_hotspots),
    Task("sweep", 24 * 3600, sweep),
)


def run(stopping: Callable[[], bool], tasks: Sequence[Task] = TASKS) -> None:
    """Do each task when its time comes, as long as this process leads."""
    due = {task.name: time.monotonic() + 5 for task in tasks}
    while not stopping():
        try:
            _lead(stopping, tasks, due)
        except (SQLAlchemyError, psycopg.Error) as error:
            log.warning("scheduler_waits", error=(str(error) or type(error).__name__).splitlines()[0])
            time.sleep(1)


def _lead(stopping: Callable[[], bool], tasks: Sequence[Task], due: dict[str, float]) -> None:
    # A session lock on a connection of its own: it is let go when this process dies, however it dies.
    dsn = plain_url(settings().database.url)
    with psycopg.connect(
        dsn, autocommit=True, application_name=client_name("scheduler"), **dead_peer_options(5_000)
    ) as connection:
        leads = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER,)).fetchone()
        if not leads or not leads[0]:
            time.sleep(2)
            return
        log.info("leading")
        while not stopping():
            connection.execute("SELECT 1")
            for task in tasks:
                if time.monotonic() >= due[task.name]:
                    due[task.name] = time.monotonic() + task.every_s
                    _do(task)
            time.sleep(1)


def _do(task: Task) -> None:
    with work_session(task=task.name) as session:
        try:
            task.do(session)
            session.commit()
            log.debug("done")
        except Exception as error:
            # A task that fails must not keep the others from their time; it has its own again.
            if database_went_away(error):
                raise
            session.rollback()
            log.exception("task_failed")
