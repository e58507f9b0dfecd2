"""`/api/v1/hotspots`: the living hotspots as GeoJSON, and the story of one."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify

from app.core.access import public
from app.core.db import db
from app.core.i18n import label
from app.features.contributions.asked import asked_filters
from app.features.planning.queries import HotspotFace, hotspot_with_history, living_hotspots

blueprint = Blueprint("planning_api", __name__, url_prefix="/api/v1")


@blueprint.get("/hotspots")
@public
def index() -> Response:
    """Areas where contributions of one kind and category concentrate now (five at least)."""
    found = living_hotspots(db.session, asked_filters())
    return _geojson({"type": "FeatureCollection", "features": [_feature(face) for face in found]})


@blueprint.get("/hotspots/<int:hotspot_id>")
@public
def show(hotspot_id: int) -> Response:
    """One hotspot with its history, ended or not."""
    face, history = hotspot_with_history(db.session, min(hotspot_id, 2**63 - 1))
    feature = _feature(face)
    feature["properties"]["history"] = [
        {"type": event["type"], "at": event["at"].isoformat(), "n": event["n"], **event["data"]} for event in history
    ]
    return _geojson(feature)


def _geojson(document: dict[str, Any]) -> Response:
    response = jsonify(document)
    response.mimetype = "application/geo+json"
    response.headers["Cache-Control"] = "public, max-age=30"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _feature(face: HotspotFace) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": face.id,
        "geometry": json.loads(face.hull),
        "properties": {
            "id": face.id,
            "name": face.name,
            "kind": face.kind,
            "category": face.category,
            "category_label": label(face.category_label),
            "icon": face.icon,
            "territory": face.territory,
            "n": face.n,
            "peak": face.peak,
            "trend": face.trend,
            "centre": [round(face.lon, 6), round(face.lat, 6)],
            "appeared_at": face.appeared_at.isoformat(),
            "updated_at": face.updated_at.isoformat(),
            "ended_at": face.ended_at.isoformat() if face.ended_at else None,
            "successor": face.successor_id,
        },
    }
