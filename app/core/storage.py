"""Where files live: a small port, and its folder on the local disk.

Keys say what a file is. `originals/…` is content-addressed and private: no view may serve it. `derived/…`
lies under a random name, so that making the pictures of a photo again (hidden, redacted) kills the old
addresses. The same port over an object store is in `app.core.object_storage`.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

_KEY = re.compile(r"[a-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){1,7}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
# EFBIG: a limit on the size of files is a quota too.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNFINISHED = ".unfinished-"


class StorageError(Exception):
    """A file could not be kept or read."""


class InvalidKey(StorageError, ValueError):
    """The key is not one of ours; nothing was touched."""


class NotStored(StorageError, LookupError):
    """No file has this key."""


class StorageFull(StorageError):
    """The disk or the quota is full; nothing was kept under the key, and what was there before is whole."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored file: its key, size in bytes and the moment it was last written (UTC)."""

    key: str
    size: int
    modified: datetime


class Storage(Protocol):
    """Files by key. Every method raises InvalidKey for a key that is not one of ours, StorageError when it
    fails."""

    def put(self, key: str, data: bytes) -> None:
        """Keeps `data` under `key`, all or nothing, durable when it returns. Raises StorageFull."""

    def get(self, key: str) -> bytes:
        """The whole file. Raises NotStored."""

    def open(self, key: str) -> BinaryIO:
        """The file for reading, to be closed by the caller. Raises NotStored."""

    def delete(self, key: str) -> None:
        """Forgets the file; a key that is already absent is no error."""

    def exists(self, key: str) -> bool:
        """Whether a whole file has this key."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Every file whose key starts with `folder/`, in no order: what a sweeper compares with the
        database."""


def require_key(key: str) -> str:
    """The key itself, when it can neither climb out of the store nor meet a hidden file. Raises
    InvalidKey."""
    if len(key) > 512 or not _KEY.fullmatch(key):
        raise InvalidKey(f"not a storage key: {key[:80]!r}")
    return key


def original_key(sha256: str) -> str:
    """Key of an original, from the hex digest of its content: the same photo sent twice is kept once."""
    if not _SHA256.fullmatch(sha256):
        raise InvalidKey("an original is named by its SHA-256 in hex")
    return f"originals/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def new_derived_token() -> str:
    """A fresh name nobody can guess (128 bits, hex) for the public pictures of one photo."""
    return secrets.token_hex(16)


def derived_key(token: str, name: str) -> str:
    """Key of one public picture, for instance `derived_key(token, "1600.jpg")`."""
    if not _TOKEN.fullmatch(token):
        raise InvalidKey("derived pictures are named by a token of 32 hex digits")
    return require_key(f"derived/{token[:2]}/{token}/{name}")


class LocalStorage:
    """Storage in a folder of this machine: files 0600, folders 0700, each write atomic and flushed to the
    disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        unfinished = path.with_name(_UNFINISHED + secrets.token_hex(8))
        try:
            self._make_folder(path.parent)
            _write_durably(unfinished, data)
            unfinished.replace(path)
            _flush_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            if error.errno in _FULL:
                raise StorageFull("no space left for files") from error
            raise StorageError(f"could not keep {key}") from error

    def get(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotStored(key) from None
        except OSError as error:
            raise StorageError(f"could not read {key}") from error

    def delete(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except (IsADirectoryError, NotADirectoryError):
            return
        except OSError as error:
            raise StorageError(f"could not delete {key}") from error

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def entries(self, folder: str) -> Iterator[Entry]:
        for path in self._files(folder):
            if not path.name.startswith(_UNFINISHED):
                with suppress(FileNotFoundError):
                    facts = path.stat()
                    modified = datetime.fromtimestamp(facts.st_mtime, UTC)
                    yield Entry(path.relative_to(self._root).as_posix(), facts.st_size, modified)

    def sweep_unfinished(self, *, older_than: float = 3600.0) -> int:
        """Removes what a killed process left half written more than `older_than` seconds ago; returns how
        many."""
        limit, swept = time.time() - older_than, 0
        for folder in ("originals", "derived"):
            for path in self._files(folder):
                with suppress(FileNotFoundError):
                    if path.name.startswith(_UNFINISHED) and path.stat().st_mtime < limit:
                        path.unlink()
                        swept += 1
        return swept

    def _path(self, key: str) -> Path:
        return self._root / require_key(key)

    def _files(self, folder: str) -> Iterator[Path]:
        require_key(f"{folder}/any")
        return (path for path in (self._root / folder).rglob("*") if path.is_file())

    def _make_folder(self, folder: Path) -> None:
        """Makes the missing folders, flushing each parent so that a power cut cannot lose a file's way."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
            _flush_folder(path.parent)


def _write_durably(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_storage(location: str) -> Storage:
    """The storage at `location`: a folder (path or `file://` URL), or `s3://bucket/prefix` with the `s3`
    extra.

    S3 credentials, region and endpoint come from the usual `AWS_*` variables. Raises StorageError when the
    extra is not installed.
    """
    if location.startswith("s3://"):
        try:
            from app.core.object_storage import s3_storage
        except ImportError as error:
            raise StorageError("object storage needs the s3 extra: pip install 'auzolan[s3]'") from error
        return s3_storage(location)
    return LocalStorage(Path(location.removeprefix("file://")))
