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

INSTALLED = ("chromium", "chromium-headless-shell", "google-chrome")
# Without root the headless shell is enough, and half the weight.
UNPACKED = ("chromium-headless-shell", "fonts-dejavu-core")
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
    for name in INSTALLED:
        if program := shutil.which(name):
            return Chromium(Path(program))
    program = tree() / "usr/lib/chromium/chromium-headless-shell"
    if not program.exists():
        return None
    environment = {
        "LD_LIBRARY_PATH": ":".join(str(folder) for folder in debian.library_folders(tree())),
        "FONTCONFIG_FILE": str(tree() / "fonts.conf"),
    }
    return Chromium(program, environment)


def ensure(say: Callable[[str], None]) -> Chromium:
    """Find Chromium or fetch it; raises `StackError` that says exactly what to install."""
    if found := find():
        return found
    by_hand = "Chromium is missing, and could not be fetched. Run: apt-get install chromium"
    if not debian.is_debian():
        raise StackError(by_hand)
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not find():
            _fetch(debian.Apt(cache / "apt"), say)
            shutil.rmtree(cache / "apt", ignore_errors=True)
    if found := find():
        return found
    raise StackError(by_hand)


def _fetch(apt: debian.Apt, say: Callable[[str], None]) -> None:
    if os.getuid() == 0:
        say("Installing Chromium from this system's packages …")
        apt.find("chromium")
        apt.install(["chromium", "fonts-dejavu-core"])
        return
    say(f"Unpacking Chromium from this system's packages into {tree()} …")
    apt.find(*UNPACKED)
    apt.unpack(apt.closure(UNPACKED, leave_out=NOT_NEEDED, whole=re.compile("^chromium")), tree())
    (tree() / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"<dir>{tree()}/usr/share/fonts</dir>\n<dir>/usr/share/fonts</dir>\n"
        f"<cachedir>{cache_folder()}/fontconfig</cachedir>\n</fontconfig>\n"
    )
