"""One account for each role of the demo. Passwords are drawn for each installation and kept in its data folder."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.towns import SLUG
from app.features.accounts.models import Account
from app.features.accounts.services import add_account, set_password

WELCOME = "welcome.txt"
"""What `auzolan up` says after it started; only its owner may read it, for it holds the passwords."""

# No letter nor figure that a tired eye takes for another.
_SYLLABLES = [a + b for a in "bdfgkmnprstvz" for b in "aeiou"]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo: `line` says in a few words what it shows."""

    email: str
    name: str
    role: str
    line: str
    services: tuple[str, ...] = ()


ACCOUNTS = (
    DemoAccount("agent@demo.example", "Camille Etcheverry", "agent", "street cleaning's queue", ("cleaning",)),
    DemoAccount("dispatcher@demo.example", "Dominique Garnier", "dispatcher", "every queue, moves tickets"),
    DemoAccount(
        "manager@demo.example", "Maxime Rossi", "manager", "three services and their figures",
        ("roads", "lighting", "green-spaces"),
    ),
    DemoAccount("planner@demo.example", "Andrea Fontaine", "planner", "where things concentrate; changes nothing"),
    DemoAccount("admin@demo.example", "Sacha Durand", "administrator", "rules, categories, accounts"),
)  # fmt: skip


def add_accounts(session: Session) -> dict[str, tuple[int, str]]:
    """Make the accounts, or give new passwords to those that exist; `{email: (id, password)}`. The caller commits."""
    made = {}
    for one in ACCOUNTS:
        password = new_password()
        known = session.scalar(select(Account).where(Account.email == one.email))
        if known is None:
            known = add_account(
                session,
                email=one.email,
                password=password,
                role=one.role,
                name=one.name,
                territory=SLUG,
                services=one.services,
            )
        else:
            set_password(session, account=known, password=password)
        made[one.email] = (known.id, password)
    return made


def new_password() -> str:
    """Nine syllables and two figures in three groups: easy to copy from a screen by hand, 60 bits of chance."""
    groups = ["".join(secrets.choice(_SYLLABLES) for _ in range(3)) for _ in range(3)]
    return "-".join(groups) + str(10 + secrets.randbelow(90))


def welcome(passwords: dict[str, str]) -> str:
    """The lines that `auzolan up` and `auzolan demo accounts` print."""
    lines = ["Demo accounts (sign in at /connexion):"]
    for one in ACCOUNTS:
        if one.email in passwords:
            lines.append(f"  {one.email:24} {passwords[one.email]:26} {one.role}: {one.line}")
    return "\n".join(lines) + "\n"


def keep_welcome(data: Path, words: str) -> Path:
    """Write the words for the owner's eyes only, whole or not at all."""
    data.mkdir(parents=True, exist_ok=True)
    unfinished = data / f".{WELCOME}-{secrets.token_hex(4)}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(words)
    return unfinished.replace(data / WELCOME)
