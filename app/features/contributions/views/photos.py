"""`/photos/<key>/<size>.jpg`: the public pictures, as long as what they belong to is shown."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request
from sqlalchemy import text

from app.core.access import public
from app.core.db import db
from app.core.errors import Gone, NotFound
from app.core.storage import NotStored, derived_key, open_storage
from app.features.contributions.urls import SIZES
from app.features.territories.hosts import spoken_of

blueprint = Blueprint("photos", __name__)

_SHOWN = text(
    """
    SELECT c.territory_id FROM photo p LEFT JOIN comment m ON m.id = p.comment_id
    JOIN contribution c ON c.id = coalesce(p.contribution_id, m.contribution_id)
    WHERE p.public_key = :key AND p.state = 'ready' AND NOT p.hidden AND c.visibility = 'public'
      AND coalesce(m.state, 'public') = 'public'
    """
)
_WAS_SHOWN = text("SELECT EXISTS (SELECT FROM former_picture WHERE public_key = :key)")


@blueprint.get("/photos/<key>/<int:size>.jpg")
@public
def picture(key: str, size: int) -> Response:
    """A derivative; gone (410) as soon as the photo or its contribution is hidden."""
    territory_id = db.session.scalar(_SHOWN, {"key": key}) if size in SIZES else None
    if territory_id is None and db.session.scalar(_WAS_SHOWN, {"key": key}):
        raise Gone("This photo is not shown any more.")
    if territory_id is None or not spoken_of(territory_id):
        raise NotFound("This photo is not shown.")
    storage = open_storage(current_app.extensions["settings"].storage.location)
    try:
        data = storage.get(derived_key(key, f"{size}.jpg"))
    except NotStored:
        raise NotFound("This photo is not shown.") from None
    response = Response(data, mimetype="image/jpeg")
    # Shared caches must ask again soon: an address dies when a moderator hides the photo.
    response.headers["Cache-Control"] = "public, max-age=300"
    response.set_etag(f"{key}-{size}")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Whoever has it already is told so, once it is sure that it is still shown.
    response.make_conditional(request)
    return response
