"""`auzolan process`: the times in which residents carry ideas."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select, text

from app.cli.context import working_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOMENT = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]


@click.group()
def process() -> None:
    """Open and close the votes on ideas."""


@process.command("list")
def list_processes() -> None:
    """Each with its town, its way of voting, its time and how many ideas it holds."""
    counted = text(
        "SELECT p.slug, t.slug AS town, t.timezone, p.mode, p.opens_at, p.closes_at, p.hide_counts, p.listed, "
        "(SELECT count(*) FROM contribution c WHERE c.process_id = p.id) AS ideas "
        "FROM process p JOIN territory t ON t.id = p.territory_id ORDER BY t.slug, p.position NULLS LAST, p.id"
    )
    with working_session() as session:
        for row in session.execute(counted):
            span = f"{_said(row.opens_at, row.timezone)} to {_said(row.closes_at, row.timezone)}"
            notes = (", counts hidden" if row.hide_counts else "") + ("" if row.listed else ", no longer listed")
            click.echo(f"{row.town}/{row.slug:20} {row.mode:12} {span:38} {row.ideas:6} ideas{notes}")


@process.command("open")
@click.argument("slug")
@click.option("--territory", required=True, help="Whose process it is.")
@click.option("--until", type=click.DateTime(MOMENT), help="When it closes, in the town's time. Default: never.")
def open_process(slug: str, territory: str, until: datetime | None) -> None:
    """Open a process now, or open it again."""
    with working_session() as session:
        row, zone = _one(session, slug, territory)
        if row.hide_counts and until is None:
            raise click.UsageError("Its counts are hidden: say --until when.")
        row.opens_at, row.closes_at = None, until.replace(tzinfo=zone) if until else None
        _settle(session, row)
    click.echo(f"{territory}/{slug} is open{f' until {until:%Y-%m-%d %H:%M}' if until else ''}.")


@process.command("close")
@click.argument("slug")
@click.option("--territory", required=True, help="Whose process it is.")
@click.option("--at", "moment", type=click.DateTime(MOMENT), help="When, in the town's time. Default: now.")
def close_process(slug: str, territory: str, moment: datetime | None) -> None:
    """Close a process; counts that it hid are told then."""
    with working_session() as session:
        row, zone = _one(session, slug, territory)
        now = session.scalar(text("SELECT now()"))
        row.closes_at = moment.replace(tzinfo=zone) if moment else now
        if row.opens_at is not None and row.opens_at >= row.closes_at:
            row.opens_at = None
        _settle(session, row)
        said = _said(row.closes_at, zone.key)
    click.echo(f"{territory}/{slug} closes on {said}.")


def _one(session: Session, slug: str, territory: str) -> tuple[Any, ZoneInfo]:
    from app.features.territories.models import Process, Territory

    found = session.execute(
        select(Process, Territory.timezone)
        .join(Territory, Territory.id == Process.territory_id)
        .where(Process.slug == slug, Territory.slug == territory)
    ).one_or_none()
    if found is None:
        raise click.ClickException(f"{territory} has no process “{slug}”; `auzolan process list` shows them.")
    return found[0], ZoneInfo(found[1])


def _settle(session: Session, row: Any) -> None:
    from app.features.contributions.supporting import settle_counts

    session.flush()
    settle_counts(session, process_id=row.id)
    session.commit()


def _said(moment: datetime | None, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if moment else "…"
