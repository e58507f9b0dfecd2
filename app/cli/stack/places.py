"""Where a stack keeps its things: one data folder, and socket folders short enough for the kernel."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from app.cli.stack.errors import StackError
from app.cli.stack.runas import Account

# sockaddr_un holds 108 bytes with the final NUL; the longest name put into a socket folder is PostgreSQL's.
SOCKET_PATH_LIMIT = 107
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")
# Databases of a stack run by root live here when no other user can reach its data folder.
SYSTEM_DATA = Path("/var/lib/auzolan")


def default_data() -> Path:
    """`AUZOLAN_DATA`, else the user's data folder (`~/.local/share/auzolan`)."""
    given = os.environ.get("AUZOLAN_DATA")
    return Path(given) if given else user_data_path("auzolan")


def cache_folder() -> Path:
    """Shared by all stacks of a user: unpacked Debian packages."""
    return user_cache_path("auzolan")


@dataclass(frozen=True)
class Places:
    """The paths of one stack. `data` is absolute."""

    data: Path

    @classmethod
    def at(cls, data: Path | None) -> Places:
        return cls((data or default_data()).expanduser().absolute())

    @property
    def name(self) -> str:
        """Short, stable, different for each data folder."""
        return hashlib.sha256(str(self.data).encode()).hexdigest()[:12]

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def redis(self) -> Path:
        return self.data / "redis"

    @property
    def state_file(self) -> Path:
        return self.run / "state.json"

    @property
    def lock_file(self) -> Path:
        return self.run / "lock"

    @property
    def welcome_file(self) -> Path:
        """What the sample town wants said after start: its accounts."""
        return self.data / "welcome.txt"

    def make(self) -> None:
        """Create the folders. Others may pass through `data` (the database's user must) but not list it."""
        try:
            new = not self.data.exists()
            self.data.mkdir(parents=True, exist_ok=True)
            if new:
                self.data.chmod(0o711)
            for folder in (self.logs, self.run, self.redis):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise StackError(
                f"Cannot write to the data folder {self.data} ({problem.strerror}). Choose another with --data DIR."
            ) from problem

    def empty_metrics(self) -> None:
        """Figures of processes that are gone; only while nothing runs."""
        shutil.rmtree(self.run / "metrics", ignore_errors=True)
        (self.run / "metrics").mkdir()

    def secret_key(self) -> str:
        """Signs sessions and links; made once, readable by its owner only."""
        path = self.data / "secret-key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as file:
            key = secrets.token_urlsafe(48)
            file.write(key + "\n")
        return key

    def cluster(self, account: Account | None) -> Path:
        """Folder of the private PostgreSQL cluster.

        Inside `data`, unless the database runs as another user (`account`) who cannot reach it there.
        """
        inside, outside = self.data / "postgres", SYSTEM_DATA / self.name / "postgres"
        if account is None or (inside / "PG_VERSION").exists():
            return inside
        if (outside / "PG_VERSION").exists() or not account.can_reach(self.data):
            return outside
        return inside


def socket_folder(wished: Path, *, account: Account | None = None) -> Path:
    """`wished` if a socket in it has a legal length, else a private folder with a short path; created.

    The short folder is under `/run/user/UID` or `/tmp`, and belongs to `account` (or to us) alone.
    """
    owner = account.uid if account else os.getuid()
    if len(os.fsencode(wished)) + LONGEST_SOCKET_NAME > SOCKET_PATH_LIMIT:
        runtime = Path(f"/run/user/{owner}")
        base = runtime if account is None and os.access(runtime, os.W_OK) else Path("/tmp")  # noqa: S108
        wished = base / f"auzolan-{hashlib.sha256(os.fsencode(wished)).hexdigest()[:12]}"
    wished.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = wished.lstat()
    if os.getuid() == 0 and account and stat.S_ISDIR(found.st_mode) and found.st_uid == 0:
        os.chown(wished, account.uid, account.gid)
    elif not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        # In /tmp anybody could have made it first and wait there for our passwords.
        raise StackError(f"{wished} belongs to somebody else. Remove it, or choose a shorter --data folder.")
    return wished
