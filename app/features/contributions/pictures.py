"""A picture for who may look before the public may, or although it may not any more."""

from __future__ import annotations

from flask import Response, current_app

from app.core.errors import NotFound
from app.core.storage import NotStored, derived_key, open_storage
from app.features.contributions.urls import SIZES


def private_picture(key: str | None, size: int) -> Response:
    """The derivative of that longest side (pixels), which nobody else may keep; whoever calls has asked who looks.

    Raises NotFound for another size, and for what is not made (None) or gone.
    """
    if key is None or size not in SIZES:
        raise NotFound("This photo is not shown.")
    try:
        data = open_storage(current_app.extensions["settings"].storage.location).get(derived_key(key, f"{size}.jpg"))
    except NotStored:
        raise NotFound("This photo is not shown.") from None
    response = Response(data, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
