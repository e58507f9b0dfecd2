"""Rebuild the vendored browser files from their npm packages, or check them against `vendor.json`.

    python -m app.web.scripts.vendor          download with npm, build, write the files and their hashes
    python -m app.web.scripts.vendor --check  compare the committed files with `vendor.json`, no network

`vendor.json` names each package, its version and licence, and for each file where it comes from in the
package, where it goes in this repository, and its SHA-256. To upgrade, change the version there and run the
script; the diff shows the rest.

A package with `build` is not taken as published: the folder named there says how it is made from its sources
(`flat.config.mjs`) and with which versions of everything (`package-lock.json`, where its version is changed
too). What is built is also packed, as small as brotli can: that takes a server seconds for each file.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import brotli

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "app/web/static/vendor/vendor.json"

# The published files end with the address of a source map that we do not serve: browsers' tools would ask
# for it.
SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*\Z|\n?/\*# sourceMappingURL=\S+ \*/\s*\Z")


def manifest() -> dict[str, Any]:
    """The content of `vendor.json`."""
    data: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return data


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences() -> list[str]:
    """One sentence for each committed file that is missing or is not the one in the manifest."""
    found = []
    for package in manifest()["packages"]:
        for file in package["files"]:
            path = ROOT / file["to"]
            if not path.is_file():
                found.append(f"{file['to']} is missing")
            elif sha256(path) != file["sha256"]:
                found.append(f"{file['to']} is not the file of {package['name']} {package['version']}")
            elif "packed" in file and _unpacked(path) != path.read_bytes():
                found.append(f"{packed(path).name} is not {path.name}, packed")
    return found


def packed(path: Path) -> Path:
    """Where the packed form of a built file lies."""
    return path.with_name(path.name + ".br")


def _unpacked(path: Path) -> bytes:
    return brotli.decompress(packed(path).read_bytes()) if packed(path).is_file() else b""


def rebuild() -> None:
    """Fetch every package with npm and write its files; the manifest keeps the new hashes."""
    data = manifest()
    for package in data["packages"]:
        spec = f"{package['name']}@{package['version']}"
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                taken = [file for file in package["files"] if "from" in file]
                for file in taken:
                    member = archive.extractfile(f"package/{file['from']}")
                    if member is None:
                        raise SystemExit(f"{spec} has no file {file['from']}")
                    _write(file, SOURCE_MAP.sub(b"\n", member.read()), spec)
            if "build" in package:
                package["files"] = [*taken, *_built(package, Path(folder), spec)]
    MANIFEST.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _write(file: dict[str, Any], content: bytes, spec: str) -> None:
    path = ROOT / file["to"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    file["sha256"] = sha256(path)
    print(f"{spec}  {file['to']}  {len(content):,} bytes")


def _built(package: dict[str, Any], folder: Path, spec: str) -> list[dict[str, Any]]:
    """Build a package from its sources and write what comes out, plain and packed: its lines of the manifest."""
    recipe, into, out = ROOT / package["build"]["with"], package["build"]["to"], folder / "out"
    for old in (file for file in package["files"] if "from" not in file):
        (ROOT / old["to"]).unlink(missing_ok=True)
        packed(ROOT / old["to"]).unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(recipe / name, folder)
    subprocess.run(
        ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True
    )
    modules = folder / "node_modules"
    environment = os.environ | {"PACKAGES": str(modules), "VERSION": package["version"], "OUT": str(out)}
    rolldown = [str(modules / ".bin" / "rolldown"), "--config", str(recipe / "flat.config.mjs")]
    subprocess.run(rolldown, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    files: list[dict[str, Any]] = []
    for made in sorted(out.iterdir()):
        file: dict[str, Any] = {"to": f"{into}/{made.name}", "packed": True}
        _write(file, made.read_bytes(), spec)
        small = brotli.compress(made.read_bytes(), mode=brotli.MODE_TEXT, quality=11, lgwin=24)
        packed(ROOT / file["to"]).write_bytes(small)
        files.append(file)
    return files


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        problems = differences()
        print("\n".join(problems) or "every vendored file is the one in vendor.json")
        sys.exit(bool(problems))
    rebuild()
