"""The filters of this request. A host that belongs to one town speaks of that town, and of nothing outside it."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from app.core.asking import asked_flag
from app.core.db import db
from app.core.errors import NotFound
from app.features.contributions.filters import MapFilters, parse_filters, resolve
from app.features.contributions.person import person
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
