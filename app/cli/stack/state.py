"""What a running stack tells the other commands: one JSON file, replaced as a whole at each change."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.cli.stack import procfs
from app.cli.stack.places import Places

RUNNING = "running"
STOPPED = "stopped"


@dataclass
class ProcessState:
    """One supervised process. `state` is starting, running, waiting (before a restart) or stopped."""

    name: str
    pid: int = 0
    start: int = 0
    state: str = STOPPED
    restarts: int = 0
    last_exit: str = ""
    log: str = ""


@dataclass
class StackState:
    """A stack. `stage` says in words what it does until it is `running`; `problem` why it gave up."""

    pid: int
    start: int
    url: str
    port: int
    data: str
    database_url: str
    redis_url: str
    stage: str = "starting"
    problem: str = ""
    processes: list[ProcessState] = field(default_factory=list)

    @property
    def is_supervised(self) -> bool:
        return procfs.is_alive(self.pid, self.start)

    def write(self, path: Path) -> None:
        """Never half written: a reader sees the old file or the new one. 0600, as URLs may hold passwords."""
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=1)
        draft.replace(path)


def read_state(places: Places) -> StackState | None:
    """The last state written for this data folder; its processes may be gone since."""
    try:
        values = json.loads(places.state_file.read_text())
        processes = [ProcessState(**process) for process in values.pop("processes")]
        return StackState(processes=processes, **values)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def stack_lock(places: Places) -> Iterator[bool]:
    """Held by a supervisor for its whole life; yields False when another one holds it.

    The kernel lets go of it when its holder dies, however it dies, so a lock that is held is always true.
    """
    with places.lock_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def is_locked(places: Places) -> bool:
    if not places.lock_file.exists():
        return False
    with stack_lock(places) as free:
        return not free
