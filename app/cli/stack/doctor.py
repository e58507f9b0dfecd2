"""What a machine needs to run a town, checked one by one, each lack with the command that mends it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from app.cli.stack import debian, postgres, redis_server
from app.cli.stack.errors import StackError
from app.cli.stack.places import Places
from app.cli.stack.provision import BY_HAND, find_programs
from app.cli.stack.runas import database_account
from app.core.images import can_find_faces

NEEDED_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is a command (or a sentence with one) when it is not well."""

    subject: str
    is_well: bool
    words: str
    remedy: str = ""


def examine(places: Places) -> list[Finding]:
    """Look at everything; nothing is changed."""
    return [_python(), _database(), _account(), _redis(), _time_zones(), _folder(places), _space(places), _faces()]


def _sudo() -> str:
    return "" if os.getuid() == 0 else "sudo "


def _python() -> Finding:
    is_well = sys.version_info >= (3, 11)
    return Finding("Python", is_well, sys.version.split()[0], f"{_sudo()}apt-get install python3")


def _database() -> Finding:
    subject = "PostgreSQL with PostGIS"
    if url := os.environ.get("AUZOLAN_DATABASE_URL"):
        try:
            postgres.check_given(url)
        except StackError as problem:
            return Finding(subject, False, problem.message, "unset AUZOLAN_DATABASE_URL, or start that server")
        return Finding(subject, True, "the one of AUZOLAN_DATABASE_URL answers")
    if found := find_programs():
        return Finding(subject, True, f"{found.major} in {found.folder}")
    if debian.is_debian():
        return Finding(subject, True, "not here yet; `auzolan up` fetches it from this system's packages")
    return Finding(subject, False, "not found", BY_HAND)


def _account() -> Finding:
    try:
        account = database_account()
    except StackError as problem:
        return Finding("user of the database", False, problem.message, "useradd --system postgres")
    return Finding("user of the database", True, account.name if account else "you")


def _redis() -> Finding:
    subject = "Redis-protocol server"
    try:
        if url := os.environ.get("AUZOLAN_REDIS_URL"):
            redis_server.check_given(url)
            return Finding(subject, True, "the one of AUZOLAN_REDIS_URL answers")
        return Finding(subject, True, str(redis_server.find_program()))
    except StackError as problem:
        return Finding(subject, False, problem.message, f"{_sudo()}apt-get install redis-server")


def _time_zones() -> Finding:
    """PostgreSQL of Debian reads the system's time zones; rules on hours need them."""
    is_well = Path("/usr/share/zoneinfo/Europe/Paris").exists()
    words = "/usr/share/zoneinfo" if is_well else "the time zones of towns are unknown here"
    return Finding("time zones", is_well, words, f"{_sudo()}apt-get install tzdata")


def _faces() -> Finding:
    """An extra: its absence is no lack, and must be known where a town counts on it."""
    words = "found and blurred in public photos, unless a town's pack says `faces: leave`"
    if not can_find_faces():
        words = (
            "not looked for; a town whose pack says `faces: blur` shows no photo until somebody runs: "
            "make up EXTRAS=faces"
        )
    return Finding("faces in photos", True, words)


def _nearest_existing(path: Path) -> Path:
    return next(step for step in (path, *path.parents) if step.exists())


def _folder(places: Places) -> Finding:
    is_well = os.access(_nearest_existing(places.data), os.W_OK)
    return Finding("data folder", is_well, str(places.data), "auzolan up --data DIR, with a folder you may write to")


def _space(places: Places) -> Finding:
    free = shutil.disk_usage(_nearest_existing(places.data)).free
    words = f"{free / 1e9:.1f} GB free where the data go"
    return Finding("disk", free >= NEEDED_BYTES, words, "free 1 GB there, or: auzolan up --data DIR")
