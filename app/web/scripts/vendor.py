"""Rebuild the vendored browser files from their npm packages, or check them against `vendor.json`.

    python -m app.web.scripts.vendor          download with `npm pack`, verify, write the files and their
    hashes python -m app.web.scripts.vendor --check  compare the committed files with `vendor.json`, no
    network

`vendor.json` names each package, its version and licence, and for each file where it comes from in the
package, where it goes in this repository, and its SHA-256. To upgrade, change the version there and run the
script; the diff shows the rest.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

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
    return found


def rebuild() -> None:
    """Fetch every package with npm and write its files; the manifest keeps the new hashes."""
    data = manifest()
    for package in data["packages"]:
        spec = f"{package['name']}@{package['version']}"
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                for file in package["files"]:
                    member = archive.extractfile(f"package/{file['from']}")
                    if member is None:
                        raise SystemExit(f"{spec} has no file {file['from']}")
                    path = ROOT / file["to"]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(SOURCE_MAP.sub(b"\n", member.read()))
                    file["sha256"] = sha256(path)
                    print(f"{spec}  {file['to']}  {path.stat().st_size:,} bytes")
    MANIFEST.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        problems = differences()
        print("\n".join(problems) or "every vendored file is the one in vendor.json")
        sys.exit(bool(problems))
    rebuild()
