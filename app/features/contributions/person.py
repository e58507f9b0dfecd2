"""Who acts: a resident or an account that is signed in, else a browser that keeps a secret, made when somebody acts.

It is first-party, signed, told to no one, and of no use for following anybody around: the tables keep its digest only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Response, current_app, request, session
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as BaseResponse

from app.features.accounts.access import current_actor
from app.features.accounts.visiting import current_resident

COOKIE = "auzolan_person"
KEPT_S = 395 * 24 * 3600
"""Thirteen months: the longest that a cookie which needs no consent may stay."""


def person() -> tuple[bytes, ...]:
    """The keys by which the person of this request is known, the one to write first; empty for a stranger."""
    resident, actor, browser = current_resident(), current_actor(), browser_key()
    keys = [resident.person] if resident else []
    keys += [] if actor.anonymous else [_digest("account", str(actor.id))]
    return (*keys, browser) if browser else tuple(keys)


def browser_key() -> bytes | None:
    """The key of this browser, if it has acted before."""
    secret = _kept()
    return _digest("browser", secret) if secret else None


def acting_person() -> tuple[tuple[bytes, ...], str | None]:
    """The same for somebody who acts, with the secret to give to their browser (None: it has one, or needs none)."""
    known = person()
    if known:
        return known, None
    secret = _new_secret()
    return (_digest("browser", secret),), secret


def author_key() -> bytes | None:
    """In whose space a contribution sent now appears: the resident's, else this browser's; never an account's, which
    may write down what somebody else says.
    """
    resident = current_resident()
    return resident.person if resident else browser_key()


def acting_author() -> tuple[bytes, str | None]:
    """The same for somebody who acts, with the secret to give to their browser (None: it has one, or needs none)."""
    known = author_key()
    if known:
        return known, None
    secret = _new_secret()
    return _digest("browser", secret), secret


def remember(response: BaseResponse, secret: str | None) -> None:
    """Give the browser its secret."""
    if secret is not None:
        response.set_cookie(
            COOKIE,
            str(_serializer().dumps(secret)),
            max_age=KEPT_S,
            httponly=True,
            samesite="Lax",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        )
    if isinstance(response, Response):
        response.headers["Cache-Control"] = "no-store"


def forget_browser(response: BaseResponse) -> None:
    """Take the browser's secret away: what it did is nobody's from now on."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")


def _kept() -> str | None:
    said = request.cookies.get(COOKIE)
    if not said:
        return None
    try:
        secret = _serializer().loads(said)
    except BadSignature:
        return None
    return secret if isinstance(secret, str) else None


def _new_secret() -> str:
    """A secret for a browser that has none. It comes from what makes this sending one and the same: the session of the
    page, or the key of a program. Two clicks before the first answer are one person.
    """
    sending = session.get("csrf_token") or request.headers.get("Idempotency-Key", "")
    if not sending:
        return secrets.token_hex(16)
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, f"person:{sending}".encode(), "sha256")[:16].hex()


def _digest(kind: str, who: str) -> bytes:
    return hashlib.sha256(f"{kind}:{who}".encode()).digest()


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="person")
