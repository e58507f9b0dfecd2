"""A private PostgreSQL cluster with PostGIS: its programs, its folder, its configuration, its socket."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.cli.stack.errors import StackError
from app.cli.stack.runas import Account

USER = "auzolan"
DATABASE = "auzolan"
PORT = 5432
SYSTEM_PROGRAMS = Path("/usr/lib/postgresql")

# Right for a small machine that runs everything. `jit`: its library may be absent, and our queries are short.
# Nothing listens on the network, and the socket's folder is private: that is the access control.
SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "logging_collector": "off",
}


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs, with PostGIS; `environment` is what they need to find their libraries."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def major(self) -> str:
        return self.folder.parent.name

    def run(self, program: str, *arguments: str, account: Account | None = None) -> None:
        """Run one to its end; raises `StackError` with what it said when it fails."""
        who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        done = subprocess.run(  # type: ignore[call-overload]
            [str(self.folder / program), *arguments],
            env=self.full_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        if done.returncode:
            raise StackError(f"{program} failed:\n{(done.stderr or done.stdout).strip()}")

    def full_environment(self) -> dict[str, str]:
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **self.environment}


def system_programs(root: Path = Path("/")) -> list[Programs]:
    """Installations below `root` that have PostGIS, the newest first."""
    found = [
        Programs(folder)
        for folder in (root / SYSTEM_PROGRAMS.relative_to("/")).glob("*/bin")
        if (folder / "postgres").exists()
        and (root / "usr/share/postgresql" / folder.parent.name / "extension/postgis.control").exists()
    ]
    return sorted(found, key=lambda programs: [int(part) for part in programs.major.split(".")], reverse=True)


@dataclass(frozen=True)
class Cluster:
    """One cluster on disk. `socket` is the folder of its Unix socket; `account` runs it when we are root."""

    folder: Path
    socket: Path
    programs: Programs
    account: Account | None = None
    extra_settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """SQLAlchemy's form."""
        return database_url(self.socket, DATABASE)

    @property
    def command(self) -> tuple[str, ...]:
        return (str(self.programs.folder / "postgres"), "-D", str(self.folder))

    def prepare(self) -> None:
        """Make the cluster if there is none (never half of one), and write its configuration."""
        version = self.folder / "PG_VERSION"
        if not version.exists():
            self._initialise()
        if (major := version.read_text().strip()) != self.programs.major:
            raise StackError(
                f"The data in {self.folder} were written by PostgreSQL {major}, "
                f"and only {self.programs.major} is here. "
                f"Run: apt-get install postgresql-{major}-postgis-3"
            )
        settings = {**SETTINGS, "unix_socket_directories": f"'{self.socket}'", **self.extra_settings}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.folder / "auzolan.conf").write_text(lines)

    def _initialise(self) -> None:
        draft = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        if self.account:
            os.chown(draft, self.account.uid, self.account.gid)
        options = ["-D", str(draft), "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        if self.extra_settings.get("fsync") == "off":
            options.append("--no-sync")
        self.programs.run("initdb", *options, account=self.account)
        with (draft / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'auzolan.conf'\n")
        draft.rename(self.folder)

    def answers(self) -> bool:
        """Whether it accepts connections; makes the database at the first yes."""
        try:
            with psycopg.connect(
                host=str(self.socket), port=PORT, user=USER, dbname="postgres", autocommit=True
            ) as link:
                found = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if found is None:
                    link.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def postmaster(self) -> int | None:
        """Pid that the cluster's lock file names; the process may be gone."""
        try:
            return int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None


def database_url(socket: Path, database: str) -> str:
    return f"postgresql+psycopg://{USER}@/{database}?host={quote(str(socket), safe='/')}&port={PORT}"


def check_given(url: str) -> None:
    """Raise `StackError` unless the database a person pointed to answers and offers PostGIS."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        with psycopg.connect(plain, connect_timeout=5) as link:
            found = link.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    except psycopg.Error as problem:
        raise StackError(f"AUZOLAN_DATABASE_URL is set, but that database does not answer: {problem}") from problem
    if found is None:
        raise StackError("The database of AUZOLAN_DATABASE_URL has no PostGIS: install it on that server.")
