"""The relay: tells RQ about rows of the outbox, within milliseconds, and again as long as they are there.

PostgreSQL wakes it (`LISTEN`); once awake it looks by itself until it has been quiet for a while, and holds a lock that
says so, because a transaction that notifies cannot share the disk's answer with its neighbours. A sweep every few
seconds finds what was missed: a flushed Redis, a job whose worker was killed, a retry that came due. It keeps nothing
of its own, so that killing it anywhere loses and doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import psycopg
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.utils import now as rq_now

from app.core.db import dead_peer_options, plain_url
from app.core.outbox import AWAKE, CHANNEL, DRAINED
from app.settings import JobSettings, Settings
from workers import queues

log = structlog.get_logger("relay")

POLL_S = 0.02
"""Seconds between two looks while awake."""
LINGER_S = 1.0
"""Seconds without work after which it sleeps until it is told."""

# The topics of `app.core.outbox.DRAINED` are spelled out, as in the index that answers this (`ix_outbox_rows`).
# Marked and committed before RQ hears of them: a worker that is faster than this transaction would find its row locked.
# A row marked whose job never reached RQ is found by the sweep.
_LOOK = """
WITH due AS (
  SELECT id FROM outbox
  WHERE failed_at IS NULL AND topic NOT IN ('intake', 'hotspots', 'contribution.address')
    AND enqueued_at IS NULL AND due_at <= now()
  ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE outbox o SET enqueued_at = now() FROM due WHERE o.id = due.id RETURNING o.id, o.topic
)
SELECT id, topic FROM claimed
UNION ALL
SELECT NULL, d.topic FROM unnest(%(drained)s::text[]) AS d(topic)
WHERE EXISTS (SELECT FROM outbox o WHERE o.topic = d.topic AND failed_at IS NULL AND due_at <= now())
"""

# A row that a worker holds is locked and skipped: one that can be locked has no worker, or not yet.
_STALE = """
SELECT id, topic FROM outbox
WHERE failed_at IS NULL AND topic NOT IN ('intake', 'hotspots', 'contribution.address')
  AND enqueued_at < now() - make_interval(secs => %(stale_s)s)
ORDER BY enqueued_at LIMIT 1000 FOR UPDATE SKIP LOCKED
"""

# The first death may be anybody's (a deploy, a crash of the machine): try again at once. Then wait longer and longer.
_SETTLE = """
WITH seen AS (SELECT * FROM unnest(%(ids)s::bigint[], %(fates)s::text[]) AS s(id, fate)),
free AS (SELECT o.id, s.fate FROM outbox o JOIN seen s ON s.id = o.id FOR UPDATE OF o SKIP LOCKED)
UPDATE outbox o SET
  enqueued_at = CASE WHEN fate = 'waits' THEN now() END,
  attempts = attempts + (fate = 'died')::int,
  last_error = CASE WHEN fate = 'died' THEN 'the worker died while doing this' ELSE last_error END,
  due_at = CASE WHEN fate = 'died' THEN now() + attempts * interval '30 s' ELSE due_at END,
  failed_at = CASE WHEN fate = 'died' AND attempts + 1 >= %(most)s THEN now() END
FROM free WHERE o.id = free.id
"""


class Relay:
    """`look` moves what is due, `sweep` finds what was lost, `run` does both for ever."""

    def __init__(self, *, database_url: str, redis: Redis, jobs: JobSettings) -> None:
        self._dsn = plain_url(database_url)
        self._redis = redis
        self._jobs = jobs
        self._taken: set[int] = set()
        """Rows whose job a worker had taken but not begun when last seen: a fork may be slow, or its worker dead."""

    def run(self, stopping: Callable[[], bool]) -> None:
        """Until told to stop. A lost database or Redis is waited for, not died of."""
        while not stopping():
            try:
                with psycopg.connect(
                    self._dsn,
                    autocommit=True,
                    application_name=queues.client_name("relay"),
                    **dead_peer_options(10_000),
                ) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    log.info("listening")
                    self._serve(connection, stopping)
            except (psycopg.OperationalError, RedisError) as error:
                log.warning("relay_waits", error=str(error).splitlines()[0] if str(error) else type(error).__name__)
                time.sleep(0.5)

    def _serve(self, connection: psycopg.Connection, stopping: Callable[[], bool]) -> None:
        next_sweep = busy_until = 0.0
        awake = False
        while not stopping():
            if time.monotonic() >= next_sweep:
                self.sweep(connection)
                next_sweep = time.monotonic() + self._jobs.sweep_s
            if self.look(connection):
                busy_until = time.monotonic() + LINGER_S
            if time.monotonic() < busy_until:
                awake = awake or _try_lock(connection)
                time.sleep(POLL_S)
            elif awake:
                # From here on writers notify; look once more for who wrote just before.
                connection.execute("SELECT pg_advisory_unlock(%s)", (AWAKE,))
                awake = False
            else:
                for _ in connection.notifies(timeout=self._jobs.sweep_s, stop_after=1):
                    break

    def look(self, connection: psycopg.Connection) -> int:
        """Tell RQ about everything due; returns how many rows and drains there were."""
        found = connection.execute(_LOOK, {"drained": list(DRAINED)}).fetchall()
        for outbox_id, topic in found:
            if outbox_id is None:
                self._ask_drain(queues.DRAINS[topic])
            else:
                self._enqueue(outbox_id, topic)
        return len(found)

    def _ask_drain(self, drain: queues.Drain) -> None:
        # A drain that still waits in the queue will begin after this moment, so it will see what we saw.
        waiting = queues.queue(drain.queue, self._redis)
        if any(job.startswith(drain.name) for job in waiting.get_job_ids()):
            return
        waiting.enqueue_call(
            drain.function,
            args=drain.args,
            job_id=drain.name + uuid4().hex,
            timeout=drain.timeout_s,
            result_ttl=0,
            failure_ttl=3600,
        )

    def _enqueue(self, outbox_id: int, topic: str) -> None:
        route = queues.ROUTES.get(topic, queues.ANY)
        try:
            queues.queue(route.queue, self._redis).enqueue_call(
                "workers.handlers.run",
                args=[outbox_id],
                job_id=_job_id(outbox_id),
                unique=True,
                timeout=route.timeout_s,
                result_ttl=0,
                failure_ttl=3600,
            )
        except DuplicateJobError:
            log.info("already_asked", outbox_id=outbox_id)

    def sweep(self, connection: psycopg.Connection) -> int:
        """Find rows asked for a while ago whose job was lost or died; returns how many were looked at."""
        stale = connection.execute(_STALE, {"stale_s": self._jobs.stale_s}).fetchall()
        if stale:
            names = {queues.ROUTES.get(topic, queues.ANY).queue for _, topic in stale}
            waiting = {job for name in names for job in queues.queue(name, self._redis).get_job_ids()}
            fates = ["waits" if _job_id(row) in waiting else self._fate(row) for row, _ in stale]
            values = {"ids": [row for row, _ in stale], "fates": fates, "most": self._jobs.max_attempts}
            connection.execute(_SETTLE, values)
        return len(stale)

    def _fate(self, outbox_id: int) -> str:
        """Of a row that nobody holds and whose job is in no queue: `waits` (it has just begun), `lost` or `died`."""
        try:
            job = Job.fetch(_job_id(outbox_id), connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return "lost"
        status = job.get_status(refresh=False)
        began = job.started_at
        if status == JobStatus.STARTED and began and (rq_now() - began).total_seconds() < self._jobs.stale_s:
            return "waits"
        if status == JobStatus.QUEUED and outbox_id not in self._taken:
            self._taken.add(outbox_id)
            return "waits"
        self._taken.discard(outbox_id)
        job.delete()
        return "died" if status in (JobStatus.STARTED, JobStatus.FAILED) else "lost"


def _job_id(outbox_id: int) -> str:
    return f"outbox-{outbox_id}"


def _try_lock(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (AWAKE,)).fetchone()
    return bool(row and row[0])


def run(settings: Settings, stopping: Callable[[], bool]) -> None:
    """The relay process."""
    redis = queues.connect(settings.redis.url, role="relay")
    Relay(database_url=settings.database.url, redis=redis, jobs=settings.jobs).run(stopping)
