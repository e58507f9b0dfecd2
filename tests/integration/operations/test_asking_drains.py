"""What the relay asks of the drains."""

from __future__ import annotations

import psycopg
from redis import Redis
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.db import plain_url
from app.settings import JobSettings
from workers import queues
from workers.relay import Relay


def test_drains_that_share_a_queue_are_each_asked_and_once(session: Session, environment: dict[str, str]) -> None:
    for topic in ("hotspots", "contribution.address", "contribution.address"):
        outbox.add(session, topic=topic)
    session.commit()
    url = environment["AUZOLAN_DATABASE_URL"]
    redis = Redis.from_url(environment["AUZOLAN_REDIS_URL"])
    waiting = queues.queue(queues.ANALYSIS, redis)
    waiting.empty()
    relay = Relay(database_url=url, redis=redis, jobs=JobSettings())
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        for _ in range(3):
            assert relay.look(connection) == 2
    assert sorted(job.rpartition("-")[0] for job in waiting.get_job_ids()) == ["drain-addresses", "drain-hotspots"]
    assert [job.args for job in waiting.jobs if job.id.startswith("drain-addresses")] == [["contribution.address"]]
    waiting.empty()
