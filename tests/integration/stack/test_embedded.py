"""`auzolan up`, `status`, `down`, `reset` with the real servers and the real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.cli.stack import procfs
from tests.support.servers import VARIABLE, own_port, plain

NAMES = {"postgres", "redis", "web", "relay", "worker-intake", "worker-default", "scheduler"}


class Town:
    """A data folder and a port, driven as a person does."""

    def __init__(self, name: str, worker_name: str) -> None:
        # In the run's own folder: pytest closes its temporary folders to the user who runs PostgreSQL for root.
        self.data = Path(os.environ[VARIABLE]) / f"{name}-{worker_name}"
        self.port = own_port()
        left_out = ("AUZOLAN_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        # The demo town has its own tests, and would cost each of these half a minute.
        kept["AUZOLAN_NO_DEMO"] = "1"
        self.environment = {**kept, "XDG_CACHE_HOME": kept.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *words, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=180,
            env=self.environment,
            check=False,
        )

    def up(self, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--port", str(options.get("port", self.port)), "--detach")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.status()["processes"]}

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=60) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def eventually(look: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def town(worker_name: str) -> Iterator[Town]:
    town = Town("town", worker_name)
    told = town.up()
    assert told.returncode == 0, told.stderr
    assert f"http://127.0.0.1:{town.port}" in told.stdout
    assert str(town.data) in told.stdout
    yield town
    pids = [pid for pid in town.pids().values() if pid]
    assert town.run("down").returncode == 0
    assert [pid for pid in pids if procfs.read(pid)] == []


def test_status_tells_programs_everything(town: Town) -> None:
    told = town.status()
    assert told["url"] == f"http://127.0.0.1:{town.port}"
    assert told["data"] == str(town.data)
    assert told["redis_url"].startswith("unix://")
    assert {process["name"] for process in told["processes"]} == NAMES
    assert all(procfs.read(process["pid"]) for process in told["processes"])
    with psycopg.connect(plain(told["database_url"])) as link:
        assert link.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert link.execute("SHOW listen_addresses").fetchone() == ("",)
        assert link.execute("SELECT extname FROM pg_extension WHERE extname = 'postgis'").fetchone()


def test_a_second_up_finds_the_first_and_a_wrong_port_is_explained(town: Town) -> None:
    before = town.pids()
    assert town.up().returncode == 0
    assert town.pids() == before
    moved = town.up(port=own_port())
    assert moved.returncode == 1
    assert f"already runs at http://127.0.0.1:{town.port}" in moved.stderr


@pytest.mark.parametrize("name", sorted(NAMES))
def test_whatever_is_killed_comes_back_without_help(town: Town, name: str) -> None:
    # One that waits to be started again, since another was killed, has no number: 0 would kill these very tests.
    before = eventually(lambda: town.pids()[name])
    os.kill(before, signal.SIGKILL)
    eventually(lambda: town.pids()[name] not in (0, before))
    eventually(town.is_ready)


def test_another_town_runs_beside_and_a_taken_port_is_named_with_a_free_one(town: Town, worker_name: str) -> None:
    other = Town("other", worker_name)
    taken = other.up(port=town.port)
    assert taken.returncode == 1
    assert f"Port {town.port} is in use" in taken.stderr
    assert "--port " in taken.stderr
    try:
        assert other.up().returncode == 0
        assert other.is_ready()
        assert town.is_ready()
        assert other.status()["database_url"] != town.status()["database_url"]
        # A killed supervisor: what it left still serves, and the next command ends it.
        pids = [pid for pid in other.pids().values() if pid]
        os.kill(other.status()["pid"], signal.SIGKILL)
        eventually(lambda: other.status()["stage"] == "orphaned")
        assert other.is_ready()
        assert other.run("down").returncode == 0
        assert [pid for pid in pids if procfs.read(pid)] == []
    finally:
        assert other.run("reset", "--yes").returncode == 0
    assert not other.data.exists()
    assert town.is_ready()


def test_reset_leaves_a_folder_that_is_not_a_town_alone(worker_name: str) -> None:
    town = Town("letters", worker_name)
    precious = town.data / "letter"
    precious.parent.mkdir()
    precious.touch()
    assert town.run("reset", "--yes").returncode == 1
    assert precious.exists()


def test_ctrl_c_leaves_no_process(worker_name: str) -> None:
    town = Town("foreground", worker_name)
    command = [sys.executable, "-m", "app.cli", "up", "--port", str(town.port), "--data", str(town.data)]
    with subprocess.Popen(command, env=town.environment, stdout=subprocess.PIPE, text=True) as child:
        try:
            eventually(town.is_ready)
            eventually(lambda: set(town.pids()) == NAMES)
            pids = town.pids()
            child.send_signal(signal.SIGINT)
            assert child.wait(timeout=60) == 0
        finally:
            child.kill()
            town.run("down")
    assert [name for name, pid in pids.items() if procfs.read(pid)] == []
    assert town.run("status").returncode == 3
