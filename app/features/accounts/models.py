"""Accounts of those who work for the town, and what they may touch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key, Now

ROLES = ("agent", "dispatcher", "manager", "planner", "administrator")


class Account(Base):
    """Somebody with a password and a role in one territory (none: every territory of the installation)."""

    __tablename__ = "account"

    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str]
    role: Mapped[str]
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"))
    language: Mapped[str] = mapped_column(server_default="fr")
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    """Raised to end every session and token of the account at once."""
    created_at: Mapped[Now]
    last_login_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role_known"),
        Index("uq_account_email", func.lower(text("email")), unique=True),
    )


class Membership(Base):
    """An account works in a service."""

    __tablename__ = "membership"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"), primary_key=True, index=True)


class ApiToken(Base):
    """A bearer token; only its SHA-256 is kept."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str] = mapped_column(server_default="")
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Now]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
