"""Nouns that read accounts: who holds a token, who works where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.features.accounts.credentials import digest
from app.features.accounts.models import Account
from app.features.accounts.policies import Actor, reads_whole_territory

_ACTOR = """
    SELECT account.id, account.role, account.territory_id, account.name, account.email, account.language,
      ARRAY(SELECT service_id FROM membership JOIN service ON service.id = service_id AND service.active
            WHERE account_id = account.id) AS service_ids,
      ARRAY(WITH RECURSIVE reach AS (
              SELECT id FROM territory WHERE id = account.territory_id
              UNION SELECT child.id FROM territory child JOIN reach ON child.parent_id = reach.id)
            SELECT id FROM reach) AS territory_ids
"""

_BY_TOKEN = text(
    f"""{_ACTOR}, api_token.expires_at
    FROM api_token JOIN account ON account.id = api_token.account_id
    WHERE token_hash = :digest AND revoked_at IS NULL AND expires_at > now()
      AND api_token.session_epoch = account.session_epoch AND disabled_at IS NULL
    """
)

_BY_ID = text(f"{_ACTOR} FROM account WHERE account.id = :id AND disabled_at IS NULL")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody to whom a ticket of a service may be given."""

    id: int
    name: str
    role: str


def actor_of_token(session: Session, *, secret: str) -> Actor | None:
    """Who holds a living token: not expired, not revoked, of this epoch, of an account that is open."""
    row = session.execute(_BY_TOKEN, {"digest": digest(secret)}).one_or_none()
    return _actor(row) if row else None


def actor_of_account(session: Session, *, account_id: int) -> Actor | None:
    """The actor an account is, for commands and tests."""
    row = session.execute(_BY_ID, {"id": account_id}).one_or_none()
    return _actor(row) if row else None


def account_by_email(session: Session, *, email: str) -> Account | None:
    return session.scalar(select(Account).where(func.lower(Account.email) == email.strip().lower()))


def members(session: Session, *, service_ids: Collection[int]) -> list[Member]:
    """Open accounts that work in any of these services, by name."""
    rows = session.execute(
        text(
            """
            SELECT DISTINCT account.id, coalesce(nullif(name, ''), email) AS name, role
            FROM membership JOIN account ON account.id = account_id
            WHERE service_id = ANY(:services) AND disabled_at IS NULL ORDER BY 2, 1
            """
        ),
        {"services": list(service_ids)},
    )
    return [Member(row.id, row.name, row.role) for row in rows]


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account as others read it, with slugs for its territory and services."""

    id: int
    email: str
    name: str
    role: str
    language: str
    territory: str | None
    services: tuple[str, ...]
    last_login_at: datetime | None
    disabled_at: datetime | None


_LINES = """
    SELECT account.id, email, account.name, role, language, territory.slug AS territory, last_login_at, disabled_at,
      ARRAY(SELECT slug FROM membership JOIN service ON service.id = service_id
            WHERE account_id = account.id ORDER BY slug) AS services
    FROM account LEFT JOIN territory ON territory.id = account.territory_id
"""


def accounts(session: Session, *, territory: str | None = None) -> list[AccountLine]:
    """Every account, or those of one territory (slug), by address."""
    where = "WHERE CAST(:territory AS text) IS NULL OR territory.slug = :territory ORDER BY lower(email)"
    return [_line(row) for row in session.execute(text(_LINES + where), {"territory": territory})]


def account_line(session: Session, *, account_id: int) -> AccountLine:
    """One account; raises NoResultFound for an unknown id."""
    return _line(session.execute(text(f"{_LINES} WHERE account.id = :id"), {"id": account_id}).one())


def _line(row: Any) -> AccountLine:
    return AccountLine(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        language=row.language,
        territory=row.territory,
        services=tuple(row.services),
        last_login_at=row.last_login_at,
        disabled_at=row.disabled_at,
    )


def _actor(row: Any) -> Actor:
    actor = Actor(
        id=row.id,
        role=row.role,
        territory_id=row.territory_id,
        territory_ids=frozenset(row.territory_ids),
        service_ids=frozenset(row.service_ids),
        name=row.name,
        email=row.email,
        language=row.language,
    )
    # Only a role that oversees may reach every town for want of one; agents and managers reach their services.
    if row.territory_id is None and reads_whole_territory(actor):
        return replace(actor, everywhere=True)
    return actor
