"""Files that nothing names: what a refused form, a killed worker or a picture made again leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.storage import Storage
from app.features.contributions.share_pictures import FOLDER

REST = timedelta(days=2)
"""A younger file may belong to a form that is still being filled in, or to a transaction that is not over."""
_AT_ONCE = 500

# Folder, table, column, and that name in a key: `originals/ab/cd/SHA256`, `derived/ab/TOKEN/400.jpg`.
_FOLDERS: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
    ("originals", "photo", "original_key", lambda key: key),
    ("derived", "photo", "public_key", lambda key: key.split("/")[2]),
    (FOLDER, "share_picture", "key", lambda key: key),
)


def sweep_files(session: Session, storage: Storage, *, now: datetime | None = None) -> int:
    """Delete the old files that nothing names; returns how many. Killed anywhere, it goes on the next time."""
    limit, swept = (now or datetime.now(UTC)) - REST, 0
    for folder, table, column, name_of in _FOLDERS:
        old = (entry.key for entry in storage.entries(folder) if entry.modified < limit)
        while keys := list(islice(old, _AT_ONCE)):
            for key in _unnamed(session, keys, f"{table}.{column}", name_of):
                storage.delete(key)
                swept += 1
    return swept


def delete_originals(session: Session, storage: Storage, keys: list[str], *, now: datetime | None = None) -> int:
    """Delete these originals; returns how many. One that another photo shows too stays, and so does a young one, which
    somebody may be sending again at this moment: the sweep looks at it later.
    """
    limit, deleted = (now or datetime.now(UTC)) - REST, 0
    for key in _unnamed(session, keys, "photo.original_key", lambda key: key):
        folder = key.rpartition("/")[0]
        if any(entry.key == key and entry.modified < limit for entry in storage.entries(folder)):
            storage.delete(key)
            deleted += 1
    return deleted


def _unnamed(session: Session, keys: list[str], named_in: str, name_of: Callable[[str], str]) -> Iterator[str]:
    table = named_in.partition(".")[0]
    asked = text(f"SELECT {named_in} FROM {table} WHERE {named_in} = ANY(:names)")  # noqa: S608 - constants
    named = set(session.scalars(asked, {"names": [name_of(key) for key in keys]}))
    return (key for key in keys if name_of(key) not in named)
