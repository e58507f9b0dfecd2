"""Photos: checked at the door, made public only as clean copies (`docs/adr/0007-photos.md`).

`check_photo` runs in the web process, before anything is stored; `derive` runs in a worker's child. Nothing
here knows the database, the queue or the web.
"""

from app.core.images.check import check_photo, without_metadata
from app.core.images.derive import Rectangle, derive
from app.core.images.faces import FacesUnchecked, can_find_faces
from app.core.images.types import (
    MAX_BYTES,
    MAX_PIXELS,
    Derivatives,
    PhotoFailed,
    PhotoFormat,
    PhotoInfo,
    PhotoRefused,
)

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "Derivatives",
    "FacesUnchecked",
    "PhotoFailed",
    "PhotoFormat",
    "PhotoInfo",
    "PhotoRefused",
    "Rectangle",
    "can_find_faces",
    "check_photo",
    "derive",
    "without_metadata",
]
