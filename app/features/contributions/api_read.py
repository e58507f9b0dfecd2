"""`GET /api/v1/contributions`: the public contributions as GeoJSON, page by page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from app.core.access import public
from app.core.asking import asked_limit
from app.core.db import db
from app.core.i18n import label
from app.core.openapi import documented
from app.features.contributions import api_reference
from app.features.contributions.asked import asked_in_order
from app.features.contributions.filters import PARAMETERS
from app.features.contributions.queries import MOST, ListedContribution, contributions_in_bbox
from app.features.contributions.shapes import ContributionFeature, ContributionPage
from app.features.contributions.urls import absolute, photo_urls, public_url

blueprint = Blueprint("contributions_read", __name__, url_prefix="/api/v1")


@blueprint.get("/contributions")
@public
@documented(api_reference.INDEX)
def index() -> Response:
    """A GeoJSON FeatureCollection in the order of `sort`; `next` and the Link header give the following page."""
    arguments = [(name, value) for name, value in request.args.items(multi=True)]
    page = contributions_in_bbox(
        db.session,
        asked_in_order(),
        cursor=request.args.get("cursor") or None,
        limit=asked_limit(usual=50, most=MOST),
    )
    document: ContributionPage = {
        "type": "FeatureCollection",
        "features": [_feature(item) for item in page.items],
        "cursor": page.cursor,
        "next": None,
    }
    if page.cursor:
        kept = [pair for pair in arguments if pair[0] in PARAMETERS or pair[0] in ("sort", "near", "limit", "lang")]
        document["next"] = f"{absolute(request.path)}?{urlencode([*kept, ('cursor', page.cursor)])}"
    response = jsonify(document)
    response.mimetype = "application/geo+json"
    response.headers["Cache-Control"] = "public, max-age=5"
    if document["next"]:
        response.headers["Link"] = f'<{document["next"]}>; rel="next"'
    return response


def _feature(item: ListedContribution) -> ContributionFeature:
    return {
        "type": "Feature",
        "id": item.reference,
        "geometry": {"type": "Point", "coordinates": [round(item.lon, 7), round(item.lat, 7)]},
        "properties": {
            "reference": item.reference,
            "kind": item.kind,
            "category": item.category,
            "category_label": label(item.category_label),
            "icon": item.icon,
            "title": item.title,
            "text": item.body,
            "state": item.state,
            "address": item.address,
            "created_at": item.created_at.isoformat(),
            "changed_at": item.changed_at.isoformat() if item.changed_at else None,
            "distance_m": item.distance_m and round(item.distance_m, 1),
            "supports": item.supports,
            "photo_count": item.photo_count,
            "photo": photo_urls(item.photo_key) if item.photo_key else None,
            "territory": item.territory,
            "url": public_url(item.reference),
        },
    }
