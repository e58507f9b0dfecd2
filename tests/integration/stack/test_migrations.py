"""The migrations make what the models say, and every step can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine

from app import migrate
from tests.support import servers


@pytest.fixture
def url(worker_name: str) -> Iterator[str]:
    """A migrated database of its own: nobody else's tables are taken down."""
    yield servers.clone(servers.shared_template(), f"migrations_{worker_name}")


def _revision(url: str) -> str | None:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = migrate.current(connection)
    engine.dispose()
    return found


def test_the_models_ask_for_nothing_that_the_migrations_do_not_make(url: str) -> None:
    migrate._run(url, command.check)


def test_down_to_nothing_and_up_again(url: str) -> None:
    migrate.downgrade(url, "base")
    assert _revision(url) is None
    with psycopg.connect(servers.plain(url)) as link:
        left = link.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('spatial_ref_sys', "
            "'alembic_version')"
        ).fetchall()
    assert left == []
    migrate.upgrade(url)
    assert _revision(url) == migrate.head()
    migrate._run(url, command.check)
