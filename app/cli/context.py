"""What commands share: an application context with a session, and errors as sentences rather than tracebacks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from sqlalchemy.orm import Session

from app.core.errors import Problem
from app.core.messages import label
from app.settings import Settings

if TYPE_CHECKING:
    from app.features.territories.failing import FailingRule


def failing_words(rule: FailingRule) -> str:
    """A rule that fails, on a line."""
    name = label(rule.name, "en")
    return f"rule {rule.number} ({rule.slug}, “{name}”) since {rule.since:%Y-%m-%d %H:%M} UTC: {rule.why}"


@contextmanager
def working_session() -> Iterator[Session]:
    """A session on the database of `AUZOLAN_DATABASE_URL` (else of the running stack); the command commits."""
    from app import create_app
    from app.core.db import db

    with create_app(Settings()).app_context():
        try:
            yield db.session
        except Problem as problem:
            db.session.rollback()
            words = problem.detail or problem.title
            click.echo(words % problem.params if problem.params else words, err=True)
            for error in problem.errors:
                click.echo(
                    f"  {error.pointer}: {error.message % error.params if error.params else error.message}", err=True
                )
            sys.exit(1)
        finally:
            db.session.close()
            for engine in db.engines.values():
                engine.dispose()
