"""The relay: tells RQ about rows of the outbox, within milliseconds, and again as long as they are there.

PostgreSQL wakes it (`LISTEN`); a sweep every few seconds finds what was missed: a flushed Redis, a job whose worker
was killed, a retry that came due. It keeps nothing of its own, so that killing it anywhere loses and doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from app.core.outbox import CHANNEL
from app.settings import JobSettings, Settings
from workers import queues

log = structlog.get_logger("relay")

# A row that a worker holds is locked and skipped: a stale row that can be locked has no worker any more.
_CLAIM = """
WITH due AS (
  SELECT id, enqueued_at AS before FROM outbox
  WHERE failed_at IS NULL AND due_at <= now() AND topic <> ALL(%(drained)s)
    AND (enqueued_at IS NULL OR enqueued_at < now() - make_interval(secs => %(stale_s)s))
  ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET enqueued_at = now() FROM due WHERE o.id = due.id
RETURNING o.id, o.topic, due.before
"""

_WAITING = """
SELECT topic, min(due_at) < now() - make_interval(secs => %(stale_s)s) AS stale
FROM outbox WHERE failed_at IS NULL AND due_at <= now() AND topic = ANY(%(drained)s) GROUP BY topic
"""

_DIED = """
UPDATE outbox SET attempts = attempts + 1, last_error = 'the worker died while doing this',
  failed_at = CASE WHEN attempts + 1 >= %(most)s THEN now() END
WHERE id = %(id)s RETURNING failed_at
"""

_NEXT_DUE = "SELECT extract(epoch FROM min(due_at) - now()) FROM outbox WHERE failed_at IS NULL AND due_at > now()"


class Relay:
    """One pass at a time: `relay_once` moves what is due; `run` does it for ever."""

    def __init__(self, *, database_url: str, redis: Redis, jobs: JobSettings) -> None:
        self._dsn = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._redis = redis
        self._jobs = jobs
        self._drained = list(queues.DRAINED)

    def run(self, stopping: Callable[[], bool]) -> None:
        """Until told to stop. A lost database or Redis is waited for, not died of."""
        while not stopping():
            try:
                with psycopg.connect(self._dsn, autocommit=True, application_name="auzolan relay") as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    log.info("listening")
                    while not stopping():
                        self.relay_once(connection)
                        self._wait(connection)
            except (psycopg.OperationalError, RedisError) as error:
                log.warning("relay_waits", error=str(error).splitlines()[0] if str(error) else type(error).__name__)
                time.sleep(0.5)

    def relay_once(self, connection: psycopg.Connection) -> int:
        """Tell RQ about everything due; returns how many jobs were asked for."""
        return self._ask_drains(connection) + self._enqueue_rows(connection)

    def _ask_drains(self, connection: psycopg.Connection) -> int:
        asked = 0
        values = {"drained": self._drained, "stale_s": self._jobs.stale_s}
        for topic, stale in connection.execute(_WAITING, values).fetchall():
            flag = queues.ASKED.format(topic=topic)
            # Rows this old mean that a drain was asked for and died: ask whatever the flag says.
            if self._redis.set(flag, "1", nx=not stale, ex=queues.ASKED_TTL_S):
                queues.queue(queues.INTAKE, self._redis).enqueue_call(
                    queues.DRAINED[topic], timeout=120, result_ttl=0, failure_ttl=3600
                )
                asked += 1
        return asked

    def _enqueue_rows(self, connection: psycopg.Connection) -> int:
        with connection.transaction():
            rows = connection.execute(_CLAIM, {"drained": self._drained, "stale_s": self._jobs.stale_s}).fetchall()
            for outbox_id, topic, before in rows:
                if before is None or self._may_ask_again(connection, outbox_id):
                    self._enqueue(outbox_id, topic)
        return len(rows)

    def _may_ask_again(self, connection: psycopg.Connection, outbox_id: int) -> bool:
        """Whether a row asked for a while ago needs a new job: its job was lost, or died with its worker."""
        try:
            job = Job.fetch(f"outbox-{outbox_id}", connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return True
        if job.get_status() == JobStatus.QUEUED:
            return False
        job.delete()
        died = connection.execute(_DIED, {"id": outbox_id, "most": self._jobs.max_attempts}).fetchone()
        return died is None or died[0] is None

    def _enqueue(self, outbox_id: int, topic: str) -> None:
        route = queues.ROUTES.get(topic, queues.ANY)
        try:
            queues.queue(route.queue, self._redis).enqueue_call(
                "workers.handlers.run",
                args=[outbox_id],
                job_id=f"outbox-{outbox_id}",
                unique=True,
                timeout=route.timeout_s,
                result_ttl=0,
                failure_ttl=3600,
            )
        except DuplicateJobError:
            log.info("already_asked", outbox_id=outbox_id)

    def _wait(self, connection: psycopg.Connection) -> None:
        next_due = connection.execute(_NEXT_DUE).fetchone()
        pause = self._jobs.sweep_s
        if next_due and next_due[0] is not None:
            pause = min(pause, max(float(next_due[0]), 0.01))
        for _ in connection.notifies(timeout=pause, stop_after=1):
            break


def run(settings: Settings, stopping: Callable[[], bool]) -> None:
    """The relay process."""
    Relay(database_url=settings.database.url, redis=queues.connect(settings.redis.url), jobs=settings.jobs).run(
        stopping
    )
