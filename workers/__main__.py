"""`python -m workers relay | scheduler | worker QUEUE…`."""

from __future__ import annotations

import os
import signal
import sys
import threading

from app.core import logs
from app.settings import Settings

USAGE = "python -m workers relay | scheduler | worker QUEUE [QUEUE…]"


def _stopping() -> threading.Event:
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event


def _work(names: list[str]) -> None:
    from rq import SimpleWorker, Worker
    from rq.serializers import JSONSerializer

    from app.core.images import faces

    # The handlers too, before the first fork: each child would read them anew, and fail once their source is replaced.
    from workers import handlers, queues, runtime  # noqa: F401

    unknown = set(names) - set(queues.NAMES)
    if unknown or not names:
        raise SystemExit(
            f"Unknown queue {', '.join(sorted(unknown)) or '(none)'}: choose among {', '.join(queues.NAMES)}."
        )
    if queues.DEFAULT in names and queues.ANALYSIS not in names:
        # What may wait is done when nothing else is, unless it has a worker of its own.
        names = [*names, queues.ANALYSIS]
    runtime.application()
    settings = runtime.settings()
    if queues.DEFAULT in names:
        faces.make_ready()
    # Forking costs 10 ms a job and protects from what may hang or grow; the drain does neither.
    role = f"worker-{names[0]}"
    kind = SimpleWorker if names == [queues.INTAKE] else Worker
    worker = kind(
        names,
        name=f"{queues.client_name(role)}.{os.urandom(3).hex()}",
        connection=queues.connect(settings.redis.url, role=role),
        serializer=JSONSerializer,
        worker_ttl=settings.jobs.worker_ttl_s,
        maintenance_interval=30,
        job_monitoring_interval=10,
        log_job_description=False,
    )
    # While Redis is away RQ waits longer and longer: no longer than this once it is back.
    worker.max_connection_wait_time = 4.0
    worker.work(logging_level="WARNING")


def main(arguments: list[str]) -> None:
    """Run one process of the house until it is told to stop."""
    logs.configure()
    match arguments:
        case ["relay"]:
            from workers import relay

            relay.run(Settings(), _stopping().is_set)
        case ["scheduler"]:
            from workers import schedule

            schedule.run(_stopping().is_set)
        case ["worker", *names]:
            _work(names)
        case _:
            raise SystemExit(USAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
