"""PostgreSQL with PostGIS: found here, installed with apt (root), or unpacked beside (anybody else)."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from app.cli.stack import debian
from app.cli.stack.errors import StackError
from app.cli.stack.places import cache_folder
from app.cli.stack.postgres import Programs, system_programs

METAPACKAGE = "postgresql-postgis"
BY_HAND = "Install PostgreSQL with PostGIS and run the same command again: apt-get install postgresql-postgis"
# Served only by PostGIS' raster and SFCGAL extensions, by just-in-time compilation, or by the system-wide
# cluster's scripts. None of it is loaded by our cluster, and it is most of the weight.
NOT_NEEDED = re.compile(
    r"^(libgdal|libsfcgal|libllvm|llvm|postgresql-common|postgresql-client-common|ssl-cert|openssl|locales|perl"
    r"|debconf|cdebconf|adduser|ucf|tzdata|dpkg|libc6$|libgcc-s1$|gcc-)"
)
_WHOLE = re.compile(r"^(postgresql-|proj-data)")
_DATABASE = re.compile(r"^postgresql-(\d+)-postgis-\d+$")
CREATE_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/auzolan.conf")


def find_programs() -> Programs | None:
    """What is usable now, without fetching anything; the system's own first."""
    found = [*system_programs(), *unpacked_programs(cache_folder() / "postgis")]
    return found[0] if found else None


def unpacked_programs(tree: Path) -> list[Programs]:
    """Programs of an unpacked tree, and the environment in which they find libraries and PROJ its grids."""
    environment = {
        "LD_LIBRARY_PATH": ":".join(str(folder) for folder in debian.library_folders(tree)),
        "PROJ_DATA": str(tree / "usr" / "share" / "proj"),
    }
    return [Programs(programs.folder, environment) for programs in system_programs(tree)]


def ensure_programs(say: Callable[[str], None]) -> Programs:
    """Find PostgreSQL with PostGIS or fetch it; raises `StackError` that says exactly what to install."""
    if found := find_programs():
        return found
    if not debian.is_debian():
        raise StackError(f"PostgreSQL with PostGIS is missing. {BY_HAND}")
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        # Two stacks starting at once must not unpack into the same folder.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := find_programs():
            return found
        try:
            fetch(debian.Apt(cache / "apt"), cache / "postgis", say)
        except StackError as problem:
            raise StackError(f"{problem.message}\nPostgreSQL with PostGIS could not be fetched. {BY_HAND}") from problem
        finally:
            # Package lists weigh as much as the programs, and are old by the next time.
            shutil.rmtree(cache / "apt", ignore_errors=True)
    if found := find_programs():
        return found
    raise StackError(f"PostgreSQL with PostGIS could not be fetched. {BY_HAND}")


def fetch(apt: debian.Apt, tree: Path, say: Callable[[str], None]) -> None:
    """Install on the system as root, unpack into `tree` otherwise."""
    if not apt.find(METAPACKAGE):
        raise StackError(f"This machine's package lists do not know {METAPACKAGE}.")
    if os.getuid() == 0:
        say("Installing PostgreSQL with PostGIS from this system's packages (about 120 MB) …")
        # The packages would make and start a cluster of their own, which nobody asked for.
        if not CREATE_NO_CLUSTER.exists():
            CREATE_NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
            CREATE_NO_CLUSTER.write_text(
                "# Auzolan keeps its own cluster in its data folder.\ncreate_main_cluster = false\n"
            )
        apt.install([METAPACKAGE])
        return
    say(f"Unpacking PostgreSQL with PostGIS from this system's packages into {tree} (about 45 MB) …")
    packages = apt.closure([METAPACKAGE], leave_out=NOT_NEEDED, whole=_WHOLE)
    if not any(_DATABASE.match(package) for package in packages):
        raise StackError("The package lists name no PostGIS for PostgreSQL.")
    apt.unpack(packages, tree)
    link_postgis_control(tree)


def link_postgis_control(tree: Path) -> None:
    """`postgis.control` is a link that the package's installation script makes; nothing ran it here."""
    for folder in tree.glob("usr/share/postgresql/*/extension"):
        link = folder / "postgis.control"
        versions = sorted(folder.glob("postgis-*.control"))
        if versions and not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(versions[-1].name)
