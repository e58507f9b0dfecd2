"""Migrations as functions: upgrade, downgrade, where the database stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

LOCK = 0x61757A6F
"""Advisory lock held while migrating: two starting processes migrate one after the other."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision, forward."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Bring the database at `url` back to a revision (`base` empties it)."""
    _run(url, lambda config: command.downgrade(config, revision))


def _run(url: str, step: Callable[[Config], None]) -> None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:k)"), {"k": LOCK})
            connection.commit()
            try:
                step(_config(connection))
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": LOCK})
                connection.commit()
    finally:
        engine.dispose()


def new_revision(url: str, message: str) -> str:
    """Write a migration for the difference between models and database; returns its path."""
    written: list[str] = []
    number = f"{int(head() or 0) + 1:04d}"

    def write(config: Config) -> None:
        script = command.revision(config, message=message, rev_id=number, autogenerate=True)
        written.extend(str(one.path) for one in (script if isinstance(script, list) else [script]) if one is not None)

    _run(url, write)
    return written[0]


def head() -> str | None:
    """The newest revision in the code."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision the database is at, or None."""
    return MigrationContext.configure(connection).get_current_revision()
