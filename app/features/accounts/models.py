"""Accounts of those who work for the town, and what they may touch; residents, who have a space and no role."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigKey, Json, Key, Now

ROLES = ("agent", "dispatcher", "manager", "planner", "administrator", "guarantor")


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


class Resident(Base):
    """Somebody who lives here and wished one space for what they say and follow. Not an `Account`: opens no desk.

    `territory_id` is the town whose own host they came to (none: the installation's); each town has its own residents.
    """

    __tablename__ = "resident"

    id: Mapped[Key]
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"))
    email: Mapped[str]
    person: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """32 bytes of chance by which votes and supports know them; nothing leads back from it once this row is gone."""
    language: Mapped[str] = mapped_column(server_default="fr")
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_to: Mapped[int | None] = mapped_column(SmallInteger)
    """Hours of the town's clock between which nothing is sent; null: no quiet hours."""
    created_at: Mapped[Now]

    __table_args__ = (
        Index(
            "uq_resident_email", func.coalesce(text("territory_id"), text("0")), func.lower(text("email")), unique=True
        ),
        CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23", name="quiet_hours"),
    )


class SignIn(Base):
    """A wish to sign in: its link is signed and stands in a mail, no table holds it. One hour, one use."""

    __tablename__ = "sign_in"

    id: Mapped[BigKey]
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"))
    email: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    asked_at: Mapped[Now]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_sign_in_email", func.lower(text("email")), "asked_at"),)


class ResidentSession(Base):
    """A browser in which a resident is signed in; only the digest of its secret is kept."""

    __tablename__ = "resident_session"

    id: Mapped[BigKey]
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]


class Passkey(Base):
    """A key of the resident's device (WebAuthn): the public half, and how often it has signed."""

    __tablename__ = "passkey"

    id: Mapped[BigKey]
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    name: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Now]
    used_at: Mapped[datetime | None]


class Ledger(Base):
    """What was done to personal data, in figures that name nobody; it can only grow."""

    __tablename__ = "ledger"

    id: Mapped[BigKey]
    at: Mapped[Now]
    act: Mapped[str]
    data: Mapped[Json]
