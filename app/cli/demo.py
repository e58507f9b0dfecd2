"""`auzolan demo`: Monaco and Beausoleil with two years of imagined contributions."""

from __future__ import annotations

import os
import sys
from datetime import date

import click

from app.cli.context import working_session

SKIP = "AUZOLAN_NO_DEMO"
"""Set it to start a town on an empty database and leave it empty."""


@click.group()
def demo() -> None:
    """Load the demo town, or say its accounts again."""


@demo.command()
@click.option("--seed", default=7, show_default=True, help="The same seed on the same day gives the same town.")
@click.option("--contributions", default=1_500, show_default=True, type=click.IntRange(50, 20_000))
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day after the last contribution. Default: today.")
def load(seed: int, contributions: int, day: date | None) -> None:
    """Write the demo town with its accounts, contributions and pictures; nothing happens the second time."""
    from app.demo.loading import load_demo
    from app.settings import StorageSettings

    settings = StorageSettings()
    given = date(day.year, day.month, day.day) if day else None
    with working_session() as session:
        loaded = load_demo(
            session,
            data=settings.data,
            storage=settings.location,
            seed=seed,
            contributions=contributions,
            day=given,
            tell=_tell,
        )
    if not loaded.contributions:
        click.echo(f"The demo town is already there: {loaded.territory}.")
    else:
        click.echo(f"{loaded.territory}: {loaded.contributions} contributions, {loaded.photos} photos.")
    click.echo(loaded.welcome, nl=False)


@demo.command()
@click.option("--renew", is_flag=True, help="Draw new passwords; whoever is signed in must sign in again.")
def accounts(*, renew: bool) -> None:
    """Print the demo's accounts and their passwords."""
    from app.demo.accounts import add_accounts, keep_welcome, welcome
    from app.demo.loading import read_welcome
    from app.demo.towns import find_towns
    from app.settings import StorageSettings

    data = StorageSettings().data
    with working_session() as session:
        if find_towns(session) is None:
            raise click.ClickException("There is no demo town here. Load it with `auzolan demo load`.")
        if renew:
            made = add_accounts(session)
            words = welcome({email: password for email, (_, password) in made.items()})
            session.commit()
            keep_welcome(data, words)
    words = read_welcome(data)
    if not words:
        raise click.ClickException("The passwords are no longer kept here. Draw new ones with `--renew`.")
    click.echo(words, nl=False)


def settle() -> None:
    """What `auzolan up` does once before its processes start: an installation without a town gets the demo."""
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    from app.demo.loading import load_into_empty
    from app.settings import DatabaseSettings, StorageSettings

    if os.environ.get(SKIP):
        return
    settings = StorageSettings()
    engine = create_engine(DatabaseSettings().url)
    with Session(engine) as session:
        loaded = load_into_empty(session, data=settings.data, storage=settings.location)
    engine.dispose()
    if loaded is not None:
        click.echo(f"Demo town: {loaded.territory}, {loaded.contributions} contributions.", err=True)


def _tell(step: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{step}: {done} of {total}", nl=done >= total, err=True)
