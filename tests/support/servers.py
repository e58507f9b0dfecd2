"""Ephemeral servers: one PostgreSQL a run, shared by its test processes, and one Redis for each of them.

The programs, the configuration and the start are the product's own (`app.cli.stack`); only durability is off.
Everything lives in one folder named after the process that owns the run. That process removes it at its end;
what a killed run left is removed by the next one.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from app.cli.stack import procfs
from app.cli.stack.places import socket_folder
from app.cli.stack.postgres import DATABASE, PORT, USER, Cluster, database_url
from app.cli.stack.provision import ensure_programs
from app.cli.stack.redis_server import RedisServer, find_program
from app.cli.stack.runas import database_account

VARIABLE = "AUZOLAN_TEST_RUN"
PREFIX = "auzolan-tests-"
# Nothing here outlives the run, so nothing has to reach the disk.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "128MB"}


def begin_run() -> None:
    """Make this run's folder, and remove what killed runs left. Called once, by the process that owns the run."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = re.match(rf"{PREFIX}(\d+)-", folder.name)
        if owner and not procfs.read(int(owner.group(1))) and os.access(folder, os.W_OK):
            _end(folder)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    # PostgreSQL of a run by root belongs to another user, who must pass through.
    folder.chmod(0o711)
    os.environ[VARIABLE] = str(folder)


def end_run() -> None:
    if name := os.environ.pop(VARIABLE, None):
        _end(Path(name))


def _end(folder: Path) -> None:
    """Stop the servers of a run at once, and remove its folder."""
    for file, number in (("postgres*/postmaster.pid", signal.SIGQUIT), ("redis-*/pid", signal.SIGKILL)):
        for path in folder.glob(file):
            words: list[str] = []
            # Another run that starts at the same time may have ended it meanwhile.
            with suppress(FileNotFoundError):
                words = path.read_text().split()
            if words and procfs.read(int(words[0])):
                procfs.send([int(words[0])], number)
                procfs.wait_gone([int(words[0])], 10)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait(answers: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not answers():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} of the tests does not answer")
        time.sleep(0.02)


def new_cluster(folder: Path, *, durable: bool = False) -> Cluster:
    """A prepared cluster in `folder`, not started."""
    account = database_account()
    socket = socket_folder(folder.with_name(folder.name + "-socket"), account=account)
    programs = ensure_programs(print)
    extra = {} if durable else NOT_DURABLE
    cluster = Cluster(folder=folder, socket=socket, programs=programs, account=account, extra_settings=extra)
    cluster.prepare()
    return cluster


def start_cluster(cluster: Cluster) -> None:
    """Start it in the background, as a daemon of its own: it outlives the test process that needed it first."""
    log = cluster.folder / "server.log"
    cluster.programs.run("pg_ctl", "start", "-w", "-D", str(cluster.folder), "-l", str(log), account=cluster.account)
    _wait(cluster.answers, "PostgreSQL")


def shared_template() -> Cluster:
    """This run's cluster, started by whoever asks first; its database `auzolan` is migrated, and only cloned."""
    from app.migrate import upgrade

    run = Path(os.environ[VARIABLE])
    with _lock(run):
        cluster = new_cluster(run / "postgres")
        if not (run / "migrated").exists():
            start_cluster(cluster)
            upgrade(cluster.url)
            (run / "migrated").touch()
    return cluster


def clone(cluster: Cluster, name: str) -> str:
    """A fresh copy of the template, called `name`; returns its URL."""
    with psycopg.connect(host=str(cluster.socket), port=PORT, user=USER, dbname="postgres", autocommit=True) as link:
        link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(DATABASE)))
    return database_url(cluster.socket, name)


def own_port() -> int:
    """A port for a server that starts a while later: outside those that the system gives away, and of this test only.

    A port that the system gives is free again until the server listens, and may be given to somebody else meanwhile.
    """
    first_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = range(10_000, first_given if first_given > 12_000 else 32_768)
    while True:
        port = random.choice(ports)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            (Path(os.environ[VARIABLE]) / f"port-{port}").touch(exist_ok=False)
            return port


def plain(url: str) -> str:
    """SQLAlchemy's URL as psycopg wants it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


class Cleaner:
    """Empties what a test wrote. Tables that the migrations filled are left as they are: do not write to them."""

    def __init__(self, url: str) -> None:
        self.url = plain(url)
        with psycopg.connect(self.url) as link:
            rows = link.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename NOT IN ('spatial_ref_sys', 'alembic_version') ORDER BY 1"
            ).fetchall()
            names = [str(row[0]) for row in rows]
            self.tables = [name for name in names if name not in self._filled(link, names)]
            self.counting = self._counting(link)

    @staticmethod
    def _filled(link: psycopg.Connection, tables: list[str]) -> set[str]:
        if not tables:
            return set()
        parts = [f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables]
        return {str(row[0]) for row in link.execute(" UNION ALL ".join(parts)).fetchall()}  # type: ignore[arg-type]

    @staticmethod
    def _counting(link: psycopg.Connection) -> set[str]:
        """Sequences that gave a number. What is undone leaves no row, and yet the next one's number is not 1."""
        asked = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
        return {str(row[0]) for row in link.execute(asked).fetchall()}

    def clean(self) -> None:
        """Two short statements when nothing was written; a lock that a test forgot to end fails here, by name."""
        with psycopg.connect(self.url, options="-c lock_timeout=60s") as link:
            if self._filled(link, self.tables) or self._counting(link) - self.counting:
                link.execute(f"TRUNCATE {', '.join(self.tables)} RESTART IDENTITY")  # type: ignore[arg-type]
                link.execute("SELECT drop_reference_sequences()")


def start_redis(name: str) -> RedisServer:
    """A Redis-protocol server of this run, called `name`; started when it is not."""
    folder = Path(os.environ[VARIABLE]) / f"redis-{name}"
    folder.mkdir(exist_ok=True)
    server = RedisServer(program=find_program(), folder=folder, socket=socket_folder(folder) / "redis.sock")
    if not server.answers():
        command = [*server.command, "--daemonize", "yes", "--appendonly", "no", "--logfile", str(folder / "log")]
        subprocess.run(command, check=True, capture_output=True)
        _wait(server.answers, "Redis")
    return server
