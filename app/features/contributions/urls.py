"""The addresses of a contribution: public, private, and those of its photos."""

from __future__ import annotations

from flask import current_app

SIZES = (1600, 400)


def _absolute(path: str) -> str:
    return str(current_app.extensions["settings"].web.base_url).rstrip("/") + path


def public_url(reference: str) -> str:
    """Where everybody reads it."""
    return _absolute(f"/c/{reference}")


def follow_url(reference: str, token: str) -> str:
    """Where its author follows it; the link is the key."""
    return _absolute(f"/c/{reference}/suivi/{token}")


def photo_url(key: str, size: int) -> str:
    """A derivative of a photo; `size` is its longest side in pixels."""
    return f"/photos/{key}/{size}.jpg"


def photo_urls(key: str) -> dict[str, str]:
    """Every public derivative of a photo, absolute."""
    return {f"url_{size}": _absolute(photo_url(key, size)) for size in SIZES}
