"""The system's Chromium for the browser tests: found, installed with apt (root), or unpacked beside (others)."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.cli.stack import debian
from app.cli.stack.errors import StackError
from app.cli.stack.places import cache_folder

# The headless shell draws pages and nothing around them: two thirds of the work of a test, and half the weight.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "google-chrome")
PACKAGES = (SHELL, "fonts-dejavu-core")
# Desktop helpers and the graphics drivers: tests draw with the software renderer that comes along.
NOT_NEEDED = re.compile(r"^(x11-|xdg-|libgl1|libglx|libgl1-mesa|lsb-base|sysvinit|libc6$|libgcc-s1$|gcc-|debconf|perl)")


@dataclass(frozen=True)
class Chromium:
    program: Path
    environment: dict[str, str] = field(default_factory=dict)

    def launch_options(self) -> dict[str, Any]:
        """For Playwright's `chromium.launch`. WebGL is drawn in software; root has no sandbox to give.

        Pages are put together without the software GPU, which is slow at it (half the time of a test), and in the
        browser's own process; nothing is looked up on a network that is not there.
        """
        arguments = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]
        arguments += ["--disable-gpu-compositing", "--in-process-gpu", "--disable-background-networking"]
        if os.getuid() == 0 or self.environment:
            arguments.append("--no-sandbox")
        return {
            "executable_path": str(self.program),
            "args": arguments,
            "env": {**os.environ, **self.environment},
        }


def tree() -> Path:
    return cache_folder() / "chromium"


def find() -> Chromium | None:
    """What is usable now, without fetching anything."""
    return _shell() or _whole()


def _shell() -> Chromium | None:
    if program := shutil.which(SHELL):
        return Chromium(Path(program))
    unpacked = tree() / "usr/lib/chromium" / SHELL
    if not unpacked.exists():
        return None
    environment = {
        "LD_LIBRARY_PATH": ":".join(str(folder) for folder in debian.library_folders(tree())),
        "FONTCONFIG_FILE": str(tree() / "fonts.conf"),
    }
    return Chromium(unpacked, environment)


def _whole() -> Chromium | None:
    return next((Chromium(Path(program)) for name in WHOLE if (program := shutil.which(name))), None)


def ensure(say: Callable[[str], None]) -> Chromium:
    """Find the headless shell or fetch it; a whole browser does where it cannot be had.

    Raises `StackError` that says exactly what to install when there is neither.
    """
    if debian.is_debian():
        try:
            _fetch_once(say)
        except StackError:
            if not _whole():
                raise
    if found := find():
        return found
    raise StackError(f"Chromium is missing, and could not be fetched. Run: apt-get install {SHELL}")


def _fetch_once(say: Callable[[str], None]) -> None:
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        apt = debian.Apt(cache / "apt")
        # Whoever has a browser does not wait for package lists.
        if not _shell() and (apt.knows(SHELL) or not _whole()):
            _fetch(apt, say)
        shutil.rmtree(cache / "apt", ignore_errors=True)


def _fetch(apt: debian.Apt, say: Callable[[str], None]) -> None:
    if os.getuid() == 0:
        say("Installing Chromium from this system's packages …")
        apt.find(*PACKAGES)
        apt.install(PACKAGES)
        return
    say(f"Unpacking Chromium from this system's packages into {tree()} …")
    apt.find(*PACKAGES)
    apt.unpack(apt.closure(PACKAGES, leave_out=NOT_NEEDED, whole=re.compile("^chromium")), tree())
    (tree() / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"<dir>{tree()}/usr/share/fonts</dir>\n<dir>/usr/share/fonts</dir>\n"
        f"<cachedir>{cache_folder()}/fontconfig</cachedir>\n</fontconfig>\n"
    )
