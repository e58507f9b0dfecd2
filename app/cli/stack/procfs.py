"""What the kernel says of processes. A pid is reused, so it names nobody without its start time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Stat:
    """One line of `/proc/PID/stat`; `start` is in clock ticks since boot."""

    pid: int
    state: str
    session: int
    start: int


def read(pid: int) -> Stat | None:
    """None when there is no such process, or only its zombie."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command's name in parentheses, which may itself hold spaces and parentheses.
    fields = text[text.rindex(")") + 2 :].split()
    found = Stat(pid=pid, state=fields[0], session=int(fields[3]), start=int(fields[19]))
    return None if found.state in "ZX" else found


def is_alive(pid: int, start: int) -> bool:
    found = read(pid)
    return found is not None and found.start == start


def session_members(session: int) -> list[int]:
    """Living processes of a session, its leader included; children that changed group are found too."""
    pids = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return [found.pid for pid in pids if (found := read(pid)) and found.session == session]


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_gone(pids: Iterable[int], seconds: float) -> bool:
    """Wait until none of `pids` (not necessarily our children) lives; False when time ran out."""
    left, deadline = set(pids), time.monotonic() + seconds
    while True:
        left = {pid for pid in left if read(pid)}
        if not left or time.monotonic() > deadline:
            return not left
        time.sleep(0.05)
