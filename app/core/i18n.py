"""Languages: which one a request speaks, and labels kept as `{"fr": …, "en": …, "eu": …}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request, session
from flask_babel import Babel, get_locale, gettext

from app.core.messages import Message

LANGUAGES = ("fr", "en", "eu")
DEFAULT = "fr"

babel = Babel()
_NEGOTIATED = "auzolan.language_negotiated"


def select_language() -> str:
    """The address (`?lang=`), then the visitor's choice, then the browser's wish, then French."""
    if not has_request_context():
        return DEFAULT
    asked = request.args.get("lang")
    kept = session.get("lang") if _remembers() else None
    if asked in LANGUAGES:
        if _remembers():
            session["lang"] = asked
        return asked
    if kept in LANGUAGES:
        return str(kept)
    request.environ[_NEGOTIATED] = True
    return request.accept_languages.best_match(LANGUAGES, DEFAULT) or DEFAULT


def init_app(app: Flask) -> None:
    """Choose a language for each request, and tell caches when it was the browser's wish that chose."""
    babel.init_app(app, locale_selector=select_language)
    app.after_request(_tell_caches)


def _tell_caches(response: Response) -> Response:
    # Else who shares a cache with a reader of Basque reads Basque.
    if request.environ.get(_NEGOTIATED):
        response.vary.add("Accept-Language")
    return response


def cookieless(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view whose answers leave no cookie: not even the language chosen in its address is remembered."""
    view.cookieless = True  # type: ignore[attr-defined]
    return view


def _remembers() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return not request.path.startswith("/api/") and not getattr(view, "cookieless", False)


def language() -> str:
    """The language being spoken now: `fr`, `en` or `eu`."""
    if has_request_context() and "language" in g:
        return str(g.language)
    return str(get_locale() or DEFAULT)


def label(texts: Mapping[str, str] | None, lang: str | None = None) -> str:
    """A label in the language asked for, else in French, else in whatever there is."""
    if not texts:
        return ""
    wanted = lang or language()
    return texts.get(wanted) or texts.get(DEFAULT) or next(iter(texts.values()))


def say(message: Message) -> str:
    """A sentence that was made elsewhere, in the language spoken now."""
    return message.render(translate=gettext, language=language())
