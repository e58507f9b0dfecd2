"""Migrations as functions: upgrade, downgrade, where the database stands.

Alembic is imported when something is migrated: every process asks where the database stands, and few go further.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"

LOCK = 0x61757A6F
"""Advisory lock held while migrating: two starting processes migrate one after the other."""


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision, forward."""
    from alembic import command

    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Bring the database at `url` back to a revision (`base` empties it)."""
    from alembic import command

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
    from alembic import command

    written: list[str] = []
    number = f"{int(head() or 0) + 1:04d}"
    head.cache_clear()

    def write(config: Config) -> None:
        script = command.revision(config, message=message, rev_id=number, autogenerate=True)
        written.extend(str(one.path) for one in (script if isinstance(script, list) else [script]) if one is not None)

    _run(url, write)
    return written[0]


@cache
def head() -> str | None:
    """The newest revision in the code. Revisions are numbered and follow one another (a test compares with Alembic)."""
    return max((path.stem.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py")), default=None)


def current(connection: Connection) -> str | None:
    """The revision the database is at, or None."""
    if connection.scalar(text("SELECT to_regclass('alembic_version') IS NULL")):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
