"""The author's address in a mail: it opens their own page of the decision, and nothing else."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def author_token(contribution_id: int) -> str:
    """A signed token; the follow link's own token is not kept, only its digest."""
    return str(_signer().dumps(contribution_id))


def author_of(token: str) -> int | None:
    """The contribution's id that a token was signed for, else None."""
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def author_url(reference: str, contribution_id: int) -> str:
    """The absolute address."""
    base = str(current_app.extensions["settings"].web.base_url).rstrip("/")
    return f"{base}/c/{reference}/suivi/{author_token(contribution_id)}/moderation"


def _signer() -> URLSafeSerializer:
    key = current_app.extensions["settings"].web.secret_key.get_secret_value()
    return URLSafeSerializer(key, salt="moderation-author")
