"""`/photos/<key>/<size>.jpg`: the public pictures, as long as what they belong to is shown."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from sqlalchemy import text

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound
from app.core.storage import NotStored, derived_key, open_storage
from app.features.contributions.urls import SIZES

blueprint = Blueprint("photos", __name__)

_SHOWN = text(
    """
    SELECT 1 FROM photo p JOIN contribution c ON c.id = p.contribution_id
    WHERE p.public_key = :key AND p.state = 'ready' AND NOT p.hidden AND c.visibility = 'public'
    """
)


@blueprint.get("/photos/<key>/<int:size>.jpg")
@public
def picture(key: str, size: int) -> Response:
    """A derivative; 404 as soon as the photo or its contribution is hidden."""
    if size not in SIZES or db.session.execute(_SHOWN, {"key": key}).first() is None:
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
    return response
