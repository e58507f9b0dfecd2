"""Flask, without what this house never uses and each request would pay for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.wrappers import Request

from app.core.routes import Route


class Sessions(SecureCookieSessionInterface):
    """A request without our cookie has an empty session, and nothing to check a signature of."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if app.secret_key and not request.cookies.get(self.get_cookie_name(app)):
            return self.session_class()
        return super().open_session(app, request)


class Application(Flask):
    """The application of this house."""

    url_rule_class = Route
    session_interface = Sessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: none of our views is a coroutine, and Flask asks this of every hook of every request."""
        return func
