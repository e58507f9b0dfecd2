"""`/moi/appareils`: the browsers that are told by push."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from app.core.access import public
from app.core.bodies import json_body
from app.core.db import db
from app.core.errors import FieldError, Invalid
from app.core.i18n import language
from app.core.security import limiter
from app.features.contributions.person import acting_author, remember
from app.features.notifications.push import allowed, public_key
from app.features.residents.views import blueprint
from app.settings import Settings

MOST = 10
"""Browsers of one person; the oldest gives way."""
_KEEP = text(
    """
    INSERT INTO push_subscription (person, endpoint, p256dh, auth, language)
    VALUES (:person, :endpoint, :p256dh, :auth, :language)
    ON CONFLICT (endpoint) DO UPDATE SET person = excluded.person, p256dh = excluded.p256dh, auth = excluded.auth,
      language = excluded.language
    """
)
_FEWER = text(
    "DELETE FROM push_subscription WHERE id IN "
    "(SELECT id FROM push_subscription WHERE person = :person ORDER BY id DESC OFFSET :most)"
)


def push_key() -> str:
    """The key that browsers ask for."""
    settings: Settings = current_app.extensions["settings"]
    if "push_key" not in current_app.extensions:
        current_app.extensions["push_key"] = public_key(settings.push, settings.storage.data)
    return str(current_app.extensions["push_key"])


@blueprint.post("/moi/appareils")
@public
@limiter.limit("30 per hour")
def keep_device() -> ResponseReturnValue:
    """`{endpoint, keys: {p256dh, auth}}`, as a browser gives them: this browser is told. 201."""
    given = _subscription(json_body())
    author, secret = acting_author()
    db.session.execute(_KEEP, given | {"person": author, "language": language()})
    db.session.execute(_FEWER, {"person": author, "most": MOST})
    db.session.commit()
    response = jsonify({"told": True})
    response.status_code = 201
    remember(response, secret)
    return response


@blueprint.delete("/moi/appareils")
@public
@limiter.limit("30 per hour")
def forget_device() -> ResponseReturnValue:
    """`{endpoint}`: this browser is no longer told; the address is the key. 204."""
    body = json_body()
    endpoint = body.get("endpoint") if isinstance(body, dict) else None
    db.session.execute(text("DELETE FROM push_subscription WHERE endpoint = :e"), {"e": str(endpoint or "")})
    db.session.commit()
    return "", 204


def _subscription(body: Any) -> dict[str, str]:
    settings: Settings = current_app.extensions["settings"]
    keys = body.get("keys") if isinstance(body, dict) else None
    endpoint = body.get("endpoint") if isinstance(body, dict) else None
    if not isinstance(endpoint, str) or len(endpoint) > 2000 or not allowed(endpoint, settings.push):
        raise Invalid(errors=[FieldError("/endpoint", "This is not the address of a known push service.")])
    sizes = {"p256dh": 65, "auth": 16}
    if not isinstance(keys, dict) or any(_bytes(keys.get(name)) != size for name, size in sizes.items()):
        raise Invalid(errors=[FieldError("/keys", "These are not the keys of a browser.")])
    return {"endpoint": endpoint, "p256dh": keys["p256dh"], "auth": keys["auth"]}


def _bytes(value: Any) -> int:
    if not isinstance(value, str) or len(value) > 200 or not value.isascii():
        return 0
    try:
        return len(base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0
