"""What every page shares: base templates, components, static files, dates and numbers, the reader's theme.

`init_app(app)` is the only wiring. Which town a request is for is told by `app.extensions["auzolan.site"]`, a function
without argument that returns a `Site`; the slice that knows territories sets it, and until then it is nobody's town.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, current_app, g, redirect, request, url_for
from flask_babel import gettext
from werkzeug.routing import BuildError

from app.core.access import public
from app.core.i18n import LANGUAGES, language
from app.core.security import csp_nonce
from app.core.texts import NEAR
from app.web import formats, installed, words
from app.web.assets import YEAR_S, Assets

THEMES: Final = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Site:
    """The town that a request is for: `name` of the service, `place` written under it, its IANA time zone."""

    name: str = "Auzolan"
    place: str = ""
    timezone: str = "Europe/Paris"
    languages: tuple[str, ...] = LANGUAGES


def site() -> Site:
    """The site of this request, asked once."""
    if "site" not in g:
        teller: Callable[[], Site] = current_app.extensions["auzolan.site"]
        g.site = teller()
    found: Site = g.site
    return found


def href(endpoint: str, **values: Any) -> str | None:
    """Address of a page, or None when no slice offers it: a link to nowhere is never drawn."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def _in_language(code: str) -> str:
    """This page's address in another language."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{request.path}?{urlencode([*kept, ('lang', code)])}"


def _theme() -> str | None:
    chosen = request.cookies.get("theme")
    return chosen if chosen in THEMES else None


def _back() -> str:
    """Where to return after choosing a theme: the page named in `next`, kept inside this site."""
    target = urlsplit(request.args.get("next") or "/")
    path = "/" + target.path.lstrip("/\\")
    return f"{path}?{target.query}" if target.query else path


def _blueprint(assets: Assets) -> Blueprint:
    pages = Blueprint("web", __name__, template_folder="templates")

    @pages.get("/static/<path:name>", endpoint="static")
    @public
    def static(name: str) -> Response:
        return assets.response(name)

    @pages.get("/theme/<name>", endpoint="theme")
    @public
    def theme(name: str) -> Any:
        answer = redirect(_back(), 303)
        # Read by `base.js` too, which changes the theme without reloading.
        if name in THEMES:
            answer.set_cookie("theme", name, max_age=YEAR_S, samesite="Lax")
        else:
            answer.delete_cookie("theme", samesite="Lax")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return pages


def whereabouts(address: str | None) -> str:
    """An address as people read it: what was only found close by says so, "Près de Rue Grimaldi"."""
    if not address or not address.startswith(NEAR):
        return address or ""
    return str(gettext("Near {place}")).replace("{place}", address.removeprefix(NEAR))


def initials(name: str) -> str:
    """Two letters for a person's disc."""
    parts = [part for part in name.replace("-", " ").split() if part]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


def _filters() -> dict[str, Callable[..., str]]:
    def zone() -> ZoneInfo:
        return ZoneInfo(site().timezone)

    def now() -> datetime:
        return datetime.now(UTC)

    def day(value: date, short: bool = False) -> str:
        local = value.astimezone(zone()).date() if isinstance(value, datetime) else value
        return formats.day(local, today=now().astimezone(zone()).date(), language=language(), short=short)

    return {
        "day": day,
        "clock": lambda v: formats.clock(v, zone=zone(), language=language()),
        "moment": lambda v: formats.moment(v, now=now(), zone=zone(), language=language()),
        "ago": lambda v: formats.ago(v, now=now(), language=language()),
        "metres": lambda v: formats.metres(v, language=language()),
        "num": lambda v: formats.number(v, language=language()),
        "coordinates": lambda v: formats.coordinates(v[0], v[1], language=language()),
        "whereabouts": whereabouts,
        "initials": initials,
        "capitalize_first": lambda v: v[:1].upper() + v[1:],
    }


def init_app(app: Flask) -> None:
    """Wire the shared pages into `app`. Errors: RuntimeError when Flask's own `/static/` would hide ours."""
    if app.has_static_folder:
        raise RuntimeError("create the application with static_folder=None: app.web serves the static files")
    assets = Assets()
    app.extensions["auzolan.assets"] = assets
    app.extensions.setdefault("auzolan.site", Site)
    app.register_blueprint(_blueprint(assets))
    installed.init_app(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(_filters())
    app.jinja_env.globals.update(
        static_url=assets.url,
        module=lambda name: assets.module(name, csp_nonce()),
        modules=lambda name: [assets.url(one) for one in (name, *assets.needed_by(name))],
        import_map=lambda: {"imports": assets.imports()},
        href=href,
        site=site,
        theme=_theme,
        language=language,
        in_language=_in_language,
        # The slice that knows accounts puts its own in place of this one.
        signed_in=lambda: False,
        opens=href,
        desk_page=lambda: "tickets.queue",
        here=lambda: request.full_path.rstrip("?"),
        KINDS=words.KINDS,
        STATES=words.STATES,
        state_words=words.state_words,
        CHANNELS=words.CHANNELS,
        LANGUAGES=words.LANGUAGES,
        hours=words.hours,
    )
