"""`GET /api/v1/ideas`: the public ideas of the site's town, in an order that favours nobody unless another is asked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from app.core.access import public
from app.core.asking import asked_limit
from app.core.db import db
from app.core.errors import invalid
from app.core.i18n import label
from app.core.openapi import documented
from app.features.contributions.scope import scope_of
from app.features.contributions.urls import absolute, photo_urls, public_url
from app.features.participation import api_reference
from app.features.participation.queries.ideas import ORDERS, STATES, IdeaFilters, Order, ideas
from app.features.participation.shapes import IdeaFeature, IdeaList
from app.features.territories.catalogue import Town, current_towns
from app.features.territories.processes import ProcessFacts, processes_of
from app.features.territories.sites import site_town

MOST = 100
blueprint = Blueprint("ideas_api", __name__, url_prefix="/api/v1")


@blueprint.get("/ideas")
@public
@documented(api_reference.IDEAS)
def index() -> Response:
    """A GeoJSON FeatureCollection; `next` and the Link header give the following page, in the same order."""
    here, seed = site_town().town, _seed()
    scope = scope_of(db.session, here.slug)
    known = processes_of(db.session, scope.territory_ids)
    process = _one_of("process", [one.slug for one in known])
    category = _one_of("category", list(scope.subtrees))
    asked = IdeaFilters(
        territories=scope.territory_ids,
        process_id=next((one.id for one in known if one.slug == process), None),
        categories=scope.subtrees[category] if category else None,
        zone=_one_of("zone", list(scope.zones)),
        state=_one_of("state", list(STATES)),
        order=cast("Order", _one_of("order", ORDERS) or "fair"),
        seed=int.from_bytes(bytes.fromhex(seed), "big", signed=True),
    )
    found = ideas(db.session, asked, cursor=request.args.get("cursor", ""), limit=asked_limit(usual=30, most=MOST))
    towns = current_towns(db.session, (row.territory_id for row in found.rows))
    document: IdeaList = {
        "type": "FeatureCollection",
        "features": [_feature(row, towns[row.territory_id], known) for row in found.rows],
        "total": found.total,
        "seed": seed,
        "cursor": found.cursor,
        "next": None,
    }
    if found.cursor:
        kept = [(name, value) for name, value in request.args.items() if name not in ("cursor", "seed")]
        document["next"] = f"{absolute(request.path)}?{urlencode([*kept, ('seed', seed), ('cursor', found.cursor)])}"
    response = jsonify(document)
    response.mimetype = "application/geo+json"
    # Without a seed each answer has an order of its own: no cache may give one's to another.
    response.headers["Cache-Control"] = "public, max-age=5" if "seed" in request.args else "no-store"
    if document["next"]:
        response.headers["Link"] = f'<{document["next"]}>; rel="next"'
    return response


def _feature(row: Any, town: Town, known: Sequence[ProcessFacts]) -> IdeaFeature:
    category = town.categories_by_id[row.category_id]
    return {
        "type": "Feature",
        "id": row.reference,
        "geometry": {"type": "Point", "coordinates": [round(row.lon, 7), round(row.lat, 7)]},
        "properties": {
            "reference": row.reference,
            "title": row.title,
            "category": category.slug,
            "category_label": label(category.label),
            "process": next((one.slug for one in known if one.id == row.process_id), None),
            "state": next((name for name, states in STATES.items() if row.state in states), "study"),
            "created_at": row.created_at.isoformat(),
            "supports": row.supports,
            "bubble": row.bubble,
            "photo": photo_urls(row.public_key) if row.public_key else None,
            "territory": town.slug,
            "url": public_url(row.reference),
        },
    }


def _one_of(name: str, known: Sequence[str]) -> str:
    """The value of a parameter, empty when it was not given. Raises Invalid for one that is not known here."""
    value = request.args.get(name, "")
    if value and value not in known:
        message = "“%(value)s” is not known here. Choose among: %(known)s."
        raise invalid(f"/{name}", message, value=value[:40], known=", ".join(sorted(known)[:40]))
    return value


def _seed() -> str:
    """The order of chance, 16 hexadecimal digits: a new one unless it is given."""
    word = request.args.get("seed", "")
    if word and not re.fullmatch(r"[0-9a-f]{16}", word):
        raise invalid("/seed", "A seed is 16 hexadecimal digits, as a page before gave it.")
    return word or secrets.token_hex(8)
