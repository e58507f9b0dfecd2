"""The addresses of a contribution: public, private, and those of its photos."""

from __future__ import annotations

from flask import current_app, has_request_context
from itsdangerous import BadSignature, URLSafeSerializer

from app.features.contributions.shapes import Photo, PhotoUrls
from app.features.territories.hosts import base_of, host_site

SIZES = (1600, 400)


def absolute(path: str, territory_id: int | None = None) -> str:
    """The path at the own host of its town, or of this request's, else at the installation's address (ADR 15)."""
    if territory_id is None and has_request_context():
        territory_id = host_site()
    return base_of(territory_id) + path


def public_url(reference: str, territory_id: int | None = None) -> str:
    """Where everybody reads it."""
    return absolute(f"/c/{reference}", territory_id)


def follow_url(reference: str, token: str, territory_id: int | None = None) -> str:
    """Where its author follows it; the link is the key."""
    return absolute(f"/c/{reference}/suivi/{token}", territory_id)


def author_url(reference: str, contribution_id: int, territory_id: int | None = None) -> str:
    """The same page by a signed link, for mails and for an author's own space: the first one's token is not kept."""
    return follow_url(reference, author_token(contribution_id), territory_id)


def author_token(contribution_id: int) -> str:
    """What the signed link of an author says."""
    return str(_authors().dumps(contribution_id))


def author_of(token: str) -> int | None:
    """The contribution that an author's link was signed for, or None when we never gave it."""
    return _signed_number(_authors(), token)


def comment_token(comment_id: int) -> str:
    """What the signed links of a comment's author say: to read a decision about it, to hear no more of its answers."""
    return str(_comments().dumps(comment_id))


def comment_of(token: str) -> int | None:
    """The comment that such a link was signed for, or None when we never gave it."""
    return _signed_number(_comments(), token)


def mute_url(reference: str, comment_id: int, territory_id: int | None = None) -> str:
    """Where the author of a comment says: no more mails about it. The signed link is the key."""
    return f"{public_url(reference, territory_id)}/commentaires/muet/{comment_token(comment_id)}"


def comment_decision_url(reference: str, comment_id: int, territory_id: int | None = None) -> str:
    """Where the author of a comment reads why it is not shown, and answers."""
    return f"{public_url(reference, territory_id)}/commentaires/decision/{comment_token(comment_id)}"


def subscription_url(follow_id: int, territory_id: int | None = None) -> str:
    """The page of one follower; the signed link is the key, and no table holds it."""
    return absolute(f"/suivi/{subscription_token(follow_id)}", territory_id)


def subscription_token(follow_id: int) -> str:
    """What a follower's link says."""
    return str(_subscriptions().dumps(follow_id))


def subscription_id(token: str) -> int | None:
    """Which follower a link is for, or None when we never gave it."""
    try:
        found = _subscriptions().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def _subscriptions() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="follow")


def _comments() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="comment")


def _signed_number(signer: URLSafeSerializer, token: str) -> int | None:
    try:
        found = signer.loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def _authors() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="moderation-author")


def photo_url(key: str, size: int) -> str:
    """A derivative of a photo; `size` is its longest side in pixels."""
    return f"/photos/{key}/{size}.jpg"


def photo_urls(key: str) -> PhotoUrls:
    """Every public derivative of a photo, absolute."""
    return {"url_1600": absolute(photo_url(key, 1600)), "url_400": absolute(photo_url(key, 400))}


def photo_document(key: str, placeholder: str | None) -> Photo:
    """A photo as the API tells it."""
    return {**photo_urls(key), "placeholder": placeholder}
