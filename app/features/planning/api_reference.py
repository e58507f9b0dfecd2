"""Hotspots, as the API's document tells them."""

from __future__ import annotations

from typing import Final

from app.core.openapi import GEOJSON_MEDIA, Answer, Operation
from app.features.contributions.api_reference import FILTERS, MAP
from app.features.planning.shapes import Hotspots, HotspotStoryFeature

_HULL: Final = {
    "type": "Polygon",
    "coordinates": [[[-1.476, 43.492], [-1.474, 43.492], [-1.475, 43.494], [-1.476, 43.492]]],
}
_FACTS: Final = {
    "id": 12,
    "name": "Nid-de-poule, Saint-Esprit",
    "kind": "problem",
    "category": "pothole",
    "category_label": "Nid-de-poule",
    "icon": "road",
    "territory": "bayonne",
    "n": 9,
    "peak": 11,
    "trend": "shrank",
    "centre": [-1.475, 43.4925],
    "appeared_at": "2026-10-02T06:00:00+00:00",
    "updated_at": "2026-11-20T09:31:00+00:00",
    "ended_at": None,
    "successor": None,
}

INDEX: Final = Operation(
    tag=MAP,
    summary="The hotspots of now",
    description="Areas where contributions of one kind and category concentrate, five at least.",
    parameters=tuple(one for one in FILTERS if one.name not in ("state", "period", "since", "changed_since")),
    answers={
        200: Answer(
            "A GeoJSON feature collection.",
            Hotspots,
            media=GEOJSON_MEDIA,
            example={
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "id": 12, "geometry": _HULL, "properties": _FACTS}],
            },
        )
    },
    problems={404: "No territory has this name."},
)
SHOW: Final = Operation(
    tag=MAP,
    summary="A hotspot with its history",
    path={"hotspot_id": ("Its number.", 12)},
    answers={
        200: Answer(
            "A GeoJSON feature; the hotspot may have ended.",
            HotspotStoryFeature,
            media=GEOJSON_MEDIA,
            example={
                "type": "Feature",
                "id": 12,
                "geometry": _HULL,
                "properties": {
                    **_FACTS,
                    "history": [
                        {"type": "appeared", "at": "2026-10-02T06:00:00+00:00", "n": 5},
                        {"type": "shrank", "at": "2026-11-20T09:31:00+00:00", "n": 9, "was": 11},
                    ],
                },
            },
        )
    },
)
