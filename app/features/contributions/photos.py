"""From a private original to public pictures: done by a worker, once, or refused for good.

Where a town blurs faces and they cannot be looked for, the job fails and is tried again: nothing is shown meanwhile.
"""

from __future__ import annotations

import structlog
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.images import PhotoRefused, can_find_faces, derive
from app.core.storage import derived_key, new_derived_token, open_storage
from app.features.contributions.models import Photo
from app.features.territories.catalogue import Town, current_town

log = structlog.get_logger("photos")

_WHERE = text(
    """
    SELECT c.territory_id FROM photo p LEFT JOIN comment m ON m.id = p.comment_id
    JOIN contribution c ON c.id = coalesce(p.contribution_id, m.contribution_id) WHERE p.id = :id
    """
)


def blurs_faces(town: Town) -> bool:
    """Whether faces are blurred in this town's public pictures: where it says so, else wherever they can be found."""
    wish = town.settings.get("faces", "auto")
    return bool(wish == "blur" or (wish == "auto" and can_find_faces()))


def derive_photo(session: Session, *, photo_id: int, location: str) -> None:
    """Make the derivatives of a photo that has none. What cannot be made clean is never shown (`failed`).

    A photo that is hidden has them too, under a key that nobody learns: who may show it again looks at it.
    """
    photo = session.scalar(select(Photo).where(Photo.id == photo_id).with_for_update())
    if photo is None or photo.state != "pending":
        return
    storage = open_storage(location)
    try:
        covered = [(left, top, right, bottom) for left, top, right, bottom in photo.covered]
        faces = not photo.faces_left and blurs_faces(_town_of(session, photo_id))
        made = derive(storage.get(photo.original_key), hidden=covered, faces=faces)
    except PhotoRefused as refused:
        log.warning("photo_failed", photo_id=photo_id, code=refused.code)
        photo.state = "failed"
        return
    key = new_derived_token()
    storage.put(derived_key(key, "1600.jpg"), made.jpeg_1600)
    storage.put(derived_key(key, "400.jpg"), made.jpeg_400)
    photo.public_key, photo.placeholder, photo.state = key, made.placeholder, "ready"
    photo.width, photo.height = made.width, made.height


def _town_of(session: Session, photo_id: int) -> Town:
    return current_town(session, session.scalars(_WHERE, {"id": photo_id}).one())
