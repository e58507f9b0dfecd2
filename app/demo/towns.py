"""The demo's three territories: an imagined agglomeration that runs the services, Monaco and Beausoleil inside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shapely import MultiPolygon
from shapely.geometry import Point
from shapely.ops import unary_union
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.ground import METRES_LAT, schools
from app.features.territories.adding import DEFAULT_PACK, prefixes_for, town_hall_facts
from app.features.territories.models import Territory
from app.features.territories.packing import load_pack
from app.features.territories.packs.reader import read_pack
from app.features.territories.packs.schema import Basemap
from app.features.territories.services import NewTerritory, NewZone, add_territory, replace_zones, slugify
from geodata import demo, france
from geodata.crs import metric_srid
from geodata.geometry import as_multipolygon

SLUG = "monaco-beausoleil"
BASEMAP = "demo"
"""The name under which `/basemap/<name>.pmtiles` serves the demo's map."""

MONACO_PEOPLE = 38_400
SCHOOL_FRONT_M = 80

# The demo's services answer to nobody real: addresses that cannot exist, and they say so.
_IMAGINED = {
    "postal_address": "Mairie de démonstration, 1 place de l’Exemple, 00000 Ville d’essai",
    "phone": "+33 1 99 00 00 00",
    "hours": "du lundi au vendredi, de 8 h 30 à 17 h (démonstration : personne ne répond)",
}


@dataclass(frozen=True)
class Towns:
    """The territories of the demo; `by_slug` has Monaco and Beausoleil as `geodata.demo` names them."""

    whole: Territory
    by_slug: dict[str, Territory]


def find_towns(session: Session) -> Territory | None:
    """The demo's outer territory, when it was loaded before."""
    return session.scalar(select(Territory).where(Territory.slug == SLUG))


def add_towns(session: Session) -> Towns:
    """Write the three territories, the default pack and the zones; the caller commits."""
    found = {town.slug: town for town in demo.territories()}
    union = as_multipolygon(unary_union([town.boundary for town in found.values()]))
    whole = add_territory(
        session,
        new=NewTerritory(
            name="Monaco et Beausoleil",
            slug=SLUG,
            kind="agglomeration",
            boundary=union,
            srid=metric_srid(union),
            prefixes=["MOB", "MEB"],
            timezone="Europe/Paris",
            town_hall={"name": "Mairie de démonstration", "email": "mairie@demo.example", **_IMAGINED},
            settings={"geocoder": "demo"},
        ),
    )
    pack = read_pack(DEFAULT_PACK)
    # The demo comes with its own map: nobody's server is asked.
    ground = Basemap(
        url=f"/basemap/{BASEMAP}.pmtiles",
        attribution=demo.attribution(),
        attribution_url="https://www.openstreetmap.org/copyright",
    )
    town = pack.town.model_copy(update={"basemap": ground})
    load_pack(session, territory=whole, pack=pack.model_copy(update={"town": town}))
    towns = {
        "monaco": add_territory(session, new=_monaco(found["monaco"], whole.id)),
        "beausoleil": add_territory(session, new=_beausoleil(found["beausoleil"], whole.id)),
    }
    for slug, territory in towns.items():
        _add_zones(session, slug, territory)
    return Towns(whole, towns)


def _monaco(town: demo.DemoTerritory, parent_id: int) -> NewTerritory:
    return NewTerritory(
        name=town.name,
        slug=town.slug,
        boundary=town.boundary,
        srid=metric_srid(town.boundary),
        prefixes=["MCO", "MON"],
        parent_id=parent_id,
        timezone=town.time_zone,
        population=MONACO_PEOPLE,
        town_hall={"name": "Mairie de Monaco (démonstration)", "email": "monaco@demo.example", **_IMAGINED},
    )


def _beausoleil(town: demo.DemoTerritory, parent_id: int) -> NewTerritory:
    commune = france.commune(town.insee or "")
    return NewTerritory(
        name=town.name,
        slug=town.slug,
        code=commune.code,
        boundary=town.boundary,
        srid=metric_srid(town.boundary),
        prefixes=prefixes_for(town.name),
        parent_id=parent_id,
        timezone=town.time_zone,
        population=commune.population,
        town_hall=town_hall_facts(commune.town_hall),
    )


def _add_zones(session: Session, slug: str, territory: Territory) -> None:
    """Quarters; parks and the surroundings of schools, which two rules of the default pack name."""
    quarters = [(zone.name, zone.boundary) for zone in demo.zones() if zone.territory == slug]
    parks = [(p.name, as_multipolygon(p.area)) for p in demo.parks() if p.territory == slug and p.kind == "park"]
    fronts = [(name, _around(lon, lat)) for name, lon, lat in schools() if slug == "monaco"]
    for kind, places in (("quarter", quarters), ("park", parks), ("school-front", fronts)):
        if places:
            replace_zones(session, territory_id=territory.id, kind=kind, zones=_zones(kind, places))


def _zones(kind: str, places: Iterable[tuple[str, MultiPolygon]]) -> list[NewZone]:
    return [NewZone(kind, slugify(name), name, boundary) for name, boundary in places]


def _around(lon: float, lat: float) -> MultiPolygon:
    return as_multipolygon(Point(lon, lat).buffer(SCHOOL_FRONT_M / METRES_LAT, quad_segs=6))
