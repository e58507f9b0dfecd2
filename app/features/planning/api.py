"""`/api/v1/hotspots`: the living hotspots as GeoJSON, and the story of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify

from app.core.access import public
from app.core.db import db
from app.core.i18n import label
from app.core.openapi import documented
from app.features.contributions.asked import asked_filters
from app.features.planning import api_reference
from app.features.planning.queries import HotspotFace, hotspot_with_history, living_hotspots
from app.features.planning.shapes import HotspotEvent, HotspotFacts, Hotspots, HotspotStory, HotspotStoryFeature
from app.features.territories.hosts import host_reach

blueprint = Blueprint("planning_api", __name__, url_prefix="/api/v1")


@blueprint.get("/hotspots")
@public
@documented(api_reference.INDEX)
def index() -> Response:
    """Areas where contributions of one kind and category concentrate now (five at least)."""
    found = living_hotspots(db.session, asked_filters())
    document: Hotspots = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": face.id, "geometry": json.loads(face.hull), "properties": _facts(face)}
            for face in found
        ],
    }
    return _geojson(document)


@blueprint.get("/hotspots/<int:hotspot_id>")
@public
@documented(api_reference.SHOW)
def show(hotspot_id: int) -> Response:
    """One hotspot with its history, ended or not."""
    face, history = hotspot_with_history(db.session, min(hotspot_id, 2**63 - 1), within=host_reach())
    story: HotspotStory = {
        **_facts(face),
        "history": [_event(event) for event in history],
    }
    feature: HotspotStoryFeature = {
        "type": "Feature",
        "id": face.id,
        "geometry": json.loads(face.hull),
        "properties": story,
    }
    return _geojson(feature)


def _geojson(document: Hotspots | HotspotStoryFeature) -> Response:
    response = jsonify(document)
    response.mimetype = "application/geo+json"
    response.headers["Cache-Control"] = "public, max-age=30"
    return response


def _event(event: Mapping[str, Any]) -> HotspotEvent:
    known: HotspotEvent = {"type": event["type"], "at": event["at"].isoformat(), "n": event["n"]}
    # `was`, `into`, `absorbed` or `split_from`, as it was told.
    known.update(event["data"])
    return known


def _facts(face: HotspotFace) -> HotspotFacts:
    return {
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
    }
