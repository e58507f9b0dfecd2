"""`/api/v1/geocode`: words to places and back, from the town's own index; proposals, never decisions."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.core.access import public
from app.core.asking import asked_limit
from app.core.errors import Unavailable, invalid
from app.core.openapi import documented
from app.features.territories import api_reference
from app.features.territories.geocoders import site_geocoder
from app.features.territories.shapes import PlaceFeature, Places
from geodata.geocoding import GeocoderError, Proposal

blueprint = Blueprint("geocode_api", __name__, url_prefix="/api/v1")

WORDS_MAX = 200


@blueprint.get("/geocode")
@public
@documented(api_reference.GEOCODE)
def geocode() -> Response:
    """`?q=words` (optionally near `lon`, `lat`), or `?lon=&lat=` alone for what is there; GeoJSON, likeliest first."""
    words = request.args.get("q", "").strip()[:WORDS_MAX]
    near = _position()
    if not words and near is None:
        raise invalid("/q", "Write an address, or give lon and lat.")
    geocoder = site_geocoder()
    limit = asked_limit(usual=5, most=10)
    try:
        found: tuple[Proposal, ...] = ()
        if geocoder is not None:
            found = (
                geocoder.search(words, near=near, limit=limit)
                if words or near is None
                else geocoder.reverse(near[0], near[1], limit=limit)
            )
    except GeocoderError as error:
        raise Unavailable("Addresses cannot be looked up right now. Place the pin on the map.") from error
    document: Places = {"type": "FeatureCollection", "features": [_feature(place) for place in found]}
    response = jsonify(document)
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


def _position() -> tuple[float, float] | None:
    if not request.args.get("lon") and not request.args.get("lat"):
        return None
    found = {name: request.args.get(name, type=float) for name in ("lon", "lat")}
    for name, most in (("lon", 180), ("lat", 90)):
        value = found[name]
        if value is None or not -most <= value <= most:
            raise invalid(f"/{name}", "Give lon and lat in degrees.")
    return found["lon"] or 0.0, found["lat"] or 0.0


def _feature(place: Proposal) -> PlaceFeature:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(place.lon, 7), round(place.lat, 7)]},
        "properties": {
            "label": place.label,
            "kind": place.kind,
            "distance_m": place.distance_m and round(place.distance_m, 1),
            "score": round(place.score, 3),
        },
    }
