"""`GET /api/v1/categories/suggest`: which category some words speak of. A proposal, never a decision."""

from __future__ import annotations

import time

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import select

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound, invalid
from app.core.i18n import label
from app.core.openapi import documented
from app.core.storage import open_storage
from app.features.contributions import api_reference
from app.features.contributions.pyramid import KIND_CODES
from app.features.contributions.shapes import CategorySuggestions
from app.features.contributions.suggesting import MOST_CHARACTERS, Model, learnt
from app.features.territories.catalogue import Town, current_town
from app.features.territories.hosts import spoken_of
from app.features.territories.models import Territory
from app.features.territories.sites import site_town

blueprint = Blueprint("suggest_api", __name__, url_prefix="/api/v1")

REMEMBER_S = 300.0
"""Seconds for which a process keeps a classifier before it looks for a newer one."""
_read: dict[tuple[str, int], tuple[float, Model | None]] = {}


@blueprint.get("/categories/suggest")
@public
@documented(api_reference.SUGGEST)
def suggest() -> Response:
    """The likeliest categories for `text`, the best first, each with the words that speak for it."""
    said, kind = request.args.get("text", ""), request.args.get("kind") or None
    if len(said) > MOST_CHARACTERS:
        raise invalid("/text", "At most %(most)s characters.", most=MOST_CHARACTERS)
    if kind is not None and kind not in KIND_CODES:
        raise invalid("/kind", "Choose problem, praise or proposal.")
    town = _town(request.args.get("territory") or None)
    open_ones = {
        category.slug: category
        for category in town.categories_by_id.values()
        if category.leaf and category.active and (kind is None or kind in category.kinds)
    }
    model = _model(town)
    document: CategorySuggestions = {
        "suggestions": [
            {
                "category": found.category,
                "label": label(open_ones[found.category].label),
                "belief": found.belief,
                "because": list(found.because),
            }
            for found in (model.suggest(said, among=open_ones) if model else ())
        ]
    }
    response = jsonify(document)
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _town(slug: str | None) -> Town:
    if slug is None:
        return site_town().town
    found = db.session.scalar(select(Territory.id).where(Territory.slug == slug, Territory.active))
    if found is None or not spoken_of(found):
        raise NotFound("No territory has this name.")
    return current_town(db.session, found)


def _model(town: Town) -> Model | None:
    """The classifier of the town, or of the nearest one above that has learnt."""
    location = current_app.extensions["settings"].storage.location
    for territory_id in town.chain:
        key = (str(location), territory_id)
        known = _read.get(key)
        if known is None or time.monotonic() - known[0] > REMEMBER_S:
            known = _read[key] = (time.monotonic(), learnt(open_storage(location), territory_id))
        if known[1] is not None:
            return known[1]
    return None
