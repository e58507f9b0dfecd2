"""What every worker process shares: one application, its context, connections that survive neither fork nor restart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from app import create_app
from app.core import logs
from app.core.db import db
from app.settings import Settings


@cache
def application() -> Flask:
    """The process's application, made once; a forked child leaves its parent's connections alone."""
    logs.configure()
    app = create_app()
    with app.app_context():
        engine = db.engine
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return app


def settings() -> Settings:
    """The settings of the process."""
    given: Settings = application().extensions["settings"]
    return given


@contextmanager
def work_session(**trace: object) -> Iterator[Session]:
    """A database session in an application context; what it logs carries `trace` (the request id among it)."""
    with application().app_context(), bound_contextvars(**trace):
        yield db.session
