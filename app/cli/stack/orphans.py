"""What a supervisor that was killed left running: found by what it wrote down, and ended in order."""

from __future__ import annotations

import signal
from pathlib import Path

from app.cli.stack import procfs
from app.cli.stack.places import Places
from app.cli.stack.postgres import Cluster
from app.cli.stack.redis_server import RedisServer
from app.cli.stack.state import StackState, read_state

GRACE_SECONDS = 10.0


def clear_orphans(places: Places, *, cluster: Cluster | None, redis: RedisServer | None) -> int:
    """End everything left of an earlier life of this stack; returns how many processes were found.

    Only call it while holding the stack's lock. The servers go last and cleanly: nothing written is lost.
    """
    servers = {
        name: pid
        for name, pid in (("postgres", _postmaster(cluster)), ("redis", _redis(redis)))
        if pid is not None and procfs.read(pid)
    }
    state = read_state(places)
    ours = _recorded(state, leave_out=set(servers.values())) if state else []
    procfs.send(ours, signal.SIGTERM)
    if not procfs.wait_gone(ours, GRACE_SECONDS):
        procfs.send([pid for pid in ours if procfs.read(pid)], signal.SIGKILL)
    for name, pid in servers.items():
        # PostgreSQL calls SIGINT its fast shutdown: it ends sessions and writes a checkpoint.
        procfs.send([pid], signal.SIGINT if name == "postgres" else signal.SIGTERM)
        if not procfs.wait_gone([pid], 60):
            procfs.send([pid], signal.SIGKILL)
    return len(ours) + len(servers)


def _recorded(state: StackState, *, leave_out: set[int]) -> list[int]:
    """Living members of the sessions of recorded processes.

    A session's number stays taken while any of its members lives, so it can name a stranger only after it was
    reused: then its leader's start time differs from ours.
    """
    found: list[int] = []
    for process in state.processes:
        leader = procfs.read(process.pid) if process.pid else None
        if not process.pid or process.pid in leave_out or (leader and leader.start != process.start):
            continue
        found += procfs.session_members(process.pid)
    return found


def _postmaster(cluster: Cluster | None) -> int | None:
    pid = cluster.postmaster() if cluster else None
    return pid if pid and _runs(pid, "postgres") else None


def _redis(redis: RedisServer | None) -> int | None:
    pid = redis.pid() if redis else None
    return pid if pid and (_runs(pid, "redis") or _runs(pid, "valkey")) else None


def _runs(pid: int, word: str) -> bool:
    """Whether the process is that program: a pid file outlives its process, and numbers are reused."""
    try:
        return word in (Path("/proc") / str(pid) / "comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
