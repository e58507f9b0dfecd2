"""The filters of this request. A host that belongs to one town speaks of that town, and of nothing outside it."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from app.core.asking import asked_flag
from app.core.db import db
from app.core.errors import NotFound, invalid
from app.features.contributions.filters import SORTS, MapFilters, middle, parse_filters, parse_point
from app.features.contributions.person import person
from app.features.contributions.scope import resolve
from app.features.territories.hosts import host_reach
from app.features.territories.sites import site_town


def asked_filters() -> MapFilters:
    """Filters of the query string; without `territory`, the host's own town, else every town of the installation.

    Raises NotFound for a territory of which this host does not speak.
    """
    filters = parse_filters(request.args.items(multi=True))
    mine, supported = asked_flag("mine"), asked_flag("supported")
    if mine or supported:
        filters = replace(filters, mine=mine, supported=supported, person=person())
    reach = host_reach()
    if reach is None:
        return filters
    if filters.territory is None:
        return replace(filters, territory=site_town().town.slug)
    if not reach.issuperset(resolve(db.session, MapFilters(territory=filters.territory)).scope.territory_ids):
        raise NotFound("No territory has this name.")
    return filters


def asked_in_order() -> MapFilters:
    """The same filters with the order of the query string: `sort` and, for the nearest, `near` or the middle of `bbox`.

    Raises Invalid for an order that does not exist, and for the nearest to nowhere.
    """
    filters = asked_filters()
    sort = request.args.get("sort") or SORTS[0]
    if sort not in SORTS:
        raise invalid(
            "/sort", "“%(value)s” is not known here. Choose among: %(known)s.", value=sort[:40], known=", ".join(SORTS)
        )
    if sort != "nearest":
        return replace(filters, sort=sort)
    near = parse_point(request.args.get("near", ""))
    if near is None and "near" not in request.args and filters.bbox is not None:
        near = middle(filters.bbox)
    if near is None:
        raise invalid("/near", "Say from where: near=longitude,latitude, in degrees, or a bbox.")
    return replace(filters, sort=sort, near=near)
