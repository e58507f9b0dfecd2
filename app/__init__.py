"""The Flask application: `create_app()` wires, nothing else.

What it wires is imported when it is called: `auzolan`, which lives in this package too, has no use for it.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask
    from jinja2 import FileSystemBytecodeCache

    from app.settings import Settings

# Each room that has pages, commands or addresses offers `init_app(app)`; the order is the order of blueprints.
ROOMS = (
    "app.core.problems",
    "app.web",
    "app.health",
    "app.operations",
    "app.features.accounts",
    "app.features.territories",
    "app.features.notifications",
    "app.features.contributions",
    "app.features.tickets",
    "app.features.moderation",
    "app.features.participation",
    "app.features.residents",
    "app.features.planning",
    "app.features.opendata",
    "app.apidoc",
)


def create_app(settings: Settings | None = None, **config: Any) -> Flask:
    """Build the application from `settings` (the environment's if none are given)."""
    from werkzeug.middleware.proxy_fix import ProxyFix

    from app.core import db, i18n, logs, packing, security
    from app.core.application import Application
    from app.settings import Settings
    from app.translations.compile import ensure as ensure_translations

    settings = settings or Settings()
    cache = settings.storage.data / "cache"
    app = Application(__name__, static_folder=None, template_folder="web/templates")
    app.config.update(
        SECRET_KEY=settings.web.secret_key.get_secret_value() or None,
        MAX_CONTENT_LENGTH=settings.web.max_body_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_NAME="auzolan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.web.secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        # A picture that answers late must not bring back the session as it was when it was asked for.
        SESSION_REFRESH_EACH_REQUEST=False,
        SQLALCHEMY_ENGINES={"default": db.engine_options(settings.database)},
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_TRANSLATION_DIRECTORIES=str(ensure_translations(cache)),
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.config.update(config)
    app.extensions["settings"] = settings
    # First, so that it comes last: an answer is packed once nobody changes it any more.
    packing.init_app(app)
    if settings.web.trusted_proxies:
        n = settings.web.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    db.init_app(app)
    i18n.init_app(app)
    # First, so that a request refused at the door (CSRF, limits) has its id and its line too.
    logs.init_app(app)
    security.init_app(app, settings.web)
    # A foreign key is only understood once the table it names is known, whichever room it lives in.
    import_module("app.features.tables")
    for room in ROOMS:
        begin = getattr(import_module(room), "init_app", None)
        if begin is not None:
            begin(app)
    app.jinja_env.bytecode_cache = _compiled_templates(cache)
    return app


def _compiled_templates(cache: Path) -> FileSystemBytecodeCache:
    """Templates compiled by any process of this installation, so that no reader waits for it after a start."""
    import jinja2

    folder = cache / f"templates-{jinja2.__version__}"
    folder.mkdir(parents=True, exist_ok=True)
    return jinja2.FileSystemBytecodeCache(str(folder))
