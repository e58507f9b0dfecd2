"""The door: finds who is asking (session cookie or bearer token) and applies each route's rule before its view runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import access_of
from app.core.db import db
from app.core.errors import Denied, Unauthenticated
from app.core.problems import wants_json
from app.features.accounts import services
from app.features.accounts.models import Account
from app.features.accounts.policies import ANONYMOUS, GUARANTOR, Actor, within
from app.features.accounts.queries import actor_of_token
from app.features.accounts.services import Token
from app.settings import SessionSettings, Settings
from app.web import href

_SECRET, _SEEN = "sid", "seen"
_TOUCH_S = 60
"""The cookie is renewed at most once a minute, so that most answers carry none."""
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def current_actor() -> Actor:
    """Who is asking; looked up once per request, and not at all on a public page that never asks."""
    if "actor" not in g:
        g.actor = _from_bearer() or _from_cookie() or ANONYMOUS
    actor: Actor = g.actor
    return actor


def sign_in(account: Account) -> Token:
    """Open a session for an account whose password was just checked: whatever the browser held before is dropped."""
    settings = _settings()
    sign_out()
    token = services.issue_token(
        db.session, account=account, name="session", lifetime=timedelta(hours=settings.lifetime_h)
    )
    session.clear()
    session.permanent = True
    session["lang"] = account.language
    session[_SECRET] = token.secret
    session[_SEEN] = int(time.time())
    return token


def sign_out() -> None:
    """End the browser's session and the bearer token of this request, on our side as well as on theirs."""
    for secret in (session.get(_SECRET), _bearer()):
        if secret:
            services.revoke_token(db.session, secret=secret)
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language
    g.pop("actor", None)


def local_address(address: str | None) -> str | None:
    """`address` if it is a path of this site, else None: no `next=` leads elsewhere."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    if any(ord(c) < 32 or c == "\\" for c in address):
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc else address


def init_app(app: Flask) -> None:
    """Guard every route."""
    app.before_request(_guard)
    app.after_request(_keep_private)
    app.jinja_env.globals["current_actor"] = current_actor
    app.jinja_env.globals["desk_page"] = lambda: desk_page(current_actor().role)
    # A visitor without a session costs no look-up, and their pages stay the same for everybody.
    app.jinja_env.globals["opens"] = opens
    app.jinja_env.globals["signed_in"] = lambda: _SECRET in session and not current_actor().anonymous


def opens(endpoint: str) -> str:
    """The address of a page that this person's role opens, else nothing: no link leads to a closed door."""
    rule = access_of(current_app.view_functions.get(endpoint))
    if rule is not None and rule.kind == "roles" and current_actor().role not in rule.roles:
        return ""
    return href(endpoint) or ""


def desk_page(role: str | None) -> str:
    """The endpoint where somebody's work begins."""
    return "moderation.journal" if role == GUARANTOR else "tickets.queue"


def _guard() -> BaseResponse | None:
    if request.endpoint is None:
        return None
    rule = access_of(current_app.view_functions.get(request.endpoint))
    if rule is None:
        raise RuntimeError(f"the route {request.endpoint} says no access rule: mark its view (app/core/access.py)")
    if rule.kind == "public":
        return None
    actor = current_actor()
    if actor.anonymous:
        if wants_json() or request.method not in _SAFE:
            raise Unauthenticated("Your session has ended, or none was open.")
        return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
    if rule.kind == "roles" and actor.role not in rule.roles:
        raise Denied("Your role does not open this page.")
    return None


def _from_bearer() -> Actor | None:
    secret = _bearer()
    if secret is None:
        return None
    actor = actor_of_token(db.session, secret=secret)
    if actor is None:
        raise Unauthenticated("This token is unknown, has ended or was revoked.")
    actor = known_here(actor)
    if actor.anonymous:
        raise Unauthenticated("This token is unknown, has ended or was revoked.")
    return actor


def known_here(actor: Actor) -> Actor:
    """The actor as far as this request's host may speak of them; anonymous for whoever belongs to another town."""
    # Territories stand to the right of accounts, so the application is asked.
    reach: Callable[[], frozenset[int] | None] | None = current_app.extensions.get("auzolan.host_reach")
    return within(actor, reach()) if reach is not None else actor


def _bearer() -> str | None:
    header = request.authorization
    return header.token if header is not None and header.type == "bearer" and header.token else None


def _from_cookie() -> Actor | None:
    secret = session.get(_SECRET)
    if not isinstance(secret, str):
        return None
    now = int(time.time())
    if now - int(session.get(_SEEN, 0)) > _settings().idle_min * 60:
        _forget()
        return None
    actor = actor_of_token(db.session, secret=secret)
    actor = known_here(actor) if actor is not None else ANONYMOUS
    if actor.anonymous:
        _forget()
        return None
    refuse_other_sites()
    if now - int(session[_SEEN]) > _TOUCH_S:
        session[_SEEN] = now
    return actor


def _forget() -> None:
    session.pop(_SECRET, None)
    session.pop(_SEEN, None)


def refuse_other_sites() -> None:
    """A cookie only speaks for pages of this site; forms also carry a CSRF token, API calls carry this check."""
    if request.method in _SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Denied("This request comes from another site.")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc not in (request.host, _own_host()):
        raise Denied("This request comes from another site.")


def _own_host() -> str:
    settings: Settings = current_app.extensions["settings"]
    return urlsplit(settings.web.base_url).netloc


def _keep_private(response: Response) -> Response:
    """What was made for somebody signed in stays out of shared caches."""
    if "actor" in g and not g.actor.anonymous:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _settings() -> SessionSettings:
    settings: Settings = current_app.extensions["settings"]
    return settings.sessions
