"""Towns, categories and addresses, as the API's document tells them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from app.core.openapi import Answer, Operation, Parameter
from app.features.territories.shapes import Categories, Places, Territories, TerritoryFeature

TAG: Final = "Places"

_BAYONNE: Final = {
    "slug": "bayonne",
    "name": "Bayonne",
    "kind": "commune",
    "code": "64102",
    "parent": None,
    "prefix": "BAY",
    "population": 53312,
    "timezone": "Europe/Paris",
    "languages": ["fr", "en", "eu"],
}
_HALL: Final = {"name": "Mairie de Bayonne", "email": "mairie@bayonne.example"}
_ZONE: Final = {"kind": "quartier", "slug": "saint-esprit", "name": "Saint-Esprit"}
_RING: Final = [[-1.5, 43.47], [-1.44, 43.47], [-1.44, 43.51], [-1.5, 43.47]]

TERRITORIES: Final = Operation(
    tag=TAG,
    summary="The territories",
    description="Every territory that takes contributions, the largest first.",
    answers={200: Answer("The territories.", Territories, example={"territories": [_BAYONNE]})},
)
TERRITORY: Final = Operation(
    tag=TAG,
    summary="A territory with its boundary",
    path={"slug": ("The territory's slug.", "bayonne")},
    answers={
        200: Answer(
            "A GeoJSON feature.",
            TerritoryFeature,
            example={
                **_BAYONNE,
                "zones": [_ZONE],
                "town_hall": _HALL,
                "type": "Feature",
                "id": "bayonne",
                "properties": {**_BAYONNE, "zones": [_ZONE], "town_hall": _HALL},
                "geometry": {"type": "MultiPolygon", "coordinates": [[_RING]]},
            },
        )
    },
)
CATEGORIES: Final = Operation(
    tag=TAG,
    summary="The categories of a territory",
    description="What contributions may be about, as a tree: only leaves take them, and each only some kinds.",
    parameters=(Parameter("territory", str, "The territory's slug.", required=True, example="bayonne"),),
    answers={
        200: Answer(
            "The categories, in their order.",
            Categories,
            example={
                "territory": "bayonne",
                "categories": [
                    {
                        "slug": "pothole",
                        "parent": "roads",
                        "leaf": True,
                        "kinds": ["problem"],
                        "labels": {"fr": "Nid-de-poule", "en": "Pothole", "eu": "Zuloa"},
                        "descriptions": {},
                        "icon": "road",
                        "questions": [],
                        "group_radius_m": 30.0,
                        "group_window_days": 30,
                        "target_delay": {"days": 10, "mode": "working"},
                        "contact": "optional",
                        "photo": "optional",
                        "moderation": "after",
                    }
                ],
            },
        )
    },
    problems={404: "No territory has this name."},
)

_LON: Final = Annotated[float, Field(ge=-180, le=180)]
_LAT: Final = Annotated[float, Field(ge=-90, le=90)]
GEOCODE: Final = Operation(
    tag=TAG,
    summary="Find an address, or what is at a place",
    description="With `q`, places of that name (those near `lon`, `lat` first); with `lon` and `lat` alone, what is "
    "there. Proposals only: the point that somebody placed is never moved.",
    parameters=(
        Parameter("q", str, "Words of an address or of a place; what is beyond 200 characters is not read."),
        Parameter("lon", _LON, "Longitude, degrees.", example=-1.4748),
        Parameter("lat", _LAT, "Latitude, degrees.", example=43.4929),
        Parameter("limit", Annotated[int, Field(ge=1, le=10)], "How many proposals, 5 unless said."),
    ),
    answers={
        200: Answer(
            "A GeoJSON feature collection, the likeliest first.",
            Places,
            example={
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": "Point", "coordinates": [-1.4771, 43.4912]},
                        "properties": {
                            "label": "12 Rue d'Espagne, Bayonne",
                            "kind": "address",
                            "distance_m": 264.1,
                            "score": 0.912,
                        },
                    }
                ],
            },
        )
    },
)
