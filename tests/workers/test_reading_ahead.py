"""A worker that forks has read its handlers before: a child reads nothing that an upgrade may be replacing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tests.workers.house import HOUSE, House

_AT_WORK = """
import sys
import rq
from workers import __main__ as command
rq.Worker.work = lambda worker, **options: print("read" if "workers.handlers" in sys.modules else "not read")
command.main(["worker", "default"])
"""


def test_handlers_are_read_before_the_first_fork(house: Callable[..., House]) -> None:
    command = [sys.executable, "-c", _AT_WORK]
    done = subprocess.run(
        command, env=house().environment, cwd=HOUSE, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["read"]
