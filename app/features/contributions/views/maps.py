"""`/`, `/liste` and the piece of list that follows the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, g, make_response, render_template, request, url_for
from flask_babel import gettext

from app.core.access import public
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import cookieless, label
from app.features.contributions.filters import GROUPS, STATES, Bounds, MapFilters, middle, parse_point, period_start
from app.features.contributions.form_pages import Nearby
from app.features.contributions.listing import PAGE, Listed, listed_contributions
from app.features.contributions.nearby import open_nearby
from app.features.contributions.pages import KIND_ORDER, Choice, Filters, ListItem, ListPage, MapPage
from app.features.contributions.person import person
from app.features.contributions.scope import scope_of
from app.features.contributions.urls import photo_url
from app.features.contributions.views import blueprint
from app.features.contributions.wording import state_word
from app.features.territories.catalogue import Town, current_towns, town
from app.features.territories.hosts import spoken_of
from app.features.territories.places import locate
from app.features.territories.sites import SiteTown, shown_basemap, site_town


@blueprint.get("/")
@public
def map_page() -> str:
    """The map with its list beside it."""
    return render_template("contributions/map.html", page=_map_page("contributions.map_page"))


@blueprint.get("/integration")
@public
@cookieless
def embed() -> str:
    """The same, to be shown inside any other site: nothing can be written from it, and no cookie is left."""
    g.frame_ancestors = "*"
    page = _map_page("contributions.embed")
    outside = page.filters.address(url_for("contributions.map_page"))
    return render_template("contributions/embed.html", page=page, outside=outside)


def _map_page(endpoint: str) -> MapPage:
    here, filters = site_town(), Filters.read(request.args)
    found = listed(here, filters, 0)
    return MapPage(
        territory=here.town.slug,
        town=here.town.name,
        list=_list_page(here, found, filters, 0, endpoint),
        counts=found.counts,
        categories=category_choices(here.town),
        zones=zone_choices(here.town),
        center=here.center,
        bounds=here.bounds,
        basemap=shown_basemap(),
        list_url=url_for("contributions.list_fragment"),
        geocode_url=url_for("geocode_api.geocode"),
    )


@blueprint.get("/liste")
@public
def list_page() -> str:
    """The list alone, for whoever prefers it to the map."""
    here, filters, offset = site_town(), Filters.read(request.args), _offset()
    found = listed(here, filters, offset)
    page = _list_page(here, found, filters, offset, "contributions.list_page")
    return render_template(
        "contributions/list.html",
        page=page,
        counts=found.counts,
        categories=category_choices(here.town),
        zones=zone_choices(here.town),
        town=here.town.name,
    )


@blueprint.get("/list-fragment")
@public
def list_fragment() -> Response:
    """The list of what the map shows, as a piece of page."""
    here, filters, offset = site_town(), Filters.read(request.args), _offset()
    found = listed(here, filters, offset)
    page = _list_page(here, found, filters, offset, "contributions.list_page")
    response = make_response(render_template("contributions/_list.html", page=page, counts=found.counts))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/contribuer/proches")
@public
def nearby() -> Response:
    """What is already open near a pin, nearest first, as lines for the form."""
    return make_response(render_template("contributions/_nearby.html", nearby=already_there(request.args)))


def already_there(asked: Mapping[str, Any]) -> list[Nearby]:
    """The same as data, for `lon`, `lat`, `kind` and, if it is known, `category`; nothing while there is no place."""
    pin = asked_pin(asked)
    if pin is None:
        return []
    lon, lat = pin
    place = locate(db.session, lon, lat)
    home = site_town().town
    if place is not None and spoken_of(place.territory_id):
        home = town(db.session, place.territory_id, version=place.version)
    faces = open_nearby(
        db.session,
        lon=lon,
        lat=lat,
        town=home,
        kind=str(asked.get("kind") or "problem"),
        category=home.categories.get(str(asked.get("category") or "")),
    )
    return [
        Nearby(
            list_item(face, home, face.distance_m),
            support_url=url_for("contributions.support", reference=face.reference),
            at=(face.lon, face.lat),
        )
        for face in faces
    ]


def asked_pin(asked: Mapping[str, Any]) -> tuple[float, float] | None:
    """Longitude and latitude (degrees) of a form's pin, however typed; None while there is none."""
    try:
        lon, lat = (float(str(asked.get(name, "")).replace(",", ".")) for name in ("lon", "lat"))
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def category_choices(town: Town) -> list[Choice]:
    """The town's open categories as a menu, under the name of the one above."""
    return [
        Choice(category.slug, label(category.label), _group(town, category.parent), category.icon)
        for category in town.categories_by_id.values()
        if category.leaf and category.active
    ]


def zone_choices(town: Town) -> list[Choice]:
    """The zones of the town and of all that nest in it as a menu, under the name of their commune."""
    names = scope_of(db.session, town.slug).zone_names
    return [Choice(slug, name, commune) for slug, (name, commune) in names.items()]


def list_items(rows: Sequence[Any]) -> list[ListItem]:
    """Rows of `listed_contributions` as lines of a list."""
    towns = current_towns(db.session, (row.territory_id for row in rows))
    return [list_item(row, towns[row.territory_id]) for row in rows]


def _items_in_order(found: Listed, filters: Filters) -> list[ListItem]:
    """The lines, each with what puts it in its place."""
    return [
        replace(
            item, distance_m=found.metres.get(row.id), changed=row.changed_at if filters.sort == "changed" else None
        )
        for row, item in zip(found.rows, list_items(found.rows), strict=True)
    ]


def list_item(row: Any, town: Town, distance_m: float | None = None) -> ListItem:
    """A row as a line of a list; `distance_m` in metres from what it is listed for."""
    category = town.categories_by_id[row.category_id]
    zones = [town.zone_keys[zone_id][2] for zone_id in row.zone_ids if zone_id in town.zone_keys]
    return ListItem(
        reference=row.reference,
        kind=row.kind,
        category_label=label(category.label),
        icon=category.icon,
        title=first_sentence(row.title),
        state=state_word(row.state, placed=row.ticket_id is not None, kind=row.kind),
        url=url_for("contributions.show", reference=row.reference),
        when=row.created_at,
        supports=row.supports,
        follows=getattr(row, "follows", 0),
        distance_m=distance_m,
        photo_url=photo_url(row.public_key, 400) if row.public_key else None,
        place=zones[0] if zones else town.name,
    )


def first_sentence(words: str, limit: int = 90) -> str:
    """The first line of a text, cut between two words where it is long."""
    line = words.strip().split("\n", 1)[0]
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _group(town: Town, parent: str | None) -> str:
    above = town.categories.get(parent or "")
    return label(above.label) if above else ""


def listed(here: SiteTown, filters: Filters, offset: int) -> Listed:
    """A page of the site's contributions under these filters, in the box that the address names, if it names one.

    A category or a zone that the town does not have (any more) lets nothing through: nobody who follows one street's
    feed wants all the others.
    """
    try:
        return listed_contributions(db.session, wanted(here, filters), offset=offset)
    except Invalid:
        return Listed((), 0, many=False, counts={})


def wanted(here: SiteTown, filters: Filters) -> MapFilters:
    """The filters of a page as the map reads them."""
    asked = MapFilters(
        territory=here.town.slug,
        kinds=() if set(filters.kinds) == set(KIND_ORDER) else filters.kinds,
        categories=(filters.category,) if filters.category else (),
        states=GROUPS.get(filters.state, (filters.state,) if filters.state in STATES else ()),
        since=period_start(filters.period) if filters.period else None,
        bbox=asked_bounds(),
        zones=(filters.zone,) if filters.zone else (),
        mine=filters.mine,
        supported=filters.supported,
        sort=filters.sort,
        near=asked_middle() if filters.sort == "nearest" else None,
        person=person() if filters.personal else (),
    )
    return asked.asking(filters.query) if filters.query else asked


def _list_page(here: SiteTown, found: Listed, filters: Filters, offset: int, endpoint: str) -> ListPage:
    shared: dict[str, Any] = filters.params() | ({"bbox": request.args["bbox"]} if asked_bounds() else {})
    if found.metres and "near" in request.args:
        shared["near"] = request.args["near"]

    def at(position: int) -> str:
        return url_for(endpoint, **shared, offset=position or None)

    return ListPage(
        items=_items_in_order(found, filters),
        total=found.total,
        many=found.many,
        instead=found.instead if found.rows else "",
        filters=filters,
        where=gettext("In the part of the map you see") if asked_bounds() else here.place,
        offset=offset,
        previous=at(max(0, offset - PAGE)) if offset else "",
        following=at(offset + PAGE) if offset + PAGE < found.total else "",
        selected=request.args.get("selected", ""),
        partial=asked_bounds() is not None,
    )


def asked_bounds() -> Bounds | None:
    """`bbox=west,south,east,north`; anything else is forgotten, a shared link never breaks."""
    try:
        west, south, east, north = (float(part) for part in request.args.get("bbox", "").split(","))
    except ValueError:
        return None
    if -180 <= west < east <= 180 and -90 <= south < north <= 90:
        return west, south, east, north
    return None


def asked_middle() -> tuple[float, float] | None:
    """From where the nearest are counted: `near=lon,lat`, else the middle of the box; None where neither is said."""
    bounds = asked_bounds()
    return parse_point(request.args.get("near", "")) or (middle(bounds) if bounds else None)


def _offset() -> int:
    given = request.args.get("offset", "0")
    return min(int(given), 100_000) if given.isdecimal() and len(given) < 10 else 0
