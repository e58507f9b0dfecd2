"""The public pictures of what was hidden leave the storage."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.storage import derived_key, open_storage
from app.features.contributions.urls import SIZES


def delete_pictures(keys: Iterable[str], *, location: str) -> None:
    """Delete every size under these keys; those that are gone are no error, so that it may run twice."""
    storage = open_storage(location)
    for key in keys:
        for size in SIZES:
            storage.delete(derived_key(key, f"{size}.jpg"))
