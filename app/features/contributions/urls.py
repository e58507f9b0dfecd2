"""The addresses of a contribution: public, private, and those of its photos."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.features.contributions.shapes import Photo, PhotoUrls

SIZES = (1600, 400)


def _absolute(path: str) -> str:
    return str(current_app.extensions["settings"].web.base_url).rstrip("/") + path


def public_url(reference: str) -> str:
    """Where everybody reads it."""
    return _absolute(f"/c/{reference}")


def follow_url(reference: str, token: str) -> str:
    """Where its author follows it; the link is the key."""
    return _absolute(f"/c/{reference}/suivi/{token}")


def subscription_url(follow_id: int) -> str:
    """The page of one follower; the signed link is the key, and no table holds it."""
    return _absolute(f"/suivi/{_subscriptions().dumps(follow_id)}")


def subscription_id(token: str) -> int | None:
    """Which follower a link is for, or None when we never gave it."""
    try:
        found = _subscriptions().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def _subscriptions() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="follow")


def photo_url(key: str, size: int) -> str:
    """A derivative of a photo; `size` is its longest side in pixels."""
    return f"/photos/{key}/{size}.jpg"


def photo_urls(key: str) -> PhotoUrls:
    """Every public derivative of a photo, absolute."""
    return {"url_1600": _absolute(photo_url(key, 1600)), "url_400": _absolute(photo_url(key, 400))}


def photo_document(key: str, placeholder: str | None) -> Photo:
    """A photo as the API tells it."""
    return {**photo_urls(key), "placeholder": placeholder}
