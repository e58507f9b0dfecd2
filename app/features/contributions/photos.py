"""From a private original to public pictures: done by a worker, once, or refused for good."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.images import PhotoRefused, derive
from app.core.storage import derived_key, new_derived_token, open_storage
from app.features.contributions.models import Photo

log = structlog.get_logger("photos")


def derive_photo(session: Session, *, photo_id: int, location: str) -> None:
    """Make the derivatives of a photo that has none. What cannot be made clean is never shown (`failed`)."""
    photo = session.scalar(select(Photo).where(Photo.id == photo_id).with_for_update())
    if photo is None or photo.state != "pending" or photo.hidden:
        return
    storage = open_storage(location)
    try:
        made = derive(storage.get(photo.original_key))
    except PhotoRefused as refused:
        log.warning("photo_failed", photo_id=photo_id, code=refused.code)
        photo.state = "failed"
        return
    key = new_derived_token()
    storage.put(derived_key(key, "1600.jpg"), made.jpeg_1600)
    storage.put(derived_key(key, "400.jpg"), made.jpeg_400)
    photo.public_key, photo.placeholder, photo.state = key, made.placeholder, "ready"
    photo.width, photo.height = made.width, made.height
