"""Photos on their way in: checked by content at once, stored privately only when all the rest passes too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.datastructures import FileStorage

from app.core.errors import FieldError, Unavailable
from app.core.images import MAX_BYTES, PhotoInfo, PhotoRefused, check_photo, without_metadata
from app.core.storage import Storage, StorageError, original_key
from app.features.contributions.drafts import PHOTOS_MAX, PhotoDraft


@dataclass(frozen=True)
class Uploads:
    """The photos of one request: those that pass as drafts, the others as sentences. Nothing is stored yet."""

    drafts: tuple[PhotoDraft, ...]
    errors: tuple[FieldError, ...]
    files: tuple[FileStorage, ...]
    """The file of each draft, still where the request put it (on the disk when it is large)."""

    def store(self, storage: Storage) -> None:
        """Keep the originals, before the rows that name them. Raises `Unavailable` when the disk does not."""
        try:
            for draft, file in zip(self.drafts, self.files, strict=True):
                # Also one that is there already: written now, it is too young for the sweep that runs at this moment.
                file.stream.seek(0)
                storage.put(draft.original_key, without_metadata(file.stream.read()))
        except StorageError as error:
            raise Unavailable(
                "The photos cannot be kept right now. Send again in a minute, or without photos."
            ) from error


def check_uploads(files: Sequence[FileStorage], *, kept: int = 0, most: int = PHOTOS_MAX) -> Uploads:
    """Look at every photo, one at a time in memory. `kept` photos are already there and count for the limit, `most`."""
    drafts, errors, passed = [], [], []
    room = max(most - kept, 0)
    if len(files) > room:
        errors.append(FieldError("/photos", "At most %(limit)s photos.", {"limit": most}))
    for position, file in enumerate(files[:room]):
        try:
            info = check_photo(file.stream.read(MAX_BYTES + 1), declared_type=file.mimetype, filename=file.filename)
        except PhotoRefused as refused:
            errors.append(FieldError(f"/photos/{position}", refused.message, refused.params))
        else:
            drafts.append(_draft(info))
            passed.append(file)
    return Uploads(tuple(drafts), tuple(errors), tuple(passed))


def _draft(info: PhotoInfo) -> PhotoDraft:
    return PhotoDraft(
        original_key=original_key(info.sha256),
        content_type=info.content_type,
        width=info.width,
        height=info.height,
        size=info.size_bytes,
        sha256=info.sha256,
        taken_at=info.taken_at,
    )
