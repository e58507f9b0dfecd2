"""The observatory: `/observatoire`, its map (a folium page in a frame, or downloaded to stand alone), its tables.

folium is imported when a planner looks: it is a third of the time in which a process starts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Denied, NotFound
from app.core.i18n import label, language
from app.core.security import csp_nonce
from app.features.accounts.access import current_actor
from app.features.accounts.policies import may_see_figures
from app.features.contributions.filters import PERIODS, MapFilters, parse_filters
from app.features.planning import showing
from app.features.planning.concentration import RESOLUTIONS, Concentration, Observatory, Question
from app.features.planning.queries import FEWEST
from app.features.territories.models import Category, Territory, Zone
from app.features.territories.sites import shown_basemap, site_town
from app.web import words
from app.web.assets import STATIC

if TYPE_CHECKING:
    from geodata.heatmap import HeatPicture

blueprint = Blueprint("planning", __name__, template_folder="templates")
planners = require_role("planner", "manager", "dispatcher", "administrator")

FILES = {
    "leaflet.js": "vendor/leaflet/leaflet.js",
    "leaflet.css": "vendor/leaflet/leaflet.css",
    "leaflet-heat.js": "vendor/leaflet.heat/leaflet-heat.js",
    **{f"images/{name}.png": f"vendor/leaflet/images/{name}.png" for name in ("layers", "layers-2x", "marker-icon")},
}
_KEPT = ("territory", "kind", "category", "zone", "period", "since", "public", "heat")
DEFAULT_PERIOD = "90d"


@dataclass(frozen=True)
class Asked:
    """A planner's question, allowed and understood."""

    territory: Territory
    filters: MapFilters
    observatory: Observatory
    today: date
    public: bool
    heat: bool

    def address(self, path: str, **more: str) -> str:
        """`path` with the same question."""
        kept = [(name, value) for name, value in request.args.items(multi=True) if name in _KEPT and value]
        return f"{path}?{urlencode([*kept, *more.items()])}"


@blueprint.get("/observatoire")
@planners
def observatory() -> str:
    """The question as a title, the answer as a sentence, then map, curve and table."""
    asked = _asked()
    found = asked.observatory.answer()
    since = asked.filters.since
    bars, most = showing.bars(found.weeks, asked.today)
    return render_template(
        "planning/observatory.html",
        asked=asked,
        found=found,
        title=showing.title(asked.filters.kinds, _category_label(asked), since.date() if since else None, asked.today),
        answer=showing.sentences(found),
        lines=showing.zone_lines(found.zones, len(found.leading), town=asked.territory.name),
        bars=bars,
        most=most,
        menus=_menus(asked),
        total=showing.number(found.total),
    )


@blueprint.get("/observatoire/carte")
@planners
def heat_frame() -> Response:
    """The map of the same question, for the frame."""
    from geodata.heatmap import heat_page, linked

    asked = _asked()
    basemap = shown_basemap()
    tiles = (basemap.url, basemap.tile_size, basemap.max_zoom) if basemap.kind == "raster" else None
    page = heat_page(replace(_picture(asked, asked.observatory.answer()), tiles=tiles))
    static_url = current_app.extensions["auzolan.assets"].url
    response = Response(linked(page, lambda name: static_url(FILES[name]), csp_nonce()), mimetype="text/html")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/observatoire/carte.html")
@planners
def heat_file() -> Response:
    """The same map as one file that opens anywhere, without network."""
    from geodata.heatmap import heat_page, inlined

    asked = _asked()
    page = inlined(
        heat_page(_picture(asked, asked.observatory.answer())), lambda name: (STATIC / FILES[name]).read_bytes()
    )
    response = Response(page, mimetype="text/html")
    # Opened from our own address it may run only what is inside it, and reach nothing.
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data:"
    )
    response.headers["Cache-Control"] = "private, no-store"
    if request.args.get("download"):
        name = f"auzolan-{asked.territory.slug}-{asked.today.isoformat()}.html"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/observatoire/zones.csv")
@planners
def zones_csv() -> Response:
    """The table by zone."""
    found = _asked().observatory.answer()
    head = ("slug", "name", "contributions", "before", "per_1000_inhabitants", "median_days_to_close")
    rows = (
        (row.slug, row.name, row.n, row.before, _rounded(row.per_thousand), _rounded(row.median_days))
        for row in found.zones
    )
    return _csv("zones", head, rows)


@blueprint.get("/observatoire/semaines.csv")
@planners
def weeks_csv() -> Response:
    """The curve, week by week (Mondays)."""
    found = _asked().observatory.answer()
    return _csv("semaines", ("week", "contributions"), ((monday.isoformat(), n) for monday, n in found.weeks))


def _asked() -> Asked:
    actor = current_actor()
    slug = request.args.get("territory")
    if slug:
        territory = db.session.scalar(select(Territory).where(Territory.slug == slug, Territory.active))
    else:
        territory = db.session.get(Territory, actor.territory_id or site_town().town.id)
    if territory is None:
        raise NotFound("No territory has this name.")
    if not may_see_figures(actor, territory_id=territory.id):
        raise Denied("Your role does not open this page.")
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name not in ("territory", "bbox")]
    if not any(name in ("period", "since") and value for name, value in pairs):
        pairs.append(("period", DEFAULT_PERIOD))
    filters = parse_filters([*pairs, ("territory", territory.slug)])
    question = Question(filters, zone=request.args.get("zone") or None)
    return Asked(
        territory=territory,
        filters=filters,
        observatory=Observatory(db.session, question, timezone=territory.timezone),
        today=datetime.now(UTC).date(),
        public=bool(request.args.get("public")),
        heat=bool(request.args.get("heat")),
    )


def _picture(asked: Asked, found: Concentration) -> HeatPicture:
    from geodata.heatmap import HeatPicture

    west, south, east, north = bounds = asked.observatory.bounds
    # About sixty hexagons across the screen, whatever the town's size.
    metres = max((east - west) * 75_000, (north - south) * 111_000)
    resolution = RESOLUTIONS[2] if metres < 4_000 else RESOLUTIONS[1] if metres < 16_000 else RESOLUTIONS[0]
    fewest = FEWEST if asked.public else 1
    since = asked.filters.since
    title = showing.title(asked.filters.kinds, _category_label(asked), since.date() if since else None, asked.today)
    whose = [(asked.territory.name, ""), *site_town().basemap.credits, ("Leaflet, folium", "")]
    return HeatPicture(
        hexagons=asked.observatory.hexagons(resolution),
        bounds=bounds,
        language=language(),
        zones=asked.observatory.outlines(),
        fewest=fewest,
        heat_first=asked.heat,
        marks=[(rank, row.lon, row.lat) for rank, row in enumerate(found.leading, 1)],
        words={
            "title": title,
            "legend": _("Contributions per hexagon"),
            "hexagons": _("Hexagons"),
            "heat": _("Heat"),
            "zones": _("Outlines"),
            "few": _("Fewer than %(fewest)s: an outline only", fewest=fewest),
            "count": _("Contributions"),
        },
        credits=whose,
    )


def _category_label(asked: Asked) -> str:
    slugs = asked.filters.categories
    if len(slugs) != 1:
        return ""
    ids = asked.observatory.resolved.scope.subtrees[slugs[0]]
    row = db.session.scalar(select(Category).where(Category.id.in_(ids), Category.slug == slugs[0]).limit(1))
    return label(row.label) if row else slugs[0]


def _menus(asked: Asked) -> dict[str, list[tuple[str, str]]]:
    scope = asked.observatory.resolved.scope
    categories = db.session.scalars(
        select(Category).where(Category.id.in_(scope.names), Category.active).order_by(Category.position, Category.id)
    ).all()
    zones = db.session.scalars(
        select(Zone).where(Zone.territory_id.in_(scope.territory_ids), Zone.kind == asked.observatory.zone_kind)
    ).all()
    depth = {row.id: (0 if row.parent_id is None else 1) for row in categories}
    return {
        "kind": [("", _("All kinds")), *((kind, str(found.many)) for kind, found in words.KINDS.items())],
        "category": [
            ("", _("All themes")),
            *((row.slug, "\N{EN DASH} " * depth[row.id] + label(row.label)) for row in _as_tree(categories)),
        ],
        "zone": [("", asked.territory.name), *sorted(((zone.slug, zone.name) for zone in zones), key=lambda z: z[1])],
        "period": [
            *((name, _("%(days)s days", days=days)) for name, days in PERIODS.items() if name in ("7d", "30d", "90d")),
            ("1y", _("One year")),
            ("all", _("Since the beginning")),
        ],
    }


def _as_tree(rows: Iterable[Category]) -> list[Category]:
    """Each theme followed by what is under it, in the town's order; a slug is listed once."""
    under: dict[int | None, list[Category]] = {}
    known: set[str] = set()
    for row in rows:
        if row.slug not in known:
            known.add(row.slug)
            under.setdefault(row.parent_id, []).append(row)
    ordered: list[Category] = []

    def walk(parent: int | None) -> None:
        for row in under.get(parent, ()):
            ordered.append(row)
            walk(row.id)

    walk(None)
    return ordered


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 2)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _csv(name: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """A table for a spreadsheet: UTF-8 with its mark, and no cell that a spreadsheet would run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    for row in rows:
        writer.writerow(
            "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
            for cell in row
        )
    response = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="auzolan-{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
