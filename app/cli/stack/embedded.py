"""The embedded stack as data: which servers, steps and processes run for one data folder and one port."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.cli.stack import postgres, redis_server
from app.cli.stack.errors import StackError
from app.cli.stack.places import Places, socket_folder
from app.cli.stack.processes import Process, Step, Table
from app.cli.stack.provision import ensure_programs, find_programs
from app.cli.stack.runas import database_account

HOST = "127.0.0.1"
DEFAULT_PORT = 8080
READY_SECONDS = 180.0


@dataclass(frozen=True)
class Embedded:
    """One stack, not yet running. `cluster` and `redis` are None where the person's own server is used."""

    places: Places
    port: int
    cluster: postgres.Cluster | None
    redis: redis_server.RedisServer | None
    database_url: str
    redis_url: str

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """What every process of the stack is told; what the person set wins where it may."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {
            **inherited,
            "PYTHONUNBUFFERED": "1",
            "AUZOLAN_BASE_URL": os.environ.get("AUZOLAN_BASE_URL", self.url),
            "AUZOLAN_SECRET_KEY": os.environ.get("AUZOLAN_SECRET_KEY") or self.places.secret_key(),
            "AUZOLAN_DATABASE_URL": self.database_url,
            "AUZOLAN_REDIS_URL": self.redis_url,
            "AUZOLAN_DATA": str(self.places.data),
        }

    def table(self) -> Table:
        environment, folder = self.environment(), self.places.data
        prepare = Step(
            "prepare",
            "bringing the database up to date",
            (sys.executable, "-m", "app.cli.stack.prepare"),
            environment,
            folder,
        )
        return Table(self._servers(), (prepare,), own_processes(environment, folder=folder, port=self.port))

    def _servers(self) -> tuple[Process, ...]:
        servers = []
        if self.cluster:
            servers.append(
                Process(
                    name="postgres",
                    command=self.cluster.command,
                    environment=self.cluster.programs.full_environment(),
                    account=self.cluster.account,
                    is_ready=self.cluster.answers,
                    stop_signal=signal.SIGINT,
                    stop_seconds=60,
                    rank=0,
                    owns_session=False,
                )
            )
        if self.redis:
            servers.append(
                Process(
                    name="redis",
                    command=self.redis.command,
                    environment={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
                    is_ready=self.redis.answers,
                    stop_seconds=20,
                    rank=0,
                )
            )
        return tuple(servers)

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=3)) as link:
            try:
                link.request("GET", "/readyz", headers={"Host": f"{HOST}:{self.port}"})
                return link.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False


def own_processes(environment: Mapping[str, str], *, folder: Path, port: int) -> tuple[Process, ...]:
    """Web, relay, workers, scheduler: the same five that a server runs from `docker-compose.yml`."""
    shared_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    web = [
        *(sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"{HOST}:{port}"),
        # Loaded once, then forked: half the time to the first answer, and the code's memory is shared.
        *("--preload", "--worker-class", "app.web.threads.FairThreadWorker"),
        *("--workers", str(web_processes()), "--threads", "4"),
        # The longest address that gunicorn can take: a search is in it, and somebody may paste a page there.
        *("--timeout", "60", "--graceful-timeout", "5", "--no-control-socket", "--limit-request-line", "8190"),
        *(("--worker-tmp-dir", shared_memory) if shared_memory else ()),
    ]
    commands = {
        "web": tuple(web),
        "relay": _workers("relay"),
        "worker-intake": _workers("worker", "intake"),
        "worker-default": _workers("worker", "default"),
        "scheduler": _workers("scheduler"),
    }
    # The web's processes count together: each leaves its figures in this folder, and `/metrics` adds them up.
    figures = {"PROMETHEUS_MULTIPROC_DIR": str(folder / "run" / "metrics")}
    return tuple(
        Process(name=name, command=command, environment={**environment, **figures}, folder=folder)
        for name, command in commands.items()
    )


def web_processes() -> int:
    """Two for each processor, from two to eight: one thinks while the other waits for the database.

    Few threads that share a processor answer more evenly than many, because in Python they also share a lock.
    """
    return max(2, min(8, 2 * (os.cpu_count() or 1)))


def _workers(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "workers", *arguments)


def arrange(places: Places, *, port: int, say: Callable[[str], None]) -> Embedded:
    """Decide what the stack is made of, and fetch or make what is missing: programs, cluster, folders."""
    places.make()
    given_database, given_redis = os.environ.get("AUZOLAN_DATABASE_URL"), os.environ.get("AUZOLAN_REDIS_URL")
    cluster = redis = None
    if given_database:
        postgres.check_given(given_database)
    else:
        ensure_programs(say)
        cluster = find_cluster(places)
        if cluster and cluster.folder.parent != places.data:
            say(f"The data folder is closed to the database's user, so its data are in {cluster.folder}.")
    if given_redis:
        redis_server.check_given(given_redis)
    else:
        redis = find_redis(places)
        redis.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Embedded(
        places=places,
        port=port,
        cluster=cluster,
        redis=redis,
        database_url=given_database or (cluster.url if cluster else ""),
        redis_url=given_redis or (redis.url if redis else ""),
    )


def find_cluster(places: Places) -> postgres.Cluster | None:
    """The stack's private cluster as it is or would be; None when PostgreSQL is not on this machine."""
    programs = find_programs()
    if programs is None:
        return None
    account = database_account()
    folder = places.cluster(account)
    socket = socket_folder(folder.with_name("postgres-socket"), account=account)
    return postgres.Cluster(folder=folder, socket=socket, programs=programs, account=account)


def find_redis(places: Places) -> redis_server.RedisServer:
    program = redis_server.find_program()
    return redis_server.RedisServer(
        program=program,
        folder=places.redis / redis_server.flavour(program),
        socket=socket_folder(places.run) / "redis.sock",
    )


def check_port(port: int) -> None:
    """Raise `StackError`, with a port that is free, when `port` is taken."""
    if _is_free(port):
        return
    other = next((number for number in range(port + 1, min(port + 200, 65_536)) if _is_free(number)), None)
    hint = f" Choose another, for instance --port {other}." if other else " Choose another with --port."
    raise StackError(f"Port {port} is in use by another program.{hint}")


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _is_free(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False
