"""`auzolan territory`: add a commune, an agglomeration or any boundary, without the internet."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from app.cli.context import failing_words, working_session


@click.group()
def territory() -> None:
    """Add and list territories."""


@territory.command()
@click.option("--commune", metavar="INSEE", help="A French commune, such as 64102.")
@click.option("--epci", metavar="SIREN", help="A French agglomeration with all its communes, such as 200067106.")
@click.option("--boundary", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A GeoJSON file.")
@click.option("--name", help="The name, with --boundary.")
@click.option(
    "--pack", "pack_folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A town pack."
)
@click.option("--no-pack", is_flag=True, help="Leave it without categories nor services.")
def add(
    commune: str | None,
    epci: str | None,
    boundary: Path | None,
    name: str | None,
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
                added = add_drawn(session, name=name, boundary=read)
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
