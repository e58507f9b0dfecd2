"""`auzolan pack check | load | dump`: a town's decisions as a folder of files."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.context import failing_words, working_session
from app.core.errors import NotFound
from app.features.territories.models import Territory

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def pack() -> None:
    """Check, load and dump town packs."""


@pack.command()
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    """Say everything that is wrong with a pack, each with its file, line and field."""
    from app.features.territories.packs.reader import examine_pack

    examined = examine_pack(folder)
    for issue in examined.issues:
        click.echo(str(issue))
    if examined.errors:
        click.echo(f"{len(examined.errors)} to mend before this pack can be loaded.", err=True)
        sys.exit(1)
    click.echo("This pack can be loaded.")


@pack.command()
@click.argument("folder", type=FOLDER)
@click.option("--territory", "slug", required=True, help="Whose pack it becomes.")
def load(folder: Path, slug: str) -> None:
    """Write a pack into a territory. What it no longer names is closed, never deleted."""
    from app.features.territories.packing import load_pack
    from app.features.territories.packs.issues import PackError
    from app.features.territories.packs.reader import read_pack

    with working_session() as session:
        try:
            load_pack(session, territory=_territory(session, slug), pack=read_pack(folder))
        except (PackError, LookupError) as error:
            raise click.ClickException(str(error)) from None
        session.commit()
    click.echo(f"{slug} now follows {folder}.")


@pack.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--territory", "slug", required=True, help="Whose decisions to write.")
def dump(folder: Path, slug: str) -> None:
    """Write a territory's decisions into a folder; say which of its rules fail."""
    from app.features.territories.failing import failing_rules
    from app.features.territories.packing import dump_pack
    from app.features.territories.packs.writer import write_pack

    with working_session() as session:
        territory = _territory(session, slug)
        try:
            written = write_pack(dump_pack(session, territory=territory), folder)
        except OSError as error:
            raise click.ClickException(f"{error.filename or folder}: {error.strerror}.") from None
        failing = failing_rules(session, territory_ids=[territory.id])
    for path in written:
        click.echo(str(path))
    for rule in failing:
        click.echo(f"FAILING {failing_words(rule)}", err=True)


def _territory(session: Session, slug: str) -> Territory:
    row = session.scalar(select(Territory).where(Territory.slug == slug))
    if row is None:
        raise NotFound(
            "No territory has the slug “%(slug)s”; `auzolan territory list` shows them.", params={"slug": slug}
        )
    return row
