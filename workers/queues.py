"""The queues of RQ, and where each topic of the outbox goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

INTAKE = "intake"
DEFAULT = "default"
NAMES = (INTAKE, DEFAULT)

DRAINED: Mapping[str, str] = {"intake": "workers.handlers.drain_intake"}
"""Topics whose rows are drained in batches by one job that says "there is work"."""

ASKED = "auzolan:asked:{topic}"
"""A flag in Redis: a drain of this topic has been asked for and has not begun."""

ASKED_TTL_S = 10
"""Seconds after which a flag whose drain died is forgotten."""


@dataclass(frozen=True)
class Route:
    """Where the rows of a topic go, and the seconds that one may take."""

    queue: str = DEFAULT
    timeout_s: int = 60


ROUTES: Mapping[str, Route] = {"photo": Route(timeout_s=120), "hotspots": Route(timeout_s=300)}
ANY = Route()


def connect(url: str) -> Redis:
    """A connection whose calls give up after seconds rather than hang."""
    return Redis.from_url(url, socket_timeout=30, socket_connect_timeout=5, health_check_interval=15)


def queue(name: str, connection: Redis) -> Queue:
    """A queue whose jobs are JSON, readable by an operator and by the next release."""
    return Queue(name, connection=connection, serializer=JSONSerializer)
