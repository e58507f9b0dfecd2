"""Languages: which one a request speaks, and labels kept as `{"fr": …, "en": …, "eu": …}`."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, has_request_context, request, session
from flask_babel import Babel, get_locale, gettext

from app.core.messages import Message

LANGUAGES = ("fr", "en", "eu")
DEFAULT = "fr"

babel = Babel()


def select_language() -> str:
    """The address (`?lang=`), then the visitor's choice, then the browser's wish, then French."""
    if not has_request_context():
        return DEFAULT
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        if not request.path.startswith("/api/"):
            session["lang"] = asked
        return asked
    kept = None if request.path.startswith("/api/") else session.get("lang")
    if kept in LANGUAGES:
        return str(kept)
    return request.accept_languages.best_match(LANGUAGES, DEFAULT) or DEFAULT


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
