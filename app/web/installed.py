"""The site as an application that a phone installs: its manifest, its icons' addresses, its service worker.

Everything is served by ourselves. The worker is one file whose head says which version it belongs to: the hash of every
static file that it keeps, so that any change to one of them is a new worker, and nothing else is.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, request, url_for
from flask_babel import force_locale, gettext

from app.core.access import public
from app.core.i18n import LANGUAGES, language
from app.web.assets import Assets
from app.web.words import KINDS

CANVAS: Final = "#f6f2ea"
SURFACE: Final = "#fdfbf6"
ICONS: Final = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("maskable-512.png", 512, "maskable"))
PATTERNS: Final = (
    "css/*.css",
    "fonts/*.woff2",
    "icons.svg",
    "mark.svg",
    "js/**/*.js",
    "vendor/maplibre-gl/*.mjs",
    "vendor/pmtiles/*.js",
)
APART: Final = ("css/desk.css", "css/observatory.css", "css/operations.css", "css/moderation.css", "css/apidoc.css")
"""What only people at the counter need: they have a network."""

blueprint = Blueprint("installed", __name__)


def kept_files(assets: Assets) -> list[str]:
    """Addresses of the static files that a phone keeps, as pages ask for them."""
    names = sorted({path.relative_to(assets.root).as_posix() for one in PATTERNS for path in assets.root.glob(one)})
    kept = [name for name in names if name not in APART and name != "js/sw.js"]
    return [assets.url(name) for name in kept]


def build(assets: Assets) -> str:
    """The version of what a phone keeps: 16 hexadecimal characters."""
    told = [assets.url("js/sw.js"), *kept_files(assets)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def kept_pages() -> list[str]:
    """The pages that open without a network: those that some slice offers."""
    found = [_path("contributions.map_page"), _path("contributions.new_kind"), _path("contributions.drafts")]
    return [path for path in [*found, *(_path("contributions.new", kind=kind) for kind in KINDS)] if path]


def _path(endpoint: str, **values: Any) -> str | None:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


@blueprint.get("/sw.js")
@public
def worker() -> Response:
    """The service worker of the whole site; `?plain` for browsers whose workers import no modules."""
    assets: Assets = current_app.extensions["auzolan.assets"]
    told = json.dumps({"version": build(assets), "files": kept_files(assets), "pages": kept_pages()})
    plain, told_by_push = "plain" in request.args, '"/static/js/push-worker.js"'
    drain = "const drain = null;" if plain else 'import { drain } from "/static/js/offline/outbox.js";'
    drain += f"\nimportScripts({told_by_push});" if plain else f"\nimport {told_by_push};"
    body = f"{drain}\nconst BUILD = {told};\n" + (assets.root / "js/sw.js").read_text("utf-8")
    response = Response(body, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; connect-src 'self'"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/manifest/<any(fr,en,eu):code>.webmanifest")
@public
def manifest(code: str) -> Response:
    """What a phone writes under the icon, and what a long press on it offers."""
    from app.web import site

    assets: Assets = current_app.extensions["auzolan.assets"]
    here = site()
    with force_locale(code):
        told = {
            "id": "/",
            "name": f"{here.name} {here.place}".strip(),
            "short_name": here.name,
            "description": gettext("Report, praise and propose on a map; the town answers in public."),
            "lang": code,
            "dir": "ltr",
            "start_url": "/?app=1",
            "scope": "/",
            "display": "standalone",
            "background_color": CANVAS,
            "theme_color": SURFACE,
            "categories": ["government", "utilities"],
            "icons": [_icon(assets, name, size, purpose) for name, size, purpose in ICONS],
            "shortcuts": [
                {"name": str(words.title), "url": path, "icons": [_icon(assets, f"shortcut-{kind}.png", 96, "any")]}
                for kind, words in KINDS.items()
                if (path := _path("contributions.new", kind=kind))
            ],
        }
        body = json.dumps(told, ensure_ascii=False)
    response = Response(body, content_type="application/manifest+json; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _icon(assets: Assets, name: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": assets.url(f"icons/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _sign_copies(response: Response) -> Response:
    """A copy that a worker asks for says of which version it is: an older worker has not its files."""
    if "X-Auzolan-Build" in request.headers and response.mimetype == "text/html":
        response.headers["X-Auzolan-Build"] = build(current_app.extensions["auzolan.assets"])
        response.headers["Content-Language"] = language()
    return response


def init_app(app: Flask) -> None:
    """Register the addresses. Every language that has pages has a manifest."""
    if set(LANGUAGES) != {"fr", "en", "eu"}:
        raise RuntimeError("the manifest's address names its languages")
    app.register_blueprint(blueprint)
    app.after_request(_sign_copies)
