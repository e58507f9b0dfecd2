"""`auzolan territory`: add a commune, an agglomeration or any boundary, without the internet."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import click
from sqlalchemy import select

from app.cli.context import failing_words, working_session

if TYPE_CHECKING:
    from app.core.messages import Message


@click.group()
def territory() -> None:
    """Add and list territories."""


@territory.command()
@click.option("--commune", metavar="INSEE", help="A French commune, such as 64102.")
@click.option("--epci", metavar="SIREN", help="A French agglomeration with all its communes, such as 200067106.")
@click.option("--boundary", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A GeoJSON file.")
@click.option("--name", help="The name, with --boundary.")
@click.option("--timezone", default="Europe/Paris", show_default=True, help="The time zone, with --boundary.")
@click.option(
    "--pack", "pack_folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A town pack."
)
@click.option("--no-pack", is_flag=True, help="Leave it without categories nor services.")
def add(
    commune: str | None,
    epci: str | None,
    boundary: Path | None,
    name: str | None,
    timezone: str,
    pack_folder: Path | None,
    no_pack: bool,
) -> None:
    """Add a territory, with the default pack of a French commune unless another is given."""
    from app.features.territories.adding import DEFAULT_PACK, add_commune, add_drawn, add_epci
    from app.features.territories.packing import load_pack
    from app.features.territories.packs.issues import PackError
    from app.features.territories.packs.reader import read_pack
    from geodata.errors import GeometryError
    from geodata.france import UnknownPlace
    from geodata.geojson import parse_boundary

    if sum(value is not None for value in (commune, epci, boundary)) != 1:
        raise click.UsageError("Give exactly one of --commune, --epci, --boundary.")
    if boundary and not name:
        raise click.UsageError("Give the --name of the territory with --boundary.")
    if timezone not in available_timezones():
        raise click.BadParameter(f"“{timezone}” is no time zone; one is Europe/Paris.", param_hint="--timezone")
    with working_session() as session:
        try:
            if commune:
                added = add_commune(session, code=commune)
            elif epci:
                added, inner = add_epci(session, siren=epci)
                click.echo(f"{len(inner)} communes nested in {added.name}.")
            else:
                assert boundary is not None and name is not None
                read = parse_boundary(boundary.read_bytes())
                for note in read.notes:
                    click.echo(f"{boundary.name}{note.pointer}: {note.message}")
                added = add_drawn(session, name=name, boundary=read, timezone=timezone)
            if not no_pack:
                load_pack(session, territory=added, pack=read_pack(pack_folder or DEFAULT_PACK))
        except UnknownPlace as error:
            raise click.ClickException(str(error)) from None
        except GeometryError as error:
            raise click.ClickException(f"{boundary}: {error.pointer or 'the file'}: {error}") from None
        except PackError as error:
            raise click.ClickException(str(error)) from None
        session.commit()
        click.echo(f"{added.name} added: slug {added.slug}, references {added.prefix}-…, metres in EPSG:{added.srid}.")


@territory.command("list")
def list_territories() -> None:
    """List the territories, the largest first, with the rules that fail."""
    from app.features.territories.failing import failing_rules
    from app.features.territories.models import Territory

    with working_session() as session:
        failing = failing_rules(session)
        for row in session.scalars(select(Territory).order_by(Territory.area_m2.desc())):
            click.echo(f"{row.slug:30} {row.prefix:5} {row.kind:10} {row.area_m2 / 1e6:10.1f} km²  {row.name}")
            for rule in failing:
                if rule.territory_id == row.id:
                    click.echo(f"  FAILING {failing_words(rule)}")


@territory.command()
@click.argument("category")
@click.option("--at", "place", type=(float, float), required=True, metavar="LON LAT", help="The place, in degrees.")
@click.option("--kind", type=click.Choice(["problem", "praise", "proposal"]), default="problem", show_default=True)
@click.option("--when", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="In the town's time. Default: now.")
@click.option("--text", default="", help="The words of the contribution.")
@click.option("--answer", multiple=True, metavar="QUESTION=VALUE", help="An answer to a question of the category.")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "fr", "eu"]))
def explain(
    category: str,
    place: tuple[float, float],
    kind: str,
    when: datetime | None,
    text: str,
    answer: tuple[str, ...],
    language: str,
) -> None:
    """Say which service would take a contribution of CATEGORY there, and what each rule says of it."""
    from flask_babel import force_locale

    from app.core.i18n import label, say
    from app.core.messages import Message
    from app.features.territories.catalogue import town
    from app.features.territories.deciding import decide, due_date, facts_of, names_of, rules_of
    from app.features.territories.places import locate

    def told(message: Message) -> str:
        with force_locale(language):
            return say(message)

    with working_session() as session:
        found = locate(session, *place)
        if found is None:
            raise click.ClickException("This place is outside every territory. LON comes first, then LAT.")
        home = town(session, found.territory_id)
        known = home.categories.get(category)
        if known is None or not known.leaf:
            slugs = ", ".join(sorted(slug for slug, one in home.categories.items() if one.leaf))
            raise click.ClickException(f"{home.name} has no category “{category}”; it has: {slugs}")
        at = (when.replace(tzinfo=home.timezone) if when else datetime.now(UTC)).astimezone(UTC)
        answers = dict(one.partition("=")[::2] for one in answer)
        facts = facts_of(
            home, kind=kind, category=known, at=at, zone_ids=found.zone_ids, answers=answers, channel="web", text=text
        )
        zones = ", ".join(home.zone_keys[zone][2] for zone in found.zone_ids if zone in home.zone_keys) or "no zone"
        chosen, due = decide(home, facts), due_date(home, known, kind=kind, at=at)
        with force_locale(language):
            click.echo(f"{home.name}, {zones}: {label(known.label)} → {label(chosen.service.name)}")
        click.echo(f"  {told(Message.from_json(chosen.routing['message']))}")
        if due:
            click.echo(f"  due {due.astimezone(home.timezone):%Y-%m-%d %H:%M}")
        for rule in rules_of(home).explain(facts, names_of(home)):
            click.echo(f"{rule.number:3} {rule.rule_id} [{rule.outcome}] {told(rule.message)}")
            for step in rule.steps:
                click.echo(f"      {'✓' if step.held else '✗'} {told(step.message)}")


@territory.command()
@click.argument("slug")
@click.argument("names", nargs=-1, metavar="[HOST]...")
def hosts(slug: str, names: tuple[str, ...]) -> None:
    """Give a territory its host names (none: take them away); nothing of any other town appears there."""
    from app.features.territories.models import Territory
    from app.features.territories.services import set_hosts

    wanted = [name.strip().lower() for name in names]
    if wrong := next((name for name in wanted if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name)), None):
        raise click.UsageError(f"“{wrong}” is not a host name: write town.example, without http:// nor port.")
    with working_session() as session:
        row = session.scalar(select(Territory).where(Territory.slug == slug))
        if row is None:
            raise click.ClickException(f"No territory has the slug “{slug}”; `auzolan territory list` shows them.")
        set_hosts(session, territory=row, hosts=wanted)
        session.commit()
    if wanted:
        click.echo(f"{slug} answers at {', '.join(wanted)}, and nothing else appears there.")
    else:
        click.echo(f"{slug} has no host of its own any more.")
