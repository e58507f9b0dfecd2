"""Photos on their way in: checked by content, their originals stored privately before the transaction begins."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import FileStorage

from app.core.errors import FieldError, Invalid, Unavailable
from app.core.images import MAX_BYTES, PhotoInfo, PhotoRefused, check_photo
from app.core.storage import Storage, StorageError, original_key
from app.features.contributions.drafts import PHOTOS_MAX, PhotoDraft


def take_photos(files: Sequence[FileStorage], storage: Storage) -> tuple[PhotoDraft, ...]:
    """Check every photo, then store them all. Raises `Invalid` with a sentence a photo; nothing is stored then."""
    if len(files) > PHOTOS_MAX:
        raise Invalid(errors=[FieldError("/photos", "At most %(limit)s photos.", {"limit": PHOTOS_MAX})])
    checked: list[tuple[bytes, PhotoInfo]] = []
    errors = []
    for position, file in enumerate(files):
        data = file.stream.read(MAX_BYTES + 1)
        try:
            checked.append((data, check_photo(data, declared_type=file.mimetype, filename=file.filename)))
        except PhotoRefused as refused:
            errors.append(FieldError(f"/photos/{position}", refused.message, refused.params))
    if errors:
        raise Invalid(errors=errors)
    try:
        return tuple(_store(data, info, storage) for data, info in checked)
    except StorageError as error:
        raise Unavailable("The photos cannot be kept right now. Send again in a minute, or without photos.") from error


def _store(data: bytes, info: PhotoInfo, storage: Storage) -> PhotoDraft:
    key = original_key(info.sha256)
    if not storage.exists(key):
        storage.put(key, data)
    return PhotoDraft(
        original_key=key,
        content_type=info.content_type,
        width=info.width,
        height=info.height,
        size=info.size_bytes,
        sha256=info.sha256,
        exif_lon=info.position.lon if info.position else None,
        exif_lat=info.position.lat if info.position else None,
        taken_at=info.taken_at,
    )
