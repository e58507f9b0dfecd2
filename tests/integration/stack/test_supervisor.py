"""What the supervisor promises, tried on real processes that are really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest

from app.cli.stack import procfs
from app.cli.stack.orphans import clear_orphans
from app.cli.stack.places import Places
from app.cli.stack.state import ProcessState, StackState, is_locked, read_state
from app.cli.stack.supervisor import FIRST_PAUSE

T = TypeVar("T")
ROOT = Path(__file__).parents[3]


def eventually(look: Callable[[], T], seconds: float = 60) -> T:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.05)
    return found


@contextmanager
def supervised(folder: Path, **commands: str) -> Iterator[subprocess.Popen[str]]:
    words = [f"{name.replace('_', '-')}={command}" for name, command in commands.items()]
    command = [sys.executable, "-m", "tests.support.standin_stack", str(folder), *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        try:
            yield child
        finally:
            child.kill()
            clear_orphans(Places(folder), cluster=None, redis=None)


def running(folder: Path) -> StackState | None:
    state = read_state(Places(folder))
    return state if state and state.stage == "running" else None


def process(folder: Path, name: str) -> ProcessState:
    state = read_state(Places(folder))
    assert state
    return next(process for process in state.processes if process.name == name)


def lives(pid: int) -> bool:
    return procfs.read(pid) is not None


def test_a_killed_process_comes_back_and_the_others_do_not_notice(tmp_path: Path) -> None:
    with supervised(tmp_path, web="exec sleep 60", relay="exec sleep 60"):
        eventually(lambda: running(tmp_path))
        web, relay = process(tmp_path, "web").pid, process(tmp_path, "relay").pid
        os.kill(web, signal.SIGKILL)
        eventually(lambda: process(tmp_path, "web").restarts == 1 and process(tmp_path, "web").state == "running")
        assert process(tmp_path, "web").pid not in (0, web)
        assert process(tmp_path, "web").last_exit == "killed by SIGKILL"
        assert process(tmp_path, "relay").pid == relay


def test_what_a_dead_process_left_is_ended_before_it_comes_back(tmp_path: Path) -> None:
    # The grandchild leads a process group of its own, as a forked job does.
    note = tmp_path / "grandchild"
    writes = f"open('{note}', 'a').write(f'{{os.getpid()}}\\n')"
    forks = f"import os, time; os.fork() or (os.setpgid(0, 0), {writes}); time.sleep(60)"
    with supervised(tmp_path, worker=f'exec {sys.executable} -c "{forks}"'):
        eventually(lambda: note.exists() and note.read_text().strip())
        first = int(note.read_text().split()[0])
        assert lives(first)
        os.kill(process(tmp_path, "worker").pid, signal.SIGKILL)
        eventually(lambda: process(tmp_path, "worker").restarts == 1)
        assert not lives(first)


def test_a_process_that_keeps_ending_is_started_less_and_less_often(tmp_path: Path) -> None:
    times = tmp_path / "times"
    with supervised(tmp_path, broken=f"date +%s.%N >> {times}; exit 7"):
        lines = eventually(lambda: times.exists() and len(times.read_text().split()) >= 4 and times.read_text().split())
        moments = [float(line) for line in lines[:4]]
        pauses = [later - earlier for earlier, later in pairwise(moments)]
        # A busy machine is late with any of them, and early with none.
        assert all(pause >= FIRST_PAUSE * 2**i for i, pause in enumerate(pauses)), pauses
        assert process(tmp_path, "broken").last_exit == "exit code 7"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_even_what_does_not_want_to(tmp_path: Path, number: signal.Signals) -> None:
    stubborn = "trap '' TERM; while :; do sleep 0.2; done"
    with supervised(tmp_path, web="exec sleep 60", stubborn=stubborn) as child:
        pids = [one.pid for one in eventually(lambda: running(tmp_path)).processes]
        time.sleep(0.3)
        child.send_signal(number)
        assert child.wait(timeout=60) == 0
        assert [pid for pid in pids if lives(pid)] == []
        assert not any(procfs.session_members(pid) for pid in pids)
        assert not is_locked(Places(tmp_path))


def test_a_step_that_fails_starts_nothing_and_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with supervised(tmp_path, step_schema="echo the reason; exit 3", web="exec sleep 60") as child:
        assert child.wait(timeout=60) == 1
        assert child.stdout
        told = child.stdout.read()
        assert "the reason" in told
        assert "exit code 3" in told
        state = read_state(Places(tmp_path))
        assert state
        assert state.processes == []


def test_a_signal_during_a_step_ends_it(tmp_path: Path) -> None:
    with supervised(tmp_path, step_long=f"echo $$ > {tmp_path}/pid; exec sleep 60") as child:
        pid = int(eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip()))
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=60) == 0
        assert not lives(pid)


def test_what_a_killed_supervisor_left_is_found_and_ended(tmp_path: Path) -> None:
    with supervised(tmp_path, web="sleep 60 & sleep 60", relay="exec sleep 60") as child:
        pids = [one.pid for one in eventually(lambda: running(tmp_path)).processes]
        child.kill()
        child.wait(timeout=60)
        assert all(lives(pid) for pid in pids), "they go on serving without it"
        assert not is_locked(Places(tmp_path))
        assert clear_orphans(Places(tmp_path), cluster=None, redis=None) >= len(pids)
        assert not any(procfs.session_members(pid) for pid in pids)


def test_a_number_that_another_process_got_meanwhile_is_left_alone(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as innocent:
        found = procfs.read(innocent.pid)
        assert found
        state = StackState(1, 0, "", 1, str(tmp_path), "", "")
        state.processes = [ProcessState("web", innocent.pid, found.start - 1)]
        state.write(places.state_file)
        assert clear_orphans(places, cluster=None, redis=None) == 0
        assert innocent.poll() is None
        innocent.kill()
