"""A supervisor over small commands of a test, in a process that the test can kill: `… FOLDER COMMAND…`.

Each COMMAND is `name=shell command`; a name that starts with `step-` runs once before the others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.cli.stack import procfs
from app.cli.stack.errors import Interrupted, StackError
from app.cli.stack.places import Places
from app.cli.stack.processes import Process, Step, Table
from app.cli.stack.state import StackState, stack_lock
from app.cli.stack.supervisor import Supervisor


def main(folder: str, *commands: str) -> int:
    places = Places(Path(folder))
    places.make()
    me = procfs.read(os.getpid())
    assert me
    state = StackState(me.pid, me.start, "http://127.0.0.1:1", 1, folder, "", "")
    supervisor = Supervisor(state=state, state_file=places.state_file, logs=places.logs, say=print)
    pairs = [command.split("=", 1) for command in commands]
    table = Table(
        servers=(),
        steps=tuple(Step(n, n, ("sh", "-c", c), dict(os.environ)) for n, c in pairs if n.startswith("step-")),
        processes=tuple(
            Process(n, ("sh", "-c", c), dict(os.environ), stop_seconds=1) for n, c in pairs if not n.startswith("step-")
        ),
    )
    with stack_lock(places) as mine:
        assert mine
        try:
            supervisor.bring_up(table, is_ready=lambda: True, ready_seconds=5)
            supervisor.watch()
        except Interrupted:
            pass
        except StackError as problem:
            print(problem.message)
            return 1
        finally:
            supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
