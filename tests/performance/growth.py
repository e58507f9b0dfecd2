"""What a town's size costs: one contribution all the way, at 10,000 and at a million; and a web process's memory."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.cli.stack import procfs
from app.core.db import engine_options
from app.settings import DatabaseSettings
from tests.performance.ground import Ground, points, row
from tests.performance.intake import one_way, post_rate

SMALL = 10_000


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """The two towns in turns."""
    urls = (ground.town(SMALL), ground.town())
    engines = [create_engine(**engine_options(DatabaseSettings(url=url))) for url in urls]
    times: tuple[list[float], list[float]] = ([], [])
    places = [points(url, 400) for url in urls]
    with Session(engines[0]) as small, Session(engines[1]) as large:
        for number in range(400):
            for which, session in enumerate((small, large)):
                began = time.perf_counter()
                one_way(session, places[which][number])
                if number >= 50:
                    times[which].append((time.perf_counter() - began) * 1000)
    for engine in engines:
        engine.dispose()
    reference, value = (statistics.median(each) for each in times)
    yield row(
        f"one contribution at {ground.rows:,}, against {SMALL:,}",
        value,
        "ms",
        reference=reference,
        ratio=value / reference,
        bar=1.5,
        ok=value <= 1.5 * reference,
    )
    with ground.running("web", "relay") as port:
        post_rate(port, places[1])
        leader = ground.processes[0].pid
        largest = max(_resident_mb(pid) for pid in procfs.session_members(leader) if pid != leader)
    yield row("a web process, resident", largest, "MB", bar=200, ok=largest <= 200)


def _resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
