"""Is the house alive, is it ready, how is it: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CollectorRegistry, Histogram, generate_latest, multiprocess
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import migrate
from app.core.access import public
from app.core.db import db
from app.core.security import limiter

blueprint = Blueprint("health", __name__)

LATENCY = Histogram("auzolan_request_seconds", "Seconds to answer a request", ["method", "endpoint", "status"])

_LAG = text(
    """
    SELECT coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE failed_at IS NULL AND due_at <= now())), 0),
           count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL)
    FROM outbox
    """
)

READY_LAG_S = 60
"""Beyond this age of the oldest waiting job, in seconds, the house says that it is not ready."""


@blueprint.get("/healthz")
@public
@limiter.exempt
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
@limiter.exempt
def readyz() -> tuple[Response, int]:
    """Database, Redis, migrations at head, relay lag; 503 names what is wrong."""
    checks: dict[str, Any] = {}
    checks["database"] = _check_database(checks)
    checks["redis"] = _check_redis()
    ready = all(str(value).startswith("ok") for value in checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503


def _check_database(checks: dict[str, Any]) -> str:
    try:
        connection = db.session.connection()
        current, head = migrate.current(connection), migrate.head()
        checks["migrations"] = "ok" if current == head else f"at {current}, not at {head}: run `auzolan db upgrade`"
        lag, waiting, failed = db.session.execute(_LAG).one()
        word = "ok" if float(lag) < READY_LAG_S else "late"
        checks["relay"] = f"{word}: {float(lag):.0f} s behind, {waiting} waiting, {failed} failed"
    except SQLAlchemyError as error:
        return f"unreachable: {str(error).splitlines()[0]}"
    return "ok"


def _check_redis() -> str:
    try:
        Redis.from_url(current_app.extensions["settings"].redis.url, socket_timeout=2).ping()
    except (RedisError, ValueError) as error:
        return f"unreachable: {error}"
    return "ok"


class _OutboxCollector(Collector):
    """The outbox as gauges, read once (a plain `Gauge` would be summed over the web processes)."""

    def __init__(self, lag_s: float, waiting: int, failed: int) -> None:
        self._values = (
            ("auzolan_outbox_lag_seconds", "Age of the oldest due job", float(lag_s)),
            ("auzolan_outbox_waiting", "Jobs that wait", waiting),
            ("auzolan_outbox_failed", "Jobs that gave up", failed),
        )

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, words, value in self._values:
            yield GaugeMetricFamily(name, words, value=value)


@blueprint.get("/metrics")
@public
@limiter.exempt
def metrics() -> Response:
    """Prometheus text: request latencies of every web process, and the state of the outbox."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(LATENCY)
    registry.register(_OutboxCollector(*db.session.execute(_LAG).one()))
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")


def _observe(response: Response) -> Response:
    if "started" in g:
        seconds = time.perf_counter() - g.started
        LATENCY.labels(request.method, request.endpoint or "none", str(response.status_code)).observe(seconds)
    return response


def init_app(app: Flask) -> None:
    """Register the addresses and measure each request."""
    app.register_blueprint(blueprint)
    app.after_request(_observe)
