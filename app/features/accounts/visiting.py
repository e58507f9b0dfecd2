"""Which resident is here: a cookie of its own, apart from that of the desk, which ends with the working day."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from app.core.db import db
from app.features.accounts import residents
from app.features.accounts.residents import SESSION_DAYS, Visitor

COOKIE = "auzolan_resident"


def site_id() -> int | None:
    """The town whose own host this is; None for a host that speaks of the whole installation."""
    # Territories stand to the right of accounts, so the application is asked.
    found: Callable[[], int | None] | None = current_app.extensions.get("auzolan.host_site")
    return found() if found is not None else None


def current_resident() -> Visitor | None:
    """Who is signed in as a resident; looked up once per request, and not at all for a browser without the cookie."""
    if "resident" not in g:
        secret = request.cookies.get(COOKIE)
        g.resident = residents.resident_of(db.session, secret=secret, site=site_id()) if secret else None
    found: Visitor | None = g.resident
    return found


def remember_resident(response: Response, secret: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=SESSION_DAYS * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def forget_resident(response: Response) -> None:
    """End the session, here and on the server; the caller commits."""
    secret = request.cookies.get(COOKIE)
    if secret:
        residents.close_session(db.session, secret=secret)
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    g.resident = None


def link_token(wish_id: int) -> str:
    """What a mail's link says; it is signed, and stands nowhere else."""
    return str(_links().dumps(wish_id))


def wish_of(token: str) -> int | None:
    """Which wish a link is for, or None when we never gave it."""
    try:
        found = _links().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def init_app(app: Flask) -> None:
    """What was made for a resident stays out of shared caches."""
    app.after_request(_keep_private)


def _keep_private(response: Response) -> Response:
    if g.get("resident") is not None:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _links() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="sign-in")
