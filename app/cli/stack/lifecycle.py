"""The life of a stack: start here or in the background, find it again, stop it, delete it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.cli.stack import procfs
from app.cli.stack.adopt import note_running
from app.cli.stack.embedded import (
    HOST,
    READY_SECONDS,
    Embedded,
    arrange,
    check_port,
    find_cluster,
    find_redis,
    free_port,
)
from app.cli.stack.errors import Interrupted, StackError
from app.cli.stack.orphans import clear_orphans
from app.cli.stack.places import SYSTEM_DATA, Places
from app.cli.stack.runas import database_account
from app.cli.stack.state import RUNNING, STOPPED, StackState, is_locked, read_state, stack_lock
from app.cli.stack.supervisor import Supervisor, last_lines

Say = Callable[[str], None]
Announce = Callable[[StackState], None]


def own_pid() -> int:
    return os.getpid()


def supervise(places: Places, *, port: int, say: Say, announce: Announce) -> None:
    """Start the stack and stay until a signal ends it. If it already runs, say where and return."""
    _begin(places, port)
    with stack_lock(places) as free:
        if not free:
            announce(_already_running(places, port))
            return
        stack = arrange(places, port=port, say=say)
        clear_orphans(places, cluster=stack.cluster, redis=stack.redis)
        stack = replace(stack, port=port or free_port())
        check_port(stack.port)
        places.empty_metrics()
        if stack.cluster:
            stack.cluster.prepare()
        _run(stack, say=say, announce=announce)


def _begin(places: Places, port: int) -> None:
    """Make the folders; a new stack whose port is taken leaves none behind. (An old one may hold the port itself.)"""
    if port and not places.data.exists():
        check_port(port)
    places.make()


def _run(stack: Embedded, *, say: Say, announce: Announce) -> None:
    me = procfs.read(os.getpid())
    state = StackState(
        pid=os.getpid(),
        start=me.start if me else 0,
        url=stack.url,
        port=stack.port,
        data=str(stack.places.data),
        database_url=stack.database_url,
        redis_url=stack.redis_url,
    )
    supervisor = Supervisor(state=state, state_file=stack.places.state_file, logs=stack.places.logs, say=say)
    note_running(stack.places)
    try:
        supervisor.bring_up(stack.table(), is_ready=stack.is_ready, ready_seconds=READY_SECONDS)
        announce(state)
        supervisor.watch()
        say("Stopping …")
    except Interrupted:
        say("Stopping …")
    except StackError as problem:
        state.problem = problem.message
        raise
    finally:
        supervisor.stop()


def start_detached(places: Places, *, port: int, say: Say) -> StackState:
    """Start the stack in the background; returns its state once it is ready.

    Raises `StackError` with the reason, and the end of the log that shows it, when it gives up.
    """
    _begin(places, port)
    if is_locked(places):
        return _already_running(places, port)
    # What takes long or needs eyes (fetching packages, a port in use) happens before leaving the terminal.
    stack = arrange(places, port=port, say=say)
    with stack_lock(places) as free:
        if free:
            clear_orphans(places, cluster=stack.cluster, redis=stack.redis)
    port = port or free_port()
    check_port(port)
    log = places.logs / "supervisor.log"
    with log.open("ab") as output:
        command = [
            sys.executable,
            "-m",
            "app.cli",
            "up",
            "--supervise",
            "--port",
            str(port),
            "--data",
            str(places.data),
        ]
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=places.data,
        )
    try:
        return _await_ready(places, child, say=say)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def _await_ready(places: Places, child: subprocess.Popen[bytes], *, say: Say) -> StackState:
    stage = ""
    while True:
        state, code = read_state(places), child.poll()
        if state and state.pid == child.pid:
            if state.stage == RUNNING:
                return state
            if state.stage not in (stage, STOPPED):
                stage = state.stage
                say(f"{stage[0].upper()}{stage[1:]} …")
        if code is not None:
            told = state.problem if state and state.pid == child.pid else ""
            log = places.logs / "supervisor.log"
            raise StackError(told or f"The stack ended while starting. The end of {log}:\n{last_lines(log)}")
        time.sleep(0.1)


def _already_running(places: Places, port: int) -> StackState:
    """The state of the stack that holds the lock, waited for while it starts."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        state = read_state(places)
        if state and state.is_supervised and state.stage == RUNNING:
            if port not in (0, state.port):
                raise StackError(
                    f"This town already runs at {state.url}. To move it to {HOST}:{port}, stop it first: "
                    f"auzolan down --data {places.data}"
                )
            return state
        if not is_locked(places):
            raise StackError("Another start of this town has just given up; see: auzolan logs supervisor")
        time.sleep(0.2)
    raise StackError(f"Another start of this town, with the data folder {places.data}, does not finish.")


def present_state(places: Places) -> StackState | None:
    """What runs now, also what a killed supervisor left behind; None when nothing lives."""
    state = read_state(places)
    if state is None:
        return None
    if not state.is_supervised:
        for process in state.processes:
            if not process.pid or not procfs.is_alive(process.pid, process.start):
                process.pid, process.state = 0, STOPPED
        state.stage = "orphaned"
        return state if any(process.pid for process in state.processes) else None
    return state


def stop(places: Places, *, say: Say) -> bool:
    """End the stack and what an earlier one left; returns whether anything ran."""
    if not places.run.is_dir():
        return False
    ran = False
    state = read_state(places)
    if state and state.is_supervised and is_locked(places):
        ran = True
        say("Stopping …")
        procfs.send([state.pid], signal.SIGTERM)
        if not procfs.wait_gone([state.pid], 120):
            procfs.send([state.pid], signal.SIGKILL)
    with stack_lock(places) as free:
        if not free:
            raise StackError("The town is just starting. Try again in a moment.")
        cluster = None if os.environ.get("AUZOLAN_DATABASE_URL") else find_cluster(places)
        redis = None if os.environ.get("AUZOLAN_REDIS_URL") else find_redis(places)
        ran = clear_orphans(places, cluster=cluster, redis=redis) > 0 or ran
        places.state_file.unlink(missing_ok=True)
    return ran


def folders_of(places: Places) -> list[Path]:
    """What `reset` would delete."""
    candidates = [places.data, SYSTEM_DATA / places.name]
    return [folder for folder in candidates if folder.is_dir() and any(folder.iterdir())]


def reset(places: Places, *, say: Say) -> None:
    """Stop, then delete the data. A folder without our marks is left alone: a slip must not cost a home."""
    if places.data.is_dir() and any(places.data.iterdir()) and not places.run.is_dir():
        raise StackError(f"{places.data} does not look like a data folder of Auzolan. Nothing was deleted.")
    stop(places, say=say)
    for folder in (places.data, SYSTEM_DATA / places.name if database_account() else None):
        if folder and folder.is_dir():
            shutil.rmtree(folder)
