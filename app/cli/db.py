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


@db.command()
@click.argument("target")
def downgrade(target: str) -> None:
    """Go back to a revision (`base` empties the database)."""
    click.confirm(f"Go back to {target}? What newer tables hold is lost.", abort=True)
    migrate.downgrade(DatabaseSettings().url, target)
    click.echo(f"At {target}.")


@db.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration from what the models have and the database lacks."""
    path = migrate.new_revision(DatabaseSettings().url, message)
    click.echo(f"{path}: read it, name every constraint, try it up and down with rows in the tables.")
