"""A proof of work (altcha) for whoever sends unusually fast: a challenge that we signed, solved once, in time."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any, Final

from altcha import Payload, create_challenge, verify_solution
from flask import current_app
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import TooMany

HEADER: Final = "Proof-Of-Work"
ALGORITHM, COST, PREFIX = "PBKDF2/SHA-256", 5_000, "00"
"""About 256 keys of 5,000 rounds: half a second of a computer, a few of a phone; one key, two milliseconds, for us."""
VALID_S = 600
_SPEND = text("INSERT INTO proof_spent (digest) VALUES (:digest) ON CONFLICT DO NOTHING RETURNING digest")


class ProofNeeded(TooMany):
    """What is sent may pass once the challenge, in the member `challenge`, is solved."""

    code = "proof-needed"
    title = "Much is being sent at this moment: solve the challenge and send again."

    def __init__(self) -> None:
        super().__init__(extra={"challenge": new_challenge()})


def new_challenge() -> dict[str, Any]:
    """A signed challenge as its document; valid ten minutes."""
    expires = int(time.time()) + VALID_S
    made = create_challenge(ALGORITHM, COST, key_prefix=PREFIX, expires_at=expires, hmac_secret=_key())
    return dict(made.to_dict())


def spend_proof(session: Session, payload: str) -> bool:
    """Whether this is a right solution to a challenge of ours, not too late, and used for the first time."""
    if not verify_solution(payload, _key()).verified:
        return False
    signature = Payload.from_base64(payload).challenge.signature or ""
    digest = hashlib.sha256(signature.encode()).digest()
    return session.execute(_SPEND, {"digest": digest}).first() is not None


def _key() -> bytes:
    return hmac.digest(str(current_app.config["SECRET_KEY"]).encode(), b"altcha", "sha256")
