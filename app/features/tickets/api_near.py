"""`GET /api/v1/nearby`: what is already there, asked once the place is chosen, better once the category is."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from app.core.access import public
from app.core.db import db
from app.core.errors import FieldError, Invalid
from app.core.i18n import label
from app.core.openapi import documented
from app.features.contributions.checks import KINDS, check_point
from app.features.contributions.nearby import ANY_CATEGORY_M, NearbyFace, open_nearby
from app.features.contributions.shapes import Nearby, NearbyContribution
from app.features.contributions.urls import photo_urls, public_url
from app.features.territories.catalogue import CategoryFacts, Town, town
from app.features.territories.hosts import host_reach, spoken_of
from app.features.territories.places import locate, outside_of
from app.features.tickets import api_reference
from app.web.words import public_state

blueprint = Blueprint("nearby_api", __name__, url_prefix="/api/v1")


@blueprint.get("/nearby")
@public
@documented(api_reference.NEARBY)
def nearby() -> Response:
    """Open, public contributions of one kind (and category, if it is said) near a place, the nearest first."""
    kind = request.args.get("kind") or "problem"
    errors = [] if kind in KINDS else [FieldError("/kind", "Choose problem, praise or proposal.")]
    lon, lat = _degrees("lon", errors), _degrees("lat", errors)
    errors += check_point(lon, lat)
    if errors:
        raise Invalid(errors=errors)
    home, category = _category(lon, lat, kind)
    found = open_nearby(db.session, lon=lon, lat=lat, town=home, category=category, kind=kind)
    document: Nearby = {
        "territory": home.slug,
        "category": category.slug if category else None,
        "kind": kind,
        "radius_m": category.group_radius_m if category else ANY_CATEGORY_M,
        "results": [_document(face, home.categories_by_id[face.category_id]) for face in found],
    }
    response = jsonify(document)
    response.headers["Cache-Control"] = "no-store"
    return response


def _degrees(name: str, errors: list[FieldError]) -> float:
    try:
        value = float(request.args.get(name, ""))
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    errors.append(FieldError(f"/{name}", "Write a number."))
    return 0.0


def _category(lon: float, lat: float, kind: str) -> tuple[Town, CategoryFacts | None]:
    place = locate(db.session, lon, lat)
    if place is None or not spoken_of(place.territory_id):
        named = {"territory": outside_of(db.session, lon, lat, within=host_reach())}
        raise Invalid(
            errors=[FieldError("/lat", "This place is outside %(territory)s. Move the pin, your text is kept.", named)],
            code="outside",
        )
    home = town(db.session, place.territory_id, version=place.version)
    slug = request.args.get("category", "")
    if not slug:
        return home, None
    category = home.categories.get(slug)
    if category is None or not category.active:
        words = {"town": home.name, "slug": slug[:80]}
        raise Invalid(errors=[FieldError("/category", "%(town)s has no category “%(slug)s”.", words)])
    if kind not in category.kinds:
        raise Invalid(errors=[FieldError("/category", "This category does not take this kind of contribution.")])
    return home, category


def _document(face: NearbyFace, category: CategoryFacts) -> NearbyContribution:
    return {
        "reference": face.reference,
        "url": public_url(face.reference),
        "kind": face.kind,
        "category": {"slug": category.slug, "label": label(category.label)},
        "sentence": face.title,
        "created_at": face.created_at.isoformat(),
        "age_days": max(0, (datetime.now(UTC) - face.created_at).days),
        "state": face.state,
        "public_state": public_state(face.state, in_a_queue=True),
        "distance_m": round(face.distance_m, 1),
        "lon": face.lon,
        "lat": face.lat,
        "contributions": face.contributions,
        "supports": face.supports,
        "photo": photo_urls(face.public_key) if face.public_key else None,
    }
