"""Keeps processes running: one thread, woken by the kernel's signals, never by a busy loop.

A process that ends is started again, soon the first time, later and later when it keeps ending. What a
dead process left in its session (a gunicorn worker on the port, a job's child) is ended first. On SIGINT or
SIGTERM everything stops in order and nothing stays.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.cli.stack import procfs
from app.cli.stack.errors import Interrupted, StackError
from app.cli.stack.processes import Process, Step, Table
from app.cli.stack.state import RUNNING, STOPPED, ProcessState, StackState

STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
WATCHED = STOP_SIGNALS | {signal.SIGCHLD}
FIRST_PAUSE = 0.2
HEAD_START = 5.0
LONGEST_PAUSE = 8.0
# A process that lived this long is well: its next end starts the pauses anew.
WELL_AFTER = 30.0
HOUSEKEEPING = 60.0
LOG_BYTES = 20_000_000


def _unblock() -> None:
    """A child must hear signals, although its parent waits for them another way."""
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def describe_exit(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_000))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])


@dataclass
class Child:
    """A process of the table and its present life."""

    process: Process
    state: ProcessState
    handle: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    restart_at: float | None = None


class Supervisor:
    """Runs a `Table`. `state_file` is rewritten at each change, `say` hears what a person should know."""

    def __init__(self, *, state: StackState, state_file: Path, logs: Path, say: Callable[[str], None]) -> None:
        self.state = state
        self.state_file = state_file
        self.logs = logs
        self.say = say
        self.children: list[Child] = []
        self.stopping = False
        self._next_housekeeping = time.monotonic() + HOUSEKEEPING
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)

    # Starting

    def bring_up(self, table: Table, *, is_ready: Callable[[], bool], ready_seconds: float) -> None:
        """Start everything in order; returns when `is_ready` says so.

        Raises `StackError` with the end of the log that explains it, or `Interrupted` on a signal.
        """
        for server in table.servers:
            self._stage(f"starting {server.name}")
            self._await(self.add(server))
        for step in table.steps:
            self._stage(step.stage)
            self.run_step(step)
        self._stage("starting the processes")
        # The first one is who people wait for: on a small machine the others would only make it late.
        for process in table.processes[:1]:
            self.add(process)
        self._pump_until(is_ready, HEAD_START)
        for process in table.processes[1:]:
            self.add(process)
        self._stage("waiting for the first answer")
        if not self._pump_until(is_ready, ready_seconds):
            raise StackError(self._why_not_ready(ready_seconds))
        self._stage(RUNNING)

    def add(self, process: Process) -> Child:
        """Start a process and keep it running from now on."""
        log = self.logs / f"{process.name}.log"
        child = Child(process, ProcessState(name=process.name, log=str(log)))
        self.children.append(child)
        self.state.processes.append(child.state)
        self._start(child)
        return child

    def run_step(self, step: Step) -> None:
        """Run a command to its end; raises `StackError` when it fails."""
        log = self.logs / f"{step.name}.log"
        handle = self._spawn(step.command, step.environment, step.folder, log)
        try:
            self._pump_until(lambda: handle.poll() is not None, None)
        except Interrupted:
            procfs.send(procfs.session_members(handle.pid), signal.SIGKILL)
            handle.wait()
            raise
        if handle.returncode:
            raise StackError(
                f"{step.stage.capitalize()} failed ({describe_exit(handle.returncode)}). "
                f"The end of {log}:\n{last_lines(log)}"
            )

    def watch(self) -> None:
        """Keep everything running until a signal asks to stop."""
        while not self.stopping:
            self._pump(None)

    # One life

    def _spawn(
        self,
        command: tuple[str, ...],
        environment: object,
        folder: Path,
        log: Path,
        process: Process | None = None,
    ) -> subprocess.Popen[bytes]:
        account = process.account if process else None
        who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        with log.open("ab") as output:
            return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_unblock,
                **who,
            )

    def _start(self, child: Child) -> None:
        process = child.process
        child.restart_at = None
        child.started = time.monotonic()
        log = Path(child.state.log)
        try:
            child.handle = self._spawn(process.command, process.environment, process.folder, log, process)
        except OSError as problem:
            raise StackError(f"Cannot start {process.name}: {problem}") from problem
        found = procfs.read(child.handle.pid)
        child.state.pid, child.state.start = child.handle.pid, found.start if found else 0
        child.state.state = "starting" if process.is_ready else RUNNING
        self._write()

    def _ended(self, child: Child, code: int) -> None:
        """Note the end, clear what it left, and decide when to start again."""
        if child.process.owns_session:
            procfs.send(procfs.session_members(child.state.pid), signal.SIGKILL)
        child.handle = None
        child.state.last_exit = describe_exit(code)
        if self.stopping:
            child.state.state, child.state.pid = STOPPED, 0
        else:
            if time.monotonic() - child.started > WELL_AFTER:
                child.pause = FIRST_PAUSE
            child.restart_at = time.monotonic() + child.pause
            child.state.state, child.state.pid = "waiting", 0
            when = f"starting it again in {child.pause:.1f} s"
            self.say(f"{child.process.name} ended ({child.state.last_exit}); {when}.")
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
        self._write()

    # The loop

    def _pump(self, seconds: float | None) -> None:
        """Wait for one signal or for what is due, then act on it."""
        now = time.monotonic()
        dues = [child.restart_at for child in self.children if child.restart_at is not None]
        due = min([*dues, self._next_housekeeping, now + (HOUSEKEEPING if seconds is None else seconds)])
        found = signal.sigtimedwait(WATCHED, max(0.0, due - now))
        if found and found.si_signo in STOP_SIGNALS:
            self.stopping = True
        self._reap()
        self._restart_due()
        if time.monotonic() >= self._next_housekeeping:
            self._keep_logs_short()

    def _reap(self) -> None:
        for child in self.children:
            if child.handle is not None and (code := child.handle.poll()) is not None:
                self._ended(child, code)

    def _restart_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if not self.stopping and child.restart_at is not None and child.restart_at <= now:
                child.state.restarts += 1
                self._start(child)
                child.state.state = RUNNING

    def _pump_until(self, is_true: Callable[[], bool], seconds: float | None) -> bool:
        """Keep all alive until `is_true`; False when time ran out. Raises `Interrupted` on a signal."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            if self.stopping:
                raise Interrupted
            if is_true():
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            self._pump(0.1)

    def _await(self, child: Child) -> None:
        """Wait until a server answers; one that keeps ending while it starts will not start the next time."""
        process, tries = child.process, 3
        is_ready = process.is_ready or (lambda: True)
        answered = self._pump_until(lambda: is_ready() or child.state.restarts >= tries, process.ready_seconds)
        if not answered or child.state.restarts >= tries:
            log = Path(child.state.log)
            raise StackError(f"{process.name} does not start. The end of {log}:\n{last_lines(log)}")
        child.state.state = RUNNING
        self._write()

    # Ending

    def stop(self) -> None:
        """End everything, the highest rank first; what does not end in its time is killed."""
        self.stopping = True
        self.state.stage = "stopping"
        self._write()
        for rank in sorted({child.process.rank for child in self.children}, reverse=True):
            alive = [child for child in self.children if child.handle and child.process.rank == rank]
            for child in alive:
                procfs.send([child.state.pid], child.process.stop_signal)
            deadline = time.monotonic() + max([child.process.stop_seconds for child in alive], default=0)
            while any(child.handle for child in alive) and time.monotonic() < deadline:
                signal.sigtimedwait({signal.SIGCHLD}, 0.1)
                self._reap()
            for child in alive:
                if child.handle is not None:
                    procfs.send([child.state.pid], signal.SIGKILL)
                    self._ended(child, child.handle.wait())
        self.state.stage = STOPPED
        self._write()

    # Telling

    def _stage(self, stage: str) -> None:
        self.state.stage = stage
        self._write()
        if stage != RUNNING:
            self.say(f"{stage[0].upper()}{stage[1:]} …")

    def _write(self) -> None:
        self.state.write(self.state_file)

    def _keep_logs_short(self) -> None:
        """Writers append, so a log can be copied away and cut without asking them to open it again."""
        self._next_housekeeping = time.monotonic() + HOUSEKEEPING
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_BYTES:
                log.with_suffix(".log.1").write_bytes(log.read_bytes())
                os.truncate(log, 0)

    def _why_not_ready(self, seconds: float) -> str:
        restless = [child for child in self.children if child.state.restarts or child.handle is None]
        shown = restless or [child for child in self.children if child.process.name == "web"]
        logs = "\n".join(f"The end of {child.state.log}:\n{last_lines(Path(child.state.log))}" for child in shown)
        return f"The stack was not ready after {seconds:.0f} s.\n{logs}"
