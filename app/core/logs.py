"""Structured logs, one JSON object a line, with a request id that follows the work into its job."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.core.redaction import redact

_requests = structlog.get_logger("request")
_GIVEN = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def configure(*, level: int = logging.INFO) -> None:
    """Send every log of the process, ours and the libraries', to standard error as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Ours are written as they are; a line a request takes no way round through the library's records.
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def request_id() -> str:
    """The id of the request or job being served."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _begin() -> None:
    clear_contextvars()
    given = request.headers.get("X-Request-ID", "")
    bind_contextvars(request_id=given if _GIVEN.match(given) else uuid.uuid4().hex)
    g.started = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    if not request.path.startswith(("/static/", "/healthz")):
        _requests.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - g.started) * 1000, 1),
        )
    return response


def init_app(app: Flask) -> None:
    """Give each request an id and a line. A process whose logs nobody has set up yet (a web server) gets ours."""
    if not logging.getLogger().handlers:
        configure()
    app.before_request(_begin)
    app.after_request(_end)
