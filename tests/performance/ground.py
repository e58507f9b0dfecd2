"""What the benchmark stands on: a durable PostgreSQL and a Redis of its own, seeded towns, real processes.

The programs, their settings and their number are those that `make up` runs. What was seeded is kept between runs when a
folder is given (`--keep DIR`).
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from app.cli.stack import procfs
from app.cli.stack.embedded import HOST, free_port, own_processes
from app.cli.stack.postgres import Cluster
from app.cli.stack.redis_server import RedisServer
from app.migrate import upgrade
from tests.performance.seed import seed
from tests.support import servers

CHECKOUT = Path(__file__).resolve().parents[2]


def row(
    name: str,
    value: float,
    unit: str,
    *,
    reference: float | None = None,
    ratio: float | None = None,
    bar: float,
    ok: bool,
) -> dict[str, Any]:
    """One line of the result. `bar` bounds the ratio where there is a reference in the same unit, else the value."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": None if reference is None else round(reference, 3),
        "ratio": None if ratio is None else round(ratio, 3),
        "bar": bar,
        "ok": ok,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


@dataclass
class Ground:
    """The servers, with towns by their number of contributions."""

    folder: Path
    rows: int
    cluster: Cluster
    redis: RedisServer
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def town(self, rows: int | None = None) -> str:
        """URL of the database of a seeded town (the large one unless told); made once."""
        rows = rows or self.rows
        name = f"town_{rows}"
        with psycopg.connect(servers.plain(self.cluster.url), autocommit=True) as link:
            there = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not there:
                link.execute(f"CREATE DATABASE {name}_making")  # type: ignore[arg-type]
        url = self.cluster.url.replace("/auzolan?", f"/{name}?")
        if there:
            # A town that was kept may be older than the code.
            upgrade(url)
        else:
            making = self.cluster.url.replace("/auzolan?", f"/{name}_making?")
            upgrade(making)
            seed(making, rows=rows, say=lambda words: print(f"  seeding {rows:,}: {words}", flush=True))
            with psycopg.connect(servers.plain(self.cluster.url), autocommit=True) as link:
                link.execute(f"ALTER DATABASE {name}_making RENAME TO {name}")  # type: ignore[arg-type]
        return url

    def rest(self, seconds: float = 120) -> None:
        """Write out and clean up what was done before, so that no measure pays for another's remains."""
        deadline = time.monotonic() + seconds
        busy = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'autovacuum worker')"
        with psycopg.connect(servers.plain(self.cluster.url), autocommit=True) as link:
            while link.execute(busy).fetchone() == (True,) and time.monotonic() < deadline:
                time.sleep(0.5)
            link.execute("CHECKPOINT")

    def environment(self, url: str, port: int) -> dict[str, str]:
        """Settings of the processes on a town."""
        data = self.folder / "data"
        (data / "run" / "metrics").mkdir(parents=True, exist_ok=True)
        return {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(CHECKOUT),
            "AUZOLAN_DATABASE_URL": url,
            "AUZOLAN_REDIS_URL": self.redis.url,
            "AUZOLAN_DATA": str(data),
            "AUZOLAN_BASE_URL": f"http://{HOST}:{port}",
            "AUZOLAN_SECRET_KEY": "a key for benchmarks only, of a sensible length",
        }

    @contextmanager
    def running(self, *names: str, url: str | None = None) -> Iterator[int]:
        """Those processes of the house, on a town, as long as the block lasts; gives the web's port."""
        port = free_port()
        environment = self.environment(url or self.town(), port)
        self.redis.flush()
        table = own_processes(environment, folder=self.folder / "data", port=port)
        started = []
        with (self.folder / "processes.log").open("ab") as log:
            for process in table:
                if process.name in names:
                    started.append(
                        subprocess.Popen(
                            process.command,
                            env=process.environment,
                            cwd=self.folder / "data",
                            stdout=log,
                            stderr=log,
                            start_new_session=True,
                        )
                    )
        self.processes = started
        try:
            if "web" in names:
                _wait_for_web(port)
            time.sleep(2)
            yield port
        finally:
            for one in started:
                procfs.send(procfs.session_members(one.pid), signal.SIGKILL)
                one.wait()


@contextmanager
def ground(*, rows: int, keep: Path | None) -> Iterator[Ground]:
    """Servers for one run; with `keep`, the seeded towns stay in that folder for the next one."""
    servers.begin_run()
    folder = keep or Path(os.environ[servers.VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    cluster = servers.new_cluster(folder / "postgres", durable=True)
    try:
        if not cluster.answers():
            servers.start_cluster(cluster)
        yield Ground(folder=folder, rows=rows, cluster=cluster, redis=servers.start_redis("bench"))
    finally:
        cluster.programs.run("pg_ctl", "stop", "-m", "fast", "-D", str(cluster.folder), account=cluster.account)
        servers.end_run()


def _wait_for_web(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as link:
            try:
                link.request("GET", "/healthz")
                if link.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
    raise TimeoutError("the web does not answer")


def points(url: str, count: int) -> list[tuple[float, float, int, str]]:
    """Places where something might be said next: near what was said before. (lon, lat, category id, slug)"""
    with psycopg.connect(servers.plain(url)) as link:
        found = link.execute(
            """
            WITH ids AS (SELECT (random() * (SELECT max(id) FROM contribution))::bigint AS id
                         FROM generate_series(1, %(most)s))
            SELECT lon, lat, category_id, slug FROM (
              SELECT ST_X(c.geom) + (random() - 0.5) * 4e-4 AS lon, ST_Y(c.geom) + (random() - 0.5) * 4e-4 AS lat,
                     k.id AS category_id, k.slug
              FROM ids JOIN contribution c USING (id) JOIN category k ON k.id = c.category_id
            ) AS around
            WHERE EXISTS (SELECT FROM territory_part p
                          WHERE ST_Covers(p.geom, ST_SetSRID(ST_MakePoint(lon, lat), 4326)))
            LIMIT %(count)s
            """,
            {"most": count * 2, "count": count},
        ).fetchall()
    return [tuple(one) for one in found]  # type: ignore[misc]
