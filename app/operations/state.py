"""The state of the machinery, read from where the truth is: the outbox in PostgreSQL; Redis only for what is alive."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.outbox import CHANNEL, CLIENT_PREFIX, QUEUES


@dataclass(frozen=True)
class Topic:
    """One kind of work: how much waits, since when, how much was given up. Seconds."""

    name: str
    waiting: int
    due: int
    retrying: int
    failed: int
    lag_s: float
    """Age of the oldest that is due and not done."""


@dataclass(frozen=True)
class Process:
    """A living process, by its connection. `idle_s`: seconds since it last said something to its server."""

    role: str
    host: str
    pid: int
    idle_s: float


@dataclass(frozen=True)
class Trouble:
    """A piece of work that went wrong at least once; given up when `failed_at` is set, else tried again at `due_at`."""

    id: int
    topic: str
    subject: str | None
    attempts: int
    error: str
    created_at: datetime
    due_at: datetime
    failed_at: datetime | None
    payload: dict[str, Any]


@dataclass(frozen=True)
class Throughput:
    """What came in lately, and how long the last hundred took from acknowledged to a ticket in a queue."""

    last_minute: int
    last_hour: int
    last_day: int
    unplaced: int
    median_s: float | None
    slowest_s: float | None


@dataclass(frozen=True)
class Machinery:
    """Everything at once. `queues` (jobs that wait in RQ) is None while Redis does not answer."""

    topics: tuple[Topic, ...]
    queues: dict[str, int] | None
    processes: tuple[Process, ...]
    troubles: tuple[Trouble, ...]
    throughput: Throughput

    @property
    def lag_s(self) -> float:
        """Age in seconds of the oldest piece of work that is due."""
        return max((topic.lag_s for topic in self.topics), default=0.0)

    @property
    def waiting(self) -> int:
        return sum(topic.waiting for topic in self.topics)

    @property
    def failed(self) -> int:
        return sum(topic.failed for topic in self.topics)

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles without any living process: nothing of theirs is done until one starts."""
        alive = {process.role for process in self.processes}
        return tuple(role for role in ROLES if role not in alive)

    def as_document(self) -> dict[str, Any]:
        """Plain data, for `auzolan jobs status --json`."""
        return {
            **asdict(self),
            "lag_s": self.lag_s,
            "waiting": self.waiting,
            "failed": self.failed,
            "missing": list(self.missing),
        }


ROLES = ("relay", "worker-intake", "worker-default", "scheduler")

_TOPICS = text(
    """
    SELECT topic, count(*) FILTER (WHERE failed_at IS NULL),
           count(*) FILTER (WHERE failed_at IS NULL AND due_at <= now()),
           count(*) FILTER (WHERE failed_at IS NULL AND attempts > 0),
           count(*) FILTER (WHERE failed_at IS NOT NULL),
           coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE failed_at IS NULL AND due_at <= now())), 0)
    FROM outbox GROUP BY topic ORDER BY topic
    """
)

_TROUBLES = text(
    """
    SELECT o.id, o.topic, coalesce(c.reference, o.subject_id::text) AS subject, o.attempts,
           coalesce(o.last_error, '') AS error, o.created_at, o.due_at, o.failed_at, o.payload
    FROM outbox o
    LEFT JOIN photo p ON o.topic = 'photo' AND p.id = o.subject_id
    LEFT JOIN contribution c ON c.id = coalesce(p.contribution_id, CASE WHEN o.topic = 'intake' THEN o.subject_id END)
    WHERE (o.failed_at IS NOT NULL OR o.attempts > 0) AND o.id = coalesce(:id, o.id)
      AND (CAST(:territories AS int[]) IS NULL OR c.id IS NULL
           OR c.territory_id = ANY(CAST(:territories AS int[])))
    ORDER BY o.failed_at DESC NULLS LAST, o.id LIMIT :most
    """
)
_ONE = text(_TROUBLES.text.replace("(o.failed_at IS NOT NULL OR o.attempts > 0) AND", ""))

# Per territory, because that is how the index goes.
_THROUGHPUT = text(
    """
    SELECT coalesce(sum(n.minute), 0), coalesce(sum(n.hour), 0), coalesce(sum(n.day), 0)
    FROM territory t CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE created_at > now() - interval '1 minute') AS minute,
             count(*) FILTER (WHERE created_at > now() - interval '1 hour') AS hour, count(*) AS day
      FROM contribution c WHERE c.territory_id = t.id AND c.created_at > now() - interval '1 day'
    ) AS n
    """
)
_DELAYS = text(
    """
    SELECT count(*) FILTER (WHERE placed IS NULL),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM placed - received)),
           extract(epoch FROM max(placed - received))
    FROM (
      SELECT c.received_at AS received,
             coalesce((SELECT min(at) FROM event e WHERE e.contribution_id = c.id AND e.type = 'grouped'),
                      (SELECT min(at) FROM event e WHERE e.ticket_id = c.ticket_id AND e.type = 'routed')) AS placed
      FROM contribution c WHERE c.source IS NULL ORDER BY c.id DESC LIMIT 100
    ) AS latest
    """
)
_DATABASE_PROCESSES = text(
    """
    SELECT application_name AS name, extract(epoch FROM now() - state_change) AS idle_s FROM pg_stat_activity
    WHERE datname = current_database() AND application_name ~ '^auzolan[.](relay|scheduler)[.]' ORDER BY 1
    """
)


def machinery(
    session: Session, redis: Redis, *, most: int = 50, territory_ids: Collection[int] | None = None
) -> Machinery:
    """How everything stands now; at most `most` troubles, none about a contribution outside these territories (None:
    all of them)."""
    wanted = None if territory_ids is None else sorted(territory_ids)
    troubles = session.execute(_TROUBLES, {"id": None, "most": most, "territories": wanted})
    return Machinery(
        topics=tuple(
            Topic(row[0], row[1], row[2], row[3], row[4], float(row[5])) for row in session.execute(_TOPICS).all()
        ),
        queues=_queues(redis),
        processes=(*_database_processes(session), *_workers(redis)),
        troubles=tuple(Trouble(**row._mapping) for row in troubles),
        throughput=_throughput(session),
    )


def trouble(session: Session, outbox_id: int) -> Trouble:
    """One piece of work that waits. Raises `NotFound` when it is done, or never was."""
    row = session.execute(_ONE, {"id": outbox_id, "most": 1, "territories": None}).one_or_none()
    if row is None:
        raise NotFound("No such job waits: it is done, or never was.")
    return Trouble(**row._mapping)


def retry(session: Session, *, outbox_id: int | None) -> int:
    """Try again now what went wrong: one job, or every one that was given up (None). The caller commits.

    Returns how many will be tried.
    """
    which = "failed_at IS NOT NULL" if outbox_id is None else "id = :id AND (failed_at IS NOT NULL OR attempts > 0)"
    rows = session.execute(
        text(
            f"UPDATE outbox SET failed_at = NULL, attempts = 0, due_at = now(), enqueued_at = NULL WHERE {which} "  # noqa: S608 - constants
            "RETURNING id"
        ),
        {"id": outbox_id},
    ).all()
    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return len(rows)


def _queues(redis: Redis) -> dict[str, int] | None:
    try:
        return {name: int(redis.llen(f"rq:queue:{name}")) for name in QUEUES}
    except RedisError:
        return None


def _workers(redis: Redis) -> list[Process]:
    """Workers by the names of their connections: unlike RQ's own register, true even after Redis was flushed."""
    try:
        clients: Any = redis.client_list()
    except RedisError:
        return []
    found: dict[str, Process] = {}
    for client in clients:
        process = _process(client.get("name", ""), float(client.get("idle", 0)))
        if process is not None and process.role.startswith("worker-"):
            # A process has several connections: the most recent sign of life counts.
            known = found.setdefault(f"{process.role} {process.host} {process.pid}", process)
            if process.idle_s < known.idle_s:
                found[f"{process.role} {process.host} {process.pid}"] = process
    return [found[key] for key in sorted(found)]


_NAME = re.compile(rf"{re.escape(CLIENT_PREFIX)}([a-z-]+)[.](.+?)[.](\d+)(?:[.][0-9a-f]+)?$")


def _process(name: str, idle_s: float) -> Process | None:
    """What `workers.queues.client_name` wrote, RQ's random end included."""
    match = _NAME.match(name)
    return Process(match[1], match[2], int(match[3]), max(idle_s, 0.0)) if match else None


def _database_processes(session: Session) -> list[Process]:
    rows = session.execute(_DATABASE_PROCESSES).all()
    return [process for row in rows if (process := _process(row.name, float(row.idle_s)))]


def _throughput(session: Session) -> Throughput:
    minute, hour, day = session.execute(_THROUGHPUT).one()
    unplaced, median, slowest = session.execute(_DELAYS).one()
    return Throughput(
        last_minute=int(minute),
        last_hour=int(hour),
        last_day=int(day),
        unplaced=int(unplaced),
        median_s=None if median is None else float(median),
        slowest_s=None if slowest is None else float(slowest),
    )
