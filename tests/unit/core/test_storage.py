"""One suite for every storage: the local folder, and object stores through obstore."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

from app.core.object_storage import ObjectStorage
from app.core.storage import (
    InvalidKey,
    LocalStorage,
    NotStored,
    Storage,
    StorageError,
    StorageFull,
    derived_key,
    new_derived_token,
    open_storage,
    original_key,
    require_key,
)

KEY = original_key(hashlib.sha256(b"photo").hexdigest())


def _local(root: Path) -> Storage:
    return LocalStorage(root / "storage")


def _object_memory(root: Path) -> Storage:
    return ObjectStorage(MemoryStore())


def _object_folder(root: Path) -> Storage:
    return ObjectStorage(LocalStore(root / "objects", mkdir=True))


@pytest.fixture(params=[_local, _object_memory, _object_folder], ids=["local", "object memory", "object folder"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    make: Callable[[Path], Storage] = request.param
    return make(tmp_path)


def test_what_is_put_is_got(storage: Storage) -> None:
    storage.put(KEY, b"\0photo\xff")
    assert storage.get(KEY) == b"\0photo\xff"
    assert storage.exists(KEY)
    with storage.open(KEY) as file:
        assert file.read(2) == b"\0p"


def test_putting_again_replaces(storage: Storage) -> None:
    storage.put(KEY, b"first, and longer")
    storage.put(KEY, b"second")
    assert storage.get(KEY) == b"second"


def test_an_empty_file_is_a_file(storage: Storage) -> None:
    storage.put(KEY, b"")
    assert storage.exists(KEY)
    assert storage.get(KEY) == b""


def test_what_is_absent_says_so(storage: Storage) -> None:
    assert not storage.exists(KEY)
    with pytest.raises(NotStored):
        storage.get(KEY)
    with pytest.raises(NotStored):
        storage.open(KEY)


def test_deleting_is_for_good_and_may_be_repeated(storage: Storage) -> None:
    storage.put(KEY, b"x")
    storage.delete(KEY)
    storage.delete(KEY)
    assert not storage.exists(KEY)


def test_entries_list_a_folder_and_only_it(storage: Storage) -> None:
    token = new_derived_token()
    keys = {derived_key(token, "1600.jpg"), derived_key(token, "400.jpg")}
    for key in {*keys, KEY}:
        storage.put(key, b"abc")
    entries = list(storage.entries("derived"))
    assert {entry.key for entry in entries} == keys
    assert {entry.size for entry in entries} == {3}
    assert all(abs(entry.modified.timestamp() - time.time()) < 60 for entry in entries)
    assert list(storage.entries("nothing")) == []


HOSTILE = [
    "",
    "originals",
    "/etc/passwd",
    "originals/../../etc/passwd",
    "originals/..",
    "originals/./a",
    "originals//a",
    "originals/a/",
    "originals/.hidden",
    "originals/a\0b",
    "originals/a\\..\\b",
    "originals/a\n",
    "originals/%2e%2e/a",
    "../originals/a",
    "~/a",
    "originals/é",
    "originals/" + "a" * 129,
    "a/" * 8 + "a",
    "C:/windows",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_key_touches_nothing(storage: Storage, key: str) -> None:
    for act in (storage.get, storage.open, storage.delete, storage.exists, lambda k: storage.put(k, b"x")):
        with pytest.raises(InvalidKey):
            act(key)


def test_writers_of_one_key_leave_one_whole_file(storage: Storage) -> None:
    bodies = [bytes([number]) * 200_000 for number in range(8)]
    threads = [threading.Thread(target=storage.put, args=(KEY, body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.get(KEY) in bodies
    assert len(list(storage.entries("originals"))) == 1


def test_keys_are_built_from_checked_parts() -> None:
    digest, token = "ab" * 32, new_derived_token()
    assert original_key(digest) == f"originals/ab/ab/{digest}"
    assert derived_key(token, "400.jpg") == require_key(f"derived/{token[:2]}/{token}/400.jpg")
    assert new_derived_token() != token
    for make in (lambda: original_key("../x"), lambda: derived_key("../x", "a"), lambda: derived_key(token, "../a")):
        with pytest.raises(InvalidKey):
            make()


def test_local_files_and_folders_are_private(tmp_path: Path) -> None:
    LocalStorage(tmp_path / "storage").put(KEY, b"x")
    for path in (tmp_path / "storage").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    storage = LocalStorage(tmp_path / "storage")
    storage.put(KEY, b"x")
    path = tmp_path / "storage" / KEY
    path.unlink()
    path.symlink_to(outside)
    storage.put(KEY, b"y")
    assert outside.read_bytes() == b"precious"
    assert storage.get(KEY) == b"y"


FULL_DISK = """
import resource, sys
from pathlib import Path
from app.core.storage import LocalStorage, StorageFull
storage = LocalStorage(Path(sys.argv[1]))
storage.put(sys.argv[2], b"before")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    storage.put(sys.argv[2], bytes(1_000_000))
except StorageFull:
    print("full", len(list(Path(sys.argv[1]).rglob("*.*"))), storage.get(sys.argv[2]).decode())
"""


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    # The operating system itself refuses the bytes: a limit on file size stands for the end of the disk.
    ran = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path, KEY], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["full", "0", "before"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_refuses_is_an_error_of_the_storage(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir(mode=0o500)
    with pytest.raises(StorageError) as caught:
        LocalStorage(tmp_path / "storage").put(KEY, b"x")
    assert not isinstance(caught.value, StorageFull)


KILLED = """
import os, sys
from pathlib import Path
import app.core.storage as storage_module
def die(path, data):
    path.write_bytes(data[:10])
    os._exit(9)
storage_module._write_durably = die
storage_module.LocalStorage(Path(sys.argv[1])).put(sys.argv[2], bytes(1000))
"""


def test_a_writer_killed_half_way_leaves_no_file_and_is_swept(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, tmp_path, KEY], check=False)
    assert ran.returncode == 9
    storage = LocalStorage(tmp_path)
    assert not storage.exists(KEY)
    assert list(storage.entries("originals")) == []
    assert storage.sweep_unfinished() == 0
    assert storage.sweep_unfinished(older_than=-1) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_location_names_its_storage(tmp_path: Path) -> None:
    for location in (str(tmp_path), f"file://{tmp_path}"):
        storage = open_storage(location)
        storage.put(KEY, b"x")
        assert (tmp_path / KEY).exists()
    assert isinstance(open_storage("s3://bucket/prefix"), ObjectStorage)
