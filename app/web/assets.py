"""Static files: addresses that carry the content's hash, answers packed once, and the import map of the modules.

A file asked for with its own hash (`/static/css/base.css?v=3f9a…`) never changes and is cached for a year;
asked for without it, it is revalidated. A file whose name says its version or hash is always asked for by its
plain name: style sheets (fonts) and workers, which know no import map, reach it so. Modules import each other
by plain relative paths; the import map adds the hash, so that one changed module is one changed address.
Browsers without import maps still work, they only revalidate more.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Final

import brotli
from flask import Response, abort, request
from markupsafe import Markup

STATIC: Final = Path(__file__).with_name("static")
YEAR_S: Final = 31_536_000

_IMPORT: Final = re.compile(r"""^(?:import|export)\b[^"'`;(]*["'](\.[^"']+)["']""", re.MULTILINE)
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
_NAMED_BY_CONTENT: Final = re.compile(r"^fonts/|-[0-9a-f]{16}\.mjs$")
_TEXT: Final = frozenset({".css", ".js", ".mjs", ".svg", ".json", ".webmanifest", ".txt"})

# The better one first; browsers ask for it only where the connection is encrypted.
_PACKINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda content: brotli.compress(content, mode=brotli.MODE_TEXT, quality=9),
    "gzip": lambda content: gzip.compress(content, 9, mtime=0),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file as it is now: `digest` is 16 hexadecimal characters of its SHA-256."""

    path: Path
    digest: str
    media_type: str
    is_text: bool


class Assets:
    """The files of one folder, read when first asked for and again when they change on disk."""

    def __init__(self, root: Path = STATIC, prefix: str = "/static/") -> None:
        self.root = root.resolve()
        self.prefix = prefix
        self._known: dict[str, tuple[tuple[int, int], Asset]] = {}
        self._needs: dict[str, list[str]] = {}
        self._bodies: dict[tuple[Path, str], tuple[str, bytes]] = {}
        self._lock = Lock()

    def find(self, name: str) -> Asset | None:
        """The file called `name` (relative, with slashes), or None when there is none under the root."""
        known = self._known.get(name)
        # A page asks for dozens: one that is known costs one look at the disk, and no walk along its path.
        path = known[1].path if known else (self.root / name).resolve()
        try:
            stat = path.stat()
        except OSError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        if known and known[0] == stamp:
            return known[1]
        if not path.is_relative_to(self.root) or not path.is_file():
            return None
        with self._lock:
            content = path.read_bytes()
            media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            asset = Asset(path, hashlib.sha256(content).hexdigest()[:16], media_type, path.suffix in _TEXT)
            self._known[name] = (stamp, asset)
        return asset

    def _packed(self, asset: Asset, packing: str) -> bytes:
        """The content as it travels, packed when first asked for: a page names far more files than it needs."""
        key = (asset.path, packing)
        known = self._bodies.get(key)
        if known is None or known[0] != asset.digest:
            # What we vendor may lie there packed, smaller than there is time for here.
            ready = asset.path.with_name(f"{asset.path.name}.{packing}")
            body = ready.read_bytes() if ready.is_file() else _PACKINGS[packing](asset.path.read_bytes())
            known = self._bodies[key] = (asset.digest, body)
        return known[1]

    def url(self, name: str) -> str:
        """The address of a file, with its hash where its name has none. Raises KeyError for a file that does not
        exist: a page must not ship it.
        """
        asset = self.find(name)
        if asset is None:
            raise KeyError(f"no static file {name}")
        return f"{self.prefix}{name}" + ("" if _NAMED_BY_CONTENT.search(name) else f"?v={asset.digest}")

    @cached_property
    def _modules(self) -> tuple[str, ...]:
        """The names of all modules; a new one is found at the next start."""
        patterns = ("js/**/*.js", "vendor/**/*.js", "vendor/**/*.mjs")
        found = (path for pattern in patterns for path in self.root.glob(pattern))
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in found))

    def needed_by(self, name: str) -> list[str]:
        """The modules that a module needs before it begins (those it may ask for later are left out), near ones first.

        A browser that hears of them with the page asks for all at once; else it finds them one after the other.
        """
        found: list[str] = []
        waiting = [name]
        while waiting:
            asset = self.find(current := waiting.pop(0))
            if asset is None:
                raise KeyError(f"no static file {current}")
            for target in _IMPORT.findall(asset.path.read_text("utf-8")):
                needed = posixpath.normpath(posixpath.join(posixpath.dirname(current), target))
                if needed not in found:
                    found.append(needed)
                    waiting.append(needed)
        return found

    def module(self, name: str, nonce: str) -> Markup:
        """The lines of a page that load a module and what it needs."""
        if name not in self._needs:
            self._needs[name] = self.needed_by(name)
        lines = [
            Markup('<link rel="modulepreload" href="{}" nonce="{}">').format(self.url(needed), nonce)
            for needed in self._needs[name]
        ]
        lines.append(Markup('<script type="module" src="{}" nonce="{}"></script>').format(self.url(name), nonce))
        return Markup("").join(lines)

    def imports(self) -> dict[str, str]:
        """The import map: plain address of each module to its hashed one, and `fflate`, asked for by pmtiles."""
        found = {f"{self.prefix}{name}": self.url(name) for name in self._modules}
        found["fflate"] = self.url("js/map/unpack.js")
        return found

    def response(self, name: str) -> Response:
        """The HTTP answer for a file: 404 when unknown, 304 when the browser has it, text packed."""
        asset = self.find(name)
        if asset is None:
            abort(404)
        packing = next((one for one in _PACKINGS if asset.is_text and request.accept_encodings.quality(one)), None)
        content = self._packed(asset, packing) if packing else asset.path.read_bytes()
        answer = Response(content, content_type=asset.media_type)
        if packing:
            answer.headers["Content-Encoding"] = packing
        if asset.is_text:
            answer.vary.add("Accept-Encoding")
        answer.set_etag(f"{asset.digest}-{packing}" if packing else asset.digest)
        if request.args.get("v") == asset.digest or _NAMED_BY_CONTENT.search(name):
            answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        else:
            answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.make_conditional(request)
        return answer
