"""One attempt to sign in, throttled: shared by the page and the API."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from app.core.db import db
from app.core.texts import impossible_text
from app.features.accounts import services
from app.features.accounts.access import known_here
from app.features.accounts.models import Account
from app.features.accounts.queries import actor_of_account
from app.features.accounts.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nobody was signed in: a status and a sentence that does not say whether the account exists."""

    status: int
    sentence: str


WRONG = Refusal(401, "This address and this password do not go together.")
TOO_MANY = Refusal(429, "Too many attempts. Wait a quarter of an hour, then try again.")


def signed_account(*, email: str, password: str) -> tuple[Account | None, Refusal]:
    """The account if the password is right; the refusal says what to answer otherwise."""
    throttle: Throttle = current_app.extensions["login_throttle"]
    address = request.remote_addr or ""
    if not throttle.allowed(email=email, address=address):
        return None, TOO_MANY
    if impossible_text(email + password):
        return None, WRONG
    account = services.authenticate(db.session, email=email, password=password)
    if account is not None and not _belongs(account):
        account = None
    if account is None:
        throttle.failed(email=email, address=address)
    return account, WRONG


def _belongs(account: Account) -> bool:
    """Whether this host's town knows the account: another town's has no door here, whatever its password."""
    actor = actor_of_account(db.session, account_id=account.id)
    return actor is not None and not known_here(actor).anonymous
