"""A town's block list: whose contributions a moderator reads before anybody else hears of them. Pure.

Entries are kept as `normal` writes them, so that "06 12 34 56 78" and "+33 (0)6-12-34-56-78" are one number, and
"Jean+spam@Example.org" the mailbox of "jean@example.org".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

BlockKind = Literal["email", "domain", "phone"]
BLOCK_KINDS: Final[tuple[BlockKind, ...]] = ("email", "domain", "phone")

_DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)+")
_MAILBOX = re.compile(r"[^@\s,;<>\"]{1,64}")


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """An entry of the list; `until` is the first instant at which it no longer counts."""

    id: int
    kind: str
    value: str
    until: datetime | None


def normal(kind: str, value: str) -> str | None:
    """The one way in which this is written in the list; None when it is no address, domain or number at all."""
    value = value.strip()
    if kind == "phone":
        return _number(value)
    value = value.lower()
    if kind == "domain":
        return _domain(value.removeprefix("@"))
    mailbox, at, host = value.rpartition("@")
    domain = _domain(host)
    # What stands after a plus goes to the same mailbox.
    mailbox = mailbox.partition("+")[0] or mailbox
    return f"{mailbox}@{domain}" if at and domain and _MAILBOX.fullmatch(mailbox) else None


def blocking_entry(
    entries: Iterable[BlockFacts], *, emails: Iterable[str | None], phones: Iterable[str | None], now: datetime
) -> BlockFacts | None:
    """The entry that names one of these ways to reach somebody; a domain stands for those under it too."""
    known: set[tuple[str, str]] = set()
    for email in emails:
        if email and (address := normal("email", email)):
            known.add(("email", address))
            labels = address.rpartition("@")[2].split(".")
            known.update(("domain", ".".join(labels[first:])) for first in range(len(labels) - 1))
    known.update(("phone", number) for phone in phones if phone and (number := _number(phone)))
    return next(
        (each for each in entries if (each.kind, each.value) in known and (each.until is None or now < each.until)),
        None,
    )


def _domain(value: str) -> str | None:
    try:
        value = value.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return None
    return value if _DOMAIN.fullmatch(value) and len(value) <= 253 else None


def _number(value: str) -> str | None:
    """`+33612345678`; a number without its country is taken for a French one when it begins with 0."""
    digits = re.sub(r"\D", "", value.replace("(0)", ""))
    if not value.lstrip(" (").startswith("+") and not digits.startswith("00"):
        digits = f"33{digits[1:]}" if digits.startswith("0") and len(digits) == 10 else digits
    digits = digits.removeprefix("00")
    return f"+{digits}" if 5 <= len(digits) <= 15 else None
