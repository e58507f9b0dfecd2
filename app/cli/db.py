"""`auzolan db`: the schema of the database that `AUZOLAN_DATABASE_URL` names."""

from __future__ import annotations

import click
from sqlalchemy import create_engine

from app import migrate
from app.settings import DatabaseSettings


def bring_to_head() -> None:
    """Apply every migration that the database lacks."""
    migrate.upgrade(DatabaseSettings().url)


@click.group()
def db() -> None:
    """Look at or change the schema."""


@db.command()
def upgrade() -> None:
    """Apply every migration that the database lacks."""
    bring_to_head()
    click.echo(f"At {migrate.head()}.")


@db.command()
def current() -> None:
    """Show where the database stands."""
    engine = create_engine(DatabaseSettings().url)
    with engine.connect() as connection:
        click.echo(f"At {migrate.current(connection) or 'nothing'}; the code's newest is {migrate.head()}.")
    engine.dispose()
