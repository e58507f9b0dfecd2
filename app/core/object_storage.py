"""The storage port over an object store (S3 and its kin), through obstore: the optional `s3` extra."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from app.core.storage import Entry, NotStored, StorageError, StorageFull, require_key

# An object store has no typed error for "full": these are the words of the disk, of MinIO and of S3 quotas.
_FULL_WORDS = ("no space left", "storage full", "storagefull", "quotaexceeded", "quota exceeded", "507 ")


class ObjectStorage:
    """Storage in an obstore store. Writes are atomic: an object exists whole or not at all."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        with _typed_errors(require_key(key)):
            obstore.put(self._store, key, data)

    def get(self, key: str) -> bytes:
        with _typed_errors(require_key(key)):
            return bytes(obstore.get(self._store, key).bytes())

    def open(self, key: str) -> BinaryIO:
        # Files are photos of 15 MB at most, so one request for the whole costs less than a reader of ranges.
        return io.BytesIO(self.get(key))

    def delete(self, key: str) -> None:
        try:
            with _typed_errors(require_key(key)):
                obstore.delete(self._store, key)
        except NotStored:
            return

    def exists(self, key: str) -> bool:
        try:
            with _typed_errors(require_key(key)):
                obstore.head(self._store, key)
        except NotStored:
            return False
        return True

    def entries(self, folder: str) -> Iterator[Entry]:
        require_key(f"{folder}/any")
        with _typed_errors(folder):
            for page in obstore.list(self._store, prefix=folder):
                for found in page:
                    yield Entry(found["path"], found["size"], found["last_modified"])


def s3_storage(url: str) -> ObjectStorage:
    """Storage in `s3://bucket/prefix`; credentials, region and endpoint from the `AWS_*` variables."""
    parts = urlsplit(url)
    return ObjectStorage(S3Store(parts.netloc, prefix=parts.path.strip("/") or None))


@contextmanager
def _typed_errors(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotStored(key) from None
    except (BaseError, OSError) as error:
        words = str(error).lower()
        if any(full in words for full in _FULL_WORDS):
            raise StorageFull("no space left for files") from error
        raise StorageError(f"object storage failed on {key}") from error
