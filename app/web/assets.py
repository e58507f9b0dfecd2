"""Static files: addresses that carry the content's hash, pre-compressed answers, and the import map of the
modules.

A file asked for with its own hash (`/static/css/base.css?v=3f9a…`) never changes and is cached for a year;
asked for without it, it is revalidated. Modules import each other by plain relative paths; the import map
adds the hash, so that one changed module is one changed address. Browsers without import maps still work,
they only revalidate more.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from flask import Response, abort, request

STATIC: Final = Path(__file__).with_name("static")
YEAR_S: Final = 31_536_000

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_TEXT: Final = frozenset({".css", ".js", ".mjs", ".svg", ".json", ".webmanifest", ".txt"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file as it is now: `digest` is 16 hexadecimal characters of its SHA-256, `packed` its gzip
    or None.
    """

    path: Path
    digest: str
    media_type: str
    packed: bytes | None


class Assets:
    """The files of one folder, read when first asked for and again when they change on disk."""

    def __init__(self, root: Path = STATIC, prefix: str = "/static/") -> None:
        self.root = root.resolve()
        self.prefix = prefix
        self._known: dict[str, tuple[tuple[int, int], Asset]] = {}
        self._lock = Lock()

    def find(self, name: str) -> Asset | None:
        """The file called `name` (relative, with slashes), or None when there is none under the root."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root) or not path.is_file():
            return None
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(name)
        if known and known[0] == stamp:
            return known[1]
        with self._lock:
            content = path.read_bytes()
            packed = gzip.compress(content, 9, mtime=0) if path.suffix in _TEXT else None
            media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            asset = Asset(path, hashlib.sha256(content).hexdigest()[:16], media_type, packed)
            self._known[name] = (stamp, asset)
        return asset

    def url(self, name: str) -> str:
        """The address of a file, with its hash. Raises KeyError for a file that does not exist: a page must
        not ship it.
        """
        asset = self.find(name)
        if asset is None:
            raise KeyError(f"no static file {name}")
        return f"{self.prefix}{name}?v={asset.digest}"

    def imports(self) -> dict[str, str]:
        """The import map: plain address of each module, and `fflate` that pmtiles asks for by name, to
        hashed address.
        """
        names = sorted(
            path.relative_to(self.root).as_posix()
            for pattern in ("js/**/*.js", "vendor/**/*.js", "vendor/**/*.mjs")
            for path in self.root.glob(pattern)
        )
        found = {f"{self.prefix}{name}": self.url(name) for name in names}
        found["fflate"] = self.url("vendor/fflate/fflate.js")
        return found

    def response(self, name: str) -> Response:
        """The HTTP answer for a file: 404 when unknown, 304 when the browser has it, gzip for text."""
        asset = self.find(name)
        if asset is None:
            abort(404)
        packed = asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
        content = asset.packed if packed else asset.path.read_bytes()
        answer = Response(content, content_type=asset.media_type)
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        if asset.packed is not None:
            answer.vary.add("Accept-Encoding")
        answer.set_etag(asset.digest + ("-gz" if packed else ""))
        if request.args.get("v") == asset.digest or name.startswith("fonts/"):
            # A font's file name carries its version: style sheets reach it without a hash.
            answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        else:
            answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.make_conditional(request)
        return answer
