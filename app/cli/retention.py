"""`auzolan retention`: what is personal goes some time after closing, now rather than at night."""

from __future__ import annotations

import click
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.cli.context import working_session
from app.core.errors import NotFound, Problem
from app.features.retention.services import Forgotten, forget_batch, what_is_due
from app.features.territories.models import Territory


@click.group()
def retention() -> None:
    """Forget what is personal, some time after closing."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only count; the database itself refuses every change.")
@click.option("--territory", "slug", help="One territory only.")
def run(dry_run: bool, slug: str | None) -> None:
    """Remove what is due by each town's rule, and print how much."""
    with working_session() as session:
        if dry_run:
            session.execute(text("SET TRANSACTION READ ONLY"))
        refused = 0
        for territory in _territories(session, slug):
            try:
                done = what_is_due(session, territory) if dry_run else _forget(session, territory)
            except Problem as problem:
                if slug is not None:
                    raise
                # One town's wrong rule keeps no other waiting.
                session.rollback()
                refused += 1
                click.echo(f"{territory.slug}: " + "; ".join(e.message % e.params for e in problem.errors), err=True)
                continue
            click.echo(f"{territory.slug}: {_words(done)}" + (" (nothing was changed)" if dry_run else ""))
    if refused:
        raise click.ClickException(f"{refused} not done.")


@retention.command()
@click.option("--territory", "slug", help="One territory only.")
def flagged(slug: str | None) -> None:
    """List the contributions whose text is to be looked at again: number, day of closing."""
    with working_session() as session:
        known = [territory.id for territory in _territories(session, slug)]
        for reference, closed_at in session.execute(_FLAGGED, {"territories": known}):
            click.echo(f"{reference}  {closed_at:%Y-%m-%d}")


_FLAGGED = text(
    """
    SELECT c.reference, t.closed_at FROM contribution c JOIN ticket t ON t.id = c.ticket_id
    WHERE c.territory_id = ANY(:territories) AND EXISTS (
        SELECT FROM retention_ledger l WHERE l.contribution_id = c.id AND l.closed_at = t.closed_at AND l.text = 'flag')
      AND NOT EXISTS (SELECT FROM retention_ledger l
        WHERE l.contribution_id = c.id AND l.closed_at = t.closed_at AND l.text = 'clear')
    ORDER BY t.closed_at, c.id
    """
)


def _territories(session: Session, slug: str | None) -> list[Territory]:
    rows = select(Territory).order_by(Territory.id)
    found = list(session.scalars(rows if slug is None else rows.where(Territory.slug == slug)))
    if slug is not None and not found:
        raise NotFound(
            "No territory has the slug “%(slug)s”; `auzolan territory list` shows them.", params={"slug": slug}
        )
    return found


def _forget(session: Session, territory: Territory) -> Forgotten:
    total = batch = forget_batch(session, territory)
    while batch.last is not None:
        session.commit()
        batch = forget_batch(session, territory, after=batch.last)
        total = total.plus(batch)
    session.commit()
    return total


def _words(done: Forgotten) -> str:
    return (
        f"{done.contributions} contributions, {done.contacts} contacts, {done.texts} texts, "
        f"{done.versions} former texts, {done.photos} photos"
    )
