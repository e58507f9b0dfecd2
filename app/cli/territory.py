"""`auzolan territory`: add a commune, an agglomeration or any boundary, without the internet."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import click
from sqlalchemy import select

from app.cli.context import failing_words, working_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.core.messages import Message
    from app.features.territories.models import Territory
    from app.features.territories.packs.schema import Pack


OUTCOMES = {"failed": "does not apply"}
"""What a rule did, where its own word would say that it is broken."""


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
    from app.features.territories.adding import add_commune, add_drawn, add_epci
    from app.features.territories.packing import load_pack
    from app.features.territories.packs.issues import PackError
    from geodata.errors import GeometryError
    from geodata.france import UnknownPlace
    from geodata.geojson import parse_boundary

    if sum(value is not None for value in (commune, epci, boundary)) != 1:
        raise click.UsageError("Give exactly one of --commune, --epci, --boundary.")
    if boundary and not (name := (name or "").strip()):
        raise click.UsageError("Give the --name of the territory with --boundary.")
    if boundary and name and (len(name) > 100 or not name.isprintable()):
        raise click.UsageError("A name has at most 100 characters, all of which can be seen.")
    if timezone not in available_timezones():
        raise click.BadParameter(f"“{timezone}” is no time zone; one is Europe/Paris.", param_hint="--timezone")
    with working_session() as session:
        try:
            if commune is not None:
                added = add_commune(session, code=commune)
            elif epci is not None:
                added, inner = add_epci(session, siren=epci)
                click.echo(f"{len(inner)} communes nested in {added.name}.")
            else:
                assert boundary is not None and name is not None
                read = parse_boundary(boundary.read_bytes())
                for note in read.notes:
                    click.echo(f"{boundary.name}{note.pointer}: {note.message}")
                added = add_drawn(session, name=name, boundary=read, timezone=timezone)
            if not no_pack:
                load_pack(session, territory=added, pack=_pack(pack_folder, in_france=added.code is not None))
        except UnknownPlace as error:
            raise click.ClickException(str(error)) from None
        except GeometryError as error:
            raise click.ClickException(f"{boundary}: {error.pointer or 'the file'}: {error}") from None
        except PackError as error:
            raise click.ClickException(str(error)) from None
        session.commit()
        click.echo(f"{added.name} added: slug {added.slug}, references {added.prefix}-…, metres in EPSG:{added.srid}.")
        shown = _shown_without_hosts(session)
        if added.parent_id is None and len(shown) > 1:
            click.echo(
                f"{len(shown)} towns live here: an address that none of them names shows {shown[0]}. Give this one its "
                f"own with `auzolan territory hosts {added.slug} HOST`."
            )


def _shown_without_hosts(session: Session) -> list[str]:
    """The towns that nothing contains, the one that an address of nobody's shows first."""
    from app.features.territories.models import Territory

    outer = select(Territory.name).where(Territory.parent_id.is_(None), Territory.active)
    return list(session.scalars(outer.order_by(Territory.area_m2.desc(), Territory.id)))


def _pack(folder: Path | None, *, in_france: bool) -> Pack:
    """The pack of a new territory. The default one draws the map on the plan of the IGN, which knows France alone."""
    from app.features.territories.adding import DEFAULT_PACK
    from app.features.territories.packs.reader import read_pack

    pack = read_pack(folder or DEFAULT_PACK)
    if folder or in_france:
        return pack
    return pack.model_copy(update={"town": pack.town.model_copy(update={"basemap": None})})


def _called(session: Session, slug: str) -> Territory:
    from app.features.territories.models import Territory

    row = session.scalar(select(Territory).where(Territory.slug == slug))
    if row is None:
        raise click.ClickException(f"No territory has the slug “{slug}”; `auzolan territory list` shows them.")
    return row


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


def _answer(written: str) -> tuple[str, str]:
    question, equals, value = written.partition("=")
    if not (question and equals):
        raise click.ClickException(f"--answer: write QUESTION=VALUE instead of “{written}”.")
    return question, value


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
        answers = dict(_answer(one) for one in answer)
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
            click.echo(
                f"{rule.number:3} {rule.rule_id} [{OUTCOMES.get(rule.outcome, rule.outcome)}] {told(rule.message)}"
            )
            for step in rule.steps:
                click.echo(f"      {'✓' if step.held else '✗'} {told(step.message)}")


@territory.command()
@click.argument("slug")
@click.argument("names", nargs=-1, metavar="[HOST]...")
def hosts(slug: str, names: tuple[str, ...]) -> None:
    """Give a territory its host names (none: take them away); nothing of any other town appears there."""
    from app.features.territories.services import set_hosts

    wanted = [name.strip().lower() for name in names]
    if wrong := next((name for name in wanted if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name)), None):
        raise click.UsageError(f"“{wrong}” is not a host name: write town.example, without http:// nor port.")
    with working_session() as session:
        row = _called(session, slug)
        set_hosts(session, territory=row, hosts=wanted)
        session.commit()
    if wanted:
        click.echo(f"{slug} answers at {', '.join(wanted)}, and nothing else appears there.")
    else:
        click.echo(f"{slug} has no host of its own any more.")


@territory.command()
@click.argument("slug")
@click.argument("kind", type=click.Choice(["pmtiles", "style", "vector", "raster", "ign", "outlines"]))
@click.argument("url", required=False)
@click.option("--attribution", help="Whose map it is, as its licence asks; shown on every map.")
@click.option("--attribution-url", help="Where these words lead.")
@click.option("--host", "hosts", multiple=True, help="Another host that the map asks, as https://glyphs.example.")
@click.option("--tile-size", type=click.Choice(["256", "512"]), default="256", help="Of raster tiles, in pixels.")
@click.option("--max-zoom", type=click.IntRange(1, 24), default=19, help="The deepest tiles that exist.")
def basemap(slug: str, kind: str, url: str | None, tile_size: str, **given: Any) -> None:
    """Choose what a territory's map is drawn on: a file, a style, tiles, the plan of the IGN, or its outlines."""
    from pydantic import ValidationError

    from app.features.territories.backgrounds import faults
    from app.features.territories.packs.schema import Basemap
    from app.features.territories.services import set_basemap

    try:
        asked = Basemap.model_validate({"kind": kind, "url": url, "tile_size": int(tile_size), **given})
    except ValidationError as error:
        raise click.UsageError("; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())) from None
    setting = asked.model_dump(mode="json", exclude_defaults=True)
    if wrong := faults(setting):
        raise click.UsageError("; ".join(f"{name}: {message}" for name, message in wrong))
    with working_session() as session:
        row = _called(session, slug)
        set_basemap(session, territory=row, setting=setting)
        session.commit()
    click.echo(f"The map of {slug} is drawn on {url or kind}. `auzolan pack dump` writes it into its pack.")


@territory.command()
@click.argument("slug")
@click.argument("name", type=str, metavar="geopf|demo|none|TABLE")
def geocoder(slug: str, name: str) -> None:
    """Choose whom a territory asks for addresses: the State's service (geopf), the demo's index, a table, nobody.

    A TABLE is a CSV(.gz) of the national address base in the folder `addresses` of the data. Only the server asks; a
    browser never does.
    """
    from app.features.territories.geocoders import geocoder_named
    from app.features.territories.services import set_geocoder
    from app.settings import Settings
    from geodata.geocoding import BadTable

    wanted = "" if name == "none" else name
    try:
        found = geocoder_named(wanted, Settings())
    except (BadTable, OSError) as error:
        raise click.UsageError(f"The table cannot be used: {error}") from error
    if wanted and found is None:
        raise click.UsageError(f"The folder “addresses” of the data has no usable table “{name}” (60 MB at most).")
    with working_session() as session:
        set_geocoder(session, territory=_called(session, slug), name=wanted)
        session.commit()
    click.echo(f"{slug} asks {name} for addresses." if wanted else f"{slug} asks nobody for addresses.")
