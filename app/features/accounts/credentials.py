"""Passwords (argon2id, the same work whether or not the account exists) and digests of tokens."""

from __future__ import annotations

import hashlib
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_LENGTH = 8
MAX_LENGTH = 256
"""Characters. The upper bound keeps a login from becoming a way to burn our CPU."""

# 19 MiB, three passes, one lane (OWASP asks for two): several logins at once stay inside a web worker's 200 MB.
_HASHER = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=19_456, parallelism=1),))


def hashed(password: str) -> str:
    """The hash to store."""
    return _HASHER.hash(password)


def verified(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a fresh hash when the stored one was made with older settings.

    With no stored hash the same work is done against a throw-away one, so that the time says nothing.
    """
    if len(password) > MAX_LENGTH:
        password, stored = "", None
    ok, renewed = _HASHER.verify_and_update(password, stored or _nobody())
    return (ok, renewed) if stored else (False, None)


def digest(secret: str) -> bytes:
    """SHA-256 of a token: it has 256 bits of chance, a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).digest()


def weakness(password: str, *, email: str) -> str | None:
    """Why a password is refused, as a sentence, or None."""
    if len(password) < MIN_LENGTH:
        return "A password has at least 8 characters."
    if len(password) > MAX_LENGTH:
        return "A password has at most 256 characters."
    if len(set(password)) < 4:
        return "This password repeats the same few characters."
    if password.casefold() in (email.casefold(), email.split("@")[0].casefold()):
        return "A password must not be the e-mail address."
    return None


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
