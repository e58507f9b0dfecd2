"""Make `.venv/` from `uv.lock`: the first thing `make` runs, so it needs nothing but the standard library.

Run as a file (`python3 app/cli/environment.py [--dev] [--extra NAME]…`), never imported by the application: nothing is
installed yet when it starts. uv is put into `.venv-tools/` with pip; where pip itself is missing (Debian
splits it off Python), it is unpacked beside, from Debian's own package, without touching the system.
Indexes and certificates are the machine's: no host is named here.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

UV_VERSION = "0.13.9"
ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-tools"
STAMP = VENV / "auzolan-stamp"


class Unavailable(Exception):
    """What is missing, in a sentence that ends with the command that mends it."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def fingerprint() -> str:
    """Of everything that decides what `.venv` contains; so the folder too (absolute paths)."""
    digest = hashlib.sha256(f"{ROOT}\0{sys.version}\0{UV_VERSION}".encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed() -> tuple[str, frozenset[str]]:
    """What the last complete installation was made of, and its groups: `dev`, and the extras by name."""
    if not (VENV / "bin" / "auzolan").exists() or not STAMP.exists():
        return "", frozenset()
    mark, *groups = STAMP.read_text().split()
    return mark, frozenset(groups) - {"run"}  # what older ones said of no group at all


def run(command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> None:
    """Run it, quiet unless it fails; then the end of what it said is the reason."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(environment or {})},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise Unavailable(f"{tail}\n`{' '.join(str(part) for part in command[:4])} …` failed.")


def works(command: Sequence[str | Path]) -> bool:
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def unpacked_pip() -> list[str]:
    """pip from Debian's `python3-pip-whl`, unpacked into `.venv-tools/`: works with and without root."""
    hint = "pip is missing. Install it, then run the same command again:\n  apt-get install python3-pip"
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Unavailable(hint)
    say("pip is missing: unpacking Debian's copy into .venv-tools/ …")
    state = TOOLS / "apt"
    for made in (state / "lists" / "partial", state / "cache" / "archives" / "partial"):
        made.mkdir(parents=True, exist_ok=True)
    private = [
        *("-o", f"Dir::State::lists={state / 'lists'}"),
        *("-o", f"Dir::Cache={state / 'cache'}"),
        *("-o", "Debug::NoLocking=1"),
        *("-o", "APT::Sandbox::User=root"),
    ]
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        if not works(["sh", "-c", f"cd '{folder}' && apt-get download python3-pip-whl"]):
            run(["apt-get", "update", "-q", *private])
            options = " ".join(f"'{part}'" for part in private)
            run(["sh", "-c", f"cd '{folder}' && apt-get {options} download python3-pip-whl"])
        for package in Path(folder).glob("*.deb"):
            run(["dpkg-deb", "-x", package, TOOLS / "pip"])
    wheels = sorted((TOOLS / "pip" / "usr" / "share" / "python-wheels").glob("pip-*.whl"))
    if not wheels:
        raise Unavailable(hint)
    return [sys.executable, f"{wheels[-1]}/pip"]


def pip() -> list[str]:
    """A command that runs some pip; what it installs goes to `.venv-tools/` only."""
    own = [sys.executable, "-m", "pip"]
    return own if works([*own, "--version"]) else unpacked_pip()


def uv() -> Path:
    """Path of the pinned uv, installed into `.venv-tools/` when it is not there yet."""
    program = TOOLS / UV_VERSION / "bin" / "uv"
    if works([program, "--version"]):
        return program
    TOOLS.mkdir(exist_ok=True)
    target = program.parent.parent
    shutil.rmtree(target, ignore_errors=True)
    say(f"Installing uv {UV_VERSION} into .venv-tools/ …")
    run(
        [
            *pip(),
            "install",
            "-q",
            "--no-input",
            "--no-warn-script-location",
            "--target",
            target,
            f"uv=={UV_VERSION}",
        ]
    )
    if not works([program, "--version"]):
        raise Unavailable(
            f"uv {UV_VERSION} does not run on this machine ({os.uname().machine}). "
            "Install uv another way, then:\n"
            "  uv sync --locked && .venv/bin/auzolan up"
        )
    return program


def sync(groups: frozenset[str]) -> None:
    """Bring `.venv` to exactly what the lock says, and leave a stamp when it is complete."""
    program = uv()
    dev = "dev" in groups
    say("Installing the locked dependencies into .venv/ …" if not dev else "Installing the tools of the tests …")
    STAMP.unlink(missing_ok=True)
    chosen = ["--group" if dev else "--no-group", "dev"]
    for extra in sorted(groups - {"dev"}):
        chosen += ["--extra", extra]
    settings = {
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
        "UV_NO_PROGRESS": "1",
        # Else every start compiles again where the machine forbids Python to write its caches.
        "UV_COMPILE_BYTECODE": "1",
        # The project and uv's cache are often on two file systems, where links cannot work.
        "UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "copy"),
    }
    if not os.access(Path(os.environ.get("HOME") or "/nonexistent"), os.W_OK):
        settings["UV_CACHE_DIR"] = os.environ.get("UV_CACHE_DIR", str(TOOLS / "cache"))
    run([program, "sync", "--locked", "--python", sys.executable, *chosen], environment=settings)
    STAMP.write_text(" ".join([fingerprint(), *sorted(groups)]) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Make .venv/ from uv.lock.")
    parser.add_argument("--dev", action="store_true", help="with what the tests and checks need")
    parser.add_argument("--extra", action="append", default=[], metavar="NAME", help="and an optional part: faces, s3")
    asked = parser.parse_args()
    try:
        with (ROOT / "pyproject.toml").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            mark, groups = installed()
            # What is installed already is not taken away: `make up` after `make test` keeps the tools of the tests.
            wanted = groups | {*asked.extra, *(["dev"] if asked.dev else [])}
            if mark != fingerprint() or groups != wanted:
                sync(wanted)
    except Unavailable as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever `python3` is, may come here
        sys.exit(f"Auzolan needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    sys.exit(main())
