"""Accounts of those who work for the town: signing in, roles, who may call what; and who a resident is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Guard every route, then add the pages and addresses of signing in."""
    from app.core.security import csrf
    from app.features.accounts import access, api, views, visiting
    from app.features.accounts.throttle import Throttle

    settings = app.extensions["settings"]
    app.extensions["login_throttle"] = Throttle(settings.sessions, redis_url=settings.redis.url)
    access.init_app(app)
    visiting.init_app(app)
    # A cookie-borne API call is held to its own site in `access`; a token in a form field would help no program.
    csrf.exempt(api.blueprint)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(api.blueprint)
