"""What every page shares: base templates, components, static files, the reader's language and theme.

`init_app(app, site=…)` is the only wiring: it registers `/static/…`, the two preferences (`/langue/fr`,
`/theme/dark`), the Jinja globals and filters, and the pages of errors. `site` tells which town the request
is for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import get_locale, get_timezone
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError

from app.web import formats, words
from app.web.assets import YEAR_S, Assets

THEMES: Final = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Site:
    """The town that a request is for: `name` of the service, `place` under it, languages offered, first one
    by default.
    """

    name: str = "Auzolan"
    place: str = ""
    languages: tuple[str, ...] = ("fr", "en", "eu")


def select_locale() -> str:
    """The reader's language: the cookie they chose, else what their browser asks for, else the town's
    first.
    """
    offered = _site().languages
    chosen = request.cookies.get("lang", "")
    return chosen if chosen in offered else request.accept_languages.best_match(offered) or offered[0]


def _site() -> Site:
    if "site" not in g:
        g.site = current_app.extensions["auzolan.site"]()
    site: Site = g.site
    return site


def _href(endpoint: str, **values: object) -> str | None:
    """Address of a page of the application, or None when no slice offers it: a link to nowhere is never
    drawn.
    """
    try:
        return url_for(endpoint, **values)  # type: ignore[arg-type]
    except BuildError:
        return None


def _theme() -> str | None:
    chosen = request.cookies.get("theme")
    return chosen if chosen in THEMES else None


def _back() -> str:
    """Where to return after a preference: the page named in `next`, kept inside this site."""
    target = urlsplit(request.args.get("next") or "/")
    path = "/" + target.path.lstrip("/\\")
    return f"{path}?{target.query}" if target.query else path


def _remember(name: str, value: str) -> Response:
    answer = redirect(_back(), 303)
    answer.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure, httponly=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


def _blueprint(assets: Assets) -> Blueprint:
    pages = Blueprint("web", __name__, template_folder="templates")

    @pages.get("/static/<path:name>", endpoint="static")
    def static(name: str) -> Response:
        return assets.response(name)

    @pages.get("/langue/<language>", endpoint="language")
    def language(language: str) -> Response:
        return _remember("lang", language if language in _site().languages else _site().languages[0])

    @pages.get("/theme/<name>", endpoint="theme")
    def theme(name: str) -> Response:
        return _remember("theme", name if name in THEMES else "auto")

    return pages


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else "fr"


def _zone() -> tzinfo:
    zone: tzinfo = get_timezone()
    return zone


def _filters(app: Flask) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    def day(value: date | datetime, short: bool = False) -> str:
        local = value.astimezone(_zone()).date() if isinstance(value, datetime) else value
        return formats.day(local, today=now().astimezone(_zone()).date(), language=_language(), short=short)

    app.jinja_env.filters.update(
        day=day,
        clock=lambda v: formats.clock(v, zone=_zone(), language=_language()),
        moment=lambda v: formats.moment(v, now=now(), zone=_zone(), language=_language()),
        ago=lambda v: formats.ago(v, now=now(), language=_language()),
        metres=lambda v: formats.metres(v, language=_language()),
        capitalize_first=lambda v: v[:1].upper() + v[1:],
        num=lambda v: formats.number(v, language=_language()),
        coordinates=lambda v: formats.coordinates(v[0], v[1], language=_language()),
    )


def render_error(status: int) -> tuple[str, int]:
    """The page for an HTTP error, in the project's voice; a status without a page of its own gets the
    general one.
    """
    return render_template("errors/error.html", status=status), status


def init_app(app: Flask, site: Callable[[], Site] = Site) -> None:
    """Wire the shared pages into `app`. Errors: RuntimeError when Flask's own `/static/` would hide ours."""
    if app.has_static_folder:
        raise RuntimeError("create the application with static_folder=None: app.web serves the static files")
    assets = Assets()
    app.extensions["auzolan.assets"] = assets
    app.extensions["auzolan.site"] = site
    app.register_blueprint(_blueprint(assets))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        static_url=assets.url,
        import_map=lambda: {"imports": assets.imports()},
        href=_href,
        theme=_theme,
        site=_site,
        language=_language,
        here=lambda: request.full_path.rstrip("?"),
        KINDS=words.KINDS,
        STATES=words.STATES,
        CHANNELS=words.CHANNELS,
        LANGUAGES=words.LANGUAGES,
    )
    app.jinja_env.globals.setdefault("csp_nonce", lambda: "")
    _filters(app)


def init_errors(app: Flask) -> None:
    """Answer HTTP errors with our pages. Separate, because the API answers its own with problem+json."""

    def page(error: HTTPException) -> tuple[str, int]:
        return render_error(error.code or 500)

    for code in (400, 403, 404, 405, 410, 413, 429, 500, 503):
        app.register_error_handler(code, page)
