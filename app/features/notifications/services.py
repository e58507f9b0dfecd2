"""Deliver once: the key is written before the effect, in the transaction that ends the job."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

# Two workers with the same key: the second waits for the first, then finds the key.
_RESERVE = text("INSERT INTO delivery (key, channel) VALUES (:key, :channel) ON CONFLICT DO NOTHING RETURNING key")


def deliver_once(session: Session, *, key: str, channel: str, deliver: Callable[[], None]) -> bool:
    """Do `deliver` unless this key was delivered; returns whether it was done now. The caller commits.

    What is killed between the effect and the commit is done again: the effect carries the key too (a mail's
    Message-ID), so that the receiving side can tell.
    """
    if session.execute(_RESERVE, {"key": key, "channel": channel}).first() is None:
        return False
    deliver()
    return True
