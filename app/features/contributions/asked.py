"""The filters of this request. A host that belongs to one town speaks of that town unless another is named."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from app.features.contributions.filters import MapFilters, parse_filters
from app.features.territories.sites import site_town


def asked_filters() -> MapFilters:
    """Filters of the query string; without `territory`, the host's own town, else every town of the installation."""
    filters = parse_filters(request.args.items(multi=True))
    if filters.territory is None:
        town = site_town().town
        if request.host.partition(":")[0] in (town.settings.get("hosts") or ()):
            return replace(filters, territory=town.slug)
    return filters
