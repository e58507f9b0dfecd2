"""Root cannot run PostgreSQL: which user does it instead, and what that user can reach."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from app.cli.stack.errors import StackError

# `postgres` comes with Debian's packages; `nobody` exists everywhere.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine, as numbers that a child process can become."""

    name: str
    uid: int
    gid: int

    def can_reach(self, folder: Path) -> bool:
        """Whether this user may pass through `folder` and all its parents (those that exist)."""
        for step in (folder, *folder.parents):
            try:
                found = step.stat()
            except FileNotFoundError:
                continue
            bit = 0o100 if found.st_uid == self.uid else 0o010 if found.st_gid == self.gid else 0o001
            if not found.st_mode & bit:
                return False
        return True


def database_account() -> Account | None:
    """The user who runs PostgreSQL; None means ourselves."""
    if os.getuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise StackError("PostgreSQL must not run as root, and there is no other user for it: useradd --system postgres")
