"""Programs from Debian's packages: installed with apt as root, unpacked into a cache folder otherwise.

Package names and closures come from the machine's own package lists, so no release is written down here.
Apt works without root when its lists and cache are folders of ours.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.stack.errors import StackError

Say = Callable[[str], None]

_DEPENDS = re.compile(r"^\s*(\|)?(?:Pre)?Depends: (<?)([^<>\s:]+)(?::\S+)?>?$")


def is_debian() -> bool:
    return all(shutil.which(program) for program in ("apt-get", "apt-cache", "dpkg-deb", "dpkg-query"))


def _run(command: Sequence[str], *, folder: Path | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            # dpkg refuses to install without the system's own folders in PATH.
            "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        },
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise StackError(f"`{' '.join(command[:3])} …` failed:\n" + "\n".join(lines[-8:]))
    return done.stdout


@dataclass
class Apt:
    """apt-get and apt-cache, on the machine's lists or (`refresh`ed without root) ours in `folder`."""

    folder: Path
    options: list[str] = field(default_factory=list)

    def refresh(self) -> None:
        """Fetch the package lists."""
        if os.getuid() != 0:
            self._use_private_lists()
        _run(["apt-get", "update", "-q", *self.options])

    def _use_private_lists(self) -> None:
        lists, cache = self.folder / "lists", self.folder / "cache"
        for made in (lists / "partial", cache / "archives" / "partial"):
            made.mkdir(parents=True, exist_ok=True)
        # A machine's own hooks after an update (container images empty the cache) have no right to run here.
        self.options = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}"]
        self.options += ["-o", "Debug::NoLocking=1", "-o", "APT::Update::Post-Invoke="]

    def knows(self, package: str) -> bool:
        with suppress(StackError):
            return bool(_run(["apt-cache", *self.options, "show", "--no-all-versions", package]).strip())
        return False

    def find(self, *packages: str) -> list[str]:
        """Those of `packages` that can be had, looked for again in fresh lists if one of them is unknown."""
        if not all(self.knows(package) for package in packages):
            self.refresh()
        return [package for package in packages if self.knows(package)]

    def install(self, packages: Iterable[str]) -> None:
        """Install on the system. Root only."""
        command = [
            "apt-get",
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            "-o",
            "Dpkg::Options::=--force-confold",
        ]
        try:
            _run([*command, *packages])
        except StackError:
            # The lists may be older than what the mirror still has.
            self.refresh()
            _run([*command, *packages])

    def closure(self, packages: Sequence[str], *, leave_out: re.Pattern[str], whole: re.Pattern[str]) -> list[str]:
        """`packages` and all they depend on, without what is installed or matches `leave_out`.

        A left-out package's own dependencies are not followed. Of alternatives, an installed one is enough; else
        the first is taken. What matches `whole` is taken even if installed: programs that look for their files
        beside themselves are no use in halves.
        """
        graph = parse_depends(_run(["apt-cache", *self.options, "depends", "--recurse", "--important", *packages]))
        installed = {package for package in installed_packages() if not whole.search(package)} - set(packages)
        wanted: dict[str, None] = {}
        queue = list(packages)
        while queue:
            package = queue.pop(0)
            if package in wanted or leave_out.search(package) or package in installed:
                continue
            wanted[package] = None
            for choices in graph.get(package, []):
                if not any(choice in installed or choice in wanted for choice in choices):
                    queue.append(choices[0])
        return list(wanted)

    def unpack(self, packages: Sequence[str], target: Path) -> None:
        """Download and unpack into `target`, which appears complete or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            downloads, tree = Path(name) / "debs", Path(name) / "tree"
            downloads.mkdir()
            try:
                _run(["apt-get", *self.options, "-q", "download", *packages], folder=downloads)
            except StackError:
                self.refresh()
                _run(["apt-get", *self.options, "-q", "download", *packages], folder=downloads)
            for package in sorted(downloads.glob("*.deb")):
                _run(["dpkg-deb", "-x", str(package), str(tree)])
            shutil.rmtree(target, ignore_errors=True)
            tree.rename(target)


def parse_depends(text: str) -> dict[str, list[list[str]]]:
    """Of `apt-cache depends --recurse`: each package's dependencies, each a list of alternatives.

    `|Depends:` says that the next line is an alternative to it; a virtual package (`<name>`) is followed by
    its providers, which are alternatives too.
    """
    graph: dict[str, list[list[str]]] = {}
    group: list[str] | None = None
    more = False
    current: list[list[str]] = []
    for line in text.splitlines():
        if not line.startswith(" "):
            current = graph.setdefault(line.strip().partition(":")[0].strip("<>"), [])
            group, more = None, False
        elif found := _DEPENDS.match(line):
            if not (more and group is not None):
                group = []
                current.append(group)
            more = bool(found.group(1))
            if not found.group(2):
                group.append(found.group(3))
        elif group is not None:
            group.append(line.strip().partition(":")[0])
    return {package: [choices for choices in groups if choices] for package, groups in graph.items()}


def installed_packages() -> set[str]:
    text = _run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${Package}\n"])
    return {name for line in text.splitlines() for status, name in [line.split("\t")] if status.startswith("ii")}


def library_folders(tree: Path) -> list[Path]:
    """Where an unpacked tree keeps shared libraries."""
    found = [
        *tree.glob("usr/lib/*-linux-gnu*"),
        *tree.glob("lib/*-linux-gnu*"),
        tree / "usr" / "lib",
        tree / "lib",
    ]
    return [folder for folder in found if folder.is_dir()]
