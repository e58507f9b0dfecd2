"""`/tiles/contributions/{z}/{x}/{y}.mvt` and its TileJSON: the public map, for our pages and for anyone's."""

from __future__ import annotations

import gzip
from hashlib import blake2b
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound
from app.core.openapi import documented
from app.core.security import limiter
from app.features.contributions import api_reference
from app.features.contributions.asked import asked_filters
from app.features.contributions.filters import PARAMETERS
from app.features.contributions.scope import resolve
from app.features.contributions.shapes import TileJson
from app.features.contributions.tiles import FIRST_POINTS, MAX_ZOOM, contribution_tile
from geodata.pyramid import Tile

blueprint = Blueprint("tiles", __name__, url_prefix="/tiles")

MVT = "application/vnd.mapbox-vector-tile"
# A tile may be a quarter of a minute old; while it is refreshed, the old one is shown rather than a hole.
_CACHE = "public, max-age=15, stale-while-revalidate=120"
_SMALLEST_TO_PRESS = 400


@blueprint.get("/contributions/<int:z>/<int:x>/<int:y>.mvt")
@public
@documented(api_reference.TILE)
@limiter.limit("6000 per minute")
def contributions(z: int, x: int, y: int) -> Response:
    """One tile, by the filters of the query string; 304 when it has not changed."""
    tile = Tile(z, x, y)
    if not tile.exists or z > MAX_ZOOM:
        raise NotFound("There is no such tile.")
    filters = asked_filters()
    body = contribution_tile(db.session, resolve(db.session, filters), tile)
    response = Response(mimetype=MVT)
    response.set_etag(blake2b(body, digest_size=12).hexdigest(), weak=True)
    response.headers["Cache-Control"] = "private, no-cache" if filters.personal else _CACHE
    response.vary.add("Accept-Encoding")
    if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = 304
        return response
    if len(body) >= _SMALLEST_TO_PRESS and request.accept_encodings["gzip"] > 0:
        body = gzip.compress(body, compresslevel=4, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(body)
    return response


@blueprint.get("/contributions.json")
@public
@documented(api_reference.TILEJSON)
def tilejson() -> Response:
    """TileJSON 3.0 for the same filters."""
    filters = asked_filters()
    scope = resolve(db.session, filters).scope
    asked = [(name, value) for name, value in request.args.items(multi=True) if name in PARAMETERS]
    if filters.territory and "territory" not in request.args:
        # The tiles may come from another host, which speaks of more than this one.
        asked.append(("territory", filters.territory))
    query = urlencode(sorted(asked))
    base = current_app.extensions["settings"].web.base_url.rstrip("/")
    west, south, east, north = scope.bounds
    counts = dict.fromkeys(("n", "problem", "praise", "proposal", "done"), "Number")
    words = dict.fromkeys(("ref", "kind", "state"), "String")
    document: TileJson = {
        "tilejson": "3.0.0",
        "name": "Contributions",
        "tiles": [f"{base}/tiles/contributions/{{z}}/{{x}}/{{y}}.mvt{'?' + query if query else ''}"],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, 12],
        "vector_layers": [
            {"id": "cells", "minzoom": 0, "maxzoom": MAX_ZOOM, "fields": counts | words | {"bubble": "Number"}},
            {
                "id": "points",
                "minzoom": FIRST_POINTS,
                "maxzoom": MAX_ZOOM,
                "fields": words | dict.fromkeys(("category", "icon", "title"), "String") | {"bubble": "Number"},
            },
        ],
    }
    response = jsonify(document)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
