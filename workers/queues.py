"""The queues of RQ, and where each topic of the outbox goes."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from app.core.outbox import ANALYSIS_QUEUE, CLIENT_PREFIX, DEFAULT_QUEUE, INTAKE_QUEUE

INTAKE, DEFAULT, ANALYSIS = INTAKE_QUEUE, DEFAULT_QUEUE, ANALYSIS_QUEUE
NAMES = (INTAKE, DEFAULT, ANALYSIS)


@dataclass(frozen=True)
class Drain:
    """One job takes all the rows of a topic that wait. Its name begins with `name`, which tells whether it is asked."""

    name: str
    queue: str
    function: str
    timeout_s: int
    args: tuple[str, ...] = ()


DRAINS: Mapping[str, Drain] = {
    "intake": Drain("drain-intake-", INTAKE, "workers.handlers.drain_intake", 120),
    "hotspots": Drain("drain-hotspots-", ANALYSIS, "workers.handlers.drain_hotspots", 300),
    "contribution.address": Drain(
        "drain-addresses-", ANALYSIS, "workers.handlers.drain_rows", 120, ("contribution.address",)
    ),
}
"""The topics of `app.core.outbox.DRAINED`."""

IN_HAND = "auzolan:in-hand"
"""In Redis, how many rows the drain holds at this moment; still there when a drain begins, it says that one died."""


@dataclass(frozen=True)
class Route:
    """Where the rows of a topic go, and the seconds that one may take."""

    queue: str = DEFAULT
    timeout_s: int = 60


ROUTES: Mapping[str, Route] = {
    "photo": Route(timeout_s=120),
    "map.count": Route(ANALYSIS, timeout_s=300),
    "resident.export": Route(ANALYSIS, timeout_s=300),
    "share.draw": Route(ANALYSIS),
    "retention.due": Route(ANALYSIS, timeout_s=300),
    "retention.files": Route(ANALYSIS, timeout_s=300),
}
ANY = Route()


def client_name(role: str) -> str:
    """What operators see of a process's connections."""
    return f"{CLIENT_PREFIX}{role}.{socket.gethostname()}.{os.getpid()}".replace(" ", "-")


def connect(url: str, *, role: str, timeout_s: float = 30) -> Redis:
    """A connection whose calls give up after seconds rather than hang."""
    return Redis.from_url(
        url,
        client_name=client_name(role),
        socket_timeout=timeout_s,
        socket_connect_timeout=5,
        health_check_interval=15,
    )


def queue(name: str, connection: Redis) -> Queue:
    """A queue whose jobs are JSON, readable by an operator and by the next release."""
    return Queue(name, connection=connection, serializer=JSONSerializer)
