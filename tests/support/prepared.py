"""Processes of the house that need not wait for Python to read its modules: they are forked from one that has.

A process that reads everything the house is made of takes two seconds of a core, and the tests start a hundred of them.
The prepared process has read the modules and nothing else: it has no setting, connection or thread. What it starts
becomes a process like any other (own number, session, folder, environment, signals, `__main__`) under a keeper that
tells how it ended. Starting the same commands from a bare interpreter is what `tests/integration/stack` looks at.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parents[2]
# prometheus_client decides when it is read where its figures go, so `app.health` is left to each process.
READ = (
    *("app.features.tables", "app.migrate", "app.core.packing", "app.translations.compile", "app.web.threads"),
    *("gunicorn.app.wsgiapp", "rq.worker", "workers.handlers", "workers.relay", "workers.schedule"),
)


class Started:
    """A process that runs, with what `subprocess.Popen` has for whoever started one."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.returncode: int | None = None
        self.pid = self._read(180)

    def _read(self, timeout: float | None) -> int:
        self._told.settimeout(timeout)
        if not (word := self._told.recv(64)):
            raise RuntimeError("the prepared process or its keeper is gone: python -m tests.support.prepared")
        return int(word)

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            try:
                self.returncode = self._read(timeout)
            except TimeoutError:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from None
            self._told.close()
        return self.returncode

    def poll(self) -> int | None:
        with suppress(BlockingIOError):
            self.wait(0)
        return self.returncode

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


class _Prepared:
    def __init__(self) -> None:
        self.link, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AUZOLAN_")}
        with there:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.prepared", str(there.fileno())],
                cwd=ROOT,
                # numpy would keep a thread for each core; a thread does not survive a fork.
                env={**environment, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )


_prepared = cache(_Prepared)


def start(command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: BinaryIO) -> Started:
    """Start `python -m MODULE …` as the leader of a session of its own; both its outputs go to `log`."""
    python, option, *words = command
    assert (python, option) == (sys.executable, "-m"), command
    order = {"words": words, "environment": dict(environment), "folder": str(folder)}
    told, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        socket.send_fds(_prepared().link, [json.dumps(order).encode()], [there.fileno(), log.fileno()])
    return Started(told)


def end() -> None:
    """Let the prepared process go, if there is one."""
    if _prepared.cache_info().currsize:
        _prepared().link.close()
        _prepared().process.wait(120)
        _prepared.cache_clear()


def _serve(link: socket.socket) -> list[str]:
    """Fork for each order. Returns in a process that was asked for, with its words."""
    # Keepers are forgotten when they end: nobody waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, _, _ = socket.recv_fds(link, 1 << 20, 2)
        if not message:
            sys.exit()
        if os.fork() == 0:
            link.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _kept(json.loads(message), *files)
        for file in files:
            os.close(file)


def _kept(order: dict[str, object], told: int, log: int) -> list[str]:
    """In the keeper: start the process, tell its number, then how it ended. Returns in the process only."""
    pid = os.fork()
    if pid:
        with socket.socket(fileno=told) as teller, suppress(BrokenPipeError):
            teller.send(b"%d" % pid)
            teller.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os._exit(0)
    os.setsid()
    os.chdir(str(order["folder"]))
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, max(told, log) + 1)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    sys.path[0] = str(order["folder"])
    return list(order["words"])  # type: ignore[call-overload]


def main(number: str) -> None:
    import app

    for name in (*app.ROOMS, *READ):
        if name != "app.health":
            import_module(name)
    assert "prometheus_client" not in sys.modules
    assert threading.active_count() == len(list(Path("/proc/self/task").iterdir())) == 1
    gc.freeze()
    module, *sys.argv[1:] = _serve(socket.socket(fileno=int(number)))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
