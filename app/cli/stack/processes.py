"""The process table's words: what always runs, what runs once before it, how each is asked to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.stack.runas import Account


@dataclass(frozen=True)
class Process:
    """A command that must always run.

    `environment` is its whole environment. `is_ready` is asked again and again after start; None means at
    once. `stop_seconds` is how long it may take to end before it is killed. `rank` orders the end: the
    highest first, the same rank together, so that a database outlives what writes to it.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    account: Account | None = None
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    rank: int = 1
    # PostgreSQL's own children end by themselves and must not be killed one by one: that looks like a crash.
    owns_session: bool = True


@dataclass(frozen=True)
class Step:
    """A command that must succeed once before the processes start; `stage` says it in words."""

    name: str
    stage: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")


@dataclass(frozen=True)
class Table:
    """Everything a stack runs, in the order of its start."""

    servers: tuple[Process, ...]
    steps: tuple[Step, ...]
    processes: tuple[Process, ...]
