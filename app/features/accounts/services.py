"""Verbs that write accounts, sessions and tokens. One function, one transaction that the caller commits."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Invalid, invalid
from app.features.accounts import credentials
from app.features.accounts.credentials import digest
from app.features.accounts.models import ROLES, Account, ApiToken, Membership

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")

_SERVICES = text(
    """
    SELECT service.slug, service.id, service.territory_id FROM service JOIN territory ON territory.id = territory_id
    WHERE service.slug = ANY(:slugs) AND service.active
      AND (CAST(:territory AS text) IS NULL OR territory.slug = :territory)
    ORDER BY service.id
    """
)


@dataclass(frozen=True, slots=True)
class Token:
    """A fresh session or bearer token; `secret` is said once and only its digest is kept."""

    secret: str
    expires_at: datetime


def add_account(
    session: Session,
    *,
    email: str,
    password: str,
    role: str,
    name: str = "",
    territory: str | None = None,
    services: Sequence[str] = (),
    language: str = "fr",
) -> Account:
    """Make an account. `territory` and `services` are slugs; the territory follows from the services if not given.

    A slug that several towns use means all of them unless the territory is said. Without territory nor service, a
    dispatcher, planner or administrator reaches the whole installation; an agent or a manager reaches nothing.

    Raises Invalid (unknown role, territory or service, weak password, bad address) and Conflict (address taken).
    """
    email = _checked_email(email)
    if role not in ROLES:
        raise invalid("/role", "Choose a role among %(roles)s.", roles=", ".join(ROLES))
    _check_password(password, email=email)
    territory_id = _territory_id(session, territory) if territory else None
    members = _service_rows(session, slugs=services, territory=territory)
    if territory_id is None and members:
        territory_id = members[0][1]
    account = Account(
        email=email,
        name=name.strip(),
        password_hash=credentials.hashed(password),
        role=role,
        territory_id=territory_id,
        language=language,
    )
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        if "uq_account_email" not in str(error.orig):
            raise
        taken = FieldError("/email", "This address already has an account.")
        raise Conflict("This address already has an account.", errors=[taken]) from error
    session.add_all(Membership(account_id=account.id, service_id=service_id) for service_id, _ in members)
    session.flush()
    return account


def set_password(session: Session, *, account: Account, password: str) -> None:
    """Change a password and end every session and token of the account."""
    _check_password(password, email=account.email)
    account.password_hash = credentials.hashed(password)
    end_sessions(session, account=account)


def end_sessions(session: Session, *, account: Account) -> None:
    """Raise the account's epoch: whatever was issued before is dead at its next request."""
    account.session_epoch = account.session_epoch + 1
    session.flush()


def disable_account(session: Session, *, account: Account) -> None:
    """Close an account; its history keeps its name."""
    account.disabled_at = account.disabled_at or datetime.now(UTC)
    end_sessions(session, account=account)


def authenticate(session: Session, *, email: str, password: str) -> Account | None:
    """The account of that address and password, or None; takes the same time for an unknown address."""
    account = session.scalar(select(Account).where(func.lower(Account.email) == email.strip().lower()))
    ok, renewed = credentials.verified(password, account.password_hash if account else None)
    if account is None or not ok or account.disabled_at is not None:
        return None
    if renewed:
        account.password_hash = renewed
    account.last_login_at = datetime.now(UTC)
    session.flush()
    return account


def issue_token(session: Session, *, account: Account, name: str, lifetime: timedelta) -> Token:
    """A new token that dies with the account's epoch, at its end or when revoked; dead ones are swept on the way."""
    now = datetime.now(UTC)
    session.execute(
        delete(ApiToken).where(ApiToken.account_id == account.id, ApiToken.expires_at < now - timedelta(days=30))
    )
    token = Token(secrets.token_urlsafe(32), now + lifetime)
    session.add(
        ApiToken(
            account_id=account.id,
            token_hash=digest(token.secret),
            name=name,
            session_epoch=account.session_epoch,
            expires_at=token.expires_at,
        )
    )
    session.flush()
    return token


def revoke_token(session: Session, *, secret: str) -> None:
    """End one session or token; an unknown one is already ended."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.token_hash == digest(secret), ApiToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def _checked_email(email: str) -> str:
    email = email.strip()
    if not _EMAIL.fullmatch(email):
        raise invalid("/email", "This is not an e-mail address.")
    return email


def _check_password(password: str, *, email: str) -> None:
    why = credentials.weakness(password, email=email)
    if why:
        raise invalid("/password", why)


def _territory_id(session: Session, slug: str) -> int:
    found = session.scalar(text("SELECT id FROM territory WHERE slug = :slug"), {"slug": slug})
    if found is None:
        raise invalid("/territory", "No territory is called %(slug)s.", slug=slug)
    return int(found)


def _service_rows(session: Session, *, slugs: Sequence[str], territory: str | None) -> list[tuple[int, int]]:
    """(service id, territory id) of each slug, oldest first."""
    rows = session.execute(_SERVICES, {"slugs": list(slugs), "territory": territory}).all() if slugs else []
    unknown = set(slugs) - {row.slug for row in rows}
    if unknown:
        raise Invalid(
            errors=[
                FieldError("/services", "No service is called %(slug)s.", {"slug": slug}) for slug in sorted(unknown)
            ]
        )
    return [(row.id, row.territory_id) for row in rows]
